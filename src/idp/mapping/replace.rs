//! `Replace`, whose arguments decide what it does.

use regex::{Captures, Regex};

/// The arguments; those that were left empty are `None`.
pub(super) struct Replace {
    pub source: Option<String>,
    pub old: Option<String>,
    pub pattern: Option<String>,
    pub group: Option<String>,
    pub new: Option<String>,
    pub other: Option<String>,
    pub template: Option<String>,
}

/// What the reference says for each combination; a pattern that is none yields nothing.
pub(super) fn replace(of: &Replace) -> Option<String> {
    match of {
        Replace { source, pattern: Some(pattern), group: Some(group), other: Some(other), .. } => match source {
            Some(source) => Some(source.clone()),
            None => Some(Regex::new(pattern).ok()?.captures(other)?.name(group)?.as_str().to_owned()),
        },
        Replace { source: Some(source), pattern: Some(pattern), group: Some(group), new: Some(new), .. } => {
            let regex = Regex::new(pattern).ok()?;
            Some(regex.replace_all(source, |found: &Captures<'_>| without_group(found, group, new)).into_owned())
        }
        Replace { source: Some(source), pattern: Some(pattern), new: Some(new), .. } => {
            Some(Regex::new(pattern).ok()?.replace_all(source, new.as_str()).into_owned())
        }
        Replace { source: Some(source), old: Some(old), template: Some(template), .. } => {
            Some(template.replace(old.as_str(), source))
        }
        Replace { source: Some(source), old: Some(old), new, .. } => {
            Some(source.replace(old.as_str(), new.as_deref().unwrap_or_default()))
        }
        Replace { source, .. } => source.clone(),
    }
}

/// What was found, with the new text in place of one group.
fn without_group(found: &Captures<'_>, group: &str, new: &str) -> String {
    let whole = found.get(0).map_or("", |whole| whole.as_str());
    let start = found.get(0).map_or(0, |whole| whole.start());
    match found.name(group) {
        Some(part) => format!("{}{new}{}", &whole[..part.start() - start], &whole[part.end() - start..]),
        None => whole.to_owned(),
    }
}
