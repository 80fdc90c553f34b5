//! The report for a person: written line by line while the run goes.
//!
//! Findings are shown at once and in full, and again as one line each at the end. What passed is counted by feature
//! where there are many results, and listed where there are few or `-v` asks for it. The first column holds the
//! verdict as a word, right-aligned, so that the eye finds what is not `PASS`; colour only repeats it.

mod finding;
mod tail;

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    Report,
    causes::{Shape, shape},
    run::{Run, requests},
    style::Paint,
    text::{name, plain, reason, seconds},
};
use crate::verdict::{Footprint, RunEvent, RunInfo, ScenarioResult, Verdict};

/// Width of the column of status words.
const COLUMN: usize = 8;

/// Up to this many planned results are listed one by one without `-v`.
const FEW: usize = 40;

/// How much is said about results that are no findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// Findings and the summary.
    Quiet,
    /// Besides, a line a result where there are few, a line a feature where there are many.
    #[default]
    Normal,
    /// A line each, always, and the exchanges of every finding in full length.
    Verbose,
}

/// How the report is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct HumanOptions {
    /// What is said about results that are no findings.
    pub verbosity: Verbosity,
    /// Whether escape sequences may be written.
    pub color: bool,
    /// Whether a progress bar is drawn on stderr.
    pub progress: bool,
    /// Columns of the terminal; without a limit if it is none.
    pub width: Option<usize>,
}

impl HumanOptions {
    /// What fits an output: colour and width if it is a terminal, the bar if stderr is one as well and this is no CI
    /// job. `NO_COLOR` and `CI` are honoured.
    pub fn detect(verbosity: Verbosity, output: &impl IsTerminal) -> HumanOptions {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let terminal = output.is_terminal();
        HumanOptions {
            verbosity,
            color: terminal && !set("NO_COLOR"),
            progress: terminal && io::stderr().is_terminal() && !set("CI"),
            width: terminal.then(|| usize::from(console::Term::stdout().size().1)),
        }
    }
}

/// The report for a person.
pub struct Human<W> {
    out: W,
    options: HumanOptions,
    paint: Paint,
    bar: Option<ProgressBar>,
    /// Results without their transcripts: what the end of the report needs.
    run: Run,
    requests: usize,
    groups: BTreeMap<String, tail::Group>,
    /// What the findings share with others, by id and profile; taken while their transcripts were there.
    shapes: BTreeMap<(String, Option<String>), Shape>,
    planned: usize,
}

impl<W: Write> Human<W> {
    /// A report into `out`.
    pub fn new(out: W, options: HumanOptions) -> Human<W> {
        let paint = Paint { color: options.color };
        Human {
            out,
            options,
            paint,
            bar: None,
            run: Run::default(),
            requests: 0,
            groups: BTreeMap::new(),
            shapes: BTreeMap::new(),
            planned: 0,
        }
    }

    fn started(&mut self, info: &RunInfo) -> io::Result<()> {
        self.planned = info.planned;
        let mut head =
            format!("{} {}  target {}", self.paint.bold("scimulate"), env!("CARGO_PKG_VERSION"), plain(&info.target));
        if !info.profiles.is_empty() {
            head.push_str(&format!("  profiles {}", info.profiles.join(", ")));
        }
        if !info.defects.is_empty() {
            head.push_str(&format!("  defects {}", info.defects.join(", ")));
        }
        if info.strict {
            head.push_str("  strict");
        }
        head.push_str(&format!("  run {}", info.run_id));
        writeln!(self.out, "{head}")?;
        if let Some(footprint) = info.footprint {
            let made = format!("It creates users and groups whose names hold {}", info.run_id);
            let what = match footprint {
                Footprint::ReadOnly => "It only reads.".to_owned(),
                Footprint::Deleted => format!("{made}, touches no others, and deletes them again."),
                Footprint::Stays => format!("{made}, and touches no others; what it creates may stay."),
            };
            writeln!(self.out, "{}", self.paint.dim(&what))?;
        }
        writeln!(self.out)?;
        self.out.flush()?;
        if self.options.progress {
            let bar = ProgressBar::with_draw_target(Some(info.planned as u64), ProgressDrawTarget::stderr_with_hz(10));
            if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} [{elapsed}] {msg}") {
                bar.set_style(style);
            }
            self.bar = Some(bar);
        }
        Ok(())
    }

    fn result(&mut self, result: &ScenarioResult) -> io::Result<()> {
        self.requests += requests(result);
        self.groups.entry(super::text::group(result).to_owned()).or_default().add(result);
        self.run.summary.add(result.verdict);
        if let Some(shape) = shape(result) {
            self.shapes.insert((result.id.clone(), result.profile.clone()), shape);
        }
        self.run.results.push(without_transcript(result));

        let text = self.line_or_block(result);
        let bar = self.bar.take();
        let out = &mut self.out;
        let written = match (&bar, text) {
            (_, None) => Ok(()),
            (Some(bar), Some(text)) => bar.suspend(|| out.write_all(text.as_bytes()).and_then(|()| out.flush())),
            (None, Some(text)) => out.write_all(text.as_bytes()),
        };
        if let Some(bar) = &bar {
            bar.inc(1);
            let failed = self.run.summary.fail;
            if failed > 0 {
                bar.set_message(format!("{failed} failed"));
            }
        }
        self.bar = bar;
        written
    }

    /// What is said about a result at once, if anything is.
    fn line_or_block(&self, result: &ScenarioResult) -> Option<String> {
        let verbosity = self.options.verbosity;
        let listed = verbosity == Verbosity::Verbose || (verbosity == Verbosity::Normal && self.planned <= FEW);
        match result.verdict {
            Verdict::Fail => Some(format!("{}{}", self.line(result), finding::block(result, self.paint, verbosity))),
            Verdict::Warn if verbosity == Verbosity::Verbose => {
                Some(format!("{}{}", self.line(result), finding::block(result, self.paint, verbosity)))
            }
            Verdict::Warn | Verdict::Fixed | Verdict::Known if verbosity != Verbosity::Quiet => Some(self.line(result)),
            _ if listed => Some(self.line(result)),
            _ => None,
        }
    }

    /// `    FAIL [ 0.031s] ( 12/340) EFF-SESSIONS.put-active-false okta`, and the reason where no block follows.
    fn line(&self, result: &ScenarioResult) -> String {
        let total = self.planned.max(self.run.summary.total()).to_string();
        let mut line = format!(
            "{} [{:>7}] ({:>width$}/{total}) {}",
            self.word(result.verdict),
            seconds(result.duration),
            self.run.summary.total(),
            self.paint.bold(&name(result)),
            width = total.len()
        );
        let blocked = result.verdict == Verdict::Fail
            || (result.verdict == Verdict::Warn && self.options.verbosity == Verbosity::Verbose);
        let reason = reason(result);
        if !blocked && !reason.is_empty() {
            line.push_str(&format!("\n{:COLUMN$} {}", "", self.paint.dim(&plain(&reason))));
        }
        line.push('\n');
        line
    }

    /// A verdict in the status column.
    fn word(&self, verdict: Verdict) -> String {
        self.paint.verdict(verdict, &format!("{:>COLUMN$}", verdict.word().to_uppercase()))
    }

    fn clear_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl<W: Write> Report for Human<W> {
    fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        match event {
            RunEvent::Started(info) => self.started(info),
            RunEvent::Result(result) => self.result(result),
            RunEvent::Finished { duration, leftovers, .. } => {
                self.clear_bar();
                self.run.duration = *duration;
                self.run.leftovers.clone_from(leftovers);
                self.end(Some(*duration))
            }
            RunEvent::Aborted(abort) => {
                self.clear_bar();
                self.run.abort = Some(abort.clone());
                self.end(None)
            }
        }
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.clear_bar();
        self.out.flush()
    }
}

impl<W: Write> Human<W> {
    fn end(&mut self, duration: Option<Duration>) -> io::Result<()> {
        self.run.sort();
        let text = self.tail(duration);
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

/// A copy for the end of the report, which shows no exchange: a run of many thousand requests stays small.
fn without_transcript(result: &ScenarioResult) -> ScenarioResult {
    ScenarioResult {
        id: result.id.clone(),
        kind: result.kind,
        title: result.title.clone(),
        source: result.source.clone(),
        family: result.family.clone(),
        requirement: result.requirement.clone(),
        severity: result.severity,
        profile: result.profile.clone(),
        cell: result.cell.clone(),
        outcome: result.outcome.clone(),
        verdict: result.verdict,
        basis: result.basis.clone(),
        expected: result.expected.clone(),
        duration: result.duration,
        measurements: result.measurements.clone(),
        transcript: Vec::new(),
    }
}
