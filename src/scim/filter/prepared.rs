//! A filter bound to a resource type: attributes looked up, types checked, comparison values ready.
//!
//! Where the RFC is silent (rfc 7644 section 3.4.2.2 says nothing of absent values): `ne` holds when there is no value;
//! on several values `ne`, like every operator, holds when it holds for one of them; `eq null` is `not pr`.

use serde_json::Value;

use super::{
    CompareOp, Filter, FilterError, Literal,
    judge::{Node, Place, Test},
};
use crate::scim::{
    error::{ScimError, ScimType},
    leniency::Leniency,
    path::AttrPath,
    schema::{Attribute, Registry, ResourceType, Returned, Target, Type},
    text,
};

/// What becomes of an attribute that the resource type does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownAttributes {
    /// The filter is refused: on one type it is a mistake, and answering "nothing" would hide it.
    Refuse,
    /// It has no value: in a query over several types (RFC 7644 section 3.4.2.1).
    HaveNoValue,
}

/// A filter ready to judge resources of one type.
#[derive(Debug, Clone)]
pub struct Prepared<'r>(Node<'r>);

/// A filter ready to judge the elements of one multi-valued attribute.
#[derive(Debug, Clone)]
pub struct ElementFilter<'r>(Node<'r>);

/// A comparison that is refused for the attribute in it.
fn refuse(path: &AttrPath, message: String) -> ScimError {
    match path.at.0 {
        Some(position) => FilterError { position, message }.into(),
        None => ScimError::bad(ScimType::InvalidFilter, message),
    }
}

impl<'r> Prepared<'r> {
    /// Binds a filter to a type.
    pub fn new(
        filter: &Filter,
        rt: &'r ResourceType,
        registry: &'r Registry,
        unknown: UnknownAttributes,
        leniency: &Leniency,
    ) -> Result<Prepared<'r>, ScimError> {
        Binder { rt, registry, unknown, leniency }.bind(filter).map(Prepared)
    }

    /// Whether a resource matches.
    pub fn matches(&self, resource: &Value) -> bool {
        self.0.holds(resource)
    }
}

impl<'r> ElementFilter<'r> {
    /// Binds a filter to the elements of an attribute.
    pub fn new(filter: &Filter, attribute: &'r Attribute, leniency: &Leniency) -> Result<ElementFilter<'r>, ScimError> {
        bind_element(filter, attribute, leniency).map(ElementFilter)
    }

    /// Whether an element matches.
    pub fn matches(&self, element: &Value) -> bool {
        self.0.holds(element)
    }
}

struct Binder<'r, 'l> {
    rt: &'r ResourceType,
    registry: &'r Registry,
    unknown: UnknownAttributes,
    leniency: &'l Leniency,
}

impl<'r> Binder<'r, '_> {
    fn bind(&self, filter: &Filter) -> Result<Node<'r>, ScimError> {
        Ok(match filter {
            Filter::And(parts) => Node::And(parts.iter().map(|part| self.bind(part)).collect::<Result<_, _>>()?),
            Filter::Or(parts) => Node::Or(parts.iter().map(|part| self.bind(part)).collect::<Result<_, _>>()?),
            Filter::Not(part) => Node::Not(Box::new(self.bind(part)?)),
            Filter::Present(path) => Node::Test(self.place(path)?.0, Test::Present),
            Filter::Compare { path, op, value } => {
                let (place, attribute) = self.place(path)?;
                self.compare(path, place, attribute, *op, value)?
            }
            Filter::ValuePath { path, filter } => match self.place(path)? {
                (Place::Nowhere, _) => Node::Test(Place::Nowhere, Test::Present),
                (place @ Place::Resource { sub: None, .. }, Some(attribute))
                    if attribute.multi_valued || attribute.type_ == Type::Complex =>
                {
                    Node::Elements(place, Box::new(bind_element(filter, attribute, self.leniency)?))
                }
                _ => {
                    return Err(refuse(path, format!("`{path}` has no values that a filter in brackets could select")));
                }
            },
        })
    }

    /// Where a path leads, and the attribute that says how its values compare.
    fn place(&self, path: &AttrPath) -> Result<(Place<'r>, Option<&'r Attribute>), ScimError> {
        if !self.leniency.dot_after_urn && self.registry.dot_after_urn(self.rt, path) {
            return Err(refuse(path, format!("`{path}` needs a colon between the schema URN and the attribute")));
        }
        match self.registry.target(self.rt, path) {
            Some(Target::Extension(schema)) => Ok((Place::Extension(&schema.id), None)),
            Some(Target::Attribute(at)) => {
                visible(path, at.attribute)?;
                visible(path, at.leaf())?;
                let place = Place::Resource {
                    container: at.container,
                    attribute: &at.attribute.name,
                    sub: at.sub.map(|sub| sub.name.as_str()),
                };
                Ok((place, Some(at.leaf())))
            }
            None if self.unknown == UnknownAttributes::HaveNoValue => Ok((Place::Nowhere, None)),
            None => Err(refuse(path, format!("{} has no attribute `{path}`", self.rt.name))),
        }
    }

    fn compare(
        &self,
        path: &AttrPath,
        place: Place<'r>,
        attribute: Option<&'r Attribute>,
        op: CompareOp,
        value: &Literal,
    ) -> Result<Node<'r>, ScimError> {
        let Some(attribute) = attribute else {
            return match place {
                Place::Nowhere => Ok(Node::Test(place, nowhere(op, value))),
                _ => Err(refuse(path, format!("`{path}` is an extension; compare one of its attributes"))),
            };
        };
        let (place, attribute) = match (place, attribute.type_) {
            (_, Type::Complex) if *value == Literal::Null => (place, attribute),
            // RFC 7644 figure 2 writes `emails co "…"`; what is meant is `emails.value`.
            (Place::Resource { container, attribute: name, sub: None }, Type::Complex) => {
                match attribute.sub("value") {
                    Some(sub) => (Place::Resource { container, attribute: name, sub: Some(&sub.name) }, sub),
                    None => {
                        return Err(refuse(path, format!("`{path}` is complex; compare one of its sub-attributes")));
                    }
                }
            }
            _ => (place, attribute),
        };
        Ok(Node::Test(place, test(path, attribute, op, value, self.leniency)?))
    }
}

/// Secrets cannot be searched: a filter would be an oracle (RFC 7644 section 7.5.2).
fn visible(path: &AttrPath, attribute: &Attribute) -> Result<(), ScimError> {
    if attribute.returned != Returned::Never {
        return Ok(());
    }
    let detail = format!("`{path}` is never returned and cannot be searched");
    Err(ScimError { status: 403, scim_type: Some(ScimType::Sensitive), detail })
}

/// A comparison with an attribute that has no value.
fn nowhere(op: CompareOp, value: &Literal) -> Test {
    match (op, value) {
        (CompareOp::Eq, Literal::Null) => Test::Absent,
        (CompareOp::Ne, Literal::Null) => Test::Present,
        (CompareOp::Ne, _) => Test::Absent,
        _ => Test::Present,
    }
}

fn bind_element<'r>(filter: &Filter, attribute: &'r Attribute, leniency: &Leniency) -> Result<Node<'r>, ScimError> {
    let bind = |part: &Filter| bind_element(part, attribute, leniency);
    Ok(match filter {
        Filter::And(parts) => Node::And(parts.iter().map(bind).collect::<Result<_, _>>()?),
        Filter::Or(parts) => Node::Or(parts.iter().map(bind).collect::<Result<_, _>>()?),
        Filter::Not(part) => Node::Not(Box::new(bind(part)?)),
        Filter::Present(path) => Node::Test(element_place(path, attribute)?.0, Test::Present),
        Filter::Compare { path, op, value } => {
            let (place, sub) = element_place(path, attribute)?;
            Node::Test(place, test(path, sub, *op, value, leniency)?)
        }
        Filter::ValuePath { path, .. } => {
            return Err(refuse(path, format!("brackets cannot stand inside brackets, at `{path}`")));
        }
    })
}

fn element_place<'r>(path: &AttrPath, attribute: &'r Attribute) -> Result<(Place<'r>, &'r Attribute), ScimError> {
    let unknown = || refuse(path, format!("`{}` has no sub-attribute `{path}`", attribute.name));
    if path.schema.is_some() || path.sub.is_some() {
        return Err(unknown());
    }
    if attribute.type_ != Type::Complex {
        // The elements of a plain list are addressed as `value`, as they would be if they were complex.
        return if path.attribute.eq_ignore_ascii_case("value") {
            Ok((Place::Element("value"), attribute))
        } else {
            Err(unknown())
        };
    }
    let sub = attribute.sub(&path.attribute).ok_or_else(unknown)?;
    visible(path, sub)?;
    Ok((Place::Element(&sub.name), sub))
}

/// A comparison, if the attribute's type allows it (RFC 7644 section 3.4.2.2, table 3).
fn test(
    path: &AttrPath,
    attribute: &Attribute,
    op: CompareOp,
    value: &Literal,
    leniency: &Leniency,
) -> Result<Test, ScimError> {
    let type_ = attribute.type_;
    let impossible =
        || refuse(path, format!("`{path}` is of type {} and cannot be compared with `{op}`", type_.as_str()));
    let mismatch =
        || refuse(path, format!("`{path}` is of type {} and is compared with {}", type_.as_str(), value.kind()));
    if *value == Literal::Null {
        return match op {
            CompareOp::Eq => Ok(Test::Absent),
            CompareOp::Ne => Ok(Test::Present),
            _ => Err(refuse(path, format!("`null` can be compared with `eq` and `ne` only, at `{path}`"))),
        };
    }
    match type_ {
        Type::Complex => Err(refuse(path, format!("`{path}` is complex; compare one of its sub-attributes"))),
        Type::Boolean => {
            let to = match value {
                Literal::Bool(flag) => *flag,
                Literal::String(word) if leniency.boolean_filter_strings => text::boolean(word).ok_or_else(mismatch)?,
                _ => return Err(mismatch()),
            };
            match op {
                CompareOp::Eq => Ok(Test::Bool { equal: true, to }),
                CompareOp::Ne => Ok(Test::Bool { equal: false, to }),
                _ => Err(impossible()),
            }
        }
        Type::Integer | Type::Decimal => match value {
            Literal::Number(_) if op.is_substring() => Err(impossible()),
            Literal::Number(to) => Ok(Test::Number { op, to: to.clone() }),
            _ => Err(mismatch()),
        },
        Type::Binary if op.is_ordering() => Err(impossible()),
        Type::DateTime if !op.is_substring() => match value {
            Literal::String(time) => match text::instant(time) {
                Some(to) => Ok(Test::Instant { op, to }),
                None => Err(refuse(path, format!("`{path}` is a date and time, such as 2026-11-24T08:00:00Z"))),
            },
            _ => Err(mismatch()),
        },
        Type::String | Type::Reference | Type::Binary | Type::DateTime => match value {
            Literal::String(to) => {
                let case_exact = attribute.case_exact;
                Ok(Test::Text { op, to: text::key(to, case_exact).into_owned(), case_exact })
            }
            _ => Err(mismatch()),
        },
    }
}
