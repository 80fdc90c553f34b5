//! Streams of security event tokens, as the Shared Signals Framework 1.0 has them
//! (<https://openid.net/specs/openid-sharedsignals-framework-1_0.html>): the transmitter's metadata, stream configuration
//! and status, verification, and the poll endpoint (RFC 8936). Where the framework leaves the paths to the transmitter, they
//! are ours.
//!
//! A receiver is the holder of a SCIM connection's bearer token, and sees the streams of that connection; a backend with
//! the project's credentials names the organization and sees all. Bodies are those of the framework, without the envelope of
//! the management API; errors are the management API's.

mod configuration;
mod receiver;
mod subjects;

use axum::{
    Extension, Json, Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    context::Context,
    error::{self, ApiError},
    extract::{Args, Body},
};
use crate::provider::security_events::{
    outbox,
    poll::{self, Poll},
    stream::{POLL, PUSH, STATUSES, Stream},
    token::Issuer,
};
use receiver::Receiver;

/// The routes, with the layer that knows receivers.
pub fn routes(context: &Context) -> Router<Context> {
    Router::new()
        .route(
            "/v1/ssf/streams",
            routing::post(configuration::create)
                .get(configuration::read)
                .patch(configuration::update)
                .put(configuration::replace)
                .delete(configuration::delete),
        )
        .route("/v1/ssf/status", routing::get(status).post(set_status))
        .route("/v1/ssf/verify", routing::post(verify))
        .route("/v1/ssf/subjects/add", routing::post(subjects::add))
        .route("/v1/ssf/subjects/remove", routing::post(subjects::remove))
        .route("/v1/ssf/poll/{stream_id}", routing::post(fetch))
        .route_layer(middleware::from_fn_with_state(context.clone(), receiver::require))
}

/// The transmitter's metadata, which needs no credentials (SSF 1.0 section 7).
pub fn public_routes() -> Router<Context> {
    Router::new().route("/.well-known/ssf-configuration", routing::get(metadata))
}

async fn metadata(State(context): State<Context>) -> Response {
    let settings = &context.state.settings;
    let base = &settings.api_base_url;
    Json(json!({
        "spec_version": "1_0",
        "issuer": base,
        "jwks_uri": format!("{base}/v1/b2b/sessions/jwks/{}", settings.project_id),
        "delivery_methods_supported": [PUSH, POLL],
        "configuration_endpoint": format!("{base}/v1/ssf/streams"),
        "status_endpoint": format!("{base}/v1/ssf/status"),
        "verification_endpoint": format!("{base}/v1/ssf/verify"),
        "add_subject_endpoint": format!("{base}/v1/ssf/subjects/add"),
        "remove_subject_endpoint": format!("{base}/v1/ssf/subjects/remove"),
        "authorization_schemes": [{"spec_urn": "urn:ietf:rfc:6750"}],
        "default_subjects": "ALL",
    }))
    .into_response()
}

/// A JSON body that no cache may keep.
fn answered(status: StatusCode, body: Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// 204.
fn nothing() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Names a stream in a query string.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    stream_id: Option<String>,
    organization_id: Option<String>,
}

impl Which {
    fn stream_id(&self) -> Result<&str, ApiError> {
        self.stream_id
            .as_deref()
            .ok_or_else(|| ApiError::new(&error::INVALID_STREAM, "the query parameter stream_id is missing"))
    }
}

async fn status(
    State(context): State<Context>,
    Extension(receiver): Extension<Receiver>,
    Args(which): Args<Which>,
) -> Result<Response, ApiError> {
    let stream = context.read(|conn| receiver.stream(conn, which.stream_id()?))?;
    Ok(answered(StatusCode::OK, stream.status_json()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    stream_id: String,
    status: String,
    reason: Option<String>,
}

async fn set_status(
    State(context): State<Context>,
    Extension(receiver): Extension<Receiver>,
    Body(body): Body<NewStatus>,
) -> Result<Response, ApiError> {
    if !STATUSES.contains(&body.status.as_str()) {
        return Err(ApiError::new(&error::INVALID_STREAM, format!("status is one of {}", STATUSES.join(", "))));
    }
    let reason: Option<String> = body.reason.map(|reason| reason.chars().take(500).collect());
    let stream = context.write(|tx| {
        let mut stream = receiver.stream(tx, &body.stream_id)?;
        stream.set_status(tx, &body.status, reason.as_deref())?;
        Ok(stream)
    })?;
    Ok(answered(StatusCode::OK, stream.status_json()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Verify {
    stream_id: String,
    state: Option<String>,
}

async fn verify(
    State(context): State<Context>,
    Extension(receiver): Extension<Receiver>,
    Body(body): Body<Verify>,
) -> Result<Response, ApiError> {
    if body.state.as_ref().is_some_and(|state| state.len() > 1000) {
        return Err(ApiError::new(&error::INVALID_STREAM, "state is longer than 1000 bytes"));
    }
    context.write(|tx| {
        let stream = receiver.stream(tx, &body.stream_id)?;
        if stream.status == "disabled" {
            return Err(ApiError::new(&error::INVALID_STREAM, "the stream is disabled; enable it first"));
        }
        Ok(outbox::verify(tx, &stream.stream_id, body.state.as_deref(), context.state.clock.now())?)
    })?;
    Ok(nothing())
}

/// RFC 8936 section 2: takes in what the receiver says of earlier tokens, and answers with the next ones. Without
/// `returnImmediately` it waits for one, as long as [`poll::PATIENCE`].
async fn fetch(
    State(context): State<Context>,
    Extension(receiver): Extension<Receiver>,
    Path(stream_id): Path<String>,
    Body(poll): Body<Poll>,
) -> Result<Response, ApiError> {
    let most = poll.max_events.unwrap_or(poll::MOST).min(poll::MOST);
    let until = tokio::time::Instant::now() + poll::PATIENCE;
    let mut commits = context.state.store.security_events();
    if !poll.ack.is_empty() || !poll.set_errs.is_empty() {
        context.write(|tx| {
            let stream = receiver.polled(tx, &stream_id)?;
            Ok(poll::acknowledge(tx, &stream.stream_id, &poll)?)
        })?;
    }
    loop {
        commits.borrow_and_update();
        let (stream, events, more) = context.read(|conn| {
            let stream = receiver.polled(conn, &stream_id)?;
            let held = stream.status != "enabled" || most == 0;
            let (events, more) = if held { (Vec::new(), false) } else { poll::pending(conn, &stream_id, most)? };
            Ok((stream, events, more))
        })?;
        if !events.is_empty() || poll.return_immediately || most == 0 || tokio::time::Instant::now() >= until {
            return tokens(&context, &stream, &events, more).await;
        }
        // Whatever was committed: the next look decides.
        let _ = tokio::time::timeout_at(until, commits.changed()).await;
    }
}

async fn tokens(
    context: &Context,
    stream: &Stream,
    events: &[(String, String)],
    more: bool,
) -> Result<Response, ApiError> {
    let mut sets = Map::new();
    if !events.is_empty() {
        let issuer = Issuer::new(context.keys.clone(), &context.state.settings.api_base_url);
        let key = issuer.key().await?;
        for (jti, claims) in events {
            let token = issuer
                .sign(&key, claims, &stream.connection_id)
                .map_err(|error| ApiError::from(crate::provider::session::keys::KeyError::from(error)))?;
            sets.insert(jti.clone(), token.into());
        }
    }
    Ok(answered(StatusCode::OK, json!({"sets": sets, "moreAvailable": more})))
}
