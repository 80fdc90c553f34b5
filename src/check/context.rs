//! What a check may look at: one exchange, parsed once ([`Seen`]), and what is known about the target around it
//! ([`Context`]).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{
    shape::Shapes,
    values::{array, text},
};
use crate::wire::{Exchange, Response, Secret, Sender};

/// Where the SCIM endpoint is, and what is known about the target before the transcript begins.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Base URL of the SCIM endpoint, without a trailing slash. A query on it is ignored.
    pub base_url: String,
    /// What the target said about itself, where it was asked before. What a transcript holds comes on top.
    pub discovery: Discovery,
    /// Whether nobody but this transcript's scenario changes the tenant. Checks that compare totals need it.
    pub isolated: bool,
    /// Credentials of the run, to find them where they must not be.
    pub secrets: Vec<Secret>,
}

impl Scope {
    /// A scope of which only the base URL is known.
    pub fn at(base_url: &str) -> Scope {
        let base = base_url.split(['?', '#']).next().unwrap_or(base_url);
        Scope { base_url: base.trim_end_matches('/').to_owned(), ..Scope::default() }
    }

    /// A scope for a transcript recorded elsewhere: the base URL is what stands before the first well-known endpoint
    /// name that occurs in it. `None` if no exchange names one.
    pub fn infer(exchanges: &[Exchange]) -> Option<Scope> {
        const NAMES: [&str; 8] =
            ["/Users", "/Groups", "/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Bulk", "/Me", "/.search"];
        exchanges.iter().filter(|exchange| exchange.sender != Sender::Observer).find_map(|exchange| {
            let url = exchange.url.split(['?', '#']).next()?;
            NAMES.iter().find_map(|name| {
                let at = url.rfind(name)?;
                let rest = &url[at + name.len()..];
                (rest.is_empty() || rest.starts_with('/')).then(|| Scope::at(&url[..at]))
            })
        })
    }
}

/// The target's discovery documents, where they are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discovery {
    /// The body of `GET /ServiceProviderConfig`.
    pub service_provider_config: Option<Value>,
    /// The `Resources` of `GET /ResourceTypes`; empty if it was not read.
    pub resource_types: Vec<Value>,
    /// The `Resources` of `GET /Schemas`; empty if it was not read.
    pub schemas: Vec<Value>,
}

impl Discovery {
    /// Whether a capability is advertised: `patch`, `bulk`, `filter`, `changePassword`, `sort`, `etag`. `None` if the
    /// configuration was not read, or does not say.
    pub fn supports(&self, capability: &str) -> Option<bool> {
        self.service_provider_config.as_ref()?.get(capability)?.get("supported")?.as_bool()
    }

    /// The advertised resource type of an endpoint (`/Users`).
    pub fn resource_type_at(&self, endpoint: &str) -> Option<&Value> {
        self.resource_types
            .iter()
            .find(|one| one.get("endpoint").and_then(Value::as_str).is_some_and(|it| trim(it) == trim(endpoint)))
    }

    /// The advertised schema with that id.
    pub fn schema(&self, id: &str) -> Option<&Value> {
        self.schemas.iter().find(|one| text(one, "id").is_some_and(|it| it.eq_ignore_ascii_case(id)))
    }

    /// What the exchanges of a transcript say about the target.
    pub fn read(exchanges: &[Exchange], scope: &Scope) -> Discovery {
        Context::new(exchanges, scope).discovery
    }

    /// Takes over what an exchange says about the target.
    fn learn(&mut self, seen: &Seen<'_>) {
        if seen.exchange.method != "GET" || seen.response.status != 200 || seen.exchange.query().is_some() {
            return;
        }
        let Some(body) = &seen.body else { return };
        match seen.place {
            Place::ServiceProviderConfig if body.is_object() => self.service_provider_config = Some(body.clone()),
            Place::ResourceTypes => {
                if let Some(resources) = array(body, "Resources") {
                    self.resource_types = resources.clone();
                }
            }
            Place::Schemas => {
                if let Some(resources) = array(body, "Resources") {
                    self.schemas = resources.clone();
                }
            }
            _ => {}
        }
    }
}

/// Which part of the protocol a request was sent to (RFC 7644 section 3.2, table 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The base URL itself.
    Root,
    /// `/ServiceProviderConfig`
    ServiceProviderConfig,
    /// `/ResourceTypes`
    ResourceTypes,
    /// `/ResourceTypes/{id}`
    ResourceType(String),
    /// `/Schemas`
    Schemas,
    /// `/Schemas/{id}`
    Schema(String),
    /// `/Bulk`
    Bulk,
    /// `/Me`
    Me,
    /// `/.search`, or `{endpoint}/.search` with that endpoint.
    Search(Option<String>),
    /// The endpoint of a resource type: `/Users`.
    Collection(String),
    /// One resource below an endpoint.
    Resource {
        /// The endpoint: `/Users`.
        endpoint: String,
        /// The id as sent, percent-decoded.
        id: String,
    },
    /// Anything else below the base URL.
    Other,
}

impl Place {
    /// Where a path below the base URL points. `endpoints` are those of the resource types (`/Users`).
    fn of(path: &str, endpoints: &[String]) -> Place {
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let path = path.trim_end_matches('/');
        if path.is_empty() {
            return Place::Root;
        }
        if path == "/.search" {
            return Place::Search(None);
        }
        for endpoint in endpoints {
            let Some(rest) = path.strip_prefix(endpoint.as_str()) else { continue };
            match rest.strip_prefix('/') {
                None if rest.is_empty() => return Place::Collection(endpoint.clone()),
                Some(".search") => return Place::Search(Some(endpoint.clone())),
                Some(id) if !id.contains('/') => {
                    return Place::Resource { endpoint: endpoint.clone(), id: decode(id, false).into_owned() };
                }
                _ => {}
            }
        }
        match path {
            "/ServiceProviderConfig" => return Place::ServiceProviderConfig,
            "/ResourceTypes" => return Place::ResourceTypes,
            "/Schemas" => return Place::Schemas,
            "/Bulk" => return Place::Bulk,
            "/Me" => return Place::Me,
            _ => {}
        }
        match path.strip_prefix("/ResourceTypes/") {
            Some(id) if !id.contains('/') => return Place::ResourceType(decode(id, false).into_owned()),
            _ => {}
        }
        match path.strip_prefix("/Schemas/") {
            Some(id) if !id.contains('/') => Place::Schema(decode(id, false).into_owned()),
            _ => Place::Other,
        }
    }

    /// Whether it is one of the three discovery endpoints, or one entry of them.
    pub fn is_discovery(&self) -> bool {
        matches!(
            self,
            Place::ServiceProviderConfig
                | Place::ResourceTypes
                | Place::ResourceType(_)
                | Place::Schemas
                | Place::Schema(_)
        )
    }

    /// The endpoint of the resource type that is spoken to: `/Users`.
    pub fn endpoint(&self) -> Option<&str> {
        match self {
            Place::Collection(endpoint) | Place::Search(Some(endpoint)) | Place::Resource { endpoint, .. } => {
                Some(endpoint)
            }
            _ => None,
        }
    }
}

/// A resource as it stands in a response.
#[derive(Clone, Copy, Debug)]
pub struct Representation<'a> {
    /// The endpoint of its type, where the request names it (`/Users`).
    pub endpoint: Option<&'a str>,
    /// Its members.
    pub value: &'a Map<String, Value>,
    /// Whether it is an entry of a list response.
    pub listed: bool,
}

/// One exchange with a response, parsed.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The exchange itself.
    pub exchange: &'a Exchange,
    /// Its response.
    pub response: &'a Response,
    /// Where the request went.
    pub place: Place,
    /// The query parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The request body, if it is JSON.
    pub request: Option<Value>,
    /// The response body, if it is JSON.
    pub body: Option<Value>,
}

impl<'a> Seen<'a> {
    /// Parses an exchange with the SCIM endpoint; `None` if there is no response, or it went elsewhere, or an
    /// observer sent it.
    fn parse(exchange: &'a Exchange, scope: &Scope, endpoints: &[String]) -> Option<Seen<'a>> {
        if exchange.sender == Sender::Observer {
            return None;
        }
        let response = exchange.response()?;
        let rest = exchange.url.strip_prefix(scope.base_url.as_str())?;
        if !rest.is_empty() && !rest.starts_with(['/', '?', '#']) {
            return None;
        }
        // Accepted, and not done yet (RFC 9967 section 2.5.1.1): the other rules are about the answer that follows.
        let prefers = exchange.request_header("prefer").unwrap_or_default().to_ascii_lowercase();
        if response.status == 202 && prefers.contains("respond-async") {
            return None;
        }
        Some(Seen {
            exchange,
            response,
            place: Place::of(rest, endpoints),
            query: exchange.query().map(parse_query).unwrap_or_default(),
            request: exchange.request_json(),
            body: if response.body.is_empty() { None } else { response.json() },
        })
    }

    /// The sequence number.
    pub fn seq(&self) -> u64 {
        self.exchange.seq
    }

    /// The request method.
    pub fn method(&self) -> &str {
        &self.exchange.method
    }

    /// The response status.
    pub fn status(&self) -> u16 {
        self.response.status
    }

    /// The first query parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The response body, if it is a JSON object.
    pub fn object(&self) -> Option<&Map<String, Value>> {
        self.body.as_ref().and_then(Value::as_object)
    }

    /// The request body, if it is a JSON object.
    pub fn request_object(&self) -> Option<&Map<String, Value>> {
        self.request.as_ref().and_then(Value::as_object)
    }

    /// Whether it queries a collection: `GET /Users`, `POST /Users/.search`, `POST /.search`.
    pub fn is_query(&self) -> bool {
        match self.place {
            Place::Collection(_) => self.method() == "GET",
            Place::Search(_) => self.method() == "POST",
            _ => false,
        }
    }

    /// Whether it creates a resource: `POST /Users`.
    pub fn is_create(&self) -> bool {
        self.method() == "POST" && matches!(self.place, Place::Collection(_))
    }

    /// A parameter of a query, from the URL or from the body of a `.search` (RFC 7644 section 3.4.3).
    pub fn query_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        if matches!(self.place, Place::Search(_)) {
            return match self.request_object()?.get(name)? {
                Value::String(text) => Some(Cow::Borrowed(text)),
                Value::Number(number) => Some(Cow::Owned(number.to_string())),
                Value::Array(names) => {
                    Some(Cow::Owned(names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")))
                }
                _ => None,
            };
        }
        self.parameter(name).map(Cow::Borrowed)
    }

    /// Whether the client asked for a part of the attributes only.
    pub fn is_projected(&self) -> bool {
        self.query_parameter("attributes").is_some() || self.query_parameter("excludedAttributes").is_some()
    }

    /// The successful answer to a query, if it is an object.
    pub fn list(&self) -> Option<&Map<String, Value>> {
        if self.is_query() && self.status() == 200 { self.object() } else { None }
    }

    /// The entries of a list response; empty if there are none.
    pub fn entries(&self) -> &[Value] {
        self.list().and_then(|list| list.get("Resources")).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// All resources in a successful response: the one, or the entries of the list. Discovery documents are none.
    pub fn representations(&self) -> Vec<Representation<'_>> {
        if !self.response.is_success() {
            return Vec::new();
        }
        let endpoint = self.place.endpoint();
        if self.is_query() {
            return self
                .entries()
                .iter()
                .filter_map(Value::as_object)
                .map(|value| Representation { endpoint, value, listed: true })
                .collect();
        }
        let single = match self.place {
            Place::Collection(_) => self.method() == "POST",
            Place::Resource { .. } => matches!(self.method(), "GET" | "PUT" | "PATCH"),
            Place::Me => matches!(self.method(), "GET" | "PUT" | "PATCH"),
            _ => false,
        };
        match self.object() {
            Some(value) if single => vec![Representation { endpoint, value, listed: false }],
            _ => Vec::new(),
        }
    }

    /// The one resource that a successful response shows, if it shows one and not a list.
    pub fn single(&self) -> Option<Representation<'_>> {
        if self.is_query() { None } else { self.representations().into_iter().next() }
    }

    /// The id that the request addresses.
    pub fn addressed_id(&self) -> Option<&str> {
        match &self.place {
            Place::Resource { id, .. } => Some(id),
            _ => None,
        }
    }
}

/// Everything around one exchange: the whole transcript, and what is known about the target.
#[derive(Debug)]
pub struct Context<'a> {
    /// Where the endpoint is.
    pub scope: &'a Scope,
    /// What the target says about itself: known before, or said in this transcript.
    pub discovery: Discovery,
    /// The exchanges with the SCIM endpoint, parsed, in order.
    pub seen: Vec<Seen<'a>>,
    /// The shapes of the target's own schemas.
    pub(super) shapes: Shapes,
}

impl<'a> Context<'a> {
    /// Parses a transcript.
    pub fn new(exchanges: &'a [Exchange], scope: &'a Scope) -> Context<'a> {
        let mut discovery = scope.discovery.clone();
        let mut endpoints = endpoints(&discovery);
        let parse = |endpoints: &[String]| -> Vec<Seen<'a>> {
            exchanges.iter().filter_map(|exchange| Seen::parse(exchange, scope, endpoints)).collect()
        };
        let mut seen = parse(&endpoints);
        for one in &seen {
            if one.place.is_discovery() {
                discovery.learn(one);
            }
        }
        let now = self::endpoints(&discovery);
        if now != endpoints {
            endpoints = now;
            seen = parse(&endpoints);
        }
        let shapes = Shapes::read(&discovery.schemas);
        Context { scope, discovery, seen, shapes }
    }

    /// The name of the resource type at an endpoint: as advertised, else the standard one.
    pub fn type_name(&self, endpoint: &str) -> Option<&str> {
        match self.discovery.resource_type_at(endpoint) {
            Some(advertised) => text(advertised, "name"),
            None if endpoint == "/Users" => Some("User"),
            None if endpoint == "/Groups" => Some("Group"),
            None => None,
        }
    }

    /// The base schema of the resource type at an endpoint: as advertised, else the standard one.
    pub fn base_schema(&self, endpoint: &str) -> Option<&str> {
        match self.discovery.resource_type_at(endpoint) {
            Some(advertised) => text(advertised, "schema"),
            None if endpoint == "/Users" => Some(crate::check::values::USER),
            None if endpoint == "/Groups" => Some(crate::check::values::GROUP),
            None => None,
        }
    }

    /// Names of the attributes of an endpoint's base schema whose characteristic has this value, as the target's own
    /// `/Schemas` has it; empty where that is not known.
    pub fn attributes_with(&self, endpoint: &str, characteristic: &str, value: &str) -> Vec<String> {
        let schema = self.base_schema(endpoint).and_then(|id| self.discovery.schema(id));
        schema
            .and_then(|schema| array(schema, "attributes"))
            .into_iter()
            .flatten()
            .filter(|attribute| text(attribute, characteristic) == Some(value))
            .filter_map(|attribute| text(attribute, "name").map(str::to_owned))
            .collect()
    }

    /// The schema extensions of the resource type at an endpoint, where it is advertised: URI and whether required.
    pub fn extensions(&self, endpoint: &str) -> Option<Vec<(&str, bool)>> {
        let advertised = self.discovery.resource_type_at(endpoint)?;
        Some(
            array(advertised, "schemaExtensions")
                .into_iter()
                .flatten()
                .filter_map(|one| {
                    Some((text(one, "schema")?, one.get("required").and_then(Value::as_bool).unwrap_or(false)))
                })
                .collect(),
        )
    }
}

/// The standard endpoints and the advertised ones; the longest first, so that none hides another.
fn endpoints(discovery: &Discovery) -> Vec<String> {
    let mut endpoints = vec!["/Users".to_owned(), "/Groups".to_owned()];
    for one in &discovery.resource_types {
        if let Some(endpoint) = text(one, "endpoint").map(trim).filter(|it| !it.is_empty() && !it.contains("://")) {
            let endpoint = format!("/{endpoint}");
            if !endpoints.contains(&endpoint) {
                endpoints.push(endpoint);
            }
        }
    }
    endpoints.sort_by_key(|endpoint| std::cmp::Reverse(endpoint.len()));
    endpoints
}

fn trim(endpoint: &str) -> &str {
    endpoint.trim_matches('/')
}

fn parse_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name, true).into_owned(), decode(value, true).into_owned())
        })
        .collect()
}

/// Percent-decodes; with `plus`, a plus sign is a space, as in forms. Broken escapes stay as they are.
fn decode(text: &str, plus: bool) -> Cow<'_, str> {
    if !(text.contains('%') || plus && text.contains('+')) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let raw = text.as_bytes();
    let mut at = 0;
    while at < raw.len() {
        let escape = (raw[at] == b'%')
            .then(|| text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok()))
            .flatten();
        match escape {
            Some(byte) => {
                bytes.push(byte);
                at += 3;
            }
            None => {
                bytes.push(if plus && raw[at] == b'+' { b' ' } else { raw[at] });
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// An exchange for unit tests of this room.
#[cfg(test)]
pub(super) fn sample(seq: u64, request: crate::wire::Request, status: u16, body: &Value) -> Exchange {
    Exchange {
        seq,
        sender: Sender::Client,
        method: request.method,
        url: format!("http://target/scim{}", request.target),
        headers: request.headers,
        body: request.body.map(|body| String::from_utf8_lossy(&body).into_owned()),
        reply: crate::wire::Reply::Response(Response {
            status,
            headers: vec![("content-type".into(), "application/scim+json".into())],
            body: if body.is_null() { String::new() } else { body.to_string() },
        }),
        at: time::OffsetDateTime::UNIX_EPOCH,
        micros: 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::Request;

    /// Each endpoint of RFC 7644 table 2 is recognised, and nothing else is taken for one.
    #[test]
    fn places() {
        let endpoints = vec!["/Users".to_owned(), "/Groups".to_owned()];
        let of = |path: &str| Place::of(path, &endpoints);
        assert_eq!(of("/Users?x=1"), Place::Collection("/Users".into()));
        assert_eq!(of("/Users/a%20b"), Place::Resource { endpoint: "/Users".into(), id: "a b".into() });
        assert_eq!(of("/Users/.search"), Place::Search(Some("/Users".into())));
        assert_eq!(of("/.search"), Place::Search(None));
        assert_eq!(of("/Schemas/urn:x"), Place::Schema("urn:x".into()));
        assert_eq!(of("/Usersx"), Place::Other);
        assert_eq!(of("/Users/1/emails"), Place::Other);
        assert_eq!(of("/users"), Place::Other);
        assert_eq!(of(""), Place::Root);
    }

    /// A resource type that the target advertises is judged like the standard ones, also in the same transcript.
    #[test]
    fn learns_endpoints_from_the_transcript() {
        let types = json!({"Resources": [{"name": "Device", "endpoint": "/Devices", "schema": "urn:d"}]});
        let exchanges = [
            sample(1, Request::new("GET", "/Devices/1"), 200, &json!({"id": "1"})),
            sample(2, Request::new("GET", "/ResourceTypes"), 200, &types),
        ];
        let scope = Scope::at("http://target/scim/");
        let context = Context::new(&exchanges, &scope);
        assert_eq!(context.seen[0].place.endpoint(), Some("/Devices"));
        assert_eq!(context.type_name("/Devices"), Some("Device"));
        assert_eq!(context.base_schema("/Users"), Some(super::super::values::USER));
    }

    /// What an observer sent, and what went to another host or a longer path, is no business of a check.
    #[test]
    fn leaves_out_what_is_not_scim() {
        let mut observer = sample(1, Request::new("GET", "/Users"), 200, &json!({}));
        observer.sender = Sender::Observer;
        let mut other = sample(2, Request::new("GET", "/Users"), 200, &json!({}));
        other.url = "http://target/scimmy/Users".into();
        let exchanges = [observer, other];
        let scope = Scope::at("http://target/scim?flag");
        assert!(Context::new(&exchanges, &scope).seen.is_empty());
    }

    /// A recorded transcript needs no configuration: its base URL is read from the endpoint names.
    #[test]
    fn infers_the_base_url() {
        let exchanges = [sample(1, Request::new("GET", "/Users/1"), 200, &json!({}))];
        assert_eq!(Scope::infer(&exchanges).map(|scope| scope.base_url).as_deref(), Some("http://target/scim"));
    }

    /// Decoding keeps what is not a valid escape, and never fails.
    #[test]
    fn decodes() {
        assert_eq!(decode("a%2Bb%zz%", true), "a+b%zz%");
        assert_eq!(decode("a+b", true), "a b");
        assert_eq!(decode("a+b", false), "a+b");
    }
}
