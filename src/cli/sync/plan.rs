//! Which changes are played before which cycle: all of them at first; with a state of an earlier run, only what is new.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    super::exit::Fault,
    source::{Feed, Source, digest},
};
use crate::idp::{
    Change,
    directory::{Directory, Scope},
};

/// Changes, and the cycle that plays them.
pub(super) struct Step {
    /// Where they are from, for what is wrong with them.
    pub place: String,
    /// The changes.
    pub changes: Vec<Change>,
    /// The line of each, if they are from a change feed.
    pub lines: Vec<usize>,
    /// How far the sources are played when they are in the directory.
    pub after: Progress,
}

/// How far the sources are played.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// What the directory was read from, as it was named.
    pub place: String,
    /// Digest of its users, groups and cycles.
    digest: String,
    /// Cycles of it that were played; the first is that of its users and groups.
    cycles: usize,
    /// Lines of the change feed that were played.
    lines: usize,
    /// Digest of these lines.
    lines_digest: String,
}

/// What an earlier run left.
pub(super) struct Earlier<'a> {
    /// How far it came.
    pub progress: &'a Progress,
    /// The directory as it left it.
    pub directory: &'a Directory,
    /// Whether it was broken off within a cycle.
    pub unfinished: bool,
    /// The file that says so.
    pub file: &'a Path,
}

/// The steps of a run. There is always one: without a change it is a cycle in which nothing may be to do.
///
/// # Errors
/// If the earlier run was about another directory, or a change does not fit. Nothing was sent then.
pub(super) fn steps(source: Source, feed: Option<Feed>, earlier: Option<&Earlier<'_>>) -> Result<Vec<Step>, Fault> {
    let mut progress = Progress { place: source.place.clone(), digest: source.digest(), ..Progress::default() };
    let mut steps = Vec::new();
    let mut step = |place: String, changes: Vec<Change>, after: &Progress| {
        steps.push(Step { place, changes, lines: Vec::new(), after: after.clone() });
    };
    let first = format!("{}: users and groups", source.place);
    match earlier {
        Some(earlier) if earlier.progress.digest == progress.digest => {
            progress.cycles = earlier.progress.cycles;
            if earlier.unfinished {
                // Before anybody gets another name: what was sent last, and not answered, is found by the old one.
                step(first, Vec::new(), earlier.progress);
            }
        }
        Some(earlier) => {
            familiar(&source, earlier)?;
            progress.cycles = 1;
            step(first, source.changes(earlier.directory), &progress);
        }
        None => {
            progress.cycles = 1;
            step(first, source.changes(&Directory::default()), &progress);
        }
    }
    let played = progress.cycles.saturating_sub(1);
    for (number, changes) in source.cycles.iter().cloned().enumerate().skip(played) {
        progress.cycles += 1;
        step(format!("{}: cycles[{number}]", source.place), changes, &progress);
    }
    if let Some(feed) = feed {
        let known = earlier.map_or(0, |earlier| earlier.progress.lines);
        let same = known > 0
            && earlier.is_some_and(|earlier| feed.digest(known).as_deref() == Some(&earlier.progress.lines_digest));
        for changes in feed.cycles(if same { known } else { 0 })? {
            let (lines, changes): (Vec<usize>, Vec<Change>) = changes.into_iter().unzip();
            progress.lines = lines.last().copied().unwrap_or_default();
            progress.lines_digest = feed.digest(progress.lines).unwrap_or_default();
            steps.push(Step { place: feed.place.clone(), changes, lines, after: progress.clone() });
        }
    }
    if steps.is_empty() {
        let after = earlier.map(|earlier| earlier.progress.clone()).unwrap_or_default();
        steps.push(Step { place: progress.place, changes: Vec::new(), lines: Vec::new(), after });
    }
    fits(&steps, &source, earlier.map(|earlier| earlier.directory.clone()).unwrap_or_default())?;
    Ok(steps)
}

/// A file that knows hardly anybody of those remembered is another directory: to take it for this one would close the
/// accounts of all of them.
fn familiar(source: &Source, earlier: &Earlier<'_>) -> Result<(), Fault> {
    let remembered = earlier.directory.people().filter(|person| person.deleted_at.is_none()).count();
    let missing = earlier.directory.missing(&source.users).count();
    let few = remembered < 10;
    if remembered > 0 && (missing == remembered || (!few && missing * 2 > remembered)) {
        return Err(Fault::usage(format!(
            "{}: it remembers {remembered} users of {}, and {missing} of them are not in {}: that looks like another \
             directory; name another --state, or list those who leave as soft-delete-user in a --change-feed",
            earlier.file.display(),
            earlier.progress.place,
            source.place,
        )));
    }
    Ok(())
}

/// Every change must fit the directory as the changes before it leave it; otherwise nothing is sent.
fn fits(steps: &[Step], source: &Source, mut directory: Directory) -> Result<(), Fault> {
    for Step { place, changes, lines, .. } in steps {
        for (at, change) in changes.iter().enumerate() {
            directory.apply(change.clone(), crate::idp::engine::START).map_err(|error| {
                if let Some(line) = lines.get(at) {
                    return Fault::usage(format!("{place}:{line}: {error}"));
                }
                let line = error.key().and_then(|key| source.line_of(key)).filter(|_| place.starts_with(&source.place));
                let line = line.map_or_else(String::new, |line| format!(" (line {line})"));
                Fault::usage(format!("{place}{line}: {error}"))
            })?;
        }
    }
    let stray = directory.people().find_map(|person| {
        let manager = person.user.manager.as_ref()?;
        directory.person(manager).is_none().then(|| (person.user.key.clone(), manager.clone()))
    });
    match stray {
        Some((user, manager)) if source.users.iter().any(|listed| listed.key == user) => {
            let line = source.line_of(&manager).map_or_else(String::new, |line| format!(" (line {line})"));
            Err(Fault::usage(format!(
                "{}{line}: the manager `{manager}` of `{user}` is nobody in the directory; list them, or leave it out",
                source.place
            )))
        }
        _ => Ok(()),
    }
}

impl Source {
    /// Digest of all that it says.
    fn digest(&self) -> String {
        let all = serde_json::to_vec(&(&self.users, &self.groups, &self.scope, &self.cycles)).unwrap_or_default();
        digest(&all)
    }

    /// What must change for that directory to be this one.
    fn changes(&self, from: &Directory) -> Vec<Change> {
        let mut changes = from.difference(&self.users, &self.groups);
        if from.scope().map(Scope::as_str) != self.scope.as_deref() {
            // Before the assignments: who is out of scope is not to be provisioned first.
            changes.insert(0, Change::SetScope { rule: self.scope.clone() });
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idp::{User, engine::START};

    fn source(users: &[&str], cycles: Vec<Vec<Change>>) -> Source {
        let users = users.iter().map(|key| User::sample(key, "")).collect();
        Source { place: "people.json".to_owned(), users, cycles, ..Source::default() }
    }

    fn disable(key: &str) -> Change {
        Change::DisableUser { key: key.to_owned() }
    }

    /// Plays the steps into a directory; gives what was changed in each, and how far it came.
    fn played(steps: Vec<Step>, directory: &mut Directory) -> (Vec<Vec<Change>>, Progress) {
        let progress = steps.last().map(|step| step.after.clone()).unwrap_or_default();
        let all: Vec<Vec<Change>> = steps.into_iter().map(|step| step.changes).collect();
        all.iter().flatten().for_each(|change| directory.apply(change.clone(), START).expect("fits"));
        (all, progress)
    }

    fn again(
        source: Source,
        feed: Option<&str>,
        progress: &Progress,
        directory: &Directory,
    ) -> Result<Vec<Step>, Fault> {
        let earlier = Earlier { progress, directory, unfinished: false, file: Path::new("s.json") };
        steps(source, feed.map(|text| Feed { place: "f.jsonl".to_owned(), text: text.to_owned() }), Some(&earlier))
    }

    /// The same file goes on where it stopped, an edited one is compared with the directory, a longer feed is read from
    /// where it was read to. Protects a second run from doing everything twice.
    #[test]
    fn a_second_run_plays_what_is_new() {
        let mut directory = Directory::default();
        let first = steps(source(&["ada", "bob"], vec![vec![disable("bob")]]), None, None).expect("fits");
        let (all, progress) = played(first, &mut directory);
        assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [4, 1]);

        let same =
            again(source(&["ada", "bob"], vec![vec![disable("bob")]]), None, &progress, &directory).expect("fits");
        let (all, progress) = played(same, &mut directory);
        assert_eq!(all, [Vec::new()], "one cycle, and nothing in it");

        let line = "{\"disable-user\": {\"key\": \"ada\"}}\n";
        let feed = again(source(&["ada", "bob"], vec![vec![disable("bob")]]), Some(line), &progress, &directory);
        let (all, progress) = played(feed.expect("fits"), &mut directory);
        assert_eq!(all, [[disable("ada")]]);
        let longer = format!("{line}{}", "{\"enable-user\": {\"key\": \"ada\"}}\n");
        let feed = again(source(&["ada", "bob"], vec![vec![disable("bob")]]), Some(&longer), &progress, &directory);
        let (all, progress) = played(feed.expect("fits"), &mut directory);
        assert_eq!(all, [[Change::EnableUser { key: "ada".to_owned() }]]);

        let edited = again(source(&["ada", "cid"], Vec::new()), None, &progress, &directory).expect("fits");
        let (all, _) = played(edited, &mut directory);
        assert!(
            matches!(&all[0][..], [Change::AddUser(cid), Change::AssignUser { .. }, Change::SoftDeleteUser { key }]
            if cid.key == "cid" && key == "bob"),
            "{all:?}"
        );
    }

    /// A cycle that was broken off ends before the changes of the next one.
    #[test]
    fn a_broken_cycle_comes_first() {
        let mut directory = Directory::default();
        let (_, progress) = played(steps(source(&["ada"], Vec::new()), None, None).expect("fits"), &mut directory);
        let feed = Feed { place: "f.jsonl".to_owned(), text: "{\"disable-user\": {\"key\": \"ada\"}}\n".to_owned() };
        let earlier =
            Earlier { progress: &progress, directory: &directory, unfinished: true, file: Path::new("s.json") };
        let next = steps(source(&["ada"], Vec::new()), Some(feed), Some(&earlier)).expect("fits");
        assert_eq!(next.iter().map(|step| step.changes.len()).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(next[0].after, progress);
    }

    /// A file with none of the people remembered is another directory, and nobody loses access by it.
    #[test]
    fn refuses_another_directory() {
        let mut directory = Directory::default();
        let (_, progress) =
            played(steps(source(&["ada", "bob"], Vec::new()), None, None).expect("fits"), &mut directory);
        let fault = again(source(&["cid", "dan"], Vec::new()), None, &progress, &directory).err().expect("refused");
        assert!(fault.to_string().contains("another directory"), "{fault}");
    }

    /// A change that does not fit is told before anything is sent, with its place.
    #[test]
    fn tells_a_change_that_does_not_fit() {
        let fault = steps(source(&["ada"], vec![vec![], vec![disable("adda")]]), None, None).err().expect("refused");
        assert!(fault.to_string().contains("cycles[1]") && fault.to_string().contains("did you mean `ada`"), "{fault}");
    }
}
