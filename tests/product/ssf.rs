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

/// Protects receivers that want to hear nothing of somebody: a subject is taken out by each format that names it, put back,
/// and nobody else's streams and subjects are told from none.
#[tokio::test]
async fn subjects_are_taken_out_and_put_back() {
    let server = Server::start().await;
    let (own, other) = (server.organization("Own").await, server.organization("Other").await);
    let mut streams = Vec::new();
    let mut members = Vec::new();
    let mut bases = Vec::new();
    for (organization, email) in [(&own, "ada@own.example"), (&other, "eve@other.example")] {
        let made = server.post(&format!("/v1/b2b/scim/{organization}/connection"), json!({})).await.ok();
        let path = format!("/v1/ssf/streams?organization_id={organization}");
        streams.push(text(&server.post(&path, json!({})).await.body["stream_id"]));
        let base = format!("{}/v1/b2b/scim/{}", server.url, text(&made["connection"]["connection_id"]));
        let token = text(&made["connection"]["bearer_token"]);
        let user =
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email, "externalId": "hr-1"});
        let made = server.http.post(format!("{base}/Users")).bearer_auth(&token).json(&user).send().await.expect("201");
        members.push(text(&made.json::<serde_json::Value>().await.expect("JSON")["id"]));
        bases.push((base, token));
    }
    let (stream, ada) = (&streams[0], &members[0]);
    let pending = async || {
        let path = format!("/v1/ssf/poll/{stream}");
        let got = server.post(&path, json!({"returnImmediately": true})).await.body;
        let sets: Vec<String> = got["sets"].as_object().expect("sets").keys().cloned().collect();
        let taken = json!({"returnImmediately": true, "maxEvents": 0, "ack": sets});
        assert_eq!(server.post(&path, taken).await.status, 200);
        sets.len()
    };
    let toggle = async |active: bool| {
        let (base, token) = &bases[0];
        let patch = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "active", "value": active}],
        });
        let request = server.http.patch(format!("{base}/Users/{ada}")).bearer_auth(token).json(&patch);
        request.send().await.expect("an answer").error_for_status().expect("200");
    };
    let change = async |what: &str, subject: serde_json::Value| {
        server.post(&format!("/v1/ssf/subjects/{what}"), json!({"stream_id": stream, "subject": subject})).await
    };
    assert!(pending().await > 0, "the creation is told");
    let issuer = format!("stytch.com/{}", server.project_id);
    let mut active = true;
    for subject in [
        json!({"format": "scim", "uri": format!("/Users/{ada}")}),
        json!({"format": "scim", "externalId": "hr-1"}),
        json!({"format": "opaque", "id": ada}),
        json!({"format": "email", "email": "Ada@own.example"}),
        json!({"format": "iss_sub", "iss": issuer, "sub": ada}),
        json!({"format": "complex", "user": {"format": "opaque", "id": ada}, "tenant": {"format": "opaque", "id": own}}),
    ] {
        assert_eq!(change("remove", subject.clone()).await.status, 204);
        active = !active;
        toggle(active).await;
        assert_eq!(pending().await, 0, "{subject} is out");
        assert_eq!(change("add", subject.clone()).await.status, 200);
        active = !active;
        toggle(active).await;
        assert!(pending().await > 0, "{subject} is in again");
    }
    for nobody in [
        json!({"format": "opaque", "id": members[1]}),
        json!({"format": "opaque", "id": "member-test-0"}),
        json!({"format": "email", "email": "eve@other.example"}),
        json!({"format": "iss_sub", "iss": "somebody else", "sub": ada}),
        json!({"format": "complex", "user": {"format": "opaque", "id": ada}, "tenant": {"format": "opaque", "id": other}}),
    ] {
        change("remove", nobody).await.refused(404, "event_subject_not_found");
    }
    change("remove", json!({"format": "phone_number", "phone_number": "+1"}))
        .await
        .refused(400, "invalid_event_stream");
    change("remove", json!("ada")).await.refused(400, "invalid_event_stream");
    let foreign = json!({"stream_id": streams[1], "subject": {"format": "opaque", "id": ada}});
    let (_, token) = &bases[0];
    let request = server.http.post(format!("{}/v1/ssf/subjects/remove", server.url)).bearer_auth(token).json(&foreign);
    server.send(request).await.refused(404, "event_stream_not_found");
}
