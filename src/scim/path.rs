//! Attribute paths: `name.givenName`, `urn:…:2.0:User:department` (RFC 7644 section 3.10) and PATCH paths with a value
//! filter, `emails[type eq "work"].value` (RFC 7644 section 3.5.2).
//!
//! A path is only read here; what it names in a resource type is [`Registry::target`](super::schema::Registry::target).

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use super::{
    error::{ScimError, ScimType},
    filter::{self, Filter, Limits},
    leniency::Leniency,
    schema::ResourceType,
};

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an attribute path: {problem}")]
pub struct PathError {
    /// The text, shortened.
    pub text: String,
    /// What is wrong with it.
    pub problem: String,
}

impl PathError {
    fn new(text: &str, problem: impl Into<String>) -> Self {
        PathError { text: shortened(text), problem: problem.into() }
    }
}

impl From<PathError> for ScimError {
    fn from(error: PathError) -> Self {
        ScimError::bad(ScimType::InvalidPath, error.to_string())
    }
}

/// The head of a text, for messages.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

/// The longest path that is read, in bytes. Paths are short; the limit keeps messages and work small.
const LONGEST: usize = 2048;

/// Where in a filter a path was read, in characters from 0; nowhere for a path that was not read from one. It is for
/// messages, and no part of what a path is: any two are equal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Position(pub(super) Option<usize>);

impl PartialEq for Position {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Position {}

impl Hash for Position {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// An attribute or one of its sub-attributes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttrPath {
    /// The URN in front, as written.
    pub schema: Option<String>,
    /// The attribute, as written.
    pub attribute: String,
    /// The sub-attribute, as written.
    pub sub: Option<String>,
    /// Where it was read.
    pub at: Position,
}

/// `ALPHA *("-" / "_" / "$" / DIGIT / ALPHA)`, and a leading `$` for `$ref` (RFC 7643 section 2.1, erratum 8924).
fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'$' && text.len() > 1)
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'$'))
}

impl AttrPath {
    /// An attribute at the top of a resource.
    pub fn top(attribute: &str) -> Self {
        AttrPath { schema: None, attribute: attribute.to_owned(), sub: None, at: Position::default() }
    }

    /// Reads a path. The URN ends at the last colon, since attribute names have none.
    pub fn parse(text: &str) -> Result<AttrPath, PathError> {
        if text.len() > LONGEST {
            return Err(PathError::new(text, format!("it is longer than {LONGEST} bytes")));
        }
        let (schema, tail) = match text.rfind(':') {
            Some(at) => (Some(&text[..at]), &text[at + 1..]),
            None => (None, text),
        };
        if let Some(urn) = schema {
            let odd =
                urn.chars().find(|c| c.is_whitespace() || c.is_control() || matches!(c, '[' | ']' | '"' | '(' | ')'));
            if urn.is_empty() || odd.is_some() {
                return Err(PathError::new(text, "what stands before the last colon is not a schema URN"));
            }
        }
        let (attribute, sub) = match tail.split_once('.') {
            Some((attribute, sub)) => (attribute, Some(sub)),
            None => (tail, None),
        };
        if !is_name(attribute) {
            return Err(PathError::new(text, "an attribute name is a letter, then letters, digits, `$`, `-` or `_`"));
        }
        if let Some(sub) = sub
            && !is_name(sub)
        {
            return Err(PathError::new(text, "after the dot comes the name of one sub-attribute"));
        }
        Ok(AttrPath { schema: schema.map(str::to_owned), sub: sub.map(str::to_owned), ..Self::top(attribute) })
    }

    /// [`AttrPath::parse`], where the text may also be the URN of an extension of the type, whatever its form.
    pub fn parse_in(text: &str, rt: &ResourceType) -> Result<AttrPath, PathError> {
        match rt.extension(text).and_then(|_| text.rsplit_once(':')) {
            Some((head, tail)) => Ok(AttrPath { schema: Some(head.to_owned()), ..Self::top(tail) }),
            None => Self::parse(text),
        }
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.attribute)?;
        if let Some(sub) = &self.sub {
            write!(f, ".{sub}")?;
        }
        Ok(())
    }
}

/// The target of a PATCH operation: `attrPath` or `valuePath [subAttr]` (RFC 7644 section 3.5.2).
#[derive(Debug, Clone, PartialEq)]
pub struct PatchPath {
    /// The attribute; its `sub` is set only when there is no filter.
    pub attr: AttrPath,
    /// Which of the attribute's values are meant.
    pub filter: Option<Filter>,
    /// The sub-attribute of those values, behind the bracket.
    pub sub: Option<String>,
}

impl PatchPath {
    /// A path without a filter.
    pub fn plain(attr: AttrPath) -> Self {
        PatchPath { attr, filter: None, sub: None }
    }

    /// Reads a path. A filter that cannot be read is `invalidFilter`, the rest `invalidPath` (RFC 7644 table 9).
    pub fn parse(text: &str, rt: &ResourceType, limits: &Limits, leniency: &Leniency) -> Result<PatchPath, ScimError> {
        let Some(open) = text.find('[') else {
            return Ok(Self::plain(AttrPath::parse_in(text, rt)?));
        };
        let attr = AttrPath::parse_in(&text[..open], rt)?;
        if attr.sub.is_some() && !leniency.dot_after_urn {
            return Err(PathError::new(text, "a value filter follows an attribute, not a sub-attribute").into());
        }
        let Some(close) = closing(text, open) else {
            return Err(PathError::new(text, "the bracket is not closed").into());
        };
        let filter = filter::parse_value_filter(&text[open + 1..close], limits)?;
        let sub = match &text[close + 1..] {
            "" => None,
            rest => match rest.strip_prefix('.') {
                Some(name) if is_name(name) => Some(name.to_owned()),
                _ => {
                    let problem = "behind the bracket comes nothing, or a dot and one sub-attribute";
                    return Err(PathError::new(text, problem).into());
                }
            },
        };
        Ok(PatchPath { attr, filter: Some(filter), sub })
    }

    /// The name of the sub-attribute that the path ends in, with or without a filter.
    pub fn sub(&self) -> Option<&str> {
        self.sub.as_deref().or(self.attr.sub.as_deref())
    }
}

impl fmt::Display for PatchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.attr)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        if let Some(sub) = &self.sub {
            write!(f, ".{sub}")?;
        }
        Ok(())
    }
}

/// The bracket that closes the one at `open`; brackets inside strings do not count.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(open + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b']' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}
