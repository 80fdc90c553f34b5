//! The outermost layer: a panic in a handler is answered, not a connection that breaks off.

use std::{future::Future, panic::AssertUnwindSafe};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures::FutureExt as _;
use serde_json::json;

use crate::{
    provider::{scim_http, telemetry::RequestId},
    scim::error::ScimError,
};

/// Runs the request. What a handler had begun to write was rolled back when its transaction was dropped.
pub(super) async fn guard<F: Future<Output = Response>>(request: Request, next: impl FnOnce(Request) -> F) -> Response {
    let uri = request.uri().clone();
    let id = RequestId::of(request.extensions());
    match AssertUnwindSafe(async { next(request).await }).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!("a handler panicked");
            failed(uri.path(), &id)
        }
    }
}

/// 500 in the envelope that the path's clients read.
fn failed(path: &str, id: &RequestId) -> Response {
    let message = "the request failed inside the server; it changed nothing and may be sent again";
    let (media_type, body) = if scim_http::serves(path) {
        (scim_http::MEDIA_TYPE, ScimError::status(500, message).to_json())
    } else {
        let body = json!({
            "status_code": 500,
            "request_id": id.0,
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    async fn panic(_: Request) -> Response {
        panic!("a handler's fault")
    }

    /// A panic is answered 500 in the envelope of the surface that it happened in, without a word about its cause.
    #[tokio::test]
    async fn a_panic_is_answered_in_the_right_envelope() {
        let scim = "/v1/b2b/scim/scim-connection-test-x/Users";
        let management = "/v1/b2b/scim/organization-test-x/connection";
        for (path, status, media_type) in
            [(scim, "status", "application/scim+json"), (management, "status_code", "application/json")]
        {
            let request = Request::builder().uri(path).body(Body::empty()).expect("a request");
            let response = guard(request, panic).await;
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(response.headers()[header::CONTENT_TYPE], media_type);
            let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.expect("a body");
            assert!(!String::from_utf8_lossy(&bytes).contains("fault"));
            let json: Value = serde_json::from_slice(&bytes).expect("JSON");
            assert!(!json[status].is_null(), "{json}");
        }
    }
}
