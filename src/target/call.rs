//! Makes the calls of the configuration: renders, sends or runs, judges the status, captures.
//!
//! HTTP calls go through [`wire::Client`](crate::wire::Client) as `observer`, so that they stand in the scenario's transcript. Whatever looks
//! like a secret in an answer is reported to the target's list of secrets before anyone else sees it.

mod command;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::{
    Config, TargetError,
    config::{AuthConfig, Call, Calls, Capture, Place},
    template::{self, Variables},
};
use crate::wire::{Auth, Client, Endpoint, Http, Redactor, Request, Response, Secret, Sender, Transcript, url_encode};

/// Parts of a variable's name that say that its value is a secret.
const SECRET_NAMES: [&str; 5] = ["token", "secret", "password", "jwt", "api_key"];

/// How often a list of calls is made before it counts as overtaken for good.
const ATTEMPTS: usize = 5;

/// What came of a list of calls.
#[derive(Debug)]
pub(super) enum Answer {
    /// All succeeded.
    Done {
        /// What they captured.
        captured: Variables,
        /// The last answer: JSON, or text as a JSON string.
        raw: Value,
    },
    /// One was refused.
    Refused {
        /// HTTP status or exit code.
        status: u16,
        /// The answer, shortened.
        detail: String,
        /// The call, for an error: place and request.
        call: (String, String),
    },
    /// One said that there is no such thing.
    Absent {
        /// HTTP status or exit code.
        status: u16,
        /// The answer, shortened.
        detail: String,
        /// The answer.
        raw: Value,
        /// The call, for an error: place and request.
        call: (String, String),
    },
    /// One said that somebody was faster, and making the list again did not help.
    Overtaken(TargetError),
}

impl Answer {
    /// What was captured, and the last answer.
    ///
    /// # Errors
    /// If a call was refused, or said that there is no such thing, where that means nothing.
    pub(super) fn succeeded(self) -> Result<(Variables, Value), TargetError> {
        match self {
            Answer::Done { captured, raw } => Ok((captured, raw)),
            Answer::Refused { status, detail, call: (place, request) } => {
                Err(TargetError::Refused { place, request, status, excerpt: detail })
            }
            Answer::Absent { status, detail, call: (place, request), .. } => {
                Err(TargetError::Refused { place, request, status, excerpt: detail })
            }
            Answer::Overtaken(error) => Err(error),
        }
    }
}

/// Secrets: known from the start, or learnt on the way. Every tenant has a list of its own, because hiding all secrets of
/// all tenants in every text would cost more than the run itself; what it learns, the run's list learns too.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    known: Mutex<Vec<Secret>>,
    run: Option<Arc<Secrets>>,
}

impl Secrets {
    /// A tenant's list: it begins with what the run knows from its configuration.
    pub(super) fn of_tenant(run: &Arc<Secrets>, configured: &[Secret]) -> Secrets {
        Secrets { known: Mutex::new(configured.to_vec()), run: Some(Arc::clone(run)) }
    }

    pub(super) fn learn(&self, secret: Secret) {
        let mut known = self.lock();
        if secret.expose().is_empty() || known.contains(&secret) {
            return;
        }
        known.push(secret.clone());
        if let Some(run) = &self.run {
            // Tenants seldom share a secret: looking for it among those of all tenants would be the dearer way.
            run.lock().push(secret);
        }
    }

    pub(super) fn all(&self) -> Vec<Secret> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Secret>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Text for an error message: without secrets, on one line, not longer than a person reads.
    pub(super) fn excerpt(&self, text: &str) -> String {
        const LONGEST: usize = 300;
        let text = Redactor::new(self.all()).body(text);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None if text.is_empty() => "(empty)".to_owned(),
            None => text,
        }
    }
}

/// Makes calls on behalf of one tenant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller<'a> {
    pub(super) config: &'a Config,
    pub(super) http: &'a Http,
    pub(super) transcript: &'a Transcript,
    pub(super) secrets: &'a Secrets,
}

/// One answer, of either kind of call.
struct Raw {
    /// HTTP status or exit code.
    code: u16,
    success: bool,
    /// `status 404`, `exit code 1`.
    shown: String,
    headers: Option<Response>,
    body: String,
}

impl Caller<'_> {
    /// Makes calls in order, each seeing what those before it captured. The first that is refused, absent or failed ends
    /// the list; one that is overtaken begins it anew. `key` is the key path of the list in the configuration.
    pub(super) async fn run(&self, key: &str, calls: &Calls, variables: &Variables) -> Result<Answer, TargetError> {
        for _ in 1..ATTEMPTS {
            match self.run_once(key, calls, variables).await? {
                Answer::Overtaken(_) => {}
                ended => return Ok(ended),
            }
        }
        self.run_once(key, calls, variables).await
    }

    async fn run_once(&self, key: &str, calls: &Calls, variables: &Variables) -> Result<Answer, TargetError> {
        let mut variables = variables.clone();
        let mut all = Variables::new();
        let mut last = Value::Null;
        for (n, call) in calls.0.iter().enumerate() {
            match self.run_one(&self.config.call_key(key, calls, n), call, &variables).await? {
                Answer::Done { captured, raw } => {
                    variables.extend(captured.clone());
                    all.extend(captured);
                    last = raw;
                }
                ended => return Ok(ended),
            }
        }
        Ok(Answer::Done { captured: all, raw: last })
    }

    /// Makes one call. `key` is its own key path.
    pub(super) async fn run_one(&self, key: &str, call: &Call, variables: &Variables) -> Result<Answer, TargetError> {
        let place = format!("{}: {key}", self.config.place_of(key));
        let (request, answer) = if call.url.is_some() {
            self.send(key, &place, call, variables).await?
        } else {
            self.execute(key, &place, call, variables).await?
        };
        let raw = serde_json::from_str(&answer.body).unwrap_or_else(|_| Value::String(answer.body.clone()));
        let (status, refused) = (answer.code, call.refused_when.contains(&answer.code));
        if refused || call.absent_when.contains(&status) {
            let detail = self.secrets.excerpt(&answer.body);
            let call = (place, self.secrets.excerpt(&request));
            return Ok(if refused {
                Answer::Refused { status, detail, call }
            } else {
                Answer::Absent { status, detail, raw, call }
            });
        }
        let overtaken = call.restart_when.contains(&status);
        if overtaken || !answer.success {
            let error = TargetError::Unexpected {
                place,
                request: self.secrets.excerpt(&request),
                status: answer.shown.clone(),
                expected: expected(call),
                excerpt: self.secrets.excerpt(&answer.body),
            };
            return if overtaken { Ok(Answer::Overtaken(error)) } else { Err(error) };
        }
        let mut captured = Variables::new();
        for (name, capture) in &call.capture {
            if let Some(value) = self.capture(&place, name, capture, &answer, &raw)? {
                captured.insert(name.clone(), value);
            }
        }
        Ok(Answer::Done { captured, raw })
    }

    fn capture(
        &self,
        place: &str,
        name: &str,
        capture: &Capture,
        answer: &Raw,
        json: &Value,
    ) -> Result<Option<Value>, TargetError> {
        let (pointer, value) = match &capture.from {
            Place::Json(pointer) => (format!("`{pointer}`"), json.pointer(pointer).filter(|v| !v.is_null()).cloned()),
            Place::Header(header) => {
                let value = answer.headers.as_ref().and_then(|response| response.header(header));
                (format!("header `{header}`"), value.map(Value::from))
            }
            Place::Text => {
                ("the text".to_owned(), Some(answer.body.trim()).filter(|text| !text.is_empty()).map(Value::from))
            }
        };
        let secret = capture.secret || SECRET_NAMES.iter().any(|part| name.to_ascii_lowercase().contains(part));
        if let Some(text) = value.as_ref().and_then(Value::as_str).filter(|_| secret) {
            self.secrets.learn(Secret::new(text));
        }
        if value.is_none() && !capture.optional {
            let excerpt = self.secrets.excerpt(&answer.body);
            return Err(TargetError::NotCaptured { place: place.to_owned(), name: name.to_owned(), pointer, excerpt });
        }
        Ok(value)
    }

    /// The request, as one line that may hold secrets, and the answer.
    async fn send(
        &self,
        key: &str,
        place: &str,
        call: &Call,
        variables: &Variables,
    ) -> Result<(String, Raw), TargetError> {
        let endpoint = self.api(variables)?;
        let url = call.url.as_deref().unwrap_or_default();
        let mut target = self.render(&format!("{key}.url"), url, variables)?;
        for (name, value) in &call.query {
            let value = self.render(&format!("{key}.query.{name}"), value, variables)?;
            let separator = if target.contains('?') { '&' } else { '?' };
            let (name, value) = (url_encode(name), url_encode(&value));
            target.push_str(&format!("{separator}{name}={value}"));
        }
        let body = self.body(key, call, variables)?;
        let method = call.method.clone().unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
        let mut request = Request::new(&method, target);
        for (name, value) in &call.headers {
            request = request.header(name, self.render(&format!("{key}.headers.{name}"), value, variables)?);
        }
        if let Some((media_type, body)) = body {
            if request.header_value("content-type").is_none() {
                request = request.header("Content-Type", media_type);
            }
            request = request.body(body);
        }
        if let Some(auth) = &call.auth {
            request = request.auth(self.auth(&format!("{key}.auth"), auth, variables)?);
        }
        if let Some(timeout) = call.timeout {
            request = request.timeout(timeout);
        }
        let client = Client::new(self.http.clone(), endpoint, self.transcript.clone());
        let exchange = client.send(Sender::Observer, request).await;
        let line = format!("{} {}", exchange.method, exchange.url);
        match exchange.reply {
            crate::wire::Reply::Failed(error) => {
                let request = self.secrets.excerpt(&line);
                Err(TargetError::Unreachable { place: place.to_owned(), request, error })
            }
            crate::wire::Reply::Response(response) => {
                let success =
                    if call.status.is_empty() { response.is_success() } else { call.status.contains(&response.status) };
                let raw = Raw {
                    code: response.status,
                    success,
                    shown: format!("status {}", response.status),
                    body: response.body.clone(),
                    headers: Some(response),
                };
                Ok((line, raw))
            }
        }
    }

    fn body(
        &self,
        key: &str,
        call: &Call,
        variables: &Variables,
    ) -> Result<Option<(&'static str, String)>, TargetError> {
        if let Some(json) = &call.json {
            let key = format!("{key}.json");
            let body = template::render_json(json, variables).map_err(|reason| self.template_error(&key, reason))?;
            return Ok(Some(("application/json", body.to_string())));
        }
        if let Some(body) = &call.body {
            return Ok(Some(("application/json", self.render(&format!("{key}.body"), body, variables)?)));
        }
        if call.form.is_empty() {
            return Ok(None);
        }
        let mut pairs = Vec::new();
        for (name, value) in &call.form {
            let value = self.render(&format!("{key}.form.{name}"), value, variables)?;
            pairs.push(format!("{}={}", url_encode(name), url_encode(&value)));
        }
        Ok(Some(("application/x-www-form-urlencoded", pairs.join("&"))))
    }

    /// `[api]`, with this tenant's variables.
    fn api(&self, variables: &Variables) -> Result<Endpoint, TargetError> {
        let api = &self.config.api;
        self.endpoint("api", api.url.as_deref(), api.auth.as_ref(), &api.headers, variables)
    }

    /// `[target]`, with this tenant's variables.
    pub(super) fn scim(&self, variables: &Variables) -> Result<Endpoint, TargetError> {
        let target = &self.config.target;
        self.endpoint("target", target.url.as_deref(), target.auth.as_ref(), &target.headers, variables)
    }

    fn endpoint(
        &self,
        key: &str,
        url: Option<&str>,
        auth: Option<&AuthConfig>,
        headers: &indexmap::IndexMap<String, String>,
        variables: &Variables,
    ) -> Result<Endpoint, TargetError> {
        let base_url = self.render(&format!("{key}.url"), url.unwrap_or_default(), variables)?;
        let auth = match auth {
            Some(auth) => self.auth(&format!("{key}.auth"), auth, variables)?,
            None => Auth::None,
        };
        let headers = headers
            .iter()
            .map(|(name, value)| Ok((name.clone(), self.render(&format!("{key}.headers.{name}"), value, variables)?)))
            .collect::<Result<_, TargetError>>()?;
        let base_url = base_url.trim_end_matches('/').to_owned();
        Ok(Endpoint { base_url, auth, headers, timeout: self.config.target.timeout })
    }

    fn auth(&self, key: &str, auth: &AuthConfig, variables: &Variables) -> Result<Auth, TargetError> {
        let open = |text: &str| self.render(key, text, variables);
        let hidden = |text: &str| {
            let secret = Secret::new(self.render(key, text, variables)?);
            self.secrets.learn(secret.clone());
            Ok::<_, TargetError>(secret)
        };
        Ok(match auth {
            AuthConfig::None => Auth::None,
            AuthConfig::Bearer(token) => Auth::Bearer(hidden(token)?),
            AuthConfig::Basic { user, password } => Auth::Basic { user: open(user)?, password: hidden(password)? },
            AuthConfig::Header { name, value } => Auth::Header { name: open(name)?, value: hidden(value)? },
            AuthConfig::Oauth2 { token_url, client_id, client_secret, scope } => Auth::ClientCredentials {
                token_url: open(token_url)?,
                client_id: open(client_id)?,
                client_secret: hidden(client_secret)?,
                scope: scope.as_deref().map(open).transpose()?,
            },
        })
    }

    pub(super) fn render(&self, key: &str, text: &str, variables: &Variables) -> Result<String, TargetError> {
        template::render(text, variables).map_err(|reason| self.template_error(key, reason))
    }

    fn template_error(&self, key: &str, reason: String) -> TargetError {
        TargetError::Template { place: format!("{}: {key}", self.config.place_of(key)), reason }
    }
}

fn expected(call: &Call) -> String {
    fn list<T: ToString>(codes: &[T]) -> String {
        codes.iter().map(T::to_string).collect::<Vec<_>>().join(" or ")
    }
    match (&call.url, call.status.is_empty(), call.exit.is_empty()) {
        (Some(_), true, _) => "2xx".to_owned(),
        (Some(_), false, _) => list(&call.status),
        (None, _, true) => "0".to_owned(),
        (None, _, false) => list(&call.exit),
    }
}
