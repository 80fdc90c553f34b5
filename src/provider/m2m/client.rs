//! Rows of `m2m_clients`, and the M2M Client object.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::provider::{
    clock, ids,
    store::{StoreError, Transaction},
};

/// A client as its row holds it, without its secrets.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the names of the M2M Client object
pub struct Client {
    pub client_id: String,
    pub client_name: String,
    pub client_description: String,
    pub active: bool,
    pub scopes: Vec<String>,
    pub trusted_metadata: Map<String, Value>,
    /// Ours: the SCIM connection that its tokens open, if it has the scopes for it.
    pub connection_id: Option<String>,
    pub client_secret_last_four: String,
    pub next_client_secret_last_four: Option<String>,
}

const SELECT: &str = "SELECT client_id, client_name, client_description, status, scopes, trusted_metadata, \
    connection_id, secret_last_four, next_secret_last_four FROM m2m_clients ";

type Columns = (Client, String, String);

fn from_row(row: &Row) -> rusqlite::Result<Columns> {
    let client = Client {
        client_id: row.get(0)?,
        client_name: row.get(1)?,
        client_description: row.get(2)?,
        active: row.get::<_, String>(3)? == "active",
        scopes: Vec::new(),
        trusted_metadata: Map::new(),
        connection_id: row.get(6)?,
        client_secret_last_four: row.get(7)?,
        next_client_secret_last_four: row.get(8)?,
    };
    Ok((client, row.get(4)?, row.get(5)?))
}

impl Client {
    fn of((mut client, scopes, metadata): Columns) -> Result<Client, StoreError> {
        let damaged = |what| move |source| StoreError::Damaged { what, source };
        client.scopes = serde_json::from_str(&scopes).map_err(damaged("scopes of a machine client"))?;
        client.trusted_metadata = serde_json::from_str(&metadata).map_err(damaged("metadata of a machine client"))?;
        Ok(client)
    }

    /// The client of that id.
    pub fn get(conn: &Connection, client_id: &str) -> Result<Option<Client>, StoreError> {
        conn.prepare_cached(&format!("{SELECT} WHERE client_id = ?1"))?
            .query_row([client_id], from_row)
            .optional()?
            .map(Client::of)
            .transpose()
    }

    /// All clients in the order of their ids.
    pub fn all(conn: &Connection) -> Result<Vec<Client>, StoreError> {
        let mut statement = conn.prepare_cached(&format!("{SELECT} ORDER BY client_id"))?;
        let rows = statement.query_map([], from_row)?.collect::<Result<Vec<_>, _>>()?;
        rows.into_iter().map(Client::of).collect()
    }

    /// The active client whose secret, or next secret, this is. The work is the same for an unknown client, so that the time
    /// of an answer says nothing.
    pub fn authenticate(conn: &Connection, client_id: &str, secret: &str) -> Result<Option<Client>, StoreError> {
        let known: Option<(Vec<u8>, Option<Vec<u8>>)> = conn
            .prepare_cached("SELECT secret_hash, next_secret_hash FROM m2m_clients WHERE client_id = ?1")?
            .query_row([client_id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let offered = ids::hash(secret);
        let (first, next) = known.unwrap_or_default();
        let opens = ids::same_hash(&first, &offered) | ids::same_hash(&next.unwrap_or_default(), &offered);
        let client = Client::get(conn, client_id)?;
        Ok(client.filter(|client| opens && client.active))
    }

    /// Writes a new row. Fails with a violated PRIMARY KEY if the id is taken.
    pub fn insert(&self, tx: &Transaction, secret: &str, at: OffsetDateTime) -> Result<(), StoreError> {
        tx.prepare_cached(
            "INSERT INTO m2m_clients (client_id, client_name, client_description, status, scopes, trusted_metadata,
               connection_id, secret_hash, secret_last_four, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            self.client_id,
            self.client_name,
            self.client_description,
            self.status(),
            json!(self.scopes).to_string(),
            Value::Object(self.trusted_metadata.clone()).to_string(),
            self.connection_id,
            ids::hash(secret),
            ids::last_four(secret),
            clock::text(at),
        ])?;
        Ok(())
    }

    /// Writes what can be changed.
    pub fn update(&self, tx: &Transaction) -> Result<(), StoreError> {
        tx.prepare_cached(
            "UPDATE m2m_clients SET client_name = ?2, client_description = ?3, status = ?4, scopes = ?5,
               trusted_metadata = ?6 WHERE client_id = ?1",
        )?
        .execute(params![
            self.client_id,
            self.client_name,
            self.client_description,
            self.status(),
            json!(self.scopes).to_string(),
            Value::Object(self.trusted_metadata.clone()).to_string(),
        ])?;
        Ok(())
    }

    /// Removes the row: its tokens are worth nothing from now on.
    pub fn delete(&self, tx: &Transaction) -> Result<(), StoreError> {
        tx.execute("DELETE FROM m2m_clients WHERE client_id = ?1", [&self.client_id])?;
        Ok(())
    }

    /// Starts a rotation: from now on both secrets are good.
    pub fn start_rotation(&mut self, tx: &Transaction, secret: &str) -> Result<(), StoreError> {
        tx.execute(
            "UPDATE m2m_clients SET next_secret_hash = ?2, next_secret_last_four = ?3 WHERE client_id = ?1",
            params![self.client_id, ids::hash(secret), ids::last_four(secret)],
        )?;
        self.next_client_secret_last_four = Some(ids::last_four(secret).to_owned());
        Ok(())
    }

    /// Ends a rotation: the next secret replaces the old one, or is dropped.
    pub fn end_rotation(&mut self, tx: &Transaction, keep_next: bool) -> Result<(), StoreError> {
        let Some(next) = self.next_client_secret_last_four.take() else { return Ok(()) };
        if keep_next {
            tx.execute(
                "UPDATE m2m_clients SET secret_hash = next_secret_hash, secret_last_four = next_secret_last_four
                 WHERE client_id = ?1",
                [&self.client_id],
            )?;
            self.client_secret_last_four = next;
        }
        tx.execute(
            "UPDATE m2m_clients SET next_secret_hash = NULL, next_secret_last_four = NULL WHERE client_id = ?1",
            [&self.client_id],
        )?;
        Ok(())
    }

    fn status(&self) -> &'static str {
        if self.active { "active" } else { "inactive" }
    }

    /// The M2M Client object, without any secret.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "client_id": self.client_id,
            "client_name": self.client_name,
            "client_description": self.client_description,
            "status": self.status(),
            "scopes": self.scopes,
            "client_secret_last_four": self.client_secret_last_four,
            "next_client_secret_last_four": self.next_client_secret_last_four,
            "trusted_metadata": self.trusted_metadata,
            "connection_id": self.connection_id,
        })
    }
}
