//! Entra's cycles: what they visit, in which order, and what comes again later.

use std::time::Duration;

use scimulate::{
    idp::{Change, Group, Idp, MoveKind, Profile, Report, User, engine::START},
    wire::Transcript,
};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::fake::{Fake, bodies, lines, scim, told};

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

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

/// Methods and paths without queries, from position `from` on.
fn steps(transcript: &Transcript, from: usize) -> Vec<String> {
    transcript.exchanges()[from..]
        .iter()
        .map(|e| {
            let endpoint = e.path().split('/').nth(1).unwrap_or_default();
            let by_id = e.path().matches('/').count() > 1;
            let filter = e.query().is_some_and(|query| query.contains("filter="));
            let what = if by_id {
                "/id"
            } else if filter {
                "?filter"
            } else {
                ""
            };
            format!("{} {endpoint}{what}", e.method)
        })
        .collect()
}

const PROBES: [&str; 2] = ["GET Users?filter", "GET Groups?filter"];

/// Initial cycle: probes, users, groups without members, then managers, then members. Incremental: only what changed.
#[tokio::test]
async fn objects_come_before_references() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    let grace = User { manager: Some(key()), ..User::sample("grace", "") };
    let mut changes = vec![Change::AddUser(grace)];
    changes.extend(add());
    changes.push(Change::AddGroup(Group::sample("team", "").with_members(["grace", "ada"])));
    changes.push(Change::PushGroup { key: "team".to_owned() });
    assert!(play(&mut idp, changes).await.is_clean());
    let expected = [
        "GET Users?filter",
        "POST Users", // grace, who is in scope through the group
        "GET Users?filter",
        "POST Users", // ada
        "GET Groups?filter",
        "POST Groups",
        "PATCH Users/id", // the manager of grace
        "GET Groups/id",
        "PATCH Groups/id",
        "PATCH Groups/id",
    ];
    assert_eq!(steps(&transcript, 0), [&PROBES[..], &expected[..]].concat());
    assert_eq!(bodies(&transcript, "POST")[2]["members"], json!([]));
    assert_eq!(idp.clock(), START, "the initial cycle comes at once");

    let before = transcript.len();
    let update = json!({"title": "Boss"}).as_object().cloned().unwrap_or_default();
    assert!(play(&mut idp, vec![Change::UpdateUser { key: key(), set: update }]).await.is_clean());
    assert_eq!(steps(&transcript, before), [&PROBES[..], &["GET Users/id", "PATCH Users/id"]].concat());
    assert_eq!((idp.clock() - START).whole_minutes(), 40);

    let before = transcript.len();
    assert!(idp.settle().await.moves.len() == 2, "an idle cycle only probes");
    assert_eq!(steps(&transcript, before), PROBES);
}

/// A linked user that the target lost is matched again and created.
#[tokio::test]
async fn a_lost_user_is_matched_and_created_again() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    play(&mut idp, add()).await;
    fake.forget_user(&idp.remote_id("ada").expect("linked"));
    let before = transcript.len();
    let set = json!({"title": "Boss"}).as_object().cloned().unwrap_or_default();
    play(&mut idp, vec![Change::UpdateUser { key: key(), set }]).await;
    assert_eq!(steps(&transcript, before), [&PROBES[..], &["GET Users/id", "GET Users?filter", "POST Users"]].concat());
    assert_eq!(fake.users(), 1);
}

/// A 409 is no adoption: the object comes again in the next cycle, then after 6, 12, 24, 24 … hours, up to 28 days.
#[tokio::test]
async fn failures_come_again_on_schedule() {
    let fake = Fake::start().await;
    fake.refuses("POST", "/Users", usize::MAX, 409, "taken");
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    let report = play(&mut idp, add()).await;
    assert!(told(&report)[3].starts_with("create ada: failed, EntryConflict"), "{:?}", told(&report));
    let tries = |from: usize| transcript.exchanges()[from..].iter().filter(|e| e.method == "POST").count();
    let mut seen = transcript.len();
    for (wait, expected) in
        [(40 * MINUTE, 1), (5 * HOUR, 0), (2 * HOUR, 1), (10 * HOUR, 0), (2 * HOUR, 1), (25 * HOUR, 1)]
    {
        idp.advance(Duration::from_secs(wait)).await;
        assert_eq!(tries(seen), expected, "after {wait} seconds, {}", idp.clock());
        seen = transcript.len();
    }
    let report = idp.advance(Duration::from_secs(40 * DAY)).await;
    assert!(report.notes.iter().any(|note| note.contains("given up")), "{:?}", report.notes);
    seen = transcript.len();
    idp.advance(Duration::from_secs(10 * DAY)).await;
    assert_eq!(tries(seen), 0);
}

/// A 404 to a probe, a refused token and an unreadable body send the job into quarantine; it slows down, leaves at the
/// next good cycle, and is disabled after four weeks.
#[tokio::test]
async fn quarantine_slows_the_job_down() {
    let html = ResponseTemplate::new(200).set_body_string("<html>sign in</html>");
    let no = json!({"detail": "no"});
    for (template, code) in [
        (scim(404, &no), "SystemForCrossDomainIdentityManagementServiceIncompatible"),
        (scim(401, &no), "Unauthorized"),
        (html, "SystemForCrossDomainIdentityManagementServiceIncompatible"),
    ] {
        let fake = Fake::start().await;
        fake.orders("GET", "/Users", 2, template);
        let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
        let report = play(&mut idp, add()).await;
        assert_eq!(report.failures().next().map(|(_, failure)| failure.code.as_str()), Some(code));
        assert!(report.notes[0].contains("in quarantine"), "{:?}", report.notes);
        assert_eq!(transcript.len(), 1, "nothing is sent after a failed probe");
        idp.settle().await;
        assert_eq!((idp.clock() - START).whole_minutes(), 30);
        let report = idp.settle().await;
        assert_eq!((idp.clock() - START).whole_minutes(), 90, "the second wait is doubled");
        assert_eq!(report.notes, ["the provisioning job left quarantine"]);
        assert!(idp.remote_id("ada").is_some());
    }
    let fake = Fake::start().await;
    fake.orders("GET", "/Users", usize::MAX, scim(401, &no));
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    play(&mut idp, add()).await;
    let report = idp.advance(Duration::from_secs(40 * DAY)).await;
    assert!(report.notes.iter().any(|note| note.contains("disabled")), "{:?}", report.notes);
    let before = transcript.len();
    idp.settle().await;
    assert_eq!(transcript.len(), before, "a disabled job sends nothing");
    assert!(before < 60, "about one try a day, not one every 40 minutes: {before}");
}

/// Soft delete is a PATCH of userName and active; the DELETE comes after 30 days, and only while the user is in scope.
#[tokio::test]
async fn deletes_after_thirty_days_in_scope() {
    for assigned in [true, false] {
        let fake = Fake::start().await;
        let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
        let ada = User { object_id: Some("0a21f0f2-8d2a".to_owned()), ..User::sample("ada", "") };
        play(&mut idp, vec![Change::AddUser(ada), Change::AssignUser { key: key() }]).await;
        if !assigned {
            play(&mut idp, vec![Change::UnassignUser { key: key() }]).await;
        }
        play(&mut idp, vec![Change::SoftDeleteUser { key: key() }]).await;
        if assigned {
            let operations = bodies(&transcript, "PATCH").swap_remove(0)["Operations"].clone();
            assert_eq!(
                operations,
                json!([{"op": "Replace", "path": "userName", "value": "0a21f0f28d2aada@example.com"},
                       {"op": "Replace", "path": "active", "value": "False"}])
            );
        }
        let before = transcript.len();
        idp.advance(Duration::from_secs(29 * DAY)).await;
        assert!(steps(&transcript, before).iter().all(|step| !step.starts_with("DELETE")));
        assert!(transcript.len() - before <= 4, "idle days are not a thousand probes");
        idp.advance(Duration::from_secs(2 * DAY)).await;
        let deletes = steps(&transcript, before).iter().filter(|step| step.starts_with("DELETE")).count();
        assert_eq!(deletes, usize::from(assigned), "assigned: {assigned}");
        assert_eq!(fake.users(), usize::from(!assigned));
    }
}

/// A restored user gets name and state back on the same id.
#[tokio::test]
async fn restores_in_place() {
    let fake = Fake::start().await;
    let (mut idp, _) = fake.idp(named("entra-default", &[]));
    play(&mut idp, add()).await;
    let id = idp.remote_id("ada").expect("linked");
    play(&mut idp, vec![Change::SoftDeleteUser { key: key() }]).await;
    play(&mut idp, vec![Change::RestoreUser { key: key() }]).await;
    let user = fake.user(&id).expect("kept");
    assert_eq!((&user["userName"], &user["active"]), (&json!("ada@example.com"), &json!(true)));
}

/// The end of an assignment, an exclusion by scope and a closed account are all `active` False on the same id; the way
/// back is `active` True, never a POST.
#[tokio::test]
async fn leaving_is_inactive_and_coming_back_is_active() {
    let ways = [
        (Change::UnassignUser { key: key() }, Change::AssignUser { key: key() }),
        (Change::MoveOutOfScope { key: key() }, Change::MoveIntoScope { key: key() }),
        (Change::DisableUser { key: key() }, Change::EnableUser { key: key() }),
    ];
    for (leave, back) in ways {
        let fake = Fake::start().await;
        let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
        play(&mut idp, add()).await;
        let id = idp.remote_id("ada").expect("linked");
        for (change, active, kind) in [(leave, false, MoveKind::Deactivate), (back, true, MoveKind::Reactivate)] {
            let before = transcript.len();
            let report = play(&mut idp, vec![change]).await;
            assert!(report.find(kind, "ada").is_some(), "{:?}", told(&report));
            assert_eq!(steps(&transcript, before), [&PROBES[..], &["GET Users/id", "PATCH Users/id"]].concat());
            assert_eq!(fake.user(&id).expect("kept")["active"], active);
        }
    }
}

/// Without a mapping of `active`, the end of an assignment is a DELETE.
#[tokio::test]
async fn without_an_active_mapping_leaving_is_delete() {
    let fake = Fake::start().await;
    let text = "id = \"t\"\nextends = \"entra-default\"\nunmap = [\"active\"]\n";
    let (mut idp, _) = fake.idp(Profile::parse(text, "t.toml").expect("a profile"));
    play(&mut idp, add()).await;
    play(&mut idp, vec![Change::UnassignUser { key: key() }]).await;
    assert_eq!(fake.users(), 0);
}

/// A group that is no longer assigned takes its people out of scope first, then is deleted.
#[tokio::test]
async fn an_unassigned_group_is_deleted() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    let changes = vec![
        Change::AddUser(User::sample("ada", "")),
        Change::AddGroup(Group::sample("team", "").with_members(["ada"])),
        Change::PushGroup { key: "team".to_owned() },
    ];
    play(&mut idp, changes).await;
    let before = transcript.len();
    play(&mut idp, vec![Change::UnlinkGroup { key: "team".to_owned() }]).await;
    assert_eq!(
        steps(&transcript, before),
        [&PROBES[..], &["GET Users/id", "PATCH Users/id", "DELETE Groups/id"]].concat()
    );
}

/// Sequential matching: one query an attribute, the second only after a miss; two hits are an error.
#[tokio::test]
async fn matches_one_attribute_after_the_other() {
    let fake = Fake::start().await;
    let id = fake.has_user(json!({"userName": "other", "externalId": "ada", "active": true}));
    let (mut idp, transcript) = fake.idp(named("entra-default", &["+entra-seq-match"]));
    play(&mut idp, add()).await;
    assert_eq!(idp.remote_id("ada"), Some(id));
    let filters: Vec<String> = lines(&transcript, 2)[..2].to_vec();
    assert!(filters[0].contains("userName+eq") && filters[1].contains("externalId+eq"), "{filters:?}");

    let fake = Fake::start().await;
    for _ in 0..2 {
        fake.has_user(json!({"userName": "ada@example.com"}));
    }
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    let report = play(&mut idp, add()).await;
    assert_eq!(report.failures().next().map(|(_, f)| f.code.clone()).as_deref(), Some("DuplicateTargetEntries"));
    assert!(transcript.exchanges().iter().all(|e| e.method == "GET"));
}

/// A manager that the target does not echo is written again in the next cycle; one that it echoes is not.
#[tokio::test]
async fn an_unechoed_manager_is_written_again() {
    for (hidden, expected) in [(false, 0), (true, 1)] {
        let fake = Fake::start().await;
        let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
        if hidden {
            fake.hides(&["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]);
        }
        let grace = User { manager: Some(key()), department: None, ..User::sample("grace", "") };
        let mut changes = add();
        changes.extend([Change::AddUser(grace), Change::AssignUser { key: "grace".to_owned() }]);
        play(&mut idp, changes).await;
        let before = transcript.len();
        idp.settle().await;
        let patches = steps(&transcript, before).iter().filter(|step| step.starts_with("PATCH")).count();
        assert_eq!(patches, expected);
    }
}

/// An operation that the target ignores with 200 counts as success and is not sent again, unless writes are verified.
#[tokio::test]
async fn trusts_a_success() {
    for (quirk, failures) in [("+entra-silent-success", 0), ("-entra-silent-success", 1)] {
        let fake = Fake::start().await;
        let (mut idp, transcript) = fake.idp(named("entra-default", &[quirk]));
        play(&mut idp, add()).await;
        let user = fake.user(&idp.remote_id("ada").expect("linked")).expect("there");
        fake.orders("PATCH", "/Users", 1, scim(200, &user));
        let report = play(&mut idp, vec![Change::DisableUser { key: key() }]).await;
        assert_eq!(report.failures().count(), failures, "{quirk}");
        let before = transcript.len();
        idp.settle().await;
        let again = steps(&transcript, before).iter().any(|step| step.starts_with("PATCH"));
        assert_eq!(again, failures == 1, "{quirk}");
    }
}

/// On demand: probe, match, write in one go, by the legacy dialect; at most five members; no read by id.
#[tokio::test]
async fn on_demand_probes_matches_and_writes() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("entra-on-demand", &[]));
    play(&mut idp, add()).await;
    let before = transcript.len();
    let set = json!({"title": "Boss"}).as_object().cloned().unwrap_or_default();
    play(&mut idp, vec![Change::UpdateUser { key: key(), set }]).await;
    assert_eq!(steps(&transcript, before), [&PROBES[..], &["GET Users?filter", "PATCH Users/id"]].concat());
    assert_eq!(idp.clock(), START, "nothing waits for a cycle");

    let keys = ["a", "b", "c", "d", "e", "f"];
    let mut changes: Vec<Change> = keys.iter().map(|key| Change::AddUser(User::sample(key, ""))).collect();
    changes.extend(keys.iter().map(|key| Change::AssignUser { key: (*key).to_owned() }));
    play(&mut idp, changes).await;
    let group = Group::sample("team", "").with_members(keys);
    let report = play(&mut idp, vec![Change::AddGroup(group), Change::PushGroup { key: "team".to_owned() }]).await;
    let id = idp.remote_id("team").expect("pushed");
    assert_eq!(fake.group(&id).expect("there")["members"].as_array().map_or(0, Vec::len), 5);
    assert!(report.notes.iter().any(|note| note.contains("1 are left out")), "{:?}", report.notes);
}

/// Drift of a membership in the target is not repaired, because members are never read.
#[tokio::test]
async fn members_are_never_read() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    let mut changes = add();
    changes.extend([
        Change::AddGroup(Group::sample("team", "").with_members(["ada"])),
        Change::PushGroup { key: "team".to_owned() },
    ]);
    play(&mut idp, changes).await;
    for exchange in transcript.exchanges().iter().filter(|e| e.method == "GET" && e.path().starts_with("/Groups")) {
        assert!(exchange.query().is_some_and(|q| q.starts_with("excludedAttributes=members")), "{}", exchange.url);
    }
    let before = transcript.len();
    let rename = Change::RenameGroup { key: "team".to_owned(), name: "Crew".to_owned() };
    play(&mut idp, vec![rename]).await;
    assert_eq!(steps(&transcript, before), [&PROBES[..], &["GET Groups/id", "PATCH Groups/id"]].concat());
}

/// A restart that keeps links reads everything again; one that forgets them matches everything again.
#[tokio::test]
async fn a_restart_begins_anew() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    play(&mut idp, add()).await;
    for (forget, step) in [(false, "GET Users/id"), (true, "GET Users?filter")] {
        idp.restart(forget);
        let before = transcript.len();
        idp.settle().await;
        assert_eq!(steps(&transcript, before), [&PROBES[..], &[step]].concat());
    }
    assert_eq!(fake.users(), 1);
}

/// A PATCH that is answered with 204 is a success, and a manager written so is not written again.
#[tokio::test]
async fn takes_204_for_success() {
    let fake = Fake::start().await;
    fake.patches_without_body();
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    let grace = User { manager: Some(key()), ..User::sample("grace", "") };
    let mut changes = add();
    changes.extend([Change::AddUser(grace), Change::AssignUser { key: "grace".to_owned() }]);
    assert!(play(&mut idp, changes).await.is_clean());
    let before = transcript.len();
    idp.settle().await;
    assert_eq!(steps(&transcript, before), PROBES);
}

/// Two people of the directory with one matching value: who came first gets the account, the other fails without a request,
/// and comes through when the directory tells them apart.
#[tokio::test]
async fn doubles_in_the_directory_fail() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    let twin = User { user_name: "ADA@example.com".to_owned(), ..User::sample("twin", "") };
    let mut changes = add();
    changes.extend([Change::AddUser(twin), Change::AssignUser { key: "twin".to_owned() }]);
    changes.push(Change::AddGroup(Group::sample("team", "")));
    let namesake = Group { display_name: Group::sample("team", "").display_name, ..Group::sample("namesake", "") };
    changes.push(Change::AddGroup(namesake));
    changes.extend(["team", "namesake"].map(|key| Change::PushGroup { key: key.to_owned() }));
    let report = play(&mut idp, changes).await;
    let told = told(&report);
    assert!(told.iter().any(|line| line.contains("twin") && line.contains("DuplicateSourceEntries")), "{told:?}");
    assert!(told.iter().any(|line| line.contains("namesake") && line.contains("DuplicateSourceEntries")), "{told:?}");
    assert_eq!(bodies(&transcript, "POST").len(), 2, "ada and the team");
    assert!(idp.remote_id("ada").is_some() && idp.remote_id("twin").is_none());

    let set = json!({"user_name": "twin@example.com"}).as_object().cloned().unwrap_or_default();
    play(&mut idp, vec![Change::UpdateUser { key: "twin".to_owned(), set }]).await;
    assert!(idp.remote_id("twin").is_some());
}

/// Nobody is created without a user name.
#[tokio::test]
async fn a_user_without_a_name_is_not_created() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    let nameless = User { user_name: String::new(), ..User::sample("ada", "") };
    let report = play(&mut idp, vec![Change::AddUser(nameless), Change::AssignUser { key: key() }]).await;
    assert!(told(&report).iter().any(|line| line.contains("MandatoryFieldsMissing")), "{:?}", told(&report));
    assert!(bodies(&transcript, "POST").is_empty());
}

/// A target that gives a deleted user's id again does not keep the user out of groups.
#[tokio::test]
async fn who_comes_back_is_a_member_again() {
    for profile in ["entra-default", "generic"] {
        let fake = Fake::start().await;
        let mut profile = named(profile, &[]);
        profile.knobs.unassign = scimulate::idp::profile::value::Unassign::Delete;
        let (mut idp, transcript) = fake.idp(profile);
        fake.next_ids(["the-same", "team-1", "the-same"]);
        let mut changes = add();
        changes.push(Change::AddGroup(Group::sample("team", "").with_members(["ada"])));
        changes.push(Change::PushGroup { key: "team".to_owned() });
        play(&mut idp, changes).await;
        let added = || {
            let groups = transcript.exchanges().into_iter().filter(|e| e.path().starts_with("/Groups"));
            groups.filter(|e| e.body.as_deref().is_some_and(|body| body.contains("the-same"))).count()
        };
        assert_eq!(added(), 1);
        play(&mut idp, vec![Change::UnassignUser { key: key() }]).await;
        assert_eq!(idp.remote_id("ada"), None);
        play(&mut idp, vec![Change::AssignUser { key: key() }]).await;
        assert_eq!((idp.remote_id("ada").as_deref(), added()), (Some("the-same"), 2));
    }
}

/// What fails all over comes again on its own days only: a month of it is some thirty cycles, and not a thousand.
#[tokio::test]
async fn a_month_of_failures_is_short() {
    let fake = Fake::start().await;
    fake.refuses("POST", "/Users", 1000, 400, "no");
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    play(&mut idp, add()).await;
    let mut cycles = 0;
    while !idp.is_idle() && !idp.is_disabled() {
        idp.pass_idle_time();
        idp.settle().await;
        cycles += 1;
        assert!(cycles < 60, "{:?}", idp.clock());
    }
    assert!(idp.clock() - START > Duration::from_secs(27 * DAY), "{:?}", idp.clock());
    assert!(cycles > 25 && bodies(&transcript, "POST").len() > 25, "{cycles} cycles");
}
