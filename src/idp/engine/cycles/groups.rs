//! Moves of groups in a cycle: match, create without members, rename, delete.

use serde_json::Value;

use super::{Gone, GroupLink, Idp, Object, users::Found, words};
use crate::idp::{
    dialect::{
        group,
        patch::{self, Op, Operation},
        query,
    },
    engine::{
        answer::id_of,
        tasks::import::{ENDLESS, PagingFault},
    },
    moves::{Failure, MoveKind},
    profile::value::{GroupUnassign, Method},
};

impl Idp {
    pub(super) async fn provision_group(&mut self, key: &str) {
        let Some(team) = self.directory.team(key).cloned() else { return };
        if !team.pushed && self.cycles.gone_groups.iter().any(|gone| gone.key == key) {
            return;
        }
        if !team.pushed {
            self.skip(MoveKind::PushGroup, key, "EntrySynchronizationSkipped: the group is not assigned");
            return;
        }
        self.cycles.attempted.insert(key.to_owned());
        let name = team.group.display_name.clone();
        let mut shown = None;
        if let Some(link) = self.cycles.groups.get(key).cloned()
            && self.profile.knobs.cached_ids
        {
            let answer = self.call("GET", &query::group(&self.profile.knobs, &link.id), None).await;
            match (answer.status, answer.object()) {
                (Some(404), _) => {
                    self.done(MoveKind::Match, key);
                    self.cycles.groups.shift_remove(key);
                }
                (_, Some(resource)) if answer.ok() => {
                    shown = Some(resource.clone());
                    if let Some(link) = self.cycles.groups.get_mut(key) {
                        link.read_now = true;
                    }
                }
                _ => {
                    let (failure, condemns) = match answer.ok() {
                        true => (words::unreadable(&answer), self.profile.knobs.condemns_unreadable),
                        false => (words::refused(&answer, "read"), words::condemns(&answer)),
                    };
                    self.object_failed(Object::Group, MoveKind::Match, key, failure, condemns);
                    return;
                }
            }
        }
        if shown.is_none() {
            match self.match_group(key, &name).await {
                Found::One(found) => shown = Some(found),
                Found::Nobody => {}
                Found::Failed(failure, condemns) => {
                    self.object_failed(Object::Group, MoveKind::Match, key, failure, condemns);
                    return;
                }
            }
        }
        match shown {
            Some(shown) => self.update_group(key, &name, &shown).await,
            None => self.create_group(key, &name).await,
        }
    }

    async fn match_group(&mut self, key: &str, name: &str) -> Found {
        if !self.profile.knobs.group_lookup_first {
            return Found::Nobody;
        }
        if self.profile.knobs.group_lookup_lists {
            return match self.read_all("/Groups").await {
                Ok(groups) => {
                    self.done(MoveKind::Match, key);
                    let found =
                        groups.into_iter().find(|group| group.get("displayName").and_then(Value::as_str) == Some(name));
                    found.map_or(Found::Nobody, Found::One)
                }
                Err(PagingFault::Answer(answer)) => {
                    Found::Failed(words::refused(&answer, "match"), words::condemns(&answer))
                }
                Err(PagingFault::Endless) => Found::Failed(words::endless(ENDLESS), false),
            };
        }
        for attribute in self.profile.knobs.match_groups_on.clone() {
            let value = if attribute == "externalId" { self.group_object_id(key) } else { name.to_owned() };
            match self.look_up("/Groups", key, &attribute, &value).await {
                Found::Nobody => {}
                found => return found,
            }
        }
        Found::Nobody
    }

    async fn create_group(&mut self, key: &str, name: &str) {
        let body = group::create(&self.profile.knobs, name, &self.group_object_id(key), &[]);
        let answer = self.call("POST", "/Groups", Some(&body)).await;
        if answer.status == Some(409)
            && !self.profile.knobs.conflict_is_permanent
            && let Found::One(shown) = self.match_group(key, name).await
        {
            return self.update_group(key, name, &shown).await;
        }
        let Some(id) = answer.id().filter(|_| answer.ok()) else {
            let (failure, condemns) = match answer.ok() {
                true => (words::no_anchor(&answer), false),
                false => (words::refused(&answer, "create"), words::condemns(&answer)),
            };
            self.object_failed(Object::Group, MoveKind::PushGroup, key, failure, condemns);
            return;
        };
        self.cycles.groups.insert(key.to_owned(), GroupLink { id, ..GroupLink::default() });
        self.release(Object::Group, key);
        self.done(MoveKind::PushGroup, key);
    }

    async fn update_group(&mut self, key: &str, name: &str, shown: &Value) {
        let Some(id) = id_of(shown) else {
            let failure = Failure {
                code: "InvalidAnchor".to_owned(),
                words: "the matching group has no id".to_owned(),
                status: Some(200),
                retried: true,
            };
            self.object_failed(Object::Group, MoveKind::Match, key, failure, false);
            return;
        };
        let linked = self.cycles.groups.get(key).is_some_and(|link| link.id == id);
        if !linked {
            if !self.profile.knobs.group_links_existing {
                let failure = Failure {
                    code: "EntryConflict".to_owned(),
                    words: "the target holds a group of this name already".to_owned(),
                    status: Some(200),
                    retried: true,
                };
                self.object_failed(Object::Group, MoveKind::LinkGroup, key, failure, false);
                return;
            }
            self.cycles.groups.insert(key.to_owned(), GroupLink { id: id.clone(), ..GroupLink::default() });
            self.done(MoveKind::LinkGroup, key);
        }
        let mut operations: Vec<Operation> = Vec::new();
        if shown.get("displayName").and_then(Value::as_str) != Some(name) {
            operations.push(group::rename(&self.profile.knobs, &id, name));
        }
        if self.profile.knobs.group_external_id {
            let wanted = self.group_object_id(key);
            let held = shown.get("externalId").and_then(Value::as_str).filter(|held| !held.is_empty());
            if held != Some(wanted.as_str()) {
                let op = if held.is_some() { Op::Replace } else { Op::Add };
                operations.push(Operation::at(op, "externalId", wanted));
            }
        }
        if operations.is_empty() {
            self.release(Object::Group, key);
            return;
        }
        let target = query::group(&Default::default(), &id);
        let answer = match self.profile.knobs.group_update {
            Method::Patch => {
                let body = patch::body(&self.profile.knobs, operations);
                self.call("PATCH", &target, Some(&body)).await
            }
            Method::Put => {
                let kept = shown.get("members").and_then(Value::as_array).cloned().unwrap_or_default();
                let body = group::put(&self.profile.knobs, &id, Some(shown), name, kept, &[]);
                self.call("PUT", &target, Some(&body)).await
            }
        };
        if answer.ok() {
            self.release(Object::Group, key);
            self.done(MoveKind::RenameGroup, key);
        } else {
            let failure = words::refused(&answer, "update");
            self.object_failed(Object::Group, MoveKind::RenameGroup, key, failure, words::condemns(&answer));
        }
    }

    pub(super) async fn delete_gone_group(&mut self, gone: Gone) {
        let key = gone.key.clone();
        let Some(link) = self.cycles.groups.get(&key).cloned() else {
            self.skip(MoveKind::DeleteGroup, &key, "EntrySynchronizationSkipped: the target does not know the group");
            return;
        };
        if self.profile.knobs.group_unassign == GroupUnassign::Leave && gone.in_scope {
            self.cycles.groups.shift_remove(&key);
            self.skip(MoveKind::DeleteGroup, &key, "the group stays in the target");
            return;
        }
        let answer = self.call("DELETE", &query::group(&Default::default(), &link.id), None).await;
        if answer.ok() || answer.status == Some(404) {
            self.cycles.groups.shift_remove(&key);
            self.release(Object::Group, &key);
            self.done(MoveKind::DeleteGroup, &key);
        } else {
            let failure = words::refused(&answer, "delete");
            self.object_failed(Object::Group, MoveKind::DeleteGroup, &key, failure, words::condemns(&answer));
            self.cycles.gone_groups.push(gone);
        }
    }
}
