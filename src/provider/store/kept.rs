//! Users as they were last sent, kept in memory: a read of one that nobody has written since needs no statement.
//!
//! What is kept never differs from what is committed. The writer notes each User that it touches. Before a commit those
//! are forgotten and nothing more is kept; after it, and before anybody is told of it, a new generation begins, and what
//! was read in an older one is not kept either. Only Users in no group are kept: of those one row tells everything. One
//! process owns a data file ([`Store::open`] refuses one that is open already), so that nobody else writes into it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use axum::body::Bytes;

use super::{Store, lock};

/// Most Users kept, and most bytes of them; more than that begin anew.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 16 << 20;

/// A User as it is sent by default.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Counts the changes.
    pub version: i64,
    /// JSON.
    pub text: Bytes,
}

/// The Users that are kept.
#[derive(Default)]
pub(super) struct Users(RwLock<Known>);

#[derive(Default)]
struct Known {
    by_id: HashMap<Arc<str>, (Arc<str>, Kept)>,
    by_row: HashMap<i64, Arc<str>>,
    bytes: usize,
    /// Counts the commits that touched a User.
    generation: u64,
    /// Whether such a commit is under way.
    committing: bool,
}

/// The Users that a transaction has touched.
#[derive(Debug, Default)]
pub(super) struct Touched {
    rows: Mutex<Vec<i64>>,
    ids: Mutex<Vec<String>>,
}

impl Touched {
    /// A row of `scim_users`.
    pub(super) fn row(&self, row: i64) {
        lock(&self.rows).push(row);
    }

    /// A User, by its id, of whom another table tells something new.
    pub(super) fn id(&self, id: &str) {
        lock(&self.ids).push(id.to_owned());
    }
}

impl Users {
    /// Before a commit: what the transaction touched is forgotten, and nothing is kept. Returns whether it touched anything;
    /// then [`Users::committed`] must follow.
    pub(super) fn committing(&self, touched: &Touched) -> bool {
        let rows = std::mem::take(&mut *lock(&touched.rows));
        let ids = std::mem::take(&mut *lock(&touched.ids));
        if rows.is_empty() && ids.is_empty() {
            return false;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.committing = true;
        for row in rows {
            if let Some(id) = known.by_row.remove(&row) {
                known.forget(&id);
            }
        }
        for id in ids {
            // Its row, if it is known, points at nothing then.
            known.forget(&id);
        }
        true
    }

    /// After the commit, whatever came of it.
    pub(super) fn committed(&self) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.committing = false;
        known.generation += 1;
    }
}

impl Known {
    fn forget(&mut self, id: &str) {
        if let Some((_, kept)) = self.by_id.remove(id) {
            self.bytes -= kept.text.len();
        }
    }
}

impl Store {
    /// A User of a connection if it is kept, else the generation in which it may be.
    pub(in crate::provider) fn kept(&self, connection_id: &str, id: &str) -> Result<Kept, u64> {
        let known = self.inner.users.0.read().unwrap_or_else(PoisonError::into_inner);
        match known.by_id.get(id) {
            Some((of, kept)) if **of == *connection_id => Ok(kept.clone()),
            _ => Err(known.generation),
        }
    }

    /// Keeps a User that was read after `generation` was.
    pub(in crate::provider) fn keep(&self, connection_id: &str, id: &str, row: i64, kept: Kept, generation: u64) {
        let mut known = self.inner.users.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.committing || known.generation != generation {
            return;
        }
        if known.by_row.len() >= MOST || known.bytes + kept.text.len() > MOST_BYTES {
            known.by_id.clear();
            known.by_row.clear();
            known.bytes = 0;
        }
        let id: Arc<str> = id.into();
        known.forget(&id);
        known.bytes += kept.text.len();
        known.by_row.insert(row, Arc::clone(&id));
        known.by_id.insert(id, (connection_id.into(), kept));
    }
}

#[cfg(test)]
mod tests {
    use super::{super::*, *};

    fn kept(text: &str) -> Kept {
        Kept { version: 1, text: Bytes::copy_from_slice(text.as_bytes()) }
    }

    fn generation(store: &Store) -> u64 {
        store.kept("c", "nobody").expect_err("nobody")
    }

    /// What is written, and who joins a group, is forgotten; others stay; a connection sees its own only.
    #[test]
    fn what_is_touched_is_forgotten() {
        let store = Store::in_memory().expect("a store");
        for (id, row) in [("a", 1), ("b", 2), ("d", 3)] {
            store.keep("c", id, row, kept(id), generation(&store));
        }
        assert!(store.kept("another", "a").is_err());
        let touched = Touched::default();
        assert!(!store.inner.users.committing(&touched));
        touched.row(2);
        touched.id("d");
        assert!(store.inner.users.committing(&touched));
        assert_eq!(store.kept("c", "a").expect("it").text, "a");
        assert!(store.kept("c", "b").is_err() && store.kept("c", "d").is_err());
        store.inner.users.committed();
        assert_eq!(store.kept("c", "a").expect("it").text, "a");
    }

    /// What was read before a commit is not kept after it, nor while it is under way.
    #[test]
    fn what_was_read_earlier_is_not_kept() {
        let store = Store::in_memory().expect("a store");
        let touched = Touched::default();
        let before = generation(&store);
        touched.row(1);
        store.inner.users.committing(&touched);
        store.keep("c", "a", 1, kept("old"), before);
        let during = generation(&store);
        store.inner.users.committed();
        store.keep("c", "a", 1, kept("old"), before);
        store.keep("c", "a", 1, kept("old"), during);
        assert!(store.kept("c", "a").is_err());
        store.keep("c", "a", 1, kept("new"), generation(&store));
        assert_eq!(store.kept("c", "a").expect("it").text, "new");
    }

    /// The memory is bounded in number and in bytes.
    #[test]
    fn what_is_kept_is_bounded() {
        let store = Store::in_memory().expect("a store");
        for (count, size) in [(2 * MOST, 10), (100, MOST_BYTES / 10)] {
            let text = "x".repeat(size);
            for row in 0..count {
                store.keep("c", &row.to_string(), i64::try_from(row).expect("a row"), kept(&text), generation(&store));
            }
            let known = store.inner.users.0.read().expect("no panic");
            assert!(known.by_id.len() <= MOST && known.bytes <= MOST_BYTES);
            assert!(known.by_id.len() > 1);
        }
    }
}
