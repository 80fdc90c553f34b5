//! The embedded profiles and quirks. Both are files; this module only finds and parses them, once.

use std::sync::LazyLock;

use rust_embed::RustEmbed;

use super::{Profile, ProfileError, Quirk, load};
use crate::idp::directory::suggestion;

#[derive(RustEmbed)]
#[folder = "fixtures/profiles"]
struct Files;

/// Files whose name begins so hold quirks, not a profile.
const QUIRK_FILES: &str = "quirks-";

static QUIRKS: LazyLock<Vec<Quirk>> = LazyLock::new(|| {
    sorted()
        .filter(|name| name.starts_with(QUIRK_FILES))
        .flat_map(|name| load::parse_quirks(&text(&name), &format!("fixtures/profiles/{name}")))
        .flatten()
        .collect()
});

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    sorted()
        .filter(|name| !name.starts_with(QUIRK_FILES))
        .filter_map(|name| named_in(name.trim_end_matches(".toml"), quirks(), &[]).ok())
        .collect()
});

/// Every embedded profile, by id.
pub fn profiles() -> &'static [Profile] {
    &PROFILES
}

/// Every quirk that an embedded profile may have.
pub fn quirks() -> &'static [Quirk] {
    &QUIRKS
}

pub(super) fn named(id: &str) -> Result<Profile, ProfileError> {
    match profiles().iter().find(|profile| profile.id == id) {
        Some(profile) => Ok(profile.clone()),
        None => named_in(id, quirks(), &[]),
    }
}

pub(super) fn named_in(id: &str, catalogue: &[Quirk], chain: &[String]) -> Result<Profile, ProfileError> {
    let names: Vec<String> = sorted()
        .filter(|name| !name.starts_with(QUIRK_FILES))
        .map(|name| name.trim_end_matches(".toml").to_owned())
        .collect();
    if !names.iter().any(|name| name == id) {
        return Err(ProfileError::Unknown {
            name: id.to_owned(),
            suggestion: suggestion(id, names.iter().map(String::as_str)),
        });
    }
    load::parse_in(&text(&format!("{id}.toml")), &format!("fixtures/profiles/{id}.toml"), catalogue, chain)
}

fn sorted() -> impl Iterator<Item = String> {
    let mut names: Vec<String> = Files::iter().map(std::borrow::Cow::into_owned).collect();
    names.sort();
    names.into_iter()
}

fn text(name: &str) -> String {
    Files::get(name).map_or_else(String::new, |file| String::from_utf8_lossy(&file.data).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every embedded file parses: the lists above leave a broken one out, so this is what names it.
    #[test]
    fn every_file_parses() {
        for name in sorted() {
            if name.starts_with(QUIRK_FILES) {
                load::parse_quirks(&text(&name), &name).unwrap_or_else(|error| panic!("{error}"));
            } else {
                let id = name.trim_end_matches(".toml");
                let profile = named(id).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(profile.id, id, "{name}: its id is its file name");
            }
        }
    }
}
