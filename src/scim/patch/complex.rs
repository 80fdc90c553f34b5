//! Values of single-valued attributes: set, merged and removed, as far as mutability allows.

use serde_json::{Map, Value};

use super::Op;
use crate::scim::{
    error::{ScimError, ScimType},
    path::PatchPath,
    schema::{Attribute, Mutability},
    value::{invalid, same},
};

pub(super) fn immutable(path: &impl std::fmt::Display) -> ScimError {
    ScimError::bad(ScimType::Mutability, format!("`{path}` is immutable and has a value already"))
}

pub(super) fn set_or_remove(holder: &mut Map<String, Value>, name: &str, value: Value) {
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
pub(super) fn change(
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

/// What becomes of a sub-attribute that is written: to several values `add` adds those that are not there yet (RFC 7644
/// section 3.5.2.1), anything else is put in the place of what was.
pub(super) fn written(op: Op, had: Option<&Value>, value: &Value) -> Value {
    let (Op::Add, Some(Value::Array(had)), Value::Array(more)) = (op, had, value) else { return value.clone() };
    let new = more.iter().filter(|value| !had.iter().any(|old| same(value, old)));
    had.iter().chain(new).cloned().collect()
}

/// The first attribute with a value in the object that is immutable.
pub(super) fn fixed<'r>(attributes: &'r [Attribute], object: Option<&Value>) -> Option<&'r Attribute> {
    let has = |name: &str| object.is_some_and(|object| object.get(name).is_some());
    attributes.iter().find(|attribute| attribute.mutability == Mutability::Immutable && has(&attribute.name))
}

/// A complex value with the given sub-attributes set (or, where null, removed); the others stay.
pub(super) fn merged(
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
        let value = written(op, old.get(name), value);
        change(&mut old, sub, Some(value), path)?;
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
