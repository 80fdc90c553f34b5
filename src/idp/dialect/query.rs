//! Query strings as each IdP writes them.

use crate::idp::profile::{Knobs, value::FilterEncoding};

/// `attribute eq "value"`, with quotes and backslashes of the value escaped (RFC 7644 section 3.4.2.2).
pub fn equals(attribute: &str, value: &str) -> String {
    format!("{attribute} eq \"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Path and query that look something up by the value of an attribute.
pub fn lookup(knobs: &Knobs, endpoint: &str, attribute: &str, value: &str) -> String {
    let filter = match knobs.lookup_upper_case {
        true => equals(attribute, &value.to_uppercase()),
        false => equals(attribute, value),
    };
    let mut parts = Vec::new();
    if knobs.exclude_members && endpoint == "/Groups" {
        parts.push("excludedAttributes=members".to_owned());
    }
    parts.push(format!("filter={}", encode(knobs, &filter)));
    if knobs.lookup_paging {
        parts.push("startIndex=1".to_owned());
        parts.push("count=100".to_owned());
    }
    format!("{endpoint}?{}", parts.join("&"))
}

/// Path that reads one group.
pub fn group(knobs: &Knobs, id: &str) -> String {
    let tail = if knobs.exclude_members { "?excludedAttributes=members" } else { "" };
    format!("/Groups/{}{tail}", segment(id))
}

/// Path of one user.
pub fn user(id: &str) -> String {
    format!("/Users/{}", segment(id))
}

/// Query that asks whether a reference is there already: answered with one resource if it is.
pub fn reference(knobs: &Knobs, endpoint: &str, id: &str, attribute: &str, value: &str) -> String {
    let filter = format!("{} and {}", equals("id", id), equals(attribute, value));
    format!("{endpoint}?filter={}&attributes=id", encode(knobs, &filter))
}

/// The filter for what changed after a moment.
pub fn since(knobs: &Knobs, moment: &str) -> String {
    encode(knobs, &format!("meta.lastModified gt \"{moment}\""))
}

/// A filter as the query carries it.
pub fn encode(knobs: &Knobs, text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            b'~' if knobs.filter_encoding == FilterEncoding::Percent => out.push('~'),
            b' ' if knobs.filter_encoding == FilterEncoding::Plus => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// An id as a path segment: whatever a target hands out as id must not change the path.
fn segment(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'@'
            | b':'
            | b'!'
            | b'$'
            | b'('
            | b')'
            | b'*'
            | b'+'
            | b','
            | b';'
            | b'=' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Okta percent-encodes, Entra form-encodes; a plus in an address arrives as `%2B` from both.
    #[test]
    fn encodes_as_each_idp_does() {
        let mut knobs = Knobs { lookup_paging: true, ..Knobs::default() };
        assert_eq!(
            lookup(&knobs, "/Users", "userName", "u+1@x"),
            "/Users?filter=userName%20eq%20%22u%2B1%40x%22&startIndex=1&count=100"
        );
        knobs = Knobs { filter_encoding: FilterEncoding::Plus, exclude_members: true, ..Knobs::default() };
        assert_eq!(lookup(&knobs, "/Users", "userName", "u+1@x"), "/Users?filter=userName+eq+%22u%2B1%40x%22");
        assert_eq!(
            lookup(&knobs, "/Groups", "displayName", "A \"b\""),
            "/Groups?excludedAttributes=members&filter=displayName+eq+%22A+%5C%22b%5C%22%22"
        );
    }

    /// An id with a slash or a question mark stays one path segment.
    #[test]
    fn ids_stay_one_segment() {
        assert_eq!(user("a/../b?c"), "/Users/a%2F..%2Fb%3Fc");
    }
}
