//! Endpoints: where events are sent, of which organization and of which types, and with which secrets they are signed.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::signature::Secret;
use crate::provider::{
    clock, ids,
    store::{StoreError, Transaction},
};

/// How long the previous secret goes on signing after a rotation, beside the new one (Svix's default).
pub const OVERLAP: Duration = Duration::hours(24);

/// An endpoint as its row holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub endpoint_id: String,
    /// Where to.
    pub url: String,
    /// Events of this organization only; `None`: of all.
    pub organization_id: Option<String>,
    /// Events of these types only; empty: of all.
    pub event_types: Vec<String>,
    /// Since when nothing is sent to it any more.
    pub disabled_at: Option<String>,
    /// Since when it exists.
    pub created_at: String,
}

/// What an endpoint is changed to; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Where to.
    pub url: Option<String>,
    /// Of which types.
    pub event_types: Option<Vec<String>>,
    /// Whether it is disabled.
    pub disabled: Option<bool>,
}

const SELECT: &str =
    "SELECT endpoint_id, url, organization_id, event_types, disabled_at, created_at FROM webhook_endpoints ";

fn from_row(row: &Row) -> rusqlite::Result<Endpoint> {
    let types: String = row.get(3)?;
    Ok(Endpoint {
        endpoint_id: row.get(0)?,
        url: row.get(1)?,
        organization_id: row.get(2)?,
        event_types: serde_json::from_str(&types).unwrap_or_default(),
        disabled_at: row.get(4)?,
        created_at: row.get(5)?,
    })
}

impl Endpoint {
    /// Makes an endpoint. Returns it with its secret.
    pub fn insert(
        tx: &Transaction,
        url: &str,
        organization_id: Option<&str>,
        event_types: &[String],
        now: OffsetDateTime,
    ) -> Result<(Endpoint, String), StoreError> {
        let secret = Secret::generate();
        let endpoint = Endpoint {
            endpoint_id: ids::new_id("webhook-endpoint"),
            url: url.to_owned(),
            organization_id: organization_id.map(str::to_owned),
            event_types: event_types.to_vec(),
            disabled_at: None,
            created_at: clock::text(now),
        };
        tx.prepare_cached(
            "INSERT INTO webhook_endpoints (endpoint_id, url, organization_id, event_types, secret, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            endpoint.endpoint_id,
            url,
            organization_id,
            json!(event_types).to_string(),
            secret,
            endpoint.created_at
        ])?;
        Ok((endpoint, secret))
    }

    /// The endpoint of that id.
    pub fn get(conn: &Connection, endpoint_id: &str) -> Result<Option<Endpoint>, StoreError> {
        let endpoint = conn
            .prepare_cached(&format!("{SELECT} WHERE endpoint_id = ?1"))?
            .query_row([endpoint_id], from_row)
            .optional()?;
        Ok(endpoint)
    }

    /// All endpoints, or those of one organization; oldest first.
    pub fn list(conn: &Connection, organization_id: Option<&str>) -> Result<Vec<Endpoint>, StoreError> {
        let mut statement =
            conn.prepare_cached(&format!("{SELECT} WHERE ?1 IS NULL OR organization_id = ?1 ORDER BY endpoint_id"))?;
        Ok(statement.query_map([organization_id], from_row)?.collect::<Result<_, _>>()?)
    }

    /// Changes an endpoint; its record of failures begins anew. One that is enabled again gets new events; what was not sent meanwhile has to be replayed.
    pub fn edit(&mut self, tx: &Transaction, edit: Edit, now: OffsetDateTime) -> Result<(), StoreError> {
        if let Some(url) = edit.url {
            self.url = url;
        }
        if let Some(types) = edit.event_types {
            self.event_types = types;
        }
        if let Some(disabled) = edit.disabled
            && disabled != self.disabled_at.is_some()
        {
            self.disabled_at = disabled.then(|| clock::text(now));
        }
        tx.prepare_cached(
            "UPDATE webhook_endpoints SET url = ?2, event_types = ?3, disabled_at = ?4, failing_since = NULL
             WHERE endpoint_id = ?1",
        )?
        .execute(params![
            self.endpoint_id,
            self.url,
            json!(self.event_types).to_string(),
            self.disabled_at
        ])?;
        Ok(())
    }

    /// Removes an endpoint, and with it its deliveries.
    pub fn delete(&self, tx: &Transaction) -> Result<(), StoreError> {
        tx.prepare_cached("DELETE FROM webhook_endpoints WHERE endpoint_id = ?1")?.execute([&self.endpoint_id])?;
        Ok(())
    }

    /// The secret that it signs with.
    pub fn secret(&self, conn: &Connection) -> Result<String, StoreError> {
        let mut statement = conn.prepare_cached("SELECT secret FROM webhook_endpoints WHERE endpoint_id = ?1")?;
        Ok(statement.query_row([&self.endpoint_id], |row| row.get(0))?)
    }

    /// Gives it a new secret. For [`OVERLAP`] every request is signed with both.
    pub fn rotate_secret(&self, tx: &Transaction, now: OffsetDateTime) -> Result<String, StoreError> {
        let secret = Secret::generate();
        tx.prepare_cached(
            "UPDATE webhook_endpoints SET previous_secret = secret, previous_secret_until = ?3, secret = ?2
             WHERE endpoint_id = ?1",
        )?
        .execute(params![self.endpoint_id, secret, clock::text(now + OVERLAP)])?;
        Ok(secret)
    }

    /// As the API shows it, without the secret.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "endpoint_id": self.endpoint_id,
            "url": self.url,
            "organization_id": self.organization_id,
            "event_types": self.event_types,
            "status": if self.disabled_at.is_some() { "disabled" } else { "enabled" },
            "disabled_at": self.disabled_at,
            "created_at": self.created_at,
        })
    }
}
