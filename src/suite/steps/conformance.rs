//! Wire steps that the RFC scenarios need besides: optional behaviour, allowed alternatives, whole resources compared,
//! pages followed to the end, and requests at the same time.

use futures::future::join_all;
use serde_json::{Map, Value};

use super::{lists::names, requests::request};
use crate::{
    suite::{
        json_path::{self, plain},
        stop::{Played, Stop},
        vocabulary::{self, Args, StepDef, step},
        world::{World, shorten},
    },
    wire::{Request, Sender, url_encode},
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step(
        "Then",
        "the query is answered",
        "status 200; where the target declines such a query (400 invalidFilter or tooMany, 403, 501) the scenario is not exercised",
        |w, _| Box::pin(answered(w)),
    ),
    step(
        "Then",
        "the target answers such a query",
        "any status but 200 leaves the scenario not exercised: that such a query is refused is for another scenario to say",
        |w, _| Box::pin(answers(w)),
    ),
    step(
        "Given",
        "the target pages the list of {string}",
        "asks for one of several; where more are listed the scenario is not exercised",
        |w, a| Box::pin(pages_at_all(w, a)),
    ),
    step(
        "Then",
        "the target offers it",
        "where the newest answer is 404, 405 or 501 the scenario is not exercised",
        |w, _| Box::pin(offered(w)),
    ),
    step(
        "Given",
        "{string} is not {string}",
        "where both stand for the same (a target may take the userName as the id) the scenario is not exercised",
        |w, a| Box::pin(differ(w, a)),
    ),
    step(
        "Then",
        "it is refused with {string}, or else {string}",
        "either the status is one of the list, or the other step holds",
        |w, a| Box::pin(refused_or(w, a)),
    ),
    step(
        "Then",
        "the value at {string} is one of {string}",
        "the value is in the list; `none` stands for no value, `empty` for a text without letters",
        |w, a| Box::pin(one_of(w, a)),
    ),
    step(
        "Then",
        "{string} has {int} primary element(s)",
        "that many elements of the array have primary true",
        |w, a| Box::pin(primaries(w, a)),
    ),
    step("Then", "the list holds at most {int} resource(s)", "no more elements in Resources than that", |w, a| {
        Box::pin(at_most(w, a))
    }),
    step("Given", "the resource {string} is remembered", "reads it, to be compared later", |w, a| {
        Box::pin(remember(w, a))
    }),
    step(
        "Then",
        "the resource {string} is as it was",
        "it shows what it showed when it was remembered, meta apart",
        |w, a| Box::pin(as_it_was(w, a)),
    ),
    step(
        "Then",
        "the resource {string} counts as unmodified",
        "meta.lastModified and meta.version are those that were remembered",
        |w, a| Box::pin(unmodified(w, a)),
    ),
    step(
        "When",
        "all pages of {string} are read with {int} per page",
        "follows startIndex to the end of the list",
        |w, a| Box::pin(pages(w, a)),
    ),
    step(
        "When",
        "all cursors of {string} are followed with {int} per page",
        "follows nextCursor to the last page (RFC 9865)",
        |w, a| Box::pin(cursors(w, a)),
    ),
    step(
        "Then",
        "the pages together hold each of {string} once",
        "nobody is missing and nobody comes twice",
        |w, a| Box::pin(each_once(w, a)),
    ),
    step(
        "When",
        "{int} clients send POST {string} at the same time with:",
        "sends the same request several times at once",
        |w, a| Box::pin(at_once(w, a)),
    ),
    step("Then", "one was answered {int} and all others {int}", "the statuses of the requests sent at once", |w, a| {
        Box::pin(one_and_others(w, a))
    }),
];

/// Where `remember` and the readers of pages keep what they found, beside the scenario's own values.
const REMEMBERED: &str = "remembered ";
const PAGES: &str = "pages read";
const STATUSES: &str = "statuses at once";

/// The newest answer: status, body, number.
fn newest(world: &mut World) -> Result<(u16, Value, String, u64), Stop> {
    let last = world.stage()?.last()?;
    let response = last.response().ok_or_else(|| Stop::script("the newest request got no response"))?;
    Ok((response.status, response.json().unwrap_or_default(), response.body.clone(), last.seq))
}

async fn answered(world: &mut World) -> Played {
    let (status, body, text, seq) = newest(world)?;
    let too_much = matches!(body["scimType"].as_str(), Some("invalidFilter" | "tooMany"));
    let declined = matches!(status, 403 | 501) || (status == 400 && too_much);
    match status {
        200 => Ok(()),
        _ if declined => {
            Err(Stop::NotExercised(format!("the target declines this query with {status}: {}", shorten(&text))))
        }
        _ => Err(Stop::mismatch("", "status 200", format!("status {status}: {}", shorten(&text)), [seq])),
    }
}

async fn answers(world: &mut World) -> Played {
    let (status, _, text, _) = newest(world)?;
    match status {
        200 => Ok(()),
        _ => Err(Stop::NotExercised(format!("the target refuses such a query with {status}: {}", shorten(&text)))),
    }
}

async fn pages_at_all(world: &mut World, args: Args) -> Played {
    let mut wanted = Vec::new();
    for name in names(args.text(0)?) {
        wanted.push(world.stage()?.expand(&format!("userName eq \"{{{name}.userName}}\""))?);
    }
    let path = format!("/Users?filter={}&startIndex=1&count=1", url_encode(&wanted.join(" or ")));
    request(world, "GET", &path, None).await?;
    answers(world).await?;
    let (_, body, ..) = newest(world)?;
    match resources(&body).len() {
        0 | 1 => Ok(()),
        _ => Err(Stop::NotExercised(
            "the target lists all there is, whatever count says (RFC7644-3.4.2.4-R3)".to_owned(),
        )),
    }
}

async fn offered(world: &mut World) -> Played {
    let (status, ..) = newest(world)?;
    if matches!(status, 404 | 405 | 501) {
        let line = world.stage()?.last()?.line();
        return Err(Stop::NotExercised(format!("the target does not offer it: {line}")));
    }
    Ok(())
}

async fn differ(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let (one, other) = (stage.expand(args.text(0)?)?, stage.expand(args.text(1)?)?);
    if one == other { Err(Stop::NotExercised(format!("`{}`: both are {one}", args.line))) } else { Ok(()) }
}

async fn refused_or(world: &mut World, args: Args) -> Played {
    let (status, _, text, seq) = newest(world)?;
    let status = status.to_string();
    let list = args.text(0)?;
    let refused =
        names(list).any(|one| one == status || one.strip_suffix("xx").is_some_and(|it| status.starts_with(it)));
    if refused {
        return Ok(());
    }
    let line = args.text(1)?.to_owned();
    let (definition, values) = vocabulary::find(&line).map_err(|error| Stop::script(error.to_string()))?;
    let inner = Args { values, docstring: None, table: Vec::new(), line: line.clone() };
    match (definition.play)(world, inner).await {
        Err(Stop::Mismatch { evidence, about }) => {
            let expected = format!(
                "{}, or a refusal with {list}",
                if evidence.expected.is_empty() { line } else { evidence.expected }
            );
            let actual = if evidence.actual.is_empty() { shorten(&text) } else { evidence.actual };
            let mut seqs = evidence.exchanges;
            seqs.push(seq);
            seqs.dedup();
            Err(Stop::mismatch("", expected, format!("status {status}, and {actual}"), seqs).about(about))
        }
        other => other,
    }
}

async fn one_of(world: &mut World, args: Args) -> Played {
    let path = world.stage()?.expand(args.text(0)?)?;
    let list = world.stage()?.expand(args.text(1)?)?;
    let body = world.stage()?.last_json()?;
    let seq = world.stage()?.last()?.seq;
    let found = json_path::at(&body, &path).map_err(Stop::script)?.filter(|value| !value.is_null());
    let shown = found.map_or_else(|| "none".to_owned(), plain);
    let shown = if shown.is_empty() { "empty".to_owned() } else { shown };
    if names(&list).any(|one| one == shown) {
        return Ok(());
    }
    Err(Stop::mismatch("", format!("one of {list}"), shorten(&shown), [seq]).at(&path))
}

async fn primaries(world: &mut World, args: Args) -> Played {
    let path = args.text(0)?;
    let wanted: usize = args.number(1)?;
    let body = world.stage()?.last_json()?;
    let seq = world.stage()?.last()?.seq;
    let found = json_path::at(&body, path).map_err(Stop::script)?;
    let elements = found.and_then(Value::as_array).cloned().unwrap_or_default();
    let count = elements.iter().filter(|element| element["primary"] == true).count();
    if count == wanted {
        return Ok(());
    }
    let actual = format!("{count}: {}", shorten(&Value::Array(elements).to_string()));
    Err(Stop::mismatch("", format!("{wanted} primary in {path}"), actual, [seq]).at(path))
}

fn resources(body: &Value) -> Vec<Value> {
    body["Resources"].as_array().cloned().unwrap_or_default()
}

async fn at_most(world: &mut World, args: Args) -> Played {
    let most: usize = args.number(0)?;
    let (_, body, _, seq) = newest(world)?;
    let count = resources(&body).len();
    if count <= most {
        return Ok(());
    }
    Err(Stop::mismatch("", format!("at most {most} resources"), count.to_string(), [seq]))
}

/// Reads a resource whole; anything but a 200 with an object is a mismatch.
async fn read(world: &mut World, path: &str) -> Result<(Map<String, Value>, u64), Stop> {
    request(world, "GET", path, None).await?;
    let (status, body, text, seq) = newest(world)?;
    match (status, body) {
        (200, Value::Object(resource)) => Ok((resource, seq)),
        _ => Err(Stop::mismatch(
            "",
            format!("{path} can be read"),
            format!("status {status}: {}", shorten(&text)),
            [seq],
        )),
    }
}

async fn remember(world: &mut World, args: Args) -> Played {
    let path = args.text(0)?.to_owned();
    let (resource, seq) = read(world, &path).await?;
    let stage = world.stage()?;
    stage.variables.insert(format!("{REMEMBERED}{path}"), Value::Object(resource).to_string());
    stage.variables.insert(format!("{REMEMBERED}at {path}"), seq.to_string());
    Ok(())
}

/// What was remembered of a resource, and in which exchange.
fn remembered(world: &mut World, path: &str) -> Result<(Value, u64), Stop> {
    let stage = world.stage()?;
    let text = stage.variables.get(&format!("{REMEMBERED}{path}"));
    let text = text.ok_or_else(|| Stop::script(format!("`{path}` was not remembered in this scenario")))?;
    let seq = stage.variables.get(&format!("{REMEMBERED}at {path}")).and_then(|seq| seq.parse().ok()).unwrap_or(0);
    Ok((serde_json::from_str(text).unwrap_or_default(), seq))
}

async fn as_it_was(world: &mut World, args: Args) -> Played {
    let path = args.text(0)?.to_owned();
    let (before, first) = remembered(world, &path)?;
    let (now, seq) = read(world, &path).await?;
    let before = before.as_object().cloned().unwrap_or_default();
    let mut all: Vec<&String> = before.keys().chain(now.keys()).filter(|name| *name != "meta").collect();
    all.dedup();
    for name in all {
        let (old, new) = (before.get(name).unwrap_or(&Value::Null), now.get(name).unwrap_or(&Value::Null));
        if sorted(old) != sorted(new) {
            let expected = format!("{name}: {}", shorten(&old.to_string()));
            return Err(Stop::mismatch("", expected, format!("{name}: {}", shorten(&new.to_string())), [first, seq]));
        }
    }
    Ok(())
}

/// A value whose lists are in an order of their own, and whose missing, null and empty values are the same.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(sorted).collect();
            items.sort_by_key(Value::to_string);
            if items.is_empty() { Value::Null } else { Value::Array(items) }
        }
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members
                .iter()
                .map(|(name, value)| (name.clone(), sorted(value)))
                .filter(|(_, value)| !value.is_null())
                .collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(members.into_iter().collect())
        }
        other => other.clone(),
    }
}

async fn unmodified(world: &mut World, args: Args) -> Played {
    let path = args.text(0)?.to_owned();
    let (before, first) = remembered(world, &path)?;
    let (now, seq) = read(world, &path).await?;
    for name in ["lastModified", "version"] {
        let old = &before["meta"][name];
        let new = now.get("meta").and_then(|meta| meta.get(name)).unwrap_or(&Value::Null);
        if old.is_string() && old != new {
            return Err(Stop::mismatch("", format!("meta.{name}: {old}"), format!("meta.{name}: {new}"), [first, seq]));
        }
    }
    Ok(())
}

/// No list of a scenario is longer: a target that never ends its pages is stopped here.
const MOST_PAGES: usize = 50;

fn joined(path: &str, query: &str) -> String {
    format!("{path}{}{query}", if path.contains('?') { "&" } else { "?" })
}

/// Reads one page and adds the ids on it; says how many there are in all and how many are on this page.
async fn page(world: &mut World, path: &str, ids: &mut Vec<String>) -> Result<(Value, usize), Stop> {
    request(world, "GET", path, None).await?;
    answered(world).await?;
    let (_, body, ..) = newest(world)?;
    let page = resources(&body);
    ids.extend(page.iter().map(|one| one["id"].as_str().unwrap_or_default().to_owned()));
    Ok((body, page.len()))
}

async fn pages(world: &mut World, args: Args) -> Played {
    let size: usize = args.number(1)?;
    let mut ids = Vec::new();
    let mut start = 1;
    for _ in 0..MOST_PAGES {
        let path = joined(args.text(0)?, &format!("startIndex={start}&count={size}"));
        let (body, shown) = page(world, &path, &mut ids).await?;
        start += shown;
        let total = body["totalResults"].as_u64().unwrap_or_default();
        if shown == 0 || start as u64 > total {
            break;
        }
    }
    world.stage()?.variables.insert(PAGES.to_owned(), ids.join(" "));
    Ok(())
}

async fn cursors(world: &mut World, args: Args) -> Played {
    let size: usize = args.number(1)?;
    let mut ids = Vec::new();
    let mut cursor = String::new();
    for _ in 0..MOST_PAGES {
        let path = joined(args.text(0)?, &format!("cursor={}&count={size}", url_encode(&cursor)));
        let (body, _) = page(world, &path, &mut ids).await?;
        match body["nextCursor"].as_str() {
            Some(next) if !next.is_empty() => cursor = next.to_owned(),
            _ => break,
        }
    }
    world.stage()?.variables.insert(PAGES.to_owned(), ids.join(" "));
    Ok(())
}

async fn each_once(world: &mut World, args: Args) -> Played {
    let mut wanted = Vec::new();
    for name in names(args.text(0)?) {
        wanted.push((name.to_owned(), world.stage()?.expand(&format!("{{{name}}}"))?));
    }
    let stage = world.stage()?;
    let read = stage.variables.get(PAGES).cloned().ok_or_else(|| Stop::script("no pages were read yet"))?;
    let seq = stage.last()?.seq;
    for (name, id) in wanted {
        let times = read.split(' ').filter(|it| *it == id).count();
        if times != 1 {
            return Err(Stop::mismatch("", format!("{name} once"), format!("{name} {times} times"), [seq]));
        }
    }
    Ok(())
}

async fn at_once(world: &mut World, args: Args) -> Played {
    let count: usize = args.number(0)?;
    let path = world.stage()?.expand(args.text(1)?)?;
    let body = world.stage()?.expand(args.block()?)?;
    let stage = world.stage()?;
    let client = stage.client();
    let all = (0..count.min(32)).map(|_| {
        let request = Request::new("POST", path.clone())
            .header("Accept", "application/scim+json")
            .header("Content-Type", "application/scim+json")
            .body(body.clone());
        client.send(Sender::Client, request)
    });
    let exchanges = stage.limit().hold("requests at the same time", join_all(all)).await?;
    let statuses: Vec<String> = exchanges.iter().map(|it| it.status().unwrap_or_default().to_string()).collect();
    let stage = world.stage()?;
    stage.last = exchanges.into_iter().last();
    stage.variables.insert(STATUSES.to_owned(), statuses.join(" "));
    Ok(())
}

async fn one_and_others(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let statuses =
        stage.variables.get(STATUSES).cloned().ok_or_else(|| Stop::script("nothing was sent at once yet"))?;
    let (one, others) = (args.text(0)?, args.text(1)?);
    let ones = statuses.split(' ').filter(|it| *it == one).count();
    if ones == 1 && statuses.split(' ').all(|it| it == one || it == others) {
        return Ok(());
    }
    let seq = stage.last()?.seq;
    Err(Stop::mismatch("", format!("one {one} and otherwise {others}"), statuses, [seq]))
}
