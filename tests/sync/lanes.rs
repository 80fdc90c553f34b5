//! Users and groups worked on side by side end as those worked on one after the other.

use std::{collections::HashMap, sync::atomic::Ordering};

use crate::company::{Company, Draw};

async fn side_by_side(profile: &str) {
    let mut company = Company::new(profile, 60, 10).await;
    company.go_side_by_side(8);
    assert_eq!(company.settle().await, 0);
    assert!(company.proxy.most.load(Ordering::Relaxed) > 1, "{profile}: never two requests at a time");
    assert_eq!(company.compare().await.drift, Vec::new());
    company.proxy.bad.store(true, Ordering::Relaxed);
    company.live(120, 60, 10, &mut Draw(7)).await;
    company.proxy.bad.store(false, Ordering::Relaxed);
    assert!(company.proxy.faults.load(Ordering::Relaxed) > 10, "the way was bad");
    for _ in 0..100 {
        if company.idp.retry_failed() == 0 && company.idp.is_idle() {
            break;
        }
        company.settle().await;
    }
    assert_eq!((company.idp.failed_tasks(), company.compare().await.drift), (Vec::new(), Vec::new()), "{profile}");
    company.provider.shutdown().await;
}

/// Entra's passes are side by side one after the other, so that references still come after objects.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entra_side_by_side_leaves_no_drift() {
    side_by_side("entra-default").await;
}

/// Okta's tasks of different users, then those of different groups.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn okta_side_by_side_leaves_no_drift() {
    side_by_side("okta").await;
    side_by_side("okta-oin").await;
}

/// One after the other there is never a second request under way, and side by side the same requests are sent, in the
/// same order for each object.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_keeps_its_order() {
    for profile in ["entra-default", "okta"] {
        let mut seen: Vec<HashMap<String, Vec<String>>> = Vec::new();
        for lanes in [1, 6] {
            let mut company = Company::new(profile, 20, 4).await;
            company.go_side_by_side(lanes);
            company.settle().await;
            let most = company.proxy.most.load(Ordering::Relaxed);
            assert_eq!(most == 1, lanes == 1, "{profile}: {most} with {lanes} lanes");
            let names: HashMap<String, String> = company.idp.links().collect();
            let mut steps: HashMap<String, Vec<String>> = HashMap::new();
            for exchange in company.transcript.exchanges() {
                let id = exchange.path().rsplit('/').next().unwrap_or_default();
                if let Some(key) = names.get(id) {
                    steps.entry(key.clone()).or_default().push(exchange.method.clone());
                }
            }
            assert!(!steps.is_empty());
            seen.push(steps);
            company.provider.shutdown().await;
        }
        assert_eq!(seen[0], seen[1], "{profile}");
    }
}

/// Stopped in the middle and begun again, with several under way: nobody is created twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_leaves_nothing_undone() {
    for profile in ["entra-default", "okta"] {
        let mut company = Company::new(profile, 40, 6).await;
        company.proxy.stop_every.store(17, Ordering::Relaxed);
        company.reborn();
        company.go_side_by_side(4);
        let mut stops = 0;
        loop {
            company.settle().await;
            if !company.reborn() {
                break;
            }
            company.go_side_by_side(4);
            stops += 1;
            assert!(stops < 200, "it never ends");
        }
        company.proxy.stop_every.store(0, Ordering::Relaxed);
        company.settle().await;
        assert!(stops > 3, "{stops} stops");
        assert_eq!(company.compare().await.drift, Vec::new(), "{profile}");
        let posts = company.transcript.exchanges();
        assert_eq!(posts.iter().filter(|e| e.method == "POST" && e.path().ends_with("/Users")).count(), 40);
        company.provider.shutdown().await;
    }
}
