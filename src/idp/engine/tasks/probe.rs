//! "Test API credentials": what is asked, and which answers are good enough.

use super::words::{self, event};
use crate::idp::{
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
        }
    }
}

fn has_null(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => true,
        serde_json::Value::Array(items) => items.iter().any(has_null),
        serde_json::Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}
