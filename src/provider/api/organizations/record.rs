//! Rows of `organizations`, and the Organization object.
//!
//! Name, slug and external id are columns; everything else is one JSON document, [`Settings`]. Of the settings,
//! `rbac_email_implicit_role_assignments`, `custom_roles` and `policies` decide something here; the login settings are
//! kept and shown, so that a program that reads or edits them finds what it wrote.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::super::sso::record::Connection as SsoConnection;
use crate::provider::{
    clock,
    effects::Policies,
    ids,
    session::rbac::Role,
    store::{StoreError, Transaction},
};

/// How far something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Allowance {
    /// Everybody.
    AllAllowed,
    /// Only what a list names.
    Restricted,
    /// Nobody.
    NotAllowed,
}

impl Allowance {
    /// The wire value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Allowance::AllAllowed => "ALL_ALLOWED",
            Allowance::Restricted => "RESTRICTED",
            Allowance::NotAllowed => "NOT_ALLOWED",
        }
    }
}

/// Whether all members need a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the documented values
pub enum MfaPolicy {
    Optional,
    RequiredForAll,
}

/// A role for everybody with an e-mail of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the documented names
pub struct DomainRole {
    pub domain: String,
    pub role_id: String,
}

/// Everything of an Organization but its columns; the names are those of the Organization object, and `policies` is
/// ours: the answers to what the documentation leaves open ([`crate::provider::effects::POLICIES`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Settings {
    pub organization_logo_url: String,
    pub trusted_metadata: Map<String, Value>,
    pub sso_jit_provisioning: Allowance,
    pub sso_jit_provisioning_allowed_connections: Vec<String>,
    pub email_allowed_domains: Vec<String>,
    pub email_jit_provisioning: Allowance,
    pub email_invites: Allowance,
    pub oauth_tenant_jit_provisioning: Allowance,
    pub allowed_oauth_tenants: Map<String, Value>,
    pub auth_methods: Allowance,
    pub allowed_auth_methods: Vec<String>,
    pub mfa_policy: MfaPolicy,
    pub mfa_methods: Allowance,
    pub allowed_mfa_methods: Vec<String>,
    pub claimed_email_domains: Vec<String>,
    pub first_party_connected_apps_allowed_type: Allowance,
    pub allowed_first_party_connected_apps: Vec<String>,
    pub third_party_connected_apps_allowed_type: Allowance,
    pub allowed_third_party_connected_apps: Vec<String>,
    pub rbac_email_implicit_role_assignments: Vec<DomainRole>,
    pub custom_roles: Vec<Role>,
    pub policies: Policies,
}

impl Default for Settings {
    /// The documented defaults.
    fn default() -> Settings {
        Settings {
            organization_logo_url: String::new(),
            trusted_metadata: Map::new(),
            sso_jit_provisioning: Allowance::AllAllowed,
            sso_jit_provisioning_allowed_connections: Vec::new(),
            email_allowed_domains: Vec::new(),
            email_jit_provisioning: Allowance::NotAllowed,
            email_invites: Allowance::AllAllowed,
            oauth_tenant_jit_provisioning: Allowance::NotAllowed,
            allowed_oauth_tenants: Map::new(),
            auth_methods: Allowance::AllAllowed,
            allowed_auth_methods: Vec::new(),
            mfa_policy: MfaPolicy::Optional,
            mfa_methods: Allowance::AllAllowed,
            allowed_mfa_methods: Vec::new(),
            claimed_email_domains: Vec::new(),
            first_party_connected_apps_allowed_type: Allowance::AllAllowed,
            allowed_first_party_connected_apps: Vec::new(),
            third_party_connected_apps_allowed_type: Allowance::AllAllowed,
            allowed_third_party_connected_apps: Vec::new(),
            rbac_email_implicit_role_assignments: Vec::new(),
            custom_roles: Vec::new(),
            policies: Policies::default(),
        }
    }
}

/// An organization as its row holds it.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the names of the Organization object
pub struct Organization {
    pub organization_id: String,
    pub organization_name: String,
    pub organization_slug: String,
    pub organization_external_id: Option<String>,
    pub settings: Settings,
    pub created_at: String,
    pub updated_at: String,
}

const SELECT: &str =
    "SELECT organization_id, name, slug, external_id, settings, created_at, updated_at FROM organizations ";

impl Organization {
    /// A new organization that is not stored yet.
    #[must_use]
    pub fn new(
        name: &str,
        slug: &str,
        external_id: Option<String>,
        settings: Settings,
        at: OffsetDateTime,
    ) -> Organization {
        let at = clock::text(at);
        Organization {
            organization_id: ids::new_id("organization"),
            organization_name: name.to_owned(),
            organization_slug: slug.to_owned(),
            organization_external_id: external_id,
            settings,
            created_at: at.clone(),
            updated_at: at,
        }
    }

    /// By id, slug or external id, in this order.
    pub fn find(conn: &Connection, key: &str) -> Result<Option<Organization>, StoreError> {
        conn.prepare_cached(&format!(
            "{SELECT} WHERE organization_id = ?1 OR slug = ?1 OR external_id = ?1
             ORDER BY organization_id = ?1 DESC, slug = ?1 DESC LIMIT 1"
        ))?
        .query_row([key], columns)
        .optional()?
        .map(Organization::of)
        .transpose()
    }

    /// All organizations, oldest first.
    pub fn all(conn: &Connection) -> Result<Vec<Organization>, StoreError> {
        let mut statement = conn.prepare_cached(&format!("{SELECT} ORDER BY organization_id"))?;
        let rows = statement.query_map([], columns)?.collect::<Result<Vec<_>, _>>()?;
        rows.into_iter().map(Organization::of).collect()
    }

    fn of((mut organization, settings): (Organization, String)) -> Result<Organization, StoreError> {
        organization.settings = serde_json::from_str(&settings)
            .map_err(|source| StoreError::Damaged { what: "organization settings", source })?;
        Ok(organization)
    }

    /// Writes the row. Fails with a violated UNIQUE constraint if slug or external id are taken.
    pub fn insert(&self, tx: &Transaction) -> Result<(), StoreError> {
        tx.prepare_cached(
            "INSERT INTO organizations (organization_id, name, slug, external_id, settings, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            self.organization_id,
            self.organization_name,
            self.organization_slug,
            self.organization_external_id,
            self.settings_text()?,
            self.created_at,
            self.updated_at
        ])?;
        Ok(())
    }

    /// Writes all columns of an existing row. Fails as [`Organization::insert`] does.
    pub fn update(&self, tx: &Transaction) -> Result<(), StoreError> {
        tx.prepare_cached(
            "UPDATE organizations SET name = ?2, slug = ?3, external_id = ?4, settings = ?5, updated_at = ?6
             WHERE organization_id = ?1",
        )?
        .execute(params![
            self.organization_id,
            self.organization_name,
            self.organization_slug,
            self.organization_external_id,
            self.settings_text()?,
            self.updated_at
        ])?;
        Ok(())
    }

    /// Removes the row, and with it all that belongs to the organization.
    pub fn delete(&self, tx: &Transaction) -> Result<(), StoreError> {
        // Sessions refer to their member; the rest hangs on the organization by foreign keys.
        tx.prepare_cached("DELETE FROM organizations WHERE organization_id = ?1")?.execute([&self.organization_id])?;
        Ok(())
    }

    fn settings_text(&self) -> Result<String, StoreError> {
        serde_json::to_string(&self.settings)
            .map_err(|source| StoreError::Damaged { what: "organization settings", source })
    }

    /// The Organization object.
    pub fn to_json(&self, conn: &Connection) -> Result<Value, StoreError> {
        let connection = conn
            .prepare_cached(
                "SELECT connection_id, display_name, token_last_four, token_expires_at FROM scim_connections
                 WHERE organization_id = ?1 AND status = 'active'",
            )?
            .query_row([&self.organization_id], |row| {
                Ok(json!({
                    "connection_id": row.get::<_, String>(0)?,
                    "display_name": row.get::<_, String>(1)?,
                    "bearer_token_last_four": row.get::<_, String>(2)?,
                    "bearer_token_expires_at": row.get::<_, String>(3)?,
                }))
            })
            .optional()?;
        let sign_on: Vec<Value> =
            SsoConnection::list(conn, &self.organization_id)?.iter().map(SsoConnection::brief).collect();
        let settings = &self.settings;
        Ok(json!({
            "organization_id": self.organization_id,
            "organization_name": self.organization_name,
            "organization_logo_url": settings.organization_logo_url,
            "organization_slug": self.organization_slug,
            "organization_external_id": self.organization_external_id,
            "sso_jit_provisioning": settings.sso_jit_provisioning,
            "sso_jit_provisioning_allowed_connections": settings.sso_jit_provisioning_allowed_connections,
            "sso_active_connections": sign_on,
            "scim_active_connection": connection,
            "email_allowed_domains": settings.email_allowed_domains,
            "email_jit_provisioning": settings.email_jit_provisioning,
            "email_invites": settings.email_invites,
            "oauth_tenant_jit_provisioning": settings.oauth_tenant_jit_provisioning,
            "allowed_oauth_tenants": settings.allowed_oauth_tenants,
            "auth_methods": settings.auth_methods,
            "allowed_auth_methods": settings.allowed_auth_methods,
            "mfa_policy": settings.mfa_policy,
            "mfa_methods": settings.mfa_methods,
            "allowed_mfa_methods": settings.allowed_mfa_methods,
            "claimed_email_domains": settings.claimed_email_domains,
            "first_party_connected_apps_allowed_type": settings.first_party_connected_apps_allowed_type,
            "allowed_first_party_connected_apps": settings.allowed_first_party_connected_apps,
            "third_party_connected_apps_allowed_type": settings.third_party_connected_apps_allowed_type,
            "allowed_third_party_connected_apps": settings.allowed_third_party_connected_apps,
            "rbac_email_implicit_role_assignments": settings.rbac_email_implicit_role_assignments,
            "custom_roles": settings.custom_roles,
            "policies": settings.policies,
            "trusted_metadata": settings.trusted_metadata,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }))
    }
}

type Columns = (Organization, String);

fn columns(row: &Row) -> rusqlite::Result<Columns> {
    let organization = Organization {
        organization_id: row.get(0)?,
        organization_name: row.get(1)?,
        organization_slug: row.get(2)?,
        organization_external_id: row.get(3)?,
        settings: Settings::default(),
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    };
    Ok((organization, row.get(4)?))
}
