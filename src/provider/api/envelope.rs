//! The envelope of every answer: `request_id` and `status_code` beside the payload, and one error object for all that
//! goes wrong, whether a handler, an extractor or the router itself said so.
//!
//! A handler answers with a [`Reply`] or an [`ApiError`](super::error::ApiError); both leave a [`Content`] in the
//! response's extensions, and [`wrap`] writes it out. That is why no handler knows the request id.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tracing::Instrument as _;

use super::error::{self, ApiError};
use crate::provider::ids;

/// What is to be written into an envelope.
#[derive(Debug, Clone)]
pub struct Content {
    /// The HTTP status.
    pub status: u16,
    /// The payload.
    pub body: Map<String, Value>,
}

/// A success.
#[derive(Debug)]
pub struct Reply(Map<String, Value>);

/// What a handler of the management API returns.
pub type Answer = Result<Reply, ApiError>;

impl Reply {
    /// A success with the keys of `body`, which must be an object; anything else leaves the envelope alone.
    pub fn of(body: impl Serialize) -> Reply {
        match serde_json::to_value(body) {
            Ok(Value::Object(map)) => Reply(map),
            _ => Reply(Map::new()),
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        Content { status: 200, body: self.0 }.into_response()
    }
}

impl IntoResponse for Content {
    fn into_response(self) -> Response {
        let mut response =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The outermost layer: gives the request an id, and writes the envelope of the answer.
pub async fn wrap(request: Request, next: Next) -> Response {
    let request_id = ids::new_id("request-id");
    let span = tracing::info_span!("request", %request_id, method = %request.method(), path = request.uri().path());
    let response = next.run(request).instrument(span.clone()).await;
    let _entered = span.enter();
    let response = write(response, &request_id);
    tracing::debug!(status = response.status().as_u16(), "answered");
    response
}

fn write(mut response: Response, request_id: &str) -> Response {
    let content = match response.extensions_mut().remove::<Content>() {
        Some(content) => content,
        None => match unwritten(response.status()) {
            Some(kind) => ApiError::from(kind).content(),
            // A document that is not in an envelope: JWKS, OpenAPI, health.
            None => return response,
        },
    };
    let mut envelope = Map::new();
    envelope.insert("status_code".to_owned(), json!(content.status));
    envelope.insert("request_id".to_owned(), json!(request_id));
    envelope.extend(content.body);
    let mut body = Value::Object(envelope).to_string();
    body.push('\n');
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

/// The error that the router or an extractor of axum meant with a bare status.
fn unwritten(status: StatusCode) -> Option<&'static error::ErrorType> {
    match status {
        StatusCode::NOT_FOUND => Some(&error::ROUTE_NOT_FOUND),
        StatusCode::METHOD_NOT_ALLOWED => Some(&error::METHOD_NOT_ALLOWED),
        StatusCode::PAYLOAD_TOO_LARGE => Some(&error::BODY_TOO_LARGE),
        status if status.is_client_error() => Some(&error::BAD_REQUEST),
        status if status.is_server_error() => Some(&error::INTERNAL),
        _ => None,
    }
}
