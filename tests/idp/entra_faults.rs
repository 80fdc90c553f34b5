//! Entra's reaction to every answer that its fact sheet has a line for, one test a line.

use std::time::Duration;

use scimulate::idp::{Profile, engine::START};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::{
    fake::scim,
    meets::{Act, Manners, Met, idp_at, meets, rude},
};

const INCOMPATIBLE: &str = "SystemForCrossDomainIdentityManagementServiceIncompatible";

fn status(status: u16) -> ResponseTemplate {
    scim(status, &json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": "because"}))
}

fn html(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw("<html>sign in</html>", "text/html")
}

async fn entra(act: Act, method: &'static str, path: &'static str, answer: ResponseTemplate) -> Met {
    meets("entra-default", act, method, path, answer).await
}

/// The object fails with that code, the job goes on, and the next cycle tries the object again and succeeds.
async fn escrows(act: Act, method: &'static str, path: &'static str, answer: ResponseTemplate, code: &str) {
    let mut met = entra(act, method, path, answer).await;
    assert!(met.failure().starts_with(&format!("{code}:")), "{}", met.failure());
    assert_eq!(met.notes, Vec::<String>::new(), "the job goes on");
    let again = met.next().await;
    assert!(again.iter().any(|request| request.starts_with(method)), "{again:?}");
    assert!(met.idp.is_idle(), "the second try went through");
}

/// The whole job is in quarantine: nothing else is sent in this cycle.
async fn quarantines(act: Act, method: &'static str, path: &'static str, answer: ResponseTemplate, code: &str) {
    let met = entra(act, method, path, answer).await;
    assert!(met.failure().starts_with(&format!("{code}:")), "{}", met.failure());
    assert!(met.notes.iter().any(|note| note.contains("in quarantine")), "{:?}", met.notes);
}

#[tokio::test]
async fn a_400_is_an_escrow() {
    escrows(Act::Create, "POST", "/Users", status(400), "SystemForCrossDomainIdentityManagementBadRequest").await;
    escrows(Act::Update, "PATCH", "/Users", status(400), "SystemForCrossDomainIdentityManagementBadRequest").await;
}

#[tokio::test]
async fn a_401_or_403_is_a_quarantine_of_the_job() {
    quarantines(Act::Create, "POST", "/Users", status(401), "Unauthorized").await;
    quarantines(Act::Update, "PATCH", "/Users", status(403), "InsufficientRights").await;
    quarantines(Act::AddMember, "PATCH", "/Groups", status(401), "Unauthorized").await;
}

#[tokio::test]
async fn a_404_to_a_probe_of_users_is_a_quarantine() {
    quarantines(Act::Create, "GET", "/Users", status(404), INCOMPATIBLE).await;
}

#[tokio::test]
async fn a_404_to_a_probe_of_groups_is_a_quarantine() {
    quarantines(Act::Create, "GET", "/Groups", status(404), INCOMPATIBLE).await;
}

/// The probe went well, and the matching filter is answered 404.
#[tokio::test]
async fn a_404_to_the_matching_filter_is_a_quarantine() {
    let fake = crate::fake::Fake::start().await;
    let mut profile = Profile::named("entra-default").expect("embedded");
    profile.knobs.probe_every_cycle = false;
    fake.orders("GET", "/Users", 1, status(404));
    let (mut idp, _) = fake.idp(profile);
    let add = scimulate::idp::Change::AddUser(scimulate::idp::User::sample("ada", ""));
    idp.change(add).expect("fits");
    idp.change(scimulate::idp::Change::AssignUser { key: "ada".to_owned() }).expect("fits");
    let report = idp.settle().await;
    assert_eq!(report.failures().next().map(|(_, failure)| failure.code.as_str()), Some(INCOMPATIBLE));
    assert!(report.notes[0].contains("in quarantine"), "{:?}", report.notes);
}

#[tokio::test]
async fn a_404_by_the_cached_id_is_matched_anew() {
    let met = entra(Act::Update, "GET", "/Users/", status(404)).await;
    let after: Vec<&str> = met.requests.iter().skip(3).map(|line| line.split(' ').next().unwrap_or_default()).collect();
    assert!(met.is_clean(), "{:?}", met.told);
    assert_eq!(after, ["GET", "PATCH"], "found by the filter, and written: {:?}", met.requests);
}

#[tokio::test]
async fn a_405_to_a_patch_is_an_error_of_the_object() {
    escrows(Act::Update, "PATCH", "/Users", status(405), "MethodNotAllowed").await;
    escrows(Act::AddMember, "PATCH", "/Groups", status(405), "MethodNotAllowed").await;
}

#[tokio::test]
async fn a_409_is_an_escrow_and_no_adoption() {
    let mut met = entra(Act::Create, "POST", "/Users", status(409)).await;
    assert!(met.failure().starts_with("EntryConflict:"), "{}", met.failure());
    assert_eq!(
        met.requests.iter().filter(|line| line.contains("example.com")).count(),
        1,
        "nobody is looked for again"
    );
    assert_eq!(met.next().await, ["GET Users", "POST Users"], "the next cycle does the same");
}

#[tokio::test]
async fn refusals_have_codes_of_their_own() {
    for (code, name) in [(415, "UnprocessableEntity"), (422, "UnprocessableEntity"), (501, "NotImplemented")] {
        escrows(Act::Create, "POST", "/Users", status(code), name).await;
    }
}

#[tokio::test]
async fn a_5xx_is_tried_again_in_the_next_cycle() {
    for code in [500, 502, 503, 504] {
        escrows(Act::Create, "POST", "/Users", status(code), "InternalServerError").await;
        escrows(Act::PushGroup, "POST", "/Groups", status(code), "InternalServerError").await;
        escrows(Act::Rename, "PATCH", "/Groups", status(code), "InternalServerError").await;
    }
}

/// The fact sheet has no single answer: the documented one is an error of the object that comes again.
#[tokio::test]
async fn a_429_is_an_escrow() {
    let answer = status(429).insert_header("Retry-After", "7");
    escrows(Act::Create, "POST", "/Users", answer, "TooManyRequests").await;
    escrows(Act::Update, "PATCH", "/Users", status(429), "TooManyRequests").await;
}

#[tokio::test]
async fn a_page_instead_of_the_list_is_a_quarantine() {
    quarantines(Act::Create, "GET", "/Users", html(200), INCOMPATIBLE).await;
    quarantines(Act::Create, "GET", "/Users", scim(200, &json!({"Resources": "none"})), INCOMPATIBLE).await;
}

#[tokio::test]
async fn a_page_instead_of_an_error_names_the_status() {
    escrows(Act::Create, "POST", "/Users", html(502), "InternalServerError").await;
}

#[tokio::test]
async fn a_created_user_without_an_id_has_no_anchor() {
    escrows(Act::Create, "POST", "/Users", scim(201, &json!({"userName": "ada@example.com"})), "InvalidAnchor").await;
    escrows(Act::PushGroup, "POST", "/Groups", scim(201, &json!({"displayName": "Team"})), "InvalidAnchor").await;
}

#[tokio::test]
async fn a_created_user_without_a_body_cannot_be_read() {
    escrows(Act::Create, "POST", "/Users", ResponseTemplate::new(201), INCOMPATIBLE).await;
}

#[tokio::test]
async fn a_manager_that_is_text_cannot_be_read() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let user = json!({"id": "1", "userName": "ada@example.com", enterprise: {"manager": "boss"}});
    let met = entra(Act::Update, "GET", "/Users/", scim(200, &user)).await;
    assert!(met.failure().starts_with(INCOMPATIBLE), "{}", met.failure());
}

#[tokio::test]
async fn two_objects_for_one_matching_value_are_duplicates() {
    let users = json!({"totalResults": 2, "Resources": [{"id": "1"}, {"id": "2"}]});
    let fake = crate::fake::Fake::start().await;
    let mut profile = Profile::named("entra-default").expect("embedded");
    profile.knobs.probe_every_cycle = false;
    fake.orders("GET", "/Users", 1, scim(200, &users));
    let (mut idp, transcript) = fake.idp(profile);
    idp.change(scimulate::idp::Change::AddUser(scimulate::idp::User::sample("ada", ""))).expect("fits");
    idp.change(scimulate::idp::Change::AssignUser { key: "ada".to_owned() }).expect("fits");
    let report = idp.settle().await;
    assert_eq!(report.failures().next().map(|(_, f)| f.code.as_str()), Some("DuplicateTargetEntries"));
    assert!(transcript.exchanges().iter().all(|exchange| exchange.method == "GET"));
}

/// A group that shows members though they were excluded cannot be told from several entries.
#[tokio::test]
async fn members_that_were_excluded_are_too_many() {
    let group = json!({"id": "g", "displayName": "Team", "members": [{"value": "1"}, {"value": "2"}]});
    let list = json!({"totalResults": 1, "Resources": [group]});
    let fake = crate::fake::Fake::start().await;
    let mut profile = Profile::named("entra-default").expect("embedded");
    profile.knobs.probe_every_cycle = false;
    fake.orders("GET", "/Groups", 1, scim(200, &list));
    let (mut idp, _) = fake.idp(profile);
    idp.change(scimulate::idp::Change::AddGroup(scimulate::idp::Group::sample("team", ""))).expect("fits");
    idp.change(scimulate::idp::Change::PushGroup { key: "team".to_owned() }).expect("fits");
    let report = idp.settle().await;
    let code = report.failures().next().map(|(_, failure)| failure.code.clone());
    assert_eq!(code.as_deref(), Some("SystemForCrossDomainIdentityManagementMultipleEntriesInResponse"));
}

#[tokio::test]
async fn a_200_without_effect_is_a_success_for_ever() {
    let fake_user = json!({"id": "1", "userName": "ada@example.com", "title": "Engineer", "active": true});
    let mut met = entra(Act::Update, "PATCH", "/Users", scim(200, &fake_user)).await;
    assert!(met.is_clean(), "{:?}", met.told);
    assert_eq!(met.next().await, Vec::<String>::new(), "nothing is sent again");
}

#[tokio::test]
async fn a_404_to_a_delete_is_done() {
    let mut met = entra(Act::PushGroup, "GET", "/nothing", status(500)).await;
    met.fake.orders("DELETE", "/Groups", 1, status(404));
    met.idp.change(scimulate::idp::Change::DeleteGroup { key: "team".to_owned() }).expect("fits");
    assert!(met.idp.settle().await.is_clean());
    assert!(met.idp.is_idle());
}

#[tokio::test]
async fn a_redirect_is_an_error_of_the_object() {
    for code in [301, 302, 307, 308] {
        let away = ResponseTemplate::new(code).insert_header("Location", "http://127.0.0.1:9/elsewhere");
        escrows(Act::Create, "POST", "/Users", away, "WebExceptionProtocolError").await;
    }
}

#[tokio::test]
async fn nulls_in_the_schemas_are_fatal_to_the_set_up() {
    let mut profile = Profile::named("entra-default").expect("embedded");
    profile.knobs.discovery = scimulate::idp::profile::value::Discovery::Schemas;
    let fake = crate::fake::Fake::start().await;
    fake.orders("GET", "/Schemas", 1, scim(200, &json!({"Resources": [{"id": "x", "name": null}]})));
    let (mut idp, _) = fake.idp(profile);
    assert_eq!(idp.test_connection().await.failures().count(), 1);
}

/// A connection that is dropped, cut or not HTTP is a protocol error; silence is a time-out. Each is a failed probe, and
/// with it a quarantine.
#[tokio::test]
async fn a_broken_connection_is_a_quarantine() {
    for (manners, code) in [
        (Manners::Drops, "WebExceptionProtocolError"),
        (Manners::Cuts, "WebExceptionProtocolError"),
        (Manners::Babbles, "WebExceptionProtocolError"),
        (Manners::Sleeps, "Timeout"),
    ] {
        let url = rude(manners).await;
        let profile = Profile::named("entra-default").expect("embedded");
        let mut idp = idp_at(&url, profile, Some(Duration::from_millis(300)));
        let report = idp.settle().await;
        assert_eq!(report.failures().next().map(|(_, failure)| failure.code.as_str()), Some(code), "{manners:?}");
        assert!(report.notes[0].contains("in quarantine"), "{:?}", report.notes);
        assert_eq!(idp.clock(), START);
    }
}

/// Values of a type that no schema allows are failed over, and never panicked over.
#[tokio::test]
async fn wrong_types_are_survived() {
    let bodies = [
        json!({"id": 17, "name": "Ada", "emails": {"value": 1}, "active": "yes", "userName": null, "roles": "x"}),
        json!({"id": "1", "emails": ["a@b"], "name": [], "active": 1, "meta": 5, "addresses": [[]]}),
        json!({"id": "1", "emails": [null, {"type": 1}], "phoneNumbers": true}),
        json!([1, 2]),
        json!("text"),
        Value::Null,
    ];
    for body in &bodies {
        for act in [Act::Update, Act::Deactivate] {
            entra(act, "GET", "/Users/", scim(200, body)).await;
            meets("entra-062020", act, "GET", "/Users/", scim(200, body)).await;
        }
        let list = json!({"totalResults": -1, "startIndex": 1, "itemsPerPage": 1e300, "Resources": [body]});
        meets("entra-on-demand", Act::Update, "GET", "/Users", scim(200, &list)).await;
        entra(Act::AddMember, "GET", "/Groups/", scim(200, &json!({"id": "1", "members": body}))).await;
    }
}

/// What fails on demand does not come again by itself: the job is at rest, and a caller who waits for that is not kept.
#[tokio::test]
async fn on_demand_does_not_come_again() {
    let mut met = meets("entra-on-demand", Act::Create, "POST", "/Users", status(409)).await;
    assert!(met.failure().starts_with("EntryConflict"), "{}", met.failure());
    assert!(met.idp.is_idle());
    assert_eq!(met.next().await, Vec::<String>::new());
}
