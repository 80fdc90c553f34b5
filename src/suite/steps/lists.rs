//! Wire steps about list responses (RFC 7644 section 3.4.2).

use serde_json::Value;

use super::requests::request;
use crate::{
    suite::{
        stop::{Played, Stop},
        vocabulary::{Args, StepDef, step},
        world::{World, shorten},
    },
    wire::url_encode,
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step("Then", "the list holds {int} resource(s)", "that many elements in Resources, on this page", |w, a| {
        Box::pin(holds(w, a))
    }),
    step(
        "Then",
        "the list holds exactly {string}",
        "the resources are those people or groups, in any order",
        |w, a| Box::pin(exactly(w, a)),
    ),
    step("Then", "the list contains {string}", "the person or group is among the resources", |w, a| {
        Box::pin(contains(w, a))
    }),
    step("Then", "the list does not contain {string}", "the person or group is not among the resources", |w, a| {
        Box::pin(lacks(w, a))
    }),
    step(
        "When",
        "the client looks for the id of {string} in another letter case",
        "GET /Users with a filter for the id, its letters in the other case; an id without letters cannot show anything",
        |w, a| Box::pin(look_in_another_case(w, a)),
    ),
    step("Then", "the list is in the order {string}", "the resources come in that order", |w, a| Box::pin(order(w, a))),
];

/// Ids of the resources of the newest response, which must be a ListResponse.
fn ids(world: &mut World) -> Result<(Vec<String>, u64, Value), Stop> {
    let stage = world.stage()?;
    let body = stage.last_json()?;
    let seq = stage.last()?.seq;
    let list =
        body["schemas"].as_array().is_some_and(|schemas| schemas.iter().any(|s| s == crate::scim::urn::LIST_RESPONSE));
    if !list {
        return Err(Stop::mismatch(
            "the response is a ListResponse",
            "a ListResponse",
            shorten(&body.to_string()),
            [seq],
        ));
    }
    let ids = body["Resources"]
        .as_array()
        .map(|items| items.iter().map(|item| item["id"].as_str().unwrap_or_default().to_owned()).collect())
        .unwrap_or_default();
    Ok((ids, seq, body))
}

async fn look_in_another_case(world: &mut World, args: Args) -> Played {
    let id = id_of(world, args.text(0)?)?;
    let flip = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    let other: String = id.chars().map(flip).collect();
    if other == id {
        return Err(Stop::NotExercised(format!("the target's ids have no letters: {id}")));
    }
    let filter = url_encode(&format!("id eq {}", Value::String(other)));
    request(world, "GET", &format!("/Users?filter={filter}"), None).await
}

/// The names of a list in a step: `ada, grace`.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty())
}

fn id_of(world: &mut World, name: &str) -> Result<String, Stop> {
    world.stage()?.expand(&format!("{{{name}}}"))
}

/// Ids as the scenario's names, where it has names for them.
fn named(world: &mut World, ids: &[String]) -> Result<String, Stop> {
    let stage = world.stage()?;
    let name = |id: &String| {
        let person = stage.people.iter().find(|(_, person)| person.id.as_ref() == Some(id)).map(|(name, _)| name);
        let group = stage.groups.iter().find(|(_, known)| *known == id).map(|(name, _)| name);
        person.or(group).cloned().unwrap_or_else(|| id.clone())
    };
    let names: Vec<String> = ids.iter().map(name).collect();
    Ok(if names.is_empty() { "nobody".to_owned() } else { names.join(", ") })
}

async fn holds(world: &mut World, args: Args) -> Played {
    let wanted: usize = args.number(0)?;
    let (ids, seq, body) = ids(world)?;
    if ids.len() == wanted {
        return Ok(());
    }
    let actual = format!("{}: {}", ids.len(), shorten(&body.to_string()));
    Err(Stop::mismatch("", format!("{wanted} resources"), actual, [seq]))
}

async fn exactly(world: &mut World, args: Args) -> Played {
    let mut wanted = Vec::new();
    for name in names(args.text(0)?) {
        wanted.push(id_of(world, name)?);
    }
    let (mut found, seq, _) = ids(world)?;
    let shown = named(world, &found)?;
    wanted.sort();
    found.sort();
    if wanted == found {
        return Ok(());
    }
    Err(Stop::mismatch("", args.text(0)?.to_owned(), shown, [seq]))
}

async fn contains(world: &mut World, args: Args) -> Played {
    let wanted = id_of(world, args.text(0)?)?;
    let (found, seq, _) = ids(world)?;
    if found.contains(&wanted) {
        return Ok(());
    }
    let shown = named(world, &found)?;
    Err(Stop::mismatch("", format!("{} among the resources", args.text(0)?), shown, [seq]))
}

async fn lacks(world: &mut World, args: Args) -> Played {
    let unwanted = id_of(world, args.text(0)?)?;
    let (found, seq, _) = ids(world)?;
    if !found.contains(&unwanted) {
        return Ok(());
    }
    let shown = named(world, &found)?;
    Err(Stop::mismatch("", format!("{} not among the resources", args.text(0)?), shown, [seq]))
}

async fn order(world: &mut World, args: Args) -> Played {
    let mut wanted = Vec::new();
    for name in names(args.text(0)?) {
        wanted.push(id_of(world, name)?);
    }
    let (found, seq, _) = ids(world)?;
    let found: Vec<String> = found.into_iter().filter(|id| wanted.contains(id)).collect();
    if found == wanted {
        return Ok(());
    }
    let shown = named(world, &found)?;
    Err(Stop::mismatch("", args.text(0)?.to_owned(), shown, [seq]))
}
