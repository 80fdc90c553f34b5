//! The first organization with its SCIM connection, made by calls of the management API.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// The slug under which a data file's organization is found again.
const SLUG: &str = "scimulate";

/// What an IdP needs to provision, and an observer to look.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// Where the IdP sends.
    pub scim_base_url: String,
    /// With what. It is not stored and cannot be shown again.
    pub scim_token: String,
    /// The organization.
    pub organization_id: String,
    /// The connection.
    pub connection_id: String,
}

/// Why there is no first organization.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// A call was refused.
    #[error("the first organization cannot be made: {call} answered {status}: {message}")]
    Refused {
        /// Method and path.
        call: String,
        /// The HTTP status.
        status: u16,
        /// What the answer says.
        message: String,
    },
    /// An answer without the field that it must have.
    #[error("the first organization cannot be made: {call} answered without `{field}`")]
    Incomplete {
        /// Method and path.
        call: String,
        /// The missing field.
        field: &'static str,
    },
}

struct Caller<'c> {
    router: Router,
    authorization: &'c str,
}

pub(super) async fn bootstrap(router: Router, project_id: &str, secret: &str) -> Result<Bootstrap, BootstrapError> {
    let authorization = format!("Basic {}", STANDARD.encode(format!("{project_id}:{secret}")));
    let caller = Caller { router, authorization: &authorization };
    let known = format!("/v1/b2b/scim/{SLUG}/connection");
    match caller.send(Method::GET, &known, None).await? {
        (200, found) => {
            let connection = &found["connection"];
            let organization_id = text(connection, "organization_id", &known)?;
            let connection_id = text(connection, "connection_id", &known)?;
            // The token of the earlier run may be in an IdP: it stays good, and this run gets the other one of the two.
            let base = format!("/v1/b2b/scim/{organization_id}/connection/{connection_id}");
            let _ = caller.send(Method::POST, &format!("{base}/rotate/cancel"), None).await?;
            let path = format!("{base}/rotate/start");
            let rotated = caller.done(Method::POST, &path, None).await?;
            let connection = &rotated["connection"];
            Ok(Bootstrap {
                scim_base_url: text(connection, "base_url", &path)?,
                scim_token: text(connection, "next_bearer_token", &path)?,
                organization_id,
                connection_id,
            })
        }
        _ => caller.create().await,
    }
}

impl Caller<'_> {
    async fn create(&self) -> Result<Bootstrap, BootstrapError> {
        let path = "/v1/b2b/organizations";
        let body = json!({"organization_name": "scimulate", "organization_slug": SLUG});
        let organization_id = match self.send(Method::POST, path, Some(body)).await? {
            (200, made) => text(&made["organization"], "organization_id", path)?,
            // The organization may be there without a connection: somebody deleted it.
            _ => {
                let path = format!("/v1/b2b/organizations/{SLUG}");
                let found = self.done(Method::GET, &path, None).await?;
                text(&found["organization"], "organization_id", &path)?
            }
        };
        let path = format!("/v1/b2b/scim/{organization_id}/connection");
        let body = json!({"display_name": "scimulate", "identity_provider": "generic"});
        let made = self.done(Method::POST, &path, Some(body)).await?;
        let connection = &made["connection"];
        Ok(Bootstrap {
            scim_base_url: text(connection, "base_url", &path)?,
            scim_token: text(connection, "bearer_token", &path)?,
            connection_id: text(connection, "connection_id", &path)?,
            organization_id,
        })
    }

    /// A call that must succeed.
    async fn done(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, BootstrapError> {
        let call = format!("{method} {path}");
        match self.send(method, path, body).await? {
            (200..300, answer) => Ok(answer),
            (status, answer) => Err(BootstrapError::Refused {
                call,
                status,
                message: answer["error_message"].as_str().unwrap_or("no message").to_owned(),
            }),
        }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<(u16, Value), BootstrapError> {
        let call = format!("{method} {path}");
        let broken = |message: String| BootstrapError::Refused { call: call.clone(), status: 0, message };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, self.authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.map(|body| body.to_string()).unwrap_or_default()))
            .map_err(|error| broken(error.to_string()))?;
        let response = self.router.clone().oneshot(request).await.map_err(|never| match never {})?;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.map_err(|error| broken(error.to_string()))?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }
}

fn text(object: &Value, field: &'static str, call: &str) -> Result<String, BootstrapError> {
    let missing = || BootstrapError::Incomplete { call: call.to_owned(), field };
    object[field].as_str().map(str::to_owned).ok_or_else(missing)
}
