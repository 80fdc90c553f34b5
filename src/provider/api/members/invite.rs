//! `POST /v1/b2b/magic_links/email/invite` (<https://stytch.com/docs/b2b/api/send-invite-email>): a member who has still to
//! sign in for the first time. No mail is sent from here; the member's first sign-in makes it active.

use axum::{Extension, extract::State};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    super::{
        context::{self, Context},
        envelope::{Answer, Reply},
        error,
        extract::Body,
        member_session::Acting,
        organizations::record::{Allowance, Organization},
        sessions::granting,
    },
    edit, known_roles, shown,
};
use crate::provider::{
    effects::{Change, Via},
    model::{MemberStatus, Profile},
    store::{emails, members},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Invite {
    organization_id: String,
    email_address: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    trusted_metadata: Map<String, Value>,
    #[serde(default)]
    untrusted_metadata: Map<String, Value>,
}

/// Makes a member with the status `invited`, as far as `email_invites` of the organization allows.
pub(super) async fn invite(
    State(context): State<Context>,
    acting: Option<Extension<Acting>>,
    Body(body): Body<Invite>,
) -> Answer {
    context.write(|tx| {
        let organization = context::organization(tx, &body.organization_id);
        if let Some(Extension(Acting(session))) = &acting {
            if !organization.as_ref().is_ok_and(|found| found.organization_id == session.organization_id) {
                return Err((&error::AUTHORIZATION_TENANCY).into());
            }
            granting(tx, session, "stytch.member", "create")?;
        }
        let organization = organization?;
        edit::email(&body.email_address)?;
        if let Some(refusal) = refusal(&organization, &body.email_address) {
            return Err(refusal.into());
        }
        edit::free_address(tx, &organization, &body.email_address, None)?;
        known_roles(tx, &organization, &body.roles)?;
        let mut profile = Profile::default();
        edit::merge_metadata("trusted_metadata", &mut profile.trusted_metadata, body.trusted_metadata.clone())?;
        edit::merge_metadata("untrusted_metadata", &mut profile.untrusted_metadata, body.untrusted_metadata.clone())?;
        let origin = context.origin(&organization.organization_id, Via::Post);
        let member = members::NewMember {
            organization_id: &organization.organization_id,
            email: &body.email_address,
            email_verified: false,
            status: MemberStatus::Invited,
            name: &body.name,
            external_id: None,
            profile: &profile,
            at: origin.at,
        };
        let member_id = members::insert(tx, &member).map_err(edit::taken)?;
        let change = Change::MemberProvisioned { member_id: member_id.clone(), explicit_roles: body.roles.clone() };
        context.apply(tx, &origin, &change)?;
        Ok(Reply::of(shown(tx, &organization, &member_id)?))
    })
}

fn refusal(organization: &Organization, address: &str) -> Option<&'static error::ErrorType> {
    let settings = &organization.settings;
    match settings.email_invites {
        Allowance::AllAllowed => None,
        Allowance::NotAllowed => Some(&error::INVITES_NOT_ALLOWED),
        Allowance::Restricted => {
            let domain = emails::domain_of(address);
            let named = settings.email_allowed_domains.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain));
            (!named).then_some(&error::DOMAIN_NOT_ALLOWED)
        }
    }
}
