//! The provider's time. Everything that asks for the time asks a [`Clock`], so that a test can move it instead of
//! waiting for a token to expire or a retry to fall due.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use time::{OffsetDateTime, UtcOffset};

/// The real time, or a time that only moves when a test moves it. Clones share the same time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    manual: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The time of the machine.
    #[must_use]
    pub fn system() -> Clock {
        Clock::default()
    }

    /// A clock that stands at `at` until [`Clock::advance`].
    #[must_use]
    pub fn manual(at: OffsetDateTime) -> Clock {
        Clock { manual: Some(Arc::new(AtomicI64::new(micros(at)))) }
    }

    /// Now, in UTC, to the microsecond.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        match &self.manual {
            Some(at) => from_micros(at.load(Ordering::SeqCst)),
            None => from_micros(micros(OffsetDateTime::now_utc())),
        }
    }

    /// Moves a manual clock forward. The real time cannot be moved: there it does nothing.
    pub fn advance(&self, by: Duration) {
        if let Some(at) = &self.manual {
            at.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}

fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

fn from_micros(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A time as it is stored and sent: RFC 3339 in UTC with six digits of a second, so that texts sort as times do.
#[must_use]
pub fn text(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let (date, time) = (at.date(), at.time());
    let mut text = String::with_capacity(27);
    // By hand: several of these are made for every row that is written.
    for (number, width, behind) in [
        (date.year().unsigned_abs(), 4, '-'),
        (u8::from(date.month()).into(), 2, '-'),
        (date.day().into(), 2, 'T'),
        (time.hour().into(), 2, ':'),
        (time.minute().into(), 2, ':'),
        (time.second().into(), 2, '.'),
        (time.microsecond(), 6, 'Z'),
    ] {
        let mut place = 10_u32.pow(width - 1);
        while place > 0 {
            text.push(char::from_digit(number / place % 10, 10).unwrap_or('0'));
            place /= 10;
        }
        text.push(behind);
    }
    text
}

/// Reads a stored time back. `None` for a text that is no RFC 3339 time.
#[must_use]
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stored times sort as text exactly as they sort as times, and are read back unchanged.
    #[test]
    fn texts_sort_and_round_trip() {
        let early = time::macros::datetime!(2026-01-02 03:04:05.000009 UTC);
        let late = time::macros::datetime!(2026-01-02 03:04:05.9 UTC);
        assert_eq!(text(early), "2026-01-02T03:04:05.000009Z");
        assert!(text(early) < text(late));
        assert_eq!(parse(&text(late)), Some(late));
        assert_eq!(parse("yesterday"), None);
    }

    /// A manual clock moves only when it is told to, and clones see the same time.
    #[test]
    fn a_manual_clock_is_moved_by_hand() {
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH);
        let same = clock.clone();
        clock.advance(Duration::from_secs(300));
        assert_eq!(same.now(), OffsetDateTime::UNIX_EPOCH + Duration::from_secs(300));
    }
}
