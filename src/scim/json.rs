//! Request bodies: bytes to a value, refused before they can do harm.
//!
//! Beside being JSON a body must be UTF-8, nested no deeper than a limit (checked while descending, so a hostile body
//! cannot overflow the stack here or later), and free of repeated member names, whose meaning would depend on the
//! reader (RFC 8259 section 4).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::error::{ScimError, ScimType};

/// How deep a body may be nested. A resource needs four levels, a bulk request with PATCH in it nine.
pub const DEPTH: usize = 32;

/// Reads a body. Errors are `invalidSyntax` with the line and column.
pub fn parse(body: &[u8]) -> Result<Value, ScimError> {
    let refuse = |detail: String| ScimError::bad(ScimType::InvalidSyntax, detail);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(refuse("the body is empty; it must be a JSON object".into()));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = Level(DEPTH)
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|error| refuse(format!("the body is not usable JSON: {error}")))?;
    Ok(value)
}

/// Reads a value that may have so many levels below it.
struct Level(usize);

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Level {
    fn deeper<E: Error>(&self) -> Result<Level, E> {
        self.0.checked_sub(1).map(Level).ok_or_else(|| E::custom(format_args!("nested deeper than {DEPTH} levels")))
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper()?)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut json = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.deeper()?)?;
            match json.entry(name) {
                serde_json::map::Entry::Occupied(entry) => {
                    let name = super::path::shortened(entry.key());
                    return Err(A::Error::custom(format_args!("the member `{name}` is there twice")));
                }
                serde_json::map::Entry::Vacant(entry) => {
                    entry.insert(value);
                }
            }
        }
        Ok(Value::Object(json))
    }
}
