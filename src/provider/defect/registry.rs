//! The list of defects. Each was seen in a real server, or breaks a documented behaviour: its source is the one or the
//! other.

use super::{Cause, effects, order, protocol};

/// A defect as `list defects` and `explain` show it.
#[derive(Clone, Copy)]
pub struct DefectInfo {
    /// Its name on the command line; never reused.
    pub id: &'static str,
    /// What the server does wrong.
    pub summary: &'static str,
    /// Where it was seen, or what documents the right behaviour that it breaks.
    pub source: &'static str,
    /// The requirements and effects that must catch it.
    pub caught_by: &'static [&'static str],
    pub(super) cause: Cause,
}

macro_rules! defects {
    ($( $id:literal: $summary:literal, $source:literal, [$($caught_by:literal),+], $cause:expr; )+) => {
        /// Every defect.
        pub static DEFECTS: &[DefectInfo] = &[
            $( DefectInfo {
                id: $id,
                summary: $summary,
                source: $source,
                caught_by: &[$($caught_by),+],
                cause: $cause,
            }, )+
        ];
    };
}

defects! {
    "sessions-survive-patch":
        "PUT with active false revokes the member's sessions, PATCH leaves them open",
        "https://stytch.com/docs/b2b/guides/scim/actions",
        ["EFF-SESSIONS"], Cause::Rules(effects::sessions_survive_patch);
    "newest-session-only-revoked":
        "deprovisioning revokes only the newest of several sessions",
        "https://stytch.com/docs/b2b/guides/scim/actions",
        ["EFF-SESSIONS"], Cause::Rules(effects::newest_session_only);
    "bystander-sessions-revoked":
        "deprovisioning one member signs everybody in the organization out",
        "https://stytch.com/docs/b2b/guides/scim/actions",
        ["EFF-BYSTANDER"], Cause::Rules(effects::bystander_sessions_revoked);
    "delete-leaves-member-active":
        "DELETE removes the SCIM resource and leaves the member, its sessions and its roles as they are",
        "https://learn.microsoft.com/en-in/answers/questions/5646806",
        ["EFF-STATUS", "EFF-SESSIONS"], Cause::Rules(effects::delete_leaves_member_active);
    "group-roles-stay-after-removal":
        "a member who leaves a group keeps the roles that the group gave",
        "https://github.com/metabase/metabase/issues/48276",
        ["EFF-ROLES"], Cause::Rules(effects::group_roles_stay);
    "rename-detaches-role":
        "renaming a group drops the roles that were mapped to it",
        "https://stytch.com/docs/b2b/guides/scim/actions",
        ["EFF-GROUPS"], Cause::Rules(effects::rename_detaches_role);
    "explicit-roles-return-on-reactivation":
        "roles given by hand come back with reactivation instead of being given anew",
        "https://stytch.com/docs/b2b/guides/scim/actions",
        ["EFF-REACTIVATE"], Cause::Rules(effects::explicit_roles_return);
    "old-session-revives-on-reactivation":
        "a session that deprovisioning ended works again after reactivation",
        "https://stytch.com/docs/b2b/guides/scim/actions",
        ["EFF-REACTIVATE"], Cause::Rules(effects::old_session_revives);
    "noop-emits-event":
        "a PUT or PATCH that changes nothing sends an update event",
        "https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2",
        ["EFF-NOOP"], Cause::Rules(effects::noop_emits_event);
    "event-emitted-twice":
        "every change emits two events with two ids",
        "https://docs.svix.com/receiving/verifying-payloads/how-manual",
        ["EFF-WEBHOOKS"], Cause::Rules(effects::events_doubled);
    "deprovision-sent-as-update":
        "deprovisioning is announced as member.update, so that consumers of member.delete never hear of it",
        "https://clerk.com/docs/guides/configure/auth-strategies/enterprise-connections/directory-sync",
        ["EFF-WEBHOOKS"], Cause::Rules(effects::deprovision_sent_as_update);
    "session-revoked-not-signalled":
        "deprovisioning revokes the sessions, and sends no session-revoked to the streams of security events",
        "https://openid.net/specs/openid-caep-1_0.html#section-3.1",
        ["CAEP-R5"], Cause::Rules(effects::session_revoked_not_signalled);
    "deletion-signalled-as-feed-remove":
        "DELETE is told to the streams of security events as feed:remove, as if the resource went on elsewhere",
        "https://www.rfc-editor.org/rfc/rfc9967#section-2.4.4",
        ["RFC9967-2.4.4-R1"], Cause::Rules(effects::deletion_as_feed_remove);
    "webhook-sent-twice":
        "a delivery that was answered 2xx is sent once more",
        "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
        ["EFF-WEBHOOKS"], Cause::Delivery(|delivery| delivery.copies = 2);
    "webhook-unsigned":
        "webhooks carry no signature",
        "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
        ["EFF-WEBHOOKS"], Cause::Delivery(|delivery| delivery.sign = false);
    "webhook-before-commit":
        "the event arrives before the change can be read",
        "https://stytch.com/docs/workspace-management/webhooks",
        ["EFF-WEBHOOKS"], Cause::Routes(order::webhook_before_commit);
    "string-false-ignored":
        "active as the string \"False\" is answered 200 and changes nothing",
        "https://github.com/tuist/tuist/issues/13238",
        ["EFF-STATUS"], Cause::Layer(protocol::string_false_ignored);
    "op-case-sensitive":
        "PATCH operations in the spelling of Entra (Replace) are refused with 400",
        "https://github.com/ssoready/ssoready/pull/159",
        ["EFF-STATUS"], Cause::Layer(protocol::op_case_sensitive);
    "add-active-ignored":
        "add of active is answered 200 and changes nothing; only replace is looked at",
        "https://github.com/rancher/rancher/issues/54025",
        ["EFF-STATUS"], Cause::Layer(protocol::add_active_ignored);
    "pathless-patch-ignored":
        "a PATCH operation without a path is answered 200 and changes nothing",
        "https://github.com/Metatavu/keycloak-scim-server/issues/95",
        ["EFF-STATUS"], Cause::Layer(protocol::pathless_patch_ignored);
    "put-ignores-active":
        "PUT writes the profile and leaves active as it was",
        "https://github.com/different-ai/openwork/pull/3809",
        ["EFF-STATUS"], Cause::Layer(protocol::put_ignores_active);
    "members-remove-value-empties-group":
        "remove of members with a list of values removes every member of the group",
        "https://github.com/MicrosoftDocs/azure-docs/issues/30826",
        ["EFF-GROUPS", "EFF-BYSTANDER"], Cause::Layer(protocol::remove_value_empties_group);
    "inactive-hidden-from-filter":
        "users that are not active are not found by a filter, so that an IdP creates them again",
        "https://github.com/better-auth/better-auth/issues/11111",
        ["EFF-REACTIVATE"], Cause::Layer(protocol::inactive_hidden);
    "filter-miss-404":
        "a filter that matches nobody is answered 404 instead of an empty list",
        "https://github.com/jelhub/scimgateway/issues/18",
        ["RFC7644-3.4.2-R8"], Cause::Layer(protocol::filter_miss_404);
    "duplicate-create-200":
        "a second create of the same userName is answered 200 with the first user instead of 409",
        "https://learn.microsoft.com/entra/identity/app-provisioning/scim-validator-tutorial",
        ["RFC7644-3.3-R8"], Cause::Layer(protocol::duplicate_create_200);
    "sign-in-after-deactivation":
        "old sessions are closed, and the deactivated member can open a new one",
        "https://stytch.com/docs/b2b/guides/scim/actions",
        ["EFF-SIGNIN"], Cause::Layer(protocol::sign_in_after_deactivation);
}
