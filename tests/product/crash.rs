//! Deliveries survive `kill -9`: a provider with a data file is killed a hundred times while it delivers, and in the end
//! no event is lost, none is out of order, and what came twice came with the same id.
//!
//! The victim is this test program itself, started again with the name of a test that serves until it is killed.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use reqwest::Method;
use scimulate::provider::app::{self, Options};
use serde_json::{Value, json};

use super::{
    receiver::{Receiver, status},
    server::text,
};

/// Names the victim's data file.
const DATA: &str = "SCIMULATE_TEST_CRASH_DATA";

/// What the victim's line begins with when it is ready.
const READY: &str = "READY ";

const KILLS: usize = 100;

/// Members made in each life.
const BURST: usize = 4;

/// Not a test by itself: what `a_hundred_kills_lose_nothing` starts and kills.
#[tokio::test]
#[ignore = "the process that a_hundred_kills_lose_nothing kills"]
async fn victim() {
    let Some(data) = std::env::var_os(DATA) else { return };
    let options = Options { data: Some(data.into()), ..Options::default() };
    let running = app::start(options).await.expect("a provider");
    let ready = json!({
        "url": running.api_base_url(), "project_id": running.project_id(), "secret": running.project_secret(),
    });
    println!("\n{READY}{ready}");
    std::future::pending::<()>().await;
}

/// A life of the victim. It is killed when it is dropped, so that a failed test leaves nothing behind.
struct Life {
    process: Child,
    ready: Value,
    http: reqwest::Client,
}

impl Life {
    fn begin(data: &Path) -> Life {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "crash::victim", "--ignored", "--nocapture"])
            .env(DATA, data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let ready = lines
            .map(|line| line.expect("a line"))
            .find_map(|line| line.strip_prefix(READY).map(str::to_owned))
            .expect("a victim that is ready");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Life { process, ready: serde_json::from_str(&ready).expect("JSON"), http }
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> reqwest::Result<Value> {
        let request = self
            .http
            .request(method, format!("{}{path}", text(&self.ready["url"])))
            .basic_auth(text(&self.ready["project_id"]), Some(text(&self.ready["secret"])))
            .json(&body);
        request.send().await?.error_for_status()?.json().await
    }

    async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        self.call(method, path, body).await.expect("a success")
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    fn kill(mut self) {
        self.process.kill().expect("a kill");
        self.process.wait().expect("an end");
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // Already dead after `kill`.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Protects against loss and disorder: see the module's words.
#[tokio::test]
async fn a_hundred_kills_lose_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data.db");
    // Some answers are slow, so that kills fall between a delivery and its note.
    let slow = |n: usize| {
        if n.is_multiple_of(3) { status(204).set_delay(std::time::Duration::from_millis(3)) } else { status(204) }
    };
    let mut receiver = Receiver::start((0..10_000).map(slow)).await;
    let mut life = Life::begin(&data);
    let made = life.done(Method::POST, "/v1/b2b/organizations", json!({"organization_name": "Crash"})).await;
    let organization = text(&made["organization"]["organization_id"]);
    let endpoint = json!({"url": receiver.url, "organization_id": organization});
    life.done(Method::POST, "/v1/webhooks/endpoints", endpoint).await;

    let members = format!("/v1/b2b/organizations/{organization}/members");
    let mut confirmed = Vec::new();
    let mut arrived = Vec::new();
    for kill in 0..KILLS {
        for n in 0..BURST {
            let body = json!({"email_address": format!("m{kill}-{n}@acme.example")});
            confirmed.push(text(&life.done(Method::POST, &members, body).await["member_id"]));
        }
        // Another place in the middle of the deliveries each time.
        for _ in 0..kill % BURST {
            arrived.push(receiver.next().await);
        }
        life.kill();
        life = Life::begin(&data);
    }
    let deliveries = loop {
        let path = format!("/v1/webhooks/deliveries?limit=1000&organization_id={organization}");
        let log = life.done(Method::GET, &path, json!({})).await;
        let deliveries = log["deliveries"].as_array().expect("deliveries").clone();
        if deliveries.iter().all(|delivery| delivery["status"] == "delivered") {
            break deliveries;
        }
    };
    arrived.extend(receiver.rest());

    let logged: Vec<String> = deliveries.iter().map(|delivery| text(&delivery["payload"]["id"])).collect();
    let expected: Vec<(String, String)> =
        deliveries.iter().map(|delivery| (text(&delivery["delivery_id"]), text(&delivery["event_id"]))).collect();
    // Each id with its event, in the order of the first arrival.
    let mut first: Vec<(String, String)> = Vec::new();
    let mut known: HashMap<String, String> = HashMap::new();
    for got in &arrived {
        let (id, event) = (got.header("webhook-id").to_owned(), text(&got.body["event_id"]));
        match known.get(&id) {
            Some(before) => assert_eq!(*before, event, "one id is one event"),
            None => {
                known.insert(id.clone(), event.clone());
                first.push((id, event));
            }
        }
    }
    let place: HashMap<&str, usize> = expected.iter().enumerate().map(|(n, (id, _))| (id.as_str(), n)).collect();
    let places: Vec<Option<&usize>> = first.iter().map(|(id, _)| place.get(id.as_str())).collect();
    println!(
        "{KILLS} kills: {} events committed, {} delivered, {} duplicates with the same id, {} out of order, {} lost",
        confirmed.len(),
        first.len(),
        arrived.len() - first.len(),
        places.windows(2).filter(|pair| pair[0] > pair[1]).count(),
        confirmed.len().saturating_sub(first.len()),
    );
    assert_eq!(logged, confirmed, "each confirmed change has its event, in the order of the commits");
    assert_eq!(first, expected, "every event arrived, in the order of the commits");
}
