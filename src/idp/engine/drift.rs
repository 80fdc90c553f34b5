//! How the target differs from the directory: everything is read back, page by page, and held against what this IdP was
//! to write.
//!
//! Compared are the attributes that the profile maps and the directory has a value for, `active`, the manager where the
//! profile writes managers, and of pushed groups the name and the membership. What the IdP does not manage is left
//! alone: accounts and members that it did not make, and values that it does not clear.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use super::{Idp, answer::id_of, answer::reason, cycles::manager_of, tasks::import::PagingFault};
use crate::idp::{
    dialect::{
        path::{Target, member, same, truth},
        user::Subject,
    },
    directory::{Person, Team},
    profile::{Kind, value::ManagerPass},
};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Directory key of the user or group.
    pub object: String,
    /// What differs, with both sides.
    pub what: String,
}

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Users that the target lists.
    pub users: usize,
    /// Groups that the target lists.
    pub groups: usize,
    /// Where it differs from the directory.
    pub drift: Vec<Drift>,
}

/// Why the target could not be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {endpoint} of the target back: {why}; the drift is unknown")]
pub struct Unreadable {
    /// Which list.
    pub endpoint: &'static str,
    /// What came instead.
    pub why: String,
}

impl Idp {
    /// The objects of the directory that the target knows: SCIM id and directory key.
    pub fn links(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let people = self.directory.people().map(|person| &person.user.key);
        let keys = people.chain(self.directory.teams().map(|team| &team.group.key));
        keys.filter_map(|key| Some((self.remote_id(key)?, key.clone())))
    }

    /// Reads the target back and compares it with the directory. `made` holds every link that there ever was (SCIM id to
    /// directory key), so that what should be gone is known too.
    ///
    /// # Errors
    /// If a list of the target cannot be read to its end.
    pub async fn compare(&mut self, made: &BTreeMap<String, String>) -> Result<Comparison, Unreadable> {
        let users = self.read_back("/Users").await?;
        let groups = self.read_back("/Groups").await?;
        let mut drift = Vec::new();
        for person in self.directory.people() {
            self.compare_person(person, &users, &mut drift);
        }
        for team in self.directory.teams().filter(|team| team.pushed) {
            self.compare_team(team, &groups, made, &mut drift);
        }
        for (id, key) in made {
            if self.directory.person(key).is_none() && users.get(id).is_some_and(is_active) {
                drift.push(Drift::of(key, "gone from the directory, but active on the target"));
            }
            if self.directory.team(key).is_none() && groups.contains_key(id) {
                drift.push(Drift::of(key, "gone from the directory, but a group on the target"));
            }
        }
        Ok(Comparison { users: users.len(), groups: groups.len(), drift })
    }

    async fn read_back(&mut self, endpoint: &'static str) -> Result<HashMap<String, Value>, Unreadable> {
        let read = self.read_all(endpoint).await;
        self.exchanges.clear();
        let why = match read {
            Ok(all) => {
                return Ok(all.into_iter().filter_map(|resource| Some((id_of(&resource)?, resource))).collect());
            }
            Err(PagingFault::Endless) => super::tasks::import::ENDLESS.to_owned(),
            Err(PagingFault::Answer(answer)) => match (answer.status, answer.failure) {
                (Some(status), _) if !(200..300).contains(&status) => format!("{status} {}", reason(status)),
                (None, Some(failure)) => failure.to_string(),
                _ => "the answer is no list response".to_owned(),
            },
        };
        Err(Unreadable { endpoint, why })
    }

    /// Whether the person is to have access now.
    fn has_access(&self, person: &Person) -> bool {
        self.directory.is_assigned(&person.user.key, self.profile.knobs.groups_assign)
            && person.enabled
            && person.deleted_at.is_none()
            && !(person.suspended && self.profile.knobs.suspend_deactivates)
    }

    /// Whether the target may hold an account that this IdP made and does not know of: its create was not answered.
    fn may_be_unknown(&self, key: &str) -> bool {
        match self.profile.kind {
            Kind::Entra => self.cycles.may_be_unknown(key),
            Kind::Okta | Kind::Generic => self.tasks.may_be_unknown(key),
        }
    }

    fn compare_person(&self, person: &Person, users: &HashMap<String, Value>, drift: &mut Vec<Drift>) {
        let key = &person.user.key;
        let id = self.remote_id(key);
        let shown = id.as_ref().and_then(|id| users.get(id));
        if !self.has_access(person) {
            if shown.is_some_and(is_active) {
                drift.push(Drift::of(key, "without access in the directory, but active on the target"));
            } else if self.may_be_unknown(key)
                && users.values().any(|user| is_active(user) && is_named(user, &person.user.user_name))
            {
                let what = "without access in the directory, but an account of this name is active on the target: its \
                            create failed and may have been heard";
                drift.push(Drift::of(key, what));
            }
            return;
        }
        let Some(shown) = shown else {
            let what = if id.is_some() { "was provisioned, but is not on the target" } else { "is not provisioned" };
            drift.push(Drift::of(key, what));
            return;
        };
        if !is_active(shown) {
            drift.push(Drift::of(key, "has access in the directory, but is inactive on the target"));
        }
        let object_id = self.user_object_id(key);
        for (path, value) in Subject::of(person, &object_id, true).at(self.clock).values(&self.profile) {
            let Some(value) = value.filter(|_| path != "active") else { continue };
            let target = Target::parse(&path);
            let mut found = target.find(shown);
            if target.attribute == "emails" && !self.profile.knobs.email_type {
                // Sent without a type, it cannot be told by its type.
                let untyped = Target { filter: None, sub: None, ..target }.find(shown);
                let values = untyped.and_then(Value::as_array).into_iter().flatten();
                found = values.filter_map(|element| member(element, "value")).find(|held| same(held, &value));
            }
            if !found.is_some_and(|found| same(found, &value)) {
                let found = found.map_or_else(|| "nothing".to_owned(), Value::to_string);
                drift.push(Drift::of(key, format!("{path}: {value} in the directory, {found} on the target")));
            }
        }
        if self.profile.knobs.manager_pass != ManagerPass::Never
            && let Some(manager) = &person.user.manager
            && self.directory.person(manager).is_some_and(|manager| self.has_access(manager))
            && let Some(wanted) = self.remote_id(manager)
            && manager_of(shown).as_ref() != Some(&wanted)
        {
            drift.push(Drift::of(key, format!("the manager `{manager}` is not the manager on the target")));
        }
    }

    fn compare_team(
        &self,
        team: &Team,
        groups: &HashMap<String, Value>,
        made: &BTreeMap<String, String>,
        drift: &mut Vec<Drift>,
    ) {
        let key = &team.group.key;
        let people = self.members_of(key);
        let expected: Vec<(&str, Option<String>)> = people
            .iter()
            .copied()
            .filter(|member| self.directory.person(member).is_some_and(|person| self.has_access(person)))
            .map(|member| (member, self.remote_id(member)))
            .collect();
        let id = self.remote_id(key);
        if id.is_none() && expected.is_empty() && !self.profile.knobs.group_create_empty {
            return;
        }
        let Some(shown) = id.as_ref().and_then(|id| groups.get(id)) else {
            let what = if id.is_some() { "was pushed, but is not on the target" } else { "is not pushed" };
            drift.push(Drift::of(key, what));
            return;
        };
        let name = member(shown, "displayName").and_then(Value::as_str).unwrap_or_default();
        if name != team.group.display_name {
            let wanted = &team.group.display_name;
            drift.push(Drift::of(key, format!("displayName: {wanted:?} in the directory, {name:?} on the target")));
        }
        let empty = Vec::new();
        let members = member(shown, "members").and_then(Value::as_array).unwrap_or(&empty);
        let members: HashSet<&str> =
            members.iter().filter_map(|element| member(element, "value").and_then(Value::as_str)).collect();
        for (user, id) in &expected {
            // A member that is not provisioned is that user's own drift.
            if id.as_ref().is_some_and(|id| !members.contains(id.as_str())) {
                drift.push(Drift::of(key, format!("`{user}` is a member in the directory, but not on the target")));
            }
        }
        let ours: HashSet<&str> = people.into_iter().collect();
        let mut strangers: Vec<&String> =
            members.iter().filter_map(|id| made.get(*id)).filter(|user| !ours.contains(user.as_str())).collect();
        strangers.sort();
        for user in strangers {
            drift.push(Drift::of(key, format!("`{user}` is a member on the target, but not in the directory")));
        }
    }
}

impl Drift {
    fn of(object: &str, what: impl Into<String>) -> Drift {
        Drift { object: object.to_owned(), what: what.into() }
    }
}

fn is_named(user: &Value, name: &str) -> bool {
    member(user, "userName").and_then(Value::as_str).is_some_and(|held| held.to_lowercase() == name.to_lowercase())
}

/// Whether an account is open; one that says nothing about it is.
fn is_active(user: &Value) -> bool {
    member(user, "active").and_then(truth) != Some(false)
}
