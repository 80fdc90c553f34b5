//! Who may see what: what a body or a query names of another organization is answered exactly as what does not exist, and
//! what a call in the name of a member may do. `walk.rs` goes over the paths of all routes.

use reqwest::Method;
use serde_json::{Value, json};

use super::server::{Answer, Server, text};

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
    send(Method::POST, "/v1/webhooks/endpoints".into(), json!({}), false)
        .await
        .refused(400, "member_session_not_supported");

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

/// Protects organizations from their members: each field of a member or an organization needs its own permission, for
/// oneself less than for others; what names no permission cannot be set.
#[tokio::test]
async fn a_member_session_sets_what_its_roles_allow() {
    let server = Server::start().await;
    let (own, other) = (server.organization("Fields").await, server.organization("Elsewhere").await);
    let (ada, alan) = (server.member(&own, "ada@acme.example").await, server.member(&own, "alan@acme.example").await);
    let stranger = server.member(&other, "eve@other.example").await;
    let token = text(&server.session(&own, &ada).await["session_token"]);
    let theirs = server.session(&other, &stranger).await;
    let send = async |method: Method, path: &str, body: Value| {
        let request = server.request(method, path).header("X-Stytch-Member-Session", &token);
        server.send(request.json(&body)).await
    };
    let one = |member: &str| format!("/v1/b2b/organizations/{own}/members/{member}");
    let organization = format!("/v1/b2b/organizations/{own}");
    let refused = "session_authorization_error";
    // A plain member: itself, as far as it goes.
    for field in [json!({"name": "Ada"}), json!({"untrusted_metadata": {"a": 1}}), json!({"mfa_enrolled": true})] {
        send(Method::PUT, &one(&ada), field.clone()).await.ok();
        send(Method::PUT, &one(&alan), field).await.refused(403, refused);
    }
    for field in [
        json!({"roles": ["stytch_admin"]}),
        json!({"is_breakglass": true}),
        json!({"trusted_metadata": {"plan": "gold"}}),
        json!({"email_address": "new@acme.example"}),
        json!({"name": "x", "external_id": "mine"}),
    ] {
        send(Method::PUT, &one(&ada), field).await.refused(403, refused);
    }
    let search = json!({"organization_ids": [own]});
    send(Method::POST, "/v1/b2b/organizations/members/search", search.clone()).await.refused(403, refused);
    send(Method::PUT, &organization, json!({"organization_name": "x"})).await.refused(403, refused);
    send(Method::POST, "/v1/b2b/sessions/revoke", json!({"member_id": alan})).await.refused(403, refused);
    assert_eq!(server.read_member(&own, &ada).await["name"], "Ada", "a refused call sets nothing of it");

    // An administrator: the others too, but not what no permission is known for, and nothing elsewhere.
    server.put(&one(&ada), json!({"roles": ["stytch_admin"]})).await.ok();
    send(Method::PUT, &one(&alan), json!({"name": "Alan", "roles": ["r"], "email_address": "a@acme.example"}))
        .await
        .ok();
    send(Method::PUT, &one(&ada), json!({"email_address": "new@acme.example"})).await.refused(403, refused);
    send(Method::PUT, &one(&alan), json!({"trusted_metadata": {}})).await.refused(403, refused);
    send(Method::PUT, &organization, json!({"organization_name": "x", "mfa_policy": "OPTIONAL"})).await.ok();
    send(Method::PUT, &organization, json!({"policies": {}})).await.refused(403, refused);
    send(Method::POST, "/v1/b2b/organizations/members/search", search).await.ok();
    let tenancy = "session_authorization_tenancy_error";
    for foreign in [other.as_str(), "organization-test-0"] {
        let search = json!({"organization_ids": [own, foreign]});
        send(Method::POST, "/v1/b2b/organizations/members/search", search).await.refused(403, tenancy);
        let elsewhere = format!("/v1/b2b/organizations/{foreign}");
        send(Method::PUT, &elsewhere, json!({"organization_name": "x"})).await.refused(403, tenancy);
        send(Method::DELETE, &format!("{elsewhere}/members/{stranger}"), json!({})).await.refused(403, tenancy);
    }
    for nobody in [stranger.as_str(), "member-test-0"] {
        let revoke = json!({"member_id": nobody});
        send(Method::POST, "/v1/b2b/sessions/revoke", revoke).await.refused(404, "member_not_found");
        send(Method::DELETE, &one(nobody), json!({})).await.refused(404, "member_not_found");
    }
    for (name, value) in [
        ("member_session_id", text(&theirs["member_session"]["member_session_id"])),
        ("session_token", text(&theirs["session_token"])),
        ("member_session_id", "member-session-test-0".to_owned()),
    ] {
        send(Method::POST, "/v1/b2b/sessions/revoke", json!({name: value})).await.refused(404, "session_not_found");
    }
    send(Method::POST, "/v1/b2b/sessions/revoke", json!({"member_id": alan})).await.ok();
    send(Method::DELETE, &one(&alan), json!({})).await.ok();
    send(Method::DELETE, &one(&ada), json!({})).await.ok();
    send(Method::DELETE, &organization, json!({})).await.refused(404, "session_not_found");
}
