//! A PATCH path: read, printed, read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scimulate::scim::{filter::Limits, leniency::Leniency, path::PatchPath, schema::Registry};

fuzz_target!(|text: &str| {
    let registry = Registry::standard();
    let Some(rt) = registry.resource_type_at("/Users") else { return };
    let limits = Limits { length: usize::MAX, ..Limits::default() };
    for leniency in [Leniency::lenient(), Leniency::strict()] {
        let Ok(path) = PatchPath::parse(text, rt, &limits, &leniency) else { continue };
        let printed = path.to_string();
        assert_eq!(PatchPath::parse(&printed, rt, &limits, &leniency), Ok(path), "{printed}");
    }
});
