//! PATCH (RFC 7644 section 3.5.2): a body becomes operations ([`parse`]), operations turn a document into the next one
//! ([`apply`]), and the operations on a group's members can be taken out ([`split_members`]), so that a change of one
//! member of a very large group touches one row.
//!
//! Everything that only the schema decides (paths, types, mutability, leniency) is settled while parsing: an operation
//! then has a path and a checked value, and an operation without a path has become one operation an attribute. What
//! depends on the document (does a value path match, is there a value already) is settled while applying. Both fail as a
//! whole: [`apply`] works on a copy.
//!
//! Disputed readings: `replace` on a complex attribute keeps the sub-attributes that it does not give (section 3.5.2.3,
//! not the interop draft); removing a member that is not there succeeds (section 3.5.2.2, not table 9); `replace` on a
//! value path that matches nothing is `noTarget`, unless leniency creates the element.

mod apply;
mod complex;
mod parse;
mod split;
mod value_path;

pub use apply::{Patched, apply};
pub use parse::{check_envelope, parse};
use serde_json::Value;
pub use split::{MemberOp, is_on_members, split_members};

use super::path::PatchPath;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Adds values, or sets one.
    Add,
    /// Removes values.
    Remove,
    /// Replaces values.
    Replace,
}

impl Op {
    /// The word in the body.
    pub fn as_str(self) -> &'static str {
        match self {
            Op::Add => "add",
            Op::Remove => "remove",
            Op::Replace => "replace",
        }
    }
}

/// One operation on one attribute, checked against the schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What it does.
    pub op: Op,
    /// On what. An operation without a path in the body is here one operation for each attribute of its value.
    pub path: PatchPath,
    /// The checked value: for a multi-valued attribute always a list (with a filter: one element), for a complex one an
    /// object of the sub-attributes given, `null` for those that are cleared. `remove` has one only when it lists the
    /// values to remove.
    pub value: Option<Value>,
}
