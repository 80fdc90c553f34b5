//! Signals: what a security event token will say, before anybody is chosen who hears it.

use serde_json::{Map, Value, json};

use super::uri;

/// A security event that follows from a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// Something happened to a SCIM resource (RFC 9967).
    Scim {
        /// To which.
        subject: Subject,
        /// What.
        event: ScimEvent,
    },
    /// Sessions of a member were revoked (CAEP 1.0 section 3.1).
    SessionsRevoked {
        /// Whose.
        member_id: String,
        /// Which one; `None`: all.
        member_session_id: Option<String>,
        /// Why, for an administrator.
        reason: &'static str,
    },
}

/// A SCIM resource as the subject of an event (RFC 9967 section 2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The path of its type: `/Users`.
    pub endpoint: String,
    /// The resource's id.
    pub id: String,
    /// The id that the identity provider knows it by.
    pub external_id: Option<String>,
}

/// What happened to a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum ScimEvent {
    /// A resource that existed outside of the connection belongs to it from now on.
    FeedAdd,
    /// What it stands for stays, but it belongs to the connection no more.
    FeedRemove,
    /// It was made.
    Created(Content),
    /// It was changed by PATCH.
    Patched(Content),
    /// It was changed by PUT.
    Replaced(Content),
    /// It was deleted.
    Deleted,
    /// It is in service again.
    Activated,
    /// It is out of service.
    Deactivated,
    /// A request that was answered 202 is done (RFC 9967 section 2.5.1.3).
    Completed {
        /// Its HTTP method.
        method: String,
        /// The HTTP status that it would have been answered with.
        status: u16,
        /// The version of the resource.
        version: Option<String>,
    },
}

/// What a provisioning event tells of a resource: all of it to who wants `full`, names only to who wants `notice`.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// The resource as a GET would show it; of a PATCH the operations that lead to it. Never what is never returned.
    pub data: Value,
    /// Paths of the attributes that were added, changed or removed.
    pub attributes: Vec<String>,
    /// The entity tag of the resource.
    pub version: String,
}

impl Signal {
    /// The event type that a stream with these types gets, with its payload; `None` if it wants none of them. Who wants both
    /// `full` and `notice` gets `full`: exactly one of the two is sent.
    pub(super) fn event(&self, wanted: impl Fn(&str) -> bool, at: i64, by: &str) -> Option<(&'static str, Value)> {
        let pick = |full: &'static str, notice: &'static str, content: &Content| {
            if wanted(full) {
                Some((full, json!({"data": content.data, "version": content.version})))
            } else {
                wanted(notice).then(|| (notice, json!({"attributes": content.attributes, "version": content.version})))
            }
        };
        let bare = |uri: &'static str| Some((uri, json!({})));
        let event = match self {
            Signal::Scim { event, .. } => match event {
                ScimEvent::Created(content) => return pick(uri::CREATE_FULL, uri::CREATE_NOTICE, content),
                ScimEvent::Patched(content) => return pick(uri::PATCH_FULL, uri::PATCH_NOTICE, content),
                ScimEvent::Replaced(content) => return pick(uri::PUT_FULL, uri::PUT_NOTICE, content),
                ScimEvent::FeedAdd => bare(uri::FEED_ADD),
                ScimEvent::FeedRemove => bare(uri::FEED_REMOVE),
                ScimEvent::Deleted => bare(uri::DELETE),
                ScimEvent::Activated => bare(uri::ACTIVATE),
                ScimEvent::Deactivated => bare(uri::DEACTIVATE),
                ScimEvent::Completed { method, status, version } => {
                    let mut payload = json!({"method": method, "status": status.to_string()});
                    if let Some(version) = version {
                        payload["version"] = version.as_str().into();
                    }
                    Some((uri::ASYNC_RESPONSE, payload))
                }
            },
            Signal::SessionsRevoked { reason, .. } => Some((
                uri::SESSION_REVOKED,
                json!({"event_timestamp": at, "initiating_entity": by, "reason_admin": {"en": reason}}),
            )),
        };
        event.filter(|(uri, _)| wanted(uri))
    }

    /// The subject identifier (RFC 9493; format `scim` of RFC 9967). A member is named as the session JWTs name it.
    pub(super) fn sub_id(&self, jwt_issuer: &str, organization_id: &str) -> Value {
        match self {
            Signal::Scim { subject, .. } => {
                let mut id = Map::new();
                id.insert("format".to_owned(), "scim".into());
                id.insert("uri".to_owned(), format!("{}/{}", subject.endpoint, subject.id).into());
                if let Some(external_id) = &subject.external_id {
                    id.insert("externalId".to_owned(), external_id.as_str().into());
                }
                Value::Object(id)
            }
            Signal::SessionsRevoked { member_id, member_session_id, .. } => {
                let mut id = json!({
                    "format": "complex",
                    "user": {"format": "iss_sub", "iss": jwt_issuer, "sub": member_id},
                    "tenant": {"format": "opaque", "id": organization_id},
                });
                if let Some(session) = member_session_id {
                    id["session"] = json!({"format": "opaque", "id": session});
                }
                id
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched() -> Signal {
        let subject =
            Subject { endpoint: "/Users".to_owned(), id: "u1".to_owned(), external_id: Some("hr-1".to_owned()) };
        let content =
            Content { data: json!({"x": 1}), attributes: vec!["title".to_owned()], version: "W/\"2\"".into() };
        Signal::Scim { subject, event: ScimEvent::Patched(content) }
    }

    /// RFC 9967 section 2.2: exactly one of `data` and `attributes`, and the URI says which.
    #[test]
    fn full_and_notice_exclude_each_other() {
        let (uri, payload) = patched().event(|_| true, 0, "admin").expect("an event");
        assert_eq!(uri, uri::PATCH_FULL);
        assert!(payload.get("data").is_some() && payload.get("attributes").is_none(), "{payload}");
        let (uri, payload) = patched().event(|uri| uri.ends_with("notice"), 0, "admin").expect("an event");
        assert_eq!(uri, uri::PATCH_NOTICE);
        assert_eq!(payload, json!({"attributes": ["title"], "version": "W/\"2\""}));
        assert_eq!(patched().event(|uri| uri == uri::DELETE, 0, "admin"), None);
    }

    /// RFC 9967 section 2.1: the path is relative to the base URL.
    #[test]
    fn a_resource_is_named_by_its_relative_path() {
        let id = patched().sub_id("stytch.com/p", "o");
        assert_eq!(id, json!({"format": "scim", "uri": "/Users/u1", "externalId": "hr-1"}));
    }
}
