//! Paths into JSON documents, as steps write them.
//!
//! `name.givenName`, `emails[0].value`, `emails[type=work].value`, `Resources[userName=ada@example.com].id`, and keys
//! that contain dots in backticks: `` `urn:…:2.0:User`.department ``. Names are compared as SCIM compares attribute names,
//! without case (RFC 7643 section 2.1); an exact name wins.

use serde_json::Value;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Key(String),
    Index(usize),
    Where(String, String),
}

/// The value at that path; `None` if there is none.
///
/// # Errors
/// If the path cannot be read; the message says where.
pub(super) fn at<'a>(document: &'a Value, path: &str) -> Result<Option<&'a Value>, String> {
    let mut value = document;
    for part in parse(path)? {
        let next = match part {
            Part::Key(name) => member(value, &name),
            Part::Index(index) => value.get(index),
            Part::Where(name, wanted) => value.as_array().and_then(|items| {
                items.iter().find(|item| member(item, &name).is_some_and(|found| plain(found) == wanted))
            }),
        };
        match next {
            Some(next) => value = next,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

/// Whether a path leads through a member of that name.
pub(super) fn leads_through(path: &str, name: &str) -> bool {
    let through = |part: &Part| matches!(part, Part::Key(key) if key.eq_ignore_ascii_case(name));
    parse(path).is_ok_and(|parts| parts.iter().any(through))
}

/// A member by name, without case; an exact name wins.
pub(super) fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let members = value.as_object()?;
    members.get(name).or_else(|| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// A value as text: strings without quotes, all else as JSON.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn parse(path: &str) -> Result<Vec<Part>, String> {
    let wrong = |why: &str| format!("`{path}` is no path: {why}");
    let mut parts = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('`') {
            let (key, tail) = inner.split_once('`').ok_or_else(|| wrong("a backtick is not closed"))?;
            parts.push(Part::Key(key.to_owned()));
            rest = tail;
        } else if let Some(inner) = rest.strip_prefix('[') {
            let (selector, tail) = inner.split_once(']').ok_or_else(|| wrong("a bracket is not closed"))?;
            parts.push(match selector.split_once('=') {
                Some((name, value)) => Part::Where(name.trim().to_owned(), value.trim().to_owned()),
                None => Part::Index(selector.parse().map_err(|_| wrong("a bracket holds a number or `name=value`"))?),
            });
            rest = tail;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end == 0 {
                return Err(wrong("a name is missing"));
            }
            parts.push(Part::Key(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        if let Some(tail) = rest.strip_prefix('.') {
            if tail.is_empty() {
                return Err(wrong("it ends in a dot"));
            }
            rest = tail;
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Every form of path that steps use finds its value, and nothing else.
    #[test]
    fn finds_values() {
        let document = json!({
            "userName": "ada", "name": {"givenName": "Ada"},
            "emails": [{"type": "home", "value": "h"}, {"type": "work", "value": "w", "primary": true}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D"}
        });
        let found = |path: &str| at(&document, path).unwrap().cloned();
        assert_eq!(found("USERNAME"), Some(json!("ada")));
        assert_eq!(found("name.givenName"), Some(json!("Ada")));
        assert_eq!(found("emails[1].value"), Some(json!("w")));
        assert_eq!(found("emails[type=work].primary"), Some(json!(true)));
        assert_eq!(found("emails[primary=true].value"), Some(json!("w")));
        let department = "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.department";
        assert_eq!(found(department), Some(json!("R&D")));
        assert_eq!(found("emails[type=other].value"), None);
        assert_eq!(found("name.familyName"), None);
        assert!(at(&document, "emails[").is_err());
        assert!(at(&document, "name..x").is_err());
        assert!(at(&document, "name.").is_err());
    }
}
