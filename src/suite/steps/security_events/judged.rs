//! What a security event must be: one judgement a rule, each on one token, saying what is wrong.

use serde_json::Value;

use crate::target::SecurityEvent;

pub(super) const SCIM: &str = "urn:ietf:params:scim:event:";
pub(super) const CAEP_SESSION: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
pub(super) const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

/// The registered event types (RFC 9967 section 7.4), after their prefix.
pub(super) const REGISTERED: [&str; 12] = [
    "feed:add",
    "feed:remove",
    "prov:create:full",
    "prov:create:notice",
    "prov:patch:full",
    "prov:patch:notice",
    "prov:put:full",
    "prov:put:notice",
    "prov:delete",
    "prov:activate",
    "prov:deactivate",
    "misc:asyncresp",
];

pub(super) fn is_scim(event: &SecurityEvent) -> bool {
    event.events().any(|(uri, _)| uri.starts_with(SCIM))
}

pub(super) fn is_provisioning(event: &SecurityEvent) -> bool {
    event.events().any(|(uri, _)| uri.ends_with(":full") || uri.ends_with(":notice"))
}

pub(super) fn is_session_revoked(event: &SecurityEvent) -> bool {
    event.tells(CAEP_SESSION)
}

fn holds(condition: bool, wrong: impl Into<String>) -> Result<(), String> {
    if condition { Ok(()) } else { Err(wrong.into()) }
}

pub(super) fn typed(event: &SecurityEvent) -> Result<(), String> {
    let typ = event.header.get("typ").and_then(Value::as_str).unwrap_or("missing");
    let short = typ.strip_prefix("application/").unwrap_or(typ);
    holds(short.eq_ignore_ascii_case("secevent+jwt"), format!("typ is {typ}"))
}

pub(super) fn one_event(event: &SecurityEvent) -> Result<(), String> {
    let count = event.events().count();
    holds(count == 1, format!("it holds {count} events"))
}

pub(super) fn set_claims(event: &SecurityEvent) -> Result<(), String> {
    let claims = &event.claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    holds(text("iss"), "iss is no text")?;
    holds(text("jti"), "jti is no text")?;
    holds(claims.get("iat").is_some_and(Value::is_number), "iat is no number")?;
    holds(event.events().next().is_some(), "events is no object with a member")?;
    holds(event.events().all(|(_, payload)| payload.is_object()), "an event's payload is no object")
}

/// The members that a format needs (RFC 9493 section 3, RFC 9967 section 2.1, SSF 1.0 section 3).
pub(super) fn identifier(sub_id: &Value) -> Result<(), String> {
    let needs: &[&str] = match sub_id["format"].as_str() {
        None => return Err("sub_id has no format".to_owned()),
        Some("scim") => &["uri"],
        Some("account" | "uri") => &["uri"],
        Some("email") => &["email"],
        Some("iss_sub") => &["iss", "sub"],
        Some("opaque") => &["id"],
        Some("phone_number") => &["phone_number"],
        Some("did") => &["url"],
        Some("complex") => {
            let parts = sub_id.as_object().into_iter().flatten().filter(|(name, _)| *name != "format");
            return parts.map(|(_, part)| part).try_for_each(identifier);
        }
        Some("aliases") => {
            let aliases = sub_id["identifiers"].as_array().ok_or("aliases has no identifiers")?;
            return aliases.iter().try_for_each(identifier);
        }
        // A format of the target's own: nobody here knows its members.
        Some(_) => &[],
    };
    needs.iter().try_for_each(|name| {
        holds(sub_id[*name].as_str().is_some_and(|text| !text.is_empty()), format!("{sub_id} has no {name}"))
    })
}

pub(super) fn scim_subject(event: &SecurityEvent) -> Result<(), String> {
    let sub_id = event.sub_id();
    holds(sub_id["format"] == "scim", format!("sub_id is {sub_id}"))
}

pub(super) fn relative_path(event: &SecurityEvent) -> Result<(), String> {
    let uri = event.sub_id()["uri"].as_str().unwrap_or_default();
    holds(uri.starts_with('/') && !uri.starts_with("//"), format!("uri is `{uri}`"))
}

pub(super) fn registered(event: &SecurityEvent) -> Result<(), String> {
    for (uri, _) in event.events() {
        if let Some(name) = uri.strip_prefix(SCIM) {
            holds(REGISTERED.contains(&name), format!("{uri} is not registered"))?;
        }
    }
    Ok(())
}

pub(super) fn txn(event: &SecurityEvent) -> Result<(), String> {
    holds(event.claims.get("txn").and_then(Value::as_str).is_some_and(|txn| !txn.is_empty()), "txn is no text")
}

pub(super) fn full_or_notice(event: &SecurityEvent) -> Result<(), String> {
    for (uri, payload) in event.events().filter(|(uri, _)| uri.starts_with(SCIM)) {
        let (data, attributes) = (payload.get("data").is_some(), payload.get("attributes").is_some());
        let right = if uri.ends_with(":full") { data && !attributes } else { attributes && !data };
        holds(right, format!("{uri} has data: {data}, attributes: {attributes}"))?;
    }
    Ok(())
}

fn payloads(event: &SecurityEvent) -> impl Iterator<Item = &Value> {
    event.events().filter(|(uri, _)| *uri == CAEP_SESSION).map(|(_, payload)| payload)
}

pub(super) fn caep_claims(event: &SecurityEvent) -> Result<(), String> {
    const KNOWN: [&str; 4] = ["event_timestamp", "initiating_entity", "reason_admin", "reason_user"];
    payloads(event)
        .flat_map(|payload| payload.as_object().into_iter().flatten())
        .try_for_each(|(name, _)| holds(KNOWN.contains(&name.as_str()), format!("session-revoked has no claim {name}")))
}

pub(super) fn caep_time(event: &SecurityEvent) -> Result<(), String> {
    // In milliseconds this bound is passed in 1973, in seconds in the year 5138.
    const SECONDS: f64 = 1e11;
    payloads(event).try_for_each(|payload| {
        if let Some(time) = payload.get("event_timestamp") {
            let right = time.as_f64().is_some_and(|time| time > 0.0 && time < SECONDS);
            holds(right, format!("event_timestamp is {time}"))?;
        }
        match payload.get("initiating_entity") {
            None => Ok(()),
            Some(who) => {
                let known = ["admin", "user", "policy", "system"].iter().any(|one| who == one);
                holds(known, format!("initiating_entity is {who}"))
            }
        }
    })
}

pub(super) fn caep_reasons(event: &SecurityEvent) -> Result<(), String> {
    payloads(event).try_for_each(|payload| {
        ["reason_admin", "reason_user"].iter().filter_map(|name| payload.get(*name)).try_for_each(|reason| {
            let right =
                reason.as_object().is_some_and(|texts| !texts.is_empty() && texts.values().all(Value::is_string));
            holds(right, format!("a reason is {reason}"))
        })
    })
}
