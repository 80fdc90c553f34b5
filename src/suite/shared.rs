//! What all scenarios of one run share, and where their evidence goes.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{habits::Habits, options::Cancel, plan::Plan};
use crate::{
    check::Judgement,
    target::{Session, Target},
    verdict::{Abort, Basis, Evidence, Measurement, Outcome},
    wire::{Exchange, Redactor},
};

/// The state of one run. Scenarios hold it by `Arc`; nothing in it is locked across an await.
pub(super) struct Shared {
    /// What is played.
    pub plan: Plan,
    /// The system under test.
    pub target: Target,
    /// Short random id of the run.
    pub run_id: String,
    /// Longest time for one scenario.
    pub timeout: Duration,
    /// Seed of everything random.
    pub seed: u64,
    /// Stops the run from outside.
    pub cancel: Cancel,
    /// Hides secrets in everything that leaves the run.
    pub redactor: Mutex<Redactor>,
    /// What the target says of itself, fetched once (`/ServiceProviderConfig`).
    pub capabilities: tokio::sync::OnceCell<Option<serde_json::Value>>,
    /// What the target says of itself, for the checks; read once, before the first scenario.
    pub discovery: std::sync::OnceLock<Arc<crate::check::Discovery>>,
    /// What it makes of plain resources; tried once, where it is somebody else's and may be written to.
    pub habits: std::sync::OnceLock<Habits>,
    ledger: Mutex<Ledger>,
}

#[derive(Default)]
struct Ledger {
    entries: Vec<Entry>,
    stopped: Option<Option<Abort>>,
    leftovers: Vec<String>,
}

/// What is known of one scenario that is being played.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub started: Option<Instant>,
    pub outcome: Option<Outcome>,
    pub measurements: Vec<Measurement>,
    pub basis: Basis,
    pub transcript: Vec<Exchange>,
    pub judgements: Vec<Judgement>,
    pub cut_short: bool,
}

impl Shared {
    pub fn new(
        plan: Plan,
        target: Target,
        run_id: String,
        timeout: Duration,
        seed: u64,
        cancel: Cancel,
        redactor: Redactor,
    ) -> Arc<Shared> {
        let entries = vec![Entry::default(); plan.items.len()];
        Arc::new(Shared {
            plan,
            target,
            run_id,
            timeout,
            seed,
            cancel,
            redactor: Mutex::new(redactor),
            capabilities: tokio::sync::OnceCell::new(),
            discovery: std::sync::OnceLock::new(),
            habits: std::sync::OnceLock::new(),
            ledger: Mutex::new(Ledger { entries, ..Ledger::default() }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the entry of one item.
    pub fn note(&self, item: usize, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.lock().entries.get_mut(item) {
            change(entry);
        }
    }

    /// Takes the entry of one item out of the ledger, so that transcripts do not pile up.
    pub fn take(&self, item: usize) -> Entry {
        self.lock().entries.get_mut(item).map(std::mem::take).unwrap_or_default()
    }

    /// Ends the run: with a cause, or because a failure was enough. The first cause stays.
    pub fn stop(&self, cause: Option<Abort>) {
        let mut ledger = self.lock();
        match &ledger.stopped {
            Some(Some(_)) => {}
            _ => ledger.stopped = Some(cause),
        }
    }

    /// Whether nothing new may be started.
    pub fn is_stopped(&self) -> bool {
        self.cancel.is_cancelled() || self.lock().stopped.is_some()
    }

    /// Why the run was aborted, if it was.
    pub fn abort(&self) -> Option<Abort> {
        self.lock().stopped.clone().flatten()
    }

    /// Remembers what could not be deleted.
    pub fn leave(&self, urls: impl IntoIterator<Item = String>) {
        self.lock().leftovers.extend(urls);
    }

    /// Puts another list in the place of what could not be deleted.
    pub fn leave_only(&self, urls: Vec<String>) {
        self.lock().leftovers = urls;
    }

    /// Takes what could not be deleted.
    pub fn leftovers(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().leftovers)
    }

    /// Hides a session's secrets from now on.
    pub fn learn(&self, session: &Session) {
        let mut redactor = self.redactor.lock().unwrap_or_else(PoisonError::into_inner);
        redactor.learn(session.token.clone());
        if let Some(jwt) = &session.jwt {
            redactor.learn(jwt.clone());
        }
    }

    /// Evidence without secrets.
    pub fn redact_evidence(&self, evidence: &Evidence) -> Evidence {
        let redactor = self.redactor.lock().unwrap_or_else(PoisonError::into_inner);
        Evidence {
            what: redactor.text(&evidence.what),
            expected: redactor.text(&evidence.expected),
            actual: redactor.text(&evidence.actual),
            exchanges: evidence.exchanges.clone(),
        }
    }
}
