//! What the task engine remembers: links, the queue, and the tasks that failed.

use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::idp::{directory::Person, engine::JOB, moves::MoveKind};

/// A user that the target knows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct UserLink {
    /// SCIM id: Okta's "External ID" of the app user.
    pub(super) id: String,
    /// What `active` was last written as, or shown.
    pub(super) active: bool,
    /// What was last written, by mapping target.
    pub(super) written: BTreeMap<String, Value>,
    /// The last profile push failed.
    pub(super) push_failed: bool,
    /// Created inactive, before the person's account was activated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) pending: bool,
    /// Made by a run that was killed: the assignment that waits is one of this id, whatever the user is called by now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) late: bool,
}

/// A group that the target knows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct GroupLink {
    /// SCIM id.
    pub(super) id: String,
    /// SCIM ids of the members last written, by user key.
    pub(super) members: IndexMap<String, String>,
    /// SCIM ids of members that were there when the group was linked, and stay.
    pub(super) foreign: Vec<String>,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Task {
    Assign(String),
    /// A person who is not active yet is created, inactive.
    Stage(String),
    Push(String),
    Deactivate(String),
    /// A deactivation that could not be sent: a person has to see to it.
    Deprovision(String),
    Delete(String),
    Password(String, String),
    PushGroup(String),
    Rename(String),
    Members {
        group: String,
        add: Vec<String>,
        remove: Vec<String>,
    },
    PushNow(String),
    DeleteGroup(String),
    ForceSync,
    Import,
    /// Nothing is sent; the report says why.
    Silent(MoveKind, String, Cow<'static, str>),
}

/// A task that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Failed {
    pub(super) task: Task,
    /// Why, in the words of the log.
    pub(super) why: String,
}

/// A failed task, as the administrator's list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedTask {
    /// What was to be done.
    pub task: &'static str,
    /// Directory key of the object; `job` for what concerns the whole job.
    pub object: String,
    /// Why it was not.
    pub why: String,
}

impl Task {
    /// What is to be done, in two words, and to which object.
    pub(super) fn told(&self) -> (&'static str, &str) {
        match self {
            Task::Assign(key) => ("provision user", key),
            Task::Stage(key) => ("provision pending user", key),
            Task::Push(key) => ("push profile", key),
            Task::Deactivate(key) => ("deactivate user", key),
            Task::Deprovision(key) => ("deprovision user", key),
            Task::Delete(key) => ("delete user", key),
            Task::Password(key, _) => ("push password", key),
            Task::PushGroup(key) => ("push group", key),
            Task::Rename(key) => ("rename group", key),
            Task::Members { group, .. } => ("push members", group),
            Task::PushNow(key) => ("push group now", key),
            Task::DeleteGroup(key) => ("delete group", key),
            Task::ForceSync => ("force sync", JOB),
            Task::Import => ("import", JOB),
            Task::Silent(_, key, _) => ("nothing", key),
        }
    }
}

/// What the task engine remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::idp::engine) struct State {
    pub(super) queue: VecDeque<Task>,
    /// Tasks that failed, until an administrator has them tried again.
    pub(super) failed: Vec<Failed>,
    pub(super) users: IndexMap<String, UserLink>,
    pub(super) groups: IndexMap<String, GroupLink>,
    /// What the connector of an on-premises agent declares, if it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) capabilities: Option<Vec<String>>,
    /// The newest `meta.lastModified` that an import has seen, in whole seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) imported_until: Option<String>,
    /// People who are gone from the directory, as they were last: what remains to be sent is sent of them.
    pub(super) gone: IndexMap<String, Person>,
    /// In a lane: users whose memberships follow when all lanes are done.
    #[serde(skip)]
    pub(super) following: Option<Vec<String>>,
    /// In a lane: users who are gone from the app, for whoever knows their groups.
    #[serde(skip)]
    pub(super) lost: Vec<String>,
}

/// A task that sends nothing.
pub(super) fn silent(kind: MoveKind, key: String, why: &'static str) -> Task {
    Task::Silent(kind, key, Cow::Borrowed(why))
}

impl State {
    /// Knows a user or a group by that id and nothing more: the next write of it is a whole one.
    pub(in crate::idp::engine) fn relink(&mut self, key: &str, id: &str, user: bool) {
        let (key, id) = (key.to_owned(), id.to_owned());
        if user {
            self.users.insert(key, UserLink { id, active: true, late: true, ..UserLink::default() });
        } else {
            self.groups.insert(key, GroupLink { id, ..GroupLink::default() });
        }
    }

    pub(in crate::idp::engine) fn remote_id(&self, key: &str) -> Option<&str> {
        let user = self.users.get(key).map(|link| link.id.as_str());
        user.or_else(|| self.groups.get(key).map(|link| link.id.as_str()))
    }

    /// The app does not hold the user any more, nor the user's memberships: another account may get the same id.
    pub(super) fn forget_user(&mut self, key: &str) {
        if self.users.shift_remove(key).is_some() {
            self.forget_memberships(key);
            if self.following.is_some() {
                self.lost.push(key.to_owned());
            }
        }
    }

    pub(super) fn forget_memberships(&mut self, key: &str) {
        for group in self.groups.values_mut() {
            group.members.shift_remove(key);
        }
    }

    /// Notes a failed task, once.
    pub(super) fn fail(&mut self, task: Task, why: String) {
        match self.failed.iter_mut().find(|failed| failed.task == task) {
            Some(failed) => failed.why = why,
            None => self.failed.push(Failed { task, why }),
        }
    }

    /// Whether the app may hold an account for the person that Okta does not know of: a create that failed may have been
    /// heard.
    pub(in crate::idp::engine) fn may_be_unknown(&self, key: &str) -> bool {
        let about = |task: &Task| matches!(task, Task::Assign(k) | Task::Deprovision(k) if k == key);
        !self.users.contains_key(key) && self.failed.iter().any(|failed| about(&failed.task))
    }

    /// A copy in which no password waits: it is for a file.
    pub(in crate::idp::engine) fn without_passwords(&self) -> State {
        let mut copy = self.clone();
        let secret = |task: &Task| matches!(task, Task::Password(..));
        copy.queue.retain(|task| !secret(task));
        copy.failed.retain(|failed| !secret(&failed.task));
        copy
    }

    pub(in crate::idp::engine) fn forget_links(&mut self) {
        self.users.clear();
        self.groups.clear();
    }

    pub(in crate::idp::engine) fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// Appends a task, or folds it into one that waits and does the same.
    pub(super) fn enqueue(&mut self, task: Task) {
        // The assignment that waits will send the attributes as they are then.
        if let Task::Push(key) = &task
            && self.queue.contains(&Task::Assign(key.clone()))
        {
            return;
        }
        match (&task, self.queue.back_mut()) {
            (
                Task::Members { group, add, remove },
                Some(Task::Members { group: same, add: adding, remove: removing }),
            ) if group == same => {
                for key in add {
                    removing.retain(|known| known != key);
                    if !adding.contains(key) {
                        adding.push(key.clone());
                    }
                }
                for key in remove {
                    adding.retain(|known| known != key);
                    if !removing.contains(key) {
                        removing.push(key.clone());
                    }
                }
            }
            (Task::Push(_) | Task::Assign(_) | Task::PushGroup(_) | Task::Rename(_), Some(last)) if *last == task => {}
            _ => self.queue.push_back(task),
        }
    }
}
