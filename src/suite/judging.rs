//! The passive checks over everything that the run sent: judged scenario by scenario, told at the end of the run.

use super::{options::Options, shared::Shared, world::Stage};
use crate::{
    check::{self, Judgement, Scope, Tally},
    spec,
    target::Tenant,
    verdict::{Evidence, Expectation, Kind, Outcome, ScenarioResult, judge as verdict_of},
};

/// Ids of all checks.
pub(super) fn check_ids() -> impl Iterator<Item = &'static str> {
    check::all().map(|check| check.id)
}

/// What the checks must know to judge what one scenario sent.
pub(super) fn scope(shared: &Shared, stage: &Stage) -> Scope {
    let client = stage.client();
    let mut scope = Scope::at(&client.endpoint().base_url);
    scope.discovery = shared.discovery.get().cloned().unwrap_or_default();
    scope.isolated = stage.tenants[0].isolated();
    scope.shared = !scope.isolated;
    scope.unkept = shared.habits.get().map(|habits| habits.lost.clone()).unwrap_or_default();
    scope.secrets = stage.tenants.iter().flat_map(Tenant::secrets).collect();
    scope
}

/// Whether a check is among the chosen ones; all are if none is named.
fn chosen(prefixes: &[String], id: &str) -> bool {
    prefixes.is_empty() || prefixes.iter().any(|prefix| id.starts_with(prefix.as_str()))
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

    /// Adds what one scenario yielded. What the scenario and a chosen check of the same requirement both found in one
    /// exchange is told once, in the scenario's result, with the id of the check beside it.
    pub fn observe(&mut self, result: &mut ScenarioResult, mut judgements: Vec<Judgement>) {
        if let Outcome::Broken(evidence) = &result.outcome {
            let same = judgements.iter_mut().filter(|one| one.check.requirement == result.requirement);
            for judgement in same.filter(|one| chosen(&self.chosen, one.check.id)) {
                if judgement.tell(evidence) {
                    result.basis.also.push(judgement.check.id.to_owned());
                }
            }
        }
        self.tally.take(&result.transcript, &judgements);
    }

    /// One result for every chosen check, in registry order; none for a check whose findings scenarios have told.
    pub fn results(self, redact: impl Fn(&Evidence) -> Evidence) -> Vec<ScenarioResult> {
        let (level, strict) = self.options;
        let mut results = Vec::new();
        for total in self.tally.finish() {
            let check = total.check;
            if !chosen(&self.chosen, check.id) || (total.told > 0 && total.broken == 0) {
                continue;
            }
            let Some(requirement) = spec::requirement(check.requirement).filter(|row| level.admits(row.severity))
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
                basis: total.basis,
                expected,
                duration: std::time::Duration::ZERO,
                measurements: Vec::new(),
                transcript: total.transcript,
            });
        }
        results
    }
}
