//! Schemas and resource types of the user's own: what holds for User holds for them, from the file alone.

use scimulate::scim::{
    filter::{self, Limits},
    leniency::Leniency,
    patch,
    projection::{Projection, project},
    resource::{accept, unique_values},
    schema::Registry,
};
use serde_json::{Value, json};

use super::helpers::keyword;

const LAPTOP: &str = "urn:example:params:scim:schemas:Laptop";
const LEASE: &str = "urn:example:params:scim:schemas:Lease";

fn file() -> Value {
    let simple = |name: &str, more: Value| {
        let mut attribute = json!({ "name": name, "type": "string", "multiValued": false });
        for (key, value) in more.as_object().expect("an object") {
            attribute[key] = value.clone();
        }
        attribute
    };
    json!([
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": LAPTOP, "name": "Laptop",
            "attributes": [
                simple("serial", json!({ "required": true, "caseExact": true, "mutability": "immutable", "uniqueness": "server" })),
                simple("tags", json!({ "multiValued": true })),
                simple("pin", json!({ "mutability": "writeOnly", "returned": "never" })),
                simple("firmware", json!({ "mutability": "readOnly", "returned": "always" })),
                simple("notes", json!({ "returned": "request" })),
                simple("weight", json!({ "type": "decimal" })),
                simple("cores", json!({ "type": "integer" })),
                simple("bought", json!({ "type": "dateTime" })),
                simple("owner", json!({ "type": "complex", "subAttributes": [
                    { "name": "value", "type": "string", "multiValued": false, "required": true },
                    { "name": "$ref", "type": "reference", "referenceTypes": ["User"], "multiValued": false },
                    { "name": "rooms", "type": "string", "multiValued": true },
                ] })),
            ],
        },
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": LEASE, "name": "Lease",
            "attributes": [simple("until", json!({ "type": "dateTime", "required": true })), simple("from", json!({}))],
        },
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": "Laptop", "endpoint": "/Laptops",
            "schema": LAPTOP, "schemaExtensions": [{ "schema": LEASE, "required": false }],
        },
    ])
}

fn registry() -> Registry {
    let mut registry = Registry::standard();
    registry.load(&file()).expect("schema data");
    registry
}

fn apply(document: &Value, operation: Value) -> Result<Value, scimulate::scim::error::ScimError> {
    let registry = registry();
    let rt = registry.resource_type("Laptop").expect("the type");
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] });
    let operations = patch::parse(&body, rt, &registry, &Leniency::strict())?;
    patch::apply(document, &operations, rt, &registry, &Leniency::strict()).map(|patched| patched.resource)
}

fn laptop() -> Value {
    json!({ "schemas": [LAPTOP], "serial": "S1", "tags": ["a", "b"], "cores": 8, "weight": 1.5, "bought": "2026-01-01T00:00:00Z" })
}

/// A file that contradicts itself or the RFC is refused with the place, and nothing of it is taken.
#[test]
fn wrong_schema_data_is_refused() {
    for (pointer, value, problem) in [
        ("/0/attributes/0/type", json!("text"), "is not one of string"),
        ("/0/attributes/0/name", json!("serial number"), "an attribute name is"),
        ("/0/attributes/1/name", json!("SERIAL"), "the name is used twice"),
        ("/0/attributes/2/returned", json!("default"), "must have `returned` never"),
        ("/0/attributes/0/mutability", json!("readwrite"), "is not one of readOnly"),
        ("/0/attributes/8/subAttributes", json!([]), "needs subAttributes"),
        ("/0/attributes", json!({}), "must be a list"),
        ("/0/id", json!("Laptop"), "is a URI"),
        ("/0/id", json!("urn:ietf:params:scim:schemas:core:2.0:User"), "known already"),
        ("/0/schemas", json!([]), "`schemas` must name"),
        ("/2/endpoint", json!("https://example.com/Laptops"), "one path segment"),
        ("/2/endpoint", json!("/Schemas"), "reserved"),
        ("/2/schema", json!("urn:x:y"), "is not defined"),
        ("/2/schemaExtensions", json!({}), "must be a list"),
        ("", json!("x"), "must be an object or a list"),
    ] {
        let mut data = file();
        *data.pointer_mut(pointer).expect("the place") = value;
        let mut registry = Registry::standard();
        let error = registry.load(&data).expect_err(pointer).to_string();
        assert!(error.contains(problem), "{pointer}: {error}");
        assert!(registry.schema(LEASE).is_none() && registry.resource_type("Laptop").is_none());
    }
}

/// What is served at /Schemas reads back as the same schema.
#[test]
fn schemas_read_back_as_they_are_shown() {
    let registry = registry();
    for schema in registry.schemas() {
        let mut other = Registry::standard();
        let mut json = schema.to_json("https://example.com/v2");
        let id = format!("{}2", schema.id);
        if schema.id.ends_with(":Schema") {
            continue;
        }
        json["id"] = json!(id);
        other.load(&json).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(other.schema(&id).expect("the schema").attributes, schema.attributes);
    }
    let shown = registry.resource_type("Laptop").expect("the type").to_json("https://example.com/v2");
    assert_eq!(shown["meta"]["location"], "https://example.com/v2/ResourceTypes/Laptop");
    assert_eq!(shown["schemaExtensions"], json!([{ "schema": LEASE, "required": false }]));
}

/// Types, required attributes and extensions of a custom type are enforced.
#[test]
fn a_custom_resource_is_checked() {
    let registry = registry();
    let rt = registry.resource_type_at("/Laptops").expect("the type");
    let strict = Leniency::strict();
    assert_eq!(accept(&laptop(), None, rt, &registry, &strict), Ok(laptop()));
    assert_eq!(unique_values(&laptop(), rt, &registry), [("serial".to_owned(), "S1".to_owned())]);
    for (name, value) in [
        ("serial", Value::Null),
        ("cores", json!(1.5)),
        ("cores", json!("8")),
        ("weight", json!("1.5")),
        ("bought", json!("2026-01-01")),
        ("tags", json!(["a", 1])),
        ("owner", json!({ "$ref": "../Users/1" })),
        ("owner", json!("1")),
    ] {
        let mut body = laptop();
        body[name] = value.clone();
        assert_eq!(keyword(accept(&body, None, rt, &registry, &strict)), "400 invalidValue", "{name} {value}");
    }
    let mut leased = laptop();
    leased["schemas"] = json!([LEASE, LAPTOP]);
    leased[LEASE] = json!({ "from": "shop" });
    assert_eq!(keyword(accept(&leased, None, rt, &registry, &strict)), "400 invalidValue");
    leased[LEASE] = json!({ "until": "2027-01-01T00:00:00+01:00" });
    let stored = accept(&leased, None, rt, &registry, &strict).expect("a laptop");
    assert_eq!(stored["schemas"], json!([LAPTOP, LEASE]));
    let moved = json!({ "schemas": [LAPTOP], "serial": "S2" });
    assert_eq!(keyword(accept(&moved, Some(&laptop()), rt, &registry, &strict)), "400 mutability");
}

/// An attribute that states nothing but its name is an optional text of one value that anybody reads and writes, compared
/// without case (RFC 7643 section 2.2).
#[test]
fn what_is_not_stated_has_its_default() {
    let mut registry = Registry::standard();
    let bare = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": LEASE, "attributes": [{ "name": "from" }],
    });
    registry.load(&bare).expect("schema data");
    let shown = registry.schema(LEASE).expect("the schema").attributes[0].to_json();
    let expected = json!({
        "name": "from", "type": "string", "multiValued": false, "description": "", "required": false,
        "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "none",
    });
    assert_eq!(shown, expected);
}

/// An immutable attribute without a value takes one later, by PUT as by PATCH, and keeps it (RFC 7644 section 3.5.1).
#[test]
fn a_first_value_may_come_later() {
    let registry = registry();
    let rt = registry.resource_type_at("/Laptops").expect("the type");
    let mut old = laptop();
    old.as_object_mut().expect("an object").shift_remove("serial");
    let put = accept(&laptop(), Some(&old), rt, &registry, &Leniency::strict());
    assert_eq!(put.map(|laptop| laptop["serial"].clone()), Ok(json!("S1")));
    let patched = apply(&old, json!({ "op": "add", "path": "serial", "value": "S1" }));
    assert_eq!(patched.map(|laptop| laptop["serial"].clone()), Ok(json!("S1")));
}

/// PATCH knows immutable, writeOnly, readOnly and plain lists.
#[test]
fn a_custom_resource_is_patched() {
    assert_eq!(
        keyword(apply(&laptop(), json!({ "op": "replace", "path": "serial", "value": "S2" }))),
        "400 mutability"
    );
    assert_eq!(apply(&laptop(), json!({ "op": "replace", "path": "serial", "value": "S1" })), Ok(laptop()));
    assert_eq!(keyword(apply(&laptop(), json!({ "op": "remove", "path": "serial" }))), "400 mutability");
    assert_eq!(keyword(apply(&laptop(), json!({ "op": "add", "path": "firmware", "value": "1" }))), "400 mutability");
    let tags = |operation: Value| apply(&laptop(), operation).map(|laptop| laptop["tags"].clone());
    assert_eq!(tags(json!({ "op": "add", "path": "tags", "value": ["B", "c"] })), Ok(json!(["a", "b", "c"])));
    assert_eq!(tags(json!({ "op": "remove", "path": "tags[value eq \"A\"]" })), Ok(json!(["b"])));
    assert_eq!(tags(json!({ "op": "replace", "path": format!("{LAPTOP}:tags"), "value": ["x"] })), Ok(json!(["x"])));
    let half = apply(&laptop(), json!({ "op": "add", "path": format!("{LEASE}:from"), "value": "shop" }));
    assert_eq!(keyword(half), "400 invalidValue");
}

/// `returned` and filters follow the schema.
#[test]
fn a_custom_resource_is_found_and_shown() {
    let registry = registry();
    let rt = registry.resource_type_at("/Laptops").expect("the type");
    let mut stored = laptop();
    for (name, value) in [("pin", "1234"), ("firmware", "1.0"), ("notes", "N")] {
        stored[name] = json!(value);
    }
    let show = |attributes: Option<&str>, excluded: Option<&str>| {
        let projection = Projection::parse(attributes, excluded, rt, &registry).expect("a projection");
        let shown = project(&stored, &projection, rt, &registry);
        let names: Vec<String> = shown.as_object().expect("an object").keys().cloned().collect();
        names.join(" ")
    };
    assert_eq!(show(None, None), "schemas serial tags cores weight bought firmware");
    assert_eq!(show(Some("notes,pin"), None), "schemas firmware notes");
    assert_eq!(show(None, Some("firmware,serial,tags,notes")), "schemas cores weight bought firmware");
    for (text, expected) in [
        ("cores ge 8", true),
        ("cores gt 8.0", false),
        ("weight lt 2", true),
        ("tags eq \"A\"", true),
        ("tags[value sw \"b\"]", true),
        ("serial eq \"s1\"", false),
        ("bought eq \"2026-01-01T01:00:00+01:00\"", true),
        ("owner pr", false),
    ] {
        let filter = filter::parse(text, &Limits::default()).expect("a filter");
        assert_eq!(filter::matches(&filter, &stored, rt, &registry), Ok(expected), "{text}");
    }
}

/// A file can extend User, and a required extension is then required.
#[test]
fn user_can_be_extended() {
    let mut registry = Registry::standard();
    let extension = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": "User", "endpoint": "/Users",
        "schema": "urn:ietf:params:scim:schemas:core:2.0:User", "schemaExtensions": [{ "schema": LEASE, "required": true }],
    });
    let data = json!([file()[1], extension]);
    registry.load(&data).expect("schema data");
    let rt = registry.resource_type("User").expect("User");
    assert_eq!(rt.extensions.len(), 2);
    let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a" });
    assert_eq!(keyword(accept(&body, None, rt, &registry, &Leniency::lenient())), "400 invalidValue");
}

/// `add` adds to a sub-attribute of several values, `replace` replaces it (RFC 7644 section 3.5.2.1).
#[test]
fn several_values_below_a_complex_one_are_added_to() {
    let registry = registry();
    let rt = registry.resource_type_at("/Laptops").expect("the type");
    let rooms = |op: &str, path: &str, value: Value| {
        let laptop = json!({ "schemas": [LAPTOP], "serial": "1", "owner": { "value": "u", "rooms": ["a", "b"] } });
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": op, "path": path, "value": value }] });
        let operations = patch::parse(&body, rt, &registry, &Leniency::default()).expect("operations");
        let patched = patch::apply(&laptop, &operations, rt, &registry, &Leniency::default()).expect("a result");
        patched.resource["owner"]["rooms"].clone()
    };
    assert_eq!(rooms("add", "owner.rooms", json!(["c", "a"])), json!(["a", "b", "c"]));
    assert_eq!(rooms("add", "owner", json!({ "rooms": ["c"] })), json!(["a", "b", "c"]));
    assert_eq!(rooms("replace", "owner.rooms", json!(["c"])), json!(["c"]));
    assert_eq!(rooms("replace", "owner", json!({ "rooms": ["c"] })), json!(["c"]));
}
