//! Tasks beside the requests: what is sent to receivers without anybody waiting for it.

use std::time::Duration;

use reqwest::Client;
use tokio::{sync::watch, task::JoinHandle};

/// A running task. Dropping it asks it to stop, as [`Background::shutdown`] does, without waiting.
#[derive(Debug)]
pub struct Background {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Background {
    /// Starts `run`, which ends when what it is given becomes true. Needs a Tokio runtime around it.
    pub fn start<F>(run: impl FnOnce(watch::Receiver<bool>) -> F) -> Background
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = watch::channel(false);
        Background { stop, task: tokio::spawn(run(stopped)) }
    }

    /// Asks the task to end, waits for `grace` at most, and breaks it off then.
    pub async fn shutdown(self, grace: Duration) {
        let _ = self.stop.send(true);
        let abort = self.task.abort_handle();
        if tokio::time::timeout(grace, self.task).await.is_err() {
            abort.abort();
        }
    }
}

/// The HTTP client for receivers cannot be built: the machine's TLS set-up is broken.
#[derive(Debug, thiserror::Error)]
#[error("the client for webhooks and security events cannot be built: {0}")]
pub struct ClientError(#[from] reqwest::Error);

/// A client for receivers, which calls itself by `agent`.
pub fn client(agent: &str) -> Result<Client, ClientError> {
    let client = Client::builder()
        .user_agent(format!("scimulate/{} ({agent})", env!("CARGO_PKG_VERSION")))
        // A redirect is a failure: following it would send a signed body to whoever the receiver names.
        .redirect(reqwest::redirect::Policy::none())
        // Receivers are named by URL, often on loopback; a proxy of the environment is not meant for them.
        .no_proxy()
        .build()?;
    Ok(client)
}
