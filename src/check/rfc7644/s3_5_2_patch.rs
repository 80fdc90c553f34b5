//! RFC 7644 section 3.5.2: what a PATCH answers, and what a failed one leaves behind.

use serde_json::{Map, Value};

use crate::check::{
    Check, Context, Findings, Mismatch, Place, Reads, Seen, Sight,
    judging::{read_as, sight},
    rfc7644::s3_12_errors::is_error,
    values::{ERROR, brief, cut, same_value, schemas},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Reading(answers), "RFC7644-3.5.2-R18" / "answers-200-or-204",
        summary: "a successful PATCH answers 200 with the resource, or 204 with nothing",
        how: "Every PATCH of {endpoint}/{id} that succeeds. Both are allowed; the report of a run shows which was seen.",
        why: "a 200 with an empty body breaks clients that parse it, and a 202 says that nothing is done yet",
    },
    check! {
        Exchange(with_attributes), "RFC7644-3.5.2-R19" / "attributes-need-200",
        summary: "a PATCH that asks for attributes answers 200",
        how: "Every PATCH of {endpoint}/{id} with the attributes parameter that succeeds.",
        why: "the client has asked for something that a 204 cannot show",
    },
    check! {
        Exchange(failure), "RFC7644-3.5.2-R17" / "failure-is-explained",
        summary: "a failed PATCH answers with a SCIM error",
        how: "Every PATCH that the provider refuses: the body is a JSON object with the Error URN.",
        why: "an IdP shows the text to the administrator who has to mend the mapping",
    },
    check! {
        Transcript(atomic), "RFC7644-3.5.2-R15" / "all-or-nothing",
        summary: "a PATCH of several operations that fails has applied none of them",
        how: "Every refused PATCH with two or more operations, between two looks at the resource with no other write \
              in between: both show the same, meta and groups apart.",
        why: "a membership that is half applied is neither the old nor the new truth",
    },
    check! {
        Transcript(restored), "RFC7644-3.5.2-R16" / "as-before",
        summary: "a PATCH that fails leaves the resource as it was",
        how: "Every refused PATCH, between two looks at the resource with no other write in between: both show the \
              same, meta and groups apart.",
        why: "the client was told that nothing happened",
    },
];

fn is_patch(seen: &Seen<'_>) -> bool {
    seen.method() == "PATCH" && matches!(seen.place, Place::Resource { .. })
}

fn answers(seen: &Seen<'_>, _: &Context<'_>) -> Reads {
    (is_patch(seen) && seen.response.is_success()).then_some(())?;
    match seen.status() {
        200 if seen.object().is_some() => read_as("resource"),
        204 if seen.response.body.is_empty() => read_as("no-content"),
        status => {
            let body = if seen.response.body.is_empty() { "an empty body" } else { &cut(&seen.response.body) };
            Some(Err(Mismatch::new("200 with the resource, or 204", format!("{status} with {body}"))))
        }
    }
}

fn with_attributes(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (is_patch(seen) && seen.response.is_success() && seen.parameter("attributes").is_some_and(|it| !it.is_empty()))
        .then_some(())?;
    sight(seen.status() == 200, "200 with the attributes", || seen.status().to_string())
}

fn failure(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (is_patch(seen) && is_error(seen) && !matches!(seen.status(), 401 | 405 | 429 | 501)).then_some(())?;
    let error = seen.object().and_then(schemas).is_some_and(|urns| urns.contains(&ERROR));
    sight(error, "a JSON object with the Error URN", || match seen.response.body.trim() {
        "" => format!("{} with an empty body", seen.status()),
        body => format!("{} with {}", seen.status(), cut(body)),
    })
}

fn atomic(context: &Context<'_>, findings: &mut Findings) {
    unchanged(context, findings, |seen| {
        let operations = seen.request_object().and_then(|body| body.get("Operations")).and_then(Value::as_array);
        operations.is_some_and(|all| all.len() > 1)
    });
}

fn restored(context: &Context<'_>, findings: &mut Findings) {
    unchanged(context, findings, |_| true);
}

fn unchanged(context: &Context<'_>, findings: &mut Findings, wanted: impl Fn(&Seen<'_>) -> bool) {
    for (at, failed) in context.seen.iter().enumerate() {
        if !is_patch(failed) || !(400..500).contains(&failed.status()) || !wanted(failed) {
            continue;
        }
        let quiet = |seen: &&Seen<'_>| seen.method() == "GET" || (400..500).contains(&seen.status());
        let before = context.seen[..at].iter().rev().take_while(quiet).find(|seen| reads(seen, failed));
        let after = context.seen[at + 1..].iter().take_while(quiet).find(|seen| reads(seen, failed));
        let (Some(before), Some(after)) = (before, after) else { continue };
        let (Some(old), Some(new)) = (before.object(), after.object()) else { continue };
        let difference = difference(old, new).or_else(|| difference(new, old));
        findings.note(
            difference.is_none(),
            &[before.seq(), failed.seq(), after.seq()],
            "the resource as it was before the refused PATCH",
            || difference.unwrap_or_default(),
        );
    }
}

/// Whether `seen` is a GET that shows the whole resource that `patch` addresses.
fn reads(seen: &Seen<'_>, patch: &Seen<'_>) -> bool {
    seen.method() == "GET"
        && !seen.is_projected()
        && seen.single().is_some_and(|one| {
            one.endpoint == patch.place.endpoint()
                && one.value.get("id").and_then(Value::as_str) == patch.addressed_id()
        })
}

fn difference(left: &Map<String, Value>, right: &Map<String, Value>) -> Option<String> {
    left.iter().filter(|(name, _)| !matches!(name.as_str(), "meta" | "groups")).find_map(|(name, value)| {
        let other = right.get(name).unwrap_or(&Value::Null);
        (!same_value(value, other)).then(|| format!("{name}: {} and {}", brief(value), brief(other)))
    })
}
