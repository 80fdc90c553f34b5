//! `POST /v1/b2b/sessions/sign_in`, ours: what a finished single sign-on or a clicked e-mail link does in the real service
//! (`/v1/b2b/sso/authenticate`, `/v1/b2b/magic_links/authenticate`), without the dance that leads to it. `method` is the
//! `type` of the authentication factor that results.
//!
//! Who is not a member yet is made one just in time, as far as the organization's settings allow
//! (<https://stytch.com/docs/multi-tenant-auth/enterprise-ready/org-management/jit-provision-members>). Both ways prove the
//! e-mail address, so that it is verified from then on, and an invited member is active.

use axum::{Router, extract::State, routing};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    context::{self, Context},
    envelope::Answer,
    error::{self, ApiError},
    extract::Body,
    members::edit,
    organizations::record::{Allowance, Organization},
    sessions::{Answered, duration},
    sso,
};
use crate::provider::{
    clock,
    effects::{AllowOrRefuse, Change, DeprovisionedJit, Origin, Via},
    model::{Member, MemberStatus, Profile, sso as registrations},
    session::{self, Opening, USUAL_LIFE},
    store::{
        Transaction, emails,
        members::{self, MemberEdit, NewMember},
    },
};

/// The route of this module.
pub fn routes() -> Router<Context> {
    Router::new().route("/v1/b2b/sessions/sign_in", routing::post(sign_in))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    Sso,
    MagicLink,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    organization_id: String,
    method: Method,
    email_address: String,
    #[serde(default)]
    name: String,
    /// The SSO connection by which the person comes.
    sso_connection_id: Option<String>,
    /// The groups that the connection's identity provider names for the person.
    #[serde(default)]
    groups: Vec<String>,
    session_duration_minutes: Option<i64>,
}

async fn sign_in(State(context): State<Context>, Body(body): Body<SignIn>) -> Answer {
    let minutes = duration(body.session_duration_minutes)?.unwrap_or(USUAL_LIFE);
    edit::email(&body.email_address)?;
    if body.sso_connection_id.is_some() && body.method != Method::Sso {
        return Err(ApiError::new(&error::INVALID_ARGUMENT, "sso_connection_id belongs to the method sso"));
    }
    if body.sso_connection_id.is_none() && !body.groups.is_empty() {
        return Err(ApiError::new(&error::INVALID_ARGUMENT, "groups are those of an sso_connection_id"));
    }
    let (answered, token) = context.write(|tx| {
        let organization = context::organization(tx, &body.organization_id)?;
        let origin = context.origin(&organization.organization_id, Via::Post);
        if let Some(connection_id) = &body.sso_connection_id {
            sso::named(tx, &organization, connection_id)?;
        }
        let member = admitted(&context, tx, &organization, &origin, &body)?;
        let registration = register(tx, &member, &body)?;
        let opening = Opening {
            member_id: &member.member_id,
            organization_id: &organization.organization_id,
            minutes,
            custom_claims: serde_json::Map::new(),
            email_id: &member.email_id,
            email_address: &member.email_address,
            factors: (body.method == Method::Sso).then(|| sso_factor(&body, &registration, &clock::text(origin.at))),
        };
        let (session, token) = session::open(tx, &opening, origin.at)?;
        Ok((Answered::of(tx, session)?, token))
    })?;
    answered.reply(&context, &token, None).await
}

/// The active member who signs in: known, activated, reactivated or made just now.
fn admitted(
    context: &Context,
    tx: &Transaction,
    organization: &Organization,
    origin: &Origin,
    body: &SignIn,
) -> Result<Member, ApiError> {
    let known = Member::by_email(tx, &organization.organization_id, &body.email_address)?;
    let member_id = match known {
        None => {
            allow_jit(tx, organization, body)?;
            provision(context, tx, organization, origin, body)?
        }
        Some(member) if member.status == MemberStatus::Deleted => {
            if organization.settings.policies.deprovisioned_jit == DeprovisionedJit::Refuse {
                return Err((&error::MEMBER_NOT_ACTIVE).into());
            }
            allow_jit(tx, organization, body)?;
            verify(tx, origin, &member)?;
            context.apply(tx, origin, &Change::MemberReactivated { member_id: member.member_id.clone() })?;
            member.member_id
        }
        Some(member) => {
            verify(tx, origin, &member)?;
            context.apply(tx, origin, &Change::MemberSignedIn { member_id: member.member_id.clone() })?;
            member.member_id
        }
    };
    context::member_by_id(tx, organization, &member_id)
}

/// Refuses who may not be provisioned just in time.
fn allow_jit(tx: &Transaction, organization: &Organization, body: &SignIn) -> Result<(), ApiError> {
    let settings = &organization.settings;
    let domain = emails::domain_of(&body.email_address);
    let refusal = match (body.method, settings.sso_jit_provisioning, settings.email_jit_provisioning) {
        (Method::Sso, Allowance::AllAllowed, _) => None,
        (Method::Sso, Allowance::Restricted, _) => {
            let allowed = &settings.sso_jit_provisioning_allowed_connections;
            let named = body.sso_connection_id.as_ref().is_some_and(|connection| allowed.contains(connection));
            (!named).then_some(&error::CONNECTION_JIT)
        }
        (Method::Sso, Allowance::NotAllowed, _) => Some(&error::JIT_NOT_ALLOWED),
        (Method::MagicLink, _, Allowance::NotAllowed) => Some(&error::EMAIL_JIT_NOT_ALLOWED),
        (Method::MagicLink, _, Allowance::Restricted | Allowance::AllAllowed) => {
            let named = settings.email_allowed_domains.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain));
            (!named).then_some(&error::EMAIL_JIT_DOMAIN)
        }
    };
    if let Some(refusal) = refusal {
        return Err(refusal.into());
    }
    let beside_scim = settings.policies.jit_beside_scim == AllowOrRefuse::Allow
        || super::connections::record::Connection::active(tx, &organization.organization_id)?.is_none();
    if beside_scim { Ok(()) } else { Err((&error::JIT_NOT_ALLOWED).into()) }
}

fn provision(
    context: &Context,
    tx: &Transaction,
    organization: &Organization,
    origin: &Origin,
    body: &SignIn,
) -> Result<String, ApiError> {
    edit::free_address(tx, organization, &body.email_address, None)?;
    let member = NewMember {
        organization_id: &organization.organization_id,
        email: &body.email_address,
        email_verified: true,
        status: MemberStatus::Active,
        name: &body.name,
        external_id: None,
        profile: &Profile::default(),
        at: origin.at,
    };
    let member_id = members::insert(tx, &member).map_err(edit::taken)?;
    let change = Change::MemberProvisioned { member_id: member_id.clone(), explicit_roles: Vec::new() };
    context.apply(tx, origin, &change)?;
    Ok(member_id)
}

/// The person has shown that the address is theirs.
fn verify(tx: &Transaction, origin: &Origin, member: &Member) -> Result<(), ApiError> {
    if !member.email_address_verified {
        let edit = MemberEdit { email_verified: Some(true), ..MemberEdit::default() };
        members::edit(tx, &member.member_id, &edit, origin.at)?;
    }
    Ok(())
}

/// Notes the single sign-on connection with the member. Returns the registration's id; empty if there is no connection.
fn register(tx: &Transaction, member: &Member, body: &SignIn) -> Result<String, ApiError> {
    match &body.sso_connection_id {
        None => Ok(String::new()),
        Some(connection_id) => {
            Ok(registrations::register(tx, &member.member_id, connection_id, &body.email_address, &body.groups)?)
        }
    }
}

/// The factor of a single sign-on, as the real service names it.
fn sso_factor(body: &SignIn, registration_id: &str, at: &str) -> Value {
    json!([{
        "type": "sso",
        "delivery_method": "sso_saml",
        "sequence_order": "PRIMARY",
        "created_at": at,
        "updated_at": at,
        "last_authenticated_at": at,
        "saml_sso_factor": {
            "id": registration_id,
            "provider_id": body.sso_connection_id.clone().unwrap_or_default(),
            "external_id": body.email_address,
        },
    }])
}
