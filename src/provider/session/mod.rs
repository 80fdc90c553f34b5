//! Sessions of members.

pub mod jwt;
