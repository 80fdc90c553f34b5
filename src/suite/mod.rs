//! STUB
#![allow(missing_docs)]
use crate::{
    idp::Profile,
    target,
    verdict::{Abort, Cell, Expectation, RunEvent},
};
use serde::Serialize;
use std::{path::PathBuf, sync::Arc, time::Duration};
#[derive(Clone, Debug)]
pub enum Choice {
    Embedded { defects: Vec<String> },
    External(Box<target::Config>),
}
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Must,
    Should,
    #[default]
    May,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub index: usize,
    pub count: usize,
}
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub selectors: Vec<String>,
    pub profiles: Vec<Profile>,
    pub target: Choice,
    pub level: Level,
    pub strict: bool,
    pub concurrency: usize,
    pub shard: Option<Shard>,
    pub timeout: Duration,
    pub rate: Option<f64>,
    pub fail_fast: bool,
    pub seed: u64,
    pub expectations: Vec<Expectation>,
    pub features: Vec<PathBuf>,
    pub cancel: Cancel,
}
impl Default for Choice {
    fn default() -> Self {
        Choice::Embedded { defects: vec![] }
    }
}
#[derive(Clone, Debug, Default)]
pub struct Cancel;
impl Cancel {
    pub fn is_cancelled(&self) -> bool {
        false
    }
}
impl Cancel {
    pub fn cancel(&self) {}
}
#[derive(Clone, Debug, Serialize)]
pub struct ScenarioInfo {
    pub id: String,
    pub title: String,
    pub family: String,
    pub requirement: String,
    pub tags: Vec<String>,
    pub source: String,
    pub each_profile: bool,
    pub needs_idp: bool,
    pub alone: bool,
    pub cell: Option<Cell>,
}
pub fn scenarios() -> Vec<ScenarioInfo> {
    vec![]
}
pub struct Item {
    pub info: ScenarioInfo,
    pub profile: Option<Arc<Profile>>,
}
pub struct Plan {
    pub items: Vec<Item>,
    pub checks: Vec<String>,
    pub profiles: Vec<String>,
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct PlanError;
pub fn plan(_: &Options) -> Result<Plan, PlanError> {
    Ok(Plan { items: vec![], checks: vec![], profiles: vec![] })
}
pub async fn run(_: Options, _: &mut dyn FnMut(RunEvent)) -> Result<(), PlanError> {
    Ok(())
}
#[derive(Clone, Debug, Serialize)]
pub struct StepInfo {
    pub keyword: &'static str,
    pub pattern: &'static str,
    pub about: &'static str,
    pub example: String,
    pub source: &'static str,
}
pub fn vocabulary() -> Vec<StepInfo> {
    vec![]
}
#[derive(Clone, Debug, Default)]
pub struct ProveOptions {
    pub defects: Vec<String>,
    pub run: Options,
    pub whole_suite: bool,
}
#[derive(Clone, Debug, Serialize)]
pub struct Catch {
    pub id: String,
    pub profiles: Vec<String>,
    pub kind: &'static str,
}
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    pub defect: &'static str,
    pub summary: &'static str,
    pub caught_by: Vec<Catch>,
    pub missed: Vec<String>,
    pub aborted: Option<Abort>,
}
impl Proof {
    pub fn survived(&self) -> bool {
        true
    }
}
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    #[error("u")]
    Unknown { id: String, hint: String },
    #[error("r")]
    Run(#[from] PlanError),
    #[error("b")]
    Baseline(Abort),
}
pub async fn prove(_: ProveOptions, _: &mut dyn FnMut(&Proof)) -> Result<Vec<Proof>, ProveError> {
    Ok(vec![])
}
