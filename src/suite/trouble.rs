//! When the target is gone: the difference between a deviation and a run that cannot be completed.

use std::time::Duration;

use super::{
    stop::{Played, Stop},
    world::World,
};
use crate::{
    target::{Observed, TargetError, Unobserved},
    verdict::Abort,
    wire::{Client, Exchange, Request, Sender, TransportKind},
};

/// Ends the run if one of the exchanges since `before` shows that the target is gone: a refused connection always, an
/// answer that broke off or did not come if a harmless request fails to connect as well.
pub(super) async fn reachable(world: &mut World, before: u64) -> Played {
    let stage = world.stage()?;
    let failed = stage
        .transcript
        .exchanges()
        .into_iter()
        .filter(|exchange| exchange.seq > before)
        .find_map(|exchange| exchange.failure().cloned().map(|error| (exchange, error)));
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
        "check that it is running and that the URL is right, then run again",
    )
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
    match exchange.status() {
        Some(status @ (401 | 403)) => Err(Abort::new(
            format!("the target refuses the credentials: GET {} answered {status}", exchange.url),
            "check `--token` or the `[target.auth]` section of scimulate.toml",
        )),
        _ => Ok(exchange),
    }
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
