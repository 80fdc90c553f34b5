//! A target for tests: it keeps what it is sent, answers as SCIM says, and can be told to answer otherwise. It is
//! written apart from the code under test, and reads only the PATCH forms that the profiles write.

use std::{
    collections::VecDeque,
    net::TcpListener,
    sync::{Arc, Mutex, MutexGuard},
};

use indexmap::IndexMap;
use scimulate::{
    idp::{Idp, MoveResult, Profile, Report},
    wire::{Client, Endpoint, Exchange, Http, HttpOptions, Transcript},
};
use serde_json::{Map, Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// What a connector of Okta's on-premises agent can declare, but for what changes which requests are sent.
const CAPABILITIES: [&str; 8] = [
    "GROUP_PUSH",
    "IMPORT_NEW_USERS",
    "IMPORT_PROFILE_UPDATES",
    "PUSH_NEW_USERS",
    "PUSH_PASSWORD_UPDATES",
    "PUSH_PROFILE_UPDATES",
    "PUSH_USER_DEACTIVATION",
    "REACTIVATE_USERS",
];

/// An answer that was ordered for the next request that fits.
struct Ordered {
    method: &'static str,
    path: &'static str,
    times: usize,
    template: ResponseTemplate,
}

#[derive(Default)]
struct State {
    users: IndexMap<String, Value>,
    groups: IndexMap<String, Value>,
    ids: VecDeque<String>,
    made: u32,
    ordered: Vec<Ordered>,
    hidden: Vec<&'static str>,
    patch_without_body: bool,
}

/// The target.
pub struct Fake {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

impl Fake {
    pub async fn start() -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = MockServer::builder().listener(listener).start().await;
        let state = Arc::new(Mutex::new(State::default()));
        Mock::given(any()).respond_with(Answering(state.clone())).mount(&server).await;
        Fake { server, state }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the lock")
    }

    /// An IdP of this profile, connected to the target.
    pub fn idp(&self, profile: Profile) -> (Idp, Transcript) {
        let transcript = Transcript::new();
        let http = Http::new(&HttpOptions::default()).expect("a client");
        let endpoint = Endpoint::bearer(self.server.uri(), "token");
        (Idp::new(profile, Client::new(http, endpoint, transcript.clone()), 7), transcript)
    }

    /// The ids that the next resources get.
    pub fn next_ids<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        self.lock().ids.extend(ids.into_iter().map(str::to_owned));
    }

    /// Puts a user there before the IdP comes; gives its id.
    pub fn has_user(&self, user: Value) -> String {
        self.lock().create("Users", user)
    }

    /// Puts a group there before the IdP comes; gives its id.
    pub fn has_group(&self, group: Value) -> String {
        self.lock().create("Groups", group)
    }

    pub fn user(&self, id: &str) -> Option<Value> {
        self.lock().users.get(id).cloned()
    }

    pub fn group(&self, id: &str) -> Option<Value> {
        self.lock().groups.get(id).cloned()
    }

    pub fn users(&self) -> usize {
        self.lock().users.len()
    }

    /// Loses a user without a word.
    pub fn forget_user(&self, id: &str) {
        self.lock().users.shift_remove(id);
    }

    /// Leaves these attributes out of every answer.
    pub fn hides(&self, attributes: &[&'static str]) {
        self.lock().hidden = attributes.to_vec();
    }

    /// Answers PATCH with 204.
    pub fn patches_without_body(&self) {
        self.lock().patch_without_body = true;
    }

    /// Answers the next `times` requests of that method below that path so.
    pub fn orders(&self, method: &'static str, path: &'static str, times: usize, template: ResponseTemplate) {
        self.lock().ordered.push(Ordered { method, path, times, template });
    }

    /// As [`Fake::orders`], with a SCIM error.
    pub fn refuses(&self, method: &'static str, path: &'static str, times: usize, status: u16, detail: &str) {
        let body = json!({"schemas": [ERROR], "status": status.to_string(), "detail": detail});
        self.orders(method, path, times, scim(status, &body));
    }
}

/// A SCIM answer.
pub fn scim(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/scim+json")
}

/// The lines of a transcript from position `from` on: `GET /Users?… 200`.
pub fn lines(transcript: &Transcript, from: usize) -> Vec<String> {
    transcript.exchanges()[from..].iter().map(Exchange::line).collect()
}

/// Bodies of all requests of that method.
pub fn bodies(transcript: &Transcript, method: &str) -> Vec<Value> {
    transcript.exchanges().iter().filter(|e| e.method == method).filter_map(Exchange::request_json).collect()
}

/// `kind object: result`, one a move.
pub fn told(report: &Report) -> Vec<String> {
    report
        .moves
        .iter()
        .map(|record| {
            let result = match &record.result {
                MoveResult::Done => "done".to_owned(),
                MoveResult::Skipped(why) => format!("skipped, {why}"),
                MoveResult::Failed(failure) => format!("failed, {failure}"),
            };
            format!("{} {}: {result}", record.kind, record.object)
        })
        .collect()
}

struct Answering(Arc<Mutex<State>>);

impl Respond for Answering {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().expect("no test panics while it holds the lock");
        let (method, path) = (request.method.as_str(), request.url.path());
        if let Some(at) = state.ordered.iter().position(|o| o.method == method && path.starts_with(o.path)) {
            let template = state.ordered[at].template.clone();
            state.ordered[at].times -= 1;
            if state.ordered[at].times == 0 {
                state.ordered.remove(at);
            }
            return template;
        }
        let mut segments = path.trim_start_matches('/').split('/');
        let endpoint = segments.next().unwrap_or_default().to_owned();
        let id = segments.next().map(str::to_owned);
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let query: IndexMap<String, String> =
            request.url.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        if endpoint == "ServiceProviderConfigs" {
            let able = json!({"userManagementCapabilities": CAPABILITIES});
            return scim(200, &json!({"urn:okta:schemas:scim:providerconfig:1.0": able}));
        }
        if !matches!(endpoint.as_str(), "Users" | "Groups") {
            return scim(200, &json!({"schemas": [LIST], "totalResults": 0, "Resources": []}));
        }
        state.answer(method, &endpoint, id.as_deref(), &body, &query)
    }
}

impl State {
    fn store(&mut self, endpoint: &str) -> &mut IndexMap<String, Value> {
        if endpoint == "Users" { &mut self.users } else { &mut self.groups }
    }

    fn create(&mut self, endpoint: &str, body: Value) -> String {
        self.made += 1;
        let made = format!("00000000-0000-4000-8000-{:012}", self.made);
        let id = self.ids.pop_front().unwrap_or(made);
        let mut resource = Map::new();
        resource.insert("schemas".to_owned(), body.get("schemas").cloned().unwrap_or(json!([])));
        resource.insert("id".to_owned(), Value::from(id.as_str()));
        for (name, value) in body.as_object().cloned().unwrap_or_default() {
            if name != "password" && name != "meta" {
                resource.insert(name, value);
            }
        }
        self.store(endpoint).insert(id.clone(), Value::Object(resource));
        id
    }

    fn shown(&self, resource: &Value, query: &IndexMap<String, String>) -> Value {
        let mut resource = resource.clone();
        let excluded = query.get("excludedAttributes").map(String::as_str);
        if let Some(members) = resource.as_object_mut() {
            members.retain(|name, _| !self.hidden.contains(&name.as_str()) && Some(name.as_str()) != excluded);
        }
        resource
    }

    fn answer(
        &mut self,
        method: &str,
        endpoint: &str,
        id: Option<&str>,
        body: &Value,
        query: &IndexMap<String, String>,
    ) -> ResponseTemplate {
        let missing = scim(404, &json!({"schemas": [ERROR], "status": "404", "detail": "no such resource"}));
        let Some(id) = id else {
            if method == "POST" {
                let id = self.create(endpoint, body.clone());
                let resource = self.store(endpoint)[&id].clone();
                return scim(201, &self.shown(&resource, query));
            }
            let all: Vec<Value> = self.store(endpoint).values().cloned().collect();
            let filter = query.get("filter").cloned();
            let hits: Vec<Value> = all
                .iter()
                .filter(|r| filter.as_ref().is_none_or(|f| fits(r, f)))
                .map(|r| self.shown(r, query))
                .collect();
            let number = |name: &str, default: usize| query.get(name).and_then(|n| n.parse().ok()).unwrap_or(default);
            let (start, count) = (number("startIndex", 1), number("count", 100));
            let page: Vec<Value> = hits.iter().skip(start - 1).take(count).cloned().collect();
            return scim(
                200,
                &json!({"schemas": [LIST], "totalResults": hits.len(), "startIndex": start, "itemsPerPage": page.len(),
                        "Resources": page}),
            );
        };
        let Some(resource) = self.store(endpoint).get(id).cloned() else { return missing };
        match method {
            "GET" => scim(200, &self.shown(&resource, query)),
            "DELETE" => {
                self.store(endpoint).shift_remove(id);
                ResponseTemplate::new(204)
            }
            "PUT" | "PATCH" => {
                let mut new = if method == "PUT" { body.clone() } else { resource };
                if method == "PATCH" {
                    for operation in body["Operations"].as_array().cloned().unwrap_or_default() {
                        apply(&mut new, &operation);
                    }
                }
                new["id"] = Value::from(id);
                self.store(endpoint).insert(id.to_owned(), new.clone());
                if method == "PATCH" && self.patch_without_body {
                    return ResponseTemplate::new(204);
                }
                scim(200, &self.shown(&new, query))
            }
            _ => ResponseTemplate::new(405),
        }
    }
}

/// `a eq "x"`, without regard to case; `emails[…].value` looks into all mails.
fn fits(resource: &Value, filter: &str) -> bool {
    filter.split(" and ").all(|part| {
        let Some((attribute, value)) = part.split_once(" eq ") else { return false };
        // `emails[type eq "work"].value eq "x"`: the comparison is the last one.
        let (attribute, value) = match part.rsplit_once(" eq ") {
            Some((attribute, value)) if attribute.contains('[') => (attribute, value),
            _ => (attribute, value),
        };
        let value = value.trim_matches('"');
        if attribute.starts_with("emails") {
            return resource["emails"].as_array().into_iter().flatten().any(|mail| mail["value"] == value);
        }
        resource[attribute].as_str().is_some_and(|held| held.eq_ignore_ascii_case(value))
    })
}

fn apply(resource: &mut Value, operation: &Value) {
    let op = operation["op"].as_str().unwrap_or_default().to_lowercase();
    let value = operation["value"].clone();
    match (operation["path"].as_str(), op.as_str()) {
        (None, _) => {
            for (path, value) in value.as_object().cloned().unwrap_or_default() {
                if path != "id" {
                    set(resource, &path, value);
                }
            }
        }
        (Some("members"), "add") => {
            let mut members = resource["members"].as_array().cloned().unwrap_or_default();
            members.extend(value.as_array().cloned().unwrap_or_default());
            resource["members"] = Value::Array(members);
        }
        (Some("members"), "remove") => {
            let gone = value.as_array().cloned().unwrap_or_default();
            if let Some(members) = resource["members"].as_array_mut() {
                members.retain(|member| gone.iter().all(|gone| gone["value"] != member["value"]));
            }
        }
        (Some(path), "remove") if path.starts_with("members[") => {
            let id = path.split('"').nth(1).unwrap_or_default();
            if let Some(members) = resource["members"].as_array_mut() {
                members.retain(|member| member["value"] != id);
            }
        }
        (Some(path), "remove") => set(resource, path, Value::Null),
        (Some(path), _) if path.ends_with(":manager") => {
            let value = if value.is_string() { json!({ "value": value }) } else { value };
            set(resource, path, value);
        }
        (Some(path), _) => set(resource, path, value),
    }
}

fn set(resource: &mut Value, path: &str, value: Value) {
    let value = match (path, value.as_str()) {
        ("active", Some(text)) => Value::Bool(text.eq_ignore_ascii_case("true")),
        _ => value,
    };
    if let Some((urn, attribute)) = path.starts_with("urn:").then(|| path.rsplit_once(':')).flatten() {
        if value.is_object() && attribute == "User" {
            resource[path] = value;
        } else {
            resource[urn][attribute] = value;
        }
    } else if let Some((attribute, rest)) = path.split_once('[') {
        let kind = rest.split('"').nth(1).unwrap_or_default();
        let sub = rest.rsplit_once("].").map_or("value", |(_, sub)| sub);
        let mut elements = resource[attribute].as_array().cloned().unwrap_or_default();
        match elements.iter_mut().find(|element| element["type"] == kind) {
            Some(element) => element[sub] = value,
            None => elements.push(json!({"type": kind, sub: value})),
        }
        resource[attribute] = Value::Array(elements);
    } else if let Some((attribute, sub)) = path.split_once('.') {
        resource[attribute][sub] = value;
    } else {
        resource[path] = value;
    }
}
