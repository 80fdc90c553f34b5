//! The event types that there are: `source.object_type.action`, in both generations of names, and the operational ones.
//!
//! Source: <https://stytch.com/docs/workspace-management/webhooks>, and for the older names of groups
//! <https://stytch.com/docs/b2b/guides/scim/actions>.

use super::operational;

/// Who made a change.
const SOURCES: [&str; 3] = ["direct", "dashboard", "scim"];

/// Objects, what can be done to them, and what the event tells.
const OBJECTS: &[(&str, &[&str], &str)] = &[
    ("organization", &["create", "update", "delete"], "an organization"),
    (
        "scim_connection",
        &["create", "update", "delete"],
        "the SCIM connection of an organization, or a rotation of its token",
    ),
    ("saml_connection", &["create", "update", "delete"], "a single sign-on connection of an organization"),
    ("member", &["create", "update", "delete"], "a member; delete: it was deactivated"),
    ("scim_group", &["create", "update", "delete"], "a group that an identity provider pushed"),
    ("scim_member_group", &["create", "delete"], "the membership of a member in a group"),
    (
        "idp_group",
        &["create", "update", "delete", "member_add", "member_delete"],
        "a group or a membership, by the older names (policy event_names)",
    ),
];

/// A type of event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventType {
    /// `scim.member.create`.
    pub name: String,
    /// What it tells of.
    pub about: &'static str,
}

/// All types, in the order of their objects.
#[must_use]
pub fn event_types() -> Vec<EventType> {
    let mut types = Vec::new();
    for (object, actions, about) in OBJECTS {
        for source in SOURCES {
            types.extend(actions.iter().map(|action| EventType { name: format!("{source}.{object}.{action}"), about }));
        }
    }
    types.push(EventType { name: operational::DISABLED.to_owned(), about: "an endpoint gets nothing more" });
    types.push(EventType { name: operational::EXHAUSTED.to_owned(), about: "a message was given up" });
    types
}

/// Whether there is such a type; if not, the nearest one.
pub fn known(name: &str) -> Result<(), String> {
    let types = event_types();
    if types.iter().any(|known| known.name == name) {
        return Ok(());
    }
    let near = types
        .iter()
        .map(|known| (strsim::jaro_winkler(&known.name, name), &known.name))
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .filter(|(likeness, _)| *likeness > 0.8);
    let hint = near.map(|(_, near)| format!("did you mean {near:?}?")).unwrap_or_default();
    Err(format!("there is no event type {name:?}; {hint} GET /v1/webhooks/event_types lists them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects consumers from a filter that never matches: a misspelt type is told, with the right one.
    #[test]
    fn a_misspelt_type_is_told() {
        assert_eq!(known("scim.member.delete"), Ok(()));
        assert_eq!(known("scim.idp_group.member_add"), Ok(()));
        assert!(known("scim.members.delete").expect_err("unknown").contains("\"scim.member.delete\""));
    }
}
