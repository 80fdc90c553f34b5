//! The Member object (<https://stytch.com/docs/b2b/api/member-object>): read from its tables, shown as JSON.

use rusqlite::{
    Connection, Params, Row,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{MemberRole, roles_of, scim_attributes::scim_attributes, sso};
use crate::provider::store::StoreError;

/// The state of a member. A deactivated member is `deleted` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberStatus {
    /// Made by the API and not yet signed in.
    Pending,
    /// Invited and not yet signed in.
    Invited,
    /// In service.
    Active,
    /// Deactivated; may come back.
    Deleted,
}

impl MemberStatus {
    /// The wire value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            MemberStatus::Pending => "pending",
            MemberStatus::Invited => "invited",
            MemberStatus::Active => "active",
            MemberStatus::Deleted => "deleted",
        }
    }

    /// Whether nobody has been in yet.
    #[must_use]
    pub fn has_never_signed_in(self) -> bool {
        matches!(self, MemberStatus::Pending | MemberStatus::Invited)
    }

    /// Reads a wire value.
    #[must_use]
    pub fn parse(text: &str) -> Option<MemberStatus> {
        [MemberStatus::Pending, MemberStatus::Invited, MemberStatus::Active, MemberStatus::Deleted]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

impl FromSql for MemberStatus {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<MemberStatus> {
        MemberStatus::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

impl ToSql for MemberStatus {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

/// A former e-mail that stays reserved for its member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredEmail {
    /// Its id.
    pub email_id: String,
    /// The address.
    pub email_address: String,
}

/// What a Member object holds beside its columns (`members.profile`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Break-glass account: may sign in around the organization's rules.
    pub is_breakglass: bool,
    /// MFA is on for this member.
    pub mfa_enrolled: bool,
    /// Phone for one-time codes; empty when there is none.
    pub mfa_phone_number: String,
    /// Whether the phone is verified.
    pub mfa_phone_number_verified: bool,
    /// `sms_otp` or `totp`; empty when none is set.
    pub default_mfa_method: String,
    /// Former e-mails that stay reserved.
    pub retired_email_addresses: Vec<RetiredEmail>,
    /// Metadata that only the backend writes.
    pub trusted_metadata: Map<String, Value>,
    /// Metadata that the member's own client may write.
    pub untrusted_metadata: Map<String, Value>,
}

/// The SCIM registration of a member: which connection it came by, and its SCIM User.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    /// The connection.
    pub connection_id: String,
    /// The registration's id.
    pub registration_id: String,
    /// The IdP's `externalId`.
    pub external_id: Option<String>,
    /// Whether the SCIM User is in service.
    pub active: bool,
    /// The SCIM User as stored, without `id`, `meta` and `groups`.
    pub resource: Value,
}

/// A member as its tables hold it.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the columns of `members`, under the names of the Member object
pub struct Member {
    pub member_id: String,
    pub organization_id: String,
    pub email_address: String,
    pub email_id: String,
    pub email_address_verified: bool,
    pub status: MemberStatus,
    pub name: String,
    pub external_id: Option<String>,
    pub profile: Profile,
    pub created_at: String,
    pub updated_at: String,
    pub registration: Option<Registration>,
}

const SELECT: &str = "SELECT m.member_id, m.organization_id, m.email, m.email_id, m.email_verified, m.status, m.name, \
    m.external_id, m.profile, m.created_at, m.updated_at, u.connection_id, u.registration_id, u.external_id, u.resource, u.active \
    FROM members m LEFT JOIN scim_users u ON u.member_id = m.member_id ";

impl Member {
    /// The member with this id, in whatever state.
    pub fn get(conn: &Connection, member_id: &str) -> Result<Option<Member>, StoreError> {
        Ok(Member::select(conn, "WHERE m.member_id = ?1", [member_id])?.pop())
    }

    /// The member of an organization that has this e-mail, in whatever state; upper and lower case are the same.
    pub fn by_email(conn: &Connection, organization_id: &str, email: &str) -> Result<Option<Member>, StoreError> {
        let fold = email.to_lowercase();
        Ok(Member::select(conn, "WHERE m.organization_id = ?1 AND m.email_fold = ?2", [organization_id, &fold])?.pop())
    }

    /// Members by the rest of a SELECT: `tail` follows the FROM clause, where `members` is `m` and `scim_users` is `u`.
    pub fn select(conn: &Connection, tail: &str, params: impl Params) -> Result<Vec<Member>, StoreError> {
        let mut statement = conn.prepare_cached(&format!("{SELECT}{tail}"))?;
        let mut rows = statement.query(params)?;
        let mut members = Vec::new();
        while let Some(row) = rows.next()? {
            members.push(Member::from_row(row)?);
        }
        Ok(members)
    }

    fn from_row(row: &Row) -> Result<Member, StoreError> {
        let damaged = |what| move |source| StoreError::Damaged { what, source };
        let registration = match row.get::<_, Option<String>>(11)? {
            None => None,
            Some(connection_id) => Some(Registration {
                connection_id,
                registration_id: row.get(12)?,
                external_id: row.get(13)?,
                active: row.get(15)?,
                resource: serde_json::from_str(row.get_ref(14)?.as_str().map_err(rusqlite::Error::from)?)
                    .map_err(damaged("SCIM user"))?,
            }),
        };
        Ok(Member {
            member_id: row.get(0)?,
            organization_id: row.get(1)?,
            email_address: row.get(2)?,
            email_id: row.get(3)?,
            email_address_verified: row.get(4)?,
            status: row.get(5)?,
            name: row.get(6)?,
            external_id: row.get(7)?,
            profile: serde_json::from_str(row.get_ref(8)?.as_str().map_err(rusqlite::Error::from)?)
                .map_err(damaged("member profile"))?,
            created_at: row.get(9)?,
            updated_at: row.get(10)?,
            registration,
        })
    }

    /// The Member object: what a read answers and an event embeds. Reads the member's roles and groups.
    pub fn to_json(&self, conn: &Connection) -> Result<Value, StoreError> {
        let roles = roles_of(conn, &self.member_id)?;
        let registration = match &self.registration {
            None => Value::Null,
            Some(registration) => json!({
                "connection_id": registration.connection_id,
                "registration_id": registration.registration_id,
                "external_id": registration.external_id,
                "scim_attributes": scim_attributes(conn, &self.member_id, registration)?,
            }),
        };
        let profile = &self.profile;
        Ok(json!({
            "organization_id": self.organization_id,
            "member_id": self.member_id,
            "email_address": self.email_address,
            "email_address_verified": self.email_address_verified,
            "status": self.status,
            "name": self.name,
            "external_id": self.external_id,
            "is_breakglass": profile.is_breakglass,
            "is_admin": roles.iter().any(|role| role.role_id == "stytch_admin"),
            "is_locked": false,
            "member_password_id": "",
            "totp_registration_id": "",
            "mfa_enrolled": profile.mfa_enrolled,
            "mfa_phone_number": profile.mfa_phone_number,
            "mfa_phone_number_verified": profile.mfa_phone_number_verified,
            "default_mfa_method": profile.default_mfa_method,
            "sso_registrations": sso::registrations(conn, &self.member_id)?,
            "oauth_registrations": [],
            "retired_email_addresses": profile.retired_email_addresses,
            "scim_registration": registration,
            "roles": roles.iter().map(MemberRole::to_json).collect::<Vec<_>>(),
            "trusted_metadata": profile.trusted_metadata,
            "untrusted_metadata": profile.untrusted_metadata,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }))
    }
}
