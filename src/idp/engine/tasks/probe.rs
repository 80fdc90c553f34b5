//! "Test API credentials": what is asked, and which answers are good enough.

use serde_json::Value;

use super::{
    import::{ENDLESS, PAGES},
    words::{self, event},
};
use crate::idp::{
    dialect::path::member,
    engine::{Idp, JOB},
    moves::MoveKind,
    profile::value::{Discovery, Probe},
};

impl Idp {
    pub(in crate::idp::engine) async fn okta_test_connection(&mut self) {
        let target = match self.profile.knobs.probe {
            Probe::List => format!("/Users?startIndex=1&count={}", self.profile.knobs.probe_count),
            Probe::RandomFilter => {
                let guid = self.draw_guid();
                let attribute = self.profile.knobs.match_on.first().cloned().unwrap_or_else(|| "userName".to_owned());
                crate::idp::dialect::query::lookup(&self.profile.knobs, "/Users", &attribute, &guid)
            }
        };
        let mut good = self.probe(&target, "No results for users returned").await;
        if good && (self.profile.knobs.probe_groups || self.profile.knobs.import_groups) {
            good = self.probe("/Groups?startIndex=1&count=100", "No results for groups returned").await;
        }
        if good {
            self.discover().await;
        }
    }

    async fn probe(&mut self, target: &str, nothing: &str) -> bool {
        let answer = self.call("GET", target, None).await;
        let lenient = self.profile.knobs.lenient_list_keys;
        if !answer.ok() {
            let words = words::remote(&answer, self.profile.knobs.surfaces_detail);
            self.fail(MoveKind::Probe, JOB, words::failure(event::TEST, words, Some(&answer)));
            return false;
        }
        if answer.list(lenient).is_err() {
            self.fail(MoveKind::Probe, JOB, words::failure(event::TEST, nothing.to_owned(), Some(&answer)));
            return false;
        }
        self.done(MoveKind::Probe, JOB);
        true
    }

    /// Reads the discovery endpoints that the profile reads when provisioning is set up.
    pub(in crate::idp::engine) async fn discover(&mut self) {
        let targets: &[&str] = match self.profile.knobs.discovery {
            Discovery::None => &[],
            Discovery::Schemas => &["/Schemas"],
            Discovery::ResourceTypes => &["/ResourceTypes", "/Schemas"],
            Discovery::ServiceProviderConfig => &["/ServiceProviderConfig"],
            Discovery::ServiceProviderConfigs => &["/ServiceProviderConfigs"],
        };
        let mut entitlements = Vec::new();
        for target in targets {
            let answer = self.call("GET", target, None).await;
            let nulls = answer.json.as_ref().is_some_and(has_null);
            if !answer.ok() || answer.object().is_none() || (nulls && *target == "/Schemas") {
                let words = if answer.ok() && nulls {
                    "the schemas hold null values and cannot be read".to_owned()
                } else {
                    words::remote(&answer, self.profile.knobs.surfaces_detail)
                };
                self.fail(MoveKind::Discover, JOB, words::failure(event::TEST, words, Some(&answer)));
                return;
            }
            self.done(MoveKind::Discover, JOB);
            if self.profile.knobs.discovery == Discovery::ServiceProviderConfigs
                && let Some(config) = &answer.json
            {
                self.learn_capabilities(config);
            }
            if *target == "/ResourceTypes" {
                entitlements = answer.json.as_ref().map(entitlement_endpoints).unwrap_or_default();
            }
        }
        for endpoint in entitlements {
            self.read_entitlements(&endpoint).await;
        }
    }

    /// Every page of an entitlement endpoint: here the count comes first.
    async fn read_entitlements(&mut self, endpoint: &str) {
        let size = usize::try_from(self.profile.knobs.import_page.max(1)).unwrap_or(100);
        let mut start = 1;
        for _ in 0..PAGES {
            let answer = self.call("GET", &format!("{endpoint}?count={size}&startIndex={start}"), None).await;
            let list = match answer.list(self.profile.knobs.lenient_list_keys) {
                Ok(list) if answer.ok() => list,
                _ => {
                    let words = words::remote(&answer, self.profile.knobs.surfaces_detail);
                    self.fail(MoveKind::Discover, JOB, words::failure(event::IMPORT, words, Some(&answer)));
                    return;
                }
            };
            start += size;
            if list.resources.is_empty() || start > list.total {
                self.note(format!("entitlements: {} at {endpoint}", list.total));
                return self.done(MoveKind::Discover, JOB);
            }
        }
        self.fail(MoveKind::Discover, JOB, words::failure(event::IMPORT, ENDLESS.to_owned(), None));
    }
}

/// Endpoints of the resource types that are entitlements or roles of Okta's schemas
/// (<https://developer.okta.com/docs/guides/scim-with-entitlements/main/>).
fn entitlement_endpoints(types: &Value) -> Vec<String> {
    let types = member(types, "Resources").and_then(Value::as_array).into_iter().flatten();
    types
        .filter(|kind| {
            let schema = kind.get("schema").and_then(Value::as_str).unwrap_or_default();
            schema.starts_with("urn:okta:scim:schemas:core:1.0:")
        })
        .filter_map(|kind| kind.get("endpoint").and_then(Value::as_str))
        .filter(|endpoint| endpoint.starts_with('/') && !endpoint.contains(['?', '#']))
        .map(str::to_owned)
        .collect()
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}
