//! People steps that take somebody out of service or bring them back: every path by which a change reaches the target,
//! in the words of Okta, of Entra, and of a plain SCIM client.

use serde_json::{Value, json};

use super::{people::play, requests::request};
use crate::{
    idp::{Change, Kind},
    suite::{
        stop::{Played, Stop},
        trouble,
        vocabulary::{Args, StepDef, step},
        world::World,
    },
    target::Section,
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step("When", "Okta assigns {string}", "the app is assigned in Okta", |w, a| Box::pin(assign(w, a, Kind::Okta))),
    step("When", "Okta unassigns {string}", "the app assignment ends; Okta deactivates, it never deletes", |w, a| {
        Box::pin(by(w, a, Kind::Okta, |key| Change::UnassignUser { key }))
    }),
    step("When", "Okta deactivates {string}", "the Okta account is deactivated", |w, a| {
        Box::pin(by(w, a, Kind::Okta, |key| Change::DisableUser { key }))
    }),
    step("When", "Okta reactivates {string}", "the Okta account is activated and the app assigned again", |w, a| {
        Box::pin(reactivate_in_okta(w, a))
    }),
    step("When", "Okta suspends {string}", "the Okta account is suspended: Okta sends nothing", |w, a| {
        Box::pin(by(w, a, Kind::Okta, |key| Change::SuspendUser { key }))
    }),
    step("When", "Okta unsuspends {string}", "the suspension ends: Okta sends nothing", |w, a| {
        Box::pin(by(w, a, Kind::Okta, |key| Change::UnsuspendUser { key }))
    }),
    step("When", "Okta forces a sync", "every linked user is pushed again", |w, _| {
        Box::pin(async move {
            needs(w, Kind::Okta)?;
            play(w, vec![Change::ForceSync]).await
        })
    }),
    step("When", "Entra assigns {string}", "the app is assigned in Entra", |w, a| Box::pin(assign(w, a, Kind::Entra))),
    step("When", "Entra disables {string}", "accountEnabled becomes false", |w, a| {
        Box::pin(by(w, a, Kind::Entra, |key| Change::DisableUser { key }))
    }),
    step("When", "Entra enables {string}", "accountEnabled becomes true", |w, a| {
        Box::pin(by(w, a, Kind::Entra, |key| Change::EnableUser { key }))
    }),
    step("When", "Entra unassigns {string}", "the assignment ends: a PATCH of active, no DELETE", |w, a| {
        Box::pin(by(w, a, Kind::Entra, |key| Change::UnassignUser { key }))
    }),
    step("When", "Entra moves {string} out of scope", "a scoping filter excludes the person", |w, a| {
        Box::pin(by(w, a, Kind::Entra, |key| Change::MoveOutOfScope { key }))
    }),
    step("When", "Entra moves {string} into scope", "the scoping filter includes the person again", |w, a| {
        Box::pin(by(w, a, Kind::Entra, |key| Change::MoveIntoScope { key }))
    }),
    step(
        "When",
        "Entra soft-deletes {string}",
        "into the recycle bin: active false, and the user name of a tombstone",
        |w, a| Box::pin(by(w, a, Kind::Entra, |key| Change::SoftDeleteUser { key })),
    ),
    step("When", "Entra restores {string}", "out of the recycle bin", |w, a| {
        Box::pin(by(w, a, Kind::Entra, |key| Change::RestoreUser { key }))
    }),
    step(
        "When",
        "Entra soft-deletes {string} and {int} days pass",
        "the recycle bin is emptied after 30 days: DELETE",
        |w, a| Box::pin(hard_delete(w, a)),
    ),
    step("When", "Entra deletes {string} for good", "a permanent deletion, before the 30 days are over", |w, a| {
        Box::pin(by(w, a, Kind::Entra, |key| Change::DeleteUser { key }))
    }),
    step(
        "When",
        "the client puts {string} with active {word}",
        "GET, then PUT of the whole resource with `active` replaced",
        |w, a| Box::pin(put_active(w, a)),
    ),
    step("When", "the client puts {string} as it is", "GET, then PUT of the same resource", |w, a| {
        Box::pin(put_same(w, a))
    }),
    step("When", "the client deletes {string}", "DELETE of the user", |w, a| Box::pin(delete(w, a))),
    step(
        "When",
        "the SCIM connection is removed",
        "the target's administrator removes it, through the target's own API",
        |w, _| Box::pin(remove_connection(w)),
    )
    .needs(&[Section::RemoveConnection]),
];

/// Stops a scenario whose profile is another kind of IdP.
fn needs(world: &mut World, kind: Kind) -> Played {
    let profile = world.stage()?.item.profile.clone();
    match profile {
        Some(profile) if profile.kind == kind => Ok(()),
        Some(profile) => Err(Stop::NotExercised(format!("the profile {} is not of the kind {kind}", profile.id))),
        None => Err(Stop::script(format!("a step of {kind} needs a profile; tag the scenario @needs-{kind}"))),
    }
}

async fn by(world: &mut World, args: Args, kind: Kind, change: fn(String) -> Change) -> Played {
    needs(world, kind)?;
    play(world, vec![change(args.text(0)?.to_owned())]).await
}

/// Assigns the app; somebody who is not in the directory yet is added to it.
async fn assign(world: &mut World, args: Args, kind: Kind) -> Played {
    needs(world, kind)?;
    let key = args.text(0)?.to_owned();
    let stage = world.stage()?;
    let user = stage.person(&key).user.clone();
    let known = stage.idp()?.directory().person(&key).is_some();
    let add = (!known).then_some(Change::AddUser(user));
    play(world, add.into_iter().chain([Change::AssignUser { key }]).collect()).await
}

async fn reactivate_in_okta(world: &mut World, args: Args) -> Played {
    needs(world, Kind::Okta)?;
    let key = args.text(0)?.to_owned();
    // A deactivation in Okta ends the assignment; only a new one makes SCIM traffic.
    play(world, vec![Change::EnableUser { key: key.clone() }, Change::AssignUser { key }]).await
}

async fn hard_delete(world: &mut World, args: Args) -> Played {
    needs(world, Kind::Entra)?;
    play(world, vec![Change::SoftDeleteUser { key: args.text(0)?.to_owned() }]).await?;
    super::people::advance(world, args.number::<u64>(1)? * 86_400).await
}

/// The resource as the target gives it, for a PUT of it.
async fn read(world: &mut World, key: &str) -> Result<Value, Stop> {
    request(world, "GET", &format!("/Users/{{{key}}}"), None).await?;
    let stage = world.stage()?;
    let last = stage.last()?;
    if last.status() == Some(200) {
        return stage.last_json();
    }
    let what = format!("GET of \"{key}\" answers the user");
    Err(Stop::mismatch(what, "status 200", format!("status {}", last.status().unwrap_or_default()), [last.seq]))
}

/// Refuses to go on when the deed itself was refused: there would be no effect to look for.
pub(super) fn accepted(world: &mut World) -> Played {
    let last = world.stage()?.last()?;
    match last.response() {
        Some(response) if response.is_success() => Ok(()),
        Some(response) => {
            let actual = format!("status {}: {}", response.status, super::super::world::shorten(&response.body));
            Err(Stop::mismatch(format!("{} is accepted", last.method), "a status of 2xx", actual, [last.seq]))
        }
        None => Err(Stop::mismatch(format!("{} is answered", last.method), "a response", "none", [last.seq])),
    }
}

async fn put(world: &mut World, key: &str, resource: &Value) -> Played {
    request(world, "PUT", &format!("/Users/{{{key}}}"), Some(resource.to_string())).await?;
    accepted(world)
}

async fn put_active(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?.to_owned();
    let active: bool = args.text(1)?.parse().map_err(|_| Stop::script("active is `true` or `false`"))?;
    let mut resource = read(world, &key).await?;
    resource["active"] = json!(active);
    put(world, &key, &resource).await
}

async fn put_same(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?.to_owned();
    let resource = read(world, &key).await?;
    put(world, &key, &resource).await
}

async fn delete(world: &mut World, args: Args) -> Played {
    request(world, "DELETE", &format!("/Users/{{{}}}", args.text(0)?), None).await?;
    accepted(world)
}

async fn remove_connection(world: &mut World) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    trouble::observed(limit.hold("removing the SCIM connection", tenant.remove_connection()).await?)
}
