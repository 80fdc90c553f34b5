//! What the checks ask of a target's schemas again and again, read out of the JSON once.

use serde_json::Value;

use super::{
    shape::Shapes,
    values::{array, text},
};

/// The schemas of a [`Discovery`](super::Discovery), made ready for looking things up.
#[derive(Clone, Debug)]
pub(super) struct Digest {
    /// The shapes of the attributes.
    pub shapes: Shapes,
    /// Schemas with an id, in order: the id, the position, and the attributes.
    schemas: Vec<(String, usize, Vec<Entry>)>,
}

/// An attribute with a name, and its characteristics as far as they are stated.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub name: String,
    pub required: bool,
    pub returned: Option<String>,
    pub mutability: Option<String>,
}

impl Digest {
    pub fn of(schemas: &[Value]) -> Digest {
        Digest {
            shapes: Shapes::read(schemas),
            schemas: schemas
                .iter()
                .enumerate()
                .filter_map(|(at, schema)| {
                    let entries = array(schema, "attributes").into_iter().flatten().filter_map(Entry::of).collect();
                    Some((text(schema, "id")?.to_owned(), at, entries))
                })
                .collect(),
        }
    }

    /// The position of the schema with that id.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.find(id).map(|(_, at, _)| *at)
    }

    /// The attributes of the schema with that id; none if it is not known.
    pub fn attributes(&self, id: Option<&str>) -> &[Entry] {
        id.and_then(|id| self.find(id)).map_or(&[], |(_, _, entries)| entries)
    }

    fn find(&self, id: &str) -> Option<&(String, usize, Vec<Entry>)> {
        self.schemas.iter().find(|(known, ..)| known.eq_ignore_ascii_case(id))
    }
}

impl Entry {
    fn of(attribute: &Value) -> Option<Entry> {
        let stated = |name: &str| text(attribute, name).map(str::to_owned);
        Some(Entry {
            name: stated("name")?,
            required: attribute.get("required").and_then(Value::as_bool) == Some(true),
            returned: stated("returned"),
            mutability: stated("mutability"),
        })
    }
}
