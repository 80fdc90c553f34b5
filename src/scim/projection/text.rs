//! Projection without a tree: a document that is stored as text leaves as text. What is shown whole is copied as it
//! stands; only an attribute of which parts are hidden is read and written again.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Projection, Shown, visible};
use crate::scim::schema::{Attribute, Registry, ResourceType, Schema};

/// Builds the text of one resource, member by member.
pub struct Writer<'r> {
    /// `None`: everything that a schema knows or not, as stored.
    projection: Option<&'r Projection>,
    rt: &'r ResourceType,
    registry: &'r Registry,
    text: String,
}

impl<'r> Writer<'r> {
    /// An empty object. Without a projection nothing is hidden.
    #[must_use]
    pub fn new(projection: Option<&'r Projection>, rt: &'r ResourceType, registry: &'r Registry, room: usize) -> Self {
        let mut text = String::with_capacity(room);
        text.push('{');
        Writer { projection, rt, registry, text }
    }

    /// One member with its value as JSON text.
    ///
    /// # Errors
    /// If the value is not JSON.
    pub fn member(&mut self, name: &str, value: &str) -> Result<(), serde_json::Error> {
        let Some(projection) = self.projection else {
            self.push(name, value);
            return Ok(());
        };
        if let Some(attribute) = self.registry.top_attribute(self.rt, name) {
            if let Some(value) = shown(projection, None, attribute, value)? {
                self.push(name, &value);
            }
        } else if let Some(schema) = self.rt.extension(name).and_then(|urn| self.registry.schema(urn)) {
            let value = extension(projection, schema, value)?;
            if value.len() > "{}".len() {
                self.push(name, &value);
            }
        }
        Ok(())
    }

    /// The members of a stored document; `between` adds what belongs behind the first of them.
    ///
    /// # Errors
    /// If the document is not a JSON object.
    pub fn document(
        &mut self,
        document: &str,
        between: impl FnOnce(&mut Self) -> Result<(), serde_json::Error>,
    ) -> Result<(), serde_json::Error> {
        let mut between = Some(between);
        for member in Members::of(document)? {
            let (name, value) = member?;
            self.member(&name, value)?;
            if let Some(between) = between.take() {
                between(self)?;
            }
        }
        between.map_or(Ok(()), |between| between(self))
    }

    /// The text.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }

    fn push(&mut self, name: &str, value: &str) {
        push(&mut self.text, name, value);
    }
}

/// Appends a member to the text of an object that is open.
fn push(text: &mut String, name: &str, value: &str) {
    if text.len() > 1 {
        text.push(',');
    }
    quote(name, text);
    text.push(':');
    text.push_str(value);
}

/// Appends a string as JSON writes it.
pub fn quote(string: &str, text: &mut String) {
    if string.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        text.push('"');
        text.push_str(string);
        text.push('"');
    } else {
        text.push_str(&Value::from(string).to_string());
    }
}

fn extension(projection: &Projection, schema: &Schema, value: &str) -> Result<String, serde_json::Error> {
    let mut text = String::with_capacity(value.len());
    text.push('{');
    if value.starts_with('{') {
        for member in Members::of(value)? {
            let (name, value) = member?;
            if let Some(attribute) = schema.attribute(&name)
                && let Some(value) = shown(projection, Some(&schema.id), attribute, value)?
            {
                push(&mut text, &name, &value);
            }
        }
    }
    text.push('}');
    Ok(text)
}

fn shown<'v>(
    projection: &Projection,
    container: Option<&str>,
    attribute: &Attribute,
    value: &'v str,
) -> Result<Option<Cow<'v, str>>, serde_json::Error> {
    Ok(match projection.shown(container, attribute) {
        Shown::Whole => Some(value.into()),
        Shown::Nothing => None,
        Shown::Parts => {
            let value = serde_json::from_str(value)?;
            visible(projection, container, attribute, value).map(|value| value.to_string().into())
        }
    })
}

/// The members of a JSON object in its text: name and the text of the value. It reads what serde_json and SQLite write,
/// and only as closely as is needed to tell where a value ends.
struct Members<'d> {
    document: &'d str,
    /// Behind the brace or the last value.
    at: usize,
    first: bool,
}

impl<'d> Members<'d> {
    fn of(document: &'d str) -> Result<Members<'d>, serde_json::Error> {
        let mut members = Members { document, at: 0, first: true };
        members.blank();
        if members.peek() != Some(b'{') {
            return Err(members.broken());
        }
        members.at += 1;
        Ok(members)
    }

    fn peek(&self) -> Option<u8> {
        self.document.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// What the JSON reader says of the document.
    fn broken(&self) -> serde_json::Error {
        let read = serde_json::from_str::<Map<String, Value>>(self.document);
        read.err().unwrap_or_else(|| serde::de::Error::custom("not the text of an object"))
    }

    fn member(&mut self) -> Option<(Cow<'d, str>, &'d str)> {
        let from = self.at;
        self.string()?;
        let raw = self.document.get(from..self.at)?;
        let name = match raw.get(1..raw.len() - 1)? {
            plain if !plain.contains('\\') => Cow::Borrowed(plain),
            _ => Cow::Owned(serde_json::from_str(raw).ok()?),
        };
        self.blank();
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        self.blank();
        let from = self.at;
        self.value()?;
        Some((name, self.document.get(from..self.at)?))
    }

    /// Steps over a string.
    fn string(&mut self) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(())
    }

    /// Steps over a value of any kind.
    fn value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                _ if depth > 0 => self.at += 1,
                _ => {
                    let from = self.at;
                    while !matches!(self.peek()?, b',' | b'}' | b']') && !self.peek()?.is_ascii_whitespace() {
                        self.at += 1;
                    }
                    return (self.at > from).then_some(());
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }
}

impl<'d> Iterator for Members<'d> {
    type Item = Result<(Cow<'d, str>, &'d str), serde_json::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.blank();
        match (self.peek(), self.first) {
            (Some(b'}'), _) => return None,
            (_, true) => self.first = false,
            (Some(b','), false) => {
                self.at += 1;
                self.blank();
            }
            _ => return Some(Err(self.broken())),
        }
        match self.member() {
            Some(member) => Some(Ok(member)),
            None => {
                let broken = self.broken();
                // Nothing behind a broken place is read.
                self.document = "}";
                self.at = 0;
                Some(Err(broken))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::project, *};

    fn written(document: &str, projection: Option<&Projection>) -> Result<String, serde_json::Error> {
        let registry = Registry::standard();
        let rt = registry.resource_type("User").expect("User");
        let mut writer = Writer::new(projection, rt, &registry, 0);
        writer.document(document, |writer| writer.member("id", "\"1\""))?;
        Ok(writer.finish())
    }

    /// The text is what the tree would have been written as, for every kind of projection.
    #[test]
    fn text_and_tree_agree() {
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let stored = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", enterprise],
            "userName": "ada \"}]\\\u{e9}\n",
            "unheard\"of": {"a": [1, 2]},
            "name": {"givenName": "Ada", "familyName": "L"},
            "emails": [{"value": "a@b.c", "type": "work", "primary": true}, {"value": "d@e.f", "type": "home"}],
            "active": true,
            "password": "secret",
            enterprise: {"department": "X", "manager": {"value": "9", "displayName": "B"}, "unheard": 1.5e3},
        });
        let registry = Registry::standard();
        let rt = registry.resource_type("User").expect("User");
        let mut whole = stored.as_object().expect("an object").clone();
        whole.shift_insert(1, "id".to_owned(), "1".into());
        let whole = Value::Object(whole);
        for (wanted, unwanted) in [
            (None, None),
            (Some("userName"), None),
            (Some("name.givenName,emails.value"), None),
            (Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value"), None),
            (None, Some("emails,name.familyName")),
            (None, Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")),
        ] {
            let projection = Projection::parse(wanted, unwanted, rt, &registry).expect("a projection");
            let text = written(&stored.to_string(), Some(&projection)).expect("JSON");
            assert_eq!(text, project(&whole, &projection, rt, &registry).to_string(), "{wanted:?} {unwanted:?}");
        }
        assert_eq!(written(&stored.to_string(), None).expect("JSON"), whole.to_string());
        assert_eq!(written(" { \"a\" : [ ] , \"b\":null } ", None).expect("JSON"), r#"{"a":[ ],"id":"1","b":null}"#);
        assert_eq!(written("{}", None).expect("JSON"), r#"{"id":"1"}"#);
    }

    /// A damaged document is an error, wherever it breaks off.
    #[test]
    fn damaged_text_is_told() {
        let whole = r#"{"a":{"b":["\"x\\",1]},"c":true}"#;
        for end in 0..whole.len() {
            assert!(written(&whole[..end], None).is_err(), "{}", &whole[..end]);
        }
        for broken in ["[]", "1", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{a:1}", "{\"a\":}", "{\"a\":]}"] {
            assert!(written(broken, None).is_err(), "{broken}");
        }
    }
}
