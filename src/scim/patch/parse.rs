//! PATCH bodies become operations: everything that the schema alone decides.

use serde_json::{Map, Value};

use super::{Op, Operation};
use crate::scim::{
    error::{ScimError, ScimType},
    filter::{ElementFilter, Limits},
    leniency::Leniency,
    path::{AttrPath, PatchPath, shortened},
    resource,
    schema::{Attribute, Registry, Resolved, ResourceType, Schema, Target, Type},
    urn,
    value::{checked, clears, invalid, kind, list, member, parts, single, unknown},
};

fn syntax(detail: impl Into<String>) -> ScimError {
    ScimError::bad(ScimType::InvalidSyntax, detail)
}

/// The raw operations of a body: a PatchOp message with at least one.
pub fn check_envelope(body: &Value) -> Result<&[Value], ScimError> {
    let Value::Object(json) = body else {
        return Err(syntax(format!("the body must be a PatchOp object, not {}", kind(body))));
    };
    let named = member(json, "schemas")
        .and_then(Value::as_array)
        .is_some_and(|urns| urns.iter().filter_map(Value::as_str).any(|id| id.eq_ignore_ascii_case(urn::PATCH_OP)));
    if !named {
        return Err(syntax(format!("`schemas` must name {}", urn::PATCH_OP)));
    }
    match member(json, "Operations") {
        Some(Value::Array(items)) if !items.is_empty() => Ok(items),
        Some(Value::Array(_)) => Err(syntax("`Operations` must have at least one operation")),
        Some(other) => Err(syntax(format!("`Operations` must be a list, not {}", kind(other)))),
        None => Err(syntax("`Operations` is missing")),
    }
}

/// Reads a PATCH body. The result may be empty, when all that the body would change is ignored by leniency.
pub fn parse(
    body: &Value,
    rt: &ResourceType,
    registry: &Registry,
    leniency: &Leniency,
) -> Result<Vec<Operation>, ScimError> {
    let items = check_envelope(body)?;
    let mut reader =
        Reader { rt, registry, leniency, limits: Limits::default(), operations: Vec::with_capacity(items.len()) };
    for (at, item) in items.iter().enumerate() {
        reader.read(item).map_err(|error| {
            let detail = format!("operation {}: {}", at + 1, error.detail);
            ScimError { detail, ..error }
        })?;
    }
    Ok(reader.operations)
}

struct Reader<'r> {
    rt: &'r ResourceType,
    registry: &'r Registry,
    leniency: &'r Leniency,
    limits: Limits,
    operations: Vec<Operation>,
}

impl<'r> Reader<'r> {
    fn read(&mut self, item: &Value) -> Result<(), ScimError> {
        let Value::Object(json) = item else {
            return Err(syntax(format!("must be an object, not {}", kind(item))));
        };
        let op = self.op(member(json, "op"))?;
        let value = member(json, "value");
        if op != Op::Remove && value.is_none() {
            return Err(ScimError::bad(ScimType::InvalidValue, format!("`{}` needs a `value`", op.as_str())));
        }
        match (member(json, "path"), op, value) {
            (Some(Value::String(text)), ..) => self.with_path(op, text, value),
            (None | Some(Value::Null), Op::Remove, _) => {
                Err(ScimError::bad(ScimType::NoTarget, "`remove` needs a `path`"))
            }
            (None | Some(Value::Null), _, Some(Value::Object(members))) => self.without_path(op, members),
            (None | Some(Value::Null), _, value) => {
                let found = value.map_or("nothing", kind);
                Err(ScimError::bad(
                    ScimType::InvalidValue,
                    format!("without a `path` the `value` must be an object of attributes, not {found}"),
                ))
            }
            (Some(other), ..) => {
                Err(ScimError::bad(ScimType::InvalidPath, format!("`path` must be a string, not {}", kind(other))))
            }
        }
    }

    fn op(&self, word: Option<&Value>) -> Result<Op, ScimError> {
        let word = match word {
            Some(Value::String(word)) => word.as_str(),
            Some(other) => return Err(syntax(format!("`op` must be a string, not {}", kind(other)))),
            None => return Err(syntax("`op` is missing")),
        };
        [Op::Add, Op::Remove, Op::Replace]
            .into_iter()
            .find(
                |op| {
                    if self.leniency.op_any_case { op.as_str().eq_ignore_ascii_case(word) } else { op.as_str() == word }
                },
            )
            .ok_or_else(|| syntax(format!("`op` must be add, remove or replace, not `{}`", shortened(word))))
    }

    fn with_path(&mut self, op: Op, text: &str, value: Option<&Value>) -> Result<(), ScimError> {
        let path = PatchPath::parse(text, self.rt, &self.limits, self.leniency)?;
        if !self.leniency.dot_after_urn && self.registry.dot_after_urn(self.rt, &path.attr) {
            let detail = format!("`{path}` needs a colon between the schema URN and the attribute");
            return Err(ScimError::bad(ScimType::InvalidPath, detail));
        }
        match self.registry.target(self.rt, &path.attr) {
            Some(Target::Attribute(at)) => self.attribute(op, path, at, value, true),
            Some(Target::Extension(schema)) if path.filter.is_none() => {
                self.extension(op, path, schema, value.filter(|_| op != Op::Remove), true)
            }
            _ => Err(self.no_such(&path)),
        }
    }

    fn no_such(&self, path: &PatchPath) -> ScimError {
        let detail = format!("{} has no attribute `{}`", self.rt.name, shortened(&path.to_string()));
        ScimError::bad(ScimType::InvalidPath, detail)
    }

    /// RFC 7644 sections 3.5.2.1 and 3.5.2.3: without a path the value holds the attributes.
    fn without_path(&mut self, op: Op, members: &Map<String, Value>) -> Result<(), ScimError> {
        for (key, value) in members {
            if let Some(attribute) = self.registry.top_attribute(self.rt, key) {
                let at = Resolved { container: None, attribute, sub: None };
                self.attribute(op, PatchPath::plain(AttrPath::top(&attribute.name)), at, Some(value), false)?;
                continue;
            }
            if let Some(schema) = self.rt.extension(key).and_then(|urn| self.registry.schema(urn)) {
                let path = PatchPath::plain(AttrPath::parse_in(&schema.id, self.rt)?);
                self.extension(op, path, schema, Some(value), false)?;
                continue;
            }
            self.qualified(op, key, value)?;
        }
        Ok(())
    }

    /// A key that is a path: `name.givenName`, `urn:…:User:department`.
    fn qualified(&mut self, op: Op, key: &str, value: &Value) -> Result<(), ScimError> {
        let lenient = if key.contains(':') {
            self.leniency.urn_keys
        } else {
            key.contains(['.', '[']) && self.leniency.dotted_keys
        };
        if let Ok(path) = PatchPath::parse(key, self.rt, &self.limits, self.leniency)
            && let Some(Target::Attribute(at)) = self.registry.target(self.rt, &path.attr)
        {
            // A key that names an attribute in a way that is switched off is refused, not ignored: it would be lost.
            return if lenient && (self.leniency.dot_after_urn || !self.registry.dot_after_urn(self.rt, &path.attr)) {
                self.attribute(op, path, at, Some(value), false)
            } else {
                Err(unknown(&shortened(key)))
            };
        }
        if self.leniency.unknown_attributes { Ok(()) } else { Err(unknown(&shortened(key))) }
    }

    /// A whole extension: its object holds attributes.
    fn extension(
        &mut self,
        op: Op,
        path: PatchPath,
        schema: &'r Schema,
        value: Option<&Value>,
        explicit: bool,
    ) -> Result<(), ScimError> {
        let members = match value {
            None | Some(Value::Null) if op != Op::Add => {
                if self.rt.extensions.iter().any(|(urn, required)| *required && *urn == schema.id) {
                    let detail = format!("`{}` is an extension that every {} has", schema.id, self.rt.name);
                    return Err(ScimError::bad(ScimType::Mutability, detail));
                }
                self.operations.push(Operation { op: Op::Remove, path, value: None });
                return Ok(());
            }
            None | Some(Value::Null) => return Ok(()),
            Some(Value::Object(members)) => members,
            Some(other) => return Err(invalid(&schema.id, format_args!("must be an object, not {}", kind(other)))),
        };
        for (key, value) in members {
            let (name, sub) = match key.split_once('.') {
                Some((name, sub)) if self.leniency.dotted_keys => (name, Some(sub)),
                _ => (key.as_str(), None),
            };
            let attribute = schema.attribute(name);
            let sub_attribute = sub.map(|sub| attribute.and_then(|attribute| attribute.sub(sub)));
            match (attribute, sub_attribute) {
                (Some(attribute), None | Some(Some(_))) => {
                    let sub = sub_attribute.flatten();
                    let at = Resolved { container: Some(&schema.id), attribute, sub };
                    let attr = AttrPath {
                        schema: Some(schema.id.clone()),
                        sub: sub.map(|sub| sub.name.clone()),
                        ..AttrPath::top(&attribute.name)
                    };
                    self.attribute(op, PatchPath::plain(attr), at, Some(value), explicit)?;
                }
                _ if self.leniency.unknown_attributes => {}
                _ => return Err(unknown(&format!("{}:{key}", schema.id))),
            }
        }
        Ok(())
    }

    /// One attribute, or a part of it. `explicit`: the body has a path to it.
    fn attribute(
        &mut self,
        op: Op,
        path: PatchPath,
        at: Resolved<'r>,
        value: Option<&Value>,
        explicit: bool,
    ) -> Result<(), ScimError> {
        let sub = match (&path.filter, &path.sub) {
            (Some(_), Some(name)) => Some(at.attribute.sub(name).ok_or_else(|| self.no_such(&path))?),
            _ => at.sub,
        };
        if at.attribute.name == "schemas" && at.container.is_none() {
            return self.schemas(op, &path, value);
        }
        if at.attribute.read_only() || sub.is_some_and(Attribute::read_only) {
            if !explicit && self.leniency.read_only_in_value {
                return Ok(());
            }
            return Err(ScimError::bad(ScimType::Mutability, format!("`{path}` is readOnly")));
        }
        if let Some(filter) = &path.filter {
            if !at.attribute.multi_valued || at.sub.is_some() {
                let detail = format!("`{}` has no values that a filter in brackets could select", path.attr);
                return Err(ScimError::bad(ScimType::InvalidPath, detail));
            }
            ElementFilter::new(filter, at.attribute, self.leniency)?;
        }
        let leaf = sub.unwrap_or(at.attribute);
        let (op, value) = if op == Op::Remove {
            (op, self.to_remove(&path, leaf, sub.is_some(), value)?)
        } else {
            match self.value(op, &path, leaf, sub.is_some(), value.unwrap_or(&Value::Null))? {
                Some(value) => (op, Some(value)),
                // RFC 7643 section 2.5: giving null is taking the value away. Adding nothing adds nothing.
                None if op == Op::Replace => (Op::Remove, None),
                None => return Ok(()),
            }
        };
        if op == Op::Remove && leaf.required && value.is_none() && (path.filter.is_none() || sub.is_some()) {
            return Err(ScimError::bad(ScimType::Mutability, format!("`{path}` is required and cannot be removed")));
        }
        self.operations.push(Operation { op, path, value });
        Ok(())
    }

    /// The checked value of `add` or `replace`; `None` when it is no value.
    fn value(
        &self,
        op: Op,
        path: &PatchPath,
        leaf: &Attribute,
        is_sub: bool,
        value: &Value,
    ) -> Result<Option<Value>, ScimError> {
        let place = path.to_string();
        if path.filter.is_some() && !is_sub {
            return single(leaf, value, &place, self.leniency);
        }
        if leaf.multi_valued {
            let items = match value {
                Value::Null => return Ok(None),
                Value::Array(items) => items.as_slice(),
                Value::String(text) if text.is_empty() => return checked(leaf, value, &place, self.leniency),
                // RFC 7644 section 3.5.2.1: one value may be added as it is.
                one if op == Op::Add || self.leniency.single_as_list => std::slice::from_ref(one),
                other => return Err(invalid(&place, format_args!("must be a list, not {}", kind(other)))),
            };
            let list = list(leaf, items, &place, self.leniency)?;
            return Ok(if list.is_empty() { None } else { Some(Value::Array(list)) });
        }
        match (leaf.type_, value) {
            (Type::Complex, Value::Object(json)) if !clears(leaf, json, self.leniency) => {
                let parts = parts(leaf, json, &place, self.leniency)?;
                // An empty object is no value; what would clear sub-attributes is kept for `replace`.
                Ok(if parts.is_empty() { None } else { Some(Value::Object(parts)) })
            }
            _ => single(leaf, value, &place, self.leniency),
        }
    }

    /// The values that `remove` lists, if it lists any.
    fn to_remove(
        &self,
        path: &PatchPath,
        leaf: &Attribute,
        is_sub: bool,
        value: Option<&Value>,
    ) -> Result<Option<Value>, ScimError> {
        let value = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value,
        };
        if !self.leniency.remove_listed_values {
            return Err(invalid(&path.to_string(), "is removed, and `remove` has no `value`; select with a filter"));
        }
        if path.filter.is_some() || is_sub || !leaf.multi_valued {
            return Ok(None);
        }
        let items = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut listed = Vec::with_capacity(items.len());
        for item in items {
            listed.extend(single(leaf, item, &path.to_string(), self.leniency)?);
        }
        // An empty list removes nothing; reading it as "no list" would remove everything.
        Ok(Some(Value::Array(listed)))
    }

    /// `schemas` follows from the attributes that there are; an operation on it is checked and otherwise without effect.
    fn schemas(&self, op: Op, path: &PatchPath, value: Option<&Value>) -> Result<(), ScimError> {
        if op == Op::Remove {
            return Err(ScimError::bad(ScimType::Mutability, format!("`{path}` is required and cannot be removed")));
        }
        let value = value.cloned().unwrap_or_default();
        let mut urns = match value {
            Value::Array(urns) => urns,
            one => vec![one],
        };
        if op == Op::Add {
            urns.push(Value::String(self.rt.schema.clone()));
        }
        let mut body = Map::new();
        body.insert("schemas".into(), Value::Array(urns));
        resource::schemas(&body, self.rt, self.leniency)
            .map(|_| ())
            .map_err(|error| ScimError { scim_type: Some(ScimType::InvalidValue), ..error })
    }
}
