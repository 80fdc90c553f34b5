//! `/v1/projects/{project_id}/secrets`: the secrets of the management API itself. A project has as many as it likes; each
//! can be revoked, and rotated with an overlap in which both are good.
//!
//! The real service has this in its dashboard and its workspace API; paths and names are modelled on the latter.

use axum::{
    Router,
    extract::{Path, State},
    routing,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Deserialize;
use serde_json::{Value, json};
use time::Duration;

use super::{
    context::Context,
    envelope::{Answer, Reply},
    error::{self, ApiError},
    extract::{Body, length},
};
use crate::provider::{
    clock, ids,
    store::{StoreError, Transaction},
};

/// How long the old secret stays good after a rotation that does not say, in minutes.
const OVERLAP: i64 = 60;

/// The longest overlap that can be asked for, in minutes: four weeks.
const LONGEST: i64 = 28 * 24 * 60;

/// The routes of this module.
pub fn routes() -> Router<Context> {
    Router::new()
        .route("/v1/projects/{project_id}/secrets", routing::post(create).get(list))
        .route("/v1/projects/{project_id}/secrets/{secret_id}", routing::delete(revoke))
        .route("/v1/projects/{project_id}/secrets/{secret_id}/rotate", routing::post(rotate))
}

const SELECT: &str = "SELECT secret_id, last_four, name, created_at, expires_at FROM project_secrets ";

fn to_json(row: &Row) -> rusqlite::Result<Value> {
    Ok(json!({
        "secret_id": row.get::<_, String>(0)?,
        "last_four": row.get::<_, String>(1)?,
        "name": row.get::<_, String>(2)?,
        "created_at": row.get::<_, String>(3)?,
        "expires_at": row.get::<_, Option<String>>(4)?,
    }))
}

fn own(context: &Context, project_id: &str) -> Result<(), ApiError> {
    if *project_id == context.state.settings.project_id { Ok(()) } else { Err((&error::PROJECT_NOT_FOUND).into()) }
}

fn get(conn: &Connection, secret_id: &str) -> Result<Value, ApiError> {
    let found =
        conn.prepare_cached(&format!("{SELECT} WHERE secret_id = ?1"))?.query_row([secret_id], to_json).optional()?;
    found.ok_or_else(|| (&error::SECRET_NOT_FOUND).into())
}

/// Adds a secret. Returns it as it is shown this once.
fn insert(context: &Context, tx: &Transaction, name: &str) -> Result<Value, ApiError> {
    let (id, secret) = (ids::new_id("secret"), ids::new_secret());
    tx.execute(
        "INSERT INTO project_secrets (secret_id, secret_hash, last_four, created_at, name) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, ids::hash(&secret), ids::last_four(&secret), clock::text(context.state.clock.now()), name],
    )?;
    let mut shown = get(tx, &id)?;
    shown["secret"] = json!(secret);
    Ok(shown)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Create {
    name: String,
}

async fn create(State(context): State<Context>, Path(project): Path<String>, Body(body): Body<Create>) -> Answer {
    own(&context, &project)?;
    length("name", &body.name, 0, 128)?;
    context.write(|tx| Ok(Reply::of(json!({"created_secret": insert(&context, tx, &body.name)?}))))
}

async fn list(State(context): State<Context>, Path(project): Path<String>) -> Answer {
    own(&context, &project)?;
    context.read(|conn| {
        let now = clock::text(context.state.clock.now());
        let mut statement =
            conn.prepare_cached(&format!("{SELECT} WHERE expires_at IS NULL OR expires_at > ?1 ORDER BY secret_id"))?;
        let secrets: Vec<Value> = statement.query_map([now], to_json)?.collect::<Result<_, _>>()?;
        Ok(Reply::of(json!({"secrets": secrets})))
    })
}

/// Ends a secret now. The last one that does not end stays: without it nobody could get in any more.
async fn revoke(State(context): State<Context>, Path((project, id)): Path<(String, String)>) -> Answer {
    own(&context, &project)?;
    context.write(|tx| {
        get(tx, &id)?;
        let others: i64 = tx.query_row(
            "SELECT count(*) FROM project_secrets WHERE secret_id <> ?1 AND expires_at IS NULL",
            [&id],
            |row| row.get(0),
        )?;
        if others == 0 {
            return Err((&error::LAST_SECRET).into());
        }
        tx.execute("DELETE FROM project_secrets WHERE secret_id = ?1", [&id])?;
        Ok(Reply::of(json!({"secret_id": id})))
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Rotate {
    overlap_minutes: Option<i64>,
}

/// Gives a new secret in the place of one, which ends after the overlap.
async fn rotate(
    State(context): State<Context>,
    Path((project, id)): Path<(String, String)>,
    Body(body): Body<Rotate>,
) -> Answer {
    own(&context, &project)?;
    let overlap = body.overlap_minutes.unwrap_or(OVERLAP);
    if !(0..=LONGEST).contains(&overlap) {
        let message = format!("overlap_minutes is between 0 and {LONGEST}");
        return Err(ApiError::new(&error::INVALID_ARGUMENT, message));
    }
    context.write(|tx| {
        let old = get(tx, &id)?;
        let made = insert(&context, tx, old["name"].as_str().unwrap_or_default())?;
        expire(tx, &id, context.state.clock.now() + Duration::minutes(overlap))?;
        Ok(Reply::of(json!({"created_secret": made, "secret": get(tx, &id)?})))
    })
}

/// A secret that ends sooner already keeps its end.
fn expire(tx: &Transaction, secret_id: &str, at: time::OffsetDateTime) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE project_secrets SET expires_at = min(coalesce(expires_at, ?2), ?2) WHERE secret_id = ?1",
        [secret_id, &clock::text(at)],
    )?;
    Ok(())
}
