//! What the IdP did: one [`MoveRecord`] per thing done to one object, collected in a [`Report`].

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// One thing that an IdP does to one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MoveKind {
    /// Asks whether the target answers at all.
    Probe,
    /// Reads the target's schemas or resource types.
    Discover,
    /// Looks an object up by a matching attribute.
    Match,
    /// Creates a user.
    Create,
    /// Writes attributes of a user.
    Update,
    /// Writes a password.
    Password,
    /// Sets a user inactive.
    Deactivate,
    /// Sets a user active again.
    Reactivate,
    /// Deletes a user.
    Delete,
    /// Writes the manager of a user.
    Manager,
    /// Creates a group.
    PushGroup,
    /// Takes an existing group of the target as its own.
    LinkGroup,
    /// Renames a group.
    RenameGroup,
    /// Adds members to a group.
    AddMember,
    /// Removes members from a group.
    RemoveMember,
    /// Writes the whole membership of a group.
    PushNow,
    /// Deletes a group.
    DeleteGroup,
    /// Reads accounts page by page.
    Import,
}

impl fmt::Display for MoveKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MoveKind::Probe => "probe",
            MoveKind::Discover => "discover",
            MoveKind::Match => "match",
            MoveKind::Create => "create",
            MoveKind::Update => "update",
            MoveKind::Password => "password",
            MoveKind::Deactivate => "deactivate",
            MoveKind::Reactivate => "reactivate",
            MoveKind::Delete => "delete",
            MoveKind::Manager => "manager",
            MoveKind::PushGroup => "push-group",
            MoveKind::LinkGroup => "link-group",
            MoveKind::RenameGroup => "rename-group",
            MoveKind::AddMember => "add-member",
            MoveKind::RemoveMember => "remove-member",
            MoveKind::PushNow => "push-now",
            MoveKind::DeleteGroup => "delete-group",
            MoveKind::Import => "import",
        })
    }
}

/// Why a move failed, as the IdP's own log would say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The IdP's code: Okta's system-log event type, Entra's provisioning error code.
    pub code: String,
    /// The IdP's words.
    pub words: String,
    /// Status of the response that caused it, if there was one.
    pub status: Option<u16>,
    /// Whether the IdP will try again by itself.
    pub retried: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.words)
    }
}

/// How a move ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MoveResult {
    /// The target accepted it.
    Done,
    /// The IdP sends nothing here, and why.
    Skipped(String),
    /// The target refused it, or answered in a way that this IdP does not take.
    Failed(Failure),
}

impl MoveResult {
    /// The word of Entra's provisioning log for it: `success`, `skipped` or `failure`.
    pub fn status(&self) -> &'static str {
        match self {
            MoveResult::Done => "success",
            MoveResult::Skipped(_) => "skipped",
            MoveResult::Failed(_) => "failure",
        }
    }

    /// The IdP's code: of a failure, and of what Entra skips with one (`EntrySynchronizationSkipped`).
    pub fn code(&self) -> Option<&str> {
        match self {
            MoveResult::Done => None,
            MoveResult::Skipped(why) => split(why).0,
            MoveResult::Failed(failure) => Some(&failure.code),
        }
    }

    /// Why it did not happen, without the code; empty for what was done.
    pub fn reason(&self) -> &str {
        match self {
            MoveResult::Done => "",
            MoveResult::Skipped(why) => split(why).1,
            MoveResult::Failed(failure) => &failure.words,
        }
    }
}

/// The code before the words of a skipped move, if there is one: a single word in camel case.
fn split(why: &str) -> (Option<&str>, &str) {
    match why.split_once(": ") {
        Some((code, rest))
            if code.starts_with(|first: char| first.is_ascii_uppercase())
                && code.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            (Some(code), rest)
        }
        _ => (None, why),
    }
}

/// One move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveRecord {
    /// What was done.
    pub kind: MoveKind,
    /// Directory key of the object; `job` for what concerns the whole job.
    pub object: String,
    /// How it ended.
    pub result: MoveResult,
    /// SCIM id under which the target knows the object after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// Sequence numbers of its exchanges in the transcript.
    pub exchanges: Vec<u64>,
    /// When, on the simulated clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// One line of the provisioning log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Something was done to an object.
    Move(MoveRecord),
    /// Something concerns the whole job.
    Note(String),
}

/// What one call to the IdP led to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The moves, in order.
    pub moves: Vec<MoveRecord>,
    /// What concerns the whole job: quarantine entered or left, job disabled.
    pub notes: Vec<String>,
}

impl Report {
    /// The moves that failed.
    pub fn failures(&self) -> impl Iterator<Item = (&MoveRecord, &Failure)> {
        self.moves.iter().filter_map(|record| match &record.result {
            MoveResult::Failed(failure) => Some((record, failure)),
            _ => None,
        })
    }

    /// Whether no move failed.
    pub fn is_clean(&self) -> bool {
        self.failures().next().is_none()
    }

    /// The first move of that kind on that object.
    pub fn find(&self, kind: MoveKind, object: &str) -> Option<&MoveRecord> {
        self.moves.iter().find(|record| record.kind == kind && record.object == object)
    }

    /// Appends another report.
    pub fn extend(&mut self, other: Report) {
        self.moves.extend(other.moves);
        self.notes.extend(other.notes);
    }
}
