//! Everything that has an id, in one place: what `list` lists, what `explain` explains, and what a mistyped id is
//! compared with. It only gathers; each entry is defined in its own room.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    check::{self, Check},
    idp::{self, Profile, Quirk},
    provider::defect::{self, DefectInfo},
    scim::leniency::{LENIENCIES, LeniencyInfo},
    spec::{self, Binds, Requirement},
    suite::{self, ScenarioInfo},
};

/// One thing that has an id.
pub(super) enum Entry {
    /// A row of the catalogue.
    Requirement(&'static Requirement),
    /// A scenario.
    Scenario(Box<ScenarioInfo>),
    /// A passive check.
    Check(&'static Check),
    /// An IdP profile.
    Profile(&'static Profile),
    /// A quirk of an IdP.
    Quirk(&'static Quirk),
    /// A defect of the embedded provider.
    Defect(&'static DefectInfo),
    /// What the embedded provider accepts beside the RFC.
    Leniency(&'static LeniencyInfo),
}

/// The entry with exactly this id. Ids are compared without case, so that what was typed from memory is found.
pub(super) fn find(id: &str) -> Option<Entry> {
    let same = |other: &str| other.eq_ignore_ascii_case(id);
    if let Some(row) = spec::catalogue().iter().find(|row| same(&row.id)) {
        return Some(Entry::Requirement(row));
    }
    if let Some(scenario) = suite::scenarios().into_iter().find(|scenario| same(&scenario.id)) {
        return Some(Entry::Scenario(Box::new(scenario)));
    }
    if let Some(check) = check::all().find(|check| same(check.id)) {
        return Some(Entry::Check(check));
    }
    if let Some(profile) = idp::profiles().iter().find(|profile| same(&profile.id)) {
        return Some(Entry::Profile(profile));
    }
    if let Some(quirk) = idp::quirks().iter().find(|quirk| same(&quirk.id)) {
        return Some(Entry::Quirk(quirk));
    }
    if let Some(defect) = defect::DEFECTS.iter().find(|defect| same(defect.id)) {
        return Some(Entry::Defect(defect));
    }
    LENIENCIES.iter().find(|one| same(one.id)).map(Entry::Leniency)
}

/// All ids, in the order of [`find`].
pub(super) fn ids() -> Vec<String> {
    let mut ids: Vec<String> = spec::catalogue().iter().map(|row| row.id.clone()).collect();
    ids.extend(suite::scenarios().into_iter().map(|scenario| scenario.id));
    ids.extend(check::all().map(|check| check.id.to_owned()));
    ids.extend(idp::profiles().iter().map(|profile| profile.id.clone()));
    ids.extend(idp::quirks().iter().map(|quirk| quirk.id.clone()));
    ids.extend(defect::DEFECTS.iter().map(|defect| defect.id.to_owned()));
    ids.extend(LENIENCIES.iter().map(|one| one.id.to_owned()));
    ids
}

/// What covers each requirement: ids of scenarios and checks, by requirement id.
pub(super) fn coverage() -> BTreeMap<String, Vec<String>> {
    let mut covered: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for scenario in suite::scenarios() {
        covered.entry(scenario.requirement).or_default().push(scenario.id);
    }
    for check in check::all() {
        covered.entry(check.requirement.to_owned()).or_default().push(check.id.to_owned());
    }
    covered
}

/// Whether a row is one that a test of the target can be about.
pub(super) fn binds_target(row: &Requirement) -> bool {
    row.binds != Binds::Client
}

/// A requirement as `list requirements --format json` shows it.
#[derive(Serialize)]
pub(super) struct RequirementRow {
    #[serde(flatten)]
    row: &'static Requirement,
    url: Option<String>,
    covered_by: Vec<String>,
}

/// A requirement with what covers it.
pub(super) fn requirement_row(row: &'static Requirement, coverage: &BTreeMap<String, Vec<String>>) -> RequirementRow {
    RequirementRow { row, url: row.url(), covered_by: coverage.get(&row.id).cloned().unwrap_or_default() }
}
