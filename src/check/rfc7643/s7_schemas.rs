//! RFC 7643 section 7: the schemas that a target advertises.

use serde_json::Value;

use crate::check::{
    Check, Context, Place, Seen, Sight,
    digest::Entry,
    judging::sight,
    values::{ENTERPRISE_USER, GROUP, SCHEMA, USER, array, assigned, brief, cut, text},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(schemas), "RFC7643-7-R2" / "schemas-of-schemas",
        summary: "a schema says that it is a Schema",
        how: "Every schema in the answer to GET /Schemas or /Schemas/{id}: schemas holds the Schema URN.",
        why: "generic clients read every resource by its schemas",
    },
    check! {
        Exchange(read_only), "RFC7643-7-R3" / "read-only",
        summary: "schemas cannot be written",
        how: "Every POST, PUT, PATCH or DELETE of /Schemas or of one of them: not a success.",
        why: "a client could change what others may send",
    },
    check! {
        Exchange(id), "RFC7643-7-R4" / "id-is-a-uri",
        summary: "the id of a schema is its URI",
        how: "Every schema in the answer to GET /Schemas or /Schemas/{id}: id is a URI with a scheme.",
        why: "resources name their schemas by it",
    },
    check! {
        Exchange(complete), "RFC7643-7-R6" / "attributes-are-complete",
        summary: "an attribute of a schema says its name, its type and whether it is multi-valued",
        how: "Every attribute and sub-attribute of every advertised schema: name and type are strings, multiValued is a \
              boolean. Other characteristics have defaults.",
        why: "clients build their mappings from it",
    },
    check! {
        Exchange(types), "RFC7643-7-R7" / "types",
        summary: "the types of attributes are those of the RFC, in its spelling",
        how: "Every attribute and sub-attribute of every advertised schema.",
        why: "clients know no others",
    },
    check! {
        Exchange(types), "RFC7643-2.3-R1" / "no-new-types",
        summary: "no new data types are made up",
        how: "Every attribute and sub-attribute of every advertised schema.",
        why: "clients know no others",
    },
    check! {
        Exchange(complex), "RFC7643-7-R8" / "complex-has-sub-attributes",
        summary: "a complex attribute says what it consists of",
        how: "Every complex attribute of every advertised schema: subAttributes is an array that is not empty.",
        why: "clients cannot map what they do not see",
    },
    check! {
        Exchange(one_level), "RFC7643-7-R9" / "one-level",
        summary: "no sub-attribute is complex",
        how: "Every sub-attribute of every advertised schema. The schema of schemas is left out, for it describes itself.",
        why: "no path can name what lies deeper",
    },
    check! {
        Exchange(simple), "RFC7643-1.2-R1" / "simple-has-none",
        summary: "only complex attributes have sub-attributes",
        how: "Every attribute of every advertised schema that is not complex: subAttributes is absent or empty.",
        why: "a client cannot tell whether the value is an object",
    },
    check! {
        Exchange(keywords), "RFC7643-7-R10" / "keywords",
        summary: "mutability, returned and uniqueness have the keywords of the RFC",
        how: "Every attribute and sub-attribute of every advertised schema.",
        why: "clients decide by them what to send and what to expect",
    },
    check! {
        Exchange(reference_types), "RFC7643-7-R11" / "reference-types",
        summary: "referenceTypes stand on references only, and name resource types, external or uri",
        how: "Every attribute and sub-attribute of every advertised schema with referenceTypes that are not empty. \
              Names are judged where /ResourceTypes was read before or in the same transcript.",
        why: "clients follow references by them",
    },
    check! {
        Exchange(password), "RFC7643-7-R12" / "password-is-write-only",
        summary: "password is advertised as writeOnly and never returned",
        how: "The password attribute of the User schema, where it is advertised.",
        why: "clients show and compare what they think is readable",
    },
    check! {
        Exchange(attribute_names), "RFC7643-2.1-R2" / "attribute-names",
        summary: "attribute names have the form that paths can name",
        how: "Every attribute and sub-attribute of every advertised schema: a letter, then letters, digits, $, - and _; \
              and $ref.",
        why: "a filter cannot name anything else",
    },
    check! {
        Exchange(no_uniqueness_on_complex), "RFC7643-2.3.8-R3" / "complex-is-not-unique",
        summary: "a complex attribute has no uniqueness",
        how: "Every complex attribute of every advertised schema: uniqueness is absent or none.",
        why: "objects are not compared; their parts are",
    },
    check! {
        Exchange(no_redefinition), "RFC7643-3.3-R4" / "no-redefinition",
        summary: "an extension does not define again what its resource type already has",
        how: "Every attribute of every schema that /ResourceTypes names as an extension, where both documents are \
              known: not one of the base schema. The RFC's own schemas are left out.",
        why: "clients do not know which of the two to write",
    },
    check! {
        Exchange(required_is_there), "RFC7643-7-R13" / "required-is-there",
        summary: "what the schema says is required is there",
        how: "Every resource that is shown whole, of a type whose schema was read from /Schemas: each attribute that is \
              required, and returned always or by default, has a value.",
        why: "clients rely on what is required",
    },
];

const TYPES: [&str; 8] = ["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"];

/// The schemas in an answer: all of a list, or the one.
fn advertised<'s>(seen: &'s Seen<'_>) -> Option<Vec<&'s Value>> {
    (seen.method() == "GET" && seen.status() == 200).then_some(())?;
    let body = seen.body.as_ref()?;
    let all: Vec<&Value> = match seen.place {
        Place::Schemas => array(body, "Resources")?.iter().filter(|one| one.is_object()).collect(),
        Place::Schema(_) if body.get("Resources").is_none() => vec![body],
        _ => return None,
    };
    (!all.is_empty()).then_some(all)
}

/// Judges schemas; `look` says what is wrong with one.
pub(super) fn each_schema(seen: &Seen<'_>, expected: &str, look: impl Fn(&Value) -> Option<String>) -> Sight {
    let wrong = advertised(seen)?.into_iter().find_map(|schema| {
        look(schema).map(|actual| format!("{}: {actual}", cut(text(schema, "id").unwrap_or("a schema without id"))))
    });
    sight(wrong.is_none(), expected, || wrong.unwrap_or_default())
}

/// Judges every attribute and sub-attribute; `look` says what is wrong with one, knowing how deep it lies.
fn each_attribute(seen: &Seen<'_>, expected: &str, look: impl Fn(&Value, usize) -> Option<String>) -> Sight {
    each_schema(seen, expected, |schema| {
        let self_describing = text(schema, "id") == Some(SCHEMA);
        array(schema, "attributes").into_iter().flatten().find_map(|it| descend(it, 0, self_describing, &look))
    })
}

fn descend(
    attribute: &Value,
    depth: usize,
    self_describing: bool,
    look: &dyn Fn(&Value, usize) -> Option<String>,
) -> Option<String> {
    let name = || text(attribute, "name").unwrap_or("an attribute without name");
    // The schema of schemas nests subAttributes inside attributes, and may go as deep as it likes.
    let depth_seen = if self_describing { 0 } else { depth };
    if let Some(actual) = look(attribute, depth_seen) {
        return Some(format!("{}: {actual}", name()));
    }
    (depth < 8).then_some(())?;
    array(attribute, "subAttributes")
        .into_iter()
        .flatten()
        .find_map(|sub| descend(sub, depth + 1, self_describing, look))
        .map(|below| format!("{}.{below}", name()))
}

pub(super) fn shown(attribute: &Value, name: &str) -> String {
    attribute.get(name).map_or_else(|| format!("no {name}"), |it| format!("{name} is {}", brief(it)))
}

fn schemas(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each_schema(seen, &format!("schemas: [\"{SCHEMA}\"]"), |schema| {
        let holds = array(schema, "schemas").is_some_and(|all| all.iter().any(|urn| urn.as_str() == Some(SCHEMA)));
        (!holds).then(|| shown(schema, "schemas"))
    })
}

fn read_only(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (matches!(seen.place, Place::Schemas | Place::Schema(_))
        && matches!(seen.method(), "POST" | "PUT" | "PATCH" | "DELETE"))
    .then_some(())?;
    sight(!seen.response.is_success(), "a refusal", || seen.status().to_string())
}

fn id(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each_schema(seen, "an id that is a URI", |schema| {
        let holds = text(schema, "id").is_some_and(|id| url::Url::parse(id).is_ok());
        (!holds).then(|| shown(schema, "id"))
    })
}

fn complete(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each_attribute(seen, "name, type and multiValued", |attribute, _| {
        if text(attribute, "name").is_none() {
            return Some(shown(attribute, "name"));
        }
        if text(attribute, "type").is_none() {
            return Some(shown(attribute, "type"));
        }
        (!attribute.get("multiValued").is_some_and(Value::is_boolean)).then(|| shown(attribute, "multiValued"))
    })
}

fn types(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each_attribute(seen, &TYPES.join(", "), |attribute, _| {
        let value = text(attribute, "type")?;
        (!TYPES.contains(&value)).then(|| shown(attribute, "type"))
    })
}

fn is_complex(attribute: &Value) -> bool {
    text(attribute, "type") == Some("complex")
}

fn complex(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each_attribute(seen, "subAttributes on complex attributes", |attribute, _| {
        // Inside the schema of schemas, subAttributes ends the recursion without repeating itself.
        let recursive = text(attribute, "name") == Some("subAttributes");
        let has = array(attribute, "subAttributes").is_some_and(|all| !all.is_empty());
        (is_complex(attribute) && !has && !recursive).then(|| shown(attribute, "subAttributes"))
    })
}

fn one_level(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each_attribute(seen, "simple sub-attributes", |attribute, depth| {
        (depth > 0 && is_complex(attribute)).then(|| "complex".to_owned())
    })
}

fn simple(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each_attribute(seen, "sub-attributes on complex attributes only", |attribute, _| {
        let type_ = text(attribute, "type").filter(|it| TYPES.contains(it) && *it != "complex")?;
        let has = array(attribute, "subAttributes").is_some_and(|all| !all.is_empty());
        has.then(|| format!("a {type_} with subAttributes"))
    })
}

fn keywords(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    const KEYWORDS: [(&str, &[&str]); 3] = [
        ("mutability", &["readOnly", "readWrite", "immutable", "writeOnly"]),
        ("returned", &["always", "never", "default", "request"]),
        ("uniqueness", &["none", "server", "global"]),
    ];
    each_attribute(seen, "the keywords of RFC 7643 section 7", |attribute, _| {
        KEYWORDS.into_iter().find_map(|(name, words)| {
            let value = attribute.get(name).filter(|it| !it.is_null())?;
            (!value.as_str().is_some_and(|it| words.contains(&it))).then(|| shown(attribute, name))
        })
    })
}

/// Whether any attribute in it has a list of reference types.
fn names_reference_types(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(names_reference_types),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| (name == "referenceTypes" && value.is_array()) || names_reference_types(value)),
        _ => false,
    }
}

fn reference_types(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let known = &context.discovery.resource_types;
    advertised(seen)?.into_iter().any(names_reference_types).then_some(())?;
    each_attribute(seen, "reference types of references", |attribute, _| {
        let names = array(attribute, "referenceTypes").filter(|all| !all.is_empty())?;
        if text(attribute, "type").is_some_and(|it| it != "reference") {
            return Some(format!("referenceTypes on a {}", text(attribute, "type").unwrap_or_default()));
        }
        let odd = names.iter().find(|name| {
            let Some(name) = name.as_str() else { return true };
            let standard = matches!(name, "external" | "uri" | "User" | "Group" | "ResourceType" | "Schema");
            !standard && !known.is_empty() && !known.iter().any(|it| text(it, "name") == Some(name))
        })?;
        Some(format!("referenceTypes holds {}", brief(odd)))
    })
}

fn password(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let user = advertised(seen)?.into_iter().find(|it| text(it, "id") == Some(USER))?;
    let password = array(user, "attributes")?
        .iter()
        .find(|it| text(it, "name").is_some_and(|name| name.eq_ignore_ascii_case("password")))?;
    let holds = text(password, "mutability") == Some("writeOnly") && text(password, "returned") == Some("never");
    sight(holds, "mutability writeOnly, returned never", || {
        format!("{}, {}", shown(password, "mutability"), shown(password, "returned"))
    })
}

fn attribute_names(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each_attribute(seen, "a letter, then letters, digits, $, - and _", |attribute, _| {
        let name = text(attribute, "name")?;
        let holds = name == "$ref"
            || (name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '$' | '-' | '_')));
        (!holds).then(|| format!("the name is {}", cut(name)))
    })
}

fn no_uniqueness_on_complex(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each_attribute(seen, "no uniqueness on complex attributes", |attribute, _| {
        let unique = text(attribute, "uniqueness").is_some_and(|it| it != "none");
        (is_complex(attribute) && unique).then(|| shown(attribute, "uniqueness"))
    })
}

fn no_redefinition(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let schemas = advertised(seen)?;
    let mut judged = false;
    for one in &context.discovery.resource_types {
        let Some(base) = text(one, "schema").and_then(|id| context.discovery.schema(id)) else { continue };
        let names: Vec<&str> =
            array(base, "attributes").into_iter().flatten().filter_map(|it| text(it, "name")).collect();
        for extension in array(one, "schemaExtensions").into_iter().flatten().filter_map(|it| text(it, "schema")) {
            if [USER, GROUP, ENTERPRISE_USER].contains(&extension) {
                continue;
            }
            let Some(schema) = schemas.iter().find(|it| text(it, "id") == Some(extension)) else { continue };
            judged = true;
            let twin = array(schema, "attributes")
                .into_iter()
                .flatten()
                .filter_map(|it| text(it, "name"))
                .find(|name| names.iter().any(|it| it.eq_ignore_ascii_case(name)));
            if let Some(name) = twin {
                return sight(false, "attributes of its own", || format!("{} defines {name} again", cut(extension)));
            }
        }
    }
    judged.then_some(Ok(()))
}

fn required_is_there(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    (!seen.is_projected()).then_some(())?;
    let mut judged = false;
    for one in seen.representations() {
        let all = one.endpoint.map_or(&[][..], |endpoint| context.discovery.attributes_at(endpoint));
        let required =
            all.iter().filter(|it| it.required && matches!(it.returned.as_deref(), None | Some("always" | "default")));
        for Entry { name, .. } in required {
            judged = true;
            if assigned(one.value, name).is_none() {
                return sight(false, "every required attribute", || format!("no {}", cut(name)));
            }
        }
    }
    judged.then_some(Ok(()))
}
