//! Whose directory a request works on: the connection that its token opened.

use time::OffsetDateTime;

use super::endpoint::Kind;
use crate::{
    provider::{
        app::{Limits, State},
        effects::{self, Change, Origin, Source, Via},
        store::StoreError,
    },
    scim::{
        error::ScimError,
        leniency::Leniency,
        schema::{Registry, ResourceType},
    },
};

/// The connection behind a request, with what its handlers need. Everything a handler reads or writes is below it.
#[derive(Clone)]
pub(super) struct Scope<'s> {
    pub(super) state: &'s State,
    pub(super) connection_id: String,
    pub(super) organization_id: String,
    /// One time for everything that the request writes.
    pub(super) at: OffsetDateTime,
    /// One transaction id for everything that the request writes (RFC 9967 section 2.2).
    pub(super) txn: String,
}

impl Scope<'_> {
    /// The base URL of the connection, without a slash at its end.
    pub(super) fn base(&self) -> String {
        format!("{}{}{}", self.state.settings.api_base_url, super::PREFIX, self.connection_id)
    }

    /// The URI of a resource.
    pub(super) fn location(&self, kind: Kind, id: &str) -> String {
        format!("{}{}/{id}", self.base(), kind.resource_type(self.registry()).map_or("", |rt| &rt.endpoint))
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
            txn: self.txn.clone(),
        }
    }

    /// Lets a change take its effects.
    pub(super) fn apply(&self, tx: &rusqlite::Transaction, via: Via, change: &Change) -> Result<(), StoreError> {
        effects::apply(tx, &self.state.rules, &self.origin(via), change)?;
        Ok(())
    }
}
