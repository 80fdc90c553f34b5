//! When the target is gone: the difference between a deviation and a run that cannot be completed.

use std::time::Duration;

use super::{
    stop::{Played, Stop},
    world::World,
};
use crate::{
    check::Discovery,
    target::{Observed, TargetError, Unobserved},
    verdict::Abort,
    wire::{Auth, Client, Exchange, Request, Sender, TransportKind},
};

/// Ends the run if one of the exchanges since `before` shows that the target is gone: a refused connection always, an
/// answer that broke off or did not come if a harmless request fails to connect as well.
pub(super) async fn reachable(world: &mut World, before: u64) -> Played {
    let stage = world.stage()?;
    let failed = stage.transcript.with(|exchanges| {
        let mut new = exchanges.iter().filter(|exchange| exchange.seq > before);
        new.find_map(|exchange| exchange.failure().map(|error| (exchange.clone(), error.clone())))
    });
    let Some((exchange, error)) = failed else { return Ok(()) };
    let gone = match error.kind {
        TransportKind::Connect => true,
        TransportKind::Closed | TransportKind::Timeout => !answers(&stage.client()).await,
        TransportKind::TooLarge | TransportKind::Unsendable => false,
    };
    if gone { Err(lost(&exchange).into()) } else { Ok(()) }
}

/// Whether the target still answers at all, whatever it says.
async fn answers(client: &Client) -> bool {
    let probe = client.send(Sender::Observer, Request::new("GET", "/ServiceProviderConfig"));
    match tokio::time::timeout(Duration::from_secs(5), probe).await {
        Ok(exchange) => exchange.response().is_some(),
        Err(_) => false,
    }
}

fn lost(exchange: &Exchange) -> Abort {
    let error = exchange.failure().map(ToString::to_string).unwrap_or_default();
    Abort::new(
        format!("the target cannot be reached: {} {}: {error}", exchange.method, exchange.url),
        remedy_of(exchange, &error),
    )
}

/// What can be done about a failure to get an answer, by the words of the library.
fn remedy_of(exchange: &Exchange, error: &str) -> &'static str {
    let error = error.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| error.contains(word));
    if exchange.failure().is_some_and(|failure| failure.kind == TransportKind::Timeout) {
        "check that it is up, or raise `timeout` in the `[target]` section of scimulate.toml"
    } else if says(&["lookup", "dns", "name or service"]) {
        "there is no such host; check the name in the URL"
    } else if says(&["certificate", "unknownissuer"]) {
        "name the certificate that signed it with `[target.tls] ca_file`, or set `accept_invalid_certs = true` there for a \
         test system"
    } else if exchange.url.starts_with("https:") && says(&["tls", "ssl", "corrupt message", "invalidcontenttype"]) {
        "the server does not speak TLS there; try http://"
    } else {
        "check that it is running and that the URL is right, then run again"
    }
}

/// A tenant that cannot be opened says nothing about conformance.
pub(super) fn tenant(error: &TargetError) -> Stop {
    unopened(error).into()
}

/// The same, before the first scenario.
pub(super) fn unopened(error: &TargetError) -> Abort {
    Abort::new(
        format!("the target could not be set up: {error}"),
        "check that it is running, its URL and credentials, and the `[tenant]` section of scimulate.toml",
    )
}

/// The first request of the run: is somebody there, and are the credentials good? The filter matches nobody, so nothing
/// of the target's data is read.
///
/// # Errors
/// If the run cannot start.
pub(super) async fn probe(client: &Client, run_id: &str) -> Result<Exchange, Abort> {
    let target = format!("/Users?filter=userName%20eq%20%22scimulate-probe-{run_id}%22&startIndex=1&count=1");
    let request = Request::new("GET", target).header("Accept", "application/scim+json");
    let exchange = client.send(Sender::Client, request).await;
    if exchange.failure().is_some() {
        return Err(lost(&exchange));
    }
    let sent = !matches!(client.endpoint().auth, Auth::None);
    match exchange.status() {
        Some(status @ (401 | 403)) if sent => Err(Abort::new(
            format!("the target refuses the credentials: GET {} answered {status}", exchange.url),
            "check `--token` or the `[target.auth]` section of scimulate.toml",
        )),
        Some(status @ (401 | 403)) => Err(Abort::new(
            format!("the target wants credentials, and there are none: GET {} answered {status}", exchange.url),
            "set SCIMULATE_TOKEN, or auth in the `[target]` section of scimulate.toml",
        )),
        Some(status @ 300..=399) => {
            let to = exchange.response().and_then(|response| response.header("location")).unwrap_or("nowhere");
            Err(Abort::new(
                format!("the target redirects: GET {} answered {status}, to {to}", exchange.url),
                "give the address that it redirects to; redirects are not followed, so that the credentials go nowhere \
                 else",
            ))
        }
        _ => Ok(exchange),
    }
}

/// Where SCIM often is, below what a user gave.
const BELOW: [&str; 4] = ["/v2", "/scim/v2", "/scim", "/api/scim/v2"];

/// Whether the first answer came from a SCIM endpoint, or the discovery documents say that there is one.
///
/// # Errors
/// If neither shows it: a run against a web page would find hundreds of failures, and none of them would be true.
pub(super) async fn recognise(first: &Exchange, discovery: &Discovery, client: &Client) -> Result<(), Abort> {
    let known = discovery.service_provider_config.is_some()
        || !discovery.resource_types.is_empty()
        || !discovery.schemas.is_empty();
    let Some(response) = first.response().filter(|_| !known) else { return Ok(()) };
    let json = response.json();
    let scim = json.as_ref().is_some_and(|body| body["schemas"].to_string().contains("urn:ietf:params:scim:"));
    let plain_json = json.is_some_and(|body| body.is_object()) && !matches!(response.status, 404 | 405);
    if scim || plain_json {
        return Ok(());
    }
    let shown = match response.body.trim() {
        "" => "nothing".to_owned(),
        body => super::world::shorten(body).chars().take(120).collect(),
    };
    let base = client.endpoint().base_url.clone();
    let remedy = match found_below(client).await {
        Some(better) => format!("there is one at {better}: use that as the target"),
        None => "the base URL is what stands before /Users, often with /scim/v2 at its end; check it".to_owned(),
    };
    Err(Abort::new(
        format!("no SCIM endpoint is found at {base}: GET {} answered {} with {shown}", first.url, response.status),
        remedy,
    ))
}

/// The first usual place below the base URL that serves a configuration.
async fn found_below(client: &Client) -> Option<String> {
    for place in BELOW {
        let request = Request::new("GET", format!("{place}/ServiceProviderConfig"));
        let exchange = client.send(Sender::Observer, request).await;
        if exchange.status() == Some(200) && exchange.json().is_some_and(|body| body["schemas"].is_array()) {
            let base =
                client.endpoint().base_url.split('?').next().unwrap_or_default().trim_end_matches('/').to_owned();
            return Some(format!("{base}{place}"));
        }
    }
    None
}

/// What an observer saw. Without an observer the effect is not exercised; an observer that does not work is a fault.
///
/// # Errors
/// As said.
pub(super) fn observed<T>(seen: Observed<T>) -> Result<T, Stop> {
    seen.map_err(|unseen| match unseen {
        Unobserved::NoObserver { .. } => Stop::NotExercised(unseen.to_string()),
        Unobserved::Failed(error) => Stop::fault(
            format!("the target could not be observed: {error}"),
            "check the `[observe]` and `[act]` sections of scimulate.toml against the target's API",
        ),
    })
}
