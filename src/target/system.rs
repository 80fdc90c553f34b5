//! The target of a run.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::sync::OnceCell;

use super::{
    Capabilities, Config, ConfigError, TargetError, Tenant,
    call::{Caller, Secrets},
    template::Variables,
    webhook::Inbox,
};
use crate::wire::{Client, Http, Secret, Transcript};

/// The system under test. Clones are the same target.
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) shared: Arc<Shared>,
    variables: Arc<Variables>,
}

/// What all tenants of a run share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) http: Http,
    pub(super) secrets: Arc<Secrets>,
    pub(super) inbox: OnceCell<Arc<Inbox>>,
    pub(super) capabilities: OnceCell<Arc<Capabilities>>,
    /// Whose turn it is to act on the shared tenant.
    pub(super) acts: tokio::sync::Mutex<()>,
    /// Tenants that are open, so that an interrupted run can close them.
    open: Mutex<Vec<Tenant>>,
    /// Variables of those that are being opened, by label: an interrupted run must close these too.
    half_open: Mutex<HashMap<String, Variables>>,
}

impl Target {
    /// The target that a configuration describes.
    ///
    /// # Errors
    /// If the configuration has no `[target] url`.
    pub fn new(config: Config, http: Http) -> Result<Target, ConfigError> {
        if config.target.url.is_none() {
            let remedy = "give `--target URL`, or set `url` in `[target]`";
            return Err(config.wrong("target.url", "no target is given", remedy));
        }
        let secrets = Arc::new(Secrets::default());
        config.secrets().iter().cloned().for_each(|secret| secrets.learn(secret));
        let shared = Shared {
            config,
            http,
            secrets,
            inbox: OnceCell::new(),
            capabilities: OnceCell::new(),
            acts: tokio::sync::Mutex::default(),
            open: Mutex::default(),
            half_open: Mutex::default(),
        };
        Ok(Target { shared: Arc::new(shared), variables: Arc::default() })
    }

    /// The same target, giving its tenants more variables: `profile`, `identity_provider`.
    #[must_use]
    pub fn with_variables<N: Into<String>, V: Into<Value>>(
        &self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Target {
        let mut all = Variables::clone(&self.variables);
        all.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        Target { shared: Arc::clone(&self.shared), variables: Arc::new(all) }
    }

    /// Its name for a person: that of the configuration, or its URL.
    pub fn name(&self) -> &str {
        let target = &self.shared.config.target;
        target.name.as_deref().or(target.url.as_deref()).unwrap_or_default()
    }

    /// Whether each scenario gets a tenant of its own, which no other sees.
    pub fn isolates(&self) -> bool {
        !self.shared.config.tenant.open.is_empty()
    }

    /// Its configuration.
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Everything secret that is known by now, of all tenants: from the configuration, and captured from answers. What is
    /// shown to anyone must first go through a [`crate::wire::Redactor`] that knows them; for the exchanges of one
    /// tenant, [`Tenant::secrets`] is enough, and far cheaper.
    pub fn secrets(&self) -> Vec<Secret> {
        self.shared.secrets.all()
    }

    /// The address of the run's webhook inbox, once a tenant has opened its mailbox there.
    pub fn inbox_address(&self) -> Option<std::net::SocketAddr> {
        self.shared.inbox.get().map(|inbox| inbox.address())
    }

    /// Opens a tenant: one of its own if `[tenant] open` says how, else the shared one. `label` is unique in the run and fit for
    /// names; it becomes the variable `label`. Its exchanges go into `transcript`.
    ///
    /// # Errors
    /// If a call of `[tenant] open` fails. What those before it made is removed again.
    pub async fn open_tenant(&self, label: &str, transcript: &Transcript) -> Result<Tenant, TargetError> {
        let shared = &self.shared;
        let config = &shared.config;
        let mut variables: Variables =
            config.variables.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        variables.extend(self.variables.iter().map(|(name, value)| (name.clone(), value.clone())));
        variables.insert("label".to_owned(), Value::from(label));

        let secrets = Secrets::of_tenant(&shared.secrets, config.secrets());
        let caller = Caller { config, http: &shared.http, transcript, secrets: &secrets };
        let endpoint = match self.run_open_calls(label, &caller, &mut variables).await {
            Ok(()) => caller.scim(&variables),
            Err(error) => Err(error),
        };
        self.half_open().remove(label);
        match endpoint {
            Ok(endpoint) => {
                let scim = Client::new(shared.http.clone(), endpoint, transcript.clone());
                let tenant = Tenant::new(self.clone(), scim, secrets, variables);
                self.open_tenants().push(tenant.clone());
                Ok(tenant)
            }
            Err(error) => {
                // The first error is the one to tell: closing half a tenant may well fail too.
                let _ = self.close_half(&variables).await;
                Err(error)
            }
        }
    }

    /// Makes the calls one by one: what the first made must be known if the second fails, or if nobody waits for it.
    async fn run_open_calls(
        &self,
        label: &str,
        caller: &Caller<'_>,
        variables: &mut Variables,
    ) -> Result<(), TargetError> {
        let calls = &self.shared.config.tenant.open;
        for (n, call) in calls.0.iter().enumerate() {
            let key = self.shared.config.call_key("tenant.open", calls, n);
            let (captured, _) = caller.run_one(&key, call, variables).await?.succeeded()?;
            variables.extend(captured);
            self.half_open().insert(label.to_owned(), variables.clone());
        }
        Ok(())
    }

    /// Closes every tenant that is still open, also half open: after a failure, or Ctrl-C. Gives the URLs of what could not
    /// be deleted.
    pub async fn close_all(&self) -> Vec<String> {
        let half_open = std::mem::take(&mut *self.half_open());
        let mut left = Vec::new();
        for (label, variables) in half_open {
            if let Err(error) = self.close_half(&variables).await {
                left.push(format!("tenant {label}: {error}"));
            }
        }
        let open = self.open_tenants().clone();
        left.extend(futures::future::join_all(open.iter().map(Tenant::close)).await.into_iter().flatten());
        left
    }

    async fn close_half(&self, variables: &Variables) -> Result<(), TargetError> {
        let Shared { config, http, secrets, .. } = &*self.shared;
        let caller = Caller { config, http, transcript: &Transcript::new(), secrets };
        caller.run("tenant.close", &config.tenant.close, variables).await?.succeeded().map(drop)
    }

    pub(super) fn open_tenants(&self) -> MutexGuard<'_, Vec<Tenant>> {
        self.shared.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn half_open(&self) -> MutexGuard<'_, HashMap<String, Variables>> {
        self.shared.half_open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
