//! Prints filters so that they read back as the same tree.

use std::fmt;

use super::{CompareOp, Filter, Literal};

impl fmt::Display for CompareOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::String(text) => f.write_str(&serde_json::Value::String(text.clone()).to_string()),
            Literal::Bool(flag) => write!(f, "{flag}"),
            Literal::Number(number) => write!(f, "{number}"),
            Literal::Null => f.write_str("null"),
        }
    }
}

/// Writes parts with a word between them; `group` says which parts need parentheses.
fn joined(f: &mut fmt::Formatter<'_>, parts: &[Filter], word: &str, group: fn(&Filter) -> bool) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            write!(f, " {word} ")?;
        }
        if group(part) { write!(f, "({part})")? } else { write!(f, "{part}")? }
    }
    Ok(())
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Filter::And(parts) => joined(f, parts, "and", |part| matches!(part, Filter::And(_) | Filter::Or(_))),
            Filter::Or(parts) => joined(f, parts, "or", |part| matches!(part, Filter::Or(_))),
            Filter::Not(filter) => write!(f, "not ({filter})"),
            Filter::Compare { path, op, value } => write!(f, "{path} {op} {value}"),
            Filter::Present(path) => write!(f, "{path} pr"),
            Filter::ValuePath { path, filter } => write!(f, "{path}[{filter}]"),
        }
    }
}
