//! The events of a run. The suite writes them in order; every report is a reader of them and of nothing else.
//!
//! Exchanges inside events are redacted already: nothing downstream can leak a secret.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Basis, Expectation, Outcome, Verdict};
use crate::{spec::Severity, wire::Exchange};

/// What is known before the first request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunInfo {
    /// Short random id; part of every name that the run creates on a shared target.
    pub run_id: String,
    /// The target for a person: its URL, or `embedded reference provider`.
    pub target: String,
    /// The chosen profiles.
    pub profiles: Vec<String>,
    /// Defects that the embedded provider was told to have.
    pub defects: Vec<String>,
    /// How many scenario results will follow, for the progress bar.
    pub planned: usize,
    /// Whether SHOULD failures fail the run.
    pub strict: bool,
    /// What the run does to the directory; `None` where that is nobody's but the run's own.
    #[serde(default)]
    pub footprint: Option<Footprint>,
}

/// What a run does to the directory of a server that is not its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Footprint {
    /// It only reads.
    ReadOnly,
    /// It creates, and deletes what it created.
    Deleted,
    /// It creates, and what it created may stay.
    Stays,
}

/// Active scenario or passive check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One Gherkin scenario, played once.
    Scenario,
    /// One passive check, over every exchange of the run.
    Check,
}

/// Where a result stands in the matrix effect × path × profile.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// The row: the way in which the change reached the target (`PUT with active false`).
    pub path: String,
    /// The column: the effect's id (`EFF-SESSIONS`).
    pub effect: String,
}

/// A time that a scenario measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// What was measured: `sessions refused after`.
    pub name: String,
    /// How long it took, in milliseconds.
    pub millis: f64,
}

/// One result: a scenario under one profile, or a check over the whole run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScenarioResult {
    /// Stable id, valid as a selector and for `explain`: `EFF-SESSIONS.put-active-false`.
    pub id: String,
    /// Scenario or check.
    pub kind: Kind,
    /// The scenario's name, or the check's summary.
    pub title: String,
    /// Where it is defined: `features/effects/sessions.feature:12`, or the check's source file.
    pub source: String,
    /// Family tag without `@`: `effects`, `rfc`, `okta`, …
    pub family: String,
    /// The requirement or effect that it asserts.
    pub requirement: String,
    /// The severity of that requirement.
    pub severity: Severity,
    /// The profile that played it, where the scenario is played by one.
    pub profile: Option<String>,
    /// Its place in the effects matrix, where it has one.
    pub cell: Option<Cell>,
    /// What was seen.
    pub outcome: Outcome,
    /// What the run makes of it.
    pub verdict: Verdict,
    /// What it rests on.
    #[serde(default)]
    pub basis: Basis,
    /// The expectation that covers it, if one does.
    pub expected: Option<Expectation>,
    /// Wall time of the scenario.
    #[serde(rename = "duration_ms", with = "millis")]
    pub duration: Duration,
    /// Times measured in the scenario.
    #[serde(default)]
    pub measurements: Vec<Measurement>,
    /// The exchanges of the scenario, redacted, in the order in which they were sent.
    #[serde(default)]
    pub transcript: Vec<Exchange>,
}

/// Why a run could not be completed. Not a verdict: it says nothing about conformance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Abort {
    /// One line: what failed, and where.
    pub cause: String,
    /// What the user can do about it.
    pub remedy: String,
    /// Resources that the run made on the target and could not delete again, as URLs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leftovers: Vec<String>,
}

impl Abort {
    /// Without leftovers.
    pub fn new(cause: impl Into<String>, remedy: impl Into<String>) -> Abort {
        Abort { cause: cause.into(), remedy: remedy.into(), leftovers: Vec::new() }
    }
}

/// Counts per verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Holds.
    pub pass: usize,
    /// Broken.
    pub fail: usize,
    /// Broken, recommended only.
    pub warn: usize,
    /// Broken, permitted.
    pub note: usize,
    /// Broken, expected.
    pub known: usize,
    /// Holds, although a deviation was expected.
    pub fixed: usize,
    /// Not exercised.
    pub skip: usize,
}

impl Summary {
    /// Counts one more verdict.
    pub fn add(&mut self, verdict: Verdict) {
        *self.slot(verdict) += 1;
    }

    /// How many there are of one verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        let mut copy = *self;
        *copy.slot(verdict)
    }

    /// All together.
    pub fn total(&self) -> usize {
        Verdict::ALL.iter().map(|verdict| self.count(*verdict)).sum()
    }

    /// How many were exercised at all.
    pub fn exercised(&self) -> usize {
        self.total() - self.skip
    }

    fn slot(&mut self, verdict: Verdict) -> &mut usize {
        match verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Fail => &mut self.fail,
            Verdict::Warn => &mut self.warn,
            Verdict::Note => &mut self.note,
            Verdict::Known => &mut self.known,
            Verdict::Fixed => &mut self.fixed,
            Verdict::Skip => &mut self.skip,
        }
    }
}

/// One event of a run, in the order: `Started`, any number of `Result`, then `Finished` or `Aborted`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RunEvent {
    /// The run begins.
    Started(RunInfo),
    /// A scenario or check has its verdict.
    Result(Box<ScenarioResult>),
    /// All is played.
    Finished {
        /// Counts per verdict; they add up to the number of results.
        summary: Summary,
        /// Wall time of the run.
        #[serde(rename = "duration_ms", with = "millis")]
        duration: Duration,
        /// Resources that the run made on the target and could not delete again, as URLs.
        leftovers: Vec<String>,
    },
    /// The run could not be completed.
    Aborted(Abort),
}

/// Durations as milliseconds with a fraction, in JSON.
mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64((duration.as_secs_f64() * 1e6).round() / 1e3)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let millis = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(millis / 1e3).map_err(serde::de::Error::custom)
    }
}
