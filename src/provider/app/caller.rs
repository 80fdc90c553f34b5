//! Calls of the provider's own router, without a socket: how [`bootstrap`](super::bootstrap) and [`seed`](super::seed) make
//! things, so that what they make is checked and has its effects as if anybody else had asked for it.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use tower::ServiceExt as _;

/// The longest answer that is read.
const ANSWER_LIMIT: usize = 16 << 20;

/// A call that did not do what it was for.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It was refused.
    #[error("{call} answered {status}: {message}")]
    Refused {
        /// Method and path.
        call: String,
        /// The HTTP status.
        status: u16,
        /// What the answer says.
        message: String,
    },
    /// An answer without the field that it must have.
    #[error("{call} answered without `{field}`")]
    Incomplete {
        /// Method and path.
        call: String,
        /// The missing field.
        field: &'static str,
    },
}

impl CallError {
    /// What the answer said, without the call.
    pub(super) fn message(&self) -> String {
        match self {
            CallError::Refused { message, .. } => message.clone(),
            CallError::Incomplete { .. } => self.to_string(),
        }
    }
}

/// A caller with credentials. Clones are cheap.
#[derive(Clone)]
pub(super) struct Caller {
    router: Router,
    authorization: String,
}

impl Caller {
    /// Calls as the project.
    pub(super) fn project(router: Router, project_id: &str, secret: &str) -> Caller {
        let authorization = format!("Basic {}", STANDARD.encode(format!("{project_id}:{secret}")));
        Caller { router, authorization }
    }

    /// The same caller with a connection's token.
    pub(super) fn with_token(&self, token: &str) -> Caller {
        Caller { router: self.router.clone(), authorization: format!("Bearer {token}") }
    }

    /// A call that must succeed.
    pub(super) async fn done(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, CallError> {
        let call = format!("{method} {path}");
        match self.send(method, path, body).await? {
            (200..300, answer) => Ok(answer),
            (status, answer) => {
                let words = answer["error_message"].as_str().or(answer["detail"].as_str()).unwrap_or("no message");
                Err(CallError::Refused { call, status, message: words.to_owned() })
            }
        }
    }

    /// A call that may fail: its status and its body.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(u16, Value), CallError> {
        let call = format!("{method} {path}");
        let broken = |message: String| CallError::Refused { call: call.clone(), status: 0, message };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, &self.authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.map(|body| body.to_string()).unwrap_or_default()))
            .map_err(|error| broken(error.to_string()))?;
        let response = self.router.clone().oneshot(request).await.map_err(|never| match never {})?;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), ANSWER_LIMIT).await.map_err(|error| broken(error.to_string()))?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }
}

/// A text that an answer must have.
pub(super) fn text(object: &Value, field: &'static str, call: &str) -> Result<String, CallError> {
    let missing = || CallError::Incomplete { call: call.to_owned(), field };
    object[field].as_str().map(str::to_owned).ok_or_else(missing)
}
