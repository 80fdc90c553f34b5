//! Rows of `sso_connections` and their role assignments, and the SAML Connection object
//! (<https://stytch.com/docs/b2b/api/saml-connection-object>).
//!
//! No SAML is spoken here: `sessions/sign_in` stands for its outcome. What describes the identity provider is kept and
//! shown, so that a program that reads or edits it finds what it wrote; the assignments decide roles.

use rusqlite::{Connection as Db, Params, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::provider::{
    clock, ids,
    store::{StoreError, Transaction},
};

/// The identity providers that a connection can be for (stytch-node, `lib/b2b/sso_saml.ts`).
pub const IDENTITY_PROVIDERS: &[&str] = &[
    "generic",
    "classlink",
    "cyberark",
    "duo",
    "google-workspace",
    "jumpcloud",
    "keycloak",
    "microsoft-entra",
    "miniorange",
    "okta",
    "onelogin",
    "pingfederate",
    "rippling",
    "salesforce",
    "shibboleth",
];

/// The NameID format of a connection that says none.
const NAMEID_FORMAT: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

/// What a connection says of the identity provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // the names of the SAML Connection object
pub struct Settings {
    pub idp_entity_id: String,
    pub idp_sso_url: String,
    pub attribute_mapping: Map<String, Value>,
    pub alternative_audience_uri: String,
    pub alternative_acs_url: String,
    pub nameid_format: String,
    pub idp_initiated_auth_disabled: bool,
    pub allow_gateway_callback: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            idp_entity_id: String::new(),
            idp_sso_url: String::new(),
            attribute_mapping: Map::new(),
            alternative_audience_uri: String::new(),
            alternative_acs_url: String::new(),
            nameid_format: NAMEID_FORMAT.to_owned(),
            idp_initiated_auth_disabled: false,
            allow_gateway_callback: false,
        }
    }
}

/// A connection as its row holds it.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the names of the SAML Connection object
pub struct Connection {
    pub connection_id: String,
    pub organization_id: String,
    pub display_name: String,
    pub identity_provider: String,
    pub settings: Settings,
}

/// A role for who comes by a connection, or for those of them who are in a group there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The group's name; empty: everybody.
    pub group: String,
    /// The role.
    pub role_id: String,
}

const SELECT: &str =
    "SELECT connection_id, organization_id, display_name, identity_provider, settings FROM sso_connections ";

fn from_row(row: &Row) -> Result<Connection, StoreError> {
    let settings: String = row.get(4)?;
    Ok(Connection {
        connection_id: row.get(0)?,
        organization_id: row.get(1)?,
        display_name: row.get(2)?,
        identity_provider: row.get(3)?,
        settings: serde_json::from_str(&settings)
            .map_err(|source| StoreError::Damaged { what: "SSO connection", source })?,
    })
}

fn select(db: &Db, tail: &str, params: impl Params) -> Result<Vec<Connection>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{SELECT}{tail}"))?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_row(row)?);
    }
    Ok(found)
}

impl Connection {
    /// The organization's connection of that id.
    pub fn get(db: &Db, organization_id: &str, connection_id: &str) -> Result<Option<Connection>, StoreError> {
        Ok(select(db, "WHERE organization_id = ?1 AND connection_id = ?2", [organization_id, connection_id])?.pop())
    }

    /// The organization's connections, oldest first.
    pub fn list(db: &Db, organization_id: &str) -> Result<Vec<Connection>, StoreError> {
        select(db, "WHERE organization_id = ?1 ORDER BY connection_id", [organization_id])
    }

    /// A new connection that is not stored yet.
    #[must_use]
    pub fn new(organization_id: &str, display_name: &str, identity_provider: &str) -> Connection {
        Connection {
            connection_id: ids::new_id("saml-connection"),
            organization_id: organization_id.to_owned(),
            display_name: display_name.to_owned(),
            identity_provider: identity_provider.to_owned(),
            settings: Settings::default(),
        }
    }

    /// Writes the row, new or known.
    pub fn put(&self, tx: &Transaction, now: OffsetDateTime) -> Result<(), StoreError> {
        let settings = serde_json::to_string(&self.settings)
            .map_err(|source| StoreError::Damaged { what: "SSO connection", source })?;
        tx.prepare_cached(
            "INSERT INTO sso_connections (connection_id, organization_id, display_name, identity_provider, settings, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (connection_id) DO UPDATE SET display_name = ?3, identity_provider = ?4, settings = ?5",
        )?
        .execute(params![
            self.connection_id,
            self.organization_id,
            self.display_name,
            self.identity_provider,
            settings,
            clock::text(now)
        ])?;
        Ok(())
    }

    /// Removes the connection, and with it its registrations and the roles that it gave.
    pub fn delete(&self, tx: &Transaction) -> Result<(), StoreError> {
        tx.prepare_cached("DELETE FROM sso_connections WHERE connection_id = ?1")?.execute([&self.connection_id])?;
        Ok(())
    }

    /// Replaces the assignments: those of groups, or those of everybody.
    pub fn assign(&self, tx: &Transaction, of_groups: bool, roles: &[Assignment]) -> Result<(), StoreError> {
        tx.prepare_cached("DELETE FROM sso_role_assignments WHERE connection_id = ?1 AND (group_name <> '') = ?2")?
            .execute(params![self.connection_id, of_groups])?;
        for Assignment { group, role_id } in roles {
            tx.prepare_cached(
                "INSERT OR IGNORE INTO sso_role_assignments (connection_id, group_name, role_id) VALUES (?1, ?2, ?3)",
            )?
            .execute([&self.connection_id, group, role_id])?;
        }
        Ok(())
    }

    fn assignments(&self, db: &Db) -> Result<Vec<Assignment>, StoreError> {
        let mut statement = db.prepare_cached(
            "SELECT group_name, role_id FROM sso_role_assignments WHERE connection_id = ?1 ORDER BY group_name, role_id",
        )?;
        let rows = statement
            .query_map([&self.connection_id], |row| Ok(Assignment { group: row.get(0)?, role_id: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The SAML Connection object.
    pub fn to_json(&self, db: &Db, base_url: &str) -> Result<Value, StoreError> {
        let (of_groups, of_all): (Vec<_>, Vec<_>) =
            self.assignments(db)?.into_iter().partition(|assignment| !assignment.group.is_empty());
        let groups: Vec<Value> =
            of_groups.iter().map(|one| json!({"role_id": one.role_id, "group": one.group})).collect();
        let everybody: Vec<Value> = of_all.iter().map(|one| json!({"role_id": one.role_id})).collect();
        let settings = &self.settings;
        let url = format!("{base_url}/v1/b2b/sso/callback/{}", self.connection_id);
        Ok(json!({
            "organization_id": self.organization_id,
            "connection_id": self.connection_id,
            "status": "active",
            "display_name": self.display_name,
            "identity_provider": self.identity_provider,
            "idp_entity_id": settings.idp_entity_id,
            "idp_sso_url": settings.idp_sso_url,
            "acs_url": url,
            "audience_uri": url,
            "attribute_mapping": settings.attribute_mapping,
            "alternative_audience_uri": settings.alternative_audience_uri,
            "alternative_acs_url": settings.alternative_acs_url,
            "nameid_format": settings.nameid_format,
            "idp_initiated_auth_disabled": settings.idp_initiated_auth_disabled,
            "allow_gateway_callback": settings.allow_gateway_callback,
            "signing_certificates": [],
            "verification_certificates": [],
            "encryption_private_keys": [],
            "saml_connection_implicit_role_assignments": everybody,
            "saml_group_implicit_role_assignments": groups,
        }))
    }

    /// One of `sso_active_connections` of the Organization object.
    #[must_use]
    pub fn brief(&self) -> Value {
        json!({
            "connection_id": self.connection_id,
            "display_name": self.display_name,
            "identity_provider": self.identity_provider,
        })
    }
}
