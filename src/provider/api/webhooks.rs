//! `/v1/webhooks`: endpoints and the delivery log. All of it is ours: the real service has it in its dashboard.

use axum::{
    Router,
    extract::{Path, State},
    routing,
};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    context::{self, Context},
    envelope::{Answer, Reply},
    error::{self, ApiError},
    extract::{Args, Body},
};
use crate::provider::{
    clock,
    webhook::{
        catalogue,
        endpoint::{Edit, Endpoint},
        log,
    },
};

/// The routes of this module.
pub fn routes() -> Router<Context> {
    Router::new()
        .route("/v1/webhooks/endpoints", routing::post(create).get(list))
        .route("/v1/webhooks/endpoints/{endpoint_id}", routing::get(get).put(update).delete(delete))
        .route("/v1/webhooks/endpoints/{endpoint_id}/rotate_secret", routing::post(rotate_secret))
        .route("/v1/webhooks/endpoints/{endpoint_id}/replay", routing::post(replay_since))
        .route("/v1/webhooks/event_types", routing::get(event_types))
        .route("/v1/webhooks/deliveries", routing::get(deliveries))
        .route("/v1/webhooks/deliveries/{delivery_id}/replay", routing::post(replay))
}

fn named(conn: &Connection, endpoint_id: &str) -> Result<Endpoint, ApiError> {
    Endpoint::get(conn, endpoint_id)?.ok_or_else(|| (&error::ENDPOINT_NOT_FOUND).into())
}

fn valid_url(text: &str) -> Result<(), ApiError> {
    let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if url.is_some() { Ok(()) } else { Err((&error::INVALID_URL).into()) }
}

/// Refuses a type that there is none of: the filter would never match.
fn known_types(types: &[String]) -> Result<(), ApiError> {
    let known = |name: &String| catalogue::known(name).map_err(|words| ApiError::new(&error::INVALID_ARGUMENT, words));
    types.iter().try_for_each(known)
}

async fn event_types() -> Answer {
    let types: Vec<Value> =
        catalogue::event_types().iter().map(|known| json!({"name": known.name, "description": known.about})).collect();
    Ok(Reply::of(json!({"event_types": types})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    url: String,
    organization_id: Option<String>,
    #[serde(default)]
    event_types: Vec<String>,
}

async fn create(State(context): State<Context>, Body(body): Body<Create>) -> Answer {
    valid_url(&body.url)?;
    known_types(&body.event_types)?;
    context.write(|tx| {
        let organization = body.organization_id.as_deref().map(|key| context::organization(tx, key)).transpose()?;
        let (endpoint, secret) = Endpoint::insert(
            tx,
            &body.url,
            organization.as_ref().map(|organization| organization.organization_id.as_str()),
            &body.event_types,
            context.state.clock.now(),
        )?;
        let mut shown = endpoint.to_json();
        shown["secret"] = json!(secret);
        Ok(Reply::of(json!({"endpoint_id": endpoint.endpoint_id, "secret": secret, "endpoint": shown})))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfOrganization {
    organization_id: Option<String>,
}

async fn list(State(context): State<Context>, Args(args): Args<OfOrganization>) -> Answer {
    context.read(|conn| {
        let organization = args.organization_id.as_deref().map(|key| context::organization(conn, key)).transpose()?;
        let id = organization.map(|organization| organization.organization_id);
        let endpoints: Vec<Value> = Endpoint::list(conn, id.as_deref())?.iter().map(Endpoint::to_json).collect();
        Ok(Reply::of(json!({"endpoints": endpoints})))
    })
}

async fn get(State(context): State<Context>, Path(id): Path<String>) -> Answer {
    context.read(|conn| Ok(Reply::of(json!({"endpoint": named(conn, &id)?.to_json()}))))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    url: Option<String>,
    event_types: Option<Vec<String>>,
    disabled: Option<bool>,
}

async fn update(State(context): State<Context>, Path(id): Path<String>, Body(body): Body<Update>) -> Answer {
    body.url.as_deref().map(valid_url).transpose()?;
    known_types(body.event_types.as_deref().unwrap_or_default())?;
    context.write(|tx| {
        let mut endpoint = named(tx, &id)?;
        let edit = Edit { url: body.url, event_types: body.event_types, disabled: body.disabled };
        endpoint.edit(tx, edit, context.state.clock.now())?;
        Ok(Reply::of(json!({"endpoint": endpoint.to_json()})))
    })
}

async fn delete(State(context): State<Context>, Path(id): Path<String>) -> Answer {
    context.write(|tx| {
        named(tx, &id)?.delete(tx)?;
        Ok(Reply::of(json!({"endpoint_id": id})))
    })
}

async fn rotate_secret(State(context): State<Context>, Path(id): Path<String>) -> Answer {
    context.write(|tx| {
        let secret = named(tx, &id)?.rotate_secret(tx, context.state.clock.now())?;
        Ok(Reply::of(json!({"endpoint_id": id, "secret": secret})))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    since: Option<String>,
}

async fn replay_since(State(context): State<Context>, Path(id): Path<String>, Body(body): Body<Since>) -> Answer {
    let since = match &body.since {
        None => time::OffsetDateTime::UNIX_EPOCH,
        Some(text) => {
            clock::parse(text).ok_or_else(|| ApiError::new(&error::INVALID_ARGUMENT, "since is an RFC 3339 time"))?
        }
    };
    let replayed = context.write(|tx| {
        named(tx, &id)?;
        Ok(log::replay_since(tx, &id, since, context.state.clock.now())?)
    })?;
    context.bell.ring();
    Ok(Reply::of(json!({"replayed": replayed})))
}

async fn replay(State(context): State<Context>, Path(id): Path<String>) -> Answer {
    let known = context.write(|tx| Ok(log::replay(tx, &id, context.state.clock.now())?))?;
    if !known {
        return Err((&error::DELIVERY_NOT_FOUND).into());
    }
    context.bell.ring();
    Ok(Reply::of(json!({"delivery_id": id})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    organization_id: Option<String>,
    endpoint_id: Option<String>,
    event_id: Option<String>,
    status: Option<String>,
    cursor: Option<i64>,
    limit: Option<usize>,
}

/// The log, oldest first; 100 deliveries unless `limit` says otherwise, up to 1000.
async fn deliveries(State(context): State<Context>, Args(which): Args<Which>) -> Answer {
    let limit = which.limit.unwrap_or(100);
    if !(1..=1000).contains(&limit) {
        return Err(ApiError::new(&error::INVALID_ARGUMENT, "limit is between 1 and 1000"));
    }
    if which.status.as_deref().is_some_and(|status| !["pending", "delivered", "failed"].contains(&status)) {
        return Err(ApiError::new(&error::INVALID_ARGUMENT, "status is pending, delivered or failed"));
    }
    context.read(|conn| {
        let organization = which.organization_id.as_deref().map(|key| context::organization(conn, key)).transpose()?;
        let filter = log::Filter {
            organization_id: organization.map(|organization| organization.organization_id),
            endpoint_id: which.endpoint_id,
            status: which.status,
            event_id: which.event_id,
            after: which.cursor.unwrap_or_default(),
        };
        let mut deliveries = log::list(conn, &filter, limit + 1)?;
        let more = deliveries.len() > limit;
        deliveries.truncate(limit);
        let next = deliveries.last().filter(|_| more).map(|delivery| delivery["log_id"].to_string());
        Ok(Reply::of(json!({"deliveries": deliveries, "next_cursor": next})))
    })
}
