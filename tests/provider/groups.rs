//! `/Groups`: members in all the ways in which IdPs change them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{GROUP, PATCH, Reply, World, user};

async fn members(world: &World, group: &str) -> Vec<String> {
    let read = world.get(&format!("/Groups/{group}")).await.expect(200).json;
    let members = read["members"].as_array().cloned().unwrap_or_default();
    members.iter().map(|member| member["value"].as_str().expect("a value").to_owned()).collect()
}

/// Members come back with `$ref`, `type` and `display`, users know their groups, and a list can leave members out.
#[tokio::test]
async fn members_and_groups_point_at_each_other() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let inner = world.group("Inner", &[&ada]).await;
    let outer = world.group("Outer", &[&inner]).await;
    let base = &world.base.scim_base_url;
    let read = world.get(&format!("/Groups/{inner}")).await.expect(200).json;
    let member = json!({"value": ada, "$ref": format!("{base}/Users/{ada}"), "type": "User", "display": "ada Example"});
    assert_eq!(read["members"], json!([member]));
    let read = world.get(&format!("/Groups/{outer}")).await.expect(200).json;
    assert_eq!((&read["members"][0]["type"], &read["members"][0]["display"]), (&json!("Group"), &json!("Inner")));
    let groups = world.get(&format!("/Users/{ada}")).await.json["groups"].clone();
    assert_eq!(
        groups,
        json!([
            {"value": inner, "$ref": format!("{base}/Groups/{inner}"), "display": "Inner", "type": "direct"},
            {"value": outer, "$ref": format!("{base}/Groups/{outer}"), "display": "Outer", "type": "indirect"},
        ])
    );
    let list = world.get("/Groups?excludedAttributes=members&filter=displayName+eq+%22inner%22").await.expect(200).json;
    assert_eq!((&list["totalResults"], &list["Resources"][0]["members"]), (&json!(1), &Value::Null));
    let found = world.filter("/Groups", &format!("id eq \"{inner}\" and members eq \"{ada}\"")).await.expect(200);
    assert_eq!(found.json["totalResults"], 1);
    let found = world.filter("/Users", &format!("groups.value eq \"{inner}\"")).await.expect(200);
    assert_eq!(found.json["totalResults"], 1);
}

/// A ring of groups neither hangs nor fails, and its roles reach every member in it.
#[tokio::test]
async fn groups_may_contain_each_other() {
    let world = World::new().await;
    world.make_roles(&["auditor"]).await;
    let ada = world.user("ada").await;
    let one = world.group("One", &[&ada]).await;
    let two = world.group("Two", &[&one]).await;
    let add = json!([{"op": "add", "path": "members", "value": [{"value": two}, {"value": one}]}]);
    world.patch(&format!("/Groups/{one}"), add).await.expect(200);
    world.map(&two, "auditor").await;
    assert_eq!(world.roles(&ada).await, ["auditor"]);
    assert_eq!(world.get(&format!("/Users/{ada}")).await.expect(200).json["groups"].as_array().map(Vec::len), Some(2));
    world.delete(&format!("/Groups/{two}")).await.expect(204);
    assert_eq!(members(&world, &one).await, [ada, one]);
}

/// Every shape of a membership PATCH does what it says to exactly the members it names.
#[tokio::test]
async fn membership_patches() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for name in ["ada", "bob", "cyd", "dan"] {
        ids.push(world.user(name).await);
    }
    let [ada, bob, cyd, dan] = [&ids[0], &ids[1], &ids[2], &ids[3]];
    let group = world.group("Team", &[ada]).await;
    let path = format!("/Groups/{group}");
    for (operations, left) in [
        (json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": bob}]}]), vec![ada, bob]),
        (json!([{"op": "Add", "path": "members", "value": [{"value": bob}, {"value": bob}]}]), vec![ada, bob]),
        (json!([{"op": "add", "path": "members", "value": {"value": cyd, "display": null}}]), vec![ada, bob, cyd]),
        (json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": bob}]}]), vec![ada, cyd]),
        (json!([{"op": "remove", "path": format!("members[value eq \"{ada}\"]")}]), vec![cyd]),
        (json!([{"op": "remove", "path": "members[value eq \"nobody\"]"}]), vec![cyd]),
        (
            json!([
                {"op": "remove", "path": format!("members[value eq \"{cyd}\"]")},
                {"op": "add", "path": "members", "value": [{"value": ada, "display": "ada@example.com"}, {"value": dan}]},
            ]),
            vec![ada, dan],
        ),
        (json!([{"op": "replace", "value": {"id": group, "displayName": "Team"}}]), vec![ada, dan]),
        (json!([{"op": "remove", "path": "members[type eq \"Group\"]"}]), vec![ada, dan]),
        (json!([{"op": "remove", "path": "members[type eq \"User\" and display sw \"dan\"]"}]), vec![ada]),
        (json!([{"op": "replace", "path": "members", "value": [{"value": bob}, {"value": ada}]}]), vec![ada, bob]),
        (json!([{"op": "replace", "value": {"members": [], "id": group, "displayName": "Team"}}]), vec![]),
        (json!([{"op": "add", "value": {"members": [{"value": ada}]}}]), vec![ada]),
        (json!([{"op": "remove", "path": "members"}]), vec![]),
        (
            json!([{"op": "add", "path": "members", "value": [{"value": ada}]}, {"op": "replace", "path": "members", "value": []}]),
            vec![],
        ),
    ] {
        world.patch(&path, operations.clone()).await.expect(200);
        let mut left: Vec<String> = left.into_iter().cloned().collect();
        left.sort();
        assert_eq!(members(&world, &group).await, left, "{operations}");
    }
}

/// A member who is not there is kept as it was sent, is found, and leaves again; it is nobody's group and nobody's role,
/// also if it is somebody of another connection. Added again when it is there, it becomes a member like any other.
#[tokio::test]
async fn dangling_members_are_kept_and_grant_nothing() {
    let world = World::new().await;
    let eve = world.user("eve").await;
    world.delete(&format!("/Users/{eve}")).await.expect(204);
    let other = world.tenant("other").await;
    let body = user("mallory").to_string();
    let mallory = world.scim_at(&other, Method::POST, "/Users").raw(body).go().await.expect(201).id();
    let group = world.group("Team", &["Nobody-1", &eve, &mallory]).await;
    let path = format!("/Groups/{group}");
    let read = world.get(&path).await.expect(200);
    assert_eq!(read.json["members"].as_array().map(Vec::len), Some(3), "{}", read.text);
    assert!(read.text.contains("Nobody-1") && !read.text.contains("\"$ref\""), "{}", read.text);
    assert_eq!(world.filter("/Groups", "members.value eq \"nobody-1\"").await.json["totalResults"], 1);
    let shown = world.scim_at(&other, Method::GET, &format!("/Users/{mallory}")).go().await.expect(200);
    assert_eq!(shown.json["groups"], Value::Null);
    let again = world.patch(&path, json!([{"op": "add", "path": "members", "value": [{"value": "NOBODY-1"}]}])).await;
    assert_eq!(again.header("etag"), read.header("etag"), "an id is compared without case");

    assert_eq!(world.user("eve").await, eve, "a member who comes back keeps the id");
    assert_eq!(world.get(&format!("/Users/{eve}")).await.json["groups"], Value::Null);
    world.patch(&path, json!([{"op": "add", "path": "members", "value": [{"value": eve}]}])).await.expect(200);
    assert_eq!(world.get(&format!("/Users/{eve}")).await.json["groups"][0]["value"], group);
    let remove = json!([{"op": "remove", "path": "members[value eq \"nobody-1\"]"}]);
    let left = world.patch(&path, remove).await.expect(200);
    assert_eq!(left.json["members"].as_array().map(Vec::len), Some(2), "{}", left.text);
}

/// Where the organization says so, a member who is not there is refused, and nothing of the request stays.
#[tokio::test]
async fn dangling_members_can_be_refused_whole() {
    let world = World::new().await;
    let policy = json!({"policies": {"dangling_members": "refuse"}});
    world.api(Method::PUT, &world.organization(""), policy).await.expect(200);
    let ada = world.user("ada").await;
    let group = world.group("Team", &[]).await;
    let two = json!([{"value": ada}, {"value": "member-test-nobody"}]);
    let path = format!("/Groups/{group}");
    world
        .patch(&path, json!([{"op": "add", "path": "members", "value": two}]))
        .await
        .expect_error(400, Some("invalidValue"));
    world
        .post("/Groups", json!({"schemas": [GROUP], "displayName": "Other", "members": two}))
        .await
        .expect_error(400, Some("invalidValue"));
    assert_eq!(members(&world, &group).await, [""; 0]);
    assert_eq!(world.filter("/Groups", "displayName eq \"Other\"").await.json["totalResults"], 0);
    let foreign = World::new().await.user("eve").await;
    let add = json!([{"op": "add", "path": "members", "value": [{"value": foreign}]}]);
    world.patch(&path, add).await.expect_error(400, Some("invalidValue"));
}

/// The name of a group is unique in its connection, whatever its case; a PUT of the same name is no conflict.
#[tokio::test]
async fn group_names_are_unique() {
    let world = World::new().await;
    let (one, two) = (world.group("Team", &[]).await, world.group("Other", &[]).await);
    world
        .post("/Groups", json!({"schemas": [GROUP], "displayName": "TEAM"}))
        .await
        .expect_error(409, Some("uniqueness"));
    world.put(&format!("/Groups/{one}"), json!({"schemas": [GROUP], "displayName": "Team"})).await.expect(200);
    let rename = json!([{"op": "replace", "path": "displayName", "value": "team"}]);
    world.patch(&format!("/Groups/{two}"), rename).await.expect_error(409, Some("uniqueness"));
    world.post("/Groups", json!({"schemas": [GROUP]})).await.expect_error(400, Some("invalidValue"));
}

/// Concurrent PATCHes of one group lose no member.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_patches_lose_no_member() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = scimulate::provider::app::Options { data: Some(folder.path().join("data.db")), ..Default::default() };
    let world = World::with(options).await;
    let mut ids = Vec::new();
    for number in 0..24 {
        ids.push(world.user(&format!("user{number}")).await);
    }
    ids.sort();
    let group = world.group("Team", &[]).await;
    let path = format!("/Groups/{group}");
    let sends = ids.iter().map(|id| {
        let operations = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
        world.scim(Method::PATCH, &path).raw(json!({"schemas": [PATCH], "Operations": operations}).to_string()).go()
    });
    for reply in futures::future::join_all(sends).await {
        reply.expect(200);
    }
    assert_eq!(members(&world, &group).await, ids);
    assert_eq!(world.get(&path).await.json["meta"]["version"], "W/\"25\"", "each was a version of its own");
}

/// Who goes changes the groups that it was in: they have another version, and who asks whether one has changed hears so.
#[tokio::test]
async fn a_group_that_loses_a_deleted_member_is_a_new_version() {
    let world = World::new().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let inner = world.group("Inner", &[&ada]).await;
    let outer = world.group("Outer", &[&bob, &inner]).await;
    for (gone, changed) in [(format!("/Users/{ada}"), &inner), (format!("/Groups/{inner}"), &outer)] {
        let path = format!("/Groups/{changed}");
        let before = world.get(&path).await.expect(200);
        world.delete(&gone).await.expect(204);
        let asked =
            world.scim(Method::GET, &path).header("if-none-match", before.header("etag")).go().await.expect(200);
        assert_ne!(asked.json["meta"]["lastModified"], before.json["meta"]["lastModified"]);
        let members = |reply: &Reply| reply.json["members"].as_array().map_or(0, Vec::len);
        assert_eq!(members(&asked) + 1, members(&before), "{gone}");
    }
}

/// What a client calls a member is kept, on every way, and is a change of the group; the same name again is none.
#[tokio::test]
async fn members_are_called_what_the_client_says() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let path = format!("/Groups/{}", world.group("Team", &[&ada]).await);
    let one = format!("members[value eq \"{ada}\"].display");
    let tag = async || world.get(&path).await.expect(200).header("etag").to_owned();
    for (operation, expected) in [
        (json!({"op": "replace", "path": one, "value": "Countess"}), "Countess"),
        (json!({"op": "replace", "path": "members", "value": [{"value": ada, "display": "Ada L."}]}), "Ada L."),
        (json!({"op": "add", "path": "members", "value": [{"value": ada, "display": "A. L."}]}), "A. L."),
    ] {
        let before = tag().await;
        let patched = world.patch(&path, json!([operation])).await.expect(200);
        assert_eq!(patched.json["members"][0]["display"], expected);
        let after = tag().await;
        assert_ne!(before, after);
        world.patch(&path, json!([operation])).await.expect(200);
        assert_eq!(tag().await, after, "nothing is new");
    }
    let before = tag().await;
    let named = |display: &str| json!({"op": "add", "path": "members", "value": [{"value": ada, "display": display}]});
    world.patch(&path, json!([named("Countess"), named("A. L.")])).await.expect(200);
    assert_eq!(tag().await, before, "it is called what it was");
    let unnamed = json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]);
    assert_eq!(world.patch(&path, unnamed).await.expect(200).json["members"][0]["display"], "A. L.");
}
