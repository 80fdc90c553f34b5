//! `judge`: the passive checks over exchanges that were recorded elsewhere. Nothing is sent.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::Value;

use super::{
    exit::{Exit, Fault},
    output::OutputArgs,
    suggest,
};
use crate::{
    check::{self, Scope, Tally, Total},
    report::read,
    spec,
    verdict::{Kind, RunEvent, RunInfo, ScenarioResult, Summary, judge},
    wire::{Exchange, Redactor, har},
};

/// Arguments of `judge`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
FILE is one of
  an HTTP archive (HAR): the network panel of a browser, mitmproxy and most API clients save one
  a JSON report of `scimulate run --report json=PATH`
  a transcript: a JSON array of exchanges, as in that report

Examples:
  scimulate judge recorded.har
  scimulate judge recorded.har RFC7644-3.12 --base-url https://api.example.com/scim/v2")]
pub struct Judge {
    /// The recording
    file: PathBuf,
    /// Only checks whose id begins so
    #[arg(value_name = "ID")]
    selectors: Vec<String>,
    /// SCIM base URL in the recording; found from its URLs if absent
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// A broken SHOULD is a failure
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl Judge {
    /// Judges the recording.
    ///
    /// # Errors
    /// If it cannot be read, or a selector matches no check.
    pub fn run(self, out: Box<dyn Write + Send>) -> Result<Exit, Fault> {
        for selector in &self.selectors {
            if !check::all().any(|check| check.id.starts_with(selector.as_str())) {
                let hint = suggest::did_you_mean(
                    selector,
                    check::all().map(|check| check.id),
                    "`scimulate list checks` lists them",
                );
                return Err(Fault::usage(format!("no check begins with `{selector}`{hint}")));
            }
        }
        let transcripts = transcripts(&self.file)?;
        let place = self.file.display();
        let mut reports = self.output.open(out)?;
        let start = Instant::now();
        let scope = |exchanges: &[Exchange]| match &self.base_url {
            Some(url) => Some(Scope::at(url)),
            None => Scope::infer(exchanges),
        };
        let scoped: Vec<_> =
            transcripts.iter().filter_map(|exchanges| Some((exchanges.as_slice(), scope(exchanges)?))).collect();
        if scoped.is_empty() {
            return Err(Fault::usage(format!(
                "no exchange in {place} is one with a SCIM endpoint; name the base URL with --base-url"
            )));
        }
        let mut tally = Tally::new();
        for ((exchanges, _), judgements) in scoped.iter().zip(check::judge_all(&scoped)) {
            tally.take(exchanges, &judgements);
        }
        let results: Vec<ScenarioResult> = tally
            .finish()
            .into_iter()
            .filter(|total| {
                self.selectors.is_empty() || self.selectors.iter().any(|one| total.check.id.starts_with(one.as_str()))
            })
            .filter_map(|total| result(total, self.strict))
            .collect();
        reports.event(&RunEvent::Started(RunInfo {
            run_id: "offline".to_owned(),
            target: format!("recording {place}"),
            profiles: Vec::new(),
            defects: Vec::new(),
            planned: results.len(),
            strict: self.strict,
            footprint: None,
        }));
        let mut summary = Summary::default();
        for result in results {
            summary.add(result.verdict);
            reports.event(&RunEvent::Result(Box::new(result)));
        }
        reports.event(&RunEvent::Finished { summary, duration: start.elapsed(), leftovers: Vec::new() });
        let exit = Exit::of_run(reports.run());
        reports.finish()?;
        Ok(exit)
    }
}

/// What a check came to, as a result. Recordings are redacted before they are shown: other tools keep tokens.
fn result(total: Total, strict: bool) -> Option<ScenarioResult> {
    let check = total.check;
    let row = spec::requirement(check.requirement)?;
    let redactor = Redactor::default();
    Some(ScenarioResult {
        id: check.id.to_owned(),
        kind: Kind::Check,
        title: check.summary.to_owned(),
        source: check.file.to_owned(),
        family: "rfc".to_owned(),
        requirement: check.requirement.to_owned(),
        severity: row.severity,
        profile: None,
        cell: None,
        verdict: judge(&total.outcome, row, false, strict),
        outcome: total.outcome,
        basis: total.basis,
        expected: None,
        duration: Duration::ZERO,
        measurements: Vec::new(),
        transcript: total.transcript.into_iter().map(|exchange| redactor.exchange(exchange)).collect(),
    })
}

/// The transcripts in a file: one of a HAR or an array, one a scenario of a report.
fn transcripts(file: &Path) -> Result<Vec<Vec<Exchange>>, Fault> {
    let place = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| Fault::usage(format!("cannot read {place}: {error}; name a HAR, report or transcript")))?;
    let bad = |what: String| Fault::usage(format!("{place}: {what}"));
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| bad(format!("not JSON: {error}; name a HAR, report or transcript")))?;
    if value.is_array() {
        let exchanges = serde_json::from_value(value).map_err(|error| bad(format!("not a transcript: {error}")))?;
        return Ok(vec![exchanges]);
    }
    if value.get("format").is_some() {
        let run = read(text.as_bytes()).map_err(|error| bad(error.to_string()))?;
        let scenarios = run.results.into_iter().filter(|result| result.kind == Kind::Scenario);
        return Ok(scenarios.map(|result| result.transcript).collect());
    }
    har::read(&text).map(|exchanges| vec![exchanges]).map_err(|error| bad(error.to_string()))
}
