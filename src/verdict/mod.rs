//! What a run makes of what it saw: outcome, expectation, verdict, and the events that the suite writes and every
//! report reads.
//!
//! A scenario or a check yields an [`Outcome`]. [`judge`] turns it into a [`Verdict`] from three things: the outcome,
//! the severity of the requirement, and whether the deviation is expected. An engine fault is never a verdict: it
//! aborts the run.

mod basis;
mod event;
mod expectation;
mod outcome;

pub use basis::{Basis, ReadingSeen};
pub use event::{Abort, Cell, Footprint, Kind, Measurement, RunEvent, RunInfo, ScenarioResult, Summary};
pub use expectation::Expectation;
pub use outcome::{Evidence, Outcome, Verdict, judge};
