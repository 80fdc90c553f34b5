//! Values that are never returned (RFC 7643 section 7) are kept as digests: what nobody may read again need not lie
//! there in clear (section 9.2). A digest still tells whether a write changes the value.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::scim::schema::{Attribute, Registry, ResourceType, Returned};

const MARK: &str = "sha256:";

/// The document with a digest in the place of each such value. `before` is the stored one, whose digests stay.
pub(super) fn sealed(mut document: Value, before: Option<&Value>, rt: &ResourceType, registry: &Registry) -> Value {
    let Value::Object(top) = &mut document else { return document };
    let nothing = Value::Null;
    let before = before.unwrap_or(&nothing);
    if let Some(schema) = registry.schema(&rt.schema) {
        seal(top, before, &schema.attributes);
    }
    for (urn, _) in &rt.extensions {
        if let (Some(Value::Object(inner)), Some(schema)) = (top.get_mut(urn), registry.schema(urn)) {
            seal(inner, &before[urn], &schema.attributes);
        }
    }
    document
}

fn seal(holder: &mut Map<String, Value>, before: &Value, attributes: &[Attribute]) {
    for attribute in attributes {
        let hidden = attribute.returned == Returned::Never;
        let parts: Vec<&Attribute> =
            attribute.sub_attributes.iter().filter(|sub| sub.returned == Returned::Never).collect();
        if !hidden && parts.is_empty() {
            continue;
        }
        let Some(value) = holder.get_mut(&attribute.name) else { continue };
        let known = &before[&attribute.name];
        each(value, &mut |value| match value {
            value if hidden => digest(value, known),
            Value::Object(element) => {
                for part in &parts {
                    if let Some(value) = element.get_mut(&part.name) {
                        each(value, &mut |value| digest(value, known));
                    }
                }
            }
            _ => {}
        });
    }
}

fn each(value: &mut Value, call: &mut dyn FnMut(&mut Value)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(call),
        one => call(one),
    }
}

/// Replaces a value by its digest, unless it is a digest that the stored attribute holds.
fn digest(value: &mut Value, known: &Value) {
    let kept = value.as_str().is_some_and(|text| text.starts_with(MARK) && holds(known, text));
    if !kept {
        *value = format!("{MARK}{}", URL_SAFE_NO_PAD.encode(Sha256::digest(value.to_string()))).into();
    }
}

fn holds(known: &Value, text: &str) -> bool {
    match known {
        Value::String(one) => one == text,
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(parts) => parts.values().any(|part| holds(part, text)),
        _ => false,
    }
}
