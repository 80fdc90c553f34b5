//! How a tenant is opened, used side by side, and left.

use scimulate::{
    target::Unobserved,
    wire::{Request, Sender, Transcript},
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, header, method, path, query_param},
};

use crate::target;

async fn server() -> MockServer {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    MockServer::builder().listener(listener).start().await
}

async fn answer(server: &MockServer, verb: &str, at: &str, status: u16, body: serde_json::Value) {
    Mock::given(method(verb))
        .and(path(at))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(server)
        .await;
}

async fn paths(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.expect("recording is on");
    requests.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect()
}

const OWN: &str = r#"
[target]
url = "{{ scim_url }}?flag"
auth = { bearer = "{{ scim_token }}" }
headers = { X-Org = "{{ org }}" }
[variables]
kind = "generic"
[api]
url = "{uri}"
[[tenant.open]]
url = "/orgs"
json = { name = "{{ label }}" }
status = [201]
capture = { org = { header = "X-Id" } }
[[tenant.open]]
url = "/orgs/{{ org }}/scim"
json = { kind = "{{ kind }}", org = "{{ org }}" }
capture = { scim_url = "/url", scim_token = "/token" }
[tenant.close]
method = "DELETE"
url = "/orgs/{{ org }}"
[act]
map_group_role = [
  { url = "/orgs/{{ org }}/scim", capture = { held = "/assignments" } },
  { method = "PUT", url = "/orgs/{{ org }}/scim", json = { assignments = "{{ held + [{'group': group_id, 'role': role}] }}" } },
]
"#;

/// A tenant of one's own: later calls see what earlier ones captured, the SCIM client too, and closing removes it once.
#[tokio::test]
async fn own_tenant() {
    let server = server().await;
    Mock::given(body_json(json!({"name": "t1"})))
        .respond_with(ResponseTemplate::new(201).insert_header("x-id", "o1"))
        .mount(&server)
        .await;
    Mock::given(body_json(json!({"kind": "okta", "org": "o1"})))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({"url": format!("{}/scim/1/", server.uri()), "token": "tok-o1"})),
        )
        .mount(&server)
        .await;
    Mock::given(path("/scim/1/Users"))
        .and(query_param("count", "1"))
        .and(query_param("flag", ""))
        .and(header("authorization", "Bearer tok-o1"))
        .and(header("x-org", "o1"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    answer(&server, "DELETE", "/orgs/o1", 200, json!({})).await;
    let target = target(OWN, &server.uri()).with_variables([("kind", "okta")]);
    let transcript = Transcript::new();
    let tenant = target.open_tenant("t1", &transcript).await.unwrap();
    assert!(tenant.isolated());
    assert_eq!((tenant.vars()["org"].as_str(), tenant.vars()["label"].as_str()), (Some("o1"), Some("t1")));
    let exchange = tenant.scim().send(Sender::Idp, Request::new("GET", "/Users?count=1")).await;
    assert_eq!(exchange.status(), Some(200), "{exchange:?}");
    assert!(target.secrets().iter().any(|secret| secret.expose() == "tok-o1"));
    let recorded = transcript.len();

    assert!(tenant.close().await.is_empty() && tenant.clone().close().await.is_empty());
    assert!(target.close_all().await.is_empty(), "nothing is open any more");
    assert_eq!(paths(&server).await.iter().filter(|line| *line == "DELETE /orgs/o1").count(), 1);
    assert_eq!(transcript.len(), recorded, "closing is no part of the scenario");
}

/// A disposable tenant is left as it is, with all that was made in it: its server ends with the run.
#[tokio::test]
async fn a_disposable_tenant_is_left() {
    let server = server().await;
    let id = ResponseTemplate::new(201).insert_header("x-id", "o1");
    Mock::given(path("/orgs")).respond_with(id).mount(&server).await;
    let scim = json!({"url": format!("{}/scim/1", server.uri()), "token": "tok-o1"});
    answer(&server, "POST", "/orgs/o1/scim", 200, scim).await;
    let made = json!({"id": "u1", "meta": {"location": format!("{}/scim/1/Users/u1", server.uri())}});
    answer(&server, "POST", "/scim/1/Users", 201, made).await;
    let (before, after) = OWN.split_once("[tenant.close]").expect("a call that closes");
    let (_, after) = after.split_once("[act]").expect("acts");
    let config = format!("{before}[tenant]\ndisposable = true\n[act]{after}");
    let tenant = target(&config, &server.uri()).open_tenant("t1", &Transcript::new()).await.unwrap();
    let user = Request::new("POST", "/Users").json("application/scim+json", &json!({"userName": "ada"}));
    assert_eq!(tenant.scim().send(Sender::Client, user).await.status(), Some(201));
    assert!(tenant.close().await.is_empty());
    assert_eq!(paths(&server).await, ["POST /orgs", "POST /orgs/o1/scim", "POST /scim/1/Users"]);
}

/// If the second call fails, what the first made is removed, and the error is that of the call.
#[tokio::test]
async fn half_a_tenant_is_removed() {
    let server = server().await;
    Mock::given(path("/orgs"))
        .respond_with(ResponseTemplate::new(201).insert_header("x-id", "o1"))
        .mount(&server)
        .await;
    answer(&server, "POST", "/orgs/o1/scim", 500, json!({})).await;
    answer(&server, "DELETE", "/orgs/o1", 200, json!({})).await;
    let error = target(OWN, &server.uri()).open_tenant("t1", &Transcript::new()).await.unwrap_err();
    assert!(error.to_string().starts_with("scimulate.toml:15: tenant.open[1]: POST "), "{error}");
    assert_eq!(paths(&server).await, ["POST /orgs", "POST /orgs/o1/scim", "DELETE /orgs/o1"]);
}

/// A run that is interrupted while a tenant is being opened still removes what was made of it.
#[tokio::test]
async fn an_interrupted_opening_is_removed() {
    let server = server().await;
    Mock::given(path("/orgs"))
        .respond_with(ResponseTemplate::new(201).insert_header("x-id", "o1"))
        .mount(&server)
        .await;
    let (asked, was_asked) = std::sync::mpsc::channel();
    Mock::given(path("/orgs/o1/scim"))
        .respond_with(move |_: &wiremock::Request| {
            asked.send(()).expect("the test waits");
            ResponseTemplate::new(200).set_delay(std::time::Duration::from_secs(3600))
        })
        .mount(&server)
        .await;
    answer(&server, "DELETE", "/orgs/o1", 200, json!({})).await;
    let target = target(OWN, &server.uri());
    let transcript = Transcript::new();
    let opening = target.open_tenant("t1", &transcript);
    let asked = tokio::task::spawn_blocking(move || was_asked.recv());
    tokio::select! {
        _ = opening => panic!("it cannot be opened"),
        asked = asked => asked.unwrap().unwrap(),
    }
    assert!(target.close_all().await.is_empty());
    assert_eq!(paths(&server).await, ["POST /orgs", "POST /orgs/o1/scim", "DELETE /orgs/o1"]);
}

/// Mapping one more group keeps the assignments that are there.
#[tokio::test]
async fn map_group_role_keeps_the_others() {
    let server = server().await;
    Mock::given(path("/orgs"))
        .respond_with(ResponseTemplate::new(201).insert_header("x-id", "o1"))
        .mount(&server)
        .await;
    answer(&server, "POST", "/orgs/o1/scim", 200, json!({"url": "http://h", "token": "tok-o1"})).await;
    answer(&server, "GET", "/orgs/o1/scim", 200, json!({"assignments": [{"group": "g1", "role": "r1"}]})).await;
    Mock::given(method("PUT"))
        .and(body_json(json!({"assignments": [{"group": "g1", "role": "r1"}, {"group": "g2", "role": "r2"}]})))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let tenant = target(OWN, &server.uri()).open_tenant("t1", &Transcript::new()).await.unwrap();
    tenant.map_group_role("g2", "r2").await.unwrap();
}

/// A connection or a tenant-wide setting that the run did not make is never touched, whatever the configuration offers.
#[tokio::test]
async fn a_shared_tenant_is_not_rebuilt() {
    let server = server().await;
    let toml = format!(
        "{SHARED}\n[act]\nremove_connection = {{ url = \"{{uri}}/x\", method = \"DELETE\" }}\n\
         map_domain_role = {{ url = \"{{uri}}/x\", method = \"PUT\" }}"
    );
    let tenant = target(&toml, &server.uri()).open_tenant("t1", &Transcript::new()).await.unwrap();
    let error = tenant.remove_connection().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no observer for removal of the SCIM connection: it would change a tenant that is not the scenario's own; \
         add `[[tenant.open]]` to scimulate.toml"
    );
    assert!(matches!(tenant.map_domain_role("d", "r").await, Err(Unobserved::NoObserver { .. })));
    assert!(paths(&server).await.is_empty());
}

/// On a shared tenant, scenarios that map groups at the same time lose none of each other's assignments; and one that is
/// overtaken by somebody else begins anew, but not forever.
#[tokio::test(flavor = "multi_thread")]
async fn acts_on_a_shared_tenant() {
    let server = server().await;
    let held = std::sync::Arc::new(std::sync::Mutex::new((0, Vec::<serde_json::Value>::new())));
    let (read, write) = (std::sync::Arc::clone(&held), std::sync::Arc::clone(&held));
    Mock::given(method("GET"))
        .respond_with(move |_: &wiremock::Request| {
            ResponseTemplate::new(200).set_body_json(json!({"held": read.lock().unwrap().1}))
        })
        .mount(&server)
        .await;
    Mock::given(method("PUT"))
        .respond_with(move |request: &wiremock::Request| {
            let mut held = write.lock().unwrap();
            held.0 += 1;
            if held.0 == 3 {
                return ResponseTemplate::new(412);
            }
            held.1 = request.body_json().unwrap();
            ResponseTemplate::new(200)
        })
        .mount(&server)
        .await;
    let toml = format!(
        "{SHARED}\n[[act.map_group_role]]\nurl = \"{{uri}}/map\"\ncapture = {{ held = \"/held\" }}\n\
         [[act.map_group_role]]\nmethod = \"PUT\"\nurl = \"{{uri}}/map\"\nrestart_when = [412]\n\
         json = \"{{{{ held + [group_id] }}}}\""
    );
    let target = target(&toml, &server.uri());
    let maps = (0..6).map(|n| {
        let target = target.clone();
        async move {
            let tenant = target.open_tenant(&format!("t{n}"), &Transcript::new()).await.unwrap();
            tenant.map_group_role(&format!("g{n}"), "r").await.unwrap();
        }
    });
    futures::future::join_all(maps).await;
    let mut mapped: Vec<String> = held.lock().unwrap().1.iter().map(ToString::to_string).collect();
    mapped.sort();
    assert_eq!(mapped, (0..6).map(|n| format!("\"g{n}\"")).collect::<Vec<_>>());

    let always = crate::target(&toml.replace("[412]", "[200]"), &server.uri());
    let tenant = always.open_tenant("t", &Transcript::new()).await.unwrap();
    let before = held.lock().unwrap().0;
    let error = tenant.map_group_role("g", "r").await.unwrap_err().to_string();
    assert!(error.contains("act.map_group_role[1]: PUT "), "{error}");
    assert_eq!(held.lock().unwrap().0 - before, 5);
}

const SHARED: &str = "[target]\nurl = \"{uri}/scim?flag\"\nauth = { bearer = \"tok-1234\" }";

/// On a shared tenant everything that the run created is deleted at the end, groups first, and nothing else; what would
/// not go is told.
#[tokio::test]
async fn shared_tenant_is_left_as_it_was() {
    let server = server().await;
    answer(&server, "POST", "/scim/Users", 201, json!({"id": "u1"})).await;
    answer(&server, "POST", "/scim/Groups", 201, json!({"id": "g1"})).await;
    answer(&server, "POST", "/scim/Devices", 201, json!({"id": "d1"})).await;
    answer(&server, "GET", "/scim/Users/other", 200, json!({"id": "other"})).await;
    answer(&server, "DELETE", "/scim/Groups/g1", 204, json!(null)).await;
    answer(&server, "DELETE", "/scim/Users/u1", 404, json!(null)).await;
    answer(&server, "DELETE", "/scim/Devices/d1", 500, json!(null)).await;
    let target = target(SHARED, &server.uri());
    let tenant = target.open_tenant("t1", &Transcript::new()).await.unwrap();
    assert!(!tenant.isolated());
    let scim = tenant.scim();
    for (method, url) in [("POST", "/Users"), ("GET", "/Users/other"), ("POST", "/Devices"), ("POST", "/Groups")] {
        scim.send(Sender::Idp, Request::new(method, url)).await;
    }
    // The scenario is gone, as after Ctrl-C; the target still knows the tenant.
    drop((tenant, scim));
    assert_eq!(target.close_all().await, [format!("{}/scim/Devices/d1 (DELETE answered 500)", server.uri())]);
    assert_eq!(
        paths(&server).await[4..],
        ["DELETE /scim/Groups/g1", "DELETE /scim/Devices/d1", "DELETE /scim/Users/u1"]
    );
}

/// Capabilities are read once a run, believed only where they make sense, and corrected by the configuration.
#[tokio::test]
async fn capabilities() {
    let server = server().await;
    let config = json!({
        "patch": {"supported": true}, "bulk": {"supported": "yes", "maxOperations": 10}, "sort": true,
        "filter": {"supported": true, "maxResults": 200}, "pagination": {"cursor": true}
    });
    answer(&server, "GET", "/scim/ServiceProviderConfig", 200, config).await;
    answer(&server, "GET", "/scim/ResourceTypes", 200, json!([{"id": "User"}, 7])).await;
    Mock::given(path("/scim/Schemas"))
        .respond_with(ResponseTemplate::new(200).set_body_string("<html>"))
        .mount(&server)
        .await;
    let target = target(&format!("{SHARED}\ncapabilities = {{ sort = true, patch = false }}"), &server.uri());
    let tenant = target.open_tenant("t1", &Transcript::new()).await.unwrap();
    let found = tenant.capabilities().await;
    assert_eq!(
        (found.supports("patch"), found.supports("sort"), found.supports("bulk")),
        (Some(false), Some(true), None)
    );
    assert_eq!((found.filter_max_results, found.bulk.max_operations, found.cursor), (Some(200), Some(10), Some(true)));
    assert_eq!(found.resource_types, [json!({"id": "User"})]);
    assert_eq!(found.schemas, Vec::<serde_json::Value>::new());
    assert_eq!(found.notes, ["GET /scim/Schemas?flag 200: the body is not JSON"]);

    let other = target.open_tenant("t2", &Transcript::new()).await.unwrap();
    assert_eq!(other.capabilities().await, found);
    assert_eq!(paths(&server).await.len(), 3, "read once");
}

/// Without a URL there is no target, and the user is told both ways to give one.
#[test]
fn no_target() {
    let http = scimulate::wire::Http::new(&scimulate::wire::HttpOptions::default()).unwrap();
    let error = scimulate::target::Target::new(scimulate::target::Config::default(), http).unwrap_err();
    assert_eq!(
        error.to_string(),
        "command line: target.url: no target is given; give `--target URL`, or set `url` in `[target]`"
    );
}
