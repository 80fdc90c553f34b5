//! Answers and refusals, and how they leave: `application/scim+json`, with the headers that belong to them.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use serde_json::Value;

use crate::{
    provider::store::StoreError,
    scim::error::{ScimError, ScimType},
};

/// The media type of everything that is sent (RFC 7644 section 8.1).
pub const MEDIA_TYPE: &str = "application/scim+json";

/// What a handler answers.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// JSON.
    body: Option<Bytes>,
    /// The resource that the answer is about, if it is about one.
    pub(super) id: Option<String>,
    pub(super) headers: HeaderMap,
}

impl Answer {
    /// A status with a body.
    pub(super) fn json(status: u16, body: &Value) -> Answer {
        Answer::text(status, body.to_string())
    }

    /// A status with a body that is JSON already.
    pub(super) fn text(status: u16, body: impl Into<Bytes>) -> Answer {
        Answer { status, body: Some(body.into()), id: None, headers: HeaderMap::new() }
    }

    /// A status alone.
    pub(super) fn empty(status: u16) -> Answer {
        Answer { status, body: None, id: None, headers: HeaderMap::new() }
    }

    /// About this resource.
    pub(super) fn of(self, id: String) -> Answer {
        Answer { id: Some(id), ..self }
    }

    /// With a header; one whose value cannot be sent is left out.
    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Answer {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// A refusal as an answer.
    pub(super) fn refused(refusal: Refusal) -> Answer {
        let mut answer = Answer::json(refusal.error.status, &refusal.error.to_json());
        if let Some(header) = refusal.header {
            answer.headers.insert(header.0, header.1);
        }
        answer
    }

    /// The response.
    pub(super) fn into_response(self) -> Response {
        let typed = self.body.is_some();
        let body = self.body.map_or_else(Body::empty, Body::from);
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers;
        if typed {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        }
        response
    }
}

/// Why a call is not done, and the header that says more.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(super) struct Refusal {
    pub(super) error: ScimError,
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

impl From<ScimError> for Refusal {
    fn from(error: ScimError) -> Refusal {
        Refusal { error, header: None }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        // The cause is for the log; a client learns nothing of tables.
        tracing::error!(%error, "a SCIM request failed");
        ScimError::status(500, "the request failed inside the server; it changed nothing and may be sent again").into()
    }
}

impl Refusal {
    fn with(mut self, name: HeaderName, value: &str) -> Refusal {
        self.header = HeaderValue::from_str(value).ok().map(|value| Box::new((name, value)));
        self
    }

    /// 401 with the scheme that opens (RFC 6750 section 3); `error` is named only if credentials were sent.
    pub(super) fn unauthorized(credentials_sent: bool) -> Refusal {
        let challenge =
            if credentials_sent { "Bearer realm=\"scim\", error=\"invalid_token\"" } else { "Bearer realm=\"scim\"" };
        let detail = "the authorization header is missing or does not open this connection; send Bearer and its token";
        Refusal::from(ScimError::status(401, detail)).with(header::WWW_AUTHENTICATE, challenge)
    }

    /// 403 with the scope that is missing (RFC 6750 section 3.1).
    pub(super) fn insufficient_scope(scope: &str) -> Refusal {
        let challenge = format!("Bearer realm=\"scim\", error=\"insufficient_scope\", scope=\"{scope}\"");
        Refusal::from(ScimError::status(403, format!("the access token does not have the scope {scope}")))
            .with(header::WWW_AUTHENTICATE, &challenge)
    }

    /// 405 with the methods that the endpoint knows (RFC 9110 section 15.5.6).
    pub(super) fn method_not_allowed(method: &Method, allowed: &[&str]) -> Refusal {
        let allowed = allowed.join(", ");
        Refusal::from(ScimError::status(405, format!("{method} is not allowed here; use {allowed}")))
            .with(header::ALLOW, &allowed)
    }

    /// 429 with the seconds to wait.
    pub(super) fn too_many(seconds: u64) -> Refusal {
        let detail = format!("too many requests of this connection; wait {seconds} s");
        Refusal::from(ScimError::status(429, detail)).with(header::RETRY_AFTER, &seconds.to_string())
    }

    /// 409 for a value that another resource has.
    pub(super) fn taken(what: &str, value: &str) -> Refusal {
        let value: String = value.chars().take(200).collect();
        ScimError::conflict(format!("{what} `{value}` is in use by another resource")).into()
    }

    /// 400 with a keyword.
    pub(super) fn bad(scim_type: ScimType, detail: impl Into<String>) -> Refusal {
        ScimError::bad(scim_type, detail).into()
    }
}
