//! Groups within groups.

use std::collections::HashSet;

use super::{Directory, Team};

impl Directory {
    /// The people of a group in order; with `deep` also those of the groups within it, each person once.
    pub fn members(&self, key: &str, deep: bool) -> Vec<&str> {
        let Some(team) = self.team(key) else { return Vec::new() };
        let mut people = Vec::with_capacity(team.group.members.len());
        if !deep || !self.nests(team) {
            people.extend(team.group.members.iter().map(String::as_str).filter(|key| self.person(key).is_some()));
            return people;
        }
        let (mut seen, mut open) = (HashSet::new(), vec![team]);
        while let Some(team) = open.pop() {
            for member in team.group.members.iter().filter(|member| seen.insert(member.as_str())) {
                match self.inner(member) {
                    Some(inner) => open.push(inner),
                    None => people.push(member),
                }
            }
        }
        people
    }

    /// A group and every group that it is within, directly or through others.
    pub fn holders(&self, key: &str) -> Vec<String> {
        let mut found = vec![key.to_owned()];
        let mut at = 0;
        while at < found.len() {
            let inner = found[at].clone();
            let outer = self.teams().filter(|team| team.group.members.contains(&inner)).map(|team| &team.group.key);
            let new: Vec<String> = outer.filter(|key| !found.contains(key)).cloned().collect();
            found.extend(new);
            at += 1;
        }
        found
    }

    /// The group that a member is, if it is one. A person of the same key is meant first.
    pub fn inner(&self, member: &str) -> Option<&Team> {
        self.team(member).filter(|_| self.person(member).is_none())
    }

    /// Whether the group has groups within it.
    fn nests(&self, team: &Team) -> bool {
        team.group.members.iter().any(|member| self.inner(member).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Change, Group, User};
    use super::*;

    fn directory() -> Directory {
        let mut directory = Directory::default();
        let at = time::macros::datetime!(2026-01-05 08:00 UTC);
        for change in [
            Change::AddUser(User::sample("ada", "")),
            Change::AddUser(User::sample("bob", "")),
            Change::AddGroup(Group::sample("inner", "").with_members(["bob", "ada"])),
            Change::AddGroup(Group::sample("middle", "").with_members(["inner"])),
            Change::AddGroup(Group::sample("outer", "").with_members(["ada", "middle", "inner"])),
        ] {
            directory.apply(change, at).expect("fits");
        }
        directory
    }

    /// A person counts once, however many ways lead to them; without depth only the direct ones count.
    #[test]
    fn looks_into_groups() {
        let directory = directory();
        assert_eq!(directory.members("outer", true), ["ada", "bob"]);
        assert_eq!(directory.members("outer", false), ["ada"]);
        assert_eq!(directory.holders("inner"), ["inner", "middle", "outer"]);
    }

    /// A group is never within itself.
    #[test]
    fn refuses_circles() {
        let mut directory = directory();
        let at = time::macros::datetime!(2026-01-05 08:00 UTC);
        for user in ["inner", "middle", "outer"] {
            let change = Change::AddMember { group: "inner".to_owned(), user: user.to_owned() };
            assert!(directory.apply(change, at).is_err(), "{user}");
        }
    }
}
