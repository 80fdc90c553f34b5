//! The manager pass of a cycle: references to managers, written after all users exist.

use std::collections::HashSet;

use serde_json::json;

use super::{Idp, Object, UserLink, lanes::Pass, users::manager_of, words};
use crate::idp::{
    dialect::{
        patch::{self, Op, Operation},
        query,
        user::ENTERPRISE,
    },
    moves::MoveKind,
    profile::value::{AddOrReplace, ManagerClear, ManagerPass, ManagerValue},
};

impl Idp {
    /// Whether a manager was written that the target does not show, and the profile writes it again.
    pub(super) fn repatch_pending(&self) -> bool {
        self.profile.knobs.manager_repatch
            && self.cycles.users.values().any(|link| link.written_manager.is_some() && link.shown_manager.is_none())
    }

    /// Managers, after all users exist.
    pub(super) async fn manager_pass(&mut self, visited: &HashSet<&str>) {
        if self.profile.knobs.manager_pass == ManagerPass::Never {
            return;
        }
        let keys: Vec<String> = self
            .directory
            .people()
            .filter(|person| person.user.manager.is_some() || visited.contains(person.user.key.as_str()))
            .map(|person| person.user.key.clone())
            .collect();
        let keys = keys.into_iter().filter(|key| {
            let escrow = self.cycles.escrows.get(&(Object::User, key.clone()));
            visited.contains(key.as_str()) || escrow.is_none_or(|escrow| escrow.next <= self.clock)
        });
        let keys = keys.collect();
        self.pass(Pass::Managers, keys).await;
    }

    pub(super) async fn write_manager(&mut self, key: &str) {
        let Some(link) = self.cycles.users.get(key).cloned() else { return };
        let Some(person) = self.directory.person(key) else { return };
        if !link.active || self.cycles.failed.contains(key) {
            return;
        }
        let wanted =
            person.user.manager.as_ref().and_then(|key| self.cycles.users.get(key)).map(|link| link.id.clone());
        let Some(manager) = wanted else {
            if person.user.manager.is_none() && link.written_manager.is_some() {
                self.clear_manager(key, &link).await;
            }
            return;
        };
        if link.shown_manager.as_deref() == Some(manager.as_str()) {
            if let Some(link) = self.cycles.users.get_mut(key) {
                link.written_manager = Some(manager);
            }
            return;
        }
        let again = self.profile.knobs.manager_repatch && link.shown_manager.is_none();
        if link.written_manager.as_deref() == Some(manager.as_str()) && !again {
            return;
        }
        if self.profile.knobs.reference_check {
            let target = query::reference(&self.profile.knobs, "/Users", &link.id, "manager", &manager);
            let answer = self.call("GET", &target, None).await;
            let there = answer.ok()
                && answer.list(self.profile.knobs.lenient_list_keys).is_ok_and(|list| !list.resources.is_empty());
            self.done(MoveKind::Match, key);
            if there {
                if let Some(link) = self.cycles.users.get_mut(key) {
                    link.written_manager = Some(manager);
                }
                return;
            }
        }
        let op = match (self.profile.knobs.add_or_replace, &link.shown_manager) {
            (AddOrReplace::Replace, _) => Op::Replace,
            (AddOrReplace::Add, _) | (_, None) => Op::Add,
            (_, Some(_)) => Op::Replace,
        };
        let operation = match self.profile.knobs.manager_value {
            ManagerValue::Text => Operation::at(op, manager_path(), manager.as_str()),
            ManagerValue::Object => Operation::at(op, manager_path(), json!({ "value": manager })),
            ManagerValue::Array => {
                let reference = self.client.endpoint().url(&query::user(&manager));
                Operation::at(op, "manager", json!([{"$ref": reference, "value": manager}]))
            }
        };
        self.patch_manager(key, &link, operation, Some(manager)).await;
    }

    async fn clear_manager(&mut self, key: &str, link: &UserLink) {
        let operation = match self.profile.knobs.manager_clear {
            ManagerClear::Nothing => {
                if let Some(link) = self.cycles.users.get_mut(key) {
                    link.written_manager = None;
                }
                self.skip(MoveKind::Manager, key, "a manager that is gone is not cleared in the target");
                return;
            }
            ManagerClear::EmptyText => Operation::at(Op::Replace, manager_path(), ""),
            ManagerClear::EmptyObject => Operation::at(Op::Replace, manager_path(), json!({"value": ""})),
            ManagerClear::Remove => Operation::remove(manager_path()),
        };
        self.patch_manager(key, link, operation, None).await;
    }

    async fn patch_manager(&mut self, key: &str, link: &UserLink, operation: Operation, manager: Option<String>) {
        let body = patch::body(&self.profile.knobs, vec![operation]);
        let answer = self.call("PATCH", &query::user(&link.id), Some(&body)).await;
        if !answer.ok() {
            let failure = words::refused(&answer, "manager");
            self.object_failed(Object::User, MoveKind::Manager, key, failure, words::condemns(&answer));
            return;
        }
        // A body that shows the user says whether the manager is kept; without a body nothing is known.
        let echoed = match answer.object() {
            Some(resource) => manager_of(resource),
            None => manager.clone(),
        };
        if let Some(link) = self.cycles.users.get_mut(key) {
            link.shown_manager = echoed;
            link.written_manager = manager;
        }
        self.release(Object::User, key);
        self.done(MoveKind::Manager, key);
    }
}

fn manager_path() -> String {
    format!("{ENTERPRISE}:manager")
}
