//! The reference service provider: organizations, members, SCIM connections, roles, sessions and signed webhooks.
//!
//! Data passes through it one way. A request meets the layers of the chosen defects, if any, then a handler of
//! [`scim_http`] (or of the management API, [`api`]), which opens one write transaction of the [`store`], writes the resource
//! it was given, and hands a [`effects::Change`] to [`effects::apply`]. The rule table decides there what the change
//! means for the member's status, explicit roles, sessions and events; all of that is in the same transaction, the
//! events as rows of the outbox, which the delivery worker ([`webhook`]) sends after the commit.
//!
//! Nothing here knows that it is used for tests. A [`defect`] wraps or replaces parts of it from the outside.

pub mod api;
pub mod app;
pub mod background;
pub mod clock;
pub mod defect;
pub mod effects;
pub mod ids;
pub mod m2m;
pub mod model;
pub mod scim_http;
pub mod security_events;
pub mod session;
pub mod store;
pub mod telemetry;
pub mod webhook;
