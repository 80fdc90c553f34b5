//! References to what other operations create: `bulkId:x` as a `value`, a `$ref`, or the id in a path (RFC 7644
//! section 3.7.2). Other texts are left alone, whatever they begin with.

use serde_json::{Map, Value, json};

use super::Operation;
use crate::scim::urn;

const PREFIX: &str = "bulkId:";

/// The bulkId that a text refers to.
pub(super) fn referred(text: &str) -> Option<&str> {
    text.strip_prefix(PREFIX).filter(|id| !id.is_empty())
}

fn holds_references(key: &str) -> bool {
    key.eq_ignore_ascii_case("value") || key.eq_ignore_ascii_case("$ref")
}

/// Calls with every text that may be a reference. The depth of a body is limited when it is read.
fn each_text<'v>(value: &'v Value, here: bool, call: &mut dyn FnMut(&'v str)) {
    match value {
        Value::String(text) if here => call(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, here, call)),
        Value::Object(json) => json.iter().for_each(|(key, value)| each_text(value, holds_references(key), call)),
        _ => {}
    }
}

fn each_text_mut(value: &mut Value, here: bool, call: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) if here => call(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text_mut(item, here, call)),
        Value::Object(json) => {
            json.iter_mut().for_each(|(key, value)| each_text_mut(value, holds_references(key), call));
        }
        _ => {}
    }
}

fn in_value(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    each_text(value, false, &mut |text| found.extend(referred(text)));
    found
}

/// The bulkIds that an operation refers to.
pub(super) fn of(operation: &Operation) -> Vec<&str> {
    let mut found = operation.data.as_ref().map(in_value).unwrap_or_default();
    found.extend(operation.id.as_deref().and_then(referred));
    found
}

/// Puts ids in the place of references; `find` answers the id of a bulkId, or why there is none.
pub(super) fn resolve<E>(operation: &mut Operation, find: &mut dyn FnMut(&str) -> Result<String, E>) -> Result<(), E> {
    let mut failed = None;
    let mut put = |text: &mut String| {
        if let Some(id) = referred(text) {
            match find(id) {
                Ok(id) => *text = id,
                Err(error) => failed = Some(error),
            }
        }
    };
    if let Some(id) = &mut operation.id {
        put(id);
    }
    if let Some(data) = &mut operation.data {
        each_text_mut(data, false, &mut put);
    }
    failed.map_or(Ok(()), Err)
}

/// Takes out of a body what refers to any of these bulkIds, and returns a PatchOp that puts it back later: of a list the
/// elements, of anything else the whole attribute. `needed` gets the bulkIds in question.
pub(super) fn postpone(data: &mut Value, pending: &dyn Fn(&str) -> bool, needed: &mut Vec<String>) -> Option<Value> {
    needed.extend(in_value(data).into_iter().filter(|id| pending(id)).map(str::to_owned));
    let Value::Object(json) = data else { return None };
    let mut operations = Vec::new();
    take(json, "", pending, &mut operations);
    (!operations.is_empty()).then(|| json!({ "schemas": [urn::PATCH_OP], "Operations": operations }))
}

fn take(json: &mut Map<String, Value>, prefix: &str, pending: &dyn Fn(&str) -> bool, into: &mut Vec<Value>) {
    let refers = |value: &Value| in_value(value).into_iter().any(pending);
    let names: Vec<String> = json.keys().cloned().collect();
    for name in names {
        let path = format!("{prefix}{name}");
        match json.get_mut(&name) {
            Some(Value::Object(inner)) if prefix.is_empty() && name.contains(':') => {
                take(inner, &format!("{name}:"), pending, into);
            }
            Some(Value::Array(items)) => {
                let (later, now): (Vec<Value>, Vec<Value>) = std::mem::take(items).into_iter().partition(&refers);
                *items = now;
                if !later.is_empty() {
                    into.push(json!({ "op": "add", "path": path, "value": later }));
                }
            }
            Some(value) if refers(value) => {
                let value = value.take();
                json.shift_remove(&name);
                into.push(json!({ "op": "add", "path": path, "value": value }));
            }
            _ => {}
        }
    }
}
