//! A filter finds the same resources whether SQL answers it or `scim::filter` does.
//!
//! Users, groups and resources of a custom type with awkward values are made once. For each generated filter the server's
//! answer is held against the evaluator's verdict on every resource that an unfiltered list shows. Filters are put together
//! from atoms that SQL knows, and from atoms of every attribute of the schemas, with every operator that its type allows.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use scimulate::{
    provider::app::Options,
    scim::{
        filter::{self, Limits},
        leniency::Leniency,
        schema::{Attribute, Registry, ResourceType, Returned, Type},
    },
};
use serde_json::{Value, json};

use super::custom_types::{PRINTER, registry};
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

/// Comparison values of each type, as they are written in a filter; `#` stands for a text.
fn literals(type_: Type) -> &'static [&'static str] {
    match type_ {
        Type::Boolean => &["true", "false"],
        Type::Integer | Type::Decimal => &["0", "-1", "2", "2.0", "0.5", "5e-1", "9007199254740993", "1e300"],
        Type::DateTime => &[
            "\"2026-01-01T00:00:00Z\"",
            "\"2026-01-01T02:00:00+02:00\"",
            "\"2026-01-01T00:00:00.000000001Z\"",
            "\"2999-01-01T00:00:00Z\"",
        ],
        Type::Binary => &["\"TUlJ\"", "\"tulj\"", "\"AA==\""],
        _ => &["#"],
    }
}

/// The operators that a type allows (RFC 7644 section 3.4.2.2, table 3).
fn operators(type_: Type) -> &'static [&'static str] {
    match type_ {
        Type::Boolean => &["eq", "ne"],
        Type::Integer | Type::Decimal => &["eq", "ne", "gt", "ge", "lt", "le"],
        Type::Binary => &["eq", "ne", "co", "sw", "ew"],
        _ => &["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
    }
}

/// An atom for every attribute that is shown, with every operator and value of its type: by path, and in brackets.
fn atoms_of(rt: &ResourceType, registry: &Registry) -> Vec<String> {
    let mut atoms = Vec::new();
    let comparisons = |path: &str, leaf: &Attribute| -> Vec<String> {
        let mut terms = vec![format!("{path} pr"), format!("{path} eq null"), format!("{path} ne null")];
        for operator in operators(leaf.type_) {
            // Instants have no parts that a text could be looked for in.
            let texts = leaf.type_ == Type::DateTime && ["co", "sw", "ew"].contains(operator);
            let values = if texts { &["\"2026-01\""][..] } else { literals(leaf.type_) };
            terms.extend(values.iter().map(|value| format!("{path} {operator} {value}")));
        }
        terms
    };
    let mut add = |prefix: &str, attribute: &Attribute| {
        if matches!(attribute.returned, Returned::Never | Returned::Request) || attribute.name == "schemas" {
            return;
        }
        let path = format!("{prefix}{}", attribute.name);
        if attribute.type_ != Type::Complex {
            atoms.extend(comparisons(&path, attribute));
            return;
        }
        atoms.extend([format!("{path} pr"), format!("{path} eq null")]);
        for sub in &attribute.sub_attributes {
            atoms.extend(comparisons(&format!("{path}.{}", sub.name), sub));
            let inside = comparisons(&sub.name, sub);
            atoms.extend(inside.iter().map(|term| format!("{path}[{term}]")));
            atoms.extend(inside.iter().step_by(4).map(|term| format!("{path}[not ({term}) and value pr]")));
        }
    };
    for attribute in Registry::common() {
        add("", attribute);
    }
    for attribute in &registry.schema(&rt.schema).expect("a schema").attributes {
        add("", attribute);
        add(&format!("{}:", rt.schema), attribute);
    }
    for (urn, _) in &rt.extensions {
        for attribute in &registry.schema(urn).expect("a schema").attributes {
            add(&format!("{urn}:"), attribute);
        }
    }
    // A complex attribute without `value` has none to test in brackets.
    atoms.retain(|atom| filter_fits(atom, rt, registry));
    atoms
}

fn filter_fits(atom: &str, rt: &ResourceType, registry: &Registry) -> bool {
    let text = atom.replace('#', "\"x\"");
    let parsed = filter::parse_with(&text, &Limits::default(), &Leniency::lenient()).expect("an atom");
    let fits = filter::matches(&parsed, &json!({}), rt, registry);
    assert!(fits.is_ok() || atom.contains("value pr]"), "{atom}: {fits:?}");
    fits.is_ok()
}

fn filters(known: &'static [&'static str], every: Vec<String>, texts: Vec<String>) -> impl Strategy<Value = String> {
    let known: Vec<String> = known.iter().map(|atom| (*atom).to_owned()).collect();
    let known = if known.is_empty() { every.clone() } else { known };
    let atom = prop_oneof![prop::sample::select(known), prop::sample::select(every)];
    let atom =
        (atom, prop::sample::select(texts)).prop_map(|(atom, text)| atom.replace('#', &Value::from(text).to_string()));
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
    for (at, text) in TEXTS.iter().enumerate() {
        let whole = i64::try_from(at).expect("small") - 1;
        let mut body = json!({
            "schemas": [PRINTER], "serialNumber": format!("{text}{at}"), "displayName": format!("{text}{at}"),
            "networked": at % 2 == 0, "pages": if at == 9 { 9_007_199_254_740_993_i64 } else { whole },
            "toner": f64::from(u32::try_from(at).expect("small")) / 2.0,
            "installed": format!("2026-01-01T0{}:00:00+0{}:00", at % 5, at % 3),
            "tags": [text, format!("tag{}", at % 2)], "certificate": if at % 2 == 0 { "TUlJ" } else { "AA==" },
        });
        if at % 3 == 0 {
            (body["externalId"], body["owner"]) = (json!(text), json!({"value": format!("{text}{at}")}));
            body["interfaces"] = json!([
                {"value": format!("{text}-{at}"), "type": "Wifi", "primary": at % 2 == 0}, {"value": format!("b{at}")},
            ]);
            body[super::custom_types::LEASE] =
                json!({"lessor": format!("{text}{at}"), "until": "2026-01-01T00:00:00Z"});
        }
        let made = world.post("/Printers", body).await;
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
    let registry = registry();
    let world = runtime.block_on(World::with(Options { registry: registry.clone(), ..Options::default() }));
    let texts = runtime.block_on(populate(&world));
    for (endpoint, atoms, cases) in
        [("/Users", USER_ATOMS, 400), ("/Groups", GROUP_ATOMS, 200), ("/Printers", &[][..], 400)]
    {
        let rt = registry.resource_type_at(endpoint).expect("a type");
        let all = runtime.block_on(world.get(&format!("{endpoint}?count=1000"))).expect(200).json;
        let all = all["Resources"].as_array().expect("resources").clone();
        assert!(all.len() >= 8, "{endpoint} has enough to tell filters apart");
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&filters(atoms, atoms_of(rt, &registry), texts.clone()), |text| {
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
