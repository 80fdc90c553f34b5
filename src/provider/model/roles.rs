//! The roles of a member, computed from their sources whenever they are asked for
//! (<https://stytch.com/docs/multi-tenant-auth/enterprise-ready/rbac/assigning-roles-to-members>).
//!
//! Sources add up; a role is held as long as one of its sources holds, and a deactivated member holds none. Because
//! nothing is stored but the sources themselves, a role can never outlive the group, the domain or the assignment that
//! gave it.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::MemberStatus;
use crate::provider::store::StoreError;

/// The role that every live member holds.
pub const EVERY_MEMBER: &str = "stytch_member";

/// Why a member holds a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleSource {
    /// Given by name.
    Direct,
    /// The organization gives it to everybody with an e-mail of this domain.
    EmailDomain {
        /// The domain, lower case.
        domain: String,
    },
    /// The single sign-on connection gives it to who comes by it.
    SsoConnection {
        /// The connection.
        connection_id: String,
    },
    /// The single sign-on connection gives it to who is in this group there.
    SsoGroup {
        /// The connection.
        connection_id: String,
        /// The group's name.
        group: String,
    },
    /// The SCIM connection gives it to the members of this group.
    ScimGroup {
        /// The connection.
        connection_id: String,
        /// The group.
        group_id: String,
    },
}

impl RoleSource {
    /// As the API shows it: `{type, details}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            RoleSource::Direct => json!({"type": "direct_assignment", "details": {}}),
            RoleSource::EmailDomain { domain } => {
                json!({"type": "email_assignment", "details": {"email_domain": domain}})
            }
            RoleSource::SsoConnection { connection_id } => {
                json!({"type": "sso_connection", "details": {"connection_id": connection_id}})
            }
            RoleSource::SsoGroup { connection_id, group } => json!({
                "type": "sso_connection_group",
                "details": {"connection_id": connection_id, "group": group}
            }),
            RoleSource::ScimGroup { connection_id, group_id } => json!({
                "type": "scim_connection_group",
                "details": {"connection_id": connection_id, "group_id": group_id}
            }),
        }
    }

    /// The single sign-on connection behind it: only in sessions that began with it the role counts.
    #[must_use]
    pub fn sso_connection(&self) -> Option<&str> {
        match self {
            RoleSource::SsoConnection { connection_id } | RoleSource::SsoGroup { connection_id, .. } => {
                Some(connection_id)
            }
            RoleSource::Direct | RoleSource::EmailDomain { .. } | RoleSource::ScimGroup { .. } => None,
        }
    }
}

/// A role that a member holds, with every reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRole {
    /// The role.
    pub role_id: String,
    /// Why; never empty.
    pub sources: Vec<RoleSource>,
}

impl MemberRole {
    /// As the API shows it: `{role_id, sources}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "role_id": self.role_id,
            "sources": self.sources.iter().map(RoleSource::to_json).collect::<Vec<_>>(),
        })
    }
}

/// The roles of a member, `stytch_member` first, then by the order in which their sources are listed. Empty for a
/// deactivated or unknown member.
///
/// A member of a nested group is a member of the groups around it (RFC 7643 section 4.1.2 `groups`: direct and indirect).
pub fn roles_of(conn: &Connection, member_id: &str) -> Result<Vec<MemberRole>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT m.status, m.email_fold, json_extract(o.settings, '$.rbac_email_implicit_role_assignments')
         FROM members m JOIN organizations o USING (organization_id) WHERE m.member_id = ?1",
    )?;
    let mut rows = statement.query([member_id])?;
    let Some(row) = rows.next()? else { return Ok(Vec::new()) };
    if row.get::<_, MemberStatus>(0)? == MemberStatus::Deleted {
        return Ok(Vec::new());
    }
    let email: String = row.get(1)?;
    let by_domain: Option<String> = row.get(2)?;

    let mut roles = vec![MemberRole { role_id: EVERY_MEMBER.to_owned(), sources: vec![RoleSource::Direct] }];
    explicit(conn, member_id, &mut roles)?;
    if let Some(assignments) = by_domain {
        domain(&email, &assignments, &mut roles)?;
    }
    single_sign_on(conn, member_id, &mut roles)?;
    groups(conn, member_id, &mut roles)?;
    Ok(roles)
}

fn grant(roles: &mut Vec<MemberRole>, role_id: String, source: RoleSource) {
    match roles.iter_mut().find(|role| role.role_id == role_id) {
        Some(role) if !role.sources.contains(&source) => role.sources.push(source),
        Some(_) => {}
        None => roles.push(MemberRole { role_id, sources: vec![source] }),
    }
}

fn explicit(conn: &Connection, member_id: &str, roles: &mut Vec<MemberRole>) -> Result<(), StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT role_id FROM explicit_roles WHERE member_id = ?1 ORDER BY role_id")?;
    let mut rows = statement.query([member_id])?;
    while let Some(row) = rows.next()? {
        grant(roles, row.get(0)?, RoleSource::Direct);
    }
    Ok(())
}

fn domain(email: &str, assignments: &str, roles: &mut Vec<MemberRole>) -> Result<(), StoreError> {
    let Some((_, own)) = email.rsplit_once('@') else { return Ok(()) };
    let assignments: Vec<Value> = serde_json::from_str(assignments)
        .map_err(|source| StoreError::Damaged { what: "e-mail role assignments", source })?;
    for assignment in &assignments {
        let (Some(of), Some(role)) = (assignment["domain"].as_str(), assignment["role_id"].as_str()) else { continue };
        if of.eq_ignore_ascii_case(own) {
            grant(roles, role.to_owned(), RoleSource::EmailDomain { domain: own.to_owned() });
        }
    }
    Ok(())
}

fn single_sign_on(conn: &Connection, member_id: &str, roles: &mut Vec<MemberRole>) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT a.role_id, a.connection_id, a.group_name
         FROM sso_registrations r JOIN sso_role_assignments a USING (connection_id)
         WHERE r.member_id = ?1 AND (a.group_name = '' OR a.group_name IN (SELECT value FROM json_each(r.groups)))
         ORDER BY a.connection_id, a.group_name, a.role_id",
    )?;
    let mut rows = statement.query([member_id])?;
    while let Some(row) = rows.next()? {
        let (connection_id, group): (String, String) = (row.get(1)?, row.get(2)?);
        let source = if group.is_empty() {
            RoleSource::SsoConnection { connection_id }
        } else {
            RoleSource::SsoGroup { connection_id, group }
        };
        grant(roles, row.get(0)?, source);
    }
    Ok(())
}

fn groups(conn: &Connection, member_id: &str, roles: &mut Vec<MemberRole>) -> Result<(), StoreError> {
    // UNION, not UNION ALL: a cycle of groups ends when it comes to a group that it has seen.
    let mut statement = conn.prepare_cached(
        "WITH RECURSIVE around (group_id) AS (
           SELECT group_id FROM scim_group_members WHERE value = ?1
           UNION SELECT outer_.group_id FROM around JOIN scim_group_members outer_ ON outer_.value = around.group_id
         )
         SELECT a.role_id, a.connection_id, a.group_id
         FROM around JOIN group_role_assignments a USING (group_id) ORDER BY a.role_id, a.group_id",
    )?;
    let mut rows = statement.query([member_id])?;
    while let Some(row) = rows.next()? {
        let source = RoleSource::ScimGroup { connection_id: row.get(1)?, group_id: row.get(2)? };
        grant(roles, row.get(0)?, source);
    }
    Ok(())
}
