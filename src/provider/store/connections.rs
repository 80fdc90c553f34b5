//! Rows of `scim_connections`, as far as a SCIM request needs them.

use rusqlite::{Connection, OptionalExtension as _, params};
use time::OffsetDateTime;

use super::StoreError;
use crate::provider::{
    clock,
    effects::{Policies, RotatingTokens},
    ids,
};

/// What decides whether a token opens a connection.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The organization that the connection belongs to.
    pub organization_id: String,
    /// Hash of the token, and when it expires.
    pub token: (Vec<u8>, String),
    /// The same of the next token, while a rotation is open.
    pub next_token: Option<(Vec<u8>, String)>,
}

/// The gate of an active connection; `None` for a deleted or unknown one.
pub fn gate(conn: &Connection, connection_id: &str) -> Result<Option<Gate>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT organization_id, token_hash, token_expires_at, next_token_hash, next_token_expires_at
         FROM scim_connections WHERE connection_id = ?1 AND status = 'active'",
    )?;
    let gate = statement
        .query_row([connection_id], |row| {
            let next: Option<Vec<u8>> = row.get(3)?;
            Ok(Gate {
                organization_id: row.get(0)?,
                token: (row.get(1)?, row.get(2)?),
                next_token: next.map(|hash| Ok::<_, rusqlite::Error>((hash, row.get(4)?))).transpose()?,
            })
        })
        .optional()?;
    Ok(gate)
}

/// The active connection that a token opens, and its organization. The look-up by hash gives away nothing: whoever can time
/// it does not know the hash of the token he is after.
pub fn opened_by(conn: &Connection, token: &str, now: OffsetDateTime) -> Result<Option<(String, String)>, StoreError> {
    let (hash, now) = (ids::hash(token), clock::text(now));
    let mut current = conn.prepare_cached(
        "SELECT connection_id, organization_id FROM scim_connections
         WHERE token_hash = ?1 AND status = 'active' AND token_expires_at > ?2",
    )?;
    let columns = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?));
    if let Some(found) = current.query_row(params![hash, now], columns).optional()? {
        return Ok(Some(found));
    }
    let mut next = conn.prepare_cached(
        "SELECT connection_id, organization_id FROM scim_connections
         WHERE next_token_hash = ?1 AND status = 'active' AND next_token_expires_at > ?2",
    )?;
    let Some((connection_id, organization_id)) = next.query_row(params![hash, now], columns).optional()? else {
        return Ok(None);
    };
    let opens = Policies::of(conn, &organization_id)?.rotating_tokens == RotatingTokens::Both;
    Ok(opens.then_some((connection_id, organization_id)))
}
