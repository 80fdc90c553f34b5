//! RFC 7643 section 3.1: `meta.created` and `meta.lastModified`.

use std::collections::HashMap;

use serde_json::Value;
use time::OffsetDateTime;

use crate::check::{
    Check, Context, Findings, Seen, Sight,
    judging::sight,
    values::{attribute, brief, cut, timestamp},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Transcript(created_never_changes), "RFC7643-3.1-R17" / "created-never-changes",
        summary: "meta.created never changes",
        how: "All looks at one resource in one transcript, from its create on, that show meta.created with a zone: the \
              same instant. Differences below one second pass, for databases round.",
        why: "clients that read new accounts since a date see an old one again",
    },
    check! {
        Exchange(new_is_unmodified), "RFC7643-3.1-R18" / "new-is-unmodified",
        summary: "a new resource was last modified when it was created",
        how: "Every 201 to a create without meta that shows both times with a zone: the same instant.",
        why: "clients tell new accounts from changed ones by it",
    },
    check! {
        Transcript(never_backwards), "RFC7643-3.1-R18" / "never-backwards",
        summary: "meta.lastModified never goes back",
        how: "All looks at one resource in one transcript, in order, that show meta.lastModified with a zone. \
              Differences below one second pass, for databases round.",
        why: "clients that read changes since a date miss the change",
    },
];

fn created_never_changes(context: &Context<'_>, findings: &mut Findings) {
    follow(context, "created", |before, now| (now - before).whole_seconds() == 0, "the same meta.created", findings);
}

fn never_backwards(context: &Context<'_>, findings: &mut Findings) {
    follow(
        context,
        "lastModified",
        |before, now| (now - before).whole_seconds() >= 0,
        "a meta.lastModified that is not before the last one",
        findings,
    );
}

/// Compares each look at a resource with the one before.
fn follow(
    context: &Context<'_>,
    name: &str,
    holds: impl Fn(OffsetDateTime, OffsetDateTime) -> bool,
    expected: &str,
    findings: &mut Findings,
) {
    let mut last: HashMap<(&str, &str), (OffsetDateTime, &Value, u64)> = HashMap::new();
    for seen in &context.seen {
        for one in seen.representations() {
            let (Some(endpoint), Some(id)) = (one.endpoint, one.value.get("id").and_then(Value::as_str)) else {
                continue;
            };
            let Some(value) = attribute(one.value, "meta").and_then(|meta| meta.get(name)) else { continue };
            let Some(now) = timestamp(Some(value)) else { continue };
            // A provider may give the id of what was deleted to what is created in its place.
            if seen.status() != 201
                && let Some((before, text, seq)) = last.get(&(endpoint, id))
            {
                findings.note(holds(*before, now), &[*seq, seen.seq()], expected, || {
                    format!("meta.{name} {}, then {}", brief(text), brief(value))
                });
            }
            last.insert((endpoint, id), (now, value, seen.seq()));
        }
    }
}

fn new_is_unmodified(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.is_create() && seen.status() == 201).then_some(())?;
    seen.request_object().is_none_or(|sent| attribute(sent, "meta").is_none()).then_some(())?;
    let meta = attribute(seen.single()?.value, "meta")?;
    let created = timestamp(meta.get("created"))?;
    let modified = timestamp(meta.get("lastModified"))?;
    sight(created == modified, &format!("meta.lastModified: {}", cut(&meta["created"].to_string())), || {
        format!("meta.lastModified: {}", brief(&meta["lastModified"]))
    })
}
