//! A webhook consumer: registers itself at a running `scimulate serve`, verifies what comes, and prints it.
//!
//! ```sh
//! scimulate serve --format json | cargo run --example webhook_consumer
//! ```
//!
//! `serve` prints one line with its addresses and credentials, which this program reads. Then provision the SCIM base URL
//! that it shows, and watch the events. It does what every consumer should: it checks the signature over the raw body
//! before it looks at it, answers at once, and takes an event that comes twice only once.

use std::{collections::HashSet, io::Write as _, sync::Mutex};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the handler knows.
struct Consumer {
    /// The endpoint's secret; the library verifies with it.
    webhook: Webhook,
    /// The ids of what was taken: a delivery may come twice, and has the same id then.
    taken: Mutex<HashSet<String>>,
    /// Where lines go.
    print: Box<dyn Fn(String) + Send + Sync>,
}

async fn receive(State(consumer): State<std::sync::Arc<Consumer>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if let Err(error) = consumer.webhook.verify(&body, &headers) {
        (consumer.print)(format!("refused: {error}"));
        return StatusCode::UNAUTHORIZED;
    }
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    if consumer.taken.lock().is_ok_and(|mut taken| taken.insert(id)) {
        let event: Value = serde_json::from_slice(&body).unwrap_or_default();
        (consumer.print)(line(&event));
    }
    StatusCode::NO_CONTENT
}

/// One line for an event. The type is not in the body: source, object and action make it.
fn line(event: &Value) -> String {
    let word = |key: &str| event[key].as_str().unwrap_or("?").to_lowercase();
    let kind = format!("{}.{}.{}", word("source"), word("object_type"), word("action"));
    let about = match &event["member"] {
        Value::Null => String::new(),
        member => format!("  {} is {}", member["email_address"].as_str().unwrap_or("?"), member["status"]),
    };
    format!("{kind}  {}{about}", word("id"))
}

/// Registers at the provider whose ready line this is, and serves what it sends until the end.
pub async fn consume(ready: &Value, print: Box<dyn Fn(String) + Send + Sync>) -> Result<(), Failure> {
    let fact = |name: &str| ready[name].as_str().map(str::to_owned).ok_or(format!("the line of serve has no {name}"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/webhooks", listener.local_addr()?);
    let registered: Value = reqwest::Client::new()
        .post(format!("{}/v1/webhooks/endpoints", fact("api_base_url")?))
        .basic_auth(fact("project_id")?, Some(fact("project_secret")?))
        .json(&json!({"url": url}))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let webhook = Webhook::new(registered["secret"].as_str().ok_or("no secret came back")?)?;
    print(format!("listening on {url}; provision {} with", fact("scim_base_url")?));
    print(format!("  Authorization: Bearer {}", fact("scim_token")?));
    let consumer = Consumer { webhook, taken: Mutex::default(), print };
    let routes = Router::new().route("/webhooks", routing::post(receive)).with_state(std::sync::Arc::new(consumer));
    axum::serve(listener, routes).await?;
    Ok(())
}

#[tokio::main]
#[allow(dead_code)] // the test of this file calls `consume`
async fn main() -> Result<(), Failure> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let ready =
        serde_json::from_str(&line).map_err(|_| "pipe the output of `scimulate serve --format json` in here")?;
    let print = |line: String| {
        // A closed terminal is no reason to stop taking events.
        let _ = writeln!(std::io::stdout(), "{line}");
    };
    consume(&ready, Box::new(print)).await
}
