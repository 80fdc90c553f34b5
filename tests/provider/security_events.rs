//! Security event tokens end to end: a stream is configured, changes are made over SCIM and the management API, and a
//! receiver reads what it gets by push (RFC 8935) and by poll (RFC 8936).

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::Method;
use scimulate::provider::{app::Options, clock::Clock};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::support::{Reply, World, user};

const PUSH: &str = "urn:ietf:rfc:8935";
const SCIM: &str = "urn:ietf:params:scim:event:";
const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

impl World {
    /// A call of the framework's API, as the holder of a connection's token.
    async fn ssf(&self, token: &str, method: Method, path: &str, body: Value) -> Reply {
        let url = format!("{}{path}", self.provider.api_base_url());
        let mut request = self.http.request(method, url).bearer_auth(token);
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a text");
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply { status, headers, text, json }
    }

    async fn own(&self, method: Method, path: &str, body: Value) -> Reply {
        self.ssf(&self.base.scim_token, method, path, body).await
    }

    /// A stream; returns its id.
    pub async fn stream(&self, body: Value) -> String {
        let made = self.own(Method::POST, "/v1/ssf/streams", body).await.expect(201);
        made.json["stream_id"].as_str().expect("an id").to_owned()
    }

    async fn poll(&self, stream: &str, body: Value) -> Reply {
        self.own(Method::POST, &format!("/v1/ssf/poll/{stream}"), body).await.expect(200)
    }

    /// Fetches and acknowledges everything that is pending: short event types, oldest first.
    pub async fn drain(&self, stream: &str) -> Vec<Value> {
        let found = self.poll(stream, json!({"returnImmediately": true})).await;
        let mut events = claims(&found.json);
        events.sort_by_key(|claims| claims["jti"].as_str().map(str::to_owned));
        let ack: Vec<&Value> = events.iter().map(|claims| &claims["jti"]).collect();
        self.poll(stream, json!({"returnImmediately": true, "maxEvents": 0, "ack": ack})).await;
        events
    }
}

fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).expect("three parts");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

/// The claims of all tokens in the answer to a poll.
fn claims(answer: &Value) -> Vec<Value> {
    let sets = answer["sets"].as_object().expect("sets");
    sets.values().map(|token| part(token.as_str().expect("a token"), 1)).collect()
}

/// Event types, without the prefix of SCIM's.
pub fn types(events: &[Value]) -> Vec<String> {
    let one = |claims: &Value| {
        let events = claims["events"].as_object().expect("events");
        assert_eq!(events.len(), 1, "{claims}");
        events.keys().next().expect("one").replace(SCIM, "")
    };
    events.iter().map(one).collect()
}

/// A receiver that tells of each push while it answers.
struct Pushed {
    server: MockServer,
    coming: mpsc::UnboundedReceiver<wiremock::Request>,
    came: Vec<wiremock::Request>,
}

/// A receiver with these answers, the last of which it repeats.
async fn receiver(answers: impl IntoIterator<Item = ResponseTemplate>) -> Pushed {
    let server = MockServer::start().await;
    let (tell, coming) = mpsc::unbounded_channel();
    let answers = Mutex::new(answers.into_iter().collect::<VecDeque<_>>());
    let answer = move |request: &wiremock::Request| {
        tell.send(request.clone()).expect("the test listens");
        let mut answers = answers.lock().expect("no panic");
        if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }.expect("an answer")
    };
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    Pushed { server, coming, came: Vec::new() }
}

/// All pushes, once there are that many; each as request and claims.
async fn received(pushed: &mut Pushed, count: usize) -> Vec<(wiremock::Request, Value)> {
    while pushed.came.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(10), pushed.coming.recv()).await;
        let Ok(Some(next)) = next else { panic!("{count} pushes were expected, {} came", pushed.came.len()) };
        pushed.came.push(next);
    }
    while let Ok(more) = pushed.coming.try_recv() {
        pushed.came.push(more);
    }
    let read = |request: &wiremock::Request| {
        let token = String::from_utf8(request.body.clone()).expect("a text");
        (request.clone(), part(&token, 1))
    };
    pushed.came.iter().map(read).collect()
}

async fn deactivate(world: &World, id: &str) {
    let operation = json!([{"op": "replace", "path": "active", "value": false}]);
    world.patch(&format!("/Users/{id}"), operation).await.expect(200);
}

/// Protects receivers that are pushed to: media type, credentials, signature, order, subjects; and the credentials, which
/// nobody gets to see again.
#[tokio::test]
async fn tokens_are_pushed_in_order() {
    let world = World::new().await;
    let mut server = receiver([ResponseTemplate::new(202)]).await;
    let delivery =
        json!({"method": PUSH, "endpoint_url": server.server.uri(), "authorization_header": "Bearer s3cret"});
    let stream = world.stream(json!({"delivery": delivery})).await;
    let ada = world.user("ada").await;
    world.sign_in(&ada).await;
    deactivate(&world, &ada).await;
    let pushed = received(&mut server, 4).await;
    let events: Vec<Value> = pushed.iter().map(|(_, claims)| claims.clone()).collect();
    let expected = ["prov:create:full", "prov:patch:full", "prov:deactivate", SESSION_REVOKED];
    assert_eq!(types(&events), expected);
    for (request, claims) in &pushed {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header("content-type"), Some("application/secevent+jwt"));
        assert_eq!(header("authorization"), Some("Bearer s3cret"));
        let token = String::from_utf8(request.body.clone()).expect("a text");
        let head = part(&token, 0);
        assert_eq!((&head["typ"], &head["alg"]), (&json!("secevent+jwt"), &json!("RS256")));
        assert_eq!(claims["iss"], world.provider.api_base_url());
        assert_eq!(claims["aud"], world.base.connection_id);
        assert!(claims.get("sub").is_none() && claims.get("exp").is_none(), "{claims}");
    }
    let subject = json!({"format": "scim", "uri": format!("/Users/{ada}"), "externalId": "ext-ada"});
    assert_eq!(events[0]["sub_id"], subject);
    let data = &events[0]["events"][format!("{SCIM}prov:create:full")]["data"];
    assert_eq!((&data["id"], &data["userName"]), (&json!(ada), &json!("ada@example.com")));
    let patch = &events[1]["events"][format!("{SCIM}prov:patch:full")];
    assert_eq!(patch["data"]["Operations"], json!([{"op": "replace", "path": "active", "value": false}]));
    assert_eq!(patch["version"], "W/\"2\"");
    assert_eq!(events[1]["txn"], events[3]["txn"], "one request, one transaction");
    assert_ne!(events[0]["txn"], events[1]["txn"]);
    assert_eq!(events[3]["sub_id"]["user"]["sub"], ada);
    assert_eq!(events[3]["events"][SESSION_REVOKED]["reason_admin"]["en"], "the member was deprovisioned");
    let shown = world.own(Method::GET, &format!("/v1/ssf/streams?stream_id={stream}"), Value::Null).await.expect(200);
    assert!(!shown.text.contains("s3cret"), "{}", shown.text);
}

/// Protects against loss and disorder: what is refused is sent again with the same `jti`, and holds up what follows; what
/// the receiver calls invalid is not sent again.
#[tokio::test]
async fn a_refused_token_is_sent_again_and_an_invalid_one_is_not() {
    let clock = Clock::manual(time::OffsetDateTime::now_utc());
    let world = World::with(Options { clock: clock.clone(), ..Options::default() }).await;
    let invalid = ResponseTemplate::new(400).set_body_json(json!({"err": "invalid_key", "description": "no such kid"}));
    let mut server =
        receiver([ResponseTemplate::new(503), ResponseTemplate::new(202), invalid, ResponseTemplate::new(202)]).await;
    let wanted = [format!("{SCIM}prov:create:notice"), format!("{SCIM}prov:delete")];
    let delivery = json!({"method": PUSH, "endpoint_url": server.server.uri()});
    let stream = world.stream(json!({"delivery": delivery, "events_requested": wanted})).await;
    let ada = world.user("ada").await;
    received(&mut server, 1).await;
    let bob = world.user("bob").await;
    world.delete(&format!("/Users/{ada}")).await.expect(204);
    clock.advance(Duration::from_secs(10));
    // What is written into a stream has the pusher look at the clock.
    world.own(Method::POST, "/v1/ssf/verify", json!({"stream_id": stream})).await.expect(204);
    let pushed = received(&mut server, 5).await;
    let events: Vec<Value> = pushed.into_iter().map(|(_, claims)| claims).collect();
    let told = ["prov:create:notice", "prov:create:notice", "prov:create:notice", "prov:delete"];
    assert_eq!(types(&events[..4]), told);
    assert_eq!(types(&events[4..]), ["https://schemas.openid.net/secevent/ssf/event-type/verification"]);
    assert_eq!(events[0]["jti"], events[1]["jti"], "the same token again");
    assert_eq!(events[2]["sub_id"]["uri"], format!("/Users/{bob}"));
    let notice = &events[0]["events"][format!("{SCIM}prov:create:notice")];
    assert!(notice.get("data").is_none(), "{notice}");
    assert!(notice["attributes"].as_array().is_some_and(|names| names.contains(&json!("userName"))), "{notice}");
}

/// Protects receivers that poll: as many as they ask for, whether there are more, nothing twice that they have, and errors
/// taken for an answer (RFC 8936 section 2).
#[tokio::test]
async fn a_receiver_polls() {
    let world = World::new().await;
    let stream = world.stream(json!({"events_requested": [format!("{SCIM}prov:create:full")]})).await;
    for name in ["ada", "bob", "eve"] {
        world.user(name).await;
    }
    let first = world.poll(&stream, json!({"maxEvents": 2, "returnImmediately": true})).await.json;
    assert_eq!((first["sets"].as_object().map(serde_json::Map::len), &first["moreAvailable"]), (Some(2), &json!(true)));
    let again = world.poll(&stream, json!({"maxEvents": 2, "returnImmediately": true})).await.json;
    let jtis = |answer: &Value| answer["sets"].as_object().expect("sets").keys().cloned().collect::<Vec<_>>();
    assert_eq!(jtis(&first), jtis(&again), "what is not acknowledged comes again");
    let (good, bad) = (jtis(&first)[0].clone(), jtis(&first)[1].clone());
    let body = json!({"returnImmediately": true, "ack": [good, "unknown"], "setErrs": {bad: {"err": "invalid_key", "description": "?"}}});
    let rest = world.poll(&stream, body).await.json;
    assert_eq!((jtis(&rest).len(), &rest["moreAvailable"]), (1, &json!(false)));
    assert!(!jtis(&first).contains(&jtis(&rest)[0]));
    assert_eq!(jtis(&world.poll(&stream, json!({"maxEvents": 0, "ack": jtis(&rest)})).await.json), [""; 0]);
    let waiting = world.poll(&stream, json!({}));
    let coming = async {
        // A round trip, so that the poll is there before the event.
        world.get("/Users").await.expect(200);
        world.user("joan").await
    };
    let (came, joan) = tokio::join!(waiting, coming);
    assert_eq!(claims(&came.json)[0]["sub_id"]["uri"], format!("/Users/{joan}"), "a poll that waits hears of it");
}

/// Protects what a stream's status promises: paused holds, disabled drops (SSF 1.0 section 8.1.2); and verification.
#[tokio::test]
async fn a_stream_is_paused_disabled_and_verified() {
    let world = World::new().await;
    let stream = world.stream(json!({"events_requested": [format!("{SCIM}prov:create:full")]})).await;
    let status = async |status: &str| {
        let body = json!({"stream_id": stream, "status": status, "reason": "a test"});
        let answer = world.own(Method::POST, "/v1/ssf/status", body).await.expect(200).json;
        assert_eq!(answer, json!({"stream_id": stream, "status": status, "reason": "a test"}));
    };
    status("paused").await;
    world.user("ada").await;
    assert_eq!(world.drain(&stream).await.len(), 0);
    status("enabled").await;
    assert_eq!(types(&world.drain(&stream).await), ["prov:create:full"]);
    status("paused").await;
    world.user("bob").await;
    status("disabled").await;
    world.user("eve").await;
    status("enabled").await;
    assert_eq!(world.drain(&stream).await.len(), 0, "who disables a stream gives up what it holds");
    let verify = json!({"stream_id": stream, "state": "xyz"});
    world.own(Method::POST, "/v1/ssf/verify", verify).await.expect(204);
    let events = world.drain(&stream).await;
    assert_eq!(events[0]["sub_id"], json!({"format": "opaque", "id": stream}));
    assert_eq!(events[0]["events"]["https://schemas.openid.net/secevent/ssf/event-type/verification"]["state"], "xyz");
    let wrong = json!({"stream_id": stream, "status": "resting"});
    world.own(Method::POST, "/v1/ssf/status", wrong).await.expect(400);
}

/// Protects one company's streams from another: not yours and not there look the same, to every call.
#[tokio::test]
async fn streams_of_others_do_not_exist() {
    let world = World::new().await;
    let stream = world.stream(json!({})).await;
    let other =
        world.api(Method::POST, "/v1/b2b/organizations", json!({"organization_name": "Other"})).await.expect(200);
    let path =
        format!("/v1/b2b/scim/{}/connection", other.json["organization"]["organization_id"].as_str().expect("an id"));
    let made = world.api(Method::POST, &path, json!({})).await.expect(200);
    let token = made.json["connection"]["bearer_token"].as_str().expect("a token").to_owned();
    let calls = |id: &str| {
        [
            (Method::GET, format!("/v1/ssf/streams?stream_id={id}"), Value::Null),
            (Method::PATCH, "/v1/ssf/streams".to_owned(), json!({"stream_id": id, "description": "mine"})),
            (Method::PUT, "/v1/ssf/streams".to_owned(), json!({"stream_id": id})),
            (Method::DELETE, format!("/v1/ssf/streams?stream_id={id}"), Value::Null),
            (Method::GET, format!("/v1/ssf/status?stream_id={id}"), Value::Null),
            (Method::POST, "/v1/ssf/status".to_owned(), json!({"stream_id": id, "status": "disabled"})),
            (Method::POST, "/v1/ssf/verify".to_owned(), json!({"stream_id": id})),
            (Method::POST, format!("/v1/ssf/poll/{id}"), json!({"returnImmediately": true})),
        ]
    };
    for ((method, foreign, body), (_, missing, nothing)) in calls(&stream).into_iter().zip(calls("event-stream-test-0"))
    {
        let seen = |reply: Reply| (reply.status, reply.json["error_type"].clone(), reply.json["error_message"].clone());
        let one = seen(world.ssf(&token, method.clone(), &foreign, body).await);
        let two = seen(world.ssf(&token, method.clone(), &missing, nothing).await);
        assert_eq!((one.0, &one.1), (404, &json!("event_stream_not_found")), "{method} {foreign}");
        assert_eq!(one, two, "{method} {foreign}");
    }
    let listed = world.ssf(&token, Method::GET, "/v1/ssf/streams", Value::Null).await.expect(200);
    assert_eq!(listed.json, json!([]));
    for token in ["", "wrong", &world.provider.project_secret()] {
        let refused = world.ssf(token, Method::POST, &format!("/v1/ssf/poll/{stream}"), json!({})).await;
        assert_eq!((refused.status, refused.header("www-authenticate").contains("Bearer")), (401, true));
    }
    let by_backend = world.api(Method::GET, &format!("/v1/ssf/streams?stream_id={stream}"), Value::Null).await;
    assert_eq!(by_backend.expect(200).json["aud"], world.base.connection_id);
    let foreign = other.json["organization"]["organization_id"].as_str().expect("an id");
    let own = |key: &str| format!("/v1/ssf/streams?organization_id={key}");
    let made = world.own(Method::POST, &own(foreign), json!({})).await.expect(404);
    assert_eq!(made.json["error_type"], "organization_not_found");
    world.api(Method::POST, &own(foreign), json!({})).await.expect(201);
    world.api(Method::POST, "/v1/ssf/streams", json!({})).await.expect(400);
}

/// Protects a stream's configuration: what the receiver decides can be changed and taken back, what the transmitter says
/// cannot, and tokens never travel in clear beyond this machine.
#[tokio::test]
async fn a_stream_is_configured() {
    let world = World::new().await;
    let stream = world
        .stream(json!({"description": "d", "events_requested": ["urn:unknown", format!("{SCIM}prov:delete")]}))
        .await;
    let path = format!("/v1/ssf/streams?stream_id={stream}");
    let read = world.own(Method::GET, &path, Value::Null).await.expect(200).json;
    assert_eq!(read["events_delivered"], json!([format!("{SCIM}prov:delete")]));
    assert_eq!(read["delivery"]["method"], "urn:ietf:rfc:8936");
    // What was read can be written back.
    let back = world.own(Method::PUT, "/v1/ssf/streams", read.clone()).await.expect(200).json;
    assert_eq!(back, read);
    let patched = json!({"stream_id": stream, "description": "e"});
    let patched = world.own(Method::PATCH, "/v1/ssf/streams", patched).await.expect(200).json;
    assert_eq!((&patched["description"], &patched["events_requested"]), (&json!("e"), &read["events_requested"]));
    let replaced = world.own(Method::PUT, "/v1/ssf/streams", json!({"stream_id": stream})).await.expect(200).json;
    assert!(replaced.get("description").is_none() && replaced.get("events_requested").is_none(), "{replaced}");
    let push = |url: &str| json!({"delivery": {"method": PUSH, "endpoint_url": url}});
    for wrong in [
        json!({"aud": "somebody"}),
        json!({"descripton": "a typo"}),
        json!({"delivery": {"method": "urn:ietf:rfc:1149"}}),
        json!({"delivery": {"method": PUSH}}),
        json!({"delivery": {"method": PUSH, "endpoint_url": "https://a.example", "authorization_header": "a\nb"}}),
        json!({"events_requested": vec!["x"; 101]}),
        push("http://receiver.example/events"),
        push("ftp://localhost/"),
        push("not a url"),
    ] {
        let refused = world.own(Method::POST, "/v1/ssf/streams", wrong.clone()).await.expect(400);
        assert!(refused.json["error_message"].as_str().is_some_and(|text| !text.is_empty()), "{wrong}");
    }
    let other = json!({"stream_id": stream, "aud": "somebody else"});
    world.own(Method::PATCH, "/v1/ssf/streams", other).await.expect(400);
    for _ in 1..10 {
        world.stream(json!({})).await;
    }
    world.own(Method::POST, "/v1/ssf/streams", json!({})).await.expect(409);
    world.own(Method::DELETE, &path, Value::Null).await.expect(204);
    world.own(Method::GET, &path, Value::Null).await.expect(404);
}

/// Protects receivers that mirror a directory: groups and their members, accounts that join, and all that leaves with the
/// connection, the stream itself last.
#[tokio::test]
async fn groups_and_the_end_of_the_connection_are_told() {
    let world = World::new().await;
    let mut server = receiver([ResponseTemplate::new(202)]).await;
    world.stream(json!({"delivery": {"method": PUSH, "endpoint_url": server.server.uri()}})).await;
    world
        .api(Method::POST, &world.organization("/members"), json!({"email_address": "ada@example.com"}))
        .await
        .expect(200);
    let ada = world.post("/Users", user("ada")).await.expect(201).id();
    let team = world.group("Team", &[]).await;
    let add = json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]);
    world.patch(&format!("/Groups/{team}"), add).await.expect(200);
    let path = format!("/v1/b2b/scim/{}/connection/{}", world.base.organization_id, world.base.connection_id);
    world.api(Method::DELETE, &path, Value::Null).await.expect(200);
    let events: Vec<Value> = received(&mut server, 7).await.into_iter().map(|(_, claims)| claims).collect();
    let updated = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated";
    let expected =
        ["feed:add", "prov:create:full", "prov:create:full", "prov:patch:full", "feed:remove", "prov:delete", updated];
    assert_eq!(types(&events), expected);
    let operations = &events[3]["events"][format!("{SCIM}prov:patch:full")]["data"]["Operations"];
    assert_eq!(operations, &json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]));
    assert_eq!(events[5]["sub_id"]["uri"], format!("/Groups/{team}"));
    assert_eq!(events[6]["events"][updated]["status"], "disabled");
}

/// Protects asynchronous clients: 202 only for who prefers it, will not wait and can hear of the end (RFC 9967
/// section 2.5.1).
#[tokio::test]
async fn a_request_can_be_answered_later() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let path = format!("/Users/{ada}");
    let put = async |prefer: &str, title: &str| {
        let mut body = user("ada");
        body["title"] = title.into();
        let request = world.scim(Method::PUT, &path).header("content-type", "application/scim+json");
        request.header("prefer", prefer).raw(body.to_string()).go().await
    };
    put("respond-async", "a").await.expect(200);
    let configuration = world.get("/ServiceProviderConfig").await.expect(200);
    assert_eq!(configuration.json.get("securityEvents"), None, "nobody hears of events");
    let stream = world.stream(json!({"events_requested": [format!("{SCIM}misc:asyncresp")]})).await;
    let configuration = world.get("/ServiceProviderConfig").await.expect(200);
    assert_eq!(configuration.json["securityEvents"]["asyncRequest"], "request");
    let stranger = world.anonymous(Method::GET, "/ServiceProviderConfig").go().await.expect(200);
    assert_eq!(stranger.json.get("securityEvents"), None, "a stranger learns that there is a stream");
    put("return=minimal", "b").await.expect(200);
    put("respond-async, wait=10", "c").await.expect(200);
    let later = put("respond-async", "d").await.expect(202);
    assert_eq!((later.text.as_str(), later.header("preference-applied")), ("", "respond-async"));
    assert!(later.header("location").ends_with(&path), "{}", later.header("location"));
    assert_eq!(world.get(&path).await.expect(200).json["title"], "d");
    let events = world.drain(&stream).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["txn"], later.header("set-txn"));
    let payload = &events[0]["events"][format!("{SCIM}misc:asyncresp")];
    assert_eq!((&payload["method"], &payload["status"]), (&json!("PUT"), &json!("200")));
}

/// Protects what a killed or stopped provider still owes: events outlive it, and go out by the next one.
#[tokio::test]
async fn events_outlive_the_provider() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = || Options { data: Some(folder.path().join("data.db")), ..Options::default() };
    let world = World::with(options()).await;
    let mut dead = receiver([ResponseTemplate::new(503)]).await;
    let delivery = json!({"method": PUSH, "endpoint_url": dead.server.uri()});
    let stream =
        world.stream(json!({"delivery": delivery, "events_requested": [format!("{SCIM}prov:create:full")]})).await;
    world.user("ada").await;
    let refused = received(&mut dead, 1).await;
    world.provider.shutdown().await;
    let world = World::with(options()).await;
    let mut alive = receiver([ResponseTemplate::new(202)]).await;
    let delivery = json!({"method": PUSH, "endpoint_url": alive.server.uri()});
    world.own(Method::PATCH, "/v1/ssf/streams", json!({"stream_id": stream, "delivery": delivery})).await.expect(200);
    let pushed = received(&mut alive, 1).await;
    assert_eq!(pushed[0].1["jti"], refused[0].1["jti"]);
}

/// Protects who was revoked by a caller of the API: the one session is told, and nothing of members that SCIM did not
/// bring.
#[tokio::test]
async fn a_revoked_session_is_told() {
    let world = World::new().await;
    let stream = world.stream(json!({"events_requested": [SESSION_REVOKED]})).await;
    let ada = world.user("ada").await;
    let made =
        world.api(Method::POST, &world.organization("/members"), json!({"email_address": "eve@example.com"})).await;
    let eve = made.expect(200).json["member_id"].as_str().expect("an id").to_owned();
    for member in [&ada, &eve] {
        world.sign_in(member).await;
        world.api(Method::POST, "/v1/b2b/sessions/revoke", json!({"member_id": member})).await.expect(200);
    }
    let events = world.drain(&stream).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["sub_id"]["user"]["sub"], ada);
    assert!(events[0]["sub_id"]["session"]["id"].as_str().is_some_and(|id| id.starts_with("member-session-")));
    assert_eq!(events[0]["events"][SESSION_REVOKED]["initiating_entity"], "admin");
}
