//! Rows of `scim_connections`, as far as a SCIM request needs them, and the copy of them that is kept in memory: every
//! request asks, and they hardly ever change.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use rusqlite::{Connection, OptionalExtension as _, params};
use time::OffsetDateTime;

use super::{Store, StoreError};
use crate::provider::{
    clock,
    effects::{Policies, RotatingTokens},
    ids,
};

/// Most gates kept; more than that begin anew.
const KEPT: usize = 10_000;

/// What decides whether a token opens a connection.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The organization that the connection belongs to.
    pub organization_id: String,
    /// Hash of the token, and when it expires.
    pub token: (Vec<u8>, OffsetDateTime),
    /// The same of the next token, while a rotation is open.
    pub next_token: Option<(Vec<u8>, OffsetDateTime)>,
    /// The policies of the organization: the gate is forgotten as well when the organization is written.
    pub policies: Policies,
}

/// The gates that were asked for since a row of `scim_connections` or `organizations` was last written. One process owns
/// a data file ([`Store::open`] refuses one that is open already).
#[derive(Default)]
pub(super) struct Gates(RwLock<Known>);

#[derive(Default)]
struct Known {
    gates: HashMap<String, Arc<Gate>>,
    /// Counts how often they were forgotten.
    generation: u64,
}

impl Gates {
    /// Forgets all of them, after a commit that wrote one of the tables and before anybody is told of it.
    pub(super) fn forget(&self) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.gates.clear();
        known.generation += 1;
    }

    /// The gate if it is known, else the generation in which it may be noted.
    fn look(&self, connection_id: &str) -> Result<Arc<Gate>, u64> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.gates.get(connection_id).map(Arc::clone).ok_or(known.generation)
    }

    /// Notes a gate that was read after `generation` was. If the tables were written since, it may be an old one.
    fn note(&self, connection_id: &str, gate: &Arc<Gate>, generation: u64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.generation != generation {
            return;
        }
        if known.gates.len() >= KEPT {
            known.gates.clear();
        }
        known.gates.insert(connection_id.to_owned(), Arc::clone(gate));
    }
}

impl Store {
    /// The gate of an active connection; `None` for a deleted or unknown one. It is the committed state at some time of
    /// the call: a token that was revoked before, opens nothing.
    pub fn gate(&self, connection_id: &str) -> Result<Option<Arc<Gate>>, StoreError> {
        let generation = match self.inner.gates.look(connection_id) {
            Ok(known) => return Ok(Some(known)),
            Err(generation) => generation,
        };
        let read = self.read(|conn| gate(conn, connection_id))?.map(Arc::new);
        if let Some(gate) = &read {
            self.inner.gates.note(connection_id, gate, generation);
        }
        Ok(read)
    }
}

impl Store {
    /// The policies of a connection's organization for whoever writes just now, if they are known and nothing that is
    /// not committed yet may have changed them.
    pub(in crate::provider) fn known_policies(&self, connection_id: &str) -> Option<Policies> {
        if self.inner.writing.has_touched_connections() {
            return None;
        }
        self.inner.gates.look(connection_id).ok().map(|gate| gate.policies)
    }
}

/// As [`Store::gate`], as a transaction or a snapshot sees it.
pub fn gate(conn: &Connection, connection_id: &str) -> Result<Option<Gate>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT organization_id, token_hash, token_expires_at, next_token_hash, next_token_expires_at
         FROM scim_connections WHERE connection_id = ?1 AND status = 'active'",
    )?;
    let mut rows = statement.query([connection_id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let token = |hash: Vec<u8>, expires_at: String| {
        // What cannot be read as a time opens nothing.
        (hash, clock::parse(&expires_at).unwrap_or(OffsetDateTime::UNIX_EPOCH))
    };
    let next: Option<Vec<u8>> = row.get(3)?;
    let organization_id: String = row.get(0)?;
    let gate = Gate {
        token: token(row.get(1)?, row.get(2)?),
        next_token: next.map(|hash| Ok::<_, StoreError>(token(hash, row.get(4)?))).transpose()?,
        policies: Policies::of(conn, &organization_id)?,
        organization_id,
    };
    Ok(Some(gate))
}

/// The active connection that a token opens, and its organization. The look-up by hash gives away nothing: whoever can time
/// it does not know the hash of the token he is after.
pub fn opened_by(conn: &Connection, token: &str, now: OffsetDateTime) -> Result<Option<(String, String)>, StoreError> {
    let (hash, now) = (ids::hash(token), clock::text(now));
    let mut current = conn.prepare_cached(
        "SELECT connection_id, organization_id FROM scim_connections
         WHERE token_hash = ?1 AND status = 'active' AND token_expires_at > ?2",
    )?;
    let columns = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?));
    if let Some(found) = current.query_row(params![hash, now], columns).optional()? {
        return Ok(Some(found));
    }
    let mut next = conn.prepare_cached(
        "SELECT connection_id, organization_id FROM scim_connections
         WHERE next_token_hash = ?1 AND status = 'active' AND next_token_expires_at > ?2",
    )?;
    let Some((connection_id, organization_id)) = next.query_row(params![hash, now], columns).optional()? else {
        return Ok(None);
    };
    let opens = Policies::of(conn, &organization_id)?.rotating_tokens == RotatingTokens::Both;
    Ok(opens.then_some((connection_id, organization_id)))
}
