//! The engine: takes changes of the directory, decides when they are played, and reports what came of it.
//!
//! [`Idp::change`] writes the directory. A profile of kind Okta or Generic turns the change into tasks, which
//! [`Idp::settle`] plays at once ([`tasks`]); a profile of kind Entra leaves it in the change log, which the next cycle
//! reads ([`cycles`]). Both send through [`Idp::call`] and write what they did into one [`Report`].

mod answer;
mod cycles;
mod drift;
mod halt;
mod identity;
mod lanes;
mod memory;
mod tasks;

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::mpsc::UnboundedSender;

use super::{
    dialect,
    directory::{Change, Directory, DirectoryError},
    moves::{Entry, Failure, MoveKind, MoveRecord, MoveResult, Report},
    profile::{Kind, Profile, value::TooMany},
};
use crate::wire::{self, Endpoint, Request, Sender};

pub use answer::Answer;
use answer::retry_after;
pub use drift::{Comparison, Drift, Unreadable};
pub use halt::Halt;
pub use memory::{Memory, MemoryError};
pub use tasks::FailedTask;

/// When the simulated clock of every IdP starts.
pub const START: OffsetDateTime = time::macros::datetime!(2026-01-05 08:00 UTC);

/// Longest wait for a 429, in seconds.
const DAY: i64 = 86_400;

/// The object of a move that concerns the whole job.
const JOB: &str = "job";

/// A simulated identity provider, connected to one target.
#[derive(Debug)]
pub struct Idp {
    profile: Arc<Profile>,
    client: wire::Client,
    seed: u64,
    clock: OffsetDateTime,
    directory: Arc<Directory>,
    /// How often each kind of id was drawn.
    drawn: u64,
    tasks: tasks::State,
    cycles: cycles::State,
    report: Report,
    /// Where records go as they come, instead of into the report.
    journal: Option<UnboundedSender<Entry>>,
    /// Moves that failed, and the words of the last of them.
    failures: u64,
    last_failure: String,
    /// Exchanges of the move that is under way.
    exchanges: Vec<u64>,
    halt: Halt,
    /// The halt was met in the middle of something.
    cut: bool,
    /// How many objects are worked on at a time.
    lanes: usize,
    /// What one lane tells the others: the target condemned the job.
    alarm: Option<Halt>,
}

impl Idp {
    /// An IdP with an empty directory. `seed` decides ids, probes and passwords: the same seed sends the same requests.
    pub fn new(profile: impl Into<Arc<Profile>>, client: wire::Client, seed: u64) -> Idp {
        Idp {
            profile: profile.into(),
            client,
            seed,
            clock: START,
            directory: Arc::default(),
            drawn: 0,
            tasks: tasks::State::default(),
            cycles: cycles::State::new(START),
            report: Report::default(),
            journal: None,
            failures: 0,
            last_failure: String::new(),
            exchanges: Vec::new(),
            halt: Halt::new(),
            cut: false,
            lanes: 1,
            alarm: None,
        }
    }

    /// The same IdP, which stops when `halt` says so.
    #[must_use]
    pub fn halting(mut self, halt: Halt) -> Idp {
        self.halt = halt;
        self
    }

    /// The same IdP, which sends what it does into `journal` as it does it. Its reports are empty then.
    #[must_use]
    pub fn journaling(mut self, journal: UnboundedSender<Entry>) -> Idp {
        self.journal = Some(journal);
        self
    }

    /// The profile that it plays.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The directory as it stands.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The simulated time.
    pub fn clock(&self) -> OffsetDateTime {
        self.clock
    }

    /// Does what the IdP does when an administrator presses "test connection".
    pub async fn test_connection(&mut self) -> Report {
        match self.profile.kind {
            Kind::Entra => self.entra_test_connection().await,
            Kind::Okta | Kind::Generic => self.okta_test_connection().await,
        }
        std::mem::take(&mut self.report)
    }

    /// Writes a change into the directory and its log. Nothing is sent before [`Idp::settle`] or [`Idp::advance`].
    ///
    /// # Errors
    /// If the change does not fit the directory; nothing is changed then.
    pub fn change(&mut self, change: Change) -> Result<(), DirectoryError> {
        match self.profile.kind {
            Kind::Entra => self.entra_change(change),
            Kind::Okta | Kind::Generic => self.okta_change(change),
        }
    }

    /// Plays everything that is due: a task queue at once; with cycles, moves the clock to the next one and plays it.
    /// It ends: every task and every object is tried a bounded number of times.
    pub async fn settle(&mut self) -> Report {
        match self.profile.kind {
            Kind::Entra => self.entra_settle().await,
            Kind::Okta | Kind::Generic => self.okta_settle().await,
        }
        std::mem::take(&mut self.report)
    }

    /// Moves the clock on by `by` and plays what becomes due on the way. Of cycles without work only the first of a row
    /// is played: thirty idle days are not a thousand probes.
    pub async fn advance(&mut self, by: Duration) -> Report {
        let end = self.clock + by;
        match self.profile.kind {
            Kind::Entra => self.entra_advance(end).await,
            Kind::Okta | Kind::Generic => self.okta_settle().await,
        }
        self.clock = self.clock.max(end);
        std::mem::take(&mut self.report)
    }

    /// Leaves out the cycles until one has something to do: a failed object that comes again in a day is not thirty-five
    /// cycles of probes.
    pub fn pass_idle_time(&mut self) {
        if self.profile.kind == Kind::Entra {
            self.entra_pass_idle_time();
        }
    }

    /// Has every failed task tried again with the next [`Idp::settle`], as an administrator does who selects all tasks of
    /// Okta's dashboard and presses "retry"; gives how many. A deactivation that was never sent (the quirk
    /// `okta-missing-deactivate-after-failed-push`) is made good by assigning the app again and taking it away. A job of
    /// cycles tries again by itself.
    pub fn retry_failed(&mut self) -> usize {
        self.okta_retry_failed()
    }

    /// The tasks that failed and that nobody has had tried again, oldest first: the list on the administrator's dashboard.
    /// A job of cycles has none, it tries again by itself.
    pub fn failed_tasks(&self) -> Vec<FailedTask> {
        self.okta_failed_tasks()
    }

    /// Position in the change log up to which everything was read.
    fn unread(&self) -> u64 {
        match self.profile.kind {
            Kind::Entra => self.cycles.watermark(),
            Kind::Okta | Kind::Generic => self.directory.head(),
        }
    }

    /// Whether nothing is pending: no task, no change that a cycle has not read, nothing that failed and comes again. The
    /// recycle bin is not waited for.
    pub fn is_idle(&self) -> bool {
        match self.profile.kind {
            Kind::Entra => self.entra_idle(),
            Kind::Okta | Kind::Generic => self.tasks.is_idle(),
        }
    }

    /// Whether the job has stopped for good, so that no cycle will do anything more.
    pub fn is_disabled(&self) -> bool {
        self.cycles.is_disabled()
    }

    /// The SCIM id under which the target knows the user or group of that key, if it is linked.
    pub fn remote_id(&self, key: &str) -> Option<String> {
        match self.profile.kind {
            Kind::Entra => self.cycles.remote_id(key),
            Kind::Okta | Kind::Generic => self.tasks.remote_id(key),
        }
        .map(str::to_owned)
    }

    /// Starts anew, as an administrator's "restart provisioning" does. `forget_links` breaks the links to the target's
    /// objects, so that everything is matched again.
    pub fn restart(&mut self, forget_links: bool) {
        self.cycles.restart(forget_links, self.clock);
        if forget_links {
            self.tasks.forget_links();
        }
    }

    /// A request in the profile's dialect, which waits for its answer as long as the profile does.
    fn request(&self, client: &wire::Client, method: &str, target: &str, body: Option<&Value>) -> Request {
        let Endpoint { auth, timeout, .. } = client.endpoint();
        let request = dialect::request(&self.profile.knobs, auth, method, target, body);
        match self.profile.knobs.timeout_seconds {
            // A time-out that somebody configured holds.
            seconds @ 1.. if *timeout == Endpoint::TIMEOUT => request.timeout(Duration::from_secs(seconds.into())),
            _ => request,
        }
    }

    /// Sends one request. What is tried again (429, 5xx) waits on the simulated clock, as far as the profile does so.
    async fn call(&mut self, method: &str, target: &str, body: Option<&Value>) -> Answer {
        let mut wait = i64::from(self.profile.knobs.retry_seconds);
        let mut attempt = 1;
        loop {
            let request = self.request(&self.client, method, target, body);
            let answer = Answer::from(self.client.send(Sender::Idp, request).await);
            self.exchanges.push(answer.seq);
            let knobs = &self.profile.knobs;
            let attempts = match answer.status {
                Some(429) if knobs.too_many == TooMany::Wait => knobs.retry_attempts,
                Some(500..) => knobs.server_error_attempts,
                _ => 1,
            };
            if attempt >= attempts {
                return answer;
            }
            let asked = retry_after(answer.retry_after.as_deref(), knobs.retry_after_dates);
            let seconds = asked.unwrap_or(wait);
            self.clock += time::Duration::seconds(seconds.clamp(0, DAY));
            wait = wait.saturating_mul(2).min(DAY);
            attempt += 1;
        }
    }

    /// Sends several requests side by side. None of them is tried again.
    async fn call_at_once(&mut self, method: &str, target: &str, bodies: &[Value]) -> Vec<Answer> {
        let client = self.client.clone();
        let sends =
            bodies.iter().map(|body| client.send(Sender::Idp, self.request(&client, method, target, Some(body))));
        let answers: Vec<Answer> = futures::future::join_all(sends).await.into_iter().map(Answer::from).collect();
        self.exchanges.extend(answers.iter().map(|answer| answer.seq));
        answers
    }

    /// The people of a group, as far as this IdP looks into groups within it.
    fn members_of(&self, group: &str) -> Vec<&str> {
        self.directory.members(group, self.profile.knobs.nested_groups)
    }

    /// The groups whose membership follows that of a group: itself, and those around it if this IdP looks into groups.
    fn around(&self, group: &str) -> Vec<String> {
        if self.profile.knobs.nested_groups { self.directory.holders(group) } else { vec![group.to_owned()] }
    }

    fn record(&mut self, kind: MoveKind, object: &str, result: MoveResult) {
        if let MoveResult::Failed(failure) = &result {
            self.failures += 1;
            self.last_failure = failure.to_string();
        }
        let exchanges = std::mem::take(&mut self.exchanges);
        let remote = self.remote_id(object);
        self.tell(Entry::Move(MoveRecord {
            kind,
            object: object.to_owned(),
            result,
            remote,
            exchanges,
            at: self.clock,
        }));
    }

    /// Into the journal, if there is one that somebody reads; otherwise into the report.
    fn tell(&mut self, entry: Entry) {
        let unheard = match &self.journal {
            Some(journal) => journal.send(entry).err().map(|unsent| unsent.0),
            None => Some(entry),
        };
        match unheard {
            Some(Entry::Move(record)) => self.report.moves.push(record),
            Some(Entry::Note(text)) => self.report.notes.push(text),
            None => {}
        }
    }

    /// Whether to stop here, in the middle of something that is to be gone on with later.
    fn halted(&mut self) -> bool {
        self.cut |= self.halt.is_stopped();
        self.cut
    }

    fn done(&mut self, kind: MoveKind, object: &str) {
        self.record(kind, object, MoveResult::Done);
    }

    fn skip(&mut self, kind: MoveKind, object: &str, why: &str) {
        self.record(kind, object, MoveResult::Skipped(why.to_owned()));
    }

    fn fail(&mut self, kind: MoveKind, object: &str, failure: Failure) {
        self.record(kind, object, MoveResult::Failed(failure));
    }

    fn note(&mut self, text: impl Into<String>) {
        self.tell(Entry::Note(text.into()));
    }
}
