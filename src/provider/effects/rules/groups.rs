//! Rules of groups and memberships, and of the connection that all of them hang on.

use super::{
    Consequence, Plan, Sessions, Situation,
    members::{deprovision, member_event, sessions_revoked},
};
use crate::provider::{
    effects::{Action, Change, ConnectionKind, ConnectionMembers, Event, GroupDeletion, KeepOrRevoke, Object},
    security_events::{ScimEvent, Signal, outbox},
    store::StoreError,
};

pub(super) fn group_event(group_id: &str, action: Action) -> Consequence {
    Consequence::Emit(Event { object: Object::ScimGroup { group_id: group_id.to_owned() }, action })
}

pub(super) fn group_created(change: &Change, _: &Situation) -> Plan {
    let Change::GroupCreated { group_id } = change else { return Ok(Vec::new()) };
    Ok(vec![group_event(group_id, Action::Create)])
}

pub(super) fn group_updated(change: &Change, _: &Situation) -> Plan {
    let Change::GroupUpdated { group_id, renamed } = change else { return Ok(Vec::new()) };
    Ok(if *renamed { vec![group_event(group_id, Action::Update)] } else { Vec::new() })
}

fn membership_event(group_id: &str, member_id: &str, action: Action) -> Consequence {
    let object = Object::ScimMemberGroup { group_id: group_id.to_owned(), member_id: member_id.to_owned() };
    Consequence::Emit(Event { object, action })
}

pub(super) fn member_added_to_group(change: &Change, situation: &Situation) -> Plan {
    let Change::MemberAddedToGroup { group_id, member_id } = change else { return Ok(Vec::new()) };
    Ok(membership_changed(group_id, member_id, Action::Create, situation))
}

pub(super) fn member_removed_from_group(change: &Change, situation: &Situation) -> Plan {
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

pub(super) fn group_deleted(change: &Change, situation: &Situation) -> Plan {
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
    plan.extend(told_of_group(group_id, situation)?);
    Ok(plan)
}

/// What the streams of security events hear of the deletion of a group.
fn told_of_group(group_id: &str, situation: &Situation) -> Result<Option<Consequence>, StoreError> {
    let subject = situation.heard_group(group_id)?;
    Ok(subject.map(|subject| Consequence::Signal(Signal::Scim { subject, event: ScimEvent::Deleted })))
}

pub(super) fn connection_deleted(change: &Change, situation: &Situation) -> Plan {
    let Change::ConnectionDeleted { connection_id } = change else { return Ok(Vec::new()) };
    let policies = situation.policies;
    let mut plan = Vec::new();
    let deprovisions = policies.connection_deleted_members == ConnectionMembers::Deprovision;
    let revokes = policies.connection_deleted_sessions == KeepOrRevoke::Revoke;
    let heard = outbox::is_heard(situation.conn, &situation.origin.organization_id)?;
    if deprovisions || revokes || heard {
        let members = situation
            .texts("SELECT member_id FROM scim_users WHERE connection_id = ?1 ORDER BY member_id", [connection_id])?;
        for member_id in members {
            if deprovisions {
                plan.extend(deprovision(&member_id, situation)?);
            } else if revokes {
                let all = Consequence::RevokeSessions { member_id: member_id.clone(), which: Sessions::All };
                plan.push(all);
                if heard {
                    plan.push(sessions_revoked(&member_id, None, "the SCIM connection was deleted"));
                }
            }
            // The account stays, and belongs to the connection no more (RFC 9967 section 2.3.2).
            if let Some(subject) = situation.heard_user(&member_id)? {
                plan.push(Consequence::Signal(Signal::Scim { subject, event: ScimEvent::FeedRemove }));
            }
        }
    }
    let groups = situation
        .texts("SELECT group_id FROM scim_groups WHERE connection_id = ?1 ORDER BY group_id", [connection_id])?;
    plan.push(Consequence::CloseConnection { connection_id: connection_id.clone() });
    for group_id in &groups {
        plan.push(group_event(group_id, Action::Delete));
        plan.extend(told_of_group(group_id, situation)?);
    }
    let object = Object::Connection {
        kind: ConnectionKind::Scim,
        connection_id: connection_id.clone(),
        // Deletions carry no object.
        body: serde_json::Value::Null,
    };
    plan.push(Consequence::Emit(Event { object, action: Action::Delete }));
    Ok(plan)
}
