//! Whose directory a request works on: the connection that its token opened.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use time::OffsetDateTime;

use super::{answer::Refusal, endpoint::Kind};
use crate::{
    provider::{
        app::{Limits, State},
        effects::{self, Change, Origin, Policies, Source, Via},
        security_events::outbox,
        store::{Batch, StoreError, Transaction, Undo},
    },
    scim::{
        error::ScimError,
        leniency::Leniency,
        schema::{Registry, ResourceType},
    },
};

/// The connection behind a request, with what its handlers need. Everything a handler reads or writes is below it.
pub(super) struct Scope<'s> {
    pub(super) state: &'s State,
    pub(super) connection_id: String,
    pub(super) organization_id: String,
    /// One time for everything that the request writes.
    pub(super) at: OffsetDateTime,
    /// One transaction id for everything that the request writes (RFC 9967 section 2.2); of a bulk request, for each
    /// operation. `None` until somebody asks.
    txn: Mutex<Option<String>>,
    /// What the request has written in and is not known to be committed.
    open: Mutex<Vec<Arc<Batch>>>,
    /// Whether the request does not come again: no batch that it writes in is undone because of others.
    firm: AtomicBool,
    /// The organization's policies, as the transaction sees them that the request writes in.
    policies: Mutex<Option<Policies>>,
}

impl<'s> Scope<'s> {
    pub(super) fn new(state: &'s State, connection_id: &str, organization_id: &str, at: OffsetDateTime) -> Scope<'s> {
        let (connection_id, organization_id) = (connection_id.to_owned(), organization_id.to_owned());
        Scope {
            state,
            connection_id,
            organization_id,
            at,
            txn: Mutex::default(),
            open: Mutex::default(),
            firm: AtomicBool::new(false),
            policies: Mutex::default(),
        }
    }

    /// The transaction id.
    pub(super) fn txn(&self) -> String {
        lock(&self.txn).get_or_insert_with(outbox::new_txn).clone()
    }

    /// Gives what is written from now on another transaction id.
    pub(super) fn name_txn(&self, txn: String) {
        *lock(&self.txn) = Some(txn);
    }

    /// From now on no write is undone because of another request.
    pub(super) fn stand_firm(&self) {
        self.firm.store(true, Ordering::Relaxed);
    }

    /// Writes, in one transaction with other requests of the same time ([`Store::write_in_turn`]). The answer may leave
    /// after [`Scope::settled`].
    ///
    /// [`Store::write_in_turn`]: crate::provider::store::Store::write_in_turn
    pub(super) fn write<T>(&self, work: impl FnOnce(&Transaction) -> Result<T, Refusal>) -> Result<T, Refusal> {
        *lock(&self.policies) = None;
        // A second batch cannot be undone alone.
        let firm = self.firm.load(Ordering::Relaxed) || !lock(&self.open).is_empty();
        let (result, batch) = self.state.store.write_in_turn(if firm { Undo::Itself } else { Undo::Batch }, work);
        let mut open = lock(&self.open);
        if !open.last().is_some_and(|last| Arc::ptr_eq(last, &batch)) {
            open.push(batch);
        }
        result
    }

    /// Waits until everything is committed that the request has written or seen while writing. [`StoreError::Undone`]:
    /// nothing of it is, and the request comes again.
    pub(super) async fn settled(&self) -> Result<(), StoreError> {
        let open = lock(&self.open).clone();
        let mut settled = Ok(());
        for batch in open {
            settled = settled.and(batch.committed().await);
        }
        lock(&self.open).clear();
        settled
    }
}

impl Drop for Scope<'_> {
    /// A request that is broken off before it is settled, because its client has gone, is not there to come again.
    fn drop(&mut self) {
        for batch in lock(&self.open).iter() {
            batch.stand_firm();
        }
    }
}

impl Scope<'_> {
    /// The base URL of the connection, without a slash at its end.
    pub(super) fn base(&self) -> String {
        [&self.state.settings.api_base_url, super::PREFIX, &self.connection_id].concat()
    }

    /// The URI of a resource.
    pub(super) fn location(&self, kind: Kind, id: &str) -> String {
        let endpoint = kind.resource_type(self.registry()).map_or("", |rt| &rt.endpoint);
        [&self.state.settings.api_base_url, super::PREFIX, &self.connection_id, endpoint, "/", id].concat()
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.state.settings.registry
    }

    pub(super) fn leniency(&self) -> &Leniency {
        &self.state.settings.leniency
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.state.settings.limits
    }

    /// The schema data of a type. A registry without it cannot serve the type.
    pub(super) fn resource_type(&self, kind: Kind) -> Result<&ResourceType, ScimError> {
        kind.resource_type(self.registry()).ok_or_else(|| ScimError::not_found("the resource type is not served here"))
    }

    /// Where a change by this request comes from.
    pub(super) fn origin(&self, via: Via) -> Origin {
        Origin {
            project_id: self.state.settings.project_id.clone(),
            organization_id: self.organization_id.clone(),
            source: Source::Scim,
            via,
            at: self.at,
            txn: self.txn(),
        }
    }

    /// Lets a change take its effects.
    pub(super) fn apply(&self, tx: &Transaction, via: Via, change: &Change) -> Result<(), StoreError> {
        effects::apply_under(tx, &self.state.rules, &self.origin(via), &self.policies(tx)?, change)?;
        Ok(())
    }

    /// The organization's policies, read once in each transaction.
    pub(super) fn policies(&self, tx: &Transaction) -> Result<Policies, StoreError> {
        let mut known = lock(&self.policies);
        if known.is_none() {
            *known = Some(match self.state.store.known_policies(&self.connection_id) {
                Some(policies) => policies,
                None => Policies::of(tx, &self.organization_id)?,
            });
        }
        Ok(known.unwrap_or_default())
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
