//! The IdP's own directory: people, groups, who is assigned, and a log of changes.
//!
//! A [`Change`] is applied here and appended to the log; the engine reads the log and decides what the target hears of
//! it. The directory knows nothing of SCIM, and never learns what the target holds.

mod change;
mod difference;
mod generated;
mod nesting;
mod scope;
mod user;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use change::Change;
pub use generated::generated;
pub use scope::Scope;
pub use user::{AppRole, Entitlement, Group, User};
pub(crate) use user::{FIELDS, field_named};

/// Why a change cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// No user of that key.
    #[error("the directory has no user `{key}`{}", did_you_mean(.suggestion))]
    UnknownUser {
        /// The key asked for.
        key: String,
        /// The nearest key.
        suggestion: Option<String>,
    },
    /// No group of that key.
    #[error("the directory has no group `{key}`{}", did_you_mean(.suggestion))]
    UnknownGroup {
        /// The key asked for.
        key: String,
        /// The nearest key.
        suggestion: Option<String>,
    },
    /// The key is taken.
    #[error("the directory already has `{key}`; give the new one another key")]
    Taken {
        /// The key.
        key: String,
    },
    /// No attribute of that name.
    #[error("a directory user has no attribute `{name}`{}", did_you_mean(.suggestion))]
    UnknownAttribute {
        /// The name asked for.
        name: String,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// A value that the attribute cannot hold.
    #[error("user `{key}`: {message}")]
    Value {
        /// Whose attribute.
        key: String,
        /// What is wrong.
        message: String,
    },
    /// A scoping rule that is none.
    #[error("the scoping rule {rule:?}: {message}")]
    Rule {
        /// The rule.
        rule: String,
        /// What is wrong.
        message: String,
    },
    /// The change does not fit the state.
    #[error("`{key}` cannot be {change}: {why}")]
    State {
        /// Whose state.
        key: String,
        /// The change in the passive voice.
        change: &'static str,
        /// Why not.
        why: &'static str,
    },
}

impl DirectoryError {
    /// The key of what it is about, if it is about one.
    pub fn key(&self) -> Option<&str> {
        match self {
            DirectoryError::UnknownUser { key, .. }
            | DirectoryError::UnknownGroup { key, .. }
            | DirectoryError::Taken { key }
            | DirectoryError::Value { key, .. }
            | DirectoryError::State { key, .. } => Some(key),
            DirectoryError::UnknownAttribute { name, .. } => Some(name),
            DirectoryError::Rule { .. } => None,
        }
    }
}

/// `; did you mean …?`, or nothing.
pub(crate) fn did_you_mean(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// The candidate that is nearest to `word`, if one is near.
pub(crate) fn suggestion<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

/// A person with the state that the directory and the administrator gave them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The attributes.
    pub user: User,
    /// Whether the app is assigned to the person: `None` as long as nobody said so (a group may bring them in), `Some(false)` after an
    /// explicit end.
    pub assigned: Option<bool>,
    /// Whether the account is open.
    pub enabled: bool,
    /// Okta "suspended".
    pub suspended: bool,
    /// Whether the scoping filter includes the person.
    pub in_scope: bool,
    /// Since when the person is in the recycle bin.
    #[serde(with = "time::serde::rfc3339::option")]
    pub deleted_at: Option<OffsetDateTime>,
}

/// A group with the state that the administrator gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// The attributes and members.
    pub group: Group,
    /// Whether it is pushed (Okta) or assigned (Entra).
    pub pushed: bool,
}

/// One line of the change log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logged {
    /// Position, from 1.
    pub seq: u64,
    /// When, on the simulated clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What.
    pub change: Change,
}

/// The directory. Order is the order of arrival, so that a run is repeatable.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    people: IndexMap<String, Person>,
    teams: IndexMap<String, Team>,
    log: Vec<Logged>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
    /// Beginnings of group names, by name of the push rule.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    push_rules: IndexMap<String, String>,
    /// Changes that were logged and are not kept any more.
    forgotten: u64,
}

impl Directory {
    /// Everybody, in order of arrival.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// All groups, in order of arrival.
    pub fn teams(&self) -> impl Iterator<Item = &Team> {
        self.teams.values()
    }

    /// Keys of the groups that are pushed.
    pub fn pushed(&self) -> Vec<String> {
        self.teams().filter(|team| team.pushed).map(|team| team.group.key.clone()).collect()
    }

    /// One person.
    pub fn person(&self, key: &str) -> Option<&Person> {
        self.people.get(key)
    }

    /// One group.
    pub fn team(&self, key: &str) -> Option<&Team> {
        self.teams.get(key)
    }

    /// The changes after position `after` (0 for all).
    pub fn log_after(&self, after: u64) -> &[Logged] {
        let from = usize::try_from(after.saturating_sub(self.forgotten)).unwrap_or(usize::MAX).min(self.log.len());
        &self.log[from..]
    }

    /// The position of the newest change.
    pub fn head(&self) -> u64 {
        self.forgotten + self.log.len() as u64
    }

    /// Keeps no more of the log than what is after position `read`, and of passwords nothing.
    pub(crate) fn forget_log(&mut self, read: u64) {
        self.log = self.log_after(read).to_vec();
        self.forgotten = self.forgotten.max(read);
        for logged in &mut self.log {
            if let Change::SetPassword { password, .. } = &mut logged.change {
                password.clear();
            }
        }
    }

    /// The scoping rule, if there is one.
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// Whether the app is to know this person: assigned, or in a pushed group; and not excluded by the scoping filter.
    /// `groups_assign` says whether a pushed group assigns its members (Entra) or not (Okta).
    pub fn is_assigned(&self, key: &str, groups_assign: bool) -> bool {
        let Some(person) = self.people.get(key) else { return false };
        if !person.in_scope || self.scope.as_ref().is_some_and(|scope| !scope.includes(&person.user)) {
            return false;
        }
        person.assigned.unwrap_or_else(|| {
            groups_assign
                && self.teams.values().any(|team| team.pushed && team.group.members.iter().any(|member| member == key))
        })
    }

    /// Applies a change at time `at` and logs it.
    ///
    /// # Errors
    /// For unknown or taken keys, unknown attributes, and changes that do not fit the state. Nothing is changed then.
    pub fn apply(&mut self, change: Change, at: OffsetDateTime) -> Result<(), DirectoryError> {
        self.write(&change, at)?;
        self.log.push(Logged { seq: self.head() + 1, at, change });
        Ok(())
    }

    fn write(&mut self, change: &Change, at: OffsetDateTime) -> Result<(), DirectoryError> {
        match change {
            Change::AddUser(user) => {
                if self.people.contains_key(&user.key) {
                    return Err(DirectoryError::Taken { key: user.key.clone() });
                }
                let person = Person {
                    user: user.clone(),
                    assigned: None,
                    enabled: true,
                    suspended: false,
                    in_scope: true,
                    deleted_at: None,
                };
                self.people.insert(user.key.clone(), person);
            }
            Change::UpdateUser { key, set } => self.person_mut(key)?.user.set(set)?,
            Change::SetPassword { key, .. } => {
                self.person_mut(key)?;
            }
            Change::AssignUser { key } => self.person_mut(key)?.assigned = Some(true),
            Change::UnassignUser { key } => self.person_mut(key)?.assigned = Some(false),
            Change::DisableUser { key } => self.person_mut(key)?.enabled = false,
            Change::EnableUser { key } => self.person_mut(key)?.enabled = true,
            Change::SuspendUser { key } => self.person_mut(key)?.suspended = true,
            Change::UnsuspendUser { key } => self.person_mut(key)?.suspended = false,
            Change::MoveOutOfScope { key } => self.person_mut(key)?.in_scope = false,
            Change::MoveIntoScope { key } => self.person_mut(key)?.in_scope = true,
            Change::SoftDeleteUser { key } => {
                let person = self.person_mut(key)?;
                if person.deleted_at.is_some() {
                    return Err(DirectoryError::State {
                        key: key.clone(),
                        change: "deleted",
                        why: "it is in the recycle bin",
                    });
                }
                person.deleted_at = Some(at);
            }
            Change::RestoreUser { key } => {
                let person = self.person_mut(key)?;
                if person.deleted_at.take().is_none() {
                    return Err(DirectoryError::State {
                        key: key.clone(),
                        change: "restored",
                        why: "it is not in the recycle bin",
                    });
                }
            }
            Change::DeleteUser { key } => {
                self.person_mut(key)?;
                self.people.shift_remove(key);
                for team in self.teams.values_mut() {
                    team.group.members.retain(|member| member != key);
                }
            }
            Change::AddGroup(group) => {
                if self.teams.contains_key(&group.key) {
                    return Err(DirectoryError::Taken { key: group.key.clone() });
                }
                for member in &group.members {
                    self.member(member)?;
                }
                let pushed = self.is_ruled(&group.display_name);
                self.teams.insert(group.key.clone(), Team { group: group.clone(), pushed });
            }
            Change::PushGroup { key } => self.team_mut(key)?.pushed = true,
            Change::UnlinkGroup { key } => self.team_mut(key)?.pushed = false,
            Change::RenameGroup { key, name } => {
                let ruled = self.is_ruled(name);
                let team = self.team_mut(key)?;
                team.group.display_name.clone_from(name);
                team.pushed |= ruled;
            }
            Change::PushGroupNow { key } => {
                self.team_mut(key)?;
            }
            Change::AddMember { group, user } => {
                self.member(user)?;
                self.team_mut(group)?;
                if self.inner(user).is_some() && self.holders(group).contains(user) {
                    let why = "it is that group, or that group is within it";
                    return Err(DirectoryError::State { key: user.clone(), change: "put into the group", why });
                }
                let members = &mut self.team_mut(group)?.group.members;
                if !members.contains(user) {
                    members.push(user.clone());
                }
            }
            Change::RemoveMember { group, user } => {
                self.member(user)?;
                self.team_mut(group)?.group.members.retain(|member| member != user);
            }
            Change::DeleteGroup { key } => {
                self.team_mut(key)?;
                self.teams.shift_remove(key);
                for team in self.teams.values_mut() {
                    team.group.members.retain(|member| member != key);
                }
            }
            Change::SetScope { rule } => {
                self.scope = match rule {
                    Some(rule) => Some(
                        Scope::parse(rule).map_err(|message| DirectoryError::Rule { rule: rule.clone(), message })?,
                    ),
                    None => None,
                };
            }
            Change::AddPushRule { name, starts_with } => {
                if self.push_rules.contains_key(name) {
                    return Err(DirectoryError::Taken { key: name.clone() });
                }
                self.push_rules.insert(name.clone(), starts_with.clone());
                for team in self.teams.values_mut() {
                    team.pushed |= team.group.display_name.starts_with(starts_with.as_str());
                }
            }
            Change::RemovePushRule { name, .. } => {
                let Some(start) = self.push_rules.shift_remove(name) else {
                    let why = "there is no push rule of that name";
                    return Err(DirectoryError::State { key: name.clone(), change: "removed", why });
                };
                for team in self.teams.values_mut() {
                    team.pushed &= !team.group.display_name.starts_with(&start);
                }
            }
            Change::ForceSync | Change::Import => {}
        }
        Ok(())
    }

    /// Ends the assignment of a person without an entry in the log: a consequence of something else that is there.
    pub(crate) fn end_assignment(&mut self, key: &str) {
        if let Some(person) = self.people.get_mut(key) {
            person.assigned = Some(false);
        }
    }

    /// Whether a push rule is about a group of that name.
    fn is_ruled(&self, name: &str) -> bool {
        self.push_rules.values().any(|start| name.starts_with(start.as_str()))
    }

    /// A member is a person or a group.
    fn member(&mut self, key: &str) -> Result<(), DirectoryError> {
        match self.inner(key) {
            Some(_) => Ok(()),
            None => self.person_mut(key).map(|_| ()),
        }
    }

    fn person_mut(&mut self, key: &str) -> Result<&mut Person, DirectoryError> {
        if !self.people.contains_key(key) {
            let suggestion = suggestion(key, self.people.keys().map(String::as_str));
            return Err(DirectoryError::UnknownUser { key: key.to_owned(), suggestion });
        }
        Ok(&mut self.people[key])
    }

    fn team_mut(&mut self, key: &str) -> Result<&mut Team, DirectoryError> {
        if !self.teams.contains_key(key) {
            let suggestion = suggestion(key, self.teams.keys().map(String::as_str));
            return Err(DirectoryError::UnknownGroup { key: key.to_owned(), suggestion });
        }
        Ok(&mut self.teams[key])
    }
}
