//! What all handlers share.

use std::sync::Arc;

use super::Limiter;
use crate::{
    provider::{
        clock::Clock, defect::DeliveryTampering, effects::RuleTable, session::keys::Keys, store::Store,
        telemetry::Metrics,
    },
    scim::{leniency::Leniency, schema::Registry},
};

/// What a successful PATCH answers (RFC 7644 section 3.5.2 allows both).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PatchResponse {
    /// 200 with the resource.
    #[default]
    Resource,
    /// 204 without a body, unless `attributes` asks for some.
    NoContent,
}

/// Limits on what a client may send. What is over a limit gets a SCIM error.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a request body.
    pub body: usize,
    /// Resources in one page of a list; a client that asks for more gets this many. One that does not say gets
    /// [`Limits::default_page`].
    pub page: usize,
    /// Resources in a page when the client does not say how many.
    pub default_page: usize,
    /// Operations in one bulk request.
    pub bulk_operations: usize,
    /// Operations in one PATCH.
    pub patch_operations: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { body: 8 << 20, page: 1000, default_page: 100, bulk_operations: 1000, patch_operations: 10_000 }
    }
}

/// How this provider was started.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `project-test-<uuid>`: user name of the management API, `aud` of session JWTs, and in every event.
    pub project_id: String,
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub api_base_url: String,
    /// What PATCH answers.
    pub patch_response: PatchResponse,
    /// What is accepted beside the RFC.
    pub leniency: Leniency,
    /// Schemas and resource types of the SCIM surface.
    pub registry: Registry,
    /// What may be sent.
    pub limits: Limits,
    /// How webhooks are delivered.
    pub delivery: DeliveryTampering,
}

impl Settings {
    /// The settings of a plain provider; those that differ are set on top.
    #[must_use]
    pub fn new(project_id: String, api_base_url: String) -> Settings {
        Settings {
            project_id,
            api_base_url,
            patch_response: PatchResponse::default(),
            leniency: Leniency::lenient(),
            registry: Registry::standard(),
            limits: Limits::default(),
            delivery: DeliveryTampering::default(),
        }
    }
}

/// What all handlers share. Clones are cheap and share everything.
#[derive(Clone)]
pub struct State {
    /// The tables.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// What changes mean.
    pub rules: Arc<RuleTable>,
    /// The keys of session JWTs and access tokens.
    pub keys: Keys,
    /// How this provider was started.
    pub settings: Arc<Settings>,
    /// How many SCIM requests a connection may send.
    pub limiter: Arc<Limiter>,
    /// How many calls of the management API the project may make.
    pub api_limiter: Arc<Limiter>,
    /// The counters of requests.
    pub metrics: Arc<Metrics>,
}

impl State {
    /// The state of a plain provider: no defects, no limit on requests.
    #[must_use]
    pub fn new(store: Store, clock: Clock, settings: Settings) -> State {
        State {
            keys: Keys::of(store.clone(), clock.clone()),
            store,
            clock,
            rules: Arc::new(RuleTable::default()),
            settings: Arc::new(settings),
            limiter: Arc::new(Limiter::new(None)),
            api_limiter: Arc::new(Limiter::new(None)),
            metrics: Arc::default(),
        }
    }
}
