//! Attribute mappings: which SCIM attribute gets its value from which expression over the directory.
//!
//! *text of the profile → [`parse`] → [`Expression`] → [`evaluate`] → value or nothing.* The language is Entra's
//! (<https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data>), and
//! understands Okta's functions of texts and lists, operators and names besides ([`okta`]); a bare word is an attribute, so
//! that plain mappings need no brackets. An expression that yields nothing, or an empty text, has no value, and the
//! attribute is not sent.

mod dates;
mod diacritics;
mod evaluate;
mod function;
mod okta;
mod parse;
mod replace;
mod texts;

use std::fmt;

pub use evaluate::{Context, Given};
pub use function::{FUNCTIONS, Function, Named};

use crate::idp::dialect::path::Target;

/// Attributes that the engine computes: not in the directory, but mapped like the others.
pub const COMPUTED: &[&str] = &["IsSoftDeleted", "accountEnabled"];

/// A parsed expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// The value of a directory attribute.
    Attribute(String),
    /// A text or a number.
    Literal(String),
    /// An argument that was left empty, as in `Switch([IsSoftDeleted], , "False", …)`.
    Missing,
    /// A function.
    Call(Function, Vec<Expression>),
    /// A comparison, as the condition of `IIF` and the argument of `CBool`.
    Compare(Box<Expression>, Comparison, Box<Expression>),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

/// The comparisons as they are written, the longer ones first.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("<>", Comparison::NotEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<=", Comparison::LessOrEqual),
    ("=", Comparison::Equal),
    (">", Comparison::Greater),
    ("<", Comparison::Less),
];

impl Expression {
    /// Parses an expression. A bare word is an attribute.
    ///
    /// # Errors
    /// What is wrong, and at which character.
    pub fn parse(text: &str) -> Result<Expression, String> {
        parse::parse(text)
    }

    /// The value in that context; never an empty text, never an empty list.
    pub fn evaluate(&self, context: &Context<'_>) -> Option<Given> {
        evaluate::evaluate(self, context)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expression::Attribute(name) => write!(f, "[{name}]"),
            Expression::Literal(text) => write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            Expression::Missing => Ok(()),
            Expression::Compare(left, comparison, right) => {
                let sign = COMPARISONS.iter().find(|(_, known)| known == comparison).map_or("=", |(sign, _)| sign);
                write!(f, "{left} {sign} {right}")
            }
            Expression::Call(Function::Choose, arguments) if arguments.len() == 3 => {
                write!(f, "({} ? {} : {})", arguments[0], arguments[1], arguments[2])
            }
            Expression::Call(function @ (Function::And | Function::Or), arguments) if arguments.len() == 2 => {
                write!(f, "({} {} {})", arguments[0], function.name(), arguments[1])
            }
            Expression::Call(function, arguments) => {
                write!(f, "{}(", function.name())?;
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

/// One line of an attribute mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// SCIM attribute in the notation of a PATCH path: `name.givenName`, `emails[type eq "work"].value`,
    /// `urn:…:User:department`.
    pub target: String,
    /// Where the value comes from.
    pub source: Expression,
}

impl Mapping {
    /// Parses the target and the source of a mapping.
    ///
    /// # Errors
    /// What is wrong with the path or the expression.
    pub fn parse(target: &str, source: &str) -> Result<Mapping, String> {
        let target = okta::target(target);
        if !is_path(&target) {
            return Err(format!(
                "`{target}` is no attribute path; one is `displayName`, `name.givenName`, `emails[type eq \"work\"].value` \
                 or `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`"
            ));
        }
        Ok(Mapping { target, source: Expression::parse(source)? })
    }

    /// The source as it would be written in a profile.
    pub fn source_text(&self) -> String {
        self.source.to_string()
    }
}

/// Whether a target is an attribute, a sub-attribute, or one of the elements that a quoted value selects.
fn is_path(target: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '$')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_$".contains(&byte))
    };
    let path = Target::parse(target);
    let quoted = path.filter.is_none_or(|(key, value)| is_name(key) && target.contains(&format!("\"{value}\"]")));
    is_name(path.attribute) && path.sub.is_none_or(is_name) && quoted
}
