//! RFC 7643 section 2.4: lists of values.

use serde_json::{Map, Value};

use crate::check::{
    Check, Context, Seen, Sight,
    judging::sight,
    shape::lists_of_objects,
    typed::{Rule, typed},
    values::{brief, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(objects), "RFC7643-2.4-R1" / "elements-are-objects",
        summary: "the elements of a complex multi-valued attribute are objects",
        how: "Every complex multi-valued attribute whose schema is known, in every resource.",
        why: "a list of bare strings has no place for type, primary and $ref",
    },
    check! {
        Exchange(predefined), "RFC7643-2.4-R2" / "predefined-meaning",
        summary: "type, display and $ref are strings, primary is a boolean, value is no object",
        how: "Every object in a list of a resource, also inside extensions and in attributes that no schema names.",
        why: "clients rely on these names without reading the schema",
    },
    check! {
        Exchange(one_primary), "RFC7643-2.4-R3" / "one-primary",
        summary: "at most one element of a list is primary",
        how: "Every list of objects in a resource, also inside extensions.",
        why: "a client that mails to the primary address has to know which it is",
    },
    check! {
        Exchange(no_duplicates), "RFC7643-2.4-R8" / "no-duplicates",
        summary: "no pair of type and value stands in a list twice",
        how: "Every list of objects with a value in a resource, also inside extensions.",
        why: "a client that removes one finds the other still there",
    },
];

fn objects(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    typed(seen, context, Rule::Elements, "objects")
}

/// Judges each list of objects; `look` says what is wrong with one.
fn each_list(seen: &Seen<'_>, expected: &str, look: impl Fn(&[&Map<String, Value>]) -> Option<String>) -> Sight {
    let mut judged = false;
    for one in seen.representations() {
        for (name, objects) in lists_of_objects(one.value) {
            judged = true;
            if let Some(actual) = look(&objects) {
                return sight(false, expected, || format!("{name}: {actual}"));
            }
        }
    }
    judged.then_some(Ok(()))
}

fn predefined(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each_list(seen, "the predefined sub-attributes with their predefined types", |objects| {
        objects.iter().find_map(|members| {
            members.iter().find_map(|(name, value)| {
                let holds = match name.as_str() {
                    _ if value.is_null() => true,
                    "type" | "display" | "$ref" => value.is_string(),
                    "primary" => value.is_boolean(),
                    "value" => !value.is_object(),
                    _ => true,
                };
                (!holds).then(|| format!("{name} is {}", brief(value)))
            })
        })
    })
}

fn one_primary(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each_list(seen, "at most one primary", |objects| {
        let primaries = objects.iter().filter(|it| it.get("primary") == Some(&Value::Bool(true))).count();
        (primaries > 1).then(|| format!("{primaries} of them are primary"))
    })
}

fn no_duplicates(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each_list(seen, "each pair of type and value once", |objects| {
        let mut pairs: Vec<(Option<&str>, &str)> = objects
            .iter()
            .filter_map(|it| Some((it.get("type").and_then(Value::as_str), it.get("value")?.as_str()?)))
            .collect();
        pairs.sort_unstable();
        let twin = pairs.windows(2).find(|two| two[0] == two[1])?;
        Some(format!("{} twice", cut(twin[0].1)))
    })
}
