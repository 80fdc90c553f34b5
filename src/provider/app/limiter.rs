//! How many SCIM requests a connection may send: a bucket of tokens for each, filled at a steady rate.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use time::OffsetDateTime;

/// The limiter of all connections.
#[derive(Debug)]
pub struct Limiter {
    per_second: Option<u32>,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled_at: OffsetDateTime,
}

impl Limiter {
    /// So many requests a second, and as many at once; `None`: no limit.
    #[must_use]
    pub fn new(per_second: Option<u32>) -> Limiter {
        Limiter { per_second: per_second.map(|rate| rate.max(1)), buckets: Mutex::default() }
    }

    /// Lets a request of a connection pass, or says after how many whole seconds the next one may.
    pub fn admit(&self, connection_id: &str, now: OffsetDateTime) -> Result<(), u64> {
        let Some(rate) = self.per_second.map(f64::from) else { return Ok(()) };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(connection_id.to_owned()).or_insert(Bucket { tokens: rate, filled_at: now });
        let passed = (now - bucket.filled_at).as_seconds_f64().max(0.0);
        bucket.tokens = (bucket.tokens + passed * rate).min(rate);
        bucket.filled_at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        // Whole seconds, rounded up: Okta reads nothing else in Retry-After.
        Err(1)
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    /// A connection that has used its burst waits; time refills; another connection is not held up.
    #[test]
    fn buckets_empty_and_fill() {
        let limiter = Limiter::new(Some(2));
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(
            [limiter.admit("a", now), limiter.admit("a", now), limiter.admit("a", now)],
            [Ok(()), Ok(()), Err(1)]
        );
        assert_eq!(limiter.admit("b", now), Ok(()));
        assert_eq!(limiter.admit("a", now + Duration::milliseconds(500)), Ok(()));
        assert_eq!(limiter.admit("a", now + Duration::milliseconds(600)), Err(1));
        assert_eq!(Limiter::new(None).admit("a", now), Ok(()));
    }
}
