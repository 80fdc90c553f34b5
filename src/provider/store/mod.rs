//! The store: SQLite behind one boundary, in memory or in a file.
//!
//! [`Store::read`] and [`Store::write`] lend a connection to a closure. There is one writer ([`write`] says how requests
//! share it); a file has several readers beside it (write-ahead logging lets them see the last committed state while the
//! writer works), a store in memory shares the writer's connection. Calls are synchronous and take tens of microseconds,
//! which is less than handing them to another thread would cost. Statements are prepared once per connection
//! (`prepare_cached`).
//!
//! The submodules hold the SQL of one thing each; nothing outside them needs to know a column.

mod batch;
mod checkpoint;
pub mod connections;
pub mod emails;
pub mod groups;
pub mod kept;
pub mod members;
mod migrate;
mod open;
mod reset;
pub mod resources;
pub mod rows;
pub mod unique;
pub mod users;
mod write;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use rusqlite::Connection;
use tokio::sync::watch;

pub use self::{
    batch::{Batch, Undo},
    reset::{Reset, reset},
    write::{Transaction, Turn},
};
use self::{checkpoint::Checkpoints, connections::Gates, write::Writing};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or is not a database of this program.
    #[error("cannot open the data file {path}: {source}; name another file with --data, or remove this one")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file was written by a newer version.
    #[error("the data file {path} has schema version {found}, this program knows up to {known}; use the newer program")]
    TooNew {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The newest version that this program can read.
        known: i64,
    },
    /// The file is a database of another program.
    #[error("{path} is not a data file of scimulate; name another file with --data (this one was left as it is)")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A process has the file open.
    #[error("{path} is open in another process; stop it first (the file was left as it is)")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A step from one version to the next failed; the file is as it was.
    #[error("the data file {path} cannot be brought to version {number}: {source}; it was left as it is")]
    Migration {
        /// The file.
        path: PathBuf,
        /// The number of the step.
        number: i64,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Rows of the file refer to others that are not there: it was written to by something else.
    #[error(
        "the data file {path} is damaged: rows of {table} refer to {parent}, and there is nothing (`PRAGMA \
         foreign_key_check` lists them all); mend it or name another file with --data, this one was left as it is"
    )]
    Dangling {
        /// The file.
        path: PathBuf,
        /// A table that refers.
        table: String,
        /// The table that it refers to.
        parent: String,
    },
    /// A statement failed.
    #[error("the store failed: {0}")]
    Sql(#[from] rusqlite::Error),
    /// The transaction of several requests could not be committed: none of them has changed anything.
    #[error("the store failed to commit: {0}")]
    Commit(String),
    /// Another request in the same transaction failed, and all of it was undone: to be tried again.
    #[error("the store undid a transaction of several requests")]
    Undone,
    /// There is no thread to be had.
    #[error("cannot start a thread for the data file: {0}")]
    Thread(std::io::Error),
    /// A stored document is not what was written.
    #[error("the stored {what} is damaged: {source}")]
    Damaged {
        /// The column or object.
        what: &'static str,
        /// What the JSON reader says.
        source: serde_json::Error,
    },
}

impl StoreError {
    /// Whether a UNIQUE or PRIMARY KEY constraint refused the statement, and which: the text names table and column,
    /// `members.organization_id, members.email_fold`.
    #[must_use]
    pub fn violated_unique(&self) -> Option<&str> {
        match self {
            StoreError::Sql(rusqlite::Error::SqliteFailure(failure, Some(message)))
                if failure.code == rusqlite::ErrorCode::ConstraintViolation =>
            {
                message.strip_prefix("UNIQUE constraint failed: ")
            }
            _ => None,
        }
    }
}

/// A handle on the database. Clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    writing: Writing,
    readers: Vec<Mutex<Connection>>,
    turn: AtomicUsize,
    gates: Gates,
    users: kept::Users,
    deliveries: watch::Sender<()>,
    security_events: watch::Sender<()>,
}

impl Store {
    /// A new, empty database in memory, gone with the last handle.
    pub fn in_memory() -> Result<Store, StoreError> {
        Ok(Store::of(open::in_memory()?, Vec::new(), Checkpoints::none()))
    }

    /// Opens or creates a database file, and brings an older one up to date.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let (writer, readers, checkpoints) = open::file(path)?;
        Ok(Store::of(writer, readers, checkpoints))
    }

    fn of(writer: Connection, readers: Vec<Connection>, checkpoints: Checkpoints) -> Store {
        let inner = Inner {
            writing: Writing::of(writer, checkpoints, !readers.is_empty()),
            readers: readers.into_iter().map(Mutex::new).collect(),
            turn: AtomicUsize::new(0),
            gates: Gates::default(),
            users: kept::Users::default(),
            deliveries: watch::Sender::new(()),
            security_events: watch::Sender::new(()),
        };
        Store { inner: Arc::new(inner) }
    }

    /// Runs `work` on a connection for reading. It sees the last committed state, the same one throughout: a count and
    /// the page that belongs to it agree, and the file is locked once, not for each statement.
    pub fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let Some(reader) = self.reader() else {
            let writer = self.inner.writing.reader();
            return in_snapshot(&writer, work);
        };
        in_snapshot(&reader, work)
    }

    /// As [`Store::read`], for work that is one statement and what is looked up while its rows are read: a statement sees
    /// one state by itself, and needs no transaction around it.
    pub fn read_one<T, E: From<StoreError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        match self.reader() {
            Some(reader) => work(&reader),
            None => work(&self.inner.writing.reader()),
        }
    }

    /// Changes with each commit that left something to deliver: the delivery worker waits here for new rows.
    #[must_use]
    pub fn deliveries(&self) -> watch::Receiver<()> {
        self.inner.deliveries.subscribe()
    }

    /// Changes with each commit that concerns security events.
    #[must_use]
    pub fn security_events(&self) -> watch::Receiver<()> {
        self.inner.security_events.subscribe()
    }

    /// A reader that is free, else one to wait for. `None` where the writer's connection is the only one.
    fn reader(&self) -> Option<MutexGuard<'_, Connection>> {
        let readers = &self.inner.readers;
        let first = self.inner.turn.fetch_add(1, Ordering::Relaxed);
        for offset in 0..readers.len() {
            if let Ok(free) = readers[(first + offset) % readers.len()].try_lock() {
                return Some(free);
            }
        }
        Some(lock(readers.get(first.checked_rem(readers.len())?)?))
    }
}

fn in_snapshot<T, E: From<StoreError>>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let _snapshot = Snapshot::begin(connection)?;
    work(connection)
}

/// A read transaction, ended when it is dropped, also by a panic.
struct Snapshot<'c>(&'c Connection);

impl<'c> Snapshot<'c> {
    fn begin(connection: &'c Connection) -> Result<Snapshot<'c>, StoreError> {
        connection.prepare_cached("BEGIN")?.execute([])?;
        Ok(Snapshot(connection))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // Nothing was written, so that nothing is lost if this fails; the next BEGIN would say so.
        let _ = self.0.prepare_cached("ROLLBACK").and_then(|mut end| end.execute([]));
    }
}

/// A panic in a closure rolled its transaction back (the transaction was dropped), so that the connection behind a
/// poisoned lock is as good as new.
fn lock<T>(connection: &Mutex<T>) -> MutexGuard<'_, T> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(store: &Store) -> i64 {
        store
            .read::<_, StoreError>(|conn| {
                Ok(conn.query_row("SELECT count(*) FROM meta WHERE key = 'k'", [], |row| row.get(0))?)
            })
            .expect("a count")
    }

    /// A store on a new file.
    fn file() -> (tempfile::TempDir, PathBuf, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.db");
        let store = Store::open(&path).expect("a new file");
        (folder, path, store)
    }

    fn put(tx: &Transaction) -> Result<(), StoreError> {
        tx.execute("INSERT INTO meta (key, value) VALUES ('k', 'v')", [])?;
        Ok(())
    }

    /// A write that fails, or panics, leaves nothing behind, and the next one works.
    #[test]
    fn a_failed_write_is_rolled_back() {
        let store = Store::in_memory().expect("a store");
        let failed = store.write::<(), StoreError>(|tx| {
            put(tx)?;
            put(tx)
        });
        assert_eq!(failed.expect_err("twice the same key").violated_unique(), Some("meta.key"));
        assert_eq!(count(&store), 0);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.write::<(), StoreError>(|tx| {
                put(tx)?;
                panic!("a handler's fault")
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(count(&store), 0);
        store.write(put).expect("a write");
        assert_eq!(count(&store), 1);
    }

    /// A read sees one state from its beginning to its end, whatever is committed meanwhile; the next one sees the new.
    #[test]
    fn a_read_is_one_snapshot() {
        let (_folder, _, store) = file();
        let rows = |conn: &Connection| -> Result<i64, StoreError> {
            Ok(conn.query_row("SELECT count(*) FROM meta WHERE key = 'k'", [], |row| row.get(0))?)
        };
        let seen = store.read(|conn| {
            let before = rows(conn)?;
            store.write(put)?;
            Ok::<_, StoreError>((before, rows(conn)?))
        });
        assert_eq!(seen.expect("two counts"), (0, 0));
        let failed = store.read(|conn| Ok::<_, StoreError>(conn.execute("no such statement", [])?));
        assert!(matches!(failed, Err(StoreError::Sql(_))));
        assert_eq!(count(&store), 1);
    }

    /// A file that is open is refused, and stays as it is; after that it can be opened.
    #[test]
    fn a_file_has_one_owner() {
        let (_folder, path, store) = file();
        store.write(put).expect("a write");
        let refused = Store::open(&path).err().expect("an open file");
        assert!(matches!(refused, StoreError::InUse { .. }), "{refused}");
        assert_eq!(count(&store), 1);
        drop(store);
        assert_eq!(count(&Store::open(&path).expect("the file")), 1);
    }

    /// A file keeps what was committed, readers see it at once, and a newer file is refused by name.
    #[test]
    fn a_file_is_reopened_and_a_newer_one_refused() {
        let (_folder, path, store) = file();
        store.write(put).expect("a write");
        assert_eq!(count(&store), 1);
        drop(store);
        let store = Store::open(&path).expect("the same file");
        assert_eq!(count(&store), 1);
        store.write::<_, StoreError>(|tx| Ok(tx.pragma_update(None, "user_version", 99)?)).expect("a write");
        drop(store);
        let refused = Store::open(&path).err().expect("a newer file");
        assert!(matches!(refused, StoreError::TooNew { found: 99, .. }), "{refused}");
    }
}
