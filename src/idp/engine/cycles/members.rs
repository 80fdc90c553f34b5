//! The membership pass of a cycle: what is in the directory and was not written is added, what was written and is gone
//! is removed, one member (or one batch) a PATCH. Members are never read back, unless the profile says so.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::Value;

use super::{Idp, Object, lanes::Pass, words};
use crate::idp::{
    dialect::{
        group::{self, Member},
        patch, query,
    },
    moves::MoveKind,
    profile::value::Method,
};

impl Idp {
    /// Memberships of the visited groups, and of every group with a member that has become known to the target.
    pub(super) async fn member_pass(&mut self, users: &HashSet<&str>, groups: &HashSet<&str>, most: usize) {
        let keys: Vec<String> = self
            .directory
            .teams()
            .filter(|team| team.pushed)
            .filter(|team| {
                groups.contains(team.group.key.as_str())
                    || self.members_of(&team.group.key).iter().any(|member| users.contains(member))
            })
            .map(|team| team.group.key.clone())
            .filter(|key| !self.cycles.failed.contains(key))
            .collect();
        self.pass(Pass::Members(most), keys).await;
    }

    pub(super) async fn write_members(&mut self, key: &str, most: usize) {
        let Some(link) = self.cycles.groups.get(key).cloned() else { return };
        let members: Vec<String> = self.members_of(key).into_iter().map(str::to_owned).collect();
        let present: HashSet<&str> = members.iter().map(String::as_str).collect();
        let wanted: IndexMap<String, String> = members
            .iter()
            .filter_map(|member| Some((member.clone(), self.cycles.users.get(member)?)))
            .filter(|(_, user)| user.active || !self.profile.knobs.members_need_link)
            .map(|(member, user)| (member, user.id.clone()))
            .collect();
        let written = if self.profile.knobs.members_read_back {
            match self.read_members(key, &link.id, &wanted).await {
                Some(held) => held,
                None => return,
            }
        } else {
            link.members.clone()
        };
        let mut adds: Vec<(String, String)> = wanted
            .iter()
            .filter(|(user, id)| written.get(*user) != Some(id))
            .map(|(u, i)| (u.clone(), i.clone()))
            .collect();
        // Somebody who is still a member, but inactive now, stays; somebody who was deleted is gone anyway.
        let removes: Vec<(String, String)> = written
            .iter()
            .filter(|(user, _)| !present.contains(user.as_str()))
            .filter(|(user, _)| self.directory.person(user).is_some())
            .map(|(user, id)| (user.clone(), id.clone()))
            .collect();
        if adds.len() > most {
            let left = adds.len() - most;
            adds.truncate(most);
            self.note(format!("on-demand provisioning of `{key}` takes {most} members; {left} are left out"));
        }
        if adds.is_empty() && removes.is_empty() {
            return;
        }
        if self.profile.knobs.group_read_first && !link.read_now {
            let answer = self.call("GET", &query::group(&self.profile.knobs, &link.id), None).await;
            if !answer.ok() {
                if answer.status == Some(404) {
                    self.cycles.groups.shift_remove(key);
                }
                let failure = words::refused(&answer, "read");
                self.object_failed(Object::Group, MoveKind::Match, key, failure, words::condemns(&answer));
                return;
            }
            self.done(MoveKind::Match, key);
        }
        if self.profile.knobs.group_update == Method::Put {
            return self.put_members(key, &link.id, &wanted).await;
        }
        let size = match self.profile.knobs.member_batch {
            0 => usize::MAX,
            size => usize::try_from(size).unwrap_or(usize::MAX),
        };
        for (kind, changes) in [(MoveKind::RemoveMember, removes), (MoveKind::AddMember, adds)] {
            for batch in changes.chunks(size.min(changes.len().max(1))) {
                if self.halted() || !self.patch_batch(key, &link.id, kind, batch).await {
                    return;
                }
            }
        }
    }

    async fn patch_batch(&mut self, key: &str, id: &str, kind: MoveKind, batch: &[(String, String)]) -> bool {
        let adds = kind == MoveKind::AddMember;
        if self.profile.knobs.reference_check
            && let [(_, member)] = batch
        {
            let target = query::reference(&self.profile.knobs, "/Groups", id, "members", member);
            let answer = self.call("GET", &target, None).await;
            let there = answer.ok()
                && answer.list(self.profile.knobs.lenient_list_keys).is_ok_and(|list| !list.resources.is_empty());
            self.done(MoveKind::Match, key);
            if there == adds {
                self.remember(key, adds, batch);
                return true;
            }
        }
        let members: Vec<Member> = batch
            .iter()
            .map(|(user, id)| Member {
                id: id.clone(),
                display: self.directory.person(user).map(|person| person.user.user_name.clone()).unwrap_or_default(),
            })
            .collect();
        let (add, remove) = if adds { (members.as_slice(), &[][..]) } else { (&[][..], members.as_slice()) };
        let body = patch::body(&self.profile.knobs, group::member_operations(&self.profile.knobs, add, remove));
        let answer = self.call("PATCH", &query::group(&Default::default(), id), Some(&body)).await;
        if !answer.ok() {
            let failure = words::refused(&answer, &kind.to_string());
            self.object_failed(Object::Group, kind, key, failure, words::condemns(&answer));
            return false;
        }
        self.remember(key, adds, batch);
        self.release(Object::Group, key);
        self.done(kind, key);
        true
    }

    /// The whole membership in one PUT.
    async fn put_members(&mut self, key: &str, id: &str, wanted: &IndexMap<String, String>) {
        let name = self.directory.team(key).map(|team| team.group.display_name.clone()).unwrap_or_default();
        let members: Vec<Member> = wanted
            .iter()
            .map(|(user, id)| Member {
                id: id.clone(),
                display: self.directory.person(user).map(|person| person.user.user_name.clone()).unwrap_or_default(),
            })
            .collect();
        let body = group::put(&self.profile.knobs, id, None, &name, Vec::new(), &members);
        let answer = self.call("PUT", &query::group(&Default::default(), id), Some(&body)).await;
        if !answer.ok() {
            let failure = words::refused(&answer, "members");
            self.object_failed(Object::Group, MoveKind::PushNow, key, failure, words::condemns(&answer));
            return;
        }
        if let Some(link) = self.cycles.groups.get_mut(key) {
            link.members.clone_from(wanted);
        }
        self.release(Object::Group, key);
        self.done(MoveKind::PushNow, key);
    }

    fn remember(&mut self, key: &str, adds: bool, batch: &[(String, String)]) {
        let Some(link) = self.cycles.groups.get_mut(key) else { return };
        for (user, id) in batch {
            if adds {
                link.members.insert(user.clone(), id.clone());
            } else {
                link.members.shift_remove(user);
            }
        }
    }

    /// The members that the target shows, by user key where the key is known.
    async fn read_members(
        &mut self,
        key: &str,
        id: &str,
        wanted: &IndexMap<String, String>,
    ) -> Option<IndexMap<String, String>> {
        let answer = self.call("GET", &query::group(&Default::default(), id), None).await;
        let Some(resource) = answer.object().filter(|_| answer.ok()).cloned() else {
            let failure = words::refused(&answer, "read");
            self.object_failed(Object::Group, MoveKind::Match, key, failure, words::condemns(&answer));
            return None;
        };
        self.done(MoveKind::Match, key);
        let held = resource.get("members").and_then(Value::as_array).cloned().unwrap_or_default();
        let by_id = |id: &str| {
            let ours = wanted.iter().find(|(_, known)| *known == id).map(|(user, _)| user.clone());
            ours.or_else(|| self.cycles.users.iter().find(|(_, link)| link.id == id).map(|(user, _)| user.clone()))
        };
        Some(
            held.iter()
                .filter_map(|member| {
                    let id = member.get("value")?.as_str()?.to_owned();
                    Some((by_id(&id)?, id))
                })
                .collect(),
        )
    }
}
