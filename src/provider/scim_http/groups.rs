//! `/Groups`: groups that the IdP pushed. Members are rows of their own ([`Roster`]).

use serde_json::Value;

use super::{
    answer::{Answer, Refusal},
    call::Call,
    endpoint::Kind,
    existing,
    members::{self, Roster},
    render,
    scope::Scope,
    secrets,
    signals::{self, Written},
    unique,
};
use crate::{
    provider::{
        effects::{Change, Via},
        store::{Transaction, groups, rows::Stored},
    },
    scim::patch::{self, MemberOp, Operation},
};

/// `POST /Groups`.
pub(super) fn post(scope: &Scope, call: &Call) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(Kind::Group)?;
    let group = call.accepted(scope, rt)?;
    let projection = call.projection(scope, rt)?.of_written(&group, rt, scope.registry());
    let mut group = secrets::sealed(group, None, rt, scope.registry());
    let members = take_members(&mut group);
    scope.write(|tx| {
        check_name(scope, tx, &group, None)?;
        let id = groups::insert(tx, &scope.connection_id, &scope.organization_id, &group, scope.at)?;
        unique::claim(scope, tx, Kind::Group, &id, None, &group)?;
        scope.apply(tx, Via::Post, &Change::GroupCreated { group_id: id.clone() })?;
        let mut roster = Roster::new(scope, tx, &id);
        roster.run(&MemberOp::Add(members))?;
        roster.finish(Via::Post)?;
        signals::wrote(scope, tx, Via::Post, Kind::Group, Written::New, &id, &[])?;
        Ok(render::written(scope, Kind::Group, 201, render::by_id(scope, tx, Kind::Group, &id, &projection)?))
    })
}

/// `PUT /Groups/{id}`: members that the body does not list leave.
pub(super) fn put(scope: &Scope, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(Kind::Group)?;
    existing::put(scope, call, Kind::Group, id, |tx, before, mut accepted| {
        let members = take_members(&mut accepted);
        let after = secrets::sealed(accepted, Some(&before.resource), rt, scope.registry());
        update(scope, tx, before, &after, &[MemberOp::Replace(members)], Via::Put)
    })
}

/// `PATCH /Groups/{id}`.
pub(super) fn patch(scope: &Scope, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(Kind::Group)?;
    existing::patch(scope, call, Kind::Group, id, |tx, before, operations| {
        let (others, on_members) = patch::split_members(operations);
        let (after, on_members) = patched(scope, tx, before, &others, on_members)?;
        let after = secrets::sealed(after, Some(&before.resource), rt, scope.registry());
        update(scope, tx, before, &after, &on_members, Via::Patch)
    })
}

/// `DELETE /Groups/{id}`.
pub(super) fn delete(scope: &Scope, call: &Call, id: &str) -> Result<Answer, Refusal> {
    existing::delete(scope, call, Kind::Group, id, |tx, _| {
        Ok(scope.apply(tx, Via::Delete, &Change::GroupDeleted { group_id: id.to_owned() })?)
    })
}

/// Takes `members` out of a document.
fn take_members(group: &mut Value) -> Vec<Value> {
    match group.as_object_mut().and_then(|attributes| attributes.shift_remove("members")) {
        Some(Value::Array(members)) => members,
        _ => Vec::new(),
    }
}

fn check_name(scope: &Scope, tx: &Transaction, group: &Value, id: Option<&str>) -> Result<(), Refusal> {
    let name = group["displayName"].as_str().unwrap_or_default();
    if groups::name_taken(tx, &scope.connection_id, name, id)? {
        return Err(Refusal::taken("displayName", name));
    }
    Ok(())
}

/// The document after the operations that are not on single members. Operations on members that cannot be told apart
/// by id (`members[type eq "Group"]`) need the whole list; only they load it.
fn patched(
    scope: &Scope,
    tx: &Transaction,
    before: &Stored,
    operations: &[Operation],
    on_members: Vec<MemberOp>,
) -> Result<(Value, Vec<MemberOp>), Refusal> {
    let rt = scope.resource_type(Kind::Group)?;
    let whole_list = operations.iter().any(patch::is_on_members);
    let mut current = before.resource.clone();
    if whole_list {
        current["members"] = members::to_json(scope, &groups::members(tx, &before.id)?);
    }
    let patched = patch::apply(&current, operations, rt, scope.registry(), scope.leniency())?;
    let mut after = if patched.changed { patched.resource } else { current };
    let listed = take_members(&mut after);
    Ok((after, if whole_list { vec![MemberOp::Replace(listed)] } else { on_members }))
}

/// The one way in which a Group changes. What is the same as before writes nothing and has no effects.
fn update(
    scope: &Scope,
    tx: &Transaction,
    before: &Stored,
    after: &Value,
    on_members: &[MemberOp],
    via: Via,
) -> Result<(), Refusal> {
    let id = &before.id;
    let rewritten = before.resource != *after;
    if rewritten {
        check_name(scope, tx, after, Some(id))?;
        groups::replace(tx, id, after, scope.at)?;
        unique::claim(scope, tx, Kind::Group, id, Some(&before.resource), after)?;
    }
    let renamed = before.resource["displayName"] != after["displayName"];
    scope.apply(tx, via, &Change::GroupUpdated { group_id: id.clone(), renamed })?;
    let mut roster = Roster::new(scope, tx, id);
    on_members.iter().try_for_each(|operation| roster.run(operation))?;
    let relabelled = roster.relabelled();
    let moved = roster.finish(via)?;
    if (relabelled || !moved.is_empty()) && !rewritten {
        groups::touch(tx, id, scope.at)?;
    }
    signals::wrote(scope, tx, via, Kind::Group, Written::Over(&before.resource), id, &moved)
}
