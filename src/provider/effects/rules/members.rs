//! Rules of members: made, linked, changed, out of service and back.

use super::{Consequence, Plan, Sessions, Situation};
use crate::provider::{
    effects::{Action, Change, Event, InvitedDeletion, InvitedMember, KeepOrRevoke, Memberships, Object, Source, Via},
    model::MemberStatus,
    security_events::{ScimEvent, Signal},
};

pub(super) fn member_event(member_id: &str, action: Action) -> Consequence {
    Consequence::Emit(Event { object: Object::Member { member_id: member_id.to_owned() }, action })
}

pub(super) fn member_provisioned(change: &Change, _: &Situation) -> Plan {
    let Change::MemberProvisioned { member_id, explicit_roles } = change else { return Ok(Vec::new()) };
    let mut plan = Vec::new();
    if !explicit_roles.is_empty() {
        plan.push(Consequence::SetExplicitRoles { member_id: member_id.clone(), roles: explicit_roles.clone() });
    }
    plan.push(member_event(member_id, Action::Create));
    Ok(plan)
}

pub(super) fn member_linked(change: &Change, situation: &Situation) -> Plan {
    let Change::MemberLinked { member_id } = change else { return Ok(Vec::new()) };
    let new = situation.status(member_id)?.is_some_and(MemberStatus::has_never_signed_in);
    let mut plan = Vec::new();
    if !new || situation.policies.invited_member == InvitedMember::Activate {
        plan.push(Consequence::SetStatus { member_id: member_id.clone(), status: MemberStatus::Active });
    }
    plan.push(member_event(member_id, Action::Update));
    Ok(plan)
}

pub(super) fn member_updated(change: &Change, situation: &Situation) -> Plan {
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

pub(super) fn member_deprovisioned(change: &Change, situation: &Situation) -> Plan {
    let Change::MemberDeprovisioned { member_id } = change else { return Ok(Vec::new()) };
    deprovision(member_id, situation)
}

pub(super) fn deprovision(member_id: &str, situation: &Situation) -> Plan {
    let Some(status) = situation.status(member_id)?.filter(|status| *status != MemberStatus::Deleted) else {
        return Ok(Vec::new());
    };
    let only_invited = status == MemberStatus::Invited && !situation.is_registered(member_id)?;
    if only_invited && situation.policies.invited_deletion == InvitedDeletion::Remove {
        let gone = Consequence::RemoveMember { member_id: member_id.to_owned() };
        return Ok(vec![gone, member_event(member_id, Action::Delete)]);
    }
    let member_id = member_id.to_owned();
    let mut plan = vec![
        Consequence::SetStatus { member_id: member_id.clone(), status: MemberStatus::Deleted },
        Consequence::SetExplicitRoles { member_id: member_id.clone(), roles: Vec::new() },
        Consequence::RevokeSessions { member_id: member_id.clone(), which: Sessions::All },
        Consequence::DropSsoRegistrations { member_id: member_id.clone() },
    ];
    if situation.policies.memberships_on_deactivation == Memberships::Drop {
        plan.push(Consequence::LeaveGroups { member_id: member_id.clone() });
    }
    plan.push(member_event(&member_id, Action::Delete));
    plan.extend(signals_of_the_end(&member_id, situation)?);
    Ok(plan)
}

/// What the streams of security events hear of a member that goes out of service. A SCIM DELETE has an event of its own,
/// which says as much (RFC 9967 section 2.4.4).
fn signals_of_the_end(member_id: &str, situation: &Situation) -> Plan {
    let Some(subject) = situation.heard_user(member_id)? else { return Ok(Vec::new()) };
    let origin = situation.origin;
    let mut plan = Vec::new();
    if !(origin.source == Source::Scim && origin.via == Via::Delete) {
        plan.push(Consequence::Signal(Signal::Scim { subject, event: ScimEvent::Deactivated }));
    }
    plan.push(sessions_revoked(member_id, None, "the member was deprovisioned"));
    Ok(plan)
}

pub(super) fn sessions_revoked(member_id: &str, member_session_id: Option<&str>, reason: &'static str) -> Consequence {
    Consequence::Signal(Signal::SessionsRevoked {
        member_id: member_id.to_owned(),
        member_session_id: member_session_id.map(str::to_owned),
        reason,
    })
}

pub(super) fn session_revoked(change: &Change, situation: &Situation) -> Plan {
    let Change::SessionRevoked { member_id, member_session_id } = change else { return Ok(Vec::new()) };
    let heard = situation.heard_user(member_id)?.is_some();
    let signal = || sessions_revoked(member_id, Some(member_session_id), "the session was revoked");
    Ok(heard.then(signal).into_iter().collect())
}

pub(super) fn member_reactivated(change: &Change, situation: &Situation) -> Plan {
    let Change::MemberReactivated { member_id } = change else { return Ok(Vec::new()) };
    if situation.status(member_id)?.is_none_or(|status| status != MemberStatus::Deleted) {
        return Ok(Vec::new());
    }
    let mut plan = vec![
        Consequence::SetStatus { member_id: member_id.clone(), status: MemberStatus::Active },
        member_event(member_id, Action::Update),
    ];
    if let Some(subject) = situation.heard_user(member_id)? {
        plan.push(Consequence::Signal(Signal::Scim { subject, event: ScimEvent::Activated }));
    }
    Ok(plan)
}

pub(super) fn member_signed_in(change: &Change, situation: &Situation) -> Plan {
    let Change::MemberSignedIn { member_id } = change else { return Ok(Vec::new()) };
    if !situation.status(member_id)?.is_some_and(MemberStatus::has_never_signed_in) {
        return Ok(Vec::new());
    }
    Ok(vec![
        Consequence::SetStatus { member_id: member_id.clone(), status: MemberStatus::Active },
        member_event(member_id, Action::Update),
    ])
}

pub(super) fn email_changed(change: &Change, situation: &Situation) -> Plan {
    let Change::EmailChanged { member_id } = change else { return Ok(Vec::new()) };
    Ok(match situation.policies.email_change_sessions {
        KeepOrRevoke::Keep => Vec::new(),
        KeepOrRevoke::Revoke => {
            let mut plan = vec![Consequence::RevokeSessions { member_id: member_id.clone(), which: Sessions::All }];
            if situation.heard_user(member_id)?.is_some() {
                plan.push(sessions_revoked(member_id, None, "the member's e-mail was changed"));
            }
            plan
        }
    })
}
