//! The embedded features: what Gherkin lets pass and a conformance suite must not.

use std::collections::BTreeSet;

use scimulate::suite::{self, library};

/// Every embedded feature can be played: no undefined step, no scenario without steps, no unknown requirement, no id
/// twice.
#[test]
fn features_have_no_problems() {
    let problems: Vec<String> = library::embedded().problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "correct the features:\n{}", problems.join("\n"));
}

/// A vocabulary that nobody uses rots: every step has a line about it and stands in some feature.
#[test]
fn every_step_is_explained_and_used() {
    let mut wrong = Vec::new();
    for step in suite::vocabulary() {
        if step.about.trim().is_empty() {
            wrong.push(format!("{}: `{}` has no line about it", step.source, step.pattern));
        }
        // Wire steps come before the features of the RFC requirements that use them.
        if step.example.is_empty() && step.tier == suite::Tier::People {
            wrong.push(format!("{}: `{}` is used by no feature; use it or remove it", step.source, step.pattern));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Two steps of one wording would make every use of it ambiguous.
#[test]
fn patterns_are_unique() {
    let mut seen = BTreeSet::new();
    let twice: Vec<&str> =
        suite::vocabulary().iter().map(|step| step.pattern).filter(|pattern| !seen.insert(*pattern)).collect();
    assert!(twice.is_empty(), "defined twice: {twice:?}");
}
