//! `POST /Bulk` (RFC 7644 section 3.7): each operation is a call of its own, with its own part of a transaction and its own
//! effects, so that one that fails takes nothing of the others with it.

use axum::http::{Method, header};

use super::{
    answer::{Answer, Refusal},
    call::Call,
    endpoint::{Endpoint, Kind},
    scope::Scope,
};
use crate::scim::{
    bulk::{self, Done, Limits, Operation, Run},
    error::ScimError,
};

/// Runs the operations one after the other, with a pause for other requests between them.
pub(super) async fn post(scope: &Scope<'_>, call: &Call) -> Result<Answer, Refusal> {
    let limits = Limits { operations: scope.limits().bulk_operations, payload: scope.limits().body };
    // The size was checked while the body was read.
    let request = bulk::parse(call.body()?, 0, &limits)?;
    let mut run = Run::new(request, &scope.base());
    let store = &scope.state.store;
    let mut several = store.turn().await;
    several.step_aside();
    scope.stand_firm();
    let txn = scope.txn();
    while let Some(step) = run.next_step() {
        // Each operation is a transaction of its own, named after its place in the request (RFC 9967 section 2.5.1.2).
        scope.name_txn(format!("{txn}:{}", step.index));
        let turn = store.turn().await;
        run.report(step.index, done(scope, step.operation));
        drop(turn);
        tokio::task::yield_now().await;
    }
    drop(several);
    scope.settled().await?;
    Ok(Answer::json(200, &run.finish()))
}

fn done(scope: &Scope, operation: Operation) -> Result<Done, ScimError> {
    let Some(kind) = Kind::at(&operation.endpoint, scope.registry()) else {
        return Err(ScimError::not_found(format!("there is no endpoint {}", operation.endpoint)));
    };
    let method = match operation.method {
        bulk::Method::Post => Method::POST,
        bulk::Method::Put => Method::PUT,
        bulk::Method::Patch => Method::PATCH,
        bulk::Method::Delete => Method::DELETE,
    };
    let endpoint = match &operation.id {
        Some(id) => Endpoint::Resource(kind, id.clone()),
        None => Endpoint::Type(kind),
    };
    let call = Call::inside(method, endpoint, operation.data, operation.version);
    let answer = super::dispatch(scope, &call).map_err(|refusal| refusal.error)?;
    let header = |name| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let id = operation.id.or(answer.id).unwrap_or_default();
    let location = header(header::LOCATION).unwrap_or_else(|| scope.location(kind, &id));
    Ok(Done { status: answer.status, location, version: header(header::ETAG), id })
}
