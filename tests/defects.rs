//! The proof that the suite can fail: each known server defect, given to the embedded provider, is caught by what its
//! registry entry names.

use scimulate::{
    idp::Profile,
    provider::defect::DEFECTS,
    suite::{self, Options, ProveError, ProveOptions},
};

fn options(defects: &[&str]) -> ProveOptions {
    let profiles = ["okta", "entra-default"].iter().map(|id| Profile::named(id).expect("a profile of ours")).collect();
    ProveOptions {
        defects: defects.iter().map(|id| (*id).to_owned()).collect(),
        run: Options { profiles, ..Options::default() },
        quick: true,
        ..ProveOptions::default()
    }
}

/// A defect that nothing catches means that the suite is too weak; one that its own entry does not catch, that the entry
/// is wrong. Ids that no scenario or check bears yet are left to the test of the registry.
#[tokio::test]
async fn every_defect_is_caught_by_what_its_entry_names() {
    let mut wrong = Vec::new();
    let proofs = suite::prove(options(&[]), &mut |proof| {
        if let Some(abort) = &proof.aborted {
            wrong.push(format!("{}: aborted: {}", proof.defect, abort.cause));
        }
        if proof.survived() {
            wrong.push(format!("{}: nothing caught it", proof.defect));
        }
        wrong.extend(proof.missed.iter().map(|id| format!("{}: {id} was to catch it and did not", proof.defect)));
    })
    .await
    .expect("proofs");
    assert_eq!(proofs.len(), DEFECTS.len());
    assert!(wrong.is_empty(), "make the suite stronger, or correct the registry:\n{}", wrong.join("\n"));
}

/// A misspelt defect is an error with the nearest one, not a run of the right provider.
#[tokio::test]
async fn an_unknown_defect_is_refused() {
    match suite::prove(options(&["webhook-unsinged"]), &mut |_| {}).await {
        Err(ProveError::Unknown { hint, .. }) => assert!(hint.contains("webhook-unsigned"), "{hint}"),
        other => panic!("{other:?}"),
    }
}
