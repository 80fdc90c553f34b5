//! Which attributes of a resource are shown (RFC 7644 sections 3.4.2.5 and 3.9; RFC 7643 section 7, `returned`).

pub mod text;

use serde_json::{Map, Value};

pub use self::text::Writer;

use super::{
    error::{ScimError, ScimType},
    patch::Operation,
    path::AttrPath,
    schema::{Attribute, Registry, ResourceType, Returned, Target},
    value::elements,
};

/// What the request says about attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Projection {
    mode: Mode,
    /// What is returned on request, and was in what the client wrote.
    written: Vec<Name>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Mode {
    /// Everything that is returned by default.
    #[default]
    Default,
    /// `attributes`: the minimum and these.
    Only(Vec<Name>),
    /// `excludedAttributes`: the default without these.
    Without(Vec<Name>),
}

/// An attribute by the names of the schema, or a whole extension.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    container: Option<String>,
    attribute: Option<String>,
    sub: Option<String>,
}

/// How much of a member is shown.
enum Shown {
    Whole,
    Nothing,
    /// Only the sub-attributes for which it answers true.
    Parts,
}

impl Projection {
    /// Reads the two parameters as a query string has them: names with commas between. Names that the type does not have
    /// select nothing. Both at once contradict each other (RFC 7644 section 3.9) and are refused.
    pub fn parse(
        attributes: Option<&str>,
        excluded: Option<&str>,
        rt: &ResourceType,
        registry: &Registry,
    ) -> Result<Projection, ScimError> {
        let split = |text: &str| text.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>();
        Self::from_names(
            &attributes.map(split).unwrap_or_default(),
            &excluded.map(split).unwrap_or_default(),
            &[rt],
            registry,
        )
    }

    /// The same for lists of names and, in a query at the root, several types.
    pub fn from_names(
        attributes: &[String],
        excluded: &[String],
        types: &[&ResourceType],
        registry: &Registry,
    ) -> Result<Projection, ScimError> {
        let resolve = |names: &[String]| -> Vec<Name> {
            names
                .iter()
                .filter(|name| !name.is_empty())
                .flat_map(|name| types.iter().filter_map(|rt| Name::resolve(name, rt, registry)))
                .collect()
        };
        let given = |names: &[String]| names.iter().any(|name| !name.is_empty());
        let mode = match (given(attributes), given(excluded)) {
            (false, false) => Mode::Default,
            (true, false) => Mode::Only(resolve(attributes)),
            (false, true) => Mode::Without(resolve(excluded)),
            (true, true) => {
                let detail = "`attributes` and `excludedAttributes` exclude each other; give one of them";
                return Err(ScimError::bad(ScimType::InvalidValue, detail));
            }
        };
        Ok(Projection { mode, written: Vec::new() })
    }

    /// Shows as well what is returned on request and stands in the document that the client wrote (RFC 7643 section 7).
    #[must_use]
    pub fn of_written(mut self, document: &Value, rt: &ResourceType, registry: &Registry) -> Projection {
        for (key, value) in document.as_object().into_iter().flatten() {
            if let Some(attribute) = registry.top_attribute(rt, key) {
                self.note(None, attribute, value);
            } else if let (Some(schema), Some(inner)) =
                (rt.extension(key).and_then(|urn| registry.schema(urn)), value.as_object())
            {
                for (key, value) in inner {
                    if let Some(attribute) = schema.attribute(key) {
                        self.note(Some(&schema.id), attribute, value);
                    }
                }
            }
        }
        self
    }

    /// The same for the operations of a PATCH.
    #[must_use]
    pub fn of_operations(mut self, operations: &[Operation], rt: &ResourceType, registry: &Registry) -> Projection {
        for operation in operations {
            let Some(Target::Attribute(at)) = registry.target(rt, &operation.path.attr) else { continue };
            let sub = at.sub.or_else(|| operation.path.sub.as_deref().and_then(|name| at.attribute.sub(name)));
            match sub {
                Some(sub) => self.push(at.container, at.attribute, Some(sub)),
                None => self.note(at.container, at.attribute, operation.value.as_ref().unwrap_or(&Value::Null)),
            }
        }
        self
    }

    fn note(&mut self, container: Option<&str>, attribute: &Attribute, value: &Value) {
        self.push(container, attribute, None);
        for sub in attribute.sub_attributes.iter().filter(|sub| sub.returned == Returned::Request) {
            if elements(value).iter().any(|element| element.get(&sub.name).is_some()) {
                self.push(container, attribute, Some(sub));
            }
        }
    }

    fn push(&mut self, container: Option<&str>, attribute: &Attribute, sub: Option<&Attribute>) {
        if attribute.returned == Returned::Request || sub.is_some_and(|sub| sub.returned == Returned::Request) {
            self.written.push(Name {
                container: container.map(str::to_owned),
                attribute: Some(attribute.name.clone()),
                sub: sub.map(|sub| sub.name.clone()),
            });
        }
    }

    /// Whether the request names attributes to show, in which case a PATCH answers with a body (RFC 7644 section 3.5.2).
    pub fn names_attributes(&self) -> bool {
        matches!(self.mode, Mode::Only(_))
    }

    /// Whether a top attribute of the base schema can be in the answer, so that an expensive one (`members`) need not be
    /// loaded in vain.
    pub fn wants(&self, attribute: &str) -> bool {
        let is = |name: &Name| {
            name.container.is_none() && name.attribute.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(attribute))
        };
        match &self.mode {
            Mode::Default => true,
            Mode::Only(names) => names.iter().any(is),
            Mode::Without(names) => !names.iter().any(|name| is(name) && name.sub.is_none()),
        }
    }

    fn shown(&self, container: Option<&str>, attribute: &Attribute) -> Shown {
        let is = |name: &Name| name.is(container, attribute);
        let on_request = attribute.returned == Returned::Request && !self.written.iter().any(is);
        let hides_parts = attribute.sub_attributes.iter().any(|sub| sub.returned != Returned::Default);
        let default = if hides_parts { Shown::Parts } else { Shown::Whole };
        match attribute.returned {
            Returned::Never => return Shown::Nothing,
            Returned::Always => return default,
            _ => {}
        }
        match &self.mode {
            Mode::Default if on_request => Shown::Nothing,
            Mode::Default => default,
            Mode::Only(names) => {
                let mut parts = attribute.sub_attributes.iter().any(|sub| sub.returned == Returned::Always);
                for name in names.iter().filter(|name| is(name)) {
                    if name.sub.is_none() {
                        return default;
                    }
                    parts = true;
                }
                if parts { Shown::Parts } else { Shown::Nothing }
            }
            Mode::Without(_) if on_request => Shown::Nothing,
            Mode::Without(names) => {
                let mut shown = default;
                for name in names.iter().filter(|name| is(name)) {
                    if name.sub.is_none() {
                        let always = attribute.sub_attributes.iter().any(|sub| sub.returned == Returned::Always);
                        return if always { Shown::Parts } else { Shown::Nothing };
                    }
                    shown = Shown::Parts;
                }
                shown
            }
        }
    }

    fn shows_part(&self, container: Option<&str>, attribute: &Attribute, sub: &Attribute) -> bool {
        match sub.returned {
            Returned::Always => return true,
            Returned::Never => return false,
            _ => {}
        }
        let named = |names: &[Name], whole: bool| {
            names.iter().filter(|name| name.is(container, attribute)).any(|name| match &name.sub {
                None => whole,
                Some(own) => *own == sub.name,
            })
        };
        let written = |name: &Name| name.is(container, attribute) && name.sub.as_ref() == Some(&sub.name);
        let default = sub.returned == Returned::Default || self.written.iter().any(written);
        match &self.mode {
            Mode::Default => default,
            Mode::Only(names) => named(names, default),
            Mode::Without(names) => default && !named(names, true),
        }
    }
}

impl Name {
    fn resolve(text: &str, rt: &ResourceType, registry: &Registry) -> Option<Name> {
        if text.eq_ignore_ascii_case(&rt.schema) {
            return Some(Name { container: None, attribute: None, sub: None });
        }
        let path = AttrPath::parse_in(text, rt).ok()?;
        Some(match registry.target(rt, &path)? {
            Target::Extension(schema) => Name { container: Some(schema.id.clone()), attribute: None, sub: None },
            Target::Attribute(at) => Name {
                container: at.container.map(str::to_owned),
                attribute: Some(at.attribute.name.clone()),
                sub: at.sub.map(|sub| sub.name.clone()),
            },
        })
    }

    fn is(&self, container: Option<&str>, attribute: &Attribute) -> bool {
        self.container.as_deref() == container && self.attribute.as_ref().is_none_or(|own| *own == attribute.name)
    }
}

/// What is shown of a resource. Members that no schema knows are not.
pub fn project(resource: &Value, projection: &Projection, rt: &ResourceType, registry: &Registry) -> Value {
    into_projected(resource.clone(), projection, rt, registry)
}

/// As [`project`], of a resource that is not needed any more: what is shown is moved, not copied.
pub fn into_projected(resource: Value, projection: &Projection, rt: &ResourceType, registry: &Registry) -> Value {
    let Value::Object(json) = resource else { return resource };
    let mut shown = Map::with_capacity(json.len());
    for (key, value) in json {
        if let Some(attribute) = registry.top_attribute(rt, &key) {
            if let Some(value) = visible(projection, None, attribute, value) {
                shown.insert(key, value);
            }
        } else if let (Some(schema), Value::Object(inner)) =
            (rt.extension(&key).and_then(|urn| registry.schema(urn)), value)
        {
            let mut extension = Map::with_capacity(inner.len());
            for (key, value) in inner {
                if let Some(attribute) = schema.attribute(&key)
                    && let Some(value) = visible(projection, Some(&schema.id), attribute, value)
                {
                    extension.insert(key, value);
                }
            }
            if !extension.is_empty() {
                shown.insert(key, Value::Object(extension));
            }
        }
    }
    Value::Object(shown)
}

fn visible(projection: &Projection, container: Option<&str>, attribute: &Attribute, value: Value) -> Option<Value> {
    match projection.shown(container, attribute) {
        Shown::Whole => Some(value),
        Shown::Nothing => None,
        Shown::Parts => {
            let part = |element: Value| -> Option<Value> {
                let Value::Object(mut json) = element else { return Some(element) };
                json.retain(|key, _| {
                    attribute.sub(key).is_some_and(|sub| projection.shows_part(container, attribute, sub))
                });
                (!json.is_empty()).then_some(Value::Object(json))
            };
            match value {
                Value::Array(elements) => {
                    let elements: Vec<Value> = elements.into_iter().filter_map(part).collect();
                    (!elements.is_empty()).then_some(Value::Array(elements))
                }
                one => part(one),
            }
        }
    }
}
