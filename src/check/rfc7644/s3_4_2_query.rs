//! RFC 7644 section 3.4.2: what the answer to a query looks like.

use serde_json::Value;

use crate::check::{
    Check, Context, Mismatch, Place, Reads, Seen, Sight,
    judging::{read_as, sight},
    values::{LIST_RESPONSE, brief, schemas},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(list_urn), "RFC7644-3.4.2-R3" / "list-response",
        summary: "a query is answered with a ListResponse",
        how: "Every 200 to GET of a collection or POST to .search: a JSON object whose schemas hold the ListResponse \
              URN, also for one hit or none.",
        why: "an IdP that expects a list reads a bare resource as \"no such user\" and creates a duplicate",
    },
    check! {
        Exchange(total_results), "RFC7644-3.4.2-R4" / "total-results",
        summary: "totalResults is an integer that covers at least the page",
        how: "Every list response: a JSON integer that is not less than the number of resources in it. In cursor \
              paging (RFC 9865) it may be absent.",
        why: "clients page until they have totalResults; a string or the page size makes them stop early or never",
    },
    check! {
        Reading(resources), "RFC7644-3.4.2-R5" / "resources",
        summary: "Resources is an array, and is there when something matched",
        how: "Every list response with totalResults: an array, or absent where nothing matched or count was 0.",
        why: "clients iterate over it; lower-case names and null break them",
    },
    check! {
        Exchange(start_index), "RFC7644-3.4.2-R6" / "start-index",
        summary: "a page of a longer list says at which index it starts",
        how: "Every list response that holds some of totalResults resources and not all: startIndex is a JSON \
              integer, and is the requested one where that is in range. In cursor paging it may be absent. Where it \
              is present, it is an integer on every list.",
        why: "Okta stopped silently at \"startIndex\": \"1\"",
    },
    check! {
        Exchange(items_per_page), "RFC7644-3.4.2-R7" / "items-per-page",
        summary: "a page of a longer list says how many resources it holds",
        how: "Every list response that holds some of totalResults resources and not all: itemsPerPage is a JSON \
              integer. In cursor paging it may be absent. Where it is present, it is an integer on every list.",
        why: "clients compute the next startIndex from it",
    },
    check! {
        Exchange(no_match), "RFC7644-3.4.2-R8" / "no-match-is-200",
        summary: "a filter that matches nothing is answered 200 with totalResults 0",
        how: "Every query with a filter on a collection that exists: it is not answered 404 or 204.",
        why: "Okta and Entra ask whether a user exists before they create it, and take a 404 for a broken server",
    },
];

/// Whether the client or the server pages by cursor (RFC 9865).
pub(super) fn by_cursor(seen: &Seen<'_>) -> bool {
    seen.query_parameter("cursor").is_some()
        || seen.list().is_some_and(|list| list.contains_key("nextCursor") || list.contains_key("previousCursor"))
}

/// A count that a list response states.
pub(super) fn stated(seen: &Seen<'_>, name: &str) -> Option<u64> {
    seen.list()?.get(name)?.as_u64()
}

/// Whether the list is one page of a longer one: it holds some, and not all.
fn is_partial(seen: &Seen<'_>) -> bool {
    let shown = seen.entries().len() as u64;
    shown > 0 && stated(seen, "totalResults").is_some_and(|total| total > shown)
}

fn list_urn(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.is_query() && seen.status() == 200 && seen.body.is_some()).then_some(())?;
    let holds = seen.object().and_then(schemas).is_some_and(|urns| urns.contains(&LIST_RESPONSE));
    sight(holds, &format!("schemas: [\"{LIST_RESPONSE}\"]"), || match seen.object() {
        None => "no JSON object".to_owned(),
        Some(object) => {
            object.get("schemas").map_or_else(|| "no schemas".to_owned(), |it| format!("schemas: {}", brief(it)))
        }
    })
}

fn total_results(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let list = seen.list()?;
    match list.get("totalResults") {
        None if by_cursor(seen) => None,
        None => sight(false, "totalResults", || "none".to_owned()),
        Some(value) => match value.as_u64() {
            None => sight(false, "an integer", || format!("totalResults: {}", brief(value))),
            Some(total) => {
                let shown = seen.entries().len();
                sight(total >= shown as u64, "at least as many as are shown", || {
                    format!("totalResults: {total}, with {shown} resources")
                })
            }
        },
    }
}

fn resources(seen: &Seen<'_>, _: &Context<'_>) -> Reads {
    let list = seen.list()?;
    let total = stated(seen, "totalResults")?;
    let asked_for_none =
        seen.query_parameter("count").and_then(|count| count.parse::<i64>().ok()).is_some_and(|count| count <= 0);
    match list.get("Resources") {
        Some(Value::Array(page)) if page.is_empty() => read_as("empty"),
        Some(Value::Array(_)) => Some(Ok(None)),
        None | Some(Value::Null) if total == 0 || asked_for_none => read_as("absent"),
        // A page beyond the end has nothing to show either.
        None if stated(seen, "startIndex").is_some_and(|start| start > total) => read_as("absent"),
        other => {
            let actual = match other {
                Some(value) => format!("Resources: {}", brief(value)),
                None => format!("totalResults {total} and no Resources"),
            };
            Some(Err(Mismatch::new("Resources: [ … ]", actual)))
        }
    }
}

fn start_index(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let list = seen.list()?;
    match list.get("startIndex").filter(|value| !value.is_null()) {
        None if is_partial(seen) && !by_cursor(seen) => sight(false, "startIndex", || "none".to_owned()),
        None => None,
        Some(value) => {
            let asked = seen.query_parameter("startIndex").and_then(|it| it.parse::<u64>().ok()).filter(|it| *it > 0);
            match value.as_u64() {
                None => sight(false, "an integer", || format!("startIndex: {}", brief(value))),
                Some(start) if is_partial(seen) && !by_cursor(seen) => {
                    let asked = asked.unwrap_or(1);
                    sight(start == asked, &format!("startIndex: {asked}"), || format!("startIndex: {start}"))
                }
                Some(_) => Some(Ok(())),
            }
        }
    }
}

fn items_per_page(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let list = seen.list()?;
    match list.get("itemsPerPage").filter(|value| !value.is_null()) {
        None if is_partial(seen) && !by_cursor(seen) => sight(false, "itemsPerPage", || "none".to_owned()),
        None => None,
        Some(value) => sight(value.as_u64().is_some(), "an integer", || format!("itemsPerPage: {}", brief(value))),
    }
}

fn no_match(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let Place::Collection(endpoint) = &seen.place else { return None };
    (seen.method() == "GET" && seen.parameter("filter").is_some()).then_some(())?;
    let exists = endpoint == "/Users"
        || context.discovery.resource_type_at(endpoint).is_some()
        || context.seen.iter().any(|other| other.place.endpoint() == Some(endpoint) && other.response.is_success());
    exists.then_some(())?;
    match seen.status() {
        200 => Some(Ok(())),
        404 | 204 => sight(false, "200 with totalResults 0", || seen.status().to_string()),
        _ => None,
    }
}
