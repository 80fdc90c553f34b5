//! RFC 9967 section 4: what the service provider's configuration says of security events.

use serde_json::Value;

use crate::check::{
    Check, Context, Place, Seen, Sight,
    judging::sight,
    values::{assigned, brief},
};

pub(in crate::check) static CHECKS: &[Check] = &[check! {
    Exchange(stated), "RFC9967-4-R1" / "configuration",
    summary: "the configuration says which events are sent and whether requests may be asynchronous",
    how: "Every 200 to GET /ServiceProviderConfig that has securityEvents: asyncRequest is none, long or request, and \
          eventUris is an array of URIs.",
    why: "receivers subscribe, and clients send Prefer: respond-async, by it",
}];

fn stated(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.place == Place::ServiceProviderConfig && seen.method() == "GET" && seen.status() == 200).then_some(())?;
    let events = assigned(seen.object()?, "securityEvents")?;
    let word = events.get("asyncRequest").and_then(Value::as_str).unwrap_or_default();
    let is_word = ["none", "long", "request"].iter().any(|one| one.eq_ignore_ascii_case(word));
    let uris = events.get("eventUris").and_then(Value::as_array);
    let are_uris = uris.is_some_and(|uris| uris.iter().all(|one| one.as_str().is_some_and(|text| text.contains(':'))));
    sight(is_word && are_uris, "asyncRequest none, long or request, and eventUris with URIs", || brief(events))
}
