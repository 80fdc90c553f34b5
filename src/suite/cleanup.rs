//! After a scenario: its evidence is kept, and its tenants are closed, whatever happened before.
//!
//! Closing removes what the scenario made: the tenant itself where it has one of its own, else every resource that its
//! clients created. This runs after a failure and after a cancellation too; what would not go is listed at the end of
//! the run.

use std::{panic::resume_unwind, time::Duration};

use super::{judging, world::World};
use crate::{check, target::Tenant, wire::Redactor};

/// How long cleaning up may take after one scenario.
const ALLOWED: Duration = Duration::from_secs(20);

/// Ends a scenario.
pub(super) async fn conclude(world: &mut World) {
    let shared = world.shared.clone();
    let Some(stage) = world.leave() else { return };
    let scope = judging::scope(&shared, &stage);
    // Its own secrets only: hiding those of all tenants in every exchange would cost more than the run.
    let redactor = Redactor::new(stage.tenants.iter().flat_map(Tenant::secrets));
    let exchanges = stage.transcript.take();
    // On a thread of its own: meanwhile the other scenarios are played.
    let reading = tokio::task::spawn_blocking(move || {
        // Judged before they are redacted: a check for leaked secrets must see them.
        let judgements = check::judge(&exchanges, &scope);
        let redacted: Vec<_> = exchanges.into_iter().map(|exchange| redactor.exchange(exchange)).collect();
        (redacted, judgements)
    });
    let (transcript, judgements) = reading.await.unwrap_or_else(|error| resume_unwind(error.into_panic()));
    let (measurements, basis) = (stage.measurements.clone(), stage.basis.clone());
    shared.note(stage.index, |entry| {
        entry.transcript = transcript;
        entry.judgements = judgements;
        entry.measurements = measurements;
        entry.basis = basis;
    });
    let closing = async {
        let mut leftovers = Vec::new();
        for tenant in &stage.tenants {
            leftovers.extend(tenant.close().await);
        }
        leftovers
    };
    match tokio::time::timeout(ALLOWED, closing).await {
        Ok(leftovers) => shared.leave(leftovers),
        Err(_) => shared.leave([format!(
            "whatever {} made below {} (cleaning up took longer than {} s)",
            stage.item.info.id,
            stage.client().endpoint().base_url,
            ALLOWED.as_secs()
        )]),
    }
}
