//! RFC 7643 section 4.2: groups.

use serde_json::Value;

use super::s4_1_user::reference_names;
use crate::check::{
    Check, Context, Seen, Sight,
    judging::sight,
    values::{assigned, attribute, brief},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(display_name), "RFC7643-4.2-R1" / "display-name",
        summary: "every group has a displayName that is not empty",
        how: "Every group that is shown whole, also in lists.",
        why: "IdPs match groups by it",
    },
    check! {
        Exchange(members), "RFC7643-4.2-R3" / "members-name-resources",
        summary: "the members of a group name resources by id",
        how: "Every member of a group that has a value, for a provider may do without one: the value is a string and not \
              empty, its $ref, if any, ends with the value, and its type, if any, is the name of a resource type.",
        why: "clients follow the value to the user",
    },
];

fn groups<'s>(seen: &'s Seen<'_>) -> Vec<&'s serde_json::Map<String, Value>> {
    seen.representations().filter(|one| one.endpoint == Some("/Groups")).map(|one| one.value).collect()
}

fn display_name(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (!seen.is_projected()).then_some(())?;
    let groups = groups(seen);
    (!groups.is_empty()).then_some(())?;
    let odd = groups
        .iter()
        .find(|group| attribute(group, "displayName").and_then(Value::as_str).is_none_or(|it| it.trim().is_empty()));
    sight(odd.is_none(), "a displayName", || {
        odd.and_then(|it| attribute(it, "displayName"))
            .map_or_else(|| "no displayName".to_owned(), |it| format!("displayName: {}", brief(it)))
    })
}

fn members(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let groups = groups(seen);
    let mut all = groups
        .iter()
        .filter_map(|group| assigned(group, "members")?.as_array())
        .flatten()
        .filter(|member| member.get("value").is_some_and(|value| !value.is_null()))
        .peekable();
    all.peek()?;
    let odd = all.find(|member| {
        let value = member.get("value").and_then(Value::as_str).filter(|it| !it.is_empty());
        let points = value.is_some_and(|id| reference_names(member.get("$ref"), id));
        let kind = member.get("type").and_then(Value::as_str);
        !points || !kind.is_none_or(|name| is_type(context, name))
    });
    sight(odd.is_none(), "members with an id in value", || odd.map(brief).unwrap_or_default())
}

fn is_type(context: &Context<'_>, name: &str) -> bool {
    matches!(name, "User" | "Group")
        || context.discovery.resource_types.iter().any(|it| it.get("name").and_then(Value::as_str) == Some(name))
}
