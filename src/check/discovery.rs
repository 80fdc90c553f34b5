//! What the target says of itself: its discovery documents, as far as they are known.

use serde_json::Value;

use super::{
    context::{Context, Scope},
    place::Place,
    seen::Seen,
    values::{GROUP, USER, array, text},
};
use crate::wire::Exchange;

/// The target's discovery documents, where they are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discovery {
    /// The body of `GET /ServiceProviderConfig`.
    pub service_provider_config: Option<Value>,
    /// The `Resources` of `GET /ResourceTypes`; empty if it was not read.
    pub resource_types: Vec<Value>,
    /// The `Resources` of `GET /Schemas`; empty if it was not read.
    pub schemas: Vec<Value>,
}

impl Discovery {
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
        self.schemas.iter().find(|one| text(one, "id").is_some_and(|it| it.eq_ignore_ascii_case(id)))
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

    /// Names of the attributes of an endpoint's base schema whose characteristic has this value, as the target's own
    /// `/Schemas` has it; empty where that is not known.
    pub fn attributes_with(&self, endpoint: &str, characteristic: &str, value: &str) -> Vec<String> {
        let schema = self.base_schema(endpoint).and_then(|id| self.schema(id));
        schema
            .and_then(|schema| array(schema, "attributes"))
            .into_iter()
            .flatten()
            .filter(|attribute| text(attribute, characteristic) == Some(value))
            .filter_map(|attribute| text(attribute, "name").map(str::to_owned))
            .collect()
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
        Context::new(exchanges, scope).discovery
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

    /// Takes over what an exchange says about the target.
    pub(super) fn learn(&mut self, seen: &Seen<'_>) {
        if seen.exchange.method != "GET" || seen.response.status != 200 || seen.exchange.query().is_some() {
            return;
        }
        let Some(body) = &seen.body else { return };
        match seen.place {
            Place::ServiceProviderConfig if body.is_object() => self.service_provider_config = Some(body.clone()),
            Place::ResourceTypes => {
                if let Some(resources) = array(body, "Resources") {
                    self.resource_types = resources.clone();
                }
            }
            Place::Schemas => {
                if let Some(resources) = array(body, "Resources") {
                    self.schemas = resources.clone();
                }
            }
            _ => {}
        }
    }
}

fn trim(endpoint: &str) -> &str {
    endpoint.trim_matches('/')
}
