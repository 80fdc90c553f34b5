//! Delivery by poll (RFC 8936): the receiver says what it has, and gets what it has not.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde::Deserialize;

use crate::provider::store::{StoreError, Transaction};

/// The most tokens in one answer, and the number if the receiver names none.
pub const MOST: usize = 100;

/// The longest time that a poll waits for an event, when it may wait.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// The body of a poll (RFC 8936 section 2.2). Members that it does not know are ignored, as the RFC asks.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Poll {
    /// How many tokens at most; 0: none, it only acknowledges.
    pub max_events: Option<usize>,
    /// Whether to answer at once if there is none.
    pub return_immediately: bool,
    /// The `jti` of tokens that the receiver has.
    pub ack: Vec<String>,
    /// The `jti` of tokens that the receiver cannot use, and why.
    pub set_errs: BTreeMap<String, SetError>,
}

/// Why a receiver cannot use a token (RFC 8935 section 2.4).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SetError {
    /// A keyword.
    pub err: String,
    /// For people.
    pub description: String,
}

/// Notes what the receiver says of tokens that it got. What is not of this stream is passed over.
pub fn acknowledge(tx: &Transaction, stream_id: &str, poll: &Poll) -> Result<(), StoreError> {
    let mut delivered = tx.prepare_cached(
        "UPDATE security_events SET status = 'delivered', attempts = attempts + 1
         WHERE jti = ?2 AND stream_id = ?1 AND status = 'pending'",
    )?;
    for jti in &poll.ack {
        delivered.execute([stream_id, jti])?;
    }
    let mut failed = tx.prepare_cached(
        "UPDATE security_events SET status = 'failed', attempts = attempts + 1, last_error = ?3
         WHERE jti = ?2 AND stream_id = ?1 AND status = 'pending'",
    )?;
    for (jti, error) in &poll.set_errs {
        let why: String = format!("{}: {}", error.err, error.description).chars().take(500).collect();
        failed.execute([stream_id, jti, &why])?;
    }
    Ok(())
}

/// Up to `most` pending events of a stream, oldest first: `jti` and claims; and whether there are more.
pub fn pending(conn: &Connection, stream_id: &str, most: usize) -> Result<(Vec<(String, String)>, bool), StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT jti, claims FROM security_events WHERE stream_id = ?1 AND status = 'pending' ORDER BY seq LIMIT ?2",
    )?;
    let rows = statement.query_map(params![stream_id, most + 1], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut events: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
    let more = events.len() > most;
    events.truncate(most);
    Ok((events, more))
}
