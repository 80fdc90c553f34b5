//! The webhook inbox: delivery, signature, order, scripts, fences, read-back, many tenants at once.

use std::time::Duration;

use scimulate::{
    target::{MemberStatus, Signature, Target, TargetError, Tenant, Unobserved, webhook::ScriptedReply},
    wire::{self, Sender, Transcript},
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path, path_regex},
};

use crate::target;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SOON: Duration = Duration::from_secs(20);

/// A tenant of its own for each scenario.
const HOOKS: &str = r#"
[tenant.open]
url = "/orgs"
[target]
url = "{uri}/scim"
[api]
url = "{uri}"
[observe.member.call]
url = "/users/{{ subject.id }}"
absent_when = [404]
capture = { status = "/status" }
[observe.webhooks]
settle = "50ms"
deadline = "5s"
signature = { scheme = "standard-webhooks" }
event = { id = "/id", object = "/user" }
names = { "user.gone" = "scim.member.delete" }
[observe.webhooks.register]
url = "/hooks"
json = { url = "{{ webhook_url }}" }
capture = { hook = "/id", webhook_secret = "/secret" }
[observe.webhooks.unregister]
method = "DELETE"
url = "/hooks/{{ hook }}"
"#;

async fn fake() -> MockServer {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let server = MockServer::builder().listener(listener).start().await;
    Mock::given(path("/orgs")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    Mock::given(path("/hooks"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"id": "h1", "secret": SECRET})))
        .mount(&server)
        .await;
    Mock::given(method("DELETE")).and(path("/hooks/h1")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    server
}

/// Delivers one signed event, as a target would; gives the status of the answer.
async fn deliver(url: &str, body: &Value) -> u16 {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let body = body.to_string();
    let signature = standardwebhooks::Webhook::new(SECRET).unwrap().sign("msg_1", now, body.as_bytes()).unwrap();
    let request = reqwest::Client::new()
        .post(url)
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", now.to_string())
        .header("webhook-signature", signature);
    request.body(body).send().await.unwrap().status().as_u16()
}

fn event(name: &str, user: &str) -> Value {
    json!({"type": name, "id": format!("{name}-{user}"), "user": user})
}

async fn tenant(toml: &str, uri: &str, label: &str) -> (Target, Tenant) {
    let target = target(toml, uri);
    let tenant = target.open_tenant(label, &Transcript::new()).await.unwrap();
    (target, tenant)
}

/// A delivery is verified, read in our words, filed before it is answered, and its secret is known to the redactor.
#[tokio::test]
async fn delivery() {
    let server = fake().await;
    let (target, tenant) = tenant(HOOKS, &server.uri(), "t1").await;
    let mailbox = tenant.mailbox().await.unwrap();
    assert_eq!(deliver(mailbox.url(), &event("user.gone", "u1")).await, 200);
    let deliveries = mailbox.deliveries();
    let seen = deliveries[0].event.as_ref().unwrap();
    assert_eq!((seen.kind.as_str(), seen.name.as_str()), ("scim.member.delete", "user.gone"));
    assert_eq!((seen.id.as_deref(), seen.object_id.as_deref()), (Some("user.gone-u1"), Some("u1")));
    assert_eq!((&deliveries[0].signature, deliveries[0].answered), (&Signature::Valid, 200));
    assert_eq!(deliveries[0].header("Webhook-Id"), Some("msg_1"));
    assert!(target.secrets().iter().any(|secret| secret.expose() == SECRET));
}

/// Unsigned and wrongly signed deliveries are filed as such, and what is no event says why.
#[tokio::test]
async fn bad_deliveries() {
    let server = fake().await;
    let (_target, tenant) = tenant(HOOKS, &server.uri(), "t1").await;
    let mailbox = tenant.mailbox().await.unwrap();
    let client = reqwest::Client::new();
    client.post(mailbox.url()).body("<x>").send().await.unwrap();
    assert_eq!(client.get(mailbox.url()).send().await.unwrap().status(), 405);
    assert_eq!(client.post(format!("{}x", mailbox.url())).send().await.unwrap().status(), 404, "nobody's path");
    let deliveries = mailbox.deliveries();
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].signature, Signature::Missing);
    assert!(deliveries[0].event.as_ref().unwrap_err().starts_with("the body is not JSON"));
}

/// Deliveries to many tenants at once reach each its own, all of them, in the order of each.
#[tokio::test(flavor = "multi_thread")]
async fn many_tenants() {
    let server = fake().await;
    let target = target(HOOKS, &server.uri());
    let mut tenants = Vec::new();
    for n in 0..8 {
        tenants.push(target.open_tenant(&format!("t{n}"), &Transcript::new()).await.unwrap());
    }
    let runs = tenants.iter().enumerate().map(|(n, tenant)| async move {
        let mailbox = tenant.mailbox().await.unwrap();
        let url = mailbox.url().to_owned();
        let sending = async {
            for m in 0..10 {
                deliver(&url, &event("user.gone", &format!("{n}-{m}"))).await;
            }
        };
        let (seen, ()) = tokio::join!(mailbox.wait_until(|deliveries| deliveries.len() == 10, SOON), sending);
        let users: Vec<String> = seen.unwrap().iter().filter_map(|d| d.object_id().map(str::to_owned)).collect();
        assert_eq!(users, (0..10).map(|m| format!("{n}-{m}")).collect::<Vec<_>>());
    });
    futures::future::join_all(runs).await;
    assert!(target.close_all().await.is_empty());
}

/// A target sees scripted answers first, and 200 after them; every attempt is filed with its answer.
#[tokio::test]
async fn scripted_answers() {
    let server = fake().await;
    let (_target, tenant) = tenant(HOOKS, &server.uri(), "t1").await;
    let mailbox = tenant.mailbox().await.unwrap();
    mailbox.script([
        ScriptedReply::Status(500),
        ScriptedReply::Status(429),
        ScriptedReply::Slow(Duration::from_millis(20)),
    ]);
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(deliver(mailbox.url(), &event("user.gone", "u1")).await);
    }
    assert_eq!(answers, [500, 429, 200, 200]);
    let filed: Vec<u16> = mailbox.deliveries().iter().map(|delivery| delivery.answered).collect();
    assert_eq!(filed, answers);
}

/// A wait that is not fulfilled in time says what came instead.
#[tokio::test]
async fn a_wait_ends() {
    let server = fake().await;
    let (_target, tenant) = tenant(HOOKS, &server.uri(), "t1").await;
    let mailbox = tenant.mailbox().await.unwrap();
    deliver(mailbox.url(), &event("user.gone", "u1")).await;
    let error = mailbox.wait_until(|deliveries| deliveries.len() > 1, Duration::from_millis(20)).await.unwrap_err();
    assert_eq!(error.to_string(), r#"not seen in time; delivered were: ["scim.member.delete"]"#);
    tenant.fence().await.unwrap();
}

/// The fence returns once its own event is in; nobody sees that event. One that is lost is told.
#[tokio::test]
async fn fence() {
    let server = fake().await;
    let fence = "[observe.webhooks.fence]\nurl = \"/users\"\njson = { name = \"{{ unique }}\" }\ncapture = { fence_object = \"/id\" }";
    let (_target, tenant) = tenant(&format!("{HOOKS}{fence}"), &server.uri(), "t1").await;
    let mailbox = tenant.mailbox().await.unwrap();
    let url = mailbox.url().to_owned();
    // The fake answers the fence's call, and delivers an event before the fence's own.
    let (started, begin) = std::sync::mpsc::channel();
    Mock::given(path("/users"))
        .respond_with(move |_: &Request| {
            started.send(()).expect("the test waits");
            ResponseTemplate::new(200).set_body_json(json!({"id": "f1"}))
        })
        .mount(&server)
        .await;
    let sending = tokio::spawn(async move {
        tokio::task::spawn_blocking(move || begin.recv()).await.unwrap().unwrap();
        deliver(&url, &event("user.gone", "u1")).await;
        deliver(&url, &event("user.made", "f1")).await;
    });
    tenant.fence().await.unwrap();
    sending.await.unwrap();
    let kinds: Vec<String> = mailbox.deliveries().iter().map(|delivery| delivery.kind().to_owned()).collect();
    assert_eq!(kinds, ["scim.member.delete"]);
}

/// A fence whose event never comes ends at the deadline, and says which inbox the target could not reach.
#[tokio::test]
async fn a_lost_fence_is_told() {
    let server = fake().await;
    Mock::given(path("/users"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"id": "f1"})))
        .mount(&server)
        .await;
    let fence = "[observe.webhooks.fence]\nurl = \"/users\"\ncapture = { fence_object = \"/id\" }";
    let toml = format!("{HOOKS}{fence}").replace("\"5s\"", "\"20ms\"");
    let (_target, tenant) = tenant(&toml, &server.uri(), "t1").await;
    let error = tenant.fence().await.unwrap_err();
    let url = tenant.mailbox().await.unwrap().url().to_owned();
    assert!(matches!(&error, Unobserved::Failed(TargetError::FenceLost { inbox, .. }) if *inbox == url), "{error}");
    assert!(error.to_string().contains("(object `f1`) did not arrive within 20ms"), "{error}");
}

/// Read-back: the member is read before the delivery is answered, so that a target which commits only after our answer is
/// caught with the old state.
#[tokio::test]
async fn read_back_comes_before_the_answer() {
    let server = fake().await;
    let status = std::sync::Arc::new(std::sync::Mutex::new("active"));
    let shown = std::sync::Arc::clone(&status);
    Mock::given(path_regex("^/users/u.$"))
        .respond_with(move |_: &Request| {
            ResponseTemplate::new(200).set_body_json(json!({"status": *shown.lock().unwrap()}))
        })
        .mount(&server)
        .await;
    let (_target, tenant) = tenant(HOOKS, &server.uri(), "t1").await;
    let mailbox = tenant.mailbox_reading_back().await.unwrap();
    // The wrong target: it commits when the webhook has been answered.
    deliver(mailbox.url(), &event("user.gone", "u1")).await;
    *status.lock().unwrap() = "deactivated";
    deliver(mailbox.url(), &event("user.gone", "u2")).await;
    deliver(mailbox.url(), &event("group.changed", "u2")).await;
    let seen: Vec<Option<MemberStatus>> = mailbox
        .deliveries()
        .into_iter()
        .map(|delivery| delivery.read_back.map(|member| member.unwrap().status))
        .collect();
    assert_eq!(seen, [Some(MemberStatus::Active), Some(MemberStatus::Deactivated), None]);
}

/// While one tenant's read-back holds up its answer, deliveries of other tenants are answered.
#[tokio::test(flavor = "multi_thread")]
async fn read_back_holds_up_nobody_else() {
    let server = fake().await;
    let target = target(HOOKS, &server.uri());
    let slow = target.open_tenant("t1", &Transcript::new()).await.unwrap();
    let other = target.open_tenant("t2", &Transcript::new()).await.unwrap();
    let slow_box = slow.mailbox_reading_back().await.unwrap();
    let other_box = other.mailbox().await.unwrap();
    let (asked, was_asked) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel();
    let (asked, released) = (std::sync::Mutex::new(asked), std::sync::Mutex::new(released));
    Mock::given(path("/users/u1"))
        .respond_with(move |_: &Request| {
            asked.lock().unwrap().send(()).expect("the test waits");
            released.lock().unwrap().recv().expect("the test releases");
            ResponseTemplate::new(404)
        })
        .mount(&server)
        .await;
    let url = slow_box.url().to_owned();
    let held_up = tokio::spawn(async move { deliver(&url, &event("user.gone", "u1")).await });
    tokio::task::spawn_blocking(move || was_asked.recv()).await.unwrap().unwrap();
    assert_eq!(deliver(other_box.url(), &event("user.gone", "u2")).await, 200);
    assert!(slow_box.deliveries().is_empty(), "not filed before it is read back");
    release.send(()).unwrap();
    assert_eq!(held_up.await.unwrap(), 200);
    assert_eq!(slow_box.deliveries()[0].read_back.as_ref().unwrap().as_ref().unwrap().status, MemberStatus::Absent);
}

/// On a shared tenant a mailbox shows what its own scenario has made, and nothing of others'.
#[tokio::test]
async fn a_shared_tenant_is_seen_in_part() {
    let server = fake().await;
    for id in ["u1", "u2"] {
        Mock::given(path(format!("/scim/{id}")))
            .respond_with(ResponseTemplate::new(201).set_body_json(json!({"id": id})))
            .mount(&server)
            .await;
    }
    let target = target(&HOOKS.replace("[tenant.open]\nurl = \"/orgs\"\n", ""), &server.uri());
    let one = target.open_tenant("t1", &Transcript::new()).await.unwrap();
    let two = target.open_tenant("t2", &Transcript::new()).await.unwrap();
    let mailbox = one.mailbox_reading_back().await.unwrap();
    for (tenant, id) in [(&one, "u1"), (&two, "u2")] {
        tenant.scim().send(Sender::Idp, wire::Request::new("POST", format!("/{id}"))).await;
    }
    for user in ["u1", "u2", "somebody"] {
        deliver(mailbox.url(), &event("user.gone", user)).await;
    }
    let users: Vec<String> = mailbox.deliveries().iter().filter_map(|d| d.object_id().map(str::to_owned)).collect();
    assert_eq!(users, ["u1"]);
    let asked: Vec<String> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .filter(|request| request.url.path().starts_with("/users/"))
        .map(|request| request.url.path().to_owned())
        .collect();
    assert_eq!(asked, ["/users/u1"], "what it has not made is not read back");
    deliver(mailbox.url(), &json!({"type": "directory.synced"})).await;
    assert_eq!(mailbox.deliveries().len(), 2, "an event without an object may be ours");
}

/// Closing a tenant removes its registration, and what still comes for it is answered 404.
#[tokio::test]
async fn closing_unregisters() {
    let server = fake().await;
    let (_target, tenant) = tenant(HOOKS, &server.uri(), "t1").await;
    let mailbox = tenant.mailbox().await.unwrap();
    assert!(tenant.close().await.is_empty());
    assert_eq!(deliver(mailbox.url(), &event("user.gone", "u1")).await, 404);
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().any(|request| request.method == "DELETE" && request.url.path() == "/hooks/h1"));
}

/// A target that was told one URL by hand delivers to every open mailbox.
#[tokio::test]
async fn registered_by_hand() {
    let toml = "[target]\nurl = \"http://h\"\n[observe.webhooks]\npublic_url = \"http://tunnel.example/in\"\n";
    let target = target(toml, "");
    let one = target.open_tenant("t1", &Transcript::new()).await.unwrap().mailbox().await.unwrap();
    let two = target.open_tenant("t2", &Transcript::new()).await.unwrap().mailbox().await.unwrap();
    assert_eq!(one.url(), "http://tunnel.example/in");
    let inbox = format!("http://{}/in", target.inbox_address().unwrap());
    assert_eq!(deliver(&inbox, &event("x", "u1")).await, 200);
    assert_eq!((one.deliveries().len(), two.deliveries().len()), (1, 1));
    assert_eq!(one.deliveries()[0].signature, Signature::Valid, "it does not sign");
}

/// A port that is taken is a configuration fault with its place.
#[tokio::test]
async fn a_taken_port() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let (_target, tenant) =
        tenant(&format!("[target]\nurl = \"http://h\"\n[observe.webhooks]\nlisten = \"{address}\""), "", "t1").await;
    let error = tenant.mailbox().await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("scimulate.toml:4: the webhook inbox cannot listen on {address}: ")), "{error}");
}

/// A delivery that breaks off in its body is no delivery, and the inbox goes on.
#[tokio::test]
async fn a_broken_delivery() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let server = fake().await;
    let (target, tenant) = tenant(HOOKS, &server.uri(), "t1").await;
    let mailbox = tenant.mailbox().await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(target.inbox_address().unwrap()).await.unwrap();
    stream.write_all(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert_eq!(deliver(mailbox.url(), &event("user.gone", "u1")).await, 200);
    assert_eq!(mailbox.deliveries().len(), 1);
}
