//! Large groups and busy clients.

use reqwest::Method;
use scimulate::{provider::app::Options, scim::schema::Registry};
use serde_json::json;

use crate::support::{USER, World};

const MEMBERS: usize = 20_000;

/// A very large group is shown whole when it is asked for, and without its members when not; `work.rs` counts what that
/// costs.
#[tokio::test]
async fn a_large_group() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data.db");
    let world = World::with(Options { data: Some(path.clone()), ..Options::default() }).await;
    let ada = world.user("ada").await;
    let large = world.group("Large", &[]).await;
    let mut tables = rusqlite::Connection::open(&path).expect("the same file");
    let rows = tables.transaction().expect("a transaction");
    for number in 0..MEMBERS {
        rows.execute(
            "INSERT INTO scim_group_members (group_id, value, type, display) VALUES (?1, ?2, 'User', 'x')",
            [&large, &format!("member-test-{number:08}")],
        )
        .expect("a row");
    }
    rows.commit().expect("a commit");
    let whole = world.get(&format!("/Groups/{large}")).await.expect(200);
    assert_eq!(whole.json["members"].as_array().map(Vec::len), Some(MEMBERS));
    let asked = format!("/Groups/{large}?excludedAttributes=members");
    let add = json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]);
    let reply = world.patch(&asked, add).await.expect(200);
    assert!(reply.json["members"].is_null() && reply.text.len() < 2_000);
    assert!(world.get(&asked).await.expect(200).text.len() < 2_000);
    assert_eq!(world.get(&format!("/Users/{ada}")).await.json["groups"][0]["value"], large);
}

/// Many operations in one PATCH are one change of the group, and many events, in the order of the request.
#[tokio::test]
async fn many_operations_in_one_request() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for number in 0..60 {
        ids.push(world.user(&format!("user{number}")).await);
    }
    let group = world.group("Team", &[]).await;
    let mut operations: Vec<_> =
        ids.iter().map(|id| json!({"op": "Add", "path": "members", "value": [{"value": id}]})).collect();
    operations
        .extend(ids.iter().skip(2).map(|id| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")})));
    world.listen().await;
    let read = world.patch(&format!("/Groups/{group}"), json!(operations)).await.expect(200);
    assert_eq!(
        (&read.json["meta"]["version"], read.json["members"].as_array().map(Vec::len)),
        (&json!("W/\"2\""), Some(2))
    );
    assert_eq!(world.events().await.len(), 2);
}

/// A client that sends too fast is told how long to wait, in the form that Okta reads: whole seconds.
#[tokio::test]
async fn a_rate_is_kept() {
    let world = World::with(Options { rate: Some(3), ..Options::default() }).await;
    let mut refused = None;
    for _ in 0..50 {
        let reply = world.get("/Users?count=0").await;
        if reply.status == 429 {
            refused = Some(reply);
            break;
        }
    }
    let refused = refused.expect("a refusal").expect_error(429, None);
    assert_eq!(refused.header("retry-after"), "1");
    world.anonymous(Method::GET, "/Users").go().await.expect_error(401, None);
}

/// A schema file can extend User: its attributes are served, checked, filtered and changed like any other.
#[tokio::test]
async fn users_can_be_extended() {
    let urn = "urn:example:params:scim:schemas:extension:badge:2.0:User";
    let attribute = json!({"name": "number", "type": "string", "multiValued": false, "caseExact": true});
    let mut registry = Registry::standard();
    registry
        .load(&json!([
            {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": urn, "name": "Badge", "description": "Badges",
             "attributes": [attribute]},
            {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": "User", "endpoint": "/Users",
             "schema": USER, "schemaExtensions": [{"schema": urn, "required": false}]},
        ]))
        .expect("a schema");
    let world = World::with(Options { registry, ..Options::default() }).await;
    let body = json!({"schemas": [USER, urn], "userName": "ada", urn: {"number": "A1"}});
    let id = world.post("/Users", body).await.expect(201).id();
    let found = world.filter("/Users", &format!("{urn}:number eq \"A1\"")).await.expect(200);
    assert_eq!(found.json["Resources"][0]["id"], id);
    let operations = json!([{"op": "replace", "path": format!("{urn}:number"), "value": "B2"}]);
    assert_eq!(world.patch(&format!("/Users/{id}"), operations).await.expect(200).json[urn]["number"], "B2");
    assert_eq!(world.get(&format!("/Schemas/{urn}")).await.expect(200).json["name"], "Badge");
}
