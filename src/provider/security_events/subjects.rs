//! Subjects that a receiver takes out of its stream and puts back (SSF 1.0 section 8.1.3). All subjects of the connection
//! are in a stream until they are taken out.

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::Value;

use super::{Signal, stream::Stream};
use crate::provider::store::{StoreError, Transaction};

impl Signal {
    /// The id of the resource that it is about: by this a subject is taken out.
    fn resource_id(&self) -> &str {
        match self {
            Signal::Scim { subject, .. } => &subject.id,
            Signal::SessionsRevoked { member_id, .. } => member_id,
        }
    }
}

/// Takes a subject out.
pub fn remove(tx: &Transaction, stream_id: &str, subject_id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR IGNORE INTO removed_event_subjects (stream_id, subject_id) VALUES (?1, ?2)")?
        .execute([stream_id, subject_id])?;
    Ok(())
}

/// Puts a subject back.
pub fn add(tx: &Transaction, stream_id: &str, subject_id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM removed_event_subjects WHERE stream_id = ?1 AND subject_id = ?2")?
        .execute([stream_id, subject_id])?;
    Ok(())
}

/// Whether the subject of a signal was taken out of a stream.
pub(super) fn is_removed(conn: &Connection, stream_id: &str, signal: &Signal) -> Result<bool, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT 1 FROM removed_event_subjects WHERE stream_id = ?1 AND subject_id = ?2")?;
    Ok(statement.exists([stream_id, signal.resource_id()])?)
}

/// The resource of the stream's connection that a subject identifier names (RFC 9493; format `scim` of RFC 9967). `None`:
/// there is none, or the format is not one by which resources are known here.
pub fn resolve(
    conn: &Connection,
    stream: &Stream,
    jwt_issuer: &str,
    subject: &Value,
) -> Result<Option<String>, StoreError> {
    let text = |name: &str| subject[name].as_str();
    match text("format") {
        Some("scim") => match (text("uri"), text("externalId")) {
            (Some(uri), _) => known(conn, stream, uri.rsplit('/').next().unwrap_or_default()),
            (None, Some(external_id)) => by_external_id(conn, stream, external_id),
            (None, None) => Ok(None),
        },
        Some("iss_sub") if text("iss") == Some(jwt_issuer) => known(conn, stream, text("sub").unwrap_or_default()),
        Some("opaque") => known(conn, stream, text("id").unwrap_or_default()),
        Some("email") => by_email(conn, stream, text("email").unwrap_or_default()),
        Some("complex") => {
            let tenant = &subject["tenant"];
            if subject["user"]["format"] == "complex" || !(tenant.is_null() || tenant["id"] == stream.organization_id) {
                return Ok(None);
            }
            resolve(conn, stream, jwt_issuer, &subject["user"])
        }
        _ => Ok(None),
    }
}

fn first(conn: &Connection, sql: &str, stream: &Stream, value: &str) -> Result<Option<String>, StoreError> {
    Ok(conn.prepare_cached(sql)?.query_row([&stream.connection_id, value], |row| row.get(0)).optional()?)
}

fn known(conn: &Connection, stream: &Stream, id: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT member_id FROM scim_users WHERE connection_id = ?1 AND member_id = ?2
         UNION ALL SELECT group_id FROM scim_groups WHERE connection_id = ?1 AND group_id = ?2
         UNION ALL SELECT resource_id FROM scim_resources WHERE connection_id = ?1 AND resource_id = ?2 LIMIT 1";
    first(conn, sql, stream, id)
}

fn by_external_id(conn: &Connection, stream: &Stream, external_id: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT member_id FROM scim_users WHERE connection_id = ?1 AND external_id = ?2
         UNION ALL SELECT group_id FROM scim_groups WHERE connection_id = ?1 AND external_id = ?2 LIMIT 1";
    first(conn, sql, stream, external_id)
}

fn by_email(conn: &Connection, stream: &Stream, email: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT m.member_id FROM members m JOIN scim_users u USING (member_id)
         WHERE u.connection_id = ?1 AND m.email_fold = ?2 LIMIT 1";
    first(conn, sql, stream, &email.to_lowercase())
}
