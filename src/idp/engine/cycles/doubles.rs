//! What the directory itself stands in the way of: objects that the matching attribute does not tell apart
//! (`DuplicateSourceEntries`), and users without a value that a create needs (`MandatoryFieldsMissing`).

use std::collections::HashMap;

use super::{Idp, Object, words};
use crate::idp::{dialect::user::Subject, moves::MoveKind};

impl Idp {
    /// The objects without those whose matching value another one of the directory has: these have failed.
    pub(super) fn without_doubles(&mut self, object: Object, keys: &[String]) -> Vec<String> {
        let (attribute, values) = match object {
            Object::User => (self.profile.knobs.match_on.first().cloned(), self.user_values(keys)),
            Object::Group => (self.profile.knobs.match_groups_on.first().cloned(), self.group_values(keys)),
        };
        let attribute = attribute.unwrap_or_default();
        let mut failed: HashMap<String, usize> = HashMap::new();
        for same in values.into_values().filter(|same| same.len() > 1) {
            let same: Vec<String> = same.into_iter().filter(|key| self.is_wanted(object, key)).collect();
            let linked = |key: &String| match object {
                Object::User => self.cycles.users.contains_key(key),
                Object::Group => self.cycles.groups.contains_key(key),
            };
            // Who is linked keeps the account; else who came first gets it.
            let owner = same.iter().find(|key| linked(key)).or(same.first()).cloned();
            let others = same.iter().filter(|key| Some(*key) != owner.as_ref() && !linked(key));
            failed.extend(others.map(|key| (key.clone(), same.len())));
        }
        for key in keys {
            let Some(count) = failed.get(key) else { continue };
            if self.cycles.visited.insert((object, key.clone())) {
                self.cycles.attempted.insert(key.clone());
                let failure = words::doubles(&attribute, *count);
                self.object_failed(object, MoveKind::Match, key, failure, false);
            }
        }
        keys.iter().filter(|key| !failed.contains_key(*key)).cloned().collect()
    }

    /// Everybody by the value of the first matching attribute, without regard to case; nobody if all of `keys` are linked.
    fn user_values(&self, keys: &[String]) -> HashMap<String, Vec<String>> {
        let mut values: HashMap<String, Vec<String>> = HashMap::new();
        let attribute = self.profile.knobs.match_on.first();
        let mapping = self.profile.mapping.iter().find(|mapping| Some(&mapping.target) == attribute);
        let (Some(mapping), false) = (mapping, keys.iter().all(|key| self.cycles.users.contains_key(key))) else {
            return values;
        };
        for person in self.directory.people() {
            let subject = Subject::of(person, "", true).at(self.clock);
            if let Some(value) = subject.value(mapping).as_ref().and_then(serde_json::Value::as_str) {
                values.entry(value.to_lowercase()).or_default().push(person.user.key.clone());
            }
        }
        values
    }

    fn group_values(&self, keys: &[String]) -> HashMap<String, Vec<String>> {
        let mut values: HashMap<String, Vec<String>> = HashMap::new();
        let by_name = self.profile.knobs.match_groups_on.first().is_some_and(|attribute| attribute == "displayName");
        if !by_name || keys.iter().all(|key| self.cycles.groups.contains_key(key)) {
            return values;
        }
        for team in self.directory.teams() {
            values.entry(team.group.display_name.to_lowercase()).or_default().push(team.group.key.clone());
        }
        values
    }

    /// Whether the target is to hold the object now.
    fn is_wanted(&self, object: Object, key: &str) -> bool {
        match object {
            Object::User => {
                let open = |person: &crate::idp::directory::Person| person.enabled && person.deleted_at.is_none();
                self.directory.person(key).is_some_and(open) && self.in_scope(key)
            }
            Object::Group => self.directory.team(key).is_some_and(|team| team.pushed),
        }
    }
}
