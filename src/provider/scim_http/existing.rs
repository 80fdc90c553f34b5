//! Requests to a resource that exists: what is the same for every type. A type says only what its own change is.

use serde_json::Value;

use super::{
    answer::{Answer, Refusal},
    call::Call,
    endpoint::Kind,
    precondition, render,
    scope::Scope,
};
use crate::{
    provider::store::{Transaction, rows::Stored},
    scim::{patch::Operation, projection::Projection, resource},
};

/// `GET /{Type}/{id}`.
pub(super) fn get(scope: &Scope, call: &Call, kind: Kind, id: &str) -> Result<Answer, Refusal> {
    let projection = call.projection(scope, scope.resource_type(kind)?)?;
    let store = &scope.state.store;
    if kind != Kind::User || projection != Projection::default() {
        let found = store.read_one(|conn| render::by_id(scope, conn, kind, id, &projection))?;
        return Ok(render::found(scope, kind, call, &found.id, found.version, found.text.into()));
    }
    let kept = match store.kept(&scope.connection_id, id) {
        Ok(kept) => kept,
        Err(generation) => store.read_one(|conn| {
            render::one(scope, conn, kind, id, |row| render::kept(scope, conn, row, None, generation))
        })?,
    };
    Ok(render::found(scope, kind, call, id, kept.version, kept.text))
}

/// `PUT /{Type}/{id}`. `replace` gets the resource as it was and as the body, accepted by the schema, wants it.
pub(super) fn put(
    scope: &Scope,
    call: &Call,
    kind: Kind,
    id: &str,
    replace: impl FnOnce(&Transaction, &Stored, Value) -> Result<(), Refusal>,
) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(kind)?;
    let projection = call.projection(scope, rt)?;
    let body = call.body()?;
    scope.write(|tx| {
        let before = wanted(scope, call, tx, kind, id)?;
        let accepted = resource::accept(body, Some(&before.resource), rt, scope.registry(), scope.leniency())?;
        let projection = projection.of_written(&accepted, rt, scope.registry());
        replace(tx, &before, accepted)?;
        Ok(render::written(scope, kind, 200, render::by_id(scope, tx, kind, id, &projection)?))
    })
}

/// `PATCH /{Type}/{id}`. `change` gets the resource as it was and the operations.
pub(super) fn patch(
    scope: &Scope,
    call: &Call,
    kind: Kind,
    id: &str,
    change: impl FnOnce(&Transaction, &Stored, Vec<Operation>) -> Result<(), Refusal>,
) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(kind)?;
    let operations = call.operations(scope, rt)?;
    let projection = call.projection(scope, rt)?.of_operations(&operations, rt, scope.registry());
    scope.write(|tx| {
        let before = wanted(scope, call, tx, kind, id)?;
        change(tx, &before, operations)?;
        if render::patched_silently(scope, tx, kind, id, &projection)? {
            let version = render::stored(scope, tx, kind, id)?.version;
            return Ok(render::silent(scope, kind, id, version));
        }
        Ok(render::written(scope, kind, 200, render::by_id(scope, tx, kind, id, &projection)?))
    })
}

/// `DELETE /{Type}/{id}`. `remove` gets the resource as it was.
pub(super) fn delete(
    scope: &Scope,
    call: &Call,
    kind: Kind,
    id: &str,
    remove: impl FnOnce(&Transaction, &Stored) -> Result<(), Refusal>,
) -> Result<Answer, Refusal> {
    scope.write(|tx| {
        let before = wanted(scope, call, tx, kind, id)?;
        remove(tx, &before)?;
        Ok(Answer::empty(204))
    })
}

/// The resource as it is, if it is the one that the client means (RFC 7644 section 3.14).
fn wanted(scope: &Scope, call: &Call, tx: &Transaction, kind: Kind, id: &str) -> Result<Stored, Refusal> {
    let before = render::stored(scope, tx, kind, id)?;
    precondition::check_write(call, before.version)?;
    Ok(before)
}
