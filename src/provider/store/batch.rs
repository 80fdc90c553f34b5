//! The requests that are committed together, and what they hear of it. How they come together says [`write`](super::write).

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

use super::StoreError;

/// What is undone when a request fails after it has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// What it has written: it runs inside a savepoint unless it is the first of its batch, and its batch stands firm.
    Itself,
    /// Its batch, unless that stands firm: all who wrote in it, itself included, hear [`StoreError::Undone`] and come
    /// again.
    Batch,
}

/// The requests that are committed together.
#[derive(Debug, Default)]
pub struct Batch {
    /// Whether somebody in it could not come again.
    firm: AtomicBool,
    outcome: OnceLock<Outcome>,
    settled: Notify,
}

/// What came of a batch.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// Also where nobody wrote anything.
    Committed,
    /// What SQLite said.
    Failed(String),
    Undone,
}

impl Batch {
    /// Tells everybody in it, once.
    pub(super) fn settle(&self, outcome: Outcome) {
        let _ = self.outcome.set(outcome);
        self.settled.notify_waiters();
    }

    /// From now on it is not undone because of a request that fails: somebody in it will not be there to come again.
    pub fn stand_firm(&self) {
        self.firm.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_firm(&self) -> bool {
        self.firm.load(Ordering::Relaxed)
    }

    /// Waits for the commit. What was written in this batch may be told only after it. [`StoreError::Undone`]: nothing was
    /// written, and the request may come again.
    pub async fn committed(&self) -> Result<(), StoreError> {
        loop {
            let settled = self.settled.notified();
            tokio::pin!(settled);
            // Listening before looking: a commit between the two is not missed.
            settled.as_mut().enable();
            match self.outcome.get() {
                Some(Outcome::Committed) => return Ok(()),
                Some(Outcome::Failed(why)) => return Err(StoreError::Commit(why.clone())),
                Some(Outcome::Undone) => return Err(StoreError::Undone),
                None => {}
            }
            settled.await;
        }
    }
}
