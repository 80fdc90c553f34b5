//! `/v1/b2b/organizations/{organization_id}/members`: create, read, update, delete (deactivate), reactivate, search.
//!
//! A handler writes the member's own columns and hands the change to the effects; status and roles are theirs.
//! A deactivated member stays readable, with status `deleted`, because whoever provisioned it has to be able to see that.

pub(super) mod edit;
mod find;
mod invite;

use axum::{
    Extension, Router,
    extract::{Path, State},
    routing,
};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};

pub use edit::merge_metadata;

use super::{
    context::{self, Context},
    envelope::{Answer, Reply},
    error::{self, ApiError},
    extract::{Args, Body, Named, flag},
    member_session::{Acting, MEMBER_FIELDS},
    organizations::record::Organization,
    rbac,
    sessions::end,
};
use crate::provider::{
    effects::{AllowOrRefuse, Change, Via},
    model::{EVERY_MEMBER, Member, MemberStatus, Profile, RoleSource, roles_of},
    session::{self, rbac::Policy},
    store::{Transaction, members},
};
use edit::{Create, Update};

/// The routes of this module.
pub fn routes() -> Router<Context> {
    Router::new()
        .route("/v1/b2b/organizations/{organization_id}/members", routing::post(create))
        .route("/v1/b2b/organizations/{organization_id}/member", routing::get(get))
        .route("/v1/b2b/organizations/{organization_id}/members/{member_id}", routing::put(update).delete(delete))
        .route("/v1/b2b/organizations/{organization_id}/members/{member_id}/reactivate", routing::put(reactivate))
        .route(
            "/v1/b2b/organizations/{organization_id}/members/{member_id}/unlink_retired_email",
            routing::post(unlink),
        )
        .route(
            "/v1/b2b/organizations/{organization_id}/members/{member_id}/external_id",
            routing::delete(delete_external_id),
        )
        .route("/v1/b2b/magic_links/email/invite", routing::post(invite::invite))
        .route("/v1/b2b/organizations/members/search", routing::post(find::search))
        .route("/v1/b2b/organizations/members/dangerously_get/{member_id}", routing::get(dangerously_get))
}

/// The answer of every call about one member: its id, itself and its organization, as they are now.
pub(super) fn shown(conn: &Connection, organization: &Organization, member_id: &str) -> Result<Value, ApiError> {
    let member = context::member_by_id(conn, organization, member_id)?;
    Ok(json!({
        "member_id": member_id,
        "member": member.to_json(conn)?,
        "organization": organization.to_json(conn)?,
    }))
}

fn known_roles(conn: &Connection, organization: &Organization, roles: &[String]) -> Result<(), ApiError> {
    let policy = Policy::put_by_user(conn)?;
    roles.iter().try_for_each(|role| rbac::known_role(policy.as_ref(), &organization.settings.custom_roles, role))
}

async fn create(State(context): State<Context>, Path(key): Path<String>, Body(body): Body<Create>) -> Answer {
    context.write(|tx| {
        let organization = context::organization(tx, &key)?;
        let Create { email_address, name, external_id, roles, create_member_as_pending, .. } = &body;
        let email = email_address
            .as_deref()
            .ok_or_else(|| ApiError::new(&error::INVALID_ARGUMENT, "email_address is missing"))?;
        edit::email(email)?;
        edit::external_id(external_id.as_deref())?;
        edit::free_address(tx, &organization, email, None)?;
        known_roles(tx, &organization, roles)?;
        let mut profile = Profile::default();
        body.write(&mut profile)?;
        let origin = context.origin(&organization.organization_id, Via::Post);
        let member_id = members::insert(
            tx,
            &members::NewMember {
                organization_id: &organization.organization_id,
                email,
                email_verified: false,
                status: if *create_member_as_pending { MemberStatus::Pending } else { MemberStatus::Active },
                name,
                external_id: external_id.as_deref(),
                profile: &profile,
                at: origin.at,
            },
        )
        .map_err(edit::taken)?;
        let change = Change::MemberProvisioned { member_id: member_id.clone(), explicit_roles: roles.clone() };
        context.apply(tx, &origin, &change)?;
        Ok(Reply::of(shown(tx, &organization, &member_id)?))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    member_id: Option<String>,
    email_address: Option<String>,
}

async fn get(State(context): State<Context>, Path(key): Path<String>, Args(which): Args<Which>) -> Answer {
    context.read(|conn| {
        let organization = context::organization(conn, &key)?;
        let member = named(conn, &organization, which.member_id.as_deref(), which.email_address.as_deref())?;
        Ok(Reply::of(shown(conn, &organization, &member.member_id)?))
    })
}

/// The member that a request names by id (or external id) or by e-mail; the id wins.
pub(super) fn named(
    conn: &Connection,
    organization: &Organization,
    member_id: Option<&str>,
    email_address: Option<&str>,
) -> Result<Member, ApiError> {
    match (member_id, email_address) {
        (Some(id), _) => context::member(conn, organization, id),
        (None, Some(email)) => Member::by_email(conn, &organization.organization_id, email)?
            .ok_or_else(|| (&error::MEMBER_NOT_FOUND).into()),
        (None, None) => {
            Err(ApiError::new(&error::INVALID_ARGUMENT, "member_id or email_address is needed to name the member"))
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deleted {
    #[serde(default, deserialize_with = "flag")]
    include_deleted: bool,
}

async fn dangerously_get(State(context): State<Context>, Path(id): Path<String>, Args(args): Args<Deleted>) -> Answer {
    context.read(|conn| {
        let member =
            Member::get(conn, &id)?.filter(|member| args.include_deleted || member.status != MemberStatus::Deleted);
        let member = member.ok_or(&error::MEMBER_NOT_FOUND)?;
        let organization = context::organization(conn, &member.organization_id)?;
        Ok(Reply::of(shown(conn, &organization, &member.member_id)?))
    })
}

async fn update(
    State(context): State<Context>,
    Path((key, id)): Path<(String, String)>,
    acting: Option<Extension<Acting>>,
    Named(body, fields): Named<Update>,
) -> Answer {
    context.write(|tx| {
        let organization = context::organization(tx, &key)?;
        let before = context::member(tx, &organization, &id)?;
        if let Some(Extension(Acting(session))) = &acting {
            MEMBER_FIELDS.may_set(tx, session, session.member_id == before.member_id, &fields)?;
        }
        if let Some(roles) = &body.roles {
            known_roles(tx, &organization, roles)?;
        }
        if before.registration.is_some()
            && organization.settings.policies.api_edits_of_scim_members == AllowOrRefuse::Refuse
            && body.changes_what_scim_keeps(&before)
        {
            return Err((&error::MANAGED_BY_SCIM).into());
        }
        let origin = context.origin(&organization.organization_id, Via::Put);
        if !body.preserve_existing_sessions {
            end_sessions_with_removed_roles(&context, tx, &before, body.roles.as_deref(), origin.at)?;
        }
        let changed = write(tx, &organization, &before, &body, origin.at)?;
        if body.moves(&before) {
            context.apply(tx, &origin, &Change::EmailChanged { member_id: before.member_id.clone() })?;
        }
        let change =
            Change::MemberUpdated { member_id: before.member_id.clone(), changed, explicit_roles: body.roles.clone() };
        context.apply(tx, &origin, &change)?;
        Ok(Reply::of(shown(tx, &organization, &before.member_id)?))
    })
}

/// Who loses an explicit role that an SSO connection gives besides loses the sessions that began with that connection
/// (stytch-node, `organizations_members.ts`, `preserve_existing_sessions`): the role would live on in them.
fn end_sessions_with_removed_roles(
    context: &Context,
    tx: &Transaction,
    member: &Member,
    roles: Option<&[String]>,
    now: time::OffsetDateTime,
) -> Result<(), ApiError> {
    let Some(roles) = roles else { return Ok(()) };
    let held = roles_of(tx, &member.member_id)?;
    let affected: Vec<&str> = held
        .iter()
        // What every member has by itself is not taken away.
        .filter(|role| role.role_id != EVERY_MEMBER)
        .filter(|role| role.sources.contains(&RoleSource::Direct) && !roles.contains(&role.role_id))
        .flat_map(|role| role.sources.iter().filter_map(RoleSource::sso_connection))
        .collect();
    if affected.is_empty() {
        return Ok(());
    }
    for session in session::open_of(tx, &member.member_id, now)? {
        if affected.iter().any(|connection| session.came_by(connection)) {
            end(context, tx, &session, now)?;
        }
    }
    Ok(())
}

/// Writes the columns that differ. Returns whether any did.
fn write(
    tx: &Transaction,
    organization: &Organization,
    before: &Member,
    body: &Update,
    at: time::OffsetDateTime,
) -> Result<bool, ApiError> {
    let mut after = before.clone();
    body.write(tx, organization, &mut after)?;
    if after == *before {
        return Ok(false);
    }
    let changes = members::MemberEdit {
        email: Some(&after.email_address),
        email_verified: Some(after.email_address_verified),
        name: Some(&after.name),
        external_id: Some(after.external_id.as_deref()),
        profile: Some(&after.profile),
    };
    members::edit(tx, &before.member_id, &changes, at).map_err(|error| {
        let error = edit::taken(error);
        let holder = Member::by_email(tx, &organization.organization_id, &after.email_address).ok().flatten();
        let deleted = holder.is_some_and(|holder| holder.status == MemberStatus::Deleted);
        if error.kind == &error::DUPLICATE_MEMBER_EMAIL && deleted {
            return (&error::DESIRED_EMAIL_DEACTIVATED).into();
        }
        error
    })?;
    Ok(true)
}

async fn delete_external_id(State(context): State<Context>, Path((key, id)): Path<(String, String)>) -> Answer {
    context.write(|tx| {
        let organization = context::organization(tx, &key)?;
        let before = context::member(tx, &organization, &id)?;
        let origin = context.origin(&organization.organization_id, Via::Delete);
        if before.external_id.is_some() {
            let changes = members::MemberEdit { external_id: Some(None), ..members::MemberEdit::default() };
            members::edit(tx, &before.member_id, &changes, origin.at)?;
            let member_id = before.member_id.clone();
            context.apply(tx, &origin, &Change::MemberUpdated { member_id, changed: true, explicit_roles: None })?;
        }
        Ok(Reply::of(shown(tx, &organization, &before.member_id)?))
    })
}

async fn delete(State(context): State<Context>, Path((key, id)): Path<(String, String)>) -> Answer {
    context.write(|tx| {
        let organization = context::organization(tx, &key)?;
        let member = context::member(tx, &organization, &id)?;
        let change = Change::MemberDeprovisioned { member_id: member.member_id.clone() };
        context.apply(tx, &context.origin(&organization.organization_id, Via::Delete), &change)?;
        Ok(Reply::of(json!({"member_id": member.member_id})))
    })
}

/// Only by `member_id`, and only with a verified e-mail (<https://stytch.com/docs/b2b/api/reactivate-member>).
async fn reactivate(State(context): State<Context>, Path((key, id)): Path<(String, String)>) -> Answer {
    context.write(|tx| {
        let organization = context::organization(tx, &key)?;
        let member = context::member_by_id(tx, &organization, &id)?;
        if member.status != MemberStatus::Deleted {
            return Err((&error::NO_DELETED_MEMBER).into());
        }
        if !member.email_address_verified {
            return Err((&error::EMAIL_UNVERIFIED).into());
        }
        let change = Change::MemberReactivated { member_id: member.member_id.clone() };
        context.apply(tx, &context.origin(&organization.organization_id, Via::Put), &change)?;
        Ok(Reply::of(shown(tx, &organization, &member.member_id)?))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unlink {
    email_id: Option<String>,
    email_address: Option<String>,
}

async fn unlink(
    State(context): State<Context>,
    Path((key, id)): Path<(String, String)>,
    Body(body): Body<Unlink>,
) -> Answer {
    if body.email_id.is_none() && body.email_address.is_none() {
        return Err((&error::RETIRED_EMAIL_UNNAMED).into());
    }
    context.write(|tx| {
        let organization = context::organization(tx, &key)?;
        let mut member = context::member(tx, &organization, &id)?;
        let named = |id: &str, address: &str| {
            body.email_id.as_deref().is_none_or(|wanted| wanted == id)
                && body.email_address.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(address))
        };
        let retired = &mut member.profile.retired_email_addresses;
        let before = retired.len();
        retired.retain(|email| !named(&email.email_id, &email.email_address));
        if retired.len() == before {
            return Err((&error::RETIRED_EMAIL_NOT_FOUND).into());
        }
        let origin = context.origin(&organization.organization_id, Via::Post);
        let changes = members::MemberEdit { profile: Some(&member.profile), ..members::MemberEdit::default() };
        members::edit(tx, &member.member_id, &changes, origin.at)?;
        let change = Change::MemberUpdated { member_id: member.member_id.clone(), changed: true, explicit_roles: None };
        context.apply(tx, &origin, &change)?;
        Ok(Reply::of(shown(tx, &organization, &member.member_id)?))
    })
}
