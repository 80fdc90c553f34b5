//! Every move of every profile as a transcript, under `snapshots/idp/<profile>/<move>.snap`. A change of what an IdP
//! sends shows here as a change of a file.

use std::{fmt::Write, path::Path, time::Duration};

use scimulate::{
    idp::{AppRole, Change, Group, Idp, Profile, Report, User, profiles},
    wire::{Exchange, Transcript},
};
use serde_json::{Value, json};

use crate::fake::{Fake, scim, told};

struct Story {
    idp: Idp,
    transcript: Transcript,
    seen: usize,
    profile: String,
}

impl Story {
    fn begin(fake: &Fake, profile: &Profile) -> Story {
        let (idp, transcript) = fake.idp(profile.clone());
        Story { idp, transcript, seen: 0, profile: profile.id.clone() }
    }

    fn change(&mut self, change: Change) {
        self.idp.change(change).expect("a change that fits");
    }

    /// Plays what is due and compares it with the snapshot of that name.
    async fn settle(&mut self, name: &str) {
        let report = self.idp.settle().await;
        self.compare(name, &report);
    }

    fn compare(&mut self, name: &str, report: &Report) {
        let exchanges = self.transcript.exchanges();
        let mut text = String::new();
        for exchange in &exchanges[self.seen..] {
            write_exchange(&mut text, exchange);
        }
        text.push_str("--- report\n");
        for line in told(report) {
            let _ = writeln!(text, "{line}");
        }
        for note in &report.notes {
            let _ = writeln!(text, "note: {note}");
        }
        self.seen = exchanges.len();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/idp").join(&self.profile);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}

fn write_exchange(text: &mut String, exchange: &Exchange) {
    let tail = exchange.url.splitn(4, '/').nth(3).unwrap_or_default();
    let _ = writeln!(text, "> {} /{tail}", exchange.method);
    for (name, value) in exchange.headers.iter().filter(|(name, _)| name != "Authorization") {
        let _ = writeln!(text, "> {name}: {value}");
    }
    if let Some(body) = exchange.request_json() {
        let _ = writeln!(text, "{}", serde_json::to_string_pretty(&body).unwrap_or_default());
    }
    let _ = writeln!(text, "< {}\n", exchange.status().unwrap_or_default());
}

fn key(name: &str) -> String {
    name.to_owned()
}

async fn play(profile: &Profile) {
    let fake = Fake::start().await;
    fake.has_user(json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "grace@example.com",
        "name": {"givenName": "G", "familyName": "Hopper", "formatted": "G Hopper"}, "active": true, "nickName": "Amazing",
        "emails": [{"value": "grace@example.com", "type": "work", "primary": true},
                   {"value": "grace@home.example", "type": "home"}]}));
    fake.has_group(json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Admins",
        "members": [{"value": "somebody-else", "display": "somebody"}]}));
    let mut story = Story::begin(&fake, profile);

    let report = story.idp.test_connection().await;
    story.compare("test-connection", &report);

    let ada = User {
        locale: Some("en-US".to_owned()),
        phone_mobile: Some("+44 20 1".to_owned()),
        roles: vec![AppRole { id: "r-1".to_owned(), value: "Admin".to_owned(), display_name: "Admin".to_owned() }],
        ..User::sample("ada", "")
    };
    story.change(Change::AddUser(ada));
    story.change(Change::AssignUser { key: key("ada") });
    story.settle("create").await;

    let grace = User {
        given_name: Some("Grace".to_owned()),
        family_name: Some("Hopper".to_owned()),
        ..User::sample("grace", "")
    };
    story.change(Change::AddUser(grace));
    story.change(Change::AssignUser { key: key("grace") });
    story.settle("link-user").await;

    let set = json!({"title": "Countess", "family_name": "Lovelace", "department": "Mathematics"});
    story.change(Change::UpdateUser { key: key("ada"), set: object(set) });
    story.settle("update").await;

    story.change(Change::UpdateUser { key: key("ada"), set: object(json!({"title": null})) });
    story.settle("clear").await;

    story.change(Change::UpdateUser { key: key("ada"), set: object(json!({"user_name": "ada.lovelace@example.com"})) });
    story.settle("rename-user").await;

    story.change(Change::UpdateUser { key: key("ada"), set: object(json!({"manager": "grace"})) });
    story.settle("manager").await;

    story.change(Change::UpdateUser { key: key("ada"), set: object(json!({"manager": null})) });
    story.settle("manager-gone").await;

    story.change(Change::SetPassword { key: key("ada"), password: "n3wPassw0rd".to_owned() });
    story.settle("password").await;

    story.change(Change::UnassignUser { key: key("ada") });
    story.settle("unassign").await;
    story.change(Change::AssignUser { key: key("ada") });
    story.settle("reassign").await;

    story.change(Change::DisableUser { key: key("ada") });
    story.settle("disable").await;
    story.change(Change::EnableUser { key: key("ada") });
    story.settle("enable").await;

    story.change(Change::SuspendUser { key: key("ada") });
    story.settle("suspend").await;
    story.change(Change::UnsuspendUser { key: key("ada") });
    story.settle("unsuspend").await;

    story.change(Change::MoveOutOfScope { key: key("ada") });
    story.settle("out-of-scope").await;
    story.change(Change::MoveIntoScope { key: key("ada") });
    story.settle("into-scope").await;

    story.change(Change::AddGroup(Group::sample("engineers", "").with_members(["ada"])));
    story.change(Change::PushGroup { key: key("engineers") });
    story.settle("push-group").await;

    story.change(Change::AddMember { group: key("engineers"), user: key("grace") });
    story.settle("add-member").await;
    story.change(Change::RemoveMember { group: key("engineers"), user: key("ada") });
    story.settle("remove-member").await;

    story.change(Change::RenameGroup { key: key("engineers"), name: "Builders".to_owned() });
    story.settle("rename-group").await;
    story.change(Change::PushGroupNow { key: key("engineers") });
    story.settle("push-now").await;

    let admins = Group { display_name: "Admins".to_owned(), ..Group::sample("admins", "").with_members(["grace"]) };
    story.change(Change::AddGroup(admins));
    story.change(Change::PushGroup { key: key("admins") });
    story.settle("link-group").await;

    story.change(Change::UnlinkGroup { key: key("admins") });
    story.settle("unlink-group").await;
    story.change(Change::DeleteGroup { key: key("engineers") });
    story.settle("delete-group").await;

    story.change(Change::ForceSync);
    story.settle("force-sync").await;
    story.change(Change::Import);
    story.settle("import").await;

    story.change(Change::SoftDeleteUser { key: key("ada") });
    story.settle("soft-delete").await;
    story.change(Change::RestoreUser { key: key("ada") });
    story.settle("restore").await;
    story.change(Change::SoftDeleteUser { key: key("ada") });
    let report = story.idp.advance(Duration::from_secs(31 * 86_400)).await;
    story.compare("soft-delete-and-31-days", &report);
    story.change(Change::DeleteUser { key: key("grace") });
    story.settle("delete").await;
}

/// What Okta's governance grants goes with the create and the PUT, and an empty list takes it away. Protects a grant from
/// being lost on the way, and a revoked one from staying.
#[tokio::test]
async fn entitlements_go_with_the_user() {
    let fake = Fake::start().await;
    let mut story = Story::begin(&fake, &Profile::named("okta-entitlements").expect("embedded"));
    let ada = json!({"key": "ada", "user_name": "ada@example.com", "given_name": "Ada", "family_name": "King",
        "entitlements": [{"value": "license-1", "display_name": "First Licence", "type": "License"}],
        "roles": [{"value": "role-1", "display_name": "First Role"}]});
    story.change(Change::AddUser(serde_json::from_value(ada).expect("a user")));
    story.change(Change::AssignUser { key: key("ada") });
    story.settle("granted").await;
    let set =
        json!({"entitlements": [{"value": "license-2", "display_name": "Second", "type": "License"}], "roles": []});
    story.change(Change::UpdateUser { key: key("ada"), set: object(set) });
    story.settle("revoked").await;
    assert_eq!(fake.user(&story.idp.remote_id("ada").expect("linked")).expect("there")["roles"], json!([]));
}

/// The agent's connector says what it can do: pending users are created inactive and activated by PUT, imports after the
/// first ask for what changed, and what is not declared is left out.
#[tokio::test]
async fn the_agents_connector_decides() {
    let fake = Fake::start().await;
    let declared = json!({"schemas": ["urn:scim:schemas:core:1.0"], "urn:okta:schemas:scim:providerconfig:1.0":
        {"userManagementCapabilities": ["PUSH_NEW_USERS", "PUSH_PENDING_USERS", "PUSH_PROFILE_UPDATES", "IMPORT_NEW_USERS",
            "OPP_SCIM_INCREMENTAL_IMPORTS"]}});
    fake.orders("GET", "/ServiceProviderConfigs", 1, scim(200, &declared));
    let mut story = Story::begin(&fake, &Profile::named("okta-opp").expect("embedded"));
    let report = story.idp.test_connection().await;
    story.compare("test-connector", &report);
    story.change(Change::AddUser(User::sample("ada", "")));
    story.change(Change::DisableUser { key: key("ada") });
    story.change(Change::AssignUser { key: key("ada") });
    story.settle("pending").await;
    story.change(Change::EnableUser { key: key("ada") });
    story.settle("activated").await;
    story.change(Change::UnassignUser { key: key("ada") });
    story.settle("undeclared").await;

    let listed = |when: &str| {
        let user = json!({"id": "7", "userName": "x", "meta": {"lastModified": when}});
        scim(200, &json!({"totalResults": 1, "Resources": [user]}))
    };
    fake.orders("GET", "/Users", 1, listed("2026-01-05T10:00:00.123+01:00"));
    story.change(Change::Import);
    story.settle("first-import").await;
    fake.orders("GET", "/Users", 1, listed("2026-01-06T09:00:00Z"));
    story.change(Change::Import);
    story.settle("incremental-import").await;
    let memory = serde_json::to_string(&story.idp.memory()).expect("plain data");
    assert!(memory.contains("2026-01-06T09:00:00Z"), "the next import begins there, also after a restart");
}

/// A connector that declares nothing has no features.
#[tokio::test]
async fn a_connector_without_the_extension_can_do_nothing() {
    let fake = Fake::start().await;
    fake.orders("GET", "/ServiceProviderConfigs", 1, scim(200, &json!({"schemas": ["urn:scim:schemas:core:1.0"]})));
    let (mut idp, transcript) = fake.idp(Profile::named("okta-opp").expect("embedded"));
    idp.test_connection().await;
    let asked = transcript.len();
    idp.change(Change::AddUser(User::sample("ada", ""))).expect("fits");
    idp.change(Change::AssignUser { key: key("ada") }).expect("fits");
    idp.change(Change::AddGroup(Group::sample("eng", "").with_members(["ada"]))).expect("fits");
    idp.change(Change::PushGroup { key: key("eng") }).expect("fits");
    idp.change(Change::Import).expect("fits");
    let report = idp.settle().await;
    let sent = transcript.exchanges().split_off(asked);
    assert!(sent.iter().all(|exchange| exchange.method == "GET"), "only a look-up: {sent:?}");
    assert_eq!(told(&report).iter().filter(|line| line.contains("does not declare")).count(), 3, "{:?}", told(&report));
}

fn object(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Protects every byte that every profile sends: method, query, headers, key order, order of requests.
#[tokio::test]
async fn every_move_of_every_profile() {
    for profile in profiles() {
        play(profile).await;
    }
}

/// Protects repeatability: the same seed sends the same requests.
#[tokio::test]
async fn the_same_seed_sends_the_same() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let fake = Fake::start().await;
        let (mut idp, transcript) = fake.idp(Profile::named("okta").expect("embedded"));
        idp.change(Change::AddUser(User::sample("ada", ""))).expect("fits");
        idp.change(Change::AssignUser { key: key("ada") }).expect("fits");
        idp.settle().await;
        runs.push(transcript.exchanges().iter().map(|e| e.body.clone()).collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
}
