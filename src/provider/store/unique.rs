//! Rows of `scim_unique_values`: which resource of a type has a value that no other may have.

use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Transaction};

/// Gives a resource these values, as pairs of path and key, instead of those it had. Returns the first pair that another
/// resource of the type has; the caller then rolls the transaction back.
pub fn claim<'v>(
    tx: &Transaction,
    connection_id: &str,
    type_: &str,
    resource_id: &str,
    values: &'v [(String, String)],
) -> Result<Option<&'v (String, String)>, StoreError> {
    tx.prepare_cached("DELETE FROM scim_unique_values WHERE resource_id = ?1")?.execute([resource_id])?;
    let mut holder = tx.prepare_cached(
        "SELECT resource_id FROM scim_unique_values
         WHERE connection_id = ?1 AND type = ?2 AND path = ?3 AND value = ?4",
    )?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO scim_unique_values (connection_id, type, path, value, resource_id) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for pair in values {
        let (path, value) = pair;
        let held: Option<String> =
            holder.query_row([connection_id, type_, path, value], |row| row.get(0)).optional()?;
        match held {
            // The resource's own: the same value twice in one list.
            Some(id) if id == resource_id => {}
            Some(_) => return Ok(Some(pair)),
            None => {
                insert.execute(params![connection_id, type_, path, value, resource_id])?;
            }
        }
    }
    Ok(None)
}
