//! Runs the checks over transcripts, and joins what they found.

use std::collections::HashMap;

use super::{Check, Context, Judge, Scope, all};
use crate::{
    verdict::{Evidence, Outcome},
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

/// What a check over a whole transcript collects.
#[derive(Debug, Default)]
pub struct Findings {
    held: usize,
    broken: Vec<(Mismatch, Vec<u64>)>,
}

impl Findings {
    /// The rule was seen to hold once.
    pub fn hold(&mut self) {
        self.held += 1;
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
    /// Where it did not, with the sequence numbers of the exchanges that show it.
    pub broken: Vec<Evidence>,
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
    Some(Judgement { check, held: findings.held, broken })
}

/// What one check came to over a whole run.
#[derive(Clone, Debug)]
pub struct Total {
    /// The check.
    pub check: &'static Check,
    /// Holds, broken with the first evidence, or not exercised.
    pub outcome: Outcome,
    /// In how many places the rule held.
    pub held: usize,
    /// In how many it did not.
    pub broken: usize,
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

    /// Judges one transcript and adds what it yields.
    pub fn add(&mut self, exchanges: &[Exchange], scope: &Scope) {
        let judgements = judge(exchanges, scope);
        self.take(exchanges, &judgements);
    }

    /// Adds judgements that were made of these exchanges.
    pub fn take(&mut self, exchanges: &[Exchange], judgements: &[Judgement]) {
        for judgement in judgements {
            let total = self.by_id.entry(judgement.check.id).or_insert_with(|| Total {
                check: judgement.check,
                outcome: Outcome::Holds,
                held: 0,
                broken: 0,
                transcript: Vec::new(),
            });
            total.held += judgement.held;
            total.broken += judgement.broken.len();
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
                    held: 0,
                    broken: 0,
                    transcript: Vec::new(),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{check::context::sample, wire::Request};

    /// A run's total keeps the first evidence with its exchanges, counts all, and says what was never seen.
    #[test]
    fn tallies() {
        let scope = Scope::at("http://target/scim");
        let good = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404", "detail": "no"});
        let bad = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": 404});
        let mut tally = Tally::new();
        tally.add(&[sample(1, Request::new("GET", "/Users/1"), 404, &good)], &scope);
        tally.add(&[sample(7, Request::new("GET", "/Users/2"), 404, &bad)], &scope);
        let totals = tally.finish();
        let status = totals.iter().find(|total| total.check.id == "RFC7644-3.12-R3.status-string").expect("a check");
        assert_eq!((status.held, status.broken, status.transcript.len()), (1, 1, 1));
        assert!(matches!(&status.outcome, Outcome::Broken(evidence) if evidence.exchanges == [7]));
        let unseen = totals.iter().find(|total| total.held + total.broken == 0).expect("a check that saw nothing");
        assert!(matches!(unseen.outcome, Outcome::NotExercised { .. }));
    }
}
