//! Reads an event out of a delivery, by the mapping of the configuration.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::target::{
    config::EventMapping,
    template::{self, Variables},
};

/// An event, in our words.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its name in our words: `scim.member.delete`.
    pub kind: String,
    /// Its name in the target's words.
    pub name: String,
    /// Its id.
    pub id: Option<String>,
    /// What caused it: `SCIM`.
    pub source: Option<String>,
    /// The object that it is about.
    pub object_id: Option<String>,
    /// The organization that it belongs to.
    pub organization_id: Option<String>,
    /// The whole body.
    pub raw: Value,
}

/// The mapping of one target.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    mapping: EventMapping,
    names: BTreeMap<String, String>,
}

impl Reader {
    /// A reader by `mapping`, that translates names by `names`; names that are missing there stand for themselves.
    pub fn new(mapping: EventMapping, names: BTreeMap<String, String>) -> Reader {
        Reader { mapping, names }
    }

    /// The event in a body.
    ///
    /// # Errors
    /// If the body is not JSON, or has no event name where the mapping says; as one line.
    pub fn read(&self, headers: &[(String, String)], body: &str) -> Result<Event, String> {
        let raw: Value = serde_json::from_str(body).map_err(|error| format!("the body is not JSON: {error}"))?;
        let headers = headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        let variables: Variables =
            [("body".to_owned(), raw), ("headers".to_owned(), Value::Object(headers.collect()))].into_iter().collect();
        let name = value(&self.mapping.kind, &variables)?
            .ok_or_else(|| format!("the body has no event name at `{}`", self.mapping.kind))?;
        let optional = |mapping: &Option<String>| match mapping {
            // An event that lacks one of these is still an event: a deletion often has less than a creation.
            Some(mapping) => value(mapping, &variables).ok().flatten(),
            None => None,
        };
        Ok(Event {
            kind: self.names.get(&name).unwrap_or(&name).clone(),
            name,
            id: optional(&self.mapping.id),
            source: optional(&self.mapping.source),
            object_id: optional(&self.mapping.object),
            organization_id: optional(&self.mapping.organization),
            raw: variables.get("body").cloned().unwrap_or_else(|| json!(null)),
        })
    }
}

/// A pointer's or a template's value as text; `None` if there is nothing.
fn value(mapping: &str, variables: &Variables) -> Result<Option<String>, String> {
    if mapping.starts_with('/') {
        return Ok(match variables.get("body").and_then(|body| body.pointer(mapping)) {
            Some(Value::String(text)) => Some(text.clone()),
            None | Some(Value::Null) => None,
            Some(other) => Some(other.to_string()),
        });
    }
    template::render(mapping, variables).map(|text| Some(text).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping() -> EventMapping {
        EventMapping {
            kind: "{{ body.source | lower }}.{{ body.object_type }}.{{ body.action | lower }}".into(),
            id: Some("/event_id".into()),
            source: Some("{{ headers['x-source'] }}".into()),
            object: Some("/id".into()),
            organization: Some("/member/organization_id".into()),
        }
    }

    /// Names are composed, translated, and everything else is found by pointer or template.
    #[test]
    fn reads_by_the_mapping() {
        let names = [("scim.member.delete".to_owned(), "user.gone".to_owned())].into_iter().collect();
        let body = r#"{"source":"SCIM","object_type":"member","action":"DELETE","event_id":7,"id":"m1"}"#;
        let event = Reader::new(mapping(), names).read(&[("x-source".into(), "SCIM".into())], body).unwrap();
        assert_eq!((event.kind.as_str(), event.name.as_str()), ("user.gone", "scim.member.delete"));
        assert_eq!((event.id.as_deref(), event.object_id.as_deref()), (Some("7"), Some("m1")));
        assert_eq!((event.source.as_deref(), event.organization_id), (Some("SCIM"), None));
    }

    /// What is no event says why, so that a wrong mapping is not taken for a missing webhook.
    #[test]
    fn says_why_there_is_no_event() {
        let reader = Reader::default();
        assert!(reader.read(&[], "<x>").unwrap_err().starts_with("the body is not JSON: "));
        assert_eq!(reader.read(&[], "{}").unwrap_err(), "the body has no event name at `/type`");
        assert!(Reader::new(mapping(), BTreeMap::new()).read(&[], "{}").unwrap_err().contains("`body.source`"));
    }
}
