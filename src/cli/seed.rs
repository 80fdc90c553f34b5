//! The file of `serve --seed`: TOML or JSON by its ending, `${NAME}` filled in from the environment.

use std::{fs, path::Path};

use serde_json::Value;

use super::exit::Fault;
use crate::provider::app::Seed;

/// The largest seed file that is read.
const LARGEST: u64 = 64 << 20;

/// Reads a seed file.
///
/// # Errors
/// If it cannot be read, is neither TOML nor JSON, has keys that no seed has, or names a variable that is not set.
pub(super) fn read(path: &Path) -> Result<Seed, Fault> {
    let place = path.display();
    let unreadable = |error| Fault::usage(format!("cannot read {place}: {error}; name a seed file"));
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST {
        return Err(Fault::usage(format!("{place} has {size} bytes; a seed file has {LARGEST} at most")));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let seed: Seed = match path.extension().and_then(|ending| ending.to_str()) {
        Some("toml") => toml::from_str(&text).map_err(|error| Fault::usage(format!("{place}: {}", in_one(&error))))?,
        Some("json") => serde_json::from_str(&text).map_err(|error| Fault::usage(format!("{place}: {error}")))?,
        _ => return Err(Fault::usage(format!("{place} is neither .toml nor .json; its ending says how it is read"))),
    };
    let broken = |error: serde_json::Error| Fault::usage(format!("{place}: {error}"));
    let mut value = serde_json::to_value(seed).map_err(broken)?;
    fill_in("", &mut value).map_err(|problem| Fault::usage(format!("{place}: {problem}")))?;
    serde_json::from_value(value).map_err(broken)
}

/// The line, and what is wrong with it; the excerpt of the file that the parser adds may hold a secret.
fn in_one(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default().strip_prefix("TOML parse error at ").unwrap_or_default();
    let message = error.message().replace('\n', "; ");
    if line.is_empty() { message } else { format!("{line}: {message}") }
}

/// `${NAME}` in any text becomes the variable's value; `$${` stands for `${` itself.
fn fill_in(path: &str, value: &mut Value) -> Result<(), String> {
    match value {
        Value::String(text) if text.contains("${") => *text = filled(path, text)?,
        Value::Array(items) => {
            for (n, item) in items.iter_mut().enumerate() {
                fill_in(&format!("{path}[{n}]"), item)?;
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                fill_in(&path, field)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn filled(path: &str, text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = after;
            continue;
        }
        let (name, after) =
            after.split_once('}').ok_or_else(|| format!("{path}: `${{` without `}}`; close it, or write `$${{`"))?;
        let value = std::env::var(name)
            .map_err(|_| format!("{path}: the environment variable `{name}` is not set; `export {name}=…`"))?;
        out.push_str(before);
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects secrets that stay out of the file, and texts that look like a variable.
    #[test]
    fn variables_are_filled_in_where_they_stand() {
        assert_eq!(filled("a", "$${HOME} and $5").as_deref(), Ok("${HOME} and $5"));
        assert!(filled("a.b[0]", "${SCIMULATE_NOT_SET_ANYWHERE}").expect_err("not set").starts_with("a.b[0]: "));
        assert!(filled("a", "${open").is_err());
        let path = std::env::var("PATH").expect("a PATH");
        assert_eq!(filled("a", "<${PATH}>"), Ok(format!("<{path}>")));
    }
}
