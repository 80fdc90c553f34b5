//! Reading requests: bodies and query strings into typed structs, with errors that name the field.
//!
//! A field that no struct knows is refused. A caller who misspells `session_duration_minutes`, or uses a feature of the
//! real service that is not here, learns it at once instead of testing something else than intended.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request, rejection::BytesRejection},
    http::{StatusCode, request::Parts},
    response::IntoResponse as _,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::error::{self, ApiError};

/// The longest body that is read.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// A JSON body. An empty body is read as `{}`, because several calls have no required field. The content type is not looked at.
///
/// The vendor's SDKs repeat the identifiers of the path in the body and in the query. They may, if they say the same.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, ApiError> {
        let (mut parts, body) = request.into_parts();
        let in_path = path_parameters(&mut parts).await;
        let bytes = Bytes::from_request(Request::from_parts(parts, body), state).await.map_err(too_large)?;
        parse(&bytes, &in_path).map(Body)
    }
}

/// A JSON body like [`Body`], and the names of the fields that it sets.
#[derive(Debug)]
pub struct Named<T>(pub T, pub Vec<String>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Named<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Named<T>, ApiError> {
        let Body(fields) = Body::<Map<String, Value>>::from_request(request, state).await?;
        let names = fields.keys().cloned().collect();
        Ok(Named(typed(fields)?, names))
    }
}

/// The parameters of the matched route, by name.
async fn path_parameters(parts: &mut Parts) -> Vec<(String, String)> {
    match RawPathParams::from_request_parts(parts, &()).await {
        Ok(params) => params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        // A path that is not UTF-8: whoever reads the parameter refuses it.
        Err(_) => Vec::new(),
    }
}

/// Whether a field repeats a parameter of the path; an error if it contradicts it.
fn repeats(in_path: &[(String, String)], name: &str, value: &str) -> Result<bool, ApiError> {
    match in_path.iter().find(|(known, _)| known == name) {
        None => Ok(false),
        Some((_, own)) if own == value => Ok(true),
        Some(_) => Err(ApiError::new(&error::INVALID_ARGUMENT, format!("{name} is not the one that the path names"))),
    }
}

fn too_large(rejection: BytesRejection) -> ApiError {
    match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => (&error::BODY_TOO_LARGE).into(),
        _ => (&error::BAD_REQUEST).into(),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8], in_path: &[(String, String)]) -> Result<T, ApiError> {
    let mut fields = match bytes.trim_ascii() {
        [] => Map::new(),
        bytes => serde_json::from_slice::<Map<String, Value>>(bytes).map_err(|cause| {
            ApiError::new(&error::INVALID_JSON, format!("{}: {cause}", error::INVALID_JSON.message))
        })?,
    };
    for (name, _) in in_path {
        if let Some(value) = fields.get(name)
            && repeats(in_path, name, value.as_str().unwrap_or_default())?
        {
            fields.shift_remove(name);
        }
    }
    typed(fields)
}

fn typed<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, ApiError> {
    T::deserialize(Value::Object(fields)).map_err(|cause| ApiError::new(&error::INVALID_ARGUMENT, cause.to_string()))
}

/// The query string.
#[derive(Debug)]
pub struct Args<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Args<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Args<T>, ApiError> {
        let in_path = path_parameters(parts).await;
        let mut own = form_urlencoded::Serializer::new(String::from("/?"));
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            if !repeats(&in_path, &name, &value)? {
                own.append_pair(&name, &value);
            }
        }
        let uri = own.finish().parse().map_err(|_| ApiError::from(&error::BAD_REQUEST))?;
        match Query::<T>::try_from_uri(&uri) {
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

/// Reads a flag of a query string in any case: the vendor's Python SDK writes `True`.
pub fn flag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let text: String = serde::Deserialize::deserialize(deserializer)?;
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(serde::de::Error::custom("a flag is true or false")),
    }
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
        let read = |text: &[u8]| parse::<Example>(text, &[]).expect("valid").name;
        assert_eq!(read(b""), None);
        assert_eq!(read(b"{\"name\":null}"), Some(None));
        assert_eq!(read(b"{\"name\":\"n\"}"), Some(Some("n".to_owned())));
    }

    /// Protects callers from silent typos and tells broken JSON from a wrong field.
    #[test]
    fn errors_name_the_field_or_the_place() {
        let typo = parse::<Example>(br#"{"nmae":"x"}"#, &[]).expect_err("a typo");
        assert_eq!(typo.kind, &error::INVALID_ARGUMENT);
        assert!(typo.message.contains("nmae"), "{}", typo.message);
        for broken in [&b"{"[..], b"\xff", b"{}x", b"[]", br#"{"name":"#] {
            assert_eq!(parse::<Example>(broken, &[]).expect_err("broken").kind, &error::INVALID_JSON);
        }
    }

    /// Protects callers that repeat the path's identifiers, as the vendor's SDKs do, and those whose two differ.
    #[test]
    fn a_body_may_repeat_the_path_but_not_contradict_it() {
        let path = [("organization_id".to_owned(), "organization-test-1".to_owned())];
        let read = |text: &[u8]| parse::<Example>(text, &path);
        assert!(read(br#"{"organization_id":"organization-test-1"}"#).is_ok());
        for other in [&br#"{"organization_id":"organization-test-2"}"#[..], br#"{"organization_id":null}"#] {
            assert!(read(other).is_err());
        }
    }
}
