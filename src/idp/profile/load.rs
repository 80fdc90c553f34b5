//! Reads profile files. Every unknown key is an error that names the nearest known one.

use toml::{Table, Value};

use super::{Cannot, Confidence, KNOBS, Kind, Knobs, Profile, ProfileError, Quirk, Source, Unsettled, catalogue};
use crate::idp::{directory::suggestion, mapping::Mapping};

const PROFILE_KEYS: &[&str] = &[
    "id",
    "title",
    "about",
    "kind",
    "extends",
    "quirks",
    "without",
    "knobs",
    "mapping",
    "unmap",
    "unsettled",
    "cannot",
    "quirk",
];
const QUIRK_KEYS: &[&str] =
    &["id", "summary", "knob", "value", "off", "with", "evidence", "confidence", "breaks", "request", "untested"];
const MAPPING_KEYS: &[&str] = &["target", "source"];
const CANNOT_KEYS: &[&str] = &["scenario", "why"];
const UNSETTLED_KEYS: &[&str] = &["id", "note"];

/// Parses a profile, with the quirks of `catalogue` at hand.
pub(super) fn parse(text: &str, place: &str, catalogue: &[Quirk]) -> Result<Profile, ProfileError> {
    parse_in(text, place, catalogue, &[])
}

pub(super) fn parse_in(
    text: &str,
    place: &str,
    catalogue: &[Quirk],
    chain: &[String],
) -> Result<Profile, ProfileError> {
    let file = File { place };
    let table = file.table(text)?;
    file.keys(&table, PROFILE_KEYS, "")?;
    let id = file.text(&table, "id")?;
    let mut profile = match table.get("extends") {
        Some(_) => {
            let parent = file.text(&table, "extends")?;
            if parent.ends_with(".toml") || parent.contains(['/', '\\']) {
                let words = format!("it names a profile of ours (`scimulate list profiles`), and `{parent}` is a file");
                return Err(file.wrong("extends", &words));
            }
            let mut chain = chain.to_vec();
            chain.push(id.clone());
            if chain.contains(&parent) {
                return Err(ProfileError::Circle { place: place.to_owned(), chain: chain.join(", ") });
            }
            let mut profile = catalogue::named_in(&parent, catalogue, &chain).map_err(|error| match error {
                ProfileError::Unknown { .. } => file.wrong("extends", &error.to_string()),
                other => other,
            })?;
            let grand = std::mem::take(&mut profile.extends);
            profile.extends = std::iter::once(parent).chain(grand).collect();
            profile
        }
        None => Profile {
            id: String::new(),
            title: String::new(),
            about: String::new(),
            kind: Kind::Generic,
            extends: Vec::new(),
            knobs: Knobs::default(),
            mapping: Vec::new(),
            quirks: Vec::new(),
            unsettled: Vec::new(),
            cannot: Vec::new(),
            sources: std::collections::BTreeMap::new(),
            known: std::sync::Arc::new(catalogue.to_vec()),
        },
    };
    profile.id = id;
    if table.contains_key("title") {
        profile.title = file.text(&table, "title")?;
    }
    if table.contains_key("about") {
        profile.about = file.text(&table, "about")?;
    }
    if table.contains_key("kind") {
        profile.kind = match file.text(&table, "kind")?.as_str() {
            "okta" => Kind::Okta,
            "entra" => Kind::Entra,
            "generic" => Kind::Generic,
            _ => return Err(file.wrong("kind", "expected one of okta, entra, generic")),
        };
    }
    for quirk in file.quirks(&table)? {
        let known = std::sync::Arc::make_mut(&mut profile.known);
        known.retain(|known| known.id != quirk.id);
        known.push(quirk.clone());
        switch(&mut profile, quirk, true, place)?;
    }
    for (list, on) in [("without", false), ("quirks", true)] {
        for id in file.texts(&table, list)? {
            let Some(quirk) = profile.known.iter().find(|quirk| quirk.id == id).cloned() else {
                let suggestion = suggestion(&id, profile.known.iter().map(|quirk| quirk.id.as_str()));
                return Err(file.wrong(list, &ProfileError::UnknownQuirk { id, suggestion }.to_string()));
            };
            switch(&mut profile, quirk, on, place)?;
        }
    }
    if let Some(knobs) = table.get("knobs") {
        let knobs = knobs.as_table().ok_or_else(|| file.wrong("knobs", "expected a table"))?;
        for (name, value) in knobs {
            set(&mut profile.knobs, name, value, place, "knobs")?;
            let source = Source::Profile(profile.id.clone());
            profile.sources.insert(name.clone(), source);
        }
    }
    for target in file.texts(&table, "unmap")? {
        let before = profile.mapping.len();
        profile.mapping.retain(|mapping| mapping.target != target);
        if before == profile.mapping.len() {
            let near = suggestion(&target, profile.mapping.iter().map(|mapping| mapping.target.as_str()));
            return Err(ProfileError::UnknownKey {
                place: place.to_owned(),
                key: format!("unmap: {target}"),
                suggestion: near,
            });
        }
    }
    for entry in file.tables(&table, "mapping", MAPPING_KEYS)? {
        let target = file.entry(&entry, "target")?;
        let mapping = Mapping::parse(&target, &file.entry(&entry, "source")?)
            .map_err(|message| file.wrong(&format!("mapping: {target}"), &message))?;
        match profile.mapping.iter_mut().find(|known| known.target == target) {
            Some(known) => *known = mapping,
            None => profile.mapping.push(mapping),
        }
    }
    for entry in file.tables(&table, "unsettled", UNSETTLED_KEYS)? {
        let note = Unsettled { id: file.entry(&entry, "id")?, note: file.entry(&entry, "note")? };
        profile.unsettled.retain(|known| known.id != note.id);
        profile.unsettled.push(note);
    }
    for entry in file.tables(&table, "cannot", CANNOT_KEYS)? {
        profile.cannot.push(Cannot { scenario: file.entry(&entry, "scenario")?, why: file.entry(&entry, "why")? });
    }
    Ok(profile)
}

/// Reads a file that holds nothing but `[[quirk]]` entries.
pub(super) fn parse_quirks(text: &str, place: &str) -> Result<Vec<Quirk>, ProfileError> {
    let file = File { place };
    let table = file.table(text)?;
    file.keys(&table, &["quirk"], "")?;
    file.quirks(&table)
}

/// Switches a quirk on or off.
pub(super) fn switch(profile: &mut Profile, quirk: Quirk, on: bool, place: &str) -> Result<(), ProfileError> {
    let was_on = profile.has_quirk(&quirk.id);
    profile.quirks.retain(|known| known.id != quirk.id);
    let mut knobs = profile.knobs.clone();
    if on {
        for (knob, value) in std::iter::once((&quirk.knob, &quirk.value)).chain(quirk.with.iter().map(|(k, v)| (k, v)))
        {
            set(&mut knobs, knob, value, place, &quirk.id)?;
            profile.sources.insert(knob.clone(), Source::Quirk(quirk.id.clone()));
        }
    } else {
        // A quirk that was never on can still be taken away if its knob happens to hold its value.
        let mut as_on = Knobs::default();
        set(&mut as_on, &quirk.knob, &quirk.value, place, &quirk.id)?;
        if was_on || as_on.show(&quirk.knob) == knobs.show(&quirk.knob) {
            match &quirk.off {
                Some(value) => set(&mut knobs, &quirk.knob, value, place, &quirk.id)?,
                None => knobs.reset(&quirk.knob),
            }
            profile.sources.insert(quirk.knob.clone(), Source::QuirkOff(quirk.id.clone()));
            for (knob, _) in &quirk.with {
                knobs.reset(knob);
                profile.sources.insert(knob.clone(), Source::QuirkOff(quirk.id.clone()));
            }
        }
    }
    profile.knobs = knobs;
    if on {
        profile.quirks.push(quirk);
    }
    Ok(())
}

fn set(knobs: &mut Knobs, name: &str, value: &Value, place: &str, within: &str) -> Result<(), ProfileError> {
    match knobs.set(name, value) {
        Some(Ok(())) => Ok(()),
        Some(Err(message)) => Err(ProfileError::Value {
            place: place.to_owned(),
            key: format!("{within}.{name}"),
            message: format!("{message}, not {value}"),
        }),
        None => Err(ProfileError::UnknownKey {
            place: place.to_owned(),
            key: format!("{within}.{name}"),
            suggestion: suggestion(name, KNOBS.iter().map(|knob| knob.name)),
        }),
    }
}

/// One `[[section]]` of a file.
struct Entry<'t> {
    table: &'t Table,
    section: &'t str,
    at: usize,
}

/// A file that is being read; it knows its place for the messages.
struct File<'a> {
    place: &'a str,
}

impl File<'_> {
    fn table(&self, text: &str) -> Result<Table, ProfileError> {
        text.parse::<Table>().map_err(|error| ProfileError::Syntax {
            place: self.place.to_owned(),
            message: error.to_string().trim_end().to_owned(),
        })
    }

    fn wrong(&self, key: &str, message: &str) -> ProfileError {
        ProfileError::Value { place: self.place.to_owned(), key: key.to_owned(), message: message.to_owned() }
    }

    fn keys(&self, table: &Table, known: &[&str], within: &str) -> Result<(), ProfileError> {
        match table.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => {
                let near = suggestion(key, known.iter().copied());
                let place = self.place.to_owned();
                let key = if within.is_empty() { key.clone() } else { format!("{within}.{key}") };
                Err(match near {
                    Some(_) => ProfileError::UnknownKey { place, key, suggestion: near },
                    None => self.wrong(&key, &format!("unknown key; there are {}", known.join(", "))),
                })
            }
            None => Ok(()),
        }
    }

    fn text(&self, table: &Table, key: &str) -> Result<String, ProfileError> {
        match table.get(key) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(self.wrong(key, "expected text in quotes")),
            None => Err(self.wrong(key, "it is missing")),
        }
    }

    /// A text of an entry; what is missing is told with the number of the entry, from 0.
    fn entry(&self, entry: &Entry<'_>, key: &str) -> Result<String, ProfileError> {
        match entry.table.get(key) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(self.wrong(&self.name(entry), &format!("`{key}`: expected text in quotes"))),
            None => Err(self.wrong(&self.name(entry), &format!("`{key}` is missing"))),
        }
    }

    fn name(&self, entry: &Entry<'_>) -> String {
        format!("{}[{}]", entry.section, entry.at)
    }

    fn texts(&self, table: &Table, key: &str) -> Result<Vec<String>, ProfileError> {
        match table.get(key) {
            None => Ok(Vec::new()),
            Some(value) => value
                .as_array()
                .and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect())
                .ok_or_else(|| self.wrong(key, "expected a list of texts")),
        }
    }

    fn tables<'t>(&self, table: &'t Table, key: &'t str, known: &[&str]) -> Result<Vec<Entry<'t>>, ProfileError> {
        let Some(value) = table.get(key) else { return Ok(Vec::new()) };
        let entries: Option<Vec<&Table>> =
            value.as_array().and_then(|items| items.iter().map(Value::as_table).collect());
        let entries = entries.ok_or_else(|| self.wrong(key, &format!("expected entries that begin with [[{key}]]")))?;
        for entry in &entries {
            self.keys(entry, known, key)?;
        }
        Ok(entries.into_iter().enumerate().map(|(at, table)| Entry { table, section: key, at }).collect())
    }

    fn quirks(&self, table: &Table) -> Result<Vec<Quirk>, ProfileError> {
        self.tables(table, "quirk", QUIRK_KEYS)?
            .into_iter()
            .map(|one| {
                let entry = one.table;
                let id = self.entry(&one, "id")?;
                let confidence: Confidence =
                    self.entry(&one, "confidence")?.parse().map_err(|message: String| self.wrong(&id, &message))?;
                let value =
                    entry.get("value").cloned().ok_or_else(|| self.wrong(&id, "`value` of the knob is missing"))?;
                let evidence = self.texts(entry, "evidence")?;
                if evidence.is_empty() {
                    return Err(self.wrong(&id, "`evidence` is missing: at least one URL"));
                }
                let with = match entry.get("with") {
                    None => Vec::new(),
                    Some(Value::Table(knobs)) => knobs.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
                    Some(_) => return Err(self.wrong(&id, "`with` is a table of knobs")),
                };
                Ok(Quirk {
                    summary: self.entry(&one, "summary")?,
                    knob: self.entry(&one, "knob")?,
                    value,
                    off: entry.get("off").cloned(),
                    with,
                    evidence,
                    confidence,
                    breaks: self.entry(&one, "breaks")?,
                    request: entry.get("request").and_then(Value::as_str).map(str::to_owned),
                    untested: entry.get("untested").and_then(Value::as_str).map(str::to_owned),
                    id,
                })
            })
            .collect()
    }
}
