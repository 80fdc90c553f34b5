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
    for (method, path) in contract::guarded_routes() {
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

/// Protects delegated calls: with a member's session a call may do what the member may, in its own organization, and
/// nothing where no permission is known.
#[tokio::test]
async fn a_member_session_restricts_a_call() {
    let server = Server::start().await;
    let (own, other) = (server.organization("Own").await, server.organization("Other").await);
    let ada = server.member(&own, "ada@acme.example").await;
    let session = server.session(&own, &ada).await;
    let send = async |method: Method, path: String, body: Value, by_jwt: bool| {
        let (header, name) = if by_jwt {
            ("X-Stytch-Member-SessionJWT", "session_jwt")
        } else {
            ("X-Stytch-Member-Session", "session_token")
        };
        let request = server.request(method, &path).header(header, text(&session[name]));
        server.send(request.json(&body)).await
    };
    let connection = |organization: &str| format!("/v1/b2b/scim/{organization}/connection");
    send(Method::POST, connection(&own), json!({}), false).await.refused(403, "session_authorization_error");
    let member = format!("/v1/b2b/organizations/{own}/members/{ada}");
    server.put(&member, json!({"roles": ["stytch_admin"]})).await.ok();
    for organization in [other.as_str(), "organization-test-0"] {
        let answer = send(Method::POST, connection(organization), json!({}), true).await;
        answer.refused(403, "session_authorization_tenancy_error");
    }
    let made = send(Method::POST, connection(&own), json!({}), true).await.ok();
    let one = format!("{}/{}", connection(&own), text(&made["connection"]["connection_id"]));
    send(Method::PUT, member.clone(), json!({"name": "x"}), false).await.refused(400, "member_session_not_supported");

    let scim_only = json!({"custom_roles": [
        {"role_id": "scim", "permissions": [{"resource_id": "stytch.scim", "actions": ["update"]}]},
    ]});
    server.put(&format!("/v1/b2b/organizations/{own}"), scim_only).await.ok();
    server.put(&member, json!({"roles": ["scim"]})).await.ok();
    send(Method::PUT, one.clone(), json!({"display_name": "y"}), false).await.ok();
    let roles = json!({"scim_group_implicit_role_assignments": []});
    send(Method::PUT, one.clone(), roles, false).await.refused(403, "session_authorization_error");
    send(Method::DELETE, one.clone(), json!({}), false).await.refused(403, "session_authorization_error");

    server.post("/v1/b2b/sessions/revoke", json!({"member_id": ada})).await.ok();
    send(Method::PUT, one, json!({"display_name": "z"}), false).await.refused(404, "session_not_found");
}
