//! Resources in POST and PUT.

use scimulate::scim::resource::{Leniency, accept};
use serde_json::json;

use super::helpers::{accept_user, at, keyword, registry};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// What Okta posts becomes a document: readOnly parts are gone, names are the schema's.
#[test]
fn a_post_is_normalised() {
    let body = json!({
        "schemas": [USER], "id": "mine", "meta": { "resourceType": "X" }, "USERNAME": "a@b", "groups": [],
        "name": { "GivenName": "A", "middleName": null }, "emails": [{ "primary": true, "value": "a@b", "type": "work" }],
        "nickName": null, "phoneNumbers": [], "foo": 1, "active": "True",
    });
    assert_eq!(
        accept_user(body, &Leniency::lenient()).expect("a user"),
        json!({
            "schemas": [USER], "userName": "a@b", "name": { "givenName": "A" },
            "emails": [{ "primary": true, "value": "a@b", "type": "work" }], "active": true,
        })
    );
}

/// Each wrong body has the keyword that RFC 7644 table 9 gives it.
#[test]
fn wrong_bodies_are_refused() {
    for (body, expected) in [
        (json!([]), "400 invalidSyntax"),
        (json!({ "userName": "a" }), "400 invalidSyntax"),
        (json!({ "schemas": [], "userName": "a" }), "400 invalidSyntax"),
        (json!({ "schemas": "x", "userName": "a" }), "400 invalidSyntax"),
        (json!({ "schemas": ["urn:x:y"], "userName": "a" }), "400 invalidSyntax"),
        (json!({ "schemas": [USER] }), "400 invalidValue"),
        (json!({ "schemas": [USER], "userName": " " }), "400 invalidValue"),
        (json!({ "schemas": [USER], "userName": null }), "400 invalidValue"),
        (json!({ "schemas": [USER], "userName": 5 }), "400 invalidValue"),
        (json!({ "schemas": [USER], "userName": "a", "UserName": "b" }), "400 invalidSyntax"),
        (json!({ "schemas": [USER], "userName": "a", "active": "yes" }), "400 invalidValue"),
        (json!({ "schemas": [USER], "userName": "a", "active": "" }), "400 invalidValue"),
        (json!({ "schemas": [USER], "userName": "a", "active": 1 }), "400 invalidValue"),
        (json!({ "schemas": [USER], "userName": "a", "name": [] }), "400 invalidValue"),
        (json!({ "schemas": [USER], "userName": "a", "name": "A B" }), "400 invalidValue"),
        (json!({ "schemas": [USER], "userName": "a", "emails": 7 }), "400 invalidValue"),
        (
            json!({ "schemas": [USER], "userName": "a", "emails": [
                { "value": "x", "primary": true }, { "value": "y", "primary": true }] }),
            "400 invalidValue",
        ),
        (
            json!({ "schemas": [USER], "userName": "a", "x509Certificates": [{ "value": "-----BEGIN" }] }),
            "400 invalidValue",
        ),
    ] {
        assert_eq!(keyword(accept_user(body.clone(), &Leniency::lenient())), expected, "{body}");
    }
}

/// A PUT clears what it omits, but not what a client cannot know: the password is never returned, so it is never echoed.
#[test]
fn a_put_replaces_and_keeps_the_password() {
    let registry = registry();
    let old =
        json!({ "schemas": [USER], "userName": "a", "title": "T", "password": "s3cret", "groups": [{ "value": "g" }] });
    let body = json!({ "schemas": [USER], "userName": "a", "displayName": "A", "groups": [] });
    let next = accept(&body, Some(&old), at(&registry, "/Users"), &registry, &Leniency::lenient()).expect("a user");
    assert_eq!(next["password"], "s3cret");
    assert_eq!(next["displayName"], "A");
    assert_eq!(next["groups"], json!([{ "value": "g" }]));
    assert!(next.get("title").is_none());
}
