//! A run says the same of an unchanged target whenever it is made, and however many scenarios play side by side: where each
//! has a directory of its own, and where all share one.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use scimulate::{
    provider::app,
    suite::{self, Choice, Options},
    target::Config,
    verdict::{Kind, Outcome, ScenarioResult},
    wire::{Client, Endpoint, Http, HttpOptions, Request, Sender, Transcript},
};
use serde_json::{Value, json};

use super::{aborted, external, options, play, results};

/// What is played: every family of scenarios that the embedded provider can show, walks and checks.
const SELECTION: [&str; 9] = [
    "RFC7643-7-R13",
    "RFC7644-3.3",
    "RFC7644-3.4.1",
    "RFC7644-3.5.2.1",
    "RFC7644-3.7",
    "EFF-GROUPS",
    "EFF-SESSIONS",
    "OKTA-MEMBERSHIP",
    "ENTRA-DISABLE",
];

/// All that a result says but its times, and the names and ids that no two runs share.
fn said(result: &ScenarioResult) -> String {
    let why = match &result.outcome {
        Outcome::Holds => String::new(),
        Outcome::Broken(evidence) => format!("{} / {}", evidence.what, evidence.expected),
        Outcome::NotExercised { why } => why.clone(),
    };
    // What was sent side by side is sent in no order.
    let mut sent: BTreeMap<(&str, Option<u16>), usize> = BTreeMap::new();
    for exchange in result.transcript.iter().filter(|_| result.kind == Kind::Scenario) {
        *sent.entry((&exchange.method, exchange.status())).or_default() += 1;
    }
    let basis = (result.basis.judged, &result.basis.covered, &result.basis.also, &result.basis.readings);
    format!("{} {:?} {:?} {basis:?} {sent:?} {why}", result.id, result.profile, result.verdict)
}

async fn run(concurrency: usize) -> Vec<String> {
    let events = play(Options { concurrency, ..options(&SELECTION) }).await;
    results(&events).into_iter().map(said).collect()
}

/// One at a time, many at a time, and many once more: the reports differ in nothing but times.
#[tokio::test]
async fn runs_agree() {
    let alone = run(1).await;
    assert!(alone.len() > 100, "{} results", alone.len());
    for again in [run(32).await, run(32).await] {
        agree(&alone, &again);
    }
}

fn agree(first: &[String], second: &[String]) {
    assert_eq!(first.len(), second.len(), "the number of results");
    for (first, second) in first.iter().zip(second) {
        assert_eq!(first, second);
    }
}

/// What is played on a directory that all scenarios share: whatever asks for lists, and what fills the directory meanwhile.
const SHARED: [&str; 9] = [
    "RFC7644-3.4",
    "RFC7644-3.3",
    "@generated",
    "OKTA-TEST",
    "ENTRA-MATCH",
    "@okta-oin",
    "@okta-spec",
    "@entra-gallery",
    "@ipsie",
];

/// Where scenarios share a directory, the answer to one must not depend on what others have there just then. Two people and
/// a group who live there, and have a value in every attribute that filters ask for, show which scenarios reach others than
/// their own: those play alone. With that, the reports are the same.
#[tokio::test]
async fn runs_agree_on_a_shared_directory() {
    let provider = app::start(app::Options::default()).await.expect("a provider");
    let base = provider.bootstrap().await.expect("an organization");
    let residents = settle(&base.scim_base_url, &base.scim_token).await;
    let text = format!("[target]\nurl = \"{}\"\nauth = {{ bearer = \"{}\" }}\n", base.scim_base_url, base.scim_token);
    let target = Choice::External(Box::new(Config::parse(&text, "scimulate.toml").expect("a configuration")));
    let alone: BTreeSet<String> =
        suite::scenarios().into_iter().filter(|scenario| scenario.alone).map(|scenario| scenario.id).collect();

    let mut reports = Vec::new();
    for concurrency in [1, 32] {
        let events = play(Options { concurrency, target: target.clone(), ..options(&SHARED) }).await;
        assert_eq!(aborted(&events).map(|abort| &abort.cause), None);
        let results = results(&events);
        let reaching: BTreeSet<&str> = results
            .iter()
            .filter(|result| result.kind == Kind::Scenario)
            .filter(|result| result.transcript.iter().any(|sent| lists(sent.json(), &residents)))
            .map(|result| result.id.as_str())
            .collect();
        assert!(!reaching.is_empty(), "nothing reached those who live there");
        let beside: Vec<&str> = reaching.into_iter().filter(|id| !alone.contains(*id)).collect();
        assert!(beside.is_empty(), "these reach what others made, and have no @alone: {beside:?}");
        reports.push(results.into_iter().map(said).collect::<Vec<_>>());
    }
    assert!(reports[0].len() > 200, "{} results", reports[0].len());
    agree(&reports[0], &reports[1]);
}

/// Creates those who live in the directory already, and gives their ids.
async fn settle(base_url: &str, token: &str) -> Vec<String> {
    let http = Http::new(&HttpOptions::default()).expect("a client");
    let client = Client::new(http, Endpoint::bearer(base_url, token), Transcript::new());
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Resident@example.com",
        "name": {"givenName": "Rita", "familyName": "O'Malley"}, "displayName": "Resident", "title": "Countess",
        "userType": "Employee", "nickName": "Rita", "locale": "en-US", "preferredLanguage": "en-US",
        "emails": [{"value": "Resident@example.com", "type": "work", "primary": true}],
        "ims": [{"value": "rita@foo.com", "type": "xmpp"}]
    });
    let bare = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "jbare@example.com"});
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Residents"});
    let mut ids = Vec::new();
    for (path, body) in [("/Users", user), ("/Users", bare), ("/Groups", group)] {
        let made = client.send(Sender::Client, Request::new("POST", path).json("application/scim+json", &body)).await;
        let id = made.json().and_then(|body| body["id"].as_str().map(str::to_owned));
        ids.push(id.unwrap_or_else(|| panic!("{made:?}")));
    }
    ids
}

/// Whether an answer is a list with one of these in it.
fn lists(answer: Option<Value>, ids: &[String]) -> bool {
    let Some(Value::Array(listed)) = answer.map(|mut body| body["Resources"].take()) else { return false };
    listed.iter().any(|one| ids.iter().any(|id| one["id"] == **id))
}

/// Where a target ignores filters, or counts those whom it leaves out, scenarios play one after the other whatever was asked
/// for: no request is under way while one of another scenario is.
#[tokio::test]
async fn what_ignores_filters_is_played_one_at_a_time() {
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{any, method, path},
    };
    for (total, one_at_a_time) in [(1, true), (0, false)] {
        let server = MockServer::start().await;
        let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "1", "userName": "x"});
        let list = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": total,
            "Resources": []});
        for (verb, at, status, body) in [
            ("POST", "/Users", 201, user.clone()),
            ("GET", "/Users", 200, list),
            ("GET", "/Users/1", 200, user),
            ("DELETE", "/Users/1", 204, Value::Null),
        ] {
            let answer = ResponseTemplate::new(status).set_body_json(body).set_delay(Duration::from_millis(20));
            Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(&server).await;
        }
        Mock::given(any()).respond_with(ResponseTemplate::new(404)).with_priority(200).mount(&server).await;
        let options = options(&["RFC7644-3.4.1", "RFC7644-3.6", "RFC7644-3.3-R5"]);
        let events = play(Options { concurrency: 16, target: external(&server.uri()), ..options }).await;
        let mut sent: Vec<_> = results(&events)
            .into_iter()
            .filter(|result| result.kind == Kind::Scenario)
            .flat_map(|result| result.transcript.iter().map(|sent| (sent.at, sent.at + sent.duration(), &result.id)))
            .collect();
        assert!(sent.len() > 10, "{} requests", sent.len());
        sent.sort();
        let overlaps = sent.windows(2).any(|pair| pair[0].2 != pair[1].2 && pair[1].0 < pair[0].1);
        assert_eq!(overlaps, !one_at_a_time, "totalResults {total}");
    }
}
