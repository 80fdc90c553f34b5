//! The gate of machine clients: an access token instead of the connection's own (RFC 6749 section 4.4, RFC 6750).
//!
//! A client belongs to one connection. Its token opens that one, as far as its scopes go; everywhere else it is answered
//! as any other wrong token.

use axum::http::{HeaderValue, Method};

use super::{answer::Refusal, scope::Scope};
use crate::{
    provider::{
        app::State,
        m2m::{
            scope,
            token::{self, TokenError},
        },
    },
    scim::{authorization::bearer, error::ScimError},
};

/// Lets a request in that comes with an access token, or refuses it; `None` if it comes with anything else.
pub(super) fn enter<'s>(
    state: &'s State,
    connection_id: &str,
    authorization: Option<&HeaderValue>,
    method: &Method,
    path: &str,
) -> Option<Result<Scope<'s>, Refusal>> {
    let token = bearer(authorization?.to_str().ok()?, &state.settings.leniency)?;
    token::is_one(token).then(|| admit(state, connection_id, token, method, path))
}

fn admit<'s>(
    state: &'s State,
    connection_id: &str,
    token: &str,
    method: &Method,
    path: &str,
) -> Result<Scope<'s>, Refusal> {
    let (client, scopes) = match token::verify(state, token) {
        Ok(known) => known,
        Err(TokenError::Invalid) => return Err(Refusal::unauthorized(true)),
        Err(TokenError::Store(error)) => return Err(error.into()),
        Err(error @ TokenError::Keys(_)) => {
            tracing::error!(%error, "an access token cannot be verified");
            return Err(ScimError::status(500, "the access token cannot be verified; try again").into());
        }
    };
    if client.connection_id.as_deref() != Some(connection_id) {
        return Err(Refusal::unauthorized(true));
    }
    let gate = state.store.gate(connection_id)?.ok_or_else(|| Refusal::unauthorized(true))?;
    let needed = scope::needed_for_scim(method, path);
    if !scope::covers(&scopes, &needed) {
        return Err(Refusal::insufficient_scope(&needed));
    }
    let at = state.clock.now();
    Ok(Scope::new(state, connection_id, &gate.organization_id, at))
}
