//! The wire: one HTTP request with its response is an [`Exchange`]; the ordered exchanges of one scenario are its
//! [`Transcript`].
//!
//! A [`Client`] sends a [`Request`] to an [`Endpoint`], adds the endpoint's credentials, and writes the exchange into
//! the transcript, whatever happens: a refused connection is an exchange too. Nothing here knows SCIM.

mod client;
mod curl;
mod exchange;
mod redact;
mod secret;

pub use client::{Client, ClientError, Http, HttpOptions};
pub use curl::curl;
pub use exchange::{Exchange, Reply, Request, Response, Sender, Transcript, TransportError, TransportKind};
pub use redact::Redactor;
pub use secret::{Auth, Endpoint, Secret};
