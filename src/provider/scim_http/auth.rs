//! The gate: a bearer token that belongs to the connection in the path (RFC 6750, RFC 7644 section 2).
//!
//! An unknown connection, a deleted one, another connection's token, an expired one and none at all get the same
//! answer after the same work, so that nobody learns which connections exist. During a rotation both tokens open, or the
//! old one only (policy `rotating_tokens`).

use axum::http::HeaderValue;
use time::OffsetDateTime;

use super::{answer::Refusal, scope::Scope};
use crate::{
    provider::{app::State, effects::RotatingTokens, ids},
    scim::authorization::bearer,
};

/// Lets a request in, or refuses it with 401.
pub(super) fn enter<'s>(
    state: &'s State,
    connection_id: &str,
    authorization: Option<&HeaderValue>,
) -> Result<Scope<'s>, Refusal> {
    let offered = authorization.and_then(|header| bearer(header.to_str().ok()?, &state.settings.leniency));
    let gate = state.store.gate(connection_id)?;
    let at = state.clock.now();
    let offered_hash = ids::hash(offered.unwrap_or_default());
    let opens =
        |(hash, expires_at): &(Vec<u8>, OffsetDateTime)| ids::same_hash(hash, &offered_hash) & (*expires_at > at);
    let (mut opened, mut by_next) = (false, false);
    if let Some(gate) = &gate {
        opened = opens(&gate.token);
        by_next = gate.next_token.as_ref().is_some_and(opens);
    }
    match gate {
        // The token of an open rotation is good before the rotation is complete if the policy says so.
        Some(gate) if opened || (by_next && gate.policies.rotating_tokens == RotatingTokens::Both) => {
            Ok(Scope::new(state, connection_id, &gate.organization_id, at))
        }
        _ => Err(Refusal::unauthorized(authorization.is_some())),
    }
}

/// A scope for who says nothing about himself and asks how to authenticate (RFC 7643 section 5: `authenticationSchemes`
/// should be readable before). It holds no organization, and is the same whether or not there is such a connection.
pub(super) fn anonymous<'s>(state: &'s State, connection_id: &str) -> Scope<'s> {
    Scope::new(state, connection_id, "", state.clock.now())
}
