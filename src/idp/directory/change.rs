//! What can happen in the IdP's directory.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Group, User};

/// One change of the directory or of what an administrator set up around the app. What an IdP makes of it is the
/// business of its engine: the same change means other requests for Okta than for Entra, and for some none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(clippy::large_enum_variant)]
pub enum Change {
    /// A person comes into the directory. The app does not hear of it before an assignment.
    AddUser(User),
    /// Attributes of a person change; `null` clears. Names as [`User::set`] takes them.
    UpdateUser {
        /// Who.
        key: String,
        /// New values.
        set: Map<String, Value>,
    },
    /// The person gets a new password (Okta sends it if password synchronization is on).
    SetPassword {
        /// Who.
        key: String,
        /// The new password; it goes to the target only.
        password: String,
    },
    /// The app is assigned to the person.
    AssignUser {
        /// Who.
        key: String,
    },
    /// The assignment ends, in whatever way it came about: no assigned group brings the person back into scope.
    UnassignUser {
        /// Who.
        key: String,
    },
    /// The account is closed: Okta "deactivate", Entra `accountEnabled = false`.
    DisableUser {
        /// Who.
        key: String,
    },
    /// The account is open again.
    EnableUser {
        /// Who.
        key: String,
    },
    /// Okta "suspend". Entra knows no such state.
    SuspendUser {
        /// Who.
        key: String,
    },
    /// End of a suspension.
    UnsuspendUser {
        /// Who.
        key: String,
    },
    /// A scoping filter excludes the person (Okta: the assigning group loses them).
    MoveOutOfScope {
        /// Who.
        key: String,
    },
    /// The scoping filter includes the person again.
    MoveIntoScope {
        /// Who.
        key: String,
    },
    /// Entra: into the recycle bin for 30 days. Okta: deactivate, the only way to a deletion.
    SoftDeleteUser {
        /// Who.
        key: String,
    },
    /// Out of the recycle bin.
    RestoreUser {
        /// Who.
        key: String,
    },
    /// Gone for good.
    DeleteUser {
        /// Who.
        key: String,
    },
    /// A group comes into the directory. The app does not hear of it before [`Change::PushGroup`].
    AddGroup(Group),
    /// The group is to exist in the app: Okta group push, Entra assignment of the group.
    PushGroup {
        /// Which group.
        key: String,
    },
    /// The group gets another name.
    RenameGroup {
        /// Which group.
        key: String,
        /// The new name.
        name: String,
    },
    /// Somebody, or another group, joins a group.
    AddMember {
        /// Which group.
        group: String,
        /// Who.
        user: String,
    },
    /// Somebody leaves a group.
    RemoveMember {
        /// Which group.
        group: String,
        /// Who.
        user: String,
    },
    /// The group is deleted, in the directory and in the app.
    DeleteGroup {
        /// Which group.
        key: String,
    },
    /// The group is no longer pushed (Okta: unlinked, left in the app; Entra: unassigned).
    UnlinkGroup {
        /// Which group.
        key: String,
    },
    /// Okta "push now": the whole membership is written again.
    PushGroupNow {
        /// Which group.
        key: String,
    },
    /// Who is in scope is decided by a rule over attributes from now on ([`super::Scope`]); `null` lets everybody in.
    SetScope {
        /// The rule, such as `department eq "Sales"`.
        rule: Option<String>,
    },
    /// Okta "push groups by rule": every group whose name begins so is pushed, also those that come later.
    AddPushRule {
        /// Name of the rule.
        name: String,
        /// How the names of its groups begin.
        starts_with: String,
    },
    /// The rule ends, and with it the push of its groups.
    RemovePushRule {
        /// Name of the rule.
        name: String,
        /// Whether its groups are deleted in the app, or left there.
        delete_groups: bool,
    },
    /// Okta "force sync": every linked user is pushed again; nobody is created.
    ForceSync,
    /// Accounts are read from the app: Okta import, Entra account discovery.
    Import,
}

impl Change {
    /// The user that the change is about, if it is about one.
    pub fn user(&self) -> Option<&str> {
        match self {
            Change::AddUser(user) => Some(&user.key),
            Change::UpdateUser { key, .. }
            | Change::SetPassword { key, .. }
            | Change::AssignUser { key }
            | Change::UnassignUser { key }
            | Change::DisableUser { key }
            | Change::EnableUser { key }
            | Change::SuspendUser { key }
            | Change::UnsuspendUser { key }
            | Change::MoveOutOfScope { key }
            | Change::MoveIntoScope { key }
            | Change::SoftDeleteUser { key }
            | Change::RestoreUser { key }
            | Change::DeleteUser { key } => Some(key),
            Change::AddMember { user, .. } | Change::RemoveMember { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The group that the change is about, if it is about one.
    pub fn group(&self) -> Option<&str> {
        match self {
            Change::AddGroup(group) => Some(&group.key),
            Change::PushGroup { key }
            | Change::RenameGroup { key, .. }
            | Change::DeleteGroup { key }
            | Change::UnlinkGroup { key }
            | Change::PushGroupNow { key } => Some(key),
            Change::AddMember { group, .. } | Change::RemoveMember { group, .. } => Some(group),
            _ => None,
        }
    }
}
