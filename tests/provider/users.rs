//! `/Users`: create, read, change, delete.

use crate::support::{World, user};

/// A created User comes back as 201 with id, meta, Location and ETag, and reads the same afterwards.
#[tokio::test]
async fn a_created_user_can_be_read() {
    let world = World::new().await;
    let made = world.post("/Users", user("ada")).await.expect(201);
    let id = made.id();
    let location = format!("{}/Users/{id}", world.base.scim_base_url);
    assert_eq!(made.header("content-type"), "application/scim+json");
    assert_eq!(made.header("location"), location);
    assert_eq!(made.json["meta"]["location"], location);
    assert_eq!(made.json["meta"]["resourceType"], "User");
    assert_eq!(made.json["meta"]["version"], made.header("etag"));
    assert_eq!(made.json["meta"]["created"], made.json["meta"]["lastModified"]);
    let read = world.get(&format!("/Users/{id}")).await.expect(200);
    assert_eq!(read.json, made.json);
    let member = world.member(&id).await;
    assert_eq!(member["email_address"], "ada@example.com");
    assert_eq!(member["status"], "active");
    assert_eq!(member["name"], "ada Example");
    assert_eq!(member["scim_registration"]["external_id"], "ext-ada");
}
