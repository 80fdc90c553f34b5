//! People steps about the target's other side: named policies of the reference provider, and acts that a configuration
//! names itself (`[act.named.NAME]`).
//!
//! An act sees the scenario's stored values as variables besides the tenant's own. What it captures is stored in turn, so
//! that later steps can say `{name}`.

use serde_json::{Map, Value, json};

use crate::{
    suite::{
        json_path,
        stop::{Played, Stop},
        trouble,
        vocabulary::{Args, StepDef, step},
        world::World,
    },
    target::{Acted, Section},
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step(
        "Given",
        "the policy {string} is {string}",
        "a named policy of the reference provider; no other target has any",
        |w, a| Box::pin(policy(w, a)),
    )
    .needs(&[Section::SetPolicy]),
    step("When", "the act {string} is done", "an act that the configuration names: `[act.named.…]`", |w, a| {
        Box::pin(done(w, a))
    }),
    step("When", "the act {string} is done for {string}", "the same, about somebody", |w, a| Box::pin(done(w, a))),
    step("Then", "the act {string} is refused", "the target says no, with a status that the act expects", |w, a| {
        Box::pin(refused(w, a))
    }),
    step("Then", "the act {string} is refused for {string}", "the same, about somebody", |w, a| {
        Box::pin(refused(w, a))
    }),
    step("Then", "the act captured {string} as {string}", "what the newest act took from its answer", |w, a| {
        Box::pin(captured(w, a))
    }),
    step("Then", "the act captured no {string}", "there was no such value in the answer", |w, a| {
        Box::pin(captured_none(w, a))
    }),
    step(
        "Then",
        "the act captured {string} as a time in {int} days",
        "an RFC 3339 time, give or take a day from now",
        |w, a| Box::pin(captured_time(w, a)),
    ),
];

async fn policy(world: &mut World, args: Args) -> Played {
    let (policy, text) = (args.text(0)?, args.text(1)?);
    let value = match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        word => Value::from(word),
    };
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    trouble::observed(limit.hold("setting the policy", tenant.set_policy(policy, value)).await?)
}

async fn act(world: &mut World, args: &Args) -> Result<(Acted, u64), Stop> {
    let name = args.text(0)?;
    let stage = world.stage()?;
    let mut variables: Map<String, Value> =
        stage.variables.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    if let Some(key) = args.values.get(1) {
        let person = stage.person(key);
        let email = person.user.email.clone().unwrap_or_else(|| person.user.user_name.clone());
        let id = person.id.clone().unwrap_or_default();
        variables.insert("subject".to_owned(), json!({"id": id, "user_name": person.user.user_name, "email": email}));
    }
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    let acted = trouble::observed(limit.hold("the act", tenant.named_act(name, variables)).await?)?;
    let seq = world.stage()?.transcript.last_seq().unwrap_or_default();
    Ok((acted, seq))
}

async fn done(world: &mut World, args: Args) -> Played {
    match act(world, &args).await? {
        (Acted::Done(captured), _) => {
            let stage = world.stage()?;
            for (name, value) in &captured {
                stage.variables.insert(name.clone(), json_path::plain(value));
            }
            stage.captured = captured;
            Ok(())
        }
        (Acted::Refused { status, detail }, seq) => {
            Err(Stop::mismatch("", "a success", format!("refused ({status}): {detail}"), [seq]))
        }
    }
}

async fn refused(world: &mut World, args: Args) -> Played {
    match act(world, &args).await? {
        (Acted::Refused { .. }, _) => Ok(()),
        (Acted::Done(_), seq) => Err(Stop::mismatch("", "a refusal", "a success", [seq])),
    }
}

async fn captured(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let wanted = stage.expand(args.text(1)?)?;
    let found = stage.captured.get(args.text(0)?).map_or_else(|| "no value".to_owned(), json_path::plain);
    if found == wanted { Ok(()) } else { Err(Stop::mismatch("", wanted, found, [])) }
}

async fn captured_none(world: &mut World, args: Args) -> Played {
    match world.stage()?.captured.get(args.text(0)?) {
        None => Ok(()),
        Some(found) => Err(Stop::mismatch("", "no value", json_path::plain(found), [])),
    }
}

async fn captured_time(world: &mut World, args: Args) -> Played {
    let wanted = time::OffsetDateTime::now_utc() + time::Duration::days(args.number::<i64>(1)?);
    let found = world.stage()?.captured.get(args.text(0)?).map_or_else(|| "no value".to_owned(), json_path::plain);
    let parsed = time::OffsetDateTime::parse(&found, &time::format_description::well_known::Rfc3339);
    match parsed {
        Ok(at) if (at - wanted).abs() <= time::Duration::days(1) => Ok(()),
        _ => Err(Stop::mismatch("", format!("about {}", wanted.date()), found, [])),
    }
}
