//! How Okta's task queue goes on when the target answers otherwise than hoped.

use scimulate::idp::{Change, Group, Idp, MoveKind, MoveResult, Profile, Report, User, engine::START};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::fake::{Fake, bodies, lines, scim, told};

fn named(id: &str, quirks: &[&str]) -> Profile {
    let profile = Profile::named(id).expect("embedded");
    quirks.iter().fold(profile, |profile, quirk| profile.with_quirk(quirk).expect("a quirk"))
}

fn key() -> String {
    "ada".to_owned()
}

async fn play(idp: &mut Idp, changes: Vec<Change>) -> Report {
    for change in changes {
        idp.change(change).expect("fits");
    }
    idp.settle().await
}

fn add() -> Vec<Change> {
    vec![Change::AddUser(User::sample("ada", "")), Change::AssignUser { key: key() }]
}

/// A 409 to a create fails the task for good, in Okta's words, with the target's detail; nothing is adopted.
#[tokio::test]
async fn a_conflict_ends_the_task() {
    let fake = Fake::start().await;
    fake.refuses("POST", "/Users", 1, 409, "user exists");
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    let report = play(&mut idp, add()).await;
    assert_eq!(
        told(&report)[1],
        "create ada: failed, application.provision.user.push: Push new user to external application FAILURE: Conflict. \
         Errors reported by remote server: user exists"
    );
    assert_eq!((transcript.len(), idp.remote_id("ada")), (2, None));
    assert!(idp.settle().await.moves.is_empty(), "nothing is tried again by itself");
    let report = play(&mut idp, vec![Change::UnassignUser { key: key() }]).await;
    assert!(told(&report)[0].starts_with("deactivate ada: skipped, the app user has no External ID"));
    assert_eq!(transcript.len(), 2, "what has no External ID is not deactivated");
}

/// A 429 is waited for on the simulated clock: whole seconds of Retry-After, else five minutes, doubled; ten tries.
#[tokio::test]
async fn waits_as_okta_documents_it() {
    let fake = Fake::start().await;
    fake.orders("GET", "/Users", 1, ResponseTemplate::new(429).insert_header("Retry-After", "7"));
    fake.orders(
        "GET",
        "/Users",
        1,
        ResponseTemplate::new(429).insert_header("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"),
    );
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    assert!(play(&mut idp, add()).await.is_clean());
    assert_eq!((idp.clock() - START).whole_seconds(), 7 + 600, "the second wait is doubled");
    assert_eq!(transcript.len(), 4);

    let fake = Fake::start().await;
    fake.orders("GET", "/Users", 100, ResponseTemplate::new(429));
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    let report = play(&mut idp, add()).await;
    assert_eq!(transcript.len(), 10);
    assert!(told(&report)[0].contains("application.integration.rate_limit_exceeded"), "{:?}", told(&report));
}

/// A 404 to a filter counts as nobody found; a 5xx fails the task at once; a text body is shown as Jackson shows it.
#[tokio::test]
async fn reacts_to_odd_answers() {
    let fake = Fake::start().await;
    fake.refuses("GET", "/Users", 1, 404, "nobody");
    fake.orders("POST", "/Users", 1, ResponseTemplate::new(502).set_body_string("error from upstream"));
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    let report = play(&mut idp, add()).await;
    let failure = &told(&report)[1];
    assert!(
        failure.ends_with(
            "Bad Gateway. Errors reported by remote server: Invalid JSON: Unrecognized token 'error' at line: 1, column: 6"
        ),
        "{failure}"
    );
    assert_eq!(transcript.len(), 2);
}

/// Text numbers in a list stop the task without a word; an empty 201 and a user without schemas are failures.
#[tokio::test]
async fn reacts_to_odd_bodies() {
    let list = json!({"totalResults": 0, "startIndex": "1", "itemsPerPage": 0, "Resources": []});
    let user = json!({"id": "1", "userName": "ada@example.com"});
    let cases = [
        ("GET", scim(200, &list), "match ada: failed, application.provision.user.sync: null"),
        ("POST", ResponseTemplate::new(201), "Create new user returned empty user."),
        ("POST", scim(201, &user), "No schema's defined in scim user"),
        ("GET", scim(200, &json!([])), "No results for users returned"),
    ];
    for (method, template, expected) in cases {
        let fake = Fake::start().await;
        fake.orders(method, "/Users", 1, template);
        let (mut idp, transcript) = fake.idp(named("okta", &[]));
        let report = play(&mut idp, add()).await;
        assert!(told(&report).last().is_some_and(|line| line.ends_with(expected)), "{:?} {expected}", told(&report));
        let posts = transcript.exchanges().iter().filter(|e| e.method == "POST").count();
        assert_eq!(posts, usize::from(method == "POST"), "{expected}");
        assert_eq!(idp.remote_id("ada"), None);
    }
}

/// A target that hides inactive users gets a second POST when the user is assigned again, and with it the 409 for ever.
#[tokio::test]
async fn a_hidden_inactive_user_is_created_again() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    play(&mut idp, add()).await;
    play(&mut idp, vec![Change::UnassignUser { key: key() }]).await;
    fake.orders("GET", "/Users", 1, scim(200, &json!({"totalResults": 0, "startIndex": 1, "Resources": []})));
    fake.refuses("POST", "/Users", 1, 409, "taken");
    let report = play(&mut idp, vec![Change::AssignUser { key: key() }]).await;
    assert!(report.find(MoveKind::Create, "ada").is_some_and(|r| matches!(r.result, MoveResult::Failed(_))));
    let bodies = bodies(&transcript, "POST");
    assert_eq!(bodies[0]["externalId"], bodies[1]["externalId"], "the external id is the same person's");
}

/// Assigning again finds the inactive user and writes it active under the same id; with the double write, twice.
#[tokio::test]
async fn reassigning_reactivates() {
    for (quirks, puts) in [(&[][..], 1), (&["+okta-double-put-on-assign"][..], 2)] {
        let fake = Fake::start().await;
        let (mut idp, transcript) = fake.idp(named("okta", quirks));
        play(&mut idp, add()).await;
        let id = idp.remote_id("ada");
        play(&mut idp, vec![Change::DisableUser { key: key() }]).await;
        assert_eq!(fake.user(&id.clone().expect("linked")).expect("kept")["active"], false);
        let before = bodies(&transcript, "PUT").len();
        play(&mut idp, vec![Change::EnableUser { key: key() }]).await;
        assert_eq!(bodies(&transcript, "PUT").len() - before, puts);
        assert_eq!(idp.remote_id("ada"), id);
        assert_eq!(fake.user(&id.expect("linked")).expect("kept")["active"], true);
    }
}

/// The stale profile push after a reactivation leaves the user inactive: that is the quirk.
#[tokio::test]
async fn a_stale_push_undoes_the_reactivation() {
    let fake = Fake::start().await;
    let (mut idp, _) = fake.idp(named("okta", &["+okta-reactivate-then-stale-inactive"]));
    play(&mut idp, add()).await;
    play(&mut idp, vec![Change::UnassignUser { key: key() }]).await;
    play(&mut idp, vec![Change::AssignUser { key: key() }]).await;
    let id = idp.remote_id("ada").expect("linked");
    assert_eq!(fake.user(&id).expect("kept")["active"], false);
}

/// A refused PATCH leads to a failed task and to no PUT.
#[tokio::test]
async fn a_refused_patch_is_not_a_put() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta-oin", &[]));
    play(&mut idp, add()).await;
    fake.refuses("PATCH", "/Users", 1, 501, "no PATCH");
    let report = play(&mut idp, vec![Change::UnassignUser { key: key() }]).await;
    assert_eq!(report.failures().count(), 1);
    assert!(transcript.exchanges().iter().all(|e| e.method != "PUT"));
}

/// Suspension and the deletion of a deactivated user send nothing.
#[tokio::test]
async fn what_sends_nothing() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    play(&mut idp, add()).await;
    play(&mut idp, vec![Change::DisableUser { key: key() }]).await;
    let before = transcript.len();
    let report = play(
        &mut idp,
        vec![
            Change::SuspendUser { key: key() },
            Change::UnsuspendUser { key: key() },
            Change::DeleteUser { key: key() },
        ],
    )
    .await;
    assert_eq!(transcript.len(), before);
    assert!(report.moves.iter().all(|record| matches!(record.result, MoveResult::Skipped(_))), "{report:?}");
}

/// Only members that the target knows are pushed; who becomes known later follows.
#[tokio::test]
async fn members_follow_their_assignment() {
    let fake = Fake::start().await;
    let (mut idp, _) = fake.idp(named("okta-oin", &[]));
    let group = Group::sample("team", "").with_members(["ada", "grace"]);
    let mut changes = vec![Change::AddUser(User::sample("grace", ""))];
    changes.extend(add());
    changes.extend([Change::AddGroup(group), Change::PushGroup { key: "team".to_owned() }]);
    play(&mut idp, changes).await;
    let id = idp.remote_id("team").expect("pushed");
    let members = || fake.group(&id).expect("there")["members"].as_array().map_or(0, Vec::len);
    assert_eq!(members(), 1);
    play(&mut idp, vec![Change::AssignUser { key: "grace".to_owned() }]).await;
    assert_eq!(members(), 2);
}

/// Membership changes go out in batches of 100, and what is batched arrives.
#[tokio::test]
async fn memberships_come_in_batches() {
    for quirks in [&[][..], &["+okta-concurrent-group-patch"][..]] {
        let fake = Fake::start().await;
        let mut profile = named("okta-oin", quirks);
        profile.knobs.member_batch = 2;
        let (mut idp, transcript) = fake.idp(profile);
        let keys = ["a", "b", "c", "d", "e"];
        let mut changes: Vec<Change> = keys.iter().map(|key| Change::AddUser(User::sample(key, ""))).collect();
        changes.extend(keys.iter().map(|key| Change::AssignUser { key: (*key).to_owned() }));
        changes.extend([Change::AddGroup(Group::sample("team", "")), Change::PushGroup { key: "team".to_owned() }]);
        play(&mut idp, changes).await;
        let before = transcript.len();
        let joins =
            keys.iter().map(|key| Change::AddMember { group: "team".to_owned(), user: (*key).to_owned() }).collect();
        play(&mut idp, joins).await;
        assert_eq!(lines(&transcript, before).len(), 1 + 3, "the name, then three batches");
        let id = idp.remote_id("team").expect("pushed");
        assert_eq!(fake.group(&id).expect("there")["members"].as_array().map_or(0, Vec::len), 5);
    }
}

/// A group that exists is linked and keeps the members that it had.
#[tokio::test]
async fn linking_keeps_members() {
    for profile in ["okta", "okta-oin"] {
        let fake = Fake::start().await;
        let id = fake.has_group(json!({"displayName": "Team", "members": [{"value": "old", "display": "o"}]}));
        let (mut idp, transcript) = fake.idp(named(profile, &[]));
        let mut changes = add();
        changes.extend([
            Change::AddGroup(Group::sample("team", "").with_members(["ada"])),
            Change::PushGroup { key: "team".to_owned() },
            Change::AddUser(User::sample("grace", "")),
            Change::AssignUser { key: "grace".to_owned() },
        ]);
        play(&mut idp, changes).await;
        play(&mut idp, vec![Change::AddMember { group: "team".to_owned(), user: "grace".to_owned() }]).await;
        assert_eq!(idp.remote_id("team").as_deref(), Some(id.as_str()));
        let members = fake.group(&id).expect("there")["members"].as_array().cloned().unwrap_or_default();
        assert_eq!(members.len(), 3, "{profile}: {members:?}");
        assert!(transcript.exchanges().iter().all(|e| !(e.method == "POST" && e.path() == "/Groups")));
    }
}

/// An import pages until everything is seen, leaves inactive accounts out, and stops at the safeguard.
#[tokio::test]
async fn imports_page_by_page() {
    let fake = Fake::start().await;
    let mut profile = named("okta", &[]);
    profile.knobs.import_page = 2;
    let (mut idp, transcript) = fake.idp(profile);
    for n in 0..3 {
        fake.has_user(json!({"userName": format!("u{n}"), "active": n != 0}));
    }
    let report = play(&mut idp, vec![Change::Import]).await;
    assert_eq!(lines(&transcript, 0), ["GET /Users?startIndex=1&count=2 200", "GET /Users?startIndex=3&count=2 200"]);
    assert_eq!(report.notes[0], "import: 3 accounts read, 2 scanned, 0 missing");

    play(&mut idp, add()).await;
    fake.forget_user(&idp.remote_id("ada").expect("linked"));
    let report = play(&mut idp, vec![Change::Import]).await;
    assert!(told(&report)[0].contains("import safeguard"), "{:?}", told(&report));
    assert!(idp.remote_id("ada").is_some());
}

/// An import recognises people by what the administrator chose, and asks him; linked at once they are only on his word.
#[tokio::test]
async fn an_import_recognises_people() {
    for (confirms, linked) in [(false, false), (true, true)] {
        let fake = Fake::start().await;
        let mut profile = named("okta", &[]);
        profile.knobs.import_match_names = true;
        profile.knobs.import_confirms = confirms;
        let (mut idp, transcript) = fake.idp(profile);
        let id = fake.has_user(json!({"userName": "ADA@example.com", "active": true}));
        fake.has_user(json!({"userName": "x", "name": {"givenName": "grace", "familyName": "SAMPLE"}}));
        fake.has_user(json!({"userName": "stranger", "active": true}));
        fake.has_user(json!({"userName": "gone@example.com", "active": false}));
        let people = ["ada", "grace", "gone"].map(|key| Change::AddUser(User::sample(key, "")));
        let report = play(&mut idp, people.into_iter().chain([Change::Import]).collect()).await;
        let what = if confirms { "are linked" } else { "wait for an administrator" };
        let note =
            format!("import: accounts without a link: 1 recognised by an attribute {what}, 1 by name, 1 unknown");
        assert_eq!(report.notes.last(), Some(&note));
        assert_eq!(idp.remote_id("ada"), linked.then_some(id));
        assert_eq!((idp.remote_id("grace"), idp.remote_id("gone")), (None, None));
        assert!(transcript.exchanges().iter().all(|exchange| exchange.method == "GET"), "an import writes nothing");
    }
}

/// With entitlements the endpoints are those of the app's own resource types, page by page, the count first.
#[tokio::test]
async fn entitlements_are_read_where_the_app_says() {
    let fake = Fake::start().await;
    let kind = |name: &str, endpoint: &str, schema: &str| json!({"name": name, "endpoint": endpoint, "schema": schema});
    let types = json!({"totalResults": 3, "Resources": [
        kind("User", "/Users", "urn:ietf:params:scim:schemas:core:2.0:User"),
        kind("License", "/Licenses", "urn:okta:scim:schemas:core:1.0:Entitlement"),
        kind("Role", "/Roles", "urn:okta:scim:schemas:core:1.0:Role"),
    ]});
    let page = |total: usize| scim(200, &json!({"totalResults": total, "Resources": [{"id": "1"}]}));
    fake.orders("GET", "/ResourceTypes", 1, scim(200, &types));
    fake.orders("GET", "/Schemas", 1, scim(200, &json!({"totalResults": 0, "Resources": []})));
    fake.orders("GET", "/Licenses", 2, page(3));
    fake.orders("GET", "/Roles", 1, page(1));
    let mut profile = named("okta-entitlements", &[]);
    profile.knobs.import_page = 2;
    let (mut idp, transcript) = fake.idp(profile);
    let report = idp.test_connection().await;
    assert!(report.is_clean(), "{:?}", told(&report));
    let asked = lines(&transcript, 0).split_off(1);
    let pages = [
        "GET /ResourceTypes 200",
        "GET /Schemas 200",
        "GET /Licenses?count=2&startIndex=1 200",
        "GET /Licenses?count=2&startIndex=3 200",
        "GET /Roles?count=2&startIndex=1 200",
    ];
    assert_eq!(asked, pages);
    assert_eq!(report.notes, ["entitlements: 3 at /Licenses", "entitlements: 1 at /Roles"]);
}

/// A list that never ends does not keep the run from ending.
#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let fake = Fake::start().await;
    let page = json!({"totalResults": 1_000_000_000, "startIndex": 1, "itemsPerPage": 0, "Resources": []});
    fake.orders("GET", "/Users", 1000, scim(200, &page));
    let (mut idp, transcript) = fake.idp(named("okta", &[]));
    play(&mut idp, vec![Change::Import]).await;
    assert_eq!(transcript.len(), 1, "an empty page ends it, whatever it promises");
}

/// A new password goes out only with password synchronization: whole by PUT, alone by PATCH.
#[tokio::test]
async fn a_password_is_sent_on_request_only() {
    for (id, on) in [("okta", true), ("okta-oin", true), ("okta", false)] {
        let fake = Fake::start().await;
        let mut profile = named(id, &[]);
        profile.knobs.sync_password = on;
        let (mut idp, transcript) = fake.idp(profile);
        play(&mut idp, add()).await;
        let before = transcript.len();
        play(&mut idp, vec![Change::SetPassword { key: key(), password: "n3wPassw0rd".to_owned() }]).await;
        let last = transcript.last().and_then(|exchange| exchange.request_json()).unwrap_or_default();
        match (id, on) {
            (_, false) => assert_eq!(transcript.len(), before),
            ("okta", _) => assert_eq!(last["password"], "n3wPassw0rd"),
            _ => assert_eq!(last["Operations"], json!([{"op": "replace", "value": {"password": "n3wPassw0rd"}}])),
        }
    }
}

/// A user that is deleted while active is deactivated, and the body still holds who it was.
#[tokio::test]
async fn deleting_an_active_user_deactivates_it() {
    for id in ["okta", "okta-oin"] {
        let fake = Fake::start().await;
        let (mut idp, _) = fake.idp(named(id, &[]));
        play(&mut idp, add()).await;
        let remote = idp.remote_id("ada").expect("linked");
        play(&mut idp, vec![Change::DeleteUser { key: key() }]).await;
        let user = fake.user(&remote).expect("never deleted");
        assert_eq!((&user["active"], &user["userName"]), (&json!(false), &json!("ada@example.com")));
    }
}

/// A group without members waits for its first one, where the IdP does not create empty groups.
#[tokio::test]
async fn an_empty_group_waits_for_its_first_member() {
    let fake = Fake::start().await;
    let (mut idp, _) = fake.idp(named("jumpcloud", &[]));
    play(&mut idp, add()).await;
    let group = Change::AddGroup(Group::sample("team", ""));
    play(&mut idp, vec![group, Change::PushGroup { key: "team".to_owned() }]).await;
    assert_eq!(idp.remote_id("team"), None);
    play(&mut idp, vec![Change::AddMember { group: "team".to_owned(), user: key() }]).await;
    let id = idp.remote_id("team").expect("created");
    assert_eq!(fake.group(&id).expect("there")["members"].as_array().map_or(0, Vec::len), 1);
}

/// A directory of some size ends in the target as it is, and a second pass sends nothing.
#[tokio::test]
async fn a_whole_directory_arrives() {
    for id in ["okta", "okta-oin", "entra-default", "entra-062020", "generic", "pingfederate"] {
        let fake = Fake::start().await;
        let (mut idp, _) = fake.idp(named(id, &[]));
        let changes = scimulate::idp::directory::generated(40, 4, 3, "x");
        assert!(play(&mut idp, changes).await.is_clean(), "{id}");
        assert_eq!(fake.users(), 40, "{id}");
        for team in idp.directory().teams() {
            let remote = idp.remote_id(&team.group.key).and_then(|id| fake.group(&id)).expect("pushed");
            let held = remote["members"].as_array().map_or(0, Vec::len);
            assert_eq!(held, team.group.members.len(), "{id}: {}", team.group.key);
        }
        let report = idp.settle().await;
        let writes = report.moves.iter().filter(|record| record.kind != MoveKind::Probe).count();
        assert_eq!(writes, 0, "{id}");
    }
}
