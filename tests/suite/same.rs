//! A run says the same of an unchanged target whenever it is made, and however many scenarios play side by side.

use std::collections::BTreeMap;

use scimulate::{
    suite::Options,
    verdict::{Kind, Outcome, ScenarioResult},
};

use super::{options, play, results};

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
        assert_eq!(alone.len(), again.len(), "the number of results");
        for (first, second) in alone.iter().zip(&again) {
            assert_eq!(first, second);
        }
    }
}
