//! RFC 7644 section 3.6: what a DELETE answers, and that the resource is gone.

use std::collections::HashMap;

use serde_json::Value;

use crate::check::{
    Check, Context, Findings, Place, Seen, Sight,
    judging::sight,
    values::{attribute, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(answers_204), "RFC7644-3.6-R1" / "no-content",
        summary: "a successful DELETE answers 204",
        how: "Every DELETE of {endpoint}/{id} that succeeds.",
        why: "IdPs take only 204 for done, and try again otherwise",
    },
    check! {
        Transcript(gone), "RFC7644-3.6-R2" / "gone",
        summary: "a deleted resource answers 404 to everything",
        how: "Every request to the URL of a resource that was deleted in the same transcript. GET and DELETE must \
              answer 404; PUT and PATCH must not succeed. Refusals for want of authorization and answers of an \
              overloaded server are left out.",
        why: "an account that still answers is an account that still exists",
    },
    check! {
        Transcript(not_listed), "RFC7644-3.6-R3" / "not-listed",
        summary: "a deleted resource is in no list",
        how: "Every list response after a DELETE in the same transcript: the id is not among its resources.",
        why: "an IdP that reconciles by list finds the account, and links to a ghost",
    },
    check! {
        Transcript(no_dangling_members), "RFC7644-3.6-R5" / "no-dangling-members",
        summary: "a deleted group is in no user",
        how: "Every user with groups that is shown after the DELETE of a group in the same transcript. That a member of a group \
              is deleted is another matter: the integrity of what clients write is the provider's choice.",
        why: "groups are the provider's own account of who belongs where; what is gone gives no access",
    },
];

fn deletes<'s>(seen: &'s Seen<'_>) -> Option<(&'s str, &'s str)> {
    match &seen.place {
        Place::Resource { endpoint, id } if seen.method() == "DELETE" => Some((endpoint, id)),
        _ => None,
    }
}

fn answers_204(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    deletes(seen)?;
    seen.response.is_success().then_some(())?;
    sight(seen.status() == 204, "204", || seen.status().to_string())
}

fn gone(context: &Context<'_>, findings: &mut Findings) {
    let mut deleted: HashMap<(&str, &str), u64> = HashMap::new();
    for seen in &context.seen {
        let Place::Resource { endpoint, id } = &seen.place else { continue };
        let key = (endpoint.as_str(), id.as_str());
        let Some(when) = deleted.get(&key).copied() else {
            if deletes(seen).is_some() && seen.response.is_success() {
                deleted.insert(key, seen.seq());
            }
            continue;
        };
        let actual = || format!("{} {}", seen.method(), seen.status());
        match (seen.method(), seen.status()) {
            (_, 401 | 403 | 429 | 502..=504) => {}
            ("GET" | "DELETE", status) => findings.note(status == 404, &[when, seen.seq()], "404", actual),
            ("PUT" | "PATCH", status) if status == 404 || seen.response.is_success() => {
                findings.note(status == 404, &[when, seen.seq()], "404", actual);
            }
            _ => {}
        }
    }
}

/// Walks the transcript with the deletions so far.
fn after_deletions<'c>(
    context: &'c Context<'_>,
    mut look: impl FnMut(&'c Seen<'_>, &HashMap<(&'c str, &'c str), u64>),
) {
    let mut deleted: HashMap<(&str, &str), u64> = HashMap::new();
    for seen in &context.seen {
        if let Some(key) = deletes(seen).filter(|_| seen.response.is_success()) {
            deleted.entry(key).or_insert_with(|| seen.seq());
        } else if !deleted.is_empty() {
            look(seen, &deleted);
        }
    }
}

fn not_listed(context: &Context<'_>, findings: &mut Findings) {
    after_deletions(context, |seen, deleted| {
        let (Some(_), Some(endpoint)) = (seen.list(), seen.place.endpoint()) else { return };
        let ghost = seen
            .entries()
            .iter()
            .filter_map(|entry| entry.get("id")?.as_str())
            .find_map(|id| deleted.get(&(endpoint, id)).map(|when| (id, *when)));
        match ghost {
            None if deleted.keys().any(|(place, _)| *place == endpoint) => findings.hold(),
            None => {}
            Some((id, when)) => {
                findings.note(false, &[when, seen.seq()], "a list without the deleted resource", || {
                    format!("{} is listed", cut(id))
                })
            }
        }
    });
}

fn no_dangling_members(context: &Context<'_>, findings: &mut Findings) {
    after_deletions(context, |seen, deleted| {
        for one in seen.representations() {
            let (Some("/Users"), name, other) = (one.endpoint, "groups", "/Groups") else { continue };
            let Some(references) = attribute(one.value, name).and_then(Value::as_array) else { continue };
            if !deleted.keys().any(|(endpoint, _)| *endpoint == other) {
                continue;
            }
            let ghost = references
                .iter()
                .filter_map(|reference| reference.get("value")?.as_str())
                .find_map(|id| deleted.get(&(other, id)).map(|when| (id, *when)));
            match ghost {
                None => findings.hold(),
                Some((id, when)) => {
                    findings.note(false, &[when, seen.seq()], &format!("{name} without the deleted resource"), || {
                        format!("{name} holds {}", cut(id))
                    });
                }
            }
        }
    });
}
