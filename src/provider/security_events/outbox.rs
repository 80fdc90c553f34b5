//! Writes signals into the streams that want them, in the transaction of the change.

use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::{Signal, stream::wants, subjects, uri};
use crate::provider::{
    clock,
    effects::Origin,
    session::jwt,
    store::{StoreError, Transaction},
};

/// How many events a stream holds for a receiver that is paused or does not come; the oldest go first. SSF 1.0
/// section 8.1.2 lets a transmitter drop held events.
pub const HELD: i64 = 10_000;

/// After so many rows it is looked whether a stream holds too many.
const TRIM_EVERY: i64 = 256;

/// Whether any stream of the organization is open. Asked before the pains of describing a change are taken.
pub fn is_heard(conn: &Connection, organization_id: &str) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT 1 FROM event_streams WHERE organization_id = ?1 AND closed_at IS NULL AND status <> 'disabled'",
    )?;
    Ok(statement.exists([organization_id])?)
}

/// Whether any open stream of the organization carries that event type.
pub fn is_wanted(conn: &Connection, organization_id: &str, event_type: &str) -> Result<bool, StoreError> {
    Ok(listeners(conn, organization_id)?.iter().any(|(_, requested)| wants(requested.as_deref(), event_type)))
}

type Listener = (String, Option<String>);

fn listeners(conn: &Connection, organization_id: &str) -> Result<Vec<Listener>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT stream_id, events_requested FROM event_streams
         WHERE organization_id = ?1 AND closed_at IS NULL AND status <> 'disabled' ORDER BY stream_id",
    )?;
    let rows = statement.query_map([organization_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes a signal: one row for each stream that wants it. A disabled stream hears nothing, and nothing is kept for it.
pub fn write(tx: &Transaction, origin: &Origin, signal: &Signal) -> Result<(), StoreError> {
    for (stream_id, requested) in listeners(tx, &origin.organization_id)? {
        if subjects::is_removed(tx, &stream_id, signal)? {
            continue;
        }
        let at = origin.at.unix_timestamp();
        let wanted = |uri: &str| wants(requested.as_deref(), uri);
        let Some((uri, payload)) = signal.event(wanted, at, origin.source.initiating_entity()) else { continue };
        let mut events = Map::new();
        events.insert(uri.to_owned(), payload);
        let claims = json!({
            "txn": origin.txn,
            "sub_id": signal.sub_id(&jwt::issuer(&origin.project_id), &origin.organization_id),
            "events": events,
        });
        insert(tx, &stream_id, claims, origin.at)?;
    }
    Ok(())
}

/// Writes a verification event (SSF 1.0 section 8.1.4.1).
pub fn verify(tx: &Transaction, stream_id: &str, state: Option<&str>, at: OffsetDateTime) -> Result<(), StoreError> {
    let payload = state.map_or_else(|| json!({}), |state| json!({"state": state}));
    about_stream(tx, stream_id, uri::VERIFICATION, payload, at)
}

/// Tells every open stream of a connection that it ends, and ends it: what is pending goes out, nothing new comes in.
pub fn close(tx: &Transaction, connection_id: &str, at: OffsetDateTime) -> Result<(), StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT stream_id FROM event_streams WHERE connection_id = ?1 AND closed_at IS NULL")?;
    let streams: Vec<String> = statement.query_map([connection_id], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for stream_id in streams {
        let payload = json!({"status": "disabled", "reason": "the SCIM connection was deleted"});
        about_stream(tx, &stream_id, uri::STREAM_UPDATED, payload, at)?;
        tx.prepare_cached("UPDATE event_streams SET closed_at = ?2 WHERE stream_id = ?1")?
            .execute([&stream_id, &clock::text(at)])?;
    }
    Ok(())
}

/// An event whose subject is the stream itself.
fn about_stream(
    tx: &Transaction,
    stream_id: &str,
    uri: &str,
    payload: Value,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let claims = json!({
        "txn": new_txn(),
        "sub_id": {"format": "opaque", "id": stream_id},
        "events": {uri: payload},
    });
    insert(tx, stream_id, claims, at)
}

/// A new transaction id, for `txn`.
#[must_use]
pub fn new_txn() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

fn insert(tx: &Transaction, stream_id: &str, mut claims: Value, at: OffsetDateTime) -> Result<(), StoreError> {
    let jti = uuid::Uuid::now_v7().simple().to_string();
    claims["jti"] = jti.as_str().into();
    claims["iat"] = at.unix_timestamp().into();
    let now = clock::text(at);
    tx.prepare_cached(
        "INSERT INTO security_events (jti, stream_id, claims, status, next_attempt_at, created_at)
         VALUES (?1, ?2, ?3, 'pending', ?4, ?4)",
    )?
    .execute(params![jti, stream_id, claims.to_string(), now])?;
    if tx.last_insert_rowid() % TRIM_EVERY == 0 {
        trim(tx, stream_id)?;
    }
    Ok(())
}

/// Drops the oldest events of a stream that holds too many.
fn trim(tx: &Transaction, stream_id: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "DELETE FROM security_events WHERE stream_id = ?1 AND status = 'pending' AND seq <= (
           SELECT seq FROM security_events WHERE stream_id = ?1 AND status = 'pending' ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute(params![stream_id, HELD])?;
    Ok(())
}
