//! Resources of the types that a schema file defines (`serve --schema`). What they are is schema data alone; they have no
//! effects beyond themselves.

use serde_json::Value;

use super::{
    answer::{Answer, Refusal},
    call::Call,
    endpoint::Kind,
    existing, render,
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
    scim::patch,
};

/// `POST /{Type}`.
pub(super) fn post(scope: &Scope, call: &Call, kind: Kind) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(kind)?;
    let accepted = call.accepted(scope, rt)?;
    let projection = call.projection(scope, rt)?.of_written(&accepted, rt, scope.registry());
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
    existing::put(scope, call, kind, id, |tx, before, accepted| update(scope, tx, Via::Put, kind, before, accepted))
}

/// `PATCH /{Type}/{id}`.
pub(super) fn patch(scope: &Scope, call: &Call, kind: Kind, id: &str) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(kind)?;
    existing::patch(scope, call, kind, id, |tx, before, operations| {
        let patched = patch::apply(&before.resource, &operations, rt, scope.registry(), scope.leniency())?;
        let after = if patched.changed { patched.resource } else { before.resource.clone() };
        update(scope, tx, Via::Patch, kind, before, after)
    })
}

/// `DELETE /{Type}/{id}`.
pub(super) fn delete(scope: &Scope, call: &Call, kind: Kind, id: &str) -> Result<Answer, Refusal> {
    existing::delete(scope, call, kind, id, |tx, before| {
        signals::deleted(scope, tx, kind, id, &before.resource)?;
        Ok(resources::delete(tx, id)?)
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
