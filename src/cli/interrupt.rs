//! Runs a future on a current-thread runtime, and turns Ctrl-C into an orderly end.

use std::{future::Future, io};

use super::exit::Fault;

/// Runs `work` to its end. The first Ctrl-C (or SIGTERM) calls `stop`, after which the work is expected to clean up and
/// end; the second ends the process at once with the code of an aborted run.
///
/// # Errors
/// If there is no runtime to be had.
pub(super) fn block_on<T>(stop: impl FnOnce() + 'static, work: impl Future<Output = T>) -> Result<T, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Fault::aborted(format!("cannot start the runtime: {error}")))?;
    let local = tokio::task::LocalSet::new();
    Ok(local.block_on(&runtime, async move {
        let watch = tokio::task::spawn_local(async move {
            if signal().await.is_err() {
                return;
            }
            eprintln!("\nstopping; what was made on the target is being deleted (again to end at once)");
            stop();
            if signal().await.is_ok() {
                std::process::exit(super::exit::Exit::Aborted.code().into());
            }
        });
        let done = work.await;
        watch.abort();
        done
    }))
}

/// Waits for Ctrl-C, or for the signal with which service managers and CI end a process.
pub(super) async fn signal() -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await
    }
}
