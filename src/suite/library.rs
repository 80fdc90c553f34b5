//! The scenarios: features embedded in the binary and files of the user, read by the same reader.
//!
//! A feature text is parsed, its outlines are expanded, and every scenario becomes a [`Scene`]: the facts about it
//! ([`ScenarioInfo`]) beside the Gherkin that the engine plays. The [`lint`](super::lint) has read every scene before
//! the first request is sent.

use std::{path::Path, sync::OnceLock};

use cucumber::{
    feature::Ext as _,
    gherkin::{self, GherkinEnv},
};
use rust_embed::RustEmbed;
use serde::Serialize;

use super::{
    lint::{self, Problem},
    steps::readings::PATTERN,
};
use crate::{
    idp::{self, Kind},
    spec,
    verdict::Cell,
};

#[derive(RustEmbed)]
#[folder = "features"]
struct Embedded;

/// Families, which are tags too. `user` is the family of a user's own scenarios that carry none of the others.
pub const FAMILIES: [&str; 10] =
    ["rfc", "effects", "okta", "entra", "provider", "security", "resilience", "interop", "ipsie", "user"];

/// The families of profiles of the protocol, which ask for more than the RFCs, or for something else. They are played only when
/// they are asked for.
pub(super) const PROFILES: [&str; 2] = ["interop", "ipsie"];

/// Before the id of a profile, in a tag: the scenario is played by that profile when the user names none.
pub(super) const AS: &str = "as-";

/// What is known of a scenario without playing it.
#[derive(Clone, Debug, Serialize)]
pub struct ScenarioInfo {
    /// Stable id: the requirement's id, a dot, and a slug.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Family tag without `@`.
    pub family: String,
    /// The requirement or effect that it asserts.
    pub requirement: String,
    /// All tags without `@`, the feature's included.
    pub tags: Vec<String>,
    /// `features/effects/sessions.feature:12`.
    pub source: String,
    /// Whether it is played once for each chosen profile.
    pub each_profile: bool,
    /// The kinds of IdP that can play it; all if empty.
    #[serde(serialize_with = "words")]
    pub kinds: Vec<Kind>,
    /// Whether it needs an IdP at all: it is played under a profile then.
    pub needs_idp: bool,
    /// The profiles that play it when the user names none (`@as-okta-oin`); the usual ones if empty.
    pub profiles: Vec<String>,
    /// The quirks that are switched on for it: its tags that are quirk ids.
    pub quirks: Vec<String>,
    /// Whether it needs the target's directory for itself: what it asks for reaches what other scenarios made.
    pub alone: bool,
    /// Its place in the effects matrix.
    pub cell: Option<Cell>,
}

/// Kinds as words.
fn words<S: serde::Serializer>(kinds: &[Kind], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(kinds.iter().map(ToString::to_string))
}

/// One scenario, ready to be played.
#[derive(Clone, Debug)]
pub struct Scene {
    /// What is known of it.
    pub info: ScenarioInfo,
    /// Index of its feature in the library.
    pub feature: usize,
    /// The expanded scenario, with the steps of its background in front.
    pub scenario: gherkin::Scenario,
}

/// Features and their scenes, in reading order.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// The features, without scenarios of their own: those are in `scenes`.
    pub features: Vec<gherkin::Feature>,
    /// The scenes.
    pub scenes: Vec<Scene>,
    /// What the lint found.
    pub problems: Vec<Problem>,
}

/// The embedded features, read once.
pub fn embedded() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let mut library = Library::default();
        let mut names: Vec<_> = Embedded::iter().filter(|name| name.ends_with(".feature")).collect();
        names.sort();
        for name in names {
            if let Some(file) = Embedded::get(&name) {
                library.add(&format!("features/{name}"), &String::from_utf8_lossy(&file.data), None);
            }
        }
        library.finish();
        library
    })
}

/// The facts about every embedded scenario, in reading order.
pub fn scenarios() -> Vec<ScenarioInfo> {
    embedded().scenes.iter().map(|scene| scene.info.clone()).collect()
}

/// The readings that the embedded scenarios can see: requirement and reading.
pub fn readings() -> Vec<(String, String)> {
    let rows = |scene: &Scene| {
        let steps = scene.scenario.steps.iter().filter(|step| step.value == PATTERN);
        let tables = steps.filter_map(|step| step.table.as_ref()).flat_map(|table| &table.rows);
        tables.filter_map(|row| Some((scene.info.requirement.clone(), row.first()?.clone()))).collect::<Vec<_>>()
    };
    embedded().scenes.iter().flat_map(rows).collect()
}

impl Library {
    /// The embedded features followed by the user's files.
    pub fn with_files(files: &[impl AsRef<Path>]) -> Library {
        let mut library = embedded().clone();
        for file in files {
            let name = file.as_ref().display().to_string();
            match std::fs::read_to_string(file) {
                Ok(text) => library.add(&name, &text, Some("user")),
                Err(error) => library.problems.push(Problem::new(&name, 0, format!("cannot be read: {error}"))),
            }
        }
        library.finish();
        library
    }

    /// Reads one feature text. `family` is the family of scenarios that carry no family tag.
    pub fn add(&mut self, name: &str, text: &str, family: Option<&str>) {
        self.problems.extend(lint::text(name, text));
        let feature = match gherkin::Feature::parse(text, GherkinEnv::default()) {
            Ok(feature) => feature,
            Err(error) => {
                self.problems.push(lint::not_gherkin(name, &error));
                return;
            }
        };
        self.problems.extend(lint::outlines(name, &feature));
        let mut feature = match feature.expand_examples() {
            Ok(feature) => feature,
            Err(error) => {
                let message = format!("`<{}>` is no column of the Examples", error.name);
                self.problems.push(Problem::new(name, error.pos.line, message));
                return;
            }
        };
        feature.path = Some(name.into());
        let index = self.features.len();
        let mut scenes = Vec::new();
        let background = feature.background.take().map(|background| background.steps).unwrap_or_default();
        for scenario in std::mem::take(&mut feature.scenarios) {
            scenes.push((background.clone(), feature.tags.clone(), scenario));
        }
        for rule in std::mem::take(&mut feature.rules) {
            let mut steps = background.clone();
            steps.extend(rule.background.map(|background| background.steps).unwrap_or_default());
            let tags: Vec<String> = feature.tags.iter().chain(&rule.tags).cloned().collect();
            for scenario in rule.scenarios {
                scenes.push((steps.clone(), tags.clone(), scenario));
            }
        }
        self.features.push(feature);
        for (mut steps, mut tags, mut scenario) in scenes {
            let own_steps = scenario.steps.len();
            steps.append(&mut scenario.steps);
            scenario.steps = steps;
            tags.append(&mut scenario.tags);
            let (info, problems) = describe(name, &tags, &scenario, family);
            self.problems.extend(problems);
            self.problems.extend(lint::scenario(name, &scenario, own_steps));
            self.problems.extend(lint::readings(name, &info.requirement, &scenario));
            scenario.examples.clear();
            self.scenes.push(Scene { info, feature: index, scenario });
        }
    }

    /// The checks that need all scenes together.
    fn finish(&mut self) {
        self.problems.extend(lint::duplicates(&self.scenes));
        self.problems.sort_by(|a, b| (&a.file, a.line, &a.message).cmp(&(&b.file, b.line, &b.message)));
        self.problems.dedup();
    }

    /// Every step line with its keyword, in reading order.
    pub fn step_lines(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.scenes
            .iter()
            .flat_map(|scene| scene.scenario.steps.iter())
            .map(|step| (keyword(step.ty).to_owned(), step.value.clone()))
    }
}

/// The keyword of a step; `And` and `But` take that of the step before.
pub(super) fn keyword(kind: gherkin::StepType) -> &'static str {
    match kind {
        gherkin::StepType::Given => "Given",
        gherkin::StepType::When => "When",
        gherkin::StepType::Then => "Then",
    }
}

/// The facts of one scenario, from its tags, name and Examples row.
fn describe(
    file: &str,
    tags: &[String],
    scenario: &gherkin::Scenario,
    family: Option<&str>,
) -> (ScenarioInfo, Vec<Problem>) {
    let line = scenario.position.line;
    let mut problems = Vec::new();
    let mut requirements = tags.iter().filter(|tag| spec::requirement(tag).is_some());
    let requirement = match (requirements.next(), requirements.next()) {
        (Some(one), None) => one.clone(),
        (Some(one), Some(other)) => {
            let message = format!("carries two requirement tags, @{one} and @{other}; a scenario asserts one");
            problems.push(Problem::new(file, line, message));
            one.clone()
        }
        (None, _) => {
            problems.push(lint::no_requirement(file, line, tags));
            String::new()
        }
    };
    let found = FAMILIES.iter().find(|family| tags.iter().any(|tag| tag == *family)).map(|tag| (*tag).to_owned());
    let family = found.or_else(|| family.map(str::to_owned)).unwrap_or_else(|| {
        let message = format!("carries no family tag; add one of @{}", FAMILIES.join(", @"));
        problems.push(Problem::new(file, line, message));
        "user".to_owned()
    });
    let cells = example_row(scenario);
    let column = |name: &str| cells.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let slug = column("id").map_or_else(|| kebab(&scenario.name), |id| kebab(&id));
    let cell = column("path")
        .filter(|_| requirement.starts_with("EFF-"))
        .map(|path| Cell { path, effect: requirement.clone() });
    let has = |wanted: &str| tags.iter().any(|tag| tag == wanted);
    let kinds: Vec<Kind> = [("needs-okta", Kind::Okta), ("needs-entra", Kind::Entra), ("needs-generic", Kind::Generic)]
        .into_iter()
        .filter(|(tag, _)| has(tag))
        .map(|(_, kind)| kind)
        .collect();
    let each_profile = has("each-profile");
    let (profiles, quirks) = (profiles_of(tags), quirks_of(tags));
    problems.extend(lint::tags(file, line, tags));
    let info = ScenarioInfo {
        id: format!("{requirement}.{slug}"),
        title: scenario.name.clone(),
        family,
        requirement,
        tags: tags.to_vec(),
        source: format!("{file}:{line}"),
        each_profile,
        needs_idp: each_profile || !kinds.is_empty() || !profiles.is_empty() || has("needs-idp"),
        kinds,
        profiles,
        quirks,
        alone: has("alone"),
        cell,
    };
    (info, problems)
}

/// The profiles named by `@as-ID` tags.
fn profiles_of(tags: &[String]) -> Vec<String> {
    tags.iter().filter_map(|tag| tag.strip_prefix(AS)).map(str::to_owned).collect()
}

/// The tags that are ids of quirks.
fn quirks_of(tags: &[String]) -> Vec<String> {
    tags.iter().filter(|tag| idp::quirks().iter().any(|quirk| quirk.id == **tag)).cloned().collect()
}

/// The Examples row that an expanded scenario came from, as (column, value).
fn example_row(scenario: &gherkin::Scenario) -> Vec<(String, String)> {
    let rows = scenario.examples.first().and_then(|example| example.table.as_ref()).map(|table| &table.rows);
    match rows.map(Vec::as_slice) {
        Some([head, row, ..]) => head.iter().cloned().zip(row.iter().cloned()).collect(),
        _ => Vec::new(),
    }
}

/// `PUT with active false` as `put-with-active-false`.
pub(super) fn kebab(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if c != '\'' && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}
