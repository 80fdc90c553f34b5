//! Wire steps about the newest response: status, error, headers, body.

use crate::suite::{
    stop::{About, Played, Stop},
    vocabulary::{Args, StepDef, step},
    world::{Stage, World, shorten},
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step("Then", "the response status is {int}", "the HTTP status is that one", |w, a| Box::pin(status(w, a))),
    step("Then", "the response status is {int} or {int}", "the HTTP status is one of two", |w, a| {
        Box::pin(status(w, a))
    }),
    step(
        "Then",
        "the response status is one of {string}",
        "the HTTP status is one of the list; `4xx` stands for a whole class",
        |w, a| Box::pin(status_in(w, a)),
    ),
    step(
        "Then",
        "the response status is {int} and scimType is {string}",
        "status and scimType of a SCIM error (RFC 7644 section 3.12)",
        |w, a| Box::pin(error(w, a)),
    ),
    step(
        "Then",
        "the response is a SCIM error with status {int}",
        "status and error schema; a status in the body is the same, and RFC7644-3.12-R3 tells of one that is missing",
        |w, a| Box::pin(error(w, a)),
    ),
    step(
        "Then",
        "the response is a SCIM error with status {int} and scimType {string}",
        "a SCIM error in full",
        |w, a| Box::pin(error(w, a)),
    ),
    step("Then", "the response is a success", "the HTTP status is 2xx", |w, _| Box::pin(success(w))),
    step("Then", "the response has no body", "nothing follows the header section", |w, _| Box::pin(empty(w))),
    step("Then", "the response has the header {string}", "the header is there", |w, a| Box::pin(has_header(w, a))),
    step("Then", "the response has no header {string}", "the header is not there", |w, a| Box::pin(no_header(w, a))),
    step("Then", "the header {string} is {string}", "the header has exactly that value", |w, a| {
        Box::pin(header_is(w, a))
    }),
    step("Then", "the header {string} starts with {string}", "the header's value begins so, in any case", |w, a| {
        Box::pin(header_starts(w, a))
    }),
    step("Then", "the header {string} is kept as {string}", "stores the header's value for later steps", |w, a| {
        Box::pin(keep_header(w, a))
    }),
    step("Then", "the response body does not contain {string}", "the text occurs nowhere in the body", |w, a| {
        Box::pin(lacks(w, a))
    }),
    step(
        "Then",
        "the response took less than {int} ms",
        "the time from sending to the last byte of the response",
        |w, a| Box::pin(quick(w, a)),
    ),
];

fn told(stage: &Stage) -> Result<(u16, String, u64), Stop> {
    let last = stage.last()?;
    let response = last.response().ok_or_else(|| Stop::script("the newest request got no response"))?;
    Ok((response.status, response.body.clone(), last.seq))
}

fn actual(status: u16, body: &str) -> String {
    if body.is_empty() { format!("status {status}") } else { format!("status {status}: {}", shorten(body)) }
}

/// What a step is about that asks for these statuses and no others.
fn refusal(wanted: bool) -> About {
    if wanted { About::Refusal } else { About::Other }
}

async fn status(world: &mut World, args: Args) -> Played {
    let (status, body, seq) = told(world.stage()?)?;
    let mut wanted = vec![args.number::<u16>(0)?];
    if args.values.len() > 1 {
        wanted.push(args.number(1)?);
    }
    if wanted.contains(&status) {
        return Ok(());
    }
    let expected = wanted.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
    let about = refusal(wanted.iter().all(|status| *status >= 400));
    Err(Stop::mismatch("", format!("status {expected}"), actual(status, &body), [seq]).about(about))
}

async fn status_in(world: &mut World, args: Args) -> Played {
    let (status, body, seq) = told(world.stage()?)?;
    let text = status.to_string();
    let list = args.text(0)?;
    let fits = list
        .split(',')
        .map(str::trim)
        .any(|wanted| wanted == text || wanted.strip_suffix("xx").is_some_and(|class| text.starts_with(class)));
    if fits {
        return Ok(());
    }
    let about = refusal(list.split(',').all(|wanted| wanted.trim().starts_with(['4', '5'])));
    Err(Stop::mismatch("", format!("status {list}"), actual(status, &body), [seq]).about(about))
}

async fn success(world: &mut World) -> Played {
    let (status, body, seq) = told(world.stage()?)?;
    if (200..300).contains(&status) {
        Ok(())
    } else {
        Err(Stop::mismatch("", "a status of 2xx", actual(status, &body), [seq]))
    }
}

async fn error(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let (status, body, seq) = told(stage)?;
    let wanted: u16 = args.number(0)?;
    let scim_type = args.values.get(1).cloned();
    let full = args.line.contains("SCIM error");
    let json: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    let expected = match &scim_type {
        Some(scim_type) => format!("status {wanted} and scimType {scim_type}"),
        None => format!("status {wanted} with a SCIM error body"),
    };
    let is_error = json["schemas"]
        .as_array()
        .is_some_and(|schemas| schemas.iter().any(|schema| schema == crate::scim::urn::ERROR));
    let repeated = match &json["status"] {
        serde_json::Value::String(text) => *text == wanted.to_string(),
        serde_json::Value::Number(number) => number.as_u64() == Some(wanted.into()),
        missing => missing.is_null(),
    };
    let holds = status == wanted
        && scim_type.is_none_or(|scim_type| json["scimType"] == scim_type.as_str())
        && (!full || (is_error && repeated));
    let failed = || Stop::mismatch("", expected, actual(status, &body), [seq]).about(refusal(wanted >= 400));
    if holds { Ok(()) } else { Err(failed()) }
}

async fn empty(world: &mut World) -> Played {
    let (_, body, seq) = told(world.stage()?)?;
    if body.is_empty() { Ok(()) } else { Err(Stop::mismatch("", "no body", shorten(&body), [seq])) }
}

fn header(stage: &Stage, name: &str) -> Result<(Option<String>, u64), Stop> {
    let last = stage.last()?;
    Ok((last.response().and_then(|response| response.header(name)).map(str::to_owned), last.seq))
}

async fn has_header(world: &mut World, args: Args) -> Played {
    let name = args.text(0)?;
    match header(world.stage()?, name)? {
        (Some(_), _) => Ok(()),
        (None, seq) => Err(Stop::mismatch("", format!("a header {name}"), "none", [seq])),
    }
}

async fn no_header(world: &mut World, args: Args) -> Played {
    let name = args.text(0)?;
    match header(world.stage()?, name)? {
        (None, _) => Ok(()),
        (Some(value), seq) => Err(Stop::mismatch("", format!("no header {name}"), format!("{name}: {value}"), [seq])),
    }
}

async fn header_is(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let name = args.text(0)?;
    let wanted = stage.expand(args.text(1)?)?;
    let (found, seq) = header(stage, name)?;
    if found.as_deref() == Some(wanted.as_str()) {
        return Ok(());
    }
    let actual = found.map_or_else(|| "no such header".to_owned(), |value| format!("{name}: {value}"));
    Err(Stop::mismatch("", format!("{name}: {wanted}"), actual, [seq]))
}

async fn header_starts(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let name = args.text(0)?;
    let wanted = stage.expand(args.text(1)?)?;
    let (found, seq) = header(stage, name)?;
    if found.as_ref().is_some_and(|found| found.to_ascii_lowercase().starts_with(&wanted.to_ascii_lowercase())) {
        return Ok(());
    }
    let actual = found.map_or_else(|| "no such header".to_owned(), |value| format!("{name}: {value}"));
    Err(Stop::mismatch("", format!("{name}: {wanted}…"), actual, [seq]))
}

async fn keep_header(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let name = args.text(0)?;
    let (found, seq) = header(stage, name)?;
    let found = found.ok_or_else(|| Stop::mismatch("", format!("a header {name}"), "none", [seq]))?;
    stage.variables.insert(args.text(1)?.to_owned(), found);
    Ok(())
}

async fn lacks(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let text = stage.expand(args.text(0)?)?;
    let (_, body, seq) = told(stage)?;
    if body.contains(&text) {
        return Err(Stop::mismatch("", format!("a body without `{text}`"), shorten(&body), [seq]));
    }
    Ok(())
}

async fn quick(world: &mut World, args: Args) -> Played {
    let limit: u64 = args.number(0)?;
    let last = world.stage()?.last()?;
    let took = last.duration().as_millis();
    if took < u128::from(limit) {
        return Ok(());
    }
    Err(Stop::mismatch("", format!("less than {limit} ms"), format!("{took} ms"), [last.seq]))
}
