//! How a step ends a scenario early: a typed reason, carried as a panic payload.
//!
//! The cucumber engine lets a step fail only by panicking. A step therefore returns `Result<(), Stop>`, the dispatcher
//! raises the `Stop` as the payload of an unwinding panic, and the recorder gets it back by downcast. A panic with any
//! other payload is a bug of this program: it aborts the run as a fault and never becomes a verdict.

use crate::verdict::{Abort, Evidence};

/// Why a scenario stops before its last step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The target did something else than the scenario asserts.
    Mismatch {
        /// What was expected and seen.
        evidence: Evidence,
        /// What it is about.
        about: About,
    },
    /// What the scenario asserts cannot be seen on this target, or with this profile.
    NotExercised(String),
    /// The engine, the scenario's text or the observers are at fault; nothing can be said about the target.
    Fault {
        /// What failed, as one line.
        cause: String,
        /// What the user can do about it.
        remedy: String,
    },
    /// The run was cancelled or is over already.
    Cancelled,
}

/// What a mismatch is about, as far as that decides whether it says anything of the scenario's requirement. It is known where
/// the mismatch is found and travels with it, so that an [excuse](super::excuse) never hangs on the words of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// None of the below.
    #[default]
    Other,
    /// The value at this path of the answer (see `json_path`).
    Attribute(String),
    /// A refusal that was expected, and did not come in that form.
    Refusal,
}

/// What a step returns.
pub type Played = Result<(), Stop>;

impl Stop {
    /// A deviation, shown by these exchanges.
    pub fn mismatch(
        what: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
        exchanges: impl IntoIterator<Item = u64>,
    ) -> Stop {
        let evidence = Evidence {
            what: what.into(),
            expected: expected.into(),
            actual: actual.into(),
            exchanges: exchanges.into_iter().collect(),
        };
        Stop::Mismatch { evidence, about: About::Other }
    }

    /// The same deviation, with what it is about; any other end stays as it is.
    #[must_use]
    pub fn about(self, subject: About) -> Stop {
        match self {
            Stop::Mismatch { evidence, .. } => Stop::Mismatch { evidence, about: subject },
            other => other,
        }
    }

    /// The same deviation, of the value at this path.
    #[must_use]
    pub fn at(self, path: &str) -> Stop {
        self.about(About::Attribute(path.to_owned()))
    }

    /// A fault with its remedy.
    pub fn fault(cause: impl Into<String>, remedy: impl Into<String>) -> Stop {
        Stop::Fault { cause: cause.into(), remedy: remedy.into() }
    }

    /// A fault of the scenario's own text.
    pub fn script(cause: impl Into<String>) -> Stop {
        Stop::fault(cause, "correct the scenario; `scimulate list steps` shows each step with an example")
    }

    /// Unwinds with this as the payload. The panic hook is not called: nothing is printed.
    pub fn raise(self) -> ! {
        std::panic::resume_unwind(Box::new(self))
    }
}

impl From<Abort> for Stop {
    fn from(abort: Abort) -> Stop {
        Stop::Fault { cause: abort.cause, remedy: abort.remedy }
    }
}
