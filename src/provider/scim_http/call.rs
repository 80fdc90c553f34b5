//! One request, read and checked as far as no endpoint needs to be known: media type, size, JSON, query.

use std::sync::{Mutex, PoisonError};

use axum::{
    extract::Request,
    http::{HeaderMap, Method, header},
};
use futures::StreamExt as _;
use serde_json::Value;

use super::{answer::Refusal, endpoint::Endpoint, scope::Scope};
use crate::scim::{
    error::{ScimError, ScimType},
    json,
    patch::{self, Operation},
    projection::Projection,
    resource,
    schema::ResourceType,
};

/// Bytes of a body from which a request counts as long.
const LONG: usize = 64 << 10;

/// A request below a connection.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) endpoint: Endpoint,
    /// The query string as sent.
    pub(super) query: String,
    /// The body, if the method has one.
    body: Option<Value>,
    /// Bytes of the body as it was sent.
    length: usize,
    /// The body as a new resource, once it was accepted.
    accepted: Mutex<Option<Value>>,
    /// `If-Match`, joined if sent several times.
    pub(super) if_match: Option<String>,
    /// `If-None-Match`, joined if sent several times.
    pub(super) if_none_match: Option<String>,
}

impl Call {
    /// Reads a request. A body is only read where the method has a meaning for one.
    pub(super) async fn read(endpoint: Endpoint, request: Request, most: usize) -> Result<Call, Refusal> {
        let (parts, body) = request.into_parts();
        let has_body = matches!(parts.method.as_str(), "POST" | "PUT" | "PATCH") && endpoint != Endpoint::Me;
        let (body, length) = if has_body {
            check_media_type(&parts.headers)?;
            let bytes = read_body(body, most).await?;
            (Some(json::parse(&bytes)?), bytes.len())
        } else {
            (None, 0)
        };
        Ok(Call {
            method: parts.method,
            endpoint,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            body,
            length,
            accepted: Mutex::default(),
            if_match: joined(&parts.headers, &header::IF_MATCH),
            if_none_match: joined(&parts.headers, &header::IF_NONE_MATCH),
        })
    }

    /// A call that stands inside a bulk request.
    pub(super) fn inside(method: Method, endpoint: Endpoint, body: Option<Value>, version: Option<String>) -> Call {
        Call {
            method,
            endpoint,
            query: String::new(),
            body,
            length: 0,
            accepted: Mutex::default(),
            if_match: version,
            if_none_match: None,
        }
    }

    /// Whether answering it writes.
    pub(super) fn writes(&self) -> bool {
        !matches!(self.endpoint, Endpoint::Search(_)) && !matches!(self.method, Method::GET | Method::HEAD)
    }

    /// Whether it may take much longer than others: a PATCH of thousands of operations, a Group of thousands of members.
    pub(super) fn is_long(&self) -> bool {
        self.length > LONG
    }

    /// The body.
    pub(super) fn body(&self) -> Result<&Value, ScimError> {
        self.body.as_ref().ok_or_else(|| ScimError::bad(ScimType::InvalidSyntax, "the body is missing"))
    }

    /// The body as a new resource of the type, as the schema accepts it.
    pub(super) fn accepted(&self, scope: &Scope, rt: &ResourceType) -> Result<Value, ScimError> {
        let known = self.accepted.lock().unwrap_or_else(PoisonError::into_inner).take();
        known.map_or_else(|| resource::accept(self.body()?, None, rt, scope.registry(), scope.leniency()), Ok)
    }

    /// Does before its turn to write what needs no turn, so that others wait less.
    pub(super) fn prepare(&self, scope: &Scope) -> Result<(), ScimError> {
        if let (Endpoint::Type(kind), &Method::POST) = (&self.endpoint, &self.method) {
            let accepted = self.accepted(scope, scope.resource_type(*kind)?)?;
            *self.accepted.lock().unwrap_or_else(PoisonError::into_inner) = Some(accepted);
        }
        Ok(())
    }

    /// The operations of a PATCH body on a resource of the type; 413 if there are more than the limit.
    pub(super) fn operations(&self, scope: &Scope, rt: &ResourceType) -> Result<Vec<Operation>, ScimError> {
        let body = self.body()?;
        let (count, most) = (patch::check_envelope(body)?.len(), scope.limits().patch_operations);
        if count > most {
            return Err(ScimError::status(
                413,
                format!("the PATCH has {count} operations, and at most {most} are taken"),
            ));
        }
        patch::parse(body, rt, scope.registry(), scope.leniency())
    }

    /// The value of a query parameter, whose names ignore case; of several the first counts.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }

    /// What `attributes` and `excludedAttributes` ask for.
    pub(super) fn projection(&self, scope: &Scope, rt: &ResourceType) -> Result<Projection, ScimError> {
        let (wanted, unwanted) = (self.parameter("attributes"), self.parameter("excludedAttributes"));
        Projection::parse(wanted.as_deref(), unwanted.as_deref(), rt, scope.registry())
    }
}

fn joined(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// `application/scim+json` or `application/json`, with any parameters; none stated means the first (RFC 7644
/// section 3.8).
fn check_media_type(headers: &HeaderMap) -> Result<(), ScimError> {
    let Some(stated) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let stated = stated.to_str().unwrap_or("?");
    let essence = stated.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/scim+json") || essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let essence: String = essence.chars().take(100).collect();
    let detail = format!("the body is {essence}; send application/scim+json or application/json");
    Err(ScimError::status(415, detail))
}

async fn read_body(body: axum::body::Body, most: usize) -> Result<Vec<u8>, ScimError> {
    let mut bytes = Vec::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|_| ScimError::bad(ScimType::InvalidSyntax, "the body ended before it was complete"))?;
        if bytes.len() + chunk.len() > most {
            return Err(ScimError::status(413, format!("the body is larger than {most} bytes (maxPayloadSize)")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
