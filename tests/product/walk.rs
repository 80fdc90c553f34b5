//! A walk over every route with every kind of wrong credential and every name of something that is not there, or not
//! yours: no answer tells one from the other. The routes come from the API's description and from the SCIM surface
//! itself, so that a new one is walked too; a parameter that the walk does not know fails it.

use std::{collections::BTreeMap, time::Duration};

use reqwest::{Method, RequestBuilder};
use scimulate::provider::scim_http;
use serde_json::{Value, json};

use super::{
    contract,
    server::{Server, text},
};

/// All of an answer that a caller sees: status, headers, body; ids of the request are made alike.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Seen {
    /// `names`: what the request itself said, which an answer may repeat.
    async fn of(request: RequestBuilder, names: &[&str]) -> Seen {
        let response = request.send().await.expect("an answer");
        let alike = |text: &str| names.iter().fold(text.to_owned(), |text, name| text.replace(name, "(named)"));
        let varying = ["date", "x-request-id", "content-length"];
        let headers = response.headers().iter().filter(|(name, _)| !varying.contains(&name.as_str()));
        let headers =
            headers.map(|(name, value)| (name.as_str().to_owned(), alike(value.to_str().expect("a text")))).collect();
        let status = response.status().as_u16();
        let body = response.text().await.expect("a text");
        let body = match serde_json::from_str::<Value>(&body) {
            Ok(mut json) => {
                if let Some(id) = json.get_mut("request_id") {
                    *id = Value::Null;
                }
                json.to_string()
            }
            Err(_) => body,
        };
        Seen { status, headers, body: alike(&body) }
    }
}

/// An organization with one of everything.
struct Tenant {
    organization: String,
    connection: String,
    sign_on: String,
    token: String,
    member: String,
    group: String,
    session: Value,
}

impl Tenant {
    async fn new(server: &Server, name: &str) -> Tenant {
        let organization = server.organization(name).await;
        let made = server.post(&format!("/v1/b2b/scim/{organization}/connection"), json!({})).await.ok();
        let connection = text(&made["connection"]["connection_id"]);
        let token = text(&made["connection"]["bearer_token"]);
        let push = async |endpoint: &str, body: Value| {
            let url = format!("{}/v1/b2b/scim/{connection}/{endpoint}", server.url);
            let response = server.http.post(url).bearer_auth(&token).json(&body).send().await.expect("an answer");
            text(&response.json::<Value>().await.expect("JSON")["id"])
        };
        let email = format!("ada@{}.example", name.to_lowercase());
        let schema = |name: &str| format!("urn:ietf:params:scim:schemas:core:2.0:{name}");
        let member = push("Users", json!({"schemas": [schema("User")], "userName": email})).await;
        let group = push("Groups", json!({"schemas": [schema("Group")], "displayName": "Staff"})).await;
        let session = server.session(&organization, &member).await;
        let made = server.post(&format!("/v1/b2b/sso/saml/{organization}"), json!({})).await.ok();
        let sign_on = text(&made["connection"]["connection_id"]);
        Tenant { organization, connection, sign_on, token, member, group, session }
    }
}

/// A path with its parameters filled in.
fn fill(path: &str, values: &[(&str, &str)]) -> String {
    let filled = values.iter().fold(path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
    assert!(!filled.contains('{'), "{filled}: teach the walk this parameter");
    filled
}

fn parameters(path: &str) -> Vec<&str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect()
}

/// Names that nothing has, of the right shape and of none.
fn nothing(parameter: &str) -> [String; 4] {
    let kind = match parameter {
        "organization_id" => "organization",
        "member_id" => "member",
        "connection_id" => "scim-connection",
        "endpoint_id" => "webhook-endpoint",
        "delivery_id" => "webhook-message",
        "client_id" => "m2m-client",
        "secret_id" => "secret",
        "stream_id" => "stream",
        "project_id" => "project",
        other => panic!("teach the walk the parameter {other}"),
    };
    [
        format!("{kind}-test-00000000-0000-7000-8000-000000000000"),
        "no-such-thing".to_owned(),
        "%25%00%22'--".to_owned(),
        "y".repeat(500),
    ]
}

/// A body with which a call gets as far as its path lets it.
fn body(path: &str) -> Value {
    if path.ends_with("unlink_retired_email") { json!({"email_id": "x"}) } else { json!({}) }
}

fn with_body(request: RequestBuilder, method: &Method, path: &str) -> RequestBuilder {
    if *method == Method::GET { request } else { request.json(&body(path)) }
}

/// Fails unless all of these requests were answered alike, and refused.
fn assert_alike(method: &Method, answers: &[(String, Seen)]) {
    for (path, seen) in answers {
        assert!((400..500).contains(&seen.status), "{method} {path} answered {seen:?}");
        assert_eq!(*seen, answers[0].1, "{method} {path} and {}", answers[0].0);
    }
}

/// With the project's credentials: what belongs to another organization is answered as what does not exist, and all that
/// does not exist alike.
#[tokio::test]
async fn not_yours_is_not_there_on_every_route() {
    let server = Server::start().await;
    let (a, b) = (Tenant::new(&server, "A").await, Tenant::new(&server, "B").await);
    let own = [
        ("organization_id", b.organization.as_str()),
        ("project_id", &server.project_id),
        ("member_id", &b.member),
        ("connection_id", &b.connection),
        ("secret_id", "secret-test-0"),
        ("stream_id", "stream-test-0"),
    ];
    let mut walked = 0;
    for (method, path) in contract::guarded_routes() {
        for parameter in parameters(&path) {
            let mut names: Vec<String> = nothing(parameter).into();
            names.extend(match parameter {
                "member_id" if path.contains("{organization_id}") => Some(a.member.clone()),
                "connection_id" if path.contains("/sso/") => Some(a.sign_on.clone()),
                "connection_id" => Some(a.connection.clone()),
                _ => None,
            });
            let mut answers = Vec::new();
            for name in &names {
                let values: Vec<(&str, &str)> = std::iter::once((parameter, name.as_str())).chain(own).collect();
                let filled = fill(&path, &values);
                let request = with_body(server.request(method.clone(), &filled), &method, &path);
                answers.push((filled.clone(), Seen::of(request, &[name]).await));
            }
            walked += answers.len();
            assert_alike(&method, &answers);
        }
    }
    assert!(walked > 100, "{walked}");
    // Nothing of either was touched.
    for tenant in [&a, &b] {
        assert_eq!(server.read_member(&tenant.organization, &tenant.member).await["status"], "active");
        let session = json!({"session_token": tenant.session["session_token"]});
        server.post("/v1/b2b/sessions/authenticate", session).await.ok();
    }
}

/// In the name of a member: another organization is answered as one that does not exist, on every route that names one.
#[tokio::test]
async fn a_member_cannot_tell_other_organizations_from_none() {
    let server = Server::start().await;
    let (a, b) = (Tenant::new(&server, "A").await, Tenant::new(&server, "B").await);
    let admin = format!("/v1/b2b/organizations/{}/members/{}", b.organization, b.member);
    server.put(&admin, json!({"roles": ["stytch_admin"]})).await.ok();
    let nobody = "organization-test-00000000-0000-7000-8000-000000000000";
    for (method, path) in contract::guarded_routes() {
        if !path.contains("{organization_id}") {
            continue;
        }
        for (header, token) in
            [("X-Stytch-Member-Session", "session_token"), ("X-Stytch-Member-SessionJWT", "session_jwt")]
        {
            let mut answers = Vec::new();
            for organization in [nobody, &a.organization] {
                let values =
                    [("organization_id", organization), ("member_id", &a.member), ("connection_id", &a.connection)];
                let filled = fill(&path, &values);
                let request = server.request(method.clone(), &filled).header(header, text(&b.session[token]));
                let request = with_body(request, &method, &path);
                answers.push((filled, Seen::of(request, &[organization]).await));
            }
            assert_alike(&method, &answers);
        }
    }
}

/// Without the right credentials: missing, malformed, wrong, rotated, revoked, expired, disabled, of another kind. One
/// answer for all of them, and for what is there as for what is not.
#[tokio::test]
async fn every_wrong_credential_gets_one_answer() {
    let server = Server::start().await;
    let tenant = Tenant::new(&server, "A").await;
    let secrets = format!("/v1/projects/{}/secrets", server.project_id);
    let new = async || server.post(&secrets, json!({})).await.ok()["created_secret"].take();
    let (revoked, rotated) = (new().await, new().await);
    server.delete(&format!("{secrets}/{}", text(&revoked["secret_id"]))).await.ok();
    let rotate = format!("{secrets}/{}/rotate", text(&rotated["secret_id"]));
    server.post(&rotate, json!({"overlap_minutes": 0})).await.ok();
    let client = async |id: &str| {
        let body = json!({"client_id": id, "scopes": ["read:*", "write:*"]});
        let made = server.post("/v1/m2m/clients", body).await.ok();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", &text(&made["m2m_client"]["client_secret"])),
        ];
        let path = format!("{}/v1/public/{}/oauth2/token", server.url, server.project_id);
        let granted = server.http.post(path).form(&form).send().await.expect("an answer");
        text(&granted.json::<Value>().await.expect("JSON")["access_token"])
    };
    let expired = client("expired").await;
    server.advance(Duration::from_secs(3601));
    let (disabled, deleted) = (client("disabled").await, client("deleted").await);
    server.put("/v1/m2m/clients/disabled", json!({"status": "inactive"})).await.ok();
    server.delete("/v1/m2m/clients/deleted").await.ok();
    let jwt = text(&server.session(&tenant.organization, &tenant.member).await["session_jwt"]);

    let basic = |user: &str, password: &str| {
        use base64::Engine as _;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
    };
    let project = server.project_id.as_str();
    let credentials = [
        None,
        Some(String::new()),
        Some("Basic".to_owned()),
        Some("Basic ***".to_owned()),
        Some("Digest username=\"x\"".to_owned()),
        Some(basic(project, "")),
        Some(basic("project-test-0", &server.secret)),
        Some(basic(project, &server.secret[1..])),
        Some(basic(project, &text(&revoked["secret"]))),
        Some(basic(project, &text(&rotated["secret"]))),
        Some(basic(project, &tenant.token)),
        Some(format!("Bearer {}", server.secret)),
        Some(format!("Bearer {}", tenant.token)),
        Some(format!("Bearer {}", text(&tenant.session["session_token"]))),
        Some(format!("Bearer {jwt}")),
        Some(format!("Bearer {expired}")),
        Some(format!("Bearer {disabled}")),
        Some(format!("Bearer {deleted}")),
        Some("Bearer a.b.c".to_owned()),
    ];
    let own_token = Some(format!("Bearer {}", tenant.token));
    // Those that a connection's token opens ask for another kind of credential, and say so.
    let mut answers: [Vec<(String, Seen)>; 2] = Default::default();
    for (method, path) in contract::guarded_routes() {
        let takes_token = contract::takes_connection_token(&method, &path);
        let there = [
            ("organization_id", tenant.organization.as_str()),
            ("project_id", project),
            ("member_id", &tenant.member),
            ("connection_id", &tenant.connection),
            ("client_id", "disabled"),
        ];
        let missing = nothing("member_id");
        let missing: Vec<(&str, &str)> = [
            "organization_id",
            "project_id",
            "member_id",
            "connection_id",
            "client_id",
            "endpoint_id",
            "delivery_id",
            "secret_id",
            "stream_id",
        ]
        .iter()
        .map(|name| (*name, missing[0].as_str()))
        .collect();
        let there: Vec<(&str, &str)> = there.into_iter().chain(missing.iter().copied()).collect();
        for values in [&there, &missing] {
            let filled = fill(&path, values);
            for credential in credentials.iter().filter(|credential| !takes_token || **credential != own_token) {
                let mut request = server.http.request(method.clone(), format!("{}{filled}", server.url)).body("{");
                if let Some(credential) = credential {
                    request = request.header("authorization", credential);
                }
                let seen = Seen::of(request, &[]).await;
                answers[usize::from(takes_token)].push((format!("{filled} with {credential:?}"), seen));
            }
        }
    }
    for answers in answers {
        assert_eq!(answers[0].1.status, 401);
        assert_alike(&Method::GET, &answers);
    }
}

/// The SCIM surface: a wrong token opens nothing and says nothing, whether the connection is there or not; a right one
/// does not tell what another connection has from what nobody has.
#[tokio::test]
async fn no_connection_learns_of_another() {
    let server = Server::start().await;
    let (a, b) = (Tenant::new(&server, "A").await, Tenant::new(&server, "B").await);
    let rotate = async |tenant: &Tenant, step: &str| {
        let path = format!("/v1/b2b/scim/{}/connection/{}/rotate/{step}", tenant.organization, tenant.connection);
        server.post(&path, json!({})).await.ok()["connection"].take()
    };
    let cancelled = text(&rotate(&b, "start").await["next_bearer_token"]);
    rotate(&b, "cancel").await;
    let next = text(&rotate(&b, "start").await["next_bearer_token"]);
    rotate(&b, "complete").await;
    let gone = Tenant::new(&server, "Gone").await;
    server.delete(&format!("/v1/b2b/scim/{}/connection/{}", gone.organization, gone.connection)).await.ok();
    let nothing = "scim-connection-test-00000000-0000-7000-8000-000000000000";
    let wrong = [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer ~~".to_owned()),
        Some(format!("Bearer {}", a.token)),
        Some(format!("Bearer {}", b.token)),
        Some(format!("Bearer {cancelled}")),
        Some(format!("Bearer {}", gone.token)),
        Some(format!("Bearer {}", server.secret)),
        Some(format!("Bearer {}", text(&b.session["session_token"]))),
        Some(format!("Bearer {}", text(&b.session["session_jwt"]))),
        Some(format!("Basic {}", b.token)),
    ];
    for (path, methods) in scim_http::routes(&server.state.settings.registry) {
        let is_open = path.ends_with("/ServiceProviderConfig");
        for method in methods {
            let method: Method = method.parse().expect("a method");
            let send = |connection: &str, id: &str, credential: Option<&str>| {
                let filled = path.replace("{connection_id}", connection).replace("{id}", id);
                let mut request = server.http.request(method.clone(), format!("{}{filled}", server.url));
                if let Some(credential) = credential {
                    request = request.header("authorization", credential);
                }
                let kind = match method.as_str() {
                    "PATCH" => "urn:ietf:params:scim:api:messages:2.0:PatchOp",
                    _ if path.contains("Groups") => "urn:ietf:params:scim:schemas:core:2.0:Group",
                    _ => "urn:ietf:params:scim:schemas:core:2.0:User",
                };
                let body = json!({
                    "schemas": [kind], "userName": "eve@b.example", "displayName": "Eve",
                    "Operations": [{"op": "replace", "path": "displayName", "value": "Eve"}],
                });
                let takes = matches!(method.as_str(), "POST" | "PUT" | "PATCH");
                (filled, if takes { request.json(&body) } else { request })
            };
            let mut answers: Vec<Vec<(String, Seen)>> = vec![Vec::new(), Vec::new()];
            for credential in wrong.iter().filter(|credential| !is_open || credential.is_some()) {
                for connection in [b.connection.as_str(), nothing, &gone.connection] {
                    let (filled, request) = send(connection, &b.member, credential.as_deref());
                    let seen = Seen::of(request, &[connection]).await;
                    assert_eq!(seen.status, 401, "{method} {filled} with {credential:?}");
                    // Whether a credential was sent, the challenge says (RFC 6750 section 3.1), and nothing else.
                    answers[usize::from(credential.is_some())].push((filled, seen));
                }
            }
            answers.iter().for_each(|answers| assert_alike(&method, answers));
            if path.contains("{id}") && (path.contains("Users") || path.contains("Groups")) {
                let foreign = if path.contains("Users") { &a.member } else { &a.group };
                let mut answers = Vec::new();
                for id in [foreign.as_str(), "00000000-0000-7000-8000-000000000000", "no-such-thing"] {
                    let (filled, request) = send(&b.connection, id, Some(&format!("Bearer {next}")));
                    answers.push((filled, Seen::of(request, &[id]).await));
                }
                assert_alike(&method, &answers);
            }
        }
    }
}
