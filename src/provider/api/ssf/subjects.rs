//! Adding and removing subjects of a stream (SSF 1.0 section 8.1.3).

use axum::{
    Extension,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::Value;

use super::{nothing, receiver::Receiver};
use crate::provider::{
    api::{
        context::Context,
        error::{self, ApiError},
        extract::Body,
    },
    security_events::subjects,
    session::jwt,
    store::{StoreError, Transaction},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    stream_id: String,
    subject: Value,
    /// Whether the receiver has verified the subject: who is in the connection needs no proof.
    #[serde(rename = "verified")]
    _verified: Option<bool>,
}

/// The formats by which resources are known (RFC 9493; `scim` of RFC 9967).
const FORMATS: &[&str] = &["scim", "iss_sub", "opaque", "email", "complex"];

fn change(
    context: &Context,
    receiver: &Receiver,
    body: &Named,
    write: fn(&Transaction, &str, &str) -> Result<(), StoreError>,
) -> Result<(), ApiError> {
    if !body.subject["format"].as_str().is_some_and(|format| FORMATS.contains(&format)) {
        let message = format!("subject is a subject identifier of one of the formats {}", FORMATS.join(", "));
        return Err(ApiError::new(&error::INVALID_STREAM, message));
    }
    context.write(|tx| {
        let stream = receiver.stream(tx, &body.stream_id)?;
        let issuer = jwt::issuer(&context.state.settings.project_id);
        let subject = subjects::resolve(tx, &stream, &issuer, &body.subject)?.ok_or(&error::SUBJECT_NOT_FOUND)?;
        Ok(write(tx, &stream.stream_id, &subject)?)
    })
}

/// 200 without a body.
pub(super) async fn add(
    State(context): State<Context>,
    Extension(receiver): Extension<Receiver>,
    Body(body): Body<Named>,
) -> Result<Response, ApiError> {
    change(&context, &receiver, &body, subjects::add)?;
    Ok(StatusCode::OK.into_response())
}

/// 204.
pub(super) async fn remove(
    State(context): State<Context>,
    Extension(receiver): Extension<Receiver>,
    Body(body): Body<Named>,
) -> Result<Response, ApiError> {
    change(&context, &receiver, &body, subjects::remove)?;
    Ok(nothing())
}
