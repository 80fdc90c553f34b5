//! A provider of its own for each test, on a free port, with a clock that the test moves.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use scimulate::provider::{
    api::{self, Context},
    app::{Settings, State},
    clock::Clock,
    defect::DeliveryTampering,
    effects::{self, Change, Origin, Source, Via},
    ids, scim_http,
    store::{Store, StoreError},
    webhook::worker::Worker,
};
use serde_json::{Value, json};

use super::contract;

/// How long a receiver may take in these tests.
const PATIENCE: Duration = Duration::from_millis(300);

pub struct Server {
    pub url: String,
    pub project_id: String,
    pub secret: String,
    pub clock: Clock,
    pub state: State,
    pub http: reqwest::Client,
    bell: scimulate::provider::webhook::worker::Bell,
    _worker: Worker,
}

/// An answer: its status and its body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The body of a success; anything else fails the test and shows what it was.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        assert_eq!(self.body["status_code"], 200);
        self.body
    }

    /// Fails the test unless this is that error, in the documented envelope.
    #[track_caller]
    pub fn refused(self, status: u16, error_type: &str) -> Value {
        assert_eq!((self.status, self.body["error_type"].as_str()), (status, Some(error_type)), "{}", self.body);
        assert_eq!(self.body["status_code"], status);
        assert!(self.body["request_id"].as_str().is_some_and(|id| id.starts_with("request-id-test-")), "{}", self.body);
        assert!(self.body["error_message"].as_str().is_some_and(|text| !text.is_empty()));
        assert!(self.body["error_url"].as_str().is_some_and(|url| url.starts_with("https://")));
        self.body
    }
}

impl Server {
    pub async fn start() -> Server {
        Server::with(DeliveryTampering::default(), Store::in_memory().expect("a store")).await
    }

    pub async fn with(delivery: DeliveryTampering, store: Store) -> Server {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let project_id = ids::new_id("project");
        let secret = ids::new_secret();
        store
            .write::<_, StoreError>(|tx| {
                tx.execute(
                    "INSERT INTO project_secrets (secret_id, secret_hash, last_four, created_at) VALUES (?1, ?2, '', '')",
                    (ids::new_id("secret"), ids::hash(&secret)),
                )?;
                Ok(())
            })
            .expect("a secret");
        let clock = Clock::manual(time::OffsetDateTime::now_utc());
        let settings = Settings { delivery, ..Settings::new(project_id.clone(), url.clone()) };
        let state = State::new(store.clone(), clock.clone(), settings);
        let worker = Worker::start_with(store, clock.clone(), delivery, PATIENCE).expect("a worker");
        let bell = worker.bell();
        let context = Context::new(state.clone(), bell.clone());
        let app = scim_http::router(state.clone()).merge(api::router(context)).fallback_service(api::not_found());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Server { url, project_id, secret, clock, state, http, bell, _worker: worker }
    }

    /// Moves the clock, and has the worker look at it.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.bell.ring();
    }

    /// A request with the project's credentials.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).basic_auth(&self.project_id, Some(&self.secret))
    }

    /// Sends, and holds what was sent and what came against the API's own description.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let sent = request.body().and_then(|body| body.as_bytes()).unwrap_or_default().to_vec();
        let response = self.http.execute(request).await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        let body = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|error| panic!("{status} {text:?}: {error}")),
        };
        contract::hold(&method, &path, &sent, status, &body);
        Answer { status, body }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// A new organization's id.
    pub async fn organization(&self, name: &str) -> String {
        let body = self.post("/v1/b2b/organizations", json!({"organization_name": name})).await.ok();
        text(&body["organization"]["organization_id"])
    }

    /// A new active member's id.
    pub async fn member(&self, organization: &str, email: &str) -> String {
        let path = format!("/v1/b2b/organizations/{organization}/members");
        text(&self.post(&path, json!({"email_address": email})).await.ok()["member_id"])
    }

    /// The member as the API shows it.
    pub async fn read_member(&self, organization: &str, member: &str) -> Value {
        let path = format!("/v1/b2b/organizations/{organization}/member?member_id={member}");
        self.get(&path).await.ok()["member"].take()
    }

    /// A new session of a member, as the API answers it.
    pub async fn session(&self, organization: &str, member: &str) -> Value {
        let body = json!({"organization_id": organization, "member_id": member});
        self.post("/v1/b2b/sessions/create", body).await.ok()
    }

    /// A change as SCIM makes it.
    pub fn scim(&self, organization: &str, change: &Change) {
        let origin = Origin {
            project_id: self.project_id.clone(),
            organization_id: organization.to_owned(),
            source: Source::Scim,
            via: Via::Patch,
            at: self.clock.now(),
            txn: "0".to_owned(),
        };
        self.state
            .store
            .write(|tx| effects::apply(tx, &self.state.rules, &origin, change).map(drop))
            .expect("the effects of a change");
    }

    /// A group as SCIM pushes it.
    pub fn push_group(&self, connection: &str, organization: &str, name: &str) -> String {
        let group = ids::new_id("scim-group");
        self.state
            .store
            .write::<_, StoreError>(|tx| {
                tx.execute(
                    "INSERT INTO scim_groups (group_id, connection_id, organization_id, display_name, display_name_fold,
                       resource, version, created_at, last_modified) VALUES (?1, ?2, ?3, ?4, ?4, '{}', 1, '', '')",
                    [&group, connection, organization, name],
                )?;
                Ok(())
            })
            .expect("a group");
        group
    }
}

/// A text of an answer.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
