//! `cargo bench --bench provider`: what the reference provider costs, beside a bare axum handler on the same machine.
//!
//! Absolute figures say more about a machine than about a program, so every one stands beside its ratio to a handler
//! that only reads or writes the same JSON: both are processes of their own on the loopback interface, sent the same
//! requests by the same client in turns within one run, and answering with the same headers and the same body, but for
//! the ids in them. The provider is the real binary with a data file (write-ahead log), filled
//! through its own store. Throughput falls when others use the machine; the processor time that a server takes for a
//! request, which stands beside it where the system tells, hardly does. `SCIMULATE_BENCH_MILLION=1` adds a directory of a million members, which takes a few minutes
//! and about 3 GB of disk. Each round is bounded in count and in time.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Json, Router, http::StatusCode, routing::get};
use scimulate::provider::{
    model::{MemberStatus, Profile},
    store::{
        Store, StoreError,
        members::{self, NewMember},
        users,
    },
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The allocator of the program, so that what is measured is what runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections that send at once.
const CONNECTIONS: usize = 16;
/// Most requests of a round.
const REQUESTS: usize = 20_000;
/// Longest time of a round.
const ROUND: Duration = Duration::from_secs(1);
/// Rounds of each measurement; the middle one by ratio counts.
const ROUNDS: usize = 3;
/// Members whose ids and names are asked for.
const ASKED: usize = 5_000;
/// Operations of the long PATCH.
const PATCH_OPERATIONS: usize = 10_000;
/// Operations of the long bulk request.
const BULK_OPERATIONS: usize = 1_000;

fn main() {
    if std::env::args().nth(1).as_deref() == Some("bare") {
        return bare();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure());
}

async fn measure() {
    let bare = Server::bare();
    let mut sizes = vec![1_000, 100_000];
    if std::env::var_os("SCIMULATE_BENCH_MILLION").is_some() {
        sizes.push(1_000_000);
    }
    println!("{CONNECTIONS} connections; ratios to a bare axum JSON handler in the same run\n");
    println!("   members  operation            a second   bare     ratio  p50 µs  p99 µs  bare p50  cpu µs  bare cpu");
    for (at, members) in sizes.iter().copied().enumerate() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("directory.db");
        let first = Server::provider(Some(&data));
        let connection = first.connection_id();
        let organization = first.ready["organization_id"].as_str().expect("an organization").to_owned();
        drop(first);
        let asked = fill(&data, &organization, &connection, members);
        let provider = Server::provider(Some(&data));
        throughput(&bare, &provider, members, &asked).await;
        println!("{members:>10}  resident memory      {} MB, data file {} MB", provider.memory(), megabytes(&data));
        if at + 1 == sizes.len() {
            in_one_request(&provider, &asked).await;
        }
    }
    start().await;
}

/// The three requests that every IdP sends: read, look up, create.
async fn throughput(bare: &Server, provider: &Server, members: usize, asked: &[(String, String)]) {
    let read: Vec<String> =
        asked.iter().map(|(id, _)| provider.request("GET", &format!("/Users/{id}"), None)).collect();
    let look_up: Vec<String> = asked
        .iter()
        .map(|(_, name)| provider.request("GET", &format!("/Users?filter=userName%20eq%20%22{name}%22"), None))
        .collect();
    let repeated = |requests: Vec<String>| Arc::new(requests.into_iter().cycle().take(REQUESTS).collect::<Vec<_>>());
    let bare_write =
        Arc::new((0..REQUESTS).map(|at| bare.request("POST", "/Users", Some(&user(&name("bare", at))))).collect());
    let readdressed =
        |requests: &[String]| repeated(requests.iter().map(|request| bare.readdressed(request, provider)).collect());
    let (bare_read, bare_look_up) = (readdressed(&read), readdressed(&look_up));
    let (read, look_up) = (repeated(read), repeated(look_up));
    // One round that does not count: caches, allocator, connections.
    load(provider, &read, 200).await;
    let mut rounds: [Vec<(Figures, Figures)>; 3] = Default::default();
    for round in 0..ROUNDS {
        let create = |at| provider.request("POST", "/Users", Some(&user(&name(&format!("new{members}-{round}"), at))));
        let create = Arc::new((0..REQUESTS).map(create).collect());
        rounds[0].push((load(bare, &bare_read, 200).await, load(provider, &read, 200).await));
        rounds[1].push((load(bare, &bare_look_up, 200).await, load(provider, &look_up, 200).await));
        rounds[2].push((load(bare, &bare_write, 201).await, load(provider, &create, 201).await));
    }
    for (operation, mut rounds) in ["GET by id", "userName eq", "durable create"].into_iter().zip(rounds) {
        rounds.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
        let middle = &rounds[rounds.len() / 2];
        let (bare, own) = middle;
        println!(
            "{members:>10}  {operation:<16} {:>12.0} {:>8.0} {:>6.0} % {:>7} {:>7} {:>9} {:>7.0} {:>9.0}",
            own.per_second(),
            bare.per_second(),
            ratio(middle) * 100.0,
            own.percentile(50),
            own.percentile(99),
            bare.percentile(50),
            own.cpu_per_request(),
            bare.cpu_per_request(),
        );
    }
}

fn ratio((bare, own): &(Figures, Figures)) -> f64 {
    own.per_second() / bare.per_second()
}

/// Many operations in one request, and the same one by one over one connection.
async fn in_one_request(provider: &Server, asked: &[(String, String)]) {
    let mut connection = Connection::open(provider).await;
    let mut group = async |label: &str| {
        let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": label});
        let (status, answer) = connection.send(&provider.request("POST", "/Groups", Some(&body))).await;
        assert_eq!(status, 201, "{answer}");
        serde_json::from_str::<Value>(&answer).expect("JSON")["id"].as_str().expect("an id").to_owned()
    };
    let (whole, single) = (group("In one request").await, group("One by one").await);
    // Each member is added and taken out again: two operations.
    let operations: Vec<Value> = asked
        .iter()
        .flat_map(|(id, _)| {
            [
                json!({"op": "add", "path": "members", "value": [{"value": id}]}),
                json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")}),
            ]
        })
        .cycle()
        .take(PATCH_OPERATIONS)
        .collect();
    let patch = |id: &str, operations: &[Value]| {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
        provider.request("PATCH", &format!("/Groups/{id}?excludedAttributes=members"), Some(&body))
    };
    let one = vec![patch(&whole, &operations)];
    let many: Vec<String> = operations.chunks(1).map(|operation| patch(&single, operation)).collect();
    compare("PATCH", &mut connection, &one, &many, 200).await;

    let create = |prefix: &str| -> Vec<Value> { (0..BULK_OPERATIONS).map(|at| user(&name(prefix, at))).collect() };
    let operations: Vec<Value> = create("bulk")
        .into_iter()
        .enumerate()
        .map(|(at, data)| json!({"method": "POST", "path": "/Users", "bulkId": format!("b{at}"), "data": data}))
        .collect();
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    let one = vec![provider.request("POST", "/Bulk", Some(&body))];
    let many: Vec<String> =
        create("single").iter().map(|data| provider.request("POST", "/Users", Some(data))).collect();
    compare("Bulk", &mut connection, &one, &many, 201).await;
}

async fn compare(what: &str, connection: &mut Connection, one: &[String], many: &[String], status: u16) {
    let mut times = Vec::new();
    for (requests, status) in [(one, 200), (many, status)] {
        let begun = Instant::now();
        for request in requests {
            let (answered, body) = connection.send(request).await;
            assert_eq!(answered, status, "{body}");
        }
        times.push(begun.elapsed());
    }
    println!(
        "\n{what} of {} operations: {} ms in one request, {} ms one by one",
        many.len(),
        times[0].as_millis(),
        times[1].as_millis()
    );
}

/// From the start of the process to its first answer, in memory.
async fn start() {
    let mut times = Vec::new();
    for _ in 0..7 {
        let begun = Instant::now();
        let provider = Server::provider(None);
        let mut connection = Connection::open(&provider).await;
        let (status, body) = connection.send(&provider.request("GET", "/Users", None)).await;
        times.push(begun.elapsed());
        assert_eq!(status, 200, "{body}");
        if times.len() == 7 {
            println!("resident memory of an empty provider: {} MB", provider.memory());
        }
    }
    times.sort_unstable();
    println!("start to first answer: {} ms (middle of {}, worst {})", millis(times[3]), times.len(), millis(times[6]));
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1_000.0)
}

fn name(prefix: &str, at: usize) -> String {
    format!("{prefix}-{at:07}@example.com")
}

/// A User as Okta creates it.
fn user(name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
        "externalId": format!("00u{name}"),
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "displayName": "Ada Lovelace",
        "emails": [{"primary": true, "value": name, "type": "work"}],
        "locale": "en-US",
        "active": true,
    })
}

/// Fills a data file, and gives the ids and names of members all over it.
fn fill(data: &Path, organization: &str, connection: &str, count: usize) -> Vec<(String, String)> {
    let store = Store::open(data).expect("the data file");
    let (at, profile) = (OffsetDateTime::now_utc(), Profile::default());
    let mut asked = Vec::new();
    let every = (count / ASKED).max(1);
    for from in (0..count).step_by(10_000) {
        let filled = store.write::<_, StoreError>(|tx| {
            for number in from..count.min(from + 10_000) {
                let name = name("member", number);
                let member = NewMember {
                    organization_id: organization,
                    email: &name,
                    email_verified: true,
                    status: MemberStatus::Active,
                    name: "Ada Lovelace",
                    external_id: None,
                    profile: &profile,
                    at,
                };
                let id = members::insert(tx, &member)?;
                users::insert(tx, connection, &id, &user(&name), at)?;
                if number % every == 0 {
                    asked.push((id, name));
                }
            }
            Ok(())
        });
        filled.expect("rows");
    }
    asked
}

/// A server in a process of its own, ended with the handle.
struct Server {
    process: Child,
    address: String,
    base: String,
    token: String,
    ready: Value,
}

impl Server {
    fn provider(data: Option<&PathBuf>) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.args(["serve", "--format", "json"]).env("SCIMULATE_LOG", "error");
        if let Some(data) = data {
            command.arg("--data").arg(data);
        }
        Server::spawn(command)
    }

    fn bare() -> Server {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg("bare");
        Server::spawn(command)
    }

    /// Waits for the line that says where it is.
    fn spawn(mut command: Command) -> Server {
        let mut process = command.stdout(Stdio::piped()).spawn().expect("a process");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).expect("a line of JSON");
        let text = |field: &str| ready[field].as_str().unwrap_or_default().to_owned();
        let url = url::Url::parse(&text("scim_base_url")).expect("a URL");
        let address = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
        let base = url.path().trim_end_matches('/').to_owned();
        Server { process, address, base, token: text("scim_token"), ready }
    }

    fn connection_id(&self) -> String {
        self.ready["connection_id"].as_str().expect("a connection").to_owned()
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> String {
        let (base, address, token) = (&self.base, &self.address, &self.token);
        let head = format!("{method} {base}{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n");
        match body {
            None => format!("{head}\r\n"),
            Some(body) => {
                let body = body.to_string();
                format!("{head}Content-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            }
        }
    }

    /// A request to another server, as one to this.
    fn readdressed(&self, request: &str, other: &Server) -> String {
        let request = request.replace(&other.base, &self.base).replace(&other.token, &self.token);
        request.replace(&other.address, &self.address)
    }

    /// Processor time that the process has used, where the system tells; else none.
    fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap_or_default();
        // Behind the name, which may hold anything: user and system time are the 12th and 13th, in hundredths of a second.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Resident memory in megabytes, where the system tells.
    fn memory(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
        kilobytes.and_then(|text| text.parse::<u64>().ok()).map_or("?".to_owned(), |kb| (kb / 1024).to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn megabytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len() >> 20)
}

/// One keep-alive connection that knows as much of HTTP as the two servers answer, so that the client costs little.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(server: &Server) -> Connection {
        let stream = TcpStream::connect(&server.address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Connection { stream, buffer: Vec::with_capacity(1 << 16) }
    }

    /// Status and body of the answer.
    async fn send(&mut self, request: &str) -> (u16, String) {
        let (status, from) = self.exchange(request).await;
        (status, String::from_utf8_lossy(&self.buffer[from..]).into_owned())
    }

    /// Status, and where in the buffer the body begins.
    async fn exchange(&mut self, request: &str) -> (u16, usize) {
        self.stream.write_all(request.as_bytes()).await.expect("sent");
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.expect("an answer");
            assert!(read > 0, "the server closed the connection");
            let Some(head) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let text = std::str::from_utf8(&self.buffer[..head]).expect("a head").to_ascii_lowercase();
            let status = text.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
            let length: usize = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |length| length.trim().parse().expect("a length"));
            while self.buffer.len() < head + 4 + length {
                let read = self.stream.read_buf(&mut self.buffer).await.expect("the body");
                assert!(read > 0, "the server closed the connection");
            }
            return (status, head + 4);
        }
    }
}

/// What a round measured.
struct Figures {
    elapsed: Duration,
    /// Processor time of the server.
    cpu: Duration,
    /// Microseconds, ascending.
    latencies: Vec<u128>,
}

impl Figures {
    #[allow(clippy::cast_precision_loss)] // counts far below 2^52
    fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    #[allow(clippy::cast_precision_loss)] // as above
    fn cpu_per_request(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.latencies.len() as f64
    }

    fn percentile(&self, percent: usize) -> u128 {
        self.latencies[(self.latencies.len() - 1) * percent / 100]
    }
}

/// Sends the requests over all connections, until they are through or the time is.
async fn load(server: &Server, requests: &Arc<Vec<String>>, status: u16) -> Figures {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(server).await);
    }
    let (begun, cpu) = (Instant::now(), server.cpu());
    let tasks = connections.into_iter().enumerate().map(|(from, mut connection)| {
        let requests = Arc::clone(requests);
        tokio::spawn(async move {
            let mut latencies = Vec::with_capacity(requests.len() / CONNECTIONS + 1);
            for request in requests.iter().skip(from).step_by(CONNECTIONS) {
                let sent = Instant::now();
                if sent - begun > ROUND {
                    break;
                }
                let (answered, body) = connection.exchange(request).await;
                assert_eq!(answered, status, "{}", String::from_utf8_lossy(&connection.buffer[body..]));
                latencies.push(sent.elapsed().as_micros());
            }
            latencies
        })
    });
    let mut latencies = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        latencies.extend(task.await.expect("a task"));
    }
    let elapsed = begun.elapsed();
    let cpu = server.cpu().saturating_sub(cpu);
    latencies.sort_unstable();
    Figures { elapsed, cpu, latencies }
}

/// Where the bare handler says that its resources are.
const BARE_BASE: &str = "/v1/b2b/scim/scim-connection-test-01a20caa-4c38-71bd-a3a0-619cb98a42a7";

/// The bare handler: reads and writes the JSON that the provider does, with its headers, and nothing else.
fn bare() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let user: &'static Value = Box::leak(Box::new(answered(user(&name("member", 0)))));
        let list: &'static Value = Box::leak(Box::new(json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 1,
            "startIndex": 1,
            "itemsPerPage": 1,
            "Resources": [user],
        })));
        let place = user["meta"]["location"].as_str().expect("a place");
        let typed = [
            ("content-type", "application/scim+json"),
            ("x-request-id", "request-id-test-01a20caa-4c38-71bd-a3a0-619cb98a42a7"),
        ];
        let placed = [("location", place), ("content-location", place), ("etag", "W/\"1\"")];
        let create = async move |Json(body): Json<Value>| (StatusCode::CREATED, typed, placed, Json(answered(body)));
        let routes = Router::new()
            .route("/v1/b2b/scim/{connection_id}/Users", get(async move || (typed, Json(list))).post(create))
            .route("/v1/b2b/scim/{connection_id}/Users/{id}", get(async move || (typed, placed, Json(user))));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let token = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL";
        println!("{}", json!({"scim_base_url": format!("http://{address}{BARE_BASE}"), "scim_token": token}));
        axum::serve(listener, routes).await.expect("the server");
    });
}

/// A User as the provider answers it.
fn answered(mut json: Value) -> Value {
    json["id"] = "member-test-01a20caa-4c38-71bd-a3a0-619cb98a42a7".into();
    json["meta"] = json!({
        "resourceType": "User",
        "created": "2026-11-24T08:00:00.000000Z",
        "lastModified": "2026-11-24T08:00:00.000000Z",
        "location": format!("http://127.0.0.1:40559{BARE_BASE}/Users/member-test-01a20caa-4c38-71bd-a3a0-619cb98a42a7"),
        "version": "W/\"1\"",
    });
    json
}
