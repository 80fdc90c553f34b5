//! Calls in the name of a member: with `X-Stytch-Member-Session` or `X-Stytch-Member-SessionJWT` a call runs with the
//! permissions of that member, in its organization only (<https://stytch.com/docs/b2b/api/scim-rotate-token-start>).
//!
//! One table says which permission a route needs. A route that is not in it refuses the headers: a call that somebody
//! meant to be restricted must not run unrestricted.

use axum::{
    extract::{MatchedPath, RawPathParams, Request, State},
    http::{HeaderMap, Method},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{
    context::{self, Context},
    error::{self, ApiError},
    sessions::{granting, presented},
};
use crate::provider::session::Session;

/// The session in whose name a call runs; in the extensions of its request.
#[derive(Debug, Clone)]
pub struct Acting(pub Session);

/// Method, path, resource and action. All of these paths name their organization.
const PERMISSIONS: &[(Method, &str, &str, &str)] = &[
    (Method::POST, "/v1/b2b/scim/{organization_id}/connection", "stytch.scim", "create"),
    (Method::GET, "/v1/b2b/scim/{organization_id}/connection", "stytch.scim", "get"),
    (Method::GET, "/v1/b2b/scim/{organization_id}/connection/{connection_id}", "stytch.scim", "get"),
    // Role assignments need another permission besides; the handler sees whether there are any.
    (Method::PUT, "/v1/b2b/scim/{organization_id}/connection/{connection_id}", "stytch.scim", "update"),
    (Method::DELETE, "/v1/b2b/scim/{organization_id}/connection/{connection_id}", "stytch.scim", "delete"),
    (Method::POST, "/v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/start", "stytch.scim", "update"),
    (
        Method::POST,
        "/v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/complete",
        "stytch.scim",
        "update",
    ),
    (Method::POST, "/v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/cancel", "stytch.scim", "update"),
    (Method::POST, "/v1/b2b/organizations/{organization_id}/members", "stytch.member", "create"),
    (Method::PUT, "/v1/b2b/organizations/{organization_id}/members/{member_id}/reactivate", "stytch.member", "create"),
    (Method::DELETE, "/v1/b2b/organizations/{organization_id}/members/{member_id}", "stytch.member", "delete"),
    (Method::DELETE, "/v1/b2b/organizations/{organization_id}", "stytch.organization", "delete"),
];

/// The layer around every route that needs credentials.
pub async fn require(
    State(context): State<Context>,
    path: MatchedPath,
    parameters: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    let organization = parameters.iter().find(|(name, _)| *name == "organization_id").map(|(_, key)| key);
    match act(&context, request.headers(), request.method(), path.as_str(), organization) {
        Ok(None) => {}
        Ok(Some(acting)) => {
            request.extensions_mut().insert(acting);
        }
        Err(refusal) => return refusal.into_response(),
    }
    next.run(request).await
}

/// The member in whose name a request is made, if it says so and the member may.
fn act(
    context: &Context,
    headers: &HeaderMap,
    method: &Method,
    path: &str,
    organization: Option<&str>,
) -> Result<Option<Acting>, ApiError> {
    let text = |name: &str| {
        let value = headers.get(name)?;
        // What is no text is no session either.
        Some(value.to_str().unwrap_or_default())
    };
    let (token, jwt) = (text("x-stytch-member-session"), text("x-stytch-member-sessionjwt"));
    if token.is_none() && jwt.is_none() {
        return Ok(None);
    }
    let needed = PERMISSIONS.iter().find(|(known, route, ..)| known == method && *route == path);
    let (Some((_, _, resource, action)), Some(organization)) = (needed, organization) else {
        return Err((&error::NO_MEMBER_SESSION_HERE).into());
    };
    let keys = if jwt.is_some() { context.keys.published()? } else { Vec::new() };
    context.read(|conn| {
        let session = presented(context, conn, &keys, token, jwt)?;
        let own = context::organization(conn, organization)
            .is_ok_and(|organization| organization.organization_id == session.organization_id);
        if !own {
            return Err((&error::AUTHORIZATION_TENANCY).into());
        }
        granting(conn, &session, resource, action)?;
        Ok(Some(Acting(session)))
    })
}
