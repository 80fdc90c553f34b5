//! What happened: the left-hand column of the effects table, and who did it.

use time::OffsetDateTime;

use crate::provider::security_events::{ScimEvent, Subject};

/// Who made a change. It is the first part of an event's type, `scim.member.create`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The management API.
    Direct,
    /// An administrator at the dashboard.
    Dashboard,
    /// The identity provider, over SCIM.
    Scim,
}

impl Source {
    /// As it stands in an event's body: `SCIM`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Source::Direct => "DIRECT",
            Source::Dashboard => "DASHBOARD",
            Source::Scim => "SCIM",
        }
    }

    /// Who or what is behind it, in the words of CAEP 1.0 section 2: the directory's own sync, or an administrator.
    #[must_use]
    pub fn initiating_entity(self) -> &'static str {
        match self {
            Source::Scim => "system",
            Source::Direct | Source::Dashboard => "admin",
        }
    }

    /// As it stands in an event's type and in `sessions.revoked_by`: `scim`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Source::Direct => "direct",
            Source::Dashboard => "dashboard",
            Source::Scim => "scim",
        }
    }
}

/// By which request a change came. The same change has the same effects on every road; it is recorded with the revocation
/// of a session, for the reader of a report. Only security events tell one road from another: RFC 9967 has an event for
/// each method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// HTTP POST.
    Post,
    /// HTTP PUT.
    Put,
    /// HTTP PATCH.
    Patch,
    /// HTTP DELETE.
    Delete,
}

impl Via {
    /// Lower-case name of the method.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Via::Post => "post",
            Via::Put => "put",
            Via::Patch => "patch",
            Via::Delete => "delete",
        }
    }
}

/// Where a change comes from: who, by which request, in which organization, when.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The project that the events name.
    pub project_id: String,
    /// The organization whose policies hold.
    pub organization_id: String,
    /// Who.
    pub source: Source,
    /// By which request.
    pub via: Via,
    /// When: one time for all that a request writes.
    pub at: OffsetDateTime,
    /// `txn` of the security event tokens that follow: one for all that a request writes.
    pub txn: String,
}

/// One change that has already been written where it belongs (the SCIM resource, the member's own columns), and whose
/// effects are to follow. Source [`Source::Direct`] gives the same changes made through the management API.
#[derive(Clone, Debug)]
pub enum Change {
    /// A member record was made, with the status that it starts with.
    MemberProvisioned {
        /// The member.
        member_id: String,
        /// Explicit roles given with the creation.
        explicit_roles: Vec<String>,
    },
    /// A live member that already existed got a SCIM registration (policy [`ExistingMember::Link`](super::ExistingMember)).
    MemberLinked {
        /// The member.
        member_id: String,
    },
    /// The member's record or SCIM resource was written.
    MemberUpdated {
        /// The member.
        member_id: String,
        /// Whether anything in it is different from before.
        changed: bool,
        /// The new set of explicit roles, if the change sets one.
        explicit_roles: Option<Vec<String>>,
    },
    /// The member goes out of service: active false, DELETE, or deletion by the management API.
    MemberDeprovisioned {
        /// The member.
        member_id: String,
    },
    /// The member comes back into service.
    MemberReactivated {
        /// The member.
        member_id: String,
    },
    /// The member has signed in by a way that proves who it is.
    MemberSignedIn {
        /// The member.
        member_id: String,
    },
    /// The member's e-mail was changed to another address.
    EmailChanged {
        /// The member.
        member_id: String,
    },
    /// A group was pushed.
    GroupCreated {
        /// The group.
        group_id: String,
    },
    /// A group's own attributes were written.
    GroupUpdated {
        /// The group.
        group_id: String,
        /// Whether its display name is different from before: the only editable field of a group.
        renamed: bool,
    },
    /// A membership row was made.
    MemberAddedToGroup {
        /// The group.
        group_id: String,
        /// The member (or nested group) that joined.
        member_id: String,
    },
    /// A membership row was removed.
    MemberRemovedFromGroup {
        /// The group.
        group_id: String,
        /// The member (or nested group) that left.
        member_id: String,
    },
    /// The group is to go: its row, its memberships and its role assignments are removed by the rule.
    GroupDeleted {
        /// The group.
        group_id: String,
    },
    /// The SCIM connection is to go, and all that hangs on it: registrations, groups, role assignments.
    ConnectionDeleted {
        /// The connection.
        connection_id: String,
    },
    /// A caller of the API has ended a session.
    SessionRevoked {
        /// The member.
        member_id: String,
        /// The session.
        member_session_id: String,
    },
    /// A SCIM request wrote a resource: what the streams of security events hear of it.
    ScimWrote {
        /// Which.
        subject: Subject,
        /// How.
        event: ScimEvent,
    },
    /// An object whose changes have no effect but their event: organizations.
    Recorded {
        /// The object.
        object: super::Object,
        /// What was done to it.
        action: super::Action,
    },
}

/// The kind of a change: the key of the rule table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are those of `Change`, and are explained there
pub enum ChangeKind {
    MemberProvisioned,
    MemberLinked,
    MemberUpdated,
    MemberDeprovisioned,
    MemberReactivated,
    MemberSignedIn,
    EmailChanged,
    GroupCreated,
    GroupUpdated,
    MemberAddedToGroup,
    MemberRemovedFromGroup,
    GroupDeleted,
    ConnectionDeleted,
    SessionRevoked,
    ScimWrote,
    Recorded,
}

impl Change {
    /// The row of the rule table that this change belongs to.
    #[must_use]
    pub fn kind(&self) -> ChangeKind {
        match self {
            Change::MemberProvisioned { .. } => ChangeKind::MemberProvisioned,
            Change::MemberLinked { .. } => ChangeKind::MemberLinked,
            Change::MemberUpdated { .. } => ChangeKind::MemberUpdated,
            Change::MemberDeprovisioned { .. } => ChangeKind::MemberDeprovisioned,
            Change::MemberReactivated { .. } => ChangeKind::MemberReactivated,
            Change::MemberSignedIn { .. } => ChangeKind::MemberSignedIn,
            Change::EmailChanged { .. } => ChangeKind::EmailChanged,
            Change::GroupCreated { .. } => ChangeKind::GroupCreated,
            Change::GroupUpdated { .. } => ChangeKind::GroupUpdated,
            Change::MemberAddedToGroup { .. } => ChangeKind::MemberAddedToGroup,
            Change::MemberRemovedFromGroup { .. } => ChangeKind::MemberRemovedFromGroup,
            Change::GroupDeleted { .. } => ChangeKind::GroupDeleted,
            Change::ConnectionDeleted { .. } => ChangeKind::ConnectionDeleted,
            Change::SessionRevoked { .. } => ChangeKind::SessionRevoked,
            Change::ScimWrote { .. } => ChangeKind::ScimWrote,
            Change::Recorded { .. } => ChangeKind::Recorded,
        }
    }
}
