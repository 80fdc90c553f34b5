//! Okta's reaction to every answer that its fact sheet has a line for, one test a line.

use std::time::Duration;

use scimulate::idp::{Change, Profile, User, engine::START};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::{
    fake::{lines, scim, told},
    meets::{Act, Manners, idp_at, meets, rude},
};

fn status(status: u16) -> ResponseTemplate {
    scim(status, &json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": "because"}))
}

fn text(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.to_owned(), "text/html")
}

/// Fails once, with these words, after so many requests, and is not tried again by itself.
async fn fails(act: Act, method: &'static str, path: &'static str, answer: ResponseTemplate, code: &str, words: &str) {
    let mut met = meets("okta", act, method, path, answer).await;
    let failure = met.failure();
    assert!(failure.starts_with(code) && failure.contains(words), "{failure}");
    assert_eq!(met.next().await, Vec::<String>::new(), "Okta does not try again by itself");
    assert_eq!(met.idp.failed_tasks().len(), usize::from(act != Act::Probe), "it is on the administrator's list");
}

const TEST: &str = "application.provision.integration.call_api";
const CREATE: &str = "application.provision.user.push:";
const PROFILE: &str = "application.provision.user.push_profile";
const GROUP: &str = "application.provision.group.";
const DENIED: &str = "application.integration.authentication_failure";

#[tokio::test]
async fn a_401_fails_the_test_and_is_not_repeated() {
    fails(Act::Probe, "GET", "/Users", status(401), DENIED, "Unauthorized").await;
}

#[tokio::test]
async fn a_403_fails_the_task_with_the_detail() {
    fails(Act::Create, "POST", "/Users", status(403), CREATE, "Forbidden. Errors reported by remote server: because")
        .await;
}

#[tokio::test]
async fn a_400_fails_the_task_with_the_detail() {
    fails(Act::Update, "PUT", "/Users", status(400), PROFILE, "Bad Request. Errors reported by remote server: because")
        .await;
}

#[tokio::test]
async fn a_404_to_the_filter_is_nobody_found() {
    let met = meets("okta", Act::Create, "GET", "/Users", status(404)).await;
    assert!(met.is_clean() && met.requests[1].starts_with("POST /Users"), "{:?} {:?}", met.told, met.requests);
}

#[tokio::test]
async fn a_404_by_id_fails_the_update_and_creates_nobody() {
    fails(Act::Update, "GET", "/Users/", status(404), PROFILE, "does not exist in the external application").await;
}

#[tokio::test]
async fn a_409_to_a_user_is_for_good() {
    fails(Act::Create, "POST", "/Users", status(409), CREATE, "Conflict. Errors reported by remote server: because")
        .await;
}

#[tokio::test]
async fn a_409_to_a_group_is_for_good() {
    let words = "Unable to update Group Push mapping target App group Team: Error while creating user group Team: Conflict. \
                 Errors reported by remote server: because";
    fails(Act::PushGroup, "POST", "/Groups", status(409), GROUP, words).await;
}

#[tokio::test]
async fn a_5xx_fails_the_task_at_once() {
    for (code, words) in [(500, "Internal Server Error"), (502, "Bad Gateway"), (503, "Service Unavailable")] {
        fails(Act::Create, "POST", "/Users", status(code), CREATE, words).await;
        fails(Act::Rename, "PUT", "/Groups/", status(code), GROUP, words).await;
    }
}

#[tokio::test]
async fn a_text_error_is_shown_as_the_json_parser_shows_it() {
    let words = "Bad Gateway. Errors reported by remote server: Invalid JSON: Unrecognized token 'error'";
    fails(Act::Create, "POST", "/Users", text(502, "error code: 502"), CREATE, words).await;
    let words = "Invalid JSON: Unexpected character ('<' (code 60))";
    fails(Act::Update, "PUT", "/Users", text(500, "<html>"), PROFILE, words).await;
}

#[tokio::test]
async fn a_page_instead_of_the_list_is_no_results() {
    for body in ["<html>sign in</html>", "", "null", "[]", "{\"Resources\": {}}"] {
        fails(Act::Probe, "GET", "/Users", text(200, body), TEST, "No results for users returned").await;
    }
}

#[tokio::test]
async fn a_list_instead_of_the_user_is_written_back() {
    let list = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1, "Resources": [{"id": "x"}]});
    let met = meets("okta", Act::Deactivate, "GET", "/Users/", scim(200, &list)).await;
    let sent = met.transcript.last().and_then(|exchange| exchange.request_json()).unwrap_or_default();
    assert_eq!((&sent["Resources"], &sent["active"]), (&list["Resources"], &json!(false)));
}

#[tokio::test]
async fn an_empty_201_is_an_empty_user() {
    fails(Act::Create, "POST", "/Users", ResponseTemplate::new(201), CREATE, "Create new user returned empty user.")
        .await;
}

#[tokio::test]
async fn a_user_without_schemas_is_refused() {
    fails(Act::Create, "POST", "/Users", scim(201, &json!({"id": "1"})), CREATE, "No schema's defined in scim user")
        .await;
}

#[tokio::test]
async fn a_user_without_an_id_is_not_linked() {
    let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@example.com"});
    fails(Act::Create, "POST", "/Users", scim(201, &user), CREATE, "has no id").await;
}

#[tokio::test]
async fn paging_numbers_as_text_stop_the_task_without_a_word() {
    let list = json!({"totalResults": 0, "startIndex": "1", "itemsPerPage": 0, "Resources": []});
    fails(Act::Create, "GET", "/Users", scim(200, &list), "application.provision.user.sync", "null").await;
}

#[tokio::test]
async fn a_patch_may_be_answered_with_204() {
    let met = meets("okta-oin", Act::Deactivate, "PATCH", "/Users", ResponseTemplate::new(204)).await;
    assert!(met.is_clean(), "{:?}", met.told);
}

#[tokio::test]
async fn a_refused_patch_is_no_put() {
    for code in [405, 501] {
        let met = meets("okta-oin", Act::Deactivate, "PATCH", "/Users", status(code)).await;
        assert_eq!(met.requests.len(), 1, "{:?}", met.requests);
        assert_eq!(met.idp.failed_tasks().len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for code in [301, 302, 307, 308] {
        let away = ResponseTemplate::new(code).insert_header("Location", "http://127.0.0.1:9/elsewhere");
        let met = meets("okta", Act::Create, "POST", "/Users", away).await;
        assert!(!met.is_clean() && met.requests.len() == 2, "{:?} {:?}", met.told, met.requests);
    }
}

#[tokio::test]
async fn a_page_of_an_import_that_is_refused_ends_it() {
    fails(Act::Import, "GET", "/Users", status(500), "application.provision.user.import", "Internal Server Error")
        .await;
}

/// Whole seconds of Retry-After are waited for; a date, a fraction and nothing are five minutes.
#[tokio::test]
async fn a_429_waits_for_whole_seconds() {
    for (header, seconds) in
        [(Some("7"), 7), (Some("0"), 0), (Some("Wed, 21 Oct 2026 07:28:00 GMT"), 300), (Some("1.5"), 300), (None, 300)]
    {
        for act in [Act::Create, Act::PushGroup, Act::Import] {
            let (method, path) = if act == Act::PushGroup { ("GET", "/Groups") } else { ("GET", "/Users") };
            let answer = ResponseTemplate::new(429);
            let answer = header.map_or(answer.clone(), |value| answer.insert_header("Retry-After", value));
            let met = meets("okta", act, method, path, answer).await;
            assert!(met.is_clean(), "{act:?} {header:?} {:?}", met.told);
            assert_eq!((met.idp.clock() - START).whole_seconds(), seconds, "{act:?} {header:?}");
        }
    }
}

/// Five minutes, doubled each time: after the tenth refusal the task has failed.
#[tokio::test]
async fn a_429_is_tried_ten_times() {
    let fake = crate::fake::Fake::start().await;
    fake.orders("GET", "/Users", 100, ResponseTemplate::new(429));
    let (mut idp, transcript) = fake.idp(Profile::named("okta").expect("embedded"));
    for change in [Change::AddUser(User::sample("ada", "")), Change::AssignUser { key: "ada".to_owned() }] {
        idp.change(change).expect("fits");
    }
    let report = idp.settle().await;
    assert!(told(&report)[0].contains("application.integration.rate_limit_exceeded"), "{:?}", told(&report));
    assert_eq!(lines(&transcript, 0).len(), 10);
    assert_eq!((idp.clock() - START).whole_minutes(), 5 * (2_i64.pow(9) - 1), "nine waits, each twice the one before");
}

/// A connection that is dropped, cut or not HTTP, and silence: the task fails, and nothing panics.
#[tokio::test]
async fn a_broken_connection_fails_the_task() {
    for manners in [Manners::Drops, Manners::Cuts, Manners::Babbles, Manners::Sleeps] {
        let url = rude(manners).await;
        let mut idp = idp_at(&url, Profile::named("okta").expect("embedded"), Some(Duration::from_millis(300)));
        for change in [Change::AddUser(User::sample("ada", "")), Change::AssignUser { key: "ada".to_owned() }] {
            idp.change(change).expect("fits");
        }
        let report = idp.settle().await;
        assert!(
            told(&report)[0].contains("error while talking to the remote server"),
            "{manners:?} {:?}",
            told(&report)
        );
        assert_eq!(idp.failed_tasks().len(), 1);
    }
}

/// Okta waits 60 seconds, where nobody configured another time-out; then the answer has not come.
#[tokio::test]
async fn the_time_out_is_the_profiles() {
    let mut profile = Profile::named("okta").expect("embedded");
    assert_eq!(profile.knobs.timeout_seconds, 60);
    profile.knobs.timeout_seconds = 1;
    let url = rude(Manners::Sleeps).await;
    let report = idp_at(&url, profile.clone(), None).test_connection().await;
    assert_eq!(report.failures().count(), 1);
    profile.knobs.timeout_seconds = 60;
    let url = rude(Manners::Dawdles).await;
    assert!(idp_at(&url, profile.clone(), None).test_connection().await.is_clean());
    let report = idp_at(&url, profile, Some(Duration::from_millis(200))).test_connection().await;
    assert_eq!(report.failures().count(), 1, "a configured time-out holds");
}

/// Values of a type that no schema allows are written back or failed over, and never panicked over.
#[tokio::test]
async fn wrong_types_are_survived() {
    let bodies = [
        json!({"id": 17, "schemas": "x", "name": "Ada", "emails": {"value": 1}, "active": "yes", "userName": null}),
        json!({"id": "1", "schemas": [], "emails": ["a@b"], "name": [], "active": 1, "groups": "none", "meta": 5}),
        json!({"id": "1", "schemas": [], "emails": [null, {"type": 1}], "phoneNumbers": true}),
        json!([1, 2]),
        json!("text"),
        Value::Null,
    ];
    for body in &bodies {
        for act in [Act::Update, Act::Deactivate] {
            meets("okta", act, "GET", "/Users/", scim(200, body)).await;
            meets("okta-oin", act, "GET", "/Users/", scim(200, body)).await;
        }
        let list = json!({"totalResults": -1, "startIndex": 1, "itemsPerPage": 1e300, "Resources": [body]});
        meets("okta", Act::Create, "GET", "/Users", scim(200, &list)).await;
        meets("okta", Act::Import, "GET", "/Users", scim(200, &list)).await;
        meets("okta", Act::PushGroup, "GET", "/Groups", scim(200, &list)).await;
        meets("okta", Act::AddMember, "GET", "/Groups/", scim(200, &json!({"id": "1", "members": body}))).await;
    }
}

/// Bodies that are packed, because Okta asks for it, are unpacked.
#[tokio::test]
async fn packed_bodies_are_read() {
    use std::io::Write;
    let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let list = json!({"totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []});
    coder.write_all(list.to_string().as_bytes()).expect("in memory");
    let packed = coder.finish().expect("in memory");
    let answer = ResponseTemplate::new(200)
        .insert_header("Content-Encoding", "gzip")
        .set_body_raw(packed, "application/scim+json");
    let met = meets("okta", Act::Probe, "GET", "/Users", answer.clone()).await;
    assert!(met.is_clean(), "{:?}", met.told);
    let asked = met.transcript.exchanges()[0].request_header("accept-encoding").map(str::to_owned);
    assert_eq!(asked.as_deref(), Some("gzip,deflate"));
    let met = meets("entra-default", Act::Probe, "GET", "/Users", answer).await;
    assert!(!met.is_clean(), "who does not ask for packed bodies does not read them");
}
