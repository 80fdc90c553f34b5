//! The engine that plays scenarios: against the embedded provider, and against targets that refuse or are gone.

use std::{net::TcpListener, time::Duration};

use scimulate::{
    idp::Profile,
    provider::app,
    scim::schema::Registry,
    suite::{self, Choice, Options, PlanError, Shard},
    target::Config,
    verdict::{Abort, Footprint, Kind, Outcome, RunEvent, ScenarioResult, Verdict},
};
#[path = "suite/hostile.rs"]
mod hostile;
#[path = "suite/same.rs"]
mod same;

use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

fn profiles() -> Vec<Profile> {
    ["okta", "entra-default"].iter().map(|id| Profile::named(id).expect("a profile of ours")).collect()
}

fn options(selectors: &[&str]) -> Options {
    Options {
        profiles: profiles(),
        selectors: selectors.iter().map(|selector| (*selector).to_owned()).collect(),
        ..Options::default()
    }
}

fn external(url: &str) -> Choice {
    let text = format!("[target]\nurl = \"{url}\"\nauth = {{ bearer = \"a-token\" }}\n");
    Choice::External(Box::new(Config::parse(&text, "scimulate.toml").expect("a configuration")))
}

async fn play(options: Options) -> Vec<RunEvent> {
    let mut events = Vec::new();
    suite::run(options, &mut |event| events.push(event)).await.expect("a run that begins");
    events
}

fn results(events: &[RunEvent]) -> Vec<&ScenarioResult> {
    events
        .iter()
        .filter_map(|event| match event {
            RunEvent::Result(result) => Some(&**result),
            _ => None,
        })
        .collect()
}

fn aborted(events: &[RunEvent]) -> Option<&Abort> {
    events.iter().find_map(|event| match event {
        RunEvent::Aborted(abort) => Some(abort),
        _ => None,
    })
}

/// The generated scenarios reach a resource type that only a schema file knows: each is exercised, and finds nothing.
#[tokio::test]
async fn generated_scenarios_walk_types_that_nobody_knows() {
    let file = include_str!("../fixtures/schemas/Printer.json");
    let mut registry = Registry::standard();
    registry.load(&serde_json::from_str(file).expect("JSON")).expect("schema data");
    let provider = app::start(app::Options { registry, ..app::Options::default() }).await.expect("a provider");
    let base = provider.bootstrap().await.expect("an organization");
    let text = format!("[target]\nurl = \"{}\"\nauth = {{ bearer = \"{}\" }}\n", base.scim_base_url, base.scim_token);
    let target = Choice::External(Box::new(Config::parse(&text, "scimulate.toml").expect("a configuration")));
    let events = play(Options { target, ..options(&["@generated"]) }).await;
    let results = results(&events);
    let walks: Vec<_> = results.iter().filter(|result| result.kind == Kind::Scenario).collect();
    assert!(walks.len() >= 14, "{} scenarios", walks.len());
    for walk in walks {
        assert_eq!(walk.verdict, Verdict::Pass, "{}: {:?}", walk.id, walk.outcome);
    }
    let printers = results.iter().flat_map(|result| &result.transcript).any(|sent| sent.url.contains("/Printers"));
    assert!(printers, "the walk went past the type");
}

/// `read_only` plans only what sends no writing method, and what it plays is just that: nothing on the wire writes.
#[tokio::test]
async fn read_only_writes_nothing() {
    let events = play(Options { read_only: true, ..options(&[]) }).await;
    let written: Vec<String> = results(&events)
        .iter()
        .filter(|result| result.kind == Kind::Scenario)
        .flat_map(|result| &result.transcript)
        .filter(|exchange| exchange.sender != scimulate::wire::Sender::Observer)
        .filter(|exchange| !matches!(exchange.method.as_str(), "GET" | "HEAD" | "OPTIONS"))
        .map(scimulate::wire::Exchange::line)
        .collect();
    assert!(written.is_empty(), "{written:?}");
    let played = results(&events).iter().filter(|result| result.kind == Kind::Scenario).count();
    assert!(played >= 20, "{played} scenarios: discovery alone has more");
}

/// Before the first request a run says what it does to somebody's server, by its options.
#[tokio::test]
async fn a_run_says_what_it_leaves() {
    let server = walked_server().await;
    let says = async |options: Options| match play(options).await.first() {
        Some(RunEvent::Started(info)) => info.footprint,
        other => panic!("{other:?}"),
    };
    let chosen = || Options { target: external(&server.uri()), ..options(&["RFC7644-4"]) };
    assert_eq!(says(options(&["RFC7644-4"])).await, None);
    assert_eq!(says(chosen()).await, Some(Footprint::Deleted));
    assert_eq!(says(Options { leave_behind: true, ..chosen() }).await, Some(Footprint::Stays));
    assert_eq!(says(Options { read_only: true, ..chosen() }).await, Some(Footprint::ReadOnly));
}

/// The walk over the advertised attributes names the attribute that is not as advertised: a target whose answers show the
/// password is found by the generated scenario alone.
#[tokio::test]
async fn the_walk_names_the_attribute() {
    let server = walked_server().await;
    let events = play(Options { target: external(&server.uri()), ..options(&["RFC7643-7-R21.walk"]) }).await;
    let broken = results(&events).into_iter().find_map(|result| match &result.outcome {
        Outcome::Broken(evidence) if result.id == "RFC7643-7-R21.walk-returned-never" => Some(&evidence.actual),
        _ => None,
    });
    let actual = broken.expect("a finding");
    assert!(actual.contains("/Laptops unlockCode: shown by GET"), "{actual}");
    assert!(!actual.contains("serial"), "{actual}");
}

/// A target that answers every filter with all it has, and takes resources without what they must have, is found out by the
/// walks alone; what passes says which attributes it has covered.
#[tokio::test]
async fn the_walks_find_what_is_ignored() {
    use serde_json::json;
    use wiremock::matchers::{method, path};
    let server = walked_server().await;
    let laptop = json!({"schemas": ["urn:example:Laptop"], "id": "1", "serial": "serial one"});
    let all = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1,
        "Resources": [laptop]});
    for (at, body) in [("/Laptops", all), ("/ServiceProviderConfig", json!({"filter": {"supported": true}}))] {
        let answer = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(&server).await;
    }
    let selectors = ["RFC7644-3.4.2.2-R2.walk", "RFC7644-3.4.2.2-R7.walk", "RFC7643-7-R13.walk-required"];
    let events = play(Options { target: external(&server.uri()), ..options(&selectors) }).await;
    let of = |id: &str| {
        let result = results(&events).into_iter().find(|result| result.id == id);
        result.unwrap_or_else(|| panic!("{id} was not played"))
    };
    for (id, wanted) in [
        ("RFC7644-3.4.2.2-R2.walk-filters-that-match-nothing", "/Laptops serial: `serial eq \"nobody"),
        ("RFC7643-7-R13.walk-required", "/Laptops serial: a resource without it is answered 201"),
    ] {
        let Outcome::Broken(evidence) = &of(id).outcome else { panic!("{id}: {:?}", of(id).outcome) };
        assert!(evidence.actual.contains(wanted), "{id}: {}", evidence.actual);
    }
    let walked = of("RFC7644-3.4.2.2-R7.walk-eq");
    assert_eq!(
        (&walked.outcome, walked.basis.covered.as_slice()),
        (&Outcome::Holds, &["/Laptops serial".to_owned()][..])
    );
}

/// A target with a resource type that nobody has heard of, which shows what its schema says is never returned.
async fn walked_server() -> MockServer {
    use serde_json::json;
    use wiremock::matchers::{method, path};
    let server = MockServer::start().await;
    let list = |resources: serde_json::Value| {
        let count = resources.as_array().map_or(0, Vec::len);
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": count,
            "Resources": resources})
    };
    let laptop = json!({"schemas": ["urn:example:Laptop"], "id": "1", "serial": "serial one", "unlockCode": "open"});
    let schema = json!([{"id": "urn:example:Laptop", "attributes": [
        {"name": "serial", "type": "string", "required": true},
        {"name": "unlockCode", "type": "string", "mutability": "writeOnly", "returned": "never"}]}]);
    let types = json!([{"name": "Laptop", "endpoint": "/Laptops", "schema": "urn:example:Laptop"}]);
    for (verb, at, status, body) in [
        ("GET", "/ResourceTypes", 200, list(types)),
        ("GET", "/Schemas", 200, list(schema)),
        ("POST", "/Laptops", 201, laptop.clone()),
        ("GET", "/Laptops/1", 200, laptop),
        ("DELETE", "/Laptops/1", 204, json!(null)),
    ] {
        let answer = ResponseTemplate::new(status).set_body_json(body);
        Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(&server).await;
    }
    Mock::given(any()).respond_with(ResponseTemplate::new(404)).with_priority(200).mount(&server).await;
    server
}

/// The whole suite holds on the reference provider, for Okta and for Entra, but for the leniencies that its
/// configuration names; counts add up, and nothing is left behind.
#[tokio::test]
async fn the_reference_provider_conforms() {
    let events = play(options(&[])).await;
    let wrong: Vec<String> = results(&events)
        .iter()
        .filter(|result| !matches!(result.verdict, Verdict::Pass | Verdict::Skip | Verdict::Known))
        .map(|result| match &result.outcome {
            Outcome::Broken(evidence) => format!(
                "{:?} {} [{:?}] {}: expected {}, was {}",
                result.verdict, result.id, result.profile, evidence.what, evidence.expected, evidence.actual
            ),
            other => format!("{:?} {} {other:?}", result.verdict, result.id),
        })
        .collect();
    assert_eq!(aborted(&events).map(|abort| &abort.cause), None);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let scenarios = results(&events).into_iter().filter(|result| result.kind == Kind::Scenario).count();
    match (events.first(), events.last()) {
        (Some(RunEvent::Started(info)), Some(RunEvent::Finished { summary, leftovers, .. })) => {
            assert_eq!(info.planned, scenarios);
            assert_eq!(summary.total(), results(&events).len());
            assert!(leftovers.is_empty(), "{leftovers:?}");
        }
        other => panic!("a run begins with Started and ends with Finished, not {other:?}"),
    }
}

/// What is measured reaches the result: otherwise nobody sees how long a session outlived its member.
#[tokio::test]
async fn times_are_measured() {
    let events = play(options(&["EFF-SESSIONS.okta-unassign"])).await;
    let results = results(&events);
    let measured =
        results.iter().flat_map(|result| &result.measurements).find(|one| one.name == "sessions refused after");
    assert!(measured.is_some_and(|one| one.millis > 0.0), "{measured:?}");
}

/// Two runs differ in nothing but times, and the number of scenarios side by side changes no verdict.
#[tokio::test]
async fn a_run_can_be_repeated() {
    let outline = |events: &[RunEvent]| -> Vec<(String, Option<String>, Verdict, usize)> {
        results(events)
            .iter()
            .filter(|result| result.kind == Kind::Scenario)
            .map(|result| (result.id.clone(), result.profile.clone(), result.verdict, result.transcript.len()))
            .collect()
    };
    let one = play(Options { concurrency: 1, ..options(&["EFF-STATUS"]) }).await;
    let many = play(Options { concurrency: 32, ..options(&["EFF-STATUS"]) }).await;
    assert!(outline(&one).len() > 10);
    assert_eq!(outline(&one), outline(&many));
}

/// No secret leaves the run: neither the connection's token nor a session's stands in an event.
#[tokio::test]
async fn events_hold_no_secrets() {
    let events = play(options(&["EFF-SESSIONS.delete", "EFF-JWT.delete"])).await;
    let text = serde_json::to_string(&events).expect("events are JSON");
    assert!(text.contains("Bearer ***"));
    for name in ["bearer_token", "session_token", "session_jwt", "project_secret", "secret"] {
        let open = format!("\\\"{name}\\\":\\\"");
        for (at, _) in text.match_indices(&open) {
            let value: String = text[at + open.len()..].chars().take(3).collect();
            assert!(value == "***" || value.starts_with('\\'), "{name} is shown: {value}");
        }
    }
}

/// Nobody listens: the run is aborted with the cause and a remedy, and no scenario gets a verdict.
#[tokio::test]
async fn a_target_that_is_not_there_aborts() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    let target = external(&format!("http://127.0.0.1:{port}/scim"));
    let events = play(Options { target, ..options(&["@okta"]) }).await;
    let abort = aborted(&events).expect("an abort");
    assert!(abort.cause.contains("cannot be reached"), "{abort:?}");
    assert!(results(&events).is_empty());
}

/// A wrong token is told before anything is created.
#[tokio::test]
async fn refused_credentials_abort() {
    let server = MockServer::builder().start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let events = play(Options { target: external(&server.uri()), ..options(&["@okta"]) }).await;
    let abort = aborted(&events).expect("an abort");
    assert!(abort.cause.contains("refuses the credentials"), "{abort:?}");
    assert_eq!(server.received_requests().await.map(|requests| requests.len()), Some(1));
}

/// A target that dies in mid-run ends the run; the scenarios that were cut short get no verdict.
#[tokio::test]
async fn a_target_that_dies_aborts() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    // Answers one request, then is gone.
    let dying = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        if let Ok((mut stream, _)) = listener.accept() {
            let mut buffer = [0_u8; 4096];
            let _ = stream.read(&mut buffer);
            let body =
                r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}"#;
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    let target = external(&format!("http://{address}"));
    let events = play(Options { target, ..options(&["@okta"]) }).await;
    dying.join().expect("the server thread ends");
    assert!(aborted(&events).is_some_and(|abort| abort.cause.contains("cannot be reached")), "{:?}", aborted(&events));
    assert!(results(&events).is_empty());
}

/// A target that hangs costs the scenario its time, not the run.
#[tokio::test]
async fn a_target_that_hangs_is_judged_or_aborted_in_time() {
    let server = MockServer::builder().start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(600));
    Mock::given(any()).respond_with(slow).mount(&server).await;
    let text =
        format!("[target]\nurl = \"{}\"\ntimeout = \"200ms\"\nauth = {{ bearer = \"a-token\" }}\n", server.uri());
    let config = Config::parse(&text, "scimulate.toml").expect("a configuration");
    let target = Choice::External(Box::new(config));
    let begun = std::time::Instant::now();
    let events = play(Options { target, timeout: Duration::from_secs(1), ..options(&["OKTA-TEST"]) }).await;
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(aborted(&events).is_some());
}

/// An effect without an observer is not exercised: never passed, never failed by its set-up, and nothing is sent for it.
#[tokio::test]
async fn effects_without_observers_are_not_exercised() {
    let events =
        play_on_bare_target(&["EFF-SESSIONS.put-active-false", "EFF-WEBHOOKS.delete", "EFF-STATUS.delete"]).await;
    let results = results(&events);
    assert!(!results.is_empty());
    for result in results.iter().filter(|result| result.kind == Kind::Scenario) {
        assert!(matches!(&result.outcome, Outcome::NotExercised { .. }), "{} {:?}", result.id, result.outcome);
        assert_eq!(result.transcript.len(), 0, "{} sent something", result.id);
    }
}

/// What the run made on a target that is not its own is deleted again, and the names are its own.
#[tokio::test]
async fn a_shared_target_is_left_as_it_was() {
    let events = play_on_bare_target(&["OKTA-ASSIGN", "OKTA-PUSH", "ENTRA-INITIAL"]).await;
    assert_eq!(aborted(&events).map(|abort| &abort.cause), None);
    assert!(results(&events).iter().any(|result| result.verdict == Verdict::Pass));
    match events.last() {
        Some(RunEvent::Finished { leftovers, .. }) => assert!(leftovers.is_empty(), "{leftovers:?}"),
        other => panic!("the run did not finish: {other:?}"),
    }
}

/// Plays against a provider of ours of which only the SCIM endpoint is told; afterwards nobody is left in it.
async fn play_on_bare_target(selectors: &[&str]) -> Vec<RunEvent> {
    let running = scimulate::provider::app::start(Default::default()).await.expect("a provider");
    let bootstrap = running.bootstrap().await.expect("an organization");
    let text = format!(
        "[target]\nurl = \"{}\"\nauth = {{ bearer = \"{}\" }}\n",
        bootstrap.scim_base_url, bootstrap.scim_token
    );
    let config = Config::parse(&text, "scimulate.toml").expect("a configuration");
    let events = play(Options { target: Choice::External(Box::new(config)), ..options(selectors) }).await;
    let list: serde_json::Value = reqwest::Client::new()
        .get(format!("{}/Users", bootstrap.scim_base_url))
        .bearer_auth(&bootstrap.scim_token)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let left = list["Resources"].as_array().map(|users| users.iter().filter(|user| user["active"] == true).count());
    assert_eq!(left, Some(0), "{list}");
    running.shutdown().await;
    events
}

/// Ctrl-C ends the run as aborted, and cleans up.
#[tokio::test]
async fn a_cancelled_run_aborts() {
    let options = options(&["@effects"]);
    let cancel = options.cancel.clone();
    let mut events = Vec::new();
    let mut emit = |event: RunEvent| {
        if matches!(event, RunEvent::Result(_)) {
            cancel.cancel();
        }
        events.push(event);
    };
    suite::run(options, &mut emit).await.expect("a run that begins");
    let abort = aborted(&events).expect("an abort");
    assert_eq!(abort.cause, "the run was interrupted");
}

/// The first failure is enough with `fail_fast`, and the run still finishes with counts.
#[tokio::test]
async fn fail_fast_stops() {
    let defects = vec!["delete-leaves-member-active".to_owned()];
    let target = Choice::Embedded { defects };
    let events =
        play(Options { target, fail_fast: true, concurrency: 1, ..options(&["EFF-SESSIONS", "EFF-SIGNIN"]) }).await;
    let fails = results(&events).iter().filter(|result| result.verdict == Verdict::Fail).count();
    assert_eq!(fails, 1);
    assert!(matches!(events.last(), Some(RunEvent::Finished { .. })));
}

/// A selector that matches nothing is an error with the nearest thing that exists, never an empty green run.
#[test]
fn selectors_are_checked() {
    let hint = |selector: &str| match suite::plan(&options(&[selector])) {
        Err(PlanError::NoMatch { hint, .. }) => hint,
        other => panic!("{selector}: {other:?}"),
    };
    assert!(hint("@efects").contains("`@effects`"));
    assert!(hint("EFF-SESSION.put").contains("`EFF-SESSIONS"));
    assert!(hint("features/effects/sesions.feature").contains("sessions.feature"));
    assert!(hint("oktta").contains("okta"));
}

/// Tags, id prefixes, files, lines, folders and profiles select what they name.
#[test]
fn selectors_select() {
    let ids = |selectors: &[&str]| -> Vec<String> {
        suite::plan(&options(selectors)).expect("a plan").items.into_iter().map(|item| item.info.id).collect()
    };
    assert!(ids(&["@okta"]).iter().all(|id| id.starts_with("OKTA-")));
    assert!(ids(&["EFF-JWT"]).iter().all(|id| id.starts_with("EFF-JWT.")));
    assert!(ids(&["sessions.feature"]).iter().all(|id| id.starts_with("EFF-SESSIONS.")));
    assert!(ids(&["features/entra"]).iter().all(|id| id.starts_with("ENTRA-")));
    assert!(ids(&["EFF-JWT", "@okta"]).len() > ids(&["EFF-JWT"]).len());
    let okta = suite::plan(&options(&["okta"])).expect("a plan");
    assert!(okta.items.iter().all(|item| item.profile.as_ref().is_none_or(|profile| profile.id == "okta")));
    assert_eq!(okta.profiles, ["okta"]);
}

/// Shards are disjoint and together the whole.
#[test]
fn shards_add_up() {
    let ids = |shard| -> Vec<(String, Option<String>)> {
        let plan = suite::plan(&Options { shard, ..options(&["@effects"]) }).expect("a plan");
        plan.items.into_iter().map(|item| (item.info.id, item.profile.map(|profile| profile.id.clone()))).collect()
    };
    let mut parts: Vec<_> = (1..=3).flat_map(|index| ids(Some(Shard { index, count: 3 }))).collect();
    let mut whole = ids(None);
    parts.sort();
    whole.sort();
    assert_eq!(parts, whole);
    let outside = suite::plan(&Options { shard: Some(Shard { index: 4, count: 3 }), ..options(&[]) });
    assert!(matches!(outside, Err(PlanError::Shard { .. })));
}

/// A user's own file is linted with file and line, and played with the same steps.
#[tokio::test]
async fn a_users_own_feature_is_played() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("mine.feature");
    let text = "@EFF-STATUS @needs-idp\nFeature: mine\n  Scenario: my own\n    Given the IdP has provisioned \"ada\"\n    Then \"ada\" is active\n";
    std::fs::write(&good, text).expect("a file");
    let events = play(options(&[good.to_str().expect("a path")])).await;
    let mine: Vec<_> = results(&events).into_iter().filter(|result| result.kind == Kind::Scenario).collect();
    assert_eq!(mine.len(), 1);
    assert_eq!((mine[0].family.as_str(), mine[0].verdict), ("user", Verdict::Pass));

    let bad = folder.path().join("bad.feature");
    std::fs::write(&bad, text.replace("is active", "is actve")).expect("a file");
    match suite::plan(&options(&[bad.to_str().expect("a path")])) {
        Err(PlanError::Features(problems)) => {
            assert!(
                problems.iter().any(|problem| problem.line == 5 && problem.message.contains("did you mean")),
                "{problems:?}"
            );
        }
        other => panic!("{other:?}"),
    }
}
