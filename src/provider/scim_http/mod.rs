//! The SCIM surface of a connection: RFC 7643, 7644 and 9865 over HTTP, below `/v1/b2b/scim/{connection_id}`.
//!
//! A request passes the gate first (`auth`: nobody without the connection's token learns anything), then becomes a
//! [`Call`](call::Call): endpoint, method, query, checked body. One function per endpoint answers it with an
//! [`Answer`](answer::Answer) or a refusal, which leave as `application/scim+json`. Writes run in one transaction of the
//! store together with their effects. A bulk request is many calls in one.

mod answer;
mod asynchronous;
mod auth;
mod bulk;
mod call;
mod cursor;
mod discovery;
mod endpoint;
mod existing;
mod groups;
mod list;
mod machine;
mod members;
mod narrow;
mod precondition;
mod render;
mod resources;
mod scope;
mod secrets;
mod signals;
mod unique;
mod users;

use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::{Request, State as Shared},
    http::{HeaderValue, Method, header},
    response::Response,
    routing::any,
};

pub use self::answer::MEDIA_TYPE;
use self::{
    answer::{Answer, Refusal},
    call::Call,
    endpoint::{Endpoint, Kind},
    scope::Scope,
};
use super::{app::State, store::StoreError, telemetry::Noted};
use crate::scim::{error::ScimError, schema::Registry};

/// Where the surface begins; the connection id follows.
pub const PREFIX: &str = "/v1/b2b/scim/";

/// Whether a path belongs to this surface. The management API has `…/{organization_id}/connection` below the same prefix.
#[must_use]
pub fn serves(path: &str) -> bool {
    let mut segments = path.strip_prefix(PREFIX).unwrap_or_default().split('/');
    segments.next().is_some_and(|id| !id.is_empty()) && segments.next() != Some("connection")
}

/// Whether a resource type can be served at this endpoint: the management API has `/connection` at the same place.
#[must_use]
pub fn can_serve(endpoint: &str) -> bool {
    endpoint != "/connection"
}

/// The routes of all connections.
pub fn router(state: State) -> Router {
    Router::new()
        .route("/v1/b2b/scim/{connection_id}", any(routed))
        .route("/v1/b2b/scim/{connection_id}/", any(routed))
        .route("/v1/b2b/scim/{connection_id}/{*path}", any(routed))
        .with_state(state)
}

/// Every route of a connection, as the log names it, with its methods.
#[must_use]
pub fn routes(registry: &Registry) -> Vec<(String, &'static [&'static str])> {
    let every = Endpoint::every(registry);
    every.iter().map(|endpoint| (endpoint.template(registry).into_owned(), endpoint.methods())).collect()
}

async fn routed(Shared(state): Shared<State>, request: Request) -> Response {
    serve(&state, request).await
}

/// Answers a request whose path this surface [`serves`].
pub async fn serve(state: &State, request: Request) -> Response {
    let head = *request.method() == Method::HEAD;
    // Shares the text of the request, which is taken apart later.
    let uri = request.uri().clone();
    let raw = uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let (connection_id, path) = raw.split_once('/').unwrap_or((raw, ""));
    let registry = &state.settings.registry;
    let endpoint = Endpoint::parse(path, registry);
    let mut noted = Noted { route: endpoint.template(registry), ..Noted::default() };
    let authorization = request.headers().get(header::AUTHORIZATION);
    let answer = if authorization.is_none() && endpoint == Endpoint::ServiceProviderConfig {
        answer(&auth::anonymous(state, connection_id), endpoint, path, request).await
    } else {
        let machine = machine::enter(state, connection_id, authorization, request.method(), path);
        match machine.unwrap_or_else(|| auth::enter(state, connection_id, authorization)) {
            Ok(scope) => {
                noted.organization = Some(scope.organization_id.clone());
                noted.connection = Some(scope.connection_id.clone());
                match state.limiter.admit(connection_id, scope.at) {
                    Ok(()) => answer(&scope, endpoint, path, request).await,
                    Err(seconds) => Err(Refusal::too_many(seconds)),
                }
            }
            Err(refusal) => Err(refusal),
        }
    };
    let mut response = answer.unwrap_or_else(Answer::refused).into_response();
    response.extensions_mut().insert(noted);
    if head {
        // The length is that of the body that GET would get (RFC 9110 section 8.6).
        let length = response.body().size_hint().exact().map(HeaderValue::from);
        *response.body_mut() = Body::empty();
        if let Some(length) = length {
            response.headers_mut().insert(header::CONTENT_LENGTH, length);
        }
    }
    response
}

async fn answer(scope: &Scope<'_>, endpoint: Endpoint, path: &str, request: Request) -> Result<Answer, Refusal> {
    let allowed = endpoint.methods();
    if allowed.is_empty() {
        return Err(unknown_endpoint(path));
    }
    if !allowed.contains(&request.method().as_str()) {
        return Err(Refusal::method_not_allowed(request.method(), allowed));
    }
    let asynchronously = asynchronous::is_preferred(request.headers());
    let call = Call::read(endpoint, request, scope.limits().body).await?;
    match call.endpoint {
        Endpoint::Bulk => bulk::post(scope, &call).await,
        _ if call.writes() => {
            let answer = loop {
                let answer = write(scope, &call).await;
                match scope.settled().await {
                    // Once more, and this time for good.
                    Err(StoreError::Undone) => scope.stand_firm(),
                    settled => break settled.map_err(Refusal::from).and(answer)?,
                }
            };
            Ok(if asynchronously { asynchronous::accept(scope, &call, answer) } else { answer })
        }
        _ => dispatch(scope, &call),
    }
}

/// A call that writes, when it is its turn.
async fn write(scope: &Scope<'_>, call: &Call) -> Result<Answer, Refusal> {
    let store = &scope.state.store;
    call.prepare(scope)?;
    let turn = store.turn().await;
    if call.is_long() {
        // Those who have written are answered before this one begins, and it is not done twice.
        store.commit();
        scope.stand_firm();
    }
    let answer = dispatch(scope, call);
    turn.end().await;
    answer
}

fn unknown_endpoint(path: &str) -> Refusal {
    let path: String = path.chars().take(120).collect();
    ScimError::not_found(format!("there is no endpoint /{path}; /ResourceTypes lists the endpoints")).into()
}

/// One call, answered. The operations of a bulk request come through here as well.
fn dispatch(scope: &Scope, call: &Call) -> Result<Answer, Refusal> {
    let method = if call.method == Method::HEAD { &Method::GET } else { &call.method };
    match (&call.endpoint, method.as_str()) {
        (Endpoint::Resource(kind, id), "GET") => existing::get(scope, call, *kind, id),
        (Endpoint::Resource(Kind::User, id), "PUT") => users::put(scope, call, id),
        (Endpoint::Resource(Kind::User, id), "PATCH") => users::patch(scope, call, id),
        (Endpoint::Resource(Kind::User, id), "DELETE") => users::delete(scope, call, id),
        (Endpoint::Type(Kind::User), "POST") => users::post(scope, call),
        (Endpoint::Resource(Kind::Group, id), "PUT") => groups::put(scope, call, id),
        (Endpoint::Resource(Kind::Group, id), "PATCH") => groups::patch(scope, call, id),
        (Endpoint::Resource(Kind::Group, id), "DELETE") => groups::delete(scope, call, id),
        (Endpoint::Type(Kind::Group), "POST") => groups::post(scope, call),
        (Endpoint::Resource(kind, id), "PUT") => resources::put(scope, call, *kind, id),
        (Endpoint::Resource(kind, id), "PATCH") => resources::patch(scope, call, *kind, id),
        (Endpoint::Resource(kind, id), "DELETE") => resources::delete(scope, call, *kind, id),
        (Endpoint::Type(kind), "POST") => resources::post(scope, call, *kind),
        (Endpoint::Type(kind), "GET") => list::get(scope, call, &[*kind]),
        (Endpoint::Root, "GET") => list::get(scope, call, &Kind::all(scope.registry())),
        (Endpoint::Search(Some(kind)), _) => list::search(scope, call, &[*kind]),
        (Endpoint::Search(None), _) => list::search(scope, call, &Kind::all(scope.registry())),
        (Endpoint::ServiceProviderConfig, _) => discovery::service_provider_config(scope, call),
        (Endpoint::ResourceTypes(id), _) => discovery::resource_types(scope, call, id.as_deref()),
        (Endpoint::Schemas(id), _) => discovery::schemas(scope, call, id.as_deref()),
        (Endpoint::Me, _) => Err(ScimError::status(
            501,
            "/Me is not supported: a connection's token belongs to no user (RFC 7644 section 3.11)",
        )
        .into()),
        (endpoint, _) => Err(unknown_endpoint(&format!("{endpoint:?}"))),
    }
}
