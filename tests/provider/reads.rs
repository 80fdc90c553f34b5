//! A read after a write shows what was written, whatever was read before.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::support::World;

fn version(json: &Value) -> u64 {
    let tag = json["meta"]["version"].as_str().expect("a version");
    tag.trim_start_matches("W/").trim_matches('"').parse().expect("a number")
}

async fn stored() -> (tempfile::TempDir, World) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = Some(folder.path().join("data.db"));
    let world = World::with(scimulate::provider::app::Options { data, ..Default::default() }).await;
    (folder, world)
}

/// Everything that changes a User is seen by the next read of one that was read before, by its id as by its name: its own
/// writes, those of the management API, groups that it joins and leaves, and its end.
#[tokio::test]
async fn a_read_is_never_out_of_date() {
    for (_folder, world) in [(None, World::new().await), {
        let (folder, world) = stored().await;
        (Some(folder), world)
    }] {
        let ada = world.user("ada").await;
        let path = format!("/Users/{ada}");
        let read = async || {
            for _ in 0..2 {
                assert_eq!(looked_up(&world, "ada").await, [world.get(&path).await.expect(200).json]);
            }
            world.get(&path).await.expect(200).json
        };
        assert_eq!(read().await["title"], Value::Null);
        world.patch(&path, json!([{"op": "replace", "path": "title", "value": "Countess"}])).await.expect(200);
        assert_eq!(read().await["title"], "Countess");
        let team = world.group("Team", &[&ada]).await;
        assert_eq!(read().await["groups"][0]["display"], "Team");
        let all = world.group("All", &[&team]).await;
        assert_eq!(read().await["groups"][1]["value"], all);
        world.delete(&format!("/Groups/{team}")).await.expect(204);
        assert_eq!(read().await["groups"], Value::Null);
        let member = world.organization(&format!("/members/{ada}"));
        world.api(reqwest::Method::DELETE, &member, Value::Null).await.expect(200);
        assert_eq!(read().await["active"], false);
        world.delete(&path).await.expect(204);
        world.get(&path).await.expect_error(404, None);
        assert!(looked_up(&world, "ada").await.is_empty());
    }
}

/// The Users that a look-up by name finds.
async fn looked_up(world: &World, name: &str) -> Vec<Value> {
    let found = world.get(&format!("/Users?filter=userName%20eq%20%22{name}%40EXAMPLE.com%22")).await.expect(200).json;
    let resources = found["Resources"].as_array().expect("a list").clone();
    assert_eq!((&found["totalResults"], &found["itemsPerPage"]), (&json!(resources.len()), &json!(resources.len())));
    resources
}

/// A name that one User gives up and another takes leads from the one to the other, also for who has just asked.
#[tokio::test]
async fn a_name_leads_to_who_has_it_now() {
    let (_folder, world) = stored().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let rename = async |id: &str, name: &str| {
        let operations = json!([{"op": "replace", "path": "userName", "value": format!("{name}@example.com")}]);
        world.patch(&format!("/Users/{id}"), operations).await.expect(200);
    };
    let ids = async |name: &str| -> Vec<Value> {
        looked_up(&world, name).await;
        looked_up(&world, name).await.iter().map(|user| user["id"].clone()).collect()
    };
    assert_eq!((ids("ada").await, ids("bob").await), (vec![json!(ada)], vec![json!(bob)]));
    rename(&ada, "eve").await;
    assert_eq!((ids("ada").await, ids("eve").await), (vec![], vec![json!(ada)]));
    rename(&bob, "ada").await;
    assert_eq!((ids("ada").await, ids("bob").await), (vec![json!(bob)], vec![]));
}

/// While one client changes a User, others never see a version older than one that was answered before they asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_beside_writes_are_never_out_of_date() {
    let (_folder, world) = stored().await;
    let path = format!("/Users/{}", world.user("ada").await);
    let (answered, done) = (AtomicU64::new(1), AtomicBool::new(false));
    let write = async {
        for number in 0..200 {
            let operations = json!([{"op": "replace", "path": "title", "value": number.to_string()}]);
            let patched = world.patch(&path, operations).await.expect(200);
            answered.store(version(&patched.json), Ordering::SeqCst);
        }
        done.store(true, Ordering::SeqCst);
    };
    let read = async || {
        let mut seen = 0;
        while !done.load(Ordering::SeqCst) {
            let least = answered.load(Ordering::SeqCst).max(seen);
            seen = version(&world.get(&path).await.expect(200).json);
            assert!(seen >= least, "{seen} after {least}");
            let least = answered.load(Ordering::SeqCst).max(seen);
            seen = version(&looked_up(&world, "ada").await[0]);
            assert!(seen >= least, "{seen} after {least}, by name");
        }
    };
    futures::join!(write, read(), read(), read());
}
