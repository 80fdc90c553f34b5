//! RFC 7643 section 6: resource types.

use serde_json::Value;

use crate::check::{
    Check, Context, Place, Seen, Sight,
    judging::sight,
    values::{array, brief, cut, text},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(names), "RFC7643-6-R1" / "names",
        summary: "each resource type has a name of its own",
        how: "Every resource type in the answer to GET /ResourceTypes: name is a string, and none occurs twice.",
        why: "meta.resourceType refers to it",
    },
    check! {
        Exchange(endpoints), "RFC7643-6-R2" / "endpoints",
        summary: "each resource type has an endpoint of its own, relative to the base URL",
        how: "Every resource type in the answer to GET /ResourceTypes: endpoint is a string without scheme and host, \
              and none occurs twice.",
        why: "clients append it to the base URL",
    },
    check! {
        Exchange(schema), "RFC7643-6-R3" / "schema-is-served",
        summary: "the schema of a resource type is served at /Schemas",
        how: "Every resource type in the answer to GET /ResourceTypes: schema is a string, and where /Schemas was read \
              before or in the same transcript, one of its ids.",
        why: "clients look it up there",
    },
    check! {
        Exchange(extensions), "RFC7643-6-R4" / "extensions-are-served",
        summary: "the extensions of a resource type are served at /Schemas, and say whether they are required",
        how: "Every extension of every resource type in the answer to GET /ResourceTypes: schema is a string, required \
              a boolean, and where /Schemas was read before or in the same transcript, schema is one of its ids.",
        why: "clients look them up there",
    },
    check! {
        Exchange(read_only), "RFC7643-6-R6" / "read-only",
        summary: "resource types cannot be written",
        how: "Every POST, PUT, PATCH or DELETE of /ResourceTypes or of one of them: not a success.",
        why: "a client could take away the endpoint that others use",
    },
    check! {
        Exchange(extension_list), "RFC7643-6-R8" / "extensions-are-a-list",
        summary: "schemaExtensions is an array",
        how: "Every resource type with schemaExtensions that are not null.",
        why: "typed clients fail on the whole resource type",
    },
];

/// The resource types in an answer: all of a list, or the one.
fn types<'s>(seen: &'s Seen<'_>) -> Option<Vec<&'s Value>> {
    (seen.method() == "GET" && seen.status() == 200).then_some(())?;
    let body = seen.body.as_ref()?;
    let all: Vec<&Value> = match seen.place {
        Place::ResourceTypes => array(body, "Resources")?.iter().filter(|one| one.is_object()).collect(),
        Place::ResourceType(_) if body.get("Resources").is_none() => vec![body],
        _ => return None,
    };
    (!all.is_empty()).then_some(all)
}

/// A string member that no two resource types share.
fn distinct(seen: &Seen<'_>, name: &str, fits: impl Fn(&str) -> bool, expected: &str) -> Sight {
    let types = types(seen)?;
    let mut known: Vec<&str> = Vec::new();
    for one in types {
        match text(one, name) {
            Some(value) if !value.is_empty() && fits(value) && !known.contains(&value) => known.push(value),
            Some(value) => return sight(false, expected, || format!("{name}: {}", cut(value))),
            None => {
                return sight(false, expected, || {
                    one.get(name).map_or_else(|| format!("no {name}"), |it| format!("{name}: {}", brief(it)))
                });
            }
        }
    }
    Some(Ok(()))
}

fn names(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    distinct(seen, "name", |_| true, "a name of its own")
}

fn endpoints(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    distinct(seen, "endpoint", |it| !it.contains("://") && !it.starts_with("//"), "a relative endpoint of its own")
}

fn is_served(context: &Context<'_>, id: &str) -> bool {
    context.discovery.schemas.is_empty() || context.discovery.schema(id).is_some()
}

fn schema(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let odd = types(seen)?.into_iter().find(|one| !text(one, "schema").is_some_and(|id| is_served(context, id)));
    sight(odd.is_none(), "a schema that /Schemas serves", || {
        odd.and_then(|one| one.get("schema")).map_or_else(|| "no schema".to_owned(), brief)
    })
}

fn extensions(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let types = types(seen)?;
    let mut all = types.iter().filter_map(|one| array(one, "schemaExtensions")).flatten().peekable();
    all.peek()?;
    let odd = all.find(|one| {
        !(text(one, "schema").is_some_and(|id| is_served(context, id))
            && one.get("required").is_some_and(Value::is_boolean))
    });
    sight(odd.is_none(), "an extension with a served schema and a boolean required", || {
        odd.map(brief).unwrap_or_default()
    })
}

fn read_only(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (matches!(seen.place, Place::ResourceTypes | Place::ResourceType(_))
        && matches!(seen.method(), "POST" | "PUT" | "PATCH" | "DELETE"))
    .then_some(())?;
    sight(!seen.response.is_success(), "a refusal", || seen.status().to_string())
}

fn extension_list(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let types = types(seen)?;
    let mut all = types.iter().filter_map(|one| one.get("schemaExtensions")).filter(|it| !it.is_null()).peekable();
    all.peek()?;
    let odd = all.find(|it| !it.is_array());
    sight(odd.is_none(), "an array", || odd.map(brief).unwrap_or_default())
}
