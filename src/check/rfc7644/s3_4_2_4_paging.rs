//! RFC 7644 section 3.4.2.4: paging by index.

use super::s3_4_2_query::stated;
use crate::check::{Check, Context, Findings, Seen, Sight, judging::sight};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(at_most_count), "RFC7644-3.4.2.4-R3" / "at-most-count",
        summary: "a page holds no more resources than were asked for",
        how: "Every list response to a query with a positive count.",
        why: "a client that asked for few has no room for all",
    },
    check! {
        Exchange(negative_count), "RFC7644-3.4.2.4-R4" / "negative-is-zero",
        summary: "a negative count is read as 0",
        how: "Every answer to a query with a negative count: 200 without resources. Refusals for want of \
              authorization and answers of an overloaded server are left out.",
        why: "a provider that reads -1 as \"no limit\" sends the whole directory",
    },
    check! {
        Exchange(count_zero), "RFC7644-3.4.2.4-R5" / "zero-shows-none",
        summary: "count 0 shows no resources, only totalResults",
        how: "Every list response to a query with count 0: no resources, and totalResults is there.",
        why: "clients count with it before they decide how to page",
    },
    check! {
        Exchange(items_per_page), "RFC7644-3.4.2.4-R7" / "items-per-page",
        summary: "itemsPerPage is the number of resources on this page",
        how: "Every list response with an integer itemsPerPage.",
        why: "a client that adds it to startIndex skips entries when the server states the page size instead",
    },
    check! {
        Exchange(start_index), "RFC7644-3.4.2.4-R2" / "below-one-is-one",
        summary: "a startIndex below 1 is read as 1",
        how: "Every answer to a query with a startIndex below 1: 200, and the startIndex that it states, if any, is 1.",
        why: "Entra's inbound client starts at 0",
    },
    check! {
        Exchange(max_results), "RFC7643-5-R3" / "max-results-kept",
        summary: "no page is longer than the advertised filter.maxResults",
        how: "Every list response on a collection, where the ServiceProviderConfig states a positive filter.maxResults.",
        why: "clients size their buffers and their pages by it",
    },
    check! {
        Transcript(total_is_invariant), "RFC7644-3.4.2.4-R8" / "total-is-invariant",
        summary: "totalResults does not depend on the page that was asked for",
        how: "Every two list responses of one transcript to the same query with other paging parameters and no write \
              in between, where nobody else changes the tenant.",
        why: "clients page until they have totalResults",
    },
];

fn count(seen: &Seen<'_>) -> Option<i64> {
    seen.query_parameter("count")?.parse().ok()
}

/// Whether the status says that the server did not get to answer the query.
fn did_not_answer(seen: &Seen<'_>) -> bool {
    matches!(seen.status(), 401 | 403 | 404 | 405 | 429 | 501..=504)
}

fn at_most_count(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let count = count(seen).filter(|count| *count > 0)?;
    seen.list()?;
    let shown = seen.entries().len();
    sight(i64::try_from(shown).is_ok_and(|shown| shown <= count), &format!("at most {count} resources"), || {
        format!("{shown} resources")
    })
}

fn negative_count(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.is_query() && count(seen)? < 0 && !did_not_answer(seen)).then_some(())?;
    let shown = seen.entries().len();
    sight(seen.status() == 200 && shown == 0, "200 without resources", || {
        format!("{} with {shown} resources", seen.status())
    })
}

fn count_zero(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (count(seen)? == 0).then_some(())?;
    let list = seen.list()?;
    let shown = seen.entries().len();
    sight(shown == 0 && list.contains_key("totalResults"), "totalResults, and no resources", || {
        if shown > 0 { format!("{shown} resources") } else { "no totalResults".to_owned() }
    })
}

fn items_per_page(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let said = stated(seen, "itemsPerPage")?;
    let shown = seen.entries().len();
    sight(said == shown as u64, &format!("itemsPerPage: {shown}"), || format!("itemsPerPage: {said}"))
}

fn start_index(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let asked: i64 = seen.query_parameter("startIndex")?.parse().ok()?;
    (seen.is_query() && asked < 1 && !did_not_answer(seen)).then_some(())?;
    let said = stated(seen, "startIndex");
    sight(seen.status() == 200 && said.is_none_or(|start| start == 1), "200 with startIndex 1", || {
        format!("{} with startIndex {}", seen.status(), said.map_or_else(|| "absent".to_owned(), |it| it.to_string()))
    })
}

fn max_results(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    seen.list()?;
    let filter = context.discovery.service_provider_config.as_ref()?.get("filter")?;
    let most = filter.get("maxResults")?.as_u64().filter(|most| *most > 0)?;
    let shown = seen.entries().len();
    sight(shown as u64 <= most, &format!("at most {most} resources"), || format!("{shown} resources"))
}

/// What identifies a query apart from its paging parameters.
fn identity<'s>(seen: &'s Seen<'_>) -> Vec<(&'s str, &'s str)> {
    let mut parameters: Vec<(&str, &str)> = seen
        .query
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| {
            !matches!(
                *name,
                "startIndex" | "count" | "cursor" | "attributes" | "excludedAttributes" | "sortBy" | "sortOrder"
            )
        })
        .collect();
    parameters.sort_unstable();
    parameters
}

fn total_is_invariant(context: &Context<'_>, findings: &mut Findings) {
    if !context.scope.isolated {
        return;
    }
    let mut earlier: Vec<&Seen<'_>> = Vec::new();
    for seen in &context.seen {
        if !matches!(seen.method(), "GET" | "HEAD") {
            earlier.clear();
            continue;
        }
        let Some(total) = stated(seen, "totalResults") else { continue };
        let twin = earlier.iter().find(|other| other.place == seen.place && identity(other) == identity(seen));
        match twin {
            Some(other) => {
                let before = stated(other, "totalResults").unwrap_or_default();
                findings.note(
                    before == total,
                    &[other.seq(), seen.seq()],
                    "the same totalResults on every page",
                    || format!("totalResults {before}, then {total}"),
                );
            }
            None => earlier.push(seen),
        }
    }
}
