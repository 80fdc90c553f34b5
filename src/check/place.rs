//! Where a request went: the endpoints of the protocol, and the decoding of what stands in a URL.

use std::borrow::Cow;

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
    pub(super) fn of(path: &str, endpoints: &[String]) -> Place {
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

/// The parameters of a query, decoded, in order.
pub(super) fn parse_query(query: &str) -> Vec<(String, String)> {
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

#[cfg(test)]
mod tests {
    use super::*;

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

    /// Decoding keeps what is not a valid escape, and never fails.
    #[test]
    fn decodes() {
        assert_eq!(decode("a%2Bb%zz%", true), "a+b%zz%");
        assert_eq!(decode("a+b", true), "a b");
        assert_eq!(decode("a+b", false), "a+b");
    }
}
