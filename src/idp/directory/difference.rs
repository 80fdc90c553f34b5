//! What must change for a directory to hold other people and groups: how an edited file becomes changes.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Change, Directory, Group, Person, Team, User};

impl Directory {
    /// The changes after which the directory holds these users, each assigned and with an open account, and these groups,
    /// each pushed. Who is missing goes into the recycle bin, and comes out of it when they are listed again.
    pub fn difference(&self, users: &[User], groups: &[Group]) -> Vec<Change> {
        let mut changes = Vec::new();
        for user in users {
            match self.person(&user.key) {
                Some(person) => differing(person, user, &mut changes),
                None => changes.push(Change::AddUser(user.clone())),
            }
        }
        let assigned = |user: &&User| self.person(&user.key).is_none_or(|person| person.assigned != Some(true));
        changes.extend(users.iter().filter(assigned).map(|user| Change::AssignUser { key: user.key.clone() }));
        // A group may hold one that is listed below it: first all of them, then who is within whom.
        let names: HashSet<&str> = groups.iter().map(|group| group.key.as_str()).collect();
        let people: HashSet<&str> = users.iter().map(|user| user.key.as_str()).collect();
        let within = |key: &str| names.contains(key) && !people.contains(key);
        for group in groups.iter().filter(|group| self.team(&group.key).is_none()) {
            let people = group.members.iter().filter(|key| !within(key)).cloned().collect();
            changes.push(Change::AddGroup(Group { members: people, ..group.clone() }));
        }
        for group in groups.iter().filter(|group| self.team(&group.key).is_none()) {
            let inner = group.members.iter().filter(|key| within(key)).cloned();
            changes.extend(inner.map(|user| Change::AddMember { group: group.key.clone(), user }));
        }
        for group in groups {
            if let Some(team) = self.team(&group.key) {
                regrouped(team, group, &mut changes);
            }
        }
        let unpushed = |group: &&Group| self.team(&group.key).is_none_or(|team| !team.pushed);
        changes.extend(groups.iter().filter(unpushed).map(|group| Change::PushGroup { key: group.key.clone() }));
        let kept: HashSet<&str> = groups.iter().map(|group| group.key.as_str()).collect();
        let gone = self.teams().map(|team| &team.group.key).filter(|key| !kept.contains(key.as_str()));
        changes.extend(gone.map(|key| Change::DeleteGroup { key: key.clone() }));
        let left = self.missing(users).map(|person| Change::SoftDeleteUser { key: person.user.key.clone() });
        changes.extend(left);
        changes
    }

    /// The people, but for those in the recycle bin, who are not among `users`.
    pub fn missing<'a>(&'a self, users: &'a [User]) -> impl Iterator<Item = &'a Person> {
        let kept: HashSet<&str> = users.iter().map(|user| user.key.as_str()).collect();
        self.people().filter(move |person| person.deleted_at.is_none() && !kept.contains(person.user.key.as_str()))
    }
}

/// A person who is listed: back from the recycle bin, open again, into scope again, with the attributes listed.
fn differing(person: &Person, user: &User, changes: &mut Vec<Change>) {
    let key = || user.key.clone();
    if person.deleted_at.is_some() {
        changes.push(Change::RestoreUser { key: key() });
    }
    if !person.enabled {
        changes.push(Change::EnableUser { key: key() });
    }
    if !person.in_scope {
        changes.push(Change::MoveIntoScope { key: key() });
    }
    let (was, is) = (attributes(&person.user), attributes(user));
    let mut set: Map<String, Value> =
        is.iter().filter(|(name, value)| was.get(*name) != Some(value)).map(|(n, v)| (n.clone(), v.clone())).collect();
    set.extend(was.keys().filter(|name| !is.contains_key(*name)).map(|name| (name.clone(), Value::Null)));
    if !set.is_empty() {
        changes.push(Change::UpdateUser { key: key(), set });
    }
}

fn regrouped(team: &Team, group: &Group, changes: &mut Vec<Change>) {
    if team.group.display_name != group.display_name {
        changes.push(Change::RenameGroup { key: group.key.clone(), name: group.display_name.clone() });
    }
    let was: HashSet<&str> = team.group.members.iter().map(String::as_str).collect();
    let is: HashSet<&str> = group.members.iter().map(String::as_str).collect();
    let member = |user: &String| (group.key.clone(), user.clone());
    let gone = team.group.members.iter().filter(|user| !is.contains(user.as_str())).map(member);
    changes.extend(gone.map(|(group, user)| Change::RemoveMember { group, user }));
    let came = group.members.iter().filter(|user| !was.contains(user.as_str())).map(member);
    changes.extend(came.map(|(group, user)| Change::AddMember { group, user }));
}

/// The attributes that have a value, but for the key.
fn attributes(user: &User) -> Map<String, Value> {
    match serde_json::to_value(user) {
        Ok(Value::Object(mut all)) => {
            all.shift_remove("key");
            all
        }
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::generated, *};

    const AT: time::OffsetDateTime = time::macros::datetime!(2026-01-05 08:00 UTC);

    fn directory(changes: Vec<Change>) -> Directory {
        let mut directory = Directory::default();
        changes.into_iter().for_each(|change| directory.apply(change, AT).expect("fits"));
        directory
    }

    fn listed(changes: Vec<Change>) -> (Vec<User>, Vec<Group>) {
        let (mut users, mut groups) = (Vec::new(), Vec::new());
        for change in changes {
            match change {
                Change::AddUser(user) => users.push(user),
                Change::AddGroup(group) => groups.push(group),
                _ => {}
            }
        }
        (users, groups)
    }

    /// Applying the difference makes the directory what was listed; the second difference is empty. Protects against an
    /// edited file that is only half taken over.
    #[test]
    fn ends_where_it_is_to() {
        let mut directory = directory(generated(30, 4, 1, "x"));
        let (mut users, mut groups) = listed(generated(34, 5, 2, "x"));
        users.remove(3);
        groups.remove(0);
        for group in &mut groups {
            group.members.retain(|key| key != "p3");
        }
        for change in directory.difference(&users, &groups) {
            directory.apply(change, AT).expect("every change fits");
        }
        let alive: Vec<&User> = directory.people().filter(|p| p.deleted_at.is_none()).map(|p| &p.user).collect();
        assert_eq!(alive.len(), 33);
        assert!(users.iter().all(|user| alive.contains(&user)));
        for group in &groups {
            let team = directory.team(&group.key).expect("listed");
            let sorted = |members: &[String]| members.iter().cloned().collect::<std::collections::BTreeSet<_>>();
            assert_eq!(sorted(&team.group.members), sorted(&group.members));
            assert!(team.pushed);
        }
        assert!(directory.team("g0").is_none());
        assert_eq!(directory.difference(&users, &groups), []);
    }

    /// Who is listed again after a while comes out of the recycle bin, as the same person.
    #[test]
    fn who_comes_back_is_restored() {
        let changes = generated(2, 0, 1, "");
        let (users, _) = listed(changes.clone());
        let mut directory = directory(changes);
        for change in directory.difference(&users[..1], &[]) {
            directory.apply(change, AT).expect("fits");
        }
        assert!(directory.person("p1").is_some_and(|person| person.deleted_at.is_some()));
        assert_eq!(directory.difference(&users, &[]), [Change::RestoreUser { key: "p1".to_owned() }]);
    }
}
