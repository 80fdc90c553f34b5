//! What the target says of itself: its discovery documents, as far as they are known.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::{
    context::{Context, Scope},
    digest::{Digest, Entry},
    place::Place,
    seen::Seen,
    values::{GROUP, USER, array, text},
};
use crate::wire::Exchange;

/// The target's discovery documents, where they are known.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// The body of `GET /ServiceProviderConfig`.
    pub service_provider_config: Option<Value>,
    /// The `Resources` of `GET /ResourceTypes`; empty if it was not read.
    pub resource_types: Vec<Value>,
    /// The `Resources` of `GET /Schemas`; empty if it was not read.
    pub schemas: Arc<Vec<Value>>,
    digest: OnceLock<Arc<Digest>>,
}

impl PartialEq for Discovery {
    fn eq(&self, other: &Discovery) -> bool {
        self.service_provider_config == other.service_provider_config
            && self.resource_types == other.resource_types
            && self.schemas == other.schemas
    }
}

impl Discovery {
    /// Discovery documents: the configuration, and the `Resources` of the two lists.
    pub fn new(service_provider_config: Option<Value>, resource_types: Vec<Value>, schemas: Vec<Value>) -> Discovery {
        Discovery { service_provider_config, resource_types, schemas: schemas.into(), digest: OnceLock::new() }
    }

    /// The schemas, made ready for looking things up.
    pub(super) fn digest(&self) -> &Digest {
        self.digest.get_or_init(|| Digest::of(&self.schemas).into())
    }

    /// Whether a capability is advertised: `patch`, `bulk`, `filter`, `changePassword`, `sort`, `etag`. `None` if the
    /// configuration was not read, or does not say.
    pub fn supports(&self, capability: &str) -> Option<bool> {
        self.service_provider_config.as_ref()?.get(capability)?.get("supported")?.as_bool()
    }

    /// The advertised resource type of an endpoint (`/Users`).
    pub fn resource_type_at(&self, endpoint: &str) -> Option<&Value> {
        self.resource_types
            .iter()
            .find(|one| one.get("endpoint").and_then(Value::as_str).is_some_and(|it| trim(it) == trim(endpoint)))
    }

    /// The advertised schema with that id.
    pub fn schema(&self, id: &str) -> Option<&Value> {
        self.schemas.get(self.digest().position(id)?)
    }

    /// The name of the resource type at an endpoint: as advertised, else the standard one.
    pub fn type_name(&self, endpoint: &str) -> Option<&str> {
        match self.resource_type_at(endpoint) {
            Some(advertised) => text(advertised, "name"),
            None if endpoint == "/Users" => Some("User"),
            None if endpoint == "/Groups" => Some("Group"),
            None => None,
        }
    }

    /// The base schema of the resource type at an endpoint: as advertised, else the standard one.
    pub fn base_schema(&self, endpoint: &str) -> Option<&str> {
        match self.resource_type_at(endpoint) {
            Some(advertised) => text(advertised, "schema"),
            None if endpoint == "/Users" => Some(USER),
            None if endpoint == "/Groups" => Some(GROUP),
            None => None,
        }
    }

    /// The attributes of an endpoint's base schema, as the target's own `/Schemas` has them; none where that is not known.
    pub(super) fn attributes_at(&self, endpoint: &str) -> &[Entry] {
        self.digest().attributes(self.base_schema(endpoint))
    }

    /// Names of the attributes of an endpoint's base schema that are returned so: `always`, `never`, `request`.
    pub(super) fn returned<'d>(&'d self, endpoint: &str, how: &'d str) -> impl Iterator<Item = &'d str> + Clone {
        let all = self.attributes_at(endpoint).iter();
        all.filter(move |entry| entry.returned.as_deref() == Some(how)).map(|entry| entry.name.as_str())
    }

    /// The schema extensions of the resource type at an endpoint, where it is advertised: URI and whether required.
    pub fn extensions(&self, endpoint: &str) -> Option<Vec<(&str, bool)>> {
        let advertised = self.resource_type_at(endpoint)?;
        Some(
            array(advertised, "schemaExtensions")
                .into_iter()
                .flatten()
                .filter_map(|one| {
                    Some((text(one, "schema")?, one.get("required").and_then(Value::as_bool).unwrap_or(false)))
                })
                .collect(),
        )
    }

    /// What the exchanges of a transcript say about the target.
    pub fn read(exchanges: &[Exchange], scope: &Scope) -> Discovery {
        Arc::unwrap_or_clone(Context::new(exchanges, scope).discovery)
    }

    /// The standard endpoints and the advertised ones; the longest first, so that none hides another.
    pub(super) fn endpoints(&self) -> Vec<String> {
        let mut endpoints = vec!["/Users".to_owned(), "/Groups".to_owned()];
        for one in &self.resource_types {
            if let Some(endpoint) = text(one, "endpoint").map(trim).filter(|it| !it.is_empty() && !it.contains("://")) {
                let endpoint = format!("/{endpoint}");
                if !endpoints.contains(&endpoint) {
                    endpoints.push(endpoint);
                }
            }
        }
        endpoints.sort_by_key(|endpoint| std::cmp::Reverse(endpoint.len()));
        endpoints
    }

    /// What is known once an exchange was seen; nothing if it says nothing new about the target.
    pub(super) fn learn(&self, seen: &Seen<'_>, base_url: &str) -> Option<Discovery> {
        if seen.exchange.method != "GET" || seen.response.status != 200 || seen.exchange.query().is_some() {
            return None;
        }
        let body = seen.body.as_ref()?;
        match seen.place {
            Place::ServiceProviderConfig if body.is_object() && self.service_provider_config.as_ref() != Some(body) => {
                Some(Discovery { service_provider_config: Some(body.clone()), ..self.clone() })
            }
            Place::ResourceTypes => {
                let resources = array(body, "Resources")?;
                let types: Vec<Value> = resources.iter().map(|one| with_relative_endpoint(one, base_url)).collect();
                (types != self.resource_types).then(|| Discovery { resource_types: types, ..self.clone() })
            }
            Place::Schemas => {
                let schemas = array(body, "Resources").filter(|schemas| **schemas != *self.schemas)?.clone();
                Some(Discovery::new(self.service_provider_config.clone(), self.resource_types.clone(), schemas))
            }
            _ => None,
        }
    }
}

/// A resource type whose endpoint is relative to the base URL, as it should be (RFC 7643 section 6). Servers also give the
/// path from the root, or the whole URL: what they mean is plain, and a check of its own says that it is wrong.
fn with_relative_endpoint(resource_type: &Value, base_url: &str) -> Value {
    let base_path = base_url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or("");
    let endpoint = text(resource_type, "endpoint").unwrap_or_default();
    let relative = [base_url, base_path]
        .into_iter()
        .filter(|base| !base.is_empty())
        .find_map(|base| endpoint.strip_prefix(base))
        .filter(|rest| rest.starts_with('/'));
    let mut resource_type = resource_type.clone();
    if let (Some(relative), Some(members)) = (relative, resource_type.as_object_mut()) {
        members.insert("endpoint".to_owned(), Value::from(relative));
    }
    resource_type
}

fn trim(endpoint: &str) -> &str {
    endpoint.trim_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An endpoint that is told as a URL, or as a path from the root, is found all the same.
    #[test]
    fn reads_absolute_endpoints() {
        for (endpoint, expected) in [
            ("http://target/scim/Users", "/Users"),
            ("/scim/Users", "/Users"),
            ("/Users", "/Users"),
            ("/scimmy", "/scimmy"),
        ] {
            let told = with_relative_endpoint(&serde_json::json!({"endpoint": endpoint}), "http://target/scim");
            assert_eq!(told["endpoint"], expected, "{endpoint}");
        }
    }
}
