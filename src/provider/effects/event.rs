//! Events: how they are named, and their bodies (<https://stytch.com/docs/workspace-management/webhooks>).

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Map, Value, json};

use super::{EventNames, Origin, Source};
use crate::provider::{model::Member, store::StoreError};

/// What was done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was made.
    Create,
    /// It was changed.
    Update,
    /// It was deleted or deprovisioned.
    Delete,
}

impl Action {
    fn label(self) -> &'static str {
        match self {
            Action::Create => "CREATE",
            Action::Update => "UPDATE",
            Action::Delete => "DELETE",
        }
    }
}

/// The object that an event tells of.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// A member.
    Member {
        /// Its id.
        member_id: String,
    },
    /// A group that an IdP pushed.
    ScimGroup {
        /// Its id.
        group_id: String,
    },
    /// One member's membership of a group.
    ScimMemberGroup {
        /// The group: the `id` of the event.
        group_id: String,
        /// The member.
        member_id: String,
    },
    /// An organization.
    Organization {
        /// Its id.
        organization_id: String,
        /// The object as the API shows it.
        body: Value,
    },
    /// A connection of an organization.
    Connection {
        /// Which kind.
        kind: ConnectionKind,
        /// Its id.
        connection_id: String,
        /// The object as the API shows it, without a token.
        body: Value,
    },
}

/// The kinds of connections whose objects events embed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionKind {
    /// By which an identity provider provisions.
    Scim,
    /// By which members sign on.
    Saml,
}

impl ConnectionKind {
    fn object_type(self) -> &'static str {
        match self {
            ConnectionKind::Scim => "scim_connection",
            ConnectionKind::Saml => "saml_connection",
        }
    }
}

/// An event before it is written. Its body is rendered when it is carried out, after all states are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The object.
    pub object: Object,
    /// What was done to it.
    pub action: Action,
}

/// An event that is in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRef {
    /// Its place in the order of commits.
    pub seq: i64,
    /// Its id, `webhook-event-test-<uuid>`.
    pub event_id: String,
    /// Its type, `scim.member.create`.
    pub event_type: String,
}

impl Event {
    /// `object_type` and `action` of the body, in the chosen generation of names.
    fn words(&self, names: EventNames) -> (&'static str, &'static str) {
        match (&self.object, names) {
            (Object::Member { .. }, _) => ("member", self.action.label()),
            (Object::Organization { .. }, _) => ("organization", self.action.label()),
            (Object::Connection { kind, .. }, _) => (kind.object_type(), self.action.label()),
            (Object::ScimGroup { .. }, EventNames::Current) => ("scim_group", self.action.label()),
            (Object::ScimMemberGroup { .. }, EventNames::Current) => ("scim_member_group", self.action.label()),
            (Object::ScimGroup { .. }, EventNames::Older) => ("idp_group", self.action.label()),
            (Object::ScimMemberGroup { .. }, EventNames::Older) if self.action == Action::Delete => {
                ("idp_group", "MEMBER_DELETE")
            }
            (Object::ScimMemberGroup { .. }, EventNames::Older) => ("idp_group", "MEMBER_ADD"),
        }
    }

    /// The type, `scim.member.create`: lower-cased source, object type and action.
    pub(super) fn event_type(&self, source: Source, names: EventNames) -> String {
        let (object_type, action) = self.words(names);
        format!("{}.{object_type}.{}", source.name(), action.to_lowercase())
    }

    /// The body, without `timestamp`: that is the time of sending. Deletions carry no object.
    pub(super) fn body(
        &self,
        conn: &Connection,
        event_id: &str,
        origin: &Origin,
        names: EventNames,
    ) -> Result<Value, StoreError> {
        let (object_type, action) = self.words(names);
        let mut details = Map::new();
        details.insert("organization_id".to_owned(), origin.organization_id.as_str().into());
        let id = match &self.object {
            Object::Member { member_id } => member_id,
            Object::ScimGroup { group_id } => group_id,
            Object::ScimMemberGroup { group_id, member_id } => {
                // A deletion carries no object: without these two nobody could tell who left what.
                details.insert("group_id".to_owned(), group_id.as_str().into());
                details.insert("member_id".to_owned(), member_id.as_str().into());
                group_id
            }
            Object::Organization { organization_id, .. } => organization_id,
            Object::Connection { connection_id, .. } => connection_id,
        };
        let mut body = json!({
            "project_id": origin.project_id,
            "event_id": event_id,
            "action": action,
            "object_type": object_type,
            "source": origin.source.label(),
            "id": id,
            "vertical": "B2B",
            "details": details,
        });
        if self.action != Action::Delete
            && let Some(object) = self.object.render(conn)?
        {
            body[object_type] = object;
        }
        Ok(body)
    }
}

impl Object {
    fn render(&self, conn: &Connection) -> Result<Option<Value>, StoreError> {
        match self {
            Object::Member { member_id } => {
                Member::get(conn, member_id)?.map(|member| member.to_json(conn)).transpose()
            }
            Object::ScimGroup { group_id } => group(conn, group_id),
            Object::ScimMemberGroup { group_id, member_id } => Ok(group(conn, group_id)?.map(|mut object| {
                object["member_id"] = member_id.as_str().into();
                object
            })),
            Object::Organization { body, .. } | Object::Connection { body, .. } => Ok(Some(body.clone())),
        }
    }
}

fn group(conn: &Connection, group_id: &str) -> Result<Option<Value>, StoreError> {
    let mut statement = conn
        .prepare_cached("SELECT display_name, organization_id, connection_id FROM scim_groups WHERE group_id = ?1")?;
    let found = statement
        .query_row([group_id], |row| {
            Ok(json!({
                "group_id": group_id,
                "group_name": row.get::<_, String>(0)?,
                "organization_id": row.get::<_, String>(1)?,
                "connection_id": row.get::<_, String>(2)?,
            }))
        })
        .optional()?;
    Ok(found)
}
