//! The literal requests of Entra and Okta (`fixtures/vectors/entra.json`, `okta.json`), each applied to a realistic
//! resource, with the result asserted down to "and nothing else changed".

use scimulate::scim::{
    error::ScimError,
    filter::{Prepared, UnknownAttributes},
    leniency::Leniency,
    patch,
    query::{ListQuery, Scope},
    resource::accept,
    schema::Registry,
};
use serde_json::{Map, Value, json};

use super::helpers::keyword;

/// Applies JSON pointers: null removes, a last `-` appends, other values are set.
fn changed(document: &Value, changes: &Value) -> Value {
    let mut next = document.clone();
    for (pointer, value) in changes.as_object().expect("changes") {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let parent = next.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer} has no parent"));
        match parent {
            Value::Array(list) if name == "-" => list.push(value.clone()),
            Value::Array(list) => {
                let at: usize = name.parse().expect("an index");
                if value.is_null() { drop(list.remove(at)) } else { list[at] = value.clone() }
            }
            Value::Object(json) if value.is_null() => drop(json.shift_remove(name)),
            Value::Object(json) => drop(json.insert(name.to_owned(), value.clone())),
            other => panic!("{pointer} leads into {other}"),
        }
    }
    next
}

struct Case {
    request: Value,
    given: Value,
    endpoint: String,
    registry: Registry,
}

impl Case {
    fn sent(&self, method: &str) -> Result<(Value, bool), ScimError> {
        let (registry, leniency) = (&self.registry, Leniency::lenient());
        let rt = registry.resource_type_at(&self.endpoint).expect("a resource type");
        let body = &self.request["body"];
        match method {
            "POST" => accept(body, None, rt, registry, &leniency).map(|document| (document, true)),
            "PUT" => accept(body, Some(&self.given), rt, registry, &leniency).map(|document| (document, true)),
            "PATCH" => {
                let operations = patch::parse(body, rt, registry, &leniency)?;
                let patched = patch::apply(&self.given, &operations, rt, registry, &leniency)?;
                Ok((patched.resource, patched.changed))
            }
            other => panic!("no test for {other}"),
        }
    }

    fn finds(&self) -> bool {
        let (registry, leniency) = (&self.registry, Leniency::lenient());
        let types = [registry.resource_type_at(&self.endpoint).expect("a resource type")];
        let path = self.request["path"].as_str().expect("a path");
        let query = path.split_once('?').map(|(_, query)| query).expect("a query");
        let query = ListQuery::from_query_string(query, &Scope::new(&types, registry, &leniency)).expect("a query");
        let filter = query.filter.expect("a filter");
        Prepared::new(&filter, types[0], registry, UnknownAttributes::Refuse, &leniency)
            .expect("a filter of the type")
            .matches(&self.given)
    }

    fn run(&self, expect: &Value) {
        let id = self.request["id"].as_str().expect("an id");
        let method = self.request["method"].as_str().expect("a method");
        if let Some(finds) = expect.get("finds") {
            assert_eq!(json!(self.finds()), *finds, "{id}");
        } else if let Some(refused) = expect.get("refused") {
            assert_eq!(json!(keyword(self.sent(method))), *refused, "{id}");
        } else if let Some(document) = expect.get("document") {
            let (stored, _) = self.sent(method).unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(stored, *document, "{id}");
        } else {
            let changes = expect.get("changes").expect("an expectation");
            let expected = changed(&self.given, changes);
            let (stored, differs) = self.sent(method).unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(stored, expected, "{id}");
            assert_eq!(differs, expected != self.given, "{id}: whether it changed");
        }
    }
}

fn run(file: &str) {
    let data: Value = serde_json::from_str(file).expect("JSON");
    for request in data["requests"].as_array().expect("requests") {
        let path = request["path"].as_str().expect("a path");
        let endpoint = format!("/{}", path.trim_start_matches('/').split(['/', '?']).next().expect("an endpoint"));
        let expect = &request["expect"];
        let mut given = data["documents"][&endpoint].clone();
        for (name, value) in expect["given"].as_object().unwrap_or(&Map::new()) {
            given[name] = value.clone();
        }
        let mut case = Case { request: request.clone(), given, endpoint, registry: Registry::standard() };
        case.run(expect);
        let Some(urn) = expect["with_schema"].as_str() else { continue };
        // The same with the custom extension defined: what was refused or ignored is stored.
        case.registry.load(&data["schemas"]).expect("schema data");
        if let Some(changes) = expect.get("with_changes") {
            case.run(&json!({ "changes": changes }));
        } else {
            let mut document = expect["document"].clone();
            document[urn] = request["body"][urn].clone();
            document["schemas"].as_array_mut().expect("a list").push(json!(urn));
            case.run(&json!({ "document": document }));
        }
    }
}

/// Every request of Entra does what Entra believes it does, and nothing else.
#[test]
fn entra() {
    run(include_str!("../../fixtures/vectors/entra.json"));
}

/// Every request of Okta does what Okta believes it does, and nothing else.
#[test]
fn okta() {
    run(include_str!("../../fixtures/vectors/okta.json"));
}

/// With every leniency off the dialect of Entra is refused, never half understood: no `"False"` that keeps a user active
/// with a 200, no value list that empties a group.
#[test]
fn strict_refuses_the_legacy_dialect() {
    let data: Value = serde_json::from_str(include_str!("../../fixtures/vectors/entra.json")).expect("JSON");
    let registry = Registry::standard();
    let strict = Leniency::strict();
    for request in data["requests"].as_array().expect("requests") {
        if request["method"] != "PATCH" || request["dialect"] != "legacy" {
            continue;
        }
        let endpoint =
            if request["path"].as_str().is_some_and(|path| path.starts_with("/Users")) { "/Users" } else { "/Groups" };
        let rt = registry.resource_type_at(endpoint).expect("a resource type");
        assert!(patch::parse(&request["body"], rt, &registry, &strict).is_err(), "{}", request["id"]);
    }
}
