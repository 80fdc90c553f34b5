//! Readiness: what a run says about the reviews of the identity providers, case by case. A case has the worst verdict of
//! its scenarios; what only a person can do is listed with what to do. A review stands in the report when the run
//! played all of it that must hold: a part of it answers no question.

use std::{collections::HashMap, fmt::Write};

use super::{
    run::Run,
    style::Paint,
    text::{excerpt, plain, plural, reason},
};
use crate::{
    spec::{self, Case, REVIEWS, Requirement, Review, Severity},
    verdict::{Kind, ScenarioResult, Verdict},
};

/// Characters of a reason in a line.
const WHY: usize = 160;

/// What became of one review.
pub(super) struct Readiness<'a> {
    /// The review.
    pub review: &'static Review,
    /// Its cases, in catalogue order.
    pub cases: Vec<Line<'a>>,
}

/// What became of one case.
pub(super) struct Line<'a> {
    /// Its row.
    pub row: &'static Requirement,
    /// Its place in the review.
    pub case: &'static Case,
    /// The worst of its results; none for a case without a scenario, or whose scenarios were not selected.
    pub worst: Option<&'a ScenarioResult>,
}

impl Line<'_> {
    /// The status as a word: a verdict, `by hand`, or `not played`.
    pub(super) fn word(&self) -> &'static str {
        match (self.worst, &self.case.by_hand) {
            (Some(result), _) => match result.verdict {
                Verdict::Skip => "not exercised",
                verdict => verdict.word(),
            },
            (None, Some(_)) => "by hand",
            (None, None) => "not played",
        }
    }

    /// Why it has its status, and what is left for a person.
    pub(super) fn note(&self) -> String {
        let why = self.worst.map(reason).unwrap_or_default();
        let hand = match (&self.case.by_hand, self.worst) {
            (Some(hand), Some(_)) => format!("besides, by hand: {hand}"),
            (Some(hand), None) => hand.clone(),
            (None, _) => String::new(),
        };
        match (why.is_empty(), hand.is_empty()) {
            (false, false) => format!("{}; {hand}", excerpt(&why, WHY)),
            (false, true) => excerpt(&why, WHY),
            (true, _) => hand,
        }
    }
}

impl Readiness<'_> {
    fn count(&self, fits: impl Fn(&Line<'_>) -> bool) -> usize {
        self.cases.iter().filter(|line| fits(line)).count()
    }

    fn verdicts(&self, wanted: &[Verdict]) -> usize {
        self.count(|line| line.worst.is_some_and(|result| wanted.contains(&result.verdict)))
    }

    /// `61 cases: 38 pass, 0 fail, 1 not exercised, 22 by hand`; they add up.
    pub(super) fn counts(&self) -> String {
        let mut parts = vec![
            format!("{} pass", self.verdicts(&[Verdict::Pass, Verdict::Fixed])),
            format!("{} fail", self.verdicts(&[Verdict::Fail])),
        ];
        for (verdicts, word) in [
            (&[Verdict::Warn, Verdict::Note][..], "of the optional ones do not hold"),
            (&[Verdict::Known], "known deviations"),
            (&[Verdict::Skip], "not exercised"),
        ] {
            let count = self.verdicts(verdicts);
            if count > 0 || word == "not exercised" {
                parts.push(format!("{count} {word}"));
            }
        }
        let unplayed = self.count(|line| line.worst.is_none() && line.case.by_hand.is_none());
        parts.push(format!("{} by hand", self.count(|line| line.worst.is_none() && line.case.by_hand.is_some())));
        if unplayed > 0 {
            parts.push(format!("{unplayed} not played"));
        }
        format!("{}: {}", plural(self.cases.len(), "case"), parts.join(", "))
    }

    /// The answer to "will we pass?", as far as requests can give it.
    pub(super) fn answer(&self) -> String {
        let failed = self.verdicts(&[Verdict::Fail, Verdict::Known]);
        let hand = self.count(|line| line.case.by_hand.is_some());
        let unseen = self.verdicts(&[Verdict::Skip]);
        let rest = if hand == 0 { String::new() } else { format!("; {} a person", needs(hand)) };
        match (failed, unseen) {
            (0, 0) => format!("nothing that requests can show stands in the way{rest}"),
            (0, unseen) => format!("nothing fails, but {} not exercised{rest}", are(unseen)),
            (failed, _) => format!("not ready: {} not hold{rest}", does(failed)),
        }
    }
}

fn needs(count: usize) -> String {
    format!("{} need{}", plural(count, "case"), if count == 1 { "s" } else { "" })
}

fn are(count: usize) -> String {
    format!("{} {}", plural(count, "case"), if count == 1 { "was" } else { "were" })
}

fn does(count: usize) -> String {
    format!("{} {}", plural(count, "case"), if count == 1 { "does" } else { "do" })
}

/// The reviews that the run played, in the order of [`REVIEWS`].
pub(super) fn reviews(run: &Run) -> Vec<Readiness<'_>> {
    let mut worst: HashMap<&str, &ScenarioResult> = HashMap::new();
    for result in run.results.iter().filter(|result| result.kind == Kind::Scenario) {
        let entry = worst.entry(&result.requirement).or_insert(result);
        if rank(result.verdict) > rank(entry.verdict) {
            *entry = result;
        }
    }
    REVIEWS
        .iter()
        .map(|review| Readiness {
            review,
            cases: spec::catalogue()
                .iter()
                .filter_map(|row| {
                    let case = row.case.as_ref().filter(|case| case.review == review.id)?;
                    Some(Line { row, case, worst: worst.get(row.id.as_str()).copied() })
                })
                .collect(),
        })
        .filter(|readiness| {
            let mut must = readiness
                .cases
                .iter()
                .filter(|line| line.row.severity == Severity::Must && line.case.by_hand.is_none())
                .peekable();
            must.peek().is_some() && must.all(|line| line.worst.is_some())
        })
        .collect()
}

/// Which of two verdicts of one case is shown: what does not hold before what was not seen before what holds.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass | Verdict::Fixed => 0,
        Verdict::Skip => 1,
        Verdict::Note => 2,
        Verdict::Warn => 3,
        Verdict::Known => 4,
        Verdict::Fail => 5,
    }
}

/// Whether the run was about reviews and nothing else: then the cases are listed, otherwise only counted.
fn alone(run: &Run) -> bool {
    run.results
        .iter()
        .filter(|result| result.kind == Kind::Scenario)
        .all(|result| spec::requirement(&result.requirement).is_some_and(|row| row.case.is_some()))
}

/// The readiness tables for a terminal; a line a review where the run played other things too.
pub(super) fn text(run: &Run, width: Option<usize>, paint: Paint) -> String {
    let mut out = String::new();
    let reviews = reviews(run);
    if alone(run) {
        for readiness in &reviews {
            write_table(&mut out, readiness, width, paint);
        }
        return out;
    }
    for (at, readiness) in reviews.iter().enumerate() {
        let head = if at == 0 { "Reviews" } else { "" };
        let _ = writeln!(
            out,
            "{} {}: {}  {}",
            paint.bold(&format!("{head:>8}")),
            readiness.review.title,
            readiness.counts(),
            paint.dim(&format!("scimulate run @{}", readiness.review.id))
        );
    }
    out
}

fn write_table(out: &mut String, readiness: &Readiness<'_>, width: Option<usize>, paint: Paint) {
    let _ = writeln!(out, "{}", paint.bold(&format!("Readiness: {}", readiness.review.title)));
    let _ = writeln!(out, "  {}", paint.dim(readiness.review.about));
    let number = readiness.cases.iter().map(|line| line.case.number.len()).max().unwrap_or(0);
    for line in &readiness.cases {
        let word = format!("{:<13}", line.word());
        let word = match line.worst {
            Some(result) => paint.verdict(result.verdict, &word),
            None => paint.dim(&word),
        };
        let _ = writeln!(out, "  {:number$}  {word}  {}", line.case.number, plain(&line.case.title));
        let note = plain(&line.note());
        if !note.is_empty() {
            let indent = number + 4;
            for part in wrapped(&note, width.unwrap_or(120).saturating_sub(indent + 15).max(40)) {
                let _ = writeln!(out, "{:indent$}{:15}{}", "", "", paint.dim(&part));
            }
        }
    }
    let _ = writeln!(out, "  {}", readiness.counts());
    let _ = writeln!(out, "  {}\n", paint.bold(&readiness.answer()));
}

/// Lines of at most `width` characters, broken at blanks.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("never empty");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A long note stays within the width, and no word of it is lost.
    #[test]
    fn wraps() {
        let lines = wrapped("open the page, press the button, and wait", 16);
        assert_eq!(lines.join(" "), "open the page, press the button, and wait");
        assert!(lines.iter().all(|line| line.chars().count() <= 16), "{lines:?}");
    }
}
