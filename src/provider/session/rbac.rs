//! The RBAC policy: which roles there are, and which action each allows on which resource.
//!
//! A project has one policy; an organization may add roles of its own (`custom_roles`). Permissions add up over all roles
//! that a member holds. Until a policy is put, the default holds and role ids are free: a test of role assignments then
//! needs no policy at all. Once one is put, only its roles, the reserved ones and the organization's own can be assigned.
//!
//! Sources: <https://www.stytch.com/docs/b2b/guides/rbac/stytch-default>,
//! <https://stytch.com/docs/multi-tenant-auth/enterprise-ready/rbac/assigning-roles-to-members>.

use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};

use crate::provider::store::{StoreError, Transaction};

/// Stands for every action of a resource.
pub const ANY_ACTION: &str = "*";

/// The roles that exist in every project.
pub const RESERVED_ROLES: &[&str] = &["stytch_member", "stytch_admin"];

/// What a role allows on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// The resource.
    pub resource_id: String,
    /// Its actions, or `*`.
    pub actions: Vec<String>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its id.
    pub role_id: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// What it allows.
    #[serde(default)]
    pub permissions: Vec<Permission>,
}

/// Something that actions are allowed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Its id.
    pub resource_id: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// What can be done to it.
    pub actions: Vec<String>,
}

/// The policy of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The roles.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// The resources.
    #[serde(default)]
    pub resources: Vec<Resource>,
}

/// The resources of the system itself and their actions (stytch-browser, `adminPortal/utils/useRbac.ts`).
const SYSTEM: &[(&str, &[&str])] = &[
    (
        "stytch.organization",
        &[
            "update.info.name",
            "update.info.slug",
            "update.info.logo-url",
            "update.settings.allowed-auth-methods",
            "update.settings.allowed-mfa-methods",
            "update.settings.email-jit-provisioning",
            "update.settings.email-invites",
            "update.settings.allowed-domains",
            "update.settings.default-sso-connection",
            "update.settings.sso-jit-provisioning",
            "update.settings.mfa-policy",
            "update.settings.implicit-roles",
            "update.settings.oauth-tenant-jit-provisioning",
            "update.settings.allowed-oauth-tenants",
            "delete",
        ],
    ),
    (
        "stytch.member",
        &[
            "create",
            "update.info.name",
            "update.info.email",
            "update.info.untrusted-metadata",
            "update.info.mfa-phone",
            "update.info.delete.mfa-phone",
            "update.info.delete.mfa-totp",
            "update.info.delete.password",
            "update.settings.is-breakglass",
            "update.settings.mfa-enrolled",
            "update.settings.default-mfa-method",
            "update.settings.roles",
            "search",
            "delete",
            "revoke-sessions",
        ],
    ),
    ("stytch.sso", &["create", "get", "update", "delete"]),
    (
        "stytch.self",
        &[
            "update.info.name",
            "update.info.untrusted-metadata",
            "update.info.mfa-phone",
            "update.info.delete.mfa-phone",
            "update.info.delete.password",
            "update.info.delete.mfa-totp",
            "update.settings.mfa-enrolled",
            "update.settings.default-mfa-method",
            "delete",
            "revoke-sessions",
        ],
    ),
    ("stytch.scim", &["create", "get", "update", "delete"]),
    ("stytch.custom-org-roles", &["create", "get", "update", "delete"]),
];

impl Default for Policy {
    /// The policy of a new project: every member may edit itself, an administrator may do everything.
    fn default() -> Policy {
        let all =
            |resource: &str| Permission { resource_id: resource.to_owned(), actions: vec![ANY_ACTION.to_owned()] };
        Policy {
            roles: vec![
                Role {
                    role_id: "stytch_member".to_owned(),
                    description: "held by every member".to_owned(),
                    permissions: vec![all("stytch.self")],
                },
                Role {
                    role_id: "stytch_admin".to_owned(),
                    description: "administers the organization".to_owned(),
                    permissions: SYSTEM.iter().map(|(resource, _)| all(resource)).collect(),
                },
            ],
            resources: SYSTEM
                .iter()
                .map(|(resource, actions)| Resource {
                    resource_id: (*resource).to_owned(),
                    description: String::new(),
                    actions: actions.iter().map(|action| (*action).to_owned()).collect(),
                })
                .collect(),
        }
    }
}

/// A policy that contradicts itself.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PolicyError {
    /// An id is there twice, or empty.
    #[error("{0:?} is empty or there twice")]
    Id(String),
    /// A permission names a resource that the policy does not list.
    #[error("role {role:?} names the resource {resource:?}, which the policy does not list")]
    Resource {
        /// The role.
        role: String,
        /// The resource.
        resource: String,
    },
    /// A permission names an action that its resource does not list.
    #[error("role {role:?} names the action {action:?}, which the resource {resource:?} does not list")]
    Action {
        /// The role.
        role: String,
        /// The resource.
        resource: String,
        /// The action.
        action: String,
    },
}

impl Policy {
    /// The project's policy; `None` if none was put.
    pub fn put_by_user(conn: &Connection) -> Result<Option<Policy>, StoreError> {
        let text: Option<String> = conn
            .prepare_cached("SELECT policy FROM rbac_policy WHERE id = 1")?
            .query_row([], |row| row.get(0))
            .optional()?;
        text.map(|text| {
            serde_json::from_str(&text).map_err(|source| StoreError::Damaged { what: "RBAC policy", source })
        })
        .transpose()
    }

    /// Replaces the project's policy.
    pub fn put(&self, tx: &Transaction) -> Result<(), StoreError> {
        let text = serde_json::to_string(self).map_err(|source| StoreError::Damaged { what: "RBAC policy", source })?;
        tx.execute(
            "INSERT INTO rbac_policy (id, policy) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET policy = ?1",
            [text],
        )?;
        Ok(())
    }

    /// Adds what every project has and the policy leaves out: the reserved roles and the system's resources.
    #[must_use]
    pub fn completed(mut self) -> Policy {
        let standard = Policy::default();
        for resource in standard.resources {
            if !self.resources.iter().any(|own| own.resource_id == resource.resource_id) {
                self.resources.push(resource);
            }
        }
        for role in standard.roles {
            if !self.roles.iter().any(|own| own.role_id == role.role_id) {
                self.roles.push(role);
            }
        }
        self
    }

    /// Holds ids, resources and actions against each other; `extra` are further roles, of an organization.
    pub fn validate(&self, extra: &[Role]) -> Result<(), PolicyError> {
        unique(self.resources.iter().map(|resource| resource.resource_id.as_str()))?;
        unique(self.roles.iter().chain(extra).map(|role| role.role_id.as_str()))?;
        for role in self.roles.iter().chain(extra) {
            for permission in &role.permissions {
                let known = self.resources.iter().find(|resource| resource.resource_id == permission.resource_id);
                let Some(resource) = known else {
                    return Err(PolicyError::Resource {
                        role: role.role_id.clone(),
                        resource: permission.resource_id.clone(),
                    });
                };
                let unknown = permission
                    .actions
                    .iter()
                    .find(|action| *action != ANY_ACTION && !resource.actions.contains(action));
                if let Some(action) = unknown {
                    return Err(PolicyError::Action {
                        role: role.role_id.clone(),
                        resource: resource.resource_id.clone(),
                        action: action.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Which of the `held` role ids allow `action` on `resource_id`; `extra` are further roles, of an organization.
    #[must_use]
    pub fn granting<'a>(&self, extra: &[Role], held: &'a [String], resource_id: &str, action: &str) -> Vec<&'a str> {
        let allows = |role: &Role| {
            role.permissions.iter().any(|permission| {
                permission.resource_id == resource_id
                    && permission.actions.iter().any(|own| own == ANY_ACTION || own == action)
            })
        };
        let grants = |id: &str| self.roles.iter().chain(extra).any(|role| role.role_id == id && allows(role));
        held.iter().map(String::as_str).filter(|id| grants(id)).collect()
    }
}

fn unique<'a>(ids: impl Iterator<Item = &'a str>) -> Result<(), PolicyError> {
    let mut seen = std::collections::HashSet::new();
    for id in ids {
        if id.is_empty() || !seen.insert(id) {
            return Err(PolicyError::Id(id.to_owned()));
        }
    }
    Ok(())
}

/// The roles that an organization adds to the policy.
pub fn custom_roles(conn: &Connection, organization_id: &str) -> Result<Vec<Role>, StoreError> {
    let text: Option<Option<String>> = conn
        .prepare_cached(
            "SELECT json_extract(settings, '$.custom_roles') FROM organizations WHERE organization_id = ?1",
        )?
        .query_row([organization_id], |row| row.get(0))
        .optional()?;
    match text.flatten() {
        None => Ok(Vec::new()),
        Some(text) => {
            serde_json::from_str(&text).map_err(|source| StoreError::Damaged { what: "custom roles", source })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        serde_json::from_value(serde_json::json!({
            "resources": [{"resource_id": "invoice", "actions": ["read", "pay"]}],
            "roles": [
                {"role_id": "reader", "permissions": [{"resource_id": "invoice", "actions": ["read"]}]},
                {"role_id": "accountant", "permissions": [{"resource_id": "invoice", "actions": ["*"]}]},
            ],
        }))
        .expect("a policy")
    }

    /// Protects the authorization check: permissions add up over roles, and nothing is allowed that no role names.
    #[test]
    fn permissions_add_up_over_roles() {
        let policy = policy();
        let held = ["reader".to_owned(), "accountant".to_owned(), "unknown".to_owned()];
        assert_eq!(policy.granting(&[], &held, "invoice", "read"), ["reader", "accountant"]);
        assert_eq!(policy.granting(&[], &held[..1], "invoice", "pay"), Vec::<&str>::new());
        assert_eq!(policy.granting(&[], &held, "other", "read"), Vec::<&str>::new());
        let own = Role { role_id: "unknown".to_owned(), ..policy.roles[0].clone() };
        assert_eq!(policy.granting(&[own], &held[2..], "invoice", "read"), ["unknown"]);
    }

    /// Protects the policy from contradicting itself: unknown resources and actions, ids there twice.
    #[test]
    fn a_policy_must_be_consistent() {
        let mut policy = policy();
        assert_eq!(policy.validate(&[]), Ok(()));
        assert_eq!(policy.clone().completed().validate(&[]), Ok(()));
        assert_eq!(policy.validate(&policy.roles[..1]), Err(PolicyError::Id("reader".to_owned())));
        policy.roles[0].permissions[0].actions.push("burn".to_owned());
        assert!(matches!(policy.validate(&[]), Err(PolicyError::Action { .. })));
        policy.roles[0].permissions[0].resource_id = "nothing".to_owned();
        assert!(matches!(policy.validate(&[]), Err(PolicyError::Resource { .. })));
    }
}
