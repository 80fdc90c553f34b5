//! Resources as they are sent: what the server knows (`id`, `meta`, `groups`, `members`) around what was stored.

use axum::{body::Bytes, http::header};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{
    answer::{Answer, Refusal},
    call::Call,
    endpoint::Kind,
    members, precondition,
    scope::Scope,
};
use crate::{
    provider::{
        app::PatchResponse,
        store::{
            StoreError, groups,
            kept::Kept,
            resources,
            rows::{Row, Stored, Table},
            users,
        },
    },
    scim::{
        error::ScimError,
        projection::{Projection, Writer, text},
        schema::ResourceType,
    },
};

/// A resource with its version, as it is sent.
#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) id: String,
    pub(super) version: i64,
    /// JSON.
    pub(super) text: String,
}

impl Kind {
    /// The table of the type.
    pub(super) fn table(self) -> &'static Table {
        match self {
            Kind::User => &users::TABLE,
            Kind::Group => &groups::TABLE,
            Kind::Custom(_) => &resources::TABLE,
        }
    }

    /// The attribute that is looked up beside the row.
    pub(super) fn derived(self) -> Option<&'static str> {
        match self {
            Kind::User => Some("groups"),
            Kind::Group => Some("members"),
            Kind::Custom(_) => None,
        }
    }
}

/// What a projection shows of a resource; what is looked up beside the row, only if it is wanted.
pub(super) fn projected(
    scope: &Scope,
    conn: &Connection,
    kind: Kind,
    row: &Row,
    projection: &Projection,
) -> Result<Rendered, Refusal> {
    let wanted = kind.derived().is_some_and(|name| projection.wants(name));
    rendered(scope, conn, kind, row, Some(projection), wanted)
}

/// A User of a row as it is sent by default, kept for the next read where one row tells everything. `name` is its folded
/// user name, if it was found by that; `generation` is older than the row.
pub(super) fn kept(
    scope: &Scope,
    conn: &Connection,
    row: &Row,
    name: Option<&str>,
    generation: u64,
) -> Result<Kept, Refusal> {
    let text = projected(scope, conn, Kind::User, row, &Projection::default())?.text;
    let kept = Kept { version: row.version, text: text.into() };
    if !row.derived {
        scope.state.store.keep(&scope.connection_id, (row.row, row.id, name), kept.clone(), generation);
    }
    Ok(kept)
}

/// All of a resource, as a filter judges it; what is looked up beside the row, only if `with_derived`.
pub(super) fn whole(
    scope: &Scope,
    conn: &Connection,
    kind: Kind,
    row: &Row,
    with_derived: bool,
) -> Result<Value, Refusal> {
    let text = rendered(scope, conn, kind, row, None, with_derived)?.text;
    Ok(serde_json::from_str(&text).map_err(|source| StoreError::Damaged { what: kind.table().what, source })?)
}

/// A stored resource with a projection, by its id.
pub(super) fn by_id(
    scope: &Scope,
    conn: &Connection,
    kind: Kind,
    id: &str,
    projection: &Projection,
) -> Result<Rendered, Refusal> {
    one(scope, conn, kind, id, |row| projected(scope, conn, kind, row, projection))
}

/// What `call` makes of the row of a stored resource.
pub(super) fn one<T>(
    scope: &Scope,
    conn: &Connection,
    kind: Kind,
    id: &str,
    call: impl FnOnce(&Row) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let type_ = &scope.resource_type(kind)?.name;
    kind.table().one(conn, &scope.connection_id, type_, id, call)?.ok_or_else(|| not_found(type_, id))
}

/// A stored resource to be changed, by its id.
pub(super) fn stored(scope: &Scope, conn: &Connection, kind: Kind, id: &str) -> Result<Stored, Refusal> {
    let type_ = &scope.resource_type(kind)?.name;
    kind.table().get(conn, &scope.connection_id, type_, id)?.ok_or_else(|| not_found(type_, id))
}

fn not_found(type_: &str, id: &str) -> Refusal {
    let id: String = id.chars().take(120).collect();
    ScimError::not_found(format!("there is no {type_} with id `{id}`")).into()
}

/// `schemas`, `id`, then the rest as stored, then what the server knows.
fn rendered(
    scope: &Scope,
    conn: &Connection,
    kind: Kind,
    row: &Row,
    projection: Option<&Projection>,
    with_derived: bool,
) -> Result<Rendered, Refusal> {
    let rt = scope.resource_type(kind)?;
    let derived = if with_derived && row.derived { derived(scope, conn, kind, row.id)? } else { None };
    let damaged = |source| StoreError::Damaged { what: kind.table().what, source };
    let room = row.resource.len() + derived.as_ref().map_or(0, String::len) + 512;
    let mut writer = Writer::new(projection, rt, scope.registry(), room);
    let mut id = String::with_capacity(row.id.len() + 2);
    text::quote(row.id, &mut id);
    writer.document(row.resource, |writer| writer.member("id", &id)).map_err(damaged)?;
    if let Some((name, derived)) = kind.derived().zip(derived) {
        writer.member(name, &derived).map_err(damaged)?;
    }
    writer.member("meta", &meta(scope, rt, kind, row)).map_err(damaged)?;
    Ok(Rendered { id: row.id.to_owned(), version: row.version, text: writer.finish() })
}

/// The `groups` of a User, the `members` of a Group; `None` if there are none.
fn derived(scope: &Scope, conn: &Connection, kind: Kind, id: &str) -> Result<Option<String>, StoreError> {
    let list = match kind {
        Kind::User => users::groups_of(conn, id)?
            .into_iter()
            .map(|group| {
                json!({
                    "value": group.group_id,
                    "$ref": scope.location(Kind::Group, &group.group_id),
                    "display": group.display,
                    "type": if group.direct { "direct" } else { "indirect" },
                })
            })
            .collect(),
        Kind::Group => members::to_json(scope, &groups::members(conn, id)?),
        Kind::Custom(_) => Value::Null,
    };
    Ok(list.as_array().is_some_and(|list| !list.is_empty()).then(|| list.to_string()))
}

fn meta(scope: &Scope, rt: &ResourceType, kind: Kind, row: &Row) -> String {
    let location = scope.location(kind, row.id);
    let tag = precondition::tag(row.version);
    let mut meta = String::with_capacity(192 + location.len());
    for (name, value) in [
        ("{\"resourceType\":", rt.name.as_str()),
        (",\"created\":", row.created_at),
        (",\"lastModified\":", row.last_modified),
        (",\"location\":", &location),
        (",\"version\":", &tag),
    ] {
        meta.push_str(name);
        text::quote(value, &mut meta);
    }
    meta.push('}');
    meta
}

/// The answer to a read of one resource: 200 with it, or 304.
pub(super) fn found(scope: &Scope, kind: Kind, call: &Call, id: &str, version: i64, text: Bytes) -> Answer {
    if precondition::not_modified(call, version) {
        return Answer::empty(304).with(header::ETAG, &precondition::tag(version));
    }
    placed(scope, kind, id, version, Answer::text(200, text))
}

/// The answer to a write: a status with the resource, its place and its version.
pub(super) fn written(scope: &Scope, kind: Kind, status: u16, rendered: Rendered) -> Answer {
    let answer = Answer::text(status, rendered.text);
    placed(scope, kind, &rendered.id, rendered.version, answer).of(rendered.id)
}

/// With the place and the version of the resource.
fn placed(scope: &Scope, kind: Kind, id: &str, version: i64, answer: Answer) -> Answer {
    let mut answer = answer.with(header::LOCATION, &scope.location(kind, id));
    if let Some(place) = answer.headers.get(header::LOCATION).cloned() {
        answer.headers.insert(header::CONTENT_LOCATION, place);
    }
    answer.with(header::ETAG, &precondition::tag(version))
}

/// A PATCH of a larger group is answered 204 instead of 200 with the whole list, unless the client says which attributes
/// it wants. RFC 7644 section 3.5.2 allows either; a hundred thousand members in the answer to the change of one would
/// make it as dear as a rewrite.
const MEMBERS_IN_PATCH_ANSWER: u32 = 1_000;

/// Whether a PATCH is answered 204: when the provider is started so or the group is large, and no attributes are asked for
/// (RFC 7644 section 3.5.2: with `attributes` the answer is 200).
pub(super) fn patched_silently(
    scope: &Scope,
    conn: &Connection,
    kind: Kind,
    id: &str,
    projection: &Projection,
) -> Result<bool, Refusal> {
    if projection.names_attributes() {
        return Ok(false);
    }
    let long = || groups::larger_than(conn, id, MEMBERS_IN_PATCH_ANSWER);
    Ok(scope.state.settings.patch_response == PatchResponse::NoContent
        || (kind == Kind::Group && projection.wants("members") && long()?))
}

/// 204 with the new version.
pub(super) fn silent(scope: &Scope, kind: Kind, id: &str, version: i64) -> Answer {
    Answer::empty(204).with(header::LOCATION, &scope.location(kind, id)).with(header::ETAG, &precondition::tag(version))
}
