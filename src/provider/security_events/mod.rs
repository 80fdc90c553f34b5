//! Security event tokens (SETs): what other systems of the same company hear of a change, signed.
//!
//! Data passes one way, beside the webhooks. A rule of the effects plans a [`Signal`]; [`outbox`] writes it, in the
//! transaction of the change, as a row for each [`stream`] of the organization that wants its event type. A row holds the
//! claims (RFC 8417); [`token`] signs them when they are sent. They are sent by the [`push`] worker (RFC 8935), or wait
//! for the receiver to fetch them ([`poll`], RFC 8936). In a stream they go out in the order of the commits, at least once,
//! with the same `jti` each time.
//!
//! Event types: SCIM events (RFC 9967) about the Users and Groups of the connection, and session-revoked of the Continuous
//! Access Evaluation Profile. Streams are configured as the Shared Signals Framework 1.0 says
//! (<https://openid.net/specs/openid-sharedsignals-framework-1_0.html>).

pub mod outbox;
pub mod poll;
pub mod push;
mod signal;
pub mod stream;
pub mod subjects;
pub mod token;
pub mod uri;

pub use signal::{Content, ScimEvent, Signal, Subject};
