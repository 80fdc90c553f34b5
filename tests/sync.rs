//! A whole directory against the reference provider: what the IdP says it did and what the target holds must be the
//! same, also when the way between them is bad.

use std::{
    collections::BTreeMap,
    io,
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
    idp::{Change, Comparison, Idp, Profile, directory::generated},
    provider::app::{self, Running},
    wire::{Client, Endpoint, Http, HttpOptions, Transcript},
};
use serde_json::{Map, Value};

/// A seeded generator: a failing run can be repeated.
#[derive(Debug)]
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A way to the target on which requests are refused and connections break.
#[derive(Clone)]
struct Proxy {
    target: String,
    client: reqwest::Client,
    draw: Arc<Mutex<Draw>>,
    bad: Arc<AtomicBool>,
    faults: Arc<AtomicU64>,
}

impl Proxy {
    async fn start(target: &str) -> (Proxy, String) {
        let proxy = Proxy {
            target: target.to_owned(),
            client: reqwest::Client::builder().no_proxy().build().expect("a client"),
            draw: Arc::new(Mutex::new(Draw(3))),
            bad: Arc::default(),
            faults: Arc::default(),
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

struct Company {
    provider: Running,
    proxy: Proxy,
    idp: Idp,
    made: BTreeMap<String, String>,
}

impl Company {
    async fn new(profile: &str, people: usize, groups: usize) -> Company {
        let provider = app::start(app::Options::default()).await.expect("a provider");
        let bootstrap = provider.bootstrap().await.expect("a connection");
        let (proxy, address) = Proxy::start(&provider.api_base_url()).await;
        let base = bootstrap.scim_base_url.replace(&provider.api_base_url(), &address);
        let http = Http::new(&HttpOptions::default()).expect("a client");
        let client = Client::new(http, Endpoint::bearer(base, bootstrap.scim_token), Transcript::new());
        let mut idp = Idp::new(Profile::named(profile).expect("a profile of ours"), client, 1);
        for change in generated(people, groups, 1, "") {
            idp.change(change).expect("it fits");
        }
        Company { provider, proxy, idp, made: BTreeMap::new() }
    }

    async fn settle(&mut self) -> usize {
        let report = self.idp.settle().await;
        self.made.extend(self.idp.links());
        report.failures().count()
    }

    async fn compare(&mut self) -> Comparison {
        self.idp.compare(&self.made).await.expect("the target can be read")
    }

    /// Changes of every kind that a company knows, twenty before each cycle. What does not fit (to remove who is not
    /// there) does not count.
    async fn live(&mut self, changes: usize, people: u64, groups: u64, draw: &mut Draw) {
        let mut done = 0;
        while done < changes {
            let user = format!("p{}", draw.below(people));
            let group = format!("g{}", draw.below(groups));
            let set = |name: &str, value: String| Map::from_iter([(name.to_owned(), Value::from(value))]);
            let change = match draw.below(12) {
                0 => Change::UnassignUser { key: user },
                1 | 2 => Change::AssignUser { key: user },
                3 => Change::DisableUser { key: user },
                4 => Change::EnableUser { key: user },
                5 => Change::RenameGroup { key: group, name: format!("Team {done}") },
                6 | 7 => Change::AddMember { group, user },
                8 | 9 => Change::RemoveMember { group, user },
                10 => Change::UpdateUser { key: user, set: set("department", format!("Department {done}")) },
                _ => Change::UpdateUser { key: user, set: set("title", format!("Title {done}")) },
            };
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

async fn initial_and_incremental(profile: &str) {
    let mut company = Company::new(profile, 200, 20).await;
    assert_eq!(company.settle().await, 0);
    let comparison = company.compare().await;
    assert_eq!((comparison.users, comparison.groups, comparison.drift), (200, 20, Vec::new()));
    company.live(60, 200, 20, &mut Draw(5)).await;
    let comparison = company.compare().await;
    assert_eq!((comparison.groups, comparison.drift), (20, Vec::new()));
    company.provider.shutdown().await;
}

/// Entra's initial and incremental cycles leave the target as the directory says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entra_leaves_no_drift() {
    initial_and_incremental("entra-default").await;
}

/// Okta's tasks leave the target as the directory says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn okta_leaves_no_drift() {
    initial_and_incremental("okta").await;
}

/// What went wrong in Entra's cycles comes again by itself until nothing differs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entra_recovers_from_faults() {
    let mut company = Company::new("entra-default", 200, 20).await;
    company.settle().await;
    company.proxy.bad.store(true, Ordering::Relaxed);
    company.live(200, 200, 20, &mut Draw(11)).await;
    company.proxy.bad.store(false, Ordering::Relaxed);
    assert!(company.proxy.faults.load(Ordering::Relaxed) > 10, "the way was bad");
    for _ in 0..100 {
        if company.idp.is_idle() {
            break;
        }
        company.settle().await;
    }
    assert!(company.idp.is_idle());
    assert_eq!(company.compare().await.drift, Vec::new());
    company.provider.shutdown().await;
}

/// What went wrong in Okta's tasks is made good by what its administrator can do: retry the failed tasks, force a
/// synchronization, push the groups now. Who is deactivated after a failed profile push stays active on the target, for
/// Okta has forgotten the account by then; the comparison names them, and assigning and unassigning them again helps.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn okta_recovers_from_faults() {
    let mut company = Company::new("okta", 200, 20).await;
    company.settle().await;
    company.proxy.bad.store(true, Ordering::Relaxed);
    company.live(200, 200, 20, &mut Draw(11)).await;
    company.proxy.bad.store(false, Ordering::Relaxed);
    assert!(company.proxy.faults.load(Ordering::Relaxed) > 10, "the way was bad");
    assert!(company.idp.retry_failed() > 0, "something failed");
    company.idp.change(Change::ForceSync).expect("it fits");
    for group in 0..20 {
        company.idp.change(Change::PushGroupNow { key: format!("g{group}") }).expect("it fits");
    }
    assert_eq!(company.settle().await, 0);
    for drift in company.compare().await.drift {
        assert_eq!(drift.what, "without access in the directory, but active on the target", "{}", drift.object);
        let key = drift.object;
        for change in [Change::EnableUser { key: key.clone() }, Change::AssignUser { key: key.clone() }] {
            company.idp.change(change).expect("it fits");
        }
        company.settle().await;
        company.idp.change(Change::UnassignUser { key }).expect("it fits");
        company.settle().await;
    }
    assert_eq!(company.compare().await.drift, Vec::new());
    company.provider.shutdown().await;
}

/// A comparison sees what somebody else changed on the target, and what is missing there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comparison_sees_drift() {
    let mut company = Company::new("okta", 3, 1).await;
    company.settle().await;
    let id = company.idp.remote_id("p0").expect("a link");
    let bootstrap = company.provider.bootstrap().await.expect("a further token");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/Users/{id}", bootstrap.scim_base_url);
    let gone = http.delete(url).bearer_auth(bootstrap.scim_token).send().await.expect("an answer");
    assert_eq!(gone.status(), 204);
    let drift = company.compare().await.drift;
    assert!(drift.iter().any(|drift| drift.object == "p0" && drift.what.contains("not on the target")), "{drift:?}");
    company.provider.shutdown().await;
}
