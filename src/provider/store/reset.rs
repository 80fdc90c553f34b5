//! `serve --reset`: a data file without its data.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::{StoreError, migrate::version};

/// What a reset found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// There is no such file: nothing to do.
    Absent,
    /// It was emptied.
    Emptied {
        /// How many organizations were in it.
        organizations: i64,
        /// How many members were in it.
        members: i64,
    },
}

/// How long another process may take to let the file go.
const PATIENCE: Duration = Duration::from_millis(500);

/// Empties a data file. It stays where it is, with its owner and permissions, and without a table.
///
/// A file of another program is refused ([`StoreError::Foreign`]), one that a process has open too
/// ([`StoreError::InUse`]); both stay as they are.
pub fn reset(path: &Path) -> Result<Reset, StoreError> {
    let named = |source| StoreError::Open { path: path.to_owned(), source };
    if !path.exists() {
        return Ok(Reset::Absent);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let file = Connection::open_with_flags(path, flags).map_err(named)?;
    file.busy_timeout(PATIENCE).map_err(named)?;
    if version(&file).map_err(named)?.is_none() {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    // A newer version may have other tables; then there is nothing to count.
    let count =
        |table: &str| file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap_or(0);
    let emptied = Reset::Emptied { organizations: count("organizations"), members: count("members") };
    // So that the tables may go in any order; it cannot be set inside a transaction.
    file.pragma_update(None, "foreign_keys", false).map_err(named)?;
    // Leaving the write-ahead log needs the file for oneself: that is how a process is noticed that has it open.
    let alone: Result<String, _> = file.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0));
    if !alone.is_ok_and(|mode| mode == "delete") || file.execute_batch("BEGIN EXCLUSIVE").is_err() {
        return Err(StoreError::InUse { path: path.to_owned() });
    }
    drop_tables(&file).map_err(named)?;
    file.execute_batch("COMMIT; VACUUM").map_err(named)?;
    Ok(emptied)
}

fn drop_tables(file: &Connection) -> Result<(), rusqlite::Error> {
    let mut statement =
        file.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")?;
    let tables: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for table in tables {
        file.execute_batch(&format!("DROP TABLE \"{}\"", table.replace('"', "\"\"")))?;
    }
    file.pragma_update(None, "application_id", 0)?;
    file.pragma_update(None, "user_version", 0)
}
