//! Wire steps that make what a scenario needs, without an IdP.

use serde_json::{Value, json};

use super::{generated::complete, lists::names, requests::request};
use crate::{
    scim::urn,
    suite::{
        stop::{Played, Stop},
        vocabulary::{Args, StepDef, step},
        world::World,
    },
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step(
        "Given",
        "the user {string} exists",
        "creates a user with a name of its own; `{ada}` is its id then",
        |w, a| Box::pin(user(w, a)),
    ),
    step(
        "Given",
        "the user {string} exists with:",
        "creates a user; the JSON below is laid over the usual attributes, null takes one away",
        |w, a| Box::pin(user(w, a)),
    ),
    step("Given", "the users {string} exist", "creates several users: `ada, grace, joan`", |w, a| {
        Box::pin(users(w, a))
    }),
    step("Given", "the group {string} exists", "creates a group without members", |w, a| Box::pin(group(w, a))),
    step(
        "Given",
        "the group {string} exists with the members {string}",
        "creates a group with members: `ada, grace`",
        |w, a| Box::pin(group(w, a)),
    ),
    step(
        "Given",
        "the target advertises {string}",
        "without that capability in /ServiceProviderConfig (`patch`, `bulk`, `filter`, `sort`, `etag`, \
         `changePassword`) the scenario is not exercised",
        |w, a| Box::pin(advertises(w, a)),
    ),
];

async fn user(world: &mut World, args: Args) -> Played {
    let overlay = match &args.docstring {
        Some(block) => {
            let text = world.stage()?.expand(block)?;
            serde_json::from_str(&text).map_err(|error| Stop::script(format!("`{}`: not JSON: {error}", args.line)))?
        }
        None => Value::Null,
    };
    create_user(world, args.text(0)?, &overlay).await
}

async fn users(world: &mut World, args: Args) -> Played {
    for name in names(args.text(0)?) {
        create_user(world, name, &Value::Null).await?;
    }
    Ok(())
}

async fn create_user(world: &mut World, key: &str, overlay: &Value) -> Played {
    let user = world.stage()?.person(key).user.clone();
    let mut body = json!({
        "schemas": [urn::USER],
        "userName": user.user_name,
        "name": {"givenName": user.given_name, "familyName": user.family_name},
        "displayName": user.display_name,
        "emails": [{"value": user.email, "type": "work", "primary": true}],
        "active": true,
    });
    if let (Some(body), Some(overlay)) = (body.as_object_mut(), overlay.as_object()) {
        for (name, value) in overlay {
            if value.is_null() {
                body.remove(name);
            } else {
                body.insert(name.clone(), value.clone());
            }
        }
    }
    let left_out: Vec<String> = overlay
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| value.is_null())
        .map(|(name, _)| name.clone())
        .collect();
    require(world, "/Users", &mut body, &left_out)?;
    let user_name = body["userName"].as_str().map(str::to_owned);
    let id = create(world, "/Users", &body).await?;
    world.stage()?.created.insert(key.to_owned(), id.clone());
    let person = world.stage()?.person(key);
    person.id = Some(id);
    if let Some(user_name) = user_name {
        person.user.user_name = user_name;
    }
    Ok(())
}

async fn group(world: &mut World, args: Args) -> Played {
    let name = args.text(0)?;
    let mut members = Vec::new();
    for member in names(args.values.get(1).map_or("", String::as_str)) {
        members.push(json!({"value": world.stage()?.expand(&format!("{{{member}}}"))?}));
    }
    let display_name = format!("{name}{}", world.stage()?.suffix);
    let mut body = json!({"schemas": [urn::GROUP], "displayName": display_name});
    if !members.is_empty() {
        body["members"] = Value::Array(members);
    }
    require(world, "/Groups", &mut body, &[])?;
    let id = create(world, "/Groups", &body).await?;
    world.stage()?.groups.insert(name.to_owned(), id);
    Ok(())
}

/// Adds what the target's own schemas require besides, so that a server that asks for more can be tested at all.
fn require(world: &mut World, endpoint: &str, body: &mut Value, left_out: &[String]) -> Played {
    let shared = world.shared.clone();
    let stage = world.stage()?;
    let unique = format!("{}{}", stage.index, stage.suffix);
    if let Some(discovery) = shared.discovery.get() {
        complete(body, endpoint, discovery, &unique, left_out);
    }
    Ok(())
}

/// Creates a resource and returns its id.
async fn create(world: &mut World, path: &str, body: &Value) -> Result<String, Stop> {
    request(world, "POST", path, Some(body.to_string())).await?;
    let stage = world.stage()?;
    let last = stage.last()?;
    let (status, seq) = (last.status().unwrap_or_default(), last.seq);
    let id = last.json().and_then(|body| body["id"].as_str().map(str::to_owned));
    match (status, id) {
        (200 | 201, Some(id)) => Ok(id),
        (status, _) => {
            let body = last.response().map(|response| super::super::world::shorten(&response.body)).unwrap_or_default();
            let what = format!("POST {path} creates the resource");
            Err(Stop::mismatch(what, "201 with an id", format!("status {status}: {body}"), [seq]))
        }
    }
}

async fn advertises(world: &mut World, args: Args) -> Played {
    let wanted = args.text(0)?;
    let supported = capabilities(world).await?.and_then(|config| config[wanted]["supported"].as_bool());
    match supported {
        Some(true) => Ok(()),
        Some(false) => Err(Stop::NotExercised(format!("the target does not advertise {wanted}"))),
        None => {
            Err(Stop::NotExercised(format!("the target's /ServiceProviderConfig does not say whether it has {wanted}")))
        }
    }
}

/// The target's /ServiceProviderConfig, fetched once a run.
async fn capabilities(world: &mut World) -> Result<Option<Value>, Stop> {
    let shared = world.shared.clone();
    if let Some(known) = shared.capabilities.get() {
        return Ok(known.clone());
    }
    request(world, "GET", "/ServiceProviderConfig", None).await?;
    let last = world.stage()?.last()?;
    let config = (last.status() == Some(200)).then(|| last.json()).flatten();
    // Two scenarios may fetch it at the same time; the first answer stays.
    let _ = shared.capabilities.set(config.clone());
    Ok(config)
}
