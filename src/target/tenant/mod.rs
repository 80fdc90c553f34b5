//! One scenario's tenant: its SCIM client, its [observers](observers), its [acts](acts), its [mailbox](mail), and its
//! [end](end).

mod acts;
mod end;
mod mail;
mod observers;
mod streams;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
};

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{
    Capabilities, Mailbox, Subject, Target, TargetError,
    call::{Answer, Caller, Secrets},
    config::Calls,
    template::Variables,
    webhook::Inbox,
};
use crate::wire::{Client, Ledger, Secret, Transcript};

/// A tenant of the target. Clones are the same tenant.
#[derive(Clone, Debug)]
pub struct Tenant {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    target: Target,
    transcript: Transcript,
    scim: Client,
    ledger: Ledger,
    secrets: Secrets,
    variables: Mutex<Variables>,
    mailbox: OnceCell<(Mailbox, Arc<Inbox>)>,
    /// Whose turn it is to act, where the tenant is nobody else's.
    acts: tokio::sync::Mutex<()>,
    /// Whether it has a stream of security events.
    streams: AtomicBool,
    closed: AtomicBool,
}

impl Tenant {
    /// A tenant whose SCIM requests go through `scim`, which records in its own transcript and notes in its own ledger.
    pub(super) fn new(target: Target, scim: Client, secrets: Secrets, variables: Variables) -> Tenant {
        let ledger = Ledger::new();
        let inner = Inner {
            target,
            transcript: scim.transcript().clone(),
            scim: scim.with_ledger(ledger.clone()),
            ledger,
            secrets,
            variables: Mutex::new(variables),
            mailbox: OnceCell::new(),
            acts: tokio::sync::Mutex::default(),
            streams: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        };
        Tenant { inner: Arc::new(inner) }
    }

    /// A client for the tenant's SCIM endpoint. What it creates is deleted when the tenant is closed.
    pub fn scim(&self) -> Client {
        self.inner.scim.clone()
    }

    /// Where the tenant's exchanges are recorded.
    pub fn transcript(&self) -> &Transcript {
        &self.inner.transcript
    }

    /// Whether no other scenario sees this tenant.
    pub fn isolated(&self) -> bool {
        self.target().isolates()
    }

    /// Its variables, captured ones included.
    pub fn vars(&self) -> Variables {
        self.variables().clone()
    }

    /// Everything secret that can stand in its exchanges: from the configuration, and captured from answers.
    pub fn secrets(&self) -> Vec<Secret> {
        self.inner.secrets.all()
    }

    /// What the target declares; read by the first tenant that asks.
    pub async fn capabilities(&self) -> Arc<Capabilities> {
        let overrides = &self.target().config().target.capabilities;
        let read = || async { Arc::new(Capabilities::read(&self.inner.scim, overrides).await) };
        self.target().shared.capabilities.get_or_init(read).await.clone()
    }

    fn target(&self) -> &Target {
        &self.inner.target
    }

    fn caller(&self) -> Caller<'_> {
        let shared = &self.target().shared;
        Caller {
            config: &shared.config,
            http: &shared.http,
            transcript: &self.inner.transcript,
            secrets: &self.inner.secrets,
        }
    }

    fn variables(&self) -> MutexGuard<'_, Variables> {
        self.inner.variables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<const N: usize>(&self, more: [(&str, Value); N]) -> Variables {
        let mut variables = self.vars();
        variables.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        variables
    }

    async fn call<const N: usize>(
        &self,
        key: &str,
        calls: &Calls,
        more: [(&str, Value); N],
    ) -> Result<Answer, TargetError> {
        self.caller().run(key, calls, &self.with(more)).await
    }
}

fn subject_variables(subject: &Subject) -> (&'static str, Value) {
    let named: BTreeMap<&str, &str> =
        [("id", &subject.id), ("user_name", &subject.user_name), ("email", &subject.email)]
            .into_iter()
            .chain(subject.external_id.as_ref().map(|id| ("external_id", id)))
            .map(|(name, value)| (name, value.as_str()))
            .collect();
    ("subject", json!(named))
}

/// A JSON value as a word: a string as it is, `true` and `7` as they print.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
