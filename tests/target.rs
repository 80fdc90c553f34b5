//! The room `target`: configuration, calls, observers, webhook inbox; and the additions to `wire` that it needs.

#[path = "target/config.rs"]
mod config;
#[path = "target/embedded.rs"]
mod embedded;
#[path = "target/inbox.rs"]
mod inbox;
#[path = "target/observers.rs"]
mod observers;
#[path = "target/signatures.rs"]
mod signatures;
#[path = "target/tenant.rs"]
mod tenant;
#[path = "target/wire.rs"]
mod wire;

use scimulate::{
    target::{Config, Subject, Target},
    wire::{Http, HttpOptions},
};

/// A target that is configured by `toml`; `{uri}` in it is the address of the fake.
fn target(toml: &str, uri: &str) -> Target {
    let config =
        Config::parse_in(&toml.replace("{uri}", uri), "scimulate.toml", &|_| None).expect("a valid configuration");
    let http = Http::new(&HttpOptions::default()).expect("a client");
    Target::new(config, http).expect("a target")
}

fn ann() -> Subject {
    Subject {
        id: "u/1".to_owned(),
        user_name: "ann@example.com".to_owned(),
        email: "ann@example.com".to_owned(),
        external_id: None,
    }
}
