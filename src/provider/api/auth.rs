//! Who may call the management API: HTTP Basic with the project id and one of the project's secrets (RFC 7617).
//!
//! Secrets are stored hashed and compared in constant time, every one of them, so that the time of an answer says
//! nothing. All failures are answered alike.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rusqlite::Connection;
use subtle::ConstantTimeEq as _;

use super::{
    context::Context,
    error::{self, ApiError},
};
use crate::provider::{ids, store::StoreError};

/// The layer around every route that needs credentials.
pub async fn require(State(context): State<Context>, request: Request, next: Next) -> Response {
    match admit(&context, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            let mut response = refusal.into_response();
            // RFC 9110 section 11.6.1: a 401 names the scheme.
            response.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"scimulate\", charset=\"UTF-8\""),
            );
            response
        }
    }
}

fn admit(context: &Context, headers: &HeaderMap) -> Result<(), ApiError> {
    let refusal = || ApiError::from(&error::UNAUTHORIZED);
    let (project_id, secret) = basic(headers).ok_or_else(refusal)?;
    let known_project = project_id.as_bytes().ct_eq(context.state.settings.project_id.as_bytes());
    let known_secret = context.read(|conn| Ok(is_secret(conn, &secret)?))?;
    if known_secret && bool::from(known_project) { Ok(()) } else { Err(refusal()) }
}

fn is_secret(conn: &Connection, secret: &str) -> Result<bool, StoreError> {
    let offered = ids::hash(secret);
    let mut statement = conn.prepare_cached("SELECT secret_hash FROM project_secrets")?;
    let mut rows = statement.query([])?;
    let mut known = false;
    while let Some(row) = rows.next()? {
        known |= ids::same_hash(&row.get::<_, Vec<u8>>(0)?, &offered);
    }
    Ok(known)
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
