//! A server that says "too many requests" is waited for, by all clients of the run together (RFC 6585 section 4).

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use super::Response;

/// When the next request may be sent, and how long one request may be held back in all.
#[derive(Debug)]
pub(super) struct Patience {
    longest: Duration,
    quiet_until: Mutex<Instant>,
}

impl Patience {
    /// No request waits longer than `longest` for a server that limits the rate; zero means that none waits.
    pub(super) fn new(longest: Duration) -> Patience {
        Patience { longest, quiet_until: Mutex::new(Instant::now()) }
    }

    /// Waits until the server takes requests again.
    pub(super) async fn quiet(&self) {
        loop {
            let until = *self.lock();
            let wait = until.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                return;
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Whether a request with this answer is to be sent again, after `tries` that had the same and `waited` in all. Holds
    /// the other clients back as well.
    pub(super) fn again(&self, response: &Response, tries: u32, waited: Duration) -> bool {
        if response.status != 429 || self.longest.is_zero() {
            return false;
        }
        let asked = response.header("retry-after").and_then(|text| asked(text, OffsetDateTime::now_utc()));
        let wait = asked.unwrap_or_else(|| Duration::from_secs(1 << tries.min(5))).max(Duration::from_millis(50));
        if waited + wait > self.longest {
            return false;
        }
        let mut until = self.lock();
        *until = (*until).max(Instant::now() + wait);
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `Retry-After` in either form: seconds, or a date (RFC 9110 section 10.2.3).
fn asked(text: &str, now: OffsetDateTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = OffsetDateTime::parse(&text.trim().replace("GMT", "+0000"), &Rfc2822).ok()?;
    Some((date - now).try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both forms of the header are read, a date that is over means now, and nonsense is nothing.
    #[test]
    fn reads_retry_after() {
        let now = OffsetDateTime::from_unix_timestamp(1_000_000_000).expect("a time");
        assert_eq!(asked("7", now), Some(Duration::from_secs(7)));
        assert_eq!(asked("Sun, 09 Sep 2001 01:46:50 GMT", now), Some(Duration::from_secs(10)));
        assert_eq!(asked("Sun, 09 Sep 2001 01:46:30 GMT", now), Some(Duration::ZERO));
        assert_eq!(asked("soon", now), None);
    }

    /// What would take longer than is allowed is not waited for, and other answers never are.
    #[test]
    fn ends() {
        let answer = |status, after: &str| Response {
            status,
            headers: vec![("retry-after".into(), after.into())],
            body: String::new(),
        };
        let patience = Patience::new(Duration::from_secs(10));
        assert!(patience.again(&answer(429, "9"), 0, Duration::ZERO));
        assert!(!patience.again(&answer(429, "9"), 1, Duration::from_secs(9)));
        assert!(!patience.again(&answer(429, "3600"), 0, Duration::ZERO));
        assert!(!patience.again(&answer(503, "1"), 0, Duration::ZERO));
        assert!(!Patience::new(Duration::ZERO).again(&answer(429, "1"), 0, Duration::ZERO));
    }
}
