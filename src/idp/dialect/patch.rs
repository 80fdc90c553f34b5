//! PATCH bodies: operations in the spelling and layout of each IdP.

use serde_json::{Map, Value, json};

use super::path::Target;
use crate::idp::profile::{
    Knobs,
    value::{Envelope, OpCase, PatchStyle, UrnSeparator},
};

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Kind of an operation (RFC 7644 section 3.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// Adds.
    Add,
    /// Replaces.
    Replace,
    /// Removes.
    Remove,
}

/// One operation before it is spelt.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Kind.
    pub op: Op,
    /// Path; `None` for a path-less operation.
    pub path: Option<String>,
    /// Value; `None` for a remove by path.
    pub value: Option<Value>,
}

impl Operation {
    /// An operation with a path and a value.
    pub fn at(op: Op, path: impl Into<String>, value: impl Into<Value>) -> Operation {
        Operation { op, path: Some(path.into()), value: Some(value.into()) }
    }

    /// A path-less operation.
    pub fn pathless(op: Op, value: Value) -> Operation {
        Operation { op, path: None, value: Some(value) }
    }

    /// A remove by path alone.
    pub fn remove(path: impl Into<String>) -> Operation {
        Operation { op: Op::Remove, path: Some(path.into()), value: None }
    }
}

/// The body of a PATCH.
pub fn body(knobs: &Knobs, operations: Vec<Operation>) -> Value {
    let operations: Vec<Value> = operations
        .into_iter()
        .map(|operation| {
            let mut members = Map::new();
            members.insert("op".to_owned(), Value::from(spelt(knobs, operation.op)));
            if let Some(path) = operation.path {
                members.insert("path".to_owned(), Value::from(path));
            }
            if let Some(value) = operation.value {
                members.insert("value".to_owned(), value);
            }
            Value::Object(members)
        })
        .collect();
    match knobs.envelope {
        Envelope::SchemasFirst => json!({"schemas": [PATCH_OP], "Operations": operations}),
        Envelope::OperationsFirst => json!({"Operations": operations, "schemas": [PATCH_OP]}),
    }
}

/// The operations of a user PATCH, laid out as the profile says.
pub fn lay_out(knobs: &Knobs, operations: Vec<Operation>) -> Vec<Operation> {
    // An element whose `type` is not sent cannot be selected by it.
    let whole = |path: &str| !knobs.value_paths || (!knobs.email_type && Target::parse(path).attribute == "emails");
    let operations = operations.into_iter().map(|operation| match &operation.path {
        Some(path) if whole(path) => whole_attribute(knobs, operation),
        _ => operation,
    });
    let operations: Vec<Operation> = operations.collect();
    match knobs.patch_style {
        PatchStyle::PerAttribute => operations.into_iter().map(|operation| separated(knobs, operation)).collect(),
        PatchStyle::Merged => merged(operations, false),
        PatchStyle::Pathless => merged(operations, true),
        PatchStyle::PartialResource => partial(operations),
    }
}

fn spelt(knobs: &Knobs, op: Op) -> &'static str {
    match (knobs.op_case, op) {
        (OpCase::Lower, Op::Add) => "add",
        (OpCase::Lower, Op::Replace) => "replace",
        (OpCase::Lower, Op::Remove) => "remove",
        (OpCase::Capitalised, Op::Add) => "Add",
        (OpCase::Capitalised, Op::Replace) => "Replace",
        (OpCase::Capitalised, Op::Remove) => "Remove",
    }
}

/// `emails[type eq "work"].value` as `emails` with the one element as value.
fn whole_attribute(knobs: &Knobs, mut operation: Operation) -> Operation {
    if let Some(path) = &operation.path
        && let Target { urn: None, attribute, filter: Some((key, wanted)), sub: Some(sub) } = Target::parse(path)
        && operation.op != Op::Remove
    {
        let value = operation.value.take().unwrap_or(Value::Null);
        operation.value = Some(match attribute == "emails" && !knobs.email_type {
            true => json!([{ "primary": true, sub: value }]),
            false => json!([{ key: wanted, sub: value }]),
        });
        operation.path = Some(attribute.to_owned());
    }
    operation
}

fn separated(knobs: &Knobs, mut operation: Operation) -> Operation {
    if knobs.urn_separator == UrnSeparator::Dot
        && let Some(path) = &operation.path
        && let Some((urn, attribute)) = path.starts_with("urn:").then(|| path.rsplit_once(':')).flatten()
    {
        operation.path = Some(format!("{urn}.{attribute}"));
    }
    operation
}

/// Value paths first, each for itself; then the others, one path-less operation a kind. A single one keeps its path
/// unless `always` is set, and `active` alone keeps it in any case.
fn merged(operations: Vec<Operation>, always: bool) -> Vec<Operation> {
    let (mut out, others): (Vec<_>, Vec<_>) = operations.into_iter().partition(|operation| {
        operation.op == Op::Remove || operation.path.as_ref().is_none_or(|path| path.contains('['))
    });
    for kind in [Op::Add, Op::Replace] {
        let of_kind: Vec<&Operation> = others.iter().filter(|operation| operation.op == kind).collect();
        match of_kind.as_slice() {
            [] => {}
            [one] if !always || one.path.as_deref() == Some("active") => out.push((*one).clone()),
            many => {
                let values: Map<String, Value> = many
                    .iter()
                    .filter_map(|operation| Some((operation.path.clone()?, operation.value.clone()?)))
                    .collect();
                out.push(Operation::pathless(kind, Value::Object(values)));
            }
        }
    }
    out
}

/// One path-less replace whose value is a partial resource; removes stay as they are.
fn partial(operations: Vec<Operation>) -> Vec<Operation> {
    let (mut out, others): (Vec<_>, Vec<_>) =
        operations.into_iter().partition(|operation| operation.op == Op::Remove || operation.path.is_none());
    let mut value = Map::new();
    for operation in others {
        if let (Some(path), Some(new)) = (operation.path, operation.value) {
            let target = Target::parse(&path);
            let mut seed = Map::new();
            if let Some((key, wanted)) = target.filter {
                seed.insert(key.to_owned(), Value::from(wanted));
            }
            target.put(&mut value, new, seed);
        }
    }
    if !value.is_empty() {
        out.push(Operation::pathless(Op::Replace, Value::Object(value)));
    }
    out
}
