//! Takes the operations on `members` out of a PATCH, as set operations on rows.

use serde_json::Value;

use super::{Op, Operation};
use crate::scim::filter::{CompareOp, Filter, Literal};

/// What a PATCH does to the members of a group.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberOp {
    /// Adds members that are not there yet: objects with `value` and perhaps `display`, `type`, `$ref`.
    Add(Vec<Value>),
    /// Removes the members with these ids; ids that are not there are no error. An id is enough: it is unique over all
    /// resources, whatever their type (RFC 7643 section 3.1).
    Remove(Vec<String>),
    /// Removes every member.
    RemoveAll,
    /// These members and no others.
    Replace(Vec<Value>),
}

/// Whether an operation is on `members`.
pub fn is_on_members(operation: &Operation) -> bool {
    operation.path.attr.attribute.eq_ignore_ascii_case("members")
}

/// Splits operations into those on other attributes and those on `members`, both in their order (attributes do not
/// depend on each other). If one on `members` is no set operation on ids (`members[type eq "Group"]`,
/// `members[value eq "…"].display`), all stay with the others, and the group must be loaded with its members and go
/// through [`apply`](super::apply()).
pub fn split_members(operations: Vec<Operation>) -> (Vec<Operation>, Vec<MemberOp>) {
    let on_members: Option<Vec<MemberOp>> =
        operations.iter().filter(|operation| is_on_members(operation)).map(member_op).collect();
    match on_members {
        Some(members) => (operations.into_iter().filter(|operation| !is_on_members(operation)).collect(), members),
        None => (operations, Vec::new()),
    }
}

fn member_op(operation: &Operation) -> Option<MemberOp> {
    if operation.path.sub().is_some() {
        return None;
    }
    match (operation.op, &operation.path.filter, &operation.value) {
        (Op::Add, None, Some(Value::Array(items))) => Some(MemberOp::Add(items.clone())),
        (Op::Replace, None, Some(Value::Array(items))) => Some(MemberOp::Replace(items.clone())),
        (Op::Remove, None, None) => Some(MemberOp::RemoveAll),
        (Op::Remove, None, Some(Value::Array(items))) => {
            let id = |item: &Value| item.get("value").and_then(Value::as_str).map(str::to_owned);
            items.iter().map(id).collect::<Option<_>>().map(MemberOp::Remove)
        }
        (Op::Remove, Some(filter), _) => {
            let mut ids = Vec::new();
            named(filter, &mut ids).then_some(MemberOp::Remove(ids))
        }
        _ => None,
    }
}

/// The ids that a filter names: `value eq "a"`, or several of them with `or`.
fn named(filter: &Filter, ids: &mut Vec<String>) -> bool {
    match filter {
        Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(id) }
            if path.schema.is_none() && path.sub.is_none() && path.attribute.eq_ignore_ascii_case("value") =>
        {
            ids.push(id.clone());
            true
        }
        Filter::Or(parts) => parts.iter().all(|part| named(part, ids)),
        _ => false,
    }
}
