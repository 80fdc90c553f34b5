//! Opening: pragmas, and that the file is one of ours.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{StoreError, checkpoint::Checkpoints, migrate::migrate};

/// Connections for reading beside the writer. SQLite reads from the page cache, so that more than the cores help nobody.
const READERS: usize = 4;

/// Prepared statements kept per connection; there are about a hundred different ones.
const STATEMENTS: usize = 256;

/// Memory for pages, in KiB, of the writer and of each reader: what is left of the tables is in the system's cache, which
/// is not the program's own. With a million members the upper levels of all indexes fit.
const WRITER_CACHE: i64 = 32 * 1024;
const READER_CACHE: i64 = 8 * 1024;

pub(super) fn in_memory() -> Result<Connection, StoreError> {
    let mut connection = Connection::open_in_memory()?;
    prepare(&connection)?;
    migrate(&mut connection, Path::new(":memory:"))?;
    Ok(connection)
}

/// The writer and the readers of a file, and what moves its write-ahead log.
pub(super) fn file(path: &Path) -> Result<(Connection, Vec<Connection>, Checkpoints), StoreError> {
    let named = |source| StoreError::Open { path: path.to_owned(), source };
    let mut writer = Connection::open(path).map_err(named)?;
    prepare(&writer).map_err(named)?;
    // Before anything is written: a file of another program is left as it is.
    migrate(&mut writer, path)?;
    alone(&writer, path)?;
    writer.pragma_update(None, "journal_mode", "WAL").map_err(named)?;
    // NORMAL with a write-ahead log: a power cut may lose the last commits, never the database; a killed process loses
    // nothing.
    writer.pragma_update(None, "synchronous", "NORMAL").map_err(named)?;
    writer.pragma_update(None, "cache_size", -WRITER_CACHE).map_err(named)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let readers = (0..READERS)
        .map(|_| {
            let reader = Connection::open_with_flags(path, flags)?;
            prepare(&reader)?;
            reader.pragma_update(None, "cache_size", -READER_CACHE)?;
            Ok(reader)
        })
        .collect::<Result<Vec<_>, rusqlite::Error>>()
        .map_err(named)?;
    let mover = Connection::open(path).map_err(named)?;
    prepare(&mover).map_err(named)?;
    mover.pragma_update(None, "synchronous", "NORMAL").map_err(named)?;
    let checkpoints = Checkpoints::of(&writer, mover).map_err(StoreError::Thread)?;
    Ok((writer, readers, checkpoints))
}

/// How long another process, or a store that is just being dropped, may take to let the file go.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 2_000 });

/// That nobody else has the file open: what this process keeps in memory of it would be out of date without a sign. Leaving
/// the write-ahead log needs the file for oneself, and is refused otherwise.
fn alone(writer: &Connection, path: &Path) -> Result<(), StoreError> {
    let until = Instant::now() + PATIENCE;
    loop {
        let mode: Result<String, _> = writer.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0));
        if mode.is_ok_and(|mode| mode == "delete") {
            return Ok(());
        }
        if Instant::now() >= until {
            return Err(StoreError::InUse { path: path.to_owned() });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Without this a statement with `LIMIT ?` is compiled again for each new number, which costs more than running it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // What a savepoint or a statement would put back lies in memory, not in a file that is made and removed each time.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(())
}
