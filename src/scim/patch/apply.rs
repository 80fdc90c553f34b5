//! Operations turn a document into the next one: everything that depends on what the document holds.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    Op, Operation,
    complex::{change, fixed, immutable, merged, set_or_remove, written},
    value_path::{created, edit, immutable_list, marks_primary, no_target, put, remove_listed, selected},
};
use crate::scim::{
    elements::Elements,
    error::{ScimError, ScimType},
    leniency::Leniency,
    resource::set_schemas,
    schema::{Mutability, Registry, Resolved, ResourceType, Schema, Target},
    value::{invalid, same},
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
    // A list whose last element went by a filter, too, is a value that went.
    let base = registry.schema(&rt.schema).map(|schema| schema.attributes.as_slice()).unwrap_or_default();
    let lost = base.iter().find(|attribute| {
        let required = attribute.required && !attribute.read_only();
        required && document.contains_key(&attribute.name) && !resource.contains_key(&attribute.name)
    });
    if let Some(attribute) = lost {
        let detail = format!("`{}` is required and cannot be removed", attribute.name);
        return Err(ScimError::bad(ScimType::Mutability, detail));
    }
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
        if let Some(attribute) = fixed(&schema.attributes, self.document.get(&schema.id)) {
            return Err(immutable(&format_args!("{}:{}", schema.id, attribute.name)));
        }
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
                _ => {
                    if let Some(sub) = fixed(&at.attribute.sub_attributes, holder.get(name)) {
                        return Err(immutable(&format_args!("{path}.{}", sub.name)));
                    }
                    change(holder, at.attribute, None, path)
                }
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
        // One value is set; to several `add` adds.
        let op = if operation.op == Op::Add && sub.multi_valued { Op::Add } else { Op::Replace };
        parent = merged(parent, &parts, at.attribute, op, path)?;
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
                    if op == Op::Replace {
                        return Err(no_target(path));
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
                        Some(sub) => {
                            let had = list.get(at).and_then(|element| element.get(&sub.name));
                            let value = written(op, had, value);
                            edit(list, at, sub, Some(value), path)?;
                        }
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
