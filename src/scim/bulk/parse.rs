//! Reads a BulkRequest. What is wrong with the message as a whole refuses it; what is wrong with one operation is that
//! operation's own error (RFC 7644 section 3.7.3).

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::scim::{
    error::{ScimError, ScimType},
    path::shortened,
    urn,
    value::{kind, member},
};

/// How large a request may be; ServiceProviderConfig states both (RFC 7643 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Operations in one request.
    pub operations: usize,
    /// Bytes of the body.
    pub payload: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { operations: 1_000, payload: 4 * 1024 * 1024 }
    }
}

/// A request that can be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// After how many errors the rest is left undone; `None`: never.
    pub fail_on_errors: Option<usize>,
    /// The operations in the order of the body.
    pub operations: Vec<Entry>,
}

/// One operation of the body, and what is wrong with it, if anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The method as sent, for the answer.
    pub method: String,
    /// The path as sent, for the answer.
    pub path: String,
    /// The client's name for what a POST creates.
    pub bulk_id: Option<String>,
    /// The operation.
    pub operation: Result<Operation, ScimError>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// The method as HTTP has it; methods are case-sensitive (RFC 9110 section 9.1).
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    fn parse(text: &str) -> Option<Method> {
        [Method::Post, Method::Put, Method::Patch, Method::Delete].into_iter().find(|method| method.as_str() == text)
    }
}

/// An operation, as one request of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What it does.
    pub method: Method,
    /// Where: `/Users`.
    pub endpoint: String,
    /// On which resource; `None` for POST.
    pub id: Option<String>,
    /// For If-Match.
    pub version: Option<String>,
    /// The body; for PATCH a PatchOp (erratum 5050). `None` for DELETE.
    pub data: Option<Value>,
}

fn syntax(detail: impl Into<String>) -> ScimError {
    ScimError::bad(ScimType::InvalidSyntax, detail)
}

/// Reads a BulkRequest of `size` bytes. Too large a one is refused with 413 and the limit (RFC 7644 section 3.7.4).
pub fn parse(body: &Value, size: usize, limits: &Limits) -> Result<Request, ScimError> {
    if size > limits.payload {
        let detail = format!("the request has {size} bytes, and at most maxPayloadSize, {}, are taken", limits.payload);
        return Err(ScimError::status(413, detail));
    }
    let Value::Object(json) = body else {
        return Err(syntax(format!("the body must be a BulkRequest object, not {}", kind(body))));
    };
    let named = member(json, "schemas")
        .and_then(Value::as_array)
        .is_some_and(|urns| urns.iter().filter_map(Value::as_str).any(|id| id.eq_ignore_ascii_case(urn::BULK_REQUEST)));
    if !named {
        return Err(syntax(format!("`schemas` must name {}", urn::BULK_REQUEST)));
    }
    let fail_on_errors = match member(json, "failOnErrors") {
        None | Some(Value::Null) => None,
        Some(value) => match value.as_u64() {
            Some(number) if number > 0 => Some(usize::try_from(number).unwrap_or(usize::MAX)),
            _ => {
                let detail = "`failOnErrors` must be a whole number from 1";
                return Err(ScimError::bad(ScimType::InvalidValue, detail));
            }
        },
    };
    let items = match member(json, "Operations") {
        Some(Value::Array(items)) if !items.is_empty() => items,
        Some(Value::Array(_)) => return Err(syntax("`Operations` must have at least one operation")),
        Some(other) => return Err(syntax(format!("`Operations` must be a list, not {}", kind(other)))),
        None => return Err(syntax("`Operations` is missing")),
    };
    if items.len() > limits.operations {
        let detail = format!(
            "the request has {} operations, and at most maxOperations, {}, are taken",
            items.len(),
            limits.operations
        );
        return Err(ScimError::status(413, detail));
    }
    let operations: Vec<Entry> = items.iter().map(entry).collect();
    let mut seen = HashSet::new();
    for id in operations.iter().filter_map(|entry| entry.bulk_id.as_deref()) {
        if !seen.insert(id) {
            return Err(syntax(format!("the bulkId `{}` is given twice", shortened(id))));
        }
    }
    Ok(Request { fail_on_errors, operations })
}

fn entry(item: &Value) -> Entry {
    let empty = Map::new();
    let json = item.as_object().unwrap_or(&empty);
    let text = |name: &str| member(json, name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Entry {
        method: text("method"),
        path: text("path"),
        bulk_id: Some(text("bulkId")).filter(|id| !id.is_empty()),
        operation: match item {
            Value::Object(json) => operation(json),
            other => Err(syntax(format!("an operation must be an object, not {}", kind(other)))),
        },
    }
}

fn operation(json: &Map<String, Value>) -> Result<Operation, ScimError> {
    let text = |name: &str| match member(json, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(other) => Err(syntax(format!("`{name}` must be a string, not {}", kind(other)))),
    };
    let word = text("method")?.ok_or_else(|| syntax("`method` is missing"))?;
    let method = Method::parse(word)
        .ok_or_else(|| syntax(format!("`method` must be POST, PUT, PATCH or DELETE, not `{}`", shortened(word))))?;
    let bulk_id = text("bulkId")?;
    if method == Method::Post && bulk_id.is_none_or(str::is_empty) {
        return Err(syntax("POST needs a `bulkId`"));
    }
    let path = text("path")?.ok_or_else(|| syntax("`path` is missing"))?;
    let (endpoint, id) = split(path)?;
    if (method == Method::Post) != id.is_none() {
        let due =
            if method == Method::Post { "an endpoint, such as /Users" } else { "a resource, such as /Users/{id}" };
        return Err(syntax(format!("the `path` of {word} must be {due}, not `{}`", shortened(path))));
    }
    let data = match (method, member(json, "data")) {
        (Method::Delete, _) => None,
        (_, Some(data @ Value::Object(_))) => Some(data.clone()),
        (_, Some(other)) => return Err(syntax(format!("`data` must be an object, not {}", kind(other)))),
        (_, None) => return Err(syntax(format!("{word} needs `data`"))),
    };
    Ok(Operation {
        method,
        endpoint: endpoint.to_owned(),
        id: id.map(str::to_owned),
        version: text("version")?.map(str::to_owned),
        data,
    })
}

/// `/Users` or `/Users/{id}`, relative to the base URL. Anything else (a URL, a query, a step upward) is refused, so that
/// no operation leaves the client's own tree.
fn split(path: &str) -> Result<(&str, Option<&str>), ScimError> {
    let wrong = || syntax(format!("`path` must be /Endpoint or /Endpoint/{{id}}, not `{}`", shortened(path)));
    let rest = path.strip_prefix('/').ok_or_else(wrong)?;
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '\\' | '%');
    if rest.contains(odd) {
        return Err(wrong());
    }
    let (endpoint, id) = match rest.split_once('/') {
        Some((endpoint, id)) => (endpoint, Some(id)),
        None => (rest, None),
    };
    let dots = |part: &str| part == "." || part == "..";
    if endpoint.is_empty() || dots(endpoint) || id.is_some_and(|id| id.is_empty() || id.contains('/') || dots(id)) {
        return Err(wrong());
    }
    Ok((&path[..=endpoint.len()], id))
}
