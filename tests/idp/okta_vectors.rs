//! Requests that Okta was seen to send, or is documented to send (`fixtures/vectors/idp/okta.json`), each reproduced by
//! a profile. Compared after key ordering.

use scimulate::idp::{Change, Group, Idp, Profile, User};
use serde_json::{Value, json};

use crate::{
    entra_vectors::assert_sent,
    fake::{Fake, bodies, lines, scim},
};

const VECTORS: &str = include_str!("../../fixtures/vectors/idp/okta.json");
const GROUP: &str = "434a0000-0000-4000-8000-000000000000";
const MEMBER: &str = "23a35c27-23d3-4c03-b4c5-6443c09e7173";

fn vector(id: &str) -> Value {
    let all: Vec<Value> = serde_json::from_str(VECTORS).expect("vectors");
    all.into_iter().find(|vector| vector["id"] == id).unwrap_or_else(|| panic!("no vector {id}"))
}

fn named(id: &str, quirks: &[&str]) -> Profile {
    let profile = Profile::named(id).expect("embedded");
    quirks.iter().fold(profile, |profile, quirk| profile.with_quirk(quirk).expect("a quirk"))
}

fn test_user() -> User {
    User {
        key: "u".to_owned(),
        object_id: Some("00ujl29u0le5T6Aj10h7".to_owned()),
        user_name: "test.user@okta.local".to_owned(),
        given_name: Some("Test".to_owned()),
        family_name: Some("User".to_owned()),
        display_name: Some("Test User".to_owned()),
        email: Some("test.user@okta.local".to_owned()),
        locale: Some("en-US".to_owned()),
        ..User::default()
    }
}

async fn do_all(idp: &mut Idp, changes: Vec<Change>) {
    for change in changes {
        idp.change(change).expect("fits");
    }
    idp.settle().await;
}

fn key() -> String {
    "u".to_owned()
}

fn pushed(members: &[&str]) -> Vec<Change> {
    let group =
        Group { display_name: "SID".to_owned(), ..Group::sample("g", "").with_members(members.iter().copied()) };
    vec![Change::AddGroup(group), Change::PushGroup { key: "g".to_owned() }]
}

/// Every vector has a test of its name here.
#[test]
fn every_vector_has_a_test() {
    let all: Vec<Value> = serde_json::from_str(VECTORS).expect("vectors");
    for vector in all {
        let test = format!("async fn {}()", vector["id"].as_str().expect("an id").replace('-', "_"));
        assert!(include_str!("okta_vectors.rs").contains(&test), "write `{test}`");
    }
}

/// The connection test lists two users, with Okta's headers and without a body's.
#[tokio::test]
async fn probe_users() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    assert!(idp.test_connection().await.is_clean());
    let exchanges = transcript.exchanges();
    assert_eq!(exchanges.len(), 1);
    assert!(exchanges[0].url.ends_with(vector("probe-users")["path"].as_str().expect("a path")));
    let names: Vec<&str> = exchanges[0].headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["User-Agent", "Accept", "Accept-Charset", "Accept-Encoding", "Authorization"]);
    assert_eq!(exchanges[0].request_header("User-Agent"), Some("Okta SCIM Client 1.0.0"));
    assert_eq!(exchanges[0].request_header("Accept"), Some("application/scim+json"));
}

#[tokio::test]
async fn lookup_user() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    do_all(&mut idp, vec![Change::AddUser(test_user()), Change::AssignUser { key: key() }]).await;
    let wanted = vector("lookup-user")["path"].as_str().expect("a path").to_owned();
    assert!(transcript.exchanges()[0].url.ends_with(&wanted), "{}", transcript.exchanges()[0].url);
}

/// The create equals the documented one to the byte, but for the random password.
#[tokio::test]
async fn create_user() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    do_all(&mut idp, vec![Change::AddUser(test_user()), Change::AssignUser { key: key() }]).await;
    let mut sent = bodies(&transcript, "POST").swap_remove(0);
    let password = sent["password"].as_str().expect("a password").to_owned();
    assert!(password.len() == 8 && password.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{password}");
    sent["password"] = json!("1mz050nq");
    assert_eq!(sent.to_string(), vector("create-user")["body"].to_string());
    let post = transcript.exchanges().swap_remove(1);
    assert_eq!(post.request_header("Content-Type"), Some("application/scim+json; charset=utf-8"));
}

#[tokio::test]
async fn deactivate_patch() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta-oin", &[]));
    do_all(&mut idp, vec![Change::AddUser(test_user()), Change::AssignUser { key: key() }]).await;
    let before = transcript.len();
    do_all(&mut idp, vec![Change::UnassignUser { key: key() }]).await;
    assert_sent(&vector("deactivate-patch"), &transcript);
    assert_eq!(lines(&transcript, before).len(), 1, "no GET comes before the PATCH");
}

/// A GET that answers with a list is written back with `active`.
#[tokio::test]
async fn list_echo_put() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    do_all(&mut idp, vec![Change::AddUser(test_user()), Change::AssignUser { key: key() }]).await;
    let wanted = vector("list-echo-put");
    let mut shown = wanted["body"].clone();
    shown.as_object_mut().expect("an object").shift_remove("active");
    fake.orders("GET", "/Users/", 1, scim(200, &shown));
    do_all(&mut idp, vec![Change::UnassignUser { key: key() }]).await;
    assert_sent(&wanted, &transcript);
}

#[tokio::test]
async fn lookup_group() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    do_all(&mut idp, pushed(&[])).await;
    let wanted = vector("lookup-group")["path"].as_str().expect("a path").to_owned();
    assert!(transcript.exchanges()[0].url.ends_with(&wanted), "{}", transcript.exchanges()[0].url);
}

/// Look-up, create, read, write: the captured order of a group push.
#[tokio::test]
async fn create_group() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    fake.next_ids([GROUP]);
    do_all(&mut idp, pushed(&[])).await;
    assert_sent(&vector("create-group"), &transcript);
    let methods: Vec<String> = transcript.exchanges().iter().map(|e| e.method.clone()).collect();
    assert_eq!(methods, ["GET", "POST", "GET", "PUT"]);
}

#[tokio::test]
async fn put_group_member() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    fake.next_ids([MEMBER, GROUP]);
    do_all(&mut idp, vec![Change::AddUser(test_user()), Change::AssignUser { key: key() }]).await;
    do_all(&mut idp, pushed(&["u"])).await;
    assert_sent(&vector("put-group-member"), &transcript);
}

#[tokio::test]
async fn group_name_after_create() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta-oin", &[]));
    fake.next_ids([GROUP]);
    do_all(&mut idp, pushed(&[])).await;
    assert_sent(&vector("group-name-after-create"), &transcript);
}

/// Several members leave and one joins: one PATCH, removes first.
#[tokio::test]
async fn membership_multi_op() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta-oin", &[]));
    fake.next_ids(["89bb1940-b905-4575-9e7f-6f887cfb368e", "a1a1a1a1-0000-4000-8000-000000000000", MEMBER]);
    let others = ["a", "b"].map(|key| User::sample(key, ""));
    for user in others.into_iter().chain([test_user()]) {
        let key = user.key.clone();
        do_all(&mut idp, vec![Change::AddUser(user), Change::AssignUser { key }]).await;
    }
    do_all(&mut idp, pushed(&["a", "b"])).await;
    let group = || "g".to_owned();
    let changes = vec![
        Change::AddMember { group: group(), user: key() },
        Change::RemoveMember { group: group(), user: "a".to_owned() },
        Change::RemoveMember { group: group(), user: "b".to_owned() },
    ];
    do_all(&mut idp, changes).await;
    assert_sent(&vector("membership-multi-op"), &transcript);
}

#[tokio::test]
async fn push_now_path() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta-oin", &[]));
    fake.next_ids([MEMBER, GROUP]);
    do_all(&mut idp, vec![Change::AddUser(test_user()), Change::AssignUser { key: key() }]).await;
    do_all(&mut idp, pushed(&["u"])).await;
    do_all(&mut idp, vec![Change::PushGroupNow { key: "g".to_owned() }]).await;
    assert_sent(&vector("push-now-path"), &transcript);
}

#[tokio::test]
async fn push_now_empty() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta-oin", &[]));
    do_all(&mut idp, pushed(&[])).await;
    do_all(&mut idp, vec![Change::PushGroupNow { key: "g".to_owned() }]).await;
    assert_sent(&vector("push-now-empty"), &transcript);
}

#[tokio::test]
async fn push_now_pathless() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta-oin", &["+okta-pathless-patch-members"]));
    fake.next_ids([GROUP]);
    do_all(&mut idp, pushed(&[])).await;
    do_all(&mut idp, vec![Change::PushGroupNow { key: "g".to_owned() }]).await;
    assert_sent(&vector("push-now-pathless"), &transcript);
}

#[tokio::test]
async fn member_display_null() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta", &["+okta-members-no-type"]));
    fake.next_ids([MEMBER, GROUP]);
    do_all(&mut idp, vec![Change::AddUser(test_user()), Change::AssignUser { key: key() }]).await;
    do_all(&mut idp, pushed(&["u"])).await;
    assert_sent(&vector("member-display-null"), &transcript);
}

/// The overlay of a captured PUT: what the server holds comes back, Okta's attributes lie over it, derived ones stay old.
#[tokio::test]
async fn a_put_is_an_echo_with_an_overlay() {
    let fake = Fake::start().await;
    let id = fake.has_user(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "externalId": "theirs", "userName": "test.user@okta.local",
        "name": {"formatted": "Old Name", "givenName": "Old", "familyName": "Name"}, "displayName": "Theirs",
        "emails": [{"value": "a@x", "type": "work", "primary": true}, {"value": "b@x", "type": "home"}],
        "active": true, "theirOwn": {"kept": true}}));
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    do_all(&mut idp, vec![Change::AddUser(test_user()), Change::AssignUser { key: key() }]).await;
    let put = bodies(&transcript, "PUT").swap_remove(0);
    assert_eq!(
        put,
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": id, "externalId": "00ujl29u0le5T6Aj10h7",
            "userName": "test.user@okta.local",
            "name": {"formatted": "Old Name", "givenName": "Test", "familyName": "User"}, "displayName": "Test User",
            "active": true, "theirOwn": {"kept": true},
            "emails": [{"primary": true, "value": "test.user@okta.local", "type": "work"}],
            "locale": "en-US", "groups": []})
    );
    let methods: Vec<String> = transcript.exchanges().iter().map(|e| e.method.clone()).collect();
    assert_eq!(methods, ["GET", "GET", "PUT"], "look-up, read, write; no POST");
}

/// A deactivating PUT changes `active` and nothing else of what the server showed.
#[tokio::test]
async fn a_deactivating_put_changes_active_alone() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    do_all(&mut idp, vec![Change::AddUser(test_user()), Change::AssignUser { key: key() }]).await;
    let id = idp.remote_id("u").expect("linked");
    fake.has_user(json!({}));
    let mut expected = fake.user(&id).expect("there");
    do_all(&mut idp, vec![Change::UnassignUser { key: key() }]).await;
    expected["active"] = json!(false);
    assert_eq!(bodies(&transcript, "PUT").swap_remove(0), expected);
}
