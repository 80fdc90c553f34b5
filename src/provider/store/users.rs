//! Rows of `scim_users` and `scim_user_emails`: the SCIM Users of a connection.
//!
//! The resource is stored as it was accepted, without `id`, `meta`, `groups` and `password`; what is looked up by an
//! indexed filter stands beside it in columns, folded as `scim::text` compares it, so that an index and the evaluator
//! of filters find the same rows.

use std::sync::OnceLock;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;
use time::OffsetDateTime;

use super::{
    StoreError, Transaction, groups,
    rows::{Stored, Table},
};
use crate::{
    provider::{clock, ids},
    scim::text,
};

/// The table. A User that is in no group has nothing to be looked up beside it.
pub static TABLE: Table = Table {
    from: "scim_users u",
    id: "u.member_id",
    type_: "'User'",
    active: "u.active",
    derived: "EXISTS (SELECT 1 FROM scim_group_members m WHERE m.value = u.member_id)",
    what: "SCIM user",
    by_id: OnceLock::new(),
};

/// The rest of a SELECT of the User of a connection that has a folded name: there is one or none.
pub const BY_NAME: &str = "WHERE connection_id = ?1 AND u.user_name_fold = ?2";

/// The indexed columns of a resource.
struct Keys<'r> {
    user_name: &'r str,
    user_name_fold: String,
    external_id: Option<String>,
    display_name_fold: Option<String>,
    active: bool,
}

/// `active` is what holds where the resource does not say.
fn keys(resource: &Value, active: bool) -> Keys<'_> {
    let user_name = resource["userName"].as_str().unwrap_or_default();
    Keys {
        user_name,
        user_name_fold: text::fold(user_name).into_owned(),
        external_id: resource["externalId"].as_str().map(|id| text::exact(id).into_owned()),
        display_name_fold: resource["displayName"].as_str().map(|name| text::fold(name).into_owned()),
        active: resource["active"].as_bool().unwrap_or(active),
    }
}

/// Gives a member its SCIM User. Fails with a violated UNIQUE constraint if the userName is taken in the connection.
pub fn insert(
    tx: &Transaction,
    connection_id: &str,
    member_id: &str,
    resource: &Value,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let keys = keys(resource, true);
    tx.prepare_cached(
        "INSERT INTO scim_users (member_id, connection_id, registration_id, user_name, user_name_fold, external_id,
           display_name_fold, active, resource, version, created_at, last_modified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10, ?10)",
    )?
    .execute(params![
        member_id,
        connection_id,
        ids::new_id("scim-member-registration"),
        keys.user_name,
        keys.user_name_fold,
        keys.external_id,
        keys.display_name_fold,
        keys.active,
        resource.to_string(),
        clock::text(at),
    ])?;
    write_emails(tx, connection_id, member_id, resource)
}

/// Writes a changed resource over the old one, as a new version. Fails as [`insert`] does.
pub fn replace(
    tx: &Transaction,
    connection_id: &str,
    before: &Stored,
    resource: &Value,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let keys = keys(resource, before.active);
    tx.prepare_cached(
        "UPDATE scim_users SET user_name = ?2, user_name_fold = ?3, external_id = ?4, display_name_fold = ?5,
           active = ?6, resource = ?7, version = version + 1, last_modified = ?8 WHERE member_id = ?1",
    )?
    .execute(params![
        before.id,
        keys.user_name,
        keys.user_name_fold,
        keys.external_id,
        keys.display_name_fold,
        keys.active,
        resource.to_string(),
        clock::text(at),
    ])?;
    if before.resource["emails"] != resource["emails"] {
        tx.prepare_cached("DELETE FROM scim_user_emails WHERE member_id = ?1")?.execute([&before.id])?;
        write_emails(tx, connection_id, &before.id, resource)?;
    }
    Ok(())
}

fn write_emails(tx: &Transaction, connection_id: &str, member_id: &str, resource: &Value) -> Result<(), StoreError> {
    for (place, email) in (0_i64..).zip(resource["emails"].as_array().map_or(&[][..], Vec::as_slice)) {
        let Some(value) = email["value"].as_str() else { continue };
        let type_ = email["type"].as_str().map(text::fold);
        tx.prepare_cached(
            "INSERT INTO scim_user_emails (member_id, place, connection_id, value_fold, type_fold)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![member_id, place, connection_id, text::fold(value), type_])?;
    }
    Ok(())
}

/// Removes the SCIM User, its e-mails and its memberships, which changes the groups that it was in. The member stays.
pub fn delete(tx: &Transaction, member_id: &str, at: OffsetDateTime) -> Result<(), StoreError> {
    groups::forget(tx, member_id, at)?;
    tx.prepare_cached("DELETE FROM scim_users WHERE member_id = ?1")?.execute([member_id])?;
    Ok(())
}

/// Whether the connection has a User of that userName, in any case.
pub fn user_name_taken(conn: &Connection, connection_id: &str, user_name: &str) -> Result<bool, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT 1 FROM scim_users WHERE connection_id = ?1 AND user_name_fold = ?2")?;
    Ok(statement.exists(params![connection_id, text::fold(user_name)])?)
}

/// A group that a user is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOf {
    /// The group.
    pub group_id: String,
    /// Its name.
    pub display: String,
    /// Whether the user itself is a member, rather than a group that it is in.
    pub direct: bool,
}

/// The groups of a user, direct ones first.
pub fn groups_of(conn: &Connection, member_id: &str) -> Result<Vec<GroupOf>, StoreError> {
    let mut statement = conn.prepare_cached(
        "WITH RECURSIVE around (group_id) AS (
           SELECT group_id FROM scim_group_members WHERE value = ?1
           UNION SELECT outer_.group_id FROM around JOIN scim_group_members outer_ ON outer_.value = around.group_id
         )
         SELECT g.group_id, g.display_name,
           EXISTS (SELECT 1 FROM scim_group_members d WHERE d.group_id = g.group_id AND d.value = ?1) AS direct
         FROM around JOIN scim_groups g USING (group_id) ORDER BY direct DESC, g.group_id",
    )?;
    let groups = statement
        .query_map([member_id], |row| Ok(GroupOf { group_id: row.get(0)?, display: row.get(1)?, direct: row.get(2)? }))?
        .collect::<Result<_, _>>()?;
    Ok(groups)
}

/// What to call a member of a group: its displayName, else its userName. `None` if the connection has no such User.
pub fn label(conn: &Connection, connection_id: &str, member_id: &str) -> Result<Option<String>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT coalesce(json_extract(resource, '$.displayName'), user_name) FROM scim_users
         WHERE member_id = ?2 AND connection_id = ?1",
    )?;
    Ok(statement.query_row([connection_id, member_id], |row| row.get(0)).optional()?)
}
