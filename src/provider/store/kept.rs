//! Users as they were last sent, kept in memory: a read of one that nobody has written since, or a look-up of its name,
//! needs no statement.
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
    by_id: HashMap<Arc<str>, Entry>,
    by_row: HashMap<i64, Arc<str>>,
    /// Ids by connection and folded user name, of those that are in `by_id` and were looked up by it.
    by_name: HashMap<Arc<str>, HashMap<Arc<str>, Arc<str>>>,
    bytes: usize,
    /// Counts the commits that touched a User.
    generation: u64,
    /// Whether such a commit is under way.
    committing: bool,
}

struct Entry {
    connection_id: Arc<str>,
    /// The folded user name, if somebody has looked it up.
    name: Option<Arc<str>>,
    kept: Kept,
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
        let Some(Entry { connection_id, name, kept }) = self.by_id.remove(id) else { return };
        self.bytes -= kept.text.len();
        if let Some((names, name)) = self.by_name.get_mut(&connection_id).zip(name) {
            names.remove(&name);
            if names.is_empty() {
                self.by_name.remove(&connection_id);
            }
        }
    }

    fn named(&self, connection_id: &str, name: &str) -> Option<&Kept> {
        let id = self.by_name.get(connection_id)?.get(name)?;
        self.by_id.get(id).map(|entry| &entry.kept)
    }
}

impl Store {
    /// A User of a connection if it is kept, else the generation in which it may be.
    pub(in crate::provider) fn kept(&self, connection_id: &str, id: &str) -> Result<Kept, u64> {
        let known = self.inner.users.0.read().unwrap_or_else(PoisonError::into_inner);
        match known.by_id.get(id) {
            Some(entry) if *entry.connection_id == *connection_id => Ok(entry.kept.clone()),
            _ => Err(known.generation),
        }
    }

    /// The User of a connection with that folded user name if it is kept, else the generation in which it may be.
    pub(in crate::provider) fn kept_by_name(&self, connection_id: &str, name: &str) -> Result<Kept, u64> {
        let known = self.inner.users.0.read().unwrap_or_else(PoisonError::into_inner);
        known.named(connection_id, name).cloned().ok_or(known.generation)
    }

    /// Keeps a User that was read after `generation` was; `name` is its folded user name, if it was found by that.
    pub(in crate::provider) fn keep(
        &self,
        connection_id: &str,
        (row, id, name): (i64, &str, Option<&str>),
        kept: Kept,
        generation: u64,
    ) {
        let mut known = self.inner.users.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.committing || known.generation != generation {
            return;
        }
        if known.by_row.len() >= MOST || known.bytes + kept.text.len() > MOST_BYTES {
            known.by_id.clear();
            known.by_row.clear();
            known.by_name.clear();
            known.bytes = 0;
        }
        let (connection_id, id): (Arc<str>, Arc<str>) = (connection_id.into(), id.into());
        let name: Option<Arc<str>> = name.map(Into::into);
        known.forget(&id);
        known.bytes += kept.text.len();
        known.by_row.insert(row, Arc::clone(&id));
        if let Some(name) = &name {
            known.by_name.entry(Arc::clone(&connection_id)).or_default().insert(Arc::clone(name), Arc::clone(&id));
        }
        known.by_id.insert(id, Entry { connection_id, name, kept });
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
            store.keep("c", (row, id, Some(id)), kept(id), generation(&store));
        }
        assert!(store.kept("another", "a").is_err() && store.kept_by_name("another", "a").is_err());
        let touched = Touched::default();
        assert!(!store.inner.users.committing(&touched));
        touched.row(2);
        touched.id("d");
        assert!(store.inner.users.committing(&touched));
        assert_eq!(store.kept("c", "a").expect("it").text, "a");
        assert_eq!(store.kept_by_name("c", "a").expect("it").text, "a");
        for gone in ["b", "d"] {
            assert!(store.kept("c", gone).is_err() && store.kept_by_name("c", gone).is_err());
        }
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
        store.keep("c", (1, "a", None), kept("old"), before);
        let during = generation(&store);
        store.inner.users.committed();
        store.keep("c", (1, "a", None), kept("old"), before);
        store.keep("c", (1, "a", None), kept("old"), during);
        assert!(store.kept("c", "a").is_err());
        store.keep("c", (1, "a", None), kept("new"), generation(&store));
        assert_eq!(store.kept("c", "a").expect("it").text, "new");
    }

    /// A name that has gone from one User to another leads to the other; who was read by its id only has none.
    #[test]
    fn a_name_leads_to_who_has_it() {
        let store = Store::in_memory().expect("a store");
        store.keep("c", (1, "a", Some("ada")), kept("first"), generation(&store));
        let touched = Touched::default();
        touched.row(1);
        store.inner.users.committing(&touched);
        store.inner.users.committed();
        store.keep("c", (1, "a", None), kept("renamed"), generation(&store));
        assert!(store.kept_by_name("c", "ada").is_err());
        store.keep("c", (2, "b", Some("ada")), kept("second"), generation(&store));
        assert_eq!(store.kept_by_name("c", "ada").expect("it").text, "second");
        assert_eq!(store.kept("c", "a").expect("it").text, "renamed");
    }

    /// The memory is bounded in number and in bytes.
    #[test]
    fn what_is_kept_is_bounded() {
        let store = Store::in_memory().expect("a store");
        for (count, size) in [(2 * MOST, 10), (100, MOST_BYTES / 10)] {
            let text = "x".repeat(size);
            for row in 0..count {
                let (id, row) = (row.to_string(), i64::try_from(row).expect("a row"));
                store.keep("c", (row, &id, Some(&id)), kept(&text), generation(&store));
            }
            let known = store.inner.users.0.read().expect("no panic");
            assert!(known.by_id.len() <= MOST && known.bytes <= MOST_BYTES);
            assert!(known.by_id.len() > 1 && known.by_name["c"].len() == known.by_id.len());
        }
    }
}
