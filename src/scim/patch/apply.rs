//! Operations turn a document into the next one: everything that depends on what the document holds.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Op, Operation};
use crate::scim::{
    elements::{Elements, is_primary},
    error::{ScimError, ScimType},
    filter::{CompareOp, ElementFilter, Filter, Literal},
    leniency::Leniency,
    path::PatchPath,
    resource::set_schemas,
    schema::{Attribute, Mutability, Registry, Resolved, ResourceType, Schema, Target, Type},
    value::{invalid, same, single},
};

/// What a PATCH made of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Patched {
    /// The document.
    pub resource: Value,
    /// Whether it differs from the one before. If not, `meta.lastModified` and the version stay (RFC 7644 section
    /// 3.5.2.1).
    pub changed: bool,
}

/// Applies operations one after the other, each on the result of those before it; if one fails, none took place.
pub fn apply(
    current: &Value,
    operations: &[Operation],
    rt: &ResourceType,
    registry: &Registry,
    leniency: &Leniency,
) -> Result<Patched, ScimError> {
    let Value::Object(document) = current else {
        return Err(ScimError::bad(ScimType::InvalidSyntax, format!("the {} is not an object", rt.name)));
    };
    let mut session = Session { document: document.clone(), lists: HashMap::new(), rt, registry, leniency };
    for (at, operation) in operations.iter().enumerate() {
        session.run(operation).map_err(|error| {
            let detail = format!("operation {} of {}: {}", at + 1, operations.len(), error.detail);
            ScimError { detail, ..error }
        })?;
    }
    let resource = session.finish()?;
    let changed = document.len() != resource.len()
        || resource.iter().any(|(name, value)| document.get(name).is_none_or(|old| !same(value, old)));
    Ok(Patched { resource: Value::Object(resource), changed })
}

/// Which attribute, whatever the spelling of the path.
type Slot<'r> = (Option<&'r str>, &'r str);

struct Session<'r> {
    document: Map<String, Value>,
    /// Lists taken out of the document while operations work on them.
    lists: HashMap<Slot<'r>, Elements<'r>>,
    rt: &'r ResourceType,
    registry: &'r Registry,
    leniency: &'r Leniency,
}

fn no_target(path: &PatchPath) -> ScimError {
    ScimError::bad(ScimType::NoTarget, format!("`{path}` selects nothing"))
}

fn immutable(path: &impl std::fmt::Display) -> ScimError {
    ScimError::bad(ScimType::Mutability, format!("`{path}` is immutable and has a value already"))
}

impl<'r> Session<'r> {
    fn run(&mut self, operation: &Operation) -> Result<(), ScimError> {
        let path = &operation.path;
        match self.registry.target(self.rt, &path.attr) {
            Some(Target::Attribute(at)) if at.attribute.multi_valued => self.multi(operation, at),
            Some(Target::Attribute(at)) => self.singular(operation, at),
            Some(Target::Extension(schema)) if operation.op == Op::Remove => self.remove_extension(schema),
            _ => {
                let detail = format!("{} has no attribute `{path}`", self.rt.name);
                Err(ScimError::bad(ScimType::InvalidPath, detail))
            }
        }
    }

    fn remove_extension(&mut self, schema: &'r Schema) -> Result<(), ScimError> {
        self.lists.retain(|(container, _), _| *container != Some(schema.id.as_str()));
        self.document.shift_remove(&schema.id);
        Ok(())
    }

    /// The object that holds an attribute.
    fn holder(&mut self, container: Option<&str>) -> &mut Map<String, Value> {
        let Some(urn) = container else { return &mut self.document };
        let inner = self.document.entry(urn).or_insert_with(|| Value::Object(Map::new()));
        if !inner.is_object() {
            *inner = Value::Object(Map::new());
        }
        inner.as_object_mut().expect("an object, made so above")
    }

    fn singular(&mut self, operation: &Operation, at: Resolved<'r>) -> Result<(), ScimError> {
        let path = &operation.path;
        let name = &at.attribute.name;
        let holder = self.holder(at.container);
        let Some(sub) = at.sub else {
            return match (&operation.value, operation.op) {
                (Some(Value::Object(parts)), Op::Add | Op::Replace) => {
                    let old = holder.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
                    if at.attribute.mutability == Mutability::Immutable
                        && parts.iter().any(|(key, value)| old.get(key).is_some_and(|old| !same(value, old)))
                    {
                        return Err(immutable(path));
                    }
                    let next = merged(old, parts, at.attribute, operation.op, path)?;
                    set_or_remove(holder, name, Value::Object(next));
                    Ok(())
                }
                (Some(value), Op::Add | Op::Replace) => change(holder, at.attribute, Some(value.clone()), path),
                _ => change(holder, at.attribute, None, path),
            };
        };
        let mut parent = match holder.get(name) {
            Some(Value::Object(parent)) => parent.clone(),
            _ => Map::new(),
        };
        let value = if operation.op == Op::Remove { Value::Null } else { operation.value.clone().unwrap_or_default() };
        if at.attribute.mutability == Mutability::Immutable
            && parent.get(&sub.name).is_some_and(|old| !same(&value, old))
        {
            return Err(immutable(path));
        }
        let mut parts = Map::new();
        parts.insert(sub.name.clone(), value);
        parent = merged(parent, &parts, at.attribute, Op::Replace, path)?;
        set_or_remove(holder, name, Value::Object(parent));
        Ok(())
    }

    /// The list of an attribute, taken out of the document on first use.
    fn list(&mut self, at: Resolved<'r>) -> &mut Elements<'r> {
        let slot: Slot<'r> = (at.container, &at.attribute.name);
        if !self.lists.contains_key(&slot) {
            let list = match self.holder(at.container).get_mut(&at.attribute.name).map(Value::take) {
                Some(Value::Array(list)) => list,
                None | Some(Value::Null) => Vec::new(),
                Some(one) => vec![one],
            };
            self.lists.insert(slot, Elements::new(at.attribute, list));
        }
        self.lists.entry(slot).or_insert_with(|| Elements::new(at.attribute, Vec::new()))
    }

    fn multi(&mut self, operation: &Operation, at: Resolved<'r>) -> Result<(), ScimError> {
        let leniency = self.leniency;
        let list = self.list(at);
        let path = &operation.path;
        let attribute = at.attribute;
        if attribute.mutability == Mutability::Immutable && list.len() > 0 {
            return immutable_list(list, operation);
        }
        let sub = match (&path.filter, &path.sub) {
            (Some(_), Some(name)) => attribute.sub(name),
            _ => at.sub,
        };
        if path.filter.is_none() && sub.is_none() {
            match (operation.op, &operation.value) {
                (Op::Add, Some(Value::Array(items))) => items.iter().for_each(|item| {
                    list.add(item.clone());
                }),
                (Op::Replace, Some(Value::Array(items))) => {
                    *list = Elements::new(attribute, items.clone());
                }
                (Op::Remove, Some(Value::Array(items))) => remove_listed(list, items),
                _ => list.clear(),
            }
            return Ok(());
        }
        let selected = selected(list, path, attribute, leniency)?;
        match (operation.op, sub) {
            (Op::Remove, None) => selected.into_iter().for_each(|at| list.remove(at)),
            (Op::Remove, Some(sub)) => {
                for at in selected {
                    edit(list, at, sub, None, path)?;
                }
            }
            (op, sub) => {
                let value = operation.value.as_ref().ok_or_else(|| no_target(path))?;
                if selected.is_empty() {
                    // An empty text clears; where there is nothing, there is nothing to clear.
                    if leniency.value_path_creates && sub.is_some() && value.as_str() == Some("") {
                        return Ok(());
                    }
                    let element = created(path, attribute, sub, value, leniency)?;
                    list.add(element);
                    return Ok(());
                }
                if path.filter.is_none() && selected.len() > 1 {
                    let detail =
                        format!("`{path}` does not say which of several values is meant; select with a filter");
                    return Err(ScimError::bad(ScimType::InvalidPath, detail));
                }
                if selected.len() > 1 && marks_primary(sub, value) {
                    return Err(invalid(&path.to_string(), "selects several values, and only one can be primary"));
                }
                for at in selected {
                    match sub {
                        Some(sub) => edit(list, at, sub, Some(value.clone()), path)?,
                        None => put(list, at, attribute, op, value, path)?,
                    }
                }
            }
        }
        Ok(())
    }

    /// Puts the lists back, drops what became empty, and brings `schemas` up to date.
    fn finish(mut self) -> Result<Map<String, Value>, ScimError> {
        let lists = std::mem::take(&mut self.lists);
        for ((container, name), list) in lists {
            let list = list.finish();
            set_or_remove(self.holder(container), name, Value::Array(list));
        }
        for (urn, _) in &self.rt.extensions {
            let Some(Value::Object(inner)) = self.document.get(urn) else { continue };
            if inner.is_empty() {
                self.document.shift_remove(urn);
                continue;
            }
            let Some(schema) = self.registry.schema(urn) else { continue };
            let missing = schema
                .attributes
                .iter()
                .find(|attribute| attribute.required && !attribute.read_only() && !inner.contains_key(&attribute.name));
            if let Some(attribute) = missing {
                return Err(invalid(&format!("{urn}:{}", attribute.name), "is required"));
            }
        }
        if self.document.contains_key("schemas") {
            set_schemas(&mut self.document, self.rt);
        }
        Ok(self.document)
    }
}

fn set_or_remove(holder: &mut Map<String, Value>, name: &str, value: Value) {
    let empty = match &value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(json) => json.is_empty(),
        _ => false,
    };
    if empty {
        holder.shift_remove(name);
    } else {
        holder.insert(name.to_owned(), value);
    }
}

/// Sets or removes a value, unless it is immutable and there (RFC 7644 section 3.5.2: a first value may be added).
fn change(
    holder: &mut Map<String, Value>,
    attribute: &Attribute,
    value: Option<Value>,
    path: &PatchPath,
) -> Result<(), ScimError> {
    if attribute.mutability == Mutability::Immutable
        && let Some(old) = holder.get(&attribute.name)
        && value.as_ref().is_none_or(|value| !same(value, old))
    {
        return Err(immutable(path));
    }
    set_or_remove(holder, &attribute.name, value.unwrap_or_default());
    Ok(())
}

/// A complex value with the given sub-attributes set (or, where null, removed); the others stay.
fn merged(
    mut old: Map<String, Value>,
    parts: &Map<String, Value>,
    attribute: &Attribute,
    op: Op,
    path: &PatchPath,
) -> Result<Map<String, Value>, ScimError> {
    let before = old.get("value").cloned();
    for (name, value) in parts {
        let Some(sub) = attribute.sub(name) else { continue };
        if value.is_null() && (op == Op::Add || !old.contains_key(name)) {
            continue;
        }
        if value.is_null() && sub.required {
            return Err(ScimError::bad(
                ScimType::Mutability,
                format!("`{path}` has the required `{name}`, which cannot be removed"),
            ));
        }
        change(&mut old, sub, Some(value.clone()), path)?;
    }
    if let Some(before) = before
        && old.get("value") != Some(&before)
        && attribute.sub("$ref").is_some()
    {
        // What described the old value does not describe the new one; a reference without a value is none.
        if !old.contains_key("value") {
            old.clear();
        }
        for sub in &attribute.sub_attributes {
            if (sub.name == "$ref" || sub.read_only()) && !parts.contains_key(&sub.name) {
                old.shift_remove(&sub.name);
            }
        }
    }
    for sub in attribute.sub_attributes.iter().filter(|sub| sub.required && !sub.read_only()) {
        if !old.is_empty() && !old.contains_key(&sub.name) {
            return Err(invalid(&format!("{path}.{}", sub.name), "is required"));
        }
    }
    Ok(old)
}

/// Operations on an immutable list that has values: only those that change nothing.
fn immutable_list(list: &mut Elements<'_>, operation: &Operation) -> Result<(), ScimError> {
    let repeats = match (&operation.op, &operation.value, &operation.path.filter) {
        (Op::Add, Some(Value::Array(items)), None) => items.iter().all(|item| list.repeated(item).is_some()),
        (Op::Replace, Some(Value::Array(items)), None) => {
            items.len() == list.len() && items.iter().all(|item| list.repeated(item).is_some())
        }
        _ => false,
    };
    if repeats { Ok(()) } else { Err(immutable(&operation.path)) }
}

/// Removes the elements that repeat the listed ones, and no others.
fn remove_listed(list: &mut Elements<'_>, items: &[Value]) {
    for item in items {
        while let Some(at) = list.repeated(item) {
            list.remove(at);
        }
    }
}

/// Positions that a value path selects; all without a filter.
fn selected(
    list: &mut Elements<'_>,
    path: &PatchPath,
    attribute: &Attribute,
    leniency: &Leniency,
) -> Result<Vec<usize>, ScimError> {
    let Some(filter) = &path.filter else { return Ok(list.positions()) };
    let prepared = ElementFilter::new(filter, attribute, leniency)?;
    let mut positions = match filter {
        Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(text) }
            if path.attribute.eq_ignore_ascii_case("value") =>
        {
            list.with_value(text)
        }
        _ => list.positions(),
    };
    positions.retain(|at| list.get(*at).is_some_and(|element| prepared.matches(element)));
    Ok(positions)
}

fn marks_primary(sub: Option<&Attribute>, value: &Value) -> bool {
    match sub {
        Some(sub) => sub.name == "primary" && *value == Value::Bool(true),
        None => is_primary(value),
    }
}

/// Sets or removes a sub-attribute of one element.
fn edit(
    list: &mut Elements<'_>,
    at: usize,
    sub: &Attribute,
    value: Option<Value>,
    path: &PatchPath,
) -> Result<(), ScimError> {
    let Some(Value::Object(element)) = list.get(at) else {
        return Err(no_target(path));
    };
    let mut element = element.clone();
    change(&mut element, sub, value, path)?;
    if element.is_empty() {
        list.remove(at)
    } else {
        list.set(at, Value::Object(element))
    }
    Ok(())
}

/// `add` merges into a selected element, `replace` puts another in its place; what the filter says of an element stays
/// true of its replacement where the value does not say otherwise.
fn put(
    list: &mut Elements<'_>,
    at: usize,
    attribute: &Attribute,
    op: Op,
    value: &Value,
    path: &PatchPath,
) -> Result<(), ScimError> {
    let next = match (value, list.get(at)) {
        (Value::Object(parts), Some(Value::Object(old))) if op == Op::Add => {
            Value::Object(merged(old.clone(), parts, attribute, op, path)?)
        }
        (Value::Object(parts), Some(Value::Object(old))) => {
            let mut next = parts.clone();
            let mut names = Vec::new();
            if let Some(filter) = &path.filter {
                equalities(filter, &mut |name, _| names.push(name.to_owned()));
            }
            for name in names {
                if let Some(sub) = attribute.sub(&name)
                    && !next.contains_key(&sub.name)
                    && let Some(kept) = old.get(&sub.name)
                {
                    next.insert(sub.name.clone(), kept.clone());
                }
            }
            Value::Object(next)
        }
        (value, _) => value.clone(),
    };
    list.set(at, next);
    Ok(())
}

/// Calls with every `sub eq value` that must hold; `false` if the filter is more than those.
fn equalities<'f>(filter: &'f Filter, call: &mut dyn FnMut(&'f str, &'f Literal)) -> bool {
    match filter {
        Filter::Compare { path, op: CompareOp::Eq, value } => {
            call(&path.attribute, value);
            true
        }
        Filter::And(parts) => {
            let mut only = true;
            for part in parts {
                only &= equalities(part, call);
            }
            only
        }
        _ => false,
    }
}

/// The element that a value path describes, when there is none: `emails[type eq "work"].value` makes a work address.
///
/// Only from equalities, and never from one on `value` or `$ref`: such a path names an element that exists, and making
/// it would put a member into a group that nobody put there.
fn created(
    path: &PatchPath,
    attribute: &Attribute,
    sub: Option<&Attribute>,
    value: &Value,
    leniency: &Leniency,
) -> Result<Value, ScimError> {
    let (Some(filter), true, Type::Complex) = (&path.filter, leniency.value_path_creates, attribute.type_) else {
        return Err(no_target(path));
    };
    let mut given = Vec::new();
    let plain = equalities(filter, &mut |name, literal| given.push((name, literal)));
    let mut element = Map::new();
    for (name, literal) in &given {
        let named = attribute.sub(name).filter(|sub| !sub.read_only() && sub.name != "value" && sub.name != "$ref");
        let Some(named) = named else { return Err(no_target(path)) };
        if let Some(value) = single(
            named,
            &literal.to_json(),
            &path.to_string(),
            &Leniency { boolean_strings: leniency.boolean_filter_strings, ..*leniency },
        )? {
            element.insert(named.name.clone(), value);
        }
    }
    if !plain || given.is_empty() {
        return Err(no_target(path));
    }
    match (sub, value) {
        (Some(sub), value) => {
            element.insert(sub.name.clone(), value.clone());
        }
        (None, Value::Object(parts)) => element.extend(parts.clone()),
        (None, _) => return Err(no_target(path)),
    }
    Ok(Value::Object(element))
}
