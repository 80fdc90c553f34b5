//! One HTTP request with its response and timing, as plain data.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sender {
    /// The simulated identity provider.
    Idp,
    /// A scenario that speaks SCIM itself.
    Client,
    /// An observer, or another call to the target that is not SCIM provisioning.
    Observer,
}

/// A request before it is sent. Credentials and endpoint headers are added by the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method, upper case.
    pub method: String,
    /// Path and query below the endpoint's base URL, or an absolute URL. Already percent-encoded.
    pub target: String,
    /// Headers in sending order.
    pub headers: Vec<(String, String)>,
    /// Body, exactly as sent.
    pub body: Option<Vec<u8>>,
    /// Send no credentials, or others than the endpoint's.
    pub auth: Option<super::Auth>,
    /// Longest time to the last byte of the response, where it is not the endpoint's.
    pub timeout: Option<Duration>,
}

impl Request {
    /// A request without body and headers.
    pub fn new(method: &str, target: impl Into<String>) -> Request {
        Request {
            method: method.to_ascii_uppercase(),
            target: target.into(),
            headers: Vec::new(),
            body: None,
            auth: None,
            timeout: None,
        }
    }

    /// The first header of that name.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Request {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a JSON body and its media type.
    #[must_use]
    pub fn json(mut self, media_type: &str, body: &Value) -> Request {
        self.body = Some(body.to_string().into_bytes());
        self.header("Content-Type", media_type)
    }

    /// Sets a raw body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = Some(body.into());
        self
    }

    /// Replaces the endpoint's time-out for this request.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Request {
        self.timeout = Some(timeout);
        self
    }

    /// Replaces the endpoint's credentials for this request.
    #[must_use]
    pub fn auth(mut self, auth: super::Auth) -> Request {
        self.auth = Some(auth);
        self
    }
}

/// A response as received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers in the order received; names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as text; bytes that are not UTF-8 become U+FFFD.
    pub body: String,
}

impl Response {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// The body as JSON, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What kind of transport failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransportKind {
    /// No connection: refused, unknown host, TLS.
    Connect,
    /// No complete response within the time-out.
    Timeout,
    /// The connection ended before the response did.
    Closed,
    /// The body is larger than the client reads.
    TooLarge,
    /// The request could not be built or sent (bad URL, bad header).
    Unsendable,
}

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    /// Class of the failure.
    pub kind: TransportKind,
    /// The library's words, with causes.
    pub message: String,
}

/// A response, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The target answered.
    Response(Response),
    /// It did not.
    Failed(TransportError),
}

/// One request with its response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Position in the transcript, from 1.
    pub seq: u64,
    /// Who sent it.
    pub sender: Sender,
    /// Method, upper case.
    pub method: String,
    /// Absolute URL as sent.
    pub url: String,
    /// Request headers as sent. Values that carry credentials are `***` already.
    pub headers: Vec<(String, String)>,
    /// Request body as text, if there was one.
    pub body: Option<String>,
    /// What came back.
    pub reply: Reply,
    /// When the request was sent (UTC).
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// From sending to the last byte of the response, in microseconds.
    pub micros: u64,
}

impl Exchange {
    /// The response, if there is one.
    pub fn response(&self) -> Option<&Response> {
        match &self.reply {
            Reply::Response(response) => Some(response),
            Reply::Failed(_) => None,
        }
    }

    /// The transport failure, if there was one.
    pub fn failure(&self) -> Option<&TransportError> {
        match &self.reply {
            Reply::Response(_) => None,
            Reply::Failed(error) => Some(error),
        }
    }

    /// The status, if there is a response.
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status)
    }

    /// The response body as JSON, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        self.response().and_then(Response::json)
    }

    /// The request body as JSON, if it is JSON.
    pub fn request_json(&self) -> Option<Value> {
        serde_json::from_str(self.body.as_deref()?).ok()
    }

    /// The first request header of that name.
    pub fn request_header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// The URL's path, without scheme, authority, query and fragment.
    pub fn path(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let path = rest.find('/').map_or("/", |at| &rest[at..]);
        path.split(['?', '#']).next().unwrap_or(path)
    }

    /// The URL's query, percent-encoded, without `?`.
    pub fn query(&self) -> Option<&str> {
        self.url.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or(query))
    }

    /// How long it took.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.micros)
    }

    /// `PATCH /Users/x 200`, for one line of a report.
    pub fn line(&self) -> String {
        let tail = self.url.splitn(4, '/').nth(3).unwrap_or_default();
        match &self.reply {
            Reply::Response(response) => format!("{} /{tail} {}", self.method, response.status),
            Reply::Failed(error) => format!("{} /{tail} ({})", self.method, error.message),
        }
    }
}

fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The ordered exchanges of one scenario run. Clones share the same list.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    next: Arc<AtomicU64>,
    closed: Arc<AtomicBool>,
}

impl Transcript {
    /// An empty transcript.
    pub fn new() -> Transcript {
        Transcript::default()
    }

    /// Reserves the next sequence number.
    pub(super) fn next_seq(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// How many sequence numbers were given, which is how many requests were sent.
    pub fn sent(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// From now on exchanges are counted and not kept: a long job that nobody reads must not fill the memory.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Whether exchanges are kept.
    pub(super) fn keeps(&self) -> bool {
        !self.closed.load(Ordering::Relaxed)
    }

    /// Takes the exchanges so far out.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.lock())
    }

    /// Adds an exchange. Its sequence number decides its place.
    pub fn push(&self, exchange: Exchange) {
        let mut exchanges = self.lock();
        let at = exchanges.partition_point(|other| other.seq < exchange.seq);
        exchanges.insert(at, exchange);
    }

    /// What `look` makes of all exchanges so far. It must not ask this transcript for anything.
    pub fn with<T>(&self, look: impl FnOnce(&[Exchange]) -> T) -> T {
        look(&self.lock())
    }

    /// A copy of all exchanges so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.lock().clone()
    }

    /// The newest exchange.
    pub fn last(&self) -> Option<Exchange> {
        self.lock().last().cloned()
    }

    /// The sequence number of the newest exchange, if there is one.
    pub fn last_seq(&self) -> Option<u64> {
        self.lock().last().map(|exchange| exchange.seq)
    }

    /// How many exchanges there are.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nothing was sent yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Exchange>> {
        self.exchanges.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
