//! What the connector behind Okta's on-premises agent can do: it says so in `/ServiceProviderConfigs`, and Okta switches
//! on nothing else (<https://help.okta.com/en-us/Content/Topics/Provisioning/opp/OPP-provision-SCIM-messages.htm>). Until
//! that was read, everything counts as declared.

use serde_json::Value;

use super::Task;
use crate::idp::{
    dialect::path::member,
    engine::{Idp, JOB},
    moves::MoveKind,
};

/// The extension of `/ServiceProviderConfigs` that lists the capabilities.
const CONFIG: &str = "urn:okta:schemas:scim:providerconfig:1.0";

/// Users who are staged may be created, inactive.
pub(super) const PENDING: &str = "PUSH_PENDING_USERS";
/// Users may be created.
pub(super) const NEW: &str = "PUSH_NEW_USERS";
/// Users may be made active again.
pub(super) const REACTIVATE: &str = "REACTIVATE_USERS";
/// An import may ask for what changed since the last one.
pub(super) const INCREMENTAL: &str = "OPP_SCIM_INCREMENTAL_IMPORTS";

impl Task {
    /// The capability that the task needs, if one decides about all of it, and the move that is left out without it.
    fn needs(&self) -> Option<(&'static str, MoveKind)> {
        Some(match self {
            Task::Push(_) => ("PUSH_PROFILE_UPDATES", MoveKind::Update),
            Task::Deactivate(_) | Task::Deprovision(_) => ("PUSH_USER_DEACTIVATION", MoveKind::Deactivate),
            Task::Password(..) => ("PUSH_PASSWORD_UPDATES", MoveKind::Password),
            Task::PushGroup(_) => ("GROUP_PUSH", MoveKind::PushGroup),
            Task::Rename(_) => ("GROUP_PUSH", MoveKind::RenameGroup),
            Task::Members { .. } => ("GROUP_PUSH", MoveKind::AddMember),
            Task::PushNow(_) => ("GROUP_PUSH", MoveKind::PushNow),
            Task::DeleteGroup(_) => ("GROUP_PUSH", MoveKind::DeleteGroup),
            Task::Import => ("IMPORT_NEW_USERS", MoveKind::Import),
            _ => return None,
        })
    }
}

impl Idp {
    /// Learns what the connector declares. One without the extension can do nothing.
    pub(super) fn learn_capabilities(&mut self, config: &Value) {
        // A single document, or a list with one.
        let one = member(config, "Resources").and_then(|all| all.get(0)).unwrap_or(config);
        let listed = member(one, CONFIG).and_then(|config| member(config, "userManagementCapabilities"));
        let listed: Vec<String> = listed
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect();
        self.note(match listed.is_empty() {
            true => format!("the connector declares nothing under {CONFIG}: no feature is switched on"),
            false => format!("the connector declares {}", listed.join(", ")),
        });
        self.tasks.capabilities = Some(listed);
    }

    /// Whether the connector was asked, and says that it can do this.
    pub(super) fn declares(&self, capability: &str) -> bool {
        self.tasks.capabilities.as_ref().is_some_and(|all| all.iter().any(|known| known == capability))
    }

    /// Whether the connector was asked, and does not say that it can do this; that is in the report then.
    pub(super) fn leaves_out(&mut self, capability: &str, kind: MoveKind, object: &str) -> bool {
        let without = self.tasks.capabilities.is_some() && !self.declares(capability);
        if without {
            self.skip(kind, object, &format!("the connector does not declare {capability}"));
        }
        without
    }

    /// Whether a task is left out whole.
    pub(super) fn leaves_out_task(&mut self, task: &Task) -> bool {
        let Some((capability, kind)) = task.needs() else { return false };
        let object = if kind == MoveKind::Import { JOB.to_owned() } else { task.told().1.to_owned() };
        self.leaves_out(capability, kind, &object)
    }
}
