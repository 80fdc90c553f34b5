//! What follows from a SCIM change: status, roles, sessions, events; and that nothing else does.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{GROUP, PATCH, USER, World, user};

/// Every way in which an IdP takes a user out of service.
const DEPROVISIONING: &[&str] =
    &["put", "patch path false", "Replace \"False\"", "Add \"False\"", "pathless", "delete"];

async fn deprovision(world: &World, way: &str, id: &str, name: &str) {
    let path = format!("/Users/{id}");
    let reply = match way {
        "put" => {
            let mut body = user(name);
            body["active"] = json!(false);
            world.put(&path, body).await
        }
        "patch path false" => world.patch(&path, json!([{"op": "replace", "path": "active", "value": false}])).await,
        "Replace \"False\"" => world.patch(&path, json!([{"op": "Replace", "path": "active", "value": "False"}])).await,
        "Add \"False\"" => world.patch(&path, json!([{"op": "Add", "path": "active", "value": "False"}])).await,
        "pathless" => world.patch(&path, json!([{"op": "replace", "value": {"active": false}}])).await,
        "delete" => world.delete(&path).await,
        other => panic!("no way `{other}`"),
    };
    assert!(matches!(reply.status, 200 | 204), "{way}: {} {}", reply.status, reply.text);
}

/// All ways of deprovisioning end in the same state, and nobody else notices.
#[tokio::test]
async fn every_way_of_deprovisioning_has_the_same_effects() {
    for way in DEPROVISIONING {
        let world = World::new().await;
        world.make_roles(&["editor", "auditor"]).await;
        let (ada, bob) = (world.user("ada").await, world.user("bob").await);
        let group = world.group("Auditors", &[&ada, &bob]).await;
        world.map(&group, "auditor").await;
        world.set_roles(&ada, json!(["editor"])).await;
        let sessions = [world.sign_in(&ada).await, world.sign_in(&ada).await, world.sign_in(&ada).await];
        let bystander = world.sign_in(&bob).await;
        assert_eq!(world.roles(&ada).await, ["editor", "auditor"], "{way}");
        world.listen().await;

        deprovision(&world, way, &ada, "ada").await;

        assert_eq!(world.status(&ada).await, "deleted", "{way}");
        assert_eq!(world.member(&ada).await["roles"], json!([]), "{way}");
        for session in &sessions {
            assert!(!world.is_open(session).await, "{way}: a session is open");
        }
        assert_ne!(world.try_sign_in(&ada).await.status, 200, "{way}: a new session opens");
        assert_eq!(world.events().await, [("scim.member.delete".to_owned(), ada.clone())], "{way}");
        assert!(world.is_open(&bystander).await, "{way}: the bystander is signed out");
        assert_eq!(world.roles(&bob).await, ["auditor"], "{way}");
        assert_eq!(world.status(&bob).await, "active", "{way}");
        let read = world.get(&format!("/Users/{ada}")).await;
        if *way == "delete" {
            read.expect_error(404, None);
            let members = world.get(&format!("/Groups/{group}")).await.json["members"].clone();
            assert_eq!(members.as_array().map(Vec::len), Some(1), "{way}: a dangling member");
        } else {
            assert_eq!(read.expect(200).json["active"], false, "{way}");
        }
    }
}

/// Reactivation brings the same member back with its group roles, without explicit roles and without old sessions.
#[tokio::test]
async fn reactivation_restores_what_qualifies_and_nothing_else() {
    let world = World::new().await;
    world.make_roles(&["editor", "auditor"]).await;
    let ada = world.user("ada").await;
    let group = world.group("Auditors", &[&ada]).await;
    world.map(&group, "auditor").await;
    world.set_roles(&ada, json!(["editor"])).await;
    let old = world.sign_in(&ada).await;
    deprovision(&world, "Replace \"False\"", &ada, "ada").await;
    world.listen().await;
    world
        .patch(&format!("/Users/{ada}"), json!([{"op": "Replace", "path": "active", "value": "True"}]))
        .await
        .expect(200);
    assert_eq!(world.status(&ada).await, "active");
    assert_eq!(world.roles(&ada).await, ["auditor"]);
    assert!(!world.is_open(&old).await, "an old session is open again");
    assert_eq!(world.events().await, [("scim.member.update".to_owned(), ada.clone())]);
    world.sign_in(&ada).await;
}

/// A request that says what is already so writes no event, revokes nothing, and leaves version and time alone.
#[tokio::test]
async fn what_changes_nothing_has_no_effects() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let group = world.group("Team", &[&ada]).await;
    let session = world.sign_in(&ada).await;
    let (user_path, group_path) = (format!("/Users/{ada}"), format!("/Groups/{group}"));
    let before = (world.get(&user_path).await.json, world.get(&group_path).await.json);
    world.listen().await;
    world.put(&user_path, user("ada")).await.expect(200);
    world.put(&user_path, before.0.clone()).await.expect(200);
    world.patch(&user_path, json!([{"op": "Replace", "path": "active", "value": "True"}])).await.expect(200);
    world.patch(&user_path, json!([{"op": "add", "path": "title", "value": null}])).await;
    let members = json!([{"value": ada}]);
    world.put(&group_path, json!({"schemas": [GROUP], "displayName": "Team", "members": members})).await.expect(200);
    world.patch(&group_path, json!([{"op": "add", "path": "members", "value": members}])).await.expect(200);
    world
        .patch(
            &group_path,
            json!([
                {"op": "remove", "path": format!("members[value eq \"{ada}\"]")},
                {"op": "add", "path": "members", "value": members},
            ]),
        )
        .await
        .expect(200);
    assert_eq!(world.events().await, []);
    assert!(world.is_open(&session).await);
    assert_eq!((world.get(&user_path).await.json, world.get(&group_path).await.json), before);
}

/// Groups: events in order, roles by membership, sessions stay open.
#[tokio::test]
async fn groups_give_and_take_roles() {
    let world = World::new().await;
    world.make_roles(&["auditor"]).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let session = world.sign_in(&ada).await;
    world.listen().await;
    let group = world.group("Auditors", &[&ada]).await;
    world.map(&group, "auditor").await;
    let path = format!("/Groups/{group}");
    assert_eq!(world.roles(&ada).await, ["auditor"]);
    world.patch(&path, json!([{"op": "Add", "path": "members", "value": [{"value": bob}]}])).await.expect(200);
    assert_eq!(world.roles(&bob).await, ["auditor"]);
    world.patch(&path, json!([{"op": "replace", "value": {"id": group, "displayName": "Audit"}}])).await.expect(200);
    assert_eq!(world.roles(&ada).await, ["auditor"], "a rename keeps the roles");
    world.patch(&path, json!([{"op": "Remove", "path": "members", "value": [{"value": bob}]}])).await.expect(200);
    assert_eq!(world.roles(&bob).await, [""; 0]);
    assert_eq!(world.roles(&ada).await, ["auditor"]);
    world.delete(&path).await.expect(204);
    assert_eq!(world.roles(&ada).await, [""; 0]);
    assert!(world.is_open(&session).await, "a change of roles revokes no session");
    let types: Vec<String> = world.events().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(
        types,
        [
            "scim.scim_group.create",
            "scim.scim_member_group.create",
            "direct.scim_connection.update",
            "scim.scim_member_group.create",
            "scim.scim_group.update",
            "scim.scim_member_group.delete",
            "scim.scim_group.delete",
        ]
    );
}

/// A user that is deleted and created again is the same member; one whose e-mail the organization knows is linked.
#[tokio::test]
async fn a_create_meets_known_members() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.delete(&format!("/Users/{ada}")).await.expect(204);
    world.listen().await;
    assert_eq!(world.user("ada").await, ada);
    assert_eq!(world.status(&ada).await, "active");
    let body = json!({"email_address": "Bob@example.com", "name": "Bob"});
    let made = world.api(Method::POST, &world.organization("/members"), body).await.expect(200);
    let bob = made.json["member"]["member_id"].as_str().expect("an id").to_owned();
    assert_eq!(world.user("bob").await, bob);
    let member = world.member(&bob).await;
    assert_eq!(member["scim_registration"]["connection_id"], world.base.connection_id);
    let mut other = user("bob2");
    other["emails"][0]["value"] = json!("bob@example.com");
    world.post("/Users", other).await.expect_error(409, Some("uniqueness"));
    let types: Vec<String> = world.events().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(types, ["scim.member.update", "direct.member.create", "scim.member.update"]);
}

/// The policies for known members can be set the other way.
#[tokio::test]
async fn policies_can_refuse_known_members() {
    let world = World::new().await;
    let policies = json!({"policies": {"existing_member": "refuse", "deleted_member": "refuse"}});
    world.api(Method::PUT, &world.organization(""), policies).await.expect(200);
    let ada = world.user("ada").await;
    world.delete(&format!("/Users/{ada}")).await.expect(204);
    world.post("/Users", user("ada")).await.expect_error(409, Some("uniqueness"));
    let body = json!({"email_address": "bob@example.com"});
    world.api(Method::POST, &world.organization("/members"), body).await.expect(200);
    world.post("/Users", user("bob")).await.expect_error(409, Some("uniqueness"));
}

/// A rename of a deleted source user to Entra's tombstone, together with the deactivation, is taken in one PATCH.
#[tokio::test]
async fn entra_tombstones_are_taken() {
    let world = World::new().await;
    let body = json!({"schemas": [USER], "userName": "adele@contoso.com", "active": true});
    let id = world.post("/Users", body).await.expect(201).id();
    let tombstone = "2819c223f6764f95a4d6a2b4a7d9c1e0adele@contoso.com";
    world
        .patch(
            &format!("/Users/{id}"),
            json!([
                {"op": "Replace", "path": "userName", "value": tombstone},
                {"op": "Replace", "path": "active", "value": "False"},
            ]),
        )
        .await
        .expect(200);
    assert_eq!(world.status(&id).await, "deleted");
    let found = world.filter("/Users", &format!("userName eq \"{tombstone}\"")).await.expect(200);
    assert_eq!(found.json["totalResults"], 1);
}

/// Deleting the connection closes the door and takes registrations, groups and their roles; members and sessions stay.
#[tokio::test]
async fn a_deleted_connection_leaves_members_in_place() {
    let world = World::new().await;
    world.make_roles(&["auditor"]).await;
    let ada = world.user("ada").await;
    let group = world.group("Auditors", &[&ada]).await;
    world.map(&group, "auditor").await;
    let session = world.sign_in(&ada).await;
    world.listen().await;
    let path = format!("/v1/b2b/scim/{}/connection/{}", world.base.organization_id, world.base.connection_id);
    world.api(Method::DELETE, &path, Value::Null).await.expect(200);
    world.get("/Users").await.expect_error(401, None);
    let member = world.member(&ada).await;
    assert_eq!((&member["status"], &member["scim_registration"]), (&json!("active"), &Value::Null));
    assert_eq!(world.roles(&ada).await, [""; 0]);
    assert!(world.is_open(&session).await);
    let connection = ("direct.scim_connection.delete".to_owned(), world.base.connection_id.clone());
    assert_eq!(world.events().await, [("direct.scim_group.delete".to_owned(), group), connection]);
}

/// What an administrator does to the member shows in the SCIM resource.
#[tokio::test]
async fn an_administrators_deletion_shows_over_scim() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.api(Method::DELETE, &world.organization(&format!("/members/{ada}")), Value::Null).await.expect(200);
    let read = world.get(&format!("/Users/{ada}")).await.expect(200);
    assert_eq!(read.json["active"], false);
    let found = world.filter("/Users", "active eq false").await;
    assert_eq!(found.json["totalResults"], 1);
    let reassert = json!({"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "active", "value": "True"}]});
    world.send(Method::PATCH, &format!("/Users/{ada}"), reassert).await.expect(200);
    assert_eq!(world.status(&ada).await, "active");
}
