//! Moving what is committed from the write-ahead log into the file, beside the writer.
//!
//! SQLite itself does it inside every commit that finds enough in the log, and then waits for the disk twice: tens of
//! milliseconds, in which nobody can write. Here a thread with a connection of its own does it, which neither readers nor
//! the writer wait for (<https://sqlite.org/wal.html>, section 2.2 and 3.1).

use std::{
    cell::Cell,
    io,
    sync::{
        Arc, Mutex,
        mpsc::{SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use rusqlite::Connection;

use super::lock;

/// Pages that the log has grown by when they are moved. A page has 4 KiB. Tests come to it sooner.
const ENOUGH: i32 = if cfg!(test) { 40 } else { 4_000 };

/// Pages in the log at which the writer moves them itself. A log that is written without any pause is never moved as a
/// whole, and so never begun anew; this bounds it. A little more than a multiple of [`ENOUGH`], so that the thread has
/// moved nearly all of them just before.
const MOST: i32 = 4 * ENOUGH + ENOUGH / 8;

thread_local! {
    /// Pages in the log after the last commit of this thread. SQLite tells it in the course of the commit.
    static PAGES: Cell<i32> = const { Cell::new(0) };
}

/// The thread, and what it was told.
pub(super) struct Checkpoints {
    bell: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Held by whoever moves pages: SQLite refuses a second one instead of letting it wait.
    moving: Arc<Mutex<()>>,
    /// Pages in the log when the bell was last rung.
    told: i32,
}

impl Checkpoints {
    /// For a database without a write-ahead log.
    pub(super) fn none() -> Checkpoints {
        Checkpoints { bell: None, thread: None, moving: Arc::default(), told: 0 }
    }

    /// Of the log that `writer` writes, through `connection`, another one to the same file.
    pub(super) fn of(writer: &Connection, connection: Connection) -> io::Result<Checkpoints> {
        // In the place of SQLite's own hook, which would do it in the commit.
        writer.wal_hook(Some(|_, pages| {
            PAGES.set(pages);
            Ok(())
        }));
        let (bell, rung) = sync_channel(1);
        let moving = Arc::<Mutex<()>>::default();
        let busy = Arc::clone(&moving);
        let thread = thread::Builder::new().name("checkpoint".to_owned()).spawn(move || {
            while rung.recv().is_ok() {
                run(&connection, &busy);
            }
        })?;
        Ok(Checkpoints { bell: Some(bell), thread: Some(thread), moving, told: 0 })
    }

    /// After a commit of `writer` in this thread.
    pub(super) fn committed(&mut self, writer: &Connection) {
        let (Some(bell), pages) = (&self.bell, PAGES.take()) else { return };
        if pages == 0 {
            // Nothing was written.
            return;
        }
        if pages >= MOST {
            run(writer, &self.moving);
        }
        // The log was begun anew.
        self.told = self.told.min(pages);
        if pages - self.told >= ENOUGH {
            self.told = pages;
            // Full: it has been told already and not begun.
            let _ = bell.try_send(());
        }
    }
}

/// Moves what no reader still needs where it is, when it is its turn.
fn run(connection: &Connection, moving: &Mutex<()>) {
    let _turn = lock(moving);
    let moved = connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)").and_then(|mut statement| {
        // A row with what was done; a failure is one as well.
        statement.query_row([], |_| Ok(()))
    });
    if let Err(error) = moved {
        // Nothing is lost: it stays in the log, and is tried again.
        tracing::warn!(%error, "the write-ahead log could not be moved into the data file");
    }
}

impl Drop for Checkpoints {
    /// Ends the thread: the file is closed when this returns.
    fn drop(&mut self) {
        self.bell = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::*, MOST};

    /// The log does not grow without end, also when readers come and go, and what was in it is in the file.
    #[test]
    fn the_log_is_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.db");
        let store = Store::open(&path).expect("a new file");
        let page = "x".repeat(4_000);
        let most = u64::try_from(MOST).expect("a number");
        for key in 0..2 * most {
            let written = store.write::<_, StoreError>(|tx| {
                let mut put = tx.prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2)")?;
                (0..10).try_for_each(|at| put.execute((format!("{key}-{at}"), &page)).map(drop))?;
                Ok(())
            });
            written.expect("rows");
        }
        let pages = |name| std::fs::metadata(folder.path().join(name)).expect("a file").len() / 4_096;
        // Twenty times as much went through it.
        assert!(pages("data.db-wal") < 2 * most, "{}", pages("data.db-wal"));
        assert!(pages("data.db") > 10 * most, "{}", pages("data.db"));
    }
}
