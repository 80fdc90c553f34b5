//! After a scenario: its evidence is kept, and what it made on a shared target is deleted.
//!
//! What it made is read from its own transcript: every resource that a `POST` created and no `DELETE` removed, in the
//! reverse order. So nothing is forgotten, whoever created it, and nothing is touched that the run did not make. This
//! runs after a failure and after a cancellation too. A tenant of its own is closed as a whole.

use super::{
    engine::CLEANUP,
    world::{Stage, World},
};
use crate::wire::{Client, Exchange, Request, Sender, Transcript};

/// Ends a scenario.
pub(super) async fn conclude(world: &mut World) {
    let shared = world.shared.clone();
    let Some(stage) = world.leave() else { return };
    let exchanges = shared.redact(&stage.transcript);
    let measurements = stage.measurements.clone();
    shared.note(stage.index, |entry| {
        entry.transcript = exchanges;
        entry.measurements = measurements;
    });
    let leftovers = match tokio::time::timeout(CLEANUP, clean(&stage)).await {
        Ok(leftovers) => leftovers,
        Err(_) => made(&stage.transcript),
    };
    shared.leave(leftovers);
}

/// Deletes what the scenario made; says what would not go.
async fn clean(stage: &Stage) -> Vec<String> {
    let mut leftovers = Vec::new();
    if stage.tenants.iter().any(|tenant| !tenant.isolated()) {
        let client = stage.client();
        for url in made(&stage.transcript) {
            if !delete(&client, &url).await {
                leftovers.push(url);
            }
        }
    }
    for tenant in &stage.tenants {
        tenant.close().await;
    }
    leftovers
}

async fn delete(client: &Client, url: &str) -> bool {
    let exchange = client.send(Sender::Observer, Request::new("DELETE", url)).await;
    // Gone is gone, whoever did it.
    matches!(exchange.status(), Some(200..=299 | 404 | 410))
}

/// The URLs of resources that the transcript created and did not delete, newest first.
pub(super) fn made(transcript: &Transcript) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    for exchange in transcript.exchanges() {
        match (exchange.method.as_str(), exchange.status()) {
            ("POST", Some(200 | 201)) => urls.extend(created(&exchange)),
            ("DELETE", Some(200..=299 | 404 | 410)) => {
                let gone = without_query(&exchange.url).to_owned();
                urls.retain(|url| *url != gone);
            }
            _ => {}
        }
    }
    urls.reverse();
    urls
}

/// The resources that one POST created: its own, or those of a bulk request.
fn created(exchange: &Exchange) -> Vec<String> {
    let Some(body) = exchange.json() else { return Vec::new() };
    let url = without_query(&exchange.url);
    let collection = url.rsplit('/').next().unwrap_or_default();
    if exchange.sender == Sender::Observer || collection.starts_with('.') {
        return Vec::new();
    }
    if collection == "Bulk" {
        let base = url.strip_suffix("/Bulk").unwrap_or(url);
        let operations = body["Operations"].as_array().cloned().unwrap_or_default();
        return operations
            .iter()
            .filter(|operation| operation["method"] == "POST" && operation["status"].to_string().contains("201"))
            .filter_map(|operation| operation["location"].as_str())
            .map(|location| if location.contains("://") { location.to_owned() } else { format!("{base}/{}", location.trim_start_matches('/')) })
            .collect();
    }
    match body["id"].as_str() {
        Some(id) if exchange.status() == Some(201) => vec![format!("{url}/{id}")],
        _ => Vec::new(),
    }
}

fn without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Reply, Response};

    fn exchange(seq: u64, method: &str, path: &str, status: u16, body: &str) -> Exchange {
        Exchange {
            seq,
            sender: Sender::Idp,
            method: method.into(),
            url: format!("http://h/scim{path}"),
            headers: Vec::new(),
            body: None,
            reply: Reply::Response(Response { status, headers: Vec::new(), body: body.into() }),
            at: time::OffsetDateTime::UNIX_EPOCH,
            micros: 1,
        }
    }

    /// Exactly what was made and is still there is deleted: users, groups and what a bulk request made, newest first.
    #[test]
    fn knows_what_was_made() {
        let transcript = Transcript::new();
        for exchange in [
            exchange(1, "POST", "/Users", 201, r#"{"id":"a"}"#),
            exchange(2, "POST", "/Users?x=1", 201, r#"{"id":"b"}"#),
            exchange(3, "POST", "/Users", 409, r#"{"id":"no"}"#),
            exchange(4, "POST", "/Users/.search", 200, r#"{"id":"no"}"#),
            exchange(5, "DELETE", "/Users/a", 204, ""),
            exchange(6, "POST", "/Bulk", 200, r#"{"Operations":[{"method":"POST","status":"201","location":"http://h/scim/Groups/g"},{"method":"DELETE","status":"204","location":"x"}]}"#),
        ] {
            transcript.push(exchange);
        }
        assert_eq!(made(&transcript), ["http://h/scim/Groups/g", "http://h/scim/Users/b"]);
    }
}
