//! Profiles: how one IdP talks, as data.
//!
//! A profile is a TOML file (`fixtures/profiles/*.toml`, embedded, or a user's own file). It extends another, switches
//! [`Quirk`]s on, sets [`KNOBS`], maps directory attributes to SCIM attributes, and says what is unsettled. What reaches
//! the engine is the sum: the default of every knob, overlaid by the parent, then by the profile's quirks, then by its
//! own `[knobs]`, and last by `--quirk +ID` / `--quirk -ID`. [`Profile::explain`] shows which of them decided.

mod catalogue;
mod explain;
mod knobs;
mod load;
mod quirk;
pub mod value;

use std::{collections::BTreeMap, path::Path, sync::Arc};

pub use catalogue::{profiles, quirks};
pub use knobs::{KNOBS, Knob, Knobs};
pub use quirk::{Confidence, Quirk};

use crate::idp::mapping::Mapping;

/// Which engine plays the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A task queue that is played at once, with Okta's words in its log.
    Okta,
    /// Cycles on a clock, with Microsoft's codes in its log.
    Entra,
    /// A task queue that is played at once, with plain words in its log.
    Generic,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Kind::Okta => "okta",
            Kind::Entra => "entra",
            Kind::Generic => "generic",
        })
    }
}

/// What the facts leave open about an IdP, and what the profile does meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsettled {
    /// Id of the quirk or topic.
    pub id: String,
    /// What is open, and what is done about it.
    pub note: String,
}

/// What a profile cannot play, and why: its IdP has no such deed, or does it in a way that the scenario does not mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cannot {
    /// What ids of scenarios begin with.
    pub scenario: String,
    /// Why.
    pub why: String,
}

/// What decided the value of a knob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A profile's `[knobs]`.
    Profile(String),
    /// A quirk that is on.
    Quirk(String),
    /// A quirk that was switched off.
    QuirkOff(String),
}

/// One IdP's way to talk.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Id, as in `--profile ID`.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// What it stands for, and how well it is founded.
    pub about: String,
    /// Which engine plays it.
    pub kind: Kind,
    /// The profiles it extends, nearest first.
    pub extends: Vec<String>,
    /// The knobs.
    pub knobs: Knobs,
    /// Which SCIM attribute gets its value from where, in the order in which a PATCH lists them.
    pub mapping: Vec<Mapping>,
    /// The quirks that are on.
    pub quirks: Vec<Quirk>,
    /// What is open.
    pub unsettled: Vec<Unsettled>,
    /// What it cannot play.
    pub cannot: Vec<Cannot>,
    sources: BTreeMap<String, Source>,
    known: Arc<Vec<Quirk>>,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// No profile of that name.
    #[error("there is no profile `{name}`{}", crate::idp::directory::did_you_mean(.suggestion))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// No quirk of that id.
    #[error("there is no quirk `{id}`{}", crate::idp::directory::did_you_mean(.suggestion))]
    UnknownQuirk {
        /// The id asked for.
        id: String,
        /// The nearest id.
        suggestion: Option<String>,
    },
    /// The file cannot be read.
    #[error("cannot read profile {place}: {source}")]
    Read {
        /// The path.
        place: String,
        /// The system's words.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("profile {place} is not valid TOML: {message}")]
    Syntax {
        /// The path.
        place: String,
        /// The parser's words, with line and column.
        message: String,
    },
    /// A key that no profile has.
    #[error("profile {place}: unknown key `{key}`{}", crate::idp::directory::did_you_mean(.suggestion))]
    UnknownKey {
        /// The path.
        place: String,
        /// The key, with the table it stands in.
        key: String,
        /// The nearest key.
        suggestion: Option<String>,
    },
    /// A value that cannot be used.
    #[error("profile {place}: `{key}`: {message}")]
    Value {
        /// The path.
        place: String,
        /// The key, with the table it stands in.
        key: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A profile that extends itself.
    #[error("profile {place} extends itself through {chain}")]
    Circle {
        /// The path.
        place: String,
        /// The profiles on the way.
        chain: String,
    },
}

impl ProfileError {
    /// The same error with the line of its key behind the place, where the key is found in the file.
    fn at_line_of(mut self, text: &str) -> ProfileError {
        if let ProfileError::UnknownKey { place, key, .. } | ProfileError::Value { place, key, .. } = &mut self
            && let Some(line) = line_of(text, key)
        {
            *place = format!("{place}:{line}");
        }
        self
    }
}

/// The line of a key as errors name it: `kind`, `knobs.op_case`, `mapping: title`, `mapping[0]`.
fn line_of(text: &str, key: &str) -> Option<usize> {
    if let Some((_, value)) = key.split_once(": ") {
        return text.lines().position(|line| line.contains(value)).map(|at| at + 1);
    }
    if let Some((section, number)) = key.strip_suffix(']').and_then(|key| key.split_once('[')) {
        let header = format!("[[{section}]]");
        let headers = text.lines().enumerate().filter(|(_, line)| line.trim() == header);
        return headers.map(|(at, _)| at + 1).nth(number.parse().ok()?);
    }
    let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
    let mut within = "";
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            within = header.trim_matches(['[', ']', ' ']);
            if within == name {
                return Some(at + 1);
            }
        }
        let begins = line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='));
        if begins && (section.is_empty() || within == section) {
            return Some(at + 1);
        }
    }
    None
}

impl Profile {
    /// The embedded profile of that id.
    ///
    /// # Errors
    /// If there is none, with the nearest id.
    pub fn named(id: &str) -> Result<Profile, ProfileError> {
        catalogue::named(id)
    }

    /// Reads a user's profile file.
    ///
    /// # Errors
    /// If it cannot be read or is not a valid profile; the message says where and what would be right.
    pub fn from_file(path: &Path) -> Result<Profile, ProfileError> {
        let place = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|source| ProfileError::Read { place: place.clone(), source })?;
        let profile = Profile::parse(&text, &place)?;
        if profiles().iter().any(|ours| ours.id == profile.id) {
            let message = format!("there is a profile `{}` already; choose another id", profile.id);
            return Err(ProfileError::Value { place, key: "id".to_owned(), message }.at_line_of(&text));
        }
        Ok(profile)
    }

    /// Parses a profile; `place` stands in the messages.
    ///
    /// # Errors
    /// If it is not a valid profile.
    pub fn parse(text: &str, place: &str) -> Result<Profile, ProfileError> {
        load::parse(text, place, quirks()).map_err(|error| error.at_line_of(text))
    }

    /// The profile that `word` means: an embedded id, or else a path to a file.
    ///
    /// # Errors
    /// If it is neither.
    pub fn find(word: &str) -> Result<Profile, ProfileError> {
        if word.ends_with(".toml") || word.contains(['/', '\\']) {
            return Profile::from_file(Path::new(word));
        }
        Profile::named(word)
    }

    /// The same profile with one quirk switched on (`+id`, or `id`) or off (`-id`).
    ///
    /// # Errors
    /// If there is no such quirk, with the nearest id.
    pub fn with_quirk(mut self, word: &str) -> Result<Profile, ProfileError> {
        let (on, id) = match word.strip_prefix('-') {
            Some(id) => (false, id),
            None => (true, word.strip_prefix('+').unwrap_or(word)),
        };
        let Some(quirk) = self.known.iter().find(|quirk| quirk.id == id).cloned() else {
            let suggestion = crate::idp::directory::suggestion(id, self.known.iter().map(|quirk| quirk.id.as_str()));
            return Err(ProfileError::UnknownQuirk { id: id.to_owned(), suggestion });
        };
        load::switch(&mut self, quirk, on, "--quirk")?;
        Ok(self)
    }

    /// What the templates of a target may know of the profile: its id (`profile`), which kind of connection an
    /// administrator would open for it (`identity_provider`), and the flag that he would leave in the tenant URL
    /// (`tenant_url_flag`; empty without one). The flag configures Entra, not the server: a job without it is one whose
    /// tenant URL was entered without it
    /// (<https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-config-problem-scim-compatibility>).
    pub fn variables(&self) -> [(&'static str, String); 3] {
        let provider = match self.kind {
            Kind::Okta => "okta",
            Kind::Entra => "microsoft-entra",
            Kind::Generic => "generic",
        };
        let flag = if self.has_quirk("entra-flag-062020") { "aadOptscim062020" } else { "" };
        [("profile", self.id.clone()), ("identity_provider", provider.to_owned()), ("tenant_url_flag", flag.to_owned())]
    }

    /// Why it cannot play the scenario of that id; `None` if it can.
    pub fn cannot_play(&self, scenario: &str) -> Option<&str> {
        self.cannot.iter().find(|one| scenario.starts_with(&one.scenario)).map(|one| one.why.as_str())
    }

    /// Whether a quirk is on.
    pub fn has_quirk(&self, id: &str) -> bool {
        self.quirks.iter().any(|quirk| quirk.id == id)
    }

    /// What decided the value of a knob; `None` for the default.
    pub fn source(&self, knob: &str) -> Option<&Source> {
        self.sources.get(knob)
    }
}
