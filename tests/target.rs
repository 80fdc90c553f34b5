//! The room `target`: configuration, calls, observers, webhook inbox.

#[path = "target/config.rs"]
mod config;
