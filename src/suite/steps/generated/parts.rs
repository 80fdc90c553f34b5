//! The parts of complex attributes: PATCH of one sub-attribute, and of one element of a list.

use serde_json::{Map, Value, json};

use super::{
    Findings, exchange, kept, make_whole,
    model::{Kind, Leaf, kind_is, made_up, member, subs},
    patch,
    walks::Walked,
};
use crate::suite::world::{World, shorten};

/// A sub-attribute that can be written, and the path that names it.
struct Part<'k> {
    leaf: &'k Leaf,
    name: String,
    path: String,
    now: Value,
    new: Value,
}

/// Changed in part: PATCH `replace` of a sub-attribute, by a value path where there may be several values (RFC 7644
/// section 3.5.2.3), sets it.
pub(super) async fn changed(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let Some(made) = make_whole(world, kind, 0, findings).await? else { return Ok(()) };
    let unique = world.stage()?.expand("part-{unique}")?;
    let all: Vec<Part<'_>> = kept(kind, &made)
        .into_iter()
        .filter(|leaf| leaf.is("mutability", "readWrite") && leaf.shown_normally())
        .filter_map(|leaf| Some((leaf, leaf.value(&made.shown)?)))
        .flat_map(|(leaf, shown)| parts(leaf, shown, &unique))
        .collect();
    if all.is_empty() {
        findings.leave(kind, "no sub-attribute is left that could be changed");
        return Ok(());
    }
    let operations: Vec<(String, &Leaf, Value)> = all
        .iter()
        .map(|part| {
            let operation = json!({"op": "replace", "path": part.path, "value": part.new});
            (part.path.clone(), part.leaf, operation)
        })
        .collect();
    let refused = patch(world, kind, &made.id, &operations, findings).await?;
    let (_, shown, seq) = exchange(world, "GET", &format!("{}/{}", kind.endpoint, made.id), None).await?;
    for part in all.iter().filter(|part| !refused.contains(&part.path)) {
        findings.cover(kind, &format!("{}.{}", part.leaf.path(), part.name));
        let found = part.leaf.value(&shown).map(|value| values(value, &part.name)).unwrap_or_default();
        // The old value proves that nothing was done; another one may be the canonical form of the new.
        if found.is_empty() || found.contains(&&part.now) {
            let found: Vec<String> = found.iter().map(|value| shorten(&value.to_string())).collect();
            let found = if found.is_empty() { "absent".to_owned() } else { found.join(", ") };
            findings.broken(kind, part.leaf, format!("`{}` set to {}, shown {found}", part.path, part.new), &[seq]);
        }
    }
    Ok(())
}

/// The writable texts among the sub-attributes. In a list one of them tells the element and is not changed itself.
fn parts<'k>(leaf: &'k Leaf, shown: &Value, unique: &str) -> Vec<Part<'k>> {
    let (one, several) = match shown {
        Value::Array(items) => (items.first(), true),
        other => (Some(other), false),
    };
    let Some(object) = one.filter(|one| one.is_object()) else { return Vec::new() };
    let texts = || subs(&leaf.entry).filter(|sub| kind_is(sub, "string") || sub["type"].is_null());
    let key = texts().find_map(|sub| {
        let name = sub["name"].as_str()?;
        Some((name.to_owned(), member(object, name)?.as_str()?.to_owned()))
    });
    let path = match (&key, several) {
        (Some((name, value)), true) => format!("{}[{name} eq {}]", leaf.path(), json!(value)),
        (None, true) => return Vec::new(),
        (_, false) => leaf.path(),
    };
    texts()
        .filter(|sub| matches!(sub["mutability"].as_str(), None | Some("readWrite")))
        .filter(|sub| !matches!(sub["returned"].as_str(), Some("never" | "request")))
        .filter_map(|sub| {
            let name = sub["name"].as_str()?.to_owned();
            if several && key.as_ref().is_some_and(|(key, _)| *key == name) {
                return None;
            }
            // Built from the other parts by some providers (RFC 7643 section 4.1.1), and of a closed set by others.
            if matches!(name.as_str(), "formatted" | "type") {
                return None;
            }
            let now = member(object, &name)?.clone();
            let new = other(leaf, &name, unique)?;
            (new != now).then(|| Part { leaf, path: format!("{path}.{name}"), name, now, new })
        })
        .collect()
}

/// A second value of a sub-attribute, of the form that the attribute has.
fn other(leaf: &Leaf, name: &str, unique: &str) -> Option<Value> {
    let value = made_up(&leaf.entry, 1, unique);
    let object: &Map<String, Value> = match &value {
        Value::Array(items) => items.first()?.as_object()?,
        other => other.as_object()?,
    };
    object.get(name).cloned()
}

/// The values of a sub-attribute, of one value or of several.
fn values<'v>(value: &'v Value, name: &str) -> Vec<&'v Value> {
    match value {
        Value::Array(items) => items.iter().filter_map(|item| member(item, name)).collect(),
        other => member(other, name).into_iter().collect(),
    }
}
