//! Step patterns: a small subset of Cucumber Expressions, compiled to an anchored regular expression.
//!
//! The expressions are of ASCII, so that they compile without the tables of Unicode, which would take longer than all else
//! that precedes a run; text between quotes is matched byte by byte and may be of any script.
//!
//! `{string}` is text in double or single quotes (single quotes, so that SCIM filters with double quotes read well),
//! `{int}` an integer, `{number}` an integer or decimal, `{word}` one word, and `(s)` an optional letter group.
//! Everything else is literal.

use std::str::from_utf8;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// One compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern. The patterns are our own literals, so a pattern that does not compile is a bug that the
    /// vocabulary's test reports.
    pub fn compile(text: &str) -> Result<Pattern, regex::Error> {
        Ok(Pattern { regex: RegexBuilder::new(&expression(text)).unicode(false).build()? })
    }

    /// The arguments, if the text matches.
    pub fn arguments(&self, text: &str) -> Option<Vec<String>> {
        let captures = self.regex.captures(text.as_bytes())?;
        let mut arguments = Vec::new();
        for name in self.regex.capture_names().flatten() {
            // Each parameter has a group of its own; a string has one for each kind of quote.
            // It begins and ends at an ASCII character, and so not in the middle of another.
            if let Some(found) = captures.name(name).and_then(|found| from_utf8(found.as_bytes()).ok()) {
                arguments.push(if name.starts_with('d') { unescape(found) } else { found.to_owned() });
            }
        }
        Some(arguments)
    }
}

/// Compiles many patterns into one expression, which says which of them match.
pub(super) fn set<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(texts.into_iter().map(expression)).unicode(false).build()
}

/// The anchored regular expression of a pattern.
fn expression(text: &str) -> String {
    let mut out = String::from("^");
    let mut rest = text;
    let mut index = 0;
    while !rest.is_empty() {
        let parameter = PARAMETERS.iter().find(|(name, _)| rest.starts_with(name));
        if let Some((name, regex)) = parameter {
            out.push_str(&regex.replace('#', &index.to_string()));
            index += 1;
            rest = &rest[name.len()..];
        } else if let Some((optional, tail)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            out.push_str(&format!("(?:{})?", regex::escape(optional)));
            rest = tail;
        } else {
            let end =
                rest.char_indices().skip(1).find(|(_, c)| *c == '{' || *c == '(').map_or(rest.len(), |(at, _)| at);
            out.push_str(&regex::escape(&rest[..end]));
            rest = &rest[end..];
        }
    }
    out.push('$');
    out
}

/// Group names: `d` for text in double quotes, where `\"` and `\\` are escapes; `s` for single quotes; `p` for others.
const PARAMETERS: [(&str, &str); 4] = [
    ("{string}", r#"(?:"(?P<d#>(?:[^"\\]|\\.)*)"|'(?P<s#>[^']*)')"#),
    ("{int}", r"(?P<p#>-?[0-9]+)"),
    ("{number}", r"(?P<p#>-?[0-9]+(?:\.[0-9]+)?)"),
    ("{word}", r"(?P<p#>[^\s]+)"),
];

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(&next)) if next == '"' || next == '\\' => {
                out.push(next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(pattern: &str, text: &str) -> Option<Vec<String>> {
        Pattern::compile(pattern).expect("a pattern that compiles").arguments(text)
    }

    /// Both kinds of quotes, escapes, optional letters and anchoring: what every step relies on.
    #[test]
    fn finds_arguments() {
        assert_eq!(arguments("{string} has {int} session(s)", "\"ada\" has 3 sessions").unwrap(), ["ada", "3"]);
        assert_eq!(arguments("{string} has {int} session(s)", "\"ada\" has 1 session").unwrap(), ["ada", "1"]);
        assert_eq!(
            arguments("path {string}", r#"path 'members[value eq "x"]'"#).unwrap(),
            [r#"members[value eq "x"]"#]
        );
        assert_eq!(arguments("path {string}", r#"path "a \"b\" \\ \d""#).unwrap(), [r#"a "b" \ \d"#]);
        assert_eq!(arguments("within {number} second(s)", "within 0.5 seconds").unwrap(), ["0.5"]);
        assert_eq!(arguments("status is {int}", "status is 200 or 204"), None);
        assert_eq!(arguments("a {string} b {string}", "a \"\" b ''").unwrap(), ["", ""]);
        assert_eq!(
            arguments("{string} is {word}", r#""Žofie \"名前\"" is Müller"#).unwrap(),
            ["Žofie \"名前\"", "Müller"]
        );
    }
}
