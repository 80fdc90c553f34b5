//! Where the directory comes from: a file (JSON, TOML or CSV), or a seed; and what happens in it later: a change feed.

use std::{collections::HashSet, fs, path::Path};

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::super::exit::Fault;
use crate::idp::{Change, Group, User, directory};

/// A directory as it was read.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// Where it is from.
    pub place: String,
    /// Everybody, each assigned.
    pub users: Vec<User>,
    /// The groups, each pushed.
    pub groups: Vec<Group>,
    /// Who of them is in scope, if there is a rule.
    pub scope: Option<String>,
    /// The changes before each further cycle.
    pub cycles: Vec<Vec<Change>>,
    /// The file as it is; empty if there is none.
    pub text: String,
}

impl Source {
    /// Reads a directory file.
    ///
    /// # Errors
    /// If the file cannot be read, or is no directory.
    pub(super) fn read(path: &Path) -> Result<Source, Fault> {
        let place = path.display().to_string();
        let text = text(path, "a directory file")?;
        let parsed = match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => toml::from_str(&text).map_err(|error| error.to_string().trim_end().replace('\n', " ")),
            Some("csv") => from_csv(&text),
            _ => serde_json::from_str(&text).map_err(|error| error.to_string()),
        };
        let Directory { users, groups, scope, cycles } = parsed.map_err(|error| {
            Fault::usage(format!("{place} is not a directory file: {error}; `scimulate sync --help` shows one"))
        })?;
        let source = Source { place, users, groups, scope, cycles, text };
        source.check_names()?;
        Ok(source)
    }

    /// Everybody and every group has a name.
    fn check_names(&self) -> Result<(), Fault> {
        let user = self.users.iter().map(|user| (&user.key, "user_name", &user.user_name));
        let group = self.groups.iter().map(|group| (&group.key, "display_name", &group.display_name));
        for (key, field, name) in user.chain(group) {
            let field = if key.is_empty() { "key" } else { field };
            if key.is_empty() || name.trim().is_empty() {
                let line = self.line_of(key).map_or_else(String::new, |line| format!(" (line {line})"));
                return Err(Fault::usage(format!("{}{line}: the `{field}` of `{key}{name}` is empty", self.place)));
            }
        }
        Ok(())
    }

    /// Makes a directory up.
    pub(super) fn generated(people: usize, groups: usize, seed: u64) -> Source {
        let place = format!("the made-up directory of seed {seed}");
        let mut source = Source { place, ..Source::default() };
        for change in directory::generated(people, groups, seed, "") {
            match change {
                Change::AddUser(user) => source.users.push(user),
                Change::AddGroup(group) => source.groups.push(group),
                _ => {}
            }
        }
        source
    }

    /// The line on which a key stands, as a value of its own; of two that are the same, the second.
    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        let quoted = Value::from(key).to_string();
        let holds = |line: &str| {
            line.contains(&quoted) || line.split([',', ';']).any(|cell| cell.trim().trim_matches('"') == key)
        };
        let mut lines = self.text.lines().enumerate().filter(|(_, line)| holds(line)).map(|(number, _)| number + 1);
        let first = lines.next()?;
        Some(lines.next().unwrap_or(first))
    }
}

/// A change feed: a change a line; an empty line ends a cycle.
pub(super) struct Feed {
    /// Where it is from.
    pub place: String,
    /// The whole of it.
    pub text: String,
}

impl Feed {
    /// Reads a change feed.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(super) fn read(path: &Path) -> Result<Feed, Fault> {
        Ok(Feed { place: path.display().to_string(), text: text(path, "a change feed")? })
    }

    /// The cycles after line `after`, each change with the number of its line.
    ///
    /// # Errors
    /// If a line is no change.
    pub(super) fn cycles(&self, after: usize) -> Result<Vec<Vec<(usize, Change)>>, Fault> {
        let mut cycles: Vec<Vec<(usize, Change)>> = vec![Vec::new()];
        for (number, line) in self.text.lines().enumerate().skip(after) {
            let open = cycles.len() - 1;
            if line.trim().is_empty() {
                if !cycles[open].is_empty() {
                    cycles.push(Vec::new());
                }
                continue;
            }
            let change = serde_json::from_str(line).map_err(|error| {
                let place = format!("{}:{}", self.place, number + 1);
                Fault::usage(format!("{place} is not a change: {error}; `scimulate sync --help` shows one"))
            })?;
            cycles[open].push((number + 1, change));
        }
        cycles.retain(|changes| !changes.is_empty());
        Ok(cycles)
    }

    /// Digest of the first `lines` lines; `None` if there are fewer.
    pub(super) fn digest(&self, lines: usize) -> Option<String> {
        let first: Vec<&str> = self.text.lines().take(lines).collect();
        (first.len() == lines).then(|| digest(first.join("\n").as_bytes()))
    }
}

/// SHA-256 in hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What stands in a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Directory {
    users: Vec<User>,
    groups: Vec<Group>,
    scope: Option<String>,
    cycles: Vec<Vec<Change>>,
}

fn text(path: &Path, what: &str) -> Result<String, Fault> {
    fs::read_to_string(path)
        .map_err(|error| Fault::usage(format!("cannot read {}: {error}; name {what}", path.display())))
}

/// A person a line. The first line names the attributes as [`User::set`] takes them; `key` is the user name if there is
/// no such column, and `groups` lists the names of groups, separated by semicolons.
fn from_csv(text: &str) -> Result<Directory, String> {
    let mut records = records(text)?.into_iter();
    let Some((_, header)) = records.next() else {
        return Err("it is empty; the first line names the columns".to_owned());
    };
    let mut columns = HashSet::new();
    for name in header.iter().map(|name| name.trim()) {
        if !columns.insert(directory::field_named(name).unwrap_or(name)) {
            return Err(format!("line 1: the column `{name}` stands twice"));
        }
        if !["key", "groups"].contains(&name) {
            let column = Map::from_iter([(name.to_owned(), Value::from(""))]);
            User::default().set(&column).map_err(|error| format!("line 1: {error}"))?;
        }
    }
    let mut users = Vec::new();
    let mut groups: IndexMap<String, Group> = IndexMap::new();
    for (line, record) in records {
        if record.len() != header.len() {
            return Err(format!("line {line} has {} columns, the first line has {}", record.len(), header.len()));
        }
        let mut attributes = Map::new();
        let (mut key, mut memberships) = (String::new(), String::new());
        for (name, value) in header.iter().zip(record).filter(|(_, value)| !value.is_empty()) {
            match name.trim() {
                "key" => key = value,
                "groups" => memberships = value,
                name => {
                    attributes.insert(name.to_owned(), Value::from(value));
                }
            }
        }
        let mut user = User::default();
        user.set(&attributes).map_err(|error| format!("line {line}: {error}"))?;
        if user.user_name.is_empty() {
            return Err(format!("line {line} has no user_name"));
        }
        user.key = if key.is_empty() { user.user_name.clone() } else { key };
        for name in memberships.split(';').map(str::trim).filter(|name| !name.is_empty()) {
            let group = groups.entry(name.to_owned()).or_insert_with(|| Group {
                key: name.to_owned(),
                display_name: name.to_owned(),
                ..Group::default()
            });
            group.members.push(user.key.clone());
        }
        users.push(user);
    }
    Ok(Directory { users, groups: groups.into_values().collect(), ..Directory::default() })
}

/// The records of a CSV text (RFC 4180) with the number of the line on which each begins; empty lines are none.
fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = Vec::new();
    let (mut record, mut field) = (Vec::new(), String::new());
    let (mut quoted, mut line, mut begin) = (false, 1, 1);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\n' {
            line += 1;
        }
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' if quoted => quoted = false,
            _ if quoted => field.push(letter),
            '"' if field.is_empty() => quoted = true,
            ',' => record.push(std::mem::take(&mut field)),
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' => {
                end(&mut records, begin, &mut record, &mut field);
                begin = line;
            }
            _ => field.push(letter),
        }
    }
    if quoted {
        return Err(format!("the quotation that is open on line {begin} is never closed"));
    }
    end(&mut records, begin, &mut record, &mut field);
    Ok(records)
}

fn end(records: &mut Vec<(usize, Vec<String>)>, line: usize, record: &mut Vec<String>, field: &mut String) {
    if record.is_empty() && field.is_empty() {
        return;
    }
    record.push(std::mem::take(field));
    records.push((line, std::mem::take(record)));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quoted commas, quotes and line breaks belong to the value; lines are counted through them.
    #[test]
    fn reads_quoted_fields() {
        let read = records("a,b\r\n\"x, \"\"y\"\"\",\"1\n2\"\r\n\r\nc,d").expect("CSV");
        let line = |at: usize, a: &str, b: &str| (at, vec![a.to_owned(), b.to_owned()]);
        assert_eq!(read, [line(1, "a", "b"), line(2, "x, \"y\"", "1\n2"), line(5, "c", "d")]);
        assert!(records("a,\"b").is_err());
    }

    /// A person a line, with groups by name; what is wrong is told with its line.
    #[test]
    fn reads_people() {
        let directory =
            from_csv("userName,givenName,groups\nada@example.com,Ada,Eng;Ops\nbob@example.com,,Eng\n").expect("people");
        let groups: Vec<(&str, usize)> =
            directory.groups.iter().map(|group| (group.key.as_str(), group.members.len())).collect();
        assert_eq!((directory.users.len(), groups), (2, vec![("Eng", 2), ("Ops", 1)]));
        let twice = ("userName,login\na,b", "`login` stands twice");
        for (text, part) in [twice, ("", "empty"), ("userName\na,b", "line 2"), ("givenName\nAda", "user_name")] {
            assert!(from_csv(text).is_err_and(|error| error.contains(part)), "{text}");
        }
        assert!(from_csv("shoeSize\n7").is_err_and(|error| error.contains("line 1") && error.contains("shoeSize")));
    }
}
