//! JUnit XML for CI servers. A suite is a feature file (or `checks`), a case is `id [profile]`.
//!
//! | verdict | JUnit |
//! |---|---|
//! | pass | a case |
//! | fail | a case with `<failure type="fail">` |
//! | warn, note, fixed | a case whose `<system-out>` begins with the word: CI stays green, as the exit code does |
//! | known | `<skipped>`, with the reason of the expectation |
//! | not exercised | `<skipped>`, with the reason |
//! | the run was aborted | a suite `run` with one case `run` with `<error>` |

use std::io;

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{
    run::Run,
    text::{evidence, group, reason, telling, to_repeat},
};
use crate::{
    spec,
    verdict::{ScenarioResult, Verdict},
    wire::curl,
};

/// The JUnit document of a run.
pub(super) fn render(run: &Run) -> io::Result<Vec<u8>> {
    let mut report = Report::new("scimulate");
    report.set_time(run.duration);
    let mut suites: IndexMap<&str, TestSuite> = IndexMap::new();
    for result in &run.results {
        suites.entry(group(result)).or_insert_with_key(|name| TestSuite::new(*name)).add_test_case(case(result));
    }
    for (_, mut suite) in suites {
        let time = suite.test_cases.iter().filter_map(|case| case.time).sum();
        suite.set_time(time);
        report.add_test_suite(suite);
    }
    if let Some(abort) = &run.abort {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(&abort.cause).set_type("aborted").set_description(&abort.remedy);
        let mut suite = TestSuite::new("run");
        suite.add_test_case(TestCase::new("run", status));
        report.add_test_suite(suite);
    }
    let mut bytes = Vec::new();
    report.serialize(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

fn case(result: &ScenarioResult) -> TestCase {
    let reason = reason(result);
    let mut status = match result.verdict {
        Verdict::Pass | Verdict::Warn | Verdict::Note | Verdict::Fixed => TestCaseStatus::success(),
        Verdict::Known => TestCaseStatus::skipped(),
        Verdict::Skip => TestCaseStatus::skipped(),
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    match result.verdict {
        Verdict::Fail => {
            status.set_message(&reason).set_type("fail").set_description(block(result));
        }
        Verdict::Known => {
            status.set_message(format!("known: {reason}")).set_type("known");
        }
        Verdict::Skip => {
            status.set_message(format!("not exercised: {reason}")).set_type("not-exercised");
        }
        Verdict::Pass | Verdict::Warn | Verdict::Note | Verdict::Fixed => {}
    }
    let name = match &result.profile {
        Some(profile) => format!("{} [{profile}]", result.id),
        None => result.id.clone(),
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(&result.requirement).set_time(result.duration);
    if matches!(result.verdict, Verdict::Warn | Verdict::Note | Verdict::Fixed) {
        case.set_system_out(format!("{}: {reason}\n{}", result.verdict.word(), block(result)));
    }
    case
}

/// The finding as text: what CI servers show when the case is opened.
fn block(result: &ScenarioResult) -> String {
    let mut lines = vec![result.title.clone()];
    if let Some(row) = spec::requirement(&result.requirement) {
        lines.push(format!("{}, {}, {}: {}", row.id, row.level, row.clause, row.requirement));
    }
    if let Some(evidence) = evidence(result) {
        lines.push(format!("broken: {}", evidence.what));
        lines.push(format!("expected: {}", evidence.expected));
        lines.push(format!("actual: {}", evidence.actual));
    }
    let telling = telling(result);
    lines.extend(telling.iter().map(|exchange| format!("#{} {}", exchange.seq, exchange.line())));
    if let Some(exchange) = to_repeat(&telling) {
        lines.push(format!("reproduce: {}", curl(exchange)));
    }
    lines.push(format!("source: {}", result.source));
    lines.push(format!("explain: scimulate explain {}", result.id));
    lines.join("\n")
}
