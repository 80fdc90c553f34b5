//! Calls and observers against a fake target: what is sent, what is read, and what is said when it goes wrong.

use scimulate::{
    target::{MemberStatus, Role, SessionState, SignIn, Unobserved},
    wire::{Redactor, Secret, Sender, Transcript},
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, body_string, header, method, path, query_param},
};

use crate::{ann, target};

async fn answer(server: &MockServer, verb: &str, at: &str, status: u16, body: serde_json::Value) {
    Mock::given(method(verb))
        .and(path(at))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(server)
        .await;
}

async fn server() -> MockServer {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    MockServer::builder().listener(listener).start().await
}

const MEMBER: &str = r#"
[target]
url = "{uri}/scim"
[api]
url = "{uri}"
auth = { basic = { user = "admin", password = "hunter22" } }
[observe.member]
status = { true = "active", false = "deactivated" }
[observe.member.call]
url = "/users/{{ subject.id | urlencode }}"
query = { by = "{{ subject.email }}" }
absent_when = [404]
capture = { status = "/enabled", email = { json = "/email", optional = true } }
"#;

/// A member is asked for with encoded ids and the API's credentials; JSON booleans are status words too.
#[tokio::test]
async fn member() {
    let server = server().await;
    Mock::given(method("GET"))
        .and(path("/users/u%2F1"))
        .and(query_param("by", "ann@example.com"))
        .and(header("authorization", "Basic YWRtaW46aHVudGVyMjI="))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"enabled": false, "email": "ann@example.com"})))
        .mount(&server)
        .await;
    let transcript = Transcript::new();
    let tenant = target(MEMBER, &server.uri()).open_tenant("t1", &transcript).await.unwrap();
    let member = tenant.member(&ann()).await.unwrap();
    assert_eq!(member.status, MemberStatus::Deactivated);
    assert_eq!((member.email.as_deref(), member.name), (Some("ann@example.com"), None));
    assert_eq!(member.raw["enabled"], json!(false));
    let exchange = transcript.last().unwrap();
    assert_eq!(exchange.sender, Sender::Observer);
    assert_eq!(exchange.request_header("authorization"), Some("Basic ***"));
}

/// No such member is a state; a status word that the configuration does not know is kept as it is.
#[tokio::test]
async fn member_absent_or_strange() {
    let server = server().await;
    answer(&server, "GET", "/users/u%2F1", 404, json!({})).await;
    answer(&server, "GET", "/users/u2", 200, json!({"enabled": "frozen"})).await;
    let tenant = target(MEMBER, &server.uri()).open_tenant("t1", &Transcript::new()).await.unwrap();
    assert_eq!(tenant.member(&ann()).await.unwrap().status, MemberStatus::Absent);
    let other = scimulate::target::Subject { id: "u2".to_owned(), ..ann() };
    assert_eq!(tenant.member(&other).await.unwrap().status, MemberStatus::Other("frozen".to_owned()));
}

/// Without an observer the effect is not exercised, and the user learns what to add.
#[tokio::test]
async fn no_observer() {
    let server = server().await;
    let tenant = target(MEMBER, &server.uri()).open_tenant("t1", &Transcript::new()).await.unwrap();
    let error = tenant.roles(&ann()).await.unwrap_err();
    assert!(matches!(error, Unobserved::NoObserver { what: "roles", .. }));
    assert_eq!(
        error.to_string(),
        "no observer for roles: add `[observe.roles]` to scimulate.toml (`scimulate init` writes an example)"
    );
    assert!(matches!(tenant.mailbox().await, Err(Unobserved::NoObserver { what: "webhooks", .. })));
    assert!(matches!(tenant.fence().await, Err(Unobserved::NoObserver { .. })));
    assert!(matches!(tenant.remove_connection().await, Err(Unobserved::NoObserver { .. })));
}

/// Roles come as objects with sources, or as plain words.
#[tokio::test]
async fn roles() {
    let server = server().await;
    let body = json!({"roles": [{"role_id": "editor", "sources": [{"type": "scim_group"}, {"type": "direct"}]}, {"role_id": "viewer"}]});
    answer(&server, "GET", "/objects", 200, body).await;
    answer(&server, "GET", "/words", 200, json!({"roles": ["editor", 7]})).await;
    answer(&server, "GET", "/wrong", 200, json!({"roles": {"editor": true}})).await;
    let observe = |path: &str, pointers: &str| {
        let toml = format!(
            "[target]\nurl = \"{{uri}}/scim\"\n[observe.roles]\n{pointers}\n\
             call = {{ url = \"{{uri}}{path}\", capture = {{ roles = \"/roles\" }} }}"
        );
        target(&toml, &server.uri())
    };
    let role = |id: &str, sources: &[&str]| Role {
        id: id.to_owned(),
        sources: sources.iter().map(|source| (*source).to_owned()).collect(),
    };
    let objects = observe("/objects", "id = \"/role_id\"\nsources = \"/sources\"\nsource = \"/type\"");
    let tenant = objects.open_tenant("t1", &Transcript::new()).await.unwrap();
    assert_eq!(tenant.roles(&ann()).await.unwrap(), [role("editor", &["scim_group", "direct"]), role("viewer", &[])]);
    let tenant = observe("/words", "").open_tenant("t1", &Transcript::new()).await.unwrap();
    assert_eq!(tenant.roles(&ann()).await.unwrap(), [role("editor", &[]), role("7", &[])]);

    let tenant = observe("/wrong", "").open_tenant("t1", &Transcript::new()).await.unwrap();
    assert_eq!(
        tenant.roles(&ann()).await.unwrap_err().to_string(),
        "scimulate.toml:3: observe.roles: `roles` is not an array; let the capture point at one"
    );
    let tenant = observe("/words", "id = \"/x\"").open_tenant("t1", &Transcript::new()).await.unwrap();
    assert_eq!(
        tenant.roles(&ann()).await.unwrap_err().to_string(),
        "scimulate.toml:4: observe.roles.id: nothing at `/x` in \"editor\"; correct the pointer"
    );
}

const SESSIONS: &str = r#"
[target]
url = "{uri}/scim"
[api]
url = "{uri}"
[observe.sign_in.call]
url = "/login"
json = { user = "{{ subject.user_name }}", minutes = 60 }
refused_when = [403]
capture = { session_id = "/id", session_token = "/token", session_jwt = "/jwt" }
[observe.session]
role_id = "/name"
call = { url = "/me", auth = { bearer = "{{ session.token }}" }, refused_when = [401], capture = { roles = "/roles" } }
[observe.jwt.call]
url = "/check"
form = { jwt = "{{ session.jwt }}", note = "a b" }
refused_when = [401]
"#;

/// A session is opened, used and refused; its token and JWT are known as secrets from then on.
#[tokio::test]
async fn sessions() {
    let server = server().await;
    Mock::given(body_json(json!({"user": "ann@example.com", "minutes": 60})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"id": "s1", "token": "tok-1", "jwt": "h.p+q.s"})))
        .mount(&server)
        .await;
    Mock::given(path("/me"))
        .and(header("authorization", "Bearer tok-1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"roles": [{"name": "editor"}]})))
        .mount(&server)
        .await;
    Mock::given(body_string("jwt=h.p%2Bq.s&note=a%20b"))
        .respond_with(ResponseTemplate::new(401).set_body_string("token tok-1 is gone"))
        .mount(&server)
        .await;
    let transcript = Transcript::new();
    let target = target(SESSIONS, &server.uri());
    let tenant = target.open_tenant("t1", &transcript).await.unwrap();
    let SignIn::Opened(session) = tenant.sign_in(&ann()).await.unwrap() else { panic!("refused") };
    assert_eq!((session.id.as_str(), session.jwt.as_ref().map(Secret::expose)), ("s1", Some("h.p+q.s")));
    let open = SessionState::Open { roles: Some(vec!["editor".to_owned()]) };
    assert_eq!(tenant.session(&session).await.unwrap(), open);
    let refused = SessionState::Refused { status: 401, detail: "token *** is gone".to_owned() };
    assert_eq!(tenant.jwt(&session).await.unwrap(), refused);

    let redactor = Redactor::new(target.secrets());
    let shown: String = transcript.exchanges().into_iter().map(|e| format!("{:?}", redactor.exchange(e))).collect();
    assert!(transcript.len() == 3 && !shown.contains("tok-1") && !shown.contains("h.p+q.s"), "{shown}");
}

/// A refused sign-in is an observation, not an error.
#[tokio::test]
async fn sign_in_refused() {
    let server = server().await;
    answer(&server, "POST", "/login", 403, json!({"error": "member_not_active"})).await;
    let tenant = target(SESSIONS, &server.uri()).open_tenant("t1", &Transcript::new()).await.unwrap();
    let refused = SignIn::Refused { status: 403, detail: r#"{"error":"member_not_active"}"#.to_owned() };
    assert_eq!(tenant.sign_in(&ann()).await.unwrap(), refused);
}

/// Whatever goes wrong with a call is told with place, request, what came and what was expected, and no secret.
#[tokio::test]
async fn failures_of_calls() {
    let server = server().await;
    answer(&server, "GET", "/500", 500, json!({"password": "hunter22", "why": "hunter22 is wrong"})).await;
    answer(&server, "GET", "/null", 200, json!({"s": null})).await;
    let fails = async |call: &str| {
        let toml = format!(
            "[target]\nurl = \"{{uri}}/scim\"\n[api]\nauth = {{ bearer = \"hunter22\" }}\n[observe.member.call]\n{call}"
        );
        let target = target(&toml, &server.uri());
        let tenant = target.open_tenant("t1", &Transcript::new()).await.unwrap();
        let error = tenant.member(&ann()).await.unwrap_err();
        let Unobserved::Failed(error) = error else { panic!("{error}") };
        (error.to_string().replace(&server.uri(), "URI"), error.is_unreachable())
    };
    let capture = "capture = { status = \"/s\" }";
    assert_eq!(
        fails(&format!("url = \"{{uri}}/500\"\nstatus = [200, 204]\n{capture}")).await.0,
        "scimulate.toml:5: observe.member.call: GET URI/500: status 500, expected 200 or 204; \
         the answer was: {\"password\":\"***\",\"why\":\"*** is wrong\"}"
    );
    assert_eq!(
        fails(&format!("url = \"{{uri}}/null\"\n{capture}")).await.0,
        "scimulate.toml:5: observe.member.call: `status`: nothing at `/s` in the answer; \
         correct the capture, the answer was: {\"s\":null}"
    );
    assert_eq!(
        fails(&format!("url = \"{{uri}}/{{{{ subject.nme }}}}\"\n{capture}")).await.0,
        "scimulate.toml:6: observe.member.call.url: the variable `subject.nme` has no value here; \
         there are: `label`, `subject`"
    );
    let (message, unreachable) = fails(&format!("url = \"http://127.0.0.1:1/x\"\n{capture}")).await;
    assert!(unreachable, "{message}");
    assert!(
        message.starts_with("scimulate.toml:5: observe.member.call: GET http://127.0.0.1:1/x: no answer"),
        "{message}"
    );
    assert_eq!(
        fails(&format!("url = \"{{uri}}/null\"\nrefused_when = [200]\n{capture}")).await.0,
        "scimulate.toml:5: observe.member.call: GET URI/null: refused (200): {\"s\":null}"
    );
}

/// A command is an observer too: arguments, standard input, environment, exit code, JSON and text.
#[tokio::test]
async fn commands() {
    let observe = |call: &str| {
        target(
            &format!(
                "[target]\nurl = \"http://h\"\n[observe.member]\nstatus = {{ on = \"active\" }}\n[observe.member.call]\n{call}"
            ),
            "",
        )
    };
    let seen = async |call: &str| {
        let tenant = observe(call).open_tenant("t1", &Transcript::new()).await.unwrap();
        tenant.member(&ann()).await.map(|member| member.status).map_err(|error| error.to_string())
    };
    let json = r#"command = ["sh", "-c", 'read x; echo "{\"s\":\"$x$Y$1\"}"', "-", "{{ subject.user_name }}"]
        stdin = "{{ label }}\n"
        env = { Y = "-" }
        capture = { status = "/s" }"#;
    assert_eq!(seen(json).await, Ok(MemberStatus::Other("t1-ann@example.com".to_owned())));
    let text = "command = [\"echo\", \"on\"]\ncapture = { status = { text = true } }";
    assert_eq!(seen(text).await, Ok(MemberStatus::Active));
    let absent = "command = [\"sh\", \"-c\", \"exit 3\"]\nabsent_when = [3]\ncapture = { status = { text = true } }";
    assert_eq!(seen(absent).await, Ok(MemberStatus::Absent));
    let wrong =
        "command = [\"sh\", \"-c\", \"echo bad >&2; exit 4\"]\nexit = [0, 2]\ncapture = { status = { text = true } }";
    assert_eq!(
        seen(wrong).await.unwrap_err(),
        "scimulate.toml:5: observe.member.call: `sh`: exit code 4, expected 0 or 2; the answer was: bad"
    );
    let slow = "command = [\"sleep\", \"60\"]\ntimeout = \"50ms\"\ncapture = { status = { text = true } }";
    assert_eq!(
        seen(slow).await.unwrap_err(),
        "scimulate.toml:5: observe.member.call: `sleep`: did not end within 50ms; raise `timeout`"
    );
    let missing = "command = [\"scimulate-no-such-program\"]\ncapture = { status = { text = true } }";
    assert!(seen(missing).await.unwrap_err().contains("`scimulate-no-such-program`: cannot be run: "));
}
