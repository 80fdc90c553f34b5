//! A company of 5,000 people and 200 groups, by hand: minutes, and hundreds of thousands of requests.
//!
//! `cargo test --release --test sync large -- --ignored --nocapture --test-threads 1`

use std::{sync::atomic::Ordering, time::Instant};

use crate::company::{Company, Draw};

const PEOPLE: usize = 5_000;
const GROUPS: usize = 200;
const CHANGES: usize = 1_000;

/// Users and groups at a time.
const LANES: usize = 16;

async fn lives(profile: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut company = Company::on(profile, PEOPLE, GROUPS, Some(folder.path().join("scim.sqlite"))).await;
    company.transcript.close();
    company.go_side_by_side(LANES);
    let begin = Instant::now();
    assert_eq!(company.settle().await, 0);
    told(profile, "initial cycle", begin, &company);
    let comparison = company.compare().await;
    assert_eq!((comparison.users, comparison.groups, comparison.drift), (PEOPLE, GROUPS, Vec::new()));

    let begin = Instant::now();
    let (people, groups) = (PEOPLE as u64, GROUPS as u64);
    company.live(CHANGES, people, groups, &mut Draw(5)).await;
    told(profile, "1,000 changes", begin, &company);
    assert_eq!(company.compare().await.drift, Vec::new());

    let begin = Instant::now();
    company.proxy.bad.store(true, Ordering::Relaxed);
    company.live(CHANGES, people, groups, &mut Draw(11)).await;
    company.proxy.bad.store(false, Ordering::Relaxed);
    let faults = company.proxy.faults.load(Ordering::Relaxed);
    let failed = company.idp.failed_tasks().len();
    assert!(faults > 100, "{faults} faults");
    for _ in 0..100 {
        if company.idp.retry_failed() == 0 && company.idp.is_idle() {
            break;
        }
        company.settle().await;
    }
    told(profile, &format!("1,000 changes, {faults} faults, {failed} failed tasks"), begin, &company);
    assert_eq!((company.idp.failed_tasks(), company.compare().await.drift), (Vec::new(), Vec::new()));
    company.provider.shutdown().await;
}

fn told(profile: &str, what: &str, begin: Instant, company: &Company) {
    let seconds = begin.elapsed().as_secs_f64();
    println!("{profile}: {what}: {seconds:.1} s, {} requests so far", company.transcript.sent());
}

/// Entra's cycles: no drift after the initial cycle, after 1,000 changes, and after 1,000 on a bad way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; by hand"]
async fn entra_large() {
    lives("entra-default").await;
}

/// Okta's tasks: the same, with the failed tasks tried again by the administrator.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; by hand"]
async fn okta_large() {
    lives("okta").await;
}
