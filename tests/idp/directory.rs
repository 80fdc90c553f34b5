//! What the target hears of the directory's own structure: groups within groups, scoping rules, push rules.

use scimulate::idp::{Change, Group, Idp, Profile, User};
use serde_json::json;

use crate::fake::Fake;

fn key(name: &str) -> String {
    name.to_owned()
}

fn group(key: &str, members: &[&str]) -> Change {
    Change::AddGroup(Group::sample(key, "").with_members(members.iter().copied()))
}

async fn plays(idp: &mut Idp, changes: Vec<Change>) {
    changes.into_iter().for_each(|change| idp.change(change).expect("fits"));
    assert!(idp.settle().await.is_clean());
}

async fn with_people(profile: &str, keys: &[&str]) -> (Fake, Idp) {
    let fake = Fake::start().await;
    let (mut idp, _) = fake.idp(Profile::named(profile).expect("embedded"));
    let mut changes: Vec<Change> = keys.iter().map(|key| Change::AddUser(User::sample(key, ""))).collect();
    changes.extend(keys.iter().map(|name| Change::AssignUser { key: key(name) }));
    plays(&mut idp, changes).await;
    (fake, idp)
}

/// Keys of the members that the target shows.
fn members(fake: &Fake, idp: &Idp, group: &str, keys: &[&str]) -> Vec<String> {
    let shown = fake.group(&idp.remote_id(group).expect("pushed")).expect("there");
    let held = shown["members"].as_array().cloned().unwrap_or_default();
    let there = |name: &&&str| held.iter().any(|member| member["value"].as_str() == idp.remote_id(name).as_deref());
    keys.iter().filter(there).map(|name| key(name)).collect()
}

/// Okta knows no groups within groups: those that a directory brings along are pushed with the people in them, and a
/// change within is a change of the group around. Entra leaves them out.
#[tokio::test]
async fn groups_within_groups() {
    let keys = ["ada", "bob", "cid"];
    for (profile, deep) in [("okta", true), ("okta-oin", true), ("entra-default", false)] {
        let (fake, mut idp) = with_people(profile, &keys).await;
        let outer =
            vec![group("inner", &["ada"]), group("outer", &["bob", "inner"]), Change::PushGroup { key: key("outer") }];
        plays(&mut idp, outer).await;
        let expect = |people: &[&str]| {
            let all = people.iter().filter(|name| deep || **name == "bob");
            all.map(|name| key(name)).collect::<Vec<_>>()
        };
        assert_eq!(members(&fake, &idp, "outer", &keys), expect(&["ada", "bob"]), "{profile}");
        plays(&mut idp, vec![Change::AddMember { group: key("inner"), user: key("cid") }]).await;
        assert_eq!(members(&fake, &idp, "outer", &keys), expect(&["ada", "bob", "cid"]), "{profile}");
        plays(&mut idp, vec![Change::RemoveMember { group: key("inner"), user: key("ada") }]).await;
        assert_eq!(members(&fake, &idp, "outer", &keys), expect(&["bob", "cid"]), "{profile}");
        plays(&mut idp, vec![Change::DeleteGroup { key: key("inner") }]).await;
        assert_eq!(members(&fake, &idp, "outer", &keys), ["bob"], "{profile}");
    }
}

/// Whoever a rule over attributes leaves out is not provisioned, and is deactivated when it comes to leave them out.
#[tokio::test]
async fn a_scoping_rule_decides_who_is_in() {
    for profile in ["okta", "entra-default"] {
        let fake = Fake::start().await;
        let (mut idp, _) = fake.idp(Profile::named(profile).expect("embedded"));
        let contractor = User { user_type: Some("Contractor".to_owned()), ..User::sample("bob", "") };
        let rule = |text: &str| Change::SetScope { rule: Some(text.to_owned()) };
        let changes = vec![
            rule("user_type ne \"Contractor\""),
            Change::AddUser(User::sample("ada", "")),
            Change::AddUser(contractor),
            Change::AssignUser { key: key("ada") },
            Change::AssignUser { key: key("bob") },
        ];
        plays(&mut idp, changes).await;
        assert_eq!((idp.remote_id("ada").is_some(), idp.remote_id("bob")), (true, None), "{profile}");
        let active =
            |idp: &Idp, name: &str| fake.user(&idp.remote_id(name).expect("linked")).expect("kept")["active"].clone();
        plays(&mut idp, vec![rule("user_type eq \"Contractor\"")]).await;
        assert_eq!((active(&idp, "ada"), active(&idp, "bob")), (json!(false), json!(true)), "{profile}");
        let set = serde_json::Map::from_iter([("user_type".to_owned(), json!("Employee"))]);
        plays(&mut idp, vec![Change::UpdateUser { key: key("bob"), set }]).await;
        assert_eq!(active(&idp, "bob"), json!(false), "{profile}");
        plays(&mut idp, vec![Change::SetScope { rule: None }]).await;
        assert_eq!((active(&idp, "ada"), active(&idp, "bob")), (json!(true), json!(true)), "{profile}");
    }
}

/// A push rule pushes the groups that there are, those that come, and those that are renamed into it; when it ends, its
/// groups stay or go, as the administrator says.
#[tokio::test]
async fn groups_are_pushed_by_rule() {
    for (profile, delete) in [("okta", true), ("okta", false), ("okta-oin", true), ("entra-default", true)] {
        let (fake, mut idp) = with_people(profile, &["ada"]).await;
        let rule = Change::AddPushRule { name: key("apps"), starts_with: key("App") };
        plays(&mut idp, vec![group("app1", &["ada"]), group("other", &[]), rule]).await;
        plays(&mut idp, vec![group("app2", &[]), group("team", &[])]).await;
        plays(&mut idp, vec![Change::RenameGroup { key: key("team"), name: key("Appendix") }]).await;
        let pushed = |idp: &Idp| ["app1", "app2", "team", "other"].map(|name| idp.remote_id(name).is_some());
        assert_eq!(pushed(&idp), [true, true, true, false], "{profile}");
        let ids: Vec<String> = ["app1", "app2", "team"].iter().filter_map(|name| idp.remote_id(name)).collect();
        plays(&mut idp, vec![Change::RemovePushRule { name: key("apps"), delete_groups: delete }]).await;
        let left = ids.iter().filter(|id| fake.group(id).is_some()).count();
        assert_eq!((pushed(&idp), left), ([false; 4], if delete { 0 } else { 3 }), "{profile}");
    }
}
