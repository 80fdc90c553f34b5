//! The grammar of RFC 7644 figure 1, by recursive descent with the depth checked before each descent.

use super::{CompareOp, Filter, FilterError, Limits, lexer::Cursor};
use crate::scim::{leniency::Leniency, path::AttrPath};

/// Reads a filter as the RFC's grammar has it.
pub fn parse(text: &str, limits: &Limits) -> Result<Filter, FilterError> {
    Parser::new(text, limits, false).whole(false)
}

/// Reads a filter; with the leniency `sub-attribute-after-filter` also `emails[type eq "work"].value eq "x"`, which
/// becomes `emails[type eq "work" and value eq "x"]`.
pub fn parse_with(text: &str, limits: &Limits, leniency: &Leniency) -> Result<Filter, FilterError> {
    Parser::new(text, limits, leniency.sub_attribute_after_filter).whole(false)
}

/// Reads what stands between the brackets of a value path.
pub fn parse_value_filter(text: &str, limits: &Limits) -> Result<Filter, FilterError> {
    Parser::new(text, limits, false).whole(true)
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    limits: &'t Limits,
    length: usize,
    depth: usize,
    terms: usize,
    sub_after_filter: bool,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, limits: &'t Limits, sub_after_filter: bool) -> Self {
        Parser { cursor: Cursor::new(text), limits, length: text.len(), depth: 0, terms: 0, sub_after_filter }
    }

    fn whole(mut self, inside: bool) -> Result<Filter, FilterError> {
        if self.length > self.limits.length {
            return Err(self.cursor.error(format!("it is longer than {} bytes", self.limits.length)));
        }
        self.cursor.skip_blanks();
        if self.cursor.at_end() {
            return Err(self.cursor.error("it is empty; leave the filter out to select everything"));
        }
        let filter = self.any(inside)?;
        self.cursor.skip_blanks();
        if self.cursor.at_end() {
            return Ok(filter);
        }
        let found = self.cursor.found();
        Err(self.cursor.error(format!("expected `and`, `or` or the end, found {found}")))
    }

    /// Runs one level deeper.
    fn deeper<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, FilterError>) -> Result<T, FilterError> {
        if self.depth == self.limits.depth {
            return Err(self.cursor.error(format!("it is nested deeper than {} levels", self.limits.depth)));
        }
        self.depth += 1;
        let result = step(self);
        self.depth -= 1;
        result
    }

    fn any(&mut self, inside: bool) -> Result<Filter, FilterError> {
        self.joined("or", inside, |parser, inside| parser.joined("and", inside, Self::factor, Filter::And), Filter::Or)
    }

    /// `part *(SP word SP part)`.
    fn joined(
        &mut self,
        word: &str,
        inside: bool,
        part: impl Fn(&mut Self, bool) -> Result<Filter, FilterError>,
        join: fn(Vec<Filter>) -> Filter,
    ) -> Result<Filter, FilterError> {
        let first = part(self, inside)?;
        let mut parts = Vec::new();
        loop {
            let from = self.cursor.position();
            let blank = self.cursor.skip_blanks();
            if !self.cursor.peek_word().eq_ignore_ascii_case(word) {
                // The blank may be the one before `or`.
                self.cursor.rewind(from);
                break;
            }
            if !blank {
                return Err(self.cursor.error_at(from, format!("expected a blank before `{word}`")));
            }
            self.cursor.take_word();
            if !self.cursor.skip_blanks() {
                return Err(self.cursor.error(format!("expected a blank and an expression after `{word}`")));
            }
            parts.push(part(self, inside)?);
        }
        if parts.is_empty() {
            return Ok(first);
        }
        parts.insert(0, first);
        Ok(join(parts))
    }

    /// A group, `not`, a comparison, `pr`, or a value path.
    fn factor(&mut self, inside: bool) -> Result<Filter, FilterError> {
        if self.cursor.take(b'(') {
            return self.deeper(|parser| parser.group(inside));
        }
        if self.cursor.peek_word().eq_ignore_ascii_case("not") {
            let from = self.cursor.position();
            self.cursor.take_word();
            self.cursor.skip_blanks();
            if !self.cursor.take(b'(') {
                return Err(self.cursor.error_at(from, "expected `(` after `not`"));
            }
            return self.deeper(|parser| parser.group(inside)).map(|filter| Filter::Not(Box::new(filter)));
        }
        self.attribute(inside)
    }

    /// The rest of a group, the parenthesis being taken.
    fn group(&mut self, inside: bool) -> Result<Filter, FilterError> {
        self.cursor.skip_blanks();
        let filter = self.any(inside)?;
        self.cursor.skip_blanks();
        if self.cursor.take(b')') {
            return Ok(filter);
        }
        let found = self.cursor.found();
        Err(self.cursor.error(format!("expected `and`, `or` or `)`, found {found}")))
    }

    /// An expression that begins with an attribute.
    fn attribute(&mut self, inside: bool) -> Result<Filter, FilterError> {
        let from = self.cursor.position();
        let word = self.cursor.take_word();
        if word.is_empty() {
            let found = self.cursor.found();
            return Err(self.cursor.error(format!("expected an attribute, found {found}")));
        }
        let path = self.path(word, from)?;
        if self.cursor.take(b'[') {
            if inside {
                return Err(self.cursor.error_at(from, "brackets cannot stand inside brackets"));
            }
            return self.value_path(path);
        }
        self.comparison(path)
    }

    /// The path that a word is, and where.
    fn path(&self, word: &str, from: usize) -> Result<AttrPath, FilterError> {
        let path = AttrPath::parse(word).map_err(|error| self.cursor.error_at(from, error.to_string()))?;
        Ok(AttrPath { at: self.cursor.place(from), ..path })
    }

    /// The rest of `attribute [ … ]`, the bracket being taken.
    fn value_path(&mut self, path: AttrPath) -> Result<Filter, FilterError> {
        let inner = self.deeper(|parser| {
            parser.cursor.skip_blanks();
            parser.any(true)
        })?;
        self.cursor.skip_blanks();
        if !self.cursor.take(b']') {
            let found = self.cursor.found();
            return Err(self.cursor.error(format!("expected `and`, `or` or `]`, found {found}")));
        }
        let from = self.cursor.position();
        let Some(name) = self.cursor.peek_word().strip_prefix('.') else {
            return Ok(Filter::ValuePath { path, filter: Box::new(inner) });
        };
        if !self.sub_after_filter {
            return Err(self
                .cursor
                .error_at(from, "in a filter nothing follows the bracket; put the comparison inside"));
        }
        let sub = self.path(name, from + 1)?;
        self.cursor.take_word();
        let comparison = self.comparison(sub)?;
        let filter = match inner {
            Filter::And(mut parts) => {
                parts.push(comparison);
                Filter::And(parts)
            }
            other => Filter::And(vec![other, comparison]),
        };
        Ok(Filter::ValuePath { path, filter: Box::new(filter) })
    }

    /// `SP op SP value` or `SP pr`, the attribute being taken.
    fn comparison(&mut self, path: AttrPath) -> Result<Filter, FilterError> {
        self.terms += 1;
        if self.terms > self.limits.terms {
            return Err(self.cursor.error(format!("it has more than {} comparisons", self.limits.terms)));
        }
        let blank = self.cursor.skip_blanks();
        let from = self.cursor.position();
        let word = self.cursor.take_word();
        if word.is_empty() || !blank {
            return Err(self.cursor.error_at(from, format!("expected a blank and an operator after `{path}`")));
        }
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let Some(op) = CompareOp::parse(word) else {
            let known = "eq, ne, co, sw, ew, gt, ge, lt, le, pr";
            let word = crate::scim::path::shortened(word);
            return Err(self.cursor.error_at(from, format!("`{word}` is not an operator ({known})")));
        };
        if !self.cursor.skip_blanks() {
            return Err(self.cursor.error(format!("expected a blank and a value after `{op}`")));
        }
        Ok(Filter::Compare { path, op, value: self.cursor.literal()? })
    }
}
