//! The envelope of every answer: `request_id` and `status_code` beside the payload, and one error object for all that
//! goes wrong, whether a handler, an extractor or the router itself said so.
//!
//! A handler answers with a [`Reply`] or an [`ApiError`](super::error::ApiError); both leave a [`Content`] in the
//! response's extensions, and [`wrap`] writes it out. That is why no handler knows the request id.

use axum::{
    body::Body,
    extract::{FromRequestParts as _, MatchedPath, RawPathParams, Request},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::error::{self, ApiError};
use crate::provider::telemetry::{Noted, RequestId};

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

/// The outermost layer of the management API: writes the envelope of the answer, and notes what the log says of it.
pub async fn wrap(request: Request, next: Next) -> Response {
    let id = RequestId::of(request.extensions());
    let (mut parts, body) = request.into_parts();
    let noted = noted(&mut parts).await;
    let response = next.run(Request::from_parts(parts, body)).await;
    let mut response = write(response, &id.0);
    response.extensions_mut().insert(noted);
    response
}

/// The route that matched, and whom its path names.
async fn noted(parts: &mut Parts) -> Noted {
    let route = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned().into()).unwrap_or_default();
    let parameters = RawPathParams::from_request_parts(parts, &()).await.ok();
    let named = |wanted: &str| {
        let parameters = parameters.as_ref()?;
        parameters.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.chars().take(128).collect())
    };
    Noted { organization: named("organization_id"), connection: named("connection_id"), route }
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
