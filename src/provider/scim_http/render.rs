//! Resources as they are sent: what the server knows (`id`, `meta`, `groups`, `members`) around what was stored.

use axum::http::header;
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::{answer::Answer, call::Call, endpoint::Kind, members, precondition, scope::Scope};
use crate::{
    provider::{
        app::PatchResponse,
        store::{
            StoreError,
            groups::{self, StoredGroup},
            resources::StoredResource,
            users::{self, StoredUser},
        },
    },
    scim::{
        error::ScimError,
        projection::{Projection, into_projected},
    },
};

/// A resource with its version, ready to be projected.
#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) id: String,
    pub(super) version: i64,
    pub(super) json: Value,
}

/// A User; its `groups` are looked up only if they are wanted.
pub(super) fn user(
    scope: &Scope,
    conn: &Connection,
    stored: StoredUser,
    with_groups: bool,
) -> Result<Rendered, StoreError> {
    let StoredUser { member_id: id, resource, version, created_at, last_modified, active: _ } = stored;
    let mut json = with_id(&id, resource);
    if with_groups {
        let groups = users::groups_of(conn, &id)?;
        if !groups.is_empty() {
            let groups = groups.into_iter().map(|group| {
                json!({
                    "value": group.group_id,
                    "$ref": scope.location(Kind::Group, &group.group_id),
                    "display": group.display,
                    "type": if group.direct { "direct" } else { "indirect" },
                })
            });
            json.insert("groups".to_owned(), groups.collect::<Vec<_>>().into());
        }
    }
    json.insert("meta".to_owned(), meta(scope, Kind::User, &id, version, &created_at, &last_modified));
    Ok(Rendered { id, version, json: Value::Object(json) })
}

/// A Group; its `members` are read only if they are wanted.
pub(super) fn group(
    scope: &Scope,
    conn: &Connection,
    stored: StoredGroup,
    with_members: bool,
) -> Result<Rendered, StoreError> {
    let StoredGroup { group_id: id, resource, version, created_at, last_modified } = stored;
    let mut json = with_id(&id, resource);
    if with_members {
        let members = groups::members(conn, &id)?;
        if !members.is_empty() {
            json.insert("members".to_owned(), members::to_json(scope, &members));
        }
    }
    json.insert("meta".to_owned(), meta(scope, Kind::Group, &id, version, &created_at, &last_modified));
    Ok(Rendered { id, version, json: Value::Object(json) })
}

/// A resource of a custom type.
pub(super) fn resource(scope: &Scope, kind: Kind, stored: StoredResource) -> Rendered {
    let StoredResource { id, resource, version, created_at, last_modified } = stored;
    let mut json = with_id(&id, resource);
    json.insert("meta".to_owned(), meta(scope, kind, &id, version, &created_at, &last_modified));
    Rendered { id, version, json: Value::Object(json) }
}

/// `schemas`, `id`, then the rest as stored.
fn with_id(id: &str, resource: Value) -> Map<String, Value> {
    let Value::Object(resource) = resource else { return Map::new() };
    let mut json = Map::with_capacity(resource.len() + 3);
    let mut attributes = resource.into_iter();
    if let Some((name, value)) = attributes.next() {
        json.insert(name, value);
    }
    json.insert("id".to_owned(), id.into());
    json.extend(attributes);
    json
}

fn meta(scope: &Scope, kind: Kind, id: &str, version: i64, created: &str, last_modified: &str) -> Value {
    json!({
        "resourceType": kind.resource_type(scope.registry()).map_or("", |rt| &rt.name),
        "created": created,
        "lastModified": last_modified,
        "location": scope.location(kind, id),
        "version": precondition::tag(version),
    })
}

/// The answer to a read of one resource: 200 with it, or 304.
pub(super) fn found(
    scope: &Scope,
    kind: Kind,
    call: &Call,
    rendered: Rendered,
    projection: &Projection,
) -> Result<Answer, ScimError> {
    if precondition::not_modified(call, rendered.version) {
        return Ok(Answer::empty(304).with(header::ETAG, &precondition::tag(rendered.version)));
    }
    written(scope, kind, 200, rendered, projection)
}

/// The answer to a write: a status with the resource, its place and its version.
pub(super) fn written(
    scope: &Scope,
    kind: Kind,
    status: u16,
    rendered: Rendered,
    projection: &Projection,
) -> Result<Answer, ScimError> {
    let body = into_projected(rendered.json, projection, scope.resource_type(kind)?, scope.registry());
    let location = scope.location(kind, &rendered.id);
    Ok(Answer::json(status, body)
        .with(header::LOCATION, &location)
        .with(header::CONTENT_LOCATION, &location)
        .with(header::ETAG, &precondition::tag(rendered.version)))
}

/// Whether a PATCH is answered 204: when the provider is started so and no attributes are asked for (RFC 7644
/// section 3.5.2: with `attributes` the answer is 200).
pub(super) fn patched_silently(scope: &Scope, projection: &Projection) -> bool {
    scope.state.settings.patch_response == PatchResponse::NoContent && !projection.names_attributes()
}

/// 204 with the new version.
pub(super) fn silent(scope: &Scope, kind: Kind, id: &str, version: i64) -> Answer {
    Answer::empty(204).with(header::LOCATION, &scope.location(kind, id)).with(header::ETAG, &precondition::tag(version))
}
