//! Small readers of JSON values and of the forms that the RFCs give to strings.

#![allow(dead_code)]

use serde_json::{Map, Value};

/// RFC 7643 section 4.1.
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// RFC 7643 section 4.2.
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// RFC 7643 section 4.3.
pub(super) const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// RFC 7643 section 5.
pub(super) const SERVICE_PROVIDER_CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
/// RFC 7643 section 6.
pub(super) const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
/// RFC 7643 section 7.
pub(super) const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
/// RFC 7644 section 3.12.
pub(super) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// RFC 7644 section 3.4.2.
pub(super) const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// RFC 7644 section 3.7.
pub(super) const BULK_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// What all message schemas begin with (RFC 7644 section 3.1).
pub(super) const MESSAGES: &str = "urn:ietf:params:scim:api:";

/// A string member.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// An array member.
pub(super) fn array<'a>(value: &'a Value, name: &str) -> Option<&'a Vec<Value>> {
    value.get(name)?.as_array()
}

/// An attribute of a resource. Attribute names are compared without case (RFC 7643 section 2.1).
pub(super) fn attribute<'a>(resource: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    resource
        .get(name)
        .or_else(|| resource.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// An attribute that has a value: not null and not an empty array (RFC 7643 section 2.5).
pub(super) fn assigned<'a>(resource: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    attribute(resource, name).filter(|value| !is_unassigned(value))
}

/// Null and the empty array say "no value" (RFC 7643 section 2.5).
pub(super) fn is_unassigned(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// The strings of `schemas`, if it is an array.
pub(super) fn schemas(resource: &Map<String, Value>) -> Option<Vec<&str>> {
    Some(resource.get("schemas")?.as_array()?.iter().filter_map(Value::as_str).collect())
}

/// A value for a person: compact JSON, cut to a readable length.
pub(super) fn brief(value: &Value) -> String {
    cut(&value.to_string())
}

/// Text for a person, cut to a readable length at a character boundary.
pub(super) fn cut(text: &str) -> String {
    const LONGEST: usize = 160;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
