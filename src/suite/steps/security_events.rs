//! People steps about security event tokens: which arrive, and whether each is what the standards say.
//!
//! The stream is polled (RFC 8936), so that nothing has to reach this machine. What arrives is kept: a step looks at what is
//! there, and fetches as long as what it waits for may still come.

mod judged;

use std::time::Duration;

use judged::{
    CAEP_SESSION, REGISTERED, SCIM, VERIFICATION, caep_claims, caep_reasons, caep_time, full_or_notice, identifier,
    is_provisioning, is_scim, is_session_revoked, one_event, registered, relative_path, scim_subject, set_claims, txn,
    typed,
};
use serde_json::Value;

use crate::{
    suite::{
        stop::{Played, Stop},
        trouble,
        vocabulary::{Args, StepDef, step},
        world::{World, shorten},
    },
    target::{Section, SecurityEvent},
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step("Given", "security events are watched", "from here on, with whole resources in them", |w, _| {
        Box::pin(watch(w, "notice"))
    })
    .needs(&[Section::SecurityEvents]),
    step(
        "Given",
        "security events are watched as notices",
        "from here on, with the names of attributes only",
        |w, _| Box::pin(watch(w, "full")),
    )
    .needs(&[Section::SecurityEvents]),
    step(
        "Given",
        "the target is a transmitter of the Shared Signals Framework",
        "it has the metadata of one, at `[observe.security_events.metadata]`",
        |w, _| Box::pin(transmits(w)),
    )
    .needs(&[Section::SecurityEvents]),
    step(
        "Then",
        "a security event {string} is about {string}",
        "it arrives in the time that the target has",
        |w, a| Box::pin(arrives(w, a)),
    )
    .needs(&[Section::SecurityEvents]),
    step(
        "Then",
        "no security event {string} is about {string}",
        "none is there when the verification event is, and none has come by then",
        |w, a| Box::pin(stays_away(w, a)),
    )
    .needs(&[Section::SecurityEvents]),
    step(
        "Then",
        "a security event {string} has the transaction id {string}",
        "`txn`, for the end of an asynchronous request",
        |w, a| Box::pin(has_txn(w, a)),
    )
    .needs(&[Section::SecurityEvents]),
    step(
        "Then",
        "a verification event echoes the state of its request",
        "it is asked for, and is about the stream (SSF 1.0 section 8.1.4)",
        |w, _| Box::pin(verification(w)),
    )
    .needs(&[Section::SecurityEvents]),
    step(
        "Then",
        "what is acknowledged is not sent again, and what is not is",
        "an event is fetched twice, acknowledged, and fetched no more (RFC 8936 section 2.4)",
        |w, _| Box::pin(acknowledgement(w)),
    )
    .needs(&[Section::SecurityEvents]),
    step("Then", "polling without credentials is refused", "the answer is 401 or 403", |w, _| Box::pin(as_nobody(w)))
        .needs(&[Section::SecurityEvents]),
    step(
        "Then",
        "the transmitter's metadata name the issuer of the security events",
        "`issuer` equals `iss` of each of them",
        |w, _| Box::pin(metadata(w)),
    )
    .needs(&[Section::SecurityEvents]),
    step("Then", "every session-revoked event is signed with RS256 by a published key", "as CAEP asks", |w, _| {
        Box::pin(signed(w))
    })
    .needs(&[Section::SecurityEvents]),
    step(
        "Then",
        "every security event comes from the issuer of its stream",
        "`iss` equals that of the stream",
        |w, _| Box::pin(issued(w)),
    )
    .needs(&[Section::SecurityEvents]),
    step("Then", "no security event contains {string}", "nowhere in its claims", |w, a| Box::pin(contains(w, a)))
        .needs(&[Section::SecurityEvents]),
    step("Then", "no security event has the claim {string}", "at the top level", |w, a| Box::pin(has_claim(w, a)))
        .needs(&[Section::SecurityEvents]),
    step("Then", "every security event is typed as secevent+jwt", "`typ` of its header", |w, _| {
        Box::pin(each(w, |_| true, typed))
    })
    .needs(&[Section::SecurityEvents]),
    step("Then", "every security event holds one event", "`events` has one member", |w, _| {
        Box::pin(each(w, |_| true, one_event))
    })
    .needs(&[Section::SecurityEvents]),
    step("Then", "every security event has the claims of a SET", "iss, iat, jti, events (RFC 8417)", |w, _| {
        Box::pin(each(w, |_| true, set_claims))
    })
    .needs(&[Section::SecurityEvents]),
    step("Then", "every subject identifier has the members of its format", "RFC 9493, and `scim`", |w, _| {
        Box::pin(each(w, |_| true, |event| identifier(event.sub_id())))
    })
    .needs(&[Section::SecurityEvents]),
    step("Then", "every SCIM event names its subject in the format scim", "at the top level", |w, _| {
        Box::pin(each(w, is_scim, scim_subject))
    })
    .needs(&[Section::SecurityEvents]),
    step("Then", "every SCIM event names its subject by a relative path", "`uri`, below the base URL", |w, _| {
        Box::pin(each(w, is_scim, relative_path))
    })
    .needs(&[Section::SecurityEvents]),
    step("Then", "every SCIM event is of a registered type", "RFC 9967 section 7.4", |w, _| {
        Box::pin(each(w, is_scim, registered))
    })
    .needs(&[Section::SecurityEvents]),
    step("Then", "every SCIM event has a transaction id", "`txn`, a text", |w, _| Box::pin(each(w, is_scim, txn)))
        .needs(&[Section::SecurityEvents]),
    step(
        "Then",
        "every provisioning event is either full or a notice",
        "`data` if its type ends with full, `attributes` if with notice, never both",
        |w, _| Box::pin(each(w, is_provisioning, full_or_notice)),
    )
    .needs(&[Section::SecurityEvents]),
    step("Then", "every session-revoked event has no claims but those of all CAEP events", "CAEP 1.0", |w, _| {
        Box::pin(each(w, is_session_revoked, caep_claims))
    })
    .needs(&[Section::SecurityEvents]),
    step("Then", "every session-revoked event tells its time in seconds and who began it", "CAEP 1.0", |w, _| {
        Box::pin(each(w, is_session_revoked, caep_time))
    })
    .needs(&[Section::SecurityEvents]),
    step("Then", "every session-revoked event gives its reasons by language", "CAEP 1.0", |w, _| {
        Box::pin(each(w, is_session_revoked, caep_reasons))
    })
    .needs(&[Section::SecurityEvents]),
];

/// How often the stream is polled while something is waited for.
const PAUSE: Duration = Duration::from_millis(50);

/// How many polls in a row a step makes at most to empty a stream.
const POLLS: usize = 50;

async fn watch(world: &mut World, without: &str) -> Played {
    let mut wanted: Vec<String> =
        REGISTERED.iter().filter(|name| !name.ends_with(without)).map(|name| format!("{SCIM}{name}")).collect();
    wanted.push(CAEP_SESSION.to_owned());
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    trouble::observed(limit.hold("opening the stream", tenant.open_stream(&wanted)).await?)
}

/// Fetches what is pending and keeps it. Returns how much there was.
async fn fetch(world: &mut World) -> Result<usize, Stop> {
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    let seen = std::mem::take(&mut stage.unacknowledged);
    let fetched = trouble::observed(limit.hold("polling the stream", tenant.poll_stream(&seen)).await?)?;
    let stage = world.stage()?;
    let count = fetched.len();
    for event in fetched {
        // An encrypted token, or one of another kind, says nothing of what the scenario is about.
        let event = event.map_err(|why| Stop::NotExercised(format!("a token cannot be read: {why}")))?;
        stage.unacknowledged.push(event.handed_out_as.clone());
        if !stage.security_events.iter().any(|known| known.handed_out_as == event.handed_out_as) {
            stage.security_events.push(event);
        }
    }
    Ok(count)
}

/// Fetches until an event of that kind is there, or the time is over.
async fn wait_for(world: &mut World, wanted: impl Fn(&SecurityEvent) -> bool) -> Result<Option<SecurityEvent>, Stop> {
    let deadline = tokio::time::Instant::now() + world.stage()?.tenants[0].stream_deadline();
    loop {
        let fetched = fetch(world).await?;
        let stage = world.stage()?;
        if let Some(event) = stage.security_events.iter().find(|event| wanted(event)) {
            return Ok(Some(event.clone()));
        }
        if tokio::time::Instant::now() >= deadline {
            return Ok(None);
        }
        if fetched == 0 {
            let limit = stage.limit();
            limit.hold("a security event", tokio::time::sleep(PAUSE)).await?;
        }
    }
}

/// What has arrived, as a line.
fn shown(events: &[SecurityEvent]) -> String {
    if events.is_empty() {
        return "no security event".to_owned();
    }
    let one = |event: &SecurityEvent| {
        let types: Vec<&str> = event.events().map(|(uri, _)| uri.strip_prefix(SCIM).unwrap_or(uri)).collect();
        format!("{} ({})", types.join("+"), event.sub_id())
    };
    shorten(&events.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn nothing_of(wanted: &str, world: &mut World) -> Stop {
    let seen = world.stage().map(|stage| shown(&stage.security_events)).unwrap_or_default();
    Stop::mismatch("", wanted, seen, [])
}

/// The id of a person or a group.
fn id_of(world: &mut World, key: &str) -> Result<String, Stop> {
    world.stage()?.expand(&format!("{{{key}}}"))
}

/// Whether the stream carries that event type, as the transmitter said when it was opened. What it does not carry is not
/// missing.
fn carried(world: &mut World, kind: &str) -> Played {
    let carries = world.stage()?.tenants[0].vars().get("stream_events").and_then(Value::as_array).cloned();
    let Some(carries) = carries else {
        let why = "`[observe.security_events.open]` captures no `stream_events`: what the stream carries is not known";
        return Err(Stop::NotExercised(why.to_owned()));
    };
    if carries.iter().filter_map(Value::as_str).any(|uri| SecurityEvent::is_called(uri, kind)) {
        return Ok(());
    }
    Err(Stop::NotExercised(format!("the stream does not carry {kind}")))
}

async fn arrives(world: &mut World, args: Args) -> Played {
    let (kind, key) = (args.text(0)?, args.text(1)?);
    let id = id_of(world, key)?;
    carried(world, kind)?;
    match wait_for(world, |event| event.tells(kind) && event.is_about(&id)).await? {
        Some(_) => Ok(()),
        None => Err(nothing_of(&format!("{kind} about {key}"), world)),
    }
}

async fn stays_away(world: &mut World, args: Args) -> Played {
    let (kind, key) = (args.text(0)?, args.text(1)?);
    let id = id_of(world, key)?;
    match verified(world).await {
        Ok(_) => {}
        Err(Stop::Mismatch { .. }) => {
            return Err(Stop::NotExercised("the stream cannot be verified, so that its end is not known".to_owned()));
        }
        Err(other) => return Err(other),
    }
    let stage = world.stage()?;
    match stage.security_events.iter().find(|event| event.tells(kind) && event.is_about(&id)) {
        None => Ok(()),
        Some(event) => {
            Err(Stop::mismatch("", format!("no {kind} about {key}"), shown(std::slice::from_ref(event)), []))
        }
    }
}

async fn has_txn(world: &mut World, args: Args) -> Played {
    let kind = args.text(0)?;
    carried(world, kind)?;
    let txn = world.stage()?.expand(args.text(1)?)?;
    let own = |event: &SecurityEvent| event.claims.get("txn").and_then(Value::as_str) == Some(txn.as_str());
    match wait_for(world, |event| event.tells(kind) && own(event)).await? {
        Some(_) => Ok(()),
        None => Err(nothing_of(&format!("{kind} with txn {txn}"), world)),
    }
}

/// Asks for a verification event and waits for it; empties the stream on the way.
async fn verified(world: &mut World) -> Result<SecurityEvent, Stop> {
    let state = uuid::Uuid::new_v4().simple().to_string();
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    trouble::observed(limit.hold("asking for a verification event", tenant.verify_stream(&state)).await?)?;
    let echoed = |event: &SecurityEvent| {
        event.events().any(|(uri, payload)| uri == VERIFICATION && payload["state"].as_str() == Some(state.as_str()))
    };
    let found = wait_for(world, echoed).await?;
    found.ok_or_else(|| nothing_of("a verification event with the state of its request", world))
}

async fn verification(world: &mut World) -> Played {
    let event = verified(world).await?;
    let stream = world.stage()?.tenants[0].vars().get("stream_id").and_then(Value::as_str).map(str::to_owned);
    let sub_id = event.sub_id();
    let right = sub_id["format"] == "opaque" && stream.is_none_or(|stream| sub_id["id"].as_str() == Some(&stream));
    if right { Ok(()) } else { Err(Stop::mismatch("", "the stream as opaque subject", sub_id.to_string(), [])) }
}

async fn acknowledgement(world: &mut World) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    let poll = async |ack: &[String]| -> Result<Vec<String>, Stop> {
        let fetched = trouble::observed(limit.hold("polling the stream", tenant.poll_stream(ack)).await?)?;
        Ok(fetched.into_iter().flatten().map(|event| event.handed_out_as).collect())
    };
    let first = wait_for(world, |_| true).await?;
    let Some(first) = first else { return Err(Stop::NotExercised("no security event arrived".to_owned())) };
    let deadline = tokio::time::Instant::now() + tenant.stream_deadline();
    let again = loop {
        let again = poll(&[]).await?;
        if again.contains(&first.handed_out_as) {
            break again;
        }
        if tokio::time::Instant::now() >= deadline {
            let actual = format!("{} does not come again", first.handed_out_as);
            return Err(Stop::mismatch("", "what was not acknowledged comes again", actual, []));
        }
        limit.hold("the event to come again", tokio::time::sleep(PAUSE)).await?;
    };
    let after = poll(&again).await?;
    world.stage()?.unacknowledged = after.clone();
    if after.contains(&first.handed_out_as) {
        return Err(Stop::mismatch("", "what was acknowledged comes no more", first.handed_out_as, []));
    }
    Ok(())
}

async fn as_nobody(world: &mut World) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    match trouble::observed(limit.hold("polling the stream", tenant.poll_stream_as_nobody()).await?)? {
        (401 | 403, false) => Ok(()),
        (status, _) => Err(Stop::mismatch("", "401 or 403", format!("status {status}"), [])),
    }
}

/// Everything that has arrived, at least one; what belongs to nobody's judgement is not exercised.
async fn all(world: &mut World, which: impl Fn(&SecurityEvent) -> bool) -> Result<Vec<SecurityEvent>, Stop> {
    if wait_for(world, &which).await?.is_none() {
        return Err(Stop::NotExercised("no security event of that kind arrived".to_owned()));
    }
    for _ in 0..POLLS {
        if fetch(world).await? == 0 {
            break;
        }
    }
    Ok(world.stage()?.security_events.iter().filter(|event| which(event)).cloned().collect())
}

/// Judges each event of a kind. A judgement says what is wrong.
async fn each(
    world: &mut World,
    which: fn(&SecurityEvent) -> bool,
    judge: impl Fn(&SecurityEvent) -> Result<(), String>,
) -> Played {
    for event in all(world, which).await? {
        if let Err(wrong) = judge(&event) {
            let claims = shorten(&Value::Object(event.claims.clone()).to_string());
            return Err(Stop::mismatch("", "a security event as the step says", format!("{wrong}: {claims}"), []));
        }
    }
    Ok(())
}

async fn signed(world: &mut World) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    let keys = trouble::observed(limit.hold("fetching the keys", tenant.stream_keys()).await?)?;
    each(world, is_session_revoked, |event| match event.header.get("alg").and_then(Value::as_str) {
        Some("RS256") => event.verify(&keys),
        other => Err(format!("alg is {}", other.unwrap_or("missing"))),
    })
    .await
}

async fn issued(world: &mut World) -> Played {
    let issuer = world.stage()?.tenants[0].vars().get("stream_issuer").cloned();
    let Some(issuer) = issuer else {
        return Err(Stop::NotExercised("`[observe.security_events.open]` captures no `stream_issuer`".to_owned()));
    };
    each(world, |_| true, |event| equal("iss", event.claims.get("iss"), &issuer)).await
}

async fn transmits(world: &mut World) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    trouble::observed(limit.hold("reading the metadata", tenant.transmitter()).await?).map(drop)
}

async fn metadata(world: &mut World) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    let found = trouble::observed(limit.hold("reading the metadata", tenant.transmitter()).await?)?;
    let issuer = found.get("issuer").cloned().unwrap_or_default();
    each(world, |_| true, |event| equal("iss", event.claims.get("iss"), &issuer)).await
}

fn equal(name: &str, found: Option<&Value>, wanted: &Value) -> Result<(), String> {
    if found == Some(wanted) {
        return Ok(());
    }
    Err(format!("{name} is {}, not {wanted}", found.unwrap_or(&Value::Null)))
}

async fn contains(world: &mut World, args: Args) -> Played {
    let text = world.stage()?.expand(args.text(0)?)?;
    let judge = |event: &SecurityEvent| {
        let claims = Value::Object(event.claims.clone()).to_string();
        if claims.contains(&text) { Err(format!("it contains `{text}`")) } else { Ok(()) }
    };
    each(world, |_| true, judge).await
}

async fn has_claim(world: &mut World, args: Args) -> Played {
    let name = args.text(0)?.to_owned();
    let judge = |event: &SecurityEvent| {
        if event.claims.contains_key(&name) { Err(format!("it has the claim {name}")) } else { Ok(()) }
    };
    each(world, |_| true, judge).await
}
