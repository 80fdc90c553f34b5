//! Defects of the effects: other entries of the rule table.

use crate::provider::{
    effects::{
        Action, Change, ChangeKind, Consequence, Event, Object, Plan, Rule, RuleTable, Sessions, Situation, Source, Via,
    },
    security_events::{ScimEvent, Signal},
};

/// Replaces the rule of one kind of change by one that begins with the right plan.
fn instead(table: &mut RuleTable, kind: ChangeKind, summary: &'static str, plan: fn(&Change, &Situation) -> Plan) {
    table.replace(Rule { kind, summary, plan });
}

/// What the documented table says of a change.
fn right(change: &Change, situation: &Situation) -> Plan {
    RuleTable::default().plan(change, situation)
}

fn without_revocation(plan: Vec<Consequence>) -> Vec<Consequence> {
    plan.into_iter().filter(|consequence| !matches!(consequence, Consequence::RevokeSessions { .. })).collect()
}

/// PUT revokes, PATCH does not.
pub(super) fn sessions_survive_patch(table: &mut RuleTable) {
    instead(table, ChangeKind::MemberDeprovisioned, "sessions stay when PATCH deactivates", |change, situation| {
        let plan = right(change, situation)?;
        Ok(if situation.origin.via == Via::Patch { without_revocation(plan) } else { plan })
    });
}

/// Only the newest session is revoked.
pub(super) fn newest_session_only(table: &mut RuleTable) {
    instead(table, ChangeKind::MemberDeprovisioned, "the newest session is revoked", |change, situation| {
        let newest = |member_id: &str| {
            situation.texts(
                "SELECT member_session_id FROM sessions WHERE member_id = ?1 AND revoked_at IS NULL
                 ORDER BY started_at DESC, member_session_id DESC LIMIT 1",
                [member_id],
            )
        };
        right(change, situation)?
            .into_iter()
            .map(|consequence| match consequence {
                Consequence::RevokeSessions { member_id, .. } => {
                    let which = Sessions::Only(newest(&member_id)?);
                    Ok(Consequence::RevokeSessions { member_id, which })
                }
                other => Ok(other),
            })
            .collect()
    });
}

/// Everybody in the organization is signed out.
pub(super) fn bystander_sessions_revoked(table: &mut RuleTable) {
    instead(
        table,
        ChangeKind::MemberDeprovisioned,
        "all sessions of the organization are revoked",
        |change, situation| {
            let mut plan = right(change, situation)?;
            if plan.iter().any(|consequence| matches!(consequence, Consequence::RevokeSessions { .. })) {
                let everybody = situation.texts(
                    "SELECT member_id FROM members WHERE organization_id = ?1",
                    [&situation.origin.organization_id],
                )?;
                plan.extend(
                    everybody
                        .into_iter()
                        .map(|member_id| Consequence::RevokeSessions { member_id, which: Sessions::All }),
                );
            }
            Ok(plan)
        },
    );
}

/// DELETE removes the SCIM resource and leaves the member as it is.
pub(super) fn delete_leaves_member_active(table: &mut RuleTable) {
    instead(table, ChangeKind::MemberDeprovisioned, "nothing when SCIM deletes", |change, situation| {
        let origin = situation.origin;
        if origin.source == Source::Scim && origin.via == Via::Delete {
            Ok(Vec::new())
        } else {
            right(change, situation)
        }
    });
}

/// The roles of a group stay with who leaves it.
pub(super) fn group_roles_stay(table: &mut RuleTable) {
    instead(
        table,
        ChangeKind::MemberRemovedFromGroup,
        "the group's roles are kept as explicit ones",
        |change, situation| {
            let mut plan = right(change, situation)?;
            if let Change::MemberRemovedFromGroup { group_id, member_id } = change {
                let mut roles = situation.explicit_roles(member_id)?;
                roles.extend(
                    situation.texts("SELECT role_id FROM group_role_assignments WHERE group_id = ?1", [group_id])?,
                );
                plan.push(Consequence::SetExplicitRoles { member_id: member_id.clone(), roles });
            }
            Ok(plan)
        },
    );
}

/// A rename makes the group's roles disappear.
pub(super) fn rename_detaches_role(table: &mut RuleTable) {
    instead(table, ChangeKind::GroupUpdated, "a rename drops the group's role assignments", |change, situation| {
        let mut plan = right(change, situation)?;
        if let Change::GroupUpdated { group_id, renamed: true } = change {
            plan.push(Consequence::DetachGroupRoles { group_id: group_id.clone() });
        }
        Ok(plan)
    });
}

/// Explicit roles are hidden by deactivation and come back with reactivation.
pub(super) fn explicit_roles_return(table: &mut RuleTable) {
    instead(table, ChangeKind::MemberDeprovisioned, "explicit roles are kept", |change, situation| {
        let kept = |consequence: &Consequence| !matches!(consequence, Consequence::SetExplicitRoles { .. });
        Ok(right(change, situation)?.into_iter().filter(kept).collect())
    });
}

/// Sessions are suspended by deactivation and good again after reactivation.
pub(super) fn old_session_revives(table: &mut RuleTable) {
    instead(
        table,
        ChangeKind::MemberReactivated,
        "sessions that deprovisioning revoked are open again",
        |change, situation| {
            let mut plan = right(change, situation)?;
            if let Change::MemberReactivated { member_id } = change {
                plan.push(Consequence::Other {
                    id: member_id.clone(),
                    carry_out: |tx, member_id| {
                        tx.execute(
                            "UPDATE sessions SET revoked_at = NULL, revoked_by = NULL
                         WHERE member_id = ?1 AND revoked_by LIKE 'scim:%'",
                            [member_id],
                        )?;
                        Ok(())
                    },
                });
            }
            Ok(plan)
        },
    );
}

/// A change that changes nothing is announced all the same.
pub(super) fn noop_emits_event(table: &mut RuleTable) {
    instead(
        table,
        ChangeKind::MemberUpdated,
        "member.update, whether or not anything is different",
        |change, situation| {
            let mut change = change.clone();
            if let Change::MemberUpdated { changed, .. } = &mut change {
                *changed = true;
            }
            right(&change, situation)
        },
    );
}

/// Every event is written twice, with two ids.
pub(super) fn events_doubled(table: &mut RuleTable) {
    table.revise(|_, _, plan| {
        let again: Vec<Consequence> =
            plan.iter().filter(|consequence| matches!(consequence, Consequence::Emit(_))).cloned().collect();
        Ok(plan.into_iter().chain(again).collect())
    });
}

/// Deprovisioning is announced as an update.
pub(super) fn deprovision_sent_as_update(table: &mut RuleTable) {
    instead(table, ChangeKind::MemberDeprovisioned, "member.update instead of member.delete", |change, situation| {
        let renamed = |consequence| match consequence {
            Consequence::Emit(Event { object: object @ Object::Member { .. }, .. }) => {
                Consequence::Emit(Event { object, action: Action::Update })
            }
            other => other,
        };
        Ok(right(change, situation)?.into_iter().map(renamed).collect())
    });
}

/// Nobody hears that sessions were revoked.
pub(super) fn session_revoked_not_signalled(table: &mut RuleTable) {
    table.revise(|_, _, plan| {
        let kept = |one: &Consequence| !matches!(one, Consequence::Signal(Signal::SessionsRevoked { .. }));
        Ok(plan.into_iter().filter(kept).collect())
    });
}

/// A deleted resource is said to have left the feed.
pub(super) fn deletion_as_feed_remove(table: &mut RuleTable) {
    table.revise(|_, _, plan| {
        let told = |one| match one {
            Consequence::Signal(Signal::Scim { subject, event: ScimEvent::Deleted }) => {
                Consequence::Signal(Signal::Scim { subject, event: ScimEvent::FeedRemove })
            }
            other => other,
        };
        Ok(plan.into_iter().map(told).collect())
    });
}

/// No rule emits: the second half of [`super::order`].
pub(super) fn silent(table: &mut RuleTable) {
    table.revise(|_, _, plan| {
        Ok(plan.into_iter().filter(|consequence| !matches!(consequence, Consequence::Emit(_))).collect())
    });
}
