//! Moves of users in a cycle: match, create, update by difference, deactivate, reactivate, delete.

use serde_json::{Value, json};

use super::{Gone, Idp, Object, UserLink, words};
use crate::idp::{
    dialect::{
        patch::{self, Op, Operation},
        path::{Target, member, same, truth},
        query,
        user::{self, ENTERPRISE, Subject},
    },
    directory::Person,
    engine::answer::{Answer, id_of},
    moves::{Failure, MoveKind},
    profile::value::{AddOrReplace, Cleared, FilterNotFound, Method, RolesPatch, Unassign},
};

/// What a look-up found.
pub(super) enum Found {
    Nobody,
    One(Value),
    Failed(Failure, bool),
}

impl Idp {
    /// Visits one user: whatever the directory says about them now is what the target is to hold.
    pub(super) async fn provision_user(&mut self, key: &str) {
        let Some(person) = self.directory.person(key).cloned() else { return };
        let in_scope = self.in_scope(key);
        let active = in_scope && person.enabled && person.deleted_at.is_none();
        let link = self.cycles.users.get(key).cloned();
        if link.is_none() && !active {
            self.skip(
                MoveKind::Create,
                key,
                "EntrySynchronizationSkipped: not in scope, or not active, and not provisioned",
            );
            return;
        }
        self.cycles.attempted.insert(key.to_owned());
        let shown = match &link {
            Some(_) if !self.profile.knobs.cached_ids => None,
            Some(link) if !self.profile.knobs.read_before_update => Some(json!({ "id": link.id })),
            Some(link) => {
                let answer = self.call("GET", &query::user(&link.id), None).await;
                match answer.status {
                    Some(404) => {
                        // The target lost the user: forget the id, match anew.
                        self.done(MoveKind::Match, key);
                        self.cycles.forget_user(key);
                        None
                    }
                    _ => match self.readable(&answer, "read") {
                        Ok(resource) => Some(resource),
                        Err((failure, condemns)) => {
                            self.object_failed(Object::User, MoveKind::Match, key, failure, condemns);
                            return;
                        }
                    },
                }
            }
            None => None,
        };
        let shown = match shown {
            Some(shown) => Some(shown),
            None => match self.match_user(key, &person).await {
                Found::One(shown) => Some(shown),
                Found::Nobody => None,
                Found::Failed(failure, condemns) => {
                    self.object_failed(Object::User, MoveKind::Match, key, failure, condemns);
                    return;
                }
            },
        };
        match shown {
            Some(shown) => self.update_user(key, &person, &shown, in_scope, active).await,
            None if active => self.create_user_now(key, &person).await,
            None => {
                self.skip(MoveKind::Deactivate, key, "EntrySynchronizationSkipped: the target does not know the user")
            }
        }
    }

    /// A readable resource, or why it is none and whether that condemns the job.
    fn readable(&self, answer: &Answer, what: &str) -> Result<Value, (Failure, bool)> {
        if !answer.ok() {
            return Err((words::refused(answer, what), words::condemns(answer)));
        }
        let Some(resource) = answer.object().filter(|resource| resource.get("Resources").is_none()) else {
            return Err((words::unreadable(answer), self.profile.knobs.condemns_unreadable));
        };
        if self.profile.knobs.needs_manager_object && manager_is_text(resource) {
            return Err((words::unreadable(answer), false));
        }
        Ok(resource.clone())
    }

    async fn match_user(&mut self, key: &str, person: &Person) -> Found {
        let object_id = self.user_object_id(key);
        let subject = Subject::of(person, &object_id, true).at(self.clock);
        let values = subject.values(&self.profile);
        for attribute in self.profile.knobs.match_on.clone() {
            let value = values.iter().find(|(target, _)| *target == attribute).and_then(|(_, value)| value.clone());
            let Some(value) = value.and_then(|value| value.as_str().map(str::to_owned)) else { continue };
            match self.look_up("/Users", key, &attribute, &value).await {
                Found::Nobody => {}
                found => return found,
            }
        }
        Found::Nobody
    }

    /// One matching query. A hit is in the report; a failure is the caller's.
    pub(super) async fn look_up(&mut self, endpoint: &str, key: &str, attribute: &str, value: &str) -> Found {
        let target = query::lookup(&self.profile.knobs, endpoint, attribute, value);
        let answer = self.call("GET", &target, None).await;
        if answer.status == Some(404) {
            if self.profile.knobs.filter_404 == FilterNotFound::NoMatch {
                self.done(MoveKind::Match, key);
                return Found::Nobody;
            }
            return Found::Failed(words::incompatible(&answer), true);
        }
        if !answer.ok() {
            return Found::Failed(words::refused(&answer, "match"), words::condemns(&answer));
        }
        match answer.list(self.profile.knobs.lenient_list_keys) {
            Ok(list) if list.resources.len() > 1 => {
                Found::Failed(words::duplicates(attribute, list.resources.len()), false)
            }
            Ok(list) if endpoint == "/Groups" && self.shows_excluded(&list.resources) => {
                Found::Failed(words::too_many_entries(&answer), false)
            }
            Ok(mut list) => {
                self.done(MoveKind::Match, key);
                list.resources.pop().map_or(Found::Nobody, Found::One)
            }
            Err(_) => Found::Failed(words::unreadable(&answer), self.profile.knobs.condemns_unreadable),
        }
    }

    /// Whether a group shows members though they were to be left out.
    fn shows_excluded(&self, groups: &[Value]) -> bool {
        let shown = |group: &Value| group.get("members").and_then(Value::as_array).is_some_and(|held| !held.is_empty());
        self.profile.knobs.exclude_members && groups.iter().any(shown)
    }

    async fn create_user_now(&mut self, key: &str, person: &Person) {
        let object_id = self.user_object_id(key);
        let subject = Subject::of(person, &object_id, true).at(self.clock);
        if subject.values(&self.profile).iter().any(|(target, value)| target == "userName" && value.is_none()) {
            self.object_failed(Object::User, MoveKind::Create, key, words::missing("userName"), false);
            return;
        }
        let manager = person.user.manager.as_ref().and_then(|manager| self.cycles.users.get(manager));
        let manager = manager.map(|link| link.id.clone());
        let nobody = self.object_id("nobody", None, false);
        let in_create = user::manager_in_create(&self.profile.knobs, manager.as_deref(), &nobody);
        let password = self.profile.knobs.password_in_create.then(|| self.draw_password());
        let body = user::create(&self.profile, &subject, password.as_deref(), in_create);
        let answer = self.call("POST", "/Users", Some(&body)).await;
        match answer.status {
            None | Some(500..) => self.cycles.unanswered.insert(key.to_owned()),
            Some(_) => self.cycles.unanswered.remove(key),
        };
        if answer.status == Some(409)
            && !self.profile.knobs.conflict_is_permanent
            && let Found::One(shown) = self.match_user(key, person).await
        {
            return self.update_user(key, person, &shown, true, true).await;
        }
        if !answer.ok() {
            let failure = words::refused(&answer, "create");
            self.object_failed(Object::User, MoveKind::Create, key, failure, words::condemns(&answer));
            return;
        }
        let Some(id) = answer.id() else {
            let failure = if answer.json.is_some() { words::no_anchor(&answer) } else { words::unreadable(&answer) };
            self.object_failed(Object::User, MoveKind::Create, key, failure, false);
            return;
        };
        let written = subject.values(&self.profile).into_iter().filter(|(_, v)| v.is_some()).map(|(p, _)| p).collect();
        let link = UserLink { id, active: true, shown_manager: None, written_manager: None, written };
        self.cycles.users.insert(key.to_owned(), link);
        self.release(Object::User, key);
        self.done(MoveKind::Create, key);
    }

    async fn update_user(&mut self, key: &str, person: &Person, shown: &Value, in_scope: bool, active: bool) {
        let Some(id) = id_of(shown).or_else(|| self.cycles.users.get(key).map(|link| link.id.clone())) else {
            let failure = Failure {
                code: "InvalidAnchor".to_owned(),
                words: "the matching object has no id".to_owned(),
                status: Some(200),
                retried: true,
            };
            self.object_failed(Object::User, MoveKind::Match, key, failure, false);
            return;
        };
        let link = self.cycles.users.entry(key.to_owned()).or_default();
        let blind = !self.profile.knobs.read_before_update && link.id == id && shown.get("userName").is_none();
        link.id = id.clone();
        let shown_active = if blind { Some(link.active) } else { shown.get("active").and_then(truth) };
        link.active = shown_active.unwrap_or(link.active);
        if !blind {
            link.shown_manager = manager_of(shown);
        }
        let mapped = self.profile.mapping.iter().any(|mapping| mapping.target == "active");
        if !active && (self.profile.knobs.unassign == Unassign::Delete || !mapped) {
            self.delete_user_now(key, &id).await;
            return;
        }
        let object_id = self.user_object_id(key);
        let tombstone = format!("{}{}", object_id.replace('-', ""), person.user.user_name);
        let mut subject = Subject::of(person, &object_id, active).at(self.clock);
        if person.deleted_at.is_some() && self.profile.knobs.tombstone_user_name {
            subject.user_name = Some(&tombstone);
        }
        let operations = self.differences(key, &subject, shown, in_scope && person.deleted_at.is_none());
        let kind = match (shown_active, active) {
            (Some(true) | None, false) => MoveKind::Deactivate,
            (Some(false), true) => MoveKind::Reactivate,
            _ => MoveKind::Update,
        };
        if operations.is_empty() {
            self.release(Object::User, key);
            self.skip(kind, key, "RedundantExport: the target holds these values already");
            return;
        }
        let operations = patch::lay_out(&self.profile.knobs, operations);
        let answer = match self.profile.knobs.user_update {
            Method::Patch => {
                let body = patch::body(&self.profile.knobs, operations);
                self.call("PATCH", &query::user(&id), Some(&body)).await
            }
            Method::Put => {
                let body = user::put(&self.profile, &subject, Some(shown), user::Purpose::Profile, &[], None);
                self.call("PUT", &query::user(&id), Some(&body)).await
            }
        };
        if !answer.ok() {
            if answer.status == Some(404) {
                self.cycles.forget_user(key);
            }
            let failure = words::refused(&answer, &kind.to_string());
            self.object_failed(Object::User, kind, key, failure, words::condemns(&answer));
            return;
        }
        if let Some(failure) = self.without_effect(key, &id, &subject, &answer, in_scope).await {
            self.object_failed(Object::User, kind, key, failure, false);
            return;
        }
        let values = subject.values(&self.profile);
        if let Some(link) = self.cycles.users.get_mut(key) {
            link.active = active;
            link.written.extend(values.into_iter().filter(|(_, value)| value.is_some()).map(|(path, _)| path));
        }
        self.release(Object::User, key);
        self.done(kind, key);
    }

    /// Why an accepted write does not count, if the profile looks after it: no resource in the answer, or no effect.
    async fn without_effect(
        &mut self,
        key: &str,
        id: &str,
        subject: &Subject<'_>,
        answer: &Answer,
        whole: bool,
    ) -> Option<Failure> {
        if self.profile.knobs.needs_patch_body && answer.object().is_none() {
            return Some(words::unreadable(answer));
        }
        if !self.profile.knobs.verifies_writes {
            return None;
        }
        let read = self.call("GET", &query::user(id), None).await;
        let shown = read.object()?;
        (!self.differences(key, subject, shown, whole).is_empty()).then(|| Failure {
            code: "ExportVerificationFailed".to_owned(),
            words: "the target accepted the change, but does not show it".to_owned(),
            status: answer.status,
            retried: true,
        })
    }

    /// The operations that make what the target showed into what the directory says. Out of scope, only `active` and the
    /// user name of a tombstone are written.
    fn differences(&self, key: &str, subject: &Subject<'_>, shown: &Value, whole: bool) -> Vec<Operation> {
        let knobs = &self.profile.knobs;
        let mut operations = Vec::new();
        let op = |choice: AddOrReplace, found: bool| match choice {
            AddOrReplace::Shown if !found => Op::Add,
            AddOrReplace::Shown | AddOrReplace::Replace => Op::Replace,
            AddOrReplace::Add => Op::Add,
        };
        for (path, value) in subject.values(&self.profile) {
            if !whole && path != "active" && !(path == "userName" && subject.user_name.is_some()) {
                continue;
            }
            let found = Target::parse(&path).find(shown);
            if path == "active" {
                let equal = found.and_then(truth) == Some(subject.active);
                if !equal || (subject.active && knobs.reassert_active) {
                    let value = user::active_value(knobs.active_type, subject.active);
                    operations.push(Operation::at(op(knobs.active_op, found.is_some()), path, value));
                }
                continue;
            }
            match value {
                Some(value) if found.is_some_and(|found| same(found, &value)) => {}
                Some(value) => {
                    let appends = knobs.custom_arrays_append && value.is_array();
                    let op = if appends { Op::Add } else { op(knobs.add_or_replace, found.is_some()) };
                    operations.push(Operation::at(op, path, value));
                }
                None => {
                    let was_ours = self.cycles.users.get(key).is_some_and(|link| link.written.contains(&path));
                    match knobs.cleared {
                        Cleared::EmptyText if found.is_some() && was_ours => {
                            operations.push(Operation::at(Op::Replace, path, ""));
                        }
                        Cleared::Remove if found.is_some() && was_ours => operations.push(Operation::remove(path)),
                        _ => {}
                    }
                }
            }
        }
        if whole {
            operations.extend(self.role_operation(subject, shown));
        }
        operations
    }

    fn role_operation(&self, subject: &Subject<'_>, shown: &Value) -> Option<Operation> {
        let knobs = &self.profile.knobs;
        let roles = &subject.user.roles;
        let held = shown.get("roles").and_then(Value::as_array).cloned().unwrap_or_default();
        let holds = |value: &str| held.iter().any(|role| member(role, "value").and_then(Value::as_str) == Some(value));
        match knobs.roles_patch {
            RolesPatch::None => None,
            RolesPatch::AddJsonText => {
                let texts: Vec<Value> = roles
                    .iter()
                    .map(|role| {
                        json!({"id": role.id, "value": role.value, "displayName": role.display_name}).to_string()
                    })
                    .filter(|text| !holds(text))
                    .map(|text| json!({ "value": text }))
                    .collect();
                (!texts.is_empty()).then(|| Operation::at(Op::Add, "roles", Value::Array(texts)))
            }
            RolesPatch::Assertive => {
                if held.len() == roles.len() && roles.iter().all(|role| holds(&role.value)) {
                    return None;
                }
                let values = roles.iter().map(|role| user::role_value(knobs, Value::Bool(false), role)).collect();
                Some(Operation::at(Op::Replace, "roles", Value::Array(values)))
            }
            RolesPatch::PrimaryValue => {
                let role = roles.first().filter(|role| !holds(&role.value))?;
                let op = if held.is_empty() { Op::Add } else { Op::Replace };
                Some(Operation::at(op, "roles[primary eq \"True\"].value", role.value.as_str()))
            }
        }
    }

    async fn delete_user_now(&mut self, key: &str, id: &str) {
        let answer = self.call("DELETE", &query::user(id), None).await;
        if answer.ok() || answer.status == Some(404) {
            self.cycles.forget_user(key);
            self.release(Object::User, key);
            self.done(MoveKind::Delete, key);
        } else {
            let failure = words::refused(&answer, "delete");
            self.object_failed(Object::User, MoveKind::Delete, key, failure, words::condemns(&answer));
        }
    }

    pub(super) async fn delete_gone_user(&mut self, gone: Gone, wanted: bool) {
        let key = gone.key.clone();
        let Some(link) = self.cycles.users.get(&key).cloned() else {
            self.skip(MoveKind::Delete, &key, "EntrySynchronizationSkipped: the target does not know the user");
            return;
        };
        if !wanted {
            self.cycles.users.shift_remove(&key);
            self.skip(MoveKind::Delete, &key, "the user was not in scope when it was deleted: nothing is sent");
            return;
        }
        self.delete_user_now(&key, &link.id).await;
        if self.cycles.users.contains_key(&key) {
            self.cycles.gone_users.push(gone);
        }
    }
}

pub(in crate::idp::engine) fn manager_of(resource: &Value) -> Option<String> {
    let manager = member(member(resource, ENTERPRISE)?, "manager")?;
    let value = if manager.is_string() { manager } else { member(manager, "value")? };
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn manager_is_text(resource: &Value) -> bool {
    member(resource, ENTERPRISE).and_then(|enterprise| member(enterprise, "manager")).is_some_and(Value::is_string)
}
