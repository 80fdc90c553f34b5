//! `serve --seed FILE`: organizations, connections, members, groups, roles, sessions and endpoints that are there from the
//! start.
//!
//! A seed is played twice: first on an empty provider in memory, where a mistake changes nothing, then on the real one.
//! Each step is a call of the management API or of SCIM, so that what a seed makes is checked and has its effects like
//! anything else. Only what those calls cannot take, tokens and secrets that are known before, is written by [`secrets`],
//! hashed like any other.
//!
//! An organization that is there already, by its slug, is left as it is. One that a kill left half made is made anew.

mod document;
mod plant;
mod secrets;

use serde::Serialize;

pub use document::Seed;
pub(super) use plant::plant;

/// What is wrong with a seed, and where.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct SeedError {
    /// The path in the file, `organizations[0].members[2]`.
    pub place: String,
    /// What is wrong with it.
    pub problem: String,
}

impl SeedError {
    pub(super) fn at(place: impl Into<String>, problem: impl ToString) -> SeedError {
        SeedError { place: place.into(), problem: problem.to_string() }
    }
}

/// What a seed came to, in the order of the file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Seeded {
    /// The organizations.
    pub organizations: Vec<SeededOrganization>,
    /// The machine clients.
    pub m2m_clients: Vec<SeededClient>,
    /// The endpoints for all organizations.
    pub webhook_endpoints: Vec<SeededEndpoint>,
}

/// A machine client; its secret is known only if it was made now.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct SeededClient {
    pub client_id: String,
    pub client_secret: Option<String>,
}

/// An organization of the file.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)] // the API's own names
pub struct SeededOrganization {
    pub organization_slug: String,
    pub organization_id: String,
    /// Whether it was made now. If not, it was there and is as it was.
    pub created: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scim_connection: Option<SeededConnection>,
    pub members: Vec<SeededMember>,
    pub groups: Vec<SeededGroup>,
    pub sessions: Vec<SeededSession>,
    pub webhook_endpoints: Vec<SeededEndpoint>,
}

/// The connection of an organization.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct SeededConnection {
    pub connection_id: String,
    pub scim_base_url: String,
    /// The token: the file's if it still opens the connection, or one that was made now. An older one is not known.
    pub scim_token: Option<String>,
}

/// A member or SCIM user.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct SeededMember {
    pub email_address: String,
    pub member_id: String,
}

/// A group.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct SeededGroup {
    pub group_name: String,
    pub group_id: String,
}

/// A session; its token is known only if it was made now.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct SeededSession {
    pub email_address: String,
    pub member_session_id: String,
    pub session_token: String,
}

/// An endpoint; its secret is known only if it was made now.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct SeededEndpoint {
    pub url: String,
    pub endpoint_id: String,
    pub secret: Option<String>,
}
