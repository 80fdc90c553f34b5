//! Rows of resources: the columns that every table of SCIM resources has, read in one way.

use std::sync::OnceLock;

use rusqlite::{Connection, Params};
use serde_json::Value;

use super::StoreError;

/// A table of SCIM resources.
#[derive(Debug)]
pub struct Table {
    /// The table and the letter by which the rest of a SELECT calls it: `scim_users u`.
    pub from: &'static str,
    /// The column of the id, with that letter: `u.member_id`.
    pub id: &'static str,
    /// The name of a row's resource type: an expression.
    pub type_: &'static str,
    /// Whether the resource is in service: an expression.
    pub active: &'static str,
    /// Whether other tables may have something to tell of it (the `groups` of a User): an expression.
    pub derived: &'static str,
    /// What a row is, for an error.
    pub what: &'static str,
    /// The statement that reads one resource, once somebody has asked for one.
    pub by_id: OnceLock<String>,
}

/// A resource as its row lies in the table, for as long as it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Row<'r> {
    /// The SCIM id.
    pub id: &'r str,
    /// Its place in the table.
    pub row: i64,
    /// The attributes as accepted, JSON.
    pub resource: &'r str,
    /// Counts the changes, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: &'r str,
    /// When it, or its membership, was last changed.
    pub last_modified: &'r str,
    /// Whether it is in service. `active` of the resource says the same, unless a client has unassigned it.
    pub active: bool,
    /// Whether other tables may have something to tell of it.
    pub derived: bool,
}

/// A resource as its row holds it, taken out of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The SCIM id.
    pub id: String,
    /// The attributes as accepted.
    pub resource: Value,
    /// Counts the changes, from 1.
    pub version: i64,
    /// Whether it is in service: see [`Row::active`].
    pub active: bool,
}

impl Table {
    /// A resource of a connection as text; `call` is not called if the connection has none of that type and id.
    pub fn one<T, E: From<StoreError>>(
        &self,
        conn: &Connection,
        connection_id: &str,
        type_: &str,
        id: &str,
        call: impl FnOnce(&Row) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let mut call = Some(call);
        let mut found = None;
        let sql = self.by_id.get_or_init(|| {
            self.select(&format!("WHERE {} = ?3 AND connection_id = ?1 AND {} = ?2", self.id, self.type_))
        });
        self.rows(conn, sql, [connection_id, type_, id], |row| {
            found = call.take().map(|call| call(row)).transpose()?;
            Ok::<_, E>(())
        })?;
        Ok(found)
    }

    /// A resource of a connection.
    pub fn get(
        &self,
        conn: &Connection,
        connection_id: &str,
        type_: &str,
        id: &str,
    ) -> Result<Option<Stored>, StoreError> {
        self.one(conn, connection_id, type_, id, |row| {
            let resource =
                serde_json::from_str(row.resource).map_err(|source| StoreError::Damaged { what: self.what, source })?;
            Ok(Stored { id: row.id.to_owned(), resource, version: row.version, active: row.active })
        })
    }

    /// Resources by the rest of a SELECT, one row after the other, so that a long list is never in memory as a whole.
    pub fn each<E: From<StoreError>>(
        &self,
        conn: &Connection,
        tail: &str,
        params: impl Params,
        call: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<(), E> {
        self.rows(conn, &self.select(tail), params, call)
    }

    fn select(&self, tail: &str) -> String {
        let Table { from, id, active, derived, .. } = self;
        let letter = &id[..1];
        format!(
            "SELECT {id}, resource, version, created_at, last_modified, {active}, {derived}, {letter}.rowid
             FROM {from} {tail}"
        )
    }

    fn rows<E: From<StoreError>>(
        &self,
        conn: &Connection,
        sql: &str,
        params: impl Params,
        mut call: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = conn.prepare_cached(sql).map_err(StoreError::from)?;
        let mut rows = statement.query(params).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            call(&Row::of(row)?)?;
        }
        Ok(())
    }
}

impl<'r> Row<'r> {
    fn of(row: &'r rusqlite::Row) -> Result<Row<'r>, StoreError> {
        let text = |column| Ok::<_, StoreError>(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?);
        Ok(Row {
            id: text(0)?,
            resource: text(1)?,
            version: row.get(2)?,
            created_at: text(3)?,
            last_modified: text(4)?,
            active: row.get(5)?,
            derived: row.get(6)?,
            row: row.get(7)?,
        })
    }
}
