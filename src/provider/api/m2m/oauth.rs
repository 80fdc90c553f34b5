//! `/v1/public/{project_id}/oauth2/token`: a secret for an access token (RFC 6749 section 4.4).
//!
//! The client names itself in the form or by HTTP Basic (section 2.3.1), not by both. Refusals are the errors of section
//! 5.2 in the envelope of all errors.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
    routing,
};
use serde_json::{Value, json};

use crate::provider::{
    api::{
        auth,
        context::Context,
        envelope::{Content, Reply},
        error::{self, ApiError},
    },
    m2m::{client::Client, token},
    session::keys::KeyError,
};

/// The route, which needs no other credentials than those in its body.
pub fn public_routes() -> Router<Context> {
    Router::new().route("/v1/public/{project_id}/oauth2/token", routing::post(issue))
}

/// A refusal of RFC 6749 section 5.2.
struct Refusal {
    status: u16,
    code: &'static str,
    words: &'static str,
}

const INVALID_REQUEST: Refusal = Refusal {
    status: 400,
    code: "invalid_request",
    words: "the body is a form with grant_type, client_id and client_secret, each once",
};
const INVALID_CLIENT: Refusal =
    Refusal { status: 401, code: "invalid_client", words: "the client_id or client_secret is not valid" };
const UNSUPPORTED: Refusal =
    Refusal { status: 400, code: "unsupported_grant_type", words: "grant_type is client_credentials" };
const INVALID_SCOPE: Refusal =
    Refusal { status: 400, code: "invalid_scope", words: "the client has not been given all of these scopes" };

async fn issue(
    State(context): State<Context>,
    Path(project_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut response = match grant(&context, &project_id, &headers, &body).await {
        Ok(Ok(reply)) => reply.into_response(),
        Ok(Err(refusal)) => refused(&refusal),
        Err(error) => error.into_response(),
    };
    // RFC 6749 section 5.1.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn refused(refusal: &Refusal) -> Response {
    let kind = if refusal.status == 401 { &error::INVALID_CLIENT } else { &error::INVALID_TOKEN_REQUEST };
    let mut content = ApiError::new(kind, refusal.words).content();
    content.body.insert("error".to_owned(), json!(refusal.code));
    content.body.insert("error_description".to_owned(), json!(refusal.words));
    let mut response = Content { status: refusal.status, ..content }.into_response();
    if refusal.status == 401 {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(auth::CHALLENGE));
    }
    response
}

async fn grant(
    context: &Context,
    project_id: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Result<Reply, Refusal>, ApiError> {
    let settings = &context.state.settings;
    if *project_id != settings.project_id {
        return Err((&error::ROUTE_NOT_FOUND).into());
    }
    let form = match Form::read(body) {
        Some(form) => form,
        None => return Ok(Err(INVALID_REQUEST)),
    };
    if form.get("grant_type") != Some("client_credentials") {
        return Ok(Err(if form.get("grant_type").is_none() { INVALID_REQUEST } else { UNSUPPORTED }));
    }
    // The vendor's Python SDK sends the project's credentials along: they are not the client's.
    let by_header = auth::basic(headers).filter(|(user, _)| *user != settings.project_id);
    let named = match (by_header, form.get("client_id"), form.get("client_secret")) {
        (None, Some(id), Some(secret)) => (id.to_owned(), secret.to_owned()),
        (Some((id, secret)), form_id, None) if form_id.is_none_or(|form_id| form_id == id) => (id, secret),
        (None, None, _) | (None, _, None) => return Ok(Err(INVALID_CLIENT)),
        _ => return Ok(Err(INVALID_REQUEST)),
    };
    let Some(client) = context.read(|conn| Ok(Client::authenticate(conn, &named.0, &named.1)?))? else {
        return Ok(Err(INVALID_CLIENT));
    };
    let scopes: Vec<String> = match form.get("scope") {
        None => client.scopes.clone(),
        Some(asked) => asked.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
    };
    if scopes.iter().any(|scope| !client.scopes.contains(scope)) {
        return Ok(Err(INVALID_SCOPE));
    }
    let key = context.keys.signing().await?;
    let now = context.state.clock.now();
    let access_token =
        token::sign(&key, &settings.project_id, &client.client_id, &scopes, now).map_err(KeyError::from)?;
    Ok(Ok(Reply::of(json!({
        "access_token": access_token,
        "token_type": "bearer",
        "expires_in": token::LIFE.whole_seconds(),
        "scope": scopes.join(" "),
    }))))
}

/// A form whose fields are there once (RFC 6749 section 3.2). JSON of the same fields is read too: some clients send it.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(body: &[u8]) -> Option<Form> {
        let text = std::str::from_utf8(body).ok()?.trim();
        let fields: Vec<(String, String)> = match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(map)) => map
                .into_iter()
                .map(|(name, value)| value.as_str().map(|value| (name, value.to_owned())))
                .collect::<Option<_>>()?,
            _ => url::form_urlencoded::parse(text.as_bytes()).into_owned().collect(),
        };
        let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).all(|pair| pair[0] != pair[1]).then_some(Form(fields))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
