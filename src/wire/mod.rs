//! The wire: one HTTP request with its response is an [`Exchange`]; the ordered exchanges of one scenario are its
//! [`Transcript`].
//!
//! A [`Client`] sends a [`Request`] to an [`Endpoint`], adds the endpoint's credentials, and writes the exchange into
//! the transcript, whatever happens: a refused connection is an exchange too. A [`Ledger`] beside it keeps what was created
//! and must be deleted again. [`har`] writes and reads transcripts for other tools.

mod client;
mod coding;
mod curl;
mod exchange;
pub mod har;
mod ledger;
mod patience;
mod rate;
mod redact;
mod secret;

pub use client::{Client, ClientError, Http, HttpOptions};
pub use curl::curl;
pub use exchange::{Exchange, Reply, Request, Response, Sender, Transcript, TransportError, TransportKind};
pub use ledger::Ledger;
pub use redact::Redactor;
pub use secret::{Auth, Endpoint, Secret, url_encode};
