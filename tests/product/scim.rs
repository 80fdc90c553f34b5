//! The whole provider as `serve` starts it: what an IdP does over SCIM is seen by the management API and at the webhook
//! receiver.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use scimulate::provider::app::{self, Bootstrap, Options, Running};
use serde_json::{Value, json};

use super::{receiver::Receiver, server::text};

struct Provider {
    running: Running,
    first: Bootstrap,
    http: reqwest::Client,
}

impl Provider {
    async fn start() -> Provider {
        let running = app::start(Options::default()).await.expect("a provider");
        let first = running.bootstrap().await.expect("an organization");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Provider { running, first, http }
    }

    async fn api(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self
            .http
            .request(method, format!("{}{path}", self.running.api_base_url()))
            .basic_auth(self.running.project_id(), Some(self.running.project_secret()))
            .json(&body);
        let response = request.send().await.expect("an answer");
        (response.status(), response.json().await.expect("JSON"))
    }

    async fn scim(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self
            .http
            .request(method, format!("{}{path}", self.first.scim_base_url))
            .bearer_auth(&self.first.scim_token)
            .header("content-type", "application/scim+json")
            .body(body.to_string());
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("a body");
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") })
    }
}

fn user(email: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email, "externalId": "ext-1",
        "name": {"givenName": "Ada", "familyName": "Lovelace"}, "active": true,
        "emails": [{"value": email, "type": "work", "primary": true}],
    })
}

fn patch(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

/// Protects the whole road: a SCIM create makes a member who can sign in, a PATCH to inactive ends every session at once and
/// closes sign-in, DELETE of nothing new sends nothing, and the events tell it in order, from the source SCIM.
#[tokio::test]
async fn provisioning_takes_its_effects_on_the_whole_road() {
    let provider = Provider::start().await;
    let organization = provider.first.organization_id.clone();
    let mut receiver = Receiver::start([]).await;
    let endpoint = json!({"url": receiver.url, "organization_id": organization});
    provider.api(Method::POST, "/v1/webhooks/endpoints", endpoint).await;

    let (status, made) = provider.scim(Method::POST, "/Users", user("ada@acme.example")).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let ada = text(&made["id"]);
    let created = receiver.next().await;
    assert_eq!((created.kind().as_str(), text(&created.body["id"])), ("scim.member.create", ada.clone()));
    assert_eq!(created.body["member"]["scim_registration"]["external_id"], "ext-1");

    let sign_in = json!({"organization_id": organization, "member_id": ada});
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let (status, session) = provider.api(Method::POST, "/v1/b2b/sessions/create", sign_in.clone()).await;
        assert_eq!(status, StatusCode::OK, "{session}");
        tokens.push(session);
    }
    let inactive = patch(json!([{"op": "Replace", "path": "active", "value": "False"}]));
    let (status, answer) = provider.scim(Method::PATCH, &format!("/Users/{ada}"), inactive).await;
    assert!(status.is_success(), "{answer}");
    let responded = Instant::now();
    for session in &tokens {
        for name in ["session_token", "session_jwt"] {
            let body = json!({name: session[name]});
            let (status, refused) = provider.api(Method::POST, "/v1/b2b/sessions/authenticate", body).await;
            assert_eq!((status, refused["error_type"].as_str()), (StatusCode::NOT_FOUND, Some("session_not_found")));
        }
    }
    let deleted = receiver.next().await;
    assert!(responded.elapsed() < Duration::from_secs(5), "the event waits for something");
    assert_eq!((deleted.kind().as_str(), text(&deleted.body["id"])), ("scim.member.delete", ada.clone()));
    assert_eq!(deleted.body.get("member"), None);
    let (status, _) = provider.api(Method::POST, "/v1/b2b/sessions/create", sign_in).await;
    assert_eq!(status, StatusCode::FORBIDDEN);

    let fence = json!({"email_address": "fence@acme.example"});
    provider.api(Method::POST, &format!("/v1/b2b/organizations/{organization}/members"), fence).await;
    assert_eq!(receiver.next().await.kind(), "direct.member.create", "nothing else was sent");
    provider.running.shutdown().await;
}

/// Protects the rotation of a connection's token: during it both are good, afterwards only the one that was chosen; a
/// deleted connection's token opens nothing.
#[tokio::test]
async fn tokens_open_scim_exactly_as_long_as_they_should() {
    let provider = Provider::start().await;
    let Bootstrap { organization_id, connection_id, scim_token: old, .. } = provider.first.clone();
    let one = format!("/v1/b2b/scim/{organization_id}/connection/{connection_id}");
    let rotate = async |step: &str| provider.api(Method::POST, &format!("{one}/rotate/{step}"), json!({})).await.1;
    let opens = async |token: &str| {
        let users = format!("{}/Users", provider.first.scim_base_url);
        provider.http.get(users).bearer_auth(token).send().await.expect("an answer").status()
    };
    let next = text(&rotate("start").await["connection"]["next_bearer_token"]);
    assert_eq!((opens(&old).await, opens(&next).await), (StatusCode::OK, StatusCode::OK));
    rotate("cancel").await;
    assert_eq!((opens(&old).await, opens(&next).await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
    let next = text(&rotate("start").await["connection"]["next_bearer_token"]);
    rotate("complete").await;
    assert_eq!((opens(&old).await, opens(&next).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
    provider.api(Method::DELETE, &one, json!({})).await;
    assert_eq!(opens(&next).await, StatusCode::UNAUTHORIZED);
}

/// Protects implicit roles over the whole road: a pushed group's roles come with membership and go with it.
#[tokio::test]
async fn a_pushed_group_grants_and_revokes_roles() {
    let provider = Provider::start().await;
    let Bootstrap { organization_id, connection_id, .. } = provider.first.clone();
    let (_, made) = provider.scim(Method::POST, "/Users", user("ada@acme.example")).await;
    let ada = text(&made["id"]);
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff", "members": [{"value": ada}],
    });
    let (status, group) = provider.scim(Method::POST, "/Groups", group).await;
    assert_eq!(status, StatusCode::CREATED, "{group}");
    let id = text(&group["id"]);
    let one = format!("/v1/b2b/scim/{organization_id}/connection/{connection_id}");
    let rows = json!({"scim_group_implicit_role_assignments": [{"role_id": "staff", "group_id": id}]});
    assert_eq!(provider.api(Method::PUT, &one, rows).await.0, StatusCode::OK);
    let roles = async || {
        let path = format!("/v1/b2b/organizations/{organization_id}/member?member_id={ada}");
        let (_, body) = provider.api(Method::GET, &path, json!({})).await;
        let roles = body["member"]["roles"].as_array().expect("roles").clone();
        roles.iter().map(|role| text(&role["role_id"])).collect::<Vec<_>>()
    };
    assert_eq!(roles().await, ["stytch_member", "staff"]);
    let leave = patch(json!([{"op": "remove", "path": format!("members[value eq \"{ada}\"]")}]));
    assert!(provider.scim(Method::PATCH, &format!("/Groups/{id}"), leave).await.0.is_success());
    assert_eq!(roles().await, ["stytch_member"]);
}
