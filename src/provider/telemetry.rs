//! What whoever runs the provider sees of each request: an id, a line in the log, and the counters of `/metrics`.
//!
//! [`observe`] is the outermost layer. It gives the request its [`RequestId`], which the envelope and a 500 repeat and the
//! `x-request-id` header carries. The surfaces leave a [`Noted`] on their answers: the template of the route, and whose
//! organization and connection it was. Nothing else of a request is written down: no path, no query, no header, no body,
//! so that no secret can be.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt::Write as _,
    future::Future,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::Request,
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method},
    response::Response,
};
use tracing::Instrument as _;

use super::ids;

/// The header of the request's id, both ways.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id of a caller's own that is taken over.
const LONGEST: usize = 128;

/// The id of a request, in its extensions.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl RequestId {
    /// The id of a request that [`observe`] has seen, or else a new one.
    #[must_use]
    pub fn of(extensions: &Extensions) -> RequestId {
        extensions.get::<RequestId>().cloned().unwrap_or_else(|| RequestId(ids::new_id("request-id")))
    }

    /// The caller's own, if it is sane: a word of letters, digits, `-`, `_` and `.`. Anything else could be written to make
    /// the log say what did not happen.
    fn from(headers: &HeaderMap) -> RequestId {
        let sane = |text: &&str| {
            (1..=LONGEST).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let own = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(sane);
        RequestId(own.map_or_else(|| ids::new_id("request-id"), str::to_owned))
    }
}

/// What a surface says about a request that it answered, in the extensions of the answer.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    /// The template of the route; empty if none matched.
    pub route: Cow<'static, str>,
    /// The organization, as the request named it.
    pub organization: Option<String>,
    /// The SCIM connection.
    pub connection: Option<String>,
}

/// Method, route and status.
type Kind = (&'static str, Cow<'static, str>, u16);

/// Requests since the start, by their kind.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<Kind, Tally>>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    count: u64,
    took: Duration,
}

impl Metrics {
    fn count(&self, method: &Method, route: Cow<'static, str>, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = requests.entry((label(method), route, status)).or_default();
        tally.count += 1;
        tally.took += took;
    }

    /// The counters in the Prometheus text format.
    pub fn write(&self, text: &mut String) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (counts, seconds) = ("scimulate_http_requests_total", "scimulate_http_request_seconds_total");
        let line = |text: &mut String, name: &str, (method, route, status): &Kind, value: &dyn std::fmt::Display| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {value}");
        };
        let _ = writeln!(text, "# HELP {counts} Requests by method, route and status.\n# TYPE {counts} counter");
        for (kind, tally) in &requests {
            line(text, counts, kind, &tally.count);
        }
        let _ = writeln!(text, "# HELP {seconds} Time spent on them.\n# TYPE {seconds} counter");
        for (kind, tally) in &requests {
            line(text, seconds, kind, &tally.took.as_secs_f64());
        }
    }
}

/// A method as a label. Those that nobody serves are one, so that a caller cannot make labels without end.
fn label(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// The outermost layer.
pub async fn observe<F: Future<Output = Response>>(
    metrics: &Metrics,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let id = RequestId::from(request.headers());
    let method = request.method().clone();
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!("request", request_id = id.0);
    let began = Instant::now();
    let mut response = next(request).instrument(span.clone()).await;
    let took = began.elapsed();
    let noted = response.extensions_mut().remove::<Noted>().unwrap_or_default();
    let route = if noted.route.is_empty() { Cow::Borrowed("unmatched") } else { noted.route };
    let status = response.status().as_u16();
    tracing::info!(
        parent: &span,
        request_id = id.0,
        method = label(&method),
        route = &*route,
        status,
        duration_ms = took.as_secs_f64() * 1000.0,
        organization = noted.organization.as_deref(),
        connection = noted.connection.as_deref(),
        "request"
    );
    metrics.count(&method, route, status, took);
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects the log from its callers: only a word is taken over as a request's id.
    #[test]
    fn only_a_sane_id_is_taken_over() {
        let of = |text: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(text).expect("a value"));
            RequestId::from(&headers).0
        };
        assert_eq!(of(b"build-17.step_2"), "build-17.step_2");
        for bad in [&b""[..], b"two words", b"a\"b", b"\xff", "x".repeat(129).as_bytes()] {
            assert!(of(bad).starts_with("request-id-test-"));
        }
    }

    /// Protects the memory of the counters: methods that nobody serves share a label.
    #[test]
    fn unknown_methods_share_a_label() {
        assert_eq!(label(&Method::PATCH), "PATCH");
        assert_eq!(label(&Method::from_bytes(b"BREW").expect("a method")), "other");
    }
}
