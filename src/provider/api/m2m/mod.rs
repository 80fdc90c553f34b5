//! `/v1/m2m/clients`: machine clients (stytch-node, `lib/b2c/m2m_clients.ts`); and the token endpoint, [`oauth`].

pub mod oauth;

use axum::{
    Router,
    extract::{Path, State},
    routing,
};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    context::Context,
    envelope::{Answer, Reply},
    error::{self, ApiError},
    extract::{Body, alphabet, length},
    members::merge_metadata,
    search::{Filters, Search, Wanted},
};
use crate::provider::{ids, m2m::client::Client, store::StoreError};

/// The routes of this module that need credentials.
pub fn routes() -> Router<Context> {
    Router::new()
        .route("/v1/m2m/clients", routing::post(create))
        .route("/v1/m2m/clients/search", routing::post(search))
        .route("/v1/m2m/clients/{client_id}", routing::get(get).put(update).delete(delete))
        .route("/v1/m2m/clients/{client_id}/secrets/rotate/start", routing::post(rotate_start))
        .route("/v1/m2m/clients/{client_id}/secrets/rotate/cancel", routing::post(rotate_cancel))
        .route("/v1/m2m/clients/{client_id}/secrets/rotate", routing::post(rotate))
}

fn named(conn: &Connection, client_id: &str) -> Result<Client, ApiError> {
    Client::get(conn, client_id)?.ok_or_else(|| (&error::CLIENT_NOT_FOUND).into())
}

/// Scopes are words of RFC 6749 section 3.3: visible ASCII without quotes and backslashes.
fn valid_scopes(scopes: &[String]) -> Result<(), ApiError> {
    let word = |scope: &String| {
        !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
    };
    match scopes.iter().find(|scope| !word(scope)) {
        None if scopes.len() <= 100 => Ok(()),
        None => Err((&error::TOO_MANY_CLIENT_SCOPES).into()),
        Some(scope) => Err(ApiError::new(&error::INVALID_CLIENT_SCOPE, format!("{scope:?} is no scope"))),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Create {
    client_id: Option<String>,
    client_secret: Option<String>,
    client_name: String,
    client_description: String,
    scopes: Vec<String>,
    trusted_metadata: Map<String, Value>,
    connection_id: Option<String>,
}

async fn create(State(context): State<Context>, Body(body): Body<Create>) -> Answer {
    valid_scopes(&body.scopes)?;
    let mut trusted_metadata = Map::new();
    merge_metadata("trusted_metadata", &mut trusted_metadata, body.trusted_metadata)?;
    if let Some(id) = &body.client_id {
        length("client_id", id, 1, 128)
            .and_then(|()| alphabet("client_id", id, "-._"))
            .map_err(|error| error.as_kind(&error::INVALID_CLIENT_ID))?;
    }
    if let Some(secret) = &body.client_secret {
        length("client_secret", secret, 16, 128)
            .and_then(|()| alphabet("client_secret", secret, "-._~"))
            .map_err(|error| error.as_kind(&error::INSECURE_CLIENT_SECRET))?;
    }
    let secret = body.client_secret.unwrap_or_else(ids::new_secret);
    let client = Client {
        client_id: body.client_id.unwrap_or_else(|| ids::new_id("m2m-client")),
        client_name: body.client_name,
        client_description: body.client_description,
        active: true,
        scopes: body.scopes,
        trusted_metadata,
        connection_id: body.connection_id,
        client_secret_last_four: ids::last_four(&secret).to_owned(),
        next_client_secret_last_four: None,
    };
    context.write(|tx| {
        if let Some(id) = &client.connection_id
            && crate::provider::store::connections::gate(tx, id)?.is_none()
        {
            return Err((&error::CONNECTION_NOT_FOUND).into());
        }
        client.insert(tx, &secret, context.state.clock.now()).map_err(taken)?;
        let mut shown = client.to_json();
        shown["client_secret"] = json!(secret);
        Ok(Reply::of(json!({"m2m_client": shown})))
    })
}

fn taken(error: StoreError) -> ApiError {
    match error.violated_unique() {
        Some(_) => (&error::CLIENT_ID_USED).into(),
        None => error.into(),
    }
}

async fn get(State(context): State<Context>, Path(id): Path<String>) -> Answer {
    context.read(|conn| Ok(Reply::of(json!({"m2m_client": named(conn, &id)?.to_json()}))))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Update {
    client_name: Option<String>,
    client_description: Option<String>,
    status: Option<String>,
    scopes: Option<Vec<String>>,
    trusted_metadata: Option<Map<String, Value>>,
}

async fn update(State(context): State<Context>, Path(id): Path<String>, Body(body): Body<Update>) -> Answer {
    let active = match body.status.as_deref() {
        None => None,
        Some("active") => Some(true),
        Some("inactive") => Some(false),
        Some(_) => return Err(ApiError::new(&error::INVALID_ARGUMENT, "status is active or inactive")),
    };
    if let Some(scopes) = &body.scopes {
        valid_scopes(scopes)?;
    }
    context.write(|tx| {
        let mut client = named(tx, &id)?;
        client.client_name = body.client_name.unwrap_or(client.client_name);
        client.client_description = body.client_description.unwrap_or(client.client_description);
        client.active = active.unwrap_or(client.active);
        client.scopes = body.scopes.unwrap_or(client.scopes);
        if let Some(metadata) = body.trusted_metadata {
            merge_metadata("trusted_metadata", &mut client.trusted_metadata, metadata)?;
        }
        client.update(tx)?;
        Ok(Reply::of(json!({"m2m_client": client.to_json()})))
    })
}

async fn delete(State(context): State<Context>, Path(id): Path<String>) -> Answer {
    context.write(|tx| {
        named(tx, &id)?.delete(tx)?;
        Ok(Reply::of(json!({"client_id": id})))
    })
}

/// What clients can be searched by.
const FILTERS: Filters = Filters {
    names: &["client_id", "client_name", "scopes"],
    unknown: &error::CLIENT_FILTER_UNKNOWN,
    // None of them is fuzzy.
    too_short: &error::INVALID_ARGUMENT,
};

async fn search(State(context): State<Context>, Body(search): Body<Search>) -> Answer {
    let query = search.query(&FILTERS)?;
    let matches = |client: &Client, name: &str, wanted: &Wanted| match name {
        "client_id" => wanted.has(&client.client_id),
        "client_name" => wanted.has(&client.client_name),
        _ => client.scopes.iter().any(|scope| wanted.has(scope)),
    };
    context.read(|conn| {
        let mut found = Vec::new();
        for client in Client::all(conn)? {
            if query.matches(|name, wanted| Ok(matches(&client, name, wanted)))? {
                found.push(client);
            }
        }
        let page = search.page(found, |client| client.client_id.clone())?;
        let clients: Vec<Value> = page.items.iter().map(Client::to_json).collect();
        Ok(Reply::of(json!({"m2m_clients": clients, "results_metadata": page.metadata})))
    })
}

async fn rotate_start(State(context): State<Context>, Path(id): Path<String>) -> Answer {
    let secret = ids::new_secret();
    context.write(|tx| {
        let mut client = named(tx, &id)?;
        if client.next_client_secret_last_four.is_some() {
            // As with connections: replacing it would cut off whoever has been given it already.
            return Err((&error::CLIENT_ROTATING).into());
        }
        client.start_rotation(tx, &secret)?;
        let mut shown = client.to_json();
        shown["next_client_secret"] = json!(secret);
        Ok(Reply::of(json!({"m2m_client": shown})))
    })
}

async fn rotate(State(context): State<Context>, Path(id): Path<String>) -> Answer {
    end_rotation(&context, &id, true)
}

async fn rotate_cancel(State(context): State<Context>, Path(id): Path<String>) -> Answer {
    end_rotation(&context, &id, false)
}

fn end_rotation(context: &Context, id: &str, keep_next: bool) -> Answer {
    context.write(|tx| {
        let mut client = named(tx, id)?;
        if client.next_client_secret_last_four.is_none() {
            return Err((&error::CLIENT_NOT_ROTATING).into());
        }
        client.end_rotation(tx, keep_next)?;
        Ok(Reply::of(json!({"m2m_client": client.to_json()})))
    })
}
