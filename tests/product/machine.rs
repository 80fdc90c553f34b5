//! Machine clients and project secrets: tokens for secrets, scopes, rotation, and that what was taken away is gone at
//! once.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use reqwest::{Method, StatusCode};
use scimulate::provider::m2m::scope;
use serde_json::{Value, json};

use super::{
    contract,
    server::{Answer, Server, text},
};

/// A new client: its id and its secret.
async fn client(server: &Server, body: Value) -> (String, String) {
    let made = server.post("/v1/m2m/clients", body).await.ok();
    (text(&made["m2m_client"]["client_id"]), text(&made["m2m_client"]["client_secret"]))
}

/// Asks for an access token with a form.
async fn ask(server: &Server, form: &[(&str, &str)]) -> Answer {
    let path = format!("/v1/public/{}/oauth2/token", server.project_id);
    server.send(server.http.post(format!("{}{path}", server.url)).form(form)).await
}

async fn token(server: &Server, (id, secret): (&str, &str)) -> String {
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    text(&ask(server, &form).await.ok()["access_token"])
}

/// A call with an access token.
async fn call(server: &Server, token: &str, method: Method, path: &str) -> Answer {
    let request = server.http.request(method.clone(), format!("{}{path}", server.url)).bearer_auth(token);
    server.send(if method == Method::GET { request } else { request.json(&json!({})) }).await
}

/// Protects whoever verifies access tokens: by another library, with the published keys, with the documented claims, and a
/// secret that is shown once.
#[tokio::test]
async fn an_access_token_verifies_through_the_jwks() {
    let server = Server::start().await;
    let body = json!({"client_name": "CI", "scopes": ["read:members", "write:invoices"]});
    let (id, secret) = client(&server, body).await;
    let shown = server.get(&format!("/v1/m2m/clients/{id}")).await.ok();
    assert_eq!(shown["m2m_client"]["client_secret_last_four"], secret[secret.len() - 4..]);
    assert!(!shown.to_string().contains(&secret));
    let form = [("grant_type", "client_credentials"), ("scope", "write:invoices")];
    let path = format!("{}/v1/public/{}/oauth2/token", server.url, server.project_id);
    let response = server.http.post(path).basic_auth(&id, Some(&secret)).form(&form).send().await.expect("an answer");
    assert_eq!(response.headers()["cache-control"], "no-store", "RFC 6749 section 5.1");
    let granted: Value = response.json().await.expect("JSON");
    assert_eq!((&granted["token_type"], &granted["expires_in"]), (&json!("bearer"), &json!(3600)));
    let jwt = text(&granted["access_token"]);
    let jwks = server.get(&format!("/v1/b2b/sessions/jwks/{}", server.project_id)).await.ok();
    let jwks: JwkSet = serde_json::from_value(json!({"keys": jwks["keys"]})).expect("a key set");
    let kid = decode_header(&jwt).expect("a header").kid.expect("a key id");
    let key = DecodingKey::from_jwk(jwks.find(&kid).expect("the key")).expect("a key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[&server.project_id]);
    validation.set_issuer(&[format!("stytch.com/{}", server.project_id)]);
    let claims = decode::<Value>(&jwt, &key, &validation).expect("a valid token").claims;
    assert_eq!((&claims["sub"], &claims["scope"]), (&json!(id), &json!("write:invoices")));
    assert_eq!(claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(end, at)| end - at), Some(3600));
}

/// Protects the API from narrow clients: a scope opens its resource and action and nothing else, and each route has one.
#[tokio::test]
async fn scopes_decide_what_a_token_opens() {
    let server = Server::start().await;
    let organization = server.organization("Scopes").await;
    let (id, secret) = client(&server, json!({"scopes": ["read:organizations", "read:invoices"]})).await;
    let token = token(&server, (&id, &secret)).await;
    let path = format!("/v1/b2b/organizations/{organization}");
    call(&server, &token, Method::GET, &path).await.ok();
    for (method, route) in contract::guarded_routes() {
        let needed = scope::needed(&method, &route);
        let needed =
            needed.unwrap_or_else(|| panic!("{method} {route} has no scope: name its resource in m2m/scope.rs"));
        if needed == "read:organizations" {
            continue;
        }
        let request = server.http.request(method.clone(), format!("{}{route}", server.url)).bearer_auth(&token);
        let response = request.body("{}").send().await.expect("an answer");
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{needed}\"");
        assert_eq!(response.headers()["www-authenticate"], challenge, "{method} {route}");
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }
    server.put(&format!("/v1/m2m/clients/{id}"), json!({"scopes": ["write:*"]})).await.ok();
    call(&server, &token, Method::GET, &path).await.refused(403, "insufficient_scope");
}

/// Protects against what was taken away: a disabled, deleted or rotated client, an expired token, and JWTs of another kind.
#[tokio::test]
async fn what_was_taken_away_is_gone_at_once() {
    let server = Server::start().await;
    let organization = server.organization("Gone").await;
    let path = format!("/v1/b2b/organizations/{organization}");
    let (id, secret) = client(&server, json!({"scopes": ["read:*"]})).await;
    let own = format!("/v1/m2m/clients/{id}");
    let access = token(&server, (&id, &secret)).await;
    call(&server, &access, Method::GET, &path).await.ok();
    server.put(&own, json!({"status": "inactive"})).await.ok();
    call(&server, &access, Method::GET, &path).await.refused(401, "unauthorized_credentials");
    let form = [("grant_type", "client_credentials"), ("client_id", id.as_str()), ("client_secret", secret.as_str())];
    ask(&server, &form).await.refused(401, "invalid_client");
    server.put(&own, json!({"status": "active"})).await.ok();
    call(&server, &access, Method::GET, &path).await.ok();
    server.advance(Duration::from_secs(3600));
    call(&server, &access, Method::GET, &path).await.refused(401, "unauthorized_credentials");

    let rotate = format!("{own}/secrets/rotate");
    server.post(&rotate, json!({})).await.refused(400, "m2m_client_not_rotating_secret");
    let next = server.post(&format!("{rotate}/start"), json!({})).await.ok();
    let next = text(&next["m2m_client"]["next_client_secret"]);
    server.post(&format!("{rotate}/start"), json!({})).await.refused(400, "m2m_client_already_rotating_secret");
    let (old_token, _) = (token(&server, (&id, &secret)).await, token(&server, (&id, &next)).await);
    server.post(&rotate, json!({})).await.ok();
    ask(&server, &form).await.refused(401, "invalid_client");
    call(&server, &old_token, Method::GET, &path).await.ok();
    let third = server.post(&format!("{rotate}/start"), json!({})).await.ok();
    let third = text(&third["m2m_client"]["next_client_secret"]);
    server.post(&format!("{rotate}/cancel"), json!({})).await.ok();
    let cancelled = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &third)];
    ask(&server, &cancelled).await.refused(401, "invalid_client");
    let access = token(&server, (&id, &next)).await;

    // Neither JWT passes for the other.
    let ada = server.member(&organization, "ada@acme.example").await;
    let session = text(&server.session(&organization, &ada).await["session_jwt"]);
    call(&server, &session, Method::GET, &path).await.refused(401, "unauthorized_credentials");
    let as_session = json!({"session_jwt": access});
    server.post("/v1/b2b/sessions/authenticate", as_session).await.refused(401, "unable_to_parse_session_jwt");

    server.delete(&own).await.ok();
    call(&server, &access, Method::GET, &path).await.refused(401, "unauthorized_credentials");
    server.get(&own).await.refused(404, "m2m_client_not_found");
}

/// The form that is sent, and the status and `error` that answer it.
type Case<'a> = (&'a [(&'a str, &'a str)], u16, &'a str);

/// Protects OAuth clients: the refusals of RFC 6749 section 5.2, alike for a wrong secret and an unknown client.
#[tokio::test]
async fn the_token_endpoint_refuses_as_oauth_says() {
    let server = Server::start().await;
    let (id, secret) = client(&server, json!({"client_id": "ci", "scopes": ["read:members"]})).await;
    let (id, secret) = (id.as_str(), secret.as_str());
    let grant = ("grant_type", "client_credentials");
    let cases: [Case; 7] = [
        (&[], 400, "invalid_request"),
        (&[("grant_type", "password"), ("client_id", id), ("client_secret", secret)], 400, "unsupported_grant_type"),
        (&[grant, ("client_id", id)], 401, "invalid_client"),
        (&[grant, ("client_id", id), ("client_secret", "wrong")], 401, "invalid_client"),
        (&[grant, ("client_id", "nobody"), ("client_secret", "wrong")], 401, "invalid_client"),
        (&[grant, ("client_id", id), ("client_id", id), ("client_secret", secret)], 400, "invalid_request"),
        (&[grant, ("client_id", id), ("client_secret", secret), ("scope", "write:members")], 400, "invalid_scope"),
    ];
    let mut wrong = Vec::new();
    for (form, status, code) in cases {
        let mut answer = ask(&server, form).await;
        assert_eq!((answer.status, &answer.body["error"]), (status, &json!(code)), "{form:?}");
        answer.body["request_id"] = Value::Null;
        if form.iter().any(|(_, value)| *value == "wrong") {
            wrong.push(answer.body);
        }
    }
    assert_eq!(wrong[0], wrong[1], "an unknown client must not be told from a wrong secret");
    // As the vendor's Python SDK asks: JSON, with the project's own credentials in the header.
    let path = format!("/v1/public/{}/oauth2/token", server.project_id);
    let body = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret});
    server.post(&path, body).await.ok();
    let elsewhere = server.http.post(format!("{}/v1/public/project-test-0/oauth2/token", server.url));
    server.send(elsewhere.form(&[grant])).await.refused(404, "route_not_found");
    server.post("/v1/m2m/clients", json!({"client_id": "ci"})).await.refused(400, "duplicate_m2m_client_id");
    server.post("/v1/m2m/clients", json!({"scopes": ["two words"]})).await.refused(400, "invalid_m2m_client_scope");
    let query = json!({"operator": "AND", "operands": [{"filter_name": "scopes", "filter_value": ["read:members"]}]});
    let found = server.post("/v1/m2m/clients/search", json!({"query": query})).await.ok();
    assert_eq!(found["m2m_clients"][0]["client_id"], "ci");
}

/// Protects connections: a client's token opens its own, as far as its scopes go; elsewhere it is any wrong token.
#[tokio::test]
async fn a_client_of_a_connection_may_provision() {
    let server = Server::start().await;
    let mut connections = Vec::new();
    for name in ["Own", "Other"] {
        let organization = server.organization(name).await;
        let made = server.post(&format!("/v1/b2b/scim/{organization}/connection"), json!({})).await.ok();
        connections.push(text(&made["connection"]["connection_id"]));
    }
    let own = json!({"connection_id": connections[0], "scopes": ["read:scim"]});
    let (id, secret) = client(&server, own).await;
    let missing = json!({"connection_id": "scim-connection-test-0"});
    server.post("/v1/m2m/clients", missing).await.refused(404, "scim_connection_not_found");
    let access = token(&server, (&id, &secret)).await;
    let send = async |method: Method, connection: &str, token: &str| {
        let url = format!("{}/v1/b2b/scim/{connection}/Users", server.url);
        let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@acme.example"});
        let request = server.http.request(method, url).bearer_auth(token);
        let response = request.json(&body).send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("a text"))
    };
    assert_eq!(send(Method::GET, &connections[0], &access).await.0, 200);
    assert_eq!(send(Method::POST, &connections[0], &access).await.0, 403);
    let foreign = send(Method::GET, &connections[1], &access).await;
    assert_eq!(foreign.0, 401);
    assert_eq!(foreign, send(Method::GET, "scim-connection-test-0", &access).await);
    assert_eq!(foreign, send(Method::GET, &connections[1], "nonsense").await);
    server.put(&format!("/v1/m2m/clients/{id}"), json!({"scopes": ["read:scim", "write:scim"]})).await.ok();
    assert_eq!(send(Method::POST, &connections[0], &access).await.0, 403, "the token was made without the scope");
    let access = token(&server, (&id, &secret)).await;
    assert_eq!(send(Method::POST, &connections[0], &access).await.0, 201);
}

/// Protects the project's own secrets: several are good, one that was rotated ends after the overlap, one that was revoked
/// at once, and the last one stays.
#[tokio::test]
async fn project_secrets_are_rotated_and_revoked() {
    let server = Server::start().await;
    let path = format!("/v1/projects/{}/secrets", server.project_id);
    let made = server.post(&path, json!({"name": "CI"})).await.ok()["created_secret"].take();
    let opens = async |secret: &Value| {
        let request = server.http.get(format!("{}{path}", server.url)).basic_auth(&server.project_id, secret.as_str());
        server.send(request).await.status == 200
    };
    assert!(opens(&made["secret"]).await);
    let listed = server.get(&path).await.ok()["secrets"].take();
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    assert!(!listed.to_string().contains(&text(&made["secret"])));
    let one = format!("{path}/{}", text(&made["secret_id"]));
    let rotated = server.post(&format!("{one}/rotate"), json!({"overlap_minutes": 10})).await.ok();
    let next = &rotated["created_secret"];
    assert!(opens(&made["secret"]).await && opens(&next["secret"]).await);
    server.advance(Duration::from_secs(600));
    assert!(!opens(&made["secret"]).await && opens(&next["secret"]).await);
    server.delete(&format!("{path}/{}", text(&next["secret_id"]))).await.ok();
    assert!(!opens(&next["secret"]).await);
    let last = server.get(&path).await.ok()["secrets"][0]["secret_id"].take();
    server.delete(&format!("{path}/{}", text(&last))).await.refused(400, "last_project_secret");
    server.delete(&one.replace("secret-test", "secret-none")).await.refused(404, "secret_not_found");
    server.get("/v1/projects/project-test-0/secrets").await.refused(404, "project_not_found");
}
