//! Webhooks: from the rows that a change left behind to signed requests at the receivers.
//!
//! Data passes one way. A change writes its events into `outbox` and, for each endpoint that wants them, a row into
//! `deliveries`, all in its own transaction. The commit wakes the [`worker`], which sorts the new rows into *lanes*: one
//! lane an endpoint and organization. Inside a lane the rows go out in the order of their commit, one after the other;
//! lanes do not wait for each other. The [`delivery`] module reads the head of a lane, signs it ([`signature`]) and
//! sends it; the answer decides whether the row is done, has failed for good, or is due again at a
//! later time ([`schedule`]). That is written back before the next row is looked at. All state is in the table, so
//! that a killed process goes on where it stopped: an event whose answer was not yet noted is sent again, with the same
//! id.
//!
//! Endpoints are kept by [`endpoint`], the delivery log is read through [`log`], and [`operational`] tells operators of
//! deliveries that failed for good.

pub mod catalogue;
pub mod delivery;
pub mod endpoint;
pub mod log;
pub mod operational;
pub mod schedule;
pub mod signature;
pub mod worker;
