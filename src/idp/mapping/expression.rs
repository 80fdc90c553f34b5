//! Mapping expressions in Entra's notation: `[attribute]`, `"text"`, and functions of them.
//!
//! A value is text or nothing; an expression that yields nothing, or an empty text, has no value, and the attribute is
//! not sent. The functions are those of Microsoft's expression reference that work on single values
//! (<https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data>).

use std::fmt;

use crate::idp::directory::{field_named, suggestion};

/// A parsed expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// The value of a directory attribute.
    Attribute(String),
    /// A text.
    Literal(String),
    /// An argument that was left empty, as in `Switch([IsSoftDeleted], , "False", …)`.
    Missing,
    /// A function.
    Call(Function, Vec<Expression>),
}

macro_rules! functions {
    ($( #[doc = $doc:literal] $variant:ident = $name:literal ($least:literal ..= $most:expr) ),+ $(,)?) => {
        /// The functions that an expression may call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function { $( #[doc = $doc] $variant ),+ }

        /// Name, least and most arguments of every function.
        const FUNCTIONS: &[(&str, Function, usize, usize)] = &[ $( ($name, Function::$variant, $least, $most) ),+ ];
    };
}

functions! {
    /// `Append(source, suffix)`.
    Append = "Append" (2 ..= 2),
    /// `Coalesce(a, b, …)`: the first that has a value.
    Coalesce = "Coalesce" (1 ..= usize::MAX),
    /// `IIF(condition, then, else)`: the condition is a text that is "True".
    Iif = "IIF" (3 ..= 3),
    /// `IsNullOrEmpty(source)`.
    IsNullOrEmpty = "IsNullOrEmpty" (1 ..= 1),
    /// `Join(separator, a, b, …)`: only those that have a value.
    Join = "Join" (2 ..= usize::MAX),
    /// `Mid(source, start, length)`: start counts from 1.
    Mid = "Mid" (3 ..= 3),
    /// `Not(source)`: "True" for "False" and the other way round.
    Not = "Not" (1 ..= 1),
    /// `Replace(source, old, new)`, with the seven-argument form of Microsoft's reference reduced to its first use.
    Replace = "Replace" (3 ..= 3),
    /// `SplitLeft(source, separator)`: what stands before the first separator; ours, for `user@domain`.
    SplitLeft = "SplitLeft" (2 ..= 2),
    /// `StripSpaces(source)`.
    StripSpaces = "StripSpaces" (1 ..= 1),
    /// `Switch(source, default, key, value, …)`.
    Switch = "Switch" (2 ..= usize::MAX),
    /// `ToLower(source)`.
    ToLower = "ToLower" (1 ..= 2),
    /// `ToUpper(source)`.
    ToUpper = "ToUpper" (1 ..= 2),
    /// `Trim(source)`.
    Trim = "Trim" (1 ..= 1),
}

/// Attributes that the engine computes: not in the directory, but mapped like the others.
pub const COMPUTED: &[&str] = &["IsSoftDeleted", "accountEnabled"];

impl Expression {
    /// Parses an expression. A bare word is an attribute.
    ///
    /// # Errors
    /// What is wrong, and at which character.
    pub fn parse(text: &str) -> Result<Expression, String> {
        let mut parser = Parser { chars: text.chars().collect(), at: 0, depth: 0 };
        let expression = parser.expression()?;
        parser.blanks();
        if parser.at < parser.chars.len() {
            return Err(format!("unexpected `{}` at character {}", parser.chars[parser.at], parser.at + 1));
        }
        Ok(expression)
    }

    /// The value, with `attribute` giving those of the directory. Never an empty text.
    pub fn evaluate(&self, attribute: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        self.raw(attribute).filter(|text| !text.is_empty())
    }

    fn raw(&self, attribute: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let (function, arguments) = match self {
            Expression::Attribute(name) => return attribute(name),
            Expression::Literal(text) => return Some(text.clone()),
            Expression::Missing => return None,
            Expression::Call(function, arguments) => (function, arguments),
        };
        let value = |index: usize| arguments.get(index).and_then(|argument| argument.evaluate(attribute));
        let truth = |truth: bool| Some(if truth { "True" } else { "False" }.to_owned());
        match function {
            Function::Append => Some(value(0)? + &value(1).unwrap_or_default()),
            Function::Coalesce => arguments.iter().find_map(|argument| argument.evaluate(attribute)),
            Function::Iif => value(if value(0).is_some_and(|text| text.eq_ignore_ascii_case("true")) { 1 } else { 2 }),
            Function::IsNullOrEmpty => truth(value(0).is_none()),
            Function::Join => {
                // The separator may well be a blank, which `evaluate` keeps, or empty, which it would drop.
                let separator = arguments[0].raw(attribute).unwrap_or_default();
                let parts: Vec<String> =
                    arguments[1..].iter().filter_map(|argument| argument.evaluate(attribute)).collect();
                Some(parts.join(&separator))
            }
            Function::Mid => {
                let start = value(1)?.parse::<usize>().ok()?.saturating_sub(1);
                let length = value(2)?.parse::<usize>().ok()?;
                Some(value(0)?.chars().skip(start).take(length).collect())
            }
            Function::Not => truth(!value(0)?.eq_ignore_ascii_case("true")),
            Function::Replace => {
                let (source, old) = (value(0)?, value(1).unwrap_or_default());
                if old.is_empty() { Some(source) } else { Some(source.replace(&old, &value(2).unwrap_or_default())) }
            }
            Function::SplitLeft => {
                let (source, separator) = (value(0)?, value(1).unwrap_or_default());
                Some(source.split_once(&separator).map_or(source.clone(), |(left, _)| left.to_owned()))
            }
            Function::StripSpaces => Some(value(0)?.split_whitespace().collect()),
            Function::Switch => {
                let source = value(0).unwrap_or_default();
                let mut pairs = arguments[2..].chunks_exact(2);
                pairs
                    .find(|pair| pair[0].evaluate(attribute).unwrap_or_default() == source)
                    .map_or_else(|| value(1), |pair| pair[1].evaluate(attribute))
            }
            Function::ToLower => Some(value(0)?.to_lowercase()),
            Function::ToUpper => Some(value(0)?.to_uppercase()),
            Function::Trim => Some(value(0)?.trim().to_owned()),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expression::Attribute(name) => write!(f, "[{name}]"),
            Expression::Literal(text) => write!(f, "\"{text}\""),
            Expression::Missing => Ok(()),
            Expression::Call(function, arguments) => {
                let name = FUNCTIONS.iter().find(|(_, known, ..)| known == function).map_or("", |(name, ..)| name);
                write!(f, "{name}(")?;
                for (index, argument) in arguments.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{argument}")?;
                }
                f.write_str(")")
            }
        }
    }
}

/// Deepest nesting of calls that is parsed.
const DEPTH: usize = 32;

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn blanks(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn until(&mut self, end: char) -> Result<String, String> {
        let from = self.at;
        while self.chars.get(self.at).is_some_and(|c| *c != end) {
            self.at += 1;
        }
        if self.at == self.chars.len() {
            return Err(format!("`{end}` is missing after character {from}"));
        }
        let text = self.chars[from..self.at].iter().collect();
        self.at += 1;
        Ok(text)
    }

    fn expression(&mut self) -> Result<Expression, String> {
        self.blanks();
        match self.chars.get(self.at) {
            Some('[') => {
                self.at += 1;
                let name = self.until(']')?;
                attribute(name.trim())
            }
            Some('"') => {
                self.at += 1;
                self.until('"').map(Expression::Literal)
            }
            Some(',' | ')') => Ok(Expression::Missing),
            Some(_) => {
                let from = self.at;
                while self.chars.get(self.at).is_some_and(|c| c.is_alphanumeric() || "_:.-".contains(*c)) {
                    self.at += 1;
                }
                let word: String = self.chars[from..self.at].iter().collect();
                if word.is_empty() {
                    return Err(format!("unexpected `{}` at character {}", self.chars[from], from + 1));
                }
                self.blanks();
                if self.chars.get(self.at) == Some(&'(') {
                    self.at += 1;
                    return self.call(&word);
                }
                if word.chars().all(|c| c.is_ascii_digit()) {
                    return Ok(Expression::Literal(word));
                }
                attribute(&word)
            }
            None => Err("the expression ends too early".to_owned()),
        }
    }

    fn call(&mut self, name: &str) -> Result<Expression, String> {
        let Some((known, function, least, most)) =
            FUNCTIONS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name))
        else {
            let near = suggestion(name, FUNCTIONS.iter().map(|(known, ..)| *known));
            return Err(format!("unknown function `{name}`{}", crate::idp::directory::did_you_mean(&near)));
        };
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("calls are nested deeper than {DEPTH}"));
        }
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.expression()?);
            self.blanks();
            match self.chars.get(self.at) {
                Some(',') => self.at += 1,
                Some(')') => {
                    self.at += 1;
                    break;
                }
                Some(other) => return Err(format!("unexpected `{other}` at character {}", self.at + 1)),
                None => return Err(format!("`)` of {known} is missing")),
            }
        }
        self.depth -= 1;
        if arguments.len() < *least || arguments.len() > *most {
            return Err(format!("{known} takes {least} or more arguments, not {}", arguments.len()));
        }
        Ok(Expression::Call(*function, arguments))
    }
}

fn attribute(name: &str) -> Result<Expression, String> {
    if COMPUTED.iter().any(|computed| computed.eq_ignore_ascii_case(name)) || name.starts_with("urn:") {
        return Ok(Expression::Attribute(name.to_owned()));
    }
    match field_named(name) {
        Some(_) => Ok(Expression::Attribute(name.to_owned())),
        None => {
            let near = suggestion(name, crate::idp::directory::FIELDS.iter().copied());
            Err(format!("unknown attribute `{name}`{}", crate::idp::directory::did_you_mean(&near)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<String> {
        Expression::parse(text).expect("a valid expression").evaluate(&|name| match name {
            "givenName" => Some("Ada".to_owned()),
            "surname" => Some("Love lace".to_owned()),
            "userPrincipalName" => Some("ada@example.com".to_owned()),
            "IsSoftDeleted" => Some("True".to_owned()),
            _ => None,
        })
    }

    /// The functions give what Microsoft's reference says, and an empty result is no value.
    #[test]
    fn evaluates() {
        assert_eq!(value(r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#).as_deref(), Some("False"));
        assert_eq!(value(r#"Join(" ", [givenName], [surname])"#).as_deref(), Some("Ada Love lace"));
        assert_eq!(value(r#"Join(" ", [title], [department])"#), None);
        assert_eq!(value(r#"Coalesce([mail], [userPrincipalName])"#).as_deref(), Some("ada@example.com"));
        assert_eq!(value(r#"Replace([userPrincipalName], "@example.com", "")"#).as_deref(), Some("ada"));
        assert_eq!(value("Mid([userPrincipalName], 5, 7)").as_deref(), Some("example"));
        assert_eq!(value(r#"IIF(IsNullOrEmpty([title]), "none", [title])"#).as_deref(), Some("none"));
        assert_eq!(value("Not([IsSoftDeleted])").as_deref(), Some("False"));
        assert_eq!(value("StripSpaces(ToUpper([surname]))").as_deref(), Some("LOVELACE"));
    }

    /// Wrong expressions are refused with a hint, and deep ones do not overflow the stack.
    #[test]
    fn refuses() {
        let error = |text: &str| Expression::parse(text).expect_err("invalid");
        assert!(error("Swich([title], , )").contains("`Switch`"));
        assert!(error("[givn_name]").contains("given_name"));
        assert!(error("Join(\" \", [givenName]").contains("missing"));
        assert!(error("[givenName] x").contains("character 13"));
        assert!(error(&"ToLower(".repeat(100_000)).contains("nested"));
    }

    /// What is shown can be read again.
    #[test]
    fn shows_itself() {
        let text = r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#;
        assert_eq!(Expression::parse(text).expect("valid").to_string(), text);
    }
}
