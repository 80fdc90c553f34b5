//! The delivery log: what was sent where, how often it was tried and what came back; and replay.

use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::provider::{
    clock,
    store::{StoreError, Transaction},
};

/// Which deliveries to show. All that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of one organization.
    pub organization_id: Option<String>,
    /// To one endpoint.
    pub endpoint_id: Option<String>,
    /// `pending`, `delivered` or `failed`.
    pub status: Option<String>,
    /// Of one event.
    pub event_id: Option<String>,
    /// Later than this entry of the log: the cursor.
    pub after: i64,
}

const SELECT: &str = "SELECT d.delivery_id, d.rowid, d.endpoint_id, d.organization_id, d.status, d.attempts, \
    d.next_attempt_at, d.last_status, d.last_error, d.delivered_at, o.event_id, o.event_type, o.payload, o.created_at \
    FROM deliveries d JOIN outbox o ON o.seq = d.seq ";

fn to_json(row: &Row) -> rusqlite::Result<Value> {
    let status: String = row.get(4)?;
    let payload: String = row.get(12)?;
    let next: String = row.get(6)?;
    Ok(json!({
        "delivery_id": row.get::<_, String>(0)?,
        "log_id": row.get::<_, i64>(1)?,
        "event_id": row.get::<_, String>(10)?,
        "event_type": row.get::<_, String>(11)?,
        "endpoint_id": row.get::<_, String>(2)?,
        "organization_id": row.get::<_, String>(3)?,
        "attempts": row.get::<_, i64>(5)?,
        "next_attempt_at": (status == "pending").then_some(next),
        "status": status,
        "last_status": row.get::<_, Option<i64>>(7)?,
        "last_error": row.get::<_, Option<String>>(8)?,
        "created_at": row.get::<_, String>(13)?,
        "delivered_at": row.get::<_, Option<String>>(9)?,
        "payload": serde_json::from_str::<Value>(&payload).unwrap_or(Value::Null),
    }))
}

/// Up to `limit` deliveries in the order of their events.
pub fn list(conn: &Connection, filter: &Filter, limit: usize) -> Result<Vec<Value>, StoreError> {
    let mut statement = conn.prepare_cached(&format!(
        "{SELECT} WHERE d.rowid > ?1 AND (?2 IS NULL OR d.organization_id = ?2) AND (?3 IS NULL OR d.endpoint_id = ?3)
           AND (?4 IS NULL OR d.status = ?4) AND (?5 IS NULL OR o.event_id = ?5)
         ORDER BY d.rowid LIMIT ?6"
    ))?;
    let Filter { organization_id, endpoint_id, status, event_id, after } = filter;
    let rows = statement.query_map(params![after, organization_id, endpoint_id, status, event_id, limit], to_json)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Makes one delivery pending again, with a full schedule ahead and the same id. Returns whether there is such a delivery.
pub fn replay(tx: &Transaction, delivery_id: &str, now: OffsetDateTime) -> Result<bool, StoreError> {
    let changed = tx
        .prepare_cached(
            "UPDATE deliveries SET status = 'pending', attempts = 0, next_attempt_at = ?2, delivered_at = NULL
             WHERE delivery_id = ?1",
        )?
        .execute(params![delivery_id, clock::text(now)])?;
    Ok(changed == 1)
}

/// Makes an endpoint's deliveries of all events since `since` pending again. Returns how many.
pub fn replay_since(
    tx: &Transaction,
    endpoint_id: &str,
    since: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<usize, StoreError> {
    let changed = tx
        .prepare_cached(
            "UPDATE deliveries SET status = 'pending', attempts = 0, next_attempt_at = ?3, delivered_at = NULL
             WHERE endpoint_id = ?1 AND seq IN (SELECT seq FROM outbox WHERE created_at >= ?2)",
        )?
        .execute(params![endpoint_id, clock::text(since), clock::text(now)])?;
    Ok(changed)
}
