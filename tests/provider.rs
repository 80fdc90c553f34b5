//! The provider over HTTP: its SCIM surface, and the effects of what comes in there. One running provider a test.

#[path = "provider/support.rs"]
mod support;

#[path = "provider/effects.rs"]
mod effects;
#[path = "provider/users.rs"]
mod users;
