//! Rows of `scim_connections` and their role assignments, and the three shapes of the SCIM Connection object
//! (<https://stytch.com/docs/b2b/api/scim-connection-object>): as read, with its token, with its next token.

use rusqlite::{Connection as Db, OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use crate::provider::{
    clock,
    effects::TokenLife,
    ids,
    store::{StoreError, Transaction},
};

/// The identity providers that a connection can be for.
pub const IDENTITY_PROVIDERS: &[&str] =
    &["generic", "okta", "microsoft-entra", "cyberark", "jumpcloud", "onelogin", "pingfederate", "rippling"];

/// A connection as its row holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the names of the SCIM Connection object
pub struct Connection {
    pub connection_id: String,
    pub organization_id: String,
    pub display_name: String,
    pub identity_provider: String,
    pub status: String,
    pub bearer_token_last_four: String,
    pub bearer_token_expires_at: String,
    pub next: Option<NextToken>,
}

/// The token of a rotation that has been started.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct NextToken {
    pub last_four: String,
    pub expires_at: String,
}

/// A token that is shown this once.
#[derive(Debug)]
pub enum Shown<'a> {
    /// None: the object as it is read.
    Nothing,
    /// The token of a new connection.
    Token(&'a str),
    /// The next token of a rotation.
    NextToken(&'a str),
}

/// A role for the members of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct GroupRole {
    pub group_id: String,
    pub role_id: String,
}

const SELECT: &str = "SELECT connection_id, organization_id, display_name, identity_provider, status, token_last_four, \
    token_expires_at, next_token_last_four, next_token_expires_at FROM scim_connections ";

fn from_row(row: &Row) -> rusqlite::Result<Connection> {
    let last_four: Option<String> = row.get(7)?;
    let expires_at: Option<String> = row.get(8)?;
    Ok(Connection {
        connection_id: row.get(0)?,
        organization_id: row.get(1)?,
        display_name: row.get(2)?,
        identity_provider: row.get(3)?,
        status: row.get(4)?,
        bearer_token_last_four: row.get(5)?,
        bearer_token_expires_at: row.get(6)?,
        next: last_four.zip(expires_at).map(|(last_four, expires_at)| NextToken { last_four, expires_at }),
    })
}

impl Connection {
    /// The one active connection of an organization.
    pub fn active(db: &Db, organization_id: &str) -> Result<Option<Connection>, StoreError> {
        let connection = db
            .prepare_cached(&format!("{SELECT} WHERE organization_id = ?1 AND status = 'active'"))?
            .query_row([organization_id], from_row)
            .optional()?;
        Ok(connection)
    }

    /// Makes a connection. Returns it with its bearer token, which is not stored and cannot be shown again. Fails with a
    /// violated UNIQUE constraint if the organization has an active one.
    pub fn insert(
        tx: &Transaction,
        organization_id: &str,
        display_name: &str,
        identity_provider: &str,
        life: TokenLife,
        now: OffsetDateTime,
    ) -> Result<(Connection, String), StoreError> {
        let token = ids::new_secret();
        let connection = Connection {
            connection_id: ids::new_id("scim-connection"),
            organization_id: organization_id.to_owned(),
            display_name: display_name.to_owned(),
            identity_provider: identity_provider.to_owned(),
            status: "active".to_owned(),
            bearer_token_last_four: ids::last_four(&token).to_owned(),
            bearer_token_expires_at: clock::text(now + Duration::days(life.days())),
            next: None,
        };
        tx.prepare_cached(
            "INSERT INTO scim_connections (connection_id, organization_id, display_name, identity_provider, status,
               token_hash, token_last_four, token_expires_at, created_at) VALUES (?1, ?2, ?3, ?4, 'active', ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            connection.connection_id,
            organization_id,
            display_name,
            identity_provider,
            ids::hash(&token),
            connection.bearer_token_last_four,
            connection.bearer_token_expires_at,
            clock::text(now)
        ])?;
        Ok((connection, token))
    }

    /// Writes name and identity provider.
    pub fn update(&self, tx: &Transaction) -> Result<(), StoreError> {
        tx.prepare_cached(
            "UPDATE scim_connections SET display_name = ?2, identity_provider = ?3 WHERE connection_id = ?1",
        )?
        .execute([&self.connection_id, &self.display_name, &self.identity_provider])?;
        Ok(())
    }

    /// Starts a rotation, or gives an open one another next token. Returns that.
    pub fn start_rotation(
        &mut self,
        tx: &Transaction,
        life: TokenLife,
        now: OffsetDateTime,
    ) -> Result<String, StoreError> {
        let token = ids::new_secret();
        let next = NextToken {
            last_four: ids::last_four(&token).to_owned(),
            expires_at: clock::text(now + Duration::days(life.days())),
        };
        tx.prepare_cached(
            "UPDATE scim_connections SET next_token_hash = ?2, next_token_last_four = ?3, next_token_expires_at = ?4
             WHERE connection_id = ?1",
        )?
        .execute(params![self.connection_id, ids::hash(&token), next.last_four, next.expires_at])?;
        self.next = Some(next);
        Ok(token)
    }

    /// Ends a rotation: the next token replaces the old one, or is dropped.
    pub fn end_rotation(&mut self, tx: &Transaction, keep_next: bool) -> Result<(), StoreError> {
        let Some(next) = self.next.take() else { return Ok(()) };
        if keep_next {
            tx.prepare_cached(
                "UPDATE scim_connections SET token_hash = next_token_hash, token_last_four = next_token_last_four,
                   token_expires_at = next_token_expires_at WHERE connection_id = ?1",
            )?
            .execute([&self.connection_id])?;
            self.bearer_token_last_four = next.last_four;
            self.bearer_token_expires_at = next.expires_at;
        }
        tx.prepare_cached(
            "UPDATE scim_connections SET next_token_hash = NULL, next_token_last_four = NULL, next_token_expires_at = NULL
             WHERE connection_id = ?1",
        )?
        .execute([&self.connection_id])?;
        Ok(())
    }

    /// Replaces all role assignments.
    pub fn assign(&self, tx: &Transaction, roles: &[GroupRole]) -> Result<(), StoreError> {
        tx.prepare_cached("DELETE FROM group_role_assignments WHERE connection_id = ?1")?
            .execute([&self.connection_id])?;
        let mut insert = tx.prepare_cached(
            "INSERT OR IGNORE INTO group_role_assignments (connection_id, group_id, role_id) VALUES (?1, ?2, ?3)",
        )?;
        for role in roles {
            insert.execute([&self.connection_id, &role.group_id, &role.role_id])?;
        }
        Ok(())
    }

    /// Whether the connection has that group.
    pub fn has_group(&self, db: &Db, group_id: &str) -> Result<bool, StoreError> {
        let mut statement =
            db.prepare_cached("SELECT 1 FROM scim_groups WHERE group_id = ?1 AND connection_id = ?2")?;
        Ok(statement.exists([group_id, &self.connection_id])?)
    }

    /// Up to `limit` groups in the order of their ids, after the id `after`.
    pub fn groups(&self, db: &Db, after: &str, limit: usize) -> Result<Vec<Value>, StoreError> {
        let mut statement = db.prepare_cached(
            "SELECT group_id, display_name FROM scim_groups WHERE connection_id = ?1 AND group_id > ?2
             ORDER BY group_id LIMIT ?3",
        )?;
        let groups = statement.query_map(params![self.connection_id, after, limit], |row| {
            Ok(json!({
                "group_id": row.get::<_, String>(0)?,
                "group_name": row.get::<_, String>(1)?,
                "organization_id": self.organization_id,
                "connection_id": self.connection_id,
            }))
        })?;
        Ok(groups.collect::<Result<_, _>>()?)
    }

    fn assignments(&self, db: &Db) -> Result<Vec<Value>, StoreError> {
        let mut statement = db.prepare_cached(
            "SELECT a.role_id, a.group_id, g.display_name FROM group_role_assignments a JOIN scim_groups g USING (group_id)
             WHERE a.connection_id = ?1 ORDER BY a.group_id, a.role_id",
        )?;
        let rows = statement.query_map([&self.connection_id], |row| {
            Ok(json!({
                "role_id": row.get::<_, String>(0)?,
                "group_id": row.get::<_, String>(1)?,
                "group_name": row.get::<_, String>(2)?,
            }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The base URL that the identity provider is given; Entra's carries the flag that makes it follow the RFC
    /// (<https://stytch.com/docs/multi-tenant-auth/enterprise-ready/scim/microsoft-entra>).
    #[must_use]
    pub fn base_url(&self, api_base_url: &str) -> String {
        let flag = if self.identity_provider == "microsoft-entra" { "?aadOptscim062020" } else { "" };
        format!("{api_base_url}/v1/b2b/scim/{}{flag}", self.connection_id)
    }

    /// The SCIM Connection object in the shape that shows what is to be shown.
    pub fn to_json(&self, db: &Db, api_base_url: &str, shown: &Shown) -> Result<Value, StoreError> {
        let mut object = Map::new();
        let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
        put("organization_id", json!(self.organization_id));
        put("connection_id", json!(self.connection_id));
        put("status", json!(self.status));
        put("display_name", json!(self.display_name));
        put("identity_provider", json!(self.identity_provider));
        put("base_url", json!(self.base_url(api_base_url)));
        if let Shown::Token(token) = shown {
            put("bearer_token", json!(token));
        } else {
            put("bearer_token_last_four", json!(self.bearer_token_last_four));
        }
        put("bearer_token_expires_at", json!(self.bearer_token_expires_at));
        let next = self.next.as_ref();
        match shown {
            Shown::Token(_) => {}
            Shown::NextToken(token) => {
                put("next_bearer_token", json!(token));
                put("next_bearer_token_expires_at", json!(next.map(|next| &next.expires_at)));
            }
            Shown::Nothing => {
                put("next_bearer_token_last_four", json!(next.map_or("", |next| next.last_four.as_str())));
                put("next_bearer_token_expires_at", json!(next.map(|next| &next.expires_at)));
            }
        }
        put("scim_group_implicit_role_assignments", json!(self.assignments(db)?));
        Ok(Value::Object(object))
    }
}
