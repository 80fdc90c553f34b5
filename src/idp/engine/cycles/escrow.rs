//! What comes again later: failed objects (escrows), and the whole job (quarantine).

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{Idp, Object};
use crate::idp::moves::Failure;

/// A failed object that is tried again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Escrow {
    tries: usize,
    #[serde(with = "time::serde::rfc3339")]
    since: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) next: OffsetDateTime,
}

/// A job that is kept from working at full pace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Quarantine {
    #[serde(with = "time::serde::rfc3339")]
    since: OffsetDateTime,
    waits: u32,
}

impl Idp {
    /// Notes that an object failed: first the next cycle, then 6, 12, 24, 24, … hours, up to 28 days.
    pub(super) fn escrow(&mut self, object: Object, key: &str) {
        self.cycles.failed.insert(key.to_owned());
        let now = self.clock;
        let hours = &self.profile.knobs.escrow_hours;
        let days = Duration::days(i64::from(self.profile.knobs.escrow_days));
        let cycle = self.cycle_length();
        let known = self.cycles.escrows.get(&(object, key.to_owned()));
        let (tries, since) = known.map_or((0, now), |escrow| (escrow.tries, escrow.since));
        let wait = match tries {
            0 => cycle,
            tries => hours.get(tries - 1).or(hours.last()).map_or(cycle, |hours| Duration::hours(i64::from(*hours))),
        };
        if now - since > days {
            self.cycles.escrows.remove(&(object, key.to_owned()));
            self.note(format!("`{key}` is given up after {} days of failures", days.whole_days()));
            return;
        }
        self.cycles.escrows.insert((object, key.to_owned()), Escrow { tries: tries + 1, since, next: now + wait });
    }

    /// Notes that an object is well again.
    pub(super) fn release(&mut self, object: Object, key: &str) {
        self.cycles.escrows.remove(&(object, key.to_owned()));
    }

    /// A move failed: into the report, into escrow, and, if it condemns the job, into quarantine.
    pub(super) fn object_failed(
        &mut self,
        object: Object,
        kind: crate::idp::moves::MoveKind,
        key: &str,
        failure: Failure,
        condemns: bool,
    ) {
        if condemns {
            self.cycles.condemned = Some(failure.code.clone());
            if let Some(alarm) = &self.alarm {
                alarm.stop();
            }
        }
        self.fail(kind, key, failure);
        self.escrow(object, key);
    }

    /// Decides after a cycle whether the job goes into quarantine, stays there, leaves it, or is disabled.
    pub(super) fn weigh_quarantine(&mut self, probed: bool) {
        let (attempted, failed) = (self.cycles.attempted.len(), self.cycles.failed.len());
        let knobs = &self.profile.knobs;
        let limit = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let share = failed >= limit(knobs.quarantine_failures)
            && failed * 100 > attempted.max(1) * limit(knobs.quarantine_percent);
        let all = attempted >= limit(knobs.quarantine_all_failed) && failed >= attempted;
        let why = match &self.cycles.condemned {
            Some(code) => Some(code.clone()),
            None if !probed => Some("the target did not pass the probe".to_owned()),
            None if share || failed >= limit(knobs.quarantine_absolute) => {
                Some("EncounteredEscrowProportionThreshold".to_owned())
            }
            None if all => Some("EncounteredQuarantineException".to_owned()),
            None => None,
        };
        let Some(why) = why.filter(|_| self.profile.knobs.quarantine) else {
            if self.cycles.quarantine.take().is_some() {
                self.note("the provisioning job left quarantine");
            }
            return;
        };
        let entered = self.cycles.quarantine.is_none();
        let now = self.clock;
        let quarantine = self.cycles.quarantine.get_or_insert(Quarantine { since: now, waits: 0 });
        let first = Duration::minutes(i64::from(self.profile.knobs.quarantine_minutes.max(1)));
        let wait = (first * 2_i32.saturating_pow(quarantine.waits.min(16))).min(Duration::days(1));
        quarantine.waits += 1;
        let since = quarantine.since;
        self.cycles.next = now + wait;
        if entered {
            self.note(format!(
                "the provisioning job is in quarantine: {why}; next try in {} minutes",
                wait.whole_minutes()
            ));
        }
        let days = Duration::days(i64::from(self.profile.knobs.escrow_days));
        if now - since >= days {
            self.cycles.disabled = true;
            self.note(format!("the provisioning job is disabled after {} days in quarantine", days.whole_days()));
        }
    }
}
