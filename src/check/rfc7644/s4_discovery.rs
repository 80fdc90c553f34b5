//! RFC 7644 section 4: the three discovery endpoints as a protocol.

use serde_json::Value;

use crate::check::{
    Check, Context, Findings, Mismatch, Place, Reads, Seen, Sight,
    judging::{read_as, sight},
    values::{LIST_RESPONSE, MESSAGES, SERVICE_PROVIDER_CONFIG, array, brief, cut, schemas, text},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(configuration), "RFC7644-4-R1" / "service-provider-config",
        summary: "/ServiceProviderConfig is one object with its URN",
        how: "Every 200 to GET /ServiceProviderConfig: a JSON object, not a list, whose schemas hold the URN.",
        why: "clients read the capabilities from it",
    },
    check! {
        Exchange(readable), "RFC7644-4-R2" / "readable",
        summary: "the discovery endpoints can be read",
        how: "Every GET of /ServiceProviderConfig, /ResourceTypes or /Schemas with credentials: not 404, 405 or 501. \
              The RFC permits and does not demand them, so that a deviation is a note.",
        why: "Entra's gallery reads /Schemas; other clients have to be configured by hand without",
    },
    check! {
        Exchange(schemas_listed), "RFC7644-4-R3" / "schemas-listed",
        summary: "/Schemas is a list response that holds all schemas at once",
        how: "Every 200 to GET /Schemas without parameters: a ListResponse whose totalResults, if stated, is the \
              number of its Resources.",
        why: "the endpoint does not page; what is not on the list does not exist for a client",
    },
    check! {
        Exchange(one_schema), "RFC7644-4-R4" / "one-schema",
        summary: "/Schemas/{id} is that one schema",
        how: "Every 200 to GET /Schemas/{id}: a JSON object, not a list, with that id.",
        why: "a client that reads one schema expects no list of one",
    },
    check! {
        Exchange(resource_types), "RFC7644-4-R5" / "resource-types",
        summary: "/ResourceTypes lists the types, each with one endpoint",
        how: "Every 200 to GET /ResourceTypes without parameters: an object with Resources, each of which has an \
              endpoint that is a string.",
        why: "clients find the endpoints there",
    },
    check! {
        Exchange(list_form), "RFC7644-4-R6" / "list-form",
        summary: "several discovery resources come as a list response, one as itself",
        how: "Every 200 to GET /ResourceTypes or /Schemas without parameters: the ListResponse URN, totalResults and \
              Resources. Every 200 to GET of one of them: an object without Resources.",
        why: "a bare array breaks generic clients",
    },
    check! {
        Transcript(parameters_ignored), "RFC7644-4-R7" / "paging-is-ignored",
        summary: "paging parameters have no effect on discovery endpoints",
        how: "Every 200 to GET /ResourceTypes or /Schemas with startIndex or count, where the transcript also has the \
              answer without: as many Resources.",
        why: "the endpoint does not page; what is not on the list does not exist for a client",
    },
    check! {
        Reading(filter_refused), "RFC7644-4-R8" / "filter-is-refused",
        summary: "a filter on a discovery endpoint is refused with 403, or ignored",
        how: "Every GET of /ServiceProviderConfig, /ResourceTypes or /Schemas with a filter: 403, or 200 with as many \
              resources as without, where that is known. The text says both, so that a deviation is a note.",
        why: "a filtered discovery list hides what is there",
    },
    check! {
        Exchange(no_message_schemas), "RFC7644-3.1-R2" / "no-message-schemas",
        summary: "/Schemas does not list message schemas",
        how: "Every 200 to GET /Schemas: no id begins with urn:ietf:params:scim:api:.",
        why: "messages are no resources; a client that walks the list would ask for their endpoints",
    },
    check! {
        Exchange(plural), "RFC7644-3.2-R1" / "plural-endpoint",
        summary: "the endpoint of an additional resource type is a plural in s",
        how: "Every resource type in the answer to GET /ResourceTypes, apart from the standard ones.",
        why: "people guess endpoints from names",
    },
];

fn is_read(seen: &Seen<'_>) -> bool {
    seen.method() == "GET" && seen.status() == 200
}

/// The body of a discovery list that was read without parameters.
fn plain_list<'s>(seen: &'s Seen<'_>, place: &Place) -> Option<&'s Value> {
    (is_read(seen) && seen.place == *place && seen.exchange.query().is_none()).then_some(())?;
    seen.body.as_ref()
}

fn list_places() -> [Place; 2] {
    [Place::ResourceTypes, Place::Schemas]
}

fn configuration(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (is_read(seen) && seen.place == Place::ServiceProviderConfig).then_some(())?;
    let body = seen.body.as_ref()?;
    let urns = body.as_object().and_then(schemas);
    sight(
        urns.is_some_and(|urns| urns.contains(&SERVICE_PROVIDER_CONFIG)) && body.get("Resources").is_none(),
        &format!("one object with schemas: [\"{SERVICE_PROVIDER_CONFIG}\"]"),
        || cut(&seen.response.body),
    )
}

fn readable(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let list = matches!(seen.place, Place::ServiceProviderConfig | Place::ResourceTypes | Place::Schemas);
    (list && seen.method() == "GET" && seen.exchange.query().is_none()).then_some(())?;
    match seen.status() {
        200 => Some(Ok(())),
        404 | 405 | 501 => sight(false, "200", || seen.status().to_string()),
        _ => None,
    }
}

fn schemas_listed(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let body = plain_list(seen, &Place::Schemas)?;
    whole_list(body)
}

/// A ListResponse that holds all it counts.
fn whole_list(body: &Value) -> Sight {
    let Some(resources) = body.get("Resources").and_then(Value::as_array) else {
        return sight(false, "a ListResponse with Resources", || brief(body));
    };
    let total = body.get("totalResults").and_then(Value::as_u64);
    sight(total.is_none_or(|total| total == resources.len() as u64), "all that totalResults counts", || {
        format!("totalResults {}, with {} Resources", total.unwrap_or_default(), resources.len())
    })
}

fn one_schema(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let Place::Schema(id) = &seen.place else { return None };
    is_read(seen).then_some(())?;
    let body = seen.body.as_ref()?;
    let same = text(body, "id").is_some_and(|it| it.eq_ignore_ascii_case(id));
    sight(same && body.get("Resources").is_none(), &format!("the schema {}", cut(id)), || cut(&seen.response.body))
}

fn resource_types(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let body = plain_list(seen, &Place::ResourceTypes)?;
    let Some(resources) = body.get("Resources").and_then(Value::as_array) else {
        return sight(false, "Resources", || brief(body));
    };
    match resources.iter().find(|one| text(one, "endpoint").is_none()) {
        None => Some(Ok(())),
        Some(one) => Some(Err(Mismatch::new("an endpoint that is a string", brief(one)))),
    }
}

fn list_form(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    if matches!(seen.place, Place::ResourceType(_) | Place::Schema(_)) {
        is_read(seen).then_some(())?;
        let body = seen.body.as_ref()?;
        return sight(body.is_object() && body.get("Resources").is_none(), "one resource", || brief(body));
    }
    let body = list_places().iter().find_map(|place| plain_list(seen, place))?;
    let urn = body.as_object().and_then(schemas).is_some_and(|urns| urns.contains(&LIST_RESPONSE));
    let holds = urn
        && body.get("totalResults").is_some_and(Value::is_u64)
        && body.get("Resources").is_some_and(Value::is_array);
    sight(holds, "a ListResponse with totalResults and Resources", || brief(body))
}

fn parameters_ignored(context: &Context<'_>, findings: &mut Findings) {
    for place in list_places() {
        let count = |seen: &Seen<'_>| seen.body.as_ref()?.get("Resources")?.as_array().map(Vec::len);
        let plain = context.seen.iter().find(|seen| plain_list(seen, &place).is_some());
        let Some((plain, all)) = plain.and_then(|seen| Some((seen, count(seen)?))) else { continue };
        for seen in &context.seen {
            let pages = seen.parameter("startIndex").is_some() || seen.parameter("count").is_some();
            if seen.place != place || !is_read(seen) || !pages || seen.parameter("filter").is_some() {
                continue;
            }
            let shown = count(seen).unwrap_or_default();
            findings.note(shown == all, &[plain.seq(), seen.seq()], &format!("{all} Resources"), || {
                format!("{shown} Resources")
            });
        }
    }
}

fn filter_refused(seen: &Seen<'_>, context: &Context<'_>) -> Reads {
    let list = matches!(seen.place, Place::ServiceProviderConfig | Place::ResourceTypes | Place::Schemas);
    (list && seen.method() == "GET" && seen.parameter("filter").is_some()).then_some(())?;
    let all = match seen.place {
        Place::ResourceTypes => context.discovery.resource_types.len(),
        Place::Schemas => context.discovery.schemas.len(),
        _ => 1,
    };
    let shown = match seen.place {
        Place::ServiceProviderConfig => 1,
        _ => seen.body.as_ref().and_then(|body| array(body, "Resources")).map_or(0, Vec::len),
    };
    let expected = "403, or 200 with everything";
    match seen.status() {
        403 => read_as("refused"),
        // What there is without the filter was not read.
        200 if all == 0 => None,
        200 if shown == all => read_as("ignored"),
        200 => Some(Err(Mismatch::new(expected, format!("200 with {shown} of {all} resources")))),
        401 | 404 | 405 | 429 | 501..=504 => None,
        other => Some(Err(Mismatch::new(expected, other.to_string()))),
    }
}

fn no_message_schemas(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let resources = plain_list(seen, &Place::Schemas)?.get("Resources")?.as_array()?;
    let message = resources.iter().filter_map(|one| text(one, "id")).find(|id| id.starts_with(MESSAGES));
    sight(message.is_none(), "schemas of resources only", || message.unwrap_or_default().to_owned())
}

fn plural(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let resources = plain_list(seen, &Place::ResourceTypes)?.get("Resources")?.as_array()?;
    let mut additional = resources
        .iter()
        .filter_map(|one| text(one, "endpoint"))
        .map(|endpoint| endpoint.trim_matches('/'))
        .filter(|it| !matches!(*it, "Users" | "Groups" | "ServiceProviderConfig" | "ResourceTypes" | "Schemas" | "Me"))
        .peekable();
    additional.peek()?;
    let odd = additional.find(|endpoint| !endpoint.ends_with(['s', 'S']));
    sight(odd.is_none(), "an endpoint that ends in s", || format!("/{}", odd.unwrap_or_default()))
}
