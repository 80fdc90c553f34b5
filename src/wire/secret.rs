//! Credentials and where they are sent. A [`Secret`] cannot be printed by accident.

use std::{fmt, time::Duration};

use super::redact::redact_header;

/// A value that is never shown: `Debug` and `Display` print `***`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret value.
    pub fn new(value: impl Into<String>) -> Secret {
        Secret(value.into())
    }

    /// The value itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// How a client authenticates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// No credentials.
    #[default]
    None,
    /// `Authorization: Bearer …` (RFC 6750 section 2.1).
    Bearer(Secret),
    /// `Authorization: Basic …` (RFC 7617).
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: Secret,
    },
    /// A header of the target's own.
    Header {
        /// Header name.
        name: String,
        /// Header value, sent as it is.
        value: Secret,
    },
    /// OAuth 2.0 client credentials (RFC 6749 section 4.4): a token is fetched before the first request and again
    /// when it has expired.
    ClientCredentials {
        /// Token endpoint; the request is form-encoded with the credentials in the body.
        token_url: String,
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: Secret,
        /// Scope, where the server wants one.
        scope: Option<String>,
    },
}

/// Where a client sends its requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Base URL without a trailing slash. It may carry a query (`?aadOptscim062020`), which is kept on every request.
    pub base_url: String,
    /// Credentials.
    pub auth: Auth,
    /// Headers added to every request.
    pub headers: Vec<(String, String)>,
    /// Longest time from sending a request to the last byte of its response.
    pub timeout: Duration,
}

impl Endpoint {
    /// The time-out where nobody configured one.
    pub const TIMEOUT: Duration = Duration::from_secs(30);

    /// An endpoint with a bearer token and a time-out of 30 seconds.
    pub fn bearer(base_url: impl Into<String>, token: impl Into<String>) -> Endpoint {
        Endpoint {
            base_url: base_url.into().trim_end_matches('/').to_owned(),
            auth: Auth::Bearer(Secret::new(token)),
            headers: Vec::new(),
            timeout: Endpoint::TIMEOUT,
        }
    }

    /// Whether a header that is added to every request looks like a credential: no request can be sent without it.
    pub fn has_credentials_in_headers(&self) -> bool {
        self.headers.iter().any(|(name, value)| redact_header(name, value).is_some())
    }

    /// The absolute URL of `target`, which is a path below the base URL (`/Users?count=1`) or an absolute URL.
    pub fn url(&self, target: &str) -> String {
        if target.starts_with("http://") || target.starts_with("https://") {
            return target.to_owned();
        }
        let (base, base_query) = self.base_url.split_once('?').unwrap_or((&self.base_url, ""));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut url = format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/'));
        if path.is_empty() {
            url.pop();
        }
        let query: Vec<&str> = [query, base_query].into_iter().filter(|part| !part.is_empty()).collect();
        if !query.is_empty() {
            url.push('?');
            url.push_str(&query.join("&"));
        }
        url
    }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986 section 2.3, so that the result fits into any
/// part of a URL and into a form.
pub fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing that means something in a URL or a form survives unencoded.
    #[test]
    fn encodes_for_any_place() {
        assert_eq!(url_encode("a+b c&d"), "a%2Bb%20c%26d");
    }

    /// A base URL with a flag keeps it on every request, and slashes never double.
    #[test]
    fn joins_urls() {
        let plain = Endpoint::bearer("http://h/scim/v2/", "t");
        assert_eq!(plain.url("/Users?count=1"), "http://h/scim/v2/Users?count=1");
        assert_eq!(plain.url("Users"), "http://h/scim/v2/Users");
        assert_eq!(plain.url(""), "http://h/scim/v2");
        assert_eq!(plain.url("http://other/x"), "http://other/x");
        let flag = Endpoint::bearer("http://h/scim?aadOptscim062020", "t");
        assert_eq!(flag.url("/Users?filter=a"), "http://h/scim/Users?filter=a&aadOptscim062020");
        assert_eq!(flag.url("/Users"), "http://h/scim/Users?aadOptscim062020");
    }

    /// A secret does not reach a log through its formatting.
    #[test]
    fn does_not_print() {
        assert_eq!(format!("{:?} {}", Secret::new("s3cret"), Secret::new("s3cret")), "*** ***");
    }
}
