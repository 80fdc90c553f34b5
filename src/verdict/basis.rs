//! What a result rests on: how often its rule was judged, which readings of a disputed text were seen, and which
//! attributes a walk has covered.

use serde::{Deserialize, Serialize};

/// A reading of the result's requirement that the target follows (`spec::Dispute`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingSeen {
    /// Its id in the dispute.
    pub id: String,
    /// How often it was seen.
    pub times: usize,
}

/// What a result rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// How often the rule was judged: the places of a check, the attributes of a walk, one for any other scenario that
    /// was exercised.
    #[serde(default)]
    pub judged: usize,
    /// The readings that were seen; empty where the text allows one only.
    #[serde(default)]
    pub readings: Vec<ReadingSeen>,
    /// The attributes that a walk has looked at: `/Users emails`.
    #[serde(default)]
    pub covered: Vec<String>,
    /// Ids of checks of the same requirement that found the same in the same exchange: one finding, told once.
    #[serde(default)]
    pub also: Vec<String>,
}

impl Basis {
    /// Counts a reading.
    pub fn read(&mut self, id: &str, times: usize) {
        match self.readings.iter_mut().find(|one| one.id == id) {
            Some(one) => one.times += times,
            None => self.readings.push(ReadingSeen { id: id.to_owned(), times }),
        }
    }

    /// Takes over what another part of the run rests on: the counts add up, each name stands once.
    pub fn join(&mut self, other: &Basis) {
        self.judged += other.judged;
        for reading in &other.readings {
            self.read(&reading.id, reading.times);
        }
        for (ours, theirs) in [(&mut self.covered, &other.covered), (&mut self.also, &other.also)] {
            ours.extend(theirs.iter().filter(|name| !ours.contains(name)).cloned().collect::<Vec<_>>());
        }
    }
}
