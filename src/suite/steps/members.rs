//! People steps about the member as the target's own API shows it, and about the SCIM user.

use super::requests::request;
use crate::{
    suite::{
        stop::{Played, Stop},
        trouble,
        vocabulary::{Args, StepDef, step},
        world::World,
    },
    target::{Member, MemberStatus, Section},
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step("Then", "{string} is active", "the member API says so", |w, a| Box::pin(status(w, a, MemberStatus::Active)))
        .needs(&[Section::Member]),
    step("Then", "{string} is deactivated", "the member API says so (deleted members count as deactivated)", |w, a| {
        Box::pin(status(w, a, MemberStatus::Deactivated))
    })
    .needs(&[Section::Member]),
    step("Then", "{string} is invited", "the member API says so", |w, a| Box::pin(status(w, a, MemberStatus::Invited)))
        .needs(&[Section::Member]),
    step("Then", "the e-mail address of {string} is {string}", "as the member API shows it", |w, a| {
        Box::pin(email(w, a))
    })
    .needs(&[Section::Member]),
    step("Then", "the name of {string} is {string}", "as the member API shows it", |w, a| Box::pin(name(w, a)))
        .needs(&[Section::Member]),
    step("Then", "the SCIM user {string} is inactive", "GET by id answers 200 and active false", |w, a| {
        Box::pin(scim_active(w, a, false))
    }),
    step("Then", "the SCIM user {string} is active", "GET by id answers 200 and active true", |w, a| {
        Box::pin(scim_active(w, a, true))
    }),
    step("Then", "the SCIM user {string} is gone", "GET by id answers 404", |w, a| Box::pin(gone(w, a))),
    step("Then", "the SCIM user {string} has {string} at {string}", "the value, as GET by id shows it", |w, a| {
        Box::pin(attribute(w, a))
    }),
    step("Then", "{string} still has the id {string}", "the id has not changed since it was kept", |w, a| {
        Box::pin(same_id(w, a))
    }),
    step("Given", "the id of {string} is kept as {string}", "stores the SCIM id for later comparison", |w, a| {
        Box::pin(keep_id(w, a))
    }),
];

/// The member as the target's API shows it.
pub(super) async fn member(world: &mut World, key: &str) -> Result<(Member, u64), Stop> {
    let stage = world.stage()?;
    let limit = stage.limit();
    let (person, tenant) = stage.known(key)?;
    let (subject, tenant) = (person.subject()?, tenant.clone());
    let member = trouble::observed(limit.hold("the member observer", tenant.member(&subject)).await?)?;
    let seq = world.stage()?.transcript.last_seq().unwrap_or_default();
    Ok((member, seq))
}

async fn status(world: &mut World, args: Args, wanted: MemberStatus) -> Played {
    let (member, seq) = member(world, args.text(0)?).await?;
    // A target that removes a member for good has taken it out of service as well.
    let gone = wanted == MemberStatus::Deactivated && member.status == MemberStatus::Absent;
    if member.status == wanted || gone {
        return Ok(());
    }
    Err(Stop::mismatch("", wanted.to_string(), member.status.to_string(), [seq]))
}

async fn email(world: &mut World, args: Args) -> Played {
    let wanted = world.stage()?.expand(args.text(1)?)?;
    let (member, seq) = member(world, args.text(0)?).await?;
    match member.email {
        Some(found) if found.eq_ignore_ascii_case(&wanted) => Ok(()),
        Some(found) => Err(Stop::mismatch("", wanted, found, [seq])),
        None => Err(Stop::NotExercised("the member observer captures no `email`".to_owned())),
    }
}

async fn name(world: &mut World, args: Args) -> Played {
    let wanted = world.stage()?.expand(args.text(1)?)?;
    let (member, seq) = member(world, args.text(0)?).await?;
    match member.name {
        Some(found) if found == wanted => Ok(()),
        Some(found) => Err(Stop::mismatch("", wanted, found, [seq])),
        None => Err(Stop::NotExercised("the member observer captures no `name`".to_owned())),
    }
}

async fn read(world: &mut World, key: &str) -> Result<(u16, serde_json::Value, u64), Stop> {
    request(world, "GET", &format!("/Users/{{{key}}}"), None).await?;
    let last = world.stage()?.last()?;
    Ok((last.status().unwrap_or_default(), last.json().unwrap_or_default(), last.seq))
}

async fn scim_active(world: &mut World, args: Args, wanted: bool) -> Played {
    let (status, user, seq) = read(world, args.text(0)?).await?;
    if status == 200 && user["active"] == wanted {
        return Ok(());
    }
    let actual = format!("status {status}, active {}", user["active"]);
    Err(Stop::mismatch("", format!("status 200, active {wanted}"), actual, [seq]))
}

async fn gone(world: &mut World, args: Args) -> Played {
    let (status, _, seq) = read(world, args.text(0)?).await?;
    if status == 404 { Ok(()) } else { Err(Stop::mismatch("", "status 404", format!("status {status}"), [seq])) }
}

async fn attribute(world: &mut World, args: Args) -> Played {
    let wanted = world.stage()?.expand(args.text(1)?)?;
    let (status, user, seq) = read(world, args.text(0)?).await?;
    let found = crate::suite::json_path::at(&user, args.text(2)?).map_err(Stop::script)?;
    let found = found.map_or_else(|| "no value".to_owned(), crate::suite::json_path::plain);
    if status == 200 && found == wanted {
        return Ok(());
    }
    Err(Stop::mismatch("", wanted, format!("status {status}, {found}"), [seq]).at(args.text(2)?))
}

async fn keep_id(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let id = stage.known(args.text(0)?)?.0.subject()?.id;
    stage.variables.insert(args.text(1)?.to_owned(), id);
    Ok(())
}

async fn same_id(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let now = stage.known(args.text(0)?)?.0.subject()?.id;
    let then = stage.expand(&format!("{{{}}}", args.text(1)?))?;
    if now == then { Ok(()) } else { Err(Stop::mismatch("", then, now, [])) }
}
