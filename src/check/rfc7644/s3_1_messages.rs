//! RFC 7644 section 3.1: what a response says is what was stored.

use serde_json::{Map, Value};

use crate::check::{
    Check, Context, Findings, Mismatch, Place, Reads, Seen,
    judging::read_as,
    values::{attribute, brief, is_unassigned, same_value},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Transcript(written_is_read), "RFC7644-3.1-R5" / "written-is-read",
        summary: "a GET after a write shows what the write's answer showed",
        how: "Every create, replace or patch that answers with the whole resource, where the next request about that \
              resource is a GET of it and no other write stands between: each attribute of the answer is in the GET \
              with the same value; arrays are compared without order, and a boolean that was sent as a text with its \
              text. What the write did not name may have changed meanwhile; it, meta, the provider's own groups, \
              attributes that are returned on request only and members left out of a group are not compared.",
        why: "a value that is echoed but not stored is lost, and nobody notices",
    },
    check! {
        Reading(projected_schemas), "RFC7644-3.1-R6" / "schemas-in-projections",
        summary: "a resource that was asked for in part shows its schemas, or leaves them out",
        how: "Every resource in the answer to a request with attributes or excludedAttributes: schemas with at least one \
              URI, or none at all, for the RFC's own examples disagree. An empty list is a note.",
        why: "a generic client cannot read a resource whose schemas it does not know",
    },
];

/// Attributes that a provider may change between two looks.
const MOVING: [&str; 3] = ["meta", "groups", "password"];

fn written_is_read(context: &Context<'_>, findings: &mut Findings) {
    for (at, write) in context.seen.iter().enumerate() {
        if !matches!(write.method(), "POST" | "PUT" | "PATCH") || write.is_projected() {
            continue;
        }
        // Of writes that were under way side by side nobody knows which was the last.
        if context.seen[..at].iter().any(|earlier| is_write(earlier) && overlaps(earlier, write)) {
            continue;
        }
        let Some(one) = write.single() else { continue };
        let (Some(endpoint), Some(id)) = (one.endpoint, one.value.get("id").and_then(Value::as_str)) else { continue };
        let read =
            context.seen[at + 1..].iter().take_while(|later| !is_write(later)).find(|later| reads(later, endpoint, id));
        let Some(read) = read else { continue };
        let Some(other) = read.object() else { continue };
        let sent = write.exchange.body.as_deref().unwrap_or_default().to_ascii_lowercase();
        let difference = first_difference(context, endpoint, one.value, other, &sent);
        findings.note(
            difference.is_none(),
            &[write.seq(), read.seq()],
            "the GET shows what the write answered",
            || difference.unwrap_or_default(),
        );
    }
}

/// Whether the first was still under way when the second was sent.
fn overlaps(earlier: &Seen<'_>, later: &Seen<'_>) -> bool {
    earlier.exchange.at + earlier.exchange.duration() > later.exchange.at
}

/// Whether it may have changed something, on whatever resource: groups move when users do.
fn is_write(seen: &Seen<'_>) -> bool {
    match seen.method() {
        "GET" | "HEAD" | "OPTIONS" => false,
        "POST" => !matches!(seen.place, Place::Search(_)),
        _ => true,
    }
}

fn reads(seen: &Seen<'_>, endpoint: &str, id: &str) -> bool {
    seen.method() == "GET"
        && seen.status() == 200
        && !seen.is_projected()
        && matches!(&seen.place, Place::Resource { endpoint: other, id: it } if other == endpoint && it == id)
}

/// The first attribute of `written` that the request named, and that `read` does not show alike.
fn first_difference(
    context: &Context<'_>,
    endpoint: &str,
    written: &Map<String, Value>,
    read: &Map<String, Value>,
    sent: &str,
) -> Option<String> {
    let on_request = context.discovery.returned(endpoint, "request");
    written
        .iter()
        .filter(|(name, value)| {
            !is_unassigned(value)
                && sent.contains(&name.to_ascii_lowercase())
                && !MOVING.iter().any(|moving| name.eq_ignore_ascii_case(moving))
                && !on_request.clone().any(|it| name.eq_ignore_ascii_case(it))
        })
        .find_map(|(name, value)| match attribute(read, name) {
            None if name.eq_ignore_ascii_case("members") => None,
            None if value.as_object().is_some_and(Map::is_empty) => None,
            None => Some(format!("{name}: {} was answered, and is not in the GET", brief(value))),
            Some(other) if same_value(&unlabelled(value), other) || same_boolean(value, other) => None,
            Some(other) => Some(format!("{name}: {} was answered, the GET shows {}", brief(value), brief(other))),
        })
}

/// Whether one is a boolean and the other its text: RFC7643-2.3.2-R1 tells of that.
fn same_boolean(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(text), Value::Bool(flag)) | (Value::Bool(flag), Value::String(text)) => {
            text.eq_ignore_ascii_case(&flag.to_string())
        }
        _ => false,
    }
}

/// A value without the labels that a provider fills in for references when it reads them: `display`, `$ref`, and the
/// `displayName` of a manager.
fn unlabelled(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(unlabelled).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(name, _)| !["display", "$ref", "displayName"].iter().any(|it| name.eq_ignore_ascii_case(it)))
                .map(|(name, value)| (name.clone(), unlabelled(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

fn projected_schemas(seen: &Seen<'_>, _: &Context<'_>) -> Reads {
    seen.is_projected().then_some(())?;
    seen.representations().next()?;
    let mut stated = seen.representations().filter_map(|one| attribute(one.value, "schemas")).peekable();
    if stated.peek().is_none() {
        return read_as("left-out");
    }
    match stated.find(|value| value.as_array().is_none_or(Vec::is_empty)) {
        None => read_as("kept"),
        Some(odd) => {
            Some(Err(Mismatch::new("schemas with at least one URI, or none", format!("schemas: {}", brief(odd)))))
        }
    }
}
