//! What a seed says and no call can: tokens and secrets that are known before, and that an address is verified. All of
//! them go where the calls put theirs, as hashes.

use rusqlite::params;
use time::OffsetDateTime;

use crate::provider::{
    clock, ids,
    store::{StoreError, Transaction, members},
    webhook::signature::Secret,
};

/// The shortest token or secret that a file may give: what is stored is a plain hash of it, which short ones do not
/// survive.
const LEAST: usize = 16;

/// Refuses what cannot travel in a header or is guessed in no time.
pub(super) fn check(secret: &str) -> Result<(), String> {
    if secret.len() < LEAST {
        return Err(format!("is shorter than {LEAST} characters; leave it out to have one made"));
    }
    match secret.chars().find(|c| !c.is_ascii_graphic()) {
        Some(c) => Err(format!("contains {c:?}; use visible ASCII characters without spaces")),
        None => Ok(()),
    }
}

/// Refuses what is no webhook secret.
pub(super) fn check_webhook(secret: &str) -> Result<(), String> {
    Secret::parse(secret).map(drop).map_err(|error| error.to_string())
}

pub(super) fn connection_token(tx: &Transaction, connection_id: &str, token: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE scim_connections SET token_hash = ?2, token_last_four = ?3 WHERE connection_id = ?1",
        params![connection_id, ids::hash(token), ids::last_four(token)],
    )?;
    Ok(())
}

/// Whether a token opens a connection now.
pub(super) fn opens(
    conn: &rusqlite::Connection,
    connection_id: &str,
    token: &str,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let gate = crate::provider::store::connections::gate(conn, connection_id)?;
    let offered = ids::hash(token);
    let opens = |(hash, end): &(Vec<u8>, OffsetDateTime)| ids::same_hash(hash, &offered) && *end > now;
    Ok(gate.is_some_and(|gate| opens(&gate.token) || gate.next_token.as_ref().is_some_and(opens)))
}

pub(super) fn session_token(tx: &Transaction, member_session_id: &str, token: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE sessions SET token_hash = ?2 WHERE member_session_id = ?1",
        params![member_session_id, ids::hash(token)],
    )?;
    Ok(())
}

pub(super) fn webhook_secret(tx: &Transaction, endpoint_id: &str, secret: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE webhook_endpoints SET secret = ?2 WHERE endpoint_id = ?1", [endpoint_id, secret])?;
    Ok(())
}

/// Adds a secret of the management API; one that is there already is left.
pub(super) fn project_secret(tx: &Transaction, name: &str, secret: &str, at: OffsetDateTime) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO project_secrets (secret_id, secret_hash, last_four, created_at, name) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (secret_hash) DO NOTHING",
        params![ids::new_id("secret"), ids::hash(secret), ids::last_four(secret), clock::text(at), name],
    )?;
    Ok(())
}

pub(super) fn verified(tx: &Transaction, member_id: &str, at: OffsetDateTime) -> Result<(), StoreError> {
    members::edit(tx, member_id, &members::MemberEdit { email_verified: Some(true), ..Default::default() }, at)
}

/// Which organization is being made, so that one that a kill left half made can be told from a whole one.
const UNDER_WAY: &str = "seeding";

pub(super) fn begin(tx: &Transaction, slug: &str) -> Result<(), StoreError> {
    tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", [UNDER_WAY, slug])?;
    Ok(())
}

pub(super) fn end(tx: &Transaction) -> Result<(), StoreError> {
    tx.execute("DELETE FROM meta WHERE key = ?1", [UNDER_WAY])?;
    Ok(())
}

/// The organization that was being made when the last run ended.
pub(super) fn half_made(conn: &rusqlite::Connection) -> Result<Option<String>, StoreError> {
    use rusqlite::OptionalExtension as _;
    Ok(conn.query_row("SELECT value FROM meta WHERE key = ?1", [UNDER_WAY], |row| row.get(0)).optional()?)
}
