//! The rule table: one entry for each kind of change.
//!
//! A rule reads a [`Situation`] and answers what must follow; it writes nothing. Each entry stands in the documented table
//! (<https://stytch.com/docs/b2b/guides/scim/actions>) under the words of its summary. The rules themselves stand in
//! [`members`] and [`groups`].

mod groups;
mod members;

use rusqlite::{Connection, OptionalExtension as _, Params};

use super::{Change, ChangeKind, Event, Origin, Policies};
use crate::provider::{
    model::MemberStatus,
    security_events::{Signal, Subject, outbox},
    store::{StoreError, Transaction},
};

/// One thing that must follow from a change.
#[derive(Clone, Debug)]
pub enum Consequence {
    /// The member's status, and with it `active` of its SCIM User.
    SetStatus {
        /// The member.
        member_id: String,
        /// Its new status.
        status: MemberStatus,
    },
    /// The whole set of the member's explicit roles.
    SetExplicitRoles {
        /// The member.
        member_id: String,
        /// The roles; none: all are removed.
        roles: Vec<String>,
    },
    /// Open sessions are revoked now.
    RevokeSessions {
        /// Whose.
        member_id: String,
        /// Which of them.
        which: Sessions,
    },
    /// All memberships of the member are removed.
    LeaveGroups {
        /// The member.
        member_id: String,
    },
    /// The member's registrations with single sign-on connections are removed.
    DropSsoRegistrations {
        /// The member.
        member_id: String,
    },
    /// The member is gone for good, and all that hangs on it.
    RemoveMember {
        /// The member.
        member_id: String,
    },
    /// The group gives no roles any more.
    DetachGroupRoles {
        /// The group.
        group_id: String,
    },
    /// The group and its memberships are removed, also its own membership in others.
    RemoveGroup {
        /// The group.
        group_id: String,
    },
    /// The connection is closed: no token works, its registrations, groups and role assignments are removed.
    CloseConnection {
        /// The connection.
        connection_id: String,
    },
    /// An event is written to the outbox.
    Emit(Event),
    /// The streams of security events hear of it.
    Signal(Signal),
    /// What no rule of the documented table asks for: for rules that are put in the place of others.
    Other {
        /// Whom or what it is about.
        id: String,
        /// Does it.
        carry_out: fn(&Transaction, &str) -> Result<(), StoreError>,
    },
}

/// Which sessions of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// Every open one.
    All,
    /// These, by id.
    Only(Vec<String>),
}

/// What a rule may look at: the tables (after the change was written, before any consequence), where the change comes
/// from, and the organization's policies.
pub struct Situation<'a> {
    /// For reading.
    pub conn: &'a Connection,
    /// Where the change comes from.
    pub origin: &'a Origin,
    /// The policies of the organization.
    pub policies: &'a Policies,
}

impl Situation<'_> {
    /// The member's status; `None` if there is no such member.
    pub fn status(&self, member_id: &str) -> Result<Option<MemberStatus>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT status FROM members WHERE member_id = ?1")?;
        let mut rows = statement.query([member_id])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    /// The member's explicit roles, sorted.
    pub fn explicit_roles(&self, member_id: &str) -> Result<Vec<String>, StoreError> {
        self.texts("SELECT role_id FROM explicit_roles WHERE member_id = ?1 ORDER BY role_id", [member_id])
    }

    /// Whether the member has a SCIM registration.
    pub fn is_registered(&self, member_id: &str) -> Result<bool, StoreError> {
        Ok(self.conn.prepare_cached("SELECT 1 FROM scim_users WHERE member_id = ?1")?.exists([member_id])?)
    }

    /// The SCIM User of a member as the subject of a security event; `None` if it has none, or if nobody would hear of it.
    pub fn heard_user(&self, member_id: &str) -> Result<Option<Subject>, StoreError> {
        self.heard("/Users", "SELECT external_id FROM scim_users WHERE member_id = ?1", member_id)
    }

    /// The same of a group.
    pub fn heard_group(&self, group_id: &str) -> Result<Option<Subject>, StoreError> {
        self.heard("/Groups", "SELECT external_id FROM scim_groups WHERE group_id = ?1", group_id)
    }

    fn heard(&self, endpoint: &str, sql: &str, id: &str) -> Result<Option<Subject>, StoreError> {
        if !outbox::is_heard(self.conn, &self.origin.organization_id)? {
            return Ok(None);
        }
        let external_id = self.conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
        Ok(external_id.map(|external_id| Subject { endpoint: endpoint.to_owned(), id: id.to_owned(), external_id }))
    }

    /// The first column of a query, as texts.
    pub fn texts(&self, sql: &str, params: impl Params) -> Result<Vec<String>, StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let texts = statement.query_map(params, |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(texts)
    }
}

/// What a rule answers.
pub type Plan = Result<Vec<Consequence>, StoreError>;

/// A last look at a plan, which may change it.
pub type Revision = fn(&Change, &Situation, Vec<Consequence>) -> Plan;

/// One entry of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The kind of change it is for.
    pub kind: ChangeKind,
    /// What follows, in one line.
    pub summary: &'static str,
    /// The rule.
    pub plan: fn(&Change, &Situation) -> Plan,
}

/// The rules, one for each kind of change.
#[derive(Clone, Debug)]
pub struct RuleTable {
    rules: Vec<Rule>,
    after: Vec<Revision>,
}

/// The documented table.
static RULES: &[Rule] = &[
    Rule {
        kind: ChangeKind::MemberProvisioned,
        summary: "takes up the roles it was given; member.create",
        plan: members::member_provisioned,
    },
    Rule {
        kind: ChangeKind::MemberLinked,
        summary: "is active from now on, unless it was invited and the organization waits for its sign-in; member.update",
        plan: members::member_linked,
    },
    Rule {
        kind: ChangeKind::MemberUpdated,
        summary: "explicit roles if the change sets them; member.update; nothing if nothing is different",
        plan: members::member_updated,
    },
    Rule {
        kind: ChangeKind::MemberDeprovisioned,
        summary: "status deleted, all explicit roles removed, all sessions revoked; member.delete; nothing if already deleted; \
                  who was only invited is gone for good",
        plan: members::member_deprovisioned,
    },
    Rule {
        kind: ChangeKind::MemberReactivated,
        summary: "status active; implicit roles qualify again, explicit ones and sessions do not return; member.update",
        plan: members::member_reactivated,
    },
    Rule {
        kind: ChangeKind::MemberSignedIn,
        summary: "an invited or pending member is active from now on; member.update; nothing for others",
        plan: members::member_signed_in,
    },
    Rule {
        kind: ChangeKind::EmailChanged,
        summary: "sessions stay, unless the organization has them revoked",
        plan: members::email_changed,
    },
    Rule { kind: ChangeKind::GroupCreated, summary: "scim_group.create", plan: groups::group_created },
    Rule {
        kind: ChangeKind::GroupUpdated,
        summary: "scim_group.update if the name is different",
        plan: groups::group_updated,
    },
    Rule {
        kind: ChangeKind::MemberAddedToGroup,
        summary: "the group's roles are held from now on; scim_member_group.create; sessions stay",
        plan: groups::member_added_to_group,
    },
    Rule {
        kind: ChangeKind::MemberRemovedFromGroup,
        summary: "the group's roles are no longer held; scim_member_group.delete; sessions stay",
        plan: groups::member_removed_from_group,
    },
    Rule {
        kind: ChangeKind::GroupDeleted,
        summary: "group, memberships and role assignments removed; scim_group.delete",
        plan: groups::group_deleted,
    },
    Rule {
        kind: ChangeKind::ConnectionDeleted,
        summary: "groups, registrations and role assignments removed; scim_group.delete for each group, scim_connection.delete; \
                  members and sessions stay",
        plan: groups::connection_deleted,
    },
    Rule {
        kind: ChangeKind::SessionRevoked,
        summary: "session-revoked to the streams of security events",
        plan: members::session_revoked,
    },
    Rule { kind: ChangeKind::ScimWrote, summary: "the SCIM event to the streams of security events", plan: scim_wrote },
    Rule { kind: ChangeKind::Recorded, summary: "the object's event", plan: recorded },
];

impl Default for RuleTable {
    fn default() -> RuleTable {
        RuleTable { rules: RULES.to_vec(), after: Vec::new() }
    }
}

impl RuleTable {
    /// What must follow from `change`. Writes nothing.
    pub fn plan(&self, change: &Change, situation: &Situation) -> Plan {
        let kind = change.kind();
        let mut plan = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.kind == kind) {
            plan.extend((rule.plan)(change, situation)?);
        }
        self.after.iter().try_fold(plan, |plan, revise| revise(change, situation, plan))
    }

    /// The entries, in the order of the documented table.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Puts another rule in the place of the one for its kind of change.
    pub fn replace(&mut self, rule: Rule) {
        match self.rules.iter_mut().find(|old| old.kind == rule.kind) {
            Some(old) => *old = rule,
            None => self.rules.push(rule),
        }
    }

    /// Adds a last look at every plan.
    pub fn revise(&mut self, revise: Revision) {
        self.after.push(revise);
    }
}

fn scim_wrote(change: &Change, _: &Situation) -> Plan {
    let Change::ScimWrote { subject, event } = change else { return Ok(Vec::new()) };
    Ok(vec![Consequence::Signal(Signal::Scim { subject: subject.clone(), event: event.clone() })])
}

fn recorded(change: &Change, _: &Situation) -> Plan {
    let Change::Recorded { object, action } = change else { return Ok(Vec::new()) };
    Ok(vec![Consequence::Emit(Event { object: object.clone(), action: *action })])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind of change has exactly one rule: a change without one would have no effects and nobody would see it.
    #[test]
    fn every_kind_of_change_has_one_rule() {
        use ChangeKind::{
            ConnectionDeleted, EmailChanged, GroupCreated, GroupDeleted, GroupUpdated, MemberAddedToGroup,
            MemberDeprovisioned, MemberLinked, MemberProvisioned, MemberReactivated, MemberRemovedFromGroup,
            MemberSignedIn, MemberUpdated, Recorded, ScimWrote, SessionRevoked,
        };
        let kinds = [
            MemberProvisioned,
            MemberLinked,
            MemberUpdated,
            MemberDeprovisioned,
            MemberReactivated,
            MemberSignedIn,
            EmailChanged,
            GroupCreated,
            GroupUpdated,
            MemberAddedToGroup,
            MemberRemovedFromGroup,
            GroupDeleted,
            ConnectionDeleted,
            SessionRevoked,
            ScimWrote,
            Recorded,
        ];
        for kind in kinds {
            assert_eq!(RULES.iter().filter(|rule| rule.kind == kind).count(), 1, "{kind:?}");
        }
        assert_eq!(RULES.len(), kinds.len());
    }
}
