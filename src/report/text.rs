//! Small pieces of text that several formats share.

use std::time::Duration;

use crate::verdict::{Evidence, Outcome, ScenarioResult, Summary, Verdict};
use crate::wire::{Exchange, Sender};

/// How many exchanges a failure shows before it points at the full transcript.
pub(super) const SHOWN_EXCHANGES: usize = 6;

/// Text of the target, made safe for a terminal: control characters (escape sequences among them) become visible, and
/// a line stays a line.
pub(super) fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push(' '),
            // C0, C1, and the marks that turn the direction of the text around.
            c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                safe.extend(c.escape_unicode());
            }
            c => safe.push(c),
        }
    }
    safe
}

/// At most `limit` characters of a text, with the length of the whole if it was cut.
pub(super) fn excerpt(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}… ({} bytes in all)", &text[..at], text.len()),
    }
}

/// A body on one line: JSON without blanks, other text as it is.
pub(super) fn one_line(body: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(body) {
        Ok(value) => value.to_string(),
        Err(_) => plain(body),
    }
}

/// Seconds with a fraction, for the time column.
pub(super) fn seconds(duration: Duration) -> String {
    format!("{:.3}s", duration.as_secs_f64())
}

/// Milliseconds for a person: three significant places below one second.
pub(super) fn millis(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0} ms") } else { format!("{value:.1} ms") }
}

/// `id profile`, or the id alone.
pub(super) fn name(result: &ScenarioResult) -> String {
    match &result.profile {
        Some(profile) => format!("{} {profile}", result.id),
        None => result.id.clone(),
    }
}

/// The feature file or `checks`: the group in which a result is counted.
pub(super) fn group(result: &ScenarioResult) -> &str {
    match result.kind {
        crate::verdict::Kind::Check => "checks",
        crate::verdict::Kind::Scenario => file(&result.source).0,
    }
}

/// `features/a.feature:12` as file and line.
pub(super) fn file(source: &str) -> (&str, Option<u32>) {
    match source.rsplit_once(':') {
        Some((file, line)) if line.parse::<u32>().is_ok() => (file, line.parse().ok()),
        _ => (source, None),
    }
}

/// What was broken, if it was.
pub(super) fn evidence(result: &ScenarioResult) -> Option<&Evidence> {
    match &result.outcome {
        Outcome::Broken(evidence) => Some(evidence),
        _ => None,
    }
}

/// The one line that says why a result has its verdict, with the ids of checks that found the same; empty for a plain
/// pass.
pub(super) fn reason(result: &ScenarioResult) -> String {
    let mut text = why(result);
    if !result.basis.also.is_empty() {
        text.push_str(&format!(" (also {})", result.basis.also.join(", ")));
    }
    text
}

fn why(result: &ScenarioResult) -> String {
    match (&result.outcome, &result.expected) {
        (Outcome::Broken(evidence), Some(expected)) if result.verdict == Verdict::Known => {
            format!("{} (expected: {}{})", gist(evidence), expected.reason, place(expected.place.as_deref()))
        }
        (Outcome::Broken(evidence), _) => gist(evidence),
        (Outcome::NotExercised { why }, _) => why.clone(),
        (Outcome::Holds, Some(expected)) if result.verdict == Verdict::Fixed => {
            format!(
                "holds, though {} expects a deviation ({}): delete that entry",
                expected.place.as_deref().unwrap_or("an [[expect]] entry"),
                expected.reason
            )
        }
        (Outcome::Holds, _) => String::new(),
    }
}

fn gist(evidence: &Evidence) -> String {
    match (evidence.expected.is_empty(), evidence.actual.is_empty()) {
        (true, true) => evidence.what.clone(),
        (true, false) => format!("{}: {}", evidence.what, evidence.actual),
        (false, true) => format!("expected {}", evidence.expected),
        (false, false) => format!("expected {}, actual {}", evidence.expected, evidence.actual),
    }
}

fn place(place: Option<&str>) -> String {
    place.map(|place| format!(", {place}")).unwrap_or_default()
}

/// The exchanges that show a broken outcome, in order: those that the evidence names, or, where it names none, the last
/// provisioning request and the last request of all.
pub(super) fn telling(result: &ScenarioResult) -> Vec<&Exchange> {
    let named = evidence(result).map(|evidence| evidence.exchanges.as_slice()).unwrap_or_default();
    let mut chosen: Vec<&Exchange> =
        result.transcript.iter().filter(|exchange| named.contains(&exchange.seq)).collect();
    if chosen.is_empty() {
        chosen.extend(result.transcript.iter().rev().find(|exchange| exchange.sender != Sender::Observer));
        if let Some(last) = result.transcript.last().filter(|last| chosen.iter().all(|other| other.seq != last.seq)) {
            chosen.push(last);
        }
    }
    chosen
}

/// The exchange whose repetition shows the finding best: the last provisioning request among the telling ones.
pub(super) fn to_repeat<'a>(telling: &[&'a Exchange]) -> Option<&'a Exchange> {
    telling.iter().rev().find(|exchange| exchange.sender != Sender::Observer).or(telling.last()).copied()
}

/// Who sent it, for a person.
pub(super) fn sender(exchange: &Exchange) -> &'static str {
    match exchange.sender {
        Sender::Idp => "the IdP",
        Sender::Client => "the client",
        Sender::Observer => "the observer",
    }
}

/// `340 results: 330 passed, 1 failed, 9 not exercised`; the counts add up, and those three always stand there.
pub(super) fn counts(summary: &Summary) -> String {
    let mut parts = Vec::new();
    for (verdict, words) in [
        (Verdict::Pass, "passed"),
        (Verdict::Fail, "failed"),
        (Verdict::Warn, "warned"),
        (Verdict::Note, "noted"),
        (Verdict::Known, "known"),
        (Verdict::Fixed, "fixed"),
        (Verdict::Skip, "not exercised"),
    ] {
        let count = summary.count(verdict);
        if count > 0 || matches!(verdict, Verdict::Pass | Verdict::Fail | Verdict::Skip) {
            parts.push(format!("{} {words}", thousands(count)));
        }
    }
    format!("{}: {}", plural(summary.total(), "result"), parts.join(", "))
}

/// `1 result`, `1,204 results`.
pub(super) fn plural(count: usize, word: &str) -> String {
    format!("{} {word}{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// Groups of three digits.
pub(super) fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A target cannot steer the terminal of the person who reads its answers.
    #[test]
    fn control_characters_are_shown_not_obeyed() {
        assert_eq!(plain("a\u{1b}[2Jb\r\nc\u{202e}"), "a\\u{1b}[2Jb\\r\\nc\\u{202e}");
    }

    /// A cut never falls inside a character, and says that it was a cut.
    #[test]
    fn excerpts_are_cut_between_characters() {
        assert_eq!(excerpt("ääää", 4), "ääää");
        assert_eq!(excerpt("ääää", 2), "ää… (8 bytes in all)");
    }

    /// Numbers are grouped from the right.
    #[test]
    fn numbers() {
        assert_eq!(
            [thousands(0), thousands(999), thousands(1000), thousands(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!([plural(1, "result"), plural(2, "result")], ["1 result", "2 results"]);
    }

    /// A Windows drive or a port is not a line number.
    #[test]
    fn source_places() {
        assert_eq!(file("features/a.feature:12"), ("features/a.feature", Some(12)));
        assert_eq!(file("src/check/a.rs"), ("src/check/a.rs", None));
    }
}
