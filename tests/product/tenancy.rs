//! Who may see what: every route needs the project's credentials, and what belongs to another organization is answered
//! exactly as what does not exist.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    contract,
    server::{Answer, Server, text},
};

/// Protects the whole API from callers without the right credentials; all refusals are alike and name the scheme.
#[tokio::test]
async fn every_route_refuses_every_wrong_credential() {
    let server = Server::start().await;
    let basic = |user: &str, password: &str| format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let (project, secret) = (server.project_id.as_str(), server.secret.as_str());
    let wrong = [
        None,
        Some(String::new()),
        Some("Basic".to_owned()),
        Some("Basic ***".to_owned()),
        Some(format!("Basic {}", STANDARD.encode("no colon"))),
        Some(format!("Basic {}", STANDARD.encode([0xff, 0xfe, b':', b'x']))),
        Some(format!("Bearer {secret}")),
        Some(basic(project, "")),
        Some(basic(project, &secret[..47])),
        Some(basic(project, &format!("{secret}x"))),
        Some(basic("", secret)),
        Some(basic("project-test-0", secret)),
        Some(basic(secret, project)),
    ];
    for (method, path) in contract::routes().into_iter().filter(|(_, path)| !path.contains("jwks/{")) {
        for credential in &wrong {
            let mut request = server.http.request(method.clone(), format!("{}{path}", server.url)).body("{}");
            if let Some(credential) = credential {
                request = request.header("authorization", credential);
            }
            let response = request.send().await.expect("an answer");
            let challenge = response.headers().get("www-authenticate").cloned();
            assert!(challenge.is_some_and(|value| value.as_bytes().starts_with(b"Basic ")), "{method} {path}");
            let answer = Answer { status: response.status().as_u16(), body: response.json().await.expect("JSON") };
            answer.refused(401, "unauthorized_credentials");
        }
    }
}

/// What can be told apart from the outside: all but the request id.
fn seen(answer: Answer) -> (u16, Value) {
    let mut body = answer.body;
    body["request_id"] = Value::Null;
    (answer.status, body)
}

/// Protects organization A: through B's names, A's members, connections and groups look like what does not exist.
#[tokio::test]
async fn not_yours_and_not_there_look_the_same() {
    let server = Server::start().await;
    let (a, b) = (server.organization("Tenant A").await, server.organization("Tenant B").await);
    let member = format!("/v1/b2b/organizations/{a}/members");
    let made = server.post(&member, json!({"email_address": "ada@a.example", "external_id": "hr-1"})).await.ok();
    let ada = text(&made["member_id"]);
    let connection = server.post(&format!("/v1/b2b/scim/{a}/connection"), json!({})).await.ok();
    let connection = text(&connection["connection"]["connection_id"]);
    let group = server.push_group(&connection, &a, "Staff");
    let own = server.post(&format!("/v1/b2b/scim/{b}/connection"), json!({})).await.ok();
    let own = text(&own["connection"]["connection_id"]);
    let session = server.session(&a, &ada).await;

    let nobody = "member-test-00000000-0000-7000-8000-000000000000";
    let nothing = "scim-connection-test-00000000-0000-7000-8000-000000000000";
    let no_group = "scim-group-test-00000000-0000-7000-8000-000000000000";
    let members = format!("/v1/b2b/organizations/{b}/members");
    let connections = format!("/v1/b2b/scim/{b}/connection");
    let assignment =
        |group: &str| json!({"scim_group_implicit_role_assignments": [{"role_id": "r", "group_id": group}]});
    let pairs: Vec<[(&str, String, Value); 2]> = vec![
        [&ada, nobody].map(|id| ("GET", format!("/v1/b2b/organizations/{b}/member?member_id={id}"), json!({}))),
        ["hr-1", "hr-2"].map(|id| ("GET", format!("/v1/b2b/organizations/{b}/member?member_id={id}"), json!({}))),
        ["ada@a.example", "nobody@a.example"]
            .map(|email| ("GET", format!("/v1/b2b/organizations/{b}/member?email_address={email}"), json!({}))),
        [&ada, nobody].map(|id| ("PUT", format!("{members}/{id}"), json!({"name": "stolen"}))),
        [&ada, nobody].map(|id| ("DELETE", format!("{members}/{id}"), json!({}))),
        [&ada, nobody].map(|id| ("PUT", format!("{members}/{id}/reactivate"), json!({}))),
        [&ada, nobody].map(|id| ("POST", format!("{members}/{id}/unlink_retired_email"), json!({"email_id": "x"}))),
        [&ada, nobody].map(|id| ("GET", format!("/v1/b2b/sessions?organization_id={b}&member_id={id}"), json!({}))),
        [&ada, nobody]
            .map(|id| ("POST", "/v1/b2b/sessions/create".into(), json!({"organization_id": b, "member_id": id}))),
        [&connection, nothing].map(|id| ("GET", format!("{connections}/{id}"), json!({}))),
        [&connection, nothing].map(|id| ("PUT", format!("{connections}/{id}"), json!({"display_name": "stolen"}))),
        [&connection, nothing].map(|id| ("DELETE", format!("{connections}/{id}"), json!({}))),
        [&connection, nothing].map(|id| ("POST", format!("{connections}/{id}/rotate/start"), json!({}))),
        [&connection, nothing].map(|id| ("POST", format!("{connections}/{id}/rotate/complete"), json!({}))),
        [&connection, nothing].map(|id| ("POST", format!("{connections}/{id}/rotate/cancel"), json!({}))),
        [group.as_str(), no_group].map(|id| ("PUT", format!("{connections}/{own}"), assignment(id))),
    ];
    for [foreign, missing] in pairs {
        let mut answers = Vec::new();
        for (method, path, body) in [&foreign, &missing] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let mut request = server.request(method.clone(), path);
            if method != Method::GET {
                request = request.json(body);
            }
            answers.push(seen(server.send(request).await));
        }
        assert!(answers[0].0 >= 400, "{} {} let somebody through", foreign.0, foreign.1);
        assert_eq!(answers[0], answers[1], "{} {}", foreign.0, foreign.1);
    }
    let after = server.read_member(&a, &ada).await;
    assert_eq!((after["status"].as_str(), after["name"].as_str()), (Some("active"), Some("")), "nothing was changed");
    server.post("/v1/b2b/sessions/authenticate", json!({"session_token": session["session_token"]})).await.ok();
}
