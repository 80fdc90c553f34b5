//! The HTTP client: sends, measures, records. It follows no redirect, keeps no cookie and reads no more of a body than it
//! was told to, so that what the transcript shows is what happened. Nothing is sent twice, but for a GET whose connection
//! ended before the response did, and for what a server put off with 429, where the options allow it; only the last try of
//! such a request is recorded.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::Mutex;

use super::{
    Auth, Endpoint, Exchange, Ledger, Reply, Request, Response, Secret, Sender, Transcript, TransportError,
    TransportKind,
    coding::{CodingFault, unpack},
    patience::Patience,
    rate::Rate,
    redact::{mask_header, redact_header},
};

/// What all clients of a run share.
#[derive(Clone, Debug, Default)]
pub struct HttpOptions {
    /// PEM certificates trusted besides the platform's.
    pub extra_ca_pem: Option<Vec<u8>>,
    /// Accept any certificate. Only on the user's explicit word.
    pub accept_invalid_certs: bool,
    /// Largest response body that is read, in bytes; 0 means the default of 16 MiB.
    pub max_body: usize,
    /// Most requests a second, over all clients together; `None` means unlimited.
    pub rate: Option<f64>,
    /// How long one request may wait for a server that answers 429, in all; zero means that 429 is an answer like others.
    pub patience: Duration,
}

/// A connection pool, made once a run and shared by its clients, with what they share besides: the rate, and the access
/// tokens.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    /// The same without a pool, once it is needed: each request has a connection of its own.
    unpooled: Arc<OnceLock<reqwest::Client>>,
    options: Arc<HttpOptions>,
    /// Until when the connections of the pool are in doubt.
    doubted: Arc<std::sync::Mutex<Option<Instant>>>,
    max_body: usize,
    rate: Option<Arc<Rate>>,
    patience: Arc<Patience>,
    tokens: Arc<Mutex<HashMap<Grant, Token>>>,
}

/// What an access token was granted for: token endpoint, client id and scope.
type Grant = (String, String, Option<String>);

#[derive(Debug)]
struct Token {
    value: Secret,
    good_until: Instant,
}

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The CA file is not PEM, or the TLS back end refused it.
    #[error("cannot set up the HTTP client: {0}")]
    Setup(#[from] reqwest::Error),
}

/// How long an idle connection is kept. Servers close theirs after a while (Node.js after 5 seconds), and a request that
/// meets the closing is reset: that would accuse a target of nothing it did wrong.
const IDLE: Duration = Duration::from_secs(2);

/// How often a GET is sent again whose connection ended before the response did. Other methods are not: the server may have
/// done what they ask for.
const AGAIN: u32 = 2;

/// What both kinds of client have in common.
fn builder(options: &HttpOptions) -> Result<reqwest::ClientBuilder, ClientError> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .http1_title_case_headers()
        .connect_timeout(Duration::from_secs(10))
        .danger_accept_invalid_certs(options.accept_invalid_certs)
        .no_proxy();
    if let Some(pem) = &options.extra_ca_pem {
        for certificate in reqwest::Certificate::from_pem_bundle(pem)? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    Ok(builder)
}

impl Http {
    /// Makes the pool.
    ///
    /// # Errors
    /// If the extra certificates cannot be read.
    pub fn new(options: &HttpOptions) -> Result<Http, ClientError> {
        let client = builder(options)?.pool_idle_timeout(IDLE).build()?;
        let max_body = if options.max_body == 0 { 16 << 20 } else { options.max_body };
        let rate = options.rate.map(|per_second| Arc::new(Rate::new(per_second)));
        let patience = Arc::new(Patience::new(options.patience));
        Ok(Http {
            client,
            unpooled: Arc::default(),
            options: Arc::new(options.clone()),
            doubted: Arc::default(),
            max_body,
            rate,
            patience,
            tokens: Arc::default(),
        })
    }

    /// What a request goes through. Some servers answer with an error of their own and then break the connection, though
    /// nothing in the answer says so (Express does, where a second error follows the first answer). Whoever is given that
    /// connection next is reset, and the blame falls on a request that has nothing to do with it. A GET is sent again; other
    /// methods have a connection of their own until what was in the pool at that time has gone.
    fn through(&self, method: &str) -> &reqwest::Client {
        let doubted = *self.doubted.lock().unwrap_or_else(PoisonError::into_inner);
        if method == "GET" || doubted.is_none_or(|until| Instant::now() >= until) {
            return &self.client;
        }
        self.unpooled.get_or_init(|| {
            let made = builder(&self.options).and_then(|builder| Ok(builder.pool_max_idle_per_host(0).build()?));
            // The same options have made a client before.
            made.unwrap_or_else(|_| self.client.clone())
        })
    }

    /// A server error was answered.
    fn doubt(&self) {
        *self.doubted.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + IDLE);
    }

    /// Waits until a request may be sent.
    async fn turn(&self) {
        self.patience.quiet().await;
        if let Some(rate) = &self.rate {
            rate.turn().await;
        }
    }

    /// The whole body, if it is not larger than this pool reads.
    async fn body(&self, mut response: reqwest::Response) -> Result<Vec<u8>, TransportError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| transport(&error))? {
            if body.len() + chunk.len() > self.max_body {
                return Err(self.too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn too_large(&self) -> TransportError {
        TransportError {
            kind: TransportKind::TooLarge,
            message: format!("the response body is larger than {} bytes", self.max_body),
        }
    }

    fn undecodable(&self, fault: CodingFault, coding: &str) -> TransportError {
        match fault {
            CodingFault::TooLarge => self.too_large(),
            CodingFault::Corrupt => TransportError {
                kind: TransportKind::Closed,
                message: format!("the response body is not in the coding that Content-Encoding names ({coding})"),
            },
        }
    }
}

/// Sends requests to one endpoint and records them in one transcript. Clones share both.
#[derive(Clone, Debug)]
pub struct Client {
    http: Http,
    endpoint: Arc<Endpoint>,
    transcript: Transcript,
    ledger: Option<Ledger>,
}

impl Client {
    /// A client of `endpoint` that records into `transcript`.
    pub fn new(http: Http, endpoint: Endpoint, transcript: Transcript) -> Client {
        Client { http, endpoint: Arc::new(endpoint), transcript, ledger: None }
    }

    /// The same client, noting in `ledger` what it creates and deletes.
    #[must_use]
    pub fn with_ledger(mut self, ledger: Ledger) -> Client {
        self.ledger = Some(ledger);
        self
    }

    /// The same client, recording elsewhere.
    #[must_use]
    pub fn with_transcript(mut self, transcript: Transcript) -> Client {
        self.transcript = transcript;
        self
    }

    /// Where it sends.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Where it records.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Sends a request and records the exchange. A failure to send is part of the exchange, not an error.
    ///
    /// A header of the request replaces the endpoint's header, or credentials, of the same name.
    pub async fn send(&self, sender: Sender, request: Request) -> Exchange {
        let seq = self.transcript.next_seq();
        let url = self.endpoint.url(&request.target);
        let mut headers = request.headers.clone();
        headers.extend(self.endpoint.headers.iter().filter(|(name, _)| request.header_value(name).is_none()).cloned());
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
            // The library would add it in silence, and the record would not show it.
            headers.push(("Accept".to_owned(), "*/*".to_owned()));
        }
        let credentials = self.authorization(request.auth.as_ref().unwrap_or(&self.endpoint.auth)).await;
        let (mut at, mut start) = (OffsetDateTime::now_utc(), Instant::now());
        let sent = match &credentials {
            Ok(credentials) => {
                let credentials = credentials.as_ref().filter(|(name, _)| request.header_value(name).is_none());
                let (first, mut tries, mut closed) = (Instant::now(), 0, 0);
                let sent = loop {
                    self.http.turn().await;
                    (at, start) = (OffsetDateTime::now_utc(), Instant::now());
                    let sent = self.transmit(&request, &url, headers.iter().chain(credentials)).await;
                    match &sent {
                        Ok(response) if self.http.patience.again(response, tries, first.elapsed()) => tries += 1,
                        // It may have met the end of an idle connection, which says nothing of the server.
                        Err(error)
                            if error.kind == TransportKind::Closed && request.method == "GET" && closed < AGAIN =>
                        {
                            closed += 1;
                        }
                        _ => break sent,
                    }
                };
                // Whatever its name is, this header is a secret.
                headers.extend(credentials.map(|(name, value)| (name.clone(), mask_header(value))));
                sent
            }
            Err(error) => Err(error.clone()),
        };
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        for (name, value) in &mut headers {
            if let Some(hidden) = redact_header(name, value) {
                *value = hidden;
            }
        }
        let exchange = Exchange {
            seq,
            sender,
            method: request.method,
            url,
            headers,
            body: request.body.map(text),
            reply: match sent {
                Ok(response) => Reply::Response(response),
                Err(error) => Reply::Failed(error),
            },
            at,
            micros,
        };
        if let Some(ledger) = &self.ledger {
            ledger.note(&exchange);
        }
        if self.transcript.keeps() {
            self.transcript.push(exchange.clone());
        }
        exchange
    }

    async fn transmit<'a>(
        &self,
        request: &Request,
        url: &str,
        headers: impl Iterator<Item = &'a (String, String)>,
    ) -> Result<Response, TransportError> {
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).map_err(unsendable)?;
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_bytes(name.as_bytes()).map_err(unsendable)?,
                HeaderValue::from_bytes(value.as_bytes()).map_err(unsendable)?,
            );
        }
        // This bound holds until the last byte of the body, so that a body that only drips in ends with it.
        let timeout = request.timeout.unwrap_or(self.endpoint.timeout);
        let mut builder = self.http.through(&request.method).request(method, url).headers(map).timeout(timeout);
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let response = builder.send().await.map_err(|error| transport(&error))?;
        let status = response.status().as_u16();
        if status >= 500 {
            self.http.doubt();
        }
        let received: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = self.http.body(response).await?;
        // A client that did not ask for a coding could not read one either.
        if request.header_value("accept-encoding").is_some()
            && let Some((_, coding)) = received.iter().find(|(name, _)| name == "content-encoding")
        {
            body = unpack(coding, body, self.http.max_body).map_err(|fault| self.http.undecodable(fault, coding))?;
        }
        Ok(Response { status, headers: received, body: text(body) })
    }

    async fn authorization(&self, auth: &Auth) -> Result<Option<(String, String)>, TransportError> {
        Ok(match auth {
            Auth::None => None,
            Auth::Bearer(token) => Some(("Authorization".into(), format!("Bearer {}", token.expose()))),
            Auth::Basic { user, password } => {
                let pair = BASE64_STANDARD.encode(format!("{user}:{}", password.expose()));
                Some(("Authorization".into(), format!("Basic {pair}")))
            }
            Auth::Header { name, value } => Some((name.clone(), value.expose().to_owned())),
            Auth::ClientCredentials { token_url, client_id, client_secret, scope } => {
                let token = self.access_token(token_url, client_id, client_secret, scope.as_deref()).await?;
                Some(("Authorization".into(), format!("Bearer {}", token.expose())))
            }
        })
    }

    /// The access token, fetched anew a minute before the old one ends (RFC 6749 section 4.4.2). The clients of a run
    /// share it: a token endpoint does not like to be asked once a scenario.
    async fn access_token(
        &self,
        token_url: &str,
        client_id: &str,
        client_secret: &Secret,
        scope: Option<&str>,
    ) -> Result<Secret, TransportError> {
        let grant = (token_url.to_owned(), client_id.to_owned(), scope.map(str::to_owned));
        let mut tokens = self.http.tokens.lock().await;
        if let Some(token) = tokens.get(&grant).filter(|token| token.good_until > Instant::now()) {
            return Ok(token.value.clone());
        }
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret.expose()),
        ];
        form.extend(scope.map(|scope| ("scope", scope)));
        let request = self.http.client.post(token_url).timeout(self.endpoint.timeout).form(&form);
        let answer = request.send().await.map_err(|error| transport(&error))?;
        let status = answer.status();
        let body: Value = serde_json::from_slice(&self.http.body(answer).await?).unwrap_or_default();
        let Some(value) = body.get("access_token").and_then(Value::as_str).filter(|_| status.is_success()) else {
            return Err(TransportError {
                kind: TransportKind::Connect,
                message: format!("the token endpoint {token_url} answered {status} without an access_token"),
            });
        };
        let seconds = body.get("expires_in").and_then(Value::as_u64).unwrap_or(300);
        let value = Secret::new(value);
        let good_until = Instant::now() + Duration::from_secs(seconds.saturating_sub(60).min(86_400));
        tokens.insert(grant, Token { value: value.clone(), good_until });
        Ok(value)
    }
}

/// Bytes as text; what is not UTF-8 becomes U+FFFD.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn unsendable(error: impl std::fmt::Display) -> TransportError {
    TransportError { kind: TransportKind::Unsendable, message: error.to_string() }
}

fn transport(error: &reqwest::Error) -> TransportError {
    let kind = if error.is_timeout() {
        TransportKind::Timeout
    } else if error.is_connect() {
        TransportKind::Connect
    } else if error.is_builder() {
        TransportKind::Unsendable
    } else {
        TransportKind::Closed
    };
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !message.contains(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        cause = inner.source();
    }
    TransportError { kind, message }
}
