//! Exit codes, and the one place that turns an error into one.

use std::{fmt, io, process::ExitCode};

use crate::{
    report::{MergeError, ReportError, Run},
    verdict::Summary,
};

/// How the program ends. The numbers are part of the interface: CI scripts read them.
///
/// Where more than one applies, the order is 3, 1, 4, 0: a run that was aborted says nothing about conformance, and a
/// run in which nothing was exercised does not conform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Nothing is wrong: no failure but expected ones, and something was exercised.
    Conforms = 0,
    /// There are failures; with `--strict` a broken SHOULD is one.
    Findings = 1,
    /// The arguments or the configuration are wrong. Nothing was sent.
    Usage = 2,
    /// The run could not be completed: target unreachable, credentials refused at set-up, report not writable, Ctrl-C.
    Aborted = 3,
    /// Nothing was exercised.
    NothingRan = 4,
}

impl Exit {
    /// All codes with what they mean, for help and documentation.
    pub const ALL: [(Exit, &'static str, &'static str); 5] = [
        (Exit::Conforms, "conforms", "no failure but expected ones, and something was exercised"),
        (Exit::Findings, "findings", "at least one failure; with --strict a broken SHOULD is one"),
        (Exit::Usage, "usage", "wrong arguments or configuration; nothing was sent"),
        (Exit::Aborted, "aborted", "target unreachable, credentials refused, report not writable, Ctrl-C"),
        (Exit::NothingRan, "nothing ran", "the selection exercised nothing on this target"),
    ];

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The code of a run that was reported.
    pub fn of_run(run: &Run) -> Exit {
        if run.abort.is_some() { Exit::Aborted } else { Exit::of_summary(&run.summary) }
    }

    /// The code of a run that was completed.
    pub fn of_summary(summary: &Summary) -> Exit {
        if summary.fail > 0 {
            Exit::Findings
        } else if summary.exercised() == 0 {
            Exit::NothingRan
        } else {
            Exit::Conforms
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// Why a command did not do what it was asked: what is wrong, and what to do about it, on one line.
#[derive(Debug)]
pub struct Fault {
    exit: Exit,
    message: String,
}

impl Fault {
    /// Wrong arguments or configuration; nothing was sent.
    pub fn usage(message: impl fmt::Display) -> Fault {
        Fault { exit: Exit::Usage, message: message.to_string() }
    }

    /// It was begun and could not be completed.
    pub fn aborted(message: impl fmt::Display) -> Fault {
        Fault { exit: Exit::Aborted, message: message.to_string() }
    }

    /// The code to end with.
    pub fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<io::Error> for Fault {
    /// The only input and output that is not named elsewhere is the terminal's.
    fn from(error: io::Error) -> Fault {
        Fault::aborted(format_args!("cannot write to the output: {error}"))
    }
}

impl From<ReportError> for Fault {
    fn from(error: ReportError) -> Fault {
        match error {
            ReportError::Output(error) => error.into(),
            file @ ReportError::File { .. } => Fault::aborted(file),
        }
    }
}

impl From<MergeError> for Fault {
    fn from(error: MergeError) -> Fault {
        Fault::usage(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The precedence 3 > 1 > 4 > 0, and that a stale expectation alone does not fail a build.
    #[test]
    fn precedence() {
        let summary = |pass, fail, skip, fixed| Summary { pass, fail, skip, fixed, ..Summary::default() };
        for (summary, exit) in [
            (summary(3, 0, 1, 0), Exit::Conforms),
            (summary(3, 0, 0, 1), Exit::Conforms),
            (summary(3, 1, 1, 0), Exit::Findings),
            (summary(0, 0, 9, 0), Exit::NothingRan),
            (summary(0, 0, 0, 0), Exit::NothingRan),
        ] {
            assert_eq!(Exit::of_summary(&summary), exit, "{summary:?}");
        }
        let aborted =
            Run { abort: Some(crate::verdict::Abort::new("", "")), summary: summary(1, 1, 0, 0), ..Run::default() };
        assert_eq!(Exit::of_run(&aborted), Exit::Aborted);
    }

    /// The table of the documentation lists each code once, in the order of the numbers.
    #[test]
    fn table() {
        assert!(Exit::ALL.iter().enumerate().all(|(at, (exit, ..))| usize::from(exit.code()) == at));
    }
}
