//! Carrying a plan out: the only place that writes a member's status, explicit roles, revocations, and the outbox.

use rusqlite::params;

use super::{Consequence, Event, EventRef, Origin, Policies, Sessions};
use crate::provider::{
    clock, ids,
    model::MemberStatus,
    security_events::outbox,
    store::{StoreError, Transaction, groups},
};

/// States first, in the order of the plan, then events and signals.
pub(super) fn carry_out(
    tx: &Transaction,
    origin: &Origin,
    policies: &Policies,
    plan: &[Consequence],
) -> Result<Vec<EventRef>, StoreError> {
    for consequence in plan {
        write_state(tx, origin, consequence)?;
    }
    let mut events = Vec::new();
    for consequence in plan {
        match consequence {
            Consequence::Emit(event) => events.extend(emit(tx, origin, policies, event)?),
            Consequence::Signal(signal) => outbox::write(tx, origin, signal)?,
            _ => {}
        }
    }
    // The streams of a connection that is closed hear of it last.
    for consequence in plan {
        if let Consequence::CloseConnection { connection_id } = consequence {
            outbox::close(tx, connection_id, origin.at)?;
        }
    }
    Ok(events)
}

fn write_state(tx: &Transaction, origin: &Origin, consequence: &Consequence) -> Result<(), StoreError> {
    let at = clock::text(origin.at);
    match consequence {
        Consequence::SetStatus { member_id, status } => set_status(tx, member_id, *status, &at)?,
        Consequence::SetExplicitRoles { member_id, roles } => {
            tx.prepare_cached("DELETE FROM explicit_roles WHERE member_id = ?1")?.execute([member_id])?;
            for role in roles {
                tx.prepare_cached("INSERT OR IGNORE INTO explicit_roles (member_id, role_id) VALUES (?1, ?2)")?
                    .execute([member_id, role])?;
            }
        }
        Consequence::RevokeSessions { member_id, which } => revoke(tx, origin, member_id, which, &at)?,
        Consequence::LeaveGroups { member_id } => groups::forget(tx, member_id, origin.at)?,
        Consequence::DropSsoRegistrations { member_id } => {
            tx.prepare_cached("DELETE FROM sso_registrations WHERE member_id = ?1")?.execute([member_id])?;
        }
        Consequence::RemoveMember { member_id } => {
            tx.prepare_cached("DELETE FROM members WHERE member_id = ?1")?.execute([member_id])?;
        }
        Consequence::DetachGroupRoles { group_id } => {
            tx.prepare_cached("DELETE FROM group_role_assignments WHERE group_id = ?1")?.execute([group_id])?;
        }
        Consequence::RemoveGroup { group_id } => {
            groups::forget(tx, group_id, origin.at)?;
            tx.prepare_cached("DELETE FROM scim_groups WHERE group_id = ?1")?.execute([group_id])?;
        }
        Consequence::CloseConnection { connection_id } => close_connection(tx, connection_id)?,
        Consequence::Other { id, carry_out } => carry_out(tx, id)?,
        Consequence::Emit(_) | Consequence::Signal(_) => {}
    }
    Ok(())
}

/// The SCIM User's `active` follows the status, so that an IdP that reads it back sees what an administrator did.
fn set_status(tx: &Transaction, member_id: &str, status: MemberStatus, at: &str) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE members SET status = ?2, updated_at = ?3 WHERE member_id = ?1")?
        .execute(params![member_id, status, at])?;
    let active = status != MemberStatus::Deleted;
    tx.prepare_cached(
        "UPDATE scim_users SET active = ?2, version = version + 1, last_modified = ?3,
           resource = json_set(resource, '$.active', json(CASE WHEN ?2 THEN 'true' ELSE 'false' END))
         WHERE member_id = ?1 AND active <> ?2",
    )?
    .execute(params![member_id, active, at])?;
    Ok(())
}

fn revoke(tx: &Transaction, origin: &Origin, member_id: &str, which: &Sessions, at: &str) -> Result<(), StoreError> {
    let by = format!("{}:{}", origin.source.name(), origin.via.name());
    match which {
        Sessions::All => {
            tx.prepare_cached(
                "UPDATE sessions SET revoked_at = ?2, revoked_by = ?3 WHERE member_id = ?1 AND revoked_at IS NULL",
            )?
            .execute(params![member_id, at, by])?;
        }
        Sessions::Only(ids) => {
            for id in ids {
                tx.prepare_cached(
                    "UPDATE sessions SET revoked_at = ?3, revoked_by = ?4
                     WHERE member_id = ?1 AND member_session_id = ?2 AND revoked_at IS NULL",
                )?
                .execute(params![member_id, id, at, by])?;
            }
        }
    }
    Ok(())
}

fn close_connection(tx: &Transaction, connection_id: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM group_role_assignments WHERE connection_id = ?1",
        "DELETE FROM scim_groups WHERE connection_id = ?1",
        "DELETE FROM scim_resources WHERE connection_id = ?1",
        "DELETE FROM scim_users WHERE connection_id = ?1",
        "UPDATE scim_connections SET status = 'deleted', next_token_hash = NULL, next_token_last_four = NULL,
           next_token_expires_at = NULL WHERE connection_id = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([connection_id])?;
    }
    Ok(())
}

/// Writes the event, and one delivery for each endpoint that wants it. An event that nobody wants is not written: there
/// is no way to ask for it later.
fn emit(tx: &Transaction, origin: &Origin, policies: &Policies, event: &Event) -> Result<Option<EventRef>, StoreError> {
    let event_type = event.event_type(origin.source, policies.event_names);
    let endpoints = wanting(tx, &origin.organization_id, &event_type)?;
    if endpoints.is_empty() {
        return Ok(None);
    }
    let event_id = ids::new_id("webhook-event");
    let body = event.body(tx, &event_id, origin, policies.event_names)?;
    let at = clock::text(origin.at);
    tx.prepare_cached(
        "INSERT INTO outbox (event_id, organization_id, event_type, payload, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![event_id, origin.organization_id, event_type, body.to_string(), at])?;
    let seq = tx.last_insert_rowid();
    for endpoint_id in endpoints {
        tx.prepare_cached(
            "INSERT INTO deliveries (delivery_id, seq, endpoint_id, organization_id, status, next_attempt_at)
             VALUES (?1, ?2, ?3, ?4, 'pending', ?5)",
        )?
        .execute(params![ids::new_id("webhook-message"), seq, endpoint_id, origin.organization_id, at])?;
    }
    Ok(Some(EventRef { seq, event_id, event_type }))
}

/// The endpoints that want events of a type in an organization.
fn wanting(tx: &Transaction, organization_id: &str, event_type: &str) -> Result<Vec<String>, StoreError> {
    let mut endpoints = tx.prepare_cached(
        "SELECT endpoint_id FROM webhook_endpoints
         WHERE disabled_at IS NULL AND (organization_id IS NULL OR organization_id = ?1)
           AND (event_types = '[]' OR EXISTS (SELECT 1 FROM json_each(event_types) WHERE value = ?2))
         ORDER BY endpoint_id",
    )?;
    Ok(endpoints.query_map([organization_id, event_type], |row| row.get(0))?.collect::<Result<_, _>>()?)
}
