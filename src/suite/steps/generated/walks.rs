//! One function a theme: what is sent for one kind of resource, and what that shows of each attribute.

use serde_json::{Map, Value, json};

use super::{
    Findings, Made, Operation, body, exchange, fresh, kept, make, make_whole,
    model::{Kind, Leaf, made_up, unassigned},
    patch,
};
use crate::suite::{
    stop::Stop,
    world::{World, shorten},
};

pub(super) type Walked = Result<(), Stop>;

fn word(value: Option<&Value>) -> String {
    value.map_or_else(|| "absent".to_owned(), |value| shorten(&value.to_string()))
}

/// Created: what was sent is shown (RFC 7644 section 3.3).
pub(super) async fn created(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let Some(made) = make_whole(world, kind, 0, findings).await? else {
        // What fails here fails in every walk; only this one is about it.
        return match findings.failed.take() {
            Some((actual, seq)) => Err(Stop::mismatch("", "no server error", actual, [seq])),
            None => Ok(()),
        };
    };
    compare(kind, &kind.attributes.iter().collect::<Vec<_>>(), &made.sent, &made.shown, made.seq, findings);
    Ok(())
}

fn compare(kind: &Kind, leaves: &[&Leaf], sent: &Map<String, Value>, shown: &Value, seq: u64, findings: &mut Findings) {
    let sent = Value::Object(sent.clone());
    for leaf in leaves.iter().filter(|leaf| leaf.shown_normally()) {
        let Some(wanted) = leaf.value(&sent) else { continue };
        findings.cover(kind, &leaf.path());
        let found = leaf.value(shown);
        if !found.is_some_and(|found| leaf.shows(wanted, found)) {
            findings.broken(
                kind,
                leaf,
                format!("sent {}, shown {}", shorten(&wanted.to_string()), word(found)),
                &[seq],
            );
        }
    }
}

/// Two resources with different values, both taken by the target, so that values of the second kind can be written to the
/// first.
async fn pair(world: &mut World, kind: &Kind, findings: &mut Findings) -> Result<Option<(Made, Made)>, Stop> {
    let Some(first) = make_whole(world, kind, 0, findings).await? else { return Ok(None) };
    Ok(make_whole(world, kind, 1, findings).await?.map(|second| (first, second)))
}

/// The attributes that both resources keep and that a client may change.
fn writable<'k>(kind: &'k Kind, first: &Made, second: &Made) -> Vec<&'k Leaf> {
    let kept_by_second: Vec<String> = kept(kind, second).iter().map(|leaf| leaf.path()).collect();
    kept(kind, first)
        .into_iter()
        .filter(|leaf| leaf.is("mutability", "readWrite") && !leaf.unique() && kept_by_second.contains(&leaf.path()))
        .collect()
}

/// Replaced: PUT with other values, and they are shown (RFC 7644 section 3.5.1).
pub(super) async fn replaced(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let Some((first, second)) = pair(world, kind, findings).await? else { return Ok(()) };
    let leaves = writable(kind, &first, &second);
    let mut sent = first.sent.clone();
    let values = Value::Object(fresh(world, kind, 1).await?);
    for leaf in &leaves {
        if let Some(value) = leaf.value(&values) {
            leaf.put(&mut sent, value.clone());
        }
    }
    sent.insert("id".to_owned(), first.id.clone().into());
    let path = format!("{}/{}", kind.endpoint, first.id);
    let (status, answer, seq) = exchange(world, "PUT", &path, Some(&Value::Object(sent.clone()))).await?;
    if matches!(status, 405 | 409 | 501) {
        findings.leave(kind, format!("PUT is answered {status}: {}", shorten(&answer.to_string())));
        return Ok(());
    }
    if status != 200 {
        let actual = format!("status {status}: {}", shorten(&answer.to_string()));
        let expected = "values that POST has taken are taken by PUT";
        return Err(Stop::mismatch("", expected, actual, [second.seq, seq]));
    }
    let (_, shown, _) = exchange(world, "GET", &path, None).await?;
    compare(kind, &leaves, &sent, &shown, seq, findings);
    Ok(())
}

/// An operation that writes an attribute's value.
fn write<'k>(op: &str, leaf: &'k Leaf, values: &Value) -> Operation<'k> {
    (leaf.path(), leaf, json!({"op": op, "path": leaf.path(), "value": leaf.value(values)}))
}

/// Added: PATCH `add` to a resource without the attribute (RFC 7644 section 3.5.2.1).
pub(super) async fn added(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let Some(whole) = make_whole(world, kind, 0, findings).await? else { return Ok(()) };
    let unique = world.stage()?.expand("{unique}")?;
    let bare = body(kind, 1, &unique, |leaf| leaf.required());
    let Some(bare) = make(world, kind, bare, findings).await? else { return Ok(()) };
    let sent = fresh(world, kind, 0).await?;
    let values = Value::Object(sent.clone());
    let leaves: Vec<&Leaf> = kept(kind, &whole)
        .into_iter()
        .filter(|leaf| leaf.is("mutability", "readWrite") && !leaf.required() && !leaf.unique())
        .collect();
    let operations: Vec<Operation<'_>> = leaves.iter().map(|leaf| write("add", leaf, &values)).collect();
    written(world, kind, &bare, &operations, &sent, findings).await
}

/// Changed: PATCH `replace` (RFC 7644 section 3.5.2.3).
pub(super) async fn changed(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let Some((first, second)) = pair(world, kind, findings).await? else { return Ok(()) };
    let sent = fresh(world, kind, 1).await?;
    let values = Value::Object(sent.clone());
    let operations: Vec<Operation<'_>> =
        writable(kind, &first, &second).into_iter().map(|leaf| write("replace", leaf, &values)).collect();
    written(world, kind, &first, &operations, &sent, findings).await
}

/// Patches, reads, and compares what was written.
async fn written(
    world: &mut World,
    kind: &Kind,
    made: &Made,
    operations: &[Operation<'_>],
    sent: &Map<String, Value>,
    findings: &mut Findings,
) -> Walked {
    if operations.is_empty() {
        findings.leave(kind, "no attribute is left that could be written");
        return Ok(());
    }
    let refused = patch(world, kind, &made.id, operations, findings).await?;
    let (_, shown, seq) = exchange(world, "GET", &format!("{}/{}", kind.endpoint, made.id), None).await?;
    let leaves: Vec<&Leaf> =
        operations.iter().map(|(_, leaf, _)| *leaf).filter(|leaf| !refused.contains(&leaf.path())).collect();
    compare(kind, &leaves, sent, &shown, seq, findings);
    Ok(())
}

/// Removed: PATCH `remove` leaves no value, or at least not the one that was removed: a default may take its place
/// (RFC 7644 section 3.5.2.2).
pub(super) async fn removed(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let Some(made) = make_whole(world, kind, 0, findings).await? else { return Ok(()) };
    let sent = Value::Object(made.sent.clone());
    let leaves: Vec<&Leaf> = kept(kind, &made)
        .into_iter()
        .filter(|leaf| leaf.is("mutability", "readWrite") && !leaf.required())
        // Of a flag it cannot be told whether the value is the old one or a default.
        .filter(|leaf| !leaf.value(&sent).is_some_and(Value::is_boolean))
        .collect();
    let operations: Vec<Operation<'_>> =
        leaves.iter().map(|leaf| (leaf.path(), *leaf, json!({"op": "remove", "path": leaf.path()}))).collect();
    if operations.is_empty() {
        findings.leave(kind, "no attribute is left that could be removed");
        return Ok(());
    }
    let refused = patch(world, kind, &made.id, &operations, findings).await?;
    let (_, shown, seq) = exchange(world, "GET", &format!("{}/{}", kind.endpoint, made.id), None).await?;
    for leaf in leaves.into_iter().filter(|leaf| !refused.contains(&leaf.path())) {
        findings.cover(kind, &leaf.path());
        if let (Some(old), Some(now)) = (leaf.value(&sent), leaf.value(&shown))
            && leaf.shows(old, now)
        {
            findings.broken(kind, leaf, format!("still {}", shorten(&now.to_string())), &[seq]);
        }
    }
    Ok(())
}

/// Projection: half of the attributes are named in `attributes` or `excludedAttributes`; each is shown or left out as
/// RFC 7644 section 3.9 says.
pub(super) async fn projected(world: &mut World, kind: &Kind, parameter: &str, findings: &mut Findings) -> Walked {
    let Some(made) = make_whole(world, kind, 0, findings).await? else { return Ok(()) };
    let leaves: Vec<&Leaf> = kept(kind, &made).into_iter().filter(|leaf| leaf.is("returned", "default")).collect();
    let turns = if leaves.len() > 1 { 2 } else { 1 };
    for turn in 0..turns {
        let named = |at: usize| at % 2 == turn;
        let list: Vec<String> =
            leaves.iter().enumerate().filter(|(at, _)| named(*at)).map(|(_, leaf)| leaf.path()).collect();
        if list.is_empty() {
            findings.leave(kind, "it has no attribute that is returned by default");
            return Ok(());
        }
        let path = format!("{}/{}?{parameter}={}", kind.endpoint, made.id, list.join(","));
        let (status, shown, seq) = exchange(world, "GET", &path, None).await?;
        if status != 200 {
            let actual = format!("status {status}: {}", shorten(&shown.to_string()));
            return Err(Stop::mismatch("", format!("GET with {parameter} is answered 200"), actual, [seq]));
        }
        for (at, leaf) in leaves.iter().enumerate() {
            let wanted = named(at) == (parameter == "attributes");
            if named(at) {
                findings.cover(kind, &leaf.path());
            }
            match leaf.value(&shown) {
                None if wanted => {
                    findings.broken(kind, leaf, format!("absent with {parameter}={}", list.join(",")), &[seq])
                }
                Some(_) if !wanted => {
                    findings.broken(kind, leaf, format!("shown with {parameter}={}", list.join(",")), &[seq]);
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// A value that a client sends for an attribute that only the server writes is ignored (RFC 7644 sections 3.3, 3.5.1).
pub(super) async fn read_only(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let unique = world.stage()?.expand("{unique}")?;
    let mut sent = body(kind, 0, &unique, |leaf| leaf.required());
    for leaf in &kind.read_only {
        leaf.put(&mut sent, made_up(&as_if_writable(&leaf.entry), 0, &unique));
    }
    if kind.read_only.is_empty() {
        findings.leave(kind, "it advertises no attribute as readOnly");
        return Ok(());
    }
    let Some(made) = make(world, kind, sent, findings).await? else { return Ok(()) };
    let sent = Value::Object(made.sent.clone());
    for leaf in &kind.read_only {
        let Some(wanted) = leaf.value(&sent) else { continue };
        findings.cover(kind, &leaf.path());
        if let Some(found) = leaf.value(&made.shown).filter(|found| same_value(wanted, found)) {
            findings.broken(
                kind,
                leaf,
                format!("the client's value is shown: {}", shorten(&found.to_string())),
                &[made.seq],
            );
        }
    }
    Ok(())
}

/// The entry with its readOnly sub-attributes admitted, so that there is something to send.
fn as_if_writable(entry: &Value) -> Value {
    let mut entry = entry.clone();
    if let Some(subs) = entry["subAttributes"].as_array_mut() {
        for sub in subs {
            sub["mutability"] = json!("readWrite");
        }
    }
    entry
}

/// Whether all that a client sent is found again; flags alone prove nothing.
fn same_value(sent: &Value, shown: &Value) -> bool {
    match (sent, shown) {
        (Value::Array(sent), Value::Array(shown)) => {
            !sent.is_empty() && sent.iter().all(|one| shown.iter().any(|other| same_value(one, other)))
        }
        (Value::Object(sent), Value::Object(shown)) => {
            let texts: Vec<(&String, &Value)> = sent.iter().filter(|(_, value)| value.is_string()).collect();
            !texts.is_empty() && texts.iter().any(|(name, value)| *name != "type" && shown.get(*name) == Some(value))
        }
        (Value::Bool(_), _) => false,
        (sent, shown) => sent == shown,
    }
}

/// An immutable value stays what it was at creation, whatever PUT says (RFC 7644 section 3.5.1).
pub(super) async fn immutable(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let leaves: Vec<&Leaf> = kind.attributes.iter().filter(|leaf| leaf.is("mutability", "immutable")).collect();
    if leaves.is_empty() {
        findings.leave(kind, "it advertises no attribute as immutable");
        return Ok(());
    }
    let Some(made) = make_whole(world, kind, 0, findings).await? else { return Ok(()) };
    let unique = world.stage()?.expand("{unique}")?;
    let path = format!("{}/{}", kind.endpoint, made.id);
    let mut sent = made.sent.clone();
    for leaf in &leaves {
        leaf.put(&mut sent, made_up(&leaf.entry, 1, &unique));
    }
    let (_, _, seq) = exchange(world, "PUT", &path, Some(&Value::Object(sent))).await?;
    let (_, shown, _) = exchange(world, "GET", &path, None).await?;
    for leaf in leaves {
        let Some(before) = leaf.value(&made.shown) else { continue };
        findings.cover(kind, &leaf.path());
        let now = leaf.value(&shown);
        if now != Some(before) {
            findings.broken(kind, leaf, format!("was {}, is {}", shorten(&before.to_string()), word(now)), &[seq]);
        }
    }
    Ok(())
}

/// A value that is never returned is in no answer, even when it is asked for (RFC 7643 section 7).
pub(super) async fn never(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let hidden = |leaf: &Leaf| leaf.is("returned", "never") || leaf.is("mutability", "writeOnly");
    let leaves: Vec<&Leaf> = kind.attributes.iter().filter(|leaf| hidden(leaf)).collect();
    if leaves.is_empty() {
        findings.leave(kind, "it advertises no attribute as returned never");
        return Ok(());
    }
    let Some(made) = make_whole(world, kind, 0, findings).await? else { return Ok(()) };
    let list: Vec<String> = leaves.iter().map(|leaf| leaf.path()).collect();
    let path = format!("{}/{}?attributes={}", kind.endpoint, made.id, list.join(","));
    let (_, asked, seq) = exchange(world, "GET", &path, None).await?;
    for leaf in leaves {
        findings.cover(kind, &leaf.path());
        if leaf.value(&made.shown).is_some() {
            findings.broken(kind, leaf, "shown by GET", &[made.seq + 1]);
        } else if leaf.value(&asked).is_some() {
            findings.broken(kind, leaf, "shown when asked for", &[seq]);
        }
    }
    Ok(())
}

/// A value that is always returned is there whatever the request leaves out (RFC 7643 section 7).
pub(super) async fn always(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let Some(made) = make_whole(world, kind, 0, findings).await? else { return Ok(()) };
    let leaves: Vec<&Leaf> = kept(kind, &made).into_iter().filter(|leaf| leaf.is("returned", "always")).collect();
    let list: Vec<String> = leaves.iter().map(|leaf| leaf.path()).chain(["id".to_owned()]).collect();
    let path = format!("{}/{}?excludedAttributes={}", kind.endpoint, made.id, list.join(","));
    let (status, shown, seq) = exchange(world, "GET", &path, None).await?;
    if status != 200 {
        findings.leave(kind, format!("GET with excludedAttributes is answered {status}"));
        return Ok(());
    }
    // Every kind has one attribute of that sort: its id.
    findings.cover(kind, "id");
    if shown["id"] != made.id.as_str() {
        let actual = format!("{} id: {}", kind.endpoint, word(shown.get("id")));
        return Err(Stop::mismatch("", "the id is shown though it was to be left out", actual, [seq]));
    }
    for leaf in leaves {
        findings.cover(kind, &leaf.path());
        if leaf.value(&shown).is_none() {
            findings.broken(kind, leaf, "absent when it was to be left out", &[seq]);
        }
    }
    Ok(())
}

/// A value that is returned on request is shown when it is named, and only then (RFC 7643 section 7).
pub(super) async fn on_request(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let leaves: Vec<&Leaf> = kind.attributes.iter().filter(|leaf| leaf.is("returned", "request")).collect();
    if leaves.is_empty() {
        findings.leave(kind, "it advertises no attribute as returned on request");
        return Ok(());
    }
    let Some(made) = make_whole(world, kind, 0, findings).await? else { return Ok(()) };
    let list: Vec<String> = leaves.iter().map(|leaf| leaf.path()).collect();
    let path = format!("{}/{}?attributes={}", kind.endpoint, made.id, list.join(","));
    let (_, asked, seq) = exchange(world, "GET", &path, None).await?;
    for leaf in leaves {
        findings.cover(kind, &leaf.path());
        if leaf.value(&made.shown).is_some() {
            findings.broken(kind, leaf, "shown though nobody asked for it", &[made.seq + 1]);
        } else if leaf.value(&asked).is_none_or(unassigned) {
            findings.broken(kind, leaf, "absent though it was asked for", &[seq]);
        }
    }
    Ok(())
}

/// A second resource with the same value of an attribute that must be unique is refused (RFC 7643 section 7).
pub(super) async fn unique(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let leaves: Vec<&Leaf> = kind.attributes.iter().filter(|leaf| leaf.unique()).collect();
    if leaves.is_empty() {
        findings.leave(kind, "it advertises no attribute as unique");
        return Ok(());
    }
    let Some(first) = make_whole(world, kind, 0, findings).await? else { return Ok(()) };
    let unique = world.stage()?.expand("{unique}")?;
    let values = Value::Object(first.sent.clone());
    for leaf in leaves {
        let mut sent = body(kind, 1, &unique, |leaf| leaf.required());
        if let Some(value) = leaf.value(&values) {
            leaf.put(&mut sent, value.clone());
        }
        let (status, _, seq) = exchange(world, "POST", &kind.endpoint, Some(&Value::Object(sent))).await?;
        findings.cover(kind, &leaf.path());
        if (200..300).contains(&status) {
            findings.broken(kind, leaf, "a second resource with the same value is created", &[first.seq, seq]);
        }
    }
    Ok(())
}

/// A resource without an attribute that it must have is refused (RFC 7643 section 7). One with all of them must have been
/// taken first, so that the refusal has no other cause.
pub(super) async fn required(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let leaves: Vec<&Leaf> = kind.attributes.iter().filter(|leaf| leaf.required()).collect();
    if leaves.is_empty() {
        findings.leave(kind, "it advertises no attribute as required that a client writes");
        return Ok(());
    }
    let unique = world.stage()?.expand("{unique}")?;
    let all = body(kind, 0, &unique, |leaf| leaf.required());
    if make(world, kind, all, findings).await?.is_none() {
        return Ok(());
    }
    for leaf in leaves {
        let sent = body(kind, 1, &unique, |other| other.required() && other.path() != leaf.path());
        // Without its only attribute an extension is not there at all, and an extension may be optional.
        if leaf.extension.as_ref().is_some_and(|urn| !sent.contains_key(urn)) {
            findings.leave(kind, format!("{} is all that its extension needs", leaf.path()));
            continue;
        }
        let (status, _, seq) = exchange(world, "POST", &kind.endpoint, Some(&Value::Object(sent))).await?;
        findings.cover(kind, &leaf.path());
        if (200..300).contains(&status) {
            findings.broken(kind, leaf, format!("a resource without it is answered {status}"), &[seq]);
        }
    }
    Ok(())
}
