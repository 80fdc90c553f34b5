//! Lanes: users, or groups, worked on side by side. How many requests a real IdP has under way at a time is not known, so
//! that one after the other is what an IdP does unless somebody says otherwise ([`Idp::side_by_side`]).
//!
//! *keys → dealt to lanes → each lane an IdP of its own, with the links that it needs → what it learned is taken over.* An
//! object belongs to one lane, so that what happens to it keeps its order.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Halt, Idp, cycles, tasks};
use crate::idp::moves::Report;

impl Idp {
    /// The same IdP, which works on so many users or groups at a time.
    #[must_use]
    pub fn side_by_side(mut self, lanes: usize) -> Idp {
        self.lanes = lanes.max(1);
        self
    }

    /// An IdP for one lane: the same directory, and no links yet. `alarm` is what all lanes of a round share.
    pub(super) fn lane(&self, number: usize, alarm: &Halt) -> Idp {
        Idp {
            profile: Arc::clone(&self.profile),
            client: self.client.clone(),
            seed: self.seed,
            clock: self.clock,
            directory: Arc::clone(&self.directory),
            // Far from what the other lanes draw.
            drawn: self.drawn + ((number as u64 + 1) << 32),
            tasks: tasks::State::default(),
            cycles: cycles::State::new(self.clock),
            report: Report::default(),
            journal: self.journal.clone(),
            failures: 0,
            last_failure: String::new(),
            exchanges: Vec::new(),
            halt: self.halt.clone(),
            cut: false,
            lanes: 1,
            alarm: Some(alarm.clone()),
        }
    }

    /// Takes over what every lane learns; gives the states that are left to be merged.
    pub(super) fn rejoin(&mut self, lane: Idp, number: usize) -> (tasks::State, cycles::State) {
        let drawn = lane.drawn - ((number as u64 + 1) << 32);
        self.drawn = self.drawn.max(drawn);
        self.clock = self.clock.max(lane.clock);
        self.cut |= lane.cut;
        self.failures += lane.failures;
        if lane.failures > 0 {
            self.last_failure = lane.last_failure;
        }
        self.exchanges.extend(lane.exchanges);
        self.report.moves.extend(lane.report.moves);
        self.report.notes.extend(lane.report.notes);
        (lane.tasks, lane.cycles)
    }
}

/// Deals out in turn, to no more hands than there is something for.
pub(super) fn deal<T>(items: Vec<T>, hands: usize) -> Vec<Vec<T>> {
    let hands = hands.min(items.len()).max(1);
    let mut dealt: Vec<Vec<T>> = (0..hands).map(|_| Vec::with_capacity(items.len() / hands + 1)).collect();
    for (at, item) in items.into_iter().enumerate() {
        dealt[at % hands].push(item);
    }
    dealt
}

/// What a lane learned of an object stands in the place of what was known of it.
pub(super) fn take_over<T>(known: &mut IndexMap<String, T>, learned: &mut IndexMap<String, T>, key: &str) {
    match learned.swap_remove(key) {
        Some(link) => drop(known.insert(key.to_owned(), link)),
        None => drop(known.shift_remove(key)),
    }
}
