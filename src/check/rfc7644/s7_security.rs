//! RFC 7644 sections 1.3 and 7, RFC 6750: what must not travel, and where.

use std::net::IpAddr;

use serde_json::Value;

use crate::check::{
    Check, Context, Seen, Sight,
    judging::sight,
    values::{attribute, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(transport), "RFC7644-7.2-R1" / "tls",
        summary: "credentials are not accepted without TLS",
        how: "Every success over http to a request with credentials, on a host that is neither loopback, nor a private \
              address, nor a name without a full stop.",
        why: "everybody on the way reads the token, and with it the whole directory",
    },
    check! {
        Exchange(transport), "RFC7644-7.4-R2" / "tls",
        summary: "a token is not accepted without TLS",
        how: "Every success over http to a request with credentials, on a host that is neither loopback, nor a private \
              address, nor a name without a full stop.",
        why: "everybody on the way reads the token, and with it the whole directory",
    },
    check! {
        Exchange(no_token_in_urls), "RFC6750-2.3-R1" / "no-token-in-urls",
        summary: "no URI of the provider carries a token",
        how: "Every Location and Content-Location header and every meta.location and $ref: no access_token parameter, \
              and none of the run's own credentials.",
        why: "URIs are stored and logged everywhere",
    },
    check! {
        Exchange(no_secret_echoed), "RFC7644-7.3-R1" / "no-token-echoed",
        summary: "the client's token is not sent back",
        how: "Every response: none of the run's own credentials stands in its headers or body.",
        why: "error texts and echoed headers end up in logs and tickets",
    },
    check! {
        Exchange(no_query), "RFC7644-1.3-R1" / "no-query-in-locations",
        summary: "the URI of a resource has no query",
        how: "Every Location header of a 201 and every meta.location: it contains no question mark.",
        why: "clients append to it",
    },
];

fn transport(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.response.is_success() && seen.exchange.request_header("authorization").is_some()).then_some(())?;
    let url = seen.url()?;
    match url.scheme() {
        "https" => Some(Ok(())),
        "http" if is_public(url.host_str()?) => {
            sight(false, "https", || format!("http on {}", cut(url.host_str().unwrap_or_default())))
        }
        _ => None,
    }
}

/// Whether a host is one that strangers can stand in front of.
fn is_public(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            !(address.is_loopback() || address.is_private() || address.is_link_local() || address.is_unspecified())
        }
        Ok(IpAddr::V6(address)) => {
            !(address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local())
        }
        Err(_) => {
            host.contains('.')
                && !host.ends_with(".localhost")
                && !host.ends_with(".local")
                && !host.ends_with(".internal")
        }
    }
}

/// Every URI by which the response names a resource.
fn uris<'s>(seen: &'s Seen<'_>) -> Vec<&'s str> {
    let mut uris: Vec<&str> =
        ["location", "content-location"].iter().filter_map(|name| seen.response.header(name)).collect();
    for one in seen.representations() {
        uris.extend(attribute(one.value, "meta").and_then(|meta| meta.get("location")?.as_str()));
        for value in one.value.values() {
            references(value, &mut uris);
        }
    }
    uris
}

fn references<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        Value::Object(members) => {
            into.extend(members.get("$ref").and_then(Value::as_str));
            members.values().filter(|it| it.is_object()).for_each(|it| references(it, into));
        }
        _ => {}
    }
}

fn no_token_in_urls(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let uris = uris(seen);
    (!uris.is_empty()).then_some(())?;
    let leaking = uris.iter().any(|uri| uri.contains("access_token=") || secret_in(uri, context));
    // The evidence must not repeat the token.
    sight(!leaking, "URIs without a token", || "a URI with a token".to_owned())
}

fn secret_in(text: &str, context: &Context<'_>) -> bool {
    context.scope.secrets.iter().any(|secret| secret.expose().len() >= 8 && text.contains(secret.expose()))
}

fn no_secret_echoed(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    (!context.scope.secrets.is_empty() && seen.exchange.request_header("authorization").is_some()).then_some(())?;
    let leaking = secret_in(&seen.response.body, context)
        || seen.response.headers.iter().any(|(_, value)| secret_in(value, context));
    sight(!leaking, "an answer without the token", || "the token stands in the answer".to_owned())
}

fn no_query(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let header = seen.response.header("location").filter(|_| seen.status() == 201);
    let mut locations = seen
        .representations()
        .filter_map(|one| attribute(one.value, "meta")?.get("location")?.as_str())
        .chain(header)
        .peekable();
    locations.peek()?;
    let odd = locations.find(|it| it.contains('?'));
    sight(odd.is_none(), "a URI without a query", || cut(odd.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A test server in the same network is no breach of the transport rule.
    #[test]
    fn knows_public_hosts() {
        for inside in ["127.0.0.1", "[::1]", "localhost", "scim", "10.1.2.3", "192.168.0.7", "a.localhost"] {
            assert!(!is_public(inside), "{inside}");
        }
        assert!(is_public("scim.example.com"));
        assert!(is_public("203.0.113.9"));
    }
}
