//! Resources of the types that a schema file defines (`serve --schema`). What they are is schema data alone; they have no
//! effects beyond themselves.

use serde_json::Value;

use super::{
    answer::{Answer, Refusal},
    call::Call,
    endpoint::Kind,
    precondition, render,
    scope::Scope,
    secrets,
    signals::{self, Written},
    unique,
};
use crate::{
    provider::{
        effects::Via,
        store::{Transaction, resources, rows::Stored},
    },
    scim::{patch, resource},
};

/// `GET /{Type}/{id}`.
pub(super) fn get(scope: &Scope, call: &Call, kind: Kind, id: &str) -> Result<Answer, Refusal> {
    let projection = call.projection(scope, scope.resource_type(kind)?)?;
    scope
        .state
        .store
        .read(|conn| Ok(render::found(scope, kind, call, render::by_id(scope, conn, kind, id, &projection)?)))
}

/// `POST /{Type}`.
pub(super) fn post(scope: &Scope, call: &Call, kind: Kind) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(kind)?;
    let projection = call.projection(scope, rt)?;
    let accepted = resource::accept(call.body()?, None, rt, scope.registry(), scope.leniency())?;
    let document = secrets::sealed(accepted, None, rt, scope.registry());
    scope.write(|tx| {
        let id = resources::insert(tx, &scope.connection_id, &rt.name, &document, scope.at)?;
        unique::claim(scope, tx, kind, &id, None, &document)?;
        signals::wrote(scope, tx, Via::Post, kind, Written::New, &id, &[])?;
        Ok(render::written(scope, kind, 201, render::by_id(scope, tx, kind, &id, &projection)?))
    })
}

/// `PUT /{Type}/{id}`.
pub(super) fn put(scope: &Scope, call: &Call, kind: Kind, id: &str) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(kind)?;
    let projection = call.projection(scope, rt)?;
    let body = call.body()?;
    scope.write(|tx| {
        let before = render::stored(scope, tx, kind, id)?;
        precondition::check_write(call, before.version)?;
        let after = resource::accept(body, Some(&before.resource), rt, scope.registry(), scope.leniency())?;
        update(scope, tx, Via::Put, kind, &before, after)?;
        Ok(render::written(scope, kind, 200, render::by_id(scope, tx, kind, id, &projection)?))
    })
}

/// `PATCH /{Type}/{id}`.
pub(super) fn patch(scope: &Scope, call: &Call, kind: Kind, id: &str) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(kind)?;
    let projection = call.projection(scope, rt)?;
    let operations = call.operations(scope, rt)?;
    scope.write(|tx| {
        let before = render::stored(scope, tx, kind, id)?;
        precondition::check_write(call, before.version)?;
        let patched = patch::apply(&before.resource, &operations, rt, scope.registry(), scope.leniency())?;
        let after = if patched.changed { patched.resource } else { before.resource.clone() };
        update(scope, tx, Via::Patch, kind, &before, after)?;
        let rendered = render::by_id(scope, tx, kind, id, &projection)?;
        if render::patched_silently(scope, &projection) {
            return Ok(render::silent(scope, kind, id, rendered.version));
        }
        Ok(render::written(scope, kind, 200, rendered))
    })
}

/// `DELETE /{Type}/{id}`.
pub(super) fn delete(scope: &Scope, call: &Call, kind: Kind, id: &str) -> Result<Answer, Refusal> {
    scope.write(|tx| {
        let before = render::stored(scope, tx, kind, id)?;
        precondition::check_write(call, before.version)?;
        signals::deleted(scope, tx, kind, id, &before.resource)?;
        resources::delete(tx, id)?;
        Ok(Answer::empty(204))
    })
}

/// The one way in which a resource changes. What is the same as before writes nothing.
fn update(scope: &Scope, tx: &Transaction, via: Via, kind: Kind, before: &Stored, after: Value) -> Result<(), Refusal> {
    let after = secrets::sealed(after, Some(&before.resource), scope.resource_type(kind)?, scope.registry());
    if before.resource != after {
        resources::replace(tx, &before.id, &after, scope.at)?;
        unique::claim(scope, tx, kind, &before.id, Some(&before.resource), &after)?;
    }
    signals::wrote(scope, tx, via, kind, Written::Over(&before.resource), &before.id, &[])
}
