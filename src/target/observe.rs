//! What observers see: members, roles, sessions. Plain data; [`super::Tenant`] fills it.

use serde_json::Value;

use super::{TargetError, template::Variables};
use crate::wire::Secret;

/// The member that is observed, by all names under which a target may know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// SCIM id.
    pub id: String,
    /// SCIM userName.
    pub user_name: String,
    /// Primary e-mail address.
    pub email: String,
    /// SCIM externalId.
    pub external_id: Option<String>,
}

/// What an observer saw, or why it saw nothing.
pub type Observed<T> = Result<T, Unobserved>;

/// Why nothing was observed.
#[derive(Debug, thiserror::Error)]
pub enum Unobserved {
    /// The target has no such observer: the effect is not exercised.
    #[error("no observer for {what}: {remedy}")]
    NoObserver {
        /// What cannot be seen: `sessions`, `webhooks`.
        what: &'static str,
        /// What the user can add.
        remedy: String,
    },
    /// The observer did not work: neither a pass nor a failure of the target.
    #[error(transparent)]
    Failed(#[from] TargetError),
}

/// A member as the target's own API shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// State.
    pub status: MemberStatus,
    /// E-mail address, where the observer captures it.
    pub email: Option<String>,
    /// Name, where the observer captures it.
    pub name: Option<String>,
    /// The whole answer.
    pub raw: Value,
}

impl Member {
    /// A member that is not there.
    pub(super) fn absent(raw: Value) -> Member {
        Member { status: MemberStatus::Absent, email: None, name: None, raw }
    }
}

/// State of a member.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MemberStatus {
    /// May sign in.
    Active,
    /// Out of service, and kept.
    Deactivated,
    /// Made, not usable yet.
    Pending,
    /// Invited, not usable yet.
    Invited,
    /// There is no such member.
    Absent,
    /// A word of the target's own.
    Other(String),
}

/// The words for [`MemberStatus`] in configuration.
pub(super) const STATUS_WORDS: [&str; 5] = ["active", "deactivated", "pending", "invited", "absent"];

impl MemberStatus {
    /// The state that a word of the configuration stands for.
    pub fn from_word(word: &str) -> MemberStatus {
        match word {
            "active" => MemberStatus::Active,
            "deactivated" => MemberStatus::Deactivated,
            "pending" => MemberStatus::Pending,
            "invited" => MemberStatus::Invited,
            "absent" => MemberStatus::Absent,
            other => MemberStatus::Other(other.to_owned()),
        }
    }
}

impl std::fmt::Display for MemberStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            MemberStatus::Active => "active",
            MemberStatus::Deactivated => "deactivated",
            MemberStatus::Pending => "pending",
            MemberStatus::Invited => "invited",
            MemberStatus::Absent => "absent",
            MemberStatus::Other(word) => word,
        })
    }
}

/// A role that a member holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: String,
    /// Types of the sources that give it (`scim_connection_group`), where the target tells them.
    pub sources: Vec<String>,
}

/// A session of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id; empty where the target has none.
    pub id: String,
    /// The token that stands for it.
    pub token: Secret,
    /// The JWT that stands for it, where the target gives one.
    pub jwt: Option<Secret>,
}

/// What became of an attempt to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// A session was opened.
    Opened(Session),
    /// The target refused.
    Refused {
        /// HTTP status, or exit code of a command.
        status: u16,
        /// The answer, shortened.
        detail: String,
    },
}

/// State of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// The target accepts it.
    Open {
        /// Roles that the session gives, where the observer captures them.
        roles: Option<Vec<String>>,
    },
    /// The target refuses it.
    Refused {
        /// HTTP status, or exit code of a command.
        status: u16,
        /// The answer, shortened.
        detail: String,
    },
}

/// What became of an act of the target's own.
#[derive(Clone, Debug, PartialEq)]
pub enum Acted {
    /// It was done; what its calls captured.
    Done(Variables),
    /// The target refused.
    Refused {
        /// HTTP status, or exit code of a command.
        status: u16,
        /// The answer, shortened.
        detail: String,
    },
}
