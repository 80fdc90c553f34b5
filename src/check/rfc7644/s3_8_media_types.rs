//! RFC 7644 sections 3.8 and 8.1: media types and encoding.

use crate::check::{
    Check, Context, Mismatch, Place, Reads, Seen, Sight,
    judging::{read_as, sight},
    rfc7644::s3_12_errors::{is_error, is_own_error},
    values::cut,
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Reading(charset), "RFC7644-3.8-R1" / "charset",
        summary: "a body is not announced in another encoding than UTF-8",
        how: "Every body with a media type: it has no charset parameter, or one that says utf-8 (or its subset us-ascii).",
        why: "a client that trusts the header garbles every name with an umlaut",
    },
    check! {
        Exchange(scim_json), "RFC7644-3.8-R3" / "scim-json-on-request",
        summary: "who asks for application/scim+json gets it",
        how: "Every request whose Accept names application/scim+json and neither application/json nor a wildcard: the \
              answer is not 406, and a success body is application/scim+json. Parameters such as charset pass.",
        why: "clients that check the type before they parse refuse the answer",
    },
    check! {
        Exchange(plain_json), "RFC7644-3.8-R4" / "json-on-request",
        summary: "who asks for application/json is not refused",
        how: "Every request whose Accept names application/json: the answer is not 406.",
        why: "generic HTTP clients ask for nothing else",
    },
    check! {
        Exchange(default_type), "RFC7644-3.8-R5" / "default-media-type",
        summary: "without a wish of the client the body is application/scim+json",
        how: "Every success body of a request without Accept, or with a wildcard.",
        why: "the commonest deviation of all; clients that check the type refuse the answer",
    },
    check! {
        Exchange(always_scim_json), "RFC7644-8.1-R1" / "scim-json",
        summary: "errors as well are sent as application/scim+json",
        how: "Every error body that is JSON, unless the client asked for application/json.",
        why: "a client that parses by media type shows the raw body, or nothing, instead of the error",
    },
    check! {
        Exchange(json), "RFC7644-3.2-R6" / "json",
        summary: "what stands in a body is JSON",
        how: "Every body that is not empty, of a success or of an error of the provider's own. Gateway statuses and \
              redirects are left out, and so are 404, 405 and 501 where nothing shows that the target serves that endpoint.",
        why: "an HTML page instead of JSON breaks the client's parser before it sees the status",
    },
];

/// The media type of a header value, without parameters. Media types are compared without case (RFC 9110 section 8.3.1).
fn media_type(header: &str) -> &str {
    header.split(';').next().unwrap_or_default().trim()
}

fn accepted<'s>(seen: &'s Seen<'_>) -> Option<impl Iterator<Item = &'s str> + Clone> {
    let header = seen.exchange.request_header("accept")?;
    Some(header.split(',').map(media_type).filter(|one| !one.is_empty()))
}

fn accepts(seen: &Seen<'_>, wanted: &str) -> bool {
    accepted(seen).is_some_and(|mut all| all.any(|one| one.eq_ignore_ascii_case(wanted)))
}

fn has_body(seen: &Seen<'_>) -> bool {
    seen.method() != "HEAD" && !seen.response.body.is_empty()
}

fn is_type(seen: &Seen<'_>, wanted: &str) -> Sight {
    let found = seen.response.header("content-type").map(media_type);
    sight(found.is_some_and(|it| it.eq_ignore_ascii_case(wanted)), wanted, || {
        found.map_or_else(|| "no Content-Type".to_owned(), str::to_ascii_lowercase)
    })
}

fn charset(seen: &Seen<'_>, _: &Context<'_>) -> Reads {
    has_body(seen).then_some(())?;
    let header = seen.response.header("content-type")?;
    if !header.contains('=') {
        return read_as("bare");
    }
    let header = header.to_ascii_lowercase();
    let Some((_, value)) = header.split_once("charset=") else { return read_as("bare") };
    let value = value.split(';').next().unwrap_or_default().trim().trim_matches('"');
    match value {
        "utf-8" | "utf8" | "us-ascii" => read_as("charset"),
        other => Some(Err(Mismatch::new("utf-8", other))),
    }
}

fn scim_json(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let only = accepts(seen, "application/scim+json")
        && !accepted(seen)?.any(|one| one.eq_ignore_ascii_case("application/json") || one.contains('*'));
    (only && seen.place != Place::Other).then_some(())?;
    if seen.status() == 406 {
        return sight(false, "application/scim+json", || "406".to_owned());
    }
    (seen.response.is_success() && has_body(seen)).then_some(())?;
    is_type(seen, "application/scim+json")
}

fn plain_json(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (accepts(seen, "application/json") && seen.place != Place::Other).then_some(())?;
    sight(seen.status() != 406, "an answer", || "406".to_owned())
}

fn default_type(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let no_wish = accepted(seen).is_none_or(|mut all| all.all(|one| one == "*/*"));
    (no_wish && seen.place != Place::Other && seen.response.is_success() && has_body(seen)).then_some(())?;
    is_type(seen, "application/scim+json")
}

fn always_scim_json(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (is_error(seen) && !accepts(seen, "application/json") && has_body(seen) && seen.body.is_some()).then_some(())?;
    is_type(seen, "application/scim+json")
}

fn json(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    (has_body(seen) && (is_own_error(seen, context) || (seen.response.is_success() && seen.place != Place::Other)))
        .then_some(())?;
    sight(seen.body.is_some(), "JSON", || cut(&seen.response.body))
}
