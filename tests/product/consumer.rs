//! The consumer that the README shows, at work.

#[path = "../../examples/webhook_consumer.rs"]
mod webhook_consumer;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{process::Serve, server::text};

/// Protects whoever begins with the example: it registers itself, prints what SCIM causes, and refuses what is not signed.
#[tokio::test]
async fn the_example_prints_events_and_refuses_forgeries() {
    let server = Serve::start(&[]);
    let (to_test, mut lines) = mpsc::unbounded_channel();
    let facts = server.facts.clone();
    let print = move |line: String| drop(to_test.send(line));
    let consumer = tokio::spawn(async move { webhook_consumer::consume(&facts, Box::new(print)).await });
    let mut next = async || {
        tokio::time::timeout(std::time::Duration::from_secs(10), lines.recv()).await.expect("a line").expect("a line")
    };
    let listening = next().await;
    let url = listening.split(&[' ', ';']).find(|word| word.starts_with("http")).expect("its URL").to_owned();
    assert_eq!(next().await, format!("  Authorization: Bearer {}", server.fact("scim_token")));
    let users = format!("{}/Users", server.fact("scim_base_url"));
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@acme.example"});
    let send = async |method: Method, url: &str, body: Value| {
        let request = server.http.request(method, url).bearer_auth(server.fact("scim_token")).json(&body);
        request.send().await.expect("an answer").text().await.expect("a text")
    };
    let made: Value = serde_json::from_str(&send(Method::POST, &users, body).await).expect("JSON");
    let id = text(&made["id"]);
    assert_eq!(next().await, format!("scim.member.create  {id}  ada@acme.example is \"active\""));
    send(Method::DELETE, &format!("{users}/{id}"), json!({})).await;
    assert_eq!(next().await, format!("scim.member.delete  {id}"));
    let forged = server.http.post(url).header("webhook-id", "msg_1").header("webhook-timestamp", "1").body("{}");
    assert_eq!(forged.send().await.expect("an answer").status(), 401);
    assert!(next().await.starts_with("refused: "));
    consumer.abort();
}
