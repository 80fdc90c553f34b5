//! RFC 7644 section 3.7: what the answer to a bulk job looks like.

use serde_json::{Map, Value};

use crate::check::{
    Check, Context, Mismatch, Place, Reads, Seen, Sight,
    judging::sight,
    values::{BULK_RESPONSE, ERROR, brief, cut, schemas},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(response_urn), "RFC7644-3.7-R2" / "bulk-response",
        summary: "a bulk job is answered with a BulkResponse",
        how: "Every 200 to POST /Bulk: schemas hold the BulkResponse URN.",
        why: "clients parse by it",
    },
    check! {
        Exchange(processed), "RFC7644-3.7-R13" / "processed-is-200",
        summary: "a bulk job that was processed answers 200",
        how: "Every POST /Bulk that succeeds, whatever its operations came to. A request that asked for an \
              asynchronous answer (RFC 9967) is left out.",
        why: "207 and its kin are not defined here",
    },
    check! {
        Exchange(location), "RFC7644-3.7-R10" / "location",
        summary: "each operation of a bulk response has a location, unless it is a create that failed",
        how: "Every operation in a BulkResponse, except a POST whose status is not 2xx.",
        why: "it is the only way to match results of PUT, PATCH and DELETE with their resources",
    },
    check! {
        Exchange(location), "RFC7644-3.7.3-R3" / "location",
        summary: "each operation of a bulk response has a location, unless it is a create that failed",
        how: "Every operation in a BulkResponse, except a POST whose status is not 2xx.",
        why: "it is the only way to match results of PUT, PATCH and DELETE with their resources",
    },
    check! {
        Exchange(response_of_failure), "RFC7644-3.7-R11" / "failure-has-response",
        summary: "a failed operation of a bulk response has a response",
        how: "Every operation in a BulkResponse whose status is not 2xx.",
        why: "the client has to know why",
    },
    check! {
        Exchange(error_of_failure), "RFC7644-3.7-R12" / "failure-is-a-scim-error",
        summary: "the response of a failed operation is a SCIM error with the status of the operation",
        how: "Every failed operation in a BulkResponse that has a response: an object with the Error URN, whose status, \
              if it has one, is that of the operation. The RFC's own example is muddled, so that a deviation is a note.",
        why: "the client handles it like an error of a single request",
    },
    check! {
        Exchange(detail_of_failure), "RFC7644-3.7.3-R4" / "failure-has-detail",
        summary: "the response of a failed operation says in words what failed",
        how: "Every failed operation in a BulkResponse that has a response object: detail is a string that is not \
              empty. The RFC names the member in two ways, so that a deviation is a note.",
        why: "the text is shown to a person",
    },
    check! {
        Exchange(bulk_ids), "RFC7644-3.7-R16" / "bulk-id",
        summary: "a create keeps its bulkId in the response",
        how: "Every BulkResponse to a job with bulkIds on its creates: each successful POST in it carries one of them, \
              and none twice.",
        why: "the client matches its new accounts with their ids by it",
    },
    check! {
        Exchange(all_results), "RFC7644-3.7.3-R1" / "one-result-each",
        summary: "a bulk response has one result for each operation",
        how: "Every BulkResponse to a job without failOnErrors: as many operations as the job.",
        why: "an operation without a result is neither done nor failed",
    },
    check! {
        Exchange(stops), "RFC7644-3.7-R15" / "stops-at-fail-on-errors",
        summary: "a bulk job stops when failOnErrors operations have failed",
        how: "Every BulkResponse to a job with a positive failOnErrors: no more failures than that.",
        why: "the client has asked not to go on with what is already wrong",
    },
    check! {
        Reading(status_string), "RFC7644-3.7.3-R2" / "status-string",
        summary: "the status of an operation is the HTTP status as a string, or an object with it as code",
        how: "Every operation in a BulkResponse: a JSON string of three digits, alone or as code of an object, as the \
              RFC's examples show both. Any other form is a note.",
        why: "typed clients parse a string",
    },
    check! {
        Exchange(resolved), "RFC7644-3.7.2-R1" / "resolved",
        summary: "no bulkId is left where an id belongs",
        how: "Every resource and location in a BulkResponse: no value begins with bulkId:.",
        why: "a stored bulkId is a reference to nothing",
    },
    check! {
        Exchange(limit_kept), "RFC7644-3.7.4-R2" / "limit-kept",
        summary: "a bulk job above the advertised limits answers 413",
        how: "Every POST /Bulk with more operations, or a larger body, than the ServiceProviderConfig allows. Refusals \
              for want of authorization and answers of an overloaded server are left out.",
        why: "the limit protects the provider, and 413 tells the client to cut its job in pieces",
    },
    check! {
        Exchange(limit_named), "RFC7644-3.7.4-R3" / "limit-named",
        summary: "a 413 names the limit that was exceeded",
        how: "Every 413 to POST /Bulk: the detail has a number, or names maxOperations, maxPayloadSize or a size.",
        why: "the client has to know how small is small enough",
    },
];

fn is_job(seen: &Seen<'_>) -> bool {
    seen.place == Place::Bulk && seen.method() == "POST"
}

/// The operations of a BulkResponse.
fn results<'s>(seen: &'s Seen<'_>) -> Option<Vec<&'s Map<String, Value>>> {
    (is_job(seen) && seen.status() == 200).then_some(())?;
    let results = seen.object()?.get("Operations")?.as_array()?;
    Some(results.iter().filter_map(Value::as_object).collect())
}

fn operations<'s>(seen: &'s Seen<'_>) -> Option<&'s Vec<Value>> {
    seen.request_object()?.get("Operations")?.as_array()
}

/// The status of an operation in any of the forms that the RFC shows: string, number, object with code.
fn code(result: &Map<String, Value>) -> Option<u16> {
    let status = result.get("status")?;
    let status = status.get("code").unwrap_or(status);
    match status {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64().and_then(|it| u16::try_from(it).ok()),
        _ => None,
    }
}

fn failed(result: &Map<String, Value>) -> bool {
    code(result).is_some_and(|code| code >= 400)
}

fn method(result: &Map<String, Value>) -> &str {
    result.get("method").and_then(Value::as_str).unwrap_or_default()
}

/// Judges all operations that a rule is about: the first that breaks it is the evidence.
fn each(
    seen: &Seen<'_>,
    about: impl Fn(&Map<String, Value>) -> bool,
    holds: impl Fn(&Map<String, Value>) -> bool,
    expected: &str,
) -> Sight {
    let results = results(seen)?;
    let mut all = results.iter().filter(|result| about(result)).peekable();
    all.peek()?;
    match all.find(|result| !holds(result)) {
        None => Some(Ok(())),
        Some(result) => Some(Err(Mismatch::new(expected, brief(&Value::Object((*result).clone()))))),
    }
}

fn response_urn(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (is_job(seen) && seen.status() == 200 && seen.body.is_some()).then_some(())?;
    let holds = seen.object().and_then(schemas).is_some_and(|urns| urns.contains(&BULK_RESPONSE));
    sight(holds, &format!("schemas: [\"{BULK_RESPONSE}\"]"), || cut(&seen.response.body))
}

fn processed(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let asynchronous = seen
        .exchange
        .request_header("prefer")
        .is_some_and(|value| value.to_ascii_lowercase().contains("respond-async"));
    (is_job(seen) && seen.response.is_success() && !asynchronous).then_some(())?;
    sight(seen.status() == 200, "200", || seen.status().to_string())
}

fn location(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each(
        seen,
        |result| code(result).is_some() && !(method(result).eq_ignore_ascii_case("post") && failed(result)),
        |result| result.get("location").and_then(Value::as_str).is_some_and(|it| !it.is_empty()),
        "an operation with a location",
    )
}

fn response_of_failure(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each(
        seen,
        failed,
        |result| result.get("response").is_some_and(|it| !it.is_null()),
        "a failed operation with a response",
    )
}

fn error_of_failure(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each(
        seen,
        |result| failed(result) && result.get("response").is_some_and(|it| !it.is_null()),
        |result| {
            let Some(error) = result["response"].as_object() else { return false };
            let status = error.get("status").and_then(Value::as_str).and_then(|it| it.parse().ok());
            schemas(error).is_some_and(|urns| urns.contains(&ERROR)) && (status.is_none() || status == code(result))
        },
        "a SCIM error in the response",
    )
}

fn detail_of_failure(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each(
        seen,
        |result| failed(result) && result.get("response").is_some_and(Value::is_object),
        |result| result["response"].get("detail").and_then(Value::as_str).is_some_and(|it| !it.trim().is_empty()),
        "a detail in the response",
    )
}

fn bulk_ids(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let sent: Vec<&str> = operations(seen)?
        .iter()
        .filter(|one| one.get("method").and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case("post")))
        .filter_map(|one| one.get("bulkId")?.as_str())
        .collect();
    (!sent.is_empty()).then_some(())?;
    let results = results(seen)?;
    let created = results.iter().filter(|result| method(result).eq_ignore_ascii_case("post") && !failed(result));
    let mut left = sent;
    let mut judged = false;
    for result in created {
        judged = true;
        let id = result.get("bulkId").and_then(Value::as_str);
        match id.and_then(|id| left.iter().position(|sent| *sent == id)) {
            Some(at) => {
                left.swap_remove(at);
            }
            None => {
                return sight(false, "the bulkId of the operation", || {
                    id.map_or_else(|| "no bulkId".to_owned(), |id| format!("bulkId: {}", cut(id)))
                });
            }
        }
    }
    judged.then_some(Ok(()))
}

fn fail_on_errors(seen: &Seen<'_>) -> Option<u64> {
    seen.request_object()?.get("failOnErrors")?.as_u64().filter(|most| *most > 0)
}

fn all_results(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    fail_on_errors(seen).is_none().then_some(())?;
    let (sent, answered) = (operations(seen)?.len(), results(seen)?.len());
    sight(sent == answered, &format!("{sent} results"), || format!("{answered} results"))
}

fn stops(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let most = fail_on_errors(seen)?;
    let failures = results(seen)?.iter().filter(|result| failed(result)).count() as u64;
    (failures > 0).then_some(())?;
    sight(failures <= most, &format!("at most {most} failures"), || format!("{failures} failures"))
}

fn status_string(seen: &Seen<'_>, _: &Context<'_>) -> Reads {
    let results = results(seen)?;
    let first = results.first()?;
    let reading = if first.get("status").is_some_and(Value::is_object) { "object" } else { "string" };
    let sight = each(
        seen,
        |_| true,
        |result| {
            let status = result.get("status");
            let status = status.and_then(|status| status.get("code")).or(status);
            status.and_then(Value::as_str).is_some_and(|it| it.len() == 3 && it.chars().all(|c| c.is_ascii_digit()))
        },
        "status: \"201\"",
    )?;
    Some(sight.map(|()| Some(reading)))
}

fn resolved(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each(
        seen,
        |result| !failed(result),
        |result| !result.iter().any(|(name, value)| name != "bulkId" && holds_bulk_id(value)),
        "ids in place of bulkIds",
    )
}

fn holds_bulk_id(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with("bulkId:") || text.contains("/bulkId:"),
        Value::Array(items) => items.iter().any(holds_bulk_id),
        Value::Object(members) => members.values().any(holds_bulk_id),
        _ => false,
    }
}

/// Which advertised limit a job exceeds, in words.
fn exceeded(seen: &Seen<'_>, context: &Context<'_>) -> Option<String> {
    let bulk = context.discovery.service_provider_config.as_ref()?.get("bulk")?;
    (bulk.get("supported")?.as_bool()?).then_some(())?;
    let limit = |name: &str| bulk.get(name).and_then(Value::as_u64).filter(|most| *most > 0);
    let count = operations(seen).map_or(0, Vec::len) as u64;
    let size = seen.exchange.body.as_ref().map_or(0, String::len) as u64;
    if let Some(most) = limit("maxOperations").filter(|most| count > *most) {
        return Some(format!("413, for {count} operations are more than maxOperations {most}"));
    }
    let most = limit("maxPayloadSize").filter(|most| size > *most)?;
    Some(format!("413, for {size} bytes are more than maxPayloadSize {most}"))
}

fn limit_kept(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    (is_job(seen) && !matches!(seen.status(), 401 | 403 | 429 | 502..=504)).then_some(())?;
    let expected = exceeded(seen, context)?;
    sight(seen.status() == 413, &expected, || seen.status().to_string())
}

fn limit_named(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (is_job(seen) && seen.status() == 413).then_some(())?;
    let detail = seen.object().and_then(|it| it.get("detail")).and_then(Value::as_str).unwrap_or_default();
    let lower = detail.to_lowercase();
    let names = ["maxoperations", "maxpayloadsize", "operations", "payload", "size", "bytes"];
    let named = lower.chars().any(|c| c.is_ascii_digit()) || names.iter().any(|name| lower.contains(name));
    sight(
        named,
        "a detail that names the limit",
        || {
            if detail.is_empty() { "no detail".to_owned() } else { cut(detail) }
        },
    )
}
