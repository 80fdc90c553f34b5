//! Moves of groups in the task queue: push, link, rename, membership, push now, delete.

use serde_json::Value;

use super::{GroupLink, words, words::event};
use crate::idp::{
    dialect::{
        group::{self, Member},
        patch::{self, Operation},
        query,
    },
    engine::{
        Idp,
        answer::{Answer, id_of},
    },
    moves::MoveKind,
    profile::value::{FilterNotFound, GroupMembers, Method},
};

impl Idp {
    /// The members of a group that may be sent: assigned, active and known to the target, unless the profile sends all
    /// that the target knows.
    fn sendable(&self, group: &str) -> Vec<(String, Member)> {
        let keys = self.members_of(group).into_iter();
        keys.filter_map(|key| Some((key.to_owned(), self.member(key)?))).collect()
    }

    fn member(&self, key: &str) -> Option<Member> {
        let link = self.tasks.users.get(key)?;
        let person = self.directory.person(key)?;
        if self.profile.knobs.members_need_link && !(link.active && self.entitled(key)) {
            return None;
        }
        Some(Member { id: link.id.clone(), display: person.user.user_name.clone() })
    }

    pub(super) async fn push_group(&mut self, key: &str) {
        let Some(name) = self.directory.team(key).map(|team| team.group.display_name.clone()) else {
            self.skip(MoveKind::PushGroup, key, "the group is gone from the directory");
            return;
        };
        if self.tasks.groups.contains_key(key) {
            // A PATCH of the membership says nothing of the name.
            if self.profile.knobs.group_update == Method::Patch {
                self.rename_group(key).await;
            }
            self.push_now(key).await;
            return;
        }
        if !self.profile.knobs.group_create_empty && self.sendable(key).is_empty() {
            self.skip(MoveKind::PushGroup, key, "a group without members is not created");
            return;
        }
        if self.profile.knobs.group_lookup_first {
            match self.find_group(key, &name).await {
                Ok(Some(shown)) => {
                    self.link_group(key, &name, &shown).await;
                    return;
                }
                Ok(None) => {}
                Err(()) => return,
            }
        }
        let members = self.sendable(key);
        let list: Vec<Member> = members.iter().map(|(_, member)| member.clone()).collect();
        let body = group::create(&self.profile.knobs, &name, &self.group_object_id(key), &list);
        let answer = self.call("POST", "/Groups", Some(&body)).await;
        if answer.status == Some(409)
            && !self.profile.knobs.conflict_is_permanent
            && let Ok(Some(shown)) = self.find_group(key, &name).await
        {
            return self.link_group(key, &name, &shown).await;
        }
        let Some(id) = answer.id().filter(|_| answer.ok()) else {
            let remote = match answer.ok() {
                true => "the created group has no id".to_owned(),
                false => words::remote(&answer, self.profile.knobs.surfaces_detail),
            };
            let words = format!(
                "Unable to update Group Push mapping target App group {name}: Error while creating user group {name}: \
                 {remote}"
            );
            self.fail(MoveKind::PushGroup, key, words::failure(event::GROUP_ADD, words, Some(&answer)));
            return;
        };
        let full = self.profile.knobs.group_create_members == GroupMembers::Full;
        let known = if full { ids(&members) } else { indexmap::IndexMap::new() };
        self.tasks.groups.insert(key.to_owned(), GroupLink { id: id.clone(), members: known, foreign: Vec::new() });
        self.done(MoveKind::PushGroup, key);
        match self.profile.knobs.group_update {
            Method::Put if self.profile.knobs.group_write_after_create || !full => {
                self.put_group(key, MoveKind::PushNow).await;
            }
            Method::Put => {}
            Method::Patch => {
                if self.profile.knobs.group_write_after_create {
                    let operation = group::rename(&self.profile.knobs, &id, &name);
                    if !self.patch_group(key, MoveKind::RenameGroup, &id, vec![operation]).await {
                        return;
                    }
                }
                if !full && !members.is_empty() {
                    let keys: Vec<String> = members.into_iter().map(|(key, _)| key).collect();
                    let with_name = !self.profile.knobs.group_write_after_create;
                    self.patch_members(key, &keys, &[], with_name).await;
                }
            }
        }
    }

    async fn find_group(&mut self, key: &str, name: &str) -> Result<Option<Value>, ()> {
        if self.profile.knobs.group_lookup_lists {
            return match self.read_all("/Groups").await {
                Ok(groups) => {
                    self.done(MoveKind::Match, key);
                    Ok(groups.into_iter().find(|group| group.get("displayName").and_then(Value::as_str) == Some(name)))
                }
                Err(_) => {
                    let words =
                        format!("Unable to update Group Push mapping target App group {name}: no list of groups");
                    self.fail(MoveKind::Match, key, words::failure(event::GROUP_ADD, words, None));
                    Err(())
                }
            };
        }
        for attribute in self.profile.knobs.match_groups_on.clone() {
            let value = if attribute == "externalId" { self.group_object_id(key) } else { name.to_owned() };
            let target = query::lookup(&self.profile.knobs, "/Groups", &attribute, &value);
            let answer = self.call("GET", &target, None).await;
            if answer.status == Some(404) && self.profile.knobs.filter_404 == FilterNotFound::NoMatch {
                self.done(MoveKind::Match, key);
                continue;
            }
            match self.read_list(&answer) {
                Ok(mut hits) if !hits.is_empty() => {
                    self.done(MoveKind::Match, key);
                    return Ok(Some(hits.swap_remove(0)));
                }
                Ok(_) => self.done(MoveKind::Match, key),
                Err(words) => {
                    let words = format!("Unable to update Group Push mapping target App group {name}: {words}");
                    self.fail(MoveKind::Match, key, words::failure(event::GROUP_ADD, words, Some(&answer)));
                    return Err(());
                }
            }
        }
        Ok(None)
    }

    /// Takes an existing group over: its members stay, ours are added.
    async fn link_group(&mut self, key: &str, name: &str, shown: &Value) {
        let Some(id) = id_of(shown) else {
            let words = format!("Unable to update Group Push mapping target App group {name}: the group has no id");
            self.fail(MoveKind::LinkGroup, key, words::failure(event::GROUP_UPDATE, words, None));
            return;
        };
        if !self.profile.knobs.group_links_existing {
            let words = format!("Unable to update Group Push mapping target App group {name}: the group exists");
            self.fail(MoveKind::LinkGroup, key, words::failure(event::GROUP_ADD, words, None));
            return;
        }
        self.tasks.groups.insert(key.to_owned(), GroupLink { id, ..GroupLink::default() });
        match self.profile.knobs.group_update {
            Method::Put => self.put_group(key, MoveKind::LinkGroup).await,
            Method::Patch => {
                self.done(MoveKind::LinkGroup, key);
                let keys: Vec<String> = self.sendable(key).into_iter().map(|(key, _)| key).collect();
                if !keys.is_empty() {
                    self.patch_members(key, &keys, &[], true).await;
                }
            }
        }
    }

    pub(super) async fn rename_group(&mut self, key: &str) {
        let (Some(link), Some(team)) = (self.tasks.groups.get(key).cloned(), self.directory.team(key)) else {
            self.skip(MoveKind::RenameGroup, key, "the group is not linked");
            return;
        };
        match self.profile.knobs.group_update {
            Method::Put => self.put_group(key, MoveKind::RenameGroup).await,
            Method::Patch => {
                let operation = group::rename(&self.profile.knobs, &link.id, &team.group.display_name);
                self.patch_group(key, MoveKind::RenameGroup, &link.id, vec![operation]).await;
            }
        }
    }

    pub(super) async fn push_members(&mut self, key: &str, add: &[String], remove: &[String]) {
        let kind = if add.is_empty() { MoveKind::RemoveMember } else { MoveKind::AddMember };
        let Some(link) = self.tasks.groups.get(key).cloned() else {
            let waits = !self.profile.knobs.group_create_empty && !add.is_empty();
            match self.directory.team(key).is_some_and(|team| team.pushed && waits) {
                true => Box::pin(self.push_group(key)).await,
                false => self.skip(kind, key, "the group is not linked"),
            }
            return;
        };
        let wanted: Vec<String> = self.sendable(key).into_iter().map(|(key, _)| key).collect();
        let add: Vec<String> =
            add.iter().filter(|user| wanted.contains(user) && !link.members.contains_key(*user)).cloned().collect();
        let remove: Vec<String> =
            remove.iter().filter(|user| !wanted.contains(user) && link.members.contains_key(*user)).cloned().collect();
        if add.is_empty() && remove.is_empty() {
            self.skip(kind, key, "only members that are assigned, active and known to the app are sent");
            return;
        }
        match self.profile.knobs.group_update {
            Method::Put => self.put_group(key, kind).await,
            Method::Patch => self.patch_members(key, &add, &remove, self.profile.knobs.group_name_with_members).await,
        }
    }

    /// The memberships of a user that has just become known to the target.
    pub(super) async fn follow_memberships(&mut self, user: &str) {
        if let Some(following) = &mut self.tasks.following {
            following.push(user.to_owned());
            return;
        }
        let groups: Vec<String> = self
            .directory
            .teams()
            .filter(|team| team.pushed)
            // First what is cheap to ask: a group that is not there yet comes with its members.
            .filter(|team| match self.tasks.groups.get(&team.group.key) {
                Some(link) => !link.members.contains_key(user),
                None => !self.profile.knobs.group_create_empty,
            })
            .filter(|team| self.members_of(&team.group.key).contains(&user))
            .map(|team| team.group.key.clone())
            .collect();
        for group in groups {
            self.push_members(&group, &[user.to_owned()], &[]).await;
        }
    }

    pub(super) async fn push_now(&mut self, key: &str) {
        let (Some(link), Some(team)) = (self.tasks.groups.get(key).cloned(), self.directory.team(key)) else {
            self.skip(MoveKind::PushNow, key, "the group is not linked");
            return;
        };
        if self.profile.knobs.group_update == Method::Put {
            self.put_group(key, MoveKind::PushNow).await;
            return;
        }
        let name = team.group.display_name.clone();
        let members = self.sendable(key);
        let list: Vec<Member> = members.iter().map(|(_, member)| member.clone()).collect();
        let operation = group::push_now(&self.profile.knobs, &link.id, &name, &list);
        if self.patch_group(key, MoveKind::PushNow, &link.id, vec![operation]).await
            && let Some(link) = self.tasks.groups.get_mut(key)
        {
            link.members = ids(&members);
        }
    }

    pub(super) async fn delete_group(&mut self, key: &str) {
        let Some(link) = self.tasks.groups.get(key).cloned() else {
            self.skip(MoveKind::DeleteGroup, key, "the group is not linked");
            return;
        };
        let answer = self.call("DELETE", &query::group(&Default::default(), &link.id), None).await;
        if answer.ok() || answer.status == Some(404) {
            self.tasks.groups.shift_remove(key);
            self.done(MoveKind::DeleteGroup, key);
        } else {
            let words = words::remote(&answer, self.profile.knobs.surfaces_detail);
            self.fail(MoveKind::DeleteGroup, key, words::failure(event::GROUP_REMOVE, words, Some(&answer)));
        }
    }

    /// GET, then PUT of what the GET showed with name and whole membership. A link keeps the members that the target
    /// had: only what is known to have left goes.
    async fn put_group(&mut self, key: &str, kind: MoveKind) {
        let (Some(link), Some(team)) = (self.tasks.groups.get(key).cloned(), self.directory.team(key)) else {
            self.skip(kind, key, "the group is not linked");
            return;
        };
        let name = team.group.display_name.clone();
        let target = query::group(&Default::default(), &link.id);
        let shown = if self.profile.knobs.put_reads_first {
            let answer = self.call("GET", &target, None).await;
            if !answer.ok() || answer.object().is_none() {
                self.group_failed(key, kind, &name, &answer);
                return;
            }
            answer.json
        } else {
            None
        };
        let members = self.sendable(key);
        let list: Vec<Member> = members.iter().map(|(_, member)| member.clone()).collect();
        let before = shown.as_ref().and_then(|shown| shown.get("members")).and_then(Value::as_array).cloned();
        let mut kept = before.unwrap_or_default();
        kept.retain(|member| {
            let id = member.get("value").and_then(Value::as_str).unwrap_or_default();
            let foreign = kind == MoveKind::LinkGroup || link.foreign.iter().any(|known| known == id);
            foreign && kind != MoveKind::PushNow && list.iter().all(|ours| ours.id != id)
        });
        let foreign = kept.iter().filter_map(|member| Some(member.get("value")?.as_str()?.to_owned())).collect();
        let body = group::put(&self.profile.knobs, &link.id, shown.as_ref(), &name, kept, &list);
        let answer = self.call("PUT", &target, Some(&body)).await;
        if !answer.ok() {
            self.group_failed(key, kind, &name, &answer);
            return;
        }
        if let Some(link) = self.tasks.groups.get_mut(key) {
            link.members = ids(&members);
            link.foreign = foreign;
        }
        self.done(kind, key);
    }

    async fn patch_group(&mut self, key: &str, kind: MoveKind, id: &str, operations: Vec<Operation>) -> bool {
        let body = patch::body(&self.profile.knobs, operations);
        let answer = self.call("PATCH", &query::group(&Default::default(), id), Some(&body)).await;
        if answer.ok() {
            self.done(kind, key);
            return true;
        }
        let name = self.directory.team(key).map(|team| team.group.display_name.clone()).unwrap_or_default();
        self.group_failed(key, kind, &name, &answer);
        false
    }

    /// Member operations in batches, with the name before them if the profile sends it.
    async fn patch_members(&mut self, key: &str, add: &[String], remove: &[String], with_name: bool) {
        let (Some(link), Some(team)) = (self.tasks.groups.get(key).cloned(), self.directory.team(key)) else { return };
        let name = team.group.display_name.clone();
        if with_name && self.profile.knobs.group_name_with_members {
            let operation = group::rename(&self.profile.knobs, &link.id, &name);
            if !self.patch_group(key, MoveKind::RenameGroup, &link.id, vec![operation]).await {
                return;
            }
        }
        let changes: Vec<(bool, String)> = remove
            .iter()
            .map(|user| (false, user.clone()))
            .chain(add.iter().map(|user| (true, user.clone())))
            .collect();
        let size = match self.profile.knobs.member_batch {
            0 => changes.len().max(1),
            size => usize::try_from(size).unwrap_or(usize::MAX),
        };
        let batches: Vec<Vec<(bool, String)>> = changes.chunks(size).map(<[_]>::to_vec).collect();
        let bodies: Vec<Value> = batches.iter().map(|batch| self.member_body(&link, batch)).collect();
        let target = query::group(&Default::default(), &link.id);
        if self.profile.knobs.member_batches_at_once {
            let answers = self.call_at_once("PATCH", &target, &bodies).await;
            for (batch, answer) in batches.iter().zip(answers) {
                self.batch_done(key, &name, batch, &answer);
            }
            return;
        }
        for (batch, body) in batches.iter().zip(&bodies) {
            if self.halted() {
                return;
            }
            let answer = self.call("PATCH", &target, Some(body)).await;
            if !self.batch_done(key, &name, batch, &answer) {
                return;
            }
        }
    }

    fn member_body(&self, link: &GroupLink, batch: &[(bool, String)]) -> Value {
        let add: Vec<Member> =
            batch.iter().filter(|(adds, _)| *adds).filter_map(|(_, user)| self.member(user)).collect();
        let remove: Vec<Member> = batch
            .iter()
            .filter(|(adds, _)| !adds)
            .filter_map(|(_, user)| link.members.get(user))
            .map(|id| Member { id: id.clone(), display: String::new() })
            .collect();
        patch::body(&self.profile.knobs, group::member_operations(&self.profile.knobs, &add, &remove))
    }

    fn batch_done(&mut self, key: &str, name: &str, batch: &[(bool, String)], answer: &Answer) -> bool {
        let kind = if batch.iter().any(|(adds, _)| *adds) { MoveKind::AddMember } else { MoveKind::RemoveMember };
        if !answer.ok() {
            self.group_failed(key, kind, name, answer);
            return false;
        }
        for (adds, user) in batch {
            let id = self.tasks.users.get(user).map(|link| link.id.clone());
            if let Some(link) = self.tasks.groups.get_mut(key) {
                match id.filter(|_| *adds) {
                    Some(id) => {
                        link.members.insert(user.clone(), id);
                    }
                    None => {
                        link.members.shift_remove(user);
                    }
                }
            }
        }
        self.done(kind, key);
        true
    }

    fn group_failed(&mut self, key: &str, kind: MoveKind, name: &str, answer: &Answer) {
        let remote = words::remote(answer, self.profile.knobs.surfaces_detail);
        let words = format!("Unable to update Group Push mapping target App group {name}: {remote}");
        self.fail(kind, key, words::failure(event::GROUP_UPDATE, words, Some(answer)));
    }
}

fn ids(members: &[(String, Member)]) -> indexmap::IndexMap<String, String> {
    members.iter().map(|(key, member)| (key.clone(), member.id.clone())).collect()
}
