//! The protocol room and its fuzz targets.
//!
//! ```sh
//! cargo install cargo-fuzz
//! cd fuzz && RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none filter -- -max_total_time=300
//! ```
//!
//! `tests/scim/fuzz_smoke.rs` feeds the same functions with seeds and mutations of them, in every `cargo test`.

// The targets name the room as the tests of the crate do.
extern crate self as scimulate;

#[path = "../../src/scim/mod.rs"]
pub mod scim;
pub mod targets;
