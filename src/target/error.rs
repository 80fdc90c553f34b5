//! Why a call to the target did not work. None of these is a finding about the target: they say that it could not be asked.

use crate::wire::TransportError;

/// A call of the configuration that failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TargetError {
    /// No complete answer.
    #[error("{place}: {request}: no answer from the target: {error}; check that it runs and that the URL is right")]
    Unreachable {
        /// File, line and key of the call.
        place: String,
        /// Method and URL.
        request: String,
        /// What happened instead.
        error: TransportError,
    },
    /// A status or exit code that the call does not expect.
    #[error("{place}: {request}: {status}, expected {expected}; the answer was: {excerpt}")]
    Unexpected {
        /// File, line and key of the call.
        place: String,
        /// Method and URL, or the program.
        request: String,
        /// What came: `status 404`, `exit code 1`.
        status: String,
        /// What the call expects.
        expected: String,
        /// The answer, shortened, without secrets.
        excerpt: String,
    },
    /// The answer lacks what the call captures.
    #[error("{place}: `{name}`: nothing at {pointer} in the answer; correct the capture, the answer was: {excerpt}")]
    NotCaptured {
        /// File, line and key of the call.
        place: String,
        /// Name of the variable.
        name: String,
        /// Where it should stand.
        pointer: String,
        /// The answer, shortened, without secrets.
        excerpt: String,
    },
    /// A template could not be rendered.
    #[error("{place}: {reason}")]
    Template {
        /// File, line and key of the template.
        place: String,
        /// Why.
        reason: String,
    },
    /// A command could not be run to its end.
    #[error("{place}: `{program}`: {reason}")]
    Command {
        /// File, line and key of the call.
        place: String,
        /// The program.
        program: String,
        /// Why, and what to do.
        reason: String,
    },
    /// An observed value has a form that cannot be read.
    #[error("{place}: {reason}")]
    Unreadable {
        /// File, line and key of the observer.
        place: String,
        /// What it is, and what it should be.
        reason: String,
    },
    /// The webhook inbox could not be opened.
    #[error(
        "{place}: the webhook inbox cannot listen on {address}: {reason}; choose another `listen`, or port 0 for any free port"
    )]
    Inbox {
        /// File and line of the address.
        place: String,
        /// The address.
        address: String,
        /// Why.
        reason: String,
    },
    /// The fence's event did not arrive.
    #[error(
        "{place}: the event of the fence (object `{object}`) did not arrive within {waited:?}; \
         check that the target reaches {inbox}, or raise `deadline`"
    )]
    FenceLost {
        /// File and line of the fence.
        place: String,
        /// Id of the object that the event should have been about.
        object: String,
        /// How long it was waited for.
        waited: std::time::Duration,
        /// The URL that was registered.
        inbox: String,
    },
    /// The call was refused, and nothing can be read from that.
    #[error("{place}: {request}: refused ({status}): {excerpt}")]
    Refused {
        /// File, line and key of the call.
        place: String,
        /// Method and URL, or the program.
        request: String,
        /// HTTP status or exit code.
        status: u16,
        /// The answer, shortened, without secrets.
        excerpt: String,
    },
}

impl TargetError {
    /// Whether the target did not answer at all: the run should be aborted rather than go on.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, TargetError::Unreachable { .. })
    }
}
