//! Targets that lie, hang, drip, redirect and flood: each ends in verdicts or in an abort, in time, and never in a panic.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use scimulate::{
    suite::{Choice, Options},
    target::Config,
    verdict::{Kind, Outcome, RunEvent, Verdict},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, method, path},
};

use super::{aborted, external, options, play, results};

/// Longest time for a run of these tests; a run that hangs is longer.
const LONGEST: Duration = Duration::from_secs(60);

/// What is played: reading, writing, lists, pages, discovery, and both identity providers.
const SELECTION: [&str; 7] =
    ["RFC7644-3.4.1", "RFC7644-3.4.2.4", "RFC7644-4", "RFC7643-7", "RFC7644-3.3-R5", "OKTA-ASSIGN", "ENTRA-INITIAL"];

/// The beginning of a request, as text.
async fn request(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => head.extend_from_slice(&buffer[..read]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A server that answers each connection with the bytes that `answer` makes of the request, and closes it.
async fn raw(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let head = request(&mut stream).await;
                let _ = stream.write_all(&answer(&head)).await;
            });
        }
    });
    format!("http://{address}")
}

fn target(url: &str) -> Choice {
    patient(url, "300ms")
}

/// A target whose answers may take that long; one that answers every request is given the time of a busy machine.
fn patient(url: &str, timeout: &str) -> Choice {
    let text = format!("[target]\nurl = \"{url}\"\ntimeout = \"{timeout}\"\nauth = {{ bearer = \"a-token\" }}\n");
    Choice::External(Box::new(Config::parse(&text, "scimulate.toml").expect("a configuration")))
}

/// Plays against the target; the run must end, with a verdict or an abort. Says which: a cause, or nothing.
async fn ends(name: &str, url: &str) -> Option<String> {
    ended(name, target(url)).await
}

async fn ended(name: &str, target: Choice) -> Option<String> {
    let options = Options { target, timeout: Duration::from_secs(4), concurrency: 32, ..options(&SELECTION) };
    let events = tokio::time::timeout(LONGEST, play(options)).await.unwrap_or_else(|_| panic!("{name}: no end"));
    match events.last() {
        Some(RunEvent::Finished { .. }) => None,
        Some(RunEvent::Aborted(abort)) => {
            assert!(!abort.cause.contains("panicked") && !abort.remedy.contains("bug"), "{name}: {}", abort.cause);
            Some(abort.cause.clone())
        }
        other => panic!("{name}: {other:?}"),
    }
}

fn http(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn json_answer(status: &str, body: &str) -> Vec<u8> {
    http(status, "Content-Type: application/scim+json\r\n", body.as_bytes())
}

/// Answers that are no HTTP, no JSON, or not all there.
#[tokio::test]
async fn broken_answers_end_in_time() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("longer than it says", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{\"a\": 1}".to_vec()),
        ("shorter than it says", b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n{\"a\": 1}".to_vec()),
        ("no length, HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\n{\"schemas\": []}".to_vec()),
        ("a broken chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}".to_vec()),
        ("no HTTP", b"220 mail.example.com ESMTP\r\n".to_vec()),
        ("nothing", Vec::new()),
        ("gzip that is none", http("200 OK", "Content-Encoding: gzip\r\nContent-Type: application/json\r\n", &[0; 64])),
        ("not UTF-8", http("200 OK", "Content-Type: application/scim+json\r\n", b"{\"userName\": \"\xff\xfe\"}")),
        ("deep JSON", json_answer("200 OK", &deep)),
        ("NaN", json_answer("200 OK", r#"{"schemas": ["urn:x"], "totalResults": NaN}"#)),
        ("the same key twice", json_answer("200 OK", r#"{"id": "1", "id": 2, "schemas": 1, "schemas": []}"#)),
        ("an odd status", http("799 Odd", "", b"{}")),
        ("a body with 204", http("204 No Content", "", b"{}")),
        ("many headers", http("200 OK", &"X-Many: 1\r\n".repeat(90), b"{}")),
        ("a header with bytes", b"HTTP/1.1 200 OK\r\nX: \x01\xff\r\nContent-Length: 2\r\n\r\n{}".to_vec()),
        (
            "an error under 200",
            json_answer("200 OK", r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"]}"#),
        ),
        (
            "a list of nothing",
            json_answer(
                "200 OK",
                r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1e300, "Resources": [null, 7, []]}"#,
            ),
        ),
    ];
    for (name, bytes) in cases {
        let url = raw(move |_| bytes.clone()).await;
        ends(name, &url).await;
    }
}

/// A body of 100 MB is not read to its end, whether it comes at once or at the end of a run that went well until then; and one
/// that says it is compressed, which no request asked for, is not unpacked.
#[tokio::test]
async fn a_flood_is_not_swallowed() {
    const SIZE: usize = 100_000_000;
    let sent = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let counted = Arc::clone(&sent);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                request(&mut stream).await;
                let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {SIZE}\r\n\r\n");
                let mut written = stream.write_all(head.as_bytes()).await;
                let chunk = [b' '; 1 << 16];
                while written.is_ok() && counted.fetch_add(chunk.len(), Ordering::Relaxed) < SIZE {
                    written = stream.write_all(&chunk).await;
                }
            });
        }
    });
    let cause = ends("a flood", &url).await.expect("an abort");
    assert!(cause.contains("cannot be reached"), "{cause}");
    assert!(sent.load(Ordering::Relaxed) < SIZE, "it was read to the end");
}

/// A certificate that nobody signed ends the run before anything is sent, and the user hears what can be done.
#[tokio::test]
async fn a_bad_certificate_aborts_and_says_what_to_do() {
    use tokio_rustls::{
        TlsAcceptor,
        rustls::{
            ServerConfig,
            pki_types::pem::PemObject as _,
            pki_types::{CertificateDer, PrivateKeyDer},
        },
    };
    let certificate =
        CertificateDer::from_pem_slice(include_bytes!("../../fixtures/tls/self-signed.pem")).expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../fixtures/tls/self-signed.key.pem")).expect("PEM");
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}/scim/v2", listener.local_addr().expect("an address"));
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if acceptor.accept(stream).await.is_ok() {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let options = Options { target: target(&url), timeout: Duration::from_secs(4), ..options(&SELECTION) };
    let events = tokio::time::timeout(LONGEST, play(options)).await.expect("an end");
    let abort = aborted(&events).expect("an abort");
    assert!(abort.cause.contains("certificate"), "{}", abort.cause);
    assert!(abort.remedy.contains("ca_file"), "{}", abort.remedy);
    assert_eq!(requests.load(Ordering::Relaxed), 0, "a token was sent to whoever answered");
}

/// A target that never lets go costs its time-out, and then the run is over.
#[tokio::test]
async fn silence_aborts_and_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let cause = ends("silence", &url).await.expect("an abort");
    assert!(cause.contains("cannot be reached"), "{cause}");
}

/// A web page is not taken for a SCIM server, and the user hears where one is.
#[tokio::test]
async fn a_web_page_aborts_with_the_way_out() {
    let server = MockServer::start().await;
    let config = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]});
    Mock::given(path("/scim/v2/ServiceProviderConfig"))
        .respond_with(ResponseTemplate::new(200).set_body_json(config))
        .mount(&server)
        .await;
    let page = ResponseTemplate::new(200).set_body_raw("<html></html>", "text/html");
    Mock::given(any()).respond_with(page).mount(&server).await;
    let events = play(Options { target: external(&server.uri()), ..options(&["RFC7644-3.4.1"]) }).await;
    let abort = aborted(&events).expect("an abort");
    assert!(abort.cause.contains("no SCIM endpoint"), "{}", abort.cause);
    assert!(abort.remedy.contains("/scim/v2"), "{}", abort.remedy);
    let sent = server.received_requests().await.unwrap_or_default();
    assert!(sent.iter().all(|request| request.method.as_str() == "GET"), "nothing is written before that");
}

/// A redirect is told and not followed: the credentials stay here.
#[tokio::test]
async fn credentials_do_not_follow_a_redirect() {
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&elsewhere).await;
    let server = MockServer::start().await;
    let moved = ResponseTemplate::new(307).insert_header("Location", format!("{}/scim/Users", elsewhere.uri()));
    Mock::given(any()).respond_with(moved).mount(&server).await;
    let events = play(Options { target: external(&server.uri()), ..options(&["RFC7644-3.4.1"]) }).await;
    let abort = aborted(&events).expect("an abort");
    assert!(abort.cause.contains("redirects") && abort.cause.contains(&elsewhere.uri()), "{}", abort.cause);
    assert_eq!(elsewhere.received_requests().await.unwrap_or_default().len(), 0);
}

/// Lists without end, totals that are nonsense and ids that change are followed for a while only.
#[tokio::test]
async fn lies_end_in_verdicts() {
    let counter = Arc::new(AtomicUsize::new(0));
    let url = raw(move |head| {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": format!("u{number}"),
            "userName": "x", "meta": {"location": "http://elsewhere.example/"}});
        let list = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": u64::MAX,
            "itemsPerPage": -1, "startIndex": "one", "nextCursor": "again", "Resources": [user, user]});
        let config = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "filter": {"supported": true}, "sort": {"supported": true}, "patch": {"supported": true},
            "pagination": {"cursor": true, "index": true}, "bulk": {"supported": true, "maxOperations": -1}});
        let body = match head.split(' ').take(2).collect::<Vec<_>>()[..] {
            ["DELETE", _] => return http("204 No Content", "", b""),
            ["POST", _] => return json_answer("201 Created", &user.to_string()),
            ["GET", path] if path.contains("ServiceProviderConfig") => config,
            ["GET", path] if path.contains('?') => list,
            _ => user,
        };
        json_answer("200 OK", &body.to_string())
    })
    .await;
    assert_eq!(ended("lies", patient(&url, "20s")).await, None);
}

/// A proxy in front of a provider of ours, one request a connection: what `instead` answers goes to the client in place
/// of the provider's answer, and with `pass` the provider gets the request all the same.
async fn proxy(behind: &str, pass: bool, instead: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> String {
    let (host, base) = behind.trim_start_matches("http://").split_once('/').expect("a path");
    let (host, base) = (host.to_owned(), base.to_owned());
    let instead = Arc::new(instead);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (host, instead) = (host.clone(), Arc::clone(&instead));
            tokio::spawn(async move {
                let asked = request(&mut stream).await;
                let answer = instead(&asked);
                let mut told = Vec::new();
                if pass || answer.is_none() {
                    let mut inner = TcpStream::connect(host).await.expect("a provider");
                    let once = asked.replacen("\r\n", "\r\nConnection: close\r\n", 1);
                    inner.write_all(once.as_bytes()).await.expect("a request");
                    let _ = inner.read_to_end(&mut told).await;
                }
                let _ = stream.write_all(&answer.unwrap_or(told)).await;
            });
        }
    });
    format!("http://{address}/{base}")
}

fn bearer(url: &str, token: &str) -> Choice {
    let text = format!("[target]\nurl = \"{url}\"\nauth = {{ bearer = \"{token}\" }}\n");
    Choice::External(Box::new(Config::parse(&text, "scimulate.toml").expect("a configuration")))
}

/// A server that limits the rate is waited for as long as it asks; no request of the run is lost, and none is blamed.
#[tokio::test]
async fn a_rate_limit_is_waited_for() {
    let running = scimulate::provider::app::start(Default::default()).await.expect("a provider");
    let bootstrap = running.bootstrap().await.expect("an organization");
    let turn = AtomicUsize::new(0);
    let url = proxy(&bootstrap.scim_base_url, false, move |_| {
        let limited = turn.fetch_add(1, Ordering::Relaxed) % 3 == 2;
        limited.then(|| http("429 Too Many Requests", "Retry-After: 0\r\n", b"slow down"))
    })
    .await;
    let target = bearer(&url, &bootstrap.scim_token);
    let events = play(Options { target, ..options(&["RFC7644-3.4.1", "OKTA-ASSIGN"]) }).await;
    assert_eq!(aborted(&events).map(|abort| &abort.cause), None);
    let all = results(&events);
    assert!(all.iter().any(|result| result.verdict == Verdict::Pass));
    let bad: Vec<_> = all.iter().filter(|result| matches!(result.outcome, Outcome::Broken(_))).collect();
    assert!(bad.is_empty(), "{} {:?}", bad[0].id, bad[0].outcome);
    running.shutdown().await;
}

/// Before it makes a second user, the run sees whether it can delete the first.
#[tokio::test]
async fn a_target_that_keeps_everything_gets_one_user() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(201).set_body_json(json!({"id": "u1", "schemas": []})))
        .mount(&server)
        .await;
    let list = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0});
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200).set_body_json(list)).mount(&server).await;
    Mock::given(method("DELETE")).respond_with(ResponseTemplate::new(403)).mount(&server).await;
    let options =
        |leave_behind| Options { target: external(&server.uri()), leave_behind, ..options(&["RFC7644-3.4.1-R1"]) };
    let events = play(options(false)).await;
    let abort = aborted(&events).expect("an abort");
    assert!(abort.cause.contains("does not delete") && abort.remedy.contains("--leave-behind"), "{abort:?}");
    assert_eq!(abort.leftovers.len(), 1, "{abort:?}");
    let made = |requests: Vec<wiremock::Request>| requests.iter().filter(|it| it.method.as_str() == "POST").count();
    assert_eq!(made(server.received_requests().await.unwrap_or_default()), 1);
    assert_eq!(aborted(&play(options(true)).await).map(|abort| &abort.cause), None);
}

/// What bears the run's name and was not known to exist is deleted at the end; what others made is not touched.
#[tokio::test]
async fn what_a_server_made_in_silence_is_found_by_name() {
    let running = scimulate::provider::app::start(Default::default()).await.expect("a provider");
    let bootstrap = running.bootstrap().await.expect("an organization");
    let client = reqwest::Client::new();
    let users = format!("{}/Users", bootstrap.scim_base_url);
    let theirs = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "theirs@corp.example",
        "emails": [{"value": "theirs@corp.example", "primary": true}]});
    client.post(&users).bearer_auth(&bootstrap.scim_token).json(&theirs).send().await.expect("an answer");
    let active = || async {
        let url = format!("{users}?filter=active%20eq%20true");
        let answer = client.get(url).bearer_auth(&bootstrap.scim_token).send().await.expect("an answer");
        answer.text().await.expect("a body")
    };
    let before = active().await;
    assert!(before.contains("theirs@corp.example"), "{before}");
    let url = proxy(&bootstrap.scim_base_url, true, |asked| {
        asked
            .contains("silent.")
            .then(|| http("500 Internal Server Error", "", b"oops"))
            .filter(|_| asked.starts_with("POST"))
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let feature = folder.path().join("silent.feature");
    let body = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "silent.{unique}@corp.example",
        "emails": [{"value": "silent.{unique}@corp.example", "primary": true}]}"#;
    let text = format!(
        "@rfc\nFeature: Silence\n  @RFC7644-3.3-R5\n  Scenario: A create that fails and is done\n    \
         When the client sends POST \"/Users\" with:\n      \"\"\"\n      {body}\n      \"\"\"\n    \
         Then the response status is 500\n"
    );
    std::fs::write(&feature, text).expect("a file");
    let target = bearer(&url, &bootstrap.scim_token);
    let events = play(Options { target, ..options(&[&feature.display().to_string()]) }).await;
    assert!(results(&events).iter().any(|result| result.verdict == Verdict::Pass), "the create was refused, and done");
    match events.last() {
        Some(RunEvent::Finished { leftovers, .. }) => assert!(leftovers.is_empty(), "{leftovers:?}"),
        other => panic!("the run did not finish: {other:?}"),
    }
    assert_eq!(active().await, before, "nobody of ours is left, and what others made is as it was, to the byte");
    running.shutdown().await;
}

/// A target without credentials lets everybody in, and is not accused of it by the RFC, which allows that; Okta's review
/// asks for a refusal all the same. Credentials among the headers cannot be left out, and prove nothing either.
#[tokio::test]
async fn an_open_target_is_not_accused_of_being_open() {
    let list =
        r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "Resources": []}"#;
    let url = raw(|_| json_answer("200 OK", list)).await;
    let verdicts = async |headers: &str| {
        let text = format!("[target]\nurl = \"{url}\"\n{headers}");
        let target = Choice::External(Box::new(Config::parse(&text, "scimulate.toml").expect("a configuration")));
        let selection = ["RFC6750-2.3-R1", "RFC7644-2-R5", "OKTA-OIN-C9340"];
        let played = play(Options { target, ..options(&selection) }).await;
        let scenarios = results(&played).into_iter().filter(|result| result.kind == Kind::Scenario);
        scenarios.map(|result| (result.requirement.clone(), result.verdict)).collect::<Vec<_>>()
    };
    let open = verdicts("").await;
    assert!(open.len() >= 3, "{open:?}");
    for (requirement, verdict) in open {
        let expected = if requirement.starts_with("OKTA") { Verdict::Fail } else { Verdict::Skip };
        assert_eq!(verdict, expected, "{requirement}");
    }
    for (requirement, verdict) in verdicts("headers = { X-Api-Key = \"k\" }\n").await {
        assert_eq!(verdict, Verdict::Skip, "{requirement}");
    }
}
