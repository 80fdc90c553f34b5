//! What each target does with its input: it must end without a panic, and what it claims must hold.

use scimulate::scim::{
    bulk::{self, Done},
    error::ScimError,
    filter::{self, Filter, Prepared, UnknownAttributes},
    json,
    leniency::Leniency,
    patch::{self, split_members},
    path::PatchPath,
    resource::accept,
    schema::Registry,
};
use serde_json::{Value, json};

/// A target of the fuzzer.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 4] = [("filter", filter), ("path", path), ("patch", patch), ("bulk", bulk)];

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn user() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": "a",
        "active": true,
        "name": { "givenName": "G" },
        "meta": { "lastModified": "2026-01-01T00:00:00Z" },
        "emails": [{ "value": "a", "type": "work", "primary": true }, { "value": "b", "type": "home" }],
        "x509Certificates": [{ "value": "TUlJ" }],
        ENTERPRISE: { "department": "D", "manager": { "value": "m" } },
    })
}

fn group() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "g",
        "members": [{ "value": "a", "type": "User" }, { "value": "b", "type": "Group" }],
    })
}

/// A filter: read, printed, read again as the same, and judged against resources of each type.
pub fn filter(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let registry = Registry::standard();
    for leniency in [Leniency::lenient(), Leniency::strict()] {
        let Ok(parsed) = filter::parse_with(text, &filter::Limits::default(), &leniency) else { continue };
        let printed = parsed.to_string();
        // Printing can lengthen a filter (escapes, groups), so the way back has no limit of length.
        let limits = filter::Limits { length: usize::MAX, ..filter::Limits::default() };
        assert_eq!(filter::parse(&printed, &limits), Ok(parsed.clone()), "{printed}");
        for (endpoint, resource) in [("/Users", user()), ("/Groups", group())] {
            let Some(rt) = registry.resource_type_at(endpoint) else { continue };
            for unknown in [UnknownAttributes::Refuse, UnknownAttributes::HaveNoValue] {
                let Ok(prepared) = Prepared::new(&parsed, rt, &registry, unknown, &leniency) else { continue };
                let holds = prepared.matches(&resource);
                let opposite = Filter::Not(Box::new(parsed.clone()));
                let opposite = Prepared::new(&opposite, rt, &registry, unknown, &leniency).expect("bound above");
                assert_ne!(opposite.matches(&resource), holds, "not ({printed})");
            }
        }
    }
}

/// A PATCH path: read, printed, read again as the same.
pub fn path(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let registry = Registry::standard();
    let Some(rt) = registry.resource_type_at("/Users") else { return };
    let limits = filter::Limits { length: usize::MAX, ..filter::Limits::default() };
    for leniency in [Leniency::lenient(), Leniency::strict()] {
        let Ok(path) = PatchPath::parse(text, rt, &limits, &leniency) else { continue };
        let printed = path.to_string();
        assert_eq!(PatchPath::parse(&printed, rt, &limits, &leniency), Ok(path), "{printed}");
    }
}

/// A PATCH body: refused with a 4xx, or applied to a document that the server would take from a client as well.
pub fn patch(input: &[u8]) {
    let Ok(body) = json::parse(input) else { return };
    let registry = Registry::standard();
    for (endpoint, before) in [("/Users", user()), ("/Groups", group())] {
        let Some(rt) = registry.resource_type_at(endpoint) else { continue };
        for leniency in [Leniency::lenient(), Leniency::strict()] {
            let operations = patch::parse(&body, rt, &registry, &leniency);
            if let Ok(operations) = &operations {
                let (others, on_members) = split_members(operations.clone());
                assert!(others.len() + on_members.len() <= operations.len(), "operations came from nowhere");
            }
            let patched =
                operations.and_then(|operations| patch::apply(&before, &operations, rt, &registry, &leniency));
            match patched {
                Ok(patched) => {
                    let again = accept(&patched.resource, Some(&patched.resource), rt, &registry, &leniency);
                    assert!(again.is_ok(), "{again:?}");
                }
                Err(error) => assert!((400..500).contains(&error.status), "{error:?}"),
            }
        }
    }
}

/// A bulk request: read and run, every other step failing; it ends, and answers each operation once at most.
pub fn bulk(input: &[u8]) {
    let Ok(body) = json::parse(input) else { return };
    let Ok(request) = bulk::parse(&body, input.len(), &bulk::Limits::default()) else { return };
    let count = request.operations.len();
    let mut run = bulk::Run::new(request, "https://example.com");
    let mut steps = 0;
    while let Some(step) = run.next_step() {
        steps += 1;
        assert!(steps <= 2 * count, "more steps than creates and completions");
        let result = if steps % 2 == 0 {
            Err(ScimError::status(404, "no"))
        } else {
            Ok(Done { status: 200, id: steps.to_string(), location: String::new(), version: None })
        };
        run.report(step.index, result);
    }
    let answer = run.finish();
    let answered = answer["Operations"].as_array().map_or(0, Vec::len);
    assert!(answered <= count);
}
