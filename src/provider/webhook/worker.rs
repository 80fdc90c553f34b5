//! The delivery worker: one dispatcher that knows which lanes have work, and one task for each lane that is at it.
//!
//! The dispatcher sleeps until a commit, until a lane is due again, or until somebody asks for a new look. A lane is
//! never served by two tasks, which is what keeps its order; lanes run side by side, which is what keeps a slow or
//! dead receiver from holding up the others.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use time::OffsetDateTime;
use tokio::{
    sync::{Notify, Semaphore, watch},
    task::{self, JoinSet},
};

use crate::provider::{
    background::{Background, ClientError},
    clock::Clock,
    defect::DeliveryTampering,
    store::Store,
};

use super::delivery::{Lane, PATIENCE, Sender};

/// How many requests one endpoint gets at a time, when many organizations have events for it.
const PER_ENDPOINT: usize = 16;

/// How long a lane rests when the store fails under it.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Asks the worker to look at every lane again: after a replay, and when a test has moved its clock. Clones ask the same
/// worker.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Asks. It is not lost when the worker is busy.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// A running worker. Dropping it stops it as [`Worker::shutdown`] does, without waiting.
#[derive(Debug)]
pub struct Worker {
    dispatcher: Background,
    bell: Bell,
}

impl Worker {
    /// Starts delivering what is pending, and from then on what is committed. Needs a Tokio runtime around it.
    pub fn start(store: Store, clock: Clock, tampering: DeliveryTampering) -> Result<Worker, ClientError> {
        Worker::start_with(store, clock, tampering, PATIENCE)
    }

    /// As [`Worker::start`], with another time in which a receiver has to answer.
    pub fn start_with(
        store: Store,
        clock: Clock,
        tampering: DeliveryTampering,
        patience: Duration,
    ) -> Result<Worker, ClientError> {
        let sender = Arc::new(Sender::new(store, clock, tampering, patience)?);
        let bell = Bell::default();
        let dispatcher = Background::start(|stopped| dispatch(sender, bell.clone(), stopped));
        Ok(Worker { dispatcher, bell })
    }

    /// The bell of this worker.
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Sends what is due, for `grace` at most, and stops. What is not due stays in the table for the next start.
    pub async fn shutdown(self, grace: Duration) {
        self.dispatcher.shutdown(grace).await;
    }
}

/// Where a lane stands that has, or may have, work.
enum State {
    /// A task is at it; `again` says that something was committed meanwhile, which the task may have missed.
    Served { again: bool },
    /// Its head is due at that time.
    Resting(OffsetDateTime),
}

/// How a lane's task ended.
enum End {
    /// Nothing is pending.
    Empty,
    /// The head is not due before that time.
    NotBefore(OffsetDateTime),
}

struct Dispatcher {
    sender: Arc<Sender>,
    lanes: HashMap<Lane, State>,
    /// The resting lanes by time, so that finding the next one does not walk all of them.
    due: BTreeSet<(OffsetDateTime, String, String)>,
    permits: HashMap<String, Arc<Semaphore>>,
    tasks: JoinSet<End>,
    /// Whose task it is: a task that panicked cannot say so itself.
    lane_of: HashMap<task::Id, Lane>,
    seen: i64,
}

async fn dispatch(sender: Arc<Sender>, bell: Bell, mut stopped: watch::Receiver<bool>) {
    let mut committed = sender.store.deliveries();
    let mut dispatcher = Dispatcher {
        sender,
        lanes: HashMap::new(),
        due: BTreeSet::new(),
        permits: HashMap::new(),
        tasks: JoinSet::new(),
        lane_of: HashMap::new(),
        seen: 0,
    };
    loop {
        committed.borrow_and_update();
        dispatcher.look();
        dispatcher.start_due();
        let pause = dispatcher.pause();
        tokio::select! {
            biased;
            Some(ended) = dispatcher.tasks.join_next_with_id() => dispatcher.ended(ended),
            Ok(()) = committed.changed() => {}
            () = bell.0.notified() => dispatcher.look_again(),
            () = tokio::time::sleep(pause) => {}
            _ = stopped.wait_for(|stop| *stop) => break,
        }
    }
    // The last look: what was committed before the stop goes out still, if it is due.
    dispatcher.look();
    dispatcher.start_due();
    while let Some(ended) = dispatcher.tasks.join_next_with_id().await {
        dispatcher.ended(ended);
        dispatcher.start_due();
    }
}

impl Dispatcher {
    /// Takes in the lanes of rows that were committed since the last look.
    fn look(&mut self) {
        match self.sender.lanes_after(self.seen) {
            Ok((lanes, last)) => {
                self.seen = last;
                for lane in lanes {
                    self.take_in(lane);
                }
            }
            Err(error) => tracing::error!(%error, "cannot look for webhook deliveries"),
        }
    }

    /// Looks at all rows, as at the start: old rows may be pending again, and resting lanes may be due.
    fn look_again(&mut self) {
        self.seen = 0;
        self.look();
    }

    fn take_in(&mut self, lane: Lane) {
        match self.lanes.get_mut(&lane) {
            Some(State::Served { again }) => *again = true,
            // Its head decides when it is served; a replayed row may have become the head.
            Some(State::Resting(_)) | None => self.serve(lane),
        }
    }

    fn start_due(&mut self) {
        let now = self.sender.clock.now();
        while let Some((at, endpoint_id, organization_id)) = self.due.first().cloned() {
            if at > now {
                break;
            }
            self.due.pop_first();
            self.serve(Lane { endpoint_id, organization_id });
        }
    }

    fn serve(&mut self, lane: Lane) {
        if let Some(State::Resting(at)) = self.lanes.insert(lane.clone(), State::Served { again: false }) {
            self.due.remove(&(at, lane.endpoint_id.clone(), lane.organization_id.clone()));
        }
        let permits =
            self.permits.entry(lane.endpoint_id.clone()).or_insert_with(|| Arc::new(Semaphore::new(PER_ENDPOINT)));
        let task = self.tasks.spawn(serve(Arc::clone(&self.sender), Arc::clone(permits), lane.clone()));
        self.lane_of.insert(task.id(), lane);
    }

    fn ended(&mut self, ended: Result<(task::Id, End), task::JoinError>) {
        let (id, end) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "a webhook lane broke off");
                (error.id(), End::NotBefore(self.sender.clock.now() + STORE_PAUSE))
            }
        };
        let Some(lane) = self.lane_of.remove(&id) else { return };
        if self.permits.get(&lane.endpoint_id).is_some_and(|permits| Arc::strong_count(permits) == 1) {
            self.permits.remove(&lane.endpoint_id);
        }
        let again = matches!(self.lanes.remove(&lane), Some(State::Served { again: true }));
        match end {
            _ if again => self.serve(lane),
            End::Empty => {}
            End::NotBefore(at) => {
                self.due.insert((at, lane.endpoint_id.clone(), lane.organization_id.clone()));
                self.lanes.insert(lane, State::Resting(at));
            }
        }
    }

    /// How long until the next resting lane is due; a day, if none rests.
    fn pause(&self) -> Duration {
        let now = self.sender.clock.now();
        let longest = Duration::from_secs(24 * 3600);
        self.due
            .first()
            .map_or(longest, |(at, ..)| Duration::try_from(*at - now).unwrap_or(Duration::ZERO).min(longest))
    }
}

/// Sends the lane's deliveries one after the other until none is left or the head is not due.
async fn serve(sender: Arc<Sender>, permits: Arc<Semaphore>, lane: Lane) -> End {
    loop {
        let head = match sender.head(&lane) {
            Ok(Some(head)) => head,
            Ok(None) => return End::Empty,
            Err(error) => return store_failed(&sender, &lane, &error),
        };
        if head.due > sender.clock.now() {
            return End::NotBefore(head.due);
        }
        // The semaphore is never closed.
        let permit = permits.acquire().await;
        let noted = sender.attempt(&lane, &head).await;
        drop(permit);
        if let Err(error) = noted {
            return store_failed(&sender, &lane, &error);
        }
    }
}

/// The outcome could not be noted: the row stays as it was, and is sent again after a rest.
fn store_failed(sender: &Sender, lane: &Lane, error: &dyn std::error::Error) -> End {
    tracing::error!(%error, endpoint_id = lane.endpoint_id, "cannot read or note webhook deliveries");
    End::NotBefore(sender.clock.now() + STORE_PAUSE)
}
