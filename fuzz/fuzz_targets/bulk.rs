//! A bulk request: read and run, every other step failing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scimulate::scim::{
    bulk::{self, Done, Limits},
    error::ScimError,
    json,
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(body) = json::parse(bytes) else { return };
    let Ok(request) = bulk::parse(&body, bytes.len(), &Limits::default()) else { return };
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
});
