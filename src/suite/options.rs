//! What a run is told: the target, the profiles, and what to play.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::Notify;

use crate::{idp::Profile, spec::Severity, target, verdict::Expectation};

/// The system under test.
#[derive(Clone, Debug)]
pub enum Choice {
    /// The reference provider, started for this run.
    Embedded {
        /// Defects that it is told to have (ids of `provider::defect`).
        defects: Vec<String>,
    },
    /// Any other server.
    External(Box<target::Config>),
}

/// How strong a requirement must be for its scenarios to be played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// MUST rows, and rows that state behaviour without a keyword.
    Must,
    /// Also SHOULD rows and deduced rows.
    Should,
    /// All rows.
    #[default]
    May,
}

impl Level {
    /// Whether rows of that severity are played at this level.
    pub fn admits(self, severity: Severity) -> bool {
        match severity {
            Severity::Must | Severity::Def => true,
            Severity::Should | Severity::Drv => self >= Level::Should,
            Severity::May => self >= Level::May,
        }
    }
}

/// One part of a run that is spread over several machines, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// This part.
    pub index: usize,
    /// How many parts there are.
    pub count: usize,
}

/// Everything that a run is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// Files, tags, id prefixes and profiles; empty: everything.
    pub selectors: Vec<String>,
    /// The profiles that scenarios tagged `@each-profile` are played with.
    pub profiles: Vec<Profile>,
    /// Quirk words (`+ID`, `-ID`) for the profiles that scenarios name themselves (`@as-okta-oin`); `None` when the
    /// user chose the profiles, which are then played instead.
    pub own_profiles: Option<Vec<String>>,
    /// The system under test.
    pub target: Choice,
    /// Which rows are played.
    pub level: Level,
    /// Whether SHOULD failures fail.
    pub strict: bool,
    /// Whether only scenarios that write nothing are played.
    pub read_only: bool,
    /// Whether to play on although the target does not delete what the run makes.
    pub leave_behind: bool,
    /// How many scenarios are played side by side.
    pub concurrency: usize,
    /// The part to play, of a run that is spread out.
    pub shard: Option<Shard>,
    /// Longest time for one scenario.
    pub timeout: Duration,
    /// Most requests a second, over all scenarios; that of the target's configuration if absent.
    pub rate: Option<f64>,
    /// Whether the run ends with the first failure.
    pub fail_fast: bool,
    /// Seed of everything random, so that a run can be repeated.
    pub seed: u64,
    /// Known deviations.
    pub expectations: Vec<Expectation>,
    /// The user's own feature files.
    pub features: Vec<PathBuf>,
    /// Stops the run from outside (Ctrl-C); what was made on the target is deleted all the same.
    pub cancel: Cancel,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            selectors: Vec::new(),
            profiles: Vec::new(),
            own_profiles: None,
            target: Choice::Embedded { defects: Vec::new() },
            level: Level::May,
            strict: false,
            read_only: false,
            leave_behind: false,
            concurrency: 16,
            shard: None,
            timeout: Duration::from_secs(60),
            rate: None,
            fail_fast: false,
            seed: 1,
            expectations: Vec::new(),
            features: Vec::new(),
            cancel: Cancel::default(),
        }
    }
}

/// Stops a run from outside. Clones are the same handle.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    set: std::sync::atomic::AtomicBool,
    notify: Notify,
}

impl Cancel {
    /// Stops the run: nothing new is sent, scenarios in play clean up, and the run ends as aborted.
    pub fn cancel(&self) {
        self.state.set.store(true, std::sync::atomic::Ordering::SeqCst);
        self.state.notify.notify_waiters();
    }

    /// Whether the run was told to stop.
    pub fn is_cancelled(&self) -> bool {
        self.state.set.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Waits until the run is told to stop.
    pub async fn cancelled(&self) {
        loop {
            let notified = self.state.notify.notified();
            tokio::pin!(notified);
            // Listening starts before the flag is read, so that no cancellation falls between the two.
            notified.as_mut().enable();
            if self.is_cancelled() {
                return;
            }
            notified.await;
        }
    }
}
