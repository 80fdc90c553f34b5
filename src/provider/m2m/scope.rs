//! What a scope opens: `read:members`, `write:*`. The grammar is that of the vendor's SDK, `action:resource` with `*` for
//! every resource (stytch-node, `lib/b2c/m2m_local.ts`); a scope that names nothing here belongs to the caller's own API
//! and opens nothing.

use http::Method;

/// The SCIM surface of the client's connection.
pub const SCIM: &str = "scim";

/// Which resource the routes below a prefix belong to; the first that fits counts. What fits none is closed to machine
/// clients.
const RESOURCES: &[(&str, &str)] = &[
    ("/v1/b2b/organizations/members/", "members"),
    ("/v1/b2b/organizations/{organization_id}/member", "members"),
    ("/v1/b2b/magic_links/", "members"),
    ("/v1/b2b/organizations", "organizations"),
    ("/v1/b2b/scim/", "connections"),
    ("/v1/b2b/sso/", "connections"),
    ("/v1/b2b/sessions", "sessions"),
    ("/v1/b2b/rbac/", "rbac"),
    ("/v1/webhooks/", "webhooks"),
    ("/v1/ssf/", "security_events"),
    ("/v1/m2m/", "credentials"),
    ("/v1/projects/", "credentials"),
    ("/metrics", "metrics"),
];

/// The scope that a route of the management API needs: `read:` for GET and searches, `write:` for everything else.
#[must_use]
pub fn needed(method: &Method, route: &str) -> Option<String> {
    let resource = RESOURCES.iter().find(|(prefix, _)| route.starts_with(prefix)).map(|(_, resource)| resource)?;
    let reads = method == Method::GET || route.ends_with("/search");
    Some(format!("{}:{resource}", if reads { "read" } else { "write" }))
}

/// The scope that a SCIM request needs.
#[must_use]
pub fn needed_for_scim(method: &Method, path: &str) -> String {
    let reads = matches!(*method, Method::GET | Method::HEAD) || path.ends_with("/.search");
    format!("{}:{SCIM}", if reads { "read" } else { "write" })
}

/// Whether one of the scopes held is the one needed.
#[must_use]
pub fn covers(held: &[String], needed: &str) -> bool {
    let action = needed.split(':').next().unwrap_or_default();
    held.iter().any(|scope| scope == needed || scope.strip_suffix(":*") == Some(action))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects what a narrow client may not do: the resource of a route is the nearest one, and only the action asked for
    /// or its wildcard opens it.
    #[test]
    fn scopes_open_what_they_name() {
        let of = |method: Method, route: &str| needed(&method, route).unwrap_or_default();
        assert_eq!(of(Method::GET, "/v1/b2b/organizations/{organization_id}/member"), "read:members");
        assert_eq!(of(Method::POST, "/v1/b2b/organizations/members/search"), "read:members");
        assert_eq!(of(Method::POST, "/v1/b2b/organizations"), "write:organizations");
        assert_eq!(of(Method::PUT, "/v1/b2b/organizations/{organization_id}"), "write:organizations");
        assert_eq!(needed(&Method::GET, "/v2/anything"), None);
        let held = ["read:*".to_owned(), "write:members".to_owned(), "write".to_owned()];
        assert!(covers(&held, "read:rbac") && covers(&held, "write:members"));
        assert!(!covers(&held, "write:rbac") && !covers(&held[1..], "read:members"));
    }
}
