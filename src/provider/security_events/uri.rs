//! The event types, by URI.

/// `feed:add` (RFC 9967 section 2.3.1).
pub const FEED_ADD: &str = "urn:ietf:params:scim:event:feed:add";
/// `feed:remove` (RFC 9967 section 2.3.2).
pub const FEED_REMOVE: &str = "urn:ietf:params:scim:event:feed:remove";
/// Creation, with the resource (RFC 9967 section 2.4.1).
pub const CREATE_FULL: &str = "urn:ietf:params:scim:event:prov:create:full";
/// Creation, with the names of its attributes.
pub const CREATE_NOTICE: &str = "urn:ietf:params:scim:event:prov:create:notice";
/// Change by PATCH, with what was changed (RFC 9967 section 2.4.2).
pub const PATCH_FULL: &str = "urn:ietf:params:scim:event:prov:patch:full";
/// Change by PATCH, with the names of the changed attributes.
pub const PATCH_NOTICE: &str = "urn:ietf:params:scim:event:prov:patch:notice";
/// Change by PUT, with the resource (RFC 9967 section 2.4.3).
pub const PUT_FULL: &str = "urn:ietf:params:scim:event:prov:put:full";
/// Change by PUT, with the names of the changed attributes.
pub const PUT_NOTICE: &str = "urn:ietf:params:scim:event:prov:put:notice";
/// Deletion (RFC 9967 section 2.4.4).
pub const DELETE: &str = "urn:ietf:params:scim:event:prov:delete";
/// Back in service (RFC 9967 section 2.4.5).
pub const ACTIVATE: &str = "urn:ietf:params:scim:event:prov:activate";
/// Out of service (RFC 9967 section 2.4.6).
pub const DEACTIVATE: &str = "urn:ietf:params:scim:event:prov:deactivate";
/// The end of an asynchronous request (RFC 9967 section 2.5.1.3).
pub const ASYNC_RESPONSE: &str = "urn:ietf:params:scim:event:misc:asyncresp";
/// CAEP 1.0 section 3.1.
pub const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
/// SSF 1.0 section 8.1.4.1: whether a stream works.
pub const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";
/// SSF 1.0 section 8.1.5: the transmitter changed the status of a stream.
pub const STREAM_UPDATED: &str = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated";

/// What a stream can be asked to carry. Verification and stream-updated belong to every stream.
pub static SUPPORTED: &[&str] = &[
    FEED_ADD,
    FEED_REMOVE,
    CREATE_FULL,
    CREATE_NOTICE,
    PATCH_FULL,
    PATCH_NOTICE,
    PUT_FULL,
    PUT_NOTICE,
    DELETE,
    ACTIVATE,
    DEACTIVATE,
    ASYNC_RESPONSE,
    SESSION_REVOKED,
];

/// The event types of RFC 9967, for `securityEvents.eventUris` of the ServiceProviderConfig.
#[must_use]
pub fn scim() -> Vec<&'static str> {
    SUPPORTED.iter().copied().filter(|uri| uri.starts_with("urn:ietf:params:scim:event:")).collect()
}
