//! SSO registrations: by which single sign-on connections a member has come, and the groups that each named the last time.
//!
//! They are among the factors of a member, and go with them when it is deactivated.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value, json};

use crate::provider::{
    ids,
    store::{StoreError, Transaction},
};

/// Notes that a member has come by a connection, with the groups that it named. Returns the registration's id, which stays
/// the same.
pub fn register(
    tx: &Transaction,
    member_id: &str,
    connection_id: &str,
    external_id: &str,
    groups: &[String],
) -> Result<String, StoreError> {
    let known: Option<String> = tx
        .prepare_cached("SELECT registration_id FROM sso_registrations WHERE member_id = ?1 AND connection_id = ?2")?
        .query_row([member_id, connection_id], |row| row.get(0))
        .optional()?;
    let registration_id = known.unwrap_or_else(|| ids::new_id("saml-member-registration"));
    tx.prepare_cached(
        "INSERT INTO sso_registrations (registration_id, member_id, connection_id, external_id, groups)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (member_id, connection_id) DO UPDATE SET external_id = ?4, groups = ?5",
    )?
    .execute(params![registration_id, member_id, connection_id, external_id, json!(groups).to_string()])?;
    Ok(registration_id)
}

/// `sso_registrations` of the Member object.
pub(super) fn registrations(conn: &Connection, member_id: &str) -> Result<Vec<Value>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT connection_id, external_id, registration_id, groups FROM sso_registrations
         WHERE member_id = ?1 ORDER BY connection_id",
    )?;
    let mut rows = statement.query([member_id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let groups: Value = serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)
            .map_err(|source| StoreError::Damaged { what: "groups of an SSO registration", source })?;
        found.push(json!({
            "connection_id": row.get::<_, String>(0)?,
            "external_id": row.get::<_, String>(1)?,
            "registration_id": row.get::<_, String>(2)?,
            "sso_attributes": {"groups": groups},
        }));
    }
    Ok(found)
}
