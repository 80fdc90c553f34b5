//! The errors of the management API: one catalogue of types, each with its HTTP status and words.
//!
//! A handler returns an [`ApiError`]; the [`super::envelope`] turns it into the documented error object. The names are
//! those that the vendor's own front end knows (`StytchAPIErrorType`); where no documentation shows the HTTP status, it
//! follows from the meaning.
//!
//! What belongs to another organization is answered exactly as what does not exist.

use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::envelope::Content;
use crate::provider::{session::keys::KeyError, store::StoreError};

/// One type of error.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorType {
    /// `error_type` of the error object.
    pub id: &'static str,
    /// The HTTP status, and `status_code` of the error object.
    pub status: u16,
    /// `error_message`, unless the place has better words.
    pub message: &'static str,
}

macro_rules! catalogue {
    ($($name:ident = $id:literal, $status:literal, $message:literal;)*) => {
        $(#[doc = concat!("`", $id, "` (", stringify!($status), "): ", $message)]
        pub static $name: ErrorType = ErrorType { id: $id, status: $status, message: $message };)*
        /// Every error type that the management API answers with.
        pub static ERROR_TYPES: &[&ErrorType] = &[$(&$name),*];
    };
}

catalogue! {
    INVALID_JSON = "invalid_json", 400, "the request body is not a JSON object";
    INVALID_ARGUMENT = "invalid_argument", 400, "a field of the request is not valid";
    BODY_TOO_LARGE = "request_body_too_large", 413, "the request body is larger than 1 MiB";
    BAD_REQUEST = "bad_request", 400, "the request cannot be understood";
    UNAUTHORIZED = "unauthorized_credentials", 401, "the project_id or secret is not valid";
    ROUTE_NOT_FOUND = "route_not_found", 404, "there is no such route; see /openapi.json";
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, "the route does not know this method; see /openapi.json";
    TOO_MANY_REQUESTS = "too_many_requests", 429, "too many requests of this project; wait as long as Retry-After says";
    INTERNAL = "internal_server_error", 500, "the server failed; its log names the request_id";

    ORGANIZATION_NOT_FOUND = "organization_not_found", 404, "the organization cannot be found";
    ORGANIZATION_NAME_MISSING = "organization_name_missing", 400, "organization_name is missing";
    INVALID_ORGANIZATION_NAME = "invalid_organization_name", 400, "organization_name has 1 to 128 characters";
    INVALID_ORGANIZATION_SLUG = "invalid_organization_slug", 400, "organization_slug has 2 to 128 letters, digits and any of - . _ ~";
    DOMAIN_TOO_COMMON = "organization_settings_domain_too_common", 400, "everybody can have an address of this domain";
    ORGANIZATION_SLUG_USED = "organization_slug_already_used", 400, "another organization has this organization_slug";
    ORGANIZATION_EXTERNAL_ID_USED = "duplicate_organization_external_id", 400, "another organization has this organization_external_id";

    MEMBER_NOT_FOUND = "member_not_found", 404, "the member cannot be found";
    INVALID_EMAIL = "invalid_email", 400, "email_address is no e-mail address";
    METADATA_TOO_MANY_KEYS = "metadata_too_many_keys", 400, "metadata has at most 20 keys";
    METADATA_TOO_LARGE = "metadata_too_large", 400, "metadata has at most 4096 bytes";
    INVALID_MFA_METHOD = "invalid_mfa_default_method", 400, "default_mfa_method is sms_otp or totp";
    SEARCH_WITHOUT_ORGANIZATION = "member_search_organization_ids_empty", 400, "organization_ids names at least one organization";
    MEMBER_FILTER_UNKNOWN = "member_search_filter_name_not_recognized", 400, "members cannot be searched by this filter";
    MEMBER_FUZZY_TOO_SHORT = "member_search_member_email_fuzzy_too_short", 400, "a fuzzy filter needs three characters at least";
    ORGANIZATION_FILTER_UNKNOWN = "organization_search_filter_name_not_recognized", 400, "organizations cannot be searched by this filter";
    ORGANIZATION_FUZZY_TOO_SHORT = "organization_search_organization_name_fuzzy_too_short", 400, "a fuzzy filter needs three characters at least";
    DUPLICATE_MEMBER_EMAIL = "duplicate_member_email", 400, "another member of the organization has this email_address";
    DESIRED_EMAIL_DEACTIVATED = "desired_email_deactivated_by_different_member", 400, "a deactivated member of the organization has this email_address";
    RETIRED_MEMBER_EMAIL = "retired_member_email", 400, "this email_address was another member's, and stays reserved for that member";
    DUPLICATE_MEMBER_EXTERNAL_ID = "duplicate_member_external_id", 400, "another member of the organization has this external_id";
    RETIRED_EMAIL_UNNAMED = "retired_email_missing_email_identifiers", 400, "email_id or email_address is needed to name the e-mail";
    RETIRED_EMAIL_NOT_FOUND = "retired_email_not_found", 404, "the member has no such retired e-mail";
    NO_DELETED_MEMBER = "no_deleted_member_found_for_reactivation", 404, "there is no deleted member with this id";
    EMAIL_UNVERIFIED = "email_unverified_for_reactivation", 400, "only a member with a verified email_address can be reactivated";
    MEMBER_NOT_ACTIVE = "action_available_only_for_active_members", 403, "the member is not active, so that no session can be opened for it";

    DOMAIN_CLAIMED = "action_not_allowed_email_domain_is_claimed", 400, "another organization claims the domain of this email_address";
    DOMAIN_NOT_ALLOWED = "invalid_email_for_invites", 400, "email_allowed_domains of the organization does not name the domain of this email_address";
    INVITES_NOT_ALLOWED = "email_invites_not_allowed", 400, "email_invites of the organization allows no invitations";
    JIT_NOT_ALLOWED = "jit_provisioning_not_allowed", 403, "there is no such member, and the organization does not provision it just in time";
    EMAIL_JIT_NOT_ALLOWED = "email_jit_provisioning_not_allowed", 403, "there is no such member, and email_jit_provisioning of the organization allows no new ones";
    EMAIL_JIT_DOMAIN = "invalid_email_for_jit_provisioning", 403, "there is no such member, and email_allowed_domains of the organization does not name the domain of this email_address";
    CONNECTION_JIT = "invalid_connection_for_jit_provisioning", 403, "there is no such member, and sso_jit_provisioning_allowed_connections of the organization does not name this connection";
    MANAGED_BY_SCIM = "member_managed_by_scim", 400, "name and email_address of this member are kept by its identity provider";

    ACTIVE_CONNECTION_EXISTS = "active_scim_connection_exists", 400, "the organization has an active SCIM connection; delete it before making another";
    NO_ACTIVE_CONNECTION = "no_active_scim_connection", 404, "the organization has no active SCIM connection";
    CONNECTION_NOT_FOUND = "scim_connection_not_found", 404, "the organization has no active SCIM connection with this id";
    INVALID_IDP = "invalid_scim_idp", 400, "the identity_provider is not one of those that are supported";
    NOT_ROTATING = "scim_connection_not_rotating_token", 400, "no rotation of the token has been started";
    ALREADY_ROTATING = "scim_connection_already_rotating_token", 400, "a rotation of the token has been started; complete or cancel it first";
    ASSIGNMENT_WITHOUT_GROUP = "scim_group_role_assignment_does_not_contain_group_id", 400, "an entry of scim_group_implicit_role_assignments has no group_id";
    ASSIGNMENT_GROUP_UNKNOWN = "scim_group_role_assignment_group_does_not_exist", 400, "the connection has no such group; the identity provider must push it first";

    SSO_CONNECTION_NOT_FOUND = "sso_connection_not_found", 404, "the organization has no single sign-on connection with this id";

    INVALID_SSO_IDP = "invalid_sso_idp", 400, "the identity_provider is not one of those that are supported";
    SAML_GROUPS_UNMAPPED = "saml_connection_attribute_mapping_missing_groups_key", 400, "roles of groups need the key groups in attribute_mapping";
    SAML_ROLE_WITHOUT_GROUP = "saml_group_role_assignment_does_not_contain_member_group", 400, "an entry of saml_group_implicit_role_assignments has no group";

    INVALID_ROLE = "invalid_role", 400, "the RBAC policy has no such role";
    INVALID_POLICY = "invalid_rbac_policy", 400, "the RBAC policy is not valid";

    SESSION_NOT_FOUND = "session_not_found", 404, "the session cannot be found, or has expired or been revoked";
    INVALID_SESSION_JWT = "unable_to_parse_session_jwt", 401, "the session_jwt is not one of this project";
    NO_SESSION_ARGUMENTS = "no_session_arguments", 400, "session_token or session_jwt is needed to name the session";
    TOO_MANY_SESSION_ARGUMENTS = "too_many_session_arguments", 400, "only one of session_token and session_jwt can name the session";
    NO_REVOKE_ARGUMENTS = "no_session_revoke_arguments", 400, "one of member_session_id, session_token, session_jwt and member_id says what to revoke";
    TOO_MANY_REVOKE_ARGUMENTS = "too_many_session_revoke_arguments", 400, "only one of member_session_id, session_token, session_jwt and member_id can say what to revoke";
    CLAIMS_TOO_LARGE = "custom_claims_too_large", 400, "custom claims have at most 4096 bytes";
    SESSION_DURATION = "invalid_session_duration_minutes", 400, "session_duration_minutes is between 5 and 527040";
    RESERVED_CLAIM = "reserved_claims_in_custom_claims", 400, "session_custom_claims may not name a registered claim";
    AUTHORIZATION = "session_authorization_error", 403, "the member's roles do not allow this action on this resource";
    AUTHORIZATION_TENANCY = "session_authorization_tenancy_error", 403, "the session belongs to another organization";
    NO_MEMBER_SESSION_HERE = "member_session_not_supported", 400, "this call cannot be made in the name of a member";

    PROJECT_NOT_FOUND = "project_not_found", 404, "the project cannot be found";
    SECRET_NOT_FOUND = "secret_not_found", 404, "the project has no such secret";
    LAST_SECRET = "last_project_secret", 400, "this is the last secret of the project that does not end; create another one first";
    CLIENT_NOT_FOUND = "m2m_client_not_found", 404, "the M2M client cannot be found";
    CLIENT_ID_USED = "duplicate_m2m_client_id", 400, "another M2M client has this client_id";
    INVALID_CLIENT_ID = "m2m_client_invalid_client_id", 400, "client_id has 1 to 128 letters, digits and any of - . _";
    INSECURE_CLIENT_SECRET = "insecure_m2m_client_secret", 400, "client_secret has 16 to 128 letters, digits and any of - . _ ~";
    INVALID_CLIENT_SCOPE = "invalid_m2m_client_scope", 400, "a scope has visible ASCII characters without quotes and backslashes";
    TOO_MANY_CLIENT_SCOPES = "too_many_m2m_client_scopes", 400, "a client has 100 scopes at most";
    CLIENT_FILTER_UNKNOWN = "m2m_search_filter_name_not_recognized", 400, "M2M clients cannot be searched by this filter";
    CLIENT_ROTATING = "m2m_client_already_rotating_secret", 400, "a rotation of the secret has been started; complete or cancel it first";
    CLIENT_NOT_ROTATING = "m2m_client_not_rotating_secret", 400, "no rotation of the secret has been started";
    INVALID_CLIENT = "invalid_client", 401, "the client_id or client_secret is not valid";
    INVALID_TOKEN_REQUEST = "invalid_token_request", 400, "the request for an access token is not valid";
    INSUFFICIENT_SCOPE = "insufficient_scope", 403, "the access token does not have the scope that this call needs";

    STREAM_NOT_FOUND = "event_stream_not_found", 404, "there is no such stream of security events";
    SUBJECT_NOT_FOUND = "event_subject_not_found", 404, "the connection has no such subject";
    INVALID_STREAM = "invalid_event_stream", 400, "the configuration of the stream is not valid";
    TOO_MANY_STREAMS = "too_many_event_streams", 409, "the connection has ten streams of security events; delete one first";

    ENDPOINT_NOT_FOUND = "webhook_endpoint_not_found", 404, "there is no such webhook endpoint";
    DELIVERY_NOT_FOUND = "webhook_delivery_not_found", 404, "there is no such webhook delivery";
    INVALID_URL = "invalid_webhook_url", 400, "the url of a webhook endpoint is an absolute http or https URL";
}

/// An error on its way to the caller.
#[derive(Debug)]
pub struct ApiError {
    /// What kind.
    pub kind: &'static ErrorType,
    /// The words of this case.
    pub message: String,
}

impl ApiError {
    /// An error with words of its own.
    pub fn new(kind: &'static ErrorType, message: impl Into<String>) -> ApiError {
        ApiError { kind, message: message.into() }
    }

    /// The same with another kind: what is wrong with a field often has a name of its own.
    #[must_use]
    pub fn as_kind(self, kind: &'static ErrorType) -> ApiError {
        ApiError { kind, ..self }
    }

    /// The documented error object, without the `request_id`.
    pub fn content(&self) -> Content {
        let body = json!({
            "error_type": self.kind.id,
            "error_message": self.message,
            "error_url": format!("https://stytch.com/docs/b2b/api/errors/{}", self.kind.status),
        });
        match body {
            Value::Object(body) => Content { status: self.kind.status, body },
            _ => Content { status: self.kind.status, body: serde_json::Map::new() },
        }
    }
}

impl From<&'static ErrorType> for ApiError {
    fn from(kind: &'static ErrorType) -> ApiError {
        ApiError { kind, message: kind.message.to_owned() }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        tracing::error!(%error, "the store failed");
        ApiError::from(&INTERNAL)
    }
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> ApiError {
        tracing::error!(%error, "no signing key");
        ApiError::from(&INTERNAL)
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> ApiError {
        ApiError::from(StoreError::from(error))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.content().into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Protects callers that switch on `error_type`: each name stands for one thing, and its status is one of an error.
    #[test]
    fn every_type_has_a_name_of_its_own_and_an_error_status() {
        let names: HashSet<&str> = ERROR_TYPES.iter().map(|kind| kind.id).collect();
        assert_eq!(names.len(), ERROR_TYPES.len());
        for kind in ERROR_TYPES {
            assert!((400..600).contains(&kind.status), "{} has status {}", kind.id, kind.status);
            assert!(!kind.message.ends_with('.'), "{} ends with a full stop", kind.id);
        }
    }
}
