//! Access tokens: JWTs of an hour, signed with the project's keys and verified through its JWKS (claims as in stytch-node,
//! `lib/b2c/m2m.ts`).

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::client::Client;
use crate::provider::{
    app::State,
    session::{
        jwt::{self, JwtError, SESSION_CLAIM, SigningKey},
        keys::KeyError,
    },
    store::StoreError,
};

/// The life of an access token.
pub const LIFE: Duration = Duration::hours(1);

/// Why a token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It is no valid token of an active client.
    #[error("the access token is not valid")]
    Invalid,
    /// The keys cannot be read.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether a bearer token is an access token at all: those of connections are letters and digits.
#[must_use]
pub fn is_one(token: &str) -> bool {
    token.matches('.').count() == 2
}

/// Signs an access token for `scopes`.
pub fn sign(
    key: &SigningKey,
    project_id: &str,
    client_id: &str,
    scopes: &[String],
    now: OffsetDateTime,
) -> Result<String, JwtError> {
    key.sign(&json!({
        "aud": [project_id],
        "exp": (now + LIFE).unix_timestamp(),
        "iat": now.unix_timestamp(),
        "iss": jwt::issuer(project_id),
        "nbf": now.unix_timestamp(),
        "sub": client_id,
        "scope": scopes.join(" "),
    }))
}

/// The client that an access token stands for, and its scopes: those that are in the token and that the client still has.
pub fn verify(state: &State, token: &str) -> Result<(Client, Vec<String>), TokenError> {
    let keys = state.keys.published()?;
    let claims: Value = jwt::claims(token, keys.iter().map(AsRef::as_ref), &state.settings.project_id)
        .map_err(|_| TokenError::Invalid)?;
    let now = state.clock.now().unix_timestamp();
    let runs =
        claims["exp"].as_i64().is_some_and(|end| end > now) && claims["nbf"].as_i64().is_some_and(|at| at <= now);
    // A session's JWT has the same issuer and audience; it is no access token.
    let (Some(scope), Some(client_id), true, true) =
        (claims["scope"].as_str(), claims["sub"].as_str(), runs, claims.get(SESSION_CLAIM).is_none())
    else {
        return Err(TokenError::Invalid);
    };
    let client = state.store.read::<_, StoreError>(|conn| Client::get(conn, client_id))?;
    let client = client.filter(|client| client.active).ok_or(TokenError::Invalid)?;
    let scopes = scope.split(' ').filter(|scope| client.scopes.iter().any(|own| own == scope)).map(str::to_owned);
    let scopes = scopes.collect();
    Ok((client, scopes))
}
