//! `/v1/b2b/rbac`: the project's policy. PUT is ours: the real service edits it in its dashboard.

use axum::{
    Router,
    extract::{Path, State},
    routing,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    context::{self, Context},
    envelope::{Answer, Reply},
    error::{self, ApiError},
    extract::{Args, Body},
};
use crate::provider::session::rbac::{Policy, RESERVED_ROLES, Role};

/// The routes of this module.
pub fn routes() -> Router<Context> {
    Router::new()
        .route("/v1/b2b/rbac/policy", routing::get(get).put(put))
        .route("/v1/b2b/rbac/organizations/{organization_id}", routing::get(of_organization))
}

/// Refuses a role that neither the policy nor the organization knows; without a policy every id is free
/// ([`crate::provider::session::rbac`]).
pub fn known_role(policy: Option<&Policy>, custom: &[Role], role_id: &str) -> Result<(), ApiError> {
    let Some(policy) = policy else {
        return if role_id.is_empty() { Err((&error::INVALID_ROLE).into()) } else { Ok(()) };
    };
    let known =
        RESERVED_ROLES.contains(&role_id) || policy.roles.iter().chain(custom).any(|role| role.role_id == role_id);
    if known {
        Ok(())
    } else {
        Err(ApiError::new(&error::INVALID_ROLE, format!("the RBAC policy has no role {role_id:?}")))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfProject {
    project_id: Option<String>,
}

async fn get(State(context): State<Context>, Args(args): Args<OfProject>) -> Answer {
    if args.project_id.is_some_and(|id| id != context.state.settings.project_id) {
        return Err((&error::UNAUTHORIZED).into());
    }
    context.read(|conn| {
        let policy = Policy::put_by_user(conn)?.unwrap_or_default().completed();
        Ok(Reply::of(json!({"policy": {"roles": policy.roles, "resources": policy.resources, "scopes": []}})))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    policy: Map<String, Value>,
}

/// What GET answers can be put back: its `scopes` belong to connected apps, of which there are none here.
async fn put(State(context): State<Context>, Body(body): Body<Put>) -> Answer {
    let mut policy = body.policy;
    if policy.get("scopes") == Some(&json!([])) {
        policy.shift_remove("scopes");
    }
    let policy = Policy::deserialize(Value::Object(policy))
        .map_err(|problem| ApiError::new(&error::INVALID_POLICY, problem.to_string()))?
        .completed();
    policy.validate(&[]).map_err(|problem| ApiError::new(&error::INVALID_POLICY, problem.to_string()))?;
    context.write(|tx| Ok(policy.put(tx)?))?;
    Ok(Reply::of(json!({"policy": {"roles": policy.roles, "resources": policy.resources, "scopes": []}})))
}

/// The roles that an organization adds to the policy.
async fn of_organization(State(context): State<Context>, Path(key): Path<String>) -> Answer {
    context.read(|conn| {
        let organization = context::organization(conn, &key)?;
        Ok(Reply::of(json!({"org_policy": {"roles": organization.settings.custom_roles}})))
    })
}
