//! Webhook delivery: signatures, order, retries on the documented schedule, isolation, restart, replay. No test waits for
//! the schedule: the clock is moved.

use std::time::Duration;

use scimulate::provider::{defect::DeliveryTampering, effects::Change, store::Store};
use serde_json::{Value, json};

use super::{
    receiver::{Got, Receiver, status},
    server::{Server, text},
};

/// An endpoint for the events of an organization: its id and its secret.
async fn subscribe(server: &Server, url: &str, organization: &str) -> (String, String) {
    let body = json!({"url": url, "organization_id": organization});
    let made = server.post("/v1/webhooks/endpoints", body).await.ok();
    (text(&made["endpoint_id"]), text(&made["secret"]))
}

fn verify(secret: &str, got: &Got) -> Result<(), standardwebhooks::WebhookError> {
    standardwebhooks::Webhook::new(secret).expect("a secret").verify(&got.raw, &got.headers)
}

/// The log of an organization, read until `done` says that it is as it should become.
async fn log(server: &Server, organization: &str, done: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let path = format!("/v1/webhooks/deliveries?organization_id={organization}");
    let reading = async {
        loop {
            let body = server.get(&path).await.ok();
            let deliveries = body["deliveries"].as_array().expect("deliveries").clone();
            if done(&deliveries) {
                return deliveries;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reading).await.expect("the log in time")
}

fn statuses(deliveries: &[Value]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery["status"].as_str().expect("a status")).collect()
}

/// Protects consumers: the documented envelope, both families of headers, a signature that the standard's own library
/// verifies, and a body that tells what a read of the API tells.
#[tokio::test]
async fn an_event_is_delivered_signed_in_the_documented_envelope() {
    let server = Server::start().await;
    let organization = server.organization("Signed").await;
    let mut receiver = Receiver::start([]).await;
    let (_, secret) = subscribe(&server, &receiver.url, &organization).await;
    let ada = server.member(&organization, "ada@acme.example").await;
    let got = receiver.next().await;
    verify(&secret, &got).expect("a valid signature");
    for part in ["id", "timestamp", "signature"] {
        assert_eq!(got.header(&format!("webhook-{part}")), got.header(&format!("svix-{part}")));
    }
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.kind(), "direct.member.create");
    assert_eq!(got.body["project_id"], json!(server.project_id));
    assert!(text(&got.body["event_id"]).starts_with("webhook-event-test-"));
    assert_eq!((got.body["id"].as_str(), got.body["vertical"].as_str()), (Some(ada.as_str()), Some("B2B")));
    assert!(got.body["timestamp"].is_string());
    assert_eq!(got.body["member"], server.read_member(&organization, &ada).await);
}

/// Protects the order: the events of an organization arrive in the order of their commits, also when one fails and has
/// to be tried again, and each once.
#[tokio::test]
async fn events_of_an_organization_keep_their_order_through_a_retry() {
    let server = Server::start().await;
    let organization = server.organization("Ordered").await;
    let mut receiver = Receiver::start([status(500)]).await;
    subscribe(&server, &receiver.url, &organization).await;
    let mut members = Vec::new();
    for n in 0..20 {
        members.push(server.member(&organization, &format!("m{n}@acme.example")).await);
    }
    let first = receiver.next().await;
    assert_eq!(text(&first.body["id"]), members[0]);
    log(&server, &organization, |log| log.first().is_some_and(|first| first["attempts"] == 1)).await;
    assert!(receiver.rest().is_empty(), "nothing overtakes the event that failed");
    server.advance(Duration::from_secs(6));
    let again = receiver.next().await;
    assert_eq!(again.header("webhook-id"), first.header("webhook-id"), "a retry has the same id");
    assert_eq!(again.body["event_id"], first.body["event_id"]);
    assert_ne!(again.header("webhook-timestamp"), first.header("webhook-timestamp"));
    assert_ne!(again.body["timestamp"], first.body["timestamp"], "the timestamp is the time of sending");
    let mut arrived = vec![text(&again.body["id"])];
    while arrived.len() < members.len() {
        arrived.push(text(&receiver.next().await.body["id"]));
    }
    assert_eq!(arrived, members);
    log(&server, &organization, |log| statuses(log).iter().all(|status| *status == "delivered")).await;
    assert!(receiver.rest().is_empty(), "each event once");
}

/// Protects the schedule: eight attempts at the documented pauses, then the event has failed and the next one goes.
#[tokio::test]
async fn a_dead_receiver_gets_eight_attempts() {
    let server = Server::start().await;
    let organization = server.organization("Dead").await;
    let mut receiver = Receiver::start((0..8).map(|_| status(503))).await;
    subscribe(&server, &receiver.url, &organization).await;
    let first = server.member(&organization, "a@acme.example").await;
    let second = server.member(&organization, "b@acme.example").await;
    receiver.next().await;
    for (attempts, seconds) in [(1, 5), (2, 300), (3, 1800), (4, 7200), (5, 18_000), (6, 36_000), (7, 36_000)] {
        let log = log(&server, &organization, |log| log[0]["attempts"] == attempts).await;
        let due =
            scimulate::provider::clock::parse(log[0]["next_attempt_at"].as_str().expect("a time")).expect("a time");
        let pause = (due - server.clock.now()).as_seconds_f64();
        assert!(
            (f64::from(seconds) - 0.1..=f64::from(seconds) * 1.1 + 0.1).contains(&pause),
            "{pause} after {attempts}"
        );
        server.advance(Duration::from_secs_f64(f64::from(seconds) * 1.1));
        assert_eq!(text(&receiver.next().await.body["id"]), first);
    }
    assert_eq!(text(&receiver.next().await.body["id"]), second);
    let log = log(&server, &organization, |log| statuses(log) == ["failed", "delivered"]).await;
    assert_eq!((&log[0]["attempts"], &log[0]["last_status"]), (&json!(8), &json!(503)));
}

/// Protects what a receiver says: a redirect is no success and is not followed, `abort-message` ends one event, 410 ends
/// all, a late answer is a failure.
#[tokio::test]
async fn answers_decide_what_is_tried_again() {
    let server = Server::start().await;
    let organization = server.organization("Answers").await;
    let mut elsewhere = Receiver::start([]).await;
    let redirect = status(307).insert_header("location", elsewhere.url.as_str());
    let abort = status(400).insert_header("webhook-delivery", "abort-message");
    let late = status(204).set_delay(Duration::from_millis(900));
    let mut receiver = Receiver::start([redirect, abort, late, status(410)]).await;
    let (endpoint, _) = subscribe(&server, &receiver.url, &organization).await;
    server.member(&organization, "a@acme.example").await;
    receiver.next().await;
    let one = log(&server, &organization, |log| log[0]["attempts"] == 1).await;
    assert_eq!((&one[0]["status"], &one[0]["last_status"]), (&json!("pending"), &json!(307)));
    assert!(elsewhere.rest().is_empty(), "a redirect is not followed");
    server.advance(Duration::from_secs(6));
    receiver.next().await;
    let two = log(&server, &organization, |log| log[0]["attempts"] == 2).await;
    assert_eq!((&two[0]["status"], &two[0]["last_status"]), (&json!("failed"), &json!(400)));

    server.member(&organization, "b@acme.example").await;
    receiver.next().await;
    let late = log(&server, &organization, |log| log[1]["attempts"] == 1).await;
    assert_eq!(
        (&late[1]["status"], &late[1]["last_error"]),
        (&json!("pending"), &json!("the receiver did not answer in time"))
    );
    server.member(&organization, "c@acme.example").await;
    server.advance(Duration::from_secs(6));
    receiver.next().await;
    log(&server, &organization, |log| statuses(log) == ["failed"; 3]).await;
    let shown = server.get(&format!("/v1/webhooks/endpoints/{endpoint}")).await.ok();
    assert_eq!(shown["endpoint"]["status"], "disabled");
    server.member(&organization, "d@acme.example").await;
    let all = log(&server, &organization, |_| true).await;
    assert_eq!(all.len(), 3, "a disabled endpoint gets no further events");
}

/// Protects the operator: an endpoint without a success in five days is disabled and said to be; enabled again, it gets
/// what is replayed.
#[tokio::test]
async fn an_endpoint_that_fails_for_five_days_is_disabled() {
    let server = Server::start().await;
    let organization = server.organization("Five days").await;
    let mut receiver = Receiver::start((0..2).map(|_| status(500))).await;
    let (endpoint, _) = subscribe(&server, &receiver.url, &organization).await;
    let ada = server.member(&organization, "a@acme.example").await;
    receiver.next().await;
    log(&server, &organization, |log| log[0]["attempts"] == 1).await;
    server.advance(Duration::from_secs(5 * 24 * 3600 + 1));
    receiver.next().await;
    let failed = log(&server, &organization, |log| log[0]["attempts"] == 2).await;
    assert_eq!(failed[0]["status"], "failed");
    assert!(failed[0]["last_error"].as_str().is_some_and(|why| why.contains("five days")), "{}", failed[0]);
    let one = format!("/v1/webhooks/endpoints/{endpoint}");
    assert_eq!(server.get(&one).await.ok()["endpoint"]["status"], "disabled");
    server.put(&one, json!({"disabled": false})).await.ok();
    server.post(&format!("{one}/replay"), json!({})).await.ok();
    assert_eq!(text(&receiver.next().await.body["id"]), ada);
    log(&server, &organization, |log| statuses(log) == ["delivered"]).await;
}

/// Protects everybody else: a receiver that never answers and one that refuses hold up neither another organization nor
/// another endpoint of the same one, and nobody gets the events of others.
#[tokio::test]
async fn a_stuck_receiver_holds_up_nobody_else() {
    let server = Server::start().await;
    let (stuck, fine) = (server.organization("Stuck").await, server.organization("Fine").await);
    // A listener that accepts and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_url = format!("http://{}/", silent.local_addr().expect("an address"));
    let refusing = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        format!("http://{}/", listener.local_addr().expect("an address"))
    };
    subscribe(&server, &silent_url, &stuck).await;
    subscribe(&server, &refusing, &stuck).await;
    let mut same = Receiver::start([]).await;
    let mut other = Receiver::start([]).await;
    subscribe(&server, &same.url, &stuck).await;
    subscribe(&server, &other.url, &fine).await;
    for n in 0..5 {
        let a = server.member(&stuck, &format!("m{n}@acme.example")).await;
        let b = server.member(&fine, &format!("m{n}@acme.example")).await;
        assert_eq!(text(&same.next().await.body["id"]), a);
        assert_eq!(text(&other.next().await.body["id"]), b);
    }
    assert!(same.rest().is_empty() && other.rest().is_empty());
}

/// Protects filters: an endpoint gets the types that it asked for, of every organization if it names none.
#[tokio::test]
async fn endpoints_get_what_they_asked_for() {
    let server = Server::start().await;
    let mut receiver = Receiver::start([]).await;
    let body = json!({"url": receiver.url, "event_types": ["scim.member.delete", "direct.organization.create"]});
    server.post("/v1/webhooks/endpoints", body).await.ok();
    let one = server.organization("Filter One").await;
    let ada = server.member(&one, "ada@acme.example").await;
    server.scim(&one, &Change::MemberDeprovisioned { member_id: ada.clone() });
    server.scim(&one, &Change::MemberDeprovisioned { member_id: ada.clone() });
    let two = server.organization("Filter Two").await;
    // Organizations are lanes of their own: across them the order is free.
    let mut got = Vec::new();
    for _ in 0..3 {
        let event = receiver.next().await;
        got.push((event.kind(), text(&event.body["id"]), event.body.get("member").is_some()));
    }
    got.sort();
    let mut expected = vec![
        ("direct.organization.create".to_owned(), one, false),
        ("direct.organization.create".to_owned(), two, false),
        ("scim.member.delete".to_owned(), ada, false),
    ];
    expected.sort();
    assert_eq!(got, expected, "a change that changes nothing sends nothing");
}

/// Protects a rotation of the secret: for a day both verify, afterwards only the new one.
#[tokio::test]
async fn both_secrets_sign_during_a_rotation() {
    let server = Server::start().await;
    let organization = server.organization("Rotation").await;
    let mut receiver = Receiver::start([]).await;
    let (endpoint, old) = subscribe(&server, &receiver.url, &organization).await;
    let rotated = server.post(&format!("/v1/webhooks/endpoints/{endpoint}/rotate_secret"), json!({})).await.ok();
    let new = text(&rotated["secret"]);
    server.member(&organization, "a@acme.example").await;
    let both = receiver.next().await;
    verify(&old, &both).expect("the old secret still verifies");
    verify(&new, &both).expect("the new secret verifies");
    server.advance(Duration::from_secs(25 * 3600));
    server.member(&organization, "b@acme.example").await;
    let alone = receiver.next().await;
    assert_eq!(alone.header("webhook-signature").split(' ').count(), 1);
}

/// Protects against loss: what was not delivered when the worker stopped is delivered by the next one, with the same id.
#[tokio::test]
async fn a_new_worker_goes_on_where_the_old_one_stopped() {
    let store = Store::in_memory().expect("a store");
    let server = Server::with(DeliveryTampering::default(), store.clone()).await;
    let organization = server.organization("Restart").await;
    let mut receiver = Receiver::start([status(500)]).await;
    subscribe(&server, &receiver.url, &organization).await;
    let ada = server.member(&organization, "a@acme.example").await;
    let first = receiver.next().await;
    log(&server, &organization, |log| log[0]["attempts"] == 1).await;
    drop(server);
    let restarted = Server::with(DeliveryTampering::default(), store).await;
    restarted.advance(Duration::from_secs(6));
    let again = receiver.next().await;
    assert_eq!(text(&again.body["id"]), ada);
    assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
}

/// Protects replay: one delivery, or all since a time, go out again with the same ids.
#[tokio::test]
async fn deliveries_are_replayed() {
    let server = Server::start().await;
    let organization = server.organization("Replay").await;
    let mut receiver = Receiver::start([]).await;
    let (endpoint, _) = subscribe(&server, &receiver.url, &organization).await;
    server.member(&organization, "a@acme.example").await;
    server.advance(Duration::from_secs(1));
    let since = scimulate::provider::clock::text(server.clock.now());
    server.member(&organization, "b@acme.example").await;
    let ids = [text(&receiver.next().await.body["event_id"]), text(&receiver.next().await.body["event_id"])];
    let all = log(&server, &organization, |log| statuses(log) == ["delivered"; 2]).await;
    server.post(&format!("/v1/webhooks/deliveries/{}/replay", text(&all[0]["delivery_id"])), json!({})).await.ok();
    assert_eq!(text(&receiver.next().await.body["event_id"]), ids[0]);
    log(&server, &organization, |log| statuses(log) == ["delivered"; 2]).await;
    let replay = format!("/v1/webhooks/endpoints/{endpoint}/replay");
    assert_eq!(server.post(&replay, json!({"since": since})).await.ok()["replayed"], 1);
    assert_eq!(text(&receiver.next().await.body["event_id"]), ids[1]);
    server.post(&replay, json!({"since": "yesterday"})).await.refused(400, "invalid_argument");
    server.post("/v1/webhooks/deliveries/nothing/replay", json!({})).await.refused(404, "webhook_delivery_not_found");
}

/// Protects the endpoints' own routes: read, changed, listed by organization, deleted; the secret is shown once.
#[tokio::test]
async fn endpoints_are_managed() {
    let server = Server::start().await;
    let organization = server.organization("Endpoints").await;
    let (id, secret) = subscribe(&server, "http://127.0.0.1:9/hook", &organization).await;
    assert!(secret.starts_with("whsec_"));
    let one = format!("/v1/webhooks/endpoints/{id}");
    let read = server.get(&one).await.ok();
    assert_eq!((read["endpoint"].get("secret"), &read["endpoint"]["status"]), (None, &json!("enabled")));
    let changed = server.put(&one, json!({"event_types": ["scim.member.create"], "disabled": true})).await.ok();
    assert_eq!(changed["endpoint"]["status"], "disabled");
    let list = format!("/v1/webhooks/endpoints?organization_id={organization}");
    assert_eq!(server.get(&list).await.ok()["endpoints"], json!([changed["endpoint"]]));
    let misspelt = json!({"url": "http://127.0.0.1:9/", "event_types": ["scim.members.create"]});
    let refused = server.post("/v1/webhooks/endpoints", misspelt).await.refused(400, "invalid_argument");
    assert!(text(&refused["error_message"]).contains("did you mean \"scim.member.create\"?"), "{refused}");
    server.put(&one, json!({"event_types": ["everything"]})).await.refused(400, "invalid_argument");
    let types = server.get("/v1/webhooks/event_types").await.ok();
    assert!(
        types["event_types"].as_array().is_some_and(|types| types.iter().any(|t| t["name"] == "scim.member.create"))
    );
    for url in ["", "hook", "ftp://a.example/", "http://"] {
        server.post("/v1/webhooks/endpoints", json!({"url": url})).await.refused(400, "invalid_webhook_url");
    }
    server
        .post("/v1/webhooks/endpoints", json!({"url": "http://127.0.0.1:9/", "organization_id": "none"}))
        .await
        .refused(404, "organization_not_found");
    server.delete(&one).await.ok();
    server.get(&one).await.refused(404, "webhook_endpoint_not_found");
}

/// Protects the harness: a provider that is told to, sends twice and without a signature; nothing else changes.
#[tokio::test]
async fn tampering_sends_twice_and_unsigned() {
    let tampering = DeliveryTampering { sign: false, copies: 2 };
    let server = Server::with(tampering, Store::in_memory().expect("a store")).await;
    let organization = server.organization("Tampered").await;
    let mut receiver = Receiver::start([]).await;
    subscribe(&server, &receiver.url, &organization).await;
    server.member(&organization, "a@acme.example").await;
    let (one, two) = (receiver.next().await, receiver.next().await);
    assert_eq!(one.raw, two.raw);
    assert!(one.headers.get("webhook-signature").is_none() && one.headers.get("svix-signature").is_none());
    assert_eq!(one.header("webhook-id"), two.header("webhook-id"));
}

/// Protects the suite's patience: with hundreds of endpoints, one an organization, every event arrives.
#[tokio::test]
async fn hundreds_of_endpoints_are_served_side_by_side() {
    const MANY: usize = 200;
    let server = Server::start().await;
    let mut receiver = Receiver::start([]).await;
    let mut members = Vec::new();
    for n in 0..MANY {
        let organization = server.organization(&format!("Many {n}")).await;
        subscribe(&server, &receiver.url, &organization).await;
        members.push(server.member(&organization, "a@acme.example").await);
    }
    let mut arrived = Vec::new();
    while arrived.len() < MANY {
        arrived.push(text(&receiver.next().await.body["id"]));
    }
    arrived.sort();
    members.sort();
    assert_eq!(arrived, members);
}
