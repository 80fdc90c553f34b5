//! What `wire` promises about targets that misbehave, about rates, tokens and credentials in its record.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use scimulate::wire::{Auth, Client, Endpoint, Http, HttpOptions, Request, Secret, Sender, Transcript, TransportKind};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

fn client(options: &HttpOptions, base_url: &str, auth: Auth) -> Client {
    let timeout = Duration::from_millis(300);
    let headers = vec![("X-Tenant".to_owned(), "acme".to_owned()), ("User-Agent".to_owned(), "default".to_owned())];
    let endpoint = Endpoint { base_url: base_url.to_owned(), auth, headers, timeout };
    Client::new(Http::new(options).unwrap(), endpoint, Transcript::new())
}

/// A target that drips its body byte by byte, forever, ends with the time-out and not with the last byte.
#[tokio::test]
async fn a_dripping_body_ends_with_the_time_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let dripping = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").await.unwrap();
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        while stream.write_all(b"x").await.is_ok() {
            tick.tick().await;
        }
    });
    let client = client(&HttpOptions::default(), &format!("http://{address}"), Auth::None);
    let start = Instant::now();
    let exchange = client.send(Sender::Client, Request::new("GET", "/")).await;
    assert_eq!(exchange.failure().unwrap().kind, TransportKind::Timeout, "{exchange:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
    dripping.abort();
}

/// Answers each connection with these bytes, and closes it.
async fn answers(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    address.to_string()
}

/// Each way of not answering has its class, and none of them is a panic: broken off, no HTTP, no TLS, nobody there, silence.
#[tokio::test]
async fn failures_have_their_class() {
    let broken_off = answers(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{").await;
    let no_http = answers(b"SSH-2.0-OpenSSH_9.0\r\n").await;
    let no_tls = answers(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = (silent.local_addr().unwrap(), silent);
    for (url, kind) in [
        (format!("http://{broken_off}"), TransportKind::Closed),
        (format!("http://{no_http}"), TransportKind::Closed),
        (format!("https://{no_tls}"), TransportKind::Connect),
        ("http://127.0.0.1:1".to_owned(), TransportKind::Connect),
        (format!("http://{}", silent.0), TransportKind::Timeout),
        ("http://[".to_owned(), TransportKind::Unsendable),
    ] {
        let exchange =
            client(&HttpOptions::default(), &url, Auth::None).send(Sender::Client, Request::new("GET", "/x")).await;
        assert_eq!(exchange.failure().map(|failure| failure.kind), Some(kind), "{url}: {exchange:?}");
    }
}

/// A redirect is an answer: it is recorded and not followed, so that no token goes anywhere else.
#[tokio::test]
async fn redirects_are_not_followed() {
    let address = answers(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n").await;
    let exchange = client(&HttpOptions::default(), &format!("http://{address}"), Auth::None)
        .send(Sender::Client, Request::new("GET", "/x"))
        .await;
    assert_eq!(exchange.status(), Some(302));
}

/// A server that breaks a connection after it answered 500 on it is not met by the next write, which has nothing to do with
/// it; where nothing went wrong, connections are used again.
#[tokio::test]
async fn a_connection_that_answered_500_is_given_to_no_write() {
    for (status, connections) in [("500 Oops", 2), ("200 OK", 1)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&accepted);
        let serving = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut request = [0; 1024];
                    // It reads what comes next on the connection, and answers nothing where the last answer was an error.
                    while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                        let failing = request.starts_with(b"PATCH");
                        let status = if failing { status } else { "200 OK" };
                        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                        let _ = stream.write_all(answer.as_bytes()).await;
                        if failing && status != "200 OK" {
                            let _ = stream.read(&mut request).await;
                            break;
                        }
                    }
                });
            }
        });
        let client = client(&HttpOptions::default(), &format!("http://{address}"), Auth::None);
        client.send(Sender::Client, Request::new("PATCH", "/Users/1")).await;
        let next = client.send(Sender::Client, Request::new("POST", "/Users")).await;
        assert_eq!(next.status(), Some(200), "after {status}: {:?}", next.failure());
        assert_eq!(accepted.load(Ordering::SeqCst), connections, "after {status}");
        serving.abort();
    }
}

/// A body without end is cut off at the limit.
#[tokio::test]
async fn a_huge_body_is_refused() {
    let server = MockServer::start().await;
    Mock::given(path("/"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(vec![b'x'; 5000]))
        .mount(&server)
        .await;
    let options = HttpOptions { max_body: 4096, ..HttpOptions::default() };
    let exchange = client(&options, &server.uri(), Auth::None).send(Sender::Client, Request::new("GET", "/")).await;
    assert_eq!(exchange.failure().unwrap().kind, TransportKind::TooLarge);
}

/// The rate holds over all clients of a run.
#[tokio::test]
async fn rate() {
    let server = MockServer::start().await;
    Mock::given(path("/")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let options = HttpOptions { rate: Some(50.0), ..HttpOptions::default() };
    let one = client(&options, &server.uri(), Auth::None);
    let other = one.clone().with_transcript(Transcript::new());
    let start = Instant::now();
    let send = |client: &Client| {
        let client = client.clone();
        async move { client.send(Sender::Client, Request::new("GET", "/")).await }
    };
    futures::future::join_all([send(&one), send(&other), send(&one), send(&other), send(&one), send(&other)]).await;
    assert!(
        start.elapsed() >= Duration::from_millis(100),
        "six requests at 50 a second take 100 ms: {:?}",
        start.elapsed()
    );
}

/// A credential in a header of any name is not in the record.
#[tokio::test]
async fn credentials_are_not_recorded() {
    let server = MockServer::start().await;
    Mock::given(path("/")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let auth = Auth::Header { name: "X-Strange".to_owned(), value: Secret::new("tok-s3cret") };
    let client = client(&HttpOptions::default(), &server.uri(), auth);
    let exchange = client.send(Sender::Client, Request::new("GET", "/")).await;
    assert_eq!(exchange.request_header("x-strange"), Some("***"));
    let sent = &server.received_requests().await.unwrap()[0];
    assert_eq!(sent.headers["x-strange"], "tok-s3cret");
}

/// A header of the request replaces the endpoint's of the same name, so that neither is sent twice.
#[tokio::test]
async fn headers_of_the_request_win() {
    let server = MockServer::start().await;
    Mock::given(path("/")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let client = client(&HttpOptions::default(), &server.uri(), Auth::Bearer(Secret::new("tok")));
    let request = Request::new("GET", "/").header("user-agent", "mine").header("Authorization", "Basic nonsense");
    let exchange = client.send(Sender::Client, request).await;
    assert_eq!(exchange.request_header("authorization"), Some("Basic ***"));
    let sent = &server.received_requests().await.unwrap()[0];
    let all = |name: &str| sent.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(
        (all("user-agent"), all("authorization"), all("x-tenant")),
        (vec!["mine"], vec!["Basic nonsense"], vec!["acme"])
    );
}

/// One access token serves all clients of a run with the same credentials; others get their own.
#[tokio::test]
async fn access_tokens_are_shared() {
    let server = MockServer::start().await;
    let token = json!({"access_token": "at-1", "expires_in": 3600});
    Mock::given(path("/token")).respond_with(ResponseTemplate::new(200).set_body_json(token)).mount(&server).await;
    Mock::given(path("/scim")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let grant = |id: &str| Auth::ClientCredentials {
        token_url: format!("{}/token", server.uri()),
        client_id: id.to_owned(),
        client_secret: Secret::new("secret"),
        scope: None,
    };
    let http = Http::new(&HttpOptions::default()).unwrap();
    for id in ["a", "a", "b"] {
        let mut endpoint = Endpoint::bearer(server.uri(), "");
        endpoint.auth = grant(id);
        let client = Client::new(http.clone(), endpoint, Transcript::new());
        let exchange = client.send(Sender::Client, Request::new("GET", "/scim")).await;
        assert_eq!(exchange.status(), Some(200));
    }
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.iter().filter(|request| request.url.path() == "/token").count(), 2);
    assert!(
        requests
            .iter()
            .filter(|request| request.url.path() == "/scim")
            .all(|r| r.headers["authorization"] == "Bearer at-1")
    );
}

/// A token endpoint that refuses is named in the exchange, and nothing is sent to the target.
#[tokio::test]
async fn a_refused_token_is_told() {
    let server = MockServer::start().await;
    Mock::given(path("/token"))
        .respond_with(ResponseTemplate::new(401).set_body_json(json!({"error": "invalid_client"})))
        .mount(&server)
        .await;
    let auth = Auth::ClientCredentials {
        token_url: format!("{}/token", server.uri()),
        client_id: "a".to_owned(),
        client_secret: Secret::new("secret"),
        scope: None,
    };
    let client = client(&HttpOptions::default(), &server.uri(), auth);
    let exchange = client.send(Sender::Client, Request::new("GET", "/scim")).await;
    let message = &exchange.failure().unwrap().message;
    assert_eq!(
        *message,
        format!("the token endpoint {}/token answered 401 Unauthorized without an access_token", server.uri())
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

/// The record shows every header that is sent, in the order sent; only what frames the message (`Host`, `Content-Length`) is
/// left out.
#[tokio::test]
async fn the_record_is_what_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let received = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"{\"a\":1}") {
            let mut part = [0; 1024];
            let n = stream.read(&mut part).await.unwrap();
            request.extend_from_slice(&part[..n]);
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        String::from_utf8(request).unwrap()
    });
    let client = client(&HttpOptions::default(), &format!("http://{address}"), Auth::Bearer(Secret::new("tok")));
    let request = Request::new("POST", "/Users").json("application/scim+json", &json!({"a": 1}));
    let exchange = client.send(Sender::Client, request).await;
    let received = received.await.unwrap();
    let sent: Vec<String> = received
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("Host:") && !line.starts_with("Content-Length:"))
        .map(|line| line.replace("tok", "***"))
        .collect();
    let recorded: Vec<String> = exchange.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(recorded, sent);
}
