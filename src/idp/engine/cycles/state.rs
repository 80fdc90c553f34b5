//! What the cycle engine remembers between its visits: links, watermark, what waits and what failed.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::escrow::{Escrow, Quarantine};

/// A user that the target knows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct UserLink {
    /// SCIM id, cached until a restart.
    pub(super) id: String,
    /// What `active` was last written as, or shown.
    pub(super) active: bool,
    /// Manager as the target showed it last.
    pub(super) shown_manager: Option<String>,
    /// Manager (SCIM id) as it was last written.
    pub(super) written_manager: Option<String>,
    /// Targets that were written once, to see what was cleared.
    pub(super) written: BTreeSet<String>,
}

/// A group that the target knows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct GroupLink {
    /// SCIM id, cached until a restart.
    pub(super) id: String,
    /// SCIM ids of the members written, by user key.
    pub(super) members: IndexMap<String, String>,
    /// Read by id in this cycle already.
    #[serde(skip)]
    pub(super) read_now: bool,
}

/// A user or a group that is gone from the directory, or a group that is no longer assigned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Gone {
    pub(super) key: String,
    pub(super) in_scope: bool,
}

/// What the cycle engine remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::idp::engine) struct State {
    pub(super) initial_done: bool,
    pub(super) watermark: u64,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) next: OffsetDateTime,
    pub(super) users: IndexMap<String, UserLink>,
    pub(super) groups: IndexMap<String, GroupLink>,
    pub(super) gone_users: Vec<Gone>,
    pub(super) gone_groups: Vec<Gone>,
    #[serde(with = "pairs")]
    pub(super) escrows: BTreeMap<(Object, String), Escrow>,
    pub(super) quarantine: Option<Quarantine>,
    pub(super) disabled: bool,
    pub(super) import_wanted: bool,
    /// Objects attempted and failed in this cycle.
    pub(super) attempted: IndexSet<String>,
    pub(super) failed: IndexSet<String>,
    /// Objects visited in a cycle that was stopped in the middle: the next one goes on after them.
    pub(super) visited: BTreeSet<(Object, String)>,
    /// Users whose create was not answered, and may have been heard.
    pub(super) unanswered: BTreeSet<String>,
    /// Users that this pass found to be gone, for whoever knows their groups.
    #[serde(skip)]
    pub(super) lost: Vec<String>,
    /// The target answered in a way that condemns the whole job.
    #[serde(skip)]
    pub(super) condemned: Option<String>,
}

/// Kind of a directory object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Object {
    User,
    Group,
}

impl State {
    pub(in crate::idp::engine) fn new(start: OffsetDateTime) -> State {
        State {
            initial_done: false,
            watermark: 0,
            next: start,
            users: IndexMap::new(),
            groups: IndexMap::new(),
            gone_users: Vec::new(),
            gone_groups: Vec::new(),
            escrows: BTreeMap::new(),
            quarantine: None,
            disabled: false,
            import_wanted: false,
            attempted: IndexSet::new(),
            failed: IndexSet::new(),
            visited: BTreeSet::new(),
            unanswered: BTreeSet::new(),
            lost: Vec::new(),
            condemned: None,
        }
    }

    /// Knows a user or a group by that id and nothing more: the next write of it is a whole one.
    pub(in crate::idp::engine) fn relink(&mut self, key: &str, id: &str, user: bool) {
        let (key, id) = (key.to_owned(), id.to_owned());
        if user {
            self.users.insert(key, UserLink { id, ..UserLink::default() });
        } else {
            self.groups.insert(key, GroupLink { id, ..GroupLink::default() });
        }
    }

    pub(in crate::idp::engine) fn remote_id(&self, key: &str) -> Option<&str> {
        let user = self.users.get(key).map(|link| link.id.as_str());
        user.or_else(|| self.groups.get(key).map(|link| link.id.as_str()))
    }

    /// The target does not hold the user any more, nor the user's memberships: another account may get the same id.
    pub(super) fn forget_user(&mut self, key: &str) {
        if self.users.shift_remove(key).is_some() {
            self.forget_memberships(key);
            self.lost.push(key.to_owned());
        }
    }

    pub(super) fn forget_memberships(&mut self, key: &str) {
        for group in self.groups.values_mut() {
            group.members.shift_remove(key);
        }
    }

    pub(in crate::idp::engine) fn watermark(&self) -> u64 {
        self.watermark
    }

    /// Whether the target may hold an account for the person that this job does not know of.
    pub(in crate::idp::engine) fn may_be_unknown(&self, key: &str) -> bool {
        !self.users.contains_key(key) && self.unanswered.contains(key)
    }

    pub(in crate::idp::engine) fn is_disabled(&self) -> bool {
        self.disabled
    }

    pub(in crate::idp::engine) fn restart(&mut self, forget_links: bool, now: OffsetDateTime) {
        self.initial_done = false;
        self.next = now;
        self.visited.clear();
        self.escrows.clear();
        self.quarantine = None;
        self.disabled = false;
        if forget_links {
            self.users.clear();
            self.groups.clear();
        }
    }
}

/// A map as a list of its pairs: JSON has no keys but texts.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}
