//! A PATCH body: read and applied to a user.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scimulate::scim::{json, leniency::Leniency, patch, resource::accept, schema::Registry};

fuzz_target!(|body: &[u8]| {
    let Ok(body) = json::parse(body) else { return };
    let registry = Registry::standard();
    let Some(rt) = registry.resource_type_at("/Users") else { return };
    let user = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "a",
        "name": { "givenName": "G" },
        "emails": [{ "value": "a", "type": "work", "primary": true }, { "value": "b", "type": "home" }],
    });
    for leniency in [Leniency::lenient(), Leniency::strict()] {
        let patched = patch::parse(&body, rt, &registry, &leniency)
            .and_then(|operations| patch::apply(&user, &operations, rt, &registry, &leniency));
        match patched {
            Ok(patched) => {
                let again = accept(&patched.resource, Some(&patched.resource), rt, &registry, &leniency);
                assert!(again.is_ok(), "{again:?}");
            }
            Err(error) => assert!((400..500).contains(&error.status), "{error:?}"),
        }
    }
});
