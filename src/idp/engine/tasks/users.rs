//! Moves of users in the task queue: look up, create, link, push the profile and the password, reactivate.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{UserLink, connector, words, words::event};
use crate::idp::{
    dialect::{
        patch::{self, Op, Operation},
        path::{Target, truth},
        query,
        user::{self, Purpose, Subject},
    },
    directory::Person,
    engine::{
        Idp,
        answer::{Answer, id_of},
    },
    moves::MoveKind,
    profile::value::{ActivePatch, FilterNotFound, Method},
};

/// What a look-up found.
pub(super) enum Found {
    Nobody,
    One(Value),
    /// The look-up failed; it is in the report already.
    Failed,
}

impl Idp {
    /// The app is assigned: look the user up, then create, or link and write.
    pub(super) async fn assign(&mut self, key: &str) {
        let Some(person) = self.directory.person(key).cloned() else {
            self.skip(MoveKind::Create, key, "the user is gone from the directory");
            return;
        };
        let known = self.tasks.users.get(key).cloned();
        if known.is_some() && self.leaves_out(connector::REACTIVATE, MoveKind::Reactivate, key) {
            return;
        }
        if let Some(link) = &known
            && (link.late || !self.profile.knobs.reactivate_needs_lookup)
        {
            let shown = json!({"id": link.id, "active": link.active});
            self.adopt(key, &person, &shown).await;
            return;
        }
        let stale = known.is_some() && self.profile.knobs.reassign_looks_up_stale_name;
        match self.find_user(key, &person, stale).await {
            Found::One(shown) => self.adopt(key, &person, &shown).await,
            Found::Nobody if self.profile.knobs.create_users => self.create_user(key, &person, true).await,
            Found::Nobody => {
                let failure = words::failure(event::VERIFY, "Matching user not found".to_owned(), None);
                self.fail(MoveKind::Create, key, failure);
            }
            Found::Failed => {}
        }
    }

    /// The app is assigned to somebody whose account is not active yet: an account that is there is left as it is.
    pub(super) async fn stage(&mut self, key: &str) {
        let Some(person) = self.directory.person(key).cloned() else {
            self.skip(MoveKind::Create, key, "the user is gone from the directory");
            return;
        };
        match self.find_user(key, &person, false).await {
            Found::Nobody => self.create_user(key, &person, false).await,
            Found::One(shown) => {
                if let Some(id) = id_of(&shown) {
                    let active = shown.get("active").and_then(truth).unwrap_or(true);
                    let link = UserLink { id, active, pending: true, ..UserLink::default() };
                    self.tasks.users.insert(key.to_owned(), link);
                }
            }
            Found::Failed => {}
        }
    }

    pub(super) async fn find_user(&mut self, key: &str, person: &Person, stale: bool) -> Found {
        let object_id = self.user_object_id(key);
        for attribute in self.profile.knobs.match_on.clone() {
            let subject = Subject::of(person, &object_id, true).at(self.clock);
            let value = subject
                .values(&self.profile)
                .into_iter()
                .find(|(target, _)| *target == attribute)
                .and_then(|(_, value)| value)
                .and_then(|value| value.as_str().map(str::to_owned));
            let Some(mut value) = value else { continue };
            if stale && let Some((local, _)) = value.split_once('@') {
                value = local.to_owned();
            }
            let target = query::lookup(&self.profile.knobs, "/Users", &attribute, &value);
            let answer = self.call("GET", &target, None).await;
            if answer.status == Some(404) && self.profile.knobs.filter_404 == FilterNotFound::NoMatch {
                self.done(MoveKind::Match, key);
                continue;
            }
            match self.read_list(&answer) {
                Ok(mut hits) if !hits.is_empty() => {
                    self.done(MoveKind::Match, key);
                    return Found::One(hits.swap_remove(0));
                }
                Ok(_) => self.done(MoveKind::Match, key),
                Err(words) => {
                    let code = if words == SILENT { event::SYNC } else { event::VERIFY };
                    self.fail(MoveKind::Match, key, words::failure(code, words, Some(&answer)));
                    return Found::Failed;
                }
            }
        }
        Found::Nobody
    }

    /// The resources of a look-up, or the log's words for why it is none.
    pub(super) fn read_list(&self, answer: &Answer) -> Result<Vec<Value>, String> {
        if !answer.ok() {
            return Err(words::remote(answer, self.profile.knobs.surfaces_detail));
        }
        match answer.list(self.profile.knobs.lenient_list_keys) {
            Ok(list) if list.text_number && self.profile.knobs.strict_list_numbers => Err(SILENT.to_owned()),
            Ok(list) => Ok(list.resources),
            Err(_) => Err("No results for users returned".to_owned()),
        }
    }

    async fn create_user(&mut self, key: &str, person: &Person, active: bool) {
        if self.leaves_out(connector::NEW, MoveKind::Create, key) {
            return;
        }
        let password = self.profile.knobs.password_in_create.then(|| self.draw_password());
        let object_id = self.user_object_id(key);
        let manager = person.user.manager.as_ref().and_then(|manager| self.tasks.users.get(manager));
        let nobody = self.object_id("nobody", None, false);
        let manager = user::manager_in_create(&self.profile.knobs, manager.map(|link| link.id.as_str()), &nobody);
        let subject = Subject::of(person, &object_id, active).at(self.clock);
        let body = user::create(&self.profile, &subject, password.as_deref(), manager);
        let written = written(&subject.values(&self.profile));
        let answer = self.call("POST", "/Users", Some(&body)).await;
        let name = &person.user.user_name;
        if answer.status == Some(409)
            && !self.profile.knobs.conflict_is_permanent
            && let Found::One(shown) = self.find_user(key, person, false).await
        {
            return self.adopt(key, person, &shown).await;
        }
        if !answer.ok() {
            let remote = words::remote(&answer, self.profile.knobs.surfaces_detail);
            let words = format!("Push new user to external application FAILURE: {remote}");
            self.fail(MoveKind::Create, key, words::failure(event::CREATE, words, Some(&answer)));
            return;
        }
        let resource = answer.object();
        let fault = if resource.is_none() && self.profile.knobs.needs_created_body {
            Some(format!(
                "Automatic provisioning of user {name} to app failed: Error while creating user {}: Create new user \
                 returned empty user.",
                person.user.display_name.as_deref().unwrap_or(name)
            ))
        } else if self.profile.knobs.needs_schemas && resource.is_some_and(|resource| resource.get("schemas").is_none())
        {
            Some(format!("Error while creating user {name}: No schema's defined in scim user"))
        } else if answer.id().is_none() {
            Some(format!("Error while creating user {name}: the created user has no id"))
        } else {
            None
        };
        if let Some(words) = fault {
            self.fail(MoveKind::Create, key, words::failure(event::CREATE, words, Some(&answer)));
            return;
        }
        let id = answer.id().unwrap_or_default();
        self.tasks
            .users
            .insert(key.to_owned(), UserLink { id, active, written, pending: !active, ..UserLink::default() });
        self.done(MoveKind::Create, key);
        self.follow_memberships(key).await;
    }

    /// An existing user becomes the app user: its id is kept, then it is written.
    pub(super) async fn adopt(&mut self, key: &str, person: &Person, shown: &Value) {
        let Some(id) = id_of(shown) else {
            let words = "the matching user has no id".to_owned();
            self.fail(MoveKind::Match, key, words::failure(event::VERIFY, words, None));
            return;
        };
        let active = shown.get("active").and_then(truth).unwrap_or(true);
        let link = self.tasks.users.entry(key.to_owned()).or_default();
        link.active = active;
        link.late = false;
        if link.id != id {
            link.written.clear();
        }
        link.id = id;
        let twice = self.profile.knobs.double_put_on_assign;
        let knobs = &self.profile.knobs;
        let apart = knobs.user_active == Method::Patch || knobs.user_update == Method::Patch || twice;
        let kind = if active { MoveKind::Update } else { MoveKind::Reactivate };
        if apart && (!active || twice) && !self.write_active(key, person, true).await {
            return;
        }
        let stale = !active && self.profile.knobs.stale_active_after_reactivate;
        let kind = if apart && !active { MoveKind::Update } else { kind };
        if self.write_profile(key, person, !stale, kind).await {
            self.follow_memberships(key).await;
        }
    }

    /// Attributes changed.
    pub(super) async fn push_profile(&mut self, key: &str) {
        let Some(person) = self.directory.person(key).cloned() else {
            self.skip(MoveKind::Update, key, "the user is gone from the directory");
            return;
        };
        let Some(link) = self.tasks.users.get(key) else {
            self.skip(MoveKind::Update, key, "the app user has no External ID: an earlier task failed");
            return;
        };
        if !link.pending {
            self.write_profile(key, &person, true, MoveKind::Update).await;
            return;
        }
        // Activated: the same write makes the user active.
        if self.write_profile(key, &person, true, MoveKind::Reactivate).await {
            if let Some(link) = self.tasks.users.get_mut(key) {
                link.pending = false;
            }
            self.follow_memberships(key).await;
        }
    }

    async fn write_profile(&mut self, key: &str, person: &Person, active: bool, kind: MoveKind) -> bool {
        let Some(link) = self.tasks.users.get(key).cloned() else { return false };
        let object_id = self.user_object_id(key);
        let subject = Subject::of(person, &object_id, active).at(self.clock);
        let values = subject.values(&self.profile);
        let now = written(&values);
        let changed: Vec<String> =
            now.iter().filter(|(path, value)| link.written.get(*path) != Some(value)).map(|(p, _)| p.clone()).collect();
        let cleared: Vec<String> = link.written.keys().filter(|path| !now.contains_key(*path)).cloned().collect();
        let code = if kind == MoveKind::Reactivate { event::REACTIVATE } else { event::PROFILE };
        let only = (!self.profile.knobs.full_profile).then(|| [changed.clone(), cleared.clone()].concat());
        let good = match self.profile.knobs.user_update {
            Method::Put => {
                let wants = Write { purpose: Purpose::Profile, active, cleared: &cleared, only: only.as_deref() };
                self.put_user(key, person, &link.id, kind, code, wants).await
            }
            Method::Patch => {
                let operations = self.profile_operations(&values, &changed, &cleared);
                if operations.is_empty() {
                    self.skip(kind, key, "nothing changed");
                    true
                } else {
                    self.patch_user(key, &link.id, operations, kind, code).await
                }
            }
        };
        if let Some(link) = self.tasks.users.get_mut(key) {
            link.push_failed = !good;
            if good {
                link.written = now;
                if self.profile.knobs.user_update == Method::Put {
                    link.active = active;
                }
            }
        }
        good
    }

    fn profile_operations(
        &self,
        values: &[(String, Option<Value>)],
        changed: &[String],
        cleared: &[String],
    ) -> Vec<Operation> {
        let knobs = &self.profile.knobs;
        let mut operations: Vec<Operation> = values
            .iter()
            .filter(|(path, _)| path != "active" && (knobs.full_profile || changed.contains(path)))
            .filter_map(|(path, value)| Some(Operation::at(Op::Replace, path.clone(), value.clone()?)))
            .collect();
        for path in cleared {
            if user::is_list(path) {
                operations.push(Operation::at(Op::Replace, path.clone(), json!([])));
                continue;
            }
            match knobs.cleared {
                crate::idp::profile::value::Cleared::Nothing => {}
                crate::idp::profile::value::Cleared::EmptyText => {
                    operations.push(Operation::at(Op::Replace, path.clone(), ""));
                }
                crate::idp::profile::value::Cleared::Remove => operations.push(Operation::remove(path.clone())),
            }
        }
        patch::lay_out(knobs, operations)
    }

    pub(super) async fn write_active(&mut self, key: &str, person: &Person, active: bool) -> bool {
        let Some(link) = self.tasks.users.get(key).cloned() else { return false };
        let (kind, code) = match active {
            true => (MoveKind::Reactivate, event::REACTIVATE),
            false => (MoveKind::Deactivate, event::DEACTIVATE),
        };
        let good = match self.profile.knobs.user_active {
            Method::Put => {
                let wants = Write { purpose: Purpose::Active, active, cleared: &[], only: None };
                self.put_user(key, person, &link.id, kind, code, wants).await
            }
            Method::Patch => {
                let value = user::active_value(self.profile.knobs.active_type, active);
                let operation = match self.profile.knobs.active_patch {
                    ActivePatch::Path => Operation::at(Op::Replace, "active", value),
                    ActivePatch::Pathless => Operation::pathless(Op::Replace, json!({ "active": value })),
                };
                self.patch_user(key, &link.id, vec![operation], kind, code).await
            }
        };
        if good && let Some(link) = self.tasks.users.get_mut(key) {
            link.active = active;
        }
        good
    }

    async fn patch_user(
        &mut self,
        key: &str,
        id: &str,
        operations: Vec<Operation>,
        kind: MoveKind,
        code: &str,
    ) -> bool {
        let body = patch::body(&self.profile.knobs, operations);
        let answer = self.call("PATCH", &query::user(id), Some(&body)).await;
        if answer.ok() && (answer.object().is_some() || !self.profile.knobs.needs_patch_body) {
            self.done(kind, key);
            return true;
        }
        if matches!(answer.status, Some(405 | 501))
            && self.profile.knobs.patch_falls_back_to_put
            && let Some(person) = self.directory.person(key).cloned()
        {
            let active = kind != MoveKind::Deactivate;
            let wants = Write { purpose: Purpose::Profile, active, cleared: &[], only: None };
            return self.put_user(key, &person, id, kind, code, wants).await;
        }
        let words = words::remote(&answer, self.profile.knobs.surfaces_detail);
        self.fail(kind, key, words::failure(code, words, Some(&answer)));
        false
    }

    /// GET, then PUT of what the GET showed with something laid over it.
    async fn put_user(
        &mut self,
        key: &str,
        person: &Person,
        id: &str,
        kind: MoveKind,
        code: &str,
        write: Write<'_>,
    ) -> bool {
        let target = query::user(id);
        let mut shown = None;
        if self.profile.knobs.put_reads_first {
            let answer = self.call("GET", &target, None).await;
            let fault = match answer.object() {
                _ if answer.status == Some(404) => {
                    Some("the user does not exist in the external application".to_owned())
                }
                _ if !answer.ok() => Some(words::remote(&answer, self.profile.knobs.surfaces_detail)),
                None => Some(words::remote(&answer, self.profile.knobs.surfaces_detail)),
                Some(resource) if resource.get("Resources").is_some() && !self.profile.knobs.put_echoes_any_shape => {
                    Some("the external application returned a list instead of the user".to_owned())
                }
                Some(_) => None,
            };
            if let Some(words) = fault {
                self.fail(kind, key, words::failure(code, words, Some(&answer)));
                return false;
            }
            shown = answer.json;
        }
        let shown = shown.unwrap_or_else(|| json!({ "id": id }));
        let object_id = self.user_object_id(key);
        let subject = Subject::of(person, &object_id, write.active).at(self.clock);
        let body = user::put(&self.profile, &subject, Some(&shown), write.purpose, write.cleared, write.only);
        let answer = self.call("PUT", &target, Some(&body)).await;
        if answer.ok() {
            self.done(kind, key);
            return true;
        }
        let words = words::remote(&answer, self.profile.knobs.surfaces_detail);
        self.fail(kind, key, words::failure(code, words, Some(&answer)));
        false
    }

    pub(super) async fn push_password(&mut self, key: &str, password: &str) {
        let (Some(link), Some(person)) = (self.tasks.users.get(key).cloned(), self.directory.person(key).cloned())
        else {
            self.skip(MoveKind::Password, key, "the app user has no External ID: an earlier task failed");
            return;
        };
        if self.profile.knobs.user_active == Method::Patch {
            let operation = Operation::pathless(Op::Replace, json!({ "password": password }));
            self.patch_user(key, &link.id, vec![operation], MoveKind::Password, event::PASSWORD).await;
            return;
        }
        let target = query::user(&link.id);
        let shown = if self.profile.knobs.put_reads_first {
            let answer = self.call("GET", &target, None).await;
            if !answer.ok() {
                let words = words::remote(&answer, self.profile.knobs.surfaces_detail);
                self.fail(MoveKind::Password, key, words::failure(event::PASSWORD, words, Some(&answer)));
                return;
            }
            answer.json
        } else {
            None
        };
        let object_id = self.user_object_id(key);
        let subject = Subject::of(&person, &object_id, link.active).at(self.clock);
        let mut body = user::put(&self.profile, &subject, shown.as_ref(), Purpose::Profile, &[], None);
        body["password"] = Value::from(password);
        let answer = self.call("PUT", &target, Some(&body)).await;
        if answer.ok() {
            self.done(MoveKind::Password, key);
        } else {
            let words = words::remote(&answer, self.profile.knobs.surfaces_detail);
            self.fail(MoveKind::Password, key, words::failure(event::PASSWORD, words, Some(&answer)));
        }
    }
}

/// A list with text numbers stops the task, and the log gives no reason.
const SILENT: &str = "null";

struct Write<'a> {
    purpose: Purpose,
    active: bool,
    cleared: &'a [String],
    only: Option<&'a [String]>,
}

fn written(values: &[(String, Option<Value>)]) -> BTreeMap<String, Value> {
    values
        .iter()
        .filter(|(path, _)| Target::parse(path).attribute != "active")
        .filter_map(|(path, value)| Some((path.clone(), value.clone()?)))
        .collect()
}
