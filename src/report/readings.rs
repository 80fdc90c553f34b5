//! How the target reads disputed texts: for each dispute that the run has met, the readings that were seen.

use super::run::Run;
use crate::{
    spec::{self, Dispute, Reading},
    verdict::Basis,
};

/// One dispute, as the target reads it.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// The dispute.
    pub dispute: &'static Dispute,
    /// The readings that were seen, in the order of the catalogue, with how often.
    pub seen: Vec<(&'static Reading, usize)>,
}

impl Read {
    /// The readings as one phrase; where the target follows several, each with how often.
    pub(super) fn phrase(&self) -> String {
        match self.seen.as_slice() {
            [(one, _)] => one.says.clone(),
            several => several
                .iter()
                .map(|(reading, times)| format!("{} ({times} ×)", reading.says))
                .collect::<Vec<_>>()
                .join("; "),
        }
    }
}

/// The disputes of the run, in the order of the catalogue of readings.
pub(super) fn readings(run: &Run) -> Vec<Read> {
    spec::disputes()
        .iter()
        .filter_map(|dispute| {
            let mut all = Basis::default();
            for result in run.results.iter().filter(|result| result.requirement == dispute.requirement) {
                all.join(&result.basis);
            }
            let seen: Vec<(&Reading, usize)> = dispute
                .readings
                .iter()
                .filter_map(|reading| {
                    let times = all.readings.iter().find(|one| one.id == reading.id)?.times;
                    Some((reading, times))
                })
                .collect();
            (!seen.is_empty()).then_some(Read { dispute, seen })
        })
        .collect()
}
