//! From the engine's events to results: the writer that cucumber is given.
//!
//! It hears of failed steps and finished scenarios, reads the typed payload of the failure, judges, and hands the
//! [`ScenarioResult`] on. Results leave in the order of the plan, whatever order the scenarios end in, so that two runs
//! can be compared line by line; a result waits only for those before it.

use std::{collections::BTreeMap, sync::Arc};

use cucumber::{
    Event,
    event::{self, Hook, StepError},
    gherkin, parser, writer,
};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    plan::Item,
    shared::{Entry, Shared},
    stop::Stop,
    world::World,
};
use crate::{
    check::Judgement,
    spec,
    verdict::{Abort, Expectation, Kind, Outcome, ScenarioResult, Verdict, judge},
};

/// Prefix of the tag by which a played scenario finds its item in the plan.
pub(super) const ITEM_TAG: &str = "plan:";

/// How results are judged.
pub(super) struct Rules {
    /// Known deviations.
    pub expectations: Vec<Expectation>,
    /// Whether SHOULD failures fail.
    pub strict: bool,
    /// Whether the first failure ends the run.
    pub fail_fast: bool,
}

/// A result, and what the passive checks saw in the same scenario.
pub(super) type Played = (ScenarioResult, Vec<Judgement>);

/// The writer.
pub(super) struct Recorder {
    shared: Arc<Shared>,
    rules: Arc<Rules>,
    results: UnboundedSender<Played>,
    waiting: BTreeMap<usize, Option<Played>>,
    next: usize,
}

impl Recorder {
    pub fn new(shared: Arc<Shared>, rules: Arc<Rules>, results: UnboundedSender<Played>) -> Recorder {
        Recorder { shared, rules, results, waiting: BTreeMap::new(), next: 0 }
    }

    fn scenario(&mut self, scenario: &gherkin::Scenario, event: event::Scenario<World>) {
        let Some(item) = item_of(scenario) else { return };
        match event {
            event::Scenario::Started => self.shared.note(item, |entry| entry.started = Some(std::time::Instant::now())),
            event::Scenario::Hook(_, Hook::Failed(_, payload)) => self.failed(item, &*payload),
            event::Scenario::Background(step, event::Step::Failed(_, _, _, error))
            | event::Scenario::Step(step, event::Step::Failed(_, _, _, error)) => match error {
                StepError::Panic(payload) => self.failed(item, &*payload),
                StepError::NotFound | StepError::AmbiguousMatch(_) => {
                    self.fault(item, &format!("the step `{}` was not found", step.value));
                }
            },
            event::Scenario::Background(step, event::Step::Skipped)
            | event::Scenario::Step(step, event::Step::Skipped) => {
                self.fault(item, &format!("the step `{}` was skipped", step.value));
            }
            event::Scenario::Finished => self.finished(item),
            _ => {}
        }
    }

    fn failed(&mut self, item: usize, payload: &(dyn std::any::Any + Send)) {
        match payload.downcast_ref::<Stop>() {
            Some(Stop::Mismatch { evidence, .. }) => {
                self.shared.note(item, |entry| entry.outcome = Some(Outcome::Broken(evidence.clone())));
            }
            Some(Stop::NotExercised(why)) => {
                self.shared.note(item, |entry| entry.outcome = Some(Outcome::NotExercised { why: why.clone() }));
            }
            Some(Stop::Fault { cause, remedy }) => {
                let place = self.place(item);
                self.shared.note(item, |entry| entry.cut_short = true);
                self.shared.stop(Some(Abort::new(format!("{cause} (in {place})"), remedy.clone())));
            }
            Some(Stop::Cancelled) => self.shared.note(item, |entry| entry.cut_short = true),
            None => {
                let words = payload
                    .downcast_ref::<String>()
                    .map(String::as_str)
                    .or_else(|| payload.downcast_ref::<&str>().copied())
                    .unwrap_or("no message");
                self.fault(item, &format!("a step panicked: {words}"));
            }
        }
    }

    fn fault(&mut self, item: usize, cause: &str) {
        let place = self.place(item);
        self.shared.note(item, |entry| entry.cut_short = true);
        self.shared.stop(Some(Abort::new(format!("{cause} (in {place})"), "report this: it is a bug of scimulate")));
    }

    fn place(&self, item: usize) -> String {
        self.shared.plan.items.get(item).map(|item| item.info.source.clone()).unwrap_or_default()
    }

    fn finished(&mut self, item: usize) {
        let mut entry = self.shared.take(item);
        let judgements = std::mem::take(&mut entry.judgements);
        if let Some(Outcome::Broken(evidence)) = &mut entry.outcome {
            *evidence = self.shared.redact_evidence(evidence);
        }
        let result = if entry.cut_short {
            None
        } else {
            self.shared.plan.items.get(item).map(|planned| (result(planned, entry, &self.rules), judgements))
        };
        if self.rules.fail_fast && result.as_ref().is_some_and(|(result, _)| result.verdict == Verdict::Fail) {
            self.shared.stop(None);
        }
        self.waiting.insert(item, result);
        while let Some(result) = self.waiting.remove(&self.next) {
            self.next += 1;
            if let Some(result) = result {
                // Nobody listens any more when the run is over.
                let _ = self.results.send(result);
            }
        }
    }
}

impl cucumber::Writer<World> for Recorder {
    type Cli = cucumber::cli::Empty;

    async fn handle_event(&mut self, event: parser::Result<Event<event::Cucumber<World>>>, _: &Self::Cli) {
        let Ok(event) = event else { return };
        if let event::Cucumber::Feature(_, event::Feature::Scenario(scenario, event)) = event.value {
            self.scenario(&scenario, event.event);
        }
    }
}

impl writer::Normalized for Recorder {}

/// The item of the plan that a played scenario belongs to.
pub(super) fn item_of(scenario: &gherkin::Scenario) -> Option<usize> {
    scenario.tags.iter().find_map(|tag| tag.strip_prefix(ITEM_TAG)?.parse().ok())
}

/// Judges one played scenario.
fn result(planned: &Item, entry: Entry, rules: &Rules) -> ScenarioResult {
    let info = &planned.info;
    let profile = planned.profile.as_ref().map(|profile| profile.id.clone());
    let outcome = entry.outcome.unwrap_or(Outcome::Holds);
    let mut basis = entry.basis;
    if basis.judged == 0 && !matches!(outcome, Outcome::NotExercised { .. }) {
        basis.judged = 1;
    }
    let ids = [info.id.as_str(), info.requirement.as_str()];
    let expected = rules.expectations.iter().find(|one| one.covers(&ids, profile.as_deref())).cloned();
    let requirement = spec::requirement(&info.requirement).expect("the lint admits known requirements only");
    let verdict = judge(&outcome, requirement, expected.is_some(), rules.strict);
    ScenarioResult {
        id: info.id.clone(),
        kind: Kind::Scenario,
        title: info.title.clone(),
        source: info.source.clone(),
        family: info.family.clone(),
        requirement: info.requirement.clone(),
        severity: requirement.severity,
        profile,
        cell: info.cell.clone(),
        outcome,
        verdict,
        basis,
        expected,
        duration: entry.started.map(|started| started.elapsed()).unwrap_or_default(),
        measurements: entry.measurements,
        transcript: entry.transcript,
    }
}
