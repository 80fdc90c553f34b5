//! Paths below a connection, and the methods that each knows (RFC 7644 section 3.2, table 2).

/// A type of resource that has rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Group,
}

impl Kind {
    pub(super) const ALL: [Kind; 2] = [Kind::User, Kind::Group];

    /// The path of the type's endpoint.
    pub(super) fn endpoint(self) -> &'static str {
        match self {
            Kind::User => "/Users",
            Kind::Group => "/Groups",
        }
    }

    /// `meta.resourceType`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::User => "User",
            Kind::Group => "Group",
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
    pub(super) fn parse(path: &str) -> Endpoint {
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut segments: Vec<String> = Vec::new();
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            match decode(segment) {
                Some(text) => segments.push(text),
                None => return Endpoint::Unknown,
            }
        }
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            [] => Endpoint::Root,
            [".search"] => Endpoint::Search(None),
            ["Users", ".search"] => Endpoint::Search(Some(Kind::User)),
            ["Groups", ".search"] => Endpoint::Search(Some(Kind::Group)),
            ["Users"] => Endpoint::Type(Kind::User),
            ["Groups"] => Endpoint::Type(Kind::Group),
            ["Users", id] => Endpoint::Resource(Kind::User, (*id).to_owned()),
            ["Groups", id] => Endpoint::Resource(Kind::Group, (*id).to_owned()),
            ["ServiceProviderConfig"] => Endpoint::ServiceProviderConfig,
            ["ResourceTypes"] => Endpoint::ResourceTypes(None),
            ["ResourceTypes", id] => Endpoint::ResourceTypes(Some((*id).to_owned())),
            ["Schemas"] => Endpoint::Schemas(None),
            ["Schemas", id] => Endpoint::Schemas(Some((*id).to_owned())),
            ["Bulk"] => Endpoint::Bulk,
            ["Me", ..] => Endpoint::Me,
            _ => Endpoint::Unknown,
        }
    }

    /// One of each, with `{id}` for an id.
    pub(super) fn every() -> Vec<Endpoint> {
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
        for kind in Kind::ALL {
            every.extend([Endpoint::Type(kind), Endpoint::Resource(kind, id()), Endpoint::Search(Some(kind))]);
        }
        every
    }

    /// The route, for logs and counters: the path with names in the place of ids.
    pub(super) fn template(&self) -> &'static str {
        match self {
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
        }
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
fn decode(segment: &str) -> Option<String> {
    if !segment.contains('%') {
        return Some(segment.to_owned());
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
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The log names a route as the surface reads it.
    #[test]
    fn templates_are_read_back() {
        for endpoint in Endpoint::every() {
            let path = endpoint.template().strip_prefix("/v1/b2b/scim/{connection_id}").expect("the prefix");
            assert_eq!(Endpoint::parse(path), endpoint);
        }
    }

    /// Paths are read as RFC 7644 table 2 lays them out; endpoint names are case-exact, ids are decoded.
    #[test]
    fn paths_name_endpoints() {
        assert_eq!(Endpoint::parse(""), Endpoint::Root);
        assert_eq!(Endpoint::parse("Users/"), Endpoint::Type(Kind::User));
        assert_eq!(Endpoint::parse("Users/a%2Fb"), Endpoint::Resource(Kind::User, "a/b".into()));
        assert_eq!(Endpoint::parse("Groups/.search"), Endpoint::Search(Some(Kind::Group)));
        assert_eq!(Endpoint::parse("users"), Endpoint::Unknown);
        assert_eq!(Endpoint::parse("Users/%zz"), Endpoint::Unknown);
        assert_eq!(Endpoint::parse("Users/%ff"), Endpoint::Unknown);
        assert_eq!(Endpoint::parse("Users/1/2"), Endpoint::Unknown);
    }
}
