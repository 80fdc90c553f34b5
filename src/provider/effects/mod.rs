//! Effects: what a change does beyond the row it wrote. The documented table of supported actions
//! (<https://stytch.com/docs/b2b/guides/scim/actions>) is one piece of data here, [`RuleTable`].
//!
//! A handler writes the rows that it owns (a SCIM resource, a member's e-mail), then hands a [`Change`] to [`apply`] in
//! the same transaction. The change's rule plans [`Consequence`]s: reading only, so that a plan can be looked at before
//! anything happens. The plan is then carried out, states first and events last, so that an event shows the state
//! that it tells of. Nothing else in the provider writes `members.status`, `explicit_roles`, `sessions.revoked_at` for
//! a change, or rows of `outbox` and `deliveries`.
//!
//! A change that changes nothing plans nothing. Where the documentation is silent the rule asks a named [`Policies`]
//! field.

mod carry_out;
mod change;
mod event;
mod policy;
mod rules;

pub use change::{Change, ChangeKind, Origin, Source, Via};
pub use event::{Action, ConnectionKind, Event, EventRef, Object};
pub use policy::{
    AllowOrRefuse, AllowedDomains, ClaimedDomains, ConnectionMembers, DanglingMembers, DeletedMember, DeprovisionedJit,
    EventNames, ExistingMember, GroupDeletion, InvitedDeletion, InvitedMember, KeepOrRevoke, Memberships, POLICIES,
    Policies, PolicyInfo, RotatingTokens, RotationRestart, TakenEmail, TokenLife,
};
pub use rules::{Consequence, Plan, Revision, Rule, RuleTable, Sessions, Situation};

use super::store::{StoreError, Transaction};

/// Decides what `change` means and carries it out in `tx`. Returns the events that were written to the outbox, in order.
pub fn apply(
    tx: &Transaction,
    rules: &RuleTable,
    origin: &Origin,
    change: &Change,
) -> Result<Vec<EventRef>, StoreError> {
    apply_under(tx, rules, origin, &Policies::of(tx, &origin.organization_id)?, change)
}

/// As [`apply`], for a request that makes many changes and has read the policies already.
pub fn apply_under(
    tx: &Transaction,
    rules: &RuleTable,
    origin: &Origin,
    policies: &Policies,
    change: &Change,
) -> Result<Vec<EventRef>, StoreError> {
    let situation = Situation { conn: tx, origin, policies };
    let plan = rules.plan(change, &situation)?;
    carry_out::carry_out(tx, origin, policies, &plan)
}
