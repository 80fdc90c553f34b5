//! Named policies: one for each place where the documentation is silent, with a default and the reason for it. An
//! organization may set others (`policies` in its settings, by name).

mod list;
mod values;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

pub use list::{POLICIES, PolicyInfo};
pub use values::{
    AllowOrRefuse, AllowedDomains, ClaimedDomains, ConnectionMembers, DanglingMembers, DeletedMember, DeprovisionedJit,
    EventNames, ExistingMember, GroupDeletion, InvitedDeletion, InvitedMember, KeepOrRevoke, Memberships,
    RotatingTokens, RotationRestart, TakenEmail, TokenLife,
};

use crate::provider::store::StoreError;

/// The policies of one organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policies {
    /// See [`ExistingMember`].
    pub existing_member: ExistingMember,
    /// See [`DeletedMember`].
    pub deleted_member: DeletedMember,
    /// See [`InvitedMember`].
    pub invited_member: InvitedMember,
    /// See [`InvitedDeletion`].
    pub invited_deletion: InvitedDeletion,
    /// Whether just-in-time provisioning makes members while the organization has a SCIM connection. Default: it does, the
    /// two are documented as independent.
    pub jit_beside_scim: AllowOrRefuse,
    /// See [`DeprovisionedJit`].
    pub deprovisioned_jit: DeprovisionedJit,
    /// See [`AllowedDomains`].
    pub scim_allowed_domains: AllowedDomains,
    /// See [`ClaimedDomains`].
    pub scim_claimed_domains: ClaimedDomains,
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
    /// See [`TakenEmail`].
    pub scim_taken_email: TakenEmail,
    /// What happens to open sessions when the member's e-mail changes.
    pub email_change_sessions: KeepOrRevoke,
    /// Whether the management API may change name and e-mail of a member that SCIM provisions. Default: it may, no lock is
    /// documented; the IdP's next update overwrites them.
    pub api_edits_of_scim_members: AllowOrRefuse,
    /// See [`RotationRestart`].
    pub rotation_restart: RotationRestart,
    /// See [`RotatingTokens`].
    pub rotating_tokens: RotatingTokens,
    /// See [`TokenLife`].
    pub token_life: TokenLife,
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
            invited_member: InvitedMember::default(),
            invited_deletion: InvitedDeletion::default(),
            jit_beside_scim: AllowOrRefuse::default(),
            deprovisioned_jit: DeprovisionedJit::default(),
            scim_allowed_domains: AllowedDomains::default(),
            scim_claimed_domains: ClaimedDomains::default(),
            memberships_on_deactivation: Memberships::default(),
            connection_deleted_members: ConnectionMembers::default(),
            connection_deleted_sessions: KeepOrRevoke::default(),
            group_deleted_events: GroupDeletion::default(),
            membership_updates_member: false,
            scim_email_verified: true,
            scim_reactivation_needs_verified_email: false,
            scim_retires_email: false,
            scim_taken_email: TakenEmail::default(),
            email_change_sessions: KeepOrRevoke::default(),
            api_edits_of_scim_members: AllowOrRefuse::default(),
            rotation_restart: RotationRestart::default(),
            rotating_tokens: RotatingTokens::default(),
            token_life: TokenLife::default(),
            dangling_members: DanglingMembers::default(),
            event_names: EventNames::default(),
        }
    }
}

impl Policies {
    /// The policies of an organization: what its settings say under `policies`, the defaults for the rest.
    pub fn of(conn: &Connection, organization_id: &str) -> Result<Policies, StoreError> {
        /// The part of the settings that counts here: every write asks, and stepping over the rest costs less than having
        /// SQLite take it apart.
        #[derive(Deserialize)]
        struct Settings {
            policies: Option<Policies>,
        }
        let mut statement = conn.prepare_cached("SELECT settings FROM organizations WHERE organization_id = ?1")?;
        let mut rows = statement.query([organization_id])?;
        let Some(row) = rows.next()? else { return Ok(Policies::default()) };
        let settings = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let settings: Settings = serde_json::from_str(settings)
            .map_err(|source| StoreError::Damaged { what: "organization policies", source })?;
        Ok(settings.policies.unwrap_or_default())
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
