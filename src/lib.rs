//! scimulate finds out whether a SCIM endpoint survives Okta and Microsoft Entra, and whether everything that must
//! follow a provisioning change really follows: sessions revoked, roles granted and revoked, webhooks sent.
//!
//! The crate is one house of rooms; an arrow means "may use", and arrows only point down this list:
//!
//! | room | what it is for | may use |
//! |---|---|---|
//! | [`cli`] | one file a command; owns arguments, exit codes and the terminal | everything |
//! | [`suite`] | plays scenarios on the cucumber engine | idp, target, check, verdict, provider, wire, scim, spec |
//! | [`report`] | one file a format; reads run events, nothing else | verdict, wire, spec |
//! | [`provider`] | the reference service provider | scim |
//! | [`idp`] | the simulated identity provider | scim, wire |
//! | [`check`] | passive checks: pure functions over exchanges | spec, wire, scim, verdict |
//! | [`target`] | the system under test: configuration, observers, webhook inbox | wire |
//! | [`verdict`] | outcome, expectation, verdict, run events | spec, wire |
//! | [`wire`] | exchange, transcript, HTTP client, redaction, curl | nothing of ours |
//! | [`scim`] | the protocol, pure | nothing of ours |
//! | [`spec`] | the requirement catalogue | nothing of ours |
//!
//! Data goes one way: *directory change → cycle → moves → dialect → exchange → observations → outcome → verdict →
//! event → report*. `tests/architecture.rs` holds the arrows.

pub mod check;
pub mod cli;
pub mod idp;
pub mod provider;
pub mod report;
pub mod scim;
pub mod spec;
pub mod suite;
pub mod target;
pub mod verdict;
pub mod wire;
