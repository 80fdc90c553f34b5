//! A company: a made-up directory, the reference provider, and a way between them that can be bad.

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use scimulate::{
    idp::{Change, Comparison, Halt, Idp, Profile, directory::generated},
    provider::app::{self, Running},
    wire::{Client, Endpoint, Http, HttpOptions, Transcript},
};
use serde_json::{Map, Value};

/// A seeded generator: a failing run can be repeated.
#[derive(Debug)]
pub struct Draw(pub u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A way to the target on which requests are refused and connections break.
#[derive(Clone)]
pub struct Proxy {
    target: String,
    client: reqwest::Client,
    draw: Arc<Mutex<Draw>>,
    pub bad: Arc<AtomicBool>,
    pub faults: Arc<AtomicU64>,
    /// Every so many requests the IdP is told to stop; 0: never.
    pub stop_every: Arc<AtomicU64>,
    /// Most requests that were under way at a time.
    pub most: Arc<AtomicU64>,
    flying: Arc<AtomicU64>,
    passed: Arc<AtomicU64>,
    halt: Arc<Mutex<Halt>>,
}

impl Proxy {
    async fn start(target: &str) -> (Proxy, String) {
        let proxy = Proxy {
            target: target.to_owned(),
            client: reqwest::Client::builder().no_proxy().build().expect("a client"),
            draw: Arc::new(Mutex::new(Draw(3))),
            bad: Arc::default(),
            faults: Arc::default(),
            stop_every: Arc::default(),
            most: Arc::default(),
            flying: Arc::default(),
            passed: Arc::default(),
            halt: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let router = Router::new().fallback(pass).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (proxy, format!("http://{address}"))
    }
}

/// Passes a request on, unless one in six meets a fault: 429, 503, or a connection that breaks before or after the
/// target has heard the request.
async fn pass(State(proxy): State<Proxy>, request: Request) -> Response {
    let flying = proxy.flying.fetch_add(1, Ordering::Relaxed) + 1;
    proxy.most.fetch_max(flying, Ordering::Relaxed);
    let response = answer(&proxy, request).await;
    proxy.flying.fetch_sub(1, Ordering::Relaxed);
    response
}

async fn answer(proxy: &Proxy, request: Request) -> Response {
    let passed = proxy.passed.fetch_add(1, Ordering::Relaxed) + 1;
    let every = proxy.stop_every.load(Ordering::Relaxed);
    if every > 0 && passed.is_multiple_of(every) {
        proxy.halt.lock().expect("nobody panics with it").stop();
    }
    let fault = match proxy.bad.load(Ordering::Relaxed) {
        true => proxy.draw.lock().expect("nobody panics with it").below(24),
        false => 24,
    };
    if fault < 4 {
        proxy.faults.fetch_add(1, Ordering::Relaxed);
    }
    match fault {
        0 => return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response(),
        1 => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        2 => return broken(),
        _ => {}
    }
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole body");
    let url = format!("{}{}", proxy.target, head.uri);
    let mut headers = head.headers;
    headers.remove(header::HOST);
    let answer = proxy.client.request(head.method, url).headers(headers).body(body.to_vec()).send().await;
    let answer = answer.expect("the target is there");
    if fault == 3 {
        return broken();
    }
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(header::TRANSFER_ENCODING);
    let body = answer.bytes().await.expect("a whole answer");
    let mut response = Response::new(Body::from(body.to_vec()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// A response that never ends well.
fn broken() -> Response {
    let end = futures::stream::once(async { Err::<Vec<u8>, _>(io::Error::other("the line is cut")) });
    Response::new(Body::from_stream(end))
}

pub struct Company {
    pub provider: Running,
    pub proxy: Proxy,
    pub idp: Idp,
    pub made: BTreeMap<String, String>,
    pub transcript: Transcript,
    client: Client,
    profile: Profile,
}

impl Company {
    pub async fn new(profile: &str, people: usize, groups: usize) -> Company {
        Company::on(profile, people, groups, None).await
    }

    /// With the provider's data in that file.
    pub async fn on(profile: &str, people: usize, groups: usize, data: Option<PathBuf>) -> Company {
        let options = app::Options { data, ..app::Options::default() };
        let provider = app::start(options).await.expect("a provider");
        let bootstrap = provider.bootstrap().await.expect("a connection");
        let (proxy, address) = Proxy::start(&provider.api_base_url()).await;
        let base = bootstrap.scim_base_url.replace(&provider.api_base_url(), &address);
        let http = Http::new(&HttpOptions::default()).expect("a client");
        let transcript = Transcript::new();
        let client = Client::new(http, Endpoint::bearer(base, bootstrap.scim_token), transcript.clone());
        let profile = Profile::named(profile).expect("a profile of ours");
        let mut idp = Idp::new(profile.clone(), client.clone(), 1);
        for change in generated(people, groups, 1, "") {
            idp.change(change).expect("it fits");
        }
        Company { provider, proxy, idp, made: BTreeMap::new(), transcript, client, profile }
    }

    pub async fn settle(&mut self) -> usize {
        let report = self.idp.settle().await;
        self.made.extend(self.idp.links());
        report.failures().count()
    }

    /// Another IdP, which knows of the first what a file can hold. Says whether the first had been told to stop.
    pub fn reborn(&mut self) -> bool {
        let text = serde_json::to_string(&self.idp.memory()).expect("plain data");
        let halt = Halt::new();
        let before = std::mem::replace(&mut *self.proxy.halt.lock().expect("nobody panics with it"), halt.clone());
        let idp = Idp::new(self.profile.clone(), self.client.clone(), 1).halting(halt);
        self.idp = idp.remembering(serde_json::from_str(&text).expect("what was written")).expect("its own memory");
        before.is_stopped()
    }

    /// From now on that many users or groups at a time.
    pub fn go_side_by_side(&mut self, lanes: usize) {
        let idle = Idp::new(self.profile.clone(), self.client.clone(), 1);
        self.idp = std::mem::replace(&mut self.idp, idle).side_by_side(lanes);
    }

    pub fn client(&self) -> Client {
        self.client.clone()
    }

    pub async fn compare(&mut self) -> Comparison {
        self.idp.compare(&self.made).await.expect("the target can be read")
    }

    /// Changes of every kind that a company knows, twenty before each cycle. What does not fit (to remove who is not
    /// there) does not count.
    pub async fn live(&mut self, changes: usize, people: u64, groups: u64, draw: &mut Draw) {
        let mut done = 0;
        while done < changes {
            let change = draw.change(done, people, groups);
            if self.idp.change(change).is_ok() {
                done += 1;
                if done % 20 == 0 {
                    self.settle().await;
                }
            }
        }
        self.settle().await;
    }
}

impl Draw {
    pub fn change(&mut self, number: usize, people: u64, groups: u64) -> Change {
        let user = format!("p{}", self.below(people));
        let group = format!("g{}", self.below(groups));
        let set = |name: &str, value: String| Map::from_iter([(name.to_owned(), Value::from(value))]);
        match self.below(12) {
            0 => Change::UnassignUser { key: user },
            1 | 2 => Change::AssignUser { key: user },
            3 => Change::DisableUser { key: user },
            4 => Change::EnableUser { key: user },
            // A name of its own each time: two groups of one name are refused by many targets, and rightly.
            5 => Change::RenameGroup { key: group, name: format!("Team {number} {:x}", self.0) },
            6 | 7 => Change::AddMember { group, user },
            8 | 9 => Change::RemoveMember { group, user },
            10 => Change::UpdateUser { key: user, set: set("department", format!("Department {number}")) },
            _ => Change::UpdateUser { key: user, set: set("title", format!("Title {number}")) },
        }
    }
}
