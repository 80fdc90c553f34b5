//! `${NAME}` in any string value becomes the value of that environment variable; `$${` stands for `${` itself.

use std::borrow::Cow;

use toml::de::{DeTable, DeValue};

use super::{
    ConfigError,
    index::{Index, join},
};
use crate::wire::Secret;

/// Keys whose value is no secret even when it comes from the environment.
const OPEN: [&str; 13] = [
    "url",
    "token_url",
    "public_url",
    "listen",
    "user",
    "client_id",
    "name",
    "scope",
    "ca_file",
    "id",
    "profile",
    "reason",
    "method",
];

/// Parts of a variable's name that say that it is a secret.
const SECRET: [&str; 6] = ["token", "secret", "password", "key", "jwt", "credential"];

/// Fills in a document; gives back the values that must stay hidden.
pub(super) fn fill_in(
    table: &mut DeTable<'_>,
    index: &Index,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Secret>, ConfigError> {
    let mut filler = Filler { index, environment, secrets: Vec::new() };
    filler.table("", table)?;
    Ok(filler.secrets)
}

struct Filler<'a> {
    index: &'a Index,
    environment: &'a dyn Fn(&str) -> Option<String>,
    secrets: Vec<Secret>,
}

impl Filler<'_> {
    fn table(&mut self, parent: &str, table: &mut DeTable<'_>) -> Result<(), ConfigError> {
        for (key, value) in table.iter_mut() {
            self.value(&join(parent, key.get_ref()), value.get_mut())?;
        }
        Ok(())
    }

    fn value(&mut self, path: &str, value: &mut DeValue<'_>) -> Result<(), ConfigError> {
        match value {
            DeValue::String(text) if text.contains("${") => *text = Cow::Owned(self.text(path, text)?),
            DeValue::Table(table) => self.table(path, table)?,
            DeValue::Array(items) => {
                for (n, item) in items.iter_mut().enumerate() {
                    self.value(&format!("{path}[{n}]"), item.get_mut())?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, path: &str, text: &str) -> Result<String, ConfigError> {
        let wrong = |problem: String, remedy: String| ConfigError {
            place: self.index.place_of(path),
            key: Some(path.to_owned()),
            problem,
            remedy,
        };
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if let Some(before) = rest[..at].strip_suffix('$') {
                out.push_str(before);
                out.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            out.push_str(&rest[..at]);
            let Some((name, tail)) = rest[at + 2..].split_once('}') else {
                return Err(wrong("`${` without `}`".into(), "close it, or write `$${` for the text itself".into()));
            };
            let value = (self.environment)(name).ok_or_else(|| {
                wrong(format!("the environment variable `{name}` is not set"), format!("set it: `export {name}=…`"))
            })?;
            out.push_str(&value);
            if hidden(path) {
                self.secrets.push(Secret::new(value));
            }
            rest = tail;
        }
        out.push_str(rest);
        Ok(out)
    }
}

fn hidden(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    if path.starts_with("variables.") {
        let last = last.to_ascii_lowercase();
        return SECRET.iter().any(|part| last.contains(part));
    }
    !OPEN.contains(&last)
}
