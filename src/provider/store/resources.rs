//! Rows of `scim_resources`: the resources of a connection whose type a schema file defines.

use rusqlite::{Connection, OptionalExtension as _, Params, Row, Transaction, params};
use serde_json::Value;
use time::OffsetDateTime;

use super::StoreError;
use crate::{
    provider::{clock, ids},
    scim::text,
};

/// A resource as its row holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredResource {
    /// Its id.
    pub id: String,
    /// The attributes as accepted.
    pub resource: Value,
    /// Counts the changes, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: String,
    /// When it was last changed.
    pub last_modified: String,
}

impl StoredResource {
    fn from_row(row: &Row) -> Result<StoredResource, StoreError> {
        let resource = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        Ok(StoredResource {
            id: row.get(0)?,
            resource: serde_json::from_str(resource)
                .map_err(|source| StoreError::Damaged { what: "SCIM resource", source })?,
            version: row.get(2)?,
            created_at: row.get(3)?,
            last_modified: row.get(4)?,
        })
    }
}

/// The resource of a type with this id, if it belongs to the connection.
pub fn get(
    conn: &Connection,
    connection_id: &str,
    type_: &str,
    id: &str,
) -> Result<Option<StoredResource>, StoreError> {
    let mut found = None;
    each(
        conn,
        "WHERE r.resource_id = ?3 AND r.connection_id = ?1 AND r.type = ?2",
        [connection_id, type_, id],
        |one| {
            found = Some(one);
            Ok(())
        },
    )?;
    Ok(found)
}

/// Resources by the rest of a SELECT, in which `scim_resources` is `r`, one row after the other.
pub fn each(
    conn: &Connection,
    tail: &str,
    params: impl Params,
    mut call: impl FnMut(StoredResource) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    const COLUMNS: &str = "r.resource_id, r.resource, r.version, r.created_at, r.last_modified";
    let mut statement = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM scim_resources r {tail}"))?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        call(StoredResource::from_row(row)?)?;
    }
    Ok(())
}

/// The type of a resource and what to call it, if the connection has it.
pub fn label(conn: &Connection, connection_id: &str, id: &str) -> Result<Option<(String, Option<String>)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT type, json_extract(resource, '$.displayName') FROM scim_resources
         WHERE resource_id = ?2 AND connection_id = ?1",
    )?;
    let name = |row: &Row| Ok((row.get(0)?, row.get_ref(1)?.as_str_or_null().ok().flatten().map(str::to_owned)));
    Ok(statement.query_row([connection_id, id], name).optional()?)
}

fn external_id(resource: &Value) -> Option<String> {
    resource["externalId"].as_str().map(|id| text::exact(id).into_owned())
}

/// Makes the row of a resource. Returns its id.
pub fn insert(
    tx: &Transaction,
    connection_id: &str,
    type_: &str,
    resource: &Value,
    at: OffsetDateTime,
) -> Result<String, StoreError> {
    let id = ids::new_id("scim-resource");
    tx.prepare_cached(
        "INSERT INTO scim_resources (resource_id, connection_id, type, external_id, resource, version, created_at,
           last_modified)
         VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6)",
    )?
    .execute(params![id, connection_id, type_, external_id(resource), resource.to_string(), clock::text(at)])?;
    Ok(id)
}

/// Writes a changed resource over the old one, as a new version.
pub fn replace(tx: &Transaction, id: &str, resource: &Value, at: OffsetDateTime) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE scim_resources SET external_id = ?2, resource = ?3, version = version + 1, last_modified = ?4
         WHERE resource_id = ?1",
    )?
    .execute(params![id, external_id(resource), resource.to_string(), clock::text(at)])?;
    Ok(())
}

/// Removes a resource, and its claims on unique values.
pub fn delete(tx: &Transaction, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM scim_resources WHERE resource_id = ?1")?.execute([id])?;
    Ok(())
}
