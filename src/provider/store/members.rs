//! Rows of `members`. After a row is made its status is written by the effects only.

use rusqlite::params;
use time::OffsetDateTime;

use super::{StoreError, Transaction};
use crate::provider::{
    clock, ids,
    model::{MemberStatus, Profile},
};

/// A member to be made.
#[derive(Clone, Debug)]
pub struct NewMember<'a> {
    /// Its organization.
    pub organization_id: &'a str,
    /// Its e-mail (or, by SCIM without one of its own, its userName).
    pub email: &'a str,
    /// Whether the e-mail counts as verified.
    pub email_verified: bool,
    /// The status that it starts with: active unless it is provisioned inactive, invited or pending.
    pub status: MemberStatus,
    /// Its name, may be empty.
    pub name: &'a str,
    /// The developer's own id for it.
    pub external_id: Option<&'a str>,
    /// Everything else.
    pub profile: &'a Profile,
    /// Now.
    pub at: OffsetDateTime,
}

/// Makes the row; [`Change::MemberProvisioned`](crate::provider::effects::Change) says so to others. Returns the new
/// `member_id`. Fails with a violated UNIQUE constraint
/// ([`StoreError::violated_unique`]) if the e-mail or the external id is taken in the organization.
pub fn insert(tx: &Transaction, member: &NewMember) -> Result<String, StoreError> {
    let member_id = ids::new_id("member");
    let at = clock::text(member.at);
    tx.prepare_cached(
        "INSERT INTO members (member_id, organization_id, email, email_fold, email_id, email_verified, status, name,
           external_id, profile, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)",
    )?
    .execute(params![
        member_id,
        member.organization_id,
        member.email,
        member.email.to_lowercase(),
        ids::new_id("email"),
        member.email_verified,
        member.status,
        member.name,
        member.external_id,
        profile_text(member.profile)?,
        at,
    ])?;
    Ok(member_id)
}

/// Columns of a member to be written; `None` leaves a column as it is.
#[derive(Clone, Debug, Default)]
pub struct MemberEdit<'a> {
    /// A new e-mail; it gets a new `email_id` if it differs in more than case.
    pub email: Option<&'a str>,
    /// Whether the e-mail counts as verified.
    pub email_verified: Option<bool>,
    /// A new name.
    pub name: Option<&'a str>,
    /// A new external id; `Some(None)` removes it.
    pub external_id: Option<Option<&'a str>>,
    /// Everything else.
    pub profile: Option<&'a Profile>,
}

/// Writes columns of a member. Fails with a violated UNIQUE constraint as [`insert`] does.
pub fn edit(tx: &Transaction, member_id: &str, edit: &MemberEdit, at: OffsetDateTime) -> Result<(), StoreError> {
    let profile = edit.profile.map(profile_text).transpose()?;
    let fold = edit.email.map(str::to_lowercase);
    tx.prepare_cached(
        "UPDATE members SET
           email_id = CASE WHEN ?3 IS NULL OR ?3 = email_fold THEN email_id ELSE ?4 END,
           email = coalesce(?2, email), email_fold = coalesce(?3, email_fold),
           email_verified = coalesce(?5, email_verified), name = coalesce(?6, name),
           external_id = CASE WHEN ?7 THEN ?8 ELSE external_id END,
           profile = coalesce(?9, profile), updated_at = ?10
         WHERE member_id = ?1",
    )?
    .execute(params![
        member_id,
        edit.email,
        fold,
        ids::new_id("email"),
        edit.email_verified,
        edit.name,
        edit.external_id.is_some(),
        edit.external_id.flatten(),
        profile,
        clock::text(at),
    ])?;
    Ok(())
}

fn profile_text(profile: &Profile) -> Result<String, StoreError> {
    serde_json::to_string(profile).map_err(|source| StoreError::Damaged { what: "member profile", source })
}
