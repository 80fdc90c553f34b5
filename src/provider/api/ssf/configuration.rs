//! Stream configuration: create, read, update, replace, delete (SSF 1.0 section 8.1.1).

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Which, answered, nothing, receiver::Receiver};
use crate::provider::{
    api::{
        context::Context,
        error::{self, ApiError},
        extract::{Args, Body},
    },
    security_events::stream::{POLL, PUSH, Stream, Wishes},
};

/// The most event types that a stream may ask for; what is not known is passed over, as the framework asks.
const MOST_EVENTS: usize = 100;

/// The longest description; longer ones are cut.
const LONGEST_DESCRIPTION: usize = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Configuration {
    stream_id: Option<String>,
    delivery: Option<Delivery>,
    events_requested: Option<Vec<String>>,
    description: Option<String>,
    /// What the transmitter supplies: may be sent, and must then be what it is.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivery {
    method: String,
    endpoint_url: Option<String>,
    authorization_header: Option<String>,
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(&error::INVALID_STREAM, message)
}

impl Configuration {
    /// What the receiver wants, over what it wanted before; `whole`: what is not sent is taken back.
    fn wishes(&self, before: Wishes, whole: bool) -> Result<Wishes, ApiError> {
        let mut wishes = if whole {
            Wishes {
                endpoint_url: before.endpoint_url,
                authorization_header: before.authorization_header,
                ..Wishes::default()
            }
        } else {
            before
        };
        match &self.delivery {
            Some(delivery) => delivery.write(&mut wishes)?,
            None if whole => (wishes.endpoint_url, wishes.authorization_header) = (None, None),
            None => {}
        }
        if let Some(requested) = &self.events_requested {
            if requested.len() > MOST_EVENTS {
                return Err(invalid(format!("events_requested has more than {MOST_EVENTS} entries")));
            }
            wishes.events_requested = Some(requested.clone());
        }
        if let Some(description) = &self.description {
            wishes.description = Some(description.chars().take(LONGEST_DESCRIPTION).collect());
        }
        Ok(wishes)
    }

    /// Refuses what the transmitter supplies and is not so, and what nobody knows.
    fn check_rest(&self, current: Option<&Value>) -> Result<(), ApiError> {
        for (name, value) in &self.rest {
            match current.and_then(|current| current.get(name)) {
                Some(own) if own == value => {}
                Some(_) => return Err(invalid(format!("{name} is not what the transmitter says; leave it out"))),
                None => return Err(invalid(format!("a stream configuration has no {name:?} that could be set"))),
            }
        }
        Ok(())
    }
}

impl Delivery {
    fn write(&self, wishes: &mut Wishes) -> Result<(), ApiError> {
        match self.method.as_str() {
            PUSH => {
                let url = self.endpoint_url.as_deref().ok_or_else(|| invalid("delivery.endpoint_url is missing"))?;
                check_url(url)?;
                if let Some(credentials) = &self.authorization_header {
                    axum::http::HeaderValue::from_str(credentials)
                        .map_err(|_| invalid("delivery.authorization_header is no value of a header"))?;
                }
                // It is not shown, so that who writes back what was read does not know it.
                if self.authorization_header.is_some() || wishes.endpoint_url.as_deref() != Some(url) {
                    wishes.authorization_header.clone_from(&self.authorization_header);
                }
                wishes.endpoint_url = Some(url.to_owned());
                Ok(())
            }
            POLL => {
                (wishes.endpoint_url, wishes.authorization_header) = (None, None);
                Ok(())
            }
            other => Err(invalid(format!("there is no delivery method {other:?}; there are {PUSH} and {POLL}"))),
        }
    }
}

/// Tokens tell of people: they go by TLS (RFC 9967 section 5), or to this machine.
fn check_url(text: &str) -> Result<(), ApiError> {
    let wrong = || invalid("delivery.endpoint_url is an https URL; http only for this machine");
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" if url.has_host() => Ok(()),
        "http" if local => Ok(()),
        _ => Err(wrong()),
    }
}

pub(super) async fn create(
    State(context): State<Context>,
    Extension(receiver): Extension<Receiver>,
    Args(which): Args<Which>,
    Body(body): Body<Configuration>,
) -> Result<Response, ApiError> {
    if body.stream_id.is_some() {
        return Err(invalid("stream_id is given by the transmitter"));
    }
    body.check_rest(None)?;
    let wishes = body.wishes(Wishes::default(), true)?;
    let stream = context.write(|tx| {
        let (connection_id, organization_id) = receiver.connection(tx, which.organization_id.as_deref())?;
        Stream::insert(tx, &connection_id, &organization_id, &wishes, context.state.clock.now())?
            .ok_or_else(|| (&error::TOO_MANY_STREAMS).into())
    })?;
    Ok(answered(StatusCode::CREATED, shown(&context, &stream)))
}

fn shown(context: &Context, stream: &Stream) -> Value {
    stream.to_json(&context.state.settings.api_base_url)
}

/// One stream, or all that the receiver has.
pub(super) async fn read(
    State(context): State<Context>,
    Extension(receiver): Extension<Receiver>,
    Args(which): Args<Which>,
) -> Result<Response, ApiError> {
    let body = context.read(|conn| {
        if let Some(stream_id) = &which.stream_id {
            return Ok(shown(&context, &receiver.stream(conn, stream_id)?));
        }
        let connection = match (&receiver, &which.organization_id) {
            (Receiver::Project, None) => None,
            (_, organization) => Some(receiver.connection(conn, organization.as_deref())?.0),
        };
        let streams = Stream::list(conn, connection.as_deref())?;
        Ok(streams.iter().map(|stream| shown(&context, stream)).collect::<Vec<_>>().into())
    })?;
    Ok(answered(StatusCode::OK, body))
}

pub(super) async fn update(
    State(context): State<Context>,
    Extension(receiver): Extension<Receiver>,
    Body(body): Body<Configuration>,
) -> Result<Response, ApiError> {
    edit(&context, &receiver, &body, false)
}

pub(super) async fn replace(
    State(context): State<Context>,
    Extension(receiver): Extension<Receiver>,
    Body(body): Body<Configuration>,
) -> Result<Response, ApiError> {
    edit(&context, &receiver, &body, true)
}

fn edit(context: &Context, receiver: &Receiver, body: &Configuration, whole: bool) -> Result<Response, ApiError> {
    let stream_id = body.stream_id.as_deref().ok_or_else(|| invalid("stream_id is missing"))?;
    let stream = context.write(|tx| {
        let mut stream = receiver.stream(tx, stream_id)?;
        body.check_rest(Some(&shown(context, &stream)))?;
        let wishes = body.wishes(before(tx, &stream)?, whole)?;
        stream.edit(tx, wishes)?;
        Ok(stream)
    })?;
    Ok(answered(StatusCode::OK, shown(context, &stream)))
}

fn before(conn: &Connection, stream: &Stream) -> Result<Wishes, ApiError> {
    Ok(Wishes {
        endpoint_url: stream.endpoint_url.clone(),
        authorization_header: stream.authorization_header(conn)?,
        events_requested: stream.events_requested.clone(),
        description: stream.description.clone(),
    })
}

pub(super) async fn delete(
    State(context): State<Context>,
    Extension(receiver): Extension<Receiver>,
    Args(which): Args<Which>,
) -> Result<Response, ApiError> {
    context.write(|tx| Ok(receiver.stream(tx, which.stream_id()?)?.delete(tx)?))?;
    Ok(nothing())
}
