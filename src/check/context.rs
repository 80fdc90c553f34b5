//! Everything around one exchange: the transcript that it stands in, and what is known about the target.

use std::sync::Arc;

use super::{
    discovery::Discovery,
    seen::{self, Seen},
};
use crate::wire::{Exchange, Secret, Sender};

/// Where the SCIM endpoint is, and what is known about the target before the transcript begins.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Base URL of the SCIM endpoint, without a trailing slash. A query on it is ignored.
    pub base_url: String,
    /// What the target said about itself, where it was asked before. What a transcript holds comes on top.
    pub discovery: Arc<Discovery>,
    /// Whether nobody but this transcript's scenario changes the tenant. Checks that compare totals need it.
    pub isolated: bool,
    /// Credentials of the run, to find them where they must not be.
    pub secrets: Vec<Secret>,
    /// Whether lists may show what others put into the directory: other clients, or other scenarios. Such a resource says
    /// nothing about what the target makes of a request, and is not judged.
    pub shared: bool,
    /// Attributes that the target is known not to keep, with the endpoint of the resource: `("/Users", "title")`. A server
    /// is free to ignore them (RFC 7644 section 3.3), so that nothing follows from their values.
    pub unkept: Vec<(&'static str, &'static str)>,
}

impl Scope {
    /// A scope of which only the base URL is known.
    pub fn at(base_url: &str) -> Scope {
        let base = base_url.split(['?', '#']).next().unwrap_or(base_url);
        Scope { base_url: base.trim_end_matches('/').to_owned(), ..Scope::default() }
    }

    /// Whether the target is known not to keep an attribute of the resources at an endpoint.
    pub fn loses(&self, endpoint: &str, attribute: &str) -> bool {
        self.unkept.iter().any(|(at, name)| *at == endpoint && name.eq_ignore_ascii_case(attribute))
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

/// Everything around one exchange: the whole transcript, and what is known about the target.
#[derive(Debug)]
pub struct Context<'a> {
    /// Where the endpoint is.
    pub scope: &'a Scope,
    /// What the target says about itself: known before, or said in this transcript.
    pub discovery: Arc<Discovery>,
    /// The exchanges with the SCIM endpoint, parsed, in order.
    pub seen: Vec<Seen<'a>>,
}

impl<'a> Context<'a> {
    /// Parses a transcript.
    pub fn new(exchanges: &'a [Exchange], scope: &'a Scope) -> Context<'a> {
        let mut discovery = Arc::clone(&scope.discovery);
        let endpoints = discovery.endpoints();
        let parse = |endpoints: &[String]| -> Vec<Seen<'a>> {
            exchanges.iter().filter_map(|exchange| Seen::parse(exchange, scope, endpoints)).collect()
        };
        let mut seen = parse(&endpoints);
        let documents = seen.iter().filter(|one| one.place.is_discovery());
        for one in documents {
            if let Some(more) = discovery.learn(one, &scope.base_url) {
                discovery = Arc::new(more);
            }
        }
        let now = discovery.endpoints();
        if now != endpoints {
            seen = parse(&now);
        }
        if scope.shared {
            seen::keep_own(&mut seen);
        }
        Context { scope, discovery, seen }
    }
}

/// An exchange for unit tests of this room.
#[cfg(test)]
pub(super) fn sample(seq: u64, request: crate::wire::Request, status: u16, body: &serde_json::Value) -> Exchange {
    Exchange {
        seq,
        sender: Sender::Client,
        method: request.method,
        url: format!("http://target/scim{}", request.target),
        headers: request.headers,
        body: request.body.map(|body| String::from_utf8_lossy(&body).into_owned()),
        reply: crate::wire::Reply::Response(crate::wire::Response {
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
        assert_eq!(context.discovery.type_name("/Devices"), Some("Device"));
        assert_eq!(context.discovery.base_schema("/Users"), Some(super::super::values::USER));
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

    /// In a shared directory only what the transcript itself speaks to is judged; elsewhere the whole list.
    #[test]
    fn leaves_the_data_of_others_alone() {
        let list = json!({"Resources": [{"id": "ours", "userName": "a"}, {"id": "theirs", "userName": ""}]});
        let exchanges = [
            sample(1, Request::new("POST", "/Users").body("{}"), 201, &json!({"id": "ours"})),
            sample(2, Request::new("GET", "/Users"), 200, &list),
        ];
        for (shared, judged) in [(true, 1), (false, 2)] {
            let scope = Scope { shared, ..Scope::at("http://target/scim") };
            assert_eq!(Context::new(&exchanges, &scope).seen[1].representations().count(), judged);
        }
    }

    /// A recorded transcript needs no configuration: its base URL is read from the endpoint names.
    #[test]
    fn infers_the_base_url() {
        let exchanges = [sample(1, Request::new("GET", "/Users/1"), 200, &json!({}))];
        assert_eq!(Scope::infer(&exchanges).map(|scope| scope.base_url).as_deref(), Some("http://target/scim"));
    }
}
