//! `run --write-expectations`: today's failures become `[[expect]]` entries, so that a team can gate on "no worse than
//! today" on the first day, and sees each entry that has become stale.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::OpenOptions,
    io::Write as _,
    path::{Path, PathBuf},
};

use super::exit::Fault;
use crate::verdict::{Outcome, RunEvent, ScenarioResult, Verdict};

/// Collects what failed.
#[derive(Default)]
pub(super) struct Failures {
    /// By id: the profiles under which it failed, with what was seen.
    failed: BTreeMap<String, Vec<(Option<String>, String)>>,
    /// By id: under how many profiles it was played at all.
    played: BTreeMap<String, usize>,
}

impl Failures {
    /// Takes one event of the run.
    pub(super) fn take(&mut self, event: &RunEvent) {
        let RunEvent::Result(result) = event else { return };
        if result.verdict != Verdict::Skip {
            *self.played.entry(result.id.clone()).or_default() += 1;
        }
        if result.verdict == Verdict::Fail {
            self.failed.entry(result.id.clone()).or_default().push((result.profile.clone(), seen(result)));
        }
    }

    /// The entries, as TOML. One that fails under every profile needs no profile.
    fn toml(&self) -> String {
        let mut text = String::new();
        for (id, failures) in &self.failed {
            let everywhere = self.played.get(id).is_some_and(|played| *played == failures.len());
            let entries = if everywhere { &failures[..1] } else { failures.as_slice() };
            for (profile, seen) in entries {
                let _ = writeln!(text, "\n[[expect]]\nid = {}", quoted(id));
                if let Some(profile) = profile.as_ref().filter(|_| !everywhere) {
                    let _ = writeln!(text, "profile = {}", quoted(profile));
                }
                let _ = writeln!(
                    text,
                    "reason = {}",
                    quoted(&format!("say why this is tolerated, and until when; seen: {seen}"))
                );
            }
        }
        text
    }

    /// Appends the entries to the configuration file. Says how many there are.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn append(&self, file: &Path) -> Result<usize, Fault> {
        let text = self.toml();
        if !text.is_empty() {
            OpenOptions::new()
                .append(true)
                .create(true)
                .open(file)
                .and_then(|mut file| file.write_all(text.as_bytes()))
                .map_err(|error| {
                    Fault::aborted(format!("cannot write the expectations to {}: {error}", file.display()))
                })?;
        }
        Ok(text.matches("[[expect]]").count())
    }
}

/// The file that the entries belong to.
pub(super) fn file(config: &crate::target::Config, named: Option<&PathBuf>) -> PathBuf {
    match named {
        Some(file) => file.clone(),
        None => config.folder().join(crate::target::config::FILE),
    }
}

fn seen(result: &ScenarioResult) -> String {
    match &result.outcome {
        Outcome::Broken(evidence) if evidence.actual.is_empty() => evidence.what.clone(),
        Outcome::Broken(evidence) => evidence.actual.clone(),
        Outcome::Holds | Outcome::NotExercised { .. } => String::new(),
    }
}

/// A TOML string. `${` would be read as a variable of the environment.
fn quoted(text: &str) -> String {
    let short: String = text.chars().take(200).collect();
    toml::Value::from(short.replace("${", "$ {")).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        spec::Severity,
        target::Config,
        verdict::{Evidence, Kind},
    };

    fn result(id: &str, profile: &str, actual: Option<&str>) -> RunEvent {
        RunEvent::Result(Box::new(ScenarioResult {
            id: id.into(),
            kind: Kind::Scenario,
            title: String::new(),
            source: String::new(),
            family: String::new(),
            requirement: String::new(),
            severity: Severity::Must,
            profile: Some(profile.into()),
            cell: None,
            outcome: actual.map_or(Outcome::Holds, |actual| {
                Outcome::Broken(Evidence { actual: actual.into(), ..Evidence::default() })
            }),
            verdict: if actual.is_some() { Verdict::Fail } else { Verdict::Pass },
            basis: crate::verdict::Basis::default(),
            expected: None,
            duration: Duration::ZERO,
            measurements: Vec::new(),
            transcript: Vec::new(),
        }))
    }

    /// What is written is a configuration that silences exactly what failed, whatever the target answered.
    #[test]
    fn writes_what_it_reads() {
        let mut failures = Failures::default();
        for event in [
            result("A.x", "okta", Some("a \"quoted\" ${HOME}\nline")),
            result("A.x", "entra-default", None),
            result("B.y", "okta", Some("both")),
            result("B.y", "entra-default", Some("both")),
        ] {
            failures.take(&event);
        }
        let text = failures.toml();
        let config = Config::parse(&text, "scimulate.toml").expect("a configuration");
        let entries: Vec<_> = config.expect.iter().map(|one| (one.id.as_str(), one.profile.as_deref())).collect();
        assert_eq!(entries, [("A.x", Some("okta")), ("B.y", None)], "{text}");
        assert!(config.expect[0].reason.contains("a \"quoted\" $ {HOME}\nline"), "{text}");
    }
}
