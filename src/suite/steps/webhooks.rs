//! People steps about webhooks: which arrive, in what order, signed, and readable on arrival.

use crate::{
    suite::{
        stop::{Played, Stop},
        trouble,
        vocabulary::{Args, StepDef, step},
        world::{World, shorten},
    },
    target::{Delivery, MemberStatus, Section, Signature},
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step("Given", "webhooks are watched", "from here on; what the set-up caused does not count", |w, _| {
        Box::pin(watch(w, false))
    })
    .needs(&[Section::Webhooks]),
    step(
        "Given",
        "webhooks are watched and read back",
        "besides, each event's member is read through the target's API before the delivery is answered",
        |w, _| Box::pin(watch(w, true)),
    )
    .needs(&[Section::Webhooks, Section::Member]),
    step(
        "Then",
        "exactly these webhook events arrive:",
        "event and whom it is about, once each, in this order, and nothing else but what is told of a connection itself",
        |w, a| Box::pin(exactly(w, a)),
    ),
    step("Then", "no webhook event arrives", "not one, when all that was caused has been sent", |w, _| {
        Box::pin(none(w))
    }),
    step("Then", "no webhook event is about {string}", "neither of those watched names her", |w, a| {
        Box::pin(not_about(w, a))
    }),
    step("Then", "every webhook event is signed", "at least one arrives, and the signatures are valid", |w, _| {
        Box::pin(signed(w))
    }),
    step("Then", "every webhook event has the source {string}", "at least one arrives, and all say so", |w, a| {
        Box::pin(source(w, a))
    }),
    step(
        "Then",
        "the change to {word} was readable when its webhook event arrived",
        "`active` or `deactivated`: the member API showed it before the delivery was answered",
        |w, a| Box::pin(readable(w, a)),
    ),
];

async fn watch(world: &mut World, read_back: bool) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    let opened = if read_back {
        limit.hold("opening the webhook inbox", tenant.mailbox_reading_back()).await?
    } else {
        limit.hold("opening the webhook inbox", tenant.mailbox()).await?
    };
    let mailbox = trouble::observed(opened)?;
    // Where the registration is older than the scenario, events of the set-up are still on their way.
    let before = if tenant.isolated() {
        0
    } else {
        trouble::observed(limit.hold("the events of the set-up", tenant.fence()).await?)?;
        mailbox.deliveries().len()
    };
    world.stage()?.mailbox = Some((mailbox, before));
    Ok(())
}

/// What has arrived since webhooks are watched, when all that was caused has been sent.
async fn arrived(world: &mut World) -> Result<Vec<Delivery>, Stop> {
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    let (mailbox, before) = stage
        .mailbox
        .clone()
        .ok_or_else(|| Stop::script("webhooks are not watched; add `Given webhooks are watched`"))?;
    let fenced = limit.hold("the webhook events", tenant.fence()).await?;
    if let Err(crate::target::Unobserved::Failed(lost @ crate::target::TargetError::FenceLost { .. })) = &fenced {
        return Err(Stop::mismatch("the target delivers its webhooks", "the event of the fence", lost.to_string(), []));
    }
    trouble::observed(fenced)?;
    Ok(mailbox.deliveries().into_iter().skip(before).collect())
}

/// A list of events as one line.
fn shown(events: &[(String, String)]) -> String {
    if events.is_empty() {
        return "no event".to_owned();
    }
    events.iter().map(|(kind, about)| format!("{kind} ({about})")).collect::<Vec<_>>().join(", ")
}

/// What arrived, as (event, whom it is about in the scenario's words).
fn told(world: &mut World, deliveries: &[Delivery]) -> Result<Vec<(String, String)>, Stop> {
    let stage = world.stage()?;
    let mut told = Vec::new();
    for delivery in deliveries {
        let kind = match &delivery.event {
            Ok(event) => event.kind.clone(),
            Err(why) => format!("unreadable delivery: {why}: {}", shorten(&delivery.body)),
        };
        let id = delivery.object_id().unwrap_or_default();
        let person = stage.people.iter().find(|(_, person)| person.id.as_deref() == Some(id)).map(|(name, _)| name);
        let group = stage.groups.iter().find(|(_, known)| known.as_str() == id).map(|(name, _)| name);
        told.push((kind, person.or(group).cloned().unwrap_or_else(|| id.to_owned())));
    }
    Ok(told)
}

/// Whether an event tells of a connection itself. No effect asks for one, and a target may well send it.
fn of_connection(kind: &str) -> bool {
    kind.contains(".scim_connection.") || kind.contains(".saml_connection.")
}

async fn exactly(world: &mut World, args: Args) -> Played {
    let deliveries = arrived(world).await?;
    let mut found = told(world, &deliveries)?;
    found.retain(|(kind, _)| !of_connection(kind));
    let mut wanted = Vec::new();
    for row in args.rows()? {
        let kind = row.first().cloned().unwrap_or_default();
        let about = row.get(1).cloned().unwrap_or_default();
        wanted.push((kind, about));
    }
    let mut seen = found.clone();
    // Without a name in the table it does not matter whom the event is about (memberships have ids of their own).
    let blind: Vec<String> =
        wanted.iter().filter(|(_, about)| about.is_empty()).map(|(kind, _)| kind.clone()).collect();
    for (kind, about) in &mut seen {
        if blind.contains(kind) {
            about.clear();
        }
    }
    if wanted == seen { Ok(()) } else { Err(Stop::mismatch("", shown(&wanted), shown(&found), [])) }
}

async fn none(world: &mut World) -> Played {
    let deliveries = arrived(world).await?;
    let found = told(world, &deliveries)?;
    if found.is_empty() { Ok(()) } else { Err(Stop::mismatch("", "no event", shown(&found), [])) }
}

async fn not_about(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?;
    let deliveries = arrived(world).await?;
    let id = world.stage()?.known(key)?.0.subject()?.id;
    let named: Vec<Delivery> = deliveries
        .into_iter()
        .filter(|delivery| delivery.object_id() == Some(id.as_str()) || delivery.body.contains(&id))
        .collect();
    let found = told(world, &named)?;
    if found.is_empty() { Ok(()) } else { Err(Stop::mismatch("", format!("no event about {key}"), shown(&found), [])) }
}

/// At least one event, or there is nothing that could be judged.
async fn some(world: &mut World) -> Result<Vec<Delivery>, Stop> {
    let deliveries = arrived(world).await?;
    if deliveries.is_empty() {
        return Err(Stop::mismatch("", "an event", "no event", []));
    }
    Ok(deliveries)
}

async fn signed(world: &mut World) -> Played {
    for delivery in some(world).await? {
        match &delivery.signature {
            Signature::Valid => {}
            Signature::Missing => return Err(Stop::mismatch("", "a signature", "none", [])),
            Signature::Invalid(why) => {
                return Err(Stop::mismatch("", "a valid signature", format!("{}: {why}", delivery.kind()), []));
            }
        }
    }
    Ok(())
}

async fn source(world: &mut World, args: Args) -> Played {
    let wanted = args.text(0)?;
    for delivery in some(world).await? {
        let found = delivery.event.as_ref().ok().and_then(|event| event.source.clone());
        match found {
            Some(found) if found.eq_ignore_ascii_case(wanted) => {}
            Some(found) => return Err(Stop::mismatch("", wanted, format!("{}: {found}", delivery.kind()), [])),
            None => return Err(Stop::mismatch("", wanted, format!("{}: no source", delivery.kind()), [])),
        }
    }
    Ok(())
}

async fn readable(world: &mut World, args: Args) -> Played {
    let wanted = MemberStatus::from_word(args.text(0)?);
    for delivery in some(world).await? {
        match &delivery.read_back {
            Some(Ok(member)) if member.status == wanted => {}
            Some(Ok(member)) => {
                let actual = format!("{} when {} arrived", member.status, delivery.kind());
                return Err(Stop::mismatch("", wanted.to_string(), actual, []));
            }
            Some(Err(why)) => return Err(Stop::mismatch("", "a readable member", why.clone(), [])),
            None => return Err(Stop::NotExercised("the event names no member that could be read back".to_owned())),
        }
    }
    Ok(())
}
