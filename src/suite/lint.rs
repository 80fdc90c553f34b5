//! The lint of features: what Gherkin lets pass and a conformance suite must not.
//!
//! A scenario whose first step is misspelt has no steps and would pass; an outline without rows yields no scenario; an
//! undefined step would be skipped. Each of these is an error with file, line and remedy before anything is sent.

use std::{collections::HashMap, fmt};

use cucumber::gherkin;

use super::{
    library::{AS, Scene},
    steps::readings::PATTERN,
    vocabulary,
};
use crate::{idp, spec};

/// One thing that is wrong with a feature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, 0 if the whole file is meant.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

impl Problem {
    /// A problem at a place.
    pub fn new(file: &str, line: usize, message: impl Into<String>) -> Problem {
        Problem { file: file.to_owned(), line, message: message.into() }
    }
}

/// What can be said of the bare text: an empty file.
pub(super) fn text(file: &str, text: &str) -> Option<Problem> {
    text.trim().is_empty().then(|| Problem::new(file, 0, "is empty; write a `Feature:` or remove the file"))
}

/// A text that is not Gherkin. The parser tells the place only in its words: `Error at 3:1: {…}`.
pub(super) fn not_gherkin(file: &str, error: &gherkin::ParseError) -> Problem {
    let words = error.to_string();
    let line =
        words.strip_prefix("Error at ").and_then(|rest| rest.split(':').next()).and_then(|line| line.parse().ok());
    Problem::new(file, line.unwrap_or_default(), format!("is not Gherkin: {words}"))
}

/// Outlines that yield no scenario.
pub(super) fn outlines(file: &str, feature: &gherkin::Feature) -> Vec<Problem> {
    let scenarios = feature.scenarios.iter().chain(feature.rules.iter().flat_map(|rule| &rule.scenarios));
    let mut problems = Vec::new();
    for scenario in scenarios {
        let outline = scenario.keyword.contains("Outline") || scenario.keyword.contains("Template");
        if outline && scenario.examples.is_empty() {
            problems.push(Problem::new(file, scenario.position.line, "an outline without Examples is never played"));
        }
        for examples in &scenario.examples {
            if examples.table.as_ref().is_none_or(|table| table.rows.len() < 2) {
                let message = "Examples without rows yield no scenario; add a row or remove them";
                problems.push(Problem::new(file, examples.position.line, message));
            }
        }
    }
    let empty = feature.scenarios.is_empty() && feature.rules.iter().all(|rule| rule.scenarios.is_empty());
    if empty {
        problems.push(Problem::new(file, feature.position.line, "the feature has no scenario"));
    }
    problems
}

/// A scenario without steps of its own, and steps that nobody defined.
pub(super) fn scenario(file: &str, scenario: &gherkin::Scenario, own_steps: usize) -> Vec<Problem> {
    let mut problems = Vec::new();
    if own_steps == 0 {
        let message = format!("`{}` has no steps and would always pass; is its first keyword misspelt?", scenario.name);
        problems.push(Problem::new(file, scenario.position.line, message));
    }
    for step in &scenario.steps {
        if let Err(unresolved) = vocabulary::find(&step.value) {
            problems.push(Problem::new(file, step.position.line, unresolved.to_string()));
        }
    }
    problems
}

/// Rows of readings that name no reading of the requirement, or a step that nobody defined.
pub(super) fn readings(file: &str, requirement: &str, scenario: &gherkin::Scenario) -> Vec<Problem> {
    let mut problems = Vec::new();
    for step in scenario.steps.iter().filter(|step| step.value == PATTERN) {
        for row in step.table.iter().flat_map(|table| &table.rows) {
            let [reading, lines @ ..] = row.as_slice() else { continue };
            let lines: Vec<&String> = lines.iter().filter(|line| !line.is_empty()).collect();
            if lines.is_empty() {
                let message = format!("the reading `{reading}` needs a step that shows it");
                problems.push(Problem::new(file, step.position.line, message));
            }
            if spec::dispute(requirement).and_then(|dispute| dispute.reading(reading)).is_none() {
                let message = format!(
                    "`{reading}` is no reading of {requirement}; the readings are in \
                     fixtures/requirements/readings.json"
                );
                problems.push(Problem::new(file, step.position.line, message));
            }
            for unresolved in lines.iter().filter_map(|line| vocabulary::find(line).err()) {
                problems.push(Problem::new(file, step.position.line, unresolved.to_string()));
            }
        }
    }
    problems
}

/// Tags that name a profile, quirk or review which does not exist: such a scenario would be played another way than it says.
pub(super) fn tags(file: &str, line: usize, tags: &[String]) -> Vec<Problem> {
    let profiles: Vec<&str> = idp::profiles().iter().map(|profile| profile.id.as_str()).collect();
    let quirks: Vec<&str> = idp::quirks().iter().map(|quirk| quirk.id.as_str()).collect();
    let mut problems = Vec::new();
    for tag in tags {
        if let Some(id) = tag.strip_prefix(AS) {
            if !profiles.contains(&id) {
                let message = format!("@{tag}: there is no profile `{id}`{}", near(id, &profiles));
                problems.push(Problem::new(file, line, message));
            }
        } else if (tag.starts_with("okta-") || tag.starts_with("entra-"))
            && !quirks.contains(&tag.as_str())
            && !idp::profiles().iter().any(|profile| profile.unsettled.iter().any(|open| open.id == *tag))
            && spec::review(tag).is_none()
        {
            let message = format!("@{tag} is no quirk, no unsettled peculiarity and no review{}", near(tag, &quirks));
            problems.push(Problem::new(file, line, message));
        }
    }
    problems
}

fn near(word: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|id| (strsim::jaro_winkler(word, id), *id))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(score, _)| *score > 0.8);
    near.map(|(_, id)| format!("; did you mean `{id}`?")).unwrap_or_default()
}

/// Why a scenario has no requirement: none is tagged, or the tag is misspelt.
pub(super) fn no_requirement(file: &str, line: usize, tags: &[String]) -> Problem {
    let suspect = tags.iter().find(|tag| tag.contains('-') && tag.starts_with(|c: char| c.is_ascii_uppercase()));
    let message = match suspect {
        Some(tag) => {
            let near = spec::catalogue()
                .iter()
                .map(|row| (strsim::jaro_winkler(tag, &row.id), row.id.as_str()))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let hint = near.map(|(_, id)| format!("; did you mean @{id}?")).unwrap_or_default();
            format!("@{tag} is no requirement of the catalogue{hint}")
        }
        None => "carries no requirement tag; tag it with the one that it asserts, such as @RFC7644-3.6-R2 or \
                 @EFF-SESSIONS (`scimulate list requirements`)"
            .to_owned(),
    };
    Problem::new(file, line, message)
}

/// Scenarios that share an id.
pub(super) fn duplicates(scenes: &[Scene]) -> Vec<Problem> {
    let mut seen: HashMap<&str, &Scene> = HashMap::new();
    let mut problems = Vec::new();
    for scene in scenes {
        if let Some(first) = seen.insert(&scene.info.id, scene) {
            let (file, line) = scene.info.source.rsplit_once(':').unwrap_or((&scene.info.source, "0"));
            let message = format!(
                "the id {} is taken by {}; give the scenario another name, or its row another `id`",
                scene.info.id, first.info.source
            );
            problems.push(Problem::new(file, line.parse().unwrap_or_default(), message));
        }
    }
    problems
}
