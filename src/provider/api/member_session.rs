//! Calls in the name of a member: with `X-Stytch-Member-Session` or `X-Stytch-Member-SessionJWT` a call runs with the
//! permissions of that member, in its organization only (<https://stytch.com/docs/b2b/api/scim-rotate-token-start>).
//!
//! One table says what a route needs, another what a field needs; both are those of the vendor's SDK, which can send a
//! member's session to these routes only (stytch-node, `lib/b2b/*.ts`, the `RequestOptions`). A route that is not in the
//! table refuses the headers: a call that somebody meant to be restricted must not run unrestricted.

use axum::{
    extract::{MatchedPath, RawPathParams, Request, State},
    http::{HeaderMap, Method},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use rusqlite::Connection;

use super::{
    context::{self, Context},
    error::{self, ApiError},
    sessions::{granting, presented},
};
use crate::provider::{model::Member, session::Session};

/// The session in whose name a call runs; in the extensions of its request.
#[derive(Debug, Clone)]
pub struct Acting(pub Session);

/// What a member needs to make a call.
#[derive(Debug, Clone, Copy)]
enum Need {
    /// An action on a resource.
    Action(&'static str, &'static str),
    /// An action on `stytch.member`; where the path names the member itself, on `stytch.self` will do.
    Oneself(&'static str),
    /// What the handler finds out when it has read the body.
    Body,
}

const CONNECTION: &str = "/v1/b2b/scim/{organization_id}/connection";
const SSO: &str = "/v1/b2b/sso/{organization_id}";
const SAML: &str = "/v1/b2b/sso/saml/{organization_id}";
const MEMBERS: &str = "/v1/b2b/organizations/{organization_id}/members";

/// Method, route (a first part and the rest of it), and need. Only the needs of bodies are without an organization in
/// their path.
const NEEDS: &[(Method, &str, &str, Need)] = &[
    (Method::POST, CONNECTION, "", Need::Action("stytch.scim", "create")),
    (Method::GET, CONNECTION, "", Need::Action("stytch.scim", "get")),
    (Method::GET, CONNECTION, "/{connection_id}", Need::Action("stytch.scim", "get")),
    // Role assignments need another permission besides; the handler sees whether there are any.
    (Method::PUT, CONNECTION, "/{connection_id}", Need::Action("stytch.scim", "update")),
    (Method::DELETE, CONNECTION, "/{connection_id}", Need::Action("stytch.scim", "delete")),
    (Method::POST, CONNECTION, "/{connection_id}/rotate/start", Need::Action("stytch.scim", "update")),
    (Method::POST, CONNECTION, "/{connection_id}/rotate/complete", Need::Action("stytch.scim", "update")),
    (Method::POST, CONNECTION, "/{connection_id}/rotate/cancel", Need::Action("stytch.scim", "update")),
    (Method::GET, SSO, "", Need::Action("stytch.sso", "get")),
    (Method::POST, SAML, "", Need::Action("stytch.sso", "create")),
    // As with SCIM connections.
    (Method::PUT, SAML, "/connections/{connection_id}", Need::Action("stytch.sso", "update")),
    (Method::DELETE, SSO, "/connections/{connection_id}", Need::Action("stytch.sso", "delete")),
    (Method::POST, MEMBERS, "", Need::Action("stytch.member", "create")),
    (Method::POST, "/v1/b2b/magic_links/email/invite", "", Need::Body),
    // The SDK sends a session to these two as well. The documentation names no action, so that only who may do everything
    // to the resource may do it.
    (Method::DELETE, MEMBERS, "/{member_id}/external_id", Need::Action("stytch.member", "update.info.external-id")),
    (
        Method::DELETE,
        "/v1/b2b/organizations/{organization_id}",
        "/external_id",
        Need::Action("stytch.organization", "update.info.external-id"),
    ),
    (Method::PUT, MEMBERS, "/{member_id}", Need::Body),
    (Method::DELETE, MEMBERS, "/{member_id}", Need::Oneself("delete")),
    (Method::PUT, MEMBERS, "/{member_id}/reactivate", Need::Action("stytch.member", "create")),
    // The SDK sends a session to this one and does not say what it needs: what it changes is the e-mail.
    (Method::POST, MEMBERS, "/{member_id}/unlink_retired_email", Need::Action("stytch.member", "update.info.email")),
    (Method::POST, "/v1/b2b/organizations/members/search", "", Need::Body),
    (Method::PUT, "/v1/b2b/organizations/{organization_id}", "", Need::Body),
    (Method::DELETE, "/v1/b2b/organizations/{organization_id}", "", Need::Action("stytch.organization", "delete")),
    (Method::POST, "/v1/b2b/sessions/revoke", "", Need::Body),
];

/// Whose fields are set, and what each of them needs. A field that is not there cannot be set in the name of a member:
/// trusted metadata by the documentation, the others because it names no permission for them.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    resource: &'static str,
    /// Field and action; the flag says whether a member may do it to itself with `stytch.self`.
    actions: &'static [(&'static str, &'static str, bool)],
}

/// The fields of a member.
pub const MEMBER_FIELDS: Fields = Fields {
    resource: "stytch.member",
    actions: &[
        ("name", "update.info.name", true),
        ("untrusted_metadata", "update.info.untrusted-metadata", true),
        ("mfa_phone_number", "update.info.mfa-phone", true),
        ("mfa_enrolled", "update.settings.mfa-enrolled", true),
        ("default_mfa_method", "update.settings.default-mfa-method", true),
        ("email_address", "update.info.email", false),
        ("unlink_email", "update.info.email", false),
        ("is_breakglass", "update.settings.is-breakglass", false),
        ("roles", "update.settings.roles", false),
        ("preserve_existing_sessions", "update.settings.roles", false),
    ],
};

/// The fields of an organization.
pub const ORGANIZATION_FIELDS: Fields = Fields {
    resource: "stytch.organization",
    actions: &[
        ("organization_name", "update.info.name", false),
        ("organization_slug", "update.info.slug", false),
        ("organization_logo_url", "update.info.logo-url", false),
        ("sso_jit_provisioning", "update.settings.sso-jit-provisioning", false),
        ("sso_jit_provisioning_allowed_connections", "update.settings.sso-jit-provisioning", false),
        ("email_allowed_domains", "update.settings.allowed-domains", false),
        ("email_jit_provisioning", "update.settings.email-jit-provisioning", false),
        ("email_invites", "update.settings.email-invites", false),
        ("auth_methods", "update.settings.allowed-auth-methods", false),
        ("allowed_auth_methods", "update.settings.allowed-auth-methods", false),
        ("mfa_policy", "update.settings.mfa-policy", false),
        ("mfa_methods", "update.settings.allowed-mfa-methods", false),
        ("allowed_mfa_methods", "update.settings.allowed-mfa-methods", false),
        ("oauth_tenant_jit_provisioning", "update.settings.oauth-tenant-jit-provisioning", false),
        ("allowed_oauth_tenants", "update.settings.allowed-oauth-tenants", false),
        ("rbac_email_implicit_role_assignments", "update.settings.implicit-roles", false),
    ],
};

impl Fields {
    /// Whether the member may set these fields; `own`: of itself.
    pub fn may_set(&self, conn: &Connection, session: &Session, own: bool, given: &[String]) -> Result<(), ApiError> {
        for field in given {
            let known = self.actions.iter().find(|(name, ..)| name == field);
            let Some((_, action, oneself)) = known else {
                let message = format!("{field} cannot be set in the name of a member");
                return Err(ApiError::new(&error::AUTHORIZATION, message));
            };
            // Members cannot change their own address (stytch-node, `organizations_members.ts`).
            let forbidden = own && *action == "update.info.email";
            if forbidden || (!(own && *oneself && granting(conn, session, "stytch.self", action).is_ok())) {
                if forbidden {
                    return Err(ApiError::new(&error::AUTHORIZATION, "members cannot change their own e-mail"));
                }
                granting(conn, session, self.resource, action)?;
            }
        }
        Ok(())
    }
}

/// Whether a member may do something to another of its organization; to itself `stytch.self` will do.
pub fn may(conn: &Connection, session: &Session, member: &Member, action: &str) -> Result<(), ApiError> {
    if member.organization_id != session.organization_id {
        // As if there were no such member.
        return Err((&error::MEMBER_NOT_FOUND).into());
    }
    if member.member_id == session.member_id && granting(conn, session, "stytch.self", action).is_ok() {
        return Ok(());
    }
    granting(conn, session, "stytch.member", action).map(drop)
}

/// The layer around every route that needs credentials.
pub async fn require(
    State(context): State<Context>,
    path: MatchedPath,
    parameters: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    match act(&context, request.headers(), request.method(), path.as_str(), &parameters) {
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
    parameters: &RawPathParams,
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
    let route = |first: &str, rest: &str| path.strip_prefix(first) == Some(rest);
    let need = NEEDS.iter().find(|(known, first, rest, _)| known == method && route(first, rest));
    let (.., need) = need.ok_or(&error::NO_MEMBER_SESSION_HERE)?;
    let parameter = |wanted: &str| parameters.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    let keys = if jwt.is_some() { context.keys.published()? } else { Vec::new() };
    context.read(|conn| {
        let session = presented(context, conn, &keys, token, jwt)?;
        let Some(key) = parameter("organization_id") else { return Ok(Some(Acting(session))) };
        let organization = context::organization(conn, key)
            .ok()
            .filter(|organization| organization.organization_id == session.organization_id)
            .ok_or(&error::AUTHORIZATION_TENANCY)?;
        match need {
            Need::Action(resource, action) => granting(conn, &session, resource, action).map(drop)?,
            Need::Oneself(action) => {
                let member = context::member(conn, &organization, parameter("member_id").unwrap_or_default());
                match member {
                    Ok(member) => may(conn, &session, &member, action)?,
                    // Whether there is such a member is not told to who may do nothing to it.
                    Err(_) => granting(conn, &session, "stytch.member", action).map(drop)?,
                }
            }
            Need::Body => {}
        }
        Ok(Some(Acting(session)))
    })
}
