//! What is wrong with a configuration: where, which key, what, and what to do about it.

use std::{fmt, ops::Range};

use super::index::Index;

/// A configuration that cannot be used. Prints as one line: `scimulate.toml:4: target.tokn: unknown key; did you mean …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// File and line, or `command line`.
    pub place: String,
    /// Path of the key, where there is one.
    pub key: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        write!(f, "{}; {}", self.problem, self.remedy)
    }
}

impl std::error::Error for ConfigError {}

/// The remedy for everything whose form is wrong.
pub(super) const SEE_TEMPLATE: &str = "`scimulate init` writes a commented file that shows the form of every key";

/// Turns a reader's error into ours: with key path, line and a suggestion.
pub(super) fn from_toml(error: &toml::de::Error, index: &Index) -> ConfigError {
    let message = error.message().trim();
    let span = error.span();
    if let Some((unknown, known)) = expected(message, "unknown field ") {
        let key = span.as_ref().and_then(|span| index.key_at(span)).unwrap_or_else(|| unknown.to_owned());
        return at(index, span, Some(key), "unknown key".to_owned(), suggest(unknown, &known, "the keys here are"));
    }
    let key = span.as_ref().and_then(|span| index.value_at(span));
    // The reader of enum variants words it in its own way.
    if let Some((unknown, known)) =
        message.strip_prefix("unexpected keys in table: ").and_then(|rest| rest.split_once(", available keys: "))
    {
        let known: Vec<&str> = known.split(", ").collect();
        return at(index, span, key, "unknown key".to_owned(), suggest(unknown, &known, "the keys here are"));
    }
    if let Some((unknown, known)) = expected(message, "unknown variant ") {
        let problem = format!("`{unknown}` is not known here");
        return at(index, span, key, problem, suggest(unknown, &known, "possible is"));
    }
    if let Some(name) = message.strip_prefix("missing field ").map(|rest| rest.trim_matches('`')) {
        return at(index, span, key, format!("`{name}` is missing"), format!("add `{name} = …`; {SEE_TEMPLATE}"));
    }
    let remedy = if key.is_some() { SEE_TEMPLATE } else { "correct the TOML there" };
    let message = message.lines().collect::<Vec<_>>().join("; ");
    let message = message.replace("usize", "a whole number from 0").replace("u64", "a whole number from 0");
    at(index, span, key, message, remedy.to_owned())
}

fn at(index: &Index, span: Option<Range<usize>>, key: Option<String>, problem: String, remedy: String) -> ConfigError {
    ConfigError { place: index.place(span.map(|span| span.start)), key, problem, remedy }
}

/// Splits serde's `unknown field `x`, expected one of `a`, `b`` into `x` and the list.
fn expected<'a>(message: &'a str, prefix: &str) -> Option<(&'a str, Vec<&'a str>)> {
    let (unknown, rest) = message.strip_prefix(prefix)?.strip_prefix('`')?.split_once('`')?;
    Some((unknown, rest.split('`').skip(1).step_by(2).collect()))
}

/// `did you mean `x`?`, or the list of what there is.
pub(super) fn suggest(wrong: &str, known: &[&str], intro: &str) -> String {
    let near = known
        .iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(&wrong.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => format!("{intro}: {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}
