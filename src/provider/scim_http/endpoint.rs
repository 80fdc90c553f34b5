//! Paths below a connection, and the methods that each knows (RFC 7644 section 3.2, table 2).

use std::borrow::Cow;

use crate::scim::schema::{Registry, ResourceType};

/// A type of resource: Users and Groups mean something to this server, the others are what their schemas say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Group,
    /// By the place among the registry's types.
    Custom(usize),
}

impl Kind {
    /// All types that are served, in the registry's order.
    pub(super) fn all(registry: &Registry) -> Vec<Kind> {
        let place = |(at, rt): (usize, &ResourceType)| match rt.endpoint.as_str() {
            "/Users" => Kind::User,
            "/Groups" => Kind::Group,
            _ => Kind::Custom(at),
        };
        registry.resource_types().enumerate().map(place).collect()
    }

    /// The type at an endpoint, such as `/Users`; endpoints are case-exact.
    pub(super) fn at(endpoint: &str, registry: &Registry) -> Option<Kind> {
        match endpoint {
            "/Users" => Some(Kind::User),
            "/Groups" => Some(Kind::Group),
            _ => registry.resource_types().position(|rt| rt.endpoint == endpoint).map(Kind::Custom),
        }
    }

    /// The type of a name, such as `User`.
    pub(super) fn named(name: &str, registry: &Registry) -> Option<Kind> {
        let place = registry.resource_types().position(|rt| rt.name == name)?;
        Kind::all(registry).get(place).copied()
    }

    /// The schema data of the type.
    pub(super) fn resource_type(self, registry: &Registry) -> Option<&ResourceType> {
        match self {
            Kind::User => registry.resource_type_at("/Users"),
            Kind::Group => registry.resource_type_at("/Groups"),
            Kind::Custom(at) => registry.resource_types().nth(at),
        }
    }
}

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Root,
    Search(Option<Kind>),
    Type(Kind),
    Resource(Kind, String),
    ServiceProviderConfig,
    ResourceTypes(Option<String>),
    Schemas(Option<String>),
    Bulk,
    Me,
    Unknown,
}

impl Endpoint {
    /// Reads the path behind the connection id, still percent-encoded. A slash at the end changes nothing.
    pub(super) fn parse(path: &str, registry: &Registry) -> Endpoint {
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut decoded: Vec<Cow<str>> = Vec::with_capacity(3);
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            match decode(segment) {
                Some(text) => decoded.push(text),
                None => return Endpoint::Unknown,
            }
        }
        let segments: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
        match segments.as_slice() {
            [] => Endpoint::Root,
            [".search"] => Endpoint::Search(None),
            ["ServiceProviderConfig"] => Endpoint::ServiceProviderConfig,
            ["ResourceTypes"] => Endpoint::ResourceTypes(None),
            ["ResourceTypes", id] => Endpoint::ResourceTypes(Some((*id).to_owned())),
            ["Schemas"] => Endpoint::Schemas(None),
            ["Schemas", id] => Endpoint::Schemas(Some((*id).to_owned())),
            ["Bulk"] => Endpoint::Bulk,
            ["Me", ..] => Endpoint::Me,
            [endpoint, rest @ ..] => match (Kind::at(&format!("/{endpoint}"), registry), rest) {
                (Some(kind), []) => Endpoint::Type(kind),
                (Some(kind), [".search"]) => Endpoint::Search(Some(kind)),
                (Some(kind), [id]) => Endpoint::Resource(kind, (*id).to_owned()),
                _ => Endpoint::Unknown,
            },
        }
    }

    /// One of each, with `{id}` for an id.
    pub(super) fn every(registry: &Registry) -> Vec<Endpoint> {
        let id = || "{id}".to_owned();
        let mut every = vec![
            Endpoint::Root,
            Endpoint::Search(None),
            Endpoint::ServiceProviderConfig,
            Endpoint::ResourceTypes(None),
            Endpoint::ResourceTypes(Some(id())),
            Endpoint::Schemas(None),
            Endpoint::Schemas(Some(id())),
            Endpoint::Bulk,
            Endpoint::Me,
        ];
        for kind in Kind::all(registry) {
            every.extend([Endpoint::Type(kind), Endpoint::Resource(kind, id()), Endpoint::Search(Some(kind))]);
        }
        every
    }

    /// The route, for logs and counters: the path with names in the place of ids.
    pub(super) fn template(&self, registry: &Registry) -> Cow<'static, str> {
        let custom = |kind: &Kind, rest: &str| {
            let endpoint = kind.resource_type(registry).map_or("", |rt| rt.endpoint.as_str());
            Cow::Owned(format!("/v1/b2b/scim/{{connection_id}}{endpoint}{rest}"))
        };
        Cow::Borrowed(match self {
            Endpoint::Type(kind @ Kind::Custom(_)) => return custom(kind, ""),
            Endpoint::Resource(kind @ Kind::Custom(_), _) => return custom(kind, "/{id}"),
            Endpoint::Search(Some(kind @ Kind::Custom(_))) => return custom(kind, "/.search"),
            Endpoint::Root => "/v1/b2b/scim/{connection_id}",
            Endpoint::Search(None) => "/v1/b2b/scim/{connection_id}/.search",
            Endpoint::Search(Some(Kind::User)) => "/v1/b2b/scim/{connection_id}/Users/.search",
            Endpoint::Search(Some(Kind::Group)) => "/v1/b2b/scim/{connection_id}/Groups/.search",
            Endpoint::Type(Kind::User) => "/v1/b2b/scim/{connection_id}/Users",
            Endpoint::Type(Kind::Group) => "/v1/b2b/scim/{connection_id}/Groups",
            Endpoint::Resource(Kind::User, _) => "/v1/b2b/scim/{connection_id}/Users/{id}",
            Endpoint::Resource(Kind::Group, _) => "/v1/b2b/scim/{connection_id}/Groups/{id}",
            Endpoint::ServiceProviderConfig => "/v1/b2b/scim/{connection_id}/ServiceProviderConfig",
            Endpoint::ResourceTypes(None) => "/v1/b2b/scim/{connection_id}/ResourceTypes",
            Endpoint::ResourceTypes(Some(_)) => "/v1/b2b/scim/{connection_id}/ResourceTypes/{id}",
            Endpoint::Schemas(None) => "/v1/b2b/scim/{connection_id}/Schemas",
            Endpoint::Schemas(Some(_)) => "/v1/b2b/scim/{connection_id}/Schemas/{id}",
            Endpoint::Bulk => "/v1/b2b/scim/{connection_id}/Bulk",
            Endpoint::Me => "/v1/b2b/scim/{connection_id}/Me",
            Endpoint::Unknown => "",
        })
    }

    /// The methods that the endpoint knows; none for an unknown one.
    pub(super) fn methods(&self) -> &'static [&'static str] {
        match self {
            Endpoint::Root | Endpoint::ServiceProviderConfig | Endpoint::ResourceTypes(_) | Endpoint::Schemas(_) => {
                &["GET", "HEAD"]
            }
            Endpoint::Search(_) | Endpoint::Bulk => &["POST"],
            Endpoint::Type(_) => &["GET", "HEAD", "POST"],
            Endpoint::Resource(..) => &["GET", "HEAD", "PUT", "PATCH", "DELETE"],
            Endpoint::Me => &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            Endpoint::Unknown => &[],
        }
    }
}

/// A percent-decoded segment; `None` if it is not UTF-8.
fn decode(segment: &str) -> Option<Cow<'_, str>> {
    if !segment.contains('%') {
        return Some(segment.into());
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The log names a route as the surface reads it.
    #[test]
    fn templates_are_read_back() {
        let registry = Registry::standard();
        for endpoint in Endpoint::every(&registry) {
            let template = endpoint.template(&registry);
            let path = template.strip_prefix("/v1/b2b/scim/{connection_id}").expect("the prefix");
            assert_eq!(Endpoint::parse(path, &registry), endpoint);
        }
    }

    /// Paths are read as RFC 7644 table 2 lays them out; endpoint names are case-exact, ids are decoded.
    #[test]
    fn paths_name_endpoints() {
        let registry = Registry::standard();
        let parse = |path: &str| Endpoint::parse(path, &registry);
        assert_eq!(parse(""), Endpoint::Root);
        assert_eq!(parse("Users/"), Endpoint::Type(Kind::User));
        assert_eq!(parse("Users/a%2Fb"), Endpoint::Resource(Kind::User, "a/b".into()));
        assert_eq!(parse("Groups/.search"), Endpoint::Search(Some(Kind::Group)));
        for unknown in ["users", "Users/%zz", "Users/%ff", "Users/1/2", "Printers"] {
            assert_eq!(parse(unknown), Endpoint::Unknown, "{unknown}");
        }
    }
}
