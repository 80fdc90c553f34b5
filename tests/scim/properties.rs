//! Properties over generated input: what holds for every filter, path, body and PATCH, not only for examples.

use proptest::prelude::*;
use scimulate::scim::{
    bulk,
    filter::{self, CompareOp, Filter, Limits, Literal},
    json as body_json,
    leniency::Leniency,
    patch::{self, MemberOp},
    path::{AttrPath, PatchPath},
    projection::{Projection, project},
    query::{ListQuery, Scope},
    resource::accept,
    schema::Registry,
};
use serde_json::{Map, Value, json};

use super::helpers::{at, group, registry, user};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("userName".to_owned()),
        Just("emails".to_owned()),
        Just("active".to_owned()),
        "[a-zA-Z][a-zA-Z0-9_$-]{0,8}".prop_filter("a keyword is no attribute here", |name| {
            !["not", "and", "or", "pr"].contains(&name.to_ascii_lowercase().as_str())
        }),
    ]
}

fn attr_path() -> impl Strategy<Value = AttrPath> {
    let urn = prop_oneof![
        Just("urn:ietf:params:scim:schemas:core:2.0:User".to_owned()),
        Just("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User".to_owned()),
        "urn:[a-z]{1,5}:[a-z0-9.]{1,8}",
    ];
    (proptest::option::of(urn), name(), proptest::option::of(prop_oneof![name(), Just("$ref".to_owned())]))
        .prop_map(|(schema, attribute, sub)| AttrPath { schema, sub, ..AttrPath::top(&attribute) })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        ".{0,12}".prop_map(Literal::String),
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(|number| Literal::Number(number.into())),
        Just(Literal::Null),
    ]
}

fn comparison(path: impl Strategy<Value = AttrPath>) -> impl Strategy<Value = Filter> {
    let op = proptest::sample::select(CompareOp::ALL.to_vec());
    (path, op, literal(), any::<bool>()).prop_map(|(path, op, value, present)| {
        if present { Filter::Present(path) } else { Filter::Compare { path, op, value } }
    })
}

fn logical(leaf: impl Strategy<Value = Filter> + 'static) -> impl Strategy<Value = Filter> {
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

/// Filters as the parser makes them.
pub fn filters() -> impl Strategy<Value = Filter> {
    let sub = name().prop_map(|name| AttrPath::top(&name));
    let value_path = (attr_path(), logical(comparison(sub))).prop_map(|(path, filter)| Filter::ValuePath {
        path: AttrPath { sub: None, ..path },
        filter: Box::new(filter),
    });
    logical(prop_oneof![3 => comparison(attr_path()), 1 => value_path])
}

/// JSON that often looks like a resource or a message.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::String),
        Just(json!("urn:ietf:params:scim:schemas:core:2.0:User")),
        Just(json!("True")),
        Just(json!("2026-11-24T08:00:00Z")),
    ];
    let key = prop_oneof![
        "[a-z.]{0,6}",
        proptest::sample::select(vec![
            "schemas",
            "id",
            "userName",
            "name",
            "givenName",
            "emails",
            "value",
            "type",
            "primary",
            "active",
            "members",
            "meta",
            "manager",
            "roles",
            "x509Certificates",
            "USERNAME",
            "name.givenName",
            "$ref",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn path_text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => proptest::sample::select(vec![
            "userName", "displayName", "title", "active", "name", "name.givenName", "name.familyName", "emails",
            "emails[type eq \"work\"]", "emails[type eq \"work\"].value", "emails[primary eq true].display",
            "emails[value eq \"a\"]", "emails[value eq \"a\"].type", "emails.display", "roles", "roles[primary eq \"True\"].value",
            "addresses[type eq \"work\"].locality", "externalId", "id", "meta.created", "groups", "password", "schemas",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department",
        ]).prop_map(str::to_owned),
        1 => ".{0,16}",
        1 => "[a-z]{1,6}(\\[[a-z \"]{0,10}\\])?(\\.[a-z]{1,4})?",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let text = || proptest::sample::select(vec!["a", "b", "A", "x@y", "", "work"]);
    let element = (text(), text(), any::<Option<bool>>()).prop_map(|(value, kind, primary)| {
        let mut json = json!({ "value": value, "type": kind });
        if let Some(primary) = primary {
            json["primary"] = json!(primary);
        }
        json
    });
    prop_oneof![
        text().prop_map(|text| json!(text)),
        any::<bool>().prop_map(Value::from),
        Just(json!("False")),
        Just(Value::Null),
        element.clone(),
        proptest::collection::vec(element, 0..3).prop_map(Value::Array),
        (text(), text()).prop_map(|(one, two)| json!({ "givenName": one, "familyName": two })),
        text().prop_map(|text| json!({ "value": text })),
        text().prop_map(|text| json!({ "department": text, "manager": text })),
        any_json(),
    ]
}

fn operation() -> impl Strategy<Value = Value> {
    let op = proptest::sample::select(vec!["add", "replace", "remove", "Add", "Replace"]);
    (op, proptest::option::weighted(0.85, path_text()), proptest::option::weighted(0.9, value())).prop_map(
        |(op, path, value)| {
            let mut json = json!({ "op": op });
            if let Some(path) = path {
                json["path"] = json!(path);
            }
            if let Some(value) = value {
                json["value"] = value;
            }
            json
        },
    )
}

fn patch_body(operations: Vec<Value>) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

fn assert_sound(document: &Value, registry: &Registry) {
    let rt = at(registry, "/Users");
    let again = accept(document, Some(document), rt, registry, &Leniency::strict());
    let again = again.unwrap_or_else(|error| panic!("a stored document is not acceptable: {error}\n{document}"));
    let differs = again != *document
        && patch::apply(&again, &[], rt, registry, &Leniency::strict())
            .is_ok_and(|patched| patched.resource != *document);
    if differs {
        // Order of members is no difference.
        let (one, other) = (sorted(&again), sorted(document));
        assert_eq!(one, other);
    }
    for (name, value) in document.as_object().expect("an object") {
        if let Value::Array(list) = value {
            let primaries = list.iter().filter(|element| element["primary"] == true).count();
            assert!(primaries <= 1, "{name} has {primaries} primary values");
            assert!(!list.is_empty(), "{name} is empty");
        }
        assert!(!value.is_null(), "{name} is null");
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(json) => {
            let mut members: Vec<_> = json.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// A printed filter reads back as the same filter.
    #[test]
    fn filters_print_and_parse(filter in filters()) {
        let text = filter.to_string();
        let again = filter::parse(&text, &Limits::default());
        prop_assert_eq!(again, Ok(filter), "{}", text);
    }

    /// A printed path reads back as the same path.
    #[test]
    fn paths_print_and_parse(attr in attr_path(), filter in proptest::option::of(comparison(name().prop_map(|name| AttrPath::top(&name)))), sub in proptest::option::of(name())) {
        prop_assert_eq!(AttrPath::parse(&attr.to_string()), Ok(attr.clone()));
        let registry = registry();
        let path = match filter {
            None => PatchPath::plain(attr),
            Some(filter) => PatchPath { attr: AttrPath { sub: None, ..attr }, filter: Some(filter), sub },
        };
        let text = path.to_string();
        let again = PatchPath::parse(&text, at(&registry, "/Users"), &Limits::default(), &Leniency::strict());
        prop_assert_eq!(again, Ok(path), "{}", text);
    }

    /// No text makes a parser panic, and what is refused has a client error.
    #[test]
    fn texts_never_panic(text in "\\PC{0,64}") {
        let registry = registry();
        let rt = at(&registry, "/Users");
        let leniency = Leniency::lenient();
        if let Ok(filter) = filter::parse_with(&text, &Limits::default(), &leniency) {
            let _ = filter::matches(&filter, &user(), rt, &registry);
        }
        if let Err(error) = PatchPath::parse(&text, rt, &Limits::default(), &leniency) {
            prop_assert_eq!(error.status, 400);
        }
        let _ = ListQuery::from_query_string(&text, &Scope::new(&[rt], &registry, &leniency));
        if let Err(error) = body_json::parse(text.as_bytes()) {
            prop_assert_eq!(error.status, 400);
        }
    }

    /// No JSON makes a reader panic, and what is accepted is accepted again as it is.
    #[test]
    fn bodies_never_panic(body in any_json()) {
        let registry = registry();
        for endpoint in ["/Users", "/Groups"] {
            let rt = at(&registry, endpoint);
            for leniency in [Leniency::lenient(), Leniency::strict()] {
                if let Ok(document) = accept(&body, None, rt, &registry, &leniency) {
                    prop_assert_eq!(accept(&document, None, rt, &registry, &leniency), Ok(document));
                }
                let _ = patch::parse(&body, rt, &registry, &leniency);
                let _ = patch::parse(&patch_body(vec![body.clone()]), rt, &registry, &leniency);
                let _ = ListQuery::from_search_request(&body, &Scope::new(&[rt], &registry, &leniency));
            }
            let _ = project(&body, &Projection::default(), rt, &registry);
        }
        let request = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [body, { "method": "POST", "path": "/Users", "bulkId": "a", "data": body }],
        });
        if let Ok(request) = bulk::parse(&request, 0, &bulk::Limits::default()) {
            let mut run = bulk::Run::new(request, "");
            while let Some(step) = run.next_step() {
                let done = bulk::Done { status: 200, id: "1".into(), location: String::new(), version: None };
                run.report(step.index, Ok(done));
            }
            run.finish();
        }
    }

    /// Whatever a PATCH does, the result is a valid document, an error is a client error, and the document before is as
    /// it was.
    #[test]
    fn patched_documents_are_sound(operations in proptest::collection::vec(operation(), 1..6)) {
        let registry = registry();
        let rt = at(&registry, "/Users");
        let before = user();
        for leniency in [Leniency::lenient(), Leniency::strict()] {
            let result = patch::parse(&patch_body(operations.clone()), rt, &registry, &leniency)
                .and_then(|operations| patch::apply(&before, &operations, rt, &registry, &leniency));
            match result {
                Ok(patched) => {
                    assert_sound(&patched.resource, &registry);
                    if !patched.changed {
                        prop_assert_eq!(sorted(&patched.resource), sorted(&before));
                    }
                }
                Err(error) => prop_assert!(matches!(error.status, 400 | 403), "{error:?}"),
            }
            prop_assert_eq!(&before, &user());
        }
    }

    /// An operation that was done once changes nothing when it is done again: IdPs repeat themselves.
    #[test]
    fn repeating_an_operation_changes_nothing(operation in operation()) {
        // What an operation selects by, it must not change: then the second time selects something else.
        let path = operation["path"].as_str().unwrap_or_default();
        let moves_its_own_target = path.starts_with("emails[value") || path.starts_with("emails[type eq \"work\"]") && !path.ends_with("value");
        if moves_its_own_target {
            return Ok(());
        }
        let registry = registry();
        let rt = at(&registry, "/Users");
        let leniency = Leniency::lenient();
        let Ok(operations) = patch::parse(&patch_body(vec![operation]), rt, &registry, &leniency) else { return Ok(()) };
        let Ok(once) = patch::apply(&user(), &operations, rt, &registry, &leniency) else { return Ok(()) };
        let twice = patch::apply(&once.resource, &operations, rt, &registry, &leniency);
        let twice = twice.unwrap_or_else(|error| panic!("the second time: {error}"));
        prop_assert!(!twice.changed, "{} became {}", once.resource, twice.resource);
    }

    /// Member operations on rows give the same members as the PATCH applied to the whole group.
    #[test]
    fn split_members_agree_with_apply(steps in proptest::collection::vec((0..4u8, proptest::collection::vec(0..6u8, 0..4)), 1..6)) {
        let registry = registry();
        let rt = at(&registry, "/Groups");
        let leniency = Leniency::lenient();
        let operations: Vec<Value> = steps
            .iter()
            .map(|(kind, ids)| {
                let values: Vec<Value> = ids.iter().map(|id| json!({ "value": format!("u{id}") })).collect();
                match kind {
                    0 => json!({ "op": "add", "path": "members", "value": values }),
                    1 => json!({ "op": "remove", "path": "members", "value": values }),
                    2 => json!({ "op": "replace", "value": { "members": values, "displayName": "N" } }),
                    _ => json!({ "op": "remove", "path": format!("members[value eq \"u{}\"]", ids.first().unwrap_or(&9)) }),
                }
            })
            .collect();
        let operations = patch::parse(&patch_body(operations), rt, &registry, &leniency).expect("operations");
        let whole = patch::apply(&group(), &operations, rt, &registry, &leniency).expect("a group").resource;
        let ids = |members: &Value| -> Vec<String> {
            let list = members.as_array().cloned().unwrap_or_default();
            list.iter().map(|member| member["value"].as_str().unwrap_or_default().to_owned()).collect()
        };
        let mut rows = ids(&group()["members"]);
        let (others, members) = patch::split_members(operations);
        prop_assert!(!others.iter().any(patch::is_on_members));
        for operation in members {
            match operation {
                MemberOp::Add(values) => {
                    for id in ids(&Value::Array(values)) {
                        if !rows.contains(&id) {
                            rows.push(id);
                        }
                    }
                }
                MemberOp::Remove(gone) => rows.retain(|id| !gone.contains(id)),
                MemberOp::RemoveAll => rows.clear(),
                MemberOp::Replace(values) => rows = ids(&Value::Array(values)),
            }
        }
        prop_assert_eq!(ids(&whole["members"]), rows);
    }
}
