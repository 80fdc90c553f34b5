//! RFC 7644 section 3.5.2, cell by cell: every kind of target with `add`, `replace` and `remove`.

use scimulate::scim::leniency::Leniency;
use serde_json::{Value, json};

use super::helpers::{keyword, patch_with};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The user of the matrix: the rest of the document beside `schemas` and `userName`.
fn given(rest: Value) -> Value {
    let mut user = json!({ "schemas": [USER], "userName": "u" });
    if rest.get(ENTERPRISE).is_some() {
        user["schemas"] = json!([USER, ENTERPRISE]);
    }
    for (name, value) in rest.as_object().expect("an object") {
        user[name] = value.clone();
    }
    user
}

/// What a cell ends in: the rest of the document, or an error.
enum Then {
    Becomes(Value),
    Stays,
    Fails(&'static str),
}
use Then::{Becomes, Fails, Stays};

fn check(cells: Vec<(Value, Value, Then)>, leniency: &Leniency) {
    for (before, operation, then) in cells {
        let before = given(before);
        let result = patch_with(&before, "/Users", json!([operation]), leniency);
        match then {
            Fails(expected) => assert_eq!(keyword(result), expected, "{operation}"),
            Stays => {
                let patched = result.unwrap_or_else(|error| panic!("{operation}: {error}"));
                assert_eq!(patched.resource, before, "{operation}");
                assert!(!patched.changed, "{operation} changed nothing and says it did");
            }
            Becomes(rest) => {
                let patched = result.unwrap_or_else(|error| panic!("{operation}: {error}"));
                assert_eq!(patched.resource, given(rest), "{operation}");
                assert!(patched.changed, "{operation} changed something and says it did not");
            }
        }
    }
}

fn op(op: &str, path: &str, value: Value) -> Value {
    json!({ "op": op, "path": path, "value": value })
}

fn remove(path: &str) -> Value {
    json!({ "op": "remove", "path": path })
}

/// Single-valued simple attributes.
#[test]
fn simple() {
    let t = || json!({ "title": "T" });
    check(
        vec![
            (json!({}), op("add", "title", json!("T")), Becomes(t())),
            (t(), op("add", "title", json!("U")), Becomes(json!({ "title": "U" }))),
            (t(), op("add", "TITLE", json!("T")), Stays),
            (t(), op("add", "title", json!(null)), Stays),
            (json!({}), op("replace", "title", json!("T")), Becomes(t())),
            (t(), op("replace", "title", json!("U")), Becomes(json!({ "title": "U" }))),
            (t(), op("replace", "title", json!(null)), Becomes(json!({}))),
            (t(), op("replace", &format!("{USER}:title"), json!("U")), Becomes(json!({ "title": "U" }))),
            (t(), remove("title"), Becomes(json!({}))),
            (json!({}), remove("title"), Stays),
            (json!({}), op("add", "title", json!(["T"])), Fails("400 invalidValue")),
            (json!({}), op("add", "title[value eq \"x\"]", json!("T")), Fails("400 invalidPath")),
            (json!({}), op("add", "title.sub", json!("T")), Fails("400 invalidPath")),
        ],
        &Leniency::strict(),
    );
}

/// Complex attributes: what is not given stays (section 3.5.2.3, not the interop draft).
#[test]
fn complex() {
    let n = || json!({ "name": { "familyName": "F", "givenName": "G" } });
    check(
        vec![
            (
                json!({}),
                op("add", "name", json!({ "givenName": "G" })),
                Becomes(json!({ "name": { "givenName": "G" } })),
            ),
            (
                n(),
                op("add", "name", json!({ "givenName": "H" })),
                Becomes(json!({ "name": { "familyName": "F", "givenName": "H" } })),
            ),
            (n(), op("add", "name", json!({ "givenName": null })), Stays),
            (n(), op("add", "name", json!({})), Stays),
            (
                n(),
                op("replace", "name", json!({ "givenName": "H" })),
                Becomes(json!({ "name": { "familyName": "F", "givenName": "H" } })),
            ),
            (
                n(),
                op("replace", "name", json!({ "givenName": null })),
                Becomes(json!({ "name": { "familyName": "F" } })),
            ),
            (n(), op("replace", "name", json!(null)), Becomes(json!({}))),
            (
                n(),
                op("add", "name.givenName", json!("H")),
                Becomes(json!({ "name": { "familyName": "F", "givenName": "H" } })),
            ),
            (json!({}), op("replace", "name.givenName", json!("G")), Becomes(json!({ "name": { "givenName": "G" } }))),
            (n(), remove("name.givenName"), Becomes(json!({ "name": { "familyName": "F" } }))),
            (json!({ "name": { "givenName": "G" } }), remove("name.givenName"), Becomes(json!({}))),
            (n(), remove("name"), Becomes(json!({}))),
            (n(), op("replace", "name.foo", json!("x")), Fails("400 invalidPath")),
            (n(), op("replace", "name", json!("x")), Fails("400 invalidValue")),
        ],
        &Leniency::strict(),
    );
}

/// Multi-valued attributes without a filter.
#[test]
fn multi_valued() {
    let w = || json!({ "value": "w", "type": "work", "primary": true });
    let h = || json!({ "value": "h", "type": "home" });
    let one = || json!({ "emails": [w()] });
    let both = || json!({ "emails": [w(), h()] });
    check(
        vec![
            (json!({}), op("add", "emails", json!([w()])), Becomes(one())),
            (one(), op("add", "emails", json!([h()])), Becomes(both())),
            (one(), op("add", "emails", h()), Becomes(both())),
            (both(), op("add", "emails", json!([h(), w()])), Stays),
            (both(), op("add", "emails", json!([])), Stays),
            (
                one(),
                op("add", "emails", json!([{ "value": "h", "type": "home", "primary": true }])),
                Becomes(json!({ "emails": [{ "value": "w", "type": "work", "primary": false }, { "value": "h", "type": "home", "primary": true }] })),
            ),
            (
                both(),
                op("add", "emails", json!([{ "value": "H", "type": "home", "display": "D" }])),
                Becomes(json!({ "emails": [w(), { "value": "H", "type": "home", "display": "D" }] })),
            ),
            (both(), op("replace", "emails", json!([h()])), Becomes(json!({ "emails": [h()] }))),
            (both(), op("replace", "emails", json!([h(), w()])), Fails("order is no change")),
            (both(), op("replace", "emails", json!([])), Becomes(json!({}))),
            (both(), op("replace", "emails", json!(null)), Becomes(json!({}))),
            (both(), op("replace", "emails", json!([{ "value": "a", "primary": true }, { "value": "b", "primary": true }])), Fails("400 invalidValue")),
            (both(), op("replace", "emails", h()), Fails("400 invalidValue")),
            (both(), remove("emails"), Becomes(json!({}))),
            (json!({}), remove("emails"), Stays),
            (both(), op("remove", "emails", json!([h()])), Fails("400 invalidValue")),
            (both(), op("replace", "emails.value", json!("x")), Fails("400 invalidPath")),
            (one(), op("replace", "emails.display", json!("D")), Becomes(json!({ "emails": [{ "value": "w", "type": "work", "primary": true, "display": "D" }] }))),
            (json!({}), op("replace", "emails.value", json!("x")), Fails("400 noTarget")),
            (both(), remove("emails.type"), Becomes(json!({ "emails": [{ "value": "w", "primary": true }, { "value": "h" }] }))),
        ]
        .into_iter()
        .filter(|(_, _, then)| !matches!(then, Fails("order is no change")))
        .collect(),
        &Leniency::strict(),
    );
    let swapped =
        patch_with(&given(both()), "/Users", json!([op("replace", "emails", json!([h(), w()]))]), &Leniency::strict());
    assert!(!swapped.expect("patched").changed, "the order of values means nothing (RFC 7643 section 2.4)");
}

/// Value paths.
#[test]
fn value_paths() {
    let w = || json!({ "value": "w", "type": "work", "primary": true });
    let h = || json!({ "value": "h", "type": "home" });
    let both = || json!({ "emails": [w(), h()] });
    check(
        vec![
            (
                both(),
                op("add", "emails[type eq \"home\"]", json!({ "display": "D" })),
                Becomes(json!({ "emails": [w(), { "value": "h", "type": "home", "display": "D" }] })),
            ),
            (
                both(),
                op("replace", "emails[type eq \"home\"]", json!({ "value": "x", "type": "other" })),
                Becomes(json!({ "emails": [w(), { "value": "x", "type": "other" }] })),
            ),
            (
                both(),
                op("replace", "emails[type eq \"home\"]", json!({ "value": "x" })),
                Becomes(json!({ "emails": [w(), { "value": "x", "type": "home" }] })),
            ),
            (both(), remove("emails[type eq \"home\"]"), Becomes(json!({ "emails": [w()] }))),
            (json!({ "emails": [h()] }), remove("emails[type eq \"home\"]"), Becomes(json!({}))),
            (both(), remove("emails[type eq \"other\"]"), Stays),
            (
                both(),
                op("add", "emails[type eq \"home\"].value", json!("x")),
                Becomes(json!({ "emails": [w(), { "value": "x", "type": "home" }] })),
            ),
            (both(), op("replace", "emails[type eq \"home\"].value", json!("h")), Stays),
            (
                both(),
                op("replace", "emails[not (type eq \"home\")].display", json!("D")),
                Becomes(json!({ "emails": [{ "value": "w", "type": "work", "primary": true, "display": "D" }, h()] })),
            ),
            (
                both(),
                op("replace", "emails[value pr].display", json!("D")),
                Becomes(json!({ "emails": [
                { "value": "w", "type": "work", "primary": true, "display": "D" }, { "value": "h", "type": "home", "display": "D" }] })),
            ),
            (
                both(),
                op("replace", "emails[type eq \"home\"].primary", json!(true)),
                Becomes(json!({ "emails": [
                { "value": "w", "type": "work", "primary": false }, { "value": "h", "type": "home", "primary": true }] })),
            ),
            (both(), op("replace", "emails[value pr].primary", json!(true)), Fails("400 invalidValue")),
            (
                both(),
                remove("emails[type eq \"work\"].primary"),
                Becomes(json!({ "emails": [{ "value": "w", "type": "work" }, h()] })),
            ),
            (json!({ "emails": [{ "type": "home" }] }), remove("emails[type eq \"home\"].type"), Becomes(json!({}))),
            (both(), op("replace", "emails[type eq \"other\"].value", json!("x")), Fails("400 noTarget")),
            (both(), op("replace", "emails[type eq \"home\"].foo", json!("x")), Fails("400 invalidPath")),
            (both(), op("replace", "emails[foo eq \"home\"].value", json!("x")), Fails("400 invalidFilter")),
            (both(), op("replace", "emails.value[type eq \"home\"]", json!("x")), Fails("400 invalidPath")),
            (both(), op("replace", "emails[primary gt true].value", json!("x")), Fails("400 invalidFilter")),
            (both(), op("replace", "emails[0]", json!("x")), Fails("400 invalidFilter")),
        ],
        &Leniency::strict(),
    );
}

/// Extensions: the URN comes and goes in `schemas` with the values.
#[test]
fn extensions() {
    let d = || json!({ ENTERPRISE: { "department": "D" } });
    let department = format!("{ENTERPRISE}:department");
    check(
        vec![
            (json!({}), op("add", &department, json!("D")), Becomes(d())),
            (json!({}), op("add", ENTERPRISE, json!({ "department": "D" })), Becomes(d())),
            (json!({}), json!({ "op": "add", "value": { ENTERPRISE: { "department": "D" } } }), Becomes(d())),
            (d(), op("replace", &department, json!("E")), Becomes(json!({ ENTERPRISE: { "department": "E" } }))),
            (
                d(),
                op("add", ENTERPRISE, json!({ "costCenter": "C" })),
                Becomes(json!({ ENTERPRISE: { "department": "D", "costCenter": "C" } })),
            ),
            (d(), remove(&department), Becomes(json!({}))),
            (d(), remove(ENTERPRISE), Becomes(json!({}))),
            (d(), op("replace", ENTERPRISE, json!(null)), Becomes(json!({}))),
            (d(), op("replace", &format!("{ENTERPRISE}:foo"), json!("x")), Fails("400 invalidPath")),
            (d(), op("add", "schemas", json!([ENTERPRISE])), Stays),
            (d(), remove("schemas"), Fails("400 mutability")),
            (d(), op("replace", "schemas", json!(["urn:x:y"])), Fails("400 invalidValue")),
            (d(), op("add", &format!("{ENTERPRISE}:manager.displayName"), json!("x")), Fails("400 mutability")),
        ],
        &Leniency::strict(),
    );
}

/// A manager is one reference: another id drops what described the old one, and no id is no manager.
#[test]
fn manager() {
    let manager = format!("{ENTERPRISE}:manager");
    let m = |value: &str| json!({ ENTERPRISE: { "manager": { "value": value } } });
    let old = || json!({ ENTERPRISE: { "manager": { "value": "1", "$ref": "../Users/1", "displayName": "One" } } });
    check(
        vec![
            (json!({}), op("Add", &manager, json!("1")), Becomes(m("1"))),
            (old(), op("Replace", &manager, json!("2")), Becomes(m("2"))),
            (old(), op("Replace", &manager, json!("1")), Stays),
            (old(), op("replace", &manager, json!({ "value": "2" })), Becomes(m("2"))),
            (old(), op("replace", &manager, json!({ "value": "" })), Becomes(json!({}))),
            (old(), op("replace", &manager, json!("")), Becomes(json!({}))),
            (old(), op("replace", &format!("{manager}.value"), json!("2")), Becomes(m("2"))),
            (old(), remove(&format!("{manager}.value")), Becomes(json!({}))),
            (old(), json!({ "op": "replace", "value": { format!("{ENTERPRISE}:manager"): "2" } }), Becomes(m("2"))),
            (old(), op("replace", &format!("{ENTERPRISE}.manager"), json!("2")), Becomes(m("2"))),
        ],
        &Leniency::lenient(),
    );
}

/// Sub-attributes of members are immutable; the members themselves are not (RFC 7643 section 4.2).
#[test]
fn members_are_replaced_not_edited() {
    let group = super::helpers::group();
    let apply = |operation: Value| patch_with(&group, "/Groups", json!([operation]), &Leniency::lenient());
    assert_eq!(keyword(apply(op("replace", "members[value eq \"u1\"].value", json!("u9")))), "400 mutability");
    assert_eq!(keyword(apply(remove("members[value eq \"u1\"].value"))), "400 mutability");
    let named = apply(op("add", "members[value eq \"u1\"].type", json!("User"))).expect("a first value");
    assert_eq!(named.resource["members"][0]["type"], "User");
    // Naming a member that is not there must not make one: nobody put it into the group.
    for path in ["members[value eq \"u9\"]", "members[value eq \"u9\" and type eq \"User\"]", "members[$ref eq \"u9\"]"]
    {
        assert_eq!(keyword(apply(op("replace", path, json!({ "display": "x" })))), "400 noTarget");
        assert_eq!(keyword(apply(op("add", &format!("{path}.display"), json!("x")))), "400 noTarget");
    }
}

/// Operations see what those before them did; if one fails, none was done.
#[test]
fn operations_are_sequential_and_atomic() {
    let before = given(json!({ "title": "T" }));
    let patched = patch_with(
        &before,
        "/Users",
        json!([
            op("replace", "title", json!("A")),
            op("replace", "title", json!("B")),
            op("add", "emails", json!([{ "type": "work", "value": "a" }])),
            op("replace", "emails[type eq \"work\"].value", json!("b")),
            op("add", "emails", json!([{ "type": "home", "value": "c" }])),
            remove("emails[type eq \"home\"]"),
        ]),
        &Leniency::strict(),
    )
    .expect("patched");
    assert_eq!(patched.resource, given(json!({ "title": "B", "emails": [{ "type": "work", "value": "b" }] })));
    let there_and_back = patch_with(
        &before,
        "/Users",
        json!([op("replace", "title", json!("A")), op("replace", "title", json!("T"))]),
        &Leniency::strict(),
    );
    assert!(!there_and_back.expect("patched").changed);
    let half = patch_with(
        &before,
        "/Users",
        json!([op("replace", "title", json!("A")), remove("emails[foo pr]")]),
        &Leniency::strict(),
    );
    assert_eq!(keyword(half), "400 invalidFilter");
    assert_eq!(before, given(json!({ "title": "T" })));
}
