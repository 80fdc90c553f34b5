//! Opening: pragmas and migrations.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior};

use super::StoreError;

/// The migrations, oldest first. `meta.schema_version` counts how many have run; one that has been released is never
/// changed, a change is a new one at the end.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql"), include_str!("resources.sql")];

/// Connections for reading beside the writer. SQLite reads from the page cache, so that more than the cores help nobody.
const READERS: usize = 4;

/// Prepared statements kept per connection; there are about a hundred different ones.
const STATEMENTS: usize = 256;

pub(super) fn in_memory() -> Result<Connection, StoreError> {
    let mut connection = Connection::open_in_memory()?;
    prepare(&connection)?;
    migrate(&mut connection, Path::new(":memory:"))?;
    Ok(connection)
}

/// The writer and the readers of a file.
pub(super) fn file(path: &Path) -> Result<(Connection, Vec<Connection>), StoreError> {
    let named = |source| StoreError::Open { path: path.to_owned(), source };
    let mut writer = Connection::open(path).map_err(named)?;
    writer.pragma_update(None, "journal_mode", "WAL").map_err(named)?;
    // NORMAL with a write-ahead log: a power cut may lose the last commits, never the database; a killed process loses
    // nothing.
    writer.pragma_update(None, "synchronous", "NORMAL").map_err(named)?;
    prepare(&writer).map_err(named)?;
    migrate(&mut writer, path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let readers = (0..READERS)
        .map(|_| {
            let reader = Connection::open_with_flags(path, flags)?;
            prepare(&reader)?;
            Ok(reader)
        })
        .collect::<Result<Vec<_>, rusqlite::Error>>()
        .map_err(named)?;
    Ok((writer, readers))
}

fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Brings the tables up to date, all steps in one transaction.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let fresh = transaction
        .query_row("SELECT 1 FROM sqlite_master WHERE name = 'meta'", [], |_| Ok(()))
        .optional()
        .map_err(|source| StoreError::Open { path: path.to_owned(), source })?
        .is_none();
    let found: i64 = if fresh {
        0
    } else {
        transaction
            .query_row("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'schema_version'", [], |row| row.get(0))?
    };
    if found > known {
        return Err(StoreError::TooNew { path: path.to_owned(), found, known });
    }
    for step in &MIGRATIONS[usize::try_from(found).unwrap_or(0)..] {
        transaction.execute_batch(step)?;
    }
    transaction.execute(
        "INSERT INTO meta (key, value) VALUES ('schema_version', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
        [known.to_string()],
    )?;
    transaction.commit()?;
    Ok(())
}
