//! A filter finds the same resources whether SQL answers it or `scim::filter` does.
//!
//! Users and groups with awkward values are made once. For each generated filter the server's answer is held against the
//! evaluator's verdict on every resource that an unfiltered list shows.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use scimulate::scim::{
    filter::{self, Limits},
    leniency::Leniency,
    schema::Registry,
};
use serde_json::{Value, json};

use crate::support::{GROUP, USER, World};

/// Values that differ in case, form and length, or only seem to.
const TEXTS: &[&str] = &[
    "ada@example.com",
    "ADA@example.com",
    "Straße",
    "STRASSE",
    "Ångström",
    "A\u{30a}ngstro\u{308}m",
    "Ｆｕｌｌ",
    "full",
    "",
    " ",
    "a%b",
    "a_b",
    "O'Hara \\ \"quoted\"",
    "ΣΊΣΥΦΟΣ",
    "σίσυφος",
];

/// Atoms that SQL knows, and some that it does not; `#` stands for a text.
const USER_ATOMS: &[&str] = &[
    "userName eq #",
    "USERNAME Eq #",
    "urn:ietf:params:scim:schemas:core:2.0:User:userName eq #",
    "externalId eq #",
    "displayName eq #",
    "emails.value eq #",
    "emails[value eq #]",
    "emails[type eq \"work\" and value eq #]",
    "emails[type eq #].value eq \"ada@example.com\"",
    "id eq #",
    "active eq true",
    "active eq false",
    "meta.lastModified gt \"2026-01-01T00:00:00Z\"",
    "meta.lastModified le \"2026-01-01T00:00:00.5Z\"",
    "meta.lastModified lt \"2999-01-01T02:00:00+02:00\"",
    "displayName pr",
    "externalId pr",
    "userName co #",
    "displayName sw #",
    "displayName ne #",
    "emails pr",
    "displayName eq null",
];

const GROUP_ATOMS: &[&str] = &[
    "displayName eq #",
    "externalId eq #",
    "id eq #",
    "members.value eq #",
    "members[value eq #]",
    "members eq #",
    "members pr",
    "displayName ew #",
    "meta.lastModified ge \"2026-01-01T00:00:00Z\"",
    "members[type eq \"User\"]",
];

fn filters(atoms: &'static [&'static str], texts: Vec<String>) -> impl Strategy<Value = String> {
    let atom = (prop::sample::select(atoms), prop::sample::select(texts))
        .prop_map(|(atom, text)| atom.replace('#', &Value::from(text).to_string()));
    atom.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not ({part})")),
        ]
    })
}

async fn populate(world: &World) -> Vec<String> {
    let mut texts: Vec<String> = TEXTS.iter().map(|text| (*text).to_owned()).collect();
    for (at, text) in TEXTS.iter().enumerate() {
        let mut body = json!({
            "schemas": [USER],
            "userName": if text.trim().is_empty() { format!("blank{at}") } else { format!("{text}{at}") },
            "active": at % 3 != 0,
        });
        if at % 2 == 0 {
            (body["displayName"], body["externalId"]) = (json!(text), json!(text));
        }
        if at % 4 != 1 {
            body["emails"] = json!([
                {"value": format!("{text}{at}@example.com"), "type": if at % 2 == 0 { "work" } else { "Home" }},
                {"value": text, "type": text},
            ]);
        }
        let made = world.post("/Users", body).await;
        if made.status == 201 {
            texts.push(made.id());
            texts.push(made.id().to_uppercase());
            texts.push(made.json["userName"].as_str().expect("a name").to_uppercase());
        }
    }
    let ids: Vec<String> = texts.iter().filter(|text| text.starts_with("member-test-")).cloned().collect();
    for (at, text) in TEXTS.iter().enumerate() {
        let members: Vec<Value> = ids.iter().skip(at).step_by(3).map(|id| json!({"value": id})).collect();
        let body = json!({
            "schemas": [GROUP], "displayName": text, "members": if at % 3 == 0 { json!([]) } else { json!(members) },
            "externalId": if at % 2 == 0 { json!(text) } else { Value::Null },
        });
        let made = world.post("/Groups", body).await;
        if made.status == 201 {
            texts.push(made.id());
        }
    }
    texts
}

/// SQL and evaluator agree on every generated filter.
#[test]
fn sql_and_evaluator_find_the_same() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let world = runtime.block_on(World::new());
    let texts = runtime.block_on(populate(&world));
    let registry = Registry::standard();
    for (endpoint, atoms, cases) in [("/Users", USER_ATOMS, 400), ("/Groups", GROUP_ATOMS, 200)] {
        let rt = registry.resource_type_at(endpoint).expect("a type");
        let all = runtime.block_on(world.get(&format!("{endpoint}?count=1000"))).expect(200).json;
        let all = all["Resources"].as_array().expect("resources").clone();
        assert!(all.len() >= 8, "{endpoint} has enough to tell filters apart");
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&filters(atoms, texts.clone()), |text| {
            let parsed = filter::parse_with(&text, &Limits::default(), &Leniency::lenient()).expect("a filter");
            let mut expected = Vec::new();
            for resource in &all {
                if filter::matches(&parsed, resource, rt, &registry).expect("a filter that fits") {
                    expected.push(resource["id"].clone());
                }
            }
            let query: String =
                url::form_urlencoded::Serializer::new("count=1000".to_owned()).append_pair("filter", &text).finish();
            let found = runtime.block_on(world.get(&format!("{endpoint}?{query}")));
            prop_assert_eq!(found.status, 200, "{}", found.text);
            let ids: Vec<Value> =
                found.json["Resources"].as_array().expect("resources").iter().map(|one| one["id"].clone()).collect();
            prop_assert_eq!(&found.json["totalResults"], &json!(expected.len()), "{}", text);
            prop_assert_eq!(ids, expected, "{}", text);
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("{endpoint}: {error}");
        }
    }
}
