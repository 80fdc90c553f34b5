//! The embedded reference provider: started on a thread and a runtime of its own, and seen only over HTTP.
//!
//! The suite's scenarios share one thread; a provider on it would answer only while every scenario waits. What the suite
//! knows of it is its address and its credentials, which fill `fixtures/config/embedded.toml`: the same file that a user
//! would write for a server of their own.

use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::{
    provider::app,
    target::{Config, ConfigError},
    verdict::Abort,
};

/// A running provider.
pub(super) struct Embedded {
    address: Address,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

fn not_started(cause: &str) -> Abort {
    Abort::new(
        format!("the embedded provider did not start: {cause}"),
        "`scimulate list defects` shows the defects that it knows; else report this",
    )
}

/// A provider that is being started. Dropped, it ends by itself.
pub(super) struct Starting {
    address: oneshot::Receiver<Result<Address, String>>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

struct Address {
    api_base_url: String,
    project_id: String,
    project_secret: String,
}

impl Embedded {
    /// Begins to start the provider with these defects. It makes its keys while the run is planned.
    ///
    /// # Errors
    /// If there is no thread to be had.
    pub fn start(defects: Vec<String>) -> Result<Starting, Abort> {
        let (started, address) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = move || {
            let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = started.send(Err(format!("no runtime: {error}")));
                    return;
                }
            };
            runtime.block_on(async move {
                let options = app::Options { defects, ..app::Options::default() };
                match app::start(options).await {
                    Ok(running) => {
                        let address = Address {
                            api_base_url: running.api_base_url(),
                            project_id: running.project_id(),
                            project_secret: running.project_secret(),
                        };
                        if started.send(Ok(address)).is_ok() {
                            // Either the word to stop or the end of the run.
                            let _ = stopped.await;
                        }
                        running.shutdown().await;
                    }
                    Err(error) => {
                        let _ = started.send(Err(error.to_string()));
                    }
                }
            });
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new()
            .name("scimulate-provider".to_owned())
            .spawn(serving)
            .map_err(|error| not_started(&error.to_string()))?;
        Ok(Starting { address, stop, thread })
    }

    /// The configuration by which it is observed.
    ///
    /// # Errors
    /// If the embedded configuration file is wrong; a test reads it.
    pub fn config(&self) -> Result<Config, ConfigError> {
        Config::embedded(&self.address.api_base_url, &self.address.project_id, &self.address.project_secret)
    }

    /// Stops it and waits for its end.
    pub async fn stop(mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to stop.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Starting {
    /// Waits until it answers.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn ready(self) -> Result<Embedded, Abort> {
        match self.address.await {
            Ok(Ok(address)) => Ok(Embedded { address, stop: Some(self.stop), thread: Some(self.thread) }),
            Ok(Err(cause)) => Err(not_started(&cause)),
            Err(_) => Err(not_started("its thread ended")),
        }
    }
}
