//! One fixed run that has everything a report can show: each verdict, a scenario under two profiles, a check, the
//! effects matrix, measured times, hostile text from the target, a transport failure, a leftover.

use std::time::Duration;

use scimulate::{
    spec::Severity,
    verdict::{
        Abort, Basis, Cell, Evidence, Expectation, Footprint, Kind, Measurement, Outcome, RunEvent, RunInfo,
        ScenarioResult, Summary, Verdict,
    },
    wire::{Exchange, Reply, Response, Sender, TransportError, TransportKind},
};
use time::macros::datetime;

/// The whole run.
pub fn all_verdicts() -> Vec<RunEvent> {
    let results = results();
    let mut summary = Summary::default();
    for result in &results {
        summary.add(result.verdict);
    }
    let mut events = vec![started(results.len())];
    events.extend(results.into_iter().map(|result| RunEvent::Result(Box::new(result))));
    events.push(RunEvent::Finished {
        summary,
        duration: Duration::from_millis(1204),
        leftovers: vec!["https://scim.example/v2/Users/left-7f3a".into()],
    });
    events
}

/// The same run, ended by the target in its middle.
pub fn aborted() -> Vec<RunEvent> {
    let mut events = all_verdicts();
    events.truncate(3);
    events.push(RunEvent::Aborted(Abort::new(
        "the target https://scim.example/v2 no longer answers: connection refused",
        "start it again and repeat the run; what was made on it is listed above",
    )));
    events
}

/// A run of one review: all of its cases hold but one that fails, one that is optional and does not hold, and one that
/// could not be exercised.
pub fn review(id: &str) -> Vec<RunEvent> {
    let mut results = Vec::new();
    for (at, row) in scimulate::spec::catalogue().iter().enumerate() {
        let Some(case) = row.case.as_ref().filter(|case| case.review == id && case.by_hand.is_none()) else { continue };
        let (outcome, verdict) = match case.number.as_str() {
            "Update_User" => (broken("the new title", "no title"), Verdict::Fail),
            "Delete_Group" => (broken("status 404", "status 200"), Verdict::Warn),
            "POD_User" => (Outcome::NotExercised { why: "the set-up was refused".into() }, Verdict::Skip),
            _ => (Outcome::Holds, Verdict::Pass),
        };
        let mut result = rfc(&row.id, &format!("case-{at}"), row.severity, outcome);
        result.verdict = verdict;
        result.transcript.clear();
        results.push(result);
    }
    let mut summary = Summary::default();
    let mut events = vec![started(results.len())];
    for result in results {
        summary.add(result.verdict);
        events.push(RunEvent::Result(Box::new(result)));
    }
    events.push(RunEvent::Finished { summary, duration: Duration::from_millis(812), leftovers: Vec::new() });
    events
}

fn broken(expected: &str, actual: &str) -> Outcome {
    Outcome::Broken(Evidence {
        what: "the user is as the directory says".into(),
        expected: expected.into(),
        actual: actual.into(),
        exchanges: Vec::new(),
    })
}

/// A run of many results, all of which pass but one that could not be exercised.
pub fn many() -> Vec<RunEvent> {
    let mut events = vec![started(120)];
    let mut summary = Summary::default();
    for at in 0..120 {
        let profile = if at % 2 == 0 { "okta" } else { "entra-default" };
        let mut result = effect("EFF-STATUS", &format!("path-{}", at / 2), profile, Outcome::Holds);
        result.source = format!("features/effects/{}.feature:{}", if at < 60 { "status" } else { "roles" }, at + 3);
        if at == 7 {
            result.outcome = Outcome::NotExercised { why: "no observer for the member's state".into() };
            result.verdict = Verdict::Skip;
        }
        summary.add(result.verdict);
        events.push(RunEvent::Result(Box::new(result)));
    }
    events.push(RunEvent::Finished { summary, duration: Duration::from_millis(2718), leftovers: Vec::new() });
    events
}

fn started(planned: usize) -> RunEvent {
    RunEvent::Started(RunInfo {
        run_id: "7f3a".into(),
        target: "https://scim.example/v2".into(),
        profiles: vec!["okta".into(), "entra-default".into()],
        defects: Vec::new(),
        planned,
        strict: false,
        footprint: Some(Footprint::Deleted),
    })
}

fn results() -> Vec<ScenarioResult> {
    let broken = Evidence {
        what: "every session of \"ada\" is revoked within 1 second".into(),
        expected: "3 of 3 sessions refused".into(),
        actual: "session 2 is still open after 1000 ms".into(),
        exchanges: vec![2, 3],
    };
    let mut pass = effect("EFF-SESSIONS", "put-active-false", "okta", Outcome::Holds);
    pass.basis.covered = vec!["/Users userName".into(), "/Users emails".into()];
    pass.measurements = vec![measured(0.8), measured(1.2), measured(4.0)];
    let mut fail = effect("EFF-SESSIONS", "put-active-false", "entra-default", Outcome::Broken(broken));
    fail.verdict = Verdict::Fail;
    fail.measurements = vec![measured(1000.0)];

    let mut skip = effect(
        "EFF-WEBHOOKS",
        "put-active-false",
        "okta",
        Outcome::NotExercised { why: "no observer for webhooks: fill in [observe.webhooks]".into() },
    );
    skip.verdict = Verdict::Skip;
    skip.transcript.clear();

    let mut known = effect(
        "EFF-ROLES",
        "put-active-false",
        "okta",
        Outcome::Broken(Evidence {
            what: "\"ada\" has no role".into(),
            expected: "no role".into(),
            actual: "editor (from group Engineering)".into(),
            exchanges: vec![3],
        }),
    );
    known.verdict = Verdict::Known;
    known.expected = Some(expectation("EFF-ROLES.put-active-false", "ticket 412"));

    let mut fixed = effect("EFF-SIGNIN", "put-active-false", "okta", Outcome::Holds);
    fixed.verdict = Verdict::Fixed;
    fixed.expected = Some(expectation("EFF-SIGNIN.*", "ticket 398"));

    let mut warn = rfc(
        "RFC7644-3.3-R5",
        "post-location",
        Severity::Should,
        Outcome::Broken(Evidence {
            what: "the response has a Location header".into(),
            expected: "Location: https://scim.example/v2/Users/{id}".into(),
            actual: "no Location header".into(),
            exchanges: Vec::new(),
        }),
    );
    warn.verdict = Verdict::Warn;
    warn.basis.also.push("RFC7644-3.3-R5.created".into());

    let mut note = rfc(
        "RFC7644-3.12-R4",
        "scim-type",
        Severity::May,
        Outcome::Broken(Evidence {
            what: "the error carries a scimType".into(),
            expected: "scimType".into(),
            actual: "\u{1b}[31m<script>alert(1)</script> | `none`".into(),
            exchanges: vec![9],
        }),
    );
    note.verdict = Verdict::Note;
    note.transcript = vec![exchange(9, Sender::Client, "GET", "/Users/%3Cscript%3E", None, 404, HOSTILE)];

    let mut check = rfc(
        "RFC7644-3.1-R3",
        "media-type",
        Severity::Must,
        Outcome::Broken(Evidence {
            what: "the response is application/scim+json".into(),
            expected: r#"{"status":"404","detail":"a"}"#.into(),
            actual: r#"{"status":404,"detail":"a"}"#.into(),
            exchanges: vec![1],
        }),
    );
    check.kind = Kind::Check;
    check.verdict = Verdict::Fail;
    check.profile = None;
    check.source = "src/check/rfc7644/media_type.rs".into();

    let mut read = rfc("RFC7644-3.5.2-R18", "patch-answers", Severity::May, Outcome::Holds);
    read.basis.judged = 12;
    read.basis.read("resource", 9);
    read.basis.read("no-content", 3);

    let mut timeout = rfc(
        "RFC7644-3.5.2-R1",
        "patch-is-answered",
        Severity::Must,
        Outcome::Broken(Evidence {
            what: "PATCH is answered".into(),
            expected: "200 or 204".into(),
            actual: "no complete response within 30 s".into(),
            exchanges: vec![4],
        }),
    );
    timeout.verdict = Verdict::Fail;
    timeout.duration = Duration::from_millis(30_002);
    timeout.transcript = vec![Exchange {
        reply: Reply::Failed(TransportError { kind: TransportKind::Timeout, message: "operation timed out".into() }),
        micros: 30_000_000,
        ..exchange(4, Sender::Client, "PATCH", "/Users/2819c223", Some("{\"it's\":1}"), 200, "")
    }];
    // In the order in which a concurrent run might play them, which is not the order of the report.
    vec![timeout, pass, fail, skip, known, fixed, warn, note, check, read]
}

/// An answer that tries to become markup.
const HOSTILE: &str = "<html></script><script>alert(1)</script>\u{1b}[2J";

fn measured(millis: f64) -> Measurement {
    Measurement { name: "session refused after".into(), millis }
}

fn expectation(id: &str, reason: &str) -> Expectation {
    Expectation { id: id.into(), profile: None, reason: reason.into(), place: Some("scimulate.toml:14".into()) }
}

fn effect(id: &str, slug: &str, profile: &str, outcome: Outcome) -> ScenarioResult {
    ScenarioResult {
        id: format!("{id}.{slug}"),
        kind: Kind::Scenario,
        title: format!("After {slug}, {} follows", id.to_lowercase()),
        source: "features/effects/fictional.feature:12".into(),
        family: "effects".into(),
        requirement: id.into(),
        severity: Severity::Must,
        profile: Some(profile.into()),
        cell: Some(Cell { path: slug.replace('-', " "), effect: id.into() }),
        outcome,
        verdict: Verdict::Pass,
        basis: Basis { judged: 1, ..Basis::default() },
        expected: None,
        duration: Duration::from_millis(31),
        measurements: Vec::new(),
        transcript: vec![
            exchange(1, Sender::Client, "POST", "/Users", Some(r#"{"userName":"ada@example.com"}"#), 201, CREATED),
            exchange(2, Sender::Idp, "PUT", "/Users/2819c223", Some(r#"{"active": false}"#), 200, "{\"active\":false}"),
            exchange(
                3,
                Sender::Observer,
                "POST",
                "/sessions/authenticate",
                Some(r#"{"session_token":"***"}"#),
                200,
                "{}",
            ),
        ],
    }
}

fn rfc(id: &str, slug: &str, severity: Severity, outcome: Outcome) -> ScenarioResult {
    ScenarioResult {
        title: format!("The rule {slug} holds"),
        source: "features/rfc7644/fictional.feature:30".into(),
        family: "rfc".into(),
        severity,
        profile: None,
        cell: None,
        ..effect(id, slug, "okta", outcome)
    }
}

const CREATED: &str = r#"{"id":"2819c223","userName":"ada@example.com","meta":{"resourceType":"User"}}"#;

fn exchange(
    seq: u64,
    sender: Sender,
    method: &str,
    path: &str,
    body: Option<&str>,
    status: u16,
    answer: &str,
) -> Exchange {
    Exchange {
        seq,
        sender,
        method: method.into(),
        url: format!("https://scim.example/v2{path}"),
        headers: vec![
            ("Content-Type".into(), "application/scim+json".into()),
            ("Authorization".into(), "Bearer ***".into()),
        ],
        body: body.map(str::to_owned),
        reply: Reply::Response(Response {
            status,
            headers: vec![("content-type".into(), "application/scim+json".into())],
            body: answer.into(),
        }),
        at: datetime!(2026-11-23 10:00:00 UTC),
        micros: 1_500,
    }
}
