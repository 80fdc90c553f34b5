//! The passive checks over everything that the run sent: judged scenario by scenario, told at the end of the run.

use super::{options::Options, shared::Shared, world::Stage};
use crate::{
    check::{self, Judgement, Scope, Tally},
    spec,
    target::Tenant,
    verdict::{Evidence, Expectation, Kind, Outcome, ScenarioResult, judge as verdict_of},
    wire::Exchange,
};

/// Ids of all checks.
pub(super) fn check_ids() -> impl Iterator<Item = &'static str> {
    check::all().map(|check| check.id)
}

/// Judges what one scenario sent.
pub(super) fn judge(shared: &Shared, stage: &Stage) -> Vec<Judgement> {
    let client = stage.client();
    let mut scope = Scope::at(&client.endpoint().base_url);
    scope.discovery = shared.discovery.get().cloned().unwrap_or_default();
    scope.isolated = stage.tenants[0].isolated();
    scope.shared = !scope.isolated;
    scope.unkept = shared.habits.get().map(|habits| habits.lost.clone()).unwrap_or_default();
    scope.secrets = stage.tenants.iter().flat_map(Tenant::secrets).collect();
    check::judge(&stage.transcript.exchanges(), &scope)
}

/// The tally of one run.
pub(super) struct Judging {
    tally: Tally,
    chosen: Vec<String>,
    expectations: Vec<Expectation>,
    options: (super::options::Level, bool),
}

impl Judging {
    /// A tally of the checks whose ids begin with one of `chosen`; of all if there is none.
    pub fn new(chosen: &[String], options: &Options) -> Judging {
        Judging {
            tally: Tally::new(),
            chosen: chosen.to_vec(),
            expectations: options.expectations.clone(),
            options: (options.level, options.strict),
        }
    }

    /// Adds what one scenario yielded.
    pub fn observe(&mut self, exchanges: &[Exchange], judgements: &[Judgement]) {
        self.tally.take(exchanges, judgements);
    }

    /// One result for every chosen check, in registry order.
    pub fn results(self, redact: impl Fn(&Evidence) -> Evidence) -> Vec<ScenarioResult> {
        let (level, strict) = self.options;
        let mut results = Vec::new();
        for total in self.tally.finish() {
            let check = total.check;
            let chosen =
                self.chosen.is_empty() || self.chosen.iter().any(|prefix| check.id.starts_with(prefix.as_str()));
            let Some(requirement) =
                spec::requirement(check.requirement).filter(|row| chosen && level.admits(row.severity))
            else {
                continue;
            };
            let outcome = match total.outcome {
                Outcome::Broken(evidence) => Outcome::Broken(redact(&evidence)),
                other => other,
            };
            let expected =
                self.expectations.iter().find(|one| one.covers(&[check.id, check.requirement], None)).cloned();
            results.push(ScenarioResult {
                id: check.id.to_owned(),
                kind: Kind::Check,
                title: check.summary.to_owned(),
                source: check.file.to_owned(),
                family: "rfc".to_owned(),
                requirement: check.requirement.to_owned(),
                severity: requirement.severity,
                profile: None,
                cell: None,
                verdict: verdict_of(&outcome, requirement, expected.is_some(), strict),
                outcome,
                expected,
                duration: std::time::Duration::ZERO,
                measurements: Vec::new(),
                transcript: total.transcript,
            });
        }
        results
    }
}
