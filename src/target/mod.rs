//! The system under test: where it is, how it is asked, and how its webhooks are received.
//!
//! *configuration* ([`Config`]) → [`Target`] (one a run) → [`Tenant`] (one a scenario, of its own where the configuration
//! can make one) → a SCIM client for the simulated IdP, **observers** that say what provisioning did beyond SCIM
//! (member state, roles, sessions), **acts** on the target's other side (grant a role, map a group), and a
//! [`Mailbox`] for its webhooks.
//!
//! Nothing here knows any particular target. Every call is data of `scimulate.toml`: an HTTP request or a command whose
//! strings are templates over the tenant's variables. The embedded reference provider is observed through
//! `fixtures/config/embedded.toml`, which is such a file and nothing more.
//!
//! Variables, in the order in which they win: those of the call (`subject.id`, `subject.user_name`, `subject.email`,
//! `subject.external_id`; `session.id`, `session.token`, `session.jwt`; `role`, `group_id`, `domain`; `webhook_url`), those
//! captured by earlier calls of the tenant, those given by the scenario (`profile`, `identity_provider`, …), `label`
//! (a name for the tenant, unique in the run), and `[variables]` of the file.

mod call;
mod capabilities;
pub mod config;
mod error;
mod observe;
mod section;
mod security_event;
mod system;
pub mod template;
mod tenant;
pub mod webhook;

pub use capabilities::{Bulk, Capabilities};
pub use config::{Config, ConfigError};
pub use error::TargetError;
pub use observe::{Acted, Member, MemberStatus, Observed, Role, Session, SessionState, SignIn, Subject, Unobserved};
pub use section::Section;
pub use security_event::SecurityEvent;
pub use system::Target;
pub use tenant::Tenant;
pub use webhook::{Delivery, Event, Mailbox, Signature};
