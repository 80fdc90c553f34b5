//! The task queue: Okta's way. Each change becomes tasks at once; [`Idp::settle`] plays them in order, and a task that
//! fails stays failed until an administrator does something (there is no retry but for 429).

mod connector;
mod groups;
pub(super) mod import;
mod lanes;
mod leavers;
mod probe;
mod state;
mod users;
mod words;

use std::sync::Arc;

use super::Idp;
use crate::idp::{
    directory::{Change, DirectoryError},
    moves::MoveKind,
    profile::value::{GroupUnassign, HardDelete, Unassign},
};
pub use state::FailedTask;
pub(super) use state::State;
use state::{Failed, GroupLink, Task, UserLink, silent};

impl Idp {
    /// Whether the app is assigned to the person and the account is open.
    fn entitled(&self, key: &str) -> bool {
        self.directory.is_assigned(key, self.profile.knobs.groups_assign)
            && self.directory.person(key).is_some_and(|person| {
                person.enabled
                    && person.deleted_at.is_none()
                    && !(person.suspended && self.profile.knobs.suspend_deactivates)
            })
    }

    /// Whether the app is assigned to somebody whose account was not activated yet, and who is not in the app.
    fn is_staged(&self, key: &str) -> bool {
        self.directory.is_assigned(key, self.profile.knobs.groups_assign)
            && self.directory.person(key).is_some_and(|person| !person.enabled && person.deleted_at.is_none())
            && !self.tasks.users.contains_key(key)
    }

    pub(super) fn okta_change(&mut self, change: Change) -> Result<(), DirectoryError> {
        let before: Vec<(String, bool)> =
            self.concerned(&change).into_iter().map(|key| (key.clone(), self.entitled(&key))).collect();
        let pushed = self.directory.pushed();
        let inner = match &change {
            Change::DeleteGroup { key } if self.directory.inner(key).is_some() => self.within(key),
            _ => Vec::new(),
        };
        let person = change.user().and_then(|key| self.directory.person(key)).cloned();
        Arc::make_mut(&mut self.directory).apply(change.clone(), self.clock)?;
        match (&change, person) {
            (Change::DeleteUser { key }, Some(person)) => {
                self.tasks.gone.insert(key.clone(), person);
            }
            (Change::AddUser(user), _) => {
                self.tasks.gone.shift_remove(&user.key);
            }
            _ => {}
        }
        if matches!(change, Change::DisableUser { .. } | Change::SoftDeleteUser { .. })
            && !self.profile.knobs.enable_reassigns
            && let Some(key) = change.user()
        {
            Arc::make_mut(&mut self.directory).end_assignment(key);
        }
        for (key, was) in before {
            match (was, self.entitled(&key)) {
                (false, true) if self.tasks.users.get(&key).is_some_and(|link| link.pending) => {
                    self.tasks.enqueue(Task::Push(key));
                }
                (false, true) => self.tasks.enqueue(Task::Assign(key)),
                (true, false) => {
                    let gone = matches!(&change, Change::DeleteUser { .. });
                    let delete = gone && self.profile.knobs.hard_delete != HardDelete::Never
                        || self.profile.knobs.unassign == Unassign::Delete;
                    self.tasks.enqueue(if delete { Task::Delete(key) } else { Task::Deactivate(key) });
                }
                (_, now) => self.unmoved(&change, &key, now),
            }
        }
        self.group_change(change, &pushed, inner);
        Ok(())
    }

    /// The users whose entitlement a change may move.
    fn concerned(&self, change: &Change) -> Vec<String> {
        if let Some(key) = change.user() {
            return vec![key.to_owned()];
        }
        match change {
            Change::SetScope { .. } => self.directory.people().map(|person| person.user.key.clone()).collect(),
            Change::PushGroup { key } | Change::UnlinkGroup { key } | Change::DeleteGroup { key }
                if self.profile.knobs.groups_assign =>
            {
                self.directory.team(key).map(|team| team.group.members.clone()).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// What a change means for a user whose entitlement it leaves as it was.
    fn unmoved(&mut self, change: &Change, key: &str, entitled: bool) {
        let key = key.to_owned();
        let linked = self.tasks.users.get(&key).is_some_and(|link| link.active);
        let task = match change {
            Change::UpdateUser { .. } if entitled => Task::Push(key),
            Change::SetPassword { password, .. } if entitled && self.profile.knobs.sync_password => {
                Task::Password(key, password.clone())
            }
            Change::SetPassword { .. } => {
                silent(MoveKind::Password, key, "password synchronization is off, or the app is not assigned")
            }
            // Assigning again is what an administrator does after a failed task.
            Change::AssignUser { .. } if entitled && !linked => Task::Assign(key),
            Change::AssignUser { .. } if entitled => silent(MoveKind::Create, key, "the app is assigned already"),
            Change::AssignUser { .. } if self.declares(connector::PENDING) && self.is_staged(&key) => Task::Stage(key),
            Change::AssignUser { .. } => {
                silent(MoveKind::Create, key, "the account is not active: activate it, then assign again")
            }
            Change::EnableUser { .. } | Change::RestoreUser { .. } if !entitled => silent(
                MoveKind::Reactivate,
                key,
                "activation sends nothing: the assignment ended with the deactivation, assign again",
            ),
            Change::SuspendUser { .. } => silent(MoveKind::Deactivate, key, "suspension sends nothing"),
            Change::UnsuspendUser { .. } => silent(MoveKind::Reactivate, key, "the end of a suspension sends nothing"),
            Change::DeleteUser { .. } => {
                let always = self.profile.knobs.hard_delete == HardDelete::Always;
                if always && self.tasks.users.contains_key(&key) {
                    Task::Delete(key)
                } else {
                    silent(MoveKind::Delete, key, "deleting a deactivated user sends nothing")
                }
            }
            _ => return,
        };
        self.tasks.enqueue(task);
    }

    /// The people that a member stands for: a group within a group stands for those in it.
    fn within(&self, member: &str) -> Vec<String> {
        match self.directory.inner(member) {
            None => vec![member.to_owned()],
            Some(_) if self.profile.knobs.nested_groups => {
                self.directory.members(member, true).into_iter().map(str::to_owned).collect()
            }
            Some(_) => Vec::new(),
        }
    }

    /// What a change means for groups, of which these were pushed before it. `inner` are the people of a group that is
    /// gone.
    fn group_change(&mut self, change: Change, pushed: &[String], inner: Vec<String>) {
        let leave = self.profile.knobs.group_unassign == GroupUnassign::Leave;
        let was_pushed = change.group().is_some_and(|key| pushed.iter().any(|known| known == key));
        let task = match change {
            Change::PushGroup { key } => Task::PushGroup(key),
            Change::RenameGroup { key, .. } if was_pushed => Task::Rename(key),
            Change::PushGroupNow { key } if was_pushed => Task::PushNow(key),
            Change::PushGroupNow { key } => silent(MoveKind::PushNow, key, "the group is not pushed"),
            Change::AddMember { group, user } => {
                let add = self.within(&user);
                return self.membership(&group, pushed, &add, &[]);
            }
            Change::RemoveMember { group, user } => {
                let remove = self.within(&user);
                return self.membership(&group, pushed, &[], &remove);
            }
            Change::UnlinkGroup { key } if leave => self.unlink(key),
            Change::UnlinkGroup { key } if was_pushed => Task::DeleteGroup(key),
            Change::DeleteGroup { key } => {
                for outer in pushed.iter().filter(|outer| **outer != key) {
                    let held = self.tasks.groups.get(outer).map(|link| &link.members);
                    let remove: Vec<String> = inner
                        .iter()
                        .filter(|user| held.is_some_and(|held| held.contains_key(*user)))
                        .cloned()
                        .collect();
                    if !remove.is_empty() {
                        let add = Vec::new();
                        self.tasks.enqueue(Task::Members { group: outer.clone(), add, remove });
                    }
                }
                if !was_pushed {
                    return;
                }
                Task::DeleteGroup(key)
            }
            Change::ForceSync => Task::ForceSync,
            Change::Import => Task::Import,
            Change::AddGroup(_) | Change::RenameGroup { .. } | Change::AddPushRule { .. } => {
                for key in self.directory.pushed().into_iter().filter(|key| !pushed.contains(key)) {
                    self.tasks.enqueue(Task::PushGroup(key));
                }
                return;
            }
            Change::RemovePushRule { delete_groups, .. } => {
                let now = self.directory.pushed();
                for key in pushed.iter().filter(|key| !now.contains(key)).cloned() {
                    let task = if delete_groups { Task::DeleteGroup(key) } else { self.unlink(key) };
                    self.tasks.enqueue(task);
                }
                return;
            }
            _ => return,
        };
        self.tasks.enqueue(task);
    }

    /// The membership of a group changed, and with it that of the groups around it.
    fn membership(&mut self, group: &str, pushed: &[String], add: &[String], remove: &[String]) {
        if add.is_empty() && remove.is_empty() {
            return;
        }
        for group in self.around(group).into_iter().filter(|key| pushed.contains(key)) {
            self.tasks.enqueue(Task::Members { group, add: add.to_vec(), remove: remove.to_vec() });
        }
    }

    fn unlink(&mut self, key: String) -> Task {
        self.tasks.groups.shift_remove(&key);
        silent(MoveKind::DeleteGroup, key, "unlinked; the group stays in the app")
    }

    pub(super) async fn okta_settle(&mut self) {
        self.cut = false;
        while !self.halt.is_stopped() && (self.play_front().await || self.play_next().await) {}
    }

    /// Plays the task that waits longest; tells if there was none.
    async fn play_next(&mut self) -> bool {
        let Some(task) = self.tasks.queue.pop_front() else { return false };
        let failures = self.failures;
        if self.leaves_out_task(&task) {
            return true;
        }
        let tried = task.clone();
        match task {
            Task::Assign(key) => self.assign(&key).await,
            Task::Stage(key) => self.stage(&key).await,
            Task::Push(key) => self.push_profile(&key).await,
            Task::Deactivate(key) => self.deactivate(&key).await,
            Task::Deprovision(key) => self.deprovision(&key).await,
            Task::Delete(key) => self.delete_user(&key).await,
            Task::Password(key, password) => self.push_password(&key, &password).await,
            Task::PushGroup(key) => self.push_group(&key).await,
            Task::Rename(key) => self.rename_group(&key).await,
            Task::Members { group, add, remove } => self.push_members(&group, &add, &remove).await,
            Task::PushNow(key) => self.push_now(&key).await,
            Task::DeleteGroup(key) => self.delete_group(&key).await,
            Task::ForceSync => self.force_sync().await,
            Task::Import => self.import().await,
            Task::Silent(kind, key, why) => self.skip(kind, &key, &why),
        }
        if self.cut {
            self.tasks.queue.push_front(tried);
        } else if self.failures > failures {
            let why = self.last_failure.clone();
            self.tasks.fail(tried, why);
        }
        true
    }

    /// The failed tasks go into the queue again, but for those that the directory has overtaken. A group whose push
    /// failed is pushed whole.
    pub(super) fn okta_retry_failed(&mut self) -> usize {
        let failed = std::mem::take(&mut self.tasks.failed);
        let before = self.tasks.queue.len();
        for Failed { task, .. } in failed {
            let overtaken = match &task {
                Task::Assign(key) | Task::Push(key) | Task::Password(key, _) => !self.entitled(key),
                Task::Deactivate(key) | Task::Deprovision(key) | Task::Delete(key) => self.entitled(key),
                Task::PushGroup(key) | Task::Rename(key) | Task::PushNow(key) | Task::Members { group: key, .. } => {
                    self.directory.team(key).is_none_or(|team| !team.pushed)
                }
                _ => false,
            };
            let again = match task {
                Task::PushGroup(key) | Task::Rename(key) | Task::Members { group: key, .. } => Task::PushGroup(key),
                task => task,
            };
            if !overtaken && !self.tasks.queue.contains(&again) {
                self.tasks.enqueue(again);
            }
        }
        self.tasks.queue.len() - before
    }

    /// The tasks that failed and that nobody has had tried again.
    pub(super) fn okta_failed_tasks(&self) -> Vec<FailedTask> {
        self.tasks
            .failed
            .iter()
            .map(|Failed { task, why }| {
                let (task, object) = task.told();
                FailedTask { task, object: object.to_owned(), why: why.clone() }
            })
            .collect()
    }

    async fn force_sync(&mut self) {
        let keys: Vec<String> = self.directory.people().map(|person| person.user.key.clone()).collect();
        for key in keys {
            if self.halted() {
                return;
            }
            if !self.entitled(&key) {
                continue;
            }
            if self.tasks.users.contains_key(&key) {
                self.push_profile(&key).await;
            } else if self.profile.knobs.force_sync_creates {
                self.assign(&key).await;
            } else {
                self.skip(MoveKind::Create, &key, "a forced synchronization creates nobody");
            }
        }
    }
}
