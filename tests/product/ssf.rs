//! Every call of the streams of security events, held against the API's own description.

use reqwest::Method;
use serde_json::json;

use super::server::{Server, text};

/// Protects readers of the description: each call answers what it says, with bodies of the framework and errors of the
/// API.
#[tokio::test]
async fn streams_are_as_described() {
    let server = Server::start().await;
    let organization = server.organization("Streams").await;
    let path = format!("/v1/ssf/streams?organization_id={organization}");
    assert_eq!(server.post(&path, json!({})).await.refused(404, "no_active_scim_connection")["status_code"], 404);
    server.post(&format!("/v1/b2b/scim/{organization}/connection"), json!({})).await.ok();
    let push = json!({"method": "urn:ietf:rfc:8935", "endpoint_url": "http://127.0.0.1:9/"});
    let made = server.post(&path, json!({"delivery": push, "description": "d", "events_requested": []})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = server.post(&path, json!({})).await;
    let stream = text(&made.body["stream_id"]);
    let one = format!("/v1/ssf/streams?stream_id={stream}");
    let edited = json!({"stream_id": stream, "description": "e"});
    let sent = [
        server.get(&one).await.status,
        server.get(&path).await.status,
        server.send(server.request(Method::PATCH, "/v1/ssf/streams").json(&edited)).await.status,
        server.put("/v1/ssf/streams", edited).await.status,
        server.get(&format!("/v1/ssf/status?stream_id={stream}")).await.status,
        server.post("/v1/ssf/status", json!({"stream_id": stream, "status": "paused"})).await.status,
        server.post("/v1/ssf/verify", json!({"stream_id": stream, "state": "s"})).await.status,
        server.post(&format!("/v1/ssf/poll/{stream}"), json!({"returnImmediately": true})).await.status,
        server.delete(&one).await.status,
    ];
    assert_eq!(sent, [200, 200, 200, 200, 200, 200, 204, 200, 204]);
    server.get(&one).await.refused(404, "event_stream_not_found");
}
