//! Who asks: the holder of a connection's bearer token (RFC 6750), or a backend with the project's credentials.

use axum::{
    extract::{MatchedPath, Request, State},
    http::header,
    middleware::Next,
    response::Response,
};
use rusqlite::Connection;

use super::super::{
    auth,
    context::{self, Context},
    error::{self, ApiError},
};
use crate::{
    provider::{security_events::stream::Stream, store::connections},
    scim::authorization::bearer,
};

/// What a 401 asks for.
const CHALLENGE: &str = "Basic realm=\"scimulate\", charset=\"UTF-8\", Bearer realm=\"scim\"";

/// Who asks; in the extensions of the request.
#[derive(Debug, Clone)]
pub(super) enum Receiver {
    /// The holder of a connection's token.
    Connection { connection_id: String, organization_id: String },
    /// A backend of the project.
    Project,
}

/// Lets a request in, or refuses it with 401 and both schemes.
pub(super) async fn require(
    State(context): State<Context>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Response {
    let admitted = admit(&context, &request, path.as_str());
    match admitted.and_then(|receiver| auth::limit(&context).map(|()| receiver)) {
        Ok(receiver) => {
            request.extensions_mut().insert(receiver);
            next.run(request).await
        }
        Err(refusal) => auth::refused(refusal, request.method(), path.as_str(), CHALLENGE),
    }
}

fn admit(context: &Context, request: &Request, path: &str) -> Result<Receiver, ApiError> {
    let refusal = match auth::admit(context, request.headers(), request.method(), path) {
        Ok(()) => return Ok(Receiver::Project),
        Err(refusal) => refusal,
    };
    let authorization = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = authorization.and_then(|value| bearer(value, &context.state.settings.leniency));
    let now = context.state.clock.now();
    let found = match token {
        Some(token) => context.read(|conn| Ok(connections::opened_by(conn, token, now)?))?,
        None => None,
    };
    match found {
        Some((connection_id, organization_id)) => Ok(Receiver::Connection { connection_id, organization_id }),
        None => Err(refusal),
    }
}

impl Receiver {
    /// The connection that a new stream belongs to, with its organization; `organization` names it for a backend.
    pub(super) fn connection(
        &self,
        conn: &Connection,
        organization: Option<&str>,
    ) -> Result<(String, String), ApiError> {
        match (self, organization) {
            (Receiver::Connection { connection_id, organization_id }, None) => {
                Ok((connection_id.clone(), organization_id.clone()))
            }
            (Receiver::Connection { connection_id, organization_id }, Some(key)) => {
                let own = context::organization(conn, key)
                    .is_ok_and(|organization| organization.organization_id == *organization_id);
                let refusal = || ApiError::from(&error::ORGANIZATION_NOT_FOUND);
                own.then(|| (connection_id.clone(), organization_id.clone())).ok_or_else(refusal)
            }
            (Receiver::Project, Some(key)) => {
                let organization_id = context::organization(conn, key)?.organization_id;
                let connection = super::super::connections::record::Connection::active(conn, &organization_id)?
                    .ok_or(&error::NO_ACTIVE_CONNECTION)?;
                Ok((connection.connection_id, organization_id))
            }
            (Receiver::Project, None) => {
                let message = "the query parameter organization_id names the organization whose connection it is about";
                Err(ApiError::new(&error::INVALID_STREAM, message))
            }
        }
    }

    /// The stream of that id. One of another connection is not found.
    pub(super) fn stream(&self, conn: &Connection, stream_id: &str) -> Result<Stream, ApiError> {
        let stream = Stream::get(conn, stream_id)?.filter(|stream| match self {
            Receiver::Connection { connection_id, .. } => stream.connection_id == *connection_id,
            Receiver::Project => true,
        });
        stream.ok_or_else(|| (&error::STREAM_NOT_FOUND).into())
    }

    /// The same, if its receiver polls.
    pub(super) fn polled(&self, conn: &Connection, stream_id: &str) -> Result<Stream, ApiError> {
        let stream = self.stream(conn, stream_id)?;
        if stream.endpoint_url.is_none() { Ok(stream) } else { Err((&error::STREAM_NOT_FOUND).into()) }
    }
}
