//! Errors as the protocol knows them: an HTTP status, perhaps a `scimType`, and a text for people (RFC 7644 section 3.12).

use std::fmt;

use serde_json::{Map, Value, json};

use super::urn;

/// The keywords of `scimType`: RFC 7644 table 9 and RFC 9865 table 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// A filter that cannot be read, or that compares what cannot be compared.
    InvalidFilter,
    /// More results than the server is willing to work through.
    TooMany,
    /// A value that another resource has already.
    Uniqueness,
    /// A change that the attribute's mutability forbids.
    Mutability,
    /// A body that is not JSON, or not the message that was expected.
    InvalidSyntax,
    /// A PATCH path that cannot be read, or that names nothing in the schema.
    InvalidPath,
    /// A PATCH path that selects nothing to work on.
    NoTarget,
    /// A required value that is missing, or a value of the wrong type.
    InvalidValue,
    /// A protocol version that is not served.
    InvalidVers,
    /// Sensitive data in the URI of a request.
    Sensitive,
    /// A cursor that this server did not issue for this query (RFC 9865).
    InvalidCursor,
    /// A cursor that was good once (RFC 9865).
    ExpiredCursor,
    /// A page size that is not a number, or that changed between pages (RFC 9865).
    InvalidCount,
}

impl ScimType {
    /// Every keyword, for tests and documentation.
    pub const ALL: [ScimType; 13] = [
        ScimType::InvalidFilter,
        ScimType::TooMany,
        ScimType::Uniqueness,
        ScimType::Mutability,
        ScimType::InvalidSyntax,
        ScimType::InvalidPath,
        ScimType::NoTarget,
        ScimType::InvalidValue,
        ScimType::InvalidVers,
        ScimType::Sensitive,
        ScimType::InvalidCursor,
        ScimType::ExpiredCursor,
        ScimType::InvalidCount,
    ];

    /// The keyword as it stands in an error body.
    pub fn as_str(self) -> &'static str {
        match self {
            ScimType::InvalidFilter => "invalidFilter",
            ScimType::TooMany => "tooMany",
            ScimType::Uniqueness => "uniqueness",
            ScimType::Mutability => "mutability",
            ScimType::InvalidSyntax => "invalidSyntax",
            ScimType::InvalidPath => "invalidPath",
            ScimType::NoTarget => "noTarget",
            ScimType::InvalidValue => "invalidValue",
            ScimType::InvalidVers => "invalidVers",
            ScimType::Sensitive => "sensitive",
            ScimType::InvalidCursor => "invalidCursor",
            ScimType::ExpiredCursor => "expiredCursor",
            ScimType::InvalidCount => "invalidCount",
        }
    }

    /// The keyword of an error body; case matters, as keywords are fixed strings.
    pub fn parse(text: &str) -> Option<ScimType> {
        Self::ALL.into_iter().find(|keyword| keyword.as_str() == text)
    }
}

impl fmt::Display for ScimType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the server answers when it refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ScimError {
    /// The HTTP status, repeated in the body.
    pub status: u16,
    /// The keyword, where RFC 7644 table 9 has one.
    pub scim_type: Option<ScimType>,
    /// What is wrong and where, for people; holds no internals and no secret values.
    pub detail: String,
}

impl ScimError {
    /// Status 400 with a keyword.
    pub fn bad(scim_type: ScimType, detail: impl Into<String>) -> Self {
        ScimError { status: 400, scim_type: Some(scim_type), detail: detail.into() }
    }

    /// Status 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::status(404, detail)
    }

    /// Status 409 with `uniqueness`, which RFC 7644 section 3.3 demands for a duplicate.
    pub fn conflict(detail: impl Into<String>) -> Self {
        ScimError { status: 409, scim_type: Some(ScimType::Uniqueness), detail: detail.into() }
    }

    /// Any other status, without a keyword.
    pub fn status(status: u16, detail: impl Into<String>) -> Self {
        ScimError { status, scim_type: None, detail: detail.into() }
    }

    /// The error body; `status` is a string there (RFC 7644 section 3.12).
    pub fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.insert("schemas".into(), json!([urn::ERROR]));
        body.insert("status".into(), Value::String(self.status.to_string()));
        if let Some(keyword) = self.scim_type {
            body.insert("scimType".into(), Value::String(keyword.as_str().into()));
        }
        body.insert("detail".into(), Value::String(self.detail.clone()));
        Value::Object(body)
    }
}
