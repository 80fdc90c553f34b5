#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| scimulate_fuzz::targets::patch(input));
