//! The passive checks: pure functions that judge one requirement each, on every exchange of every scenario.
//!
//! A scenario sends what its own requirement needs; the checks read over its shoulder. [`judge`] takes the exchanges
//! of one transcript, parses each once into a [`Seen`], and asks every check of the registry whether the exchange is
//! one that its rule is about and, if so, whether the rule holds. A [`Tally`] joins what the transcripts of a run
//! yielded into one [`Outcome`](crate::verdict::Outcome) a check. Nothing here sends a request.
//!
//! Where the RFC allows more than one reading, every reading passes. A check that is not sure is not applicable: a
//! false accusation is worse than a missed deviation.
//!
//! To add a check: write a function beside its section (`rfc7644/s3_12_errors.rs`), describe it in that file's
//! `CHECKS`, and add a transcript that holds and one that is broken under `fixtures/checks/<id>/`. `tests/checks.rs`
//! names whatever is missing.

/// Declares a check beside its function: how it looks, requirement and slug, and the three texts.
macro_rules! check {
    (
        $kind:ident($function:path),
        $requirement:literal / $slug:literal,
        summary: $summary:literal,
        how: $explanation:literal,
        why: $why:literal $(,)?
    ) => {
        $crate::check::Check {
            id: concat!($requirement, ".", $slug),
            requirement: $requirement,
            summary: $summary,
            explanation: $explanation,
            why: $why,
            file: file!(),
            judge: $crate::check::Judge::$kind($function),
        }
    };
}

mod context;
mod coverage;
mod digest;
mod discovery;
mod judging;
mod place;
mod rfc7643;
mod rfc7644;
mod rfc9865;
mod rfc9967;
mod seen;
mod shape;
mod typed;
mod values;

pub use context::{Context, Scope};
pub use coverage::coverage;
pub use discovery::Discovery;
pub use judging::{Findings, Judgement, Mismatch, Reads, Sight, Tally, Total, judge, judge_all};
pub use place::Place;
pub use seen::{Representation, Seen};

/// How a check looks at what happened.
#[derive(Clone, Copy)]
pub enum Judge {
    /// At each exchange by itself.
    Exchange(fn(&Seen<'_>, &Context<'_>) -> Sight),
    /// At each exchange by itself, where the texts allow more than one reading.
    Reading(fn(&Seen<'_>, &Context<'_>) -> Reads),
    /// At the whole transcript, for rules that relate two exchanges.
    Transcript(fn(&Context<'_>, &mut Findings)),
}

/// A passive check and what a person wants to know about it.
#[derive(Clone, Copy)]
pub struct Check {
    /// Stable id, valid for `explain` and as a selector: the requirement's id, a full stop, a slug.
    pub id: &'static str,
    /// The requirement that it judges; a row of the catalogue.
    pub requirement: &'static str,
    /// What holds where the check passes, as one line.
    pub summary: &'static str,
    /// How it judges: on which exchanges, and which readings pass.
    pub explanation: &'static str,
    /// What goes wrong for clients where it is broken.
    pub why: &'static str,
    /// The source file, for `explain` and for reports.
    pub file: &'static str,
    /// The judging function.
    pub judge: Judge,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The registry: one slice per section of an RFC, in catalogue order.
pub static CHECKS: &[&[Check]] = &[
    rfc7643::s2_data_types::CHECKS,
    rfc7643::s2_4_multi_valued::CHECKS,
    rfc7643::s3_resources::CHECKS,
    rfc7643::s3_1_common::CHECKS,
    rfc7643::s3_1_times::CHECKS,
    rfc7643::s4_1_user::CHECKS,
    rfc7643::s4_2_group::CHECKS,
    rfc7643::s5_provider_config::CHECKS,
    rfc7643::s6_resource_types::CHECKS,
    rfc7643::s7_schemas::CHECKS,
    rfc7643::s7_disputes::CHECKS,
    rfc7644::s2_authentication::CHECKS,
    rfc7644::s3_1_messages::CHECKS,
    rfc7644::s3_3_create::CHECKS,
    rfc7644::s3_4_1_read::CHECKS,
    rfc7644::s3_4_2_query::CHECKS,
    rfc7644::s3_4_2_2_filter::CHECKS,
    rfc7644::s3_4_2_3_sort::CHECKS,
    rfc7644::s3_4_2_4_paging::CHECKS,
    rfc7644::s3_5_1_replace::CHECKS,
    rfc7644::s3_5_2_patch::CHECKS,
    rfc7644::s3_6_delete::CHECKS,
    rfc7644::s3_7_bulk::CHECKS,
    rfc7644::s3_8_media_types::CHECKS,
    rfc7644::s3_9_projection::CHECKS,
    rfc7644::s3_11_me::CHECKS,
    rfc7644::s3_12_errors::CHECKS,
    rfc7644::s3_14_versions::CHECKS,
    rfc7644::s4_discovery::CHECKS,
    rfc7644::s7_security::CHECKS,
    rfc9865::s2_cursors::CHECKS,
    rfc9967::s2_5_asynchronous::CHECKS,
    rfc9967::s4_configuration::CHECKS,
];

/// All checks, in registry order.
pub fn all() -> impl Iterator<Item = &'static Check> {
    CHECKS.iter().copied().flatten()
}

/// The check with exactly this id, if there is one.
pub fn check(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id == id)
}
