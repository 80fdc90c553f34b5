//! RFC 7644 sections 3.3 and 3.3.1: what a create answers.

use serde_json::Value;
use url::Url;

use crate::check::{
    Check, Context, Mismatch, Reads, Seen, Sight,
    judging::sight,
    values::{attribute, brief, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(created), "RFC7644-3.3-R5" / "created",
        summary: "a successful create answers 201",
        how: "Every POST to the endpoint of a resource type that succeeds. A request that asked for an asynchronous \
              answer (RFC 9967) is left out.",
        why: "IdPs take only 201 for a new account",
    },
    check! {
        Exchange(body), "RFC7644-3.3-R6" / "representation",
        summary: "a 201 shows the resource that was created",
        how: "Every 201 to a create: the body is a JSON object with an id.",
        why: "without the id the IdP has to search for the account that it has just created",
    },
    check! {
        Exchange(location_header), "RFC7644-3.3-R7" / "location-header",
        summary: "a 201 carries the new resource's URI in Location",
        how: "Every 201 to a create: the header is there and is a URI, absolute or relative.",
        why: "clients store it as the address of the account",
    },
    check! {
        Exchange(meta_location), "RFC7644-3.3-R7" / "meta-location",
        summary: "the body of a 201 carries the new resource's URI in meta.location",
        how: "Every 201 to a create with a whole resource in its body.",
        why: "clients store it as the address of the account",
    },
    check! {
        Exchange(same_location), "RFC7644-3.3-R7" / "same-location",
        summary: "Location and meta.location of a 201 are the same URI",
        how: "Every 201 to a create that has both, each resolved against the request's URL.",
        why: "behind a proxy one of them often points to a host that the client cannot reach",
    },
    check! {
        Reading(content_location), "RFC7643-3.1-R19" / "content-location",
        summary: "meta.location is the Content-Location of the answer",
        how: "Every answer with one resource and a Content-Location header, or, failing that, a Location header on \
              something other than a create. Both are resolved against the request's URL.",
        why: "the two name the same thing; a client may use either",
    },
    check! {
        Exchange(conflict), "RFC7644-3.3-R8" / "uniqueness",
        summary: "a create that conflicts with an existing resource says scimType uniqueness",
        how: "Every 409 to a create.",
        why: "the keyword makes an IdP look for the existing account and link to it",
    },
    check! {
        Exchange(own_id), "RFC7644-3.3-R1" / "own-id",
        summary: "an id that the client sends in a create is ignored",
        how: "Every 201 to a create whose body has an id: the new resource has another one.",
        why: "a client that can choose ids can take those of others",
    },
    check! {
        Exchange(resource_type), "RFC7644-3.3.1-R1" / "resource-type",
        summary: "meta.resourceType is the name of the endpoint's resource type",
        how: "Every resource, also in lists. The name is the advertised one, or User and Group where nothing is \
              advertised. Where meta is shown for one whole resource, resourceType must be there.",
        why: "clients that read several types at once tell them apart by it",
    },
];

fn is_created(seen: &Seen<'_>) -> bool {
    seen.is_create() && seen.status() == 201
}

/// A header or member resolved against the URL of the request.
fn resolve(seen: &Seen<'_>, reference: &str) -> Option<Url> {
    seen.url()?.join(reference.trim()).ok()
}

fn shown_location<'s>(seen: &'s Seen<'_>) -> Option<&'s str> {
    attribute(seen.single()?.value, "meta")?.get("location")?.as_str().filter(|text| !text.is_empty())
}

fn created(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let asynchronous = seen
        .exchange
        .request_header("prefer")
        .is_some_and(|value| value.to_ascii_lowercase().contains("respond-async"));
    (seen.is_create() && seen.response.is_success() && !asynchronous).then_some(())?;
    sight(seen.status() == 201, "201", || seen.status().to_string())
}

fn body(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    is_created(seen).then_some(())?;
    sight(seen.object().is_some_and(|object| object.contains_key("id")), "the created resource", || {
        if seen.response.body.is_empty() { "an empty body".to_owned() } else { cut(&seen.response.body) }
    })
}

fn location_header(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    is_created(seen).then_some(())?;
    let location = seen.response.header("location");
    sight(
        location.is_some_and(|it| !it.trim().is_empty() && resolve(seen, it).is_some()),
        "a Location header with the URI of the new resource",
        || location.map_or_else(|| "no Location header".to_owned(), cut),
    )
}

fn meta_location(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (is_created(seen) && !seen.is_projected()).then_some(())?;
    let single = seen.single()?;
    sight(shown_location(seen).is_some_and(|it| resolve(seen, it).is_some()), "meta.location with a URI", || {
        attribute(single.value, "meta").map_or_else(|| "no meta".to_owned(), |meta| format!("meta: {}", brief(meta)))
    })
}

fn same_location(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    is_created(seen).then_some(())?;
    same(seen, seen.response.header("location")?)
}

fn content_location(seen: &Seen<'_>, _: &Context<'_>) -> Reads {
    seen.single()?;
    let location = || seen.response.header("location").filter(|_| !seen.is_create()).map(|it| (it, "location"));
    let (header, reading) =
        seen.response.header("content-location").map(|it| (it, "content-location")).or_else(location)?;
    Some(same(seen, header)?.map(|()| Some(reading)))
}

fn same(seen: &Seen<'_>, header: &str) -> Sight {
    let shown = shown_location(seen)?;
    let left = resolve(seen, header)?;
    if header == shown {
        return Some(Ok(()));
    }
    let right = resolve(seen, shown)?;
    if left == right {
        return Some(Ok(()));
    }
    Some(Err(Mismatch::new(format!("meta.location: {left}"), format!("meta.location: {right}"))))
}

fn conflict(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.is_create() && seen.status() == 409).then_some(())?;
    let keyword = seen.object().and_then(|object| object.get("scimType"));
    sight(keyword.and_then(Value::as_str) == Some("uniqueness"), "scimType: \"uniqueness\"", || {
        keyword.map_or_else(|| "no scimType".to_owned(), |value| format!("scimType: {}", brief(value)))
    })
}

fn own_id(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    is_created(seen).then_some(())?;
    let sent = attribute(seen.request_object()?, "id")?.as_str().filter(|id| !id.is_empty())?;
    let given = seen.single()?.value.get("id")?;
    sight(given.as_str() != Some(sent), "an id of the provider's own", || format!("the client's id {}", cut(sent)))
}

fn resource_type(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let whole = !seen.is_projected();
    let mut judged = false;
    for one in seen.representations() {
        let Some(name) = one.endpoint.and_then(|endpoint| context.discovery.type_name(endpoint)) else { continue };
        let Some(meta) = attribute(one.value, "meta").and_then(Value::as_object) else { continue };
        match meta.get("resourceType").filter(|value| !value.is_null()) {
            Some(value) => {
                judged = true;
                if value.as_str() != Some(name) {
                    return sight(false, &format!("meta.resourceType: \"{name}\""), || {
                        format!("meta.resourceType: {}", brief(value))
                    });
                }
            }
            None if whole && !one.listed => {
                return sight(false, &format!("meta.resourceType: \"{name}\""), || "no meta.resourceType".to_owned());
            }
            None => {}
        }
    }
    judged.then_some(Ok(()))
}
