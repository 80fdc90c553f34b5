//! The outermost layer: a panic in a handler is answered, not a connection that breaks off.

use std::panic::AssertUnwindSafe;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures::FutureExt as _;
use serde_json::json;

use crate::{
    provider::{ids, scim_http},
    scim::error::ScimError,
};

/// Runs the request. What a handler had begun to write was rolled back when its transaction was dropped.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!(%path, "a handler panicked");
            failed(&path)
        }
    }
}

/// 500 in the envelope that the path's clients read.
fn failed(path: &str) -> Response {
    let message = "the request failed inside the server; it changed nothing and may be sent again";
    let (media_type, body) = if scim_http::serves(path) {
        (scim_http::MEDIA_TYPE, ScimError::status(500, message).to_json())
    } else {
        let body = json!({
            "status_code": 500,
            "request_id": ids::new_id("request-id"),
            "error_type": "internal_server_error",
            "error_message": message,
            "error_url": "https://stytch.com/docs/api/errors/500",
        });
        ("application/json", body)
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
