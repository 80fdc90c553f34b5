//! The proof that the suite can fail: every known server defect, one at a time, must be caught.
//!
//! First a run without defects, so that what fails anyway catches nothing. Then one run a defect on the embedded
//! provider, which is told to have it; whatever fails now and did not before has caught it. A defect that nothing
//! catches has survived: the suite is too weak, or the defect is none.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    engine::{RunError, run},
    judging, library,
    options::{Choice, Options},
};
use crate::{
    provider::defect::{self, DefectInfo},
    verdict::{Abort, Kind, RunEvent, Verdict},
};

/// What is proved.
#[derive(Clone, Debug, Default)]
pub struct ProveOptions {
    /// Defect ids; all if empty.
    pub defects: Vec<String>,
    /// How the runs are made. `target` is replaced; `selectors` apply to every run, and if there are none, each run plays
    /// what the defect's registry entry says must catch it.
    pub run: Options,
    /// Play the whole suite against every defect.
    pub whole_suite: bool,
    /// Stop at the first catch for each id that the registry names: says whether, not by how much.
    pub quick: bool,
}

/// A scenario or check that caught a defect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Catch {
    /// Id of the scenario or check.
    pub id: String,
    /// Under which profiles.
    pub profiles: Vec<String>,
    /// `scenario` or `check`.
    pub kind: &'static str,
}

/// What became of one defect.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// The defect.
    pub defect: &'static str,
    /// What it is, as one line.
    pub summary: &'static str,
    /// What caught it.
    pub caught_by: Vec<Catch>,
    /// Ids that the registry says must catch it and that did not.
    pub missed: Vec<String>,
    /// Why the run against it could not be completed, if it could not.
    pub aborted: Option<Abort>,
}

impl Proof {
    /// Whether nothing caught it.
    pub fn survived(&self) -> bool {
        self.caught_by.is_empty()
    }
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// A defect that is not in the registry.
    #[error("there is no defect `{id}`{hint}")]
    Unknown {
        /// The id.
        id: String,
        /// The nearest one.
        hint: String,
    },
    /// A run could not begin.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The run without defects could not be completed.
    #[error("the run without defects was aborted: {}; {}", .0.cause, .0.remedy)]
    Baseline(Abort),
}

/// Proves defect by defect; `tell` hears of each as soon as it is decided.
///
/// # Errors
/// If a defect is unknown, or the runs cannot be made.
pub async fn prove(options: ProveOptions, tell: &mut dyn FnMut(&Proof)) -> Result<Vec<Proof>, ProveError> {
    let chosen = chosen(&options.defects)?;
    let mut wanted: Vec<(&'static DefectInfo, Vec<String>)> = Vec::new();
    for info in chosen {
        let selectors = if !options.run.selectors.is_empty() || options.whole_suite {
            options.run.selectors.clone()
        } else {
            info.caught_by.iter().filter(|id| is_selectable(id)).map(|id| (*id).to_owned()).collect()
        };
        wanted.push((info, selectors));
    }
    // A defect whose catchers do not exist yet is played against everything.
    let whole = wanted.iter().any(|(_, selectors)| selectors.is_empty());
    let union: BTreeSet<String> = wanted.iter().flat_map(|(_, selectors)| selectors.iter().cloned()).collect();
    let union = if whole { options.run.selectors.clone() } else { union.into_iter().collect() };
    let whole_run = Options { fail_fast: false, ..options.run.clone() };
    let (before, aborted) = failures(&whole_run, Vec::new(), union).await?;
    if let Some(abort) = aborted {
        return Err(ProveError::Baseline(abort));
    }
    let mut proofs = Vec::new();
    for (info, selectors) in wanted {
        let defects = vec![info.id.to_owned()];
        let (now, aborted) = if options.quick {
            first_failures(&options.run, &defects, selectors).await?
        } else {
            failures(&options.run, defects, selectors).await?
        };
        let mut caught: BTreeMap<(String, &'static str), Vec<String>> = BTreeMap::new();
        for (id, kind, profile) in now.difference(&before) {
            let profiles = caught.entry((id.clone(), *kind)).or_default();
            profiles.extend(profile.clone());
        }
        let missed = info
            .caught_by
            .iter()
            .filter(|wanted| !caught.keys().any(|(id, _)| id.starts_with(**wanted)))
            .map(|id| (*id).to_owned())
            .collect();
        let caught_by = caught.into_iter().map(|((id, kind), profiles)| Catch { id, profiles, kind }).collect();
        let proof = Proof { defect: info.id, summary: info.summary, caught_by, missed, aborted };
        tell(&proof);
        proofs.push(proof);
    }
    Ok(proofs)
}

fn chosen(ids: &[String]) -> Result<Vec<&'static DefectInfo>, ProveError> {
    if ids.is_empty() {
        return Ok(defect::DEFECTS.iter().collect());
    }
    ids.iter()
        .map(|id| {
            defect::DEFECTS.iter().find(|info| info.id == id).ok_or_else(|| {
                let near = defect::DEFECTS
                    .iter()
                    .map(|info| (strsim::jaro_winkler(id, info.id), info.id))
                    .max_by(|a, b| a.0.total_cmp(&b.0));
                let hint = near.filter(|(score, _)| *score > 0.7).map(|(_, id)| format!("; did you mean `{id}`?"));
                ProveError::Unknown {
                    id: id.clone(),
                    hint: hint.unwrap_or_else(|| "; `scimulate list defects` shows them".to_owned()),
                }
            })
        })
        .collect()
}

/// Whether an id of the registry names a scenario or a check that exists.
fn is_selectable(id: &str) -> bool {
    library::embedded().scenes.iter().any(|scene| scene.info.id.starts_with(id))
        || judging::check_ids().any(|check| check.starts_with(id))
}

type Failure = (String, &'static str, Option<String>);

/// For each selector, what breaks first.
async fn first_failures(
    base: &Options,
    defects: &[String],
    selectors: Vec<String>,
) -> Result<(BTreeSet<Failure>, Option<Abort>), RunError> {
    let base = Options { fail_fast: true, ..base.clone() };
    let mut all = BTreeSet::new();
    // Without a selector one run of everything.
    let runs =
        if selectors.is_empty() { vec![Vec::new()] } else { selectors.into_iter().map(|one| vec![one]).collect() };
    for selectors in runs {
        let (found, aborted) = failures(&base, defects.to_vec(), selectors).await?;
        all.extend(found);
        if aborted.is_some() {
            return Ok((all, aborted));
        }
    }
    Ok((all, None))
}

/// Whatever is broken in one run.
async fn failures(
    base: &Options,
    defects: Vec<String>,
    selectors: Vec<String>,
) -> Result<(BTreeSet<Failure>, Option<Abort>), RunError> {
    let options = Options { target: Choice::Embedded { defects }, selectors, ..base.clone() };
    let mut found = BTreeSet::new();
    let mut aborted = None;
    let mut emit = |event: RunEvent| match event {
        RunEvent::Result(result) if matches!(result.verdict, Verdict::Fail | Verdict::Warn | Verdict::Note) => {
            let kind = match result.kind {
                Kind::Scenario => "scenario",
                Kind::Check => "check",
            };
            found.insert((result.id.clone(), kind, result.profile.clone()));
        }
        RunEvent::Aborted(abort) => aborted = Some(abort),
        _ => {}
    };
    run(options, &mut emit).await?;
    Ok((found, aborted))
}
