//! RFC 7644 section 3.4.1: reading one resource.

use std::collections::HashMap;

use serde_json::Value;

use crate::check::{
    Check, Context, Findings, Mismatch, Place, Seen, Sight,
    judging::sight,
    values::{attribute, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Transcript(created_is_readable), "RFC7644-3.4.1-R1" / "created-is-readable",
        summary: "a resource that was created can be read",
        how: "Every GET of a resource that was created in the same transcript and neither deleted nor deactivated \
              since, with no bulk job in between: 200. 304 passes, and so do refusals for want of authorization and \
              answers of an overloaded server.",
        why: "an IdP reads right after it has created; a 404 makes it create again",
    },
    check! {
        Exchange(addressed_by_id), "RFC7644-3.4.1-R2" / "addressed-by-id",
        summary: "a resource is found under its id and under nothing else",
        how: "Every 200 to GET {endpoint}/{id}: the id in the body is the one in the URL. Differences of letter case \
              are another rule's business.",
        why: "a provider that also resolves userName or externalId lets a client reach accounts that it cannot name",
    },
];

fn created_is_readable(context: &Context<'_>, findings: &mut Findings) {
    let mut alive: HashMap<(&str, &str), u64> = HashMap::new();
    for seen in &context.seen {
        if seen.place == Place::Bulk {
            alive.clear();
        }
        if seen.is_create() && seen.status() == 201 {
            if let (Some(endpoint), Some(id)) =
                (seen.place.endpoint(), seen.object().and_then(|it| it.get("id")).and_then(Value::as_str))
            {
                alive.insert((endpoint, id), seen.seq());
            }
            continue;
        }
        let Place::Resource { endpoint, id } = &seen.place else { continue };
        let key = (endpoint.as_str(), id.as_str());
        match seen.method() {
            "DELETE" => {
                alive.remove(&key);
            }
            "PUT" | "PATCH" if deactivates(seen) => {
                alive.remove(&key);
            }
            "GET" => {
                let Some(created) = alive.get(&key) else { continue };
                match seen.status() {
                    200 | 304 => findings.hold(),
                    401 | 403 | 406 | 412 | 429 | 502..=504 => {}
                    // The parameters are what is refused, not the resource.
                    400 if seen.exchange.query().is_some() => {}
                    other => findings.broke(
                        Mismatch::new("200, for it was created and not deleted", other.to_string()),
                        &[*created, seen.seq()],
                    ),
                }
            }
            _ => {}
        }
    }
}

/// Whether the request may put the resource out of service: it says something about `active`, and something false.
fn deactivates(seen: &Seen<'_>) -> bool {
    let body = seen.exchange.body.as_deref().unwrap_or_default().to_ascii_lowercase();
    body.contains("active") && body.contains("false")
}

fn addressed_by_id(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.method() == "GET" && seen.status() == 200).then_some(())?;
    let asked = seen.addressed_id()?;
    let shown = attribute(seen.single()?.value, "id")?.as_str()?;
    sight(shown.eq_ignore_ascii_case(asked), &format!("the resource with id {}", cut(asked)), || {
        format!("the resource with id {}", cut(shown))
    })
}
