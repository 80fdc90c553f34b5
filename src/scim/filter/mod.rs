//! Filters (RFC 7644 section 3.4.2.2): read ([`parse`]), printed (`Display`), bound to a schema ([`Prepared`]) and
//! evaluated ([`matches`]).
//!
//! The tree is what was written, unresolved; [`Prepared`] looks every attribute up once, refuses comparisons that the
//! attribute's type does not allow, and then judges resources without further look-ups. Precedence is grouping, attribute
//! operators, `not`, `and`, `or` (erratum 4670); inside brackets logical expressions and groups are allowed and further
//! brackets are not (errata 4690, 7322); `not(` and `not (` are both accepted (erratum 7319).

mod judge;
mod lexer;
mod parser;
mod prepared;
mod print;

use serde_json::{Number, Value};

use super::{
    error::{ScimError, ScimType},
    leniency::Leniency,
    path::AttrPath,
    schema::{Registry, ResourceType},
};
pub(super) use judge::order;
pub use parser::{parse, parse_value_filter, parse_with};
pub use prepared::{ElementFilter, Prepared, UnknownAttributes};

/// How large a filter may be. Depth is checked before the parser descends, so no filter can overflow the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text.
    pub length: usize,
    /// Nested parentheses, brackets and `not`.
    pub depth: usize,
    /// Comparisons and `pr`.
    pub terms: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { length: 16 * 1024, depth: 32, terms: 512 }
    }
}

/// A filter as written.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of them; at least two.
    And(Vec<Filter>),
    /// Any of them; at least two.
    Or(Vec<Filter>),
    /// The opposite.
    Not(Box<Filter>),
    /// An attribute compared with a value.
    Compare {
        /// What is compared.
        path: AttrPath,
        /// How.
        op: CompareOp,
        /// With what.
        value: Literal,
    },
    /// `pr`: the attribute has a value.
    Present(AttrPath),
    /// `emails[…]`: one element meets all of it.
    ValuePath {
        /// The multi-valued (or complex) attribute.
        path: AttrPath,
        /// A filter over its sub-attributes.
        filter: Box<Filter>,
    },
}

impl Filter {
    /// `attribute eq "text"`.
    pub fn equals(attribute: &str, text: &str) -> Filter {
        Filter::Compare { path: AttrPath::top(attribute), op: CompareOp::Eq, value: Literal::String(text.to_owned()) }
    }
}

/// The comparing operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Greater than or equal to.
    Ge,
    /// Less than.
    Lt,
    /// Less than or equal to.
    Le,
}

impl CompareOp {
    /// Every operator.
    pub const ALL: [CompareOp; 9] = [
        CompareOp::Eq,
        CompareOp::Ne,
        CompareOp::Co,
        CompareOp::Sw,
        CompareOp::Ew,
        CompareOp::Gt,
        CompareOp::Ge,
        CompareOp::Lt,
        CompareOp::Le,
    ];

    /// The operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            CompareOp::Eq => "eq",
            CompareOp::Ne => "ne",
            CompareOp::Co => "co",
            CompareOp::Sw => "sw",
            CompareOp::Ew => "ew",
            CompareOp::Gt => "gt",
            CompareOp::Ge => "ge",
            CompareOp::Lt => "lt",
            CompareOp::Le => "le",
        }
    }

    /// The operator of a word; operators ignore case (RFC 7644 section 3.4.2.2).
    pub fn parse(text: &str) -> Option<CompareOp> {
        Self::ALL.into_iter().find(|op| op.as_str().eq_ignore_ascii_case(text))
    }

    /// `gt`, `ge`, `lt`, `le`.
    pub fn is_ordering(self) -> bool {
        matches!(self, CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le)
    }

    /// `co`, `sw`, `ew`.
    pub fn is_substring(self) -> bool {
        matches!(self, CompareOp::Co | CompareOp::Sw | CompareOp::Ew)
    }
}

/// A comparison value: JSON without objects and lists.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text.
    String(String),
    /// `true`, `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// `null`: the attribute has no value.
    Null,
}

impl Literal {
    /// The literal as a JSON value.
    pub fn to_json(&self) -> Value {
        match self {
            Literal::String(text) => Value::String(text.clone()),
            Literal::Bool(flag) => Value::Bool(*flag),
            Literal::Number(number) => Value::Number(number.clone()),
            Literal::Null => Value::Null,
        }
    }

    /// The kind, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Literal::String(_) => "a string",
            Literal::Bool(_) => "a boolean",
            Literal::Number(_) => "a number",
            Literal::Null => "null",
        }
    }
}

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid filter at character {}: {message}", .position + 1)]
pub struct FilterError {
    /// Where, in characters from 0.
    pub position: usize,
    /// What is wrong.
    pub message: String,
}

impl From<FilterError> for ScimError {
    fn from(error: FilterError) -> Self {
        ScimError::bad(ScimType::InvalidFilter, error.to_string())
    }
}

/// Whether a resource matches. Fails with `invalidFilter` if the filter does not fit the type. To judge many resources
/// by one filter, make a [`Prepared`] once.
pub fn matches(filter: &Filter, resource: &Value, rt: &ResourceType, registry: &Registry) -> Result<bool, ScimError> {
    Ok(Prepared::new(filter, rt, registry, UnknownAttributes::Refuse, &Leniency::lenient())?.matches(resource))
}
