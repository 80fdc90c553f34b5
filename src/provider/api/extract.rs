//! Reading requests: bodies and query strings into typed structs, with errors that name the field.
//!
//! A field that no struct knows is refused. A caller who misspells `session_duration_minutes`, or uses a feature of the
//! real service that is not here, learns it at once instead of testing something else than intended.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request, rejection::BytesRejection},
    http::{StatusCode, request::Parts},
    response::IntoResponse as _,
};
use serde::de::DeserializeOwned;

use super::error::{self, ApiError};

/// The longest body that is read.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// A JSON body. An empty body is read as `{}`, because several calls have no required field. The content type is not looked at.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(too_large)?;
        parse(&bytes).map(Body)
    }
}

fn too_large(rejection: BytesRejection) -> ApiError {
    match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => (&error::BODY_TOO_LARGE).into(),
        _ => (&error::BAD_REQUEST).into(),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = match bytes.trim_ascii() {
        [] => b"{}",
        // A struct would read a list as its fields in order.
        [b'{', ..] => bytes,
        _ => return Err((&error::INVALID_JSON).into()),
    };
    serde_json::from_slice(bytes).map_err(|cause| {
        let kind = match cause.classify() {
            serde_json::error::Category::Data => &error::INVALID_ARGUMENT,
            _ => &error::INVALID_JSON,
        };
        ApiError::new(kind, format!("{}: {cause}", kind.message))
    })
}

/// The query string.
#[derive(Debug)]
pub struct Args<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Args<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Args<T>, ApiError> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(args)) => Ok(Args(args)),
            Err(rejection) => Err(ApiError::new(&error::INVALID_ARGUMENT, rejection.body_text())),
        }
    }
}

/// Reads a field that can be absent, null or a value: `None`, `Some(None)`, `Some(Some(value))`. For updates, where
/// absent leaves as it is and null clears.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    serde::Deserialize::deserialize(deserializer).map(Some)
}

/// Refuses text that is empty or longer than `most` characters.
pub fn length(field: &str, text: &str, least: usize, most: usize) -> Result<(), ApiError> {
    let count = text.chars().count();
    if (least..=most).contains(&count) {
        return Ok(());
    }
    Err(ApiError::new(&error::INVALID_ARGUMENT, format!("{field} has {least} to {most} characters, not {count}")))
}

/// Refuses text with characters other than letters, digits and `extra`.
pub fn alphabet(field: &str, text: &str, extra: &str) -> Result<(), ApiError> {
    match text.chars().find(|c| !c.is_ascii_alphanumeric() && !extra.contains(*c)) {
        None => Ok(()),
        Some(c) => Err(ApiError::new(&error::INVALID_ARGUMENT, format!("{field} may not contain {c:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        #[serde(default, deserialize_with = "nullable")]
        name: Option<Option<String>>,
    }

    /// Protects updates: absent, null and a value are three different things.
    #[test]
    fn absent_null_and_value_differ() {
        let read = |text: &[u8]| parse::<Example>(text).expect("valid").name;
        assert_eq!(read(b""), None);
        assert_eq!(read(b"{\"name\":null}"), Some(None));
        assert_eq!(read(b"{\"name\":\"n\"}"), Some(Some("n".to_owned())));
    }

    /// Protects callers from silent typos and tells broken JSON from a wrong field.
    #[test]
    fn errors_name_the_field_or_the_place() {
        let typo = parse::<Example>(br#"{"nmae":"x"}"#).expect_err("a typo");
        assert_eq!(typo.kind, &error::INVALID_ARGUMENT);
        assert!(typo.message.contains("nmae"), "{}", typo.message);
        for broken in [&b"{"[..], b"\xff", b"{}x", b"[]", br#"{"name":"#] {
            assert_eq!(parse::<Example>(broken).expect_err("broken").kind, &error::INVALID_JSON);
        }
    }
}
