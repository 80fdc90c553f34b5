//! A provider with one organization, and the two ways of talking to it: as the IdP and as the backend.

#![allow(dead_code)] // shared by several test crates, each of which uses a part

use std::time::Duration;

use reqwest::{Method, header::HeaderMap};
use scimulate::provider::app::{self, Bootstrap, Options, Running};
use serde_json::{Value, json};

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Reply {
    /// The answer itself if it has this status; shown whole if not.
    #[track_caller]
    pub fn expect(self, status: u16) -> Reply {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// A SCIM error of this status and keyword, in the right media type.
    #[track_caller]
    pub fn expect_error(self, status: u16, scim_type: Option<&str>) -> Reply {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/scim+json");
        assert_eq!(self.json["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert_eq!(self.json["status"], status.to_string());
        assert_eq!(self.json["scimType"].as_str(), scim_type, "{}", self.text);
        assert!(self.json["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", self.text);
        self
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn id(&self) -> String {
        self.json["id"].as_str().expect("an id").to_owned()
    }
}

/// A request on its way.
pub struct Send {
    request: reqwest::RequestBuilder,
}

impl Send {
    pub fn header(self, name: &str, value: &str) -> Send {
        Send { request: self.request.header(name, value) }
    }

    pub fn raw(self, body: impl Into<reqwest::Body>) -> Send {
        Send { request: self.request.body(body) }
    }

    pub async fn go(self) -> Reply {
        let response = self.request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a text");
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply { status, headers, text, json }
    }
}

pub struct World {
    pub provider: Running,
    pub base: Bootstrap,
    pub http: reqwest::Client,
}

impl World {
    pub async fn new() -> World {
        World::with(Options::default()).await
    }

    pub async fn with_defect(id: &str) -> World {
        World::with(Options { defects: vec![id.to_owned()], ..Options::default() }).await
    }

    pub async fn with(options: Options) -> World {
        let provider = app::start(options).await.expect("a provider");
        let base = provider.bootstrap().await.expect("an organization");
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client");
        World { provider, base, http }
    }

    /// A SCIM request with the connection's token. `path` begins with a slash.
    pub fn scim(&self, method: Method, path: &str) -> Send {
        self.scim_as(method, path, &self.base.scim_token)
    }

    pub fn scim_as(&self, method: Method, path: &str, token: &str) -> Send {
        let url = format!("{}{path}", self.base.scim_base_url);
        Send { request: self.http.request(method, url).bearer_auth(token) }
    }

    /// A SCIM request of another connection of the same provider.
    pub fn scim_at(&self, tenant: &Bootstrap, method: Method, path: &str) -> Send {
        let url = format!("{}{path}", tenant.scim_base_url);
        Send { request: self.http.request(method, url).bearer_auth(&tenant.scim_token) }
    }

    /// Another organization with a connection of its own.
    pub async fn tenant(&self, slug: &str) -> Bootstrap {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let body = json!({"organization_name": slug, "organization_slug": slug});
        let made = self.api(Method::POST, "/v1/b2b/organizations", body).await.expect(200).json;
        let organization_id = text(&made["organization"]["organization_id"]);
        let path = format!("/v1/b2b/scim/{organization_id}/connection");
        let body = json!({"display_name": slug, "identity_provider": "generic"});
        let made = self.api(Method::POST, &path, body).await.expect(200).json;
        let connection = &made["connection"];
        Bootstrap {
            scim_base_url: text(&connection["base_url"]),
            scim_token: text(&connection["bearer_token"]),
            connection_id: text(&connection["connection_id"]),
            organization_id,
        }
    }

    /// A SCIM request without credentials.
    pub fn anonymous(&self, method: Method, path: &str) -> Send {
        Send { request: self.http.request(method, format!("{}{path}", self.base.scim_base_url)) }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.scim(Method::GET, path).go().await
    }

    pub async fn send(&self, method: Method, path: &str, body: Value) -> Reply {
        self.scim(method, path)
            .header("content-type", "application/scim+json; charset=utf-8")
            .raw(body.to_string())
            .go()
            .await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, body).await
    }

    pub async fn patch(&self, path: &str, operations: Value) -> Reply {
        self.send(Method::PATCH, path, json!({"schemas": [PATCH], "Operations": operations})).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.scim(Method::DELETE, path).go().await
    }

    pub async fn filter(&self, endpoint: &str, filter: &str) -> Reply {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
        self.get(&format!("{endpoint}?{query}")).await
    }

    /// A call of the management API.
    pub async fn api(&self, method: Method, path: &str, body: Value) -> Reply {
        let url = format!("{}{path}", self.provider.api_base_url());
        let mut request =
            self.http.request(method, url).basic_auth(self.provider.project_id(), Some(self.provider.project_secret()));
        if !body.is_null() {
            request = request.json(&body);
        }
        Send { request }.go().await
    }

    /// The path of something below the organization.
    pub fn organization(&self, rest: &str) -> String {
        format!("/v1/b2b/organizations/{}{rest}", self.base.organization_id)
    }

    pub async fn member(&self, member_id: &str) -> Value {
        let path = self.organization(&format!("/member?member_id={member_id}"));
        let reply = self.api(Method::GET, &path, Value::Null).await.expect(200);
        reply.json["member"].clone()
    }

    pub async fn status(&self, member_id: &str) -> String {
        self.member(member_id).await["status"].as_str().expect("a status").to_owned()
    }

    /// The ids of the member's roles, without the one that every member has.
    pub async fn roles(&self, member_id: &str) -> Vec<String> {
        let member = self.member(member_id).await;
        let roles = member["roles"].as_array().expect("roles");
        let ids = roles.iter().map(|role| role["role_id"].as_str().expect("a role id").to_owned());
        ids.filter(|id| id != "stytch_member").collect()
    }

    /// Opens a session; returns its token.
    pub async fn sign_in(&self, member_id: &str) -> String {
        let reply = self.try_sign_in(member_id).await.expect(200);
        reply.json["session_token"].as_str().expect("a token").to_owned()
    }

    pub async fn try_sign_in(&self, member_id: &str) -> Reply {
        let body = json!({"organization_id": self.base.organization_id, "member_id": member_id});
        self.api(Method::POST, "/v1/b2b/sessions/create", body).await
    }

    /// Whether a session still opens.
    pub async fn is_open(&self, token: &str) -> bool {
        let body = json!({"session_token": token});
        self.api(Method::POST, "/v1/b2b/sessions/authenticate", body).await.status == 200
    }

    pub async fn set_roles(&self, member_id: &str, roles: Value) {
        let path = self.organization(&format!("/members/{member_id}"));
        self.api(Method::PUT, &path, json!({"roles": roles, "preserve_existing_sessions": true})).await.expect(200);
    }

    /// Lets a group give a role.
    pub async fn map(&self, group_id: &str, role: &str) {
        let path = format!("/v1/b2b/scim/{}/connection/{}", self.base.organization_id, self.base.connection_id);
        let body = json!({"scim_group_implicit_role_assignments": [{"group_id": group_id, "role_id": role}]});
        self.api(Method::PUT, &path, body).await.expect(200);
    }

    /// Roles that can be given.
    pub async fn make_roles(&self, ids: &[&str]) {
        let roles: Vec<Value> =
            ids.iter().map(|id| json!({"role_id": id, "description": id, "permissions": []})).collect();
        self.api(Method::PUT, &self.organization(""), json!({"custom_roles": roles})).await.expect(200);
    }

    /// Registers an endpoint at which nobody answers: its deliveries are in the log all the same.
    pub async fn listen(&self) {
        let body = json!({"url": "http://127.0.0.1:9/", "organization_id": self.base.organization_id});
        self.api(Method::POST, "/v1/webhooks/endpoints", body).await.expect(200);
    }

    /// The events since [`World::listen`], oldest first: type and id of the object.
    pub async fn events(&self) -> Vec<(String, String)> {
        let path = format!("/v1/webhooks/deliveries?organization_id={}&limit=1000", self.base.organization_id);
        let reply = self.api(Method::GET, &path, Value::Null).await.expect(200);
        let deliveries = reply.json["deliveries"].as_array().expect("deliveries").clone();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        deliveries.iter().map(|one| (text(&one["event_type"]), text(&one["payload"]["id"]))).collect()
    }

    pub async fn user(&self, name: &str) -> String {
        self.post("/Users", user(name)).await.expect(201).id()
    }

    pub async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [GROUP], "displayName": name, "members": members});
        self.post("/Groups", body).await.expect(201).id()
    }
}

/// A User as IdPs send it.
pub fn user(name: &str) -> Value {
    json!({
        "schemas": [USER],
        "userName": format!("{name}@example.com"),
        "externalId": format!("ext-{name}"),
        "name": {"givenName": name, "familyName": "Example"},
        "displayName": format!("{name} Example"),
        "emails": [{"value": format!("{name}@example.com"), "type": "work", "primary": true}],
        "active": true,
    })
}
