//! Events about the deliveries themselves: an endpoint was disabled, a message was given up.
//!
//! They tell an operator what his consumers would not notice. Only endpoints that name their type get them, because their
//! body is another one; the endpoint that they are about does not. Types and bodies are Svix's operational webhooks
//! (<https://docs.svix.com/incoming-webhooks>), where the application is our organization.

use rusqlite::params;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::delivery::Lane;
use crate::provider::{
    clock, ids,
    store::{StoreError, Transaction},
};

/// An endpoint gets nothing more.
pub const DISABLED: &str = "endpoint.disabled";

/// A message was tried as often as the schedule allows.
pub const EXHAUSTED: &str = "message.attempt.exhausted";

/// Tells that an endpoint was disabled; `since` is its first failure after its last success.
pub(super) fn disabled(
    tx: &Transaction,
    lane: &Lane,
    since: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let data = json!({"appId": lane.organization_id, "endpointId": lane.endpoint_id, "failSince": since});
    emit(tx, lane, DISABLED, &data, now)
}

/// Tells that a message was given up after its last attempt, which was answered with `status`, or not at all.
pub(super) fn exhausted(
    tx: &Transaction,
    lane: &Lane,
    delivery_id: &str,
    status: Option<u16>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let data = json!({
        "appId": lane.organization_id,
        "endpointId": lane.endpoint_id,
        "msgId": delivery_id,
        "lastAttempt": {"responseStatusCode": status.unwrap_or_default(), "timestamp": clock::text(now)},
    });
    emit(tx, lane, EXHAUSTED, &data, now)
}

fn emit(tx: &Transaction, lane: &Lane, event_type: &str, data: &Value, now: OffsetDateTime) -> Result<(), StoreError> {
    let mut wanting = tx.prepare_cached(
        "SELECT endpoint_id FROM webhook_endpoints
         WHERE disabled_at IS NULL AND endpoint_id <> ?1 AND (organization_id IS NULL OR organization_id = ?2)
           AND EXISTS (SELECT 1 FROM json_each(event_types) WHERE value = ?3)
         ORDER BY endpoint_id",
    )?;
    let wanting: Vec<String> = wanting
        .query_map([&lane.endpoint_id, &lane.organization_id, event_type], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if wanting.is_empty() {
        return Ok(());
    }
    let at = clock::text(now);
    let event_id = ids::new_id("webhook-event");
    let body = json!({"type": event_type, "event_id": event_id, "data": data});
    tx.execute(
        "INSERT INTO outbox (event_id, organization_id, event_type, payload, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![event_id, lane.organization_id, event_type, body.to_string(), at],
    )?;
    let seq = tx.last_insert_rowid();
    for endpoint_id in wanting {
        tx.execute(
            "INSERT INTO deliveries (delivery_id, seq, endpoint_id, organization_id, status, next_attempt_at)
             VALUES (?1, ?2, ?3, ?4, 'pending', ?5)",
            params![ids::new_id("webhook-message"), seq, endpoint_id, lane.organization_id, at],
        )?;
    }
    Ok(())
}
