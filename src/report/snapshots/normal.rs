//! A transcript as text in which nothing stands that differs from run to run: ids, times, tags, the run's name and the
//! target's address become placeholders, numbered in the order in which they occur; sets are sorted.

use std::{collections::HashMap, fmt::Write, sync::LazyLock};

use regex::{Captures, Regex};
use serde_json::Value;

use crate::wire::{Exchange, Reply, Sender};

/// Response headers that say something about the protocol.
const HEADERS: [&str; 5] = ["content-type", "location", "etag", "retry-after", "www-authenticate"];

/// Members that are sets: their order means nothing (RFC 7643 section 2.4).
const SETS: [&str; 12] = [
    "schemas",
    "Resources",
    "members",
    "groups",
    "roles",
    "emails",
    "phoneNumbers",
    "addresses",
    "ims",
    "photos",
    "entitlements",
    "x509Certificates",
];

static UUID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}").ok());
static TIME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)").ok());
static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"W/\\?"[^"\\]*\\?""#).ok());
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"https?://[^/\s"\\?]+"#).ok());

/// The text of the provisioning exchanges.
pub(super) fn transcript(exchanges: &[Exchange], run_id: &str) -> String {
    let mut names = Names { run_id: run_id.to_owned(), ..Names::default() };
    let mut text = String::new();
    for exchange in exchanges.iter().filter(|exchange| exchange.sender != Sender::Observer) {
        names.learn(exchange);
        if !text.is_empty() {
            text.push('\n');
        }
        let target = exchange.url.splitn(4, '/').nth(3).unwrap_or_default();
        let _ = writeln!(text, "{} /{}", exchange.method, names.hide(target));
        if let Some(media_type) = exchange.request_header("content-type") {
            let _ = writeln!(text, "content-type: {media_type}");
        }
        body(&mut text, exchange.body.as_deref().unwrap_or_default(), &mut names);
        match &exchange.reply {
            Reply::Failed(error) => {
                let _ = writeln!(text, "-> no response");
                let _ = writeln!(text, "{:?}", error.kind);
            }
            Reply::Response(response) => {
                let _ = writeln!(text, "-> {}", response.status);
                for header in HEADERS {
                    if let Some(value) = response.header(header) {
                        let _ = writeln!(text, "{header}: {}", names.hide(value));
                    }
                }
                body(&mut text, &response.body, &mut names);
            }
        }
    }
    text
}

fn body(text: &mut String, body: &str, names: &mut Names) {
    if body.is_empty() {
        return;
    }
    let shown = match serde_json::from_str::<Value>(body) {
        Ok(mut value) => {
            sort_sets(&mut value);
            serde_json::to_string_pretty(&value).unwrap_or_default()
        }
        Err(_) => body.to_owned(),
    };
    let _ = writeln!(text, "{}", names.hide(&shown));
}

/// Sorts what is a set, by its text: before ids are hidden, so that two runs of one seed agree. Objects keep the order of
/// their members, which is a property of the target.
fn sort_sets(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort_sets),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                sort_sets(member);
                if let Value::Array(items) = member
                    && SETS.contains(&name.as_str())
                {
                    items.sort_by_cached_key(sort_key);
                }
            }
        }
        _ => {}
    }
}

/// What a person would tell elements apart by: ids differ from run to run, so they come last.
fn sort_key(item: &Value) -> (String, String) {
    let word = ["userName", "displayName", "display", "type", "name"]
        .iter()
        .find_map(|name| item.get(name).and_then(Value::as_str))
        .unwrap_or_default();
    (word.to_owned(), item.to_string())
}

/// The placeholders of one transcript.
#[derive(Default)]
struct Names {
    run_id: String,
    ids: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Names {
    /// Learns the ids that the target gave: they may have any form.
    fn learn(&mut self, exchange: &Exchange) {
        let Some(body) = exchange.json() else { return };
        let listed = body.get("Resources").and_then(Value::as_array).into_iter().flatten();
        for resource in std::iter::once(&body).chain(listed) {
            let id = resource.get("id").and_then(Value::as_str);
            // An id that is a URN is a name: those of schemas.
            if let Some(id) =
                id.filter(|id| id.len() >= 4 && !id.starts_with("urn:") && !self.ids.iter().any(|one| one == id))
                && resource.get("meta").is_some()
            {
                self.ids.push(id.to_owned());
                self.ids.sort_by_key(|id| std::cmp::Reverse(id.len()));
            }
        }
    }

    fn hide(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for id in self.ids.clone() {
            if text.contains(&id) {
                let name = format!("[id {}]", self.number(&id));
                text = text.replace(&id, &name);
            }
        }
        if self.run_id.len() >= 4 {
            text = text.replace(&self.run_id, "[run]");
        }
        text = replace(&ADDRESS, &text, |_| "[target]".to_owned());
        text = replace(&UUID, &text, |found| format!("[id {}]", self.number(found)));
        text = replace(&TIME, &text, |_| "[time]".to_owned());
        replace(&TAG, &text, |_| "[tag]".to_owned())
    }

    fn number(&mut self, value: &str) -> usize {
        let next = self.numbers.len() + 1;
        *self.numbers.entry(value.to_owned()).or_insert(next)
    }
}

fn replace(pattern: &Option<Regex>, text: &str, mut with: impl FnMut(&str) -> String) -> String {
    match pattern {
        Some(pattern) => pattern.replace_all(text, |found: &Captures<'_>| with(&found[0])).into_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Response;

    fn exchange(sender: Sender, url: &str, body: Value) -> Exchange {
        Exchange {
            seq: 1,
            sender,
            method: "GET".into(),
            url: url.into(),
            headers: Vec::new(),
            body: None,
            reply: Reply::Response(Response {
                status: 200,
                headers: vec![("etag".into(), "W/\"17\"".into())],
                body: body.to_string(),
            }),
            at: time::OffsetDateTime::UNIX_EPOCH,
            micros: 1,
        }
    }

    fn seen(id: &str, run: &str, port: u16, order: [&str; 2], time: &str) -> String {
        let user = serde_json::json!({
            "id": id, "userName": format!("ada.{run}@example.com"),
            "groups": order.map(|name| serde_json::json!({"display": name})),
            "meta": {"created": time, "location": format!("http://127.0.0.1:{port}/scim/Users/{id}"), "version": "W/\"1\""},
        });
        let url = format!("http://127.0.0.1:{port}/scim/Users/{id}");
        transcript(&[exchange(Sender::Idp, &url, user), exchange(Sender::Observer, &url, Value::Null)], run)
    }

    /// Two runs that differ in ids, times, ports, names and the order of a set are the same text; a changed value is not.
    #[test]
    fn only_behaviour_counts() {
        let one = seen("usr_12345", "a1b2c3", 1234, ["Eng", "Ops"], "2026-01-05T08:00:00Z");
        let two = seen("0c4d7a3e-5555-4444-8888-1234567890ab", "ffeedd", 99, ["Ops", "Eng"], "2027-02-06T09:10:11.5Z");
        assert_eq!(one, two);
        assert!(one.contains("\"id\": \"[id 1]\"") && one.contains("GET /scim/Users/[id 1]"), "{one}");
        assert!(one.contains("ada.[run]@example.com") && !one.contains("127.0.0.1"), "{one}");
        assert_eq!(one.matches("-> 200").count(), 1, "observers are not compared: {one}");
        assert_ne!(one, seen("usr_12345", "a1b2c3", 1234, ["Eng", "Dev"], "2026-01-05T08:00:00Z"));
    }
}
