//! RFC 7643 sections 1.1 and 2.3: values have the type of their attribute.
//!
//! Attributes of the RFC's own schemas are held against the RFC; those of other schemas against what the target
//! advertises. Of an attribute that neither knows, nothing is said.

use serde_json::{Map, Value};

use crate::{
    check::{
        Check, Context, Seen, Sight,
        judging::sight,
        typed::{Rule, typed},
        values::{attribute, brief, cut},
    },
    scim::schema::Type,
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(quotes), "RFC7643-1.1-R1" / "no-quotes-in-values",
        summary: "a type is written without the quotes that the RFC's text puts around it",
        how: "Every type of a multi-valued attribute: it does not begin and end with a quotation mark.",
        why: "\"work\" with quotes matches no filter",
    },
    check! {
        Exchange(shape), "RFC7644-3.8-R8" / "shape",
        summary: "multi-valued attributes are arrays, complex ones objects, singular ones neither",
        how: "Every attribute whose schema is known, in every resource.",
        why: "typed clients fail on the whole resource",
    },
    check! {
        Exchange(boolean), "RFC7643-2.3.2-R1" / "boolean",
        summary: "a boolean is true or false, not a string",
        how: "Every boolean attribute whose schema is known, in every resource.",
        why: "a client reads \"false\" as true, and keeps an account active",
    },
    check! {
        Exchange(decimal), "RFC7643-2.3.3-R1" / "decimal",
        summary: "a decimal is a JSON number",
        how: "Every decimal attribute whose schema is known, in every resource.",
        why: "typed clients fail on the whole resource",
    },
    check! {
        Exchange(integer), "RFC7643-2.3.4-R1" / "integer",
        summary: "an integer has no fraction and no exponent",
        how: "Every integer attribute whose schema is known, in every resource, and the counts of every list response.",
        why: "typed clients fail on 3.0",
    },
    check! {
        Exchange(date_time), "RFC7643-2.3.5-R1" / "date-time",
        summary: "a dateTime is an xsd:dateTime with date and time",
        how: "Every dateTime attribute whose schema is known, in every resource. A missing zone passes.",
        why: "clients that read changes since a date cannot parse anything else",
    },
    check! {
        Exchange(binary), "RFC7643-2.3.6-R1" / "base64",
        summary: "a binary value is base64",
        how: "Every binary attribute whose schema is known, in every resource. Both alphabets pass, and so does missing \
              padding; line breaks and PEM headers do not.",
        why: "the client cannot decode it",
    },
    check! {
        Exchange(reference), "RFC7643-2.3.7-R1" / "uri",
        summary: "a reference is a URI, absolute or relative",
        how: "Every $ref and meta.location, in every resource: a string without characters that no URI may have. \
              References that a client may have sent (profileUrl, photos) are not judged.",
        why: "the client follows it",
    },
    check! {
        Exchange(addressable), "RFC7643-2.3.7-R3" / "http-addressable",
        summary: "a reference to a resource can be fetched over HTTP",
        how: "Every absolute $ref of members, groups and manager: its scheme is http or https.",
        why: "the client follows it",
    },
    check! {
        Exchange(nesting), "RFC7643-2.3.8-R2" / "one-level",
        summary: "a complex attribute holds no complex attribute",
        how: "Every attribute of every resource, also inside extensions: no object inside an object.",
        why: "no path can name what lies deeper",
    },
];

fn quotes(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    typed(seen, context, Rule::Quotes, "a type without quotes")
}

fn shape(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    typed(seen, context, Rule::Shape, "arrays for multi-valued attributes, objects for complex ones")
}

fn boolean(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    typed(seen, context, Rule::Written(Type::Boolean), "true or false")
}

fn decimal(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    typed(seen, context, Rule::Written(Type::Decimal), "a number")
}

fn integer(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let counts = seen.list().and_then(|list| {
        let mut numbers = ["totalResults", "startIndex", "itemsPerPage"]
            .iter()
            .filter_map(|name| Some((*name, list.get(*name)?)))
            .filter(|(_, value)| value.is_number())
            .peekable();
        numbers.peek()?;
        let odd = numbers.find(|(_, value)| !value.is_i64() && !value.is_u64());
        Some(odd.map(|(name, value)| format!("{name}: {}", brief(value))))
    });
    let values = || typed(seen, context, Rule::Written(Type::Integer), "an integer");
    match counts {
        Some(Some(actual)) => sight(false, "an integer", || actual),
        Some(None) => values().or(Some(Ok(()))),
        None => values(),
    }
}

fn date_time(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    typed(seen, context, Rule::Written(Type::DateTime), "an xsd:dateTime")
}

fn binary(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    typed(seen, context, Rule::Written(Type::Binary), "base64")
}

fn reference(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    typed(seen, context, Rule::Written(Type::Reference), "a URI reference")
}

fn addressable(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let mut judged = false;
    for one in seen.representations() {
        let mut references: Vec<&str> = Vec::new();
        for name in ["members", "groups"] {
            let values = attribute(one.value, name).and_then(Value::as_array);
            references.extend(values.into_iter().flatten().filter_map(|it| it.get("$ref")?.as_str()));
        }
        let manager = one.value.get(crate::check::values::ENTERPRISE_USER).and_then(|it| it.get("manager"));
        references.extend(manager.and_then(|it| it.get("$ref")?.as_str()));
        for reference in references {
            // One that was read is enough to know that the rule is about this answer.
            if judged && (reference.starts_with("http://") || reference.starts_with("https://")) {
                continue;
            }
            let Ok(absolute) = url::Url::parse(reference) else { continue };
            judged = true;
            if !matches!(absolute.scheme(), "http" | "https") {
                return sight(false, "a reference over http or https", || format!("$ref: {}", cut(reference)));
            }
        }
    }
    judged.then_some(Ok(()))
}

fn nesting(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let mut all = seen.representations().peekable();
    all.peek()?;
    for one in all {
        for (name, value) in one.value {
            let deep = match value.as_object().filter(|_| name.contains(':')) {
                Some(extension) => extension.iter().find_map(|(name, value)| nested(name, value)),
                None => nested(name, value),
            };
            if let Some(path) = deep {
                return sight(false, "objects of simple values", || path);
            }
        }
    }
    Some(Ok(()))
}

/// The path of an object inside the objects of an attribute.
fn nested(name: &str, value: &Value) -> Option<String> {
    let inside = |members: &Map<String, Value>| {
        members.iter().find_map(|(sub, value)| {
            let complex = match value {
                Value::Array(items) => items.iter().any(Value::is_object),
                other => other.is_object(),
            };
            complex.then(|| format!("{name}.{sub}: {}", brief(value)))
        })
    };
    match value {
        Value::Object(members) => inside(members),
        Value::Array(items) => items.iter().filter_map(Value::as_object).find_map(inside),
        _ => None,
    }
}
