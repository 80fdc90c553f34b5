//! What the log says of a request, and what it never says; the request's id; and an end that delivers what is due.

use std::{path::Path, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    process::{Serve, program},
    receiver::{Receiver, status},
    server::{Server, text},
};

/// The lines of a log that tell of requests.
fn requests(log: &str) -> Vec<Value> {
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    lines.filter(|line: &Value| line["target"].as_str().is_some_and(|t| t.ends_with("telemetry"))).collect()
}

/// Protects every secret, given or made, right or wrong, on every level of the log; and what a line says instead.
#[tokio::test]
async fn requests_are_logged_and_secrets_are_not() {
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/config/seed.toml");
    let mut command = program(&["--format", "json", "--seed", &seed.display().to_string()]);
    let server = Serve::with(command.env("SCIMULATE_LOG", "trace"));
    let secret = server.fact("project_secret");
    let mut secrets: Vec<String> = ["ci-secret-that-nobody-guesses", "session-token-of-ada-for-tests"]
        .into_iter()
        .map(str::to_owned)
        .chain([secret.clone(), server.fact("scim_token"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()])
        .collect();
    let call = async |method: Method, path: &str, body: Value| server.call(method, path, &secret, body).await;
    let organization = server.fact("organization_id");

    let mut receiver = Receiver::start([status(500)]).await;
    let hook = format!("{}?key=secret-in-the-url", receiver.url);
    let endpoint = call(Method::POST, "/v1/webhooks/endpoints", json!({"url": hook})).await;
    secrets.extend([text(&endpoint["secret"]), "secret-in-the-url".into()]);
    let session = call(
        Method::POST,
        "/v1/b2b/sessions/create",
        json!({
            "organization_id": organization, "email_address": "ada@acme.example",
        }),
    )
    .await;
    secrets.extend([text(&session["session_token"]), text(&session["session_jwt"])]);
    call(Method::POST, "/v1/b2b/sessions/authenticate", json!({"session_jwt": session["session_jwt"]})).await;
    let client = call(Method::POST, "/v1/m2m/clients", json!({"scopes": ["read:*"]})).await;
    let (id, client_secret) = (text(&client["m2m_client"]["client_id"]), text(&client["m2m_client"]["client_secret"]));
    let form = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &client_secret)];
    let token = format!("{}/v1/public/{}/oauth2/token", server.fact("api_base_url"), server.fact("project_id"));
    let token = server.http.post(token).form(&form).send().await.expect("an answer").json::<Value>().await;
    secrets.extend([client_secret.clone(), text(&token.expect("JSON")["access_token"])]);
    let rotate = format!("/v1/b2b/scim/acme/connection/{}/rotate/start", server.fact("connection_id"));
    secrets.push(text(&call(Method::POST, &rotate, json!({})).await["connection"]["next_bearer_token"]));
    let further = format!("/v1/projects/{}/secrets", server.fact("project_id"));
    secrets.push(text(&call(Method::POST, &further, json!({})).await["created_secret"]["secret"]));
    let header = server.request(Method::POST, "/v1/b2b/organizations/acme/members", &secret);
    let header = header.header("X-Stytch-Member-Session", "session-token-of-ada-for-tests");
    let made = header.json(&json!({"email_address": "new@acme.example"})).send().await.expect("an answer");
    assert_eq!(made.status(), 200);
    receiver.next().await;

    // Wrong ones are as secret: they may be right elsewhere.
    let wrong = "wrong-secret-of-somebody";
    secrets.push(wrong.into());
    server.call(Method::GET, "/v1/b2b/organizations/acme", wrong, Value::Null).await;
    let users = format!("{}/Users", server.fact("scim_base_url"));
    for token in [wrong, &server.fact("scim_token")] {
        let request = server.http.get(format!("{users}?filter=userName%20eq%20%22{wrong}%22")).bearer_auth(token);
        request.header("x-request-id", "from-the-caller.1").send().await.expect("an answer");
    }
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "pw@acme.example", "password": wrong});
    server.http.post(&users).bearer_auth(server.fact("scim_token")).json(&body).send().await.expect("an answer");

    let connection = server.fact("connection_id");
    let log = server.stop();
    for secret in &secrets {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    let requests = requests(&log);
    let of = |route: &str, status: u16| {
        let found = requests.iter().find(|line| line["route"] == route && line["status"] == status);
        found.unwrap_or_else(|| panic!("no line of {route} {status}:\n{log}"))
    };
    let scim = of("/v1/b2b/scim/{connection_id}/Users", 200);
    assert_eq!((&scim["method"], &scim["request_id"]), (&json!("GET"), &json!("from-the-caller.1")));
    assert_eq!((&scim["connection"], &scim["organization"]), (&json!(connection), &json!(organization)));
    assert!(scim["duration_ms"].as_f64().is_some_and(|took| took > 0.0));
    assert_eq!(
        of("/v1/b2b/scim/{connection_id}/Users", 401)["connection"],
        Value::Null,
        "who is not let in names nobody"
    );
    let member = of("/v1/b2b/organizations/{organization_id}/members", 200);
    assert_eq!((&member["method"], &member["organization"]), (&json!("POST"), &json!("acme")));
    of("/v1/b2b/organizations/{organization_id}", 401);
}

/// Protects whoever follows a request through several logs: one id in the header, in the envelope and in a refusal, the
/// caller's own if it is sane.
#[tokio::test]
async fn a_request_has_one_id() {
    let server = Serve::start(&[]);
    let secret = server.fact("project_secret");
    let organization = format!("/v1/b2b/organizations/{}", server.fact("organization_id"));
    for path in [organization.as_str(), "/v1/b2b/organizations/none", "/nowhere"] {
        for given in [None, Some("build-17"), Some("not sane")] {
            let mut request = server.request(Method::GET, path, &secret);
            if let Some(id) = given {
                request = request.header("X-Request-Id", id);
            }
            let response = request.send().await.expect("an answer");
            let id = response.headers()["x-request-id"].to_str().expect("a text").to_owned();
            assert_eq!(response.json::<Value>().await.expect("JSON")["request_id"], id, "{path}");
            assert_eq!(id == "build-17", given == Some("build-17"), "{id}");
        }
    }
    let scim =
        server.http.get(server.fact("scim_base_url")).header("x-request-id", "a.b").send().await.expect("an answer");
    assert_eq!(scim.headers()["x-request-id"], "a.b");
}

/// Protects dashboards: requests by route and status, deliveries, depth of the queue, sessions, size of the database.
#[tokio::test]
async fn metrics_count_what_happens() {
    let server = Serve::start(&[]);
    let secret = server.fact("project_secret");
    let organization = server.fact("organization_id");
    server.call(Method::GET, "/v1/b2b/organizations/none", &secret, Value::Null).await;
    let path = format!("/v1/b2b/organizations/{organization}/members");
    server.call(Method::POST, &path, &secret, json!({"email_address": "ada@acme.example"})).await;
    let session = json!({"organization_id": organization, "email_address": "ada@acme.example"});
    server.call(Method::POST, "/v1/b2b/sessions/create", &secret, session).await;
    server.http.get(server.fact("scim_base_url")).send().await.expect("an answer");
    let text = server.request(Method::GET, "/metrics", &secret).send().await.expect("an answer").text().await;
    let text = text.expect("a text");
    for line in [
        "scimulate_http_requests_total{method=\"GET\",route=\"/v1/b2b/organizations/{organization_id}\",status=\"404\"} 1",
        "scimulate_http_requests_total{method=\"GET\",route=\"/v1/b2b/scim/{connection_id}\",status=\"401\"} 1",
        "scimulate_sessions{state=\"open\"} 1",
        "scimulate_members{status=\"active\"} 1",
        "scimulate_webhook_queue_depth 0",
    ] {
        assert!(text.lines().any(|known| known == line), "{line} is not in\n{text}");
    }
    let size = text.lines().find_map(|line| line.strip_prefix("scimulate_store_size_bytes ")).expect("the size");
    assert!(size.parse::<u64>().is_ok_and(|size| size > 10_000), "{size}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').expect("a value");
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let bare = name.split('{').next().expect("a name");
        assert!(text.contains(&format!("# HELP {bare} ")) && text.contains(&format!("# TYPE {bare} ")), "{line}");
    }
}

/// Protects clients that have to wait: over the rate the management API answers the documented error with Retry-After, and
/// who is not let in does not use it up.
#[tokio::test]
async fn the_management_api_can_be_limited() {
    let server = Serve::start(&["--api-rate", "3"]);
    let secret = server.fact("project_secret");
    let call = async |secret: &str| {
        server.request(Method::GET, "/v1/b2b/rbac/policy", secret).send().await.expect("an answer")
    };
    for _ in 0..20 {
        assert_eq!(call("wrong").await.status(), 401);
    }
    let refused = loop {
        let response = call(&secret).await;
        if response.status() != 200 {
            break response;
        }
    };
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().ok()), (429, Some("1")));
    let body: Value = refused.json().await.expect("JSON");
    assert_eq!((&body["error_type"], &body["status_code"]), (&json!("too_many_requests"), &json!(429)));
}

/// Protects events over an end by SIGTERM: what is due goes out first; a receiver that does not answer cannot hold the
/// process for longer than it was told to wait.
#[cfg(unix)]
#[tokio::test]
async fn an_end_delivers_what_is_due() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data.db").display().to_string();
    let server = Serve::start(&["--data", &data, "--drain", "2"]);
    let secret = server.fact("project_secret");
    let path = format!("/v1/b2b/organizations/{}/members", server.fact("organization_id"));
    let slow = |_| status(204).set_delay(Duration::from_millis(50));
    let mut receiver = Receiver::start((0..20).map(slow)).await;
    // A listener that accepts and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_url = format!("http://{}/", silent.local_addr().expect("an address"));
    for url in [receiver.url.clone(), silent_url] {
        server.call(Method::POST, "/v1/webhooks/endpoints", &secret, json!({"url": url})).await;
    }
    for n in 0..10 {
        server.call(Method::POST, &path, &secret, json!({"email_address": format!("m{n}@acme.example")})).await;
    }
    let killed = std::process::Command::new("kill").args(["-TERM", &server.id().to_string()]).status();
    assert!(killed.expect("kill").success());
    let asked = std::time::Instant::now();
    let (code, _) = server.ended();
    assert_eq!(code, Some(0));
    assert!(asked.elapsed() < Duration::from_secs(5), "five seconds are the default");
    let mut arrived = 0;
    for _ in 0..10 {
        receiver.next().await;
        arrived += 1;
    }
    assert_eq!((arrived, receiver.rest().len()), (10, 0));
    drop(silent);
    let file = rusqlite::Connection::open(&data).expect("the file");
    let pending: i64 = file
        .query_row("SELECT count(*) FROM deliveries WHERE status = 'pending'", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(pending, 10, "what the silent receiver did not take is there for the next start");
}

/// Protects operators: an endpoint that asks for them is told that another one was disabled, and that a message was given
/// up; nobody else is.
#[tokio::test]
async fn operators_are_told_of_failures() {
    let server = Server::start().await;
    let organization = server.organization("Told").await;
    let mut operator = Receiver::start([]).await;
    let told = json!({"url": operator.url, "event_types": ["endpoint.disabled", "message.attempt.exhausted"]});
    server.post("/v1/webhooks/endpoints", told).await.ok();
    let mut everything = Receiver::start([]).await;
    server.post("/v1/webhooks/endpoints", json!({"url": everything.url})).await.ok();
    let mut failing = Receiver::start((0..20).map(|_| status(500))).await;
    let made = server.post("/v1/webhooks/endpoints", json!({"url": failing.url})).await.ok();
    let endpoint = text(&made["endpoint_id"]);
    server.member(&organization, "a@acme.example").await;
    everything.next().await;
    let mut last = failing.next().await;
    let path = format!("/v1/webhooks/deliveries?endpoint_id={endpoint}");
    for attempt in 1..8 {
        // The note of an attempt comes after the request.
        while server.get(&path).await.ok()["deliveries"][0]["attempts"] != attempt {}
        server.advance(Duration::from_secs(11 * 3600 + 60));
        last = failing.next().await;
    }
    let exhausted = operator.next().await;
    assert_eq!(exhausted.body["type"], "message.attempt.exhausted");
    assert_eq!(exhausted.body["data"]["endpointId"], endpoint);
    assert_eq!(exhausted.body["data"]["msgId"], last.header("webhook-id"));
    assert_eq!(exhausted.body["data"]["lastAttempt"]["responseStatusCode"], 500);
    server.member(&organization, "b@acme.example").await;
    everything.next().await;
    failing.next().await;
    while server.get(&path).await.ok()["deliveries"][1]["attempts"] != 1 {}
    server.advance(Duration::from_secs(5 * 24 * 3600));
    let disabled = operator.next().await;
    assert_eq!(
        (&disabled.body["type"], &disabled.body["data"]["endpointId"]),
        (&json!("endpoint.disabled"), &json!(endpoint))
    );
    assert_eq!(disabled.body["data"]["appId"], organization);
    assert!(disabled.body["data"]["failSince"].is_string() && disabled.body["timestamp"].is_string());
    assert!(everything.rest().is_empty(), "their body is another one: only who asks for them gets them");
}
