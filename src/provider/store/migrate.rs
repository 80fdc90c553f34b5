//! The version of a file and the way to the newest one.
//!
//! SQLite keeps two numbers in a file's head: `application_id` says whose it is, `user_version` how many migrations have
//! run. Files of the first release have neither; their number is the row `schema_version` of `meta`, which is kept up to
//! date so that the first release, too, sees that it does not know a newer file.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::StoreError;

/// The migrations, oldest first; the number of a file's version is how many of them have run.
///
/// One that has been released is never edited: a change of the tables is a new file at the end, numbered on.
/// `tests/product/migrations.rs` compares a migrated file with a new one and fails if one was.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_tables.sql"),
    include_str!("migrations/0002_credentials.sql"),
    include_str!("migrations/0003_claims.sql"),
    include_str!("migrations/0004_resources.sql"),
    include_str!("migrations/0005_security_events.sql"),
    include_str!("migrations/0006_single_sign_on.sql"),
    include_str!("migrations/0007_event_subjects.sql"),
    include_str!("migrations/0008_cheaper_checks.sql"),
    include_str!("migrations/0009_fewer_indexes.sql"),
];

/// `SCIM` in ASCII, as SQLite's `application_id`.
const APPLICATION_ID: i64 = 0x5343_494d;

/// The newest version that this program knows.
pub(super) fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The version of a database of ours, 0 for an empty one; `None` if it belongs to another program.
pub(super) fn version(connection: &Connection) -> Result<Option<i64>, rusqlite::Error> {
    let number = |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    if application == APPLICATION_ID {
        return Ok(Some(version));
    }
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if application == 0 && version == 0 && tables == 0 {
        return Ok(Some(0));
    }
    let first_release = connection.query_row(
        "SELECT count(*) FROM sqlite_master WHERE name IN ('meta', 'scim_connections', 'outbox')",
        [],
        |row| row.get::<_, i64>(0),
    )? == 3;
    if application != 0 || !first_release {
        return Ok(None);
    }
    connection
        .query_row("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'schema_version'", [], |row| row.get(0))
        .optional()
}

/// Brings the tables up to date, all steps in one transaction: either the file is of the newest version afterwards, or it
/// is as it was. Foreign keys are not enforced meanwhile: a table that is made anew is dropped first.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    connection.pragma_update(None, "foreign_keys", false)?;
    let migrated = run(connection, path);
    connection.pragma_update(None, "foreign_keys", true)?;
    migrated
}

fn run(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let named = |source| StoreError::Open { path: path.to_owned(), source };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(named)?;
    let found = version(&transaction).map_err(named)?.ok_or_else(|| StoreError::Foreign { path: path.to_owned() })?;
    let known = newest();
    if found > known {
        return Err(StoreError::TooNew { path: path.to_owned(), found, known });
    }
    if found == known {
        return Ok(());
    }
    let failed = |number| move |source| StoreError::Migration { path: path.to_owned(), number, source };
    for (number, step) in (1..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(step).map_err(failed(number))?;
    }
    let dangling = transaction
        .query_row("SELECT \"table\", parent FROM pragma_foreign_key_check", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((table, parent)) = dangling {
        return Err(StoreError::Dangling { path: path.to_owned(), table, parent });
    }
    transaction.execute(
        "INSERT INTO meta (key, value) VALUES ('schema_version', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
        [known.to_string()],
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    if found > 0 {
        tracing::info!(path = %path.display(), from = found, to = known, "the data file was brought up to date");
    }
    Ok(())
}
