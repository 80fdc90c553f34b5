//! Resources of the types that a schema file defines (`serve --schema`). What they are is schema data alone; they have no
//! effects beyond themselves.

use rusqlite::{Connection, Transaction};
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
        store::resources::{self, StoredResource},
    },
    scim::{error::ScimError, patch, resource},
};

/// `GET /{Type}/{id}`.
pub(super) fn get(scope: &Scope, call: &Call, kind: Kind, id: &str) -> Result<Answer, Refusal> {
    let projection = call.projection(scope, scope.resource_type(kind)?)?;
    scope.state.store.read(|conn| {
        let rendered = render::resource(scope, kind, stored(scope, conn, kind, id)?);
        Ok(render::found(scope, kind, call, rendered, &projection)?)
    })
}

/// `POST /{Type}`.
pub(super) fn post(scope: &Scope, call: &Call, kind: Kind) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(kind)?;
    let projection = call.projection(scope, rt)?;
    let accepted = resource::accept(call.body()?, None, rt, scope.registry(), scope.leniency())?;
    let document = secrets::sealed(accepted, None, rt, scope.registry());
    scope.state.store.write(|tx| {
        let id = resources::insert(tx, &scope.connection_id, &rt.name, &document, scope.at)?;
        unique::claim(scope, tx, kind, &id, None, &document)?;
        let made = stored(scope, tx, kind, &id)?;
        signals::resource(scope, tx, Via::Post, kind, Written::New, &made)?;
        Ok(render::written(scope, kind, 201, render::resource(scope, kind, made), &projection)?)
    })
}

/// `PUT /{Type}/{id}`.
pub(super) fn put(scope: &Scope, call: &Call, kind: Kind, id: &str) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(kind)?;
    let projection = call.projection(scope, rt)?;
    let body = call.body()?;
    scope.state.store.write(|tx| {
        let before = stored(scope, tx, kind, id)?;
        precondition::check_write(call, before.version)?;
        let after = resource::accept(body, Some(&before.resource), rt, scope.registry(), scope.leniency())?;
        let after = update(scope, tx, Via::Put, kind, &before, after)?;
        Ok(render::written(scope, kind, 200, render::resource(scope, kind, after), &projection)?)
    })
}

/// `PATCH /{Type}/{id}`.
pub(super) fn patch(scope: &Scope, call: &Call, kind: Kind, id: &str) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(kind)?;
    let projection = call.projection(scope, rt)?;
    let operations = call.operations(scope, rt)?;
    scope.state.store.write(|tx| {
        let before = stored(scope, tx, kind, id)?;
        precondition::check_write(call, before.version)?;
        let patched = patch::apply(&before.resource, &operations, rt, scope.registry(), scope.leniency())?;
        let after = if patched.changed { patched.resource } else { before.resource.clone() };
        let after = update(scope, tx, Via::Patch, kind, &before, after)?;
        if render::patched_silently(scope, &projection) {
            return Ok(render::silent(scope, kind, id, after.version));
        }
        Ok(render::written(scope, kind, 200, render::resource(scope, kind, after), &projection)?)
    })
}

/// `DELETE /{Type}/{id}`.
pub(super) fn delete(scope: &Scope, call: &Call, kind: Kind, id: &str) -> Result<Answer, Refusal> {
    scope.state.store.write(|tx| {
        let before = stored(scope, tx, kind, id)?;
        precondition::check_write(call, before.version)?;
        signals::deleted(scope, tx, kind, id, &before.resource)?;
        resources::delete(tx, id)?;
        Ok(Answer::empty(204))
    })
}

fn stored(scope: &Scope, conn: &Connection, kind: Kind, id: &str) -> Result<StoredResource, Refusal> {
    let name = &scope.resource_type(kind)?.name;
    resources::get(conn, &scope.connection_id, name, id)?.ok_or_else(|| {
        let id: String = id.chars().take(120).collect();
        ScimError::not_found(format!("there is no {name} with id `{id}`")).into()
    })
}

/// The one way in which a resource changes, and how it is afterwards. What is the same as before writes nothing.
fn update(
    scope: &Scope,
    tx: &Transaction,
    via: Via,
    kind: Kind,
    before: &StoredResource,
    after: Value,
) -> Result<StoredResource, Refusal> {
    let after = secrets::sealed(after, Some(&before.resource), scope.resource_type(kind)?, scope.registry());
    if before.resource != after {
        resources::replace(tx, &before.id, &after, scope.at)?;
        unique::claim(scope, tx, kind, &before.id, Some(&before.resource), &after)?;
    }
    let now = stored(scope, tx, kind, &before.id)?;
    signals::resource(scope, tx, via, kind, Written::Over(&before.resource), &now)?;
    Ok(now)
}
