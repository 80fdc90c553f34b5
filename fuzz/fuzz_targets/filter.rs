//! A filter: read, printed, read again, judged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scimulate::scim::{
    filter::{self, Limits},
    schema::Registry,
};

fuzz_target!(|text: &str| {
    let Ok(filter) = filter::parse(text, &Limits::default()) else { return };
    let printed = filter.to_string();
    // Printing can lengthen a filter (escapes, groups), so the way back has no limit of length.
    let limits = Limits { length: usize::MAX, ..Limits::default() };
    assert_eq!(filter::parse(&printed, &limits), Ok(filter.clone()), "{printed}");
    let registry = Registry::standard();
    let Some(rt) = registry.resource_type_at("/Users") else { return };
    let user = serde_json::json!({ "userName": "a", "emails": [{ "value": "a", "primary": true }], "active": true });
    let _ = filter::matches(&filter, &user, rt, &registry);
});
