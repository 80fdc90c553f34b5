//! Runs a future on a current-thread runtime, and turns Ctrl-C into an orderly end.

use std::{future::Future, io};

use super::exit::{Exit, Fault};

/// What a run says at the first Ctrl-C.
pub(super) const CLEANING: &str = "stopping; what was made on the target is being deleted (again to end at once)";

/// Runs `work` to its end. The first Ctrl-C (or SIGTERM) prints `notice` and calls `stop`, after which the work is
/// expected to come to an end in good order; the second ends the process at once with the code of an aborted run.
///
/// # Errors
/// If there is no runtime to be had.
pub(super) fn block_on<T>(
    notice: &'static str,
    stop: impl FnOnce() + 'static,
    work: impl Future<Output = T>,
) -> Result<T, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Scenarios are judged on them. More than that would judge no faster, and each keeps memory of its own.
        .max_blocking_threads(4)
        .build()
        .map_err(|error| Fault::aborted(format!("cannot start the runtime: {error}")))?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async move {
        // Before the work begins: a signal that comes in its first moment must not end the process.
        let mut signals = Signals::new()?;
        let watch = tokio::task::spawn_local(async move {
            signals.next().await;
            eprintln!("\n{notice}");
            stop();
            signals.next().await;
            std::process::exit(Exit::Aborted.code().into());
        });
        let done = work.await;
        watch.abort();
        Ok(done)
    })
}

/// Ctrl-C, and the signal with which service managers and CI end a process.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Takes the signals over: from now on they do not end the process by themselves.
    ///
    /// # Errors
    /// If the system does not let them be taken over.
    pub(super) fn new() -> Result<Signals, Fault> {
        let failed = |error: io::Error| Fault::aborted(format!("cannot wait for Ctrl-C: {error}"));
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Signals {
                interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
                terminate: signal(SignalKind::terminate()).map_err(failed)?,
            })
        }
        #[cfg(not(unix))]
        {
            let _ = failed;
            Ok(Signals {})
        }
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
