//! The world of one scenario: its tenant, its IdP, its people, what it remembers, and what it has sent.
//!
//! A world is made by the engine for each scenario and set up by the hook before its first step (see
//! [`engine`](super::engine)). Steps read and change it; whatever they send goes through [`World::send`] or through the
//! IdP, and lands in the scenario's transcript.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{options::Cancel, plan::Item, shared::Shared, stop::Stop};
use crate::{
    idp::{Idp, User},
    target::{Mailbox, Session, Subject, Tenant},
    verdict::{Basis, Measurement},
    wire::{Client, Exchange, Request, Sender, Transcript},
};

tokio::task_local! {
    /// The run that worlds are made for. The engine's future is polled in one task, so two runs are kept apart.
    pub(super) static RUN: Arc<Shared>;
}

/// The world of one scenario.
pub struct World {
    pub(super) shared: Arc<Shared>,
    stage: Option<Stage>,
}

/// What the scenario has set up and seen so far.
pub(super) struct Stage {
    /// Position in the plan.
    pub index: usize,
    /// What is played.
    pub item: Item,
    /// Everything sent so far.
    pub transcript: Transcript,
    /// The scenario's tenant, then the tenants of other organizations.
    pub tenants: Vec<Tenant>,
    /// The simulated IdP of the first tenant.
    pub idp: Option<Idp>,
    /// People by the name that the scenario calls them.
    pub people: IndexMap<String, Person>,
    /// SCIM ids of the users that the scenario's client created, by name.
    pub created: IndexMap<String, String>,
    /// SCIM ids of groups by name.
    pub groups: IndexMap<String, String>,
    /// What the scenario stored.
    pub variables: IndexMap<String, String>,
    /// What the newest act captured.
    pub captured: Map<String, Value>,
    /// The newest exchange of the client.
    pub last: Option<Exchange>,
    /// Headers of the next request.
    pub next_headers: Vec<(String, String)>,
    /// Credentials of the next request, if they are not the tenant's.
    pub next_auth: Option<crate::wire::Auth>,
    /// The webhook inbox, once it is watched, and how many deliveries were there before.
    pub mailbox: Option<(Mailbox, usize)>,
    /// When the newest deed (a `When`) was done.
    pub deed: Instant,
    /// States remembered for comparison.
    pub snapshots: IndexMap<String, super::bystander::Seen>,
    /// Times measured.
    pub measurements: Vec<Measurement>,
    /// What the result rests on, so far.
    pub basis: Basis,
    /// How many requests the newest deed of the IdP sent.
    pub sent_by_deed: usize,
    /// Groups of the IdP's directory, by key.
    pub directory_groups: Vec<String>,
    /// Part of every name that the scenario makes up.
    pub suffix: String,
    /// Seed of everything random that the scenario's IdP makes up.
    pub seed: u64,
    limit: Limit,
}

/// Somebody in the scenario.
pub(super) struct Person {
    /// What the IdP's directory holds of her.
    pub user: User,
    /// Her SCIM id, once the target gave one.
    pub id: Option<String>,
    /// Index of her tenant.
    pub tenant: usize,
    /// Her sessions, oldest first.
    pub sessions: Vec<Session>,
}

impl Person {
    /// Whom the observers look for.
    ///
    /// # Errors
    /// If she has no SCIM id yet.
    pub fn subject(&self) -> Result<Subject, Stop> {
        let id = self.id.clone().ok_or_else(|| {
            Stop::script(format!("\"{}\" does not exist on the target yet; provision her first", self.user.key))
        })?;
        Ok(Subject {
            id,
            user_name: self.user.user_name.clone(),
            email: self.user.email.clone().unwrap_or_else(|| self.user.user_name.clone()),
            external_id: None,
        })
    }
}

/// The time and the cancellation that bound whatever a scenario waits for.
#[derive(Clone)]
pub(super) struct Limit {
    deadline: tokio::time::Instant,
    allowed: Duration,
    cancel: Cancel,
}

impl Limit {
    /// Waits for the future, but no longer than the scenario may take, and not beyond a cancellation.
    ///
    /// # Errors
    /// Not exercised when the time is over, for no requirement says how long a scenario may take; `Cancelled` when the run
    /// was stopped.
    pub async fn hold<T>(&self, what: &str, future: impl Future<Output = T>) -> Result<T, Stop> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Stop::Cancelled),
            done = tokio::time::timeout_at(self.deadline, future) => done.map_err(|_| {
                Stop::NotExercised(format!(
                    "the target was too slow: the scenario's {} s were over during {what}; raise --timeout, or lower \
                     --concurrency",
                    self.allowed.as_secs_f64()
                ))
            }),
        }
    }
}

impl cucumber::World for World {
    type Error = std::convert::Infallible;

    async fn new() -> Result<World, Self::Error> {
        Ok(World { shared: RUN.with(Arc::clone), stage: None })
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("item", &self.stage.as_ref().map(|stage| &stage.item.info.id)).finish()
    }
}

impl World {
    /// Sets up the scenario at that position of the plan: opens its tenant.
    ///
    /// # Errors
    /// A fault if the target cannot be set up; `Cancelled` if the run is over.
    pub(super) async fn enter(&mut self, index: usize) -> Result<(), Stop> {
        if self.shared.is_stopped() {
            return Err(Stop::Cancelled);
        }
        let item = self.shared.plan.items.get(index).cloned().ok_or_else(|| {
            Stop::fault(format!("the plan has no item {index}"), "report this: it is a bug of scimulate")
        })?;
        if let Some(why) = item.profile.as_ref().and_then(|profile| profile.cannot_play(&item.info.id)) {
            return Err(Stop::NotExercised(why.to_owned()));
        }
        let steps = &self.shared.plan.library.scenes[item.scene].scenario.steps;
        if let Some(unmet) = super::vocabulary::unmet(steps.iter().map(|step| step.value.as_str()), &self.shared.target)
        {
            return Err(Stop::NotExercised(unmet.to_string()));
        }
        let transcript = Transcript::new();
        let allowed = self.shared.timeout;
        let limit =
            Limit { deadline: tokio::time::Instant::now() + allowed, allowed, cancel: self.shared.cancel.clone() };
        let label = format!("{}-{index}", self.shared.run_id);
        let target = self.shared.target.with_variables(item.profile.iter().flat_map(|profile| profile.variables()));
        let opening = target.open_tenant(&label, &transcript);
        let tenant = match limit.hold("opening the tenant", opening).await? {
            Ok(tenant) => tenant,
            Err(error) => return Err(super::trouble::tenant(&error)),
        };
        // Names need to be unique only where scenarios share a directory.
        let suffix = if tenant.isolated() { String::new() } else { format!("-{label}") };
        let seed = seeded(self.shared.seed, &suffix);
        self.stage = Some(Stage {
            index,
            item,
            transcript,
            tenants: vec![tenant],
            idp: None,
            people: IndexMap::new(),
            created: IndexMap::new(),
            groups: IndexMap::new(),
            variables: IndexMap::new(),
            captured: Map::new(),
            last: None,
            next_headers: Vec::new(),
            next_auth: None,
            mailbox: None,
            deed: Instant::now(),
            snapshots: IndexMap::new(),
            measurements: Vec::new(),
            basis: Basis::default(),
            sent_by_deed: 0,
            directory_groups: Vec::new(),
            suffix,
            seed,
            limit,
        });
        Ok(())
    }

    /// The stage.
    ///
    /// # Errors
    /// If the scenario was not entered: a bug of the engine.
    pub(super) fn stage(&mut self) -> Result<&mut Stage, Stop> {
        self.stage.as_mut().ok_or_else(|| {
            Stop::fault("a step was played before its scenario was set up", "report this: it is a bug of scimulate")
        })
    }

    /// Takes the stage away at the end of the scenario.
    pub(super) fn leave(&mut self) -> Option<Stage> {
        self.stage.take()
    }

    /// Sends a request as the scenario's own client and remembers the exchange.
    ///
    /// # Errors
    /// When the time is over or the run was stopped. A transport failure is part of the exchange.
    pub async fn send(&mut self, request: Request) -> Result<Exchange, Stop> {
        let stage = self.stage()?;
        let client = stage.client();
        let line = format!("{} {}", request.method, request.target);
        let exchange = stage.limit().hold(&line, client.send(Sender::Client, request)).await?;
        let stage = self.stage()?;
        stage.last = Some(exchange.clone());
        Ok(exchange)
    }
}

impl Stage {
    /// The scenario's own SCIM client.
    pub fn client(&self) -> Client {
        self.tenants[0].scim()
    }

    /// What bounds the waiting of this scenario.
    pub fn limit(&self) -> Limit {
        self.limit.clone()
    }

    /// Somebody by name; introduced with made-up data at the first mention.
    pub fn person(&mut self, key: &str) -> &mut Person {
        let suffix = self.suffix.clone();
        self.people.entry(key.to_owned()).or_insert_with(|| Person {
            user: User::sample(key, &suffix),
            id: None,
            tenant: 0,
            sessions: Vec::new(),
        })
    }

    /// Somebody who was introduced already, with her tenant.
    ///
    /// # Errors
    /// If nobody was introduced under that name.
    pub fn known(&self, key: &str) -> Result<(&Person, &Tenant), Stop> {
        let person = self
            .people
            .get(key)
            .ok_or_else(|| Stop::script(format!("nobody was introduced as \"{key}\" in this scenario")))?;
        Ok((person, &self.tenants[person.tenant]))
    }

    /// Replaces `{name}` by what it stands for: a stored value, somebody's or a group's SCIM id, `{ada.userName}`,
    /// `{ada.email}`, `{ada.externalId}`, `{ada.nickname}`, `{run}`, `{unique}`, `{base}`.
    ///
    /// # Errors
    /// If a name stands for nothing.
    pub fn expand(&mut self, text: &str) -> Result<String, Stop> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let name: &str =
                rest[1..].split(|c: char| !(c.is_alphanumeric() || "_.-".contains(c))).next().unwrap_or("");
            let closed = rest[1 + name.len()..].starts_with('}');
            if name.is_empty() || !closed || !name.starts_with(|c: char| c.is_alphabetic()) {
                // A brace of JSON.
                out.push('{');
                rest = &rest[1..];
                continue;
            }
            out.push_str(&self.value(name)?);
            rest = &rest[name.len() + 2..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&mut self, name: &str) -> Result<String, Stop> {
        if let Some(value) = self.variables.get(name) {
            return Ok(value.clone());
        }
        if let Some(id) = self.people.get(name).and_then(|person| person.id.clone()) {
            return Ok(id);
        }
        if let Some(id) = self.groups.get(name) {
            return Ok(id.clone());
        }
        if let Some((key, field)) = name.rsplit_once('.') {
            let user = &self.person(key).user;
            match field {
                "userName" => return Ok(user.user_name.clone()),
                "email" => return Ok(user.email.clone().unwrap_or_else(|| user.user_name.clone())),
                "nickname" => return Ok(user.nickname().to_owned()),
                "externalId" => return Ok(format!("ext-{}", user.user_name)),
                _ => {}
            }
        }
        match name {
            "unique" => Ok(format!("{}{}", self.index, self.suffix)),
            "base" => Ok(self.client().endpoint().base_url.split('?').next().unwrap_or_default().to_owned()),
            _ => Err(Stop::script(format!("`{{{name}}}` stands for nothing here: no stored value, person or group"))),
        }
    }

    /// The newest exchange of the client.
    ///
    /// # Errors
    /// If there is none.
    pub fn last(&self) -> Result<&Exchange, Stop> {
        self.last.as_ref().ok_or_else(|| Stop::script("there is no response yet; send a request first"))
    }

    /// The newest response body as JSON.
    ///
    /// # Errors
    /// A mismatch if there is no response or it is not JSON.
    pub fn last_json(&self) -> Result<Value, Stop> {
        let last = self.last()?;
        last.json().ok_or_else(|| {
            let actual = match (last.response(), last.failure()) {
                (Some(response), _) if response.body.is_empty() => "no body".to_owned(),
                (Some(response), _) => format!("a body that is not JSON: {}", shorten(&response.body)),
                (None, Some(error)) => error.to_string(),
                (None, None) => "nothing".to_owned(),
            };
            Stop::mismatch("the response has a JSON body", "JSON", actual, [last.seq])
        })
    }
}

/// The seed of one scenario. Where scenarios share a directory each has a seed of its own, so that no two of them, and no
/// two runs, give their objects the same `externalId`: a server may refuse one that is taken.
fn seeded(seed: u64, suffix: &str) -> u64 {
    const FNV_PRIME: u64 = 0x0100_0000_01b3;
    suffix.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME))
}

/// The beginning of a text, for evidence.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
