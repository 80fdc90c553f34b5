//! Whole directories, with a good and a bad way to the target.

use std::sync::atomic::Ordering;

use crate::company::{Company, Draw};

async fn initial_and_incremental(profile: &str) {
    let mut company = Company::new(profile, 200, 20).await;
    assert_eq!(company.settle().await, 0);
    let comparison = company.compare().await;
    assert_eq!((comparison.users, comparison.groups, comparison.drift), (200, 20, Vec::new()));
    company.live(60, 200, 20, &mut Draw(5)).await;
    let comparison = company.compare().await;
    assert_eq!((comparison.groups, comparison.drift), (20, Vec::new()));
    company.provider.shutdown().await;
}

/// Entra's initial and incremental cycles leave the target as the directory says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entra_leaves_no_drift() {
    initial_and_incremental("entra-default").await;
}

/// Okta's tasks leave the target as the directory says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn okta_leaves_no_drift() {
    initial_and_incremental("okta").await;
}

/// What went wrong in Entra's cycles comes again by itself until nothing differs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entra_recovers_from_faults() {
    let mut company = Company::new("entra-default", 200, 20).await;
    company.settle().await;
    company.proxy.bad.store(true, Ordering::Relaxed);
    company.live(200, 200, 20, &mut Draw(11)).await;
    company.proxy.bad.store(false, Ordering::Relaxed);
    assert!(company.proxy.faults.load(Ordering::Relaxed) > 10, "the way was bad");
    for _ in 0..100 {
        if company.idp.is_idle() {
            break;
        }
        company.settle().await;
    }
    assert!(company.idp.is_idle());
    assert_eq!(company.compare().await.drift, Vec::new());
    company.provider.shutdown().await;
}

/// What went wrong in Okta's tasks is made good by what its administrator can do on the Tasks page: retry what failed, and
/// see to the accounts that were left behind, because Okta sends no deactivation after a failed profile push.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn okta_recovers_from_faults() {
    let mut company = Company::new("okta", 200, 20).await;
    company.settle().await;
    company.proxy.bad.store(true, Ordering::Relaxed);
    company.live(200, 200, 20, &mut Draw(11)).await;
    company.proxy.bad.store(false, Ordering::Relaxed);
    assert!(company.proxy.faults.load(Ordering::Relaxed) > 10, "the way was bad");
    assert!(!company.compare().await.drift.is_empty(), "a task that failed is not tried again by itself");
    for _ in 0..3 {
        company.idp.retry_failed();
        company.settle().await;
    }
    assert_eq!((company.idp.failed_tasks(), company.compare().await.drift), (Vec::new(), Vec::new()));
    company.provider.shutdown().await;
}

/// A comparison sees what somebody else changed on the target, and what is missing there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comparison_sees_drift() {
    let mut company = Company::new("okta", 3, 1).await;
    company.settle().await;
    let id = company.idp.remote_id("p0").expect("a link");
    let bootstrap = company.provider.bootstrap().await.expect("a further token");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/Users/{id}", bootstrap.scim_base_url);
    let gone = http.delete(url).bearer_auth(bootstrap.scim_token).send().await.expect("an answer");
    assert_eq!(gone.status(), 204);
    let drift = company.compare().await.drift;
    assert!(drift.iter().any(|drift| drift.object == "p0" && drift.what.contains("not on the target")), "{drift:?}");
    company.provider.shutdown().await;
}
