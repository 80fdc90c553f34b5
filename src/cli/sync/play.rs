//! Plays the steps: changes into the directory, the cycle that sends them, the log of what it did, and the state that is
//! kept of it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{
    super::exit::{Exit, Fault},
    Sync, Until,
    log::Log,
    plan::{Progress, Step},
    state::{Keeper, Kept},
};
use crate::{
    idp::{Entry, Halt, Idp, MoveResult},
    wire::Transcript,
};

/// How long a job that does not come to rest is played.
const CYCLES: usize = 1_000;

/// Requests in a row without an answer after which the target counts as gone.
const SILENCE: usize = 20;

/// Rounds of failed tasks, tried again without one of them going through, after which they are left as they are.
const ROUNDS: usize = 3;

/// One run.
pub(super) struct Play<'a> {
    pub sync: &'a Sync,
    pub idp: Idp,
    /// What the IdP tells while it works.
    pub journal: UnboundedReceiver<Entry>,
    pub log: Log<'a>,
    pub transcript: Transcript,
    pub bar: ProgressBar,
    pub halt: Halt,
    /// Where the state is kept, if it is.
    pub keeper: Option<Keeper>,
    /// Base URL of the target.
    pub target: String,
    pub progress: Progress,
    /// Every link that there ever was: SCIM id and directory key.
    pub made: BTreeMap<String, String>,
    /// Links of a run that was killed, of objects that are not in the directory yet: directory key and SCIM id.
    pub late: BTreeMap<String, String>,
    /// Moves in a row that the target did not answer.
    pub unanswered: usize,
}

impl Play<'_> {
    /// Plays the steps, then whatever is to be played until the job is at rest, and compares the target with the directory.
    ///
    /// # Errors
    /// If the target does not answer or cannot be read back, or the run was stopped. The state is kept then too.
    pub(super) async fn run(mut self, steps: Vec<Step>) -> Result<Exit, Fault> {
        let begin = Instant::now();
        let from = self.transcript.sent();
        self.connect().await?;
        let done = self.play(steps).await;
        let kept = self.keep();
        self.bar.finish_and_clear();
        done?;
        kept?;
        let requests = self.transcript.sent() - from;
        let seconds = begin.elapsed().as_secs_f64();
        if self.sync.dry_run {
            self.log.conclude_dry(requests)?;
            return Ok(Exit::Conforms);
        }
        self.transcript.close();
        let comparison = self.idp.compare(&self.made).await.map_err(Fault::aborted)?;
        self.log.conclude(&self.idp.failed_tasks(), requests, seconds, &comparison)?;
        Ok(if comparison.drift.is_empty() { Exit::Conforms } else { Exit::Findings })
    }

    /// What an administrator does first: test the connection. A target that is not there, or lets nobody in, ends the run.
    async fn connect(&mut self) -> Result<(), Fault> {
        self.idp.test_connection().await;
        let mut refusal = None;
        while let Ok(entry) = self.journal.try_recv() {
            if let Entry::Move(record) = &entry
                && let MoveResult::Failed(failure) = &record.result
                && refusal.is_none()
            {
                refusal = match failure.status {
                    None if record.exchanges.is_empty() => None,
                    None => Some(format!("does not answer: {}; start it, or correct --target", failure.words)),
                    Some(status @ (401 | 403)) => {
                        Some(format!("refuses the credentials ({status}); set SCIMULATE_TOKEN or [target] auth"))
                    }
                    Some(_) => None,
                };
            }
            self.told(&entry)?;
        }
        self.log.end_cycle()?;
        self.unanswered = 0;
        match refusal {
            Some(why) => {
                self.bar.finish_and_clear();
                Err(Fault::aborted(format!("the target at {} {why}", self.target)))
            }
            None => Ok(()),
        }
    }

    async fn play(&mut self, steps: Vec<Step>) -> Result<(), Fault> {
        for Step { place, changes, after, .. } in steps {
            for change in changes {
                self.idp.change(change).map_err(|error| Fault::usage(format!("{place}: {error}")))?;
            }
            self.idp.relink(&mut self.late);
            self.progress = after;
            self.keep_if_due()?;
            self.cycle().await?;
            self.bar.inc(1);
        }
        if self.sync.retry_failed {
            self.retry().await?;
        }
        while self.sync.until == Some(Until::Idle) && !self.idp.is_idle() && !self.idp.is_disabled() {
            if self.log.cycles() >= CYCLES {
                return Err(Fault::aborted(format!("the job does not come to rest within {CYCLES} cycles")));
            }
            self.idp.pass_idle_time();
            self.cycle().await?;
        }
        Ok(())
    }

    /// Has the failed tasks tried again for as long as that helps.
    async fn retry(&mut self) -> Result<(), Fault> {
        let mut left = self.idp.failed_tasks().len();
        let mut in_vain = 0;
        while left > 0 && in_vain < ROUNDS && self.idp.retry_failed() > 0 {
            self.cycle().await?;
            let now = self.idp.failed_tasks().len();
            in_vain = if now < left { 0 } else { in_vain + 1 };
            left = now;
        }
        Ok(())
    }

    /// One cycle, whose moves are written as they are made.
    async fn cycle(&mut self) -> Result<(), Fault> {
        self.log.begin_cycle();
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        {
            let Play { idp, journal, log, transcript, bar, halt, keeper, unanswered, .. } = self;
            let mut work = std::pin::pin!(idp.settle());
            let mut write = |entry: &Entry| bar.suspend(|| tell(log, halt, keeper, unanswered, entry));
            loop {
                tokio::select! {
                    biased;
                    Some(entry) = journal.recv() => write(&entry)?,
                    _ = &mut work => break,
                    _ = tick.tick(), if !bar.is_hidden() => bar.set_message(format!("{} requests", transcript.sent())),
                }
            }
            while let Ok(entry) = journal.try_recv() {
                write(&entry)?;
            }
        }
        let Play { log, bar, .. } = self;
        bar.suspend(|| log.end_cycle())?;
        self.made.extend(self.idp.links());
        self.keep_if_due()?;
        self.stopped()
    }

    fn told(&mut self, entry: &Entry) -> Result<(), Fault> {
        let Play { log, bar, halt, keeper, unanswered, .. } = self;
        Ok(bar.suspend(|| tell(log, halt, keeper, unanswered, entry))?)
    }

    fn keep_if_due(&mut self) -> Result<(), Fault> {
        if self.keeper.as_ref().is_some_and(Keeper::is_due) { self.keep() } else { Ok(()) }
    }

    /// Keeps the state, if it is to be kept.
    fn keep(&mut self) -> Result<(), Fault> {
        let Some(keeper) = &mut self.keeper else { return Ok(()) };
        let links = self.idp.links().map(|(id, key)| (key, id)).collect();
        keeper.write(&Kept::new(&self.target, self.progress.clone(), self.made.clone(), self.idp.memory()), links)?;
        for (object, id) in &self.late {
            keeper.link(object, Some(id))?;
        }
        Ok(())
    }

    fn stopped(&self) -> Result<(), Fault> {
        if !self.halt.is_stopped() {
            return Ok(());
        }
        let why = match self.unanswered >= SILENCE {
            true => format!("the target at {} does not answer any more ({SILENCE} requests in a row)", self.target),
            false => "stopped by Ctrl-C".to_owned(),
        };
        let rest = match &self.keeper {
            Some(keeper) => {
                format!("{} holds what is pending; the same command goes on from there", keeper.path().display())
            }
            None => "what was made on the target stays there".to_owned(),
        };
        Err(Fault::aborted(format!("{why}; {rest}")))
    }
}

/// Writes an entry and the link that it made, and stops the run when the target has said nothing for long.
fn tell(
    log: &mut Log<'_>,
    halt: &Halt,
    keeper: &mut Option<Keeper>,
    unanswered: &mut usize,
    entry: &Entry,
) -> std::io::Result<()> {
    if let Entry::Move(record) = entry {
        if let Some(keeper) = keeper {
            keeper.link(&record.object, record.remote.as_deref())?;
        }
        match &record.result {
            MoveResult::Failed(failure) if failure.status.is_none() && !record.exchanges.is_empty() => *unanswered += 1,
            _ if record.exchanges.is_empty() => {}
            _ => *unanswered = 0,
        }
        if *unanswered >= SILENCE {
            halt.stop();
        }
    }
    log.entry(entry)
}
