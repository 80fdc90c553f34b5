//! A directory of any size, made from a seed: the same seed makes the same people.

use super::{Change, Group, User};

const GIVEN: &[&str] = &[
    "Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Radia", "Tony", "Jean", "Dennis", "Zoë",
    "José", "Søren", "Amélie",
];
const FAMILY: &[&str] = &[
    "Lovelace",
    "Hopper",
    "Turing",
    "Liskov",
    "Knuth",
    "Allen",
    "Perlman",
    "Hoare",
    "Bartik",
    "Ritchie",
    "O'Neill",
    "García",
    "Müller",
    "van der Berg",
];
const DEPARTMENTS: &[&str] = &["Research", "Engineering", "Sales", "Finance", "Support"];

/// The changes that make a directory of `people` users and `groups` groups: everybody is assigned, every group is
/// pushed, every person is in one to three groups, and all but the first have a manager among those before them.
/// `unique` keeps the names of different runs apart.
pub fn generated(people: usize, groups: usize, seed: u64, unique: &str) -> Vec<Change> {
    let mut draw = Draw(seed);
    let mut changes = Vec::with_capacity(people * 2 + groups * 2);
    let mut members: Vec<Vec<String>> = vec![Vec::new(); groups];
    for at in 0..people {
        let given = GIVEN[draw.below(GIVEN.len())];
        let family = FAMILY[draw.below(FAMILY.len())];
        let key = format!("p{at}");
        let mut user = User::sample(&key, unique);
        user.given_name = Some(given.to_owned());
        user.family_name = Some(family.to_owned());
        user.display_name = Some(format!("{given} {family}"));
        user.department = Some(DEPARTMENTS[draw.below(DEPARTMENTS.len())].to_owned());
        user.employee_number = Some(format!("{}", 10_000 + at));
        user.manager = (at > 0).then(|| format!("p{}", draw.below(at)));
        if groups > 0 {
            for _ in 0..=draw.below(3) {
                let group = &mut members[draw.below(groups)];
                if group.last() != Some(&key) {
                    group.push(key.clone());
                }
            }
        }
        changes.push(Change::AddUser(user));
        changes.push(Change::AssignUser { key });
    }
    for (at, members) in members.into_iter().enumerate() {
        let group = Group { members, ..Group::sample(&format!("g{at}"), unique) };
        let key = group.key.clone();
        changes.push(Change::AddGroup(group));
        changes.push(Change::PushGroup { key });
    }
    changes
}

/// A small generator of numbers (splitmix64): what is drawn must not change with a library's version.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        usize::try_from(z % u64::try_from(limit.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same seed makes the same directory, another seed another, and every reference points to somebody.
    #[test]
    fn is_repeatable_and_whole() {
        assert_eq!(generated(50, 5, 1, "x"), generated(50, 5, 1, "x"));
        assert_ne!(generated(50, 5, 1, "x"), generated(50, 5, 2, "x"));
        let mut directory = super::super::Directory::default();
        let at = time::macros::datetime!(2026-01-05 08:00 UTC);
        for change in generated(50, 5, 1, "x") {
            directory.apply(change, at).expect("every member is there before the group");
        }
        assert_eq!((directory.people().count(), directory.teams().count()), (50, 5));
        let managers: Vec<&str> = directory.people().filter_map(|person| person.user.manager.as_deref()).collect();
        assert!(managers.len() == 49 && managers.iter().all(|key| directory.person(key).is_some()));
    }
}
