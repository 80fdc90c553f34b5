//! `/v1/b2b/sso`: single sign-on connections and the roles that they give (stytch-node, `lib/b2b/sso.ts`, `sso_saml.ts`).
//!
//! They are here for what hangs on them: the role sources `sso_connection` and `sso_connection_group`, and the SSO
//! registrations of members. A connection is active from the start, since nothing of the identity provider is needed.

pub mod record;

use axum::{
    Extension, Router,
    extract::{Path, State},
    routing,
};
use rusqlite::Connection as Db;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    context::{self, Context},
    envelope::{Answer, Reply},
    error::{self, ApiError},
    extract::Body,
    member_session::Acting,
    organizations::record::Organization,
    rbac,
    sessions::granting,
};
use crate::provider::{
    effects::{Action, Change, ConnectionKind, Object, Via},
    session::rbac::Policy,
    store::Transaction,
};
use record::{Assignment, Connection, IDENTITY_PROVIDERS};

/// The routes of this module.
pub fn routes() -> Router<Context> {
    Router::new()
        .route("/v1/b2b/sso/{organization_id}", routing::get(list))
        .route("/v1/b2b/sso/{organization_id}/connections/{connection_id}", routing::delete(delete))
        .route("/v1/b2b/sso/saml/{organization_id}", routing::post(create))
        .route("/v1/b2b/sso/saml/{organization_id}/connections/{connection_id}", routing::put(update))
}

/// The connection of the organization, as a path names it.
pub(super) fn named(db: &Db, organization: &Organization, connection_id: &str) -> Result<Connection, ApiError> {
    Connection::get(db, &organization.organization_id, connection_id)?
        .ok_or_else(|| (&error::SSO_CONNECTION_NOT_FOUND).into())
}

fn check_idp(identity_provider: Option<&str>) -> Result<(), ApiError> {
    match identity_provider {
        Some(idp) if !IDENTITY_PROVIDERS.contains(&idp) => {
            let message = format!("there is no identity_provider {idp:?}; there are {}", IDENTITY_PROVIDERS.join(", "));
            Err(ApiError::new(&error::INVALID_SSO_IDP, message))
        }
        _ => Ok(()),
    }
}

/// Sends the event of a change of a connection, and gives it as it is shown.
fn recorded(
    context: &Context,
    tx: &Transaction,
    connection: &Connection,
    (action, via): (Action, Via),
) -> Result<Value, ApiError> {
    let body = connection.to_json(tx, &context.state.settings.api_base_url)?;
    let object = Object::Connection {
        kind: ConnectionKind::Saml,
        connection_id: connection.connection_id.clone(),
        body: body.clone(),
    };
    context.apply(tx, &context.origin(&connection.organization_id, via), &Change::Recorded { object, action })?;
    Ok(body)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Create {
    display_name: String,
    identity_provider: Option<String>,
}

async fn create(State(context): State<Context>, Path(key): Path<String>, Body(body): Body<Create>) -> Answer {
    check_idp(body.identity_provider.as_deref())?;
    context.write(|tx| {
        let organization = context::organization(tx, &key)?;
        let idp = body.identity_provider.as_deref().unwrap_or("generic");
        let connection = Connection::new(&organization.organization_id, &body.display_name, idp);
        connection.put(tx, context.state.clock.now())?;
        let shown = recorded(&context, tx, &connection, (Action::Create, Via::Post))?;
        Ok(Reply::of(json!({"connection": shown})))
    })
}

async fn list(State(context): State<Context>, Path(key): Path<String>) -> Answer {
    context.read(|db| {
        let organization = context::organization(db, &key)?;
        let base_url = &context.state.settings.api_base_url;
        let connections: Vec<Value> = Connection::list(db, &organization.organization_id)?
            .iter()
            .map(|connection| connection.to_json(db, base_url))
            .collect::<Result<_, _>>()?;
        Ok(Reply::of(json!({"saml_connections": connections, "oidc_connections": [], "external_connections": []})))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConnectionRole {
    role_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupRole {
    role_id: String,
    #[serde(default)]
    group: String,
}

/// The body of an update: an absent field stays as it is, a list of assignments replaces the one before.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Update {
    display_name: Option<String>,
    identity_provider: Option<String>,
    idp_entity_id: Option<String>,
    idp_sso_url: Option<String>,
    attribute_mapping: Option<Map<String, Value>>,
    alternative_audience_uri: Option<String>,
    alternative_acs_url: Option<String>,
    nameid_format: Option<String>,
    idp_initiated_auth_disabled: Option<bool>,
    allow_gateway_callback: Option<bool>,
    saml_connection_implicit_role_assignments: Option<Vec<ConnectionRole>>,
    saml_group_implicit_role_assignments: Option<Vec<GroupRole>>,
}

impl Update {
    fn assigns_roles(&self) -> bool {
        self.saml_connection_implicit_role_assignments.is_some() || self.saml_group_implicit_role_assignments.is_some()
    }

    /// Writes what is set into `connection`, except assignments.
    fn write(&mut self, connection: &mut Connection) {
        fn set<T>(field: &mut T, value: &mut Option<T>) {
            if let Some(value) = value.take() {
                *field = value;
            }
        }
        let settings = &mut connection.settings;
        set(&mut connection.display_name, &mut self.display_name);
        set(&mut connection.identity_provider, &mut self.identity_provider);
        set(&mut settings.idp_entity_id, &mut self.idp_entity_id);
        set(&mut settings.idp_sso_url, &mut self.idp_sso_url);
        set(&mut settings.attribute_mapping, &mut self.attribute_mapping);
        set(&mut settings.alternative_audience_uri, &mut self.alternative_audience_uri);
        set(&mut settings.alternative_acs_url, &mut self.alternative_acs_url);
        set(&mut settings.nameid_format, &mut self.nameid_format);
        set(&mut settings.idp_initiated_auth_disabled, &mut self.idp_initiated_auth_disabled);
        set(&mut settings.allow_gateway_callback, &mut self.allow_gateway_callback);
    }

    /// Writes the assignments. Groups come by the attribute that the mapping calls `groups` (stytch-node, `sso_saml.ts`).
    fn assign(self, tx: &Transaction, organization: &Organization, connection: &Connection) -> Result<(), ApiError> {
        let policy = Policy::put_by_user(tx)?;
        let known = |role_id: &str| rbac::known_role(policy.as_ref(), &organization.settings.custom_roles, role_id);
        if let Some(roles) = self.saml_connection_implicit_role_assignments {
            roles.iter().try_for_each(|one| known(&one.role_id))?;
            let roles: Vec<Assignment> =
                roles.into_iter().map(|one| Assignment { group: String::new(), role_id: one.role_id }).collect();
            connection.assign(tx, false, &roles)?;
        }
        if let Some(roles) = self.saml_group_implicit_role_assignments {
            if !roles.is_empty() && !connection.settings.attribute_mapping.contains_key("groups") {
                return Err((&error::SAML_GROUPS_UNMAPPED).into());
            }
            if roles.iter().any(|one| one.group.is_empty()) {
                return Err((&error::SAML_ROLE_WITHOUT_GROUP).into());
            }
            roles.iter().try_for_each(|one| known(&one.role_id))?;
            let roles: Vec<Assignment> =
                roles.into_iter().map(|one| Assignment { group: one.group, role_id: one.role_id }).collect();
            connection.assign(tx, true, &roles)?;
        }
        Ok(())
    }
}

async fn update(
    State(context): State<Context>,
    Path((key, id)): Path<(String, String)>,
    acting: Option<Extension<Acting>>,
    Body(mut body): Body<Update>,
) -> Answer {
    check_idp(body.identity_provider.as_deref())?;
    context.write(|tx| {
        if let Some(Extension(Acting(session))) = &acting
            && body.assigns_roles()
        {
            granting(tx, session, "stytch.organization", "update.settings.implicit-roles")?;
        }
        let organization = context::organization(tx, &key)?;
        let mut connection = named(tx, &organization, &id)?;
        let before = connection.to_json(tx, &context.state.settings.api_base_url)?;
        body.write(&mut connection);
        connection.put(tx, context.state.clock.now())?;
        body.assign(tx, &organization, &connection)?;
        let after = connection.to_json(tx, &context.state.settings.api_base_url)?;
        if after != before {
            recorded(&context, tx, &connection, (Action::Update, Via::Put))?;
        }
        Ok(Reply::of(json!({"connection": after})))
    })
}

/// Who came by it stays a member, and loses the registration and the roles that the connection gave. Sessions stay.
async fn delete(State(context): State<Context>, Path((key, id)): Path<(String, String)>) -> Answer {
    context.write(|tx| {
        let organization = context::organization(tx, &key)?;
        let connection = named(tx, &organization, &id)?;
        connection.delete(tx)?;
        recorded(&context, tx, &connection, (Action::Delete, Via::Delete))?;
        Ok(Reply::of(json!({"connection_id": connection.connection_id})))
    })
}
