//! The project's JWT keys: made when the first JWT is wanted, kept in `jwt_keys`, replaced after half a year, and
//! published for a month longer, so that a JWT signed just before a rotation can still be verified.
//!
//! Source of the two periods: the vendor's SDK on JWKS rotation (stytch-node, `lib/b2b/sessions.ts`).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::params;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::jwt::{self, JwtError, SigningKey};
use crate::provider::{
    clock::{self, Clock},
    ids,
    store::{Store, StoreError},
};

/// How long a key signs.
pub const SIGNS_FOR: Duration = Duration::days(182);

/// How much longer a key is published than it signs.
pub const OVERLAP: Duration = Duration::days(30);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key cannot be made or read.
    #[error(transparent)]
    Jwt(#[from] JwtError),
    /// The thread that made a key broke off.
    #[error("the thread that makes signing keys broke off")]
    Thread,
}

/// The keys. Clones share the parsed keys.
#[derive(Clone)]
pub struct Keys {
    store: Store,
    clock: Clock,
    parsed: Arc<Mutex<HashMap<String, Arc<SigningKey>>>>,
    making: Arc<tokio::sync::Mutex<()>>,
}

struct Row {
    kid: String,
    private_key: Vec<u8>,
    created_at: OffsetDateTime,
    retired_at: Option<OffsetDateTime>,
}

impl Keys {
    /// The keys of a store. Makes none yet: that takes longer than a whole start may.
    #[must_use]
    pub fn of(store: Store, clock: Clock) -> Keys {
        Keys { store, clock, parsed: Arc::default(), making: Arc::default() }
    }

    /// The key to sign with. Makes one if there is none, or if the newest has served its time.
    pub async fn signing(&self) -> Result<Arc<SigningKey>, KeyError> {
        if let Some(key) = self.current()? {
            return Ok(key);
        }
        let _one_at_a_time = self.making.lock().await;
        if let Some(key) = self.current()? {
            return Ok(key);
        }
        self.make().await
    }

    /// Makes a new key and signs with it from now on; the ones before stay published for [`OVERLAP`].
    pub async fn rotate(&self) -> Result<Arc<SigningKey>, KeyError> {
        let _one_at_a_time = self.making.lock().await;
        self.make().await
    }

    /// The keys that a JWT may be signed with, newest first.
    pub fn published(&self) -> Result<Vec<Arc<SigningKey>>, KeyError> {
        let now = self.clock.now();
        self.rows()?
            .iter()
            .filter(|row| row.retired_at.is_none_or(|at| at + OVERLAP > now))
            .map(|row| self.parsed(row))
            .collect()
    }

    /// The JWKS (RFC 7517 section 5): the public halves of the published keys.
    pub fn jwks(&self) -> Result<Value, KeyError> {
        let keys: Vec<Value> = self.published()?.iter().map(|key| key.jwk().clone()).collect();
        Ok(json!({"keys": keys}))
    }

    fn current(&self) -> Result<Option<Arc<SigningKey>>, KeyError> {
        let now = self.clock.now();
        let rows = self.rows()?;
        let row = rows.iter().find(|row| row.retired_at.is_none() && row.created_at + SIGNS_FOR > now);
        row.map(|row| self.parsed(row)).transpose()
    }

    async fn make(&self) -> Result<Arc<SigningKey>, KeyError> {
        // RSA key generation takes a good part of a second in the worst case, too long for a runtime's worker.
        let private_key = tokio::task::spawn_blocking(jwt::generate).await.map_err(|_| KeyError::Thread)??;
        let kid = ids::new_id("jwk");
        let now = clock::text(self.clock.now());
        self.store.write::<_, StoreError>(|tx| {
            tx.execute("UPDATE jwt_keys SET retired_at = ?1 WHERE retired_at IS NULL", [&now])?;
            tx.execute(
                "INSERT INTO jwt_keys (kid, private_key, created_at) VALUES (?1, ?2, ?3)",
                params![kid, private_key, now],
            )?;
            Ok(())
        })?;
        let key = Arc::new(SigningKey::read(&kid, &private_key)?);
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner).insert(kid, Arc::clone(&key));
        Ok(key)
    }

    fn rows(&self) -> Result<Vec<Row>, StoreError> {
        self.store.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT kid, private_key, created_at, retired_at FROM jwt_keys ORDER BY created_at DESC",
            )?;
            let rows = statement.query_map([], |row| {
                let created: String = row.get(2)?;
                let retired: Option<String> = row.get(3)?;
                Ok(Row {
                    kid: row.get(0)?,
                    private_key: row.get(1)?,
                    created_at: clock::parse(&created).unwrap_or(OffsetDateTime::UNIX_EPOCH),
                    retired_at: retired.as_deref().and_then(clock::parse),
                })
            })?;
            Ok(rows.collect::<Result<Vec<Row>, rusqlite::Error>>()?)
        })
    }

    fn parsed(&self, row: &Row) -> Result<Arc<SigningKey>, KeyError> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = parsed.get(&row.kid) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(SigningKey::read(&row.kid, &row.private_key)?);
        parsed.insert(row.kid.clone(), Arc::clone(&key));
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kids(keys: &Keys) -> Vec<String> {
        keys.published().expect("keys").iter().map(|key| key.kid().to_owned()).collect()
    }

    /// Protects consumers over a rotation: the old key stays published for the overlap and no longer, and the new one
    /// signs; an old key is replaced by itself.
    #[tokio::test]
    async fn rotation_overlaps_and_comes_by_itself() {
        let clock = Clock::manual(time::macros::datetime!(2026-01-01 0:00 UTC));
        let keys = Keys::of(Store::in_memory().expect("a store"), clock.clone());
        assert!(kids(&keys).is_empty(), "no key before one is wanted");
        let first = keys.signing().await.expect("a key").kid().to_owned();
        assert_eq!(keys.signing().await.expect("a key").kid(), first, "one key signs until it is rotated");
        let second = keys.rotate().await.expect("a key").kid().to_owned();
        assert_eq!(keys.signing().await.expect("a key").kid(), second);
        assert_eq!(kids(&keys).len(), 2);
        clock.advance(std::time::Duration::from_secs(31 * 24 * 3600));
        assert_eq!(kids(&keys), [second.as_str()], "the overlap is over");
        clock.advance(std::time::Duration::from_secs(183 * 24 * 3600));
        assert_ne!(keys.signing().await.expect("a key").kid(), second, "half a year is over");
    }
}
