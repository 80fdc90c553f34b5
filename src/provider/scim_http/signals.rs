//! What a write of a resource tells the streams of security events (RFC 9967 section 2.4). Described only while a stream is
//! open: nobody else pays for it.

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::{answer::Refusal, endpoint::Kind, precondition, render, scope::Scope};
use crate::{
    provider::{
        effects::{Change, Via},
        security_events::{Content, ScimEvent, Subject, outbox},
        store::{StoreError, Transaction},
    },
    scim::{
        projection::{Projection, into_projected},
        urn,
    },
};

/// How a resource was written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Written<'b> {
    /// Made.
    New,
    /// Changed, from this document.
    Over(&'b Value),
}

/// Tells of a resource that was made or changed; `moved` are the members of a group that joined (true) or left.
pub(super) fn wrote(
    scope: &Scope,
    tx: &Transaction,
    via: Via,
    kind: Kind,
    written: Written,
    id: &str,
    moved: &[(String, bool)],
) -> Result<(), Refusal> {
    if !outbox::is_heard(tx, &scope.organization_id)? {
        return Ok(());
    }
    let rt = scope.resource_type(kind)?;
    // What is never returned is never sent either.
    let open = Projection::parse(None, None, rt, scope.registry())?;
    let cut = |document: &Value| into_projected(document.clone(), &open, rt, scope.registry());
    let rendered = render::by_id(scope, tx, kind, id, &open)?;
    let version = precondition::tag(rendered.version);
    let damaged = |source| StoreError::Damaged { what: "resource", source };
    let shown: Value = serde_json::from_str(&rendered.text).map_err(damaged)?;
    let subject = subject(scope, kind, id, &shown)?;
    let event = match written {
        Written::New => {
            let names = shown.as_object().into_iter().flat_map(Map::keys);
            let attributes = names.filter(|name| !matches!(name.as_str(), "schemas" | "meta")).cloned().collect();
            ScimEvent::Created(Content { data: shown, attributes, version })
        }
        Written::Over(before) => {
            let after = render::stored(scope, tx, kind, id)?.resource;
            let (attributes, operations) = difference(&cut(before), &cut(&after), moved);
            if attributes.is_empty() {
                return Ok(());
            }
            if via == Via::Patch {
                let data = json!({"schemas": [urn::PATCH_OP], "Operations": operations});
                ScimEvent::Patched(Content { data, attributes, version })
            } else {
                ScimEvent::Replaced(Content { data: shown, attributes, version })
            }
        }
    };
    Ok(scope.apply(tx, via, &Change::ScimWrote { subject, event })?)
}

/// Tells that an account that the organization had before belongs to the connection from now on.
pub(super) fn joined(scope: &Scope, tx: &Transaction, id: &str, user: &Value) -> Result<(), Refusal> {
    let subject = subject(scope, Kind::User, id, user)?;
    Ok(scope.apply(tx, Via::Post, &Change::ScimWrote { subject, event: ScimEvent::FeedAdd })?)
}

/// Tells of a resource that is deleted, other than a Group: its rule tells that.
pub(super) fn deleted(scope: &Scope, tx: &Transaction, kind: Kind, id: &str, document: &Value) -> Result<(), Refusal> {
    let subject = subject(scope, kind, id, document)?;
    Ok(scope.apply(tx, Via::Delete, &Change::ScimWrote { subject, event: ScimEvent::Deleted })?)
}

/// The subject of a resource that may be gone already.
pub(super) fn subject_of(scope: &Scope, conn: &Connection, kind: Kind, id: &str) -> Result<Subject, Refusal> {
    let type_ = &scope.resource_type(kind)?.name;
    let stored = kind.table().get(conn, &scope.connection_id, type_, id)?;
    subject(scope, kind, id, &stored.map(|stored| stored.resource).unwrap_or_default())
}

fn subject(scope: &Scope, kind: Kind, id: &str, document: &Value) -> Result<Subject, Refusal> {
    let external_id = document["externalId"].as_str().map(str::to_owned);
    Ok(Subject { endpoint: scope.resource_type(kind)?.endpoint.clone(), id: id.to_owned(), external_id })
}

/// What is different, as paths (RFC 7644 section 3.5.2) and as operations that make the one document out of the other.
fn difference(before: &Value, after: &Value, moved: &[(String, bool)]) -> (Vec<String>, Vec<Value>) {
    let (mut paths, mut operations) = (Vec::new(), Vec::new());
    let mut note = |path: String, now: Option<&Value>| {
        operations.push(match now {
            Some(value) => json!({"op": "replace", "path": path, "value": value}),
            None => json!({"op": "remove", "path": path}),
        });
        paths.push(path);
    };
    let empty = Map::new();
    let (old, new) = (before.as_object().unwrap_or(&empty), after.as_object().unwrap_or(&empty));
    for name in names(old, new) {
        let (was, is) = (old.get(name), new.get(name));
        if was == is || name == "schemas" {
            continue;
        }
        match (was.and_then(Value::as_object), is.and_then(Value::as_object)) {
            (Some(was), Some(is)) => {
                // Attributes of an extension follow its URN after a colon.
                let separator = if name.starts_with("urn:") { ':' } else { '.' };
                for part in names(was, is).filter(|part| was.get(*part) != is.get(*part)) {
                    note(format!("{name}{separator}{part}"), is.get(part));
                }
            }
            _ => note(name.to_owned(), is),
        }
    }
    let joined: Vec<Value> = moved.iter().filter(|(_, joined)| *joined).map(|(id, _)| json!({"value": id})).collect();
    if !joined.is_empty() {
        operations.push(json!({"op": "add", "path": "members", "value": joined}));
    }
    for (id, _) in moved.iter().filter(|(_, joined)| !joined) {
        operations.push(json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")}));
    }
    if !moved.is_empty() {
        paths.push("members".to_owned());
    }
    (paths, operations)
}

/// The names of two documents, those of the first one first.
fn names<'a>(old: &'a Map<String, Value>, new: &'a Map<String, Value>) -> impl Iterator<Item = &'a str> {
    old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects receivers that apply what they get: the operations lead from the one document to the other.
    #[test]
    fn the_difference_is_a_patch() {
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let before =
            json!({"schemas": [], "title": "x", "name": {"givenName": "A", "familyName": "B"}, "active": true});
        let after = json!({"schemas": [enterprise], "name": {"givenName": "A", "familyName": "C"}, "active": true,
            enterprise: {"department": "D"}});
        let moved = [("u1".to_owned(), true), ("u2".to_owned(), false)];
        let (paths, operations) = difference(&before, &after, &moved);
        assert_eq!(paths, ["title", "name.familyName", enterprise, "members"]);
        assert_eq!(
            operations,
            [
                json!({"op": "remove", "path": "title"}),
                json!({"op": "replace", "path": "name.familyName", "value": "C"}),
                json!({"op": "replace", "path": enterprise, "value": {"department": "D"}}),
                json!({"op": "add", "path": "members", "value": [{"value": "u1"}]}),
                json!({"op": "remove", "path": "members[value eq \"u2\"]"}),
            ]
        );
        assert_eq!(difference(&before, &before, &[]).0, [""; 0]);
    }
}
