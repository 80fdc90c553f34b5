//! The shape of attributes, as far as a value in a response can be held against it.

use std::{fmt, sync::LazyLock};

use serde_json::{Map, Value};

use super::{
    Context, Representation,
    values::{array, is_unassigned, text},
};
use crate::scim::schema::{Attribute, Registry, Type};

/// An attribute: name, type, whether it holds a list, and its sub-attributes.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Name; compared without case.
    pub name: String,
    /// Data type.
    pub type_: Type,
    /// Whether it holds a list.
    pub multi_valued: bool,
    /// Sub-attributes of a complex attribute.
    pub subs: Vec<Shape>,
}

impl Shape {
    fn of(attribute: &Attribute) -> Shape {
        Shape {
            name: attribute.name.clone(),
            type_: attribute.type_,
            multi_valued: attribute.multi_valued,
            subs: attribute.sub_attributes.iter().map(Shape::of).collect(),
        }
    }

    /// From a Schema resource; attributes of unknown type are left out, for nothing can be said of their values.
    fn advertised(attribute: &Value) -> Option<Shape> {
        Some(Shape {
            name: text(attribute, "name")?.to_owned(),
            type_: match attribute.get("type") {
                None => Type::String,
                Some(it) => Type::parse(it.as_str()?)?,
            },
            multi_valued: attribute.get("multiValued").and_then(Value::as_bool).unwrap_or(false),
            subs: array(attribute, "subAttributes").into_iter().flatten().filter_map(Shape::advertised).collect(),
        })
    }

    fn all_advertised(schema: &Value) -> Vec<Shape> {
        array(schema, "attributes").into_iter().flatten().filter_map(Shape::advertised).collect()
    }
}

static COMMON: LazyLock<Vec<Shape>> = LazyLock::new(|| Registry::common().iter().map(Shape::of).collect());

/// The schemas of RFC 7643 section 8.7.1, by URN.
static STANDARD: LazyLock<Vec<(String, Vec<Shape>)>> = LazyLock::new(|| {
    Registry::standard()
        .schemas()
        .map(|schema| (schema.id.clone(), schema.attributes.iter().map(Shape::of).collect()))
        .collect()
});

/// The shapes of a target's own schemas.
#[derive(Clone, Debug, Default)]
pub(super) struct Shapes {
    own: Vec<(String, Vec<Shape>)>,
}

impl Shapes {
    /// Reads the advertised schemas that are not the RFC's: those of the RFC count as the RFC has them.
    pub(super) fn read(schemas: &[Value]) -> Shapes {
        let own = schemas
            .iter()
            .filter_map(|schema| Some((text(schema, "id")?, schema)))
            .filter(|(id, _)| standard(id).is_none())
            .map(|(id, schema)| (id.to_owned(), Shape::all_advertised(schema)))
            .collect();
        Shapes { own }
    }

    fn schema(&self, urn: &str) -> Option<&[Shape]> {
        standard(urn).or_else(|| {
            self.own.iter().find(|(id, _)| id.eq_ignore_ascii_case(urn)).map(|(_, shapes)| shapes.as_slice())
        })
    }
}

fn standard(urn: &str) -> Option<&'static [Shape]> {
    STANDARD.iter().find(|(id, _)| id.eq_ignore_ascii_case(urn)).map(|(_, shapes)| shapes.as_slice())
}

/// What a walk meets.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'v> {
    /// An attribute as a whole, lists not opened.
    Whole(&'v Value),
    /// One value of it: the value itself, or each element of the list.
    One(&'v Value),
}

/// Where a value stands, for a person: `emails.primary`. It becomes text only where that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    name: &'p str,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        f.write_str(self.name)
    }
}

/// Shows `look` every value of a resource whose attribute is known: the whole, then each one, then its
/// sub-attributes.
pub(super) fn walk<'v>(
    one: Representation<'v>,
    context: &Context<'_>,
    look: &mut dyn FnMut(Path<'_>, &Shape, Part<'v>),
) {
    let shapes = &context.discovery.digest().shapes;
    let base =
        one.endpoint.and_then(|endpoint| context.discovery.base_schema(endpoint)).and_then(|urn| shapes.schema(urn));
    for (name, value) in one.value {
        if let Some(shapes) = name.contains(':').then(|| shapes.schema(name)).flatten() {
            if let Some(extension) = value.as_object() {
                for (inner, value) in extension {
                    visit(find(shapes, inner), None, inner, value, look);
                }
            }
            continue;
        }
        let shape = find(&COMMON, name).or_else(|| base.and_then(|shapes| find(shapes, name)));
        visit(shape, None, name, value, look);
    }
}

fn find<'s>(shapes: &'s [Shape], name: &str) -> Option<&'s Shape> {
    shapes.iter().find(|shape| shape.name.eq_ignore_ascii_case(name))
}

fn visit<'v>(
    shape: Option<&Shape>,
    parent: Option<&Path<'_>>,
    name: &str,
    value: &'v Value,
    look: &mut dyn FnMut(Path<'_>, &Shape, Part<'v>),
) {
    let Some(shape) = shape else { return };
    if is_unassigned(value) {
        return;
    }
    let path = Path { parent, name };
    look(path, shape, Part::Whole(value));
    let mut single = |value: &'v Value| {
        if value.is_null() {
            return;
        }
        look(path, shape, Part::One(value));
        if let Some(members) = value.as_object() {
            for (sub, value) in members {
                visit(find(&shape.subs, sub), Some(&path), sub, value, look);
            }
        }
    };
    match value {
        Value::Array(items) => items.iter().for_each(&mut single),
        other => single(other),
    }
}

/// The lists of objects in a resource, also inside extensions, with their paths.
pub(super) fn lists_of_objects(resource: &Map<String, Value>) -> Vec<(&str, Vec<&Map<String, Value>>)> {
    let mut found = Vec::new();
    collect(resource, &mut found);
    for extension in resource.iter().filter(|(name, _)| name.contains(':')).filter_map(|(_, value)| value.as_object()) {
        collect(extension, &mut found);
    }
    found
}

fn collect<'v>(members: &'v Map<String, Value>, into: &mut Vec<(&'v str, Vec<&'v Map<String, Value>>)>) {
    for (name, value) in members {
        let objects: Vec<&Map<String, Value>> =
            value.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
        if !objects.is_empty() {
            into.push((name, objects));
        }
    }
}
