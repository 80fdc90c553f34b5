//! RFC 9865: paging by cursor.

use serde_json::Value;

use crate::check::{
    Check, Context, Place, Seen, Sight,
    judging::sight,
    values::{brief, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(unreserved), "RFC9865-2-R2" / "unreserved",
        summary: "a cursor needs no escaping",
        how: "Every nextCursor and previousCursor that is a string: letters, digits, full stop, underscore, tilde and \
              hyphen only.",
        why: "a client that pastes it into a URL breaks it",
    },
    check! {
        Exchange(at_most_count), "RFC9865-2-R4" / "at-most-count",
        summary: "a cursor page holds no more resources than were asked for",
        how: "Every list response with a cursor, to a query with a positive count.",
        why: "a client that asked for few has no room for all",
    },
    check! {
        Exchange(absent_at_the_end), "RFC9865-2-R6" / "absent-at-the-end",
        summary: "the last page has no nextCursor, rather than an empty one",
        how: "Every list response with a nextCursor: a string that is not empty.",
        why: "clients page as long as it is there",
    },
    check! {
        Exchange(no_previous_on_first), "RFC9865-2-R8" / "no-previous-on-first",
        summary: "the first page has no previousCursor",
        how: "Every list response to a query without a cursor, or with an empty one, that starts at the beginning.",
        why: "there is nothing before it",
    },
    check! {
        Exchange(keywords), "RFC9865-2.1-R2" / "keywords",
        summary: "a refused cursor says so in scimType",
        how: "Every 400 to a query with a cursor and no filter: scimType is invalidCursor, expiredCursor or \
              invalidCount. Other keywords are not forbidden, so that a deviation is a note.",
        why: "the client has to start again from the first page",
    },
    check! {
        Exchange(configuration), "RFC9865-4-R1" / "configuration",
        summary: "the configuration describes paging completely, where it describes it",
        how: "Every 200 to GET /ServiceProviderConfig with pagination: cursor and index are booleans, \
              defaultPaginationMethod, if any, is cursor or index, and the sizes and the time-out, if any, are \
              positive integers.",
        why: "clients choose their way of paging by it",
    },
];

fn cursors<'s>(seen: &'s Seen<'_>) -> Option<Vec<(&'static str, &'s Value)>> {
    let list = seen.list()?;
    let all: Vec<(&'static str, &Value)> =
        ["nextCursor", "previousCursor"].into_iter().filter_map(|name| Some((name, list.get(name)?))).collect();
    (!all.is_empty()).then_some(all)
}

fn unreserved(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let fits = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '~' | '-'));
    let mut texts = cursors(seen)?.into_iter().filter_map(|(_, it)| it.as_str()).filter(|it| !it.is_empty()).peekable();
    texts.peek()?;
    let odd = texts.find(|it| !fits(it));
    sight(odd.is_none(), "unreserved characters only", || cut(odd.unwrap_or_default()))
}

fn at_most_count(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let count: usize = seen.query_parameter("count")?.parse().ok().filter(|count| *count > 0)?;
    (cursors(seen).is_some() || (seen.query_parameter("cursor").is_some() && seen.list().is_some())).then_some(())?;
    let shown = seen.entries().len();
    sight(shown <= count, &format!("at most {count} resources"), || format!("{shown} resources"))
}

fn absent_at_the_end(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let next = seen.list()?.get("nextCursor")?;
    sight(next.as_str().is_some_and(|it| !it.is_empty()), "a cursor, or no nextCursor", || {
        format!("nextCursor: {}", brief(next))
    })
}

fn no_previous_on_first(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    cursors(seen)?;
    let first = seen.query_parameter("cursor").is_none_or(|it| it.is_empty())
        && seen.query_parameter("startIndex").is_none_or(|it| it == "1");
    first.then_some(())?;
    let previous = seen.list()?.get("previousCursor").filter(|it| !it.is_null());
    sight(previous.is_none(), "no previousCursor", || previous.map(brief).unwrap_or_default())
}

fn keywords(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.is_query() && seen.status() == 400 && seen.query_parameter("filter").is_none()).then_some(())?;
    seen.query_parameter("cursor").filter(|it| !it.is_empty())?;
    let keyword = seen.object().and_then(|it| it.get("scimType"));
    let known = ["invalidCursor", "expiredCursor", "invalidCount"];
    sight(keyword.and_then(Value::as_str).is_some_and(|it| known.contains(&it)), &known.join(", "), || {
        keyword.map_or_else(|| "no scimType".to_owned(), brief)
    })
}

fn configuration(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.place == Place::ServiceProviderConfig && seen.method() == "GET" && seen.status() == 200).then_some(())?;
    let pagination = seen.object()?.get("pagination").filter(|it| !it.is_null())?;
    let set = |name: &str| pagination.get(name).filter(|it| !it.is_null());
    let holds = ["cursor", "index"].iter().all(|name| set(name).is_some_and(Value::is_boolean))
        && set("defaultPaginationMethod").is_none_or(|it| matches!(it.as_str(), Some("cursor" | "index")))
        && ["defaultPageSize", "maxPageSize", "cursorTimeout"]
            .iter()
            .all(|name| set(name).is_none_or(|it| it.as_u64().is_some_and(|it| it > 0)));
    sight(holds, "pagination as RFC 9865 section 4 describes it", || brief(pagination))
}
