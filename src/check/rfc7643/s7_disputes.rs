//! RFC 7643 section 7, where the texts differ: what an advertised schema may say in more than one way.

use std::cell::Cell;

use serde_json::Value;

use super::s7_schemas::{each_schema, shown};
use crate::check::{
    Check, Context, Reads, Seen,
    values::{array, text},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Reading(described), "RFC7643-7-R5" / "name-and-description",
        summary: "a schema has a name and a description, as texts, or goes without",
        how: "Every schema in the answer to GET /Schemas or /Schemas/{id}. The text makes them optional and required at \
              once; one that is there and no text is a note.",
        why: "people read them in the IdP's mapping editor",
    },
    check! {
        Reading(external_id), "RFC7643-3.1-R1" / "external-id-in-schemas",
        summary: "externalId is a single string, whether a schema lists it or not",
        how: "Every answer to GET /Schemas or /Schemas/{id}. It is common to all resources, so that schemas may leave it \
              out; one that lists it says that it is a single string.",
        why: "a client that builds its mapping from the schemas has to know what externalId is",
    },
    check! {
        Reading(display), "RFC7643-2.4-R5" / "display-mutability",
        summary: "display of a multi-valued attribute can be shown",
        how: "Every sub-attribute display of a multi-valued attribute in an advertised schema: immutable, readWrite or \
              readOnly, as the texts name all three. writeOnly is a note.",
        why: "it is there to be shown to people",
    },
];

fn described(seen: &Seen<'_>, _: &Context<'_>) -> Reads {
    const NAMES: [&str; 2] = ["name", "description"];
    let bare = Cell::new(false);
    let sight = each_schema(seen, "a name and a description, as texts", |schema| {
        let stated = NAMES.into_iter().filter(|name| schema.get(name).is_some_and(|value| !value.is_null()));
        bare.set(bare.get() || stated.clone().count() < NAMES.len());
        stated.filter(|name| text(schema, name).is_none()).map(|name| shown(schema, name)).next()
    })?;
    Some(sight.map(|()| Some(if bare.get() { "bare" } else { "described" })))
}

fn external_id(seen: &Seen<'_>, _: &Context<'_>) -> Reads {
    let listed = Cell::new(false);
    let sight = each_schema(seen, "externalId as a single string", |schema| {
        let mut all = array(schema, "attributes").into_iter().flatten();
        let entry =
            all.find(|entry| text(entry, "name").is_some_and(|name| name.eq_ignore_ascii_case("externalId")))?;
        listed.set(true);
        let single = matches!(text(entry, "type"), None | Some("string"))
            && entry.get("multiValued").and_then(Value::as_bool) != Some(true);
        (!single).then(|| format!("{}, {}", shown(entry, "type"), shown(entry, "multiValued")))
    })?;
    Some(sight.map(|()| Some(if listed.get() { "listed" } else { "common" })))
}

fn display(seen: &Seen<'_>, _: &Context<'_>) -> Reads {
    let reading = Cell::new(None);
    let sight = each_schema(seen, "immutable, readWrite or readOnly", |schema| {
        let lists = array(schema, "attributes")
            .into_iter()
            .flatten()
            .filter(|entry| entry.get("multiValued").and_then(Value::as_bool) == Some(true));
        let mut displays = lists
            .flat_map(|entry| array(entry, "subAttributes").into_iter().flatten())
            .filter(|sub| text(sub, "name") == Some("display"));
        displays.find_map(|sub| match text(sub, "mutability") {
            Some("immutable") => {
                reading.set(Some("immutable"));
                None
            }
            None | Some("readWrite") => {
                reading.set(reading.get().or(Some("read-write")));
                None
            }
            Some("readOnly") => {
                reading.set(reading.get().or(Some("read-only")));
                None
            }
            Some(_) => Some(shown(sub, "mutability")),
        })
    })?;
    match (&sight, reading.get()) {
        // No schema has one.
        (Ok(()), None) => None,
        (_, reading) => Some(sight.map(|()| reading)),
    }
}
