//! Wire steps about values in the newest response body. Paths are those of [`json_path`](crate::suite::json_path).

use serde_json::Value;

use super::lists::names;
use crate::suite::{
    json_path::{self, plain},
    stop::{Played, Stop},
    vocabulary::{Args, StepDef, step},
    world::{World, shorten},
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step("Then", "the value at {string} is {string}", "the value is exactly that string", |w, a| Box::pin(text(w, a))),
    step(
        "Then",
        "the value at {string} is the JSON {string}",
        "the value equals that JSON, in type as well; member order does not count",
        |w, a| Box::pin(json(w, a)),
    ),
    step("Then", "the value at {string} is not {string}", "there is a value, and it is not that string", |w, a| {
        Box::pin(not(w, a))
    }),
    step("Then", "the value at {string} is present", "there is a value, and it is not null", |w, a| {
        Box::pin(present(w, a))
    }),
    step(
        "Then",
        "the value at {string} is absent",
        "there is no value: missing, null and empty array are the same (RFC 7643 section 2.5)",
        |w, a| Box::pin(absent(w, a)),
    ),
    step(
        "Then",
        "the value at {string} is the bulk status {string}",
        "the operation's status is one of the list, as a string or as an object with `code` (RFC7644-3.7.3-R2)",
        |w, a| Box::pin(bulk_status(w, a)),
    ),
    step("Then", "the value at {string} is a number", "a JSON number, not a text of digits", |w, a| {
        Box::pin(number(w, a))
    }),
    step(
        "Then",
        "the value at {string} contains {string}",
        "the string holds that text, or the array that string",
        |w, a| Box::pin(contains(w, a)),
    ),
    step(
        "Then",
        "the value at {string} does not contain {string}",
        "neither the string nor the array holds it",
        |w, a| Box::pin(lacks(w, a)),
    ),
    step("Then", "the value at {string} matches {string}", "the string matches that regular expression", |w, a| {
        Box::pin(matches(w, a))
    }),
    step("Then", "the value at {string} has {int} element(s)", "the array has that many elements", |w, a| {
        Box::pin(count(w, a))
    }),
    step(
        "Then",
        "the value at {string} is kept as {string}",
        "stores the value for later steps; without a value there is nothing to compare with, and the scenario ends",
        |w, a| Box::pin(keep(w, a)),
    ),
];

/// The value at the first parameter's path, with the newest exchange's number.
fn value(world: &mut World, args: &Args) -> Result<(Option<Value>, u64), Stop> {
    let stage = world.stage()?;
    let path = stage.expand(args.text(0)?)?;
    let body = stage.last_json()?;
    let seq = stage.last()?.seq;
    let found = json_path::at(&body, &path).map_err(Stop::script)?;
    Ok((found.filter(|value| !value.is_null()).cloned(), seq))
}

fn wanted(world: &mut World, args: &Args) -> Result<String, Stop> {
    world.stage()?.expand(args.text(1)?)
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "no value".to_owned(), |value| shorten(&value.to_string()))
}

/// A value at the first parameter's path that is not the expected one.
fn unlike(args: &Args, expected: impl Into<String>, found: Option<&Value>, seq: u64) -> Stop {
    Stop::mismatch("", expected, shown(found), [seq]).at(&args.values[0])
}

async fn text(world: &mut World, args: Args) -> Played {
    let wanted = wanted(world, &args)?;
    let (found, seq) = value(world, &args)?;
    if found.as_ref().and_then(Value::as_str) == Some(wanted.as_str()) {
        return Ok(());
    }
    Err(unlike(&args, format!("\"{wanted}\""), found.as_ref(), seq))
}

async fn json(world: &mut World, args: Args) -> Played {
    let wanted = wanted(world, &args)?;
    let wanted: Value =
        serde_json::from_str(&wanted).map_err(|error| Stop::script(format!("`{wanted}` is not JSON: {error}")))?;
    let (found, seq) = value(world, &args)?;
    if found.as_ref() == Some(&wanted) {
        return Ok(());
    }
    Err(unlike(&args, wanted.to_string(), found.as_ref(), seq))
}

async fn not(world: &mut World, args: Args) -> Played {
    let wanted = wanted(world, &args)?;
    let (found, seq) = value(world, &args)?;
    match found {
        Some(found) if plain(&found) != wanted => Ok(()),
        found => Err(unlike(&args, format!("a value other than {wanted}"), found.as_ref(), seq)),
    }
}

async fn present(world: &mut World, args: Args) -> Played {
    let (found, seq) = value(world, &args)?;
    found.map(|_| ()).ok_or_else(|| Stop::mismatch("", "a value", "none", [seq]).at(&args.values[0]))
}

async fn absent(world: &mut World, args: Args) -> Played {
    let (found, seq) = value(world, &args)?;
    match found.filter(|value| value.as_array().is_none_or(|items| !items.is_empty())) {
        None => Ok(()),
        found => Err(unlike(&args, "no value", found.as_ref(), seq)),
    }
}

async fn bulk_status(world: &mut World, args: Args) -> Played {
    let wanted = wanted(world, &args)?;
    let (found, seq) = value(world, &args)?;
    let status = found.as_ref().map(|operation| &operation["status"]);
    let code = status.map(|status| if status.is_object() { &status["code"] } else { status });
    let code = code.map(plain).unwrap_or_default();
    if names(&wanted).any(|one| one == code) {
        return Ok(());
    }
    Err(unlike(&args, format!("a status of {wanted}"), status, seq))
}

async fn number(world: &mut World, args: Args) -> Played {
    let (found, seq) = value(world, &args)?;
    if found.as_ref().is_some_and(Value::is_number) {
        return Ok(());
    }
    Err(unlike(&args, "a number", found.as_ref(), seq))
}

fn holds(found: &Value, wanted: &str) -> bool {
    match found {
        Value::String(text) => text.contains(wanted),
        Value::Array(items) => items.iter().any(|item| plain(item) == wanted),
        _ => false,
    }
}

async fn contains(world: &mut World, args: Args) -> Played {
    let wanted = wanted(world, &args)?;
    let (found, seq) = value(world, &args)?;
    if found.as_ref().is_some_and(|found| holds(found, &wanted)) {
        return Ok(());
    }
    Err(unlike(&args, format!("something that holds {wanted}"), found.as_ref(), seq))
}

async fn lacks(world: &mut World, args: Args) -> Played {
    let wanted = wanted(world, &args)?;
    let (found, seq) = value(world, &args)?;
    if found.as_ref().is_some_and(|found| holds(found, &wanted)) {
        return Err(unlike(&args, format!("nothing that holds {wanted}"), found.as_ref(), seq));
    }
    Ok(())
}

async fn matches(world: &mut World, args: Args) -> Played {
    let wanted = wanted(world, &args)?;
    let regex = regex::Regex::new(&wanted).map_err(|error| Stop::script(format!("`{wanted}`: {error}")))?;
    let (found, seq) = value(world, &args)?;
    if found.as_ref().and_then(Value::as_str).is_some_and(|found| regex.is_match(found)) {
        return Ok(());
    }
    Err(unlike(&args, format!("a string that matches {wanted}"), found.as_ref(), seq))
}

async fn count(world: &mut World, args: Args) -> Played {
    let wanted: usize = args.number(1)?;
    let (found, seq) = value(world, &args)?;
    let count = found.as_ref().and_then(Value::as_array).map_or(0, Vec::len);
    if count == wanted {
        return Ok(());
    }
    Err(unlike(&args, format!("{wanted} elements"), found.as_ref(), seq))
}

async fn keep(world: &mut World, args: Args) -> Played {
    let (found, _) = value(world, &args)?;
    let nothing = || Stop::NotExercised(format!("there is no `{}` to compare with", args.values[0]));
    let found = found.ok_or_else(nothing)?;
    world.stage()?.variables.insert(args.text(1)?.to_owned(), plain(&found));
    Ok(())
}
