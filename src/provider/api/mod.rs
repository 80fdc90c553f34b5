//! The management API: what a backend, or an observer of the suite, calls with the project's credentials.
//!
//! A request passes [`envelope::wrap`], which gives it an id and writes the envelope of the answer; [`auth::require`]
//! and, for calls in the name of a member, [`member_session::require`]; and a handler, which reads its typed input ([`extract`]) and opens one transaction. In it the handler writes the rows
//! that it owns and hands a [`Change`](crate::provider::effects::Change) to the effects, exactly as a SCIM handler does:
//! the same change has the same effects on both roads. Errors are one catalogue ([`error`]).
//!
//! Paths, field names and error types are those of Stytch B2B (<https://stytch.com/docs/b2b/api>); what is ours, because
//! the real service has it only in its dashboard or not at all, says so: opening sessions for tests, the RBAC policy's
//! PUT, webhook endpoints and the delivery log.

pub mod auth;
pub mod connections;
pub mod context;
pub mod envelope;
pub mod error;
pub mod extract;
pub mod m2m;
pub mod member_session;
pub mod members;
pub mod operations;
pub mod organizations;
pub mod rbac;
pub mod search;
pub mod secrets;
pub mod sessions;
pub mod sign_in;
pub mod ssf;
pub mod sso;
pub mod webhooks;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing};

pub use context::Context;

/// The routes of the management API, with all of their layers. Unknown paths are left to the caller's fall-back:
/// [`not_found`] answers them in an envelope.
pub fn router(context: Context) -> Router {
    let with_credentials = Router::new()
        .merge(organizations::routes())
        .merge(members::routes())
        .merge(connections::routes())
        .merge(rbac::routes())
        .merge(sessions::routes())
        .merge(sign_in::routes())
        .merge(sso::routes())
        .merge(webhooks::routes())
        .merge(m2m::routes())
        .merge(secrets::routes())
        .merge(operations::routes())
        .route_layer(middleware::from_fn_with_state(context.clone(), member_session::require))
        .route_layer(middleware::from_fn_with_state(context.clone(), auth::require));
    with_credentials
        .merge(sessions::public_routes())
        .merge(operations::public_routes())
        .merge(ssf::routes(&context))
        .merge(ssf::public_routes())
        .merge(m2m::oauth::public_routes())
        .layer(DefaultBodyLimit::max(extract::BODY_LIMIT))
        .layer(middleware::from_fn(envelope::wrap))
        .with_state(context)
}

/// Answers a path that no route knows.
pub fn not_found() -> Router {
    Router::new()
        .fallback(routing::any(|| async { error::ApiError::from(&error::ROUTE_NOT_FOUND) }))
        .layer(middleware::from_fn(envelope::wrap))
}
