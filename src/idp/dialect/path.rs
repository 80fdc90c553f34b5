//! Targets of a mapping (`name.givenName`, `emails[type eq "work"].value`, `urn:…:User:department`): how they are read,
//! found in a resource, and put into one.

use serde_json::{Map, Value};

/// A mapping target, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// URN of the extension, without the attribute.
    pub urn: Option<&'a str>,
    /// Attribute.
    pub attribute: &'a str,
    /// Key and value of a value filter.
    pub filter: Option<(&'a str, &'a str)>,
    /// Sub-attribute.
    pub sub: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Takes a path apart. Anything that is not recognised stays in `attribute`.
    pub fn parse(path: &'a str) -> Target<'a> {
        let (urn, rest) = match path.starts_with("urn:") {
            true => match path.rsplit_once(':') {
                Some((urn, rest)) => (Some(urn), rest),
                None => (None, path),
            },
            false => (None, path),
        };
        if let Some((attribute, tail)) = rest.split_once('[')
            && let Some((filter, tail)) = tail.split_once(']')
            && let Some((key, value)) = filter.split_once(" eq ")
        {
            let sub = tail.strip_prefix('.');
            return Target { urn, attribute, filter: Some((key.trim(), value.trim().trim_matches('"'))), sub };
        }
        match rest.split_once('.') {
            Some((attribute, sub)) => Target { urn, attribute, filter: None, sub: Some(sub) },
            None => Target { urn, attribute: rest, filter: None, sub: None },
        }
    }

    /// What a resource holds there; an empty text counts as nothing.
    pub fn find<'r>(&self, resource: &'r Value) -> Option<&'r Value> {
        let root = match self.urn {
            Some(urn) => member(resource, urn)?,
            None => resource,
        };
        let mut value = member(root, self.attribute)?;
        if let Some((key, wanted)) = self.filter {
            value = value.as_array()?.iter().find(|element| element_matches(element, key, wanted))?;
        }
        if let Some(sub) = self.sub {
            value = member(value, sub)?;
        }
        match value {
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            value => Some(value),
        }
    }

    /// Puts a value into a resource, making what is missing on the way. `seed` is what a new element of a multi-valued
    /// attribute starts with.
    pub fn put(&self, resource: &mut Map<String, Value>, value: Value, seed: Map<String, Value>) {
        let root = match self.urn {
            Some(urn) => object(resource, urn),
            None => resource,
        };
        let Some((key, wanted)) = self.filter else {
            match self.sub {
                Some(sub) => {
                    object(root, self.attribute).insert(sub.to_owned(), value);
                }
                None => {
                    root.insert(self.attribute.to_owned(), value);
                }
            }
            return;
        };
        let list = root.entry(self.attribute).or_insert_with(|| Value::Array(Vec::new()));
        if !list.is_array() {
            *list = Value::Array(Vec::new());
        }
        let Some(elements) = list.as_array_mut() else { return };
        let at = elements.iter().position(|element| element_matches(element, key, wanted)).unwrap_or_else(|| {
            elements.push(Value::Object(seed));
            elements.len() - 1
        });
        if let (Some(element), Some(sub)) = (elements[at].as_object_mut(), self.sub) {
            element.insert(sub.to_owned(), value);
        }
    }
}

/// A member of an object, by name without regard to case.
pub fn member<'r>(value: &'r Value, name: &str) -> Option<&'r Value> {
    let members = value.as_object()?;
    members
        .get(name)
        .or_else(|| members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// Text of a value as an IdP compares it: `true` and `"True"` are the same to it.
pub fn same(a: &Value, b: &Value) -> bool {
    match (truth(a), truth(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// A boolean, or the text of one.
pub fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn element_matches(element: &Value, key: &str, wanted: &str) -> bool {
    match member(element, key) {
        Some(Value::String(text)) => text.eq_ignore_ascii_case(wanted),
        Some(Value::Bool(truth)) => truth.to_string().eq_ignore_ascii_case(wanted),
        _ => false,
    }
}

fn object<'r>(parent: &'r mut Map<String, Value>, name: &str) -> &'r mut Map<String, Value> {
    let value = parent.entry(name).or_insert_with(|| Value::Object(Map::new()));
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(members) => members,
        _ => unreachable!("it was made an object on the line before"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dot of `2.0` and the colons of a URN do not split an attribute path.
    #[test]
    fn parses_targets() {
        let t = Target::parse("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department");
        assert_eq!((t.urn.map(str::len), t.attribute, t.sub), (Some(58), "department", None));
        let t = Target::parse("emails[type eq \"work\"].value");
        assert_eq!((t.attribute, t.filter, t.sub), ("emails", Some(("type", "work")), Some("value")));
        assert_eq!(Target::parse("name.givenName").sub, Some("givenName"));
    }

    /// What is put can be found, and an element is made once, not once a sub-attribute.
    #[test]
    fn puts_and_finds() {
        let mut resource = Map::new();
        let seed = serde_json::json!({"type": "work"});
        for (path, value) in
            [("addresses[type eq \"work\"].locality", "Rome"), ("addresses[type eq \"work\"].country", "IT")]
        {
            let seed = seed.as_object().cloned().unwrap_or_default();
            Target::parse(path).put(&mut resource, Value::from(value), seed);
        }
        let resource = Value::Object(resource);
        assert_eq!(resource.to_string(), r#"{"addresses":[{"type":"work","locality":"Rome","country":"IT"}]}"#);
        let found = Target::parse("addresses[type eq \"work\"].country").find(&resource);
        assert_eq!(found.and_then(Value::as_str), Some("IT"));
    }
}
