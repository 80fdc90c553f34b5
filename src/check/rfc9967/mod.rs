//! Checks of RFC 9967 (security events and asynchronous requests), one file a section.

pub(super) mod s2_5_asynchronous;
pub(super) mod s4_configuration;
