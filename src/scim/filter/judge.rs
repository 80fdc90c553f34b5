//! A prepared filter judges values: no look-ups, no errors.

use std::cmp::Ordering;

use serde_json::{Number, Value};
use time::OffsetDateTime;

use super::CompareOp;
use crate::scim::text;

#[derive(Debug, Clone)]
pub(super) enum Node<'r> {
    And(Vec<Node<'r>>),
    Or(Vec<Node<'r>>),
    Not(Box<Node<'r>>),
    Test(Place<'r>, Test),
    Elements(Place<'r>, Box<Node<'r>>),
}

/// Where values are found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'r> {
    /// `container`, then `attribute`, then `sub` of each element.
    Resource { container: Option<&'r str>, attribute: &'r str, sub: Option<&'r str> },
    /// A whole extension.
    Extension(&'r str),
    /// A sub-attribute of the element at hand; of a plain element, `value` is the element itself.
    Element(&'r str),
    /// The type has no such attribute.
    Nowhere,
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    Present,
    Absent,
    Bool { equal: bool, to: bool },
    Text { op: CompareOp, to: String, case_exact: bool },
    Instant { op: CompareOp, to: OffsetDateTime },
    Number { op: CompareOp, to: Number },
}

/// Whether a value counts as one: not null, not empty (RFC 7644 table 3, `pr`).
fn assigned(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(assigned),
        Value::Object(json) => json.values().any(assigned),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

impl Node<'_> {
    pub(super) fn holds(&self, value: &Value) -> bool {
        match self {
            Node::And(parts) => parts.iter().all(|part| part.holds(value)),
            Node::Or(parts) => parts.iter().any(|part| part.holds(value)),
            Node::Not(part) => !part.holds(value),
            Node::Test(place, test) => test.holds(place, value),
            Node::Elements(place, part) => {
                let mut found = false;
                place.each(value, &mut |element| found = found || part.holds(element));
                found
            }
        }
    }
}

impl Place<'_> {
    /// Calls with every value at the place, elements of a list one by one.
    fn each<'v>(&self, value: &'v Value, call: &mut dyn FnMut(&'v Value)) {
        match self {
            Place::Nowhere => {}
            Place::Extension(urn) => {
                if let Some(extension) = value.get(urn) {
                    call(extension);
                }
            }
            Place::Element(name) => match value {
                Value::Object(json) => json.get(*name).map_or((), call),
                plain => call(plain),
            },
            Place::Resource { container, attribute, sub } => {
                let holder = match container {
                    Some(urn) => value.get(urn),
                    None => Some(value),
                };
                let mut one = |element: &'v Value| match sub {
                    None => call(element),
                    Some(name) => match element {
                        Value::Object(json) => json.get(*name).map_or((), &mut *call),
                        plain if *name == "value" => call(plain),
                        _ => {}
                    },
                };
                match holder.and_then(|holder| holder.get(attribute)) {
                    None => {}
                    Some(Value::Array(elements)) => elements.iter().for_each(one),
                    Some(single) => one(single),
                }
            }
        }
    }
}

impl Test {
    fn holds(&self, place: &Place<'_>, value: &Value) -> bool {
        let (mut any, mut present, mut compared) = (false, false, false);
        place.each(value, &mut |found| {
            present = present || assigned(found);
            // The empty text is no value for `pr`, but it can be compared.
            if assigned(found) || found.as_str() == Some("") {
                compared = true;
                any = any || self.fits(found);
            }
        });
        if matches!(self, Test::Bool { .. }) {
            // RFC 7643 section 2.4: a `primary` that is not there is false. Other booleans have no such default.
            place.each_without_primary(value, &mut || {
                compared = true;
                any = any || self.fits(&Value::Bool(false));
            });
        }
        match self {
            Test::Present => present,
            Test::Absent => !present,
            test if test.is_ne() && !compared => true,
            _ => any,
        }
    }

    fn is_ne(&self) -> bool {
        matches!(
            self,
            Test::Bool { equal: false, .. }
                | Test::Text { op: CompareOp::Ne, .. }
                | Test::Instant { op: CompareOp::Ne, .. }
                | Test::Number { op: CompareOp::Ne, .. }
        )
    }

    /// Whether one value passes.
    fn fits(&self, value: &Value) -> bool {
        match self {
            Test::Present | Test::Absent => false,
            Test::Bool { equal, to } => value.as_bool().is_some_and(|flag| (flag == *to) == *equal),
            Test::Text { op, to, case_exact } => {
                value.as_str().is_some_and(|found| fits_text(*op, &text::key(found, *case_exact), to))
            }
            Test::Instant { op, to } => {
                value.as_str().and_then(text::instant).is_some_and(|found| fits_order(*op, found.cmp(to)))
            }
            Test::Number { op, to } => {
                value.as_number().and_then(|found| order(found, to)).is_some_and(|order| fits_order(*op, order))
            }
        }
    }
}

impl Place<'_> {
    /// Where the place is the `primary` of values: calls for every value that has none.
    fn each_without_primary(&self, value: &Value, call: &mut dyn FnMut()) {
        let mut one = |element: &Value| {
            if element.get("primary").is_none_or(Value::is_null) {
                call();
            }
        };
        match *self {
            Place::Element("primary") => one(value),
            Place::Resource { container, attribute, sub: Some("primary") } => {
                Place::Resource { container, attribute, sub: None }.each(value, &mut one);
            }
            _ => {}
        }
    }
}

fn fits_text(op: CompareOp, found: &str, to: &str) -> bool {
    match op {
        CompareOp::Co => found.contains(to),
        CompareOp::Sw => found.starts_with(to),
        CompareOp::Ew => found.ends_with(to),
        _ => fits_order(op, found.cmp(to)),
    }
}

fn fits_order(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}

/// Numbers in order; whole numbers exactly.
pub(in crate::scim) fn order(one: &Number, other: &Number) -> Option<Ordering> {
    let whole = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}
