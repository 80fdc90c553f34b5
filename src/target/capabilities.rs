//! What the target says that it can do: `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas`, read once a run.
//!
//! A target that answers nonsense is a target without declared capabilities, not an error: whatever could not be read
//! stands in [`Capabilities::notes`].

use serde_json::Value;

use super::config::CapabilityOverride;
use crate::wire::{Client, Exchange, Request, Sender};

/// Declared capabilities. `None` means that the target does not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Capabilities {
    /// PATCH (RFC 7643 section 5).
    pub patch: Option<bool>,
    /// Bulk, with its limits.
    pub bulk: Bulk,
    /// Filter.
    pub filter: Option<bool>,
    /// Most resources in one answer to a filter.
    pub filter_max_results: Option<u64>,
    /// Sort.
    pub sort: Option<bool>,
    /// Entity tags.
    pub etag: Option<bool>,
    /// Change of password.
    pub change_password: Option<bool>,
    /// Cursor pagination (RFC 9865 section 4).
    pub cursor: Option<bool>,
    /// The whole `/ServiceProviderConfig`, if it is a JSON object.
    pub service_provider_config: Option<Value>,
    /// The resource types that `/ResourceTypes` lists.
    pub resource_types: Vec<Value>,
    /// The schemas that `/Schemas` lists.
    pub schemas: Vec<Value>,
    /// What could not be read, one line each.
    pub notes: Vec<String>,
}

/// Bulk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bulk {
    /// Whether it is supported.
    pub supported: Option<bool>,
    /// Most operations in one request.
    pub max_operations: Option<u64>,
    /// Largest request, in bytes.
    pub max_payload_size: Option<u64>,
}

impl Capabilities {
    /// Reads them through a SCIM client; the configuration's words win over the target's.
    pub(super) async fn read(scim: &Client, overrides: &CapabilityOverride) -> Capabilities {
        let mut found = Capabilities::default();
        let get = |path: &'static str| async move {
            let request = Request::new("GET", path).header("Accept", "application/scim+json");
            scim.send(Sender::Observer, request).await
        };
        let config = get("/ServiceProviderConfig").await;
        found.take_config(&config);
        found.resource_types = found.list(&get("/ResourceTypes").await);
        found.schemas = found.list(&get("/Schemas").await);
        found.apply(overrides);
        found
    }

    /// Whether the target declares a capability, by its name in `/ServiceProviderConfig` or in `[target.capabilities]`:
    /// `patch`, `bulk`, `filter`, `sort`, `etag`, `changePassword`, `pagination`.
    pub fn supports(&self, name: &str) -> Option<bool> {
        match name {
            "patch" => self.patch,
            "bulk" => self.bulk.supported,
            "filter" => self.filter,
            "sort" => self.sort,
            "etag" => self.etag,
            "changePassword" | "change_password" => self.change_password,
            "pagination" | "cursor" => self.cursor,
            _ => None,
        }
    }

    fn take_config(&mut self, exchange: &Exchange) {
        let Some(config) = self.object(exchange) else { return };
        let flag = |pointer: &str| config.pointer(pointer).and_then(Value::as_bool);
        let number = |pointer: &str| config.pointer(pointer).and_then(Value::as_u64);
        self.patch = flag("/patch/supported");
        self.bulk = Bulk {
            supported: flag("/bulk/supported"),
            max_operations: number("/bulk/maxOperations"),
            max_payload_size: number("/bulk/maxPayloadSize"),
        };
        self.filter = flag("/filter/supported");
        self.filter_max_results = number("/filter/maxResults");
        self.sort = flag("/sort/supported");
        self.etag = flag("/etag/supported");
        self.change_password = flag("/changePassword/supported");
        self.cursor = flag("/pagination/cursor");
        self.service_provider_config = Some(config);
    }

    /// The resources of a list response; also of a bare array, and of one resource without envelope, which servers send.
    fn list(&mut self, exchange: &Exchange) -> Vec<Value> {
        let Some(body) = self.json(exchange) else { return Vec::new() };
        let found = match (body.get("Resources"), &body) {
            (Some(Value::Array(resources)), _) | (None, Value::Array(resources)) => resources.clone(),
            (None, Value::Object(_)) if body.get("totalResults").is_some() => Vec::new(),
            (None, Value::Object(_)) => vec![body],
            _ => {
                self.notes.push(format!("{}: neither a list response nor an array", exchange.line()));
                Vec::new()
            }
        };
        found.into_iter().filter(Value::is_object).collect()
    }

    fn object(&mut self, exchange: &Exchange) -> Option<Value> {
        let body = self.json(exchange)?;
        if !body.is_object() {
            self.notes.push(format!("{}: not a JSON object", exchange.line()));
            return None;
        }
        Some(body)
    }

    fn json(&mut self, exchange: &Exchange) -> Option<Value> {
        let found = exchange.json().filter(|_| exchange.status() == Some(200));
        if found.is_none() {
            self.notes.push(match exchange.status() {
                Some(200) => format!("{}: the body is not JSON", exchange.line()),
                _ => exchange.line(),
            });
        }
        found
    }

    fn apply(&mut self, overrides: &CapabilityOverride) {
        for (declared, word) in [
            (&mut self.patch, overrides.patch),
            (&mut self.bulk.supported, overrides.bulk),
            (&mut self.filter, overrides.filter),
            (&mut self.sort, overrides.sort),
            (&mut self.etag, overrides.etag),
            (&mut self.change_password, overrides.change_password),
            (&mut self.cursor, overrides.cursor),
        ] {
            *declared = word.or(*declared);
        }
    }
}
