//! `/v1/b2b/scim/{organization_id}/connection`: the SCIM connection of an organization, its groups, its role assignments
//! and the rotation of its token.

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
    extract::{Args, Body},
    member_session::Acting,
    organizations::record::Organization,
    rbac,
    sessions::granting,
};
use crate::provider::{
    effects::{Action, Change, ConnectionKind, Object, RotationRestart, Via},
    session::rbac::Policy,
    store::Transaction,
};
use record::{Connection, GroupRole, IDENTITY_PROVIDERS, Shown};

/// The routes of this module.
pub fn routes() -> Router<Context> {
    Router::new()
        .route("/v1/b2b/scim/{organization_id}/connection", routing::post(create).get(get))
        // The path of one connection lists its groups: so the real service has it.
        .route(
            "/v1/b2b/scim/{organization_id}/connection/{connection_id}",
            routing::get(groups).put(update).delete(delete),
        )
        .route("/v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/start", routing::post(rotate_start))
        .route(
            "/v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/complete",
            routing::post(rotate_complete),
        )
        .route("/v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/cancel", routing::post(rotate_cancel))
}

fn shown(context: &Context, db: &Db, connection: &Connection, shown: &Shown) -> Answer {
    let object = connection.to_json(db, &context.state.settings.api_base_url, shown)?;
    Ok(Reply::of(json!({"connection": object})))
}

/// Sends the event of a change of a connection. It embeds the object as it is read: never with a token.
fn record(
    context: &Context,
    tx: &Transaction,
    connection: &Connection,
    (action, via): (Action, Via),
) -> Result<(), ApiError> {
    let object = Object::Connection {
        kind: ConnectionKind::Scim,
        connection_id: connection.connection_id.clone(),
        body: connection.to_json(tx, &context.state.settings.api_base_url, &Shown::Nothing)?,
    };
    context.apply(tx, &context.origin(&connection.organization_id, via), &Change::Recorded { object, action })
}

/// The organization's connection, if it is the one that the path names.
fn named(db: &Db, organization: &str, connection_id: &str) -> Result<(Organization, Connection), ApiError> {
    let organization = context::organization(db, organization)?;
    let connection = Connection::active(db, &organization.organization_id)?
        .filter(|connection| connection.connection_id == connection_id)
        .ok_or(&error::CONNECTION_NOT_FOUND)?;
    Ok((organization, connection))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Edit {
    display_name: Option<String>,
    identity_provider: Option<String>,
    scim_group_implicit_role_assignments: Option<Vec<Map<String, Value>>>,
}

impl Edit {
    fn check(&self) -> Result<(), ApiError> {
        match &self.identity_provider {
            Some(idp) if !IDENTITY_PROVIDERS.contains(&idp.as_str()) => {
                let message =
                    format!("there is no identity_provider {idp:?}; there are {}", IDENTITY_PROVIDERS.join(", "));
                Err(ApiError::new(&error::INVALID_IDP, message))
            }
            _ => Ok(()),
        }
    }
}

async fn create(State(context): State<Context>, Path(key): Path<String>, Body(body): Body<Edit>) -> Answer {
    body.check()?;
    if body.scim_group_implicit_role_assignments.is_some_and(|assignments| !assignments.is_empty()) {
        // A new connection has no groups yet that roles could hang on.
        return Err((&error::ASSIGNMENT_GROUP_UNKNOWN).into());
    }
    context.write(|tx| {
        let organization = context::organization(tx, &key)?;
        if Connection::active(tx, &organization.organization_id)?.is_some() {
            return Err((&error::ACTIVE_CONNECTION_EXISTS).into());
        }
        let (connection, token) = Connection::insert(
            tx,
            &organization.organization_id,
            body.display_name.as_deref().unwrap_or("SCIM Connection"),
            body.identity_provider.as_deref().unwrap_or("generic"),
            organization.settings.policies.token_life,
            context.state.clock.now(),
        )?;
        record(&context, tx, &connection, (Action::Create, Via::Post))?;
        shown(&context, tx, &connection, &Shown::Token(&token))
    })
}

async fn get(State(context): State<Context>, Path(key): Path<String>) -> Answer {
    context.read(|db| {
        let organization = context::organization(db, &key)?;
        let connection = Connection::active(db, &organization.organization_id)?.ok_or(&error::NO_ACTIVE_CONNECTION)?;
        shown(&context, db, &connection, &Shown::Nothing)
    })
}

async fn update(
    State(context): State<Context>,
    Path((key, id)): Path<(String, String)>,
    acting: Option<Extension<Acting>>,
    Body(body): Body<Edit>,
) -> Answer {
    body.check()?;
    context.write(|tx| {
        if let Some(Extension(Acting(session))) = &acting
            && body.scim_group_implicit_role_assignments.is_some()
        {
            granting(tx, session, "stytch.organization", "update.settings.implicit-roles")?;
        }
        let (organization, mut connection) = named(tx, &key, &id)?;
        let before = connection.to_json(tx, &context.state.settings.api_base_url, &Shown::Nothing)?;
        if let Some(name) = body.display_name {
            connection.display_name = name;
        }
        if let Some(idp) = body.identity_provider {
            connection.identity_provider = idp;
        }
        connection.update(tx)?;
        if let Some(assignments) = body.scim_group_implicit_role_assignments {
            let roles = assignments
                .iter()
                .map(|assignment| group_role(tx, &organization, &connection, assignment))
                .collect::<Result<Vec<GroupRole>, ApiError>>()?;
            connection.assign(tx, &roles)?;
        }
        if connection.to_json(tx, &context.state.settings.api_base_url, &Shown::Nothing)? != before {
            record(&context, tx, &connection, (Action::Update, Via::Put))?;
        }
        shown(&context, tx, &connection, &Shown::Nothing)
    })
}

/// Reads one assignment. `group_name` may stand there, as it does in what is read, and says nothing.
fn group_role(
    db: &Db,
    organization: &Organization,
    connection: &Connection,
    assignment: &Map<String, Value>,
) -> Result<GroupRole, ApiError> {
    if let Some(key) = assignment.keys().find(|key| !["group_id", "role_id", "group_name"].contains(&key.as_str())) {
        let message = format!("an entry of scim_group_implicit_role_assignments has no field {key:?}");
        return Err(ApiError::new(&error::INVALID_ARGUMENT, message));
    }
    let text = |key: &str| assignment.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let group_id = text("group_id").ok_or(&error::ASSIGNMENT_WITHOUT_GROUP)?;
    let role_id = text("role_id").ok_or(&error::INVALID_ROLE)?;
    rbac::known_role(Policy::put_by_user(db)?.as_ref(), &organization.settings.custom_roles, role_id)?;
    if !connection.has_group(db, group_id)? {
        return Err((&error::ASSIGNMENT_GROUP_UNKNOWN).into());
    }
    Ok(GroupRole { group_id: group_id.to_owned(), role_id: role_id.to_owned() })
}

async fn delete(State(context): State<Context>, Path((key, id)): Path<(String, String)>) -> Answer {
    context.write(|tx| {
        let (organization, connection) = named(tx, &key, &id)?;
        let change = Change::ConnectionDeleted { connection_id: connection.connection_id.clone() };
        context.apply(tx, &context.origin(&organization.organization_id, Via::Delete), &change)?;
        Ok(Reply::of(json!({"connection_id": connection.connection_id})))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    cursor: Option<String>,
    limit: Option<usize>,
}

/// 100 groups unless `limit` says otherwise, up to 1000 (stytch-go, `scim_connection.go`).
async fn groups(
    State(context): State<Context>,
    Path((key, id)): Path<(String, String)>,
    Args(page): Args<Page>,
) -> Answer {
    let limit = page.limit.unwrap_or(100);
    if !(1..=1000).contains(&limit) {
        return Err(ApiError::new(&error::INVALID_ARGUMENT, "limit is between 1 and 1000"));
    }
    context.read(|db| {
        let (_, connection) = named(db, &key, &id)?;
        let mut groups = connection.groups(db, page.cursor.as_deref().unwrap_or_default(), limit + 1)?;
        let more = groups.len() > limit;
        groups.truncate(limit);
        let next = groups.last().filter(|_| more).map(|group| group["group_id"].clone());
        Ok(Reply::of(json!({"scim_groups": groups, "next_cursor": next})))
    })
}

async fn rotate_start(State(context): State<Context>, Path((key, id)): Path<(String, String)>) -> Answer {
    context.write(|tx| {
        let (organization, mut connection) = named(tx, &key, &id)?;
        let policies = &organization.settings.policies;
        if connection.next.is_some() && policies.rotation_restart == RotationRestart::Refuse {
            return Err((&error::ALREADY_ROTATING).into());
        }
        let token = connection.start_rotation(tx, policies.token_life, context.state.clock.now())?;
        record(&context, tx, &connection, (Action::Update, Via::Post))?;
        shown(&context, tx, &connection, &Shown::NextToken(&token))
    })
}

async fn rotate_complete(State(context): State<Context>, Path((key, id)): Path<(String, String)>) -> Answer {
    end_rotation(&context, &key, &id, true)
}

async fn rotate_cancel(State(context): State<Context>, Path((key, id)): Path<(String, String)>) -> Answer {
    end_rotation(&context, &key, &id, false)
}

fn end_rotation(context: &Context, key: &str, id: &str, keep_next: bool) -> Answer {
    context.write(|tx| {
        let (_, mut connection) = named(tx, key, id)?;
        if connection.next.is_none() {
            return Err((&error::NOT_ROTATING).into());
        }
        connection.end_rotation(tx, keep_next)?;
        record(context, tx, &connection, (Action::Update, Via::Post))?;
        shown(context, tx, &connection, &Shown::Nothing)
    })
}
