//! What the tests of this room share.

use scimulate::scim::{
    error::ScimError,
    patch::{self, Patched},
    resource::{Leniency, accept},
    schema::{Registry, ResourceType},
};
use serde_json::{Value, json};

/// The standard types.
pub fn registry() -> Registry {
    Registry::standard()
}

/// The type at an endpoint.
pub fn at<'r>(registry: &'r Registry, endpoint: &str) -> &'r ResourceType {
    registry.resource_type_at(endpoint).expect("a resource type")
}

/// A user as a provider stores one.
pub fn user() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "userName": "bjensen@example.com",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "name": { "formatted": "Ms. Barbara J Jensen", "familyName": "Jensen", "givenName": "Barbara" },
        "displayName": "Babs Jensen",
        "active": true,
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@jensen.org", "type": "home" },
        ],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "Tour Operations",
            "manager": { "value": "26118915", "$ref": "../Users/26118915" },
        },
    })
}

/// A group as a provider stores one.
pub fn group() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Tour Guides",
        "members": [
            { "value": "u1", "display": "Babs Jensen" },
            { "value": "u2", "display": "Mandy Pepperidge" },
        ],
    })
}

/// Applies operations to a document.
pub fn patch_with(
    current: &Value,
    endpoint: &str,
    operations: Value,
    leniency: &Leniency,
) -> Result<Patched, ScimError> {
    let registry = registry();
    let rt = at(&registry, endpoint);
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    let operations = patch::parse(&body, rt, &registry, leniency)?;
    patch::apply(current, &operations, rt, &registry, leniency)
}

/// Applies operations to the user, as leniently as the provider does.
pub fn patch_user(operations: Value) -> Result<Patched, ScimError> {
    patch_with(&user(), "/Users", operations, &Leniency::lenient())
}

/// Applies operations to the group, as leniently as the provider does.
pub fn patch_group(operations: Value) -> Result<Patched, ScimError> {
    patch_with(&group(), "/Groups", operations, &Leniency::lenient())
}

/// Accepts a user.
pub fn accept_user(body: Value, leniency: &Leniency) -> Result<Value, ScimError> {
    let registry = registry();
    accept(&body, None, at(&registry, "/Users"), &registry, leniency)
}

/// The keyword of an error.
pub fn keyword<T: std::fmt::Debug>(result: Result<T, ScimError>) -> String {
    let error = result.expect_err("an error");
    format!("{} {}", error.status, error.scim_type.map_or("-", |keyword| keyword.as_str()))
}
