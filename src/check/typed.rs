//! The rules that hold a value against the shape of its attribute, all asked in one walk over a response.
//!
//! Each of them is a check of its own, and all look at the same values: one that walked by itself would look up every
//! attribute of every resource once more.

use serde_json::Value;

use super::{
    Context, Mismatch, Seen, Sight,
    shape::{Part, Shape, walk},
    values::{base64, brief, is_date_time, is_uri_reference},
};
use crate::scim::schema::Type;

/// A rule about a value and the shape of its attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Elements of complex multi-valued attributes are objects.
    Elements,
    /// A `type` without quotation marks around it.
    Quotes,
    /// Arrays for multi-valued attributes, objects for complex ones.
    Shape,
    /// A value of that type is written as the type is written.
    Written(Type),
}

/// All rules, in the order of the places in [`Typed`].
const RULES: [Rule; 9] = [
    Rule::Elements,
    Rule::Quotes,
    Rule::Shape,
    Rule::Written(Type::Boolean),
    Rule::Written(Type::Decimal),
    Rule::Written(Type::Integer),
    Rule::Written(Type::DateTime),
    Rule::Written(Type::Binary),
    Rule::Written(Type::Reference),
];

/// What all the values of one response come to, rule by rule.
#[derive(Debug, Default)]
pub(super) struct Typed([Found; RULES.len()]);

/// Whether a rule was about any value, and the first that breaks it.
#[derive(Debug, Default)]
struct Found {
    judged: bool,
    wrong: Option<String>,
}

/// What one rule makes of a response; the first value that breaks it is the evidence.
pub(super) fn typed(seen: &Seen<'_>, context: &Context<'_>, rule: Rule, expected: &str) -> Sight {
    let typed = seen.typed.get_or_init(|| Typed::read(seen, context));
    let found = RULES.iter().zip(&typed.0).find(|(known, _)| **known == rule).map(|(_, found)| found)?;
    match &found.wrong {
        Some(actual) => Some(Err(Mismatch::new(expected, actual))),
        None => found.judged.then_some(Ok(())),
    }
}

impl Typed {
    fn read(seen: &Seen<'_>, context: &Context<'_>) -> Typed {
        let mut typed = Typed::default();
        for one in seen.representations() {
            walk(one, context, &mut |path, shape, part| {
                for (rule, found) in RULES.into_iter().zip(&mut typed.0) {
                    match rule.holds(shape, part) {
                        Some(true) => found.judged = true,
                        Some(false) if found.wrong.is_none() => {
                            let (Part::Whole(value) | Part::One(value)) = part;
                            found.wrong = Some(format!("{path}: {}", brief(value)));
                        }
                        _ => {}
                    }
                }
            });
        }
        typed
    }
}

impl Rule {
    /// Whether it holds; `None` if it is not about such a value.
    fn holds(self, shape: &Shape, part: Part<'_>) -> Option<bool> {
        match (self, part) {
            (Rule::Elements, Part::One(value)) if shape.type_ == Type::Complex && shape.multi_valued => {
                Some(value.is_object())
            }
            (Rule::Quotes, Part::One(Value::String(text))) if shape.name == "type" => {
                Some(!(text.len() > 1 && text.starts_with('"') && text.ends_with('"')))
            }
            (Rule::Shape, Part::Whole(value)) => Some(value.is_array() == shape.multi_valued),
            (Rule::Shape, Part::One(value)) if shape.type_ == Type::Complex => Some(value.is_object()),
            (Rule::Shape, Part::One(value)) => Some(!value.is_object() && !value.is_array()),
            (Rule::Written(type_), Part::One(value)) if shape.type_ == type_ => match type_ {
                Type::Boolean => Some(value.is_boolean()),
                Type::Decimal => Some(value.is_number()),
                Type::Integer => Some(value.is_i64() || value.is_u64()),
                Type::DateTime => Some(value.as_str().is_some_and(is_date_time)),
                Type::Binary => Some(value.as_str().is_some_and(|text| base64(text).is_some())),
                Type::Reference => matches!(shape.name.as_str(), "$ref" | "location")
                    .then(|| value.as_str().is_some_and(is_uri_reference)),
                _ => None,
            },
            _ => None,
        }
    }
}
