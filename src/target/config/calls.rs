//! The calls of `[tenant]`, `[observe]` and `[act]`, as types.

use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use super::{duration, model::AuthConfig};

/// One or more calls, made in order: a table, or an array of tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls(pub Vec<Call>);

impl Calls {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same calls, capturing what the others capture as well; `None` if the others are not the same requests.
    pub(in crate::target) fn joined(&self, others: &Calls) -> Option<Calls> {
        let mut joined = self.clone();
        (joined.0.len() == others.0.len()).then_some(())?;
        for (call, other) in joined.0.iter_mut().zip(&others.0) {
            (Call { capture: call.capture.clone(), ..other.clone() } == *call).then_some(())?;
            for (name, capture) in &other.capture {
                let known = call.capture.insert(name.clone(), capture.clone());
                known.is_none_or(|known| known == *capture).then_some(())?;
            }
        }
        Some(joined)
    }
}

impl<'de> Deserialize<'de> for Calls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;
        impl<'de> de::Visitor<'de> for OneOrMore {
            type Value = Calls;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a call (a table), or an array of calls")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Calls, A::Error> {
                Ok(Calls(vec![Call::deserialize(de::value::MapAccessDeserializer::new(map))?]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Calls, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Calls)
            }
        }
        deserializer.deserialize_any(OneOrMore)
    }
}

/// One call: an HTTP request (`url`) or a command (`command`). Every string in it is a template.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Call {
    /// HTTP method; `GET`, or `POST` if there is a body.
    pub method: Option<String>,
    /// URL, absolute or below `[api] url`.
    pub url: Option<String>,
    /// Query parameters, encoded by us.
    pub query: IndexMap<String, String>,
    /// Headers.
    pub headers: IndexMap<String, String>,
    /// JSON body. A string that is one whole expression (`"{{ roles }}"`) keeps the JSON type of its value.
    pub json: Option<Value>,
    /// Form body.
    pub form: IndexMap<String, String>,
    /// Any other body; JSON unless a `Content-Type` header says otherwise.
    pub body: Option<String>,
    /// Credentials, where they are not those of `[api]`.
    pub auth: Option<AuthConfig>,
    /// Program and arguments. It runs in the configuration file's folder, without a shell.
    pub command: Vec<String>,
    /// Its standard input.
    pub stdin: Option<String>,
    /// Environment variables added for it.
    pub env: IndexMap<String, String>,
    /// Exit codes that mean success; only 0 if empty.
    pub exit: Vec<u8>,
    /// Longest time; that of `[target]` if absent.
    #[serde(deserialize_with = "duration::optional")]
    pub timeout: Option<Duration>,
    /// Statuses that mean success; any 2xx if empty.
    pub status: Vec<u16>,
    /// Statuses (of a command: exit codes) that mean: refused.
    pub refused_when: Vec<u16>,
    /// Statuses (of a command: exit codes) that mean: there is no such thing.
    pub absent_when: Vec<u16>,
    /// Statuses (of a command: exit codes) that mean: somebody was faster. The list of calls is made again from its
    /// beginning, a few times at most. For lists that read, change and write back on a shared tenant.
    pub restart_when: Vec<u16>,
    /// Variables taken from the answer.
    pub capture: IndexMap<String, Capture>,
}

/// Where a captured value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The place in the answer.
    pub from: Place,
    /// Whether it is hidden in every output.
    pub secret: bool,
    /// Whether it may be missing.
    pub optional: bool,
}

/// The place of a captured value in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// JSON pointer into the body or standard output.
    Json(String),
    /// A response header.
    Header(String),
    /// The whole body or standard output, without white space at its ends.
    Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaptureTable {
    json: Option<String>,
    header: Option<String>,
    #[serde(default)]
    text: bool,
    #[serde(default)]
    secret: bool,
    #[serde(default)]
    optional: bool,
}

impl<'de> Deserialize<'de> for Capture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PointerOrTable;
        impl<'de> de::Visitor<'de> for PointerOrTable {
            type Value = Capture;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON pointer (`\"/member/status\"`), or a table with `json`, `header` or `text`")
            }
            fn visit_str<E: de::Error>(self, pointer: &str) -> Result<Capture, E> {
                Ok(Capture { from: json_pointer(pointer)?, secret: false, optional: false })
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Capture, A::Error> {
                let table = CaptureTable::deserialize(de::value::MapAccessDeserializer::new(map))?;
                let from = match (table.json, table.header, table.text) {
                    (Some(pointer), None, false) => json_pointer(&pointer)?,
                    (None, Some(name), false) => Place::Header(name),
                    (None, None, true) => Place::Text,
                    _ => {
                        return Err(de::Error::custom(
                            "a capture has exactly one of `json`, `header` and `text = true`",
                        ));
                    }
                };
                Ok(Capture { from, secret: table.secret, optional: table.optional })
            }
        }
        deserializer.deserialize_any(PointerOrTable)
    }
}

fn json_pointer<E: de::Error>(pointer: &str) -> Result<Place, E> {
    if pointer.is_empty() || pointer.starts_with('/') {
        Ok(Place::Json(pointer.to_owned()))
    } else {
        Err(E::custom(format!("`{pointer}` is not a JSON pointer: it does not begin with `/`")))
    }
}
