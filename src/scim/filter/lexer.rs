//! Reads the words, strings and marks of a filter, one at a time, and knows where it is.

use serde_json::Number;

use super::{FilterError, Literal};
use crate::scim::path::Position;

/// A place in the text of a filter.
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

/// The number that a word is in JSON. A fraction is read to the nearest number there is, which the JSON reader does not
/// promise: what is printed must read back as the same.
fn number(word: &str) -> Option<Number> {
    let number: Number = serde_json::from_str(word).ok()?;
    if number.is_f64() { word.parse().ok().and_then(Number::from_f64) } else { Some(number) }
}

/// Characters that end a word.
fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'[' | b']' | b'(' | b')' | b'"')
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Cursor { text, at: 0 }
    }

    /// An error at a byte of the text.
    pub(super) fn error_at(&self, at: usize, message: impl Into<String>) -> FilterError {
        FilterError { position: self.characters(at), message: message.into() }
    }

    /// A byte of the text as a place for later messages.
    pub(super) fn place(&self, at: usize) -> Position {
        Position(Some(self.characters(at)))
    }

    /// How many characters stand before a byte.
    fn characters(&self, at: usize) -> usize {
        self.text[..at].chars().count()
    }

    /// An error where the cursor is.
    pub(super) fn error(&self, message: impl Into<String>) -> FilterError {
        self.error_at(self.at, message)
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Goes back to a position that the cursor had.
    pub(super) fn rewind(&mut self, to: usize) {
        self.at = to;
    }

    pub(super) fn at_end(&self) -> bool {
        self.at == self.text.len()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips blanks and says whether there were any.
    pub(super) fn skip_blanks(&mut self) -> bool {
        let from = self.at;
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
        self.at > from
    }

    /// Takes a mark if it comes next.
    pub(super) fn take(&mut self, mark: u8) -> bool {
        let there = self.peek() == Some(mark);
        if there {
            self.at += 1;
        }
        there
    }

    /// The word that comes next, without taking it; empty at a mark or at the end.
    pub(super) fn peek_word(&self) -> &'t str {
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(ends_word).unwrap_or(rest.len());
        &rest[..length]
    }

    /// Takes a word that was peeked at.
    pub(super) fn take_word(&mut self) -> &'t str {
        let word = self.peek_word();
        self.at += word.len();
        word
    }

    /// What comes next, for messages.
    pub(super) fn found(&self) -> String {
        let word = self.peek_word();
        if !word.is_empty() {
            return format!("`{}`", crate::scim::path::shortened(word));
        }
        match self.text[self.at..].chars().next() {
            Some(c) => format!("`{c}`"),
            None => "the end".to_owned(),
        }
    }

    /// A comparison value: a JSON string, number, `true`, `false` or `null`.
    pub(super) fn literal(&mut self) -> Result<Literal, FilterError> {
        if self.peek() == Some(b'"') {
            return self.string().map(Literal::String);
        }
        let from = self.at;
        let word = self.take_word();
        match word {
            "true" => Ok(Literal::Bool(true)),
            "false" => Ok(Literal::Bool(false)),
            "null" => Ok(Literal::Null),
            _ => match number(word) {
                Some(number) => Ok(Literal::Number(number)),
                None => {
                    self.at = from;
                    let found = self.found();
                    Err(self.error(format!(
                        "expected a value (a string in double quotes, a number, true, false or null), found {found}"
                    )))
                }
            },
        }
    }

    /// A JSON string with its escapes (RFC 8259 section 7).
    fn string(&mut self) -> Result<String, FilterError> {
        let from = self.at;
        let mut escaped = false;
        for (offset, byte) in self.text.bytes().enumerate().skip(from + 1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    self.at = offset + 1;
                    return serde_json::from_str(&self.text[from..self.at])
                        .map_err(|_| self.error_at(from, "the string is not a JSON string: look at its escapes"));
                }
                _ => {}
            }
        }
        Err(self.error_at(from, "the string is not closed"))
    }
}
