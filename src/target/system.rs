//! The target of a run.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::OnceCell;

use super::{
    Capabilities, Config, ConfigError, TargetError, Tenant,
    call::{Answer, Caller, Secrets},
    template::Variables,
    tenant::Parts,
    webhook::Inbox,
};
use crate::wire::{Client, Http, Ledger, Secret, Transcript};

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
    /// Tenants that are open, so that an interrupted run can close them.
    pub(super) open: Mutex<Vec<Tenant>>,
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
            open: Mutex::default(),
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
        let mut variables: Variables =
            shared.config.variables.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        variables.extend(self.variables.iter().map(|(name, value)| (name.clone(), value.clone())));
        variables.insert("label".to_owned(), Value::from(label));

        let secrets = Secrets::of_tenant(&shared.secrets, shared.config.secrets());
        let caller = Caller { config: &shared.config, http: &shared.http, transcript, secrets: &secrets };
        let mut opened = Ok(());
        // One call at a time, so that what the first made is known when the second fails.
        for (n, call) in shared.config.tenant.open.0.iter().enumerate() {
            let key = shared.config.call_key("tenant.open", &shared.config.tenant.open, n);
            match caller.run_one(&key, call, &variables).await.and_then(Answer::succeeded) {
                Ok((captured, _)) => variables.extend(captured),
                Err(error) => {
                    opened = Err(error);
                    break;
                }
            }
        }
        let endpoint = match opened.and_then(|()| caller.scim(&variables)) {
            Ok(endpoint) => endpoint,
            Err(error) => {
                let quiet = Caller { transcript: &Transcript::new(), ..caller };
                // The first error is the one to tell; closing half a tenant may well fail too.
                let _ = quiet.run("tenant.close", &shared.config.tenant.close, &variables).await;
                return Err(error);
            }
        };
        let ledger = Ledger::new();
        let scim = Client::new(shared.http.clone(), endpoint, transcript.clone()).with_ledger(ledger.clone());
        let parts = Parts { target: self.clone(), transcript: transcript.clone(), scim, ledger, secrets, variables };
        let tenant = Tenant::new(parts);
        self.open_tenants().push(tenant.clone());
        Ok(tenant)
    }

    /// Closes every tenant that is still open: after a failure, or Ctrl-C. Gives the URLs of what could not be deleted.
    pub async fn close_all(&self) -> Vec<String> {
        let open = self.open_tenants().clone();
        futures::future::join_all(open.iter().map(Tenant::close)).await.into_iter().flatten().collect()
    }

    pub(super) fn open_tenants(&self) -> std::sync::MutexGuard<'_, Vec<Tenant>> {
        self.shared.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
