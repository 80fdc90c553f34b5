//! Webhooks.

pub mod schedule;
pub mod signature;
