//! No more requests a second than the target allows.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// A token bucket of one token: requests leave evenly spaced and never in a burst, because targets that count per second
/// also punish bursts. Shared by all clients of a run.
#[derive(Debug)]
pub(super) struct Rate {
    interval: Duration,
    free_at: Mutex<Instant>,
}

impl Rate {
    /// At most `per_second` requests; a value that is not positive means one an hour.
    pub(super) fn new(per_second: f64) -> Rate {
        let interval = Duration::try_from_secs_f64(1.0 / per_second).unwrap_or(Duration::from_secs(3600));
        Rate { interval, free_at: Mutex::new(Instant::now()) }
    }

    /// Waits for this request's turn.
    pub(super) async fn turn(&self) {
        let wait = self.reserve(Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes the next free place and says how far away it is.
    fn reserve(&self, now: Instant) -> Duration {
        let mut free_at = self.free_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let turn = (*free_at).max(now);
        *free_at = turn + self.interval;
        turn - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests of all clients are spaced by the interval, and an idle time is not saved up for a burst.
    #[test]
    fn spaces_requests() {
        let rate = Rate::new(10.0);
        let start = Instant::now() + Duration::from_secs(1);
        let waits: Vec<u128> = (0..3).map(|_| rate.reserve(start).as_millis()).collect();
        assert_eq!(waits, [0, 100, 200]);
        let later = start + Duration::from_secs(60);
        assert_eq!([rate.reserve(later).as_millis(), rate.reserve(later).as_millis()], [0, 100]);
    }
}
