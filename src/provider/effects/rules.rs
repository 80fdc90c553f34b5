//! The rule table: one entry for each kind of change.
//!
//! A rule reads a [`Situation`] and answers what must follow; it writes nothing. Each entry stands in the documented table
//! (<https://stytch.com/docs/b2b/guides/scim/actions>) under the words of its summary.

use rusqlite::{Connection, Params};

use super::{
    Action, Change, ChangeKind, ConnectionMembers, Event, GroupDeletion, KeepOrRevoke, Memberships, Object, Origin,
    Policies,
};
use crate::provider::{
    model::MemberStatus,
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
        summary: "takes up its status and the roles it was given; member.create",
        plan: member_provisioned,
    },
    Rule { kind: ChangeKind::MemberLinked, summary: "is active from now on; member.update", plan: member_linked },
    Rule {
        kind: ChangeKind::MemberUpdated,
        summary: "explicit roles if the change sets them; member.update; nothing if nothing is different",
        plan: member_updated,
    },
    Rule {
        kind: ChangeKind::MemberDeprovisioned,
        summary: "status deleted, all explicit roles removed, all sessions revoked; member.delete; nothing if already deleted",
        plan: member_deprovisioned,
    },
    Rule {
        kind: ChangeKind::MemberReactivated,
        summary: "status active; implicit roles qualify again, explicit ones and sessions do not return; member.update",
        plan: member_reactivated,
    },
    Rule { kind: ChangeKind::GroupCreated, summary: "scim_group.create", plan: group_created },
    Rule { kind: ChangeKind::GroupUpdated, summary: "scim_group.update if the name is different", plan: group_updated },
    Rule {
        kind: ChangeKind::MemberAddedToGroup,
        summary: "the group's roles are held from now on; scim_member_group.create; sessions stay",
        plan: member_added_to_group,
    },
    Rule {
        kind: ChangeKind::MemberRemovedFromGroup,
        summary: "the group's roles are no longer held; scim_member_group.delete; sessions stay",
        plan: member_removed_from_group,
    },
    Rule {
        kind: ChangeKind::GroupDeleted,
        summary: "group, memberships and role assignments removed; scim_group.delete",
        plan: group_deleted,
    },
    Rule {
        kind: ChangeKind::ConnectionDeleted,
        summary: "groups, registrations and role assignments removed; scim_group.delete for each group; members and sessions stay",
        plan: connection_deleted,
    },
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

fn member_event(member_id: &str, action: Action) -> Consequence {
    Consequence::Emit(Event { object: Object::Member { member_id: member_id.to_owned() }, action })
}

fn member_provisioned(change: &Change, _: &Situation) -> Plan {
    let Change::MemberProvisioned { member_id, status, explicit_roles } = change else { return Ok(Vec::new()) };
    let mut plan = vec![Consequence::SetStatus { member_id: member_id.clone(), status: *status }];
    if !explicit_roles.is_empty() {
        plan.push(Consequence::SetExplicitRoles { member_id: member_id.clone(), roles: explicit_roles.clone() });
    }
    plan.push(member_event(member_id, Action::Create));
    Ok(plan)
}

fn member_linked(change: &Change, _: &Situation) -> Plan {
    let Change::MemberLinked { member_id } = change else { return Ok(Vec::new()) };
    Ok(vec![
        Consequence::SetStatus { member_id: member_id.clone(), status: MemberStatus::Active },
        member_event(member_id, Action::Update),
    ])
}

fn member_updated(change: &Change, situation: &Situation) -> Plan {
    let Change::MemberUpdated { member_id, changed, explicit_roles } = change else { return Ok(Vec::new()) };
    let mut plan = Vec::new();
    if let Some(roles) = explicit_roles {
        let mut wanted = roles.clone();
        wanted.sort();
        wanted.dedup();
        if wanted != situation.explicit_roles(member_id)? {
            plan.push(Consequence::SetExplicitRoles { member_id: member_id.clone(), roles: wanted });
        }
    }
    if *changed || !plan.is_empty() {
        plan.push(member_event(member_id, Action::Update));
    }
    Ok(plan)
}

fn member_deprovisioned(change: &Change, situation: &Situation) -> Plan {
    let Change::MemberDeprovisioned { member_id } = change else { return Ok(Vec::new()) };
    deprovision(member_id, situation)
}

fn deprovision(member_id: &str, situation: &Situation) -> Plan {
    if situation.status(member_id)?.is_none_or(|status| status == MemberStatus::Deleted) {
        return Ok(Vec::new());
    }
    let member_id = member_id.to_owned();
    let mut plan = vec![
        Consequence::SetStatus { member_id: member_id.clone(), status: MemberStatus::Deleted },
        Consequence::SetExplicitRoles { member_id: member_id.clone(), roles: Vec::new() },
        Consequence::RevokeSessions { member_id: member_id.clone(), which: Sessions::All },
    ];
    if situation.policies.memberships_on_deactivation == Memberships::Drop {
        plan.push(Consequence::LeaveGroups { member_id: member_id.clone() });
    }
    plan.push(member_event(&member_id, Action::Delete));
    Ok(plan)
}

fn member_reactivated(change: &Change, situation: &Situation) -> Plan {
    let Change::MemberReactivated { member_id } = change else { return Ok(Vec::new()) };
    if situation.status(member_id)?.is_none_or(|status| status != MemberStatus::Deleted) {
        return Ok(Vec::new());
    }
    Ok(vec![
        Consequence::SetStatus { member_id: member_id.clone(), status: MemberStatus::Active },
        member_event(member_id, Action::Update),
    ])
}

fn group_event(group_id: &str, action: Action) -> Consequence {
    Consequence::Emit(Event { object: Object::ScimGroup { group_id: group_id.to_owned() }, action })
}

fn group_created(change: &Change, _: &Situation) -> Plan {
    let Change::GroupCreated { group_id } = change else { return Ok(Vec::new()) };
    Ok(vec![group_event(group_id, Action::Create)])
}

fn group_updated(change: &Change, _: &Situation) -> Plan {
    let Change::GroupUpdated { group_id, renamed } = change else { return Ok(Vec::new()) };
    Ok(if *renamed { vec![group_event(group_id, Action::Update)] } else { Vec::new() })
}

fn membership_event(group_id: &str, member_id: &str, action: Action) -> Consequence {
    let object = Object::ScimMemberGroup { group_id: group_id.to_owned(), member_id: member_id.to_owned() };
    Consequence::Emit(Event { object, action })
}

fn member_added_to_group(change: &Change, situation: &Situation) -> Plan {
    let Change::MemberAddedToGroup { group_id, member_id } = change else { return Ok(Vec::new()) };
    Ok(membership_changed(group_id, member_id, Action::Create, situation))
}

fn member_removed_from_group(change: &Change, situation: &Situation) -> Plan {
    let Change::MemberRemovedFromGroup { group_id, member_id } = change else { return Ok(Vec::new()) };
    Ok(membership_changed(group_id, member_id, Action::Delete, situation))
}

fn membership_changed(group_id: &str, member_id: &str, action: Action, situation: &Situation) -> Vec<Consequence> {
    let mut plan = vec![membership_event(group_id, member_id, action)];
    if situation.policies.membership_updates_member {
        plan.push(member_event(member_id, Action::Update));
    }
    plan
}

fn group_deleted(change: &Change, situation: &Situation) -> Plan {
    let Change::GroupDeleted { group_id } = change else { return Ok(Vec::new()) };
    let mut plan = vec![
        Consequence::DetachGroupRoles { group_id: group_id.clone() },
        Consequence::RemoveGroup { group_id: group_id.clone() },
    ];
    if situation.policies.group_deleted_events == GroupDeletion::GroupAndMembers {
        let members = situation.texts(
            "SELECT value FROM scim_group_members WHERE group_id = ?1 AND type = 'User' ORDER BY value",
            [group_id],
        )?;
        plan.extend(members.iter().map(|member_id| membership_event(group_id, member_id, Action::Delete)));
    }
    plan.push(group_event(group_id, Action::Delete));
    Ok(plan)
}

fn connection_deleted(change: &Change, situation: &Situation) -> Plan {
    let Change::ConnectionDeleted { connection_id } = change else { return Ok(Vec::new()) };
    let policies = situation.policies;
    let mut plan = Vec::new();
    let deprovisions = policies.connection_deleted_members == ConnectionMembers::Deprovision;
    if deprovisions || policies.connection_deleted_sessions == KeepOrRevoke::Revoke {
        let members = situation
            .texts("SELECT member_id FROM scim_users WHERE connection_id = ?1 ORDER BY member_id", [connection_id])?;
        for member_id in members {
            if deprovisions {
                plan.extend(deprovision(&member_id, situation)?);
            } else {
                plan.push(Consequence::RevokeSessions { member_id, which: Sessions::All });
            }
        }
    }
    let groups = situation
        .texts("SELECT group_id FROM scim_groups WHERE connection_id = ?1 ORDER BY group_id", [connection_id])?;
    plan.push(Consequence::CloseConnection { connection_id: connection_id.clone() });
    plan.extend(groups.iter().map(|group_id| group_event(group_id, Action::Delete)));
    Ok(plan)
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
            ConnectionDeleted, GroupCreated, GroupDeleted, GroupUpdated, MemberAddedToGroup, MemberDeprovisioned,
            MemberLinked, MemberProvisioned, MemberReactivated, MemberRemovedFromGroup, MemberUpdated, Recorded,
        };
        let kinds = [
            MemberProvisioned,
            MemberLinked,
            MemberUpdated,
            MemberDeprovisioned,
            MemberReactivated,
            GroupCreated,
            GroupUpdated,
            MemberAddedToGroup,
            MemberRemovedFromGroup,
            GroupDeleted,
            ConnectionDeleted,
            Recorded,
        ];
        for kind in kinds {
            assert_eq!(RULES.iter().filter(|rule| rule.kind == kind).count(), 1, "{kind:?}");
        }
        assert_eq!(RULES.len(), kinds.len());
    }
}
