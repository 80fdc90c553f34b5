//! Group bodies: creates, whole memberships, member operations, renames.

use serde_json::{Map, Value, json};

use super::patch::{Op, Operation};
use crate::idp::profile::{
    Knobs,
    value::{GroupMembers, GroupRename, MemberAdd, MemberDisplay, MemberRemove, PushNow},
};

const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// A member as the target knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// SCIM id.
    pub id: String,
    /// The IdP's own word for the person: the user name.
    pub display: String,
}

/// A member as the profile writes it.
pub fn member_value(knobs: &Knobs, member: &Member) -> Value {
    let mut object = Map::new();
    if knobs.member_ref_null {
        object.insert("$ref".to_owned(), Value::Null);
    }
    object.insert("value".to_owned(), Value::from(member.id.as_str()));
    match knobs.member_display {
        MemberDisplay::None => {}
        MemberDisplay::UserName => {
            object.insert("display".to_owned(), Value::from(member.display.as_str()));
        }
        MemberDisplay::Null => {
            object.insert("display".to_owned(), Value::Null);
        }
    }
    Value::Object(object)
}

fn member_values(knobs: &Knobs, members: &[Member]) -> Vec<Value> {
    let times = if knobs.member_twice { 2 } else { 1 };
    members.iter().flat_map(|member| std::iter::repeat_n(member_value(knobs, member), times)).collect()
}

/// The body of a create.
pub fn create(knobs: &Knobs, name: &str, object_id: &str, members: &[Member]) -> Value {
    let mut body = Map::new();
    let mut schemas = vec![Value::from(GROUP)];
    if !knobs.group_extra_schema.is_empty() {
        schemas.push(Value::from(knobs.group_extra_schema.as_str()));
    }
    body.insert("schemas".to_owned(), Value::Array(schemas));
    if knobs.group_external_id {
        body.insert("externalId".to_owned(), Value::from(object_id));
    }
    body.insert("displayName".to_owned(), Value::from(name));
    match knobs.group_create_members {
        GroupMembers::None => {}
        GroupMembers::Empty => {
            body.insert("members".to_owned(), json!([]));
        }
        GroupMembers::Full => {
            body.insert("members".to_owned(), Value::Array(member_values(knobs, members)));
        }
    }
    if knobs.meta_in_create {
        body.insert("meta".to_owned(), json!({"resourceType": "Group"}));
    }
    Value::Object(body)
}

/// The body of a PUT: what the target showed, or the id alone, with name and members. `kept` are members of the target's
/// own that are written back as they were shown.
pub fn put(knobs: &Knobs, id: &str, shown: Option<&Value>, name: &str, kept: Vec<Value>, members: &[Member]) -> Value {
    let mut body = match (knobs.put_body, shown.and_then(Value::as_object)) {
        (crate::idp::profile::value::PutBody::Echo, Some(shown)) => shown.clone(),
        _ => Map::new(),
    };
    if body.is_empty() {
        body.insert("schemas".to_owned(), json!([GROUP]));
        body.insert("id".to_owned(), Value::from(id));
    }
    body.insert("displayName".to_owned(), Value::from(name));
    let members = kept.into_iter().chain(member_values(knobs, members)).collect();
    body.insert("members".to_owned(), Value::Array(members));
    Value::Object(body)
}

/// The operation that renames.
pub fn rename(knobs: &Knobs, id: &str, name: &str) -> Operation {
    match knobs.group_rename {
        GroupRename::Path => Operation::at(Op::Replace, "displayName", name),
        GroupRename::Pathless => Operation::pathless(Op::Replace, json!({ "displayName": name })),
        GroupRename::PathlessWithId => Operation::pathless(Op::Replace, json!({ "id": id, "displayName": name })),
    }
}

/// The operations of one member PATCH: removes first (one each where the path carries the id), then one add of all.
pub fn member_operations(knobs: &Knobs, add: &[Member], remove: &[Member]) -> Vec<Operation> {
    let mut operations: Vec<Operation> = Vec::new();
    match knobs.member_remove {
        MemberRemove::FilterPath => operations
            .extend(remove.iter().map(|member| Operation::remove(format!("members[value eq \"{}\"]", member.id)))),
        MemberRemove::Value if !remove.is_empty() => {
            let values: Vec<Value> = remove
                .iter()
                .map(|member| {
                    let mut value = Map::new();
                    if knobs.member_ref_null {
                        value.insert("$ref".to_owned(), Value::Null);
                    }
                    value.insert("value".to_owned(), Value::from(member.id.as_str()));
                    Value::Object(value)
                })
                .collect();
            operations.push(Operation::at(Op::Remove, "members", Value::Array(values)));
        }
        MemberRemove::Value => {}
    }
    if !add.is_empty() {
        let op = match knobs.member_add {
            MemberAdd::Add => Op::Add,
            MemberAdd::Replace => Op::Replace,
        };
        operations.push(Operation::at(op, "members", Value::Array(member_values(knobs, add))));
    }
    operations
}

/// The operation that writes the whole membership.
pub fn push_now(knobs: &Knobs, id: &str, name: &str, members: &[Member]) -> Operation {
    let members = Value::Array(member_values(knobs, members));
    match knobs.push_now {
        PushNow::Path => Operation::at(Op::Replace, "members", members),
        PushNow::Pathless => {
            Operation::pathless(Op::Replace, json!({"members": members, "id": id, "displayName": name}))
        }
    }
}
