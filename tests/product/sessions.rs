//! Sessions: opening, authenticating by token and JWT, revocation, authorization, exchange, keys.

use std::time::Duration;

use scimulate::provider::effects::Change;
use serde_json::{Value, json};

use super::server::{Answer, Server, text};

async fn authenticate(server: &Server, body: Value) -> Answer {
    server.post("/v1/b2b/sessions/authenticate", body).await
}

/// Protects sign-in: token and JWT lead to the same session, use is noted, and a new life can be asked for.
#[tokio::test]
async fn a_session_is_authenticated_by_token_and_by_jwt() {
    let server = Server::start().await;
    let organization = server.organization("Sessions").await;
    let ada = server.member(&organization, "ada@acme.example").await;
    let opened = server.session(&organization, &ada).await;
    let token = text(&opened["session_token"]);
    server.advance(Duration::from_secs(60));
    let by_token = authenticate(&server, json!({"session_token": token})).await.ok();
    assert_eq!(by_token["member_session"]["member_session_id"], opened["member_session"]["member_session_id"]);
    assert_ne!(by_token["member_session"]["last_accessed_at"], opened["member_session"]["last_accessed_at"]);
    assert_eq!(by_token["member_session"]["expires_at"], opened["member_session"]["expires_at"]);
    assert_eq!(by_token["session_token"], opened["session_token"]);
    assert_eq!(by_token["member"]["member_id"], json!(ada));
    // Ten minutes later the JWT has expired; the session has not.
    server.advance(Duration::from_secs(600));
    let renewed = json!({"session_jwt": opened["session_jwt"], "session_duration_minutes": 120});
    let by_jwt = authenticate(&server, renewed).await.ok();
    assert_ne!(by_jwt["session_jwt"], opened["session_jwt"]);
    assert_ne!(by_jwt["member_session"]["expires_at"], opened["member_session"]["expires_at"]);
    server.advance(Duration::from_secs(121 * 60));
    authenticate(&server, json!({"session_token": token})).await.refused(404, "session_not_found");
}

/// Protects the main promise: after deprovisioning every session is refused at once, by token and by JWT, and no new one
/// opens; a bystander's goes on.
#[tokio::test]
async fn deprovisioning_ends_every_session_at_once() {
    let server = Server::start().await;
    let organization = server.organization("Revoked").await;
    let ada = server.member(&organization, "ada@acme.example").await;
    let bob = server.member(&organization, "bob@acme.example").await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(server.session(&organization, &ada).await);
    }
    let bystander = server.session(&organization, &bob).await;
    server.scim(&organization, &Change::MemberDeprovisioned { member_id: ada.clone() });
    for session in &sessions {
        for name in ["session_token", "session_jwt"] {
            authenticate(&server, json!({name: session[name]})).await.refused(404, "session_not_found");
        }
    }
    let create = json!({"organization_id": organization, "email_address": "ada@acme.example"});
    server.post("/v1/b2b/sessions/create", create).await.refused(403, "action_available_only_for_active_members");
    authenticate(&server, json!({"session_jwt": bystander["session_jwt"]})).await.ok();
    server.scim(&organization, &Change::MemberReactivated { member_id: ada.clone() });
    for session in &sessions {
        let token = json!({"session_token": session["session_token"]});
        authenticate(&server, token).await.refused(404, "session_not_found");
    }
    server.session(&organization, &ada).await;
}

/// Protects each way to revoke: by id, token, JWT, and all of a member; what is gone cannot be revoked again.
#[tokio::test]
async fn sessions_are_revoked_by_each_of_their_names() {
    let server = Server::start().await;
    let organization = server.organization("Revoke").await;
    let ada = server.member(&organization, "ada@acme.example").await;
    let listed = format!("/v1/b2b/sessions?organization_id={organization}&member_id={ada}");
    let revoke = |body: Value| server.post("/v1/b2b/sessions/revoke", body);
    for name in ["member_session_id", "session_token", "session_jwt"] {
        let session = server.session(&organization, &ada).await;
        let value = if name == "member_session_id" { &session["member_session"][name] } else { &session[name] };
        revoke(json!({name: value})).await.ok();
        let token = json!({"session_token": session["session_token"]});
        authenticate(&server, token).await.refused(404, "session_not_found");
        revoke(json!({name: value})).await.refused(404, "session_not_found");
    }
    server.session(&organization, &ada).await;
    server.session(&organization, &ada).await;
    assert_eq!(server.get(&listed).await.ok()["member_sessions"].as_array().expect("sessions").len(), 2);
    revoke(json!({"member_id": ada})).await.ok();
    assert_eq!(server.get(&listed).await.ok()["member_sessions"], json!([]));
    revoke(json!({"member_id": ada})).await.ok();
    revoke(json!({"member_id": "member-test-0"})).await.refused(404, "member_not_found");
    revoke(json!({})).await.refused(400, "no_session_revoke_arguments");
}

/// Protects live roles and the authorization check: what a session shows is what the member holds now.
#[tokio::test]
async fn roles_and_permissions_are_those_of_now() {
    let server = Server::start().await;
    let organization = server.organization("Live").await;
    let other = server.organization("Other").await;
    let ada = server.member(&organization, "ada@acme.example").await;
    let token = server.session(&organization, &ada).await["session_token"].clone();
    let check = |organization: &str, resource: &str| {
        let check = json!({"organization_id": organization, "resource_id": resource, "action": "create"});
        authenticate(&server, json!({"session_token": token, "authorization_check": check}))
    };
    check(&organization, "stytch.scim").await.refused(403, "session_authorization_error");
    let member = format!("/v1/b2b/organizations/{organization}/members/{ada}");
    server.put(&member, json!({"roles": ["stytch_admin"]})).await.ok();
    let allowed = check(&organization, "stytch.scim").await.ok();
    assert_eq!(allowed["verdict"], json!({"authorized": true, "granting_roles": ["stytch_admin"]}));
    assert_eq!(allowed["member_session"]["roles"], json!(["stytch_member", "stytch_admin"]));
    assert_eq!(allowed["member"]["is_admin"], true);
    check(&other, "stytch.scim").await.refused(403, "session_authorization_tenancy_error");
    check("organization-test-0", "stytch.scim").await.refused(403, "session_authorization_tenancy_error");
    server.put(&member, json!({"roles": []})).await.ok();
    check(&organization, "stytch.scim").await.refused(403, "session_authorization_error");
}

/// Protects custom claims: they go into the JWT, change and vanish by null, and cannot pose as registered ones.
#[tokio::test]
async fn custom_claims_come_and_go() {
    let server = Server::start().await;
    let organization = server.organization("Claims").await;
    let ada = server.member(&organization, "ada@acme.example").await;
    let create = |claims: Value| {
        let body = json!({"organization_id": organization, "member_id": ada, "session_custom_claims": claims});
        server.post("/v1/b2b/sessions/create", body)
    };
    create(json!({"sub": "root"})).await.refused(400, "reserved_claims_in_custom_claims");
    let opened = create(json!({"plan": "gold", "seat": 1})).await.ok();
    let body = json!({"session_token": opened["session_token"], "session_custom_claims": {"seat": null, "new": true}});
    let changed = authenticate(&server, body).await.ok();
    assert_eq!(changed["member_session"]["custom_claims"], json!({"plan": "gold", "new": true}));
    for minutes in [4, 527_041] {
        let body = json!({"organization_id": organization, "member_id": ada, "session_duration_minutes": minutes});
        server.post("/v1/b2b/sessions/create", body).await.refused(400, "invalid_session_duration_minutes");
    }
}

/// Protects exchange: the same person's session moves to another organization, and the old one ends.
#[tokio::test]
async fn a_session_is_exchanged_for_one_in_another_organization() {
    let server = Server::start().await;
    let (one, two, three) =
        (server.organization("X1").await, server.organization("X2").await, server.organization("X3").await);
    let ada = server.member(&one, "ada@acme.example").await;
    let other_self = server.member(&two, "ada@acme.example").await;
    let token = server.session(&one, &ada).await["session_token"].clone();
    let exchange = |organization: &str| {
        server.post("/v1/b2b/sessions/exchange", json!({"organization_id": organization, "session_token": token}))
    };
    exchange(&three).await.refused(404, "member_not_found");
    let moved = exchange(&two).await.ok();
    assert_eq!(moved["member_session"]["member_id"], json!(other_self));
    assert_eq!(moved["organization"]["organization_id"], json!(two));
    authenticate(&server, json!({"session_token": token})).await.refused(404, "session_not_found");
}

/// Protects local verifiers: the JWKS is public, holds the key of every JWT that is still around, also after a rotation,
/// and belongs to this project only.
#[tokio::test]
async fn the_jwks_outlives_a_rotation() {
    let server = Server::start().await;
    let organization = server.organization("Keys").await;
    let ada = server.member(&organization, "ada@acme.example").await;
    let old = server.session(&organization, &ada).await;
    server.post("/v1/b2b/sessions/jwks/rotate", json!({})).await.ok();
    let new = server.session(&organization, &ada).await;
    let path = format!("{}/v1/b2b/sessions/jwks/{}", server.url, server.project_id);
    let jwks = server.send(server.http.get(path)).await.ok();
    for session in [&old, &new] {
        let jwt = text(&session["session_jwt"]);
        let kid = jsonwebtoken::decode_header(&jwt).expect("a JWT").kid;
        let keys = jwks["keys"].as_array().expect("keys");
        let key = keys.iter().find(|key| key["kid"].as_str() == kid.as_deref()).expect("the JWT's key");
        let jwk = serde_json::from_value(key.clone()).expect("a JWK");
        let decoding = jsonwebtoken::DecodingKey::from_jwk(&jwk).expect("a key");
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
        validation.set_audience(&[&server.project_id]);
        let claims = jsonwebtoken::decode::<Value>(&jwt, &decoding, &validation).expect("a valid JWT").claims;
        assert_eq!(claims["sub"], json!(ada));
    }
    authenticate(&server, json!({"session_jwt": old["session_jwt"]})).await.ok();
    let foreign = format!("{}/v1/b2b/sessions/jwks/project-test-0", server.url);
    server.send(server.http.get(foreign)).await.refused(404, "route_not_found");
}

/// Protects against guessed, forged and doubled names of sessions.
#[tokio::test]
async fn wrong_names_of_sessions_are_refused() {
    let server = Server::start().await;
    let organization = server.organization("Forged").await;
    let ada = server.member(&organization, "ada@acme.example").await;
    let session = server.session(&organization, &ada).await;
    authenticate(&server, json!({"session_token": "x"})).await.refused(404, "session_not_found");
    authenticate(&server, json!({"session_token": ""})).await.refused(404, "session_not_found");
    let jwt = text(&session["session_jwt"]);
    for forged in ["x.y.z".to_owned(), String::new(), jwt[..jwt.len() - 4].to_owned(), format!("{jwt}AAAA")] {
        authenticate(&server, json!({"session_jwt": forged})).await.refused(401, "unable_to_parse_session_jwt");
    }
    let both = json!({"session_token": session["session_token"], "session_jwt": jwt});
    authenticate(&server, both).await.refused(400, "too_many_session_arguments");
    authenticate(&server, json!({})).await.refused(400, "no_session_arguments");
    authenticate(&server, json!({"session_tokn": "x"})).await.refused(400, "invalid_argument");
}

/// Protects the harness and auditors: when a session was revoked, and by what, is recorded and shown to who asks for it.
#[tokio::test]
async fn the_time_of_revocation_is_recorded() {
    let server = Server::start().await;
    let organization = server.organization("Revoked").await;
    let ada = server.member(&organization, "ada@acme.example").await;
    let (first, second) = (server.session(&organization, &ada).await, server.session(&organization, &ada).await);
    let id = |session: &serde_json::Value| text(&session["member_session"]["member_session_id"]);
    server.post("/v1/b2b/sessions/revoke", json!({"member_session_id": id(&first)})).await.ok();
    let by_hand = scimulate::provider::clock::text(server.clock.now());
    server.advance(std::time::Duration::from_secs(60));
    server.scim(&organization, &scimulate::provider::effects::Change::MemberDeprovisioned { member_id: ada.clone() });
    let path = format!("/v1/b2b/sessions?organization_id={organization}&member_id={ada}");
    assert_eq!(server.get(&path).await.ok()["member_sessions"], json!([]));
    let all = server.get(&format!("{path}&include_revoked=true")).await.ok()["member_sessions"].take();
    let ended =
        |n: usize| (text(&all[n]["member_session_id"]), text(&all[n]["revoked_at"]), text(&all[n]["revoked_by"]));
    assert_eq!(ended(0), (id(&first), by_hand, "direct:revoke".to_owned()));
    let now = scimulate::provider::clock::text(server.clock.now());
    assert_eq!(ended(1), (id(&second), now, "scim:patch".to_owned()));
}
