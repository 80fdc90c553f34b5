//! Runs the checks over transcripts, and joins what they found.

use std::{
    collections::HashMap,
    ops::Range,
    panic::resume_unwind,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::{Check, Context, Judge, Scope, all};
use crate::{
    verdict::{Basis, Evidence, Outcome},
    wire::Exchange,
};

/// A rule that did not hold: what it wants, and what was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What the rule wants.
    pub expected: String,
    /// What was there.
    pub actual: String,
}

impl Mismatch {
    /// A mismatch in words.
    pub fn new(expected: impl Into<String>, actual: impl Into<String>) -> Mismatch {
        Mismatch { expected: expected.into(), actual: actual.into() }
    }
}

/// What a check sees in one exchange: `None` if its rule is not about that exchange.
pub type Sight = Option<Result<(), Mismatch>>;

/// A sight from a condition; the words are made only when it fails.
pub(super) fn sight(holds: bool, expected: &str, actual: impl FnOnce() -> String) -> Sight {
    Some(if holds { Ok(()) } else { Err(Mismatch::new(expected, actual())) })
}

/// What a check of a disputed rule sees in one exchange: the id of the reading that the target follows there
/// (`spec::Dispute`), or nothing where all readings agree; `None` if the rule is not about that exchange.
pub type Reads = Option<Result<Option<&'static str>, Mismatch>>;

/// The rule holds, read so.
pub(super) fn read_as(reading: &'static str) -> Reads {
    Some(Ok(Some(reading)))
}

/// What a check over a whole transcript collects.
#[derive(Debug, Default)]
pub struct Findings {
    held: usize,
    readings: Vec<(&'static str, usize)>,
    broken: Vec<(Mismatch, Vec<u64>)>,
}

impl Findings {
    /// The rule was seen to hold once.
    pub fn hold(&mut self) {
        self.held += 1;
    }

    /// The rule was seen to hold once, read so.
    pub fn read(&mut self, reading: &'static str) {
        self.hold();
        match self.readings.iter_mut().find(|(id, _)| *id == reading) {
            Some((_, times)) => *times += 1,
            None => self.readings.push((reading, 1)),
        }
    }

    /// The rule was seen broken, in these exchanges.
    pub fn broke(&mut self, mismatch: Mismatch, exchanges: &[u64]) {
        self.broken.push((mismatch, exchanges.to_vec()));
    }

    /// Notes what a condition says; the words are made only when it fails.
    pub fn note(&mut self, holds: bool, exchanges: &[u64], expected: &str, actual: impl FnOnce() -> String) {
        if holds { self.hold() } else { self.broke(Mismatch::new(expected, actual()), exchanges) }
    }
}

/// What one check saw in one transcript. Only checks that saw something yield one.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The check.
    pub check: &'static Check,
    /// In how many places its rule held.
    pub held: usize,
    /// Of these, how often each reading of a disputed rule was seen.
    pub readings: Vec<(&'static str, usize)>,
    /// Where it did not, with the sequence numbers of the exchanges that show it.
    pub broken: Vec<Evidence>,
    /// In how many places it did not, and the scenario itself says so: these are no findings of their own.
    pub told: usize,
}

impl Judgement {
    /// Takes back what the scenario with this evidence has found as well, in the same exchange. Says whether there was
    /// anything of the kind.
    pub fn tell(&mut self, scenario: &Evidence) -> bool {
        let before = self.broken.len();
        self.broken.retain(|own| !own.exchanges.iter().any(|seq| scenario.exchanges.contains(seq)));
        self.told += before - self.broken.len();
        before > self.broken.len()
    }
}

/// Judges the exchanges of one transcript, in registry order. Redaction comes after judging: a check for leaked
/// secrets must see them.
pub fn judge(exchanges: &[Exchange], scope: &Scope) -> Vec<Judgement> {
    let context = Context::new(exchanges, scope);
    if context.seen.is_empty() {
        return Vec::new();
    }
    all().filter_map(|check| judge_one(check, &context)).collect()
}

/// Judges many transcripts, or a long one, on all processors. The judgements are those of [`judge`] on each, in order.
pub fn judge_all(transcripts: &[(&[Exchange], Scope)]) -> Vec<Vec<Judgement>> {
    let contexts: Vec<Context<'_>> = in_parallel(transcripts.len(), |share| {
        transcripts[share].iter().map(|(exchanges, scope)| Context::new(exchanges, scope)).collect()
    });
    // The unit of work is one check on one transcript, so that a single long transcript occupies everybody as well.
    let checks: Vec<&'static Check> = all().collect();
    let judgements = in_parallel(contexts.len() * checks.len(), |share| {
        let pair = |unit: usize| (unit / checks.len(), checks[unit % checks.len()]);
        let units = share.map(pair).filter(|(at, _)| !contexts[*at].seen.is_empty());
        units.filter_map(|(at, check)| judge_one(check, &contexts[at]).map(|judgement| (at, judgement))).collect()
    });
    let mut by_transcript: Vec<Vec<Judgement>> = contexts.iter().map(|_| Vec::new()).collect();
    for (at, judgement) in judgements {
        by_transcript[at].push(judgement);
    }
    by_transcript
}

/// Does `work` on shares of a number of units, on all processors, and joins what comes out in order.
fn in_parallel<T: Send>(units: usize, work: impl Fn(Range<usize>) -> Vec<T> + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    // More shares than threads, for they are not of equal weight.
    let size = units.div_ceil(threads * 8).max(1);
    let next = AtomicUsize::new(0);
    let worker = || {
        let shares =
            std::iter::repeat_with(|| next.fetch_add(size, Ordering::Relaxed)).take_while(|from| *from < units);
        shares.map(|from| (from, work(from..units.min(from + size)))).collect::<Vec<_>>()
    };
    let mut shares = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mut shares = worker();
        for other in others {
            shares.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        shares
    });
    shares.sort_unstable_by_key(|(from, _)| *from);
    shares.into_iter().flat_map(|(_, results)| results).collect()
}

fn judge_one(check: &'static Check, context: &Context<'_>) -> Option<Judgement> {
    let mut findings = Findings::default();
    match check.judge {
        Judge::Exchange(look) => {
            for seen in &context.seen {
                match look(seen, context) {
                    None => {}
                    Some(Ok(())) => findings.hold(),
                    Some(Err(mismatch)) => findings.broke(mismatch, &[seen.seq()]),
                }
            }
        }
        Judge::Reading(look) => {
            for seen in &context.seen {
                match look(seen, context) {
                    None => {}
                    Some(Ok(Some(reading))) => findings.read(reading),
                    Some(Ok(None)) => findings.hold(),
                    Some(Err(mismatch)) => findings.broke(mismatch, &[seen.seq()]),
                }
            }
        }
        Judge::Transcript(look) => look(context, &mut findings),
    }
    if findings.held == 0 && findings.broken.is_empty() {
        return None;
    }
    let broken = findings
        .broken
        .into_iter()
        .map(|(mismatch, exchanges)| Evidence {
            what: check.summary.to_owned(),
            expected: mismatch.expected,
            actual: mismatch.actual,
            exchanges,
        })
        .collect();
    Some(Judgement { check, held: findings.held, readings: findings.readings, broken, told: 0 })
}

/// What one check came to over a whole run.
#[derive(Clone, Debug)]
pub struct Total {
    /// The check.
    pub check: &'static Check,
    /// Holds, broken with the first evidence, or not exercised.
    pub outcome: Outcome,
    /// What it rests on.
    pub basis: Basis,
    /// In how many places the rule did not hold.
    pub broken: usize,
    /// In how many places it did not hold and a scenario of the same requirement says so.
    pub told: usize,
    /// The exchanges of the first evidence, as they were judged; empty unless broken.
    pub transcript: Vec<Exchange>,
}

/// Joins the judgements of a run's transcripts.
#[derive(Debug, Default)]
pub struct Tally {
    by_id: HashMap<&'static str, Total>,
}

impl Tally {
    /// An empty tally.
    pub fn new() -> Tally {
        Tally::default()
    }

    /// Adds judgements that were made of these exchanges.
    pub fn take(&mut self, exchanges: &[Exchange], judgements: &[Judgement]) {
        for judgement in judgements {
            let total = self.by_id.entry(judgement.check.id).or_insert_with(|| Total {
                check: judgement.check,
                outcome: Outcome::Holds,
                basis: Basis::default(),
                broken: 0,
                told: 0,
                transcript: Vec::new(),
            });
            total.basis.judged += judgement.held + judgement.broken.len() + judgement.told;
            for (reading, times) in &judgement.readings {
                total.basis.read(reading, *times);
            }
            total.broken += judgement.broken.len();
            total.told += judgement.told;
            if let (Outcome::Holds, Some(first)) = (&total.outcome, judgement.broken.first()) {
                total.outcome = Outcome::Broken(first.clone());
                total.transcript =
                    exchanges.iter().filter(|exchange| first.exchanges.contains(&exchange.seq)).cloned().collect();
            }
        }
    }

    /// One total for every check of the registry, in registry order.
    pub fn finish(mut self) -> Vec<Total> {
        all()
            .map(|check| {
                self.by_id.remove(check.id).unwrap_or_else(|| Total {
                    check,
                    outcome: Outcome::NotExercised {
                        why: "no exchange of this run is one that the rule is about".into(),
                    },
                    basis: Basis::default(),
                    broken: 0,
                    told: 0,
                    transcript: Vec::new(),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{check::context::sample, wire::Request};

    /// A run's total keeps the first evidence with its exchanges, counts all, and says what was never seen.
    #[test]
    fn tallies() {
        let scope = Scope::at("http://target/scim");
        let good = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404", "detail": "no"});
        let bad = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": 404});
        let mut tally = Tally::new();
        for (seq, body) in [(1, good), (7, bad)] {
            let exchanges = [sample(seq, Request::new("GET", "/Users/1"), 404, &body)];
            tally.take(&exchanges, &judge(&exchanges, &scope));
        }
        let totals = tally.finish();
        let status = totals.iter().find(|total| total.check.id == "RFC7644-3.12-R3.status-string").expect("a check");
        assert_eq!((status.basis.judged, status.broken, status.transcript.len()), (2, 1, 1));
        assert!(matches!(&status.outcome, Outcome::Broken(evidence) if evidence.exchanges == [7]));
        let unseen = totals.iter().find(|total| total.basis.judged == 0).expect("a check that saw nothing");
        assert!(matches!(unseen.outcome, Outcome::NotExercised { .. }));
    }

    /// Many processors come to what one comes to, transcript by transcript, whether there are many or one is long.
    #[test]
    fn judges_the_same_in_parallel() {
        let body =
            |status: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status});
        let exchange = |seq: u64| {
            let body = body(if seq.is_multiple_of(3) { json!(404) } else { json!("404") });
            sample(seq, Request::new("GET", format!("/Users/{seq}")), 404, &body)
        };
        let long: Vec<Exchange> = (1..200).map(exchange).collect();
        let scope = Scope::at("http://target/scim");
        for transcripts in [vec![&long[..]], vec![], long.chunks(7).collect(), vec![&[], &long[..9], &[]]] {
            let alone: Vec<_> = transcripts.iter().map(|exchanges| judge(exchanges, &scope)).collect();
            let scoped: Vec<_> = transcripts.iter().map(|exchanges| (*exchanges, scope.clone())).collect();
            assert_eq!(format!("{alone:?}"), format!("{:?}", judge_all(&scoped)));
            assert!(transcripts.is_empty() || alone.iter().any(|judgements| !judgements.is_empty()));
        }
    }

    /// What the scenario itself has found in the same exchange is no finding of the check as well; what stands in another
    /// exchange stays one.
    #[test]
    fn one_finding_is_told_once() {
        let scope = Scope::at("http://target/scim");
        let bad = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": 404});
        let exchanges = [7, 8].map(|seq| sample(seq, Request::new("GET", "/Users/2"), 404, &bad));
        let mut judgements = judge(&exchanges, &scope);
        let found = Evidence { exchanges: vec![7], ..Evidence::default() };
        for judgement in judgements.iter_mut().filter(|one| one.check.requirement == "RFC7644-3.12-R3") {
            assert!(judgement.tell(&found));
            assert!(!judgement.tell(&found), "there is nothing left to take back");
        }
        let mut tally = Tally::new();
        tally.take(&exchanges, &judgements);
        let total = tally.finish().into_iter().find(|total| total.check.requirement == "RFC7644-3.12-R3");
        let total = total.expect("a check");
        assert_eq!((total.basis.judged, total.broken, total.told), (2, 1, 1));
    }
}
