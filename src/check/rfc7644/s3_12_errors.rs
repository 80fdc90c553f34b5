//! RFC 7644 section 3.12: what an error looks like.

use serde_json::Value;

use crate::check::{
    Check, Context, Mismatch, Place, Seen, Sight,
    judging::sight,
    values::{ERROR, MESSAGES, brief, cut, schemas},
};

/// The keywords of table 9, and those that RFC 9865 section 2.1 adds.
const SCIM_TYPES: [&str; 13] = [
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "sensitive",
    "invalidCursor",
    "expiredCursor",
    "invalidCount",
];

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(json_body), "RFC7644-3.12-R1" / "json-body",
        summary: "an error is explained by a JSON object in the body",
        how: "Every 4xx, 500 and 501 answer of a SCIM endpoint. Left out: answers to HEAD, and statuses that a \
              gateway or the HTTP layer gives on its own (408, 414, 417, 431, 502, 503, 504); 404, 405 and 501 \
              where nothing shows that the target serves that endpoint; paths with an encoded dot or slash, which \
              routers resolve to another path or refuse in their own words.",
        why: "an IdP shows the administrator the error text of the body; without it there is a bare number",
    },
    check! {
        Exchange(error_schema), "RFC7644-3.12-R2" / "error-schema",
        summary: "the `schemas` of an error is an array that holds the Error URN",
        how: "Every error whose body is a JSON object. A string instead of an array is a deviation.",
        why: "clients tell an error from a resource by its schema",
    },
    check! {
        Exchange(status_string), "RFC7644-3.12-R3" / "status-string",
        summary: "the `status` of an error is the HTTP status as a JSON string",
        how: "Every error whose body is a JSON object: `status` is there, is a string, and is the status of the \
              HTTP response.",
        why: "typed clients fail to parse a number where a string is announced, and report a broken server instead of \
              the error",
    },
    check! {
        Exchange(known_scim_type), "RFC7644-3.12-R4" / "known-scim-type",
        summary: "`scimType`, where an error has one, is a keyword of table 9",
        how: "Every error with a `scimType` that is not null. The keywords that RFC 9865 adds pass as well.",
        why: "clients decide by the keyword; an invented one is read as \"unknown error\"",
    },
    check! {
        Exchange(detail_text), "RFC7644-3.12-R5" / "detail-text",
        summary: "`detail`, where an error has one, is a string",
        how: "Every error with a `detail` that is not null.",
        why: "the text is shown to a person",
    },
    check! {
        Exchange(advice), "RFC7644-3.12-R13" / "advice",
        summary: "a 500 says something that helps to find the cause",
        how: "Every 500: the body has a `detail` that is not empty.",
        why: "the operator of the client is the first who sees it, and has nothing else to report",
    },
    check! {
        Exchange(answers_a_filter), "RFC7644-3.12-T1" / "answers-a-filter",
        summary: "`invalidFilter` answers a request that carries a filter",
        how: "Every error with that keyword: the request has a filter in its query, in a search body, or in \
              the path of a PATCH operation.",
        why: "the keyword tells the client what to mend",
    },
    check! {
        Exchange(too_many_answers_a_query), "RFC7644-3.12-T2" / "answers-a-query",
        summary: "`tooMany` answers a query",
        how: "Every error with that keyword: the request is a GET or a search.",
        why: "the keyword tells the client to narrow its filter, which makes no sense elsewhere",
    },
    check! {
        Exchange(uniqueness_answers_a_write), "RFC7644-3.12-T3" / "answers-a-write",
        summary: "`uniqueness` answers a request that writes a value",
        how: "Every error with that keyword: the request is a POST, PUT or PATCH.",
        why: "the keyword makes an IdP look for the existing resource and link to it",
    },
    check! {
        Exchange(mutability_answers_a_change), "RFC7644-3.12-T4" / "answers-a-change",
        summary: "`mutability` answers a request that changes something",
        how: "Every error with that keyword: the request is not a GET. Table 9 names PUT and PATCH; POST and \
              DELETE on read-only resources pass as well.",
        why: "the keyword tells the client which attribute it must not send",
    },
    check! {
        Exchange(invalid_syntax_answers_a_body), "RFC7644-3.12-T5" / "answers-a-body",
        summary: "`invalidSyntax` answers a request that has a body",
        how: "Every error with that keyword: the request is a POST, PUT or PATCH.",
        why: "the keyword is about the structure of the request body",
    },
    check! {
        Exchange(invalid_path_answers_a_patch), "RFC7644-3.12-T6" / "answers-a-patch",
        summary: "`invalidPath` answers a PATCH",
        how: "Every error with that keyword: the request is a PATCH, or a bulk job that can hold one.",
        why: "the keyword is about the `path` of a PATCH operation",
    },
    check! {
        Exchange(no_target_answers_a_patch), "RFC7644-3.12-T7" / "answers-a-patch",
        summary: "`noTarget` answers a PATCH",
        how: "Every error with that keyword: the request is a PATCH, or a bulk job that can hold one.",
        why: "the keyword says that the `path` of a PATCH operation selects nothing",
    },
    check! {
        Exchange(sensitive_answers_a_query), "RFC7644-3.12-T10" / "answers-a-query",
        summary: "`sensitive` answers a request whose URL carries data",
        how: "Every error with that keyword: the request has a query string.",
        why: "the keyword tells the client to move the data from the URL into a search body",
    },
    check! {
        Exchange(no_error_under_success), "RFC7644-3.2-R4" / "no-error-under-success",
        summary: "an error message does not travel under a success status",
        how: "Every 2xx answer with a JSON object: its `schemas` does not hold the Error URN.",
        why: "a client that looks at the status believes that the change was made",
    },
    check! {
        Exchange(message_urns), "RFC7644-3.1-R1" / "message-urns",
        summary: "the schema URIs of messages begin with urn:ietf:params:scim:api:",
        how: "Every error and every answer to a query or a bulk job that has `schemas` with at least one string.",
        why: "URNs of SCIM 1.1 make a 2.0 client refuse the message",
    },
];

/// Whether the answer is an error that the service provider itself gives (RFC 7644 tables 8 and 9, and the HTTP
/// statuses of a wrong method or media type).
pub(in crate::check) fn is_error(seen: &Seen<'_>) -> bool {
    let status = seen.status();
    seen.method() != "HEAD"
        && seen.place != Place::Other
        // A provider that offers no queries at its base URL has no endpoint there that could answer.
        && !(seen.place == Place::Root && matches!(status, 404 | 405))
        && (matches!(status, 500 | 501) || ((400..500).contains(&status) && !matches!(status, 408 | 414 | 417 | 431)))
        && !is_rewritten(seen)
}

/// The error's `scimType`, if it has one.
fn scim_type<'s>(seen: &'s Seen<'_>) -> Option<&'s Value> {
    if !is_error(seen) {
        return None;
    }
    seen.object()?.get("scimType").filter(|value| !value.is_null())
}

/// Judges errors with one keyword by a condition on the request.
fn keyword(seen: &Seen<'_>, word: &str, fits: impl Fn(&Seen<'_>) -> bool, expected: &str) -> Sight {
    (scim_type(seen)?.as_str()? == word).then_some(())?;
    sight(fits(seen), expected, || format!("{word} answers {} {}", seen.method(), cut(&seen.exchange.url)))
}

fn json_body(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    is_own_error(seen, context).then_some(())?;
    sight(seen.object().is_some(), "a JSON object that describes the error", || match seen.response.body.trim() {
        "" => format!("{} with an empty body", seen.status()),
        body => format!("{} with the body {}", seen.status(), cut(body)),
    })
}

/// Whether it is an error of the SCIM code, and not of something before it that knows no such endpoint.
pub(in crate::check) fn is_own_error(seen: &Seen<'_>, context: &Context<'_>) -> bool {
    is_error(seen) && (!matches!(seen.status(), 404 | 405 | 501) || is_served(seen, context))
}

/// Whether a router on the way may have made another path of it.
fn is_rewritten(seen: &Seen<'_>) -> bool {
    let mut codes = seen.exchange.path().split('%').skip(1).filter_map(|rest| rest.get(..2));
    codes.any(|code| code.eq_ignore_ascii_case("2e") || code.eq_ignore_ascii_case("2f"))
}

/// Whether the target is known to serve what was asked for: what no endpoint of its is, something before its SCIM code
/// may refuse in its own words.
fn is_served(seen: &Seen<'_>, context: &Context<'_>) -> bool {
    match &seen.place {
        Place::Collection(_) if !matches!(seen.method(), "GET" | "POST") => false,
        Place::Collection(endpoint) | Place::Resource { endpoint, .. } => {
            endpoint == "/Users"
                || context.discovery.resource_type_at(endpoint).is_some()
                || context.seen.iter().any(|it| it.place.endpoint() == Some(endpoint) && it.response.is_success())
        }
        _ => false,
    }
}

fn error_schema(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    is_error(seen).then_some(())?;
    let object = seen.object()?;
    sight(schemas(object).is_some_and(|urns| urns.contains(&ERROR)), &format!("schemas: [\"{ERROR}\"]"), || {
        object.get("schemas").map_or_else(|| "no schemas".to_owned(), |value| format!("schemas: {}", brief(value)))
    })
}

fn status_string(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    is_error(seen).then_some(())?;
    let object = seen.object()?;
    let status = seen.status().to_string();
    let value = object.get("status");
    sight(value.and_then(Value::as_str) == Some(&status), &format!("status: \"{status}\""), || {
        value.map_or_else(|| "no status".to_owned(), |value| format!("status: {}", brief(value)))
    })
}

fn known_scim_type(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let value = scim_type(seen)?;
    sight(value.as_str().is_some_and(|word| SCIM_TYPES.contains(&word)), "a keyword of table 9", || brief(value))
}

fn detail_text(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    is_error(seen).then_some(())?;
    let detail = seen.object()?.get("detail").filter(|value| !value.is_null())?;
    sight(detail.is_string(), "a string", || brief(detail))
}

fn advice(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (is_error(seen) && seen.status() == 500).then_some(())?;
    let detail = seen.object().and_then(|object| object.get("detail")).and_then(Value::as_str);
    sight(detail.is_some_and(|text| !text.trim().is_empty()), "a detail that helps", || {
        if seen.response.body.is_empty() { "an empty body".to_owned() } else { cut(&seen.response.body) }
    })
}

fn answers_a_filter(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let carries_a_filter = |seen: &Seen<'_>| {
        seen.parameter("filter").is_some()
            || matches!(seen.place, Place::Search(_) | Place::Bulk)
            || (seen.method() == "PATCH" && seen.exchange.body.as_deref().is_some_and(|body| body.contains('[')))
    };
    keyword(seen, "invalidFilter", carries_a_filter, "a request with a filter")
}

fn too_many_answers_a_query(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    keyword(seen, "tooMany", |seen| seen.method() == "GET" || seen.is_query(), "a query")
}

fn uniqueness_answers_a_write(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    keyword(seen, "uniqueness", |seen| matches!(seen.method(), "POST" | "PUT" | "PATCH"), "a request that writes")
}

fn mutability_answers_a_change(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    keyword(seen, "mutability", |seen| seen.method() != "GET", "a request that changes something")
}

fn invalid_syntax_answers_a_body(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    keyword(
        seen,
        "invalidSyntax",
        |seen| matches!(seen.method(), "POST" | "PUT" | "PATCH") || seen.exchange.body.is_some(),
        "a request with a body",
    )
}

fn patch_or_bulk(seen: &Seen<'_>) -> bool {
    seen.method() == "PATCH" || seen.place == Place::Bulk
}

fn invalid_path_answers_a_patch(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    keyword(seen, "invalidPath", patch_or_bulk, "a PATCH")
}

fn no_target_answers_a_patch(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    keyword(seen, "noTarget", patch_or_bulk, "a PATCH")
}

fn sensitive_answers_a_query(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    keyword(seen, "sensitive", |seen| seen.exchange.query().is_some(), "a request with a query string")
}

fn no_error_under_success(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    seen.response.is_success().then_some(())?;
    let urns = schemas(seen.object()?)?;
    sight(!urns.contains(&ERROR), "a success status only for a success", || {
        format!("an error message under {}", seen.status())
    })
}

fn message_urns(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let message = is_error(seen)
        || seen.list().is_some()
        || (seen.place == Place::Bulk && seen.method() == "POST" && seen.response.is_success());
    message.then_some(())?;
    let urns = schemas(seen.object()?).filter(|urns| !urns.is_empty())?;
    match urns.iter().find(|urn| !urn.starts_with(MESSAGES)) {
        None => Some(Ok(())),
        Some(urn) => Some(Err(Mismatch::new(format!("URIs that begin with {MESSAGES}"), cut(urn)))),
    }
}
