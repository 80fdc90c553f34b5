//! Values of multi-valued attributes: selected by a value path, edited, put in place of others, and created.

use serde_json::{Map, Value};

use super::{
    Op, Operation,
    complex::{change, immutable, merged},
};
use crate::scim::{
    elements::{Elements, is_primary},
    error::{ScimError, ScimType},
    filter::{CompareOp, ElementFilter, Filter, Literal},
    leniency::Leniency,
    path::PatchPath,
    schema::{Attribute, Type},
    value::single,
};

pub(super) fn no_target(path: &PatchPath) -> ScimError {
    ScimError::bad(ScimType::NoTarget, format!("`{path}` selects nothing"))
}

/// Operations on an immutable list that has values: only those that change nothing.
pub(super) fn immutable_list(list: &mut Elements<'_>, operation: &Operation) -> Result<(), ScimError> {
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
pub(super) fn remove_listed(list: &mut Elements<'_>, items: &[Value]) {
    for item in items {
        while let Some(at) = list.repeated(item) {
            list.remove(at);
        }
    }
}

/// Positions that a value path selects; all without a filter.
pub(super) fn selected(
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

pub(super) fn marks_primary(sub: Option<&Attribute>, value: &Value) -> bool {
    match sub {
        Some(sub) => sub.name == "primary" && *value == Value::Bool(true),
        None => is_primary(value),
    }
}

/// Sets or removes a sub-attribute of one element.
pub(super) fn edit(
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
pub(super) fn put(
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
pub(super) fn created(
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
