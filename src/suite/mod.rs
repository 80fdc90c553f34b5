//! Plays scenarios: the part of the house where a simulated IdP meets a target and somebody looks.
//!
//! *features → [`plan`] → engine → steps → typed ends → results → run events.*
//!
//! - [`library`] reads the embedded features and the user's, [`lint`] refuses what could pass without testing anything;
//! - [`plan`] is the one place where selectors, level, profiles and shard decide what is played;
//! - [`run`] plays it on the cucumber engine: each scenario in a tenant of its own where the target can make one, side by
//!   side on one thread, cleaned up afterwards whatever happened;
//! - [`vocabulary`] is the list of steps, in three tiers: people, wire, generated;
//! - [`prove`] plays it against every known server defect, and names those that nothing caught.
//!
//! A step ends well, or with one of: *mismatch* (a deviation, with evidence), *not exercised* (it cannot be seen here),
//! *fault* (the run is aborted: an engine fault or an unreachable target is never a verdict).

mod bystander;
mod cleanup;
mod dispatch;
mod embedded;
mod engine;
mod excuse;
mod habits;
mod json_path;
mod judging;
pub mod library;
pub mod lint;
mod options;
mod pattern;
mod plan;
mod prove;
mod read_only;
mod recorder;
mod shared;
mod steps;
mod stop;
mod sweep;
mod trouble;
mod vocabulary;
mod world;

pub use engine::{RunError, run};
pub use library::{ScenarioInfo, readings, scenarios};
pub use lint::Problem;
pub use options::{Cancel, Choice, Level, Options, Shard};
pub use plan::{Item, Plan, PlanError, plan};
pub use prove::{Catch, Proof, ProveError, ProveOptions, prove};

pub use stop::{Played, Stop};
pub use vocabulary::{Args, StepInfo, Tier, vocabulary};
pub use world::World;
