//! Attributes that name other resources of the target: what they name is made first, then referred to.

use serde_json::{Map, Value, json};

use super::{
    Findings, body, exchange,
    filters::found,
    make,
    model::{Kind, Leaf, member, subs},
    walks::Walked,
};
use crate::suite::{
    stop::Stop,
    world::{World, shorten},
};

/// Referred to: a resource that names another by its id is created, shows the reference, and is found by it.
pub(super) async fn referred(world: &mut World, kinds: &[Kind], kind: &Kind, findings: &mut Findings) -> Walked {
    for leaf in
        kind.references.iter().filter(|leaf| leaf.is("mutability", "readWrite") || leaf.is("mutability", "immutable"))
    {
        let Some(named) = kinds.iter().find(|other| leaf.names(&other.name)) else {
            findings.leave(kind, format!("{} names no resource type that the target serves", leaf.path()));
            continue;
        };
        refer(world, kind, leaf, named, findings).await?;
    }
    if kind.references.is_empty() {
        findings.leave(kind, "it advertises no attribute that names a resource");
    }
    Ok(())
}

async fn refer(world: &mut World, kind: &Kind, leaf: &Leaf, named: &Kind, findings: &mut Findings) -> Walked {
    let unique = world.stage()?.expand(&format!("{}-{{unique}}", leaf.name()))?;
    let required = body(named, 0, &unique, |leaf| leaf.required());
    let Some(other) = make(world, named, required, findings).await? else { return Ok(()) };
    let mut sent = body(kind, 1, &unique, |leaf| leaf.required());
    leaf.put(&mut sent, reference(leaf, &other.id));
    let (status, answer, seq) = exchange(world, "POST", &kind.endpoint, Some(&Value::Object(sent))).await?;
    let Some(id) = answer["id"].as_str().filter(|_| matches!(status, 200 | 201)).map(str::to_owned) else {
        let text = shorten(&answer.to_string());
        if status >= 500 {
            return Err(Stop::mismatch("", "no server error", format!("status {status}: {text}"), [seq]));
        }
        findings.leave(kind, format!("{} is refused with {status}: {text}", leaf.path()));
        return Ok(());
    };
    let (_, shown, read) = exchange(world, "GET", &format!("{}/{id}", kind.endpoint), None).await?;
    findings.cover(kind, &leaf.path());
    match leaf.value(&shown) {
        Some(value) if names(value, &other.id) => {}
        found => {
            let found = found.map_or_else(|| "absent".to_owned(), |value| shorten(&value.to_string()));
            findings.broken(kind, leaf, format!("sent the id {}, shown {found}", other.id), &[seq, read]);
            return Ok(());
        }
    }
    if world.shared.discovery.get().and_then(|known| known.supports("filter")) != Some(true) {
        return Ok(());
    }
    let filter = format!("{}.value eq {}", leaf.path(), json!(other.id));
    if let (Some(false), seq) = found(world, kind, &id, &filter).await? {
        findings.broken(kind, leaf, format!("`{filter}` does not find it"), &[seq]);
    }
    Ok(())
}

/// The value that names a resource: its id under `value`.
fn reference(leaf: &Leaf, id: &str) -> Value {
    let mut object = Map::new();
    object.insert("value".to_owned(), json!(id));
    let one = Value::Object(object);
    if leaf.entry["multiValued"] == true { json!([one]) } else { one }
}

/// Whether a value, or one of several, names that id.
fn names(value: &Value, id: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| names(item, id)),
        other => member(other, "value").is_some_and(|value| value == id),
    }
}

impl Leaf {
    /// Whether it is a complex attribute that names resources of that type by `value` (RFC 7643 sections 2.4 and 7).
    pub(super) fn names(&self, type_name: &str) -> bool {
        subs(&self.entry).any(|sub| sub["name"] == "value")
            && subs(&self.entry)
                .filter_map(|sub| sub["referenceTypes"].as_array())
                .flatten()
                .any(|one| one.as_str() == Some(type_name))
    }
}
