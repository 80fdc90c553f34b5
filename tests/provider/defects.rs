//! Each defect really makes the provider wrong, over HTTP, in the way that its summary states; and the provider without
//! it is right in the same place. (That the suite catches each is `tests/defects.rs`.)

use std::{collections::BTreeMap, time::Duration};

use crate::{
    security_events::types,
    support::{USER, World, user},
};
use reqwest::Method;
use scimulate::provider::defect::DEFECTS;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

/// Looks for one defect: `true` if the provider has it.
type Symptom = fn(World) -> std::pin::Pin<Box<dyn Future<Output = bool>>>;

macro_rules! symptom {
    (|$world:ident| $body:block) => {
        |$world: World| Box::pin(async move { $body })
    };
}

async fn active(world: &World, id: &str, op: &str, value: Value) -> u16 {
    world.patch(&format!("/Users/{id}"), json!([{"op": op, "path": "active", "value": value}])).await.status
}

async fn event_types(world: &World) -> Vec<String> {
    world.events().await.into_iter().map(|(kind, _)| kind).collect()
}

/// A member of a group that gives a role.
async fn auditor(world: &World) -> (String, String) {
    world.make_roles(&["auditor", "editor"]).await;
    let ada = world.user("ada").await;
    let group = world.group("Auditors", &[&ada]).await;
    world.map(&group, "auditor").await;
    (ada, group)
}

/// A receiver, registered for the organization's events.
async fn receiver(world: &World, mock: Mock) -> MockServer {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = MockServer::builder().listener(listener).start().await;
    mock.mount(&server).await;
    let body = json!({"url": server.uri(), "organization_id": world.base.organization_id});
    world.api(Method::POST, "/v1/webhooks/endpoints", body).await.expect(200);
    server
}

/// What arrived until the event of another member came, which is sent after all others.
async fn arrived(world: &World, server: &MockServer) -> Vec<Request> {
    let body = json!({"email_address": "fence@example.com"});
    world.api(Method::POST, &world.organization("/members"), body).await.expect(200);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        let requests = server.received_requests().await.expect("recorded requests");
        let fence = |request: &Request| String::from_utf8_lossy(&request.body).contains("fence@example.com");
        if requests.iter().any(fence) {
            return requests.into_iter().filter(|request| !fence(request)).collect();
        }
        assert!(tokio::time::Instant::now() < deadline, "the fence did not arrive");
        tokio::task::yield_now().await;
    }
}

fn symptoms() -> BTreeMap<&'static str, Symptom> {
    let mut symptoms: BTreeMap<&'static str, Symptom> = BTreeMap::new();
    let mut add = |id, symptom: Symptom| assert!(symptoms.insert(id, symptom).is_none(), "{id} twice");

    add(
        "session-revoked-not-signalled",
        symptom!(|world| {
            let stream = world.stream(json!({})).await;
            let ada = world.user("ada").await;
            active(&world, &ada, "replace", json!(false)).await;
            !types(&world.drain(&stream).await).iter().any(|kind| kind.ends_with("session-revoked"))
        }),
    );
    add(
        "deletion-signalled-as-feed-remove",
        symptom!(|world| {
            let stream = world.stream(json!({})).await;
            let ada = world.user("ada").await;
            world.delete(&format!("/Users/{ada}")).await;
            types(&world.drain(&stream).await).contains(&"feed:remove".to_owned())
        }),
    );
    add(
        "sessions-survive-patch",
        symptom!(|world| {
            let (ada, bob) = (world.user("ada").await, world.user("bob").await);
            let (patched, put) = (world.sign_in(&ada).await, world.sign_in(&bob).await);
            active(&world, &ada, "replace", json!(false)).await;
            let mut body = user("bob");
            body["active"] = json!(false);
            world.put(&format!("/Users/{bob}"), body).await.expect(200);
            world.is_open(&patched).await && !world.is_open(&put).await
        }),
    );
    add(
        "newest-session-only-revoked",
        symptom!(|world| {
            let ada = world.user("ada").await;
            let (old, new) = (world.sign_in(&ada).await, world.sign_in(&ada).await);
            active(&world, &ada, "replace", json!(false)).await;
            world.is_open(&old).await && !world.is_open(&new).await
        }),
    );
    add(
        "bystander-sessions-revoked",
        symptom!(|world| {
            let (ada, bob) = (world.user("ada").await, world.user("bob").await);
            let session = world.sign_in(&bob).await;
            active(&world, &ada, "replace", json!(false)).await;
            !world.is_open(&session).await
        }),
    );
    add(
        "delete-leaves-member-active",
        symptom!(|world| {
            let ada = world.user("ada").await;
            let session = world.sign_in(&ada).await;
            let gone = world.delete(&format!("/Users/{ada}")).await.status == 204;
            gone && world.status(&ada).await == "active" && world.is_open(&session).await
        }),
    );
    add(
        "group-roles-stay-after-removal",
        symptom!(|world| {
            let (ada, group) = auditor(&world).await;
            let path = format!("members[value eq \"{ada}\"]");
            world.patch(&format!("/Groups/{group}"), json!([{"op": "remove", "path": path}])).await.expect(200);
            world.roles(&ada).await == ["auditor"]
        }),
    );
    add(
        "rename-detaches-role",
        symptom!(|world| {
            let (ada, group) = auditor(&world).await;
            let rename = json!([{"op": "replace", "path": "displayName", "value": "Audit"}]);
            world.patch(&format!("/Groups/{group}"), rename).await.expect(200);
            world.roles(&ada).await.is_empty()
        }),
    );
    add(
        "explicit-roles-return-on-reactivation",
        symptom!(|world| {
            world.make_roles(&["editor"]).await;
            let ada = world.user("ada").await;
            world.set_roles(&ada, json!(["editor"])).await;
            active(&world, &ada, "replace", json!(false)).await;
            active(&world, &ada, "replace", json!(true)).await;
            world.roles(&ada).await == ["editor"]
        }),
    );
    add(
        "old-session-revives-on-reactivation",
        symptom!(|world| {
            let ada = world.user("ada").await;
            let session = world.sign_in(&ada).await;
            active(&world, &ada, "replace", json!(false)).await;
            let closed = !world.is_open(&session).await;
            active(&world, &ada, "replace", json!(true)).await;
            closed && world.is_open(&session).await
        }),
    );
    add(
        "noop-emits-event",
        symptom!(|world| {
            let ada = world.user("ada").await;
            world.listen().await;
            world.put(&format!("/Users/{ada}"), user("ada")).await.expect(200);
            event_types(&world).await == ["scim.member.update"]
        }),
    );
    add(
        "event-emitted-twice",
        symptom!(|world| {
            world.listen().await;
            world.user("ada").await;
            event_types(&world).await == ["scim.member.create", "scim.member.create"]
        }),
    );
    add(
        "deprovision-sent-as-update",
        symptom!(|world| {
            let ada = world.user("ada").await;
            world.listen().await;
            active(&world, &ada, "replace", json!(false)).await;
            event_types(&world).await == ["scim.member.update"] && world.status(&ada).await == "deleted"
        }),
    );
    add(
        "webhook-sent-twice",
        symptom!(|world| {
            let server = receiver(&world, Mock::given(any()).respond_with(ResponseTemplate::new(200))).await;
            world.user("ada").await;
            arrived(&world, &server).await.len() == 2
        }),
    );
    add(
        "webhook-unsigned",
        symptom!(|world| {
            let server = receiver(&world, Mock::given(any()).respond_with(ResponseTemplate::new(200))).await;
            world.user("ada").await;
            let requests = arrived(&world, &server).await;
            assert_eq!(requests.len(), 1);
            !requests[0].headers.contains_key("webhook-signature")
                && !requests[0].headers.contains_key("svix-signature")
        }),
    );
    add(
        "webhook-before-commit",
        symptom!(|world| {
            let ada = world.user("ada").await;
            let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
            // The receiver answers from a thread without a runtime: it reads the member back with a client of its own.
            let url =
                format!("{}{}", world.provider.api_base_url(), world.organization(&format!("/member?member_id={ada}")));
            let (user_name, password) = (world.provider.project_id(), world.provider.project_secret());
            let note = std::sync::Arc::clone(&seen);
            let respond = move |request: &Request| {
                let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
                if body["object_type"] == "member" && body["action"] == "DELETE" {
                    let status = read_back(&url, &user_name, &password);
                    note.lock().expect("a lock").push(status);
                }
                ResponseTemplate::new(200)
            };
            let server = receiver(&world, Mock::given(any()).respond_with(respond)).await;
            active(&world, &ada, "replace", json!(false)).await;
            assert_eq!(world.status(&ada).await, "deleted");
            arrived(&world, &server).await;
            let seen = seen.lock().expect("a lock").clone();
            assert_eq!(seen.len(), 1, "{seen:?}");
            seen[0] == "active"
        }),
    );
    add(
        "string-false-ignored",
        symptom!(|world| {
            let ada = world.user("ada").await;
            active(&world, &ada, "Replace", json!("False")).await == 200 && world.status(&ada).await == "active"
        }),
    );
    add(
        "op-case-sensitive",
        symptom!(|world| {
            let ada = world.user("ada").await;
            active(&world, &ada, "Replace", json!(false)).await == 400
                && active(&world, &ada, "replace", json!(false)).await == 200
        }),
    );
    add(
        "add-active-ignored",
        symptom!(|world| {
            let ada = world.user("ada").await;
            active(&world, &ada, "Add", json!(false)).await == 200 && world.status(&ada).await == "active"
        }),
    );
    add(
        "pathless-patch-ignored",
        symptom!(|world| {
            let ada = world.user("ada").await;
            let reply =
                world.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "value": {"active": false}}])).await;
            reply.status == 200 && world.status(&ada).await == "active"
        }),
    );
    add(
        "put-ignores-active",
        symptom!(|world| {
            let ada = world.user("ada").await;
            let mut body = user("ada");
            (body["active"], body["title"]) = (json!(false), json!("Countess"));
            let reply = world.put(&format!("/Users/{ada}"), body).await.expect(200);
            reply.json["title"] == "Countess" && world.status(&ada).await == "active"
        }),
    );
    add(
        "members-remove-value-empties-group",
        symptom!(|world| {
            let (ada, bob) = (world.user("ada").await, world.user("bob").await);
            let group = world.group("Team", &[&ada, &bob]).await;
            let remove = json!([{"op": "Remove", "path": "members", "value": [{"value": bob}]}]);
            world.patch(&format!("/Groups/{group}"), remove).await.expect(200);
            world.get(&format!("/Groups/{group}")).await.json["members"].as_array().is_none_or(Vec::is_empty)
        }),
    );
    add(
        "inactive-hidden-from-filter",
        symptom!(|world| {
            let ada = world.user("ada").await;
            active(&world, &ada, "replace", json!(false)).await;
            let found = world.filter("/Users", "userName eq \"ada@example.com\"").await.expect(200);
            found.json["totalResults"] == 0 && world.get(&format!("/Users/{ada}")).await.status == 200
        }),
    );
    add("filter-miss-404", symptom!(|world| { world.filter("/Users", "userName eq \"nobody\"").await.status == 404 }));
    add(
        "duplicate-create-200",
        symptom!(|world| {
            let ada = world.user("ada").await;
            let again = world.post("/Users", json!({"schemas": [USER], "userName": "ada@example.com"})).await;
            again.status == 200 && again.id() == ada
        }),
    );
    add(
        "sign-in-after-deactivation",
        symptom!(|world| {
            let ada = world.user("ada").await;
            let session = world.sign_in(&ada).await;
            active(&world, &ada, "replace", json!(false)).await;
            let refused = !world.is_open(&session).await && world.status(&ada).await == "deleted";
            refused && world.try_sign_in(&ada).await.status == 200
        }),
    );
    symptoms
}

/// The member's status over plain HTTP/1.1, without a runtime.
fn read_back(url: &str, user_name: &str, password: &str) -> String {
    use std::io::{Read as _, Write as _};

    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let url: reqwest::Url = url.parse().expect("a URL");
    let address = (url.host_str().expect("a host"), url.port().expect("a port"));
    let mut stream = std::net::TcpStream::connect(address).expect("a connection");
    let credentials = STANDARD.encode(format!("{user_name}:{password}"));
    let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic {credentials}\r\nconnection: close\r\n\r\n"
    )
    .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let body = answer.split_once("\r\n\r\n").expect("a body").1;
    let json: Value = serde_json::from_str(body).expect("JSON");
    json["member"]["status"].as_str().expect("a status").to_owned()
}

/// Each defect shows its symptom, and the right provider does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_defect_makes_the_provider_wrong_in_its_own_way() {
    let symptoms = symptoms();
    for defect in DEFECTS {
        let Some(symptom) = symptoms.get(defect.id) else {
            panic!("tests/provider/defects.rs has no symptom for {}: add one", defect.id);
        };
        assert!(symptom(World::with_defect(defect.id).await).await, "{}: the provider is not wrong", defect.id);
        assert!(!symptom(World::new().await).await, "{}: the right provider shows it as well", defect.id);
    }
    assert_eq!(symptoms.len(), DEFECTS.len(), "a symptom without a defect");
}

/// Ids are unique and well formed, sources are links, and every defect says what must catch it.
#[test]
fn the_registry_is_complete() {
    let mut ids: Vec<&str> = DEFECTS.iter().map(|defect| defect.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), DEFECTS.len());
    for defect in DEFECTS {
        assert!(
            defect.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{}",
            defect.id
        );
        assert!(defect.source.starts_with("https://"), "{}", defect.id);
        assert!(!defect.caught_by.is_empty() && !defect.summary.is_empty(), "{}", defect.id);
    }
}

/// A misspelt defect is refused at the start, with the name that was meant.
#[tokio::test]
async fn an_unknown_defect_is_refused() {
    use scimulate::provider::app::{Options, start};
    let options = Options { defects: vec!["webhook-unsinged".to_owned()], ..Options::default() };
    let refused = start(options).await.err().expect("a refusal");
    assert!(refused.to_string().contains("did you mean `webhook-unsigned`"), "{refused}");
}
