//! A run that is broken off and begun again ends as one that was not.

use std::sync::atomic::Ordering;

use scimulate::idp::{Change, Idp, Profile};

use crate::company::{Company, Draw};

/// Stopped at every thirteenth request and begun again from what a file can hold, each time: nothing is done twice, and
/// nothing differs in the end.
async fn stopped_again_and_again(profile: &str) {
    let mut company = Company::new(profile, 40, 6).await;
    company.proxy.stop_every.store(13, Ordering::Relaxed);
    company.reborn();
    let mut stops = 0;
    for round in 0..4 {
        loop {
            company.settle().await;
            if !company.reborn() {
                break;
            }
            stops += 1;
            assert!(stops < 200, "it never ends");
        }
        for number in 0..8 {
            let change = Draw(round * 100 + number).change(usize::try_from(number).unwrap_or(0), 40, 6);
            let _ = company.idp.change(change);
        }
    }
    company.proxy.stop_every.store(0, Ordering::Relaxed);
    company.settle().await;
    assert!(stops > 5, "{stops} stops");
    assert_eq!(company.compare().await.drift, Vec::new());
    let created = |path: &str| {
        let posts = company.transcript.exchanges().into_iter();
        posts.filter(|e| e.method == "POST" && e.path().ends_with(path)).count()
    };
    assert_eq!((created("/Users"), created("/Groups")), (40, 6), "nobody is created twice");
    company.provider.shutdown().await;
}

/// Okta's queue goes on with the task at which it was stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn okta_goes_on() {
    stopped_again_and_again("okta").await;
}

/// Okta's group batches too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn okta_oin_goes_on() {
    stopped_again_and_again("okta-oin").await;
}

/// Entra's cycle goes on with the object at which it was stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entra_goes_on() {
    stopped_again_and_again("entra-default").await;
}

/// What is remembered is enough for an incremental cycle: a change leads to the requests of that change, and to no match.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_is_incremental() {
    for (profile, most) in [("okta", 2), ("entra-default", 4)] {
        let mut company = Company::new(profile, 20, 2).await;
        company.settle().await;
        company.reborn();
        let before = company.transcript.len();
        company.idp.change(Change::DisableUser { key: "p3".to_owned() }).expect("fits");
        company.settle().await;
        let sent = company.transcript.exchanges().split_off(before);
        assert!(sent.len() <= most, "{sent:?}");
        assert!(sent.iter().any(|exchange| ["PUT", "PATCH"].contains(&exchange.method.as_str())));
        company.provider.shutdown().await;
    }
}

/// Neither a waiting password nor a credential of the target is in what is remembered, and another profile's or seed's
/// memory is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memory_is_harmless_and_its_own() {
    for profile in ["okta", "entra-default"] {
        let mut company = Company::new(profile, 1, 0).await;
        company.settle().await;
        let password = "n0tInAFile".to_owned();
        company.idp.change(Change::SetPassword { key: "p0".to_owned(), password }).expect("fits");
        let bootstrap = company.provider.bootstrap().await.expect("a token");
        let text = serde_json::to_string(&company.idp.memory()).expect("plain data");
        assert!(!text.contains("n0tInAFile") && !text.contains(&bootstrap.scim_token), "{text}");
        company.provider.shutdown().await;
    }
    let company = Company::new("okta", 1, 0).await;
    let other = |profile: &str, seed| {
        let client = company.client();
        let idp = Idp::new(Profile::named(profile).expect("a profile of ours"), client, seed);
        idp.remembering(company.idp.memory()).map(|_| ()).map_err(|error| error.to_string())
    };
    assert!(other("okta", 1).is_ok());
    assert!(other("okta-oin", 1).is_err_and(|why| why.contains("`okta`") && why.contains("`okta-oin`")));
    assert!(other("okta", 2).is_err_and(|why| why.contains("seed 1")));
    company.provider.shutdown().await;
}
