//! RFC 7644 section 3.5.1: replacing a resource with PUT.

use serde_json::Value;

use crate::check::{
    Check, Context, Findings, Place, Seen, Sight,
    judging::sight,
    values::{assigned, attribute, brief, cut, timestamp},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(does_not_create), "RFC7644-3.5.1-R1" / "does-not-create",
        summary: "PUT does not create a resource",
        how: "Every PUT to {endpoint}/{id}: it is not answered 201.",
        why: "a client with an outdated id would make a ghost instead of learning that the account is gone",
    },
    check! {
        Exchange(answers_200), "RFC7644-3.5.1-R10" / "whole-resource",
        summary: "a successful PUT answers 200 with the whole resource",
        how: "Every PUT to {endpoint}/{id} that succeeds, 201 apart: 200 with a JSON object that has an id.",
        why: "the client learns from it what the provider made of its values",
    },
    check! {
        Exchange(replaced), "RFC7644-3.5.1-R3" / "replaced",
        summary: "values that are given in a PUT replace the old ones",
        how: "Every 200 to a PUT, for the simple attributes displayName, title, nickName and externalId, the addresses \
              in emails, and the members of a group: what the answer shows is what was sent. Attributes that the \
              answer does not show, letter case (externalId apart) and white space around a value are not judged. \
              A provider that adds the userName as an address passes.",
        why: "a provider that merges keeps the addresses and the members that the IdP has taken away",
    },
    check! {
        Transcript(times_after_replace), "RFC7644-3.5.1-R13" / "times",
        summary: "a PUT leaves meta.created as it is and does not turn meta.lastModified back",
        how: "Every 200 to a PUT of a resource that an earlier answer of the same transcript showed with these times.",
        why: "clients that read changes since a date miss the change, or see a new account",
    },
];

fn is_replace(seen: &Seen<'_>) -> bool {
    seen.method() == "PUT" && matches!(seen.place, Place::Resource { .. })
}

fn does_not_create(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (is_replace(seen) && !matches!(seen.status(), 401 | 429 | 502..=504)).then_some(())?;
    sight(seen.status() != 201, "no creation", || "201".to_owned())
}

fn answers_200(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (is_replace(seen) && seen.response.is_success() && seen.status() != 201).then_some(())?;
    let whole = seen.status() == 200 && seen.object().is_some_and(|object| object.contains_key("id"));
    sight(whole, "200 with the resource", || {
        let body = if seen.response.body.is_empty() { "an empty body" } else { &cut(&seen.response.body) };
        format!("{} with {body}", seen.status())
    })
}

fn replaced(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    (is_replace(seen) && seen.status() == 200).then_some(())?;
    let keeps = |name: &&str| !seen.place.endpoint().is_some_and(|endpoint| context.scope.loses(endpoint, name));
    let sent = seen.request_object()?;
    let shown = seen.single()?.value;
    let mut judged = false;
    for name in ["displayName", "title", "nickName", "externalId"].into_iter().filter(keeps) {
        let (Some(wanted), Some(found)) = (
            assigned(sent, name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()),
            assigned(shown, name).and_then(Value::as_str).map(str::trim),
        ) else {
            continue;
        };
        judged = true;
        let same = if name == "externalId" { wanted == found } else { wanted.to_lowercase() == found.to_lowercase() };
        if !same {
            return sight(false, &format!("{name}: {}", cut(wanted)), || format!("{name}: {}", cut(found)));
        }
    }
    for name in ["emails", "members"].into_iter().filter(keeps) {
        let (Some(wanted), Some(found)) =
            (attribute(sent, name).and_then(values), attribute(shown, name).and_then(values))
        else {
            continue;
        };
        let user_name = attribute(shown, "userName").and_then(Value::as_str).map(str::to_lowercase);
        judged = true;
        if let Some(stale) =
            found.iter().find(|value| !wanted.contains(value) && Some(value.as_str()) != user_name.as_deref())
        {
            return sight(false, &format!("{name} as sent"), || format!("{name} still holds {}", cut(stale)));
        }
    }
    judged.then_some(Ok(()))
}

/// The `value` of each element, in lower case; `None` if an element has none.
fn values(array: &Value) -> Option<Vec<String>> {
    array.as_array()?.iter().map(|one| Some(one.get("value")?.as_str()?.trim().to_lowercase())).collect()
}

fn times_after_replace(context: &Context<'_>, findings: &mut Findings) {
    for (at, seen) in context.seen.iter().enumerate().filter(|(_, seen)| is_replace(seen) && seen.status() == 200) {
        let Some(meta) = meta(seen) else { continue };
        let earlier = context.seen[..at].iter().rev().find_map(|other| {
            let single = other.single()?;
            let same = single.endpoint == seen.place.endpoint()
                && single.value.get("id").and_then(Value::as_str) == seen.addressed_id();
            same.then_some((other.seq(), self::meta(other)?))
        });
        let Some((seq, before)) = earlier else { continue };
        let exchanges = [seq, seen.seq()];
        if let (Some(old), Some(new)) = (timestamp(before.get("created")), timestamp(meta.get("created"))) {
            findings.note(old == new, &exchanges, "meta.created as before", || {
                format!("{}, before {}", brief(&meta["created"]), brief(&before["created"]))
            });
        }
        if let (Some(old), Some(new)) = (timestamp(before.get("lastModified")), timestamp(meta.get("lastModified"))) {
            findings.note(old <= new, &exchanges, "a meta.lastModified that is not before the old one", || {
                format!("{}, before {}", brief(&meta["lastModified"]), brief(&before["lastModified"]))
            });
        }
    }
}

fn meta<'s>(seen: &'s Seen<'_>) -> Option<&'s Value> {
    attribute(seen.single()?.value, "meta")
}
