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

mod context;
mod coverage;
mod judging;
mod rfc7643;
mod rfc7644;
mod rfc9865;
mod values;

pub use context::{Context, Discovery, Place, Representation, Scope, Seen};
pub use coverage::{coverage, unseen};
pub use judging::{Findings, Judgement, Mismatch, Sight, Tally, Total, judge};

/// How a check looks at what happened.
#[derive(Clone, Copy)]
pub enum Judge {
    /// At each exchange by itself.
    Exchange(fn(&Seen<'_>, &Context<'_>) -> Sight),
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
pub static CHECKS: &[&[Check]] = &[rfc7644::s3_12_errors::CHECKS];

/// All checks, in registry order.
pub fn all() -> impl Iterator<Item = &'static Check> {
    CHECKS.iter().copied().flatten()
}

/// The check with exactly this id, if there is one.
pub fn check(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id == id)
}
