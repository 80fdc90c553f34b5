//! What was seen: one exchange with the SCIM endpoint, parsed once.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use serde_json::{Map, Value};
use url::Url;

use super::{
    context::Scope,
    place::{Place, parse_query},
    typed::Typed,
};
use crate::wire::{Exchange, Response, Sender};

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
    /// Ids of the resources that this transcript speaks to, where lists may show others.
    own: Option<Arc<HashSet<String>>>,
    /// The URL, once a check has asked for it.
    url: OnceLock<Option<Url>>,
    /// What the types of the values come to, once a check has asked for it.
    pub(super) typed: OnceLock<Typed>,
}

impl<'a> Seen<'a> {
    /// Parses an exchange with the SCIM endpoint; `None` if there is no response, or it went elsewhere, or an
    /// observer sent it.
    pub(super) fn parse(exchange: &'a Exchange, scope: &Scope, endpoints: &[String]) -> Option<Seen<'a>> {
        if exchange.sender == Sender::Observer {
            return None;
        }
        // A server that limits the rate of requests has not looked at this one (RFC 6585 section 4).
        let response = exchange.response().filter(|response| response.status != 429)?;
        let rest = exchange.url.strip_prefix(scope.base_url.as_str())?;
        if !rest.is_empty() && !rest.starts_with(['/', '?', '#']) {
            return None;
        }
        // Accepted, and not done yet (RFC 9967 section 2.5.1.1): the other rules are about the answer that follows.
        let prefers = || exchange.request_header("prefer").unwrap_or_default().to_ascii_lowercase();
        if response.status == 202 && prefers().contains("respond-async") {
            return None;
        }
        Some(Seen {
            exchange,
            response,
            place: Place::of(rest, endpoints),
            query: exchange.query().map(parse_query).unwrap_or_default(),
            request: exchange.request_json(),
            body: if response.body.is_empty() { None } else { response.json() },
            own: None,
            url: OnceLock::new(),
            typed: OnceLock::new(),
        })
    }

    /// The URL of the request, if it is one.
    pub fn url(&self) -> Option<&Url> {
        self.url.get_or_init(|| Url::parse(&self.exchange.url).ok()).as_ref()
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
    pub fn representations(&self) -> impl Iterator<Item = Representation<'_>> + Clone {
        let endpoint = self.place.endpoint();
        let listed = self
            .entries()
            .iter()
            .filter_map(Value::as_object)
            .filter(|value| self.own.as_ref().is_none_or(|own| id_of(value).is_some_and(|id| own.contains(id))))
            .map(move |value| Representation { endpoint, value, listed: true });
        self.single().into_iter().chain(listed)
    }

    /// The one resource that a successful response shows, if it shows one and not a list.
    pub fn single(&self) -> Option<Representation<'_>> {
        let single = match self.place {
            Place::Collection(_) => self.method() == "POST",
            Place::Resource { .. } | Place::Me => matches!(self.method(), "GET" | "PUT" | "PATCH"),
            _ => false,
        };
        (single && self.response.is_success()).then_some(())?;
        Some(Representation { endpoint: self.place.endpoint(), value: self.object()?, listed: false })
    }

    /// The id that the request addresses.
    pub fn addressed_id(&self) -> Option<&str> {
        match &self.place {
            Place::Resource { id, .. } => Some(id),
            _ => None,
        }
    }
}

/// Lets lists show only the resources that the transcript itself made or addressed.
pub(super) fn keep_own(seen: &mut [Seen<'_>]) {
    let shown = seen.iter().filter_map(|one| Some(id_of(one.single()?.value)?.to_owned()));
    let addressed = seen.iter().filter_map(|one| one.addressed_id().map(str::to_owned));
    let own: Arc<HashSet<String>> = Arc::new(shown.chain(addressed).collect());
    seen.iter_mut().for_each(|one| one.own = Some(Arc::clone(&own)));
}

fn id_of(resource: &Map<String, Value>) -> Option<&str> {
    resource.get("id").and_then(Value::as_str)
}
