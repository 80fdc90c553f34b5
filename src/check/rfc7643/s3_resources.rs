//! RFC 7643 sections 2.1, 3 and 3.3: `schemas` and the containers of extensions.

use serde_json::{Map, Value};

use crate::check::{
    Check, Context, Representation, Seen, Sight,
    judging::sight,
    values::{array, brief, cut, schemas, text},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(present), "RFC7643-2.1-R1" / "schemas-present",
        summary: "a resource says which schemas it has",
        how: "Every resource that is shown whole, also in lists: schemas is there.",
        why: "clients cannot read a resource whose schemas they do not know",
    },
    check! {
        Exchange(array_of_strings), "RFC7643-3-R1" / "array-of-uris",
        summary: "schemas is an array of strings",
        how: "Every resource with schemas.",
        why: "typed clients fail on the whole resource",
    },
    check! {
        Exchange(not_empty), "RFC7643-3-R2" / "not-empty",
        summary: "schemas has at least one URI",
        how: "Every resource that is shown whole, also in lists.",
        why: "clients cannot read a resource whose schemas they do not know",
    },
    check! {
        Exchange(only_known), "RFC7643-3-R3" / "only-of-the-type",
        summary: "schemas holds only the schema of the type and its extensions",
        how: "Every resource of a type that the target advertises in /ResourceTypes.",
        why: "a client finds no schema for the extra URI",
    },
    check! {
        Exchange(no_duplicates), "RFC7643-3-R4" / "no-duplicates",
        summary: "no URI stands in schemas twice",
        how: "Every resource with schemas.",
        why: "clients that compare lists see a change where there is none",
    },
    check! {
        Exchange(base), "RFC7643-3.3-R1" / "base-schema",
        summary: "schemas holds the base schema of the resource's type",
        how: "Every resource that is shown whole and has schemas, at an endpoint whose base schema is advertised or \
              standard.",
        why: "without it the core attributes belong to no schema",
    },
    check! {
        Exchange(container), "RFC7643-3.3-R2" / "extension-container",
        summary: "extension attributes stand in an object under the extension's URI",
        how: "Every member of every resource whose name begins with urn: — its value is an object.",
        why: "flattened names are found by no client",
    },
    check! {
        Exchange(declared), "RFC7643-3.3-R3" / "container-is-declared",
        summary: "an extension that has values is named in schemas",
        how: "Every member with values whose name begins with urn:, in a resource that is shown whole and has schemas.",
        why: "clients read the extensions that schemas names",
    },
    check! {
        Exchange(registered), "RFC7643-10.2-R1" / "registered-urns",
        summary: "schemas of one's own are not minted in the IETF's URN space",
        how: "Every URI in schemas, and every id in /Schemas, that begins with urn:ietf:params:scim:schemas: is one of \
              those that are registered.",
        why: "two vendors can mint the same name",
    },
    check! {
        Exchange(used_is_served), "RFC7643-7-R1" / "used-is-served",
        summary: "every schema that a resource names is served at /Schemas",
        how: "Every URI in the schemas of a resource, where /Schemas was read before or in the same transcript.",
        why: "clients look up what they do not know",
    },
    check! {
        Exchange(required_extension), "RFC7643-6-R5" / "required-extension",
        summary: "a resource has the extensions that its type requires",
        how: "Every resource that is shown whole, of a type that /ResourceTypes says has a required extension.",
        why: "clients take what is required for granted",
    },
];

/// Schemas of RFC 7643 section 10.3 and of the RFCs since: 9944 (devices) and 9967 (events).
const REGISTERED: [&str; 9] = [
    "core:2.0:User",
    "core:2.0:Group",
    "core:2.0:Schema",
    "core:2.0:ServiceProviderConfig",
    "core:2.0:ResourceType",
    "extension:enterprise:2.0:User",
    "core:2.0:Device",
    "core:2.0:EndpointApp",
    "core:2.0:endpointAppsExt",
];

/// Judges each resource; `None` from `look` leaves it out.
fn each(seen: &Seen<'_>, expected: &str, look: impl Fn(Representation<'_>) -> Option<Result<(), String>>) -> Sight {
    let mut judged = false;
    for one in seen.representations() {
        match look(one) {
            None => {}
            Some(Ok(())) => judged = true,
            Some(Err(actual)) => return sight(false, expected, || actual),
        }
    }
    judged.then_some(Ok(()))
}

fn rule(holds: bool, actual: impl FnOnce() -> String) -> Option<Result<(), String>> {
    Some(if holds { Ok(()) } else { Err(actual()) })
}

fn shown(one: Representation<'_>) -> String {
    one.value.get("schemas").map_or_else(|| "no schemas".to_owned(), |it| format!("schemas: {}", brief(it)))
}

fn present(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (!seen.is_projected()).then_some(())?;
    each(seen, "schemas", |one| rule(one.value.get("schemas").is_some_and(|it| !it.is_null()), || shown(one)))
}

fn array_of_strings(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each(seen, "an array of URIs", |one| {
        let value = one.value.get("schemas")?;
        rule(value.as_array().is_some_and(|all| all.iter().all(Value::is_string)), || shown(one))
    })
}

fn not_empty(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (!seen.is_projected()).then_some(())?;
    each(seen, "at least one URI", |one| {
        let value = one.value.get("schemas")?;
        rule(value.as_array().is_none_or(|all| !all.is_empty()), || shown(one))
    })
}

fn only_known(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    each(seen, "the type's schema and its extensions", |one| {
        let endpoint = one.endpoint?;
        let extensions = context.discovery.extensions(endpoint)?;
        let base = context.discovery.base_schema(endpoint)?;
        let odd = schemas(one.value)?.into_iter().find(|urn| {
            !urn.eq_ignore_ascii_case(base) && !extensions.iter().any(|(known, _)| known.eq_ignore_ascii_case(urn))
        });
        rule(odd.is_none(), || cut(odd.unwrap_or_default()))
    })
}

fn no_duplicates(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each(seen, "each URI once", |one| {
        let mut all = schemas(one.value)?;
        all.sort_unstable();
        rule(all.windows(2).all(|two| two[0] != two[1]), || shown(one))
    })
}

fn base(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    (!seen.is_projected()).then_some(())?;
    each(seen, "the base schema", |one| {
        let base = context.discovery.base_schema(one.endpoint?)?;
        let all = schemas(one.value)?;
        rule(all.iter().any(|urn| urn.eq_ignore_ascii_case(base)), || shown(one))
    })
}

fn is_urn(name: &str) -> bool {
    name.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("urn:"))
}

fn container(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each(seen, "an object under the URI of the extension", |one| {
        let mut containers = one.value.iter().filter(|(name, value)| is_urn(name) && !value.is_null()).peekable();
        containers.peek()?;
        let odd = containers.find(|(_, value)| !value.is_object());
        rule(odd.is_none(), || odd.map(|(name, value)| format!("{}: {}", cut(name), brief(value))).unwrap_or_default())
    })
}

fn declared(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (!seen.is_projected()).then_some(())?;
    each(seen, "the URI in schemas", |one| {
        let all = schemas(one.value)?;
        let has_values = |value: &Value| value.as_object().is_some_and(|it: &Map<String, Value>| !it.is_empty());
        let mut containers = one.value.iter().filter(|(name, value)| is_urn(name) && has_values(value)).peekable();
        containers.peek()?;
        let odd = containers.find(|(name, _)| !all.iter().any(|urn| urn.eq_ignore_ascii_case(name)));
        rule(odd.is_none(), || format!("{} is not in schemas", odd.map(|(name, _)| cut(name)).unwrap_or_default()))
    })
}

fn registered(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let served = (seen.place == crate::check::Place::Schemas && seen.method() == "GET" && seen.response.is_success())
        .then(|| seen.body.as_ref().and_then(|body| array(body, "Resources")))
        .flatten();
    let ids = served.into_iter().flatten().filter_map(|schema| text(schema, "id"));
    let used = seen.representations().filter_map(|one| schemas(one.value)).flatten();
    let mut judged = false;
    for urn in ids.chain(used) {
        let Some(name) = urn.strip_prefix("urn:ietf:params:scim:schemas:") else { continue };
        judged = true;
        // RFC 9944 registers a family of device extensions.
        let known = REGISTERED.iter().any(|it| it.eq_ignore_ascii_case(name)) || name.ends_with(":2.0:Device");
        if !known {
            return sight(false, "a registered URN, or one outside urn:ietf:", || cut(urn));
        }
    }
    judged.then_some(Ok(()))
}

fn used_is_served(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    (!context.discovery.schemas.is_empty()).then_some(())?;
    each(seen, "a schema that /Schemas serves", |one| {
        let odd = schemas(one.value)?.into_iter().find(|urn| context.discovery.schema(urn).is_none());
        rule(odd.is_none(), || cut(odd.unwrap_or_default()))
    })
}

fn required_extension(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    (!seen.is_projected()).then_some(())?;
    each(seen, "the required extension in schemas", |one| {
        let extensions = context.discovery.extensions(one.endpoint?)?;
        let mut required = extensions.iter().filter(|(_, required)| *required).peekable();
        required.peek()?;
        let all = schemas(one.value)?;
        let missing = required.find(|(urn, _)| !all.iter().any(|it| it.eq_ignore_ascii_case(urn)));
        rule(missing.is_none(), || format!("{} without {}", shown(one), missing.map(|it| it.0).unwrap_or_default()))
    })
}
