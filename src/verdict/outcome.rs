//! Outcome × severity × expectation → verdict.

use serde::{Deserialize, Serialize};

use crate::spec::{Requirement, Severity};

/// What was expected and what was seen, for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The step or rule that did not hold, as one line.
    pub what: String,
    /// What should have been seen.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// Sequence numbers (`Exchange::seq`) of the exchanges that show it.
    pub exchanges: Vec<u64>,
}

/// What a scenario or a check saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The requirement holds.
    Holds,
    /// It does not, and this is the evidence.
    Broken(Evidence),
    /// It could not be seen on this target, and this is why.
    NotExercised {
        /// The reason, as one line.
        why: String,
    },
}

/// What the run makes of an outcome. DESIGN: the word in the fixed column of the terminal report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Holds.
    Pass,
    /// Not exercised.
    Skip,
    /// Holds although a deviation was expected: the expectation is stale.
    Fixed,
    /// Broken, as expected.
    Known,
    /// Broken, but the requirement only permits (MAY) or can be read in two ways.
    Note,
    /// Broken, and the requirement recommends (SHOULD) or is deduced.
    Warn,
    /// Broken.
    Fail,
}

impl Verdict {
    /// All verdicts, from best to worst: the order in which a requirement's worst verdict is found.
    pub const ALL: [Verdict; 7] =
        [Verdict::Pass, Verdict::Skip, Verdict::Fixed, Verdict::Known, Verdict::Note, Verdict::Warn, Verdict::Fail];

    /// The word that reports show.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Skip => "skip",
            Verdict::Fixed => "fixed",
            Verdict::Known => "known",
            Verdict::Note => "note",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        }
    }
}

/// The verdict table.
///
/// | outcome | MUST, DEF on create/read/update/delete paths | SHOULD, other DEF, DRV | MAY, ambiguous | if expected |
/// |---|---|---|---|---|
/// | Holds | pass | pass | pass | fixed |
/// | Broken | fail | warn (`strict`: fail) | note | known |
/// | NotExercised | skip | skip | skip | skip |
///
/// A `DRV` row that lets someone in, leaks or loses data fails: those are the rows of the security group (G16) and of
/// authentication (G15).
pub fn judge(outcome: &Outcome, requirement: &Requirement, expected: bool, strict: bool) -> Verdict {
    match outcome {
        Outcome::NotExercised { .. } => Verdict::Skip,
        Outcome::Holds if expected => Verdict::Fixed,
        Outcome::Holds => Verdict::Pass,
        Outcome::Broken(_) if expected => Verdict::Known,
        Outcome::Broken(_) => match weight(requirement) {
            Weight::Fail => Verdict::Fail,
            Weight::Warn if strict => Verdict::Fail,
            Weight::Warn => Verdict::Warn,
            Weight::Note => Verdict::Note,
        },
    }
}

enum Weight {
    Fail,
    Warn,
    Note,
}

fn weight(requirement: &Requirement) -> Weight {
    if requirement.ambiguous {
        return Weight::Note;
    }
    // The group's number decides where a DEF row stands: G03, G04, G05, G09, G10 and G11 are the create, read, query,
    // replace, patch and delete paths.
    let group = requirement.group.split(' ').next().unwrap_or_default();
    match requirement.severity {
        Severity::Must => Weight::Fail,
        Severity::Should => Weight::Warn,
        Severity::May => Weight::Note,
        Severity::Def if matches!(group, "G03" | "G04" | "G05" | "G09" | "G10" | "G11") => Weight::Fail,
        Severity::Def => Weight::Warn,
        Severity::Drv if matches!(group, "G15" | "G16") => Weight::Fail,
        Severity::Drv => Weight::Warn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Binds;

    fn row(severity: Severity, group: &str, ambiguous: bool) -> Requirement {
        Requirement {
            id: "X-1".into(),
            group: group.into(),
            clause: String::new(),
            level: String::new(),
            severity,
            binds: Binds::ServiceProvider,
            requirement: String::new(),
            check: String::new(),
            violations: String::new(),
            gate: Vec::new(),
            ambiguous,
            case: None,
            held_by: Vec::new(),
            untested: None,
        }
    }

    /// Every cell of the verdict table, so that a change of one is a decision and not an accident.
    #[test]
    fn the_table() {
        let broken = Outcome::Broken(Evidence::default());
        let skipped = Outcome::NotExercised { why: "no observer".into() };
        for (severity, group, ambiguous, plain, strict) in [
            (Severity::Must, "G10 PATCH", false, Verdict::Fail, Verdict::Fail),
            (Severity::Must, "G10 PATCH", true, Verdict::Note, Verdict::Note),
            (Severity::Should, "G10 PATCH", false, Verdict::Warn, Verdict::Fail),
            (Severity::May, "G10 PATCH", false, Verdict::Note, Verdict::Note),
            (Severity::Def, "G11 Delete", false, Verdict::Fail, Verdict::Fail),
            (Severity::Def, "G01 Discovery", false, Verdict::Warn, Verdict::Fail),
            (Severity::Drv, "G03 Create (POST)", false, Verdict::Warn, Verdict::Fail),
            (Severity::Drv, "G16 Security and privacy", false, Verdict::Fail, Verdict::Fail),
        ] {
            let row = row(severity, group, ambiguous);
            assert_eq!(judge(&broken, &row, false, false), plain, "{severity:?} {group}");
            assert_eq!(judge(&broken, &row, false, true), strict, "{severity:?} {group} strict");
            assert_eq!(judge(&broken, &row, true, true), Verdict::Known);
            assert_eq!(judge(&Outcome::Holds, &row, false, true), Verdict::Pass);
            assert_eq!(judge(&Outcome::Holds, &row, true, false), Verdict::Fixed);
            assert_eq!(judge(&skipped, &row, false, true), Verdict::Skip);
            assert_eq!(judge(&skipped, &row, true, true), Verdict::Skip);
        }
    }
}
