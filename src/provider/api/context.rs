//! What every handler of the management API has at hand, and the few steps that all of them take.

use rusqlite::Connection;

use super::{
    error::{self, ApiError},
    organizations::record::Organization,
};
use crate::provider::{
    app::State,
    effects::{self, Change, Origin, Source, Via},
    model::Member,
    security_events::outbox,
    session::keys::Keys,
    store::Transaction,
    webhook::worker::Bell,
};

/// Shared by all handlers. Clones are cheap.
#[derive(Clone)]
pub struct Context {
    /// Store, clock, rules and settings of the provider.
    pub state: State,
    /// The keys of session JWTs.
    pub keys: Keys,
    /// Wakes the delivery worker for a replay.
    pub bell: Bell,
}

impl Context {
    /// The context of a provider, whose signing keys are in its store.
    #[must_use]
    pub fn new(state: State, bell: Bell) -> Context {
        Context { keys: state.keys.clone(), state, bell }
    }

    /// The origin of a change that a caller of the management API makes in an organization.
    #[must_use]
    pub fn origin(&self, organization_id: &str, via: Via) -> Origin {
        Origin {
            project_id: self.state.settings.project_id.clone(),
            organization_id: organization_id.to_owned(),
            source: Source::Direct,
            via,
            at: self.state.clock.now(),
            txn: outbox::new_txn(),
        }
    }

    /// Lets a change take its effects, in the transaction that wrote it.
    pub fn apply(&self, tx: &Transaction, origin: &Origin, change: &Change) -> Result<(), ApiError> {
        effects::apply(tx, &self.state.rules, origin, change)?;
        Ok(())
    }

    /// Runs `work` for reading.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, ApiError>) -> Result<T, ApiError> {
        self.state.store.read(work)
    }

    /// Runs `work` in one write transaction.
    pub fn write<T>(&self, work: impl FnOnce(&Transaction) -> Result<T, ApiError>) -> Result<T, ApiError> {
        self.state.store.write(work)
    }
}

/// The organization that `key` names: its id, its slug or its external id.
pub fn organization(conn: &Connection, key: &str) -> Result<Organization, ApiError> {
    Organization::find(conn, key)?.ok_or_else(|| (&error::ORGANIZATION_NOT_FOUND).into())
}

/// The member of `organization` that `key` names: its id or its external id. A member of another organization is not
/// found.
pub fn member(conn: &Connection, organization: &Organization, key: &str) -> Result<Member, ApiError> {
    let mut found = Member::select(
        conn,
        "WHERE m.organization_id = ?1 AND (m.member_id = ?2 OR m.external_id = ?2)
         ORDER BY m.member_id = ?2 DESC LIMIT 1",
        [&organization.organization_id, key],
    )?;
    found.pop().ok_or_else(|| (&error::MEMBER_NOT_FOUND).into())
}

/// As [`member`], by `member_id` only: some calls refuse the external id.
pub fn member_by_id(conn: &Connection, organization: &Organization, member_id: &str) -> Result<Member, ApiError> {
    let found = Member::get(conn, member_id)?.filter(|member| member.organization_id == organization.organization_id);
    found.ok_or_else(|| (&error::MEMBER_NOT_FOUND).into())
}
