//! Values held against an attribute: the right JSON type, unknown and readOnly parts left out, unassigned as `None`
//! (RFC 7643 sections 2.3 to 2.5). Nothing here descends further than the schema does, which is three levels.

use serde_json::{Map, Value};

use super::{
    elements::Elements,
    error::{ScimError, ScimType},
    leniency::Leniency,
    schema::{Attribute, Type},
    text,
};

/// `invalidValue` with a place.
pub(super) fn invalid(place: &str, problem: impl std::fmt::Display) -> ScimError {
    ScimError::bad(ScimType::InvalidValue, format!("`{place}` {problem}"))
}

/// `invalidSyntax` for an attribute that no schema knows.
pub(super) fn unknown(place: &str) -> ScimError {
    ScimError::bad(ScimType::InvalidSyntax, format!("no schema of the resource has an attribute `{place}`"))
}

/// The values of an attribute: one, or those of a list.
pub(super) fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// The kind of a JSON value, for messages; never the value itself, which may be a secret.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The member of an object by a name without regard to case (RFC 7643 section 2.1).
pub(super) fn member<'v>(json: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    json.get(name).or_else(|| json.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// A value of an attribute, list or not. `None`: unassigned (`null`, `[]`, an empty object).
pub(super) fn checked(
    attribute: &Attribute,
    value: &Value,
    place: &str,
    leniency: &Leniency,
) -> Result<Option<Value>, ScimError> {
    if !attribute.multi_valued {
        return single(attribute, value, place, leniency);
    }
    let items = match value {
        Value::Null => return Ok(None),
        Value::Array(items) => items.as_slice(),
        Value::String(text) if text.is_empty() && leniency.empty_string_clears => return Ok(None),
        one if leniency.single_as_list => std::slice::from_ref(one),
        other => return Err(invalid(place, format_args!("must be a list, not {}", kind(other)))),
    };
    list(attribute, items, place, leniency).map(|list| if list.is_empty() { None } else { Some(Value::Array(list)) })
}

/// The elements of a multi-valued attribute: each checked, repeated ones once, one primary at most.
pub(super) fn list(
    attribute: &Attribute,
    items: &[Value],
    place: &str,
    leniency: &Leniency,
) -> Result<Vec<Value>, ScimError> {
    let mut elements = Elements::new(attribute, Vec::with_capacity(items.len()));
    let mut primary: Option<usize> = None;
    for item in items {
        let Some(element) = single(attribute, item, place, leniency)? else { continue };
        let marked = super::elements::is_primary(&element);
        let (at, _) = elements.add(element);
        if marked && primary.replace(at).is_some_and(|other| other != at) {
            return Err(invalid(place, "has more than one value with `primary` true (RFC 7643 section 2.4)"));
        }
    }
    Ok(elements.finish())
}

/// One value: the attribute's own, or one element of its list.
pub(super) fn single(
    attribute: &Attribute,
    value: &Value,
    place: &str,
    leniency: &Leniency,
) -> Result<Option<Value>, ScimError> {
    let wrong = |due: &str| Err(invalid(place, format_args!("must be {due}, not {}", kind(value))));
    match (attribute.type_, value) {
        (_, Value::Null) => Ok(None),
        (Type::Complex, Value::Object(json)) => object(attribute, json, place, leniency),
        (Type::Complex, Value::String(text)) if leniency.bare_values && attribute.sub("value").is_some() => {
            let mut json = Map::new();
            json.insert("value".into(), Value::String(text.clone()));
            if text.is_empty() { Ok(None) } else { object(attribute, &json, place, leniency) }
        }
        (Type::Complex, _) => wrong("an object"),
        (Type::String, Value::String(text)) => {
            if attribute.required && text.trim().is_empty() {
                return Err(invalid(place, "is required and must not be empty"));
            }
            Ok(Some(value.clone()))
        }
        (Type::String, _) => wrong("a string"),
        (Type::Boolean, Value::Bool(_)) => Ok(Some(value.clone())),
        (Type::Boolean, Value::String(word)) if leniency.boolean_strings && !word.is_empty() => {
            match text::boolean(word) {
                Some(flag) => Ok(Some(Value::Bool(flag))),
                None => Err(invalid(place, "must be true or false")),
            }
        }
        // A boolean is never cleared by an empty text: absent and false are not the same.
        (Type::Boolean, _) => wrong("true or false"),
        (_, Value::String(text)) if text.is_empty() && leniency.empty_string_clears && !attribute.required => Ok(None),
        (Type::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => Ok(Some(value.clone())),
        (Type::Integer, _) => wrong("a number without fraction or exponent"),
        (Type::Decimal, Value::Number(_)) => Ok(Some(value.clone())),
        (Type::Decimal, _) => wrong("a number"),
        (Type::DateTime, Value::String(time)) if text::instant(time).is_some() => Ok(Some(value.clone())),
        (Type::DateTime, _) => Err(invalid(place, "must be a date and time, such as 2026-11-24T08:00:00Z")),
        (Type::Binary, Value::String(data)) if is_base64(data) => Ok(Some(value.clone())),
        (Type::Binary, _) => Err(invalid(place, "must be base64 (RFC 4648 section 4), without line breaks")),
        (Type::Reference, Value::String(uri))
            if !uri.is_empty() && (leniency.any_reference || is_uri_reference(uri)) =>
        {
            Ok(Some(value.clone()))
        }
        (Type::Reference, _) => Err(invalid(place, "must be a URI")),
    }
}

/// The object of a complex value.
fn object(
    attribute: &Attribute,
    json: &Map<String, Value>,
    place: &str,
    leniency: &Leniency,
) -> Result<Option<Value>, ScimError> {
    let mut next = parts(attribute, json, place, leniency)?;
    next.retain(|_, value| !value.is_null());
    if next.is_empty() {
        return Ok(None);
    }
    if clears(attribute, json, leniency) {
        return Ok(None);
    }
    for sub in attribute.sub_attributes.iter().filter(|sub| sub.required && !sub.read_only()) {
        if !next.contains_key(&sub.name) {
            return Err(invalid(&format!("{place}.{}", sub.name), "is required"));
        }
    }
    Ok(Some(Value::Object(next)))
}

/// Whether an object clears the single-valued reference that it is for: `manager: {"value": ""}`.
pub(super) fn clears(attribute: &Attribute, json: &Map<String, Value>, leniency: &Leniency) -> bool {
    leniency.empty_string_clears
        && !attribute.multi_valued
        && attribute.sub("$ref").is_some()
        && member(json, "value").is_some_and(|value| value.as_str() == Some(""))
}

/// The sub-attributes that an object gives, by their names in the schema; `null` for those that it clears.
pub(super) fn parts(
    attribute: &Attribute,
    json: &Map<String, Value>,
    place: &str,
    leniency: &Leniency,
) -> Result<Map<String, Value>, ScimError> {
    let mut next = Map::with_capacity(json.len());
    for (key, value) in json {
        let Some(sub) = attribute.sub(key) else {
            if leniency.unknown_attributes {
                continue;
            }
            return Err(unknown(&format!("{place}.{key}")));
        };
        if sub.read_only() {
            continue;
        }
        let place = format!("{place}.{}", sub.name);
        let value = checked(sub, value, &place, leniency)?.unwrap_or(Value::Null);
        if next.insert(sub.name.clone(), value).is_some() {
            return Err(twice(&place));
        }
    }
    Ok(next)
}

/// Names that differ only in case are one attribute; two values for it are a contradiction.
pub(super) fn twice(place: &str) -> ScimError {
    ScimError::bad(ScimType::InvalidSyntax, format!("`{place}` is given twice"))
}

/// RFC 4648 section 4, padding optional (RFC 7643 section 2.3.6).
fn is_base64(text: &str) -> bool {
    let data = text.trim_end_matches('=');
    let padded = text.len() > data.len();
    (!padded || text.len().is_multiple_of(4) && text.len() - data.len() <= 2)
        && data.len() % 4 != 1
        && data.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// Whether every character may stand in a URI reference (RFC 3986); relative references are allowed.
fn is_uri_reference(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_alphanumeric()
            || c.is_ascii_punctuation() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
    })
}

/// Whether two values are the same: lists of several values without regard to order (RFC 7643 section 2.4: order means
/// nothing), objects without regard to the order of their members.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            if one.len() != other.len() {
                return false;
            }
            if one.iter().zip(other).all(|(one, other)| same(one, other)) {
                return true;
            }
            let sorted = |list: &[Value]| {
                let mut keys: Vec<String> = list.iter().map(canonical).collect();
                keys.sort_unstable();
                keys
            };
            sorted(one) == sorted(other)
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}

/// One text for equal values: members sorted by name.
pub(super) fn canonical(value: &Value) -> String {
    fn write(value: &Value, into: &mut String) {
        match value {
            Value::Object(json) => {
                let mut members: Vec<_> = json.iter().collect();
                members.sort_unstable_by(|one, other| one.0.cmp(other.0));
                into.push('{');
                for (key, value) in members {
                    into.push_str(&Value::String(key.clone()).to_string());
                    into.push(':');
                    write(value, into);
                    into.push(',');
                }
                into.push('}');
            }
            Value::Array(items) => {
                into.push('[');
                for item in items {
                    write(item, into);
                    into.push(',');
                }
                into.push(']');
            }
            plain => into.push_str(&plain.to_string()),
        }
    }
    let mut text = String::new();
    write(value, &mut text);
    text
}
