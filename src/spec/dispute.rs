//! Disputes: places where the texts conflict, or leave open what a provider does. Each lists the readings that the texts
//! allow, with the clause that allows it. Whichever a target follows passes, and reports name it.
//!
//! The data is `fixtures/requirements/readings.json`. Checks and scenarios name a reading by its id.

use std::{collections::HashMap, sync::OnceLock};

use serde::{Deserialize, Serialize};

/// One disputed requirement.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Dispute {
    /// The requirement's id.
    pub requirement: String,
    /// What is open: `the answer to a PATCH that succeeds`.
    pub about: String,
    /// The readings, at least two.
    pub readings: Vec<Reading>,
}

/// One way to read a disputed requirement.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// A slug that is unique in its dispute.
    pub id: String,
    /// What a provider that reads it so does.
    pub says: String,
    /// The text that allows it: `RFC 7644 §3.5.2`.
    pub clause: String,
}

impl Dispute {
    /// The reading with that id, if there is one.
    pub fn reading(&self, id: &str) -> Option<&Reading> {
        self.readings.iter().find(|reading| reading.id == id)
    }
}

static READINGS: &str = include_str!("../../fixtures/requirements/readings.json");

/// All disputes, in the order of the file.
///
/// # Panics
/// If the embedded data does not parse; a test reads it.
pub fn disputes() -> &'static [Dispute] {
    static DISPUTES: OnceLock<Vec<Dispute>> = OnceLock::new();
    DISPUTES.get_or_init(|| serde_json::from_str(READINGS).expect("the embedded readings parse"))
}

/// The dispute about exactly this requirement, if there is one.
pub fn dispute(requirement: &str) -> Option<&'static Dispute> {
    static INDEX: OnceLock<HashMap<&'static str, &'static Dispute>> = OnceLock::new();
    INDEX
        .get_or_init(|| disputes().iter().map(|one| (one.requirement.as_str(), one)).collect())
        .get(requirement)
        .copied()
}
