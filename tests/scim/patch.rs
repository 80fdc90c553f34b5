//! PATCH: every kind of target with every operation.

use serde_json::json;

use super::helpers::{keyword, patch_group, patch_user};

/// A string `"False"` deactivates, in each of the forms that Entra and Okta send.
#[test]
fn every_form_of_deactivation_deactivates() {
    for operations in [
        json!([{ "op": "Replace", "path": "active", "value": "False" }]),
        json!([{ "op": "Add", "path": "active", "value": "False" }]),
        json!([{ "op": "replace", "path": "active", "value": "false" }]),
        json!([{ "op": "replace", "path": "active", "value": false }]),
        json!([{ "op": "replace", "value": { "active": false } }]),
        json!([{ "op": "replace", "value": { "urn:ietf:params:scim:schemas:core:2.0:User:active": false } }]),
    ] {
        let patched = patch_user(operations.clone()).expect("a patched user");
        assert_eq!(patched.resource["active"], json!(false), "{operations}");
        assert!(patched.changed);
    }
}

/// Only the listed members go, whatever stands beside their ids; an empty list removes nobody.
#[test]
fn a_value_list_removes_only_the_listed() {
    for (value, left) in [
        (json!([{ "$ref": null, "value": "u1" }]), vec!["u2"]),
        (json!([{ "value": "u1" }, { "value": "u9" }]), vec!["u2"]),
        (json!({ "value": "u2" }), vec!["u1"]),
        (json!([]), vec!["u1", "u2"]),
    ] {
        let patched = patch_group(json!([{ "op": "Remove", "path": "members", "value": value }])).expect("a group");
        let ids: Vec<&str> = patched.resource["members"]
            .as_array()
            .map(|list| list.iter().filter_map(|member| member["value"].as_str()).collect())
            .unwrap_or_default();
        assert_eq!(ids, left, "{value}");
    }
}

/// Each operation that cannot be done has its keyword.
#[test]
fn impossible_operations_are_refused() {
    for (operations, expected) in [
        (json!([]), "400 invalidSyntax"),
        (json!([{ "op": "move", "path": "title", "value": "x" }]), "400 invalidSyntax"),
        (json!([{ "path": "title", "value": "x" }]), "400 invalidSyntax"),
        (json!([{ "op": "add", "path": "title" }]), "400 invalidValue"),
        (json!([{ "op": "remove" }]), "400 noTarget"),
        (json!([{ "op": "remove", "path": "userName" }]), "400 mutability"),
        (json!([{ "op": "replace", "path": "userName", "value": null }]), "400 mutability"),
        (json!([{ "op": "replace", "path": "userName", "value": "" }]), "400 invalidValue"),
        (json!([{ "op": "replace", "path": "id", "value": "x" }]), "400 mutability"),
        (json!([{ "op": "replace", "path": "meta.created", "value": "x" }]), "400 mutability"),
        (json!([{ "op": "add", "path": "groups", "value": [{ "value": "g" }] }]), "400 mutability"),
        (json!([{ "op": "replace", "path": "foo", "value": "x" }]), "400 invalidPath"),
        (json!([{ "op": "replace", "path": "emails[", "value": "x" }]), "400 invalidPath"),
        (json!([{ "op": "replace", "path": "a..b", "value": "x" }]), "400 invalidPath"),
        (json!([{ "op": "replace", "path": "emails[type eq \"work\"]value", "value": "x" }]), "400 invalidPath"),
        (json!([{ "op": "replace", "path": "members/0", "value": "x" }]), "400 invalidPath"),
        (json!([{ "op": "replace", "path": "emails[type eq work].value", "value": "x" }]), "400 invalidFilter"),
        (json!([{ "op": "replace", "path": "emails[value eq \"no\"].type", "value": "x" }]), "400 noTarget"),
        (json!([{ "op": "replace", "path": "active", "value": "maybe" }]), "400 invalidValue"),
        (json!([{ "op": "replace", "path": "emails", "value": 5 }]), "400 invalidValue"),
        (json!([{ "op": "add", "path": "name", "value": "str" }]), "400 invalidValue"),
        (json!([{ "op": "add", "value": "str" }]), "400 invalidValue"),
    ] {
        assert_eq!(keyword(patch_user(operations.clone())), expected, "{operations}");
    }
}
