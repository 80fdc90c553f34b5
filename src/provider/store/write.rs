//! Writing: one connection, one transaction at a time, and several requests in one transaction.
//!
//! A commit to a file costs more than the statements before it. Requests that come at the same time therefore share one
//! transaction, a *batch*, and each is answered only after the commit of the batch. A request that has written lets those
//! write that are here by then ([`Turn::end`]); who finds nobody else commits. A request that is alone is committed at
//! once, as if there were no batches.
//!
//! A request that fails takes nothing of the others with it. Nearly all fail before they have written anything: handlers
//! look first. For the rest there are two ways ([`Undo`]): a savepoint around the request, for which SQLite copies every
//! page before it is touched; or the whole batch is undone, and everybody in it is told to come again. Who cannot, or not
//! once more, stands firm: its batch is not undone by what comes after it. After a batch was undone savepoints are used
//! for a while, so that work is not done twice too often.
//!
//! A request queues for its turn without holding a thread ([`Store::turn`]), so that reads are answered meanwhile. The
//! rule that keeps a batch from being forgotten: while one is open there is a [`Turn`] alive, and the last one that goes
//! commits, also if its request was broken off.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use rusqlite::{Connection, hooks::Action};
use tokio::sync::{Mutex as Queue, MutexGuard as Place};

use super::{
    Store, StoreError,
    batch::{Batch, Outcome, Undo},
    checkpoint::Checkpoints,
    kept, lock,
};

/// Most requests in one batch: the first of them waits for the last.
const MOST: usize = 64;

/// Writes that run inside savepoints after a batch was undone.
const CAREFUL: usize = 1_000;

/// What the others are told when SQLite ends a transaction by itself: a full disk, for one.
const GIVEN_UP: &str = "the transaction was given up";

/// The write transaction, as whoever writes in it sees it. Only the store makes one.
pub struct Transaction<'c> {
    connection: &'c Connection,
    touched: &'c Touched,
}

impl Transaction<'_> {
    /// Another table than `scim_users` tells something new of a User.
    pub(super) fn touch_user(&self, id: &str) {
        self.touched.users.id(id);
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

/// What a transaction has written that others keep a copy of, or wait for.
#[derive(Debug, Default)]
pub(super) struct Touched {
    connections: AtomicBool,
    deliveries: AtomicBool,
    security_events: AtomicBool,
    users: kept::Touched,
}

impl Touched {
    /// Watches a connection. The tables have row ids, and no row of them is replaced by a conflict clause: those are the
    /// two cases of which SQLite says nothing.
    pub(super) fn watch(self: &Arc<Touched>, connection: &Connection) {
        let touched = Arc::clone(self);
        connection.update_hook(Some(move |action, _: &str, table: &str, row| match table {
            "scim_users" => touched.users.row(row),
            "scim_connections" | "organizations" => touched.connections.store(true, Ordering::Relaxed),
            "deliveries" if action == Action::SQLITE_INSERT => touched.deliveries.store(true, Ordering::Relaxed),
            "security_events" if action == Action::SQLITE_INSERT => {
                touched.security_events.store(true, Ordering::Relaxed)
            }
            "event_streams" => touched.security_events.store(true, Ordering::Relaxed),
            _ => {}
        }));
    }
}

/// The connection that writes.
pub(super) struct Writer {
    connection: Connection,
    /// The open transaction, if there is one.
    open: Option<Open>,
    /// Writes that are still to run inside savepoints.
    careful: usize,
    /// Whether requests may share a transaction. In memory a commit costs nothing, and whoever reads would see what is
    /// not committed yet.
    shares: bool,
    checkpoints: Checkpoints,
    touched: Arc<Touched>,
}

/// An open transaction.
struct Open {
    batch: Arc<Batch>,
    /// How many wrote in it.
    requests: usize,
}

/// The writer with everything around it.
pub(super) struct Writing {
    writer: Mutex<Writer>,
    queue: Queue<()>,
    /// The turns that are alive.
    turns: AtomicUsize,
    touched: Arc<Touched>,
}

impl Writing {
    pub(super) fn of(connection: Connection, checkpoints: Checkpoints, shares: bool) -> Writing {
        let touched = Arc::new(Touched::default());
        touched.watch(&connection);
        let writer = Mutex::new(Writer {
            connection,
            open: None,
            careful: 0,
            shares,
            checkpoints,
            touched: Arc::clone(&touched),
        });
        Writing { writer, queue: Queue::new(()), turns: AtomicUsize::new(0), touched }
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        lock(&self.writer)
    }

    /// Whether the open transaction may have written a row that the gates are made of.
    pub(super) fn has_touched_connections(&self) -> bool {
        self.touched.connections.load(Ordering::Relaxed)
    }

    /// The writer's connection for reading, where there is no other.
    pub(super) fn reader(&self) -> impl Deref<Target = Connection> {
        struct Reader<'w>(MutexGuard<'w, Writer>);
        impl Deref for Reader<'_> {
            type Target = Connection;
            fn deref(&self) -> &Connection {
                &self.0.connection
            }
        }
        Reader(self.writer())
    }
}

impl Writer {
    fn run(&self, statement: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(statement)?.execute([])?;
        Ok(())
    }

    /// Runs `work` in the open transaction, or in a new one.
    fn join<T, E: From<StoreError>>(
        &mut self,
        undo: Undo,
        work: impl FnOnce(&Transaction) -> Result<T, E>,
    ) -> (Result<T, E>, Arc<Batch>) {
        self.forget_lost();
        let careful = self.careful > 0;
        self.careful = self.careful.saturating_sub(1);
        let (batch, part) = match &mut self.open {
            Some(open) => {
                open.requests += 1;
                let savepoint = careful || undo == Undo::Itself || open.batch.is_firm();
                (Arc::clone(&open.batch), if savepoint { Part::Savepoint } else { Part::Shared })
            }
            // Nobody else has written in it yet.
            None => (Arc::default(), Part::Whole),
        };
        if undo == Undo::Itself {
            batch.stand_firm();
        }
        let begun = match part {
            Part::Whole => self.run("BEGIN IMMEDIATE"),
            Part::Savepoint => self.run("SAVEPOINT request"),
            Part::Shared => Ok(()),
        };
        if let Err(error) = begun {
            if part == Part::Whole {
                batch.settle(Outcome::Committed);
            }
            return (Err(error.into()), batch);
        }
        if part == Part::Whole {
            self.open = Some(Open { batch: Arc::clone(&batch), requests: 1 });
        }
        let before = self.connection.total_changes();
        let request = Request { writer: self, part, before, done: false };
        let result =
            match work(&Transaction { connection: &request.writer.connection, touched: &request.writer.touched }) {
                Ok(value) => request.keep().map(|()| value).map_err(E::from),
                Err(error) => {
                    drop(request);
                    Err(error)
                }
            };
        (result, batch)
    }

    /// A transaction that SQLite has given up is not joined by anybody.
    fn forget_lost(&mut self) {
        if self.lost() {
            self.close(Outcome::Failed(GIVEN_UP.to_owned()));
        }
    }

    /// Nobody writes in the open transaction any more.
    fn close(&mut self, outcome: Outcome) {
        if let Some(open) = self.open.take() {
            open.batch.settle(outcome);
        }
    }

    /// Whether SQLite has given up the whole transaction under its requests (a full disk, for one).
    fn lost(&self) -> bool {
        self.open.is_some() && self.connection.is_autocommit()
    }
}

/// How much of a transaction a request is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The first.
    Whole,
    /// One of several, in a savepoint.
    Savepoint,
    /// One of several, not to be told from the others.
    Shared,
}

/// One request's part of a transaction: undone if it is dropped, also by a panic.
struct Request<'w> {
    writer: &'w mut Writer,
    part: Part,
    /// Rows that the connection had changed before.
    before: u64,
    done: bool,
}

impl Request<'_> {
    fn keep(mut self) -> Result<(), StoreError> {
        if self.part == Part::Savepoint {
            self.writer.run("RELEASE request")?;
        } else if self.writer.connection.is_autocommit() {
            return Err(StoreError::Commit(GIVEN_UP.to_owned()));
        }
        self.done = true;
        Ok(())
    }

    /// Undoes what it has written.
    fn undo(&mut self) -> Result<(), StoreError> {
        let writer = &mut *self.writer;
        match self.part {
            Part::Whole => {
                writer.run("ROLLBACK")?;
                // There is nothing left to commit.
                writer.close(Outcome::Committed);
            }
            Part::Savepoint => writer.run("ROLLBACK TO request").and_then(|()| writer.run("RELEASE request"))?,
            Part::Shared if writer.connection.total_changes() == self.before => {}
            Part::Shared => {
                tracing::debug!("a request failed after it had written, its batch is played again");
                writer.run("ROLLBACK")?;
                writer.close(Outcome::Undone);
                writer.careful = CAREFUL;
            }
        }
        Ok(())
    }
}

impl Drop for Request<'_> {
    fn drop(&mut self) {
        if self.done || self.writer.connection.is_autocommit() {
            return;
        }
        if let Err(error) = self.undo() {
            // Neither kept nor undone: the whole transaction must not be committed.
            tracing::error!(%error, "a request could not be undone, its transaction is given up");
            let _ = self.writer.run("ROLLBACK");
        }
    }
}

/// A place in the queue of writers, and then the turn itself. See the module's words.
pub struct Turn<'s> {
    // Fields end in this order: the next one is let in before this one is counted out, so that it joins the batch.
    place: Option<Place<'s, ()>>,
    _alive: Alive<'s>,
}

/// Counts a turn for as long as it lives; the last one commits.
struct Alive<'s>(&'s Store);

impl<'s> Alive<'s> {
    fn of(store: &'s Store) -> Alive<'s> {
        store.inner.writing.turns.fetch_add(1, Ordering::SeqCst);
        Alive(store)
    }
}

impl Drop for Alive<'_> {
    fn drop(&mut self) {
        if self.0.inner.writing.turns.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.commit();
        }
    }
}

impl Turn<'_> {
    /// Lets the others write, and keeps the batch open for as long as this lives: for a request that takes several turns.
    pub fn step_aside(&mut self) {
        self.place = None;
    }

    /// Ends the turn of a request that has written, after whatever this thread has to do just now: requests that have
    /// arrived join the batch, and do not need a commit of their own.
    pub async fn end(mut self) {
        self.step_aside();
        tokio::task::yield_now().await;
    }
}

/// Commits at its end, also after a panic in the last request: the earlier ones of the batch wait for it.
struct Commit<'s> {
    store: &'s Store,
    writer: MutexGuard<'s, Writer>,
}

impl Drop for Commit<'_> {
    fn drop(&mut self) {
        let _ = self.store.commit_open(&mut self.writer);
    }
}

impl Store {
    /// Runs `work` in a write transaction: kept if it returns `Ok`, undone if it returns `Err` or panics. It is
    /// committed when this returns.
    pub fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&Transaction) -> Result<T, E>) -> Result<T, E> {
        let mut commit = Commit { store: self, writer: self.inner.writing.writer() };
        let (result, _) = commit.writer.join(Undo::Itself, work);
        let committed = self.commit_open(&mut commit.writer);
        let value = result?;
        committed?;
        Ok(value)
    }

    /// As [`Store::write`], but without the commit: what it did, and what it saw, may be told after
    /// [`Batch::committed`]. Must be called inside a [`Store::turn`], whose end is what commits.
    pub fn write_in_turn<T, E: From<StoreError>>(
        &self,
        undo: Undo,
        work: impl FnOnce(&Transaction) -> Result<T, E>,
    ) -> (Result<T, E>, Arc<Batch>) {
        let mut writer = self.inner.writing.writer();
        let (result, batch) = writer.join(undo, work);
        let full = writer.open.as_ref().is_some_and(|open| open.requests >= MOST);
        if full || writer.lost() || !writer.shares || self.inner.writing.turns.load(Ordering::SeqCst) == 0 {
            // The outcome is the batch's, and is read there.
            let _ = self.commit_open(&mut writer);
        }
        (result, batch)
    }

    /// Waits for the turn to write.
    pub async fn turn(&self) -> Turn<'_> {
        let alive = Alive::of(self);
        let place = self.inner.writing.queue.lock().await;
        Turn { place: Some(place), _alive: alive }
    }

    /// Commits what is open, if anything is.
    pub fn commit(&self) {
        let _ = self.commit_open(&mut self.inner.writing.writer());
    }

    fn commit_open(&self, writer: &mut Writer) -> Result<(), StoreError> {
        let lost = writer.lost();
        let Some(Open { batch, .. }) = writer.open.take() else { return Ok(()) };
        let touched = &self.inner.writing.touched;
        let touches_users = self.inner.users.committing(&touched.users);
        let outcome = if lost { Err(StoreError::Commit(GIVEN_UP.to_owned())) } else { writer.run("COMMIT") };
        if outcome.is_err() && !writer.connection.is_autocommit() {
            let _ = writer.run("ROLLBACK");
        }
        if touches_users {
            self.inner.users.committed();
        }
        if touched.connections.swap(false, Ordering::Relaxed) {
            // Before anybody is answered: who was told that a token is revoked must find it refused.
            self.inner.gates.forget();
        }
        batch.settle(match &outcome {
            Ok(()) => Outcome::Committed,
            Err(error) => Outcome::Failed(error.to_string()),
        });
        if touched.security_events.swap(false, Ordering::Relaxed) {
            self.inner.security_events.send_replace(());
        }
        if touched.deliveries.swap(false, Ordering::Relaxed) {
            self.inner.deliveries.send_replace(());
        }
        let Writer { connection, checkpoints, .. } = writer;
        checkpoints.committed(connection);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("data.db")).expect("a new file");
        (folder, store)
    }

    fn put(tx: &Transaction, key: &str) -> Result<(), StoreError> {
        tx.execute("INSERT INTO meta (key, value) VALUES (?1, 'v')", [key])?;
        Ok(())
    }

    /// Writes keys in the order in which they stand, until one is there already.
    fn write(store: &Store, undo: Undo, keys: &str) -> (Result<(), StoreError>, Arc<Batch>) {
        store.write_in_turn(undo, |tx| keys.chars().try_for_each(|key| put(tx, &key.to_string())))
    }

    /// What readers see of the keys `a`, `b` and `c`.
    fn keys(store: &Store) -> String {
        let keys: Result<Vec<String>, StoreError> = store.read(|conn| {
            let mut rows = conn.prepare("SELECT key FROM meta WHERE length(key) = 1 ORDER BY key")?;
            Ok(rows.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        });
        keys.expect("keys").concat()
    }

    /// Requests of one time are committed together and seen by nobody before; one that fails leaves the others alone.
    #[tokio::test]
    async fn a_batch_is_committed_by_the_last_turn() {
        let (_folder, store) = file();
        let mut first = store.turn().await;
        let (written, batch) = write(&store, Undo::Batch, "a");
        written.expect("a row");
        first.step_aside();
        let second = store.turn().await;
        let (failed, same) = write(&store, Undo::Itself, "ba");
        assert_eq!(failed.expect_err("the same key").violated_unique(), Some("meta.key"));
        assert!(Arc::ptr_eq(&batch, &same));
        drop(second);
        assert_eq!(keys(&store), "");
        assert!(futures::FutureExt::now_or_never(batch.committed()).is_none());
        drop(first);
        batch.committed().await.expect("a commit");
        assert_eq!(keys(&store), "a");
    }

    /// Whoever is broken off while it waits for its turn leaves no batch open.
    #[tokio::test]
    async fn a_turn_that_is_broken_off_commits() {
        let (_folder, store) = file();
        let first = store.turn().await;
        let mut waiting = Box::pin(store.turn());
        assert!(futures::FutureExt::now_or_never(waiting.as_mut()).is_none());
        let (written, batch) = write(&store, Undo::Batch, "a");
        written.expect("a row");
        drop(first);
        assert_eq!(keys(&store), "");
        drop(waiting);
        batch.committed().await.expect("a commit");
        assert_eq!(keys(&store), "a");
    }

    /// A write outside of the queue commits what is open with its own, also when it panics.
    #[tokio::test]
    async fn a_write_by_itself_commits_what_is_open() {
        let (_folder, store) = file();
        let _turn = store.turn().await;
        let (written, batch) = write(&store, Undo::Batch, "a");
        written.expect("a row");
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.write::<(), StoreError>(|tx| {
                put(tx, "b")?;
                panic!("a handler's fault")
            })
        }));
        assert!(panicked.is_err());
        batch.committed().await.expect("a commit");
        assert_eq!(keys(&store), "a");
        store.write(|tx| put(tx, "c")).expect("a row");
        assert_eq!(keys(&store), "ac");
    }

    /// Who fails after it has written undoes its batch, if all in it can come again; then those of a time stand in
    /// savepoints. Who fails before it has written anything undoes nothing.
    #[tokio::test]
    async fn a_batch_is_undone_and_comes_again() {
        let (_folder, store) = file();
        let turn = store.turn().await;
        let write = |keys| write(&store, Undo::Batch, keys);
        let (written, batch) = write("a");
        written.expect("a row");
        assert!(write("a").0.is_err(), "there is an a already, and nothing else was written");
        let (failed, same) = write("ba");
        assert!(failed.is_err() && Arc::ptr_eq(&batch, &same));
        assert!(matches!(batch.committed().await, Err(StoreError::Undone)));
        let (written, batch) = write("a");
        written.expect("a row");
        assert!(write("ba").0.is_err());
        write("c").0.expect("a row");
        drop(turn);
        batch.committed().await.expect("a commit");
        assert_eq!(keys(&store), "ac");
    }

    /// Who cannot come again is not undone because of others, whether it came before them or after.
    #[tokio::test]
    async fn who_stands_firm_is_not_undone() {
        let (_folder, store) = file();
        let turn = store.turn().await;
        let (_, batch) = write(&store, Undo::Batch, "a");
        write(&store, Undo::Itself, "b").0.expect("a row");
        let (failed, _) = write(&store, Undo::Batch, "ca");
        assert!(failed.is_err());
        drop(turn);
        batch.committed().await.expect("a commit");
        assert_eq!(keys(&store), "ab");
    }

    /// Who is broken off while it waits for the commit is not there to come again: what comes after it does not undo it.
    #[tokio::test]
    async fn who_is_broken_off_is_not_undone() {
        let (_folder, store) = file();
        let turn = store.turn().await;
        let (_, batch) = write(&store, Undo::Batch, "a");
        batch.stand_firm();
        let (failed, _) = write(&store, Undo::Batch, "ba");
        assert!(failed.is_err());
        drop(turn);
        batch.committed().await.expect("a commit");
        assert_eq!(keys(&store), "a");
    }

    /// A panic of one in a batch undoes the others, who come again.
    #[tokio::test]
    async fn a_panic_undoes_the_batch() {
        let (_folder, store) = file();
        let turn = store.turn().await;
        let (_, batch) = write(&store, Undo::Batch, "a");
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.write_in_turn::<(), StoreError>(Undo::Batch, |tx| {
                put(tx, "b")?;
                panic!("a handler's fault")
            })
        }));
        assert!(panicked.is_err());
        assert!(matches!(batch.committed().await, Err(StoreError::Undone)));
        let (_, again) = write(&store, Undo::Itself, "a");
        drop(turn);
        again.committed().await.expect("a commit");
        assert_eq!(keys(&store), "a");
    }

    /// When SQLite gives a transaction up, everybody in it is told, and the next one is a new one.
    #[tokio::test]
    async fn a_lost_transaction_is_told_to_all() {
        let (_folder, store) = file();
        let turn = store.turn().await;
        let (written, batch) = write(&store, Undo::Batch, "a");
        written.expect("a row");
        let (failed, _) = store.write_in_turn::<(), StoreError>(Undo::Itself, |tx| {
            tx.execute_batch("ROLLBACK")?;
            put(tx, "b; outside of any transaction")
        });
        assert!(failed.is_err());
        drop(turn);
        assert!(matches!(batch.committed().await, Err(StoreError::Commit(_))));
        assert_eq!(keys(&store), "");
        store.write(|tx| put(tx, "c")).expect("a row");
        assert_eq!(keys(&store), "c");
    }

    /// Without others a write is committed at once: in memory, and outside of the queue.
    #[tokio::test]
    async fn nobody_waits_alone() {
        let (_folder, store) = file();
        for store in [store, Store::in_memory().expect("a store")] {
            let (written, batch) = write(&store, Undo::Batch, "a");
            written.expect("a row");
            batch.committed().await.expect("a commit");
            assert_eq!(keys(&store), "a");
        }
    }
}
