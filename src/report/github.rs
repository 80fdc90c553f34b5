//! GitHub workflow commands: findings become annotations of the pull request.
//!
//! A finding is annotated at its feature file only where that file is in the workspace: the embedded features are not.

use std::{
    io::{self, Write},
    path::Path,
};

use super::{
    Report,
    text::{counts, file, name, reason},
};
use crate::{
    spec,
    verdict::{RunEvent, ScenarioResult, Summary, Verdict},
};

/// Writes workflow commands to the log of the job.
pub struct Github<W> {
    out: W,
    summary: Summary,
}

impl<W: Write> Github<W> {
    /// Annotations into `out`, which must be the job's standard output.
    pub fn new(out: W) -> Github<W> {
        Github { out, summary: Summary::default() }
    }

    fn command(&mut self, level: &str, properties: &[(&str, String)], message: &str) -> io::Result<()> {
        let properties: Vec<String> =
            properties.iter().map(|(key, value)| format!("{key}={}", escape_property(value))).collect();
        let space = if properties.is_empty() { "" } else { " " };
        writeln!(self.out, "::{level}{space}{}::{}", properties.join(","), escape(message))
    }

    fn finding(&mut self, level: &str, result: &ScenarioResult) -> io::Result<()> {
        let mut properties = Vec::new();
        let place = match result.verdict {
            Verdict::Fixed => result.expected.as_ref().and_then(|expected| expected.place.as_deref()),
            _ => Some(result.source.as_str()),
        };
        if let Some((path, line)) = place.map(file).filter(|(path, _)| Path::new(path).exists()) {
            properties.push(("file", path.to_owned()));
            properties.extend(line.map(|line| ("line", line.to_string())));
        }
        properties.push(("title", format!("{} {}", result.verdict.word(), name(result))));
        let mut message = format!("{}\n{}", result.title, reason(result));
        if let Some(row) = spec::requirement(&result.requirement) {
            message.push_str(&format!("\n{} ({}, {})", row.requirement, row.level, row.clause));
        }
        message.push_str(&format!("\nscimulate explain {}", result.id));
        self.command(level, &properties, &message)
    }
}

impl<W: Write> Report for Github<W> {
    fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        match event {
            RunEvent::Started(_) => Ok(()),
            RunEvent::Result(result) => {
                self.summary.add(result.verdict);
                match result.verdict {
                    Verdict::Fail => self.finding("error", result),
                    Verdict::Warn | Verdict::Fixed => self.finding("warning", result),
                    Verdict::Note | Verdict::Known | Verdict::Pass | Verdict::Skip => Ok(()),
                }
            }
            RunEvent::Finished { .. } => {
                let text = counts(&self.summary);
                self.command("notice", &[("title", "scimulate".to_owned())], &text)
            }
            RunEvent::Aborted(abort) => {
                let text = format!("{}\n{}", abort.cause, abort.remedy);
                self.command("error", &[("title", "scimulate aborted".to_owned())], &text)
            }
        }
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}

/// The message of a command: `%`, CR and LF would end it.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command: `:` and `,` would end it too.
fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
