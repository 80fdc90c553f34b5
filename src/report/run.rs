//! A run as the documents read it: its events collected, sorted, and summed up.

use std::{collections::BTreeMap, time::Duration};

use indexmap::IndexMap;

use crate::{
    spec::{self, Requirement, Severity},
    verdict::{Abort, Kind, Outcome, RunEvent, RunInfo, ScenarioResult, Summary, Verdict},
};

/// The collected events of one run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// What was known before the first request; absent if the run ended before it began.
    pub info: Option<RunInfo>,
    /// The results; by requirement, id and profile once [`Run::sort`] was called.
    pub results: Vec<ScenarioResult>,
    /// Counts per verdict.
    pub summary: Summary,
    /// Wall time; zero for a run that was aborted.
    pub duration: Duration,
    /// What the run made on the target and could not delete.
    pub leftovers: Vec<String>,
    /// Why the run could not be completed, if it could not.
    pub abort: Option<Abort>,
}

/// One requirement with the worst verdict of its scenarios and checks.
#[derive(Clone, Debug)]
pub(super) struct Judged<'a> {
    /// Its id.
    pub id: &'a str,
    /// The row of the catalogue; absent for an id that the catalogue does not know (a user's own feature).
    pub row: Option<&'static Requirement>,
    /// How strongly it binds.
    pub severity: Severity,
    /// The worst verdict.
    pub verdict: Verdict,
    /// Its results, in report order.
    pub results: Vec<&'a ScenarioResult>,
}

impl Judged<'_> {
    /// The literal keyword of the clause: `MUST`, `SHOULD NOT`, `def`.
    pub(super) fn level(&self) -> &str {
        self.row.map_or(severity_word(self.severity), |row| row.level.as_str())
    }

    /// Requests that its scenarios sent.
    pub(super) fn requests(&self) -> usize {
        self.results.iter().map(|result| requests(result)).sum()
    }
}

/// The word of a severity.
pub(super) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Must => "MUST",
        Severity::Should => "SHOULD",
        Severity::May => "MAY",
        Severity::Def => "def",
        Severity::Drv => "drv",
    }
}

/// Requests that a result sent itself: a check only reads the exchanges of scenarios.
pub(super) fn requests(result: &ScenarioResult) -> usize {
    match result.kind {
        Kind::Scenario => result.transcript.len(),
        Kind::Check => 0,
    }
}

/// The spread of one measured time over a run, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spread {
    /// How often it was measured.
    pub count: usize,
    /// The shortest.
    pub min: f64,
    /// The middle one; the lower of the two middle ones of an even number.
    pub median: f64,
    /// The longest.
    pub max: f64,
}

impl Spread {
    /// The spread of some times; all zero if there is none.
    pub(super) fn of(times: &mut [f64]) -> Spread {
        times.sort_by(f64::total_cmp);
        let (Some(min), Some(max)) = (times.first(), times.last()) else { return Spread::default() };
        Spread { count: times.len(), min: *min, median: times[(times.len() - 1) / 2], max: *max }
    }
}

impl Run {
    /// A run made of events.
    pub fn from_events<'a>(events: impl IntoIterator<Item = &'a RunEvent>) -> Run {
        let mut run = Run::default();
        for event in events {
            run.take(event);
        }
        run.sort();
        run
    }

    /// Takes one event, with its transcript.
    pub fn take(&mut self, event: &RunEvent) {
        if let RunEvent::Result(result) = event {
            self.results.push((**result).clone());
        }
        self.count(event);
    }

    /// Takes one event, but keeps no result.
    pub fn count(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Started(info) => self.info = Some(info.clone()),
            RunEvent::Result(result) => self.summary.add(result.verdict),
            RunEvent::Finished { duration, leftovers, .. } => {
                self.duration = *duration;
                self.leftovers.clone_from(leftovers);
            }
            RunEvent::Aborted(abort) => {
                self.leftovers.clone_from(&abort.leftovers);
                self.abort = Some(Abort { leftovers: Vec::new(), ..abort.clone() });
            }
        }
    }

    /// Puts the results in report order, which does not depend on the order in which they were played.
    pub fn sort(&mut self) {
        self.results.sort_by(|a, b| key(a).cmp(&key(b)));
    }

    /// The requirements of the run in catalogue order, unknown ids last.
    pub(super) fn requirements(&self) -> Vec<Judged<'_>> {
        let mut rows: IndexMap<&str, Judged<'_>> = IndexMap::new();
        for result in &self.results {
            let judged = rows.entry(&result.requirement).or_insert_with(|| Judged {
                id: &result.requirement,
                row: spec::requirement(&result.requirement),
                severity: result.severity,
                verdict: Verdict::Pass,
                results: Vec::new(),
            });
            judged.verdict = judged.verdict.max(result.verdict);
            judged.results.push(result);
        }
        let order: BTreeMap<&str, usize> =
            spec::catalogue().iter().enumerate().map(|(at, row)| (row.id.as_str(), at)).collect();
        let mut rows: Vec<_> = rows.into_values().collect();
        rows.sort_by_key(|judged| order.get(judged.id).copied().unwrap_or(usize::MAX));
        rows
    }

    /// Why results were not exercised, the most frequent reason first, with how often.
    pub(super) fn reasons(&self) -> Vec<(String, usize)> {
        let mut reasons = BTreeMap::new();
        for result in &self.results {
            if let Outcome::NotExercised { why } = &result.outcome {
                *reasons.entry(why.clone()).or_insert(0) += 1;
            }
        }
        by_frequency(reasons)
    }

    /// The spread of each measured time, by name.
    pub(super) fn measured(&self) -> Vec<(String, Spread)> {
        let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for measurement in self.results.iter().flat_map(|result| &result.measurements) {
            times.entry(measurement.name.clone()).or_default().push(measurement.millis);
        }
        times.into_iter().map(|(name, mut times)| (name, Spread::of(&mut times))).collect()
    }

    /// How often a rule was judged, over all scenarios and checks.
    pub(super) fn judgements(&self) -> usize {
        self.results.iter().map(|result| result.basis.judged).sum()
    }

    /// Requests of all scenarios.
    pub(super) fn requests(&self) -> usize {
        self.results.iter().map(requests).sum()
    }

    /// The profiles that results name, in the order of the run.
    pub(super) fn profiles(&self) -> Vec<&str> {
        let mut profiles: Vec<&str> = self.info.iter().flat_map(|info| &info.profiles).map(String::as_str).collect();
        for profile in self.results.iter().filter_map(|result| result.profile.as_deref()) {
            if !profiles.contains(&profile) {
                profiles.push(profile);
            }
        }
        profiles.retain(|profile| self.results.iter().any(|result| result.profile.as_deref() == Some(profile)));
        profiles
    }
}

/// Reasons with counts, the most frequent first, equal ones by name.
pub(super) fn by_frequency(reasons: BTreeMap<String, usize>) -> Vec<(String, usize)> {
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    reasons
}

fn key(result: &ScenarioResult) -> (&str, &str, Option<&str>, &str) {
    (&result.requirement, &result.id, result.profile.as_deref(), &result.source)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The middle of the measured times is one that was measured, and no measurement is no panic.
    #[test]
    fn spread() {
        assert_eq!(Spread::of(&mut []), Spread::default());
        let two = Spread::of(&mut [9.0, 1.0]);
        assert_eq!((two.min, two.median, two.max, two.count), (1.0, 1.0, 9.0, 2));
        assert_eq!(Spread::of(&mut [5.0, 1.0, 2.0]).median, 2.0);
    }
}
