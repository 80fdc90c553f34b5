//! Reads schemas and resource types from JSON, with the rules of RFC 7643 that make them usable, each checked on load.

use serde_json::{Map, Value};

use super::{Attribute, Mutability, ResourceType, Returned, Schema, Type, Uniqueness};

/// Why schema data cannot be used; `place` is a path into the data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("schema data at {place}: {problem}")]
pub struct SchemaError {
    /// Where, such as `urn:example:Laptop/attributes/serial/type`.
    pub place: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl SchemaError {
    pub(super) fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        SchemaError { place: place.into(), problem: problem.into() }
    }
}

type Result<T> = std::result::Result<T, SchemaError>;

fn object<'a>(value: &'a Value, place: &str) -> Result<&'a Map<String, Value>> {
    value.as_object().ok_or_else(|| SchemaError::new(place, "must be an object"))
}

fn text<'a>(json: &'a Map<String, Value>, key: &str, place: &str) -> Result<Option<&'a str>> {
    match json.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(SchemaError::new(format!("{place}/{key}"), "must be a string")),
    }
}

fn required_text<'a>(json: &'a Map<String, Value>, key: &str, place: &str) -> Result<&'a str> {
    match text(json, key, place)? {
        Some(text) if !text.trim().is_empty() => Ok(text),
        _ => Err(SchemaError::new(place, format!("`{key}` is missing"))),
    }
}

fn flag(json: &Map<String, Value>, key: &str, place: &str) -> Result<bool> {
    match json.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(SchemaError::new(format!("{place}/{key}"), "must be true or false")),
    }
}

fn keyword<T>(
    json: &Map<String, Value>,
    key: &str,
    place: &str,
    default: T,
    parse: fn(&str) -> Option<T>,
    allowed: &str,
) -> Result<T> {
    match text(json, key, place)? {
        None => Ok(default),
        Some(word) => parse(word)
            .ok_or_else(|| SchemaError::new(format!("{place}/{key}"), format!("`{word}` is not one of {allowed}"))),
    }
}

fn texts(json: &Map<String, Value>, key: &str, place: &str) -> Result<Vec<String>> {
    let wrong = || SchemaError::new(format!("{place}/{key}"), "must be a list of strings");
    match json.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

/// `ALPHA *("$" / "-" / "_" / DIGIT / ALPHA)` (RFC 7643 section 2.1), and `$ref` (erratum 8924).
fn is_name(name: &str) -> bool {
    name == "$ref"
        || name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '$' | '-' | '_'))
}

/// One attribute; `nested` for a sub-attribute, which must not be complex (RFC 7643 section 2.3.8), except in the
/// schema of schemas, which describes itself.
fn attribute(value: &Value, place: &str, nested: bool, meta: bool) -> Result<Attribute> {
    let json = object(value, place)?;
    let name = required_text(json, "name", place)?;
    let place = &format!("{place}/{name}");
    if !is_name(name) {
        let problem = "an attribute name is a letter, then letters, digits, `$`, `-` or `_`";
        return Err(SchemaError::new(place, problem));
    }
    let types = "string, boolean, decimal, integer, dateTime, binary, reference, complex";
    let type_ = keyword(json, "type", place, Type::String, Type::parse, types)?;
    if nested && type_ == Type::Complex && !meta {
        return Err(SchemaError::new(place, "a sub-attribute cannot be complex (RFC 7643 section 2.3.8)"));
    }
    let sub_attributes = match json.get("subAttributes") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) if type_ == Type::Complex => attributes(items, place, true, meta)?,
        Some(Value::Array(items)) if items.is_empty() => Vec::new(),
        Some(_) => return Err(SchemaError::new(place, "only a complex attribute has a list of subAttributes")),
    };
    if type_ == Type::Complex && sub_attributes.is_empty() {
        return Err(SchemaError::new(place, "a complex attribute needs subAttributes"));
    }
    let text_like = matches!(type_, Type::String | Type::Reference | Type::Binary);
    let mutabilities = "readOnly, readWrite, immutable, writeOnly";
    let mutability = keyword(json, "mutability", place, Mutability::ReadWrite, Mutability::parse, mutabilities)?;
    // A secret that is written must not be read back, whatever else the data says (RFC 7643 section 7, writeOnly).
    let hidden = if mutability == Mutability::WriteOnly { Returned::Never } else { Returned::Default };
    let returned = keyword(json, "returned", place, hidden, Returned::parse, "always, never, default, request")?;
    if mutability == Mutability::WriteOnly && returned != Returned::Never {
        return Err(SchemaError::new(place, "a writeOnly attribute must have `returned` never (RFC 7643 section 7)"));
    }
    Ok(Attribute {
        name: name.to_owned(),
        type_,
        multi_valued: flag(json, "multiValued", place)?,
        description: text(json, "description", place)?.unwrap_or_default().to_owned(),
        required: flag(json, "required", place)?,
        case_exact: text_like && flag(json, "caseExact", place)?,
        mutability,
        returned,
        uniqueness: keyword(json, "uniqueness", place, Uniqueness::None, Uniqueness::parse, "none, server, global")?,
        canonical_values: texts(json, "canonicalValues", place)?,
        reference_types: texts(json, "referenceTypes", place)?,
        sub_attributes,
    })
}

/// A list of attributes; names are unique without regard to case.
pub(super) fn attributes(items: &[Value], place: &str, nested: bool, meta: bool) -> Result<Vec<Attribute>> {
    let mut list: Vec<Attribute> = Vec::with_capacity(items.len());
    for item in items {
        let read = attribute(item, place, nested, meta)?;
        if list.iter().any(|other| other.name.eq_ignore_ascii_case(&read.name)) {
            return Err(SchemaError::new(format!("{place}/{}", read.name), "the name is used twice"));
        }
        list.push(read);
    }
    Ok(list)
}

/// A schema (RFC 7643 section 7).
pub(super) fn schema(value: &Value) -> Result<Schema> {
    let json = object(value, "schema")?;
    let id = required_text(json, "id", "schema")?;
    if !id.contains(':') || id.chars().any(|c| c.is_whitespace() || matches!(c, '[' | ']' | '"')) {
        return Err(SchemaError::new(
            id,
            "the id of a schema is a URI, such as urn:example:params:scim:schemas:Laptop",
        ));
    }
    let items = json
        .get("attributes")
        .and_then(Value::as_array)
        .ok_or_else(|| SchemaError::new(id, "`attributes` must be a list"))?;
    Ok(Schema {
        id: id.to_owned(),
        name: text(json, "name", id)?.unwrap_or_default().to_owned(),
        description: text(json, "description", id)?.unwrap_or_default().to_owned(),
        attributes: attributes(items, id, false, id == crate::scim::urn::SCHEMA)?,
    })
}

/// A resource type (RFC 7643 section 6).
pub(super) fn resource_type(value: &Value) -> Result<ResourceType> {
    let json = object(value, "resource type")?;
    let name = required_text(json, "name", "resource type")?;
    let endpoint = required_text(json, "endpoint", name)?;
    let plain = endpoint.strip_prefix('/').is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '~'))
    });
    if !plain {
        let problem = "the endpoint is one path segment below the base URL, such as /Laptops";
        return Err(SchemaError::new(format!("{name}/endpoint"), problem));
    }
    let mut extensions = Vec::new();
    match json.get("schemaExtensions") {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => {
            for item in items {
                let place = format!("{name}/schemaExtensions");
                let extension = object(item, &place)?;
                let urn = required_text(extension, "schema", &place)?.to_owned();
                extensions.push((urn, flag(extension, "required", &place)?));
            }
        }
        Some(_) => return Err(SchemaError::new(format!("{name}/schemaExtensions"), "must be a list")),
    }
    Ok(ResourceType {
        id: text(json, "id", name)?.unwrap_or(name).to_owned(),
        name: name.to_owned(),
        endpoint: endpoint.to_owned(),
        description: text(json, "description", name)?.unwrap_or_default().to_owned(),
        schema: required_text(json, "schema", name)?.to_owned(),
        extensions,
    })
}
