//! What will be played: the one place where selectors, level, profiles and shard decide.
//!
//! A plan is a list of [`Item`]s, each one scenario under one profile or under none. It is made before anything is sent;
//! `run --dry-run` prints it. A selector that matches nothing is an error with the nearest thing that exists: a typing
//! error must not turn a gate green.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    library::{self, FAMILIES, Library, PROFILES, ScenarioInfo},
    lint::Problem,
    options::Options,
    read_only,
};
use crate::{
    idp::{self, Profile},
    spec,
};

/// One scenario under one profile, or under none.
#[derive(Clone, Debug)]
pub struct Item {
    /// The scenario.
    pub info: ScenarioInfo,
    /// The profile, where an IdP takes part.
    pub profile: Option<Arc<Profile>>,
    /// Index in the library's scenes.
    pub(super) scene: usize,
}

/// What will be played, in the order in which it is reported.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenarios: those that need the target for themselves first, then the others, in reading order.
    pub items: Vec<Item>,
    /// Id prefixes that checks are limited to; all checks report if empty.
    pub checks: Vec<String>,
    /// The profiles that are played, by id.
    pub profiles: Vec<String>,
    pub(super) library: Library,
}

/// Why there is no plan. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Features that cannot be played.
    #[error("{} in the features:\n  {}", count(.0.len()), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  "))]
    Features(Vec<Problem>),
    /// A selector that matches nothing.
    #[error("the selector `{selector}` matches nothing{hint}")]
    NoMatch {
        /// The selector.
        selector: String,
        /// The nearest thing that exists, or why the selector cannot match.
        hint: String,
    },
    /// A profile or quirk that a scenario names.
    #[error(transparent)]
    Profile(#[from] idp::ProfileError),
    /// A shard out of range.
    #[error("there is no shard {index} of {count}; shards are counted from 1")]
    Shard {
        /// The shard asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
}

fn count(problems: usize) -> String {
    if problems == 1 { "one problem".to_owned() } else { format!("{problems} problems") }
}

/// Makes the plan. Nothing is sent.
///
/// # Errors
/// If a feature has a problem, a selector matches nothing, or the shard is out of range.
pub fn plan(options: &Options) -> Result<Plan, PlanError> {
    let mut files = options.features.clone();
    for selector in &options.selectors {
        let path = std::path::Path::new(selector);
        if selector.ends_with(".feature") && path.is_file() && !files.iter().any(|file| file == path) {
            files.push(path.to_owned());
        }
    }
    let library = if files.is_empty() { library::embedded().clone() } else { Library::with_files(&files) };
    if !library.problems.is_empty() {
        return Err(PlanError::Features(library.problems));
    }
    let selection = Selection::new(&library, options)?;
    let mut chosen: Vec<usize> = (0..library.scenes.len())
        .filter(|at| selection.selects(&library.scenes[*at].info))
        .filter(|at| {
            let row = spec::requirement(&library.scenes[*at].info.requirement);
            row.is_none_or(|row| options.level.admits(row.severity))
        })
        .collect();
    if options.read_only {
        chosen.retain(|at| {
            let steps = &library.scenes[*at].scenario.steps;
            read_only::reads_only(steps.iter().map(|step| step.value.as_str()))
        });
    }
    if let Some(shard) = options.shard {
        if shard.index == 0 || shard.index > shard.count {
            return Err(PlanError::Shard { index: shard.index, count: shard.count });
        }
        // By position among the chosen, so that shards are of equal size and together are the whole.
        chosen = chosen
            .into_iter()
            .enumerate()
            .filter(|(n, _)| n % shard.count == shard.index - 1)
            .map(|(_, at)| at)
            .collect();
    }
    chosen.sort_by_key(|at| !library.scenes[*at].info.alone);
    let mut items = Vec::new();
    for scene in chosen {
        let info = &library.scenes[scene].info;
        if info.needs_idp {
            let players = players(info, &selection, options)?;
            items.extend(players.into_iter().map(|profile| Item { info: info.clone(), profile: Some(profile), scene }));
        } else {
            items.push(Item { info: info.clone(), profile: None, scene });
        }
    }
    let mut profiles: Vec<String> = selection.profiles.iter().map(|profile| profile.id.clone()).collect();
    for profile in items.iter().filter_map(|item| item.profile.as_ref()) {
        if !profiles.contains(&profile.id) {
            profiles.push(profile.id.clone());
        }
    }
    Ok(Plan { items, checks: selection.checks, profiles, library })
}

/// The profiles that play a scenario: those that it names where the user chose none, else the chosen ones of its kinds;
/// each with the quirks that the scenario is about.
fn players(info: &ScenarioInfo, selection: &Selection, options: &Options) -> Result<Vec<Arc<Profile>>, PlanError> {
    let mut players: Vec<Arc<Profile>> = match &options.own_profiles {
        Some(words) if !info.profiles.is_empty() && !selection.chosen => {
            let own = info.profiles.iter().map(|id| {
                words.iter().try_fold(Profile::named(id)?, |profile, word| profile.with_quirk(word)).map(Arc::new)
            });
            own.collect::<Result<_, _>>()?
        }
        _ => selection.profiles.clone(),
    };
    players.retain(|profile| info.kinds.is_empty() || info.kinds.contains(&profile.kind));
    if !info.each_profile {
        players.truncate(1);
    }
    if !info.quirks.is_empty() {
        for player in &mut players {
            let quirky = info.quirks.iter().try_fold((**player).clone(), |profile, id| profile.with_quirk(id))?;
            *player = Arc::new(quirky);
        }
    }
    Ok(players)
}

/// The selectors, sorted by kind. Those of one kind and of different kinds add up; profiles narrow.
struct Selection {
    files: Vec<String>,
    tags: Vec<String>,
    ids: Vec<String>,
    checks: Vec<String>,
    profiles: Vec<Arc<Profile>>,
    /// Whether a selector names the profiles.
    chosen: bool,
    everything: bool,
}

impl Selection {
    fn new(library: &Library, options: &Options) -> Result<Selection, PlanError> {
        let mut selection = Selection {
            files: Vec::new(),
            tags: Vec::new(),
            ids: Vec::new(),
            checks: Vec::new(),
            profiles: Vec::new(),
            chosen: false,
            everything: false,
        };
        for selector in &options.selectors {
            selection.sort_in(selector, library, options)?;
        }
        let narrowed = !selection.files.is_empty() || !selection.tags.is_empty();
        selection.everything = !narrowed && selection.ids.is_empty() && selection.checks.is_empty();
        if narrowed {
            selection.checks.clear();
        }
        selection.chosen = !selection.profiles.is_empty();
        if !selection.chosen {
            selection.profiles = options.profiles.iter().cloned().map(Arc::new).collect();
        }
        Ok(selection)
    }

    /// Decides what a selector is: file, tag, profile or id prefix.
    fn sort_in(&mut self, selector: &str, library: &Library, options: &Options) -> Result<(), PlanError> {
        let scenes = || library.scenes.iter().map(|scene| &scene.info);
        if selector.ends_with(".feature") || selector.contains(".feature:") || selector.contains('/') {
            let wanted = selector.trim_start_matches("./").trim_end_matches('/');
            let known = scenes().any(|info| in_file(info, wanted));
            if known {
                self.files.push(wanted.to_owned());
                return Ok(());
            }
            let files: BTreeSet<&str> = scenes().map(file_of).collect();
            return Err(no_match(selector, files.into_iter().map(str::to_owned)));
        }
        if let Some(tag) = selector.strip_prefix('@') {
            if scenes().any(|info| has_tag(info, tag)) {
                self.tags.push(tag.to_owned());
                return Ok(());
            }
            let tags: BTreeSet<String> =
                scenes().flat_map(|info| info.tags.iter().map(|tag| format!("@{tag}"))).chain(family_tags()).collect();
            return Err(no_match(selector, tags));
        }
        if let Some(chosen) = options.profiles.iter().find(|profile| profile.id == selector) {
            self.profiles.push(Arc::new(chosen.clone()));
            return Ok(());
        }
        if let Some(known) = idp::profiles().iter().find(|profile| profile.id == selector) {
            self.profiles.push(Arc::new(known.clone()));
            return Ok(());
        }
        let by_scenario = scenes().any(|info| info.id.starts_with(selector));
        let by_check = super::judging::check_ids().any(|id| id.starts_with(selector));
        if by_scenario || by_check {
            if by_scenario {
                self.ids.push(selector.to_owned());
            }
            self.checks.push(selector.to_owned());
            return Ok(());
        }
        if spec::requirement(selector).is_some() {
            let hint =
                "; no scenario or check is about that requirement yet (`scimulate list requirements --uncovered`)";
            return Err(PlanError::NoMatch { selector: selector.to_owned(), hint: hint.to_owned() });
        }
        let candidates: Vec<String> = scenes()
            .flat_map(|info| [info.id.clone(), info.requirement.clone()])
            .chain(super::judging::check_ids().map(str::to_owned))
            .chain(idp::profiles().iter().map(|profile| profile.id.clone()))
            .chain(scenes().flat_map(|info| info.tags.iter().map(|tag| format!("@{tag}"))))
            .chain(family_tags())
            .collect();
        Err(no_match(selector, candidates))
    }

    fn selects(&self, info: &ScenarioInfo) -> bool {
        (self.everything && !is_opt_in(info))
            || self.files.iter().any(|file| in_file(info, file))
            || self.tags.iter().any(|tag| has_tag(info, tag))
            || self.ids.iter().any(|prefix| info.id.starts_with(prefix.as_str()))
            // Only checks were named: they judge what the whole suite sends.
            || (self.files.is_empty() && self.tags.is_empty() && self.ids.is_empty() && !self.checks.is_empty() && !is_opt_in(info))
    }
}

/// Whether a scenario is played only if it is asked for by name: it asks what only a profile of the protocol or a review asks.
fn is_opt_in(info: &ScenarioInfo) -> bool {
    PROFILES.contains(&info.family.as_str()) || is_review(info)
}

/// Whether a scenario asks what only a review asks: Microsoft's validator wants 200 for a PATCH, where Entra and the RFC take
/// 204 as well. Who did not ask about a review by name is not judged by it.
fn is_review(info: &ScenarioInfo) -> bool {
    spec::requirement(&info.requirement).is_some_and(|row| row.case.is_some())
        || info.tags.iter().any(|tag| tag.starts_with("entra-val-"))
}

fn family_tags() -> impl Iterator<Item = String> {
    FAMILIES.iter().map(|family| format!("@{family}"))
}

fn has_tag(info: &ScenarioInfo, tag: &str) -> bool {
    info.family == tag || info.tags.iter().any(|own| own == tag)
}

fn file_of(info: &ScenarioInfo) -> &str {
    info.source.rsplit_once(':').map_or(info.source.as_str(), |(file, _)| file)
}

/// Whether a scenario stands in that file or folder; a tail of the path (`sessions.feature`) is enough, and a line
/// (`sessions.feature:12`) names one scenario.
fn in_file(info: &ScenarioInfo, wanted: &str) -> bool {
    let tail = |whole: &str| whole == wanted || whole.strip_suffix(wanted).is_some_and(|head| head.ends_with('/'));
    let file = file_of(info).trim_start_matches("./");
    tail(file) || tail(info.source.trim_start_matches("./")) || file.starts_with(&format!("{wanted}/"))
}

fn no_match(selector: &str, candidates: impl IntoIterator<Item = String>) -> PlanError {
    let wanted = selector.to_ascii_lowercase();
    let near = candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&wanted, &candidate.to_ascii_lowercase()), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)));
    let hint = match near {
        Some((score, candidate)) if score > 0.7 => format!("; did you mean `{candidate}`?"),
        _ => "; `scimulate list scenarios` shows what there is".to_owned(),
    };
    PlanError::NoMatch { selector: selector.to_owned(), hint }
}
