//! Whose directory a request works on: the connection that its token opened.

use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

use super::{answer::Refusal, endpoint::Kind};
use crate::{
    provider::{
        app::{Limits, State},
        effects::{self, Change, Origin, Source, Via},
        store::{Batch, StoreError, Transaction},
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
    /// What the request has written in and is not known to be committed.
    open: Mutex<Vec<Arc<Batch>>>,
}

impl<'s> Scope<'s> {
    pub(super) fn new(state: &'s State, connection_id: &str, organization_id: &str, at: OffsetDateTime) -> Scope<'s> {
        let (connection_id, organization_id) = (connection_id.to_owned(), organization_id.to_owned());
        Scope { state, connection_id, organization_id, at, open: Mutex::default() }
    }

    /// Writes, in one transaction with other requests of the same time ([`Store::write_in_turn`]). The answer may leave
    /// after [`Scope::settled`].
    ///
    /// [`Store::write_in_turn`]: crate::provider::store::Store::write_in_turn
    pub(super) fn write<T>(&self, work: impl FnOnce(&Transaction) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let (result, batch) = self.state.store.write_in_turn(work);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if !open.last().is_some_and(|last| Arc::ptr_eq(last, &batch)) {
            open.push(batch);
        }
        result
    }

    /// Waits until everything is committed that the request has written or seen while writing.
    pub(super) async fn settled(&self) -> Result<(), StoreError> {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        for batch in open {
            batch.committed().await?;
        }
        Ok(())
    }
}

impl Scope<'_> {
    /// The base URL of the connection, without a slash at its end.
    pub(super) fn base(&self) -> String {
        format!("{}{}{}", self.state.settings.api_base_url, super::PREFIX, self.connection_id)
    }

    /// The URI of a resource.
    pub(super) fn location(&self, kind: Kind, id: &str) -> String {
        format!("{}{}/{id}", self.base(), kind.endpoint())
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
        self.registry()
            .resource_type_at(kind.endpoint())
            .ok_or_else(|| ScimError::not_found(format!("{} is not served here", kind.endpoint())))
    }

    /// Where a change by this request comes from.
    pub(super) fn origin(&self, via: Via) -> Origin {
        Origin {
            project_id: self.state.settings.project_id.clone(),
            organization_id: self.organization_id.clone(),
            source: Source::Scim,
            via,
            at: self.at,
        }
    }

    /// Lets a change take its effects.
    pub(super) fn apply(&self, tx: &Transaction, via: Via, change: &Change) -> Result<(), StoreError> {
        effects::apply(tx, &self.state.rules, &self.origin(via), change)?;
        Ok(())
    }
}
