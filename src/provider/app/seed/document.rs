//! What a seed file says.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A seed file. Every part of it may be absent.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seed {
    /// The RBAC policy of the project: `roles` and `resources`.
    pub rbac_policy: Option<Map<String, Value>>,
    /// Further secrets of the management API.
    pub project_secrets: Vec<ProjectSecret>,
    /// Machine clients of the management API and of SCIM.
    pub m2m_clients: Vec<Client>,
    /// The organizations, with all that belongs to them.
    pub organizations: Vec<Organization>,
    /// Webhook endpoints for the events of all organizations.
    pub webhook_endpoints: Vec<Endpoint>,
}

/// A secret of the management API that is known before.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectSecret {
    /// For people.
    #[serde(default)]
    pub name: String,
    /// The secret.
    pub secret: String,
}

/// A machine client.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Client {
    /// By which it is found again.
    pub client_id: String,
    /// The slug of the organization whose SCIM connection it may call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_slug: Option<String>,
    /// All other fields that a client can be made with: `client_secret`, `scopes`, …
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// An organization.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Organization {
    /// By which it is found again: a file that is seeded twice makes it once.
    pub organization_slug: String,
    /// Its SCIM connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scim_connection: Option<Connection>,
    /// Members that the management API makes. One with the e-mail of a SCIM user is that user.
    #[serde(default)]
    pub members: Vec<Member>,
    /// Open sessions.
    #[serde(default)]
    pub sessions: Vec<Session>,
    /// Webhook endpoints for the events of this organization.
    #[serde(default)]
    pub webhook_endpoints: Vec<Endpoint>,
    /// All other fields of the Organization object that can be set, `policies` among them.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// A SCIM connection, and what an identity provider has provisioned through it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Connection {
    /// For people.
    pub display_name: Option<String>,
    /// `okta`, `microsoft-entra`, …
    pub identity_provider: Option<String>,
    /// Its token; one is made if there is none.
    pub bearer_token: Option<String>,
    /// SCIM Users (RFC 7643 section 4.1). `schemas` may be left out.
    pub users: Vec<Map<String, Value>>,
    /// SCIM Groups.
    pub groups: Vec<Group>,
}

/// A SCIM Group, and the roles that its members have by it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name, unique in the connection.
    pub display_name: String,
    /// The identity provider's id for it.
    #[serde(default)]
    pub external_id: Option<String>,
    /// The `userName`s of its members.
    #[serde(default)]
    pub members: Vec<String>,
    /// Role ids.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// A member.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Member {
    /// By which sessions name it.
    pub email_address: String,
    /// Only a member with a verified address can be reactivated.
    #[serde(default)]
    pub email_address_verified: bool,
    /// `active` (if absent), `pending` or `deleted`.
    #[serde(default)]
    pub status: Status,
    /// All other fields of a member that can be set, `roles` among them.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// The status that a member of a seed file can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Can sign in.
    #[default]
    Active,
    /// Made, and not yet invited.
    Pending,
    /// Deactivated.
    Deleted,
}

/// An open session of a member.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The member's e-mail.
    pub email_address: String,
    /// Its token; one is made if there is none.
    #[serde(default)]
    pub session_token: Option<String>,
    /// How long it lives.
    #[serde(default)]
    pub session_duration_minutes: Option<i64>,
    /// Claims of the session and its JWT.
    #[serde(default)]
    pub session_custom_claims: Option<Map<String, Value>>,
}

/// A webhook endpoint.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Where to.
    pub url: String,
    /// Which events; all if empty.
    #[serde(default)]
    pub event_types: Vec<String>,
    /// `whsec_…`; one is made if there is none.
    #[serde(default)]
    pub secret: Option<String>,
}
