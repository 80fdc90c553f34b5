//! Resources in requests: what a client sent becomes the document that is stored (RFC 7644 sections 3.3 and 3.5.1).

use serde_json::{Map, Value};

pub use super::leniency::{LENIENCIES, Leniency, LeniencyInfo};
use super::{
    error::{ScimError, ScimType},
    path::AttrPath,
    schema::{Attribute, Mutability, Registry, ResourceType, Target, Uniqueness},
    text,
    value::{checked, elements, invalid, kind, member, same, twice, unknown},
};

/// The normalised document of a POST, or of a PUT when `replacing` is the stored one.
///
/// Names get the schema's spelling, types are checked, required attributes enforced; `id`, `meta` and whatever is
/// readOnly is dropped, `null`, `[]` and `{}` mean unassigned (RFC 7643 section 2.5), repeated values stand once, and
/// `schemas` names the base schema and the extensions that have values. In a PUT omitted readWrite attributes are cleared
/// (RFC 7644 section 3.5.1); what the client cannot know or may not change (writeOnly, immutable, readOnly) is kept, and
/// a changed immutable value is refused with `mutability`.
pub fn accept(
    incoming: &Value,
    replacing: Option<&Value>,
    rt: &ResourceType,
    registry: &Registry,
    leniency: &Leniency,
) -> Result<Value, ScimError> {
    let Value::Object(json) = incoming else {
        let detail = format!("the body must be a {} object, not {}", rt.name, kind(incoming));
        return Err(ScimError::bad(ScimType::InvalidSyntax, detail));
    };
    let listed = schemas(json, rt, leniency)?;
    let mut draft = Draft { rt, registry, leniency, top: Map::with_capacity(json.len() + 1), extensions: Map::new() };
    for (key, value) in json {
        draft.take(key, value, &listed)?;
    }
    let Draft { mut top, mut extensions, .. } = draft;
    if let Some(old) = replacing {
        keep(&mut top, old, attributes_of(rt, registry))?;
        for (urn, _) in &rt.extensions {
            if let (Some(schema), Some(old)) = (registry.schema(urn), old.get(urn)) {
                let mut inner = match extensions.remove(urn) {
                    Some(Value::Object(inner)) => inner,
                    _ => Map::new(),
                };
                keep(&mut inner, old, schema.attributes.iter())?;
                extensions.insert(urn.clone(), Value::Object(inner));
            }
        }
    }
    require(&top, "", attributes_of(rt, registry))?;
    let mut document = Map::with_capacity(top.len() + 2);
    document.insert("schemas".into(), Value::Null);
    document.append(&mut top);
    for (urn, required) in &rt.extensions {
        let inner = match extensions.get_mut(urn).map(Value::take) {
            Some(Value::Object(inner)) => inner,
            _ => Map::new(),
        };
        if let Some(schema) = registry.schema(urn)
            && (*required || !inner.is_empty())
        {
            require(&inner, &format!("{urn}:"), schema.attributes.iter())?;
        }
        if !inner.is_empty() {
            document.insert(urn.clone(), Value::Object(inner));
        } else if *required {
            return Err(invalid(urn, format_args!("is an extension that every {} has", rt.name)));
        }
    }
    set_schemas(&mut document, rt);
    Ok(Value::Object(document))
}

/// The values of a document that no other resource of the type may have (RFC 7643 section 7, `uniqueness`), as pairs of
/// the attribute's path and the key under which values are equal. `id`, which the server assigns, is left out.
pub fn unique_values(document: &Value, rt: &ResourceType, registry: &Registry) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut collect = |holder: &Value, prefix: &str, attributes: &mut dyn Iterator<Item = &Attribute>| {
        for attribute in attributes.filter(|attribute| attribute.name != "id") {
            for (claimed, sub) in std::iter::once((attribute, None))
                .chain(attribute.sub_attributes.iter().map(|sub| (sub, Some(sub.name.as_str()))))
                .filter(|(claimed, _)| claimed.uniqueness != Uniqueness::None)
            {
                let Some(value) = holder.get(&attribute.name) else { continue };
                let path = format!("{prefix}{}", attribute.name);
                let path = sub.map_or(path.clone(), |sub| format!("{path}.{sub}"));
                let values = elements(value).iter().filter_map(|element| match sub {
                    Some(sub) => element.get(sub),
                    None => Some(element),
                });
                let keys = values.flat_map(elements).map(|value| match value {
                    Value::String(text) => text::key(text, claimed.case_exact).into_owned(),
                    other => other.to_string(),
                });
                found.extend(keys.map(|key| (path.clone(), key)));
            }
        }
    };
    collect(document, "", &mut attributes_of(rt, registry));
    for (urn, _) in &rt.extensions {
        if let (Some(inner), Some(schema)) = (document.get(urn), registry.schema(urn)) {
            collect(inner, &format!("{urn}:"), &mut schema.attributes.iter());
        }
    }
    found
}

/// Common attributes and those of the base schema.
fn attributes_of<'r>(rt: &ResourceType, registry: &'r Registry) -> impl Iterator<Item = &'r Attribute> {
    let base = registry.schema(&rt.schema).map(|schema| schema.attributes.as_slice()).unwrap_or_default();
    Registry::common().iter().chain(base)
}

/// Writes `schemas`: the base schema, and each extension that has values (RFC 7643 section 3).
pub(super) fn set_schemas(document: &mut Map<String, Value>, rt: &ResourceType) {
    let mut urns = vec![Value::String(rt.schema.clone())];
    for (urn, _) in &rt.extensions {
        if document.contains_key(urn) {
            urns.push(Value::String(urn.clone()));
        }
    }
    document.insert("schemas".into(), Value::Array(urns));
}

/// The URNs that a body lists; the base schema must be one (RFC 7643 section 3.3).
pub(super) fn schemas<'v>(
    json: &'v Map<String, Value>,
    rt: &ResourceType,
    leniency: &Leniency,
) -> Result<Vec<&'v str>, ScimError> {
    let refuse = |detail: String| ScimError::bad(ScimType::InvalidSyntax, detail);
    let urns =
        match member(json, "schemas") {
            Some(Value::Array(items)) if !items.is_empty() => items
                .iter()
                .map(Value::as_str)
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| refuse("`schemas` must be a list of URIs".into()))?,
            Some(Value::Array(_)) | Some(Value::Null) | None => {
                return Err(refuse(format!("`schemas` is missing; it must name {}", rt.schema)));
            }
            Some(_) => return Err(refuse("`schemas` must be a list of URIs".into())),
        };
    if !urns.iter().any(|urn| urn.eq_ignore_ascii_case(&rt.schema)) {
        return Err(refuse(format!("`schemas` must name {}", rt.schema)));
    }
    if !leniency.unknown_schemas
        && let Some(urn) = urns.iter().find(|urn| !urn.eq_ignore_ascii_case(&rt.schema) && rt.extension(urn).is_none())
    {
        let urn = super::path::shortened(urn);
        return Err(refuse(format!("`schemas` names {urn}, which is not a schema of {}", rt.name)));
    }
    Ok(urns)
}

/// Required attributes are there.
fn require<'r>(
    document: &Map<String, Value>,
    prefix: &str,
    attributes: impl Iterator<Item = &'r Attribute>,
) -> Result<(), ScimError> {
    for attribute in attributes {
        if attribute.required
            && !attribute.read_only()
            && attribute.name != "schemas"
            && !document.contains_key(&attribute.name)
        {
            return Err(invalid(&format!("{prefix}{}", attribute.name), "is required"));
        }
    }
    Ok(())
}

/// A document being built.
struct Draft<'r> {
    rt: &'r ResourceType,
    registry: &'r Registry,
    leniency: &'r Leniency,
    top: Map<String, Value>,
    extensions: Map<String, Value>,
}

impl Draft<'_> {
    /// Takes one member of the body.
    fn take(&mut self, key: &str, value: &Value, listed: &[&str]) -> Result<(), ScimError> {
        if let Some(attribute) = self.registry.top_attribute(self.rt, key) {
            if attribute.read_only() || attribute.name == "schemas" {
                return Ok(());
            }
            let value = checked(attribute, value, &attribute.name, self.leniency)?;
            return put(&mut self.top, &attribute.name, value, &attribute.name);
        }
        if let Some(urn) = self.rt.extension(key) {
            return self.take_extension(urn, value, listed);
        }
        self.take_path(key, value, listed)
    }

    /// Takes the object of an extension.
    fn take_extension(&mut self, urn: &str, value: &Value, listed: &[&str]) -> Result<(), ScimError> {
        let members = match value {
            Value::Null => return Ok(()),
            Value::Object(members) => members,
            other => return Err(invalid(urn, format_args!("must be an object, not {}", kind(other)))),
        };
        let Some(schema) = self.registry.schema(urn) else {
            return Ok(());
        };
        for (key, value) in members {
            match schema.attribute(key) {
                Some(attribute) => self.put_extension(urn, attribute, value, listed)?,
                None if self.leniency.unknown_attributes => {}
                None => return Err(unknown(&format!("{urn}:{key}"))),
            }
        }
        Ok(())
    }

    fn put_extension(
        &mut self,
        urn: &str,
        attribute: &Attribute,
        value: &Value,
        listed: &[&str],
    ) -> Result<(), ScimError> {
        if attribute.read_only() {
            return Ok(());
        }
        let place = format!("{urn}:{}", attribute.name);
        let value = checked(attribute, value, &place, self.leniency)?;
        if value.is_some()
            && !self.leniency.unlisted_extensions
            && !listed.iter().any(|id| id.eq_ignore_ascii_case(urn))
        {
            let detail = format!("`schemas` must name {urn}, whose attributes the body has");
            return Err(ScimError::bad(ScimType::InvalidSyntax, detail));
        }
        let inner = self.extensions.entry(urn).or_insert_with(|| Value::Object(Map::new()));
        match inner {
            Value::Object(inner) => put(inner, &attribute.name, value, &place),
            _ => Ok(()),
        }
    }

    /// A key that is no name: a path (`name.givenName`, `urn:…:department`) as far as leniency goes, else unknown.
    fn take_path(&mut self, key: &str, value: &Value, listed: &[&str]) -> Result<(), ScimError> {
        let qualified = key.contains(':');
        let lenient = if qualified { self.leniency.urn_keys } else { key.contains('.') && self.leniency.dotted_keys };
        let path = AttrPath::parse(key).ok();
        let target = path.as_ref().and_then(|path| self.registry.target(self.rt, path));
        let Some(Target::Attribute(at)) = target else {
            return if self.leniency.unknown_attributes { Ok(()) } else { Err(unknown(&super::path::shortened(key))) };
        };
        if !lenient {
            // Refused, not ignored: what it says would be lost.
            return Err(unknown(&super::path::shortened(key)));
        }
        if at.attribute.read_only() || at.leaf().read_only() || at.attribute.name == "schemas" {
            return Ok(());
        }
        match at.sub {
            None => match at.container {
                Some(urn) => self.put_extension(urn, at.attribute, value, listed),
                None => {
                    let value = checked(at.attribute, value, &at.attribute.name, self.leniency)?;
                    put(&mut self.top, &at.attribute.name, value, key)
                }
            },
            Some(_) if at.attribute.multi_valued => Err(invalid(key, "does not say which of several values is meant")),
            Some(sub) => {
                let Some(value) = checked(sub, value, key, self.leniency)? else { return Ok(()) };
                let holder = match at.container {
                    Some(urn) => match self.extensions.entry(urn).or_insert_with(|| Value::Object(Map::new())) {
                        Value::Object(inner) => inner,
                        _ => return Ok(()),
                    },
                    None => &mut self.top,
                };
                let parent = holder.entry(at.attribute.name.clone()).or_insert_with(|| Value::Object(Map::new()));
                match parent {
                    Value::Object(parent) => put(parent, &sub.name, Some(value), key),
                    _ => Ok(()),
                }
            }
        }
    }
}

fn put(into: &mut Map<String, Value>, name: &str, value: Option<Value>, place: &str) -> Result<(), ScimError> {
    if let Some(value) = value
        && into.insert(name.to_owned(), value).is_some()
    {
        return Err(twice(place));
    }
    Ok(())
}

/// What a PUT keeps of the stored document, and what it must not change.
fn keep<'r>(
    next: &mut Map<String, Value>,
    old: &Value,
    attributes: impl Iterator<Item = &'r Attribute>,
) -> Result<(), ScimError> {
    for attribute in attributes {
        if matches!(attribute.name.as_str(), "id" | "meta" | "schemas") {
            continue;
        }
        let name = &attribute.name;
        let Some(old) = old.get(name) else { continue };
        match (attribute.mutability, next.get_mut(name)) {
            (Mutability::ReadWrite, Some(Value::Object(next))) if !attribute.multi_valued => {
                keep_parts(next, old, attribute)?;
            }
            (Mutability::ReadWrite, _) | (Mutability::WriteOnly, Some(_)) => {}
            (Mutability::Immutable, Some(next)) if !same(next, old) => {
                let detail = format!("`{name}` is immutable and has a value already");
                return Err(ScimError::bad(ScimType::Mutability, detail));
            }
            (Mutability::Immutable, Some(_)) => {}
            (Mutability::Immutable | Mutability::WriteOnly | Mutability::ReadOnly, _) => {
                next.insert(name.clone(), old.clone());
            }
        }
    }
    Ok(())
}

/// The same for the sub-attributes of a complex value: an immutable one stays, a readOnly one describes the `value`
/// beside it and stays as long as that is the same.
fn keep_parts(next: &mut Map<String, Value>, old: &Value, attribute: &Attribute) -> Result<(), ScimError> {
    let same_value = next.get("value") == old.get("value");
    for sub in &attribute.sub_attributes {
        let Some(old) = old.get(&sub.name) else { continue };
        match (sub.mutability, next.get(&sub.name)) {
            (Mutability::Immutable, Some(next)) if !same(next, old) => {
                let detail = format!("`{}.{}` is immutable and has a value already", attribute.name, sub.name);
                return Err(ScimError::bad(ScimType::Mutability, detail));
            }
            (Mutability::Immutable | Mutability::WriteOnly, None) => {
                next.insert(sub.name.clone(), old.clone());
            }
            (Mutability::ReadOnly, _) if same_value => {
                next.insert(sub.name.clone(), old.clone());
            }
            _ => {}
        }
    }
    Ok(())
}
