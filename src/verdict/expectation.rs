//! A known deviation of the target, with the reason why it is tolerated.

use serde::{Deserialize, Serialize};

/// One `[[expect]]` entry of `scimulate.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// A scenario, check or requirement id, or a prefix of one that ends in `*`.
    pub id: String,
    /// Only for this profile; for all profiles if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Why the deviation is tolerated; shown beside it in every report.
    pub reason: String,
    /// File and line of the entry, filled in by the reader.
    #[serde(skip)]
    pub place: Option<String>,
}

impl Expectation {
    /// Whether this entry is about that result. `ids` are the ids under which the result is known (its own, its
    /// requirement's).
    pub fn covers(&self, ids: &[&str], profile: Option<&str>) -> bool {
        let id_fits = ids.iter().any(|id| match self.id.strip_suffix('*') {
            Some(prefix) => id.starts_with(prefix),
            None => *id == self.id,
        });
        id_fits && self.profile.as_deref().is_none_or(|wanted| Some(wanted) == profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An expectation silences exactly what it names, never a longer id or another profile.
    #[test]
    fn covers_only_what_it_names() {
        let mut one = Expectation { id: "EFF-JWT".into(), profile: None, reason: "ticket 412".into(), place: None };
        assert!(one.covers(&["EFF-JWT.put", "EFF-JWT"], Some("okta")));
        assert!(!one.covers(&["EFF-JWT2"], Some("okta")));
        one.id = "EFF-JWT.*".into();
        assert!(one.covers(&["EFF-JWT.put"], None));
        one.profile = Some("okta".into());
        assert!(!one.covers(&["EFF-JWT.put"], None));
        assert!(!one.covers(&["EFF-JWT.put"], Some("entra-default")));
        assert!(one.covers(&["EFF-JWT.put"], Some("okta")));
    }
}
