//! Named policies: one for each place where the documentation is silent, with a default and the reason for it. An
//! organization may set others (`policies` in its settings, by name).

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::provider::store::StoreError;

/// A SCIM create meets a live member (made by the API, invited, JIT) that has the e-mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExistingMember {
    /// The member gets the SCIM registration if it has none (the IdP finds "its" user), else 409.
    #[default]
    Link,
    /// Always 409.
    Refuse,
}

/// A SCIM create meets a deactivated member that has the e-mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedMember {
    /// The member is reactivated and linked: ids that other systems hold stay good.
    #[default]
    Reactivate,
    /// 409.
    Refuse,
}

/// What happens to group memberships on deactivation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Memberships {
    /// They stay, so that implicit grants qualify again on reactivation, as the reactivation row of the table says.
    #[default]
    Keep,
    /// They are removed; the IdP must push them again.
    Drop,
}

/// What happens to the members of a connection that is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionMembers {
    /// They stay members, without registration and group roles: deleting a connection is no statement about people.
    #[default]
    Keep,
    /// Each is deprovisioned.
    Deprovision,
}

/// What happens to sessions when the connection of their member is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepOrRevoke {
    /// They stay: only deprovisioning revokes.
    #[default]
    Keep,
    /// They are revoked.
    Revoke,
}

/// Which events the deletion of a group sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupDeletion {
    /// One for the group.
    #[default]
    Group,
    /// One for each membership, then one for the group.
    GroupAndMembers,
}

/// What becomes of a member of a group whose id names nothing in the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DanglingMembers {
    /// It is kept and shown as it was sent, and means nothing: RFC 7643 section 2.3.7 leaves the integrity of references
    /// to the server, and what a client wrote is not lost.
    #[default]
    Keep,
    /// 400 `invalidValue`, and nothing of the request is done.
    Refuse,
}

/// The generation of the group events' names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventNames {
    /// `scim.scim_group.create`, `scim.scim_member_group.create`: they follow the documented grammar of names.
    #[default]
    Current,
    /// `scim.idp_group.create`, `scim.idp_group.member_add`: the older guide's names.
    Older,
}

/// The policies of one organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policies {
    /// See [`ExistingMember`].
    pub existing_member: ExistingMember,
    /// See [`DeletedMember`].
    pub deleted_member: DeletedMember,
    /// See [`Memberships`].
    pub memberships_on_deactivation: Memberships,
    /// See [`ConnectionMembers`].
    pub connection_deleted_members: ConnectionMembers,
    /// See [`KeepOrRevoke`].
    pub connection_deleted_sessions: KeepOrRevoke,
    /// See [`GroupDeletion`].
    pub group_deleted_events: GroupDeletion,
    /// Whether a change of group membership also sends `scim.member.update` for the member. Default: no, the membership event
    /// says it.
    pub membership_updates_member: bool,
    /// Whether an e-mail that comes by SCIM counts as verified. Default: yes, the IdP vouches for its own directory.
    pub scim_email_verified: bool,
    /// Whether SCIM may reactivate only a member with a verified e-mail, as the REST call does. Default: no.
    pub scim_reactivation_needs_verified_email: bool,
    /// Whether an e-mail that SCIM changes stays reserved for its member (retired). Default: no, only the API, OAuth, SAML
    /// and OIDC are documented to retire addresses.
    pub scim_retires_email: bool,
    /// See [`DanglingMembers`].
    pub dangling_members: DanglingMembers,
    /// See [`EventNames`].
    pub event_names: EventNames,
}

impl Default for Policies {
    fn default() -> Policies {
        Policies {
            existing_member: ExistingMember::default(),
            deleted_member: DeletedMember::default(),
            memberships_on_deactivation: Memberships::default(),
            connection_deleted_members: ConnectionMembers::default(),
            connection_deleted_sessions: KeepOrRevoke::default(),
            group_deleted_events: GroupDeletion::default(),
            membership_updates_member: false,
            scim_email_verified: true,
            scim_reactivation_needs_verified_email: false,
            scim_retires_email: false,
            dangling_members: DanglingMembers::default(),
            event_names: EventNames::default(),
        }
    }
}

/// One policy, for help and documentation.
#[derive(Clone, Copy, Debug)]
pub struct PolicyInfo {
    /// The field of [`Policies`].
    pub id: &'static str,
    /// The question that the documentation leaves open.
    pub question: &'static str,
    /// The values it takes, the default first.
    pub values: &'static [&'static str],
}

/// All policies, in the order of [`Policies`].
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
        id: "dangling_members",
        question: "members of a group whose id names nothing in the connection",
        values: &["keep", "refuse"],
    },
    PolicyInfo { id: "event_names", question: "the names of group events", values: &["current", "older"] },
];

impl Policies {
    /// The policies of an organization: what its settings say under `policies`, the defaults for the rest.
    pub fn of(conn: &Connection, organization_id: &str) -> Result<Policies, StoreError> {
        let mut statement = conn.prepare_cached(
            "SELECT json_extract(settings, '$.policies') FROM organizations WHERE organization_id = ?1",
        )?;
        let mut rows = statement.query([organization_id])?;
        let stored: Option<String> = rows.next()?.map(|row| row.get(0)).transpose()?.flatten();
        stored.map_or_else(
            || Ok(Policies::default()),
            |text| {
                serde_json::from_str(&text)
                    .map_err(|source| StoreError::Damaged { what: "organization policies", source })
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list for readers names every policy, with the real default first.
    #[test]
    fn the_list_of_policies_is_complete_and_true() {
        let defaults = serde_json::to_value(Policies::default()).expect("JSON");
        let defaults = defaults.as_object().expect("an object");
        let listed: Vec<&str> = POLICIES.iter().map(|policy| policy.id).collect();
        assert_eq!(listed, defaults.keys().map(String::as_str).collect::<Vec<_>>());
        for policy in POLICIES {
            let default = defaults[policy.id].as_str().map_or_else(|| defaults[policy.id].to_string(), str::to_owned);
            assert_eq!(policy.values[0], default, "{}", policy.id);
            for value in policy.values {
                let json = serde_json::from_str(value).unwrap_or_else(|_| serde_json::Value::from(*value));
                let one = serde_json::json!({ policy.id: json });
                assert!(serde_json::from_value::<Policies>(one).is_ok(), "{} does not take {value}", policy.id);
            }
        }
    }
}
