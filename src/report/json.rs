//! The machine format. It is versioned: within one version members are only added. It holds everything that the other
//! formats show, so that [`read`] gives back the run and a saved report can be drawn again or merged.

use std::{io, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    readings::{Read, readings},
    run::{Run, severity_word},
};
use crate::{
    spec::{self, Severity},
    verdict::{
        Abort, Basis, Cell, Evidence, Expectation, Kind, Measurement, Outcome, RunInfo, ScenarioResult, Summary,
        Verdict,
    },
    wire::Exchange,
};

/// The version of the format.
pub const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Document {
    format: u32,
    tool: Tool,
    run: Option<RunInfo>,
    summary: Summary,
    duration_ms: f64,
    #[serde(default)]
    requests: usize,
    #[serde(default)]
    judgements: usize,
    aborted: Option<Abort>,
    leftovers: Vec<String>,
    requirements: Vec<Row>,
    #[serde(default)]
    readings: Vec<Disputed>,
    results: Vec<Entry>,
}

/// A requirement that can be read in more than one way, and the readings that the target follows.
#[derive(Serialize, Deserialize)]
struct Disputed {
    requirement: String,
    about: String,
    seen: Vec<Followed>,
}

#[derive(Serialize, Deserialize)]
struct Followed {
    id: String,
    says: String,
    clause: String,
    times: usize,
}

#[derive(Serialize, Deserialize)]
struct Tool {
    name: String,
    version: String,
}

/// A requirement with its worst verdict.
#[derive(Serialize, Deserialize)]
struct Row {
    id: String,
    level: String,
    verdict: Verdict,
    clause: Option<String>,
    url: Option<String>,
    requirement: Option<String>,
    requests: usize,
    results: Vec<String>,
}

/// A result. `exchanges` is its transcript; a check holds only the exchanges that it judged broken.
#[derive(Serialize, Deserialize)]
struct Entry {
    id: String,
    kind: Kind,
    title: String,
    requirement: String,
    level: String,
    severity: Severity,
    family: String,
    source: String,
    profile: Option<String>,
    verdict: Verdict,
    outcome: Word,
    #[serde(flatten)]
    basis: Basis,
    why: Option<String>,
    evidence: Option<Evidence>,
    expected: Option<Expected>,
    cell: Option<Cell>,
    duration_ms: f64,
    measurements: Vec<Measurement>,
    exchanges: Vec<Exchange>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Holds,
    Broken,
    NotExercised,
}

#[derive(Serialize, Deserialize)]
struct Expected {
    id: String,
    profile: Option<String>,
    reason: String,
    place: Option<String>,
}

/// The JSON document of a run.
pub(super) fn render(run: &Run) -> io::Result<Vec<u8>> {
    let requirements = run
        .requirements()
        .iter()
        .map(|judged| Row {
            id: judged.id.to_owned(),
            level: judged.level().to_owned(),
            verdict: judged.verdict,
            clause: judged.row.map(|row| row.clause.clone()),
            url: judged.row.and_then(spec::Requirement::url),
            requirement: judged.row.map(|row| row.requirement.clone()),
            requests: judged.requests(),
            results: {
                let mut ids: Vec<String> = judged.results.iter().map(|result| result.id.clone()).collect();
                ids.dedup();
                ids
            },
        })
        .collect();
    let document = Document {
        format: FORMAT,
        tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        run: run.info.clone(),
        summary: run.summary,
        duration_ms: millis(run.duration),
        requests: run.requests(),
        judgements: run.judgements(),
        aborted: run.abort.clone(),
        leftovers: run.leftovers.clone(),
        requirements,
        readings: readings(run).iter().map(disputed).collect(),
        results: run.results.iter().map(entry).collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn disputed(read: &Read) -> Disputed {
    Disputed {
        requirement: read.dispute.requirement.clone(),
        about: read.dispute.about.clone(),
        seen: read
            .seen
            .iter()
            .map(|(reading, times)| Followed {
                id: reading.id.clone(),
                says: reading.says.clone(),
                clause: reading.clause.clone(),
                times: *times,
            })
            .collect(),
    }
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn entry(result: &ScenarioResult) -> Entry {
    let (outcome, why, evidence) = match result.outcome.clone() {
        Outcome::Holds => (Word::Holds, None, None),
        Outcome::Broken(evidence) => (Word::Broken, None, Some(evidence)),
        Outcome::NotExercised { why } => (Word::NotExercised, Some(why), None),
    };
    Entry {
        id: result.id.clone(),
        kind: result.kind,
        title: result.title.clone(),
        requirement: result.requirement.clone(),
        level: spec::requirement(&result.requirement)
            .map_or_else(|| severity_word(result.severity).to_owned(), |row| row.level.clone()),
        severity: result.severity,
        family: result.family.clone(),
        source: result.source.clone(),
        profile: result.profile.clone(),
        verdict: result.verdict,
        outcome,
        basis: result.basis.clone(),
        why,
        evidence,
        expected: result.expected.as_ref().map(|expected| Expected {
            id: expected.id.clone(),
            profile: expected.profile.clone(),
            reason: expected.reason.clone(),
            place: expected.place.clone(),
        }),
        cell: result.cell.clone(),
        duration_ms: millis(result.duration),
        measurements: result.measurements.clone(),
        exchanges: result.transcript.clone(),
    }
}

fn result(entry: Entry) -> Result<ScenarioResult, MergeError> {
    Ok(ScenarioResult {
        outcome: match (entry.outcome, entry.evidence, entry.why) {
            (Word::Holds, ..) => Outcome::Holds,
            (Word::Broken, evidence, _) => Outcome::Broken(evidence.unwrap_or_default()),
            (Word::NotExercised, _, why) => Outcome::NotExercised { why: why.unwrap_or_default() },
        },
        duration: duration(entry.duration_ms)?,
        id: entry.id,
        kind: entry.kind,
        title: entry.title,
        source: entry.source,
        family: entry.family,
        requirement: entry.requirement,
        severity: entry.severity,
        profile: entry.profile,
        cell: entry.cell,
        verdict: entry.verdict,
        basis: entry.basis,
        expected: entry.expected.map(|expected| Expectation {
            id: expected.id,
            profile: expected.profile,
            reason: expected.reason,
            place: expected.place,
        }),
        measurements: entry.measurements,
        transcript: entry.exchanges,
    })
}

fn duration(millis: f64) -> Result<Duration, MergeError> {
    Duration::try_from_secs_f64(millis / 1e3)
        .map_err(|error| MergeError::Value(format!("duration_ms {millis}: {error}")))
}

/// Why a JSON report cannot be read or merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Not JSON, or not of this format.
    #[error("not a JSON report of scimulate: {0}; write one with `scimulate run --report json=PATH`")]
    Json(#[from] serde_json::Error),
    /// A version of the format that this program does not know.
    #[error("the report has format {0}, this program reads format {FORMAT}; use the scimulate that wrote it")]
    Format(u32),
    /// A value that cannot be.
    #[error("impossible value in the report: {0}")]
    Value(String),
    /// Nothing to merge.
    #[error("there is no report to merge; name at least one JSON report")]
    Nothing,
    /// Two reports of different runs.
    #[error("{} is of target `{theirs}`, the first report is of `{ours}`; merge only shards of one run", path.display())]
    Target {
        /// The report that does not fit.
        path: PathBuf,
        /// The target of the first report.
        ours: String,
        /// The target of this one.
        theirs: String,
    },
}

/// Reads a JSON report back.
///
/// # Errors
/// If it is not one, or of another version.
pub fn read(bytes: &[u8]) -> Result<Run, MergeError> {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    let head: Head = serde_json::from_slice(bytes)?;
    if head.format != FORMAT {
        return Err(MergeError::Format(head.format));
    }
    let document: Document = serde_json::from_slice(bytes)?;
    let mut run = Run {
        info: document.run,
        results: document.results.into_iter().map(result).collect::<Result<_, _>>()?,
        summary: Summary::default(),
        duration: duration(document.duration_ms)?,
        leftovers: document.leftovers,
        abort: document.aborted,
    };
    // Counted anew rather than believed.
    for result in &run.results {
        run.summary.add(result.verdict);
    }
    run.sort();
    Ok(run)
}

/// Joins the reports of shards into one run. A result that stands in two of them (a check is made in every shard)
/// keeps its worst verdict. The duration is that of the longest shard, since shards run side by side.
///
/// # Errors
/// If there is none, or if they are of different targets.
pub fn merge(reports: Vec<(PathBuf, Run)>) -> Result<Run, MergeError> {
    let mut merged: Option<Run> = None;
    for (path, run) in reports {
        let Some(whole) = &mut merged else {
            merged = Some(run);
            continue;
        };
        if let (Some(ours), Some(theirs)) = (&mut whole.info, &run.info) {
            if ours.target != theirs.target {
                return Err(MergeError::Target { path, ours: ours.target.clone(), theirs: theirs.target.clone() });
            }
            for profile in &theirs.profiles {
                if !ours.profiles.contains(profile) {
                    ours.profiles.push(profile.clone());
                }
            }
        } else if whole.info.is_none() {
            whole.info = run.info;
        }
        whole.duration = whole.duration.max(run.duration);
        whole.leftovers.extend(run.leftovers);
        whole.abort = whole.abort.take().or(run.abort);
        for result in run.results {
            let same = whole.results.iter_mut().find(|other| {
                other.id == result.id && other.profile == result.profile && other.source == result.source
            });
            match same {
                Some(other) => {
                    let mut basis = std::mem::take(&mut other.basis);
                    basis.join(&result.basis);
                    if exercised(&result) > exercised(other) {
                        *other = result;
                    }
                    other.basis = basis;
                }
                None => whole.results.push(result),
            }
        }
    }
    let mut run = merged.ok_or(MergeError::Nothing)?;
    // What a scenario of one shard has told for a check, the check's own result in another does not contradict.
    let told: Vec<String> = run.results.iter().flat_map(|result| result.basis.also.iter().cloned()).collect();
    run.results.retain(|result| matches!(result.outcome, Outcome::Broken(_)) || !told.contains(&result.id));
    run.sort();
    run.summary = Summary::default();
    for result in &run.results {
        run.summary.add(result.verdict);
    }
    if let Some(info) = &mut run.info {
        info.planned = run.results.len();
    }
    Ok(run)
}

/// What was exercised in one shard outranks what was not exercised in another; among those the worse verdict does.
fn exercised(result: &ScenarioResult) -> (bool, Verdict) {
    (result.verdict != Verdict::Skip, result.verdict)
}
