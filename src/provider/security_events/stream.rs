//! Streams: which events go to a receiver, and how (SSF 1.0 section 8.1.1).

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::uri;
use crate::provider::{
    clock, ids,
    store::{StoreError, Transaction},
};

/// Delivery by push (RFC 8935), as a stream's configuration names it.
pub const PUSH: &str = "urn:ietf:rfc:8935";
/// Delivery by poll (RFC 8936).
pub const POLL: &str = "urn:ietf:rfc:8936";

/// Streams that one connection may have.
pub const MOST: i64 = 10;

/// The words for the status of a stream (SSF 1.0 section 8.1.2).
pub const STATUSES: &[&str] = &["enabled", "paused", "disabled"];

/// A stream as its row holds it, without the credentials that it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names of the stream configuration
pub struct Stream {
    pub stream_id: String,
    pub connection_id: String,
    pub organization_id: String,
    pub endpoint_url: Option<String>,
    pub events_requested: Option<Vec<String>>,
    pub description: Option<String>,
    pub status: String,
    pub reason: Option<String>,
}

/// What a receiver decides about a stream.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Where to push; `None`: the receiver polls.
    pub endpoint_url: Option<String>,
    /// The `Authorization` header of each push.
    pub authorization_header: Option<String>,
    /// Event types; `None`: whatever there is.
    pub events_requested: Option<Vec<String>>,
    /// For people.
    pub description: Option<String>,
}

/// Whether a stream that asked for these types (a JSON array; `None`: any) carries that one.
#[must_use]
pub fn wants(requested: Option<&str>, event_type: &str) -> bool {
    uri::SUPPORTED.contains(&event_type)
        && requested.is_none_or(|list| {
            serde_json::from_str::<Vec<String>>(list).is_ok_and(|list| list.iter().any(|one| one == event_type))
        })
}

const SELECT: &str = "SELECT stream_id, connection_id, organization_id, endpoint_url, events_requested, description, \
    status, reason FROM event_streams ";

fn from_row(row: &Row) -> rusqlite::Result<Stream> {
    let requested: Option<String> = row.get(4)?;
    Ok(Stream {
        stream_id: row.get(0)?,
        connection_id: row.get(1)?,
        organization_id: row.get(2)?,
        endpoint_url: row.get(3)?,
        events_requested: requested.and_then(|text| serde_json::from_str(&text).ok()),
        description: row.get(5)?,
        status: row.get(6)?,
        reason: row.get(7)?,
    })
}

fn list_text(list: Option<&Vec<String>>) -> Option<String> {
    list.map(|list| json!(list).to_string())
}

impl Stream {
    /// Makes a stream. `None` if the connection has [`MOST`] already.
    pub fn insert(
        tx: &Transaction,
        connection_id: &str,
        organization_id: &str,
        wishes: &Wishes,
        now: OffsetDateTime,
    ) -> Result<Option<Stream>, StoreError> {
        let count: i64 = tx
            .prepare_cached("SELECT count(*) FROM event_streams WHERE connection_id = ?1 AND closed_at IS NULL")?
            .query_row([connection_id], |row| row.get(0))?;
        if count >= MOST {
            return Ok(None);
        }
        let stream = Stream {
            stream_id: ids::new_id("event-stream"),
            connection_id: connection_id.to_owned(),
            organization_id: organization_id.to_owned(),
            endpoint_url: wishes.endpoint_url.clone(),
            events_requested: wishes.events_requested.clone(),
            description: wishes.description.clone(),
            status: "enabled".to_owned(),
            reason: None,
        };
        tx.prepare_cached(
            "INSERT INTO event_streams (stream_id, connection_id, organization_id, endpoint_url, authorization_header,
               events_requested, description, status, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'enabled', ?8)",
        )?
        .execute(params![
            stream.stream_id,
            connection_id,
            organization_id,
            wishes.endpoint_url,
            wishes.authorization_header,
            list_text(wishes.events_requested.as_ref()),
            wishes.description,
            clock::text(now)
        ])?;
        Ok(Some(stream))
    }

    /// The open stream of that id.
    pub fn get(conn: &Connection, stream_id: &str) -> Result<Option<Stream>, StoreError> {
        let stream = conn
            .prepare_cached(&format!("{SELECT} WHERE stream_id = ?1 AND closed_at IS NULL"))?
            .query_row([stream_id], from_row)
            .optional()?;
        Ok(stream)
    }

    /// The open streams of a connection, or of all; oldest first.
    pub fn list(conn: &Connection, connection_id: Option<&str>) -> Result<Vec<Stream>, StoreError> {
        let mut statement = conn.prepare_cached(&format!(
            "{SELECT} WHERE closed_at IS NULL AND (?1 IS NULL OR connection_id = ?1) ORDER BY stream_id"
        ))?;
        Ok(statement.query_map([connection_id], from_row)?.collect::<Result<_, _>>()?)
    }

    /// The credentials that are sent with each push, as the receiver gave them.
    pub fn authorization_header(&self, conn: &Connection) -> Result<Option<String>, StoreError> {
        let mut statement =
            conn.prepare_cached("SELECT authorization_header FROM event_streams WHERE stream_id = ?1")?;
        Ok(statement.query_row([&self.stream_id], |row| row.get(0))?)
    }

    /// Writes what the receiver decides.
    pub fn edit(&mut self, tx: &Transaction, wishes: Wishes) -> Result<(), StoreError> {
        tx.prepare_cached(
            "UPDATE event_streams SET endpoint_url = ?2, authorization_header = ?3, events_requested = ?4, description = ?5
             WHERE stream_id = ?1",
        )?
        .execute(params![
            self.stream_id,
            wishes.endpoint_url,
            wishes.authorization_header,
            list_text(wishes.events_requested.as_ref()),
            wishes.description
        ])?;
        self.endpoint_url = wishes.endpoint_url;
        self.events_requested = wishes.events_requested;
        self.description = wishes.description;
        Ok(())
    }

    /// Writes the status. Who disables a stream gives up what it holds (SSF 1.0 section 8.1.2).
    pub fn set_status(&mut self, tx: &Transaction, status: &str, reason: Option<&str>) -> Result<(), StoreError> {
        tx.prepare_cached("UPDATE event_streams SET status = ?2, reason = ?3 WHERE stream_id = ?1")?
            .execute(params![self.stream_id, status, reason])?;
        if status == "disabled" {
            tx.prepare_cached(
                "UPDATE security_events SET status = 'failed', last_error = 'the stream was disabled'
                 WHERE stream_id = ?1 AND status = 'pending'",
            )?
            .execute([&self.stream_id])?;
        }
        status.clone_into(&mut self.status);
        self.reason = reason.map(str::to_owned);
        Ok(())
    }

    /// Removes the stream and what it holds.
    pub fn delete(&self, tx: &Transaction) -> Result<(), StoreError> {
        tx.prepare_cached("DELETE FROM event_streams WHERE stream_id = ?1")?.execute([&self.stream_id])?;
        Ok(())
    }

    /// The events that it carries: the supported ones that were asked for.
    #[must_use]
    pub fn events_delivered(&self) -> Vec<&'static str> {
        let asked = |uri: &str| self.events_requested.as_ref().is_none_or(|list| list.iter().any(|one| one == uri));
        uri::SUPPORTED.iter().copied().filter(|uri| asked(uri)).collect()
    }

    /// The stream configuration (SSF 1.0 section 8.1.1), without the receiver's credentials.
    #[must_use]
    pub fn to_json(&self, api_base_url: &str) -> Value {
        let delivery = match &self.endpoint_url {
            Some(url) => json!({"method": PUSH, "endpoint_url": url}),
            None => json!({"method": POLL, "endpoint_url": format!("{api_base_url}/v1/ssf/poll/{}", self.stream_id)}),
        };
        let mut object = Map::new();
        let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
        put("stream_id", self.stream_id.as_str().into());
        put("iss", api_base_url.into());
        put("aud", self.connection_id.as_str().into());
        put("delivery", delivery);
        put("events_supported", json!(uri::SUPPORTED));
        if let Some(requested) = &self.events_requested {
            put("events_requested", json!(requested));
        }
        put("events_delivered", json!(self.events_delivered()));
        if let Some(description) = &self.description {
            put("description", description.as_str().into());
        }
        Value::Object(object)
    }

    /// The status object (SSF 1.0 section 8.1.2.1).
    #[must_use]
    pub fn status_json(&self) -> Value {
        let mut object = json!({"stream_id": self.stream_id, "status": self.status});
        if let Some(reason) = &self.reason {
            object["reason"] = reason.as_str().into();
        }
        object
    }
}
