//! Every leniency: what it accepts when it is on, alone, and what is refused when it is off, alone.

use scimulate::scim::{
    authorization,
    error::ScimError,
    filter::{Prepared, UnknownAttributes},
    leniency::{LENIENCIES, Leniency},
    query::{ListQuery, Scope},
};
use serde_json::{Value, json};

use super::helpers::{accept_user, at, keyword, patch_with, registry, user};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A request that needs a leniency.
pub enum Request {
    Post(Value),
    Patch(Value),
    Filter(&'static str),
    Authorization(&'static str),
}
pub use Request::{Authorization, Filter, Patch, Post};

/// For each leniency a request, where its effect shows (a pointer and a value), and the error without it.
pub fn cases() -> Vec<(&'static str, Request, &'static str, Value, &'static str)> {
    let with = |name: &str, value: Value| {
        let mut body = json!({ "schemas": [USER], "userName": "a" });
        body[name] = value;
        body
    };
    let manager = format!("{ENTERPRISE}:manager");
    let department = "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/department";
    let manager_id = "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/manager/value";
    vec![
        (
            "op-any-case",
            Patch(json!({ "op": "Replace", "path": "title", "value": "T" })),
            "/title",
            json!("T"),
            "400 invalidSyntax",
        ),
        (
            "boolean-strings",
            Patch(json!({ "op": "replace", "path": "active", "value": "False" })),
            "/active",
            json!(false),
            "400 invalidValue",
        ),
        ("bare-token", Authorization("secret"), "", json!("secret"), "401 -"),
        ("boolean-strings", Post(with("active", json!("True"))), "/active", json!(true), "400 invalidValue"),
        (
            "boolean-strings",
            Post(with("roles", json!([{ "value": "r", "primary": "True" }]))),
            "/roles/0/primary",
            json!(true),
            "400 invalidValue",
        ),
        (
            "dotted-keys",
            Patch(json!({ "op": "replace", "value": { "name.givenName": "G" } })),
            "/name/givenName",
            json!("G"),
            "400 invalidSyntax",
        ),
        (
            "urn-keys",
            Patch(json!({ "op": "replace", "value": { format!("{ENTERPRISE}:department"): "D" } })),
            department,
            json!("D"),
            "400 invalidSyntax",
        ),
        (
            "dot-after-urn",
            Patch(json!({ "op": "replace", "path": format!("{ENTERPRISE}.department"), "value": "D" })),
            department,
            json!("D"),
            "400 invalidPath",
        ),
        (
            "dot-after-urn",
            Filter("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department pr"),
            "",
            json!(true),
            "400 invalidFilter",
        ),
        (
            "value-path-creates",
            Patch(json!({ "op": "add", "path": "phoneNumbers[type eq \"work\"].value", "value": "1" })),
            "/phoneNumbers/0",
            json!({ "type": "work", "value": "1" }),
            "400 noTarget",
        ),
        (
            "remove-listed-values",
            Patch(json!({ "op": "remove", "path": "emails", "value": [{ "value": "babs@jensen.org" }] })),
            "/emails/1",
            Value::Null,
            "400 invalidValue",
        ),
        (
            "bare-values",
            Patch(json!({ "op": "add", "path": manager, "value": "m" })),
            manager_id,
            json!("m"),
            "400 invalidValue",
        ),
        (
            "single-as-list",
            Post(with("emails", json!({ "value": "e" }))),
            "/emails/0/value",
            json!("e"),
            "400 invalidValue",
        ),
        (
            "single-as-list",
            Patch(json!({ "op": "replace", "path": "roles", "value": { "value": "r" } })),
            "/roles/0/value",
            json!("r"),
            "400 invalidValue",
        ),
        (
            "unlisted-extensions",
            Post(with(ENTERPRISE, json!({ "department": "D" }))),
            department,
            json!("D"),
            "400 invalidSyntax",
        ),
        (
            "unknown-schemas",
            Post(
                json!({ "schemas": [USER, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"], "userName": "a" }),
            ),
            "/schemas",
            json!([USER]),
            "400 invalidSyntax",
        ),
        ("unknown-attributes", Post(with("foo", json!(1))), "/foo", Value::Null, "400 invalidSyntax"),
        (
            "unknown-attributes",
            Patch(json!({ "op": "replace", "value": { "foo": 1, "title": "T" } })),
            "/title",
            json!("T"),
            "400 invalidSyntax",
        ),
        (
            "read-only-in-value",
            Patch(json!({ "op": "replace", "value": { "id": "x", "title": "T" } })),
            "/title",
            json!("T"),
            "400 mutability",
        ),
        ("boolean-filter-strings", Filter("emails[primary eq \"True\"]"), "", json!(true), "400 invalidFilter"),
        (
            "sub-attribute-after-filter",
            Filter("emails[type eq \"work\"].value eq \"bjensen@example.com\""),
            "",
            json!(true),
            "400 invalidFilter",
        ),
        (
            "empty-string-clears",
            Patch(json!({ "op": "replace", "path": "profileUrl", "value": "" })),
            "/profileUrl",
            Value::Null,
            "400 invalidValue",
        ),
        (
            "any-reference",
            Post(with("profileUrl", json!("no URI"))),
            "/profileUrl",
            json!("no URI"),
            "400 invalidValue",
        ),
    ]
}

fn run(request: &Request, leniency: &Leniency) -> Result<Value, ScimError> {
    match request {
        Post(body) => accept_user(body.clone(), leniency),
        Patch(operation) => {
            let mut user = user();
            user["profileUrl"] = json!("https://example.com/bjensen");
            patch_with(&user, "/Users", json!([operation]), leniency).map(|patched| patched.resource)
        }
        Authorization(header) => {
            authorization::bearer(header, leniency).map(Into::into).ok_or_else(|| ScimError::status(401, "no token"))
        }
        Filter(text) => {
            let registry = registry();
            let types = [at(&registry, "/Users")];
            let query: String =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("filter", text).finish();
            let query = ListQuery::from_query_string(&query, &Scope::new(&types, &registry, leniency))?;
            let filter = query.filter.expect("a filter");
            let prepared = Prepared::new(&filter, types[0], &registry, UnknownAttributes::Refuse, leniency)?;
            Ok(json!(prepared.matches(&user())))
        }
    }
}

/// Each leniency does its work without any other, and without it the request is refused, with nothing else to blame.
#[test]
fn each_is_one_switch() {
    for (id, request, place, expected, refused) in cases() {
        for (on, mut leniency) in [(true, Leniency::strict()), (false, Leniency::lenient())] {
            assert!(leniency.set(id, on), "there is no leniency {id}");
            let result = run(&request, &leniency);
            if on {
                let document = result.unwrap_or_else(|error| panic!("{id}: {error}"));
                assert_eq!(document.pointer(place).cloned().unwrap_or_default(), expected, "{id}");
            } else {
                assert_eq!(keyword(result), refused, "{id}");
            }
        }
    }
}

/// A leniency without a case here would be one that nothing protects.
#[test]
fn each_has_a_case() {
    for info in LENIENCIES {
        assert!(
            cases().iter().any(|(id, ..)| *id == info.id),
            "add a case for {} to tests/scim/leniencies.rs",
            info.id
        );
        assert!(info.evidence.starts_with("https://"), "{}", info.id);
        assert_eq!((Leniency::lenient().get(info.id), Leniency::strict().get(info.id)), (Some(true), Some(false)));
    }
    assert_eq!(Leniency::strict().get("no-such"), None);
}

/// A token in another scheme is never taken for a bare one.
#[test]
fn a_bare_token_is_alone() {
    for (header, token) in [("Bearer t", Some("t")), ("bEARER  t ", Some("t")), (" t ", Some("t")), ("Basic t", None)] {
        assert_eq!(authorization::bearer(header, &Leniency::lenient()), token, "{header}");
    }
}
