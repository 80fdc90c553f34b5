//! The policies as help and documentation list them: name, open question, values.

/// One policy, for help and documentation.
#[derive(Clone, Copy, Debug)]
pub struct PolicyInfo {
    /// The field of [`Policies`](super::Policies).
    pub id: &'static str,
    /// The question that the documentation leaves open.
    pub question: &'static str,
    /// The values it takes, the default first.
    pub values: &'static [&'static str],
}

/// All policies, in the order of [`Policies`](super::Policies).
pub static POLICIES: &[PolicyInfo] = &[
    PolicyInfo {
        id: "existing_member",
        question: "a SCIM create meets a live member that has the e-mail and no registration",
        values: &["link", "refuse"],
    },
    PolicyInfo {
        id: "deleted_member",
        question: "a SCIM create meets a deactivated member that has the e-mail",
        values: &["reactivate", "refuse"],
    },
    PolicyInfo {
        id: "invited_member",
        question: "a SCIM create meets a member that was invited, or made as pending, and has never signed in",
        values: &["activate", "keep", "refuse"],
    },
    PolicyInfo {
        id: "invited_deletion",
        question: "an invited member without registration is deleted",
        values: &["remove", "deactivate"],
    },
    PolicyInfo {
        id: "jit_beside_scim",
        question: "just-in-time provisioning while the organization has a SCIM connection",
        values: &["allow", "refuse"],
    },
    PolicyInfo {
        id: "deprovisioned_jit",
        question: "a deactivated member signs in where just-in-time provisioning is allowed",
        values: &["refuse", "reactivate"],
    },
    PolicyInfo {
        id: "scim_allowed_domains",
        question: "whether SCIM obeys email_allowed_domains",
        values: &["ignore", "enforce"],
    },
    PolicyInfo {
        id: "scim_claimed_domains",
        question: "whether SCIM obeys the e-mail domains that other organizations claim",
        values: &["enforce", "ignore"],
    },
    PolicyInfo {
        id: "memberships_on_deactivation",
        question: "group memberships of a member that is deactivated",
        values: &["keep", "drop"],
    },
    PolicyInfo {
        id: "connection_deleted_members",
        question: "members of a connection that is deleted",
        values: &["keep", "deprovision"],
    },
    PolicyInfo {
        id: "connection_deleted_sessions",
        question: "sessions of the members of a connection that is deleted",
        values: &["keep", "revoke"],
    },
    PolicyInfo {
        id: "group_deleted_events",
        question: "events of the deletion of a group",
        values: &["group", "group_and_members"],
    },
    PolicyInfo {
        id: "membership_updates_member",
        question: "whether joining or leaving a group also sends scim.member.update",
        values: &["false", "true"],
    },
    PolicyInfo {
        id: "scim_email_verified",
        question: "whether an e-mail that comes by SCIM counts as verified",
        values: &["true", "false"],
    },
    PolicyInfo {
        id: "scim_reactivation_needs_verified_email",
        question: "whether SCIM may reactivate only a member with a verified e-mail",
        values: &["false", "true"],
    },
    PolicyInfo {
        id: "scim_retires_email",
        question: "whether an e-mail that SCIM changes stays reserved for its member",
        values: &["false", "true"],
    },
    PolicyInfo {
        id: "scim_taken_email",
        question: "SCIM gives a user an e-mail that is another member's address",
        values: &["refuse", "user_name"],
    },
    PolicyInfo {
        id: "email_change_sessions",
        question: "open sessions of a member whose e-mail changes",
        values: &["keep", "revoke"],
    },
    PolicyInfo {
        id: "api_edits_of_scim_members",
        question: "the management API changes name or e-mail of a member that SCIM provisions",
        values: &["allow", "refuse"],
    },
    PolicyInfo {
        id: "rotation_restart",
        question: "a rotation of the token is started while one is open",
        values: &["refuse", "replace"],
    },
    PolicyInfo {
        id: "rotating_tokens",
        question: "which tokens open the connection during a rotation",
        values: &["both", "old_only"],
    },
    PolicyInfo {
        id: "token_life",
        question: "how long a token of the connection lives",
        values: &["five_years", "one_year", "ninety_days"],
    },
    PolicyInfo {
        id: "dangling_members",
        question: "members of a group whose id names nothing in the connection",
        values: &["keep", "refuse"],
    },
    PolicyInfo { id: "event_names", question: "the names of group events", values: &["current", "older"] },
];
