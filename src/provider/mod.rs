//! The reference service provider.

pub mod session;
pub mod webhook;
