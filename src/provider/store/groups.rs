//! Rows of `scim_groups` and `scim_group_members`: the SCIM Groups of a connection.
//!
//! Members have a table of their own, so that a change of one member of a very large group touches one row, and reading
//! a group without its members reads none.

use std::{collections::HashMap, sync::OnceLock};

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;
use time::OffsetDateTime;

use super::{StoreError, Transaction, rows::Table};
use crate::{
    provider::{clock, ids},
    scim::text,
};

/// The table. The members of a Group stand in another.
pub static TABLE: Table = Table {
    from: "scim_groups g",
    id: "g.group_id",
    type_: "'Group'",
    active: "1",
    derived: "1",
    what: "SCIM group",
    by_id: OnceLock::new(),
};

/// What a membership points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberType {
    /// A User.
    User,
    /// A nested Group.
    Group,
    /// A resource of the type of that name.
    Other(String),
    /// Nothing that the connection has: the id dangles, and grants nothing.
    Nothing,
}

impl MemberType {
    /// As it stands in `members.type`; `None` for what is not there.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            MemberType::User => Some("User"),
            MemberType::Group => Some("Group"),
            MemberType::Other(name) => Some(name),
            MemberType::Nothing => None,
        }
    }
}

impl MemberType {
    /// Whether it is a User or a Group, whose membership means something.
    #[must_use]
    pub fn in_directory(&self) -> bool {
        matches!(self, MemberType::User | MemberType::Group)
    }
}

/// One member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The member's SCIM id.
    pub value: String,
    /// User or Group.
    pub type_: MemberType,
    /// What to call it.
    pub display: Option<String>,
}

impl Membership {
    fn from_row(row: &Row) -> rusqlite::Result<Membership> {
        let type_ = match row.get_ref(1)?.as_str_or_null()? {
            Some("Group") => MemberType::Group,
            Some("User") => MemberType::User,
            Some(name) => MemberType::Other(name.to_owned()),
            None => MemberType::Nothing,
        };
        Ok(Membership { value: row.get(0)?, type_, display: row.get(2)? })
    }
}

/// Makes the row of a group, without members. Returns its id.
pub fn insert(
    tx: &Transaction,
    connection_id: &str,
    organization_id: &str,
    resource: &Value,
    at: OffsetDateTime,
) -> Result<String, StoreError> {
    let group_id = ids::new_id("scim-group");
    let name = resource["displayName"].as_str().unwrap_or_default();
    tx.prepare_cached(
        "INSERT INTO scim_groups (group_id, connection_id, organization_id, display_name, display_name_fold,
           external_id, resource, version, created_at, last_modified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?8)",
    )?
    .execute(params![
        group_id,
        connection_id,
        organization_id,
        name,
        text::fold(name),
        resource["externalId"].as_str().map(text::exact),
        resource.to_string(),
        clock::text(at),
    ])?;
    Ok(group_id)
}

/// Writes a changed resource over the old one, as a new version.
pub fn replace(tx: &Transaction, group_id: &str, resource: &Value, at: OffsetDateTime) -> Result<(), StoreError> {
    let name = resource["displayName"].as_str().unwrap_or_default();
    tx.prepare_cached(
        "UPDATE scim_groups SET display_name = ?2, display_name_fold = ?3, external_id = ?4, resource = ?5,
           version = version + 1, last_modified = ?6 WHERE group_id = ?1",
    )?
    .execute(params![
        group_id,
        name,
        text::fold(name),
        resource["externalId"].as_str().map(text::exact),
        resource.to_string(),
        clock::text(at),
    ])?;
    Ok(())
}

/// Counts a change of membership as a new version of the group.
pub fn touch(tx: &Transaction, group_id: &str, at: OffsetDateTime) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE scim_groups SET version = version + 1, last_modified = ?2 WHERE group_id = ?1")?
        .execute(params![group_id, clock::text(at)])?;
    Ok(())
}

/// Takes a User or a Group out of all groups that it is in itself: each of them is a new version.
pub fn forget(tx: &Transaction, id: &str, at: OffsetDateTime) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE scim_groups SET version = version + 1, last_modified = ?2
         WHERE group_id IN (SELECT group_id FROM scim_group_members WHERE value = ?1)",
    )?
    .execute(params![id, clock::text(at)])?;
    tx.prepare_cached("DELETE FROM scim_group_members WHERE value = ?1")?.execute([id])?;
    Ok(())
}

/// Whether another group of the connection has that display name, in any case.
pub fn name_taken(
    conn: &Connection,
    connection_id: &str,
    name: &str,
    by_other_than: Option<&str>,
) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT 1 FROM scim_groups WHERE connection_id = ?1 AND display_name_fold = ?2 AND group_id IS NOT ?3",
    )?;
    Ok(statement.exists(params![connection_id, text::fold(name), by_other_than])?)
}

/// The name of a group, if the connection has it.
pub fn label(conn: &Connection, connection_id: &str, group_id: &str) -> Result<Option<String>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT display_name FROM scim_groups WHERE group_id = ?2 AND connection_id = ?1")?;
    Ok(statement.query_row([connection_id, group_id], |row| row.get(0)).optional()?)
}

/// The members of a group: Users and Groups in the order of their ids, and then the others.
pub fn members(conn: &Connection, group_id: &str) -> Result<Vec<Membership>, StoreError> {
    // Two statements, each in the order of its key: one over both tables would have to sort.
    let mut members = Vec::new();
    for sql in [
        "SELECT value, type, display FROM scim_group_members WHERE group_id = ?1 ORDER BY value",
        "SELECT value, type, display FROM scim_other_members WHERE group_id = ?1 ORDER BY value_fold",
    ] {
        let mut statement = conn.prepare_cached(sql)?;
        for member in statement.query_map([group_id], Membership::from_row)? {
            members.push(member?);
        }
    }
    Ok(members)
}

/// Whether a group has more than so many members.
pub fn larger_than(conn: &Connection, group_id: &str, members: u32) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT 1 FROM scim_group_members WHERE group_id = ?1
         UNION ALL SELECT 1 FROM scim_other_members WHERE group_id = ?1 LIMIT 1 OFFSET ?2",
    )?;
    Ok(statement.exists(params![group_id, members])?)
}

/// One member of a group, by the folded id.
pub fn member(conn: &Connection, group_id: &str, value: &str) -> Result<Option<Membership>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT value, type, display FROM scim_group_members WHERE group_id = ?1 AND value = ?2
             UNION ALL SELECT value, type, display FROM scim_other_members WHERE group_id = ?1 AND value_fold = ?2",
    )?;
    Ok(statement.query_row([group_id, value], Membership::from_row).optional()?)
}

/// Adds a member; one that is there already is left as it is.
pub fn add(tx: &Transaction, group_id: &str, member: &Membership) -> Result<(), StoreError> {
    if !member.type_.in_directory() {
        tx.prepare_cached(
            "INSERT OR IGNORE INTO scim_other_members (group_id, value_fold, value, type, display) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![group_id, text::fold(&member.value), member.value, member.type_.as_str(), member.display])?;
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT OR IGNORE INTO scim_group_members (group_id, value, type, display) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![group_id, member.value, member.type_.as_str(), member.display])?;
    // SQLite does not tell of writes to this table, which has no row ids.
    tx.touch_user(&member.value);
    Ok(())
}

/// Removes a member, by the folded id.
pub fn remove(tx: &Transaction, group_id: &str, member: &Membership) -> Result<(), StoreError> {
    let sql = if member.type_.in_directory() {
        "DELETE FROM scim_group_members WHERE group_id = ?1 AND value = ?2"
    } else {
        "DELETE FROM scim_other_members WHERE group_id = ?1 AND value_fold = ?2"
    };
    tx.prepare_cached(sql)?.execute([group_id, &text::fold(&member.value)])?;
    Ok(())
}

/// The members of a group, by the folded id.
pub fn members_by_value(conn: &Connection, group_id: &str) -> Result<HashMap<String, Membership>, StoreError> {
    let members = members(conn, group_id)?.into_iter();
    Ok(members.map(|member| (text::fold(&member.value).into_owned(), member)).collect())
}
