//! Rows of `scim_resources`: the resources of a connection whose type a schema file defines.

use std::sync::OnceLock;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;
use time::OffsetDateTime;

use super::{StoreError, Transaction, rows::Table};
use crate::{
    provider::{clock, ids},
    scim::text,
};

/// The table.
pub static TABLE: Table = Table {
    from: "scim_resources r",
    id: "r.resource_id",
    type_: "r.type",
    active: "1",
    derived: "0",
    what: "SCIM resource",
    by_id: OnceLock::new(),
};

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
