//! People steps about groups: pushed, renamed, filled, emptied and deleted by the IdP.

use super::{deeds::accepted, lists::names, people::play_about, requests::request};
use crate::{
    idp::{Change, Group},
    suite::{
        stop::{Played, Stop},
        vocabulary::{Args, StepDef, step},
        world::{Stage, World},
    },
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step(
        "Given",
        "the IdP has pushed the group {string} with the members {string}",
        "the group exists in the target with these members: `ada, grace`",
        |w, a| Box::pin(push(w, a)),
    ),
    step(
        "Given",
        "the IdP has pushed the group {string}",
        "the group exists in the target, without members",
        |w, a| Box::pin(push(w, a)),
    ),
    step(
        "When",
        "the IdP pushes the group {string} with the members {string}",
        "group push, then membership",
        |w, a| Box::pin(push(w, a)),
    ),
    step(
        "When",
        "the IdP pushes the known group {string}",
        "a group that was pushed before and is not any more: pushed, or linked, anew",
        |w, a| Box::pin(push_known(w, a)),
    ),
    step(
        "When",
        "the IdP pushes the group {string} again",
        "Okta's `push now`: the whole membership is written",
        |w, a| Box::pin(push_now(w, a)),
    ),
    step("When", "the IdP adds {string} to the group {string}", "membership", |w, a| Box::pin(add(w, a))),
    step("When", "the IdP removes {string} from the group {string}", "membership", |w, a| Box::pin(remove(w, a))),
    step(
        "When",
        "the IdP replaces {string} by {string} in the group {string}",
        "one leaves and another joins, in one cycle",
        |w, a| Box::pin(replace(w, a)),
    ),
    step("When", "the IdP renames the group {string} to {string}", "display name only", |w, a| Box::pin(rename(w, a))),
    step("When", "the IdP deletes the group {string}", "the group goes from directory and target", |w, a| {
        Box::pin(delete(w, a))
    }),
    step("When", "the IdP stops pushing the group {string}", "Okta: unlinked and left; Entra: unassigned", |w, a| {
        Box::pin(unlink(w, a))
    }),
    step(
        "When",
        "the client adds {string} to the group {string} again",
        "PATCH add of somebody who is a member already",
        |w, a| Box::pin(add_again(w, a)),
    ),
    step(
        "Then",
        "the group {string} has the members {string}",
        "as GET of the group by id shows them; somebody who is listed twice is a member (RFC7643-2.4-R8 tells of it)",
        |w, a| Box::pin(members(w, a)),
    ),
    step("Then", "the group {string} has no members", "as GET of the group by id shows them", |w, a| {
        Box::pin(members(w, a))
    }),
    step("Then", "the group {string} is called {string}", "displayName, as GET by id shows it", |w, a| {
        Box::pin(called(w, a))
    }),
    step("Then", "the group {string} is gone", "GET by id answers 404", |w, a| Box::pin(gone(w, a))),
];

fn display_name(stage: &Stage, name: &str) -> String {
    format!("{name}{}", stage.suffix)
}

async fn push(world: &mut World, args: Args) -> Played {
    let name = args.text(0)?.to_owned();
    let members = args.values.get(1).cloned().unwrap_or_default();
    let stage = world.stage()?;
    let mut group = Group::sample(&name, "").with_members(names(&members));
    group.display_name = display_name(stage, &name);
    stage.directory_groups.push(name.clone());
    let changes = vec![Change::AddGroup(group), Change::PushGroup { key: name.clone() }];
    play_about(world, changes, Some(&name)).await
}

async fn push_known(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?;
    play_about(world, vec![Change::PushGroup { key: key.to_owned() }], Some(key)).await
}

async fn push_now(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?;
    play_about(world, vec![Change::PushGroupNow { key: key.to_owned() }], Some(key)).await
}

async fn add(world: &mut World, args: Args) -> Played {
    let group = args.text(1)?.to_owned();
    let changes = names(args.text(0)?).map(|user| Change::AddMember { group: group.clone(), user: user.to_owned() });
    play_about(world, changes.collect(), Some(&group)).await
}

async fn remove(world: &mut World, args: Args) -> Played {
    let group = args.text(1)?.to_owned();
    let changes = names(args.text(0)?).map(|user| Change::RemoveMember { group: group.clone(), user: user.to_owned() });
    play_about(world, changes.collect(), Some(&group)).await
}

async fn replace(world: &mut World, args: Args) -> Played {
    let group = args.text(2)?.to_owned();
    let leave = names(args.text(0)?).map(|user| Change::RemoveMember { group: group.clone(), user: user.to_owned() });
    let join = names(args.text(1)?).map(|user| Change::AddMember { group: group.clone(), user: user.to_owned() });
    play_about(world, leave.chain(join).collect(), Some(&group)).await
}

async fn rename(world: &mut World, args: Args) -> Played {
    let name = display_name(world.stage()?, args.text(1)?);
    let key = args.text(0)?;
    play_about(world, vec![Change::RenameGroup { key: key.to_owned(), name }], Some(key)).await
}

async fn delete(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?;
    play_about(world, vec![Change::DeleteGroup { key: key.to_owned() }], Some(key)).await
}

async fn unlink(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?;
    play_about(world, vec![Change::UnlinkGroup { key: key.to_owned() }], Some(key)).await
}

async fn add_again(world: &mut World, args: Args) -> Played {
    let body = format!(
        r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"add","path":"members","value":[{{"value":"{{{}}}"}}]}}]}}"#,
        args.text(0)?
    );
    request(world, "PATCH", &format!("/Groups/{{{}}}", args.text(1)?), Some(body)).await?;
    accepted(world)
}

async fn read(world: &mut World, name: &str) -> Result<(u16, serde_json::Value, u64), Stop> {
    request(world, "GET", &format!("/Groups/{{{name}}}"), None).await?;
    let last = world.stage()?.last()?;
    Ok((last.status().unwrap_or_default(), last.json().unwrap_or_default(), last.seq))
}

async fn members(world: &mut World, args: Args) -> Played {
    let name = args.text(0)?.to_owned();
    let list = args.values.get(1).cloned().unwrap_or_default();
    let (status, group, seq) = read(world, &name).await?;
    if status != 200 {
        return Err(Stop::mismatch("", "status 200", format!("status {status}"), [seq]));
    }
    let stage = world.stage()?;
    let mut wanted = Vec::new();
    for name in names(&list) {
        wanted.push(stage.expand(&format!("{{{name}}}"))?);
    }
    let mut found: Vec<String> = group["members"]
        .as_array()
        .map(|members| members.iter().filter_map(|member| member["value"].as_str()).map(str::to_owned).collect())
        .unwrap_or_default();
    wanted.sort();
    found.sort();
    found.dedup();
    if wanted == found {
        return Ok(());
    }
    let shown = |ids: &[String]| {
        let name = |id: &String| {
            stage.people.iter().find(|(_, person)| person.id.as_ref() == Some(id)).map(|(name, _)| name.clone())
        };
        let names: Vec<String> = ids.iter().map(|id| name(id).unwrap_or_else(|| id.clone())).collect();
        if names.is_empty() { "no members".to_owned() } else { names.join(", ") }
    };
    Err(Stop::mismatch("", shown(&wanted), shown(&found), [seq]).at("members"))
}

async fn called(world: &mut World, args: Args) -> Played {
    let (status, group, seq) = read(world, args.text(0)?).await?;
    let wanted = display_name(world.stage()?, args.text(1)?);
    if status == 200 && group["displayName"] == wanted.as_str() {
        return Ok(());
    }
    Err(Stop::mismatch("", wanted, format!("status {status}, displayName {}", group["displayName"]), [seq]))
}

async fn gone(world: &mut World, args: Args) -> Played {
    let (status, _, seq) = read(world, args.text(0)?).await?;
    if status == 404 { Ok(()) } else { Err(Stop::mismatch("", "status 404", format!("status {status}"), [seq])) }
}
