//! The end of the report: counts by feature, the effects matrix, what was measured, why something was not exercised,
//! the summary, and each finding once more as one line.

use std::{collections::BTreeMap, fmt::Write as _, io::Write, time::Duration};

use super::{COLUMN, FEW, Human, Verbosity};
use crate::{
    report::{
        causes::{Told, gather},
        matrix, readiness,
        readings::readings,
        run::by_frequency,
        text::{counts, excerpt, millis, name, plain, plural, reason, seconds, thousands},
    },
    verdict::{ScenarioResult, Summary, Verdict},
};

/// How many different reasons for "not exercised" are listed without `-v`.
const REASONS: usize = 8;

/// How many disputes are listed without `-v`.
const READINGS: usize = 12;

/// Characters of the reason in the closing lines; the block of the finding has all.
const WHY: usize = 160;

/// The results of one feature file, or of all checks.
#[derive(Debug, Default)]
pub(super) struct Group {
    summary: Summary,
    duration: Duration,
}

impl Group {
    pub(super) fn add(&mut self, result: &ScenarioResult) {
        self.summary.add(result.verdict);
        self.duration += result.duration;
    }

    /// The worst verdict; `skip` only where nothing else was seen.
    fn worst(&self) -> Verdict {
        if self.summary.exercised() == 0 {
            return Verdict::Skip;
        }
        Verdict::ALL
            .into_iter()
            .rev()
            .filter(|verdict| *verdict != Verdict::Skip)
            .find(|verdict| self.summary.count(*verdict) > 0)
            .unwrap_or(Verdict::Pass)
    }
}

impl<W: Write> Human<W> {
    /// The end of the report. Without a duration the run was aborted.
    pub(super) fn tail(&self, duration: Option<Duration>) -> String {
        let mut out = String::new();
        if self.options.verbosity == Verbosity::Normal && self.planned > FEW {
            self.groups(&mut out);
        }
        if self.options.verbosity != Verbosity::Quiet {
            let matrix = matrix::painted(&self.run, self.options.width, self.paint);
            if !matrix.is_empty() {
                let _ = writeln!(out, "\n{matrix}");
            }
        }
        if self.options.verbosity != Verbosity::Quiet {
            let readiness = readiness::text(&self.run, self.options.width, self.paint);
            if !readiness.is_empty() {
                let _ = writeln!(out, "\n{}", readiness.trim_end());
            }
        }
        self.measured(&mut out);
        if self.options.verbosity != Verbosity::Quiet {
            self.readings(&mut out);
        }
        self.reasons(&mut out);
        if !self.run.leftovers.is_empty() {
            self.field(&mut out, "Left", "could not be deleted on the target again:");
            for url in &self.run.leftovers {
                let _ = writeln!(out, "{:COLUMN$} {}", "", plain(url));
            }
        }
        match duration {
            Some(duration) => {
                let requirements = self.run.requirements();
                let text = format!("[{:>7}] {}", seconds(duration), counts(&self.run.summary));
                self.field(&mut out, "Summary", &text);
                // A requirement of which nothing was exercised was not judged.
                let judged = requirements
                    .iter()
                    .filter(|one| one.results.iter().any(|result| result.verdict != Verdict::Skip))
                    .count();
                if judged > 0 {
                    let text = format!(
                        "{} judged with {} ({:.1} a requirement), {}",
                        plural(judged, "requirement"),
                        plural(self.requests, "request"),
                        self.requests as f64 / judged as f64,
                        plural(self.run.judgements(), "judgement")
                    );
                    self.field(&mut out, "", &text);
                }
            }
            None => self.field(&mut out, "Summary", &format!("until the run ended: {}", counts(&self.run.summary))),
        }
        let mut again: Vec<&ScenarioResult> = self.run.results.iter().filter(|result| listed(result.verdict)).collect();
        // The worst last: nearest to the prompt.
        again.sort_by_key(|result| result.verdict);
        let shape = |result: &ScenarioResult| self.shapes.get(&(result.id.clone(), result.profile.clone())).cloned();
        for told in gather(&again, shape) {
            match told {
                Told::One(result) => {
                    let why = self.paint.dim(&excerpt(&plain(&reason(result)), WHY));
                    let _ = writeln!(out, "{} {}: {why}", self.word(result.verdict), name(result));
                }
                Told::Several(shape, findings) => {
                    let why = self.paint.dim(&excerpt(&plain(&shape.phrase(findings.len())), WHY));
                    let _ = writeln!(out, "{} {}: {why}", self.word(shape.verdict), plain(&shape.request));
                    let names: Vec<String> = findings.into_iter().map(name).collect();
                    let _ = writeln!(out, "{:COLUMN$} {}", "", names.join(", "));
                }
            }
        }
        if let Some(abort) = &self.run.abort {
            let word = self.paint.alarm(&format!("{:>COLUMN$}", "ABORTED"));
            let _ = writeln!(out, "{word} {}", plain(&abort.cause));
            let _ = writeln!(out, "{:COLUMN$} {}", "", plain(&abort.remedy));
        }
        out
    }

    fn groups(&self, out: &mut String) {
        for (group, counted) in &self.groups {
            let verdict = counted.worst();
            let _ = writeln!(
                out,
                "{} [{:>7}] {}  {}",
                self.word(verdict),
                seconds(counted.duration),
                plain(group),
                self.paint.dim(&counts(&counted.summary))
            );
        }
    }

    fn measured(&self, out: &mut String) {
        for (name, spread) in self.run.measured() {
            let text = format!(
                "{}: {} at least, {} median, {} at most ({} times)",
                plain(&name),
                millis(spread.min),
                millis(spread.median),
                millis(spread.max),
                thousands(spread.count)
            );
            self.field(out, "Measured", &text);
        }
    }

    /// How the target reads what the texts leave open; first where it follows more than one reading.
    fn readings(&self, out: &mut String) {
        let mut all = readings(&self.run);
        all.sort_by_key(|read| std::cmp::Reverse(read.seen.len().min(2)));
        let shown = if self.options.verbosity == Verbosity::Verbose { usize::MAX } else { READINGS };
        for (at, read) in all.iter().take(shown).enumerate() {
            let head = if at == 0 { "Readings" } else { "" };
            let id = self.paint.dim(&read.dispute.requirement);
            self.field(out, head, &format!("{id} {}: {}", read.dispute.about, read.phrase()));
        }
        if all.len() > shown {
            let text = format!("{} more: -v and the reports list them", all.len() - shown);
            self.field(out, "", &text);
        }
    }

    fn reasons(&self, out: &mut String) {
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        for (why, count) in self.run.reasons() {
            *counted.entry(why).or_default() += count;
        }
        let reasons = by_frequency(counted);
        let shown = if self.options.verbosity == Verbosity::Verbose { usize::MAX } else { REASONS };
        for (at, (why, count)) in reasons.iter().take(shown).enumerate() {
            let head = if at == 0 { "Skipped" } else { "" };
            self.field(out, head, &format!("{} × {}", thousands(*count), plain(why)));
        }
        if reasons.len() > shown {
            let rest: usize = reasons.iter().skip(shown).map(|(_, count)| count).sum();
            let text = format!("{} × {} more reasons: -v lists them", thousands(rest), reasons.len() - shown);
            self.field(out, "", &text);
        }
    }

    fn field(&self, out: &mut String, name: &str, text: &str) {
        let _ = writeln!(out, "{} {text}", self.paint.bold(&format!("{name:>COLUMN$}")));
    }
}

/// What the reader must act on, or wants to know is still so.
fn listed(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Warn | Verdict::Fixed | Verdict::Known)
}
