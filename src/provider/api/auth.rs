//! Who may call the management API: HTTP Basic with the project id and one of the project's secrets (RFC 7617), or a
//! bearer token of a machine client with the scope that the route needs (RFC 6750).
//!
//! Secrets are stored hashed and compared in constant time, every one of them, so that the time of an answer says
//! nothing. All failures are answered alike, but for a valid token without the scope.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
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
use crate::provider::{
    clock, ids,
    m2m::{
        scope,
        token::{self, TokenError},
    },
    store::StoreError,
};

/// What a 401 asks for (RFC 9110 section 11.6.1).
pub const CHALLENGE: &str = "Basic realm=\"scimulate\", charset=\"UTF-8\"";

/// The layer around every route that needs credentials.
pub async fn require(State(context): State<Context>, path: MatchedPath, request: Request, next: Next) -> Response {
    let admitted = admit(&context, request.headers(), request.method(), path.as_str());
    match admitted.and_then(|()| limit(&context)) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refused(refusal, request.method(), path.as_str(), CHALLENGE),
    }
}

/// The answer to who is not let in: a 401 names the schemes that open, a 403 the scope that was missing.
pub(super) fn refused(refusal: ApiError, method: &Method, path: &str, challenge: &str) -> Response {
    let challenge = match refusal.kind.status {
        401 => Some(challenge.to_owned()),
        403 => {
            scope::needed(method, path).map(|scope| format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""))
        }
        _ => None,
    };
    let mut response = refusal.into_response();
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if let Some(value) = challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// The project's share of requests.
pub(super) fn limit(context: &Context) -> Result<(), ApiError> {
    let state = &context.state;
    let admitted = state.api_limiter.admit(&state.settings.project_id, state.clock.now());
    admitted.map_err(|_| (&error::TOO_MANY_REQUESTS).into())
}

/// Whether the headers carry the project's credentials.
pub(super) fn admit(context: &Context, headers: &HeaderMap, method: &Method, path: &str) -> Result<(), ApiError> {
    let refusal = || ApiError::from(&error::UNAUTHORIZED);
    if let Some(token) = bearer(headers) {
        let (_, scopes) = match token::verify(&context.state, token) {
            Ok(known) => known,
            Err(TokenError::Invalid) => return Err(refusal()),
            Err(TokenError::Keys(error)) => return Err(error.into()),
            Err(TokenError::Store(error)) => return Err(error.into()),
        };
        let needed = scope::needed(method, path);
        return match needed {
            Some(needed) if scope::covers(&scopes, &needed) => Ok(()),
            _ => Err((&error::INSUFFICIENT_SCOPE).into()),
        };
    }
    let (project_id, secret) = basic(headers).ok_or_else(refusal)?;
    let known_project = project_id.as_bytes().ct_eq(context.state.settings.project_id.as_bytes());
    let now = clock::text(context.state.clock.now());
    let known_secret = context.read(|conn| Ok(is_secret(conn, &secret, &now)?))?;
    if known_secret && bool::from(known_project) { Ok(()) } else { Err(refusal()) }
}

fn is_secret(conn: &Connection, secret: &str, now: &str) -> Result<bool, StoreError> {
    let offered = ids::hash(secret);
    let mut statement =
        conn.prepare_cached("SELECT secret_hash FROM project_secrets WHERE expires_at IS NULL OR expires_at > ?1")?;
    let mut rows = statement.query([now])?;
    let mut known = false;
    while let Some(row) = rows.next()? {
        known |= ids::same_hash(&row.get::<_, Vec<u8>>(0)?, &offered);
    }
    Ok(known)
}

/// User and password of HTTP Basic, if the header is that.
pub fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let decoded = String::from_utf8(STANDARD.decode(credentials(headers, "basic")?).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// A bearer token that has the shape of an access token.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    credentials(headers, "bearer").filter(|token| token::is_one(token))
}

fn credentials<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(wanted).then(|| rest.trim())
}
