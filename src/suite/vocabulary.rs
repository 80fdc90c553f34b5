//! The vocabulary: every step that a scenario may use, in one registry.
//!
//! A step is one [`StepDef`] in the slice of its file under `steps/`: pattern, one line of explanation, and the function
//! that plays it, side by side. [`find`] resolves a line of a feature; the lint uses it before the run, the dispatcher
//! while it runs, and `scimulate list steps` prints the same registry. `Given`, `When`, `Then`, `And`, `But` and `*` are
//! for the reader: a step matches under each of them, as in Cucumber.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
};

use futures::future::LocalBoxFuture;
use regex::bytes::RegexSet;
use serde::Serialize;

use super::{
    library,
    pattern::{self, Pattern},
    stop::{Played, Stop},
    world::World,
};
use crate::target::{Section, Target, Unobserved};

/// The tiers of the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// People, groups, IdPs, sessions, roles and events.
    People,
    /// Requests, responses, headers, JSON.
    Wire,
    /// Walks what the target advertises about itself.
    Generated,
}

/// The arguments of one step of one scenario.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// The parameters of the pattern, in order.
    pub values: Vec<String>,
    /// The text block below the step.
    pub docstring: Option<String>,
    /// The table below the step, heading row included.
    pub table: Vec<Vec<String>>,
    /// The step as written, for evidence.
    pub line: String,
}

impl Args {
    /// The parameter at that position.
    ///
    /// # Errors
    /// If the pattern has fewer parameters: a bug of the step's definition.
    pub fn text(&self, index: usize) -> Result<&str, Stop> {
        self.values
            .get(index)
            .map(String::as_str)
            .ok_or_else(|| Stop::script(format!("the step `{}` has no parameter {}", self.line, index + 1)))
    }

    /// The parameter at that position as a number.
    ///
    /// # Errors
    /// If it is not one, or is out of range.
    pub fn number<T: std::str::FromStr>(&self, index: usize) -> Result<T, Stop> {
        let text = self.text(index)?;
        text.parse().map_err(|_| Stop::script(format!("`{text}` in `{}` is not a number in range", self.line)))
    }

    /// The text block, or the reason why there is none.
    ///
    /// # Errors
    /// If the scenario gives none.
    pub fn block(&self) -> Result<&str, Stop> {
        self.docstring.as_deref().ok_or_else(|| Stop::script(format!("`{}` needs a text block below it", self.line)))
    }

    /// The rows of the table, at least one.
    ///
    /// # Errors
    /// If the scenario gives no table.
    pub fn rows(&self) -> Result<&[Vec<String>], Stop> {
        if self.table.is_empty() {
            return Err(Stop::script(format!("`{}` needs a table below it", self.line)));
        }
        Ok(&self.table)
    }
}

/// A function that plays a step.
pub type Play = for<'a> fn(&'a mut World, Args) -> LocalBoxFuture<'a, Played>;

/// One step of the vocabulary.
pub struct StepDef {
    /// `Given`, `When` or `Then`: where it reads best.
    pub keyword: &'static str,
    /// The pattern (see [`super::pattern`]).
    pub pattern: &'static str,
    /// What it does, as one line.
    pub about: &'static str,
    /// What plays it.
    pub play: Play,
    /// What the target's configuration must have for the step to see or do anything.
    pub needs: &'static [Section],
}

/// Shorthand for the registries under `steps/`.
pub(super) const fn step(keyword: &'static str, pattern: &'static str, about: &'static str, play: Play) -> StepDef {
    StepDef { keyword, pattern, about, play, needs: &[] }
}

impl StepDef {
    /// The step, needing these sections of the target's configuration.
    pub(super) const fn needs(self, sections: &'static [Section]) -> StepDef {
        StepDef { needs: sections, ..self }
    }
}

/// Why a scenario with these steps cannot be exercised on the target: the first thing that it needs and the target lacks.
/// Asked before anything is sent, so that a scenario is never judged by its set-up alone.
pub(super) fn unmet<'s>(lines: impl IntoIterator<Item = &'s str>, target: &Target) -> Option<Unobserved> {
    lines
        .into_iter()
        .filter_map(|line| find(line).ok())
        .flat_map(|(definition, _)| definition.needs)
        .find_map(|section| target.lacks(*section))
}

/// One step for `list steps`.
#[derive(Clone, Debug, Serialize)]
pub struct StepInfo {
    /// `Given`, `When` or `Then`: where it reads best.
    pub keyword: &'static str,
    /// The pattern, with `{string}`, `{int}`, `{number}`, `{word}`.
    pub pattern: &'static str,
    /// The tier.
    pub tier: Tier,
    /// What it does, as one line.
    pub about: &'static str,
    /// A line of an embedded feature that uses it.
    pub example: String,
    /// Where it is defined: `src/suite/steps/sessions.rs`.
    pub source: &'static str,
}

/// One file of steps.
pub struct Chapter {
    /// The file below `src/suite/steps/`.
    pub file: &'static str,
    /// Its tier.
    pub tier: Tier,
    /// Its steps.
    pub steps: &'static [StepDef],
}

struct Index {
    set: RegexSet,
    entries: Vec<(&'static Chapter, &'static StepDef, Pattern)>,
    /// Lines that were found, for the same line is asked for by the lint, the plan, and each time that it is played.
    found: Mutex<HashMap<String, (usize, Vec<String>)>>,
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let entries: Vec<_> = super::steps::CHAPTERS
            .iter()
            .flat_map(|chapter| chapter.steps.iter().map(move |def| (*chapter, def)))
            .map(|(chapter, def)| (chapter, def, Pattern::compile(def.pattern).expect("a pattern of our own compiles")))
            .collect();
        let set = pattern::set(entries.iter().map(|(_, def, _)| def.pattern));
        let set = set.expect("patterns of our own compile together");
        Index { set, entries, found: Mutex::default() }
    })
}

/// Why a line resolves to no step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// Nobody defined it.
    #[error("no step matches `{line}`{hint}")]
    Undefined {
        /// The line.
        line: String,
        /// The nearest pattern, if one is near.
        hint: String,
    },
    /// More than one pattern matches.
    #[error("`{line}` matches more than one step: {patterns}")]
    Ambiguous {
        /// The line.
        line: String,
        /// The patterns.
        patterns: String,
    },
}

/// The step that a line means, with the arguments found in it.
///
/// # Errors
/// If none or more than one matches.
pub fn find(line: &str) -> Result<(&'static StepDef, Vec<String>), Unresolved> {
    let index = index();
    let mut known = index.found.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((at, values)) = known.get(line) {
        return Ok((index.entries[*at].1, values.clone()));
    }
    let found: Vec<usize> = index.set.matches(line.as_bytes()).into_iter().collect();
    match found.as_slice() {
        [one] => {
            let (_, def, pattern) = &index.entries[*one];
            let values = pattern.arguments(line).unwrap_or_default();
            known.insert(line.to_owned(), (*one, values.clone()));
            Ok((def, values))
        }
        [] => {
            let shape = shape(line);
            let near = index
                .entries
                .iter()
                .map(|(_, def, _)| (strsim::normalized_levenshtein(&shape, def.pattern), def.pattern))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .filter(|(score, _)| *score > 0.6);
            let hint = near.map(|(_, pattern)| format!("; did you mean `{pattern}`?")).unwrap_or_default();
            Err(Unresolved::Undefined { line: line.to_owned(), hint })
        }
        many => {
            let patterns = many.iter().map(|at| index.entries[*at].1.pattern).collect::<Vec<_>>().join("`, `");
            Err(Unresolved::Ambiguous { line: line.to_owned(), patterns: format!("`{patterns}`") })
        }
    }
}

/// A line as a pattern: quoted text as `{string}`, numbers as `{int}`.
fn shape(line: &str) -> String {
    static ARGUMENT: OnceLock<Option<regex::Regex>> = OnceLock::new();
    let argument = ARGUMENT.get_or_init(|| regex::Regex::new(r#""(?:[^"\\]|\\.)*"|'[^']*'|\b\d+\b"#).ok());
    let Some(argument) = argument else { return line.to_owned() };
    let placeholder = |found: &regex::Captures<'_>| {
        if found[0].starts_with(['"', '\'']) { "{string}" } else { "{int}" }
    };
    argument.replace_all(line, placeholder).into_owned()
}

/// The tier of the step with that pattern.
pub(super) fn tier(pattern: &str) -> Option<Tier> {
    index().entries.iter().find(|(_, def, _)| def.pattern == pattern).map(|(chapter, ..)| chapter.tier)
}

/// The whole vocabulary, tier by tier, each step with an example from the embedded features.
pub fn vocabulary() -> Vec<StepInfo> {
    let index = index();
    let mut examples: Vec<Option<String>> = vec![None; index.entries.len()];
    for (keyword, line) in library::embedded().step_lines() {
        for at in index.set.matches(line.as_bytes()) {
            examples[at].get_or_insert_with(|| format!("{keyword} {line}"));
        }
    }
    let mut all: Vec<StepInfo> = index
        .entries
        .iter()
        .zip(examples)
        .map(|((chapter, def, _), example)| StepInfo {
            keyword: def.keyword,
            pattern: def.pattern,
            tier: chapter.tier,
            about: def.about,
            example: example.unwrap_or_default(),
            source: chapter.file,
        })
        .collect();
    all.sort_by_key(|step| step.tier);
    all
}
