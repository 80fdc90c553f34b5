//! When a delivery is tried again: Svix's schedule, with jitter.
//!
//! Pure: it takes the number of failed attempts and a random number, and gives a delay. The worker adds it to its clock.
//!
//! Source: <https://docs.svix.com/retries>.

use std::time::Duration;

/// The pauses before each attempt, the first one included; each counts from the failure before it.
pub const PAUSES: [Duration; 8] = [
    Duration::ZERO,
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3600),
    Duration::from_secs(5 * 3600),
    Duration::from_secs(10 * 3600),
    Duration::from_secs(10 * 3600),
];

/// How far a pause is stretched at most, so that endpoints that failed together do not come back together.
pub const JITTER: f64 = 0.1;

/// The pause after `failures` failed attempts (at least 1); `random` is in 0..1 and decides the jitter.
///
/// `None`: the schedule is exhausted, the delivery has failed for good.
pub fn pause(failures: u32, random: f64) -> Option<Duration> {
    let base = PAUSES.get(usize::try_from(failures).ok()?)?;
    Some(base.mul_f64(1.0 + JITTER * random.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects the schedule: eight attempts, Svix's pauses, and then no more.
    #[test]
    fn follows_the_published_schedule() {
        let seconds: Vec<Option<u64>> = (1..=9).map(|failures| pause(failures, 0.0).map(|p| p.as_secs())).collect();
        let h = 3600;
        assert_eq!(
            seconds,
            [Some(5), Some(300), Some(1800), Some(2 * h), Some(5 * h), Some(10 * h), Some(10 * h), None, None]
        );
    }

    /// Protects receivers from a thundering herd, and the order of the schedule: jitter only lengthens, by a tenth at most.
    #[test]
    fn jitter_lengthens_by_a_tenth_at_most() {
        assert_eq!(pause(1, 0.0), Some(Duration::from_secs(5)));
        assert_eq!(pause(1, 1.0), Some(Duration::from_millis(5500)));
        assert_eq!(pause(1, 7.0), Some(Duration::from_millis(5500)));
    }
}
