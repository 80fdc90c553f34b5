//! All schemas and resource types that a server knows, and how a path finds its attribute in them.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value, json};

use super::{Attribute, SchemaError, load};
use crate::scim::{path::AttrPath, urn};

/// A schema: a URI and its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The URI.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The attribute of that name; names ignore case.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }

    /// The schema as `/Schemas/{id}` shows it; `base_url` without a slash at its end.
    pub fn to_json(&self, base_url: &str) -> Value {
        json!({
            "schemas": [urn::SCHEMA],
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "attributes": self.attributes.iter().map(Attribute::to_json).collect::<Vec<_>>(),
            "meta": { "resourceType": "Schema", "location": format!("{base_url}/Schemas/{}", self.id) },
        })
    }
}

/// A kind of resource: where it is and which schemas it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// Id, by default the name.
    pub id: String,
    /// Name, which is `meta.resourceType` of its resources.
    pub name: String,
    /// Path below the base URL, such as `/Users`.
    pub endpoint: String,
    /// What it is for.
    pub description: String,
    /// URI of the base schema.
    pub schema: String,
    /// URIs of the extensions, and whether every resource must have them.
    pub extensions: Vec<(String, bool)>,
}

impl ResourceType {
    /// The type as `/ResourceTypes/{id}` shows it; `base_url` without a slash at its end.
    pub fn to_json(&self, base_url: &str) -> Value {
        let mut json = Map::new();
        json.insert("schemas".into(), json!([urn::RESOURCE_TYPE]));
        json.insert("id".into(), self.id.clone().into());
        json.insert("name".into(), self.name.clone().into());
        json.insert("endpoint".into(), self.endpoint.clone().into());
        json.insert("description".into(), self.description.clone().into());
        json.insert("schema".into(), self.schema.clone().into());
        let extensions: Vec<Value> = self
            .extensions
            .iter()
            .map(|(schema, required)| json!({ "schema": schema, "required": required }))
            .collect();
        json.insert("schemaExtensions".into(), Value::Array(extensions));
        let location = format!("{base_url}/ResourceTypes/{}", self.id);
        json.insert("meta".into(), json!({ "resourceType": "ResourceType", "location": location }));
        Value::Object(json)
    }

    /// The extension of that URN in the registry's spelling, if the type has it; URNs ignore case.
    pub fn extension(&self, urn: &str) -> Option<&str> {
        self.extensions.iter().map(|(id, _)| id.as_str()).find(|id| id.eq_ignore_ascii_case(urn))
    }
}

/// What a path names in a resource type.
#[derive(Debug, Clone, Copy)]
pub enum Target<'r> {
    /// A whole extension, the object under its URN.
    Extension(&'r Schema),
    /// An attribute, perhaps one of its sub-attributes.
    Attribute(Resolved<'r>),
}

/// An attribute in its place.
#[derive(Debug, Clone, Copy)]
pub struct Resolved<'r> {
    /// URN of the extension whose object holds it; `None` at the top of the resource.
    pub container: Option<&'r str>,
    /// The attribute.
    pub attribute: &'r Attribute,
    /// The sub-attribute, if the path names one.
    pub sub: Option<&'r Attribute>,
}

impl<'r> Resolved<'r> {
    /// What the path names in the end: the sub-attribute, else the attribute.
    pub fn leaf(&self) -> &'r Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// The values below a resource: the attribute's own, lists not opened; `None` if unassigned.
    pub fn value<'v>(&self, resource: &'v Value) -> Option<&'v Value> {
        let holder = match self.container {
            Some(urn) => resource.get(urn)?,
            None => resource,
        };
        holder.get(&self.attribute.name)
    }
}

/// Schemas and resource types. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Registry {
    schemas: Vec<Arc<Schema>>,
    types: Vec<Arc<ResourceType>>,
}

macro_rules! embedded {
    ($file:literal) => {
        include_str!(concat!("../../../fixtures/schemas/", $file, ".json"))
    };
}

/// Attributes that every resource has (RFC 7643 section 3.1).
static COMMON: LazyLock<Vec<Attribute>> = LazyLock::new(|| {
    let data: Value = serde_json::from_str(embedded!("Common")).expect("embedded schema data is JSON");
    let items = data["attributes"].as_array().expect("embedded common attributes are a list");
    load::attributes(items, "common", false, false).expect("embedded common attributes are valid")
});

static STANDARD: LazyLock<Registry> = LazyLock::new(|| {
    let mut registry = Registry { schemas: Vec::new(), types: Vec::new() };
    for file in [
        embedded!("User"),
        embedded!("Group"),
        embedded!("EnterpriseUser"),
        embedded!("ServiceProviderConfig"),
        embedded!("ResourceType"),
        embedded!("Schema"),
        embedded!("ResourceTypes"),
    ] {
        let data: Value = serde_json::from_str(file).expect("embedded schema data is JSON");
        registry.load(&data).expect("embedded schema data is valid");
    }
    registry
});

impl Registry {
    /// User with the enterprise extension, Group, and the three schemas of discovery (RFC 7643 section 8.7).
    pub fn standard() -> Registry {
        STANDARD.clone()
    }

    /// Adds schemas and resource types: a Schema, a ResourceType, a list of them, or a ListResponse of them. What they
    /// are is told by `schemas`. A resource type of a known name gives that type more extensions, so that a file can
    /// extend User. Nothing is added if anything is wrong.
    pub fn load(&mut self, data: &Value) -> Result<(), SchemaError> {
        let mut next = self.clone();
        let items: Vec<&Value> = match data {
            Value::Array(items) => items.iter().collect(),
            Value::Object(json) => match json.get("Resources") {
                Some(Value::Array(items)) => items.iter().collect(),
                _ => vec![data],
            },
            _ => return Err(SchemaError::new("file", "must be an object or a list of objects")),
        };
        for item in items {
            let claims = |urn: &str| {
                item.get("schemas")
                    .and_then(Value::as_array)
                    .is_some_and(|list| list.iter().any(|id| id.as_str() == Some(urn)))
            };
            if claims(urn::SCHEMA) {
                next.add_schema(load::schema(item)?)?;
            } else if claims(urn::RESOURCE_TYPE) {
                next.add_resource_type(load::resource_type(item)?)?;
            } else {
                let name = item.get("id").or_else(|| item.get("name")).and_then(Value::as_str).unwrap_or("entry");
                let problem = format!("`schemas` must name {} or {}", urn::SCHEMA, urn::RESOURCE_TYPE);
                return Err(SchemaError::new(name, problem));
            }
        }
        next.check()?;
        *self = next;
        Ok(())
    }

    fn add_schema(&mut self, schema: Schema) -> Result<(), SchemaError> {
        if self.schema(&schema.id).is_some() {
            return Err(SchemaError::new(schema.id, "the schema is known already; give a new one its own URI"));
        }
        self.schemas.push(Arc::new(schema));
        Ok(())
    }

    fn add_resource_type(&mut self, added: ResourceType) -> Result<(), SchemaError> {
        if let Some(known) = self.types.iter_mut().find(|known| known.name == added.name) {
            if known.endpoint != added.endpoint || !known.schema.eq_ignore_ascii_case(&added.schema) {
                let problem = format!("is known with endpoint {} and schema {}", known.endpoint, known.schema);
                return Err(SchemaError::new(added.name, problem));
            }
            let mut merged = ResourceType::clone(known);
            for (urn, required) in added.extensions {
                match merged.extensions.iter_mut().find(|(id, _)| id.eq_ignore_ascii_case(&urn)) {
                    Some(extension) => extension.1 |= required,
                    None => merged.extensions.push((urn, required)),
                }
            }
            *known = Arc::new(merged);
            return Ok(());
        }
        if self.types.iter().any(|known| known.endpoint.eq_ignore_ascii_case(&added.endpoint)) {
            return Err(SchemaError::new(format!("{}/endpoint", added.name), "another resource type has it"));
        }
        let reserved = ["/schemas", "/resourcetypes", "/serviceproviderconfig", "/bulk", "/me"];
        if reserved.contains(&added.endpoint.to_ascii_lowercase().as_str()) {
            return Err(SchemaError::new(format!("{}/endpoint", added.name), "is reserved by RFC 7644 section 3.2"));
        }
        self.types.push(Arc::new(added));
        Ok(())
    }

    /// Every URN that a resource type names has a schema (RFC 7643 section 6), and its attributes do not hide the
    /// common ones.
    fn check(&self) -> Result<(), SchemaError> {
        for rt in &self.types {
            for urn in std::iter::once(&rt.schema).chain(rt.extensions.iter().map(|(urn, _)| urn)) {
                if self.schema(urn).is_none() {
                    return Err(SchemaError::new(&rt.name, format!("names the schema {urn}, which is not defined")));
                }
            }
        }
        Ok(())
    }

    /// The resource types, in the order in which they were added.
    pub fn resource_types(&self) -> impl Iterator<Item = &ResourceType> {
        self.types.iter().map(Arc::as_ref)
    }

    /// The resource type at an endpoint such as `/Users`; endpoints are case-exact (erratum 8475).
    pub fn resource_type_at(&self, endpoint: &str) -> Option<&ResourceType> {
        self.resource_types().find(|rt| rt.endpoint == endpoint)
    }

    /// The resource type of a name such as `User`.
    pub fn resource_type(&self, name: &str) -> Option<&ResourceType> {
        self.resource_types().find(|rt| rt.name == name)
    }

    /// The schemas, in the order in which they were added.
    pub fn schemas(&self) -> impl Iterator<Item = &Schema> {
        self.schemas.iter().map(Arc::as_ref)
    }

    /// The schema of a URI; URNs ignore case (RFC 8141 section 3.1).
    pub fn schema(&self, urn: &str) -> Option<&Schema> {
        self.schemas().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// The common attributes: `schemas`, `id`, `externalId`, `meta` (RFC 7643 section 3.1).
    pub fn common() -> &'static [Attribute] {
        &COMMON
    }

    /// The common attribute of that name.
    pub fn common_attribute(name: &str) -> Option<&'static Attribute> {
        COMMON.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }

    /// An attribute at the top of a resource: a common one, else one of the base schema.
    pub fn top_attribute(&self, rt: &ResourceType, name: &str) -> Option<&Attribute> {
        Self::common_attribute(name).or_else(|| self.schema(&rt.schema)?.attribute(name))
    }

    /// What a path names in a resource type; `None` if nothing.
    ///
    /// A path that is the URN of an extension names the whole extension: only a schema can tell
    /// `urn:…:2.0:User` (a URN) from attribute `User` of `urn:…:2.0` (a path). For the same reason
    /// `urn:…:2.0:User.manager` is resolved here; whether it is allowed is the caller's leniency (see
    /// [`Registry::dot_after_urn`]).
    pub fn target<'r>(&'r self, rt: &'r ResourceType, path: &AttrPath) -> Option<Target<'r>> {
        let Some(prefix) = &path.schema else {
            let attribute = self.top_attribute(rt, &path.attribute)?;
            return self.resolved(None, attribute, path.sub.as_deref());
        };
        if prefix.eq_ignore_ascii_case(&rt.schema) {
            let attribute = self.top_attribute(rt, &path.attribute)?;
            return self.resolved(None, attribute, path.sub.as_deref());
        }
        if let Some(urn) = rt.extension(prefix) {
            let attribute = self.schema(urn)?.attribute(&path.attribute)?;
            return self.resolved(Some(urn), attribute, path.sub.as_deref());
        }
        let whole = format!("{prefix}:{}", path.attribute);
        if let Some(urn) = rt.extension(&whole) {
            let schema = self.schema(urn)?;
            return match &path.sub {
                None => Some(Target::Extension(schema)),
                Some(name) => self.resolved(Some(urn), schema.attribute(name)?, None),
            };
        }
        if whole.eq_ignore_ascii_case(&rt.schema) {
            let attribute = self.top_attribute(rt, path.sub.as_deref()?)?;
            return self.resolved(None, attribute, None);
        }
        None
    }

    fn resolved<'r>(
        &self,
        container: Option<&'r str>,
        attribute: &'r Attribute,
        sub: Option<&str>,
    ) -> Option<Target<'r>> {
        let sub = match sub {
            None => None,
            Some(name) => Some(attribute.sub(name)?),
        };
        Some(Target::Attribute(Resolved { container, attribute, sub }))
    }

    /// [`Registry::target`] without whole extensions.
    pub fn resolve<'r>(&'r self, rt: &'r ResourceType, path: &AttrPath) -> Option<Resolved<'r>> {
        match self.target(rt, path)? {
            Target::Attribute(resolved) => Some(resolved),
            Target::Extension(_) => None,
        }
    }

    /// The attribute, or sub-attribute, that a path names.
    pub fn attribute<'r>(&'r self, rt: &'r ResourceType, path: &AttrPath) -> Option<&'r Attribute> {
        self.resolve(rt, path).map(|resolved| resolved.leaf())
    }

    /// Whether a path writes a dot where a schema URN is followed by a colon (`urn:…:2.0:User.manager`).
    pub fn dot_after_urn(&self, rt: &ResourceType, path: &AttrPath) -> bool {
        path.sub.is_some()
            && path.schema.as_ref().is_some_and(|prefix| {
                let whole = format!("{prefix}:{}", path.attribute);
                rt.extension(prefix).is_none()
                    && !prefix.eq_ignore_ascii_case(&rt.schema)
                    && (rt.extension(&whole).is_some() || whole.eq_ignore_ascii_case(&rt.schema))
            })
    }
}
