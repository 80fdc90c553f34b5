//! `/Users`: create, read, change, delete, list.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{USER, World, user};

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

/// Okta's create, with its placeholder password and empty groups: neither comes back, and the password is nowhere.
#[tokio::test]
async fn oktas_create_is_taken_and_its_password_is_not_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data.db");
    let options = scimulate::provider::app::Options { data: Some(path.clone()), ..Default::default() };
    let world = World::with(options).await;
    let mut body = user("okta");
    (body["password"], body["groups"]) = (json!("1mz050nq-secret"), json!([]));
    let made = world.post("/Users", body).await.expect(201);
    assert!(!made.text.contains("1mz050nq"), "{}", made.text);
    let patch = json!([{"op": "replace", "path": "password", "value": "another-1mz050nq"}]);
    let patched = world.patch(&format!("/Users/{}", made.id()), patch).await.expect(200);
    assert_eq!(patched.header("etag"), made.header("etag"));
    world.get("/Users?filter=password%20eq%20%22x%22").await.expect_error(403, Some("sensitive"));
    world.provider.shutdown().await;
    for file in std::fs::read_dir(folder.path()).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("bytes");
        assert!(!bytes.windows(8).any(|window| window == b"1mz050nq"), "the password is in a file");
    }
}

/// What a PUT echoes of the server's own (id, meta, groups, unknown attributes) changes nothing.
#[tokio::test]
async fn a_put_that_echoes_the_answer_is_harmless() {
    let world = World::new().await;
    let made = world.post("/Users", user("ada")).await.expect(201);
    let mut echo = made.json.clone();
    echo["id"] = json!("member-test-other");
    echo["meta"]["created"] = json!("1999-01-01T00:00:00Z");
    echo["groups"] = json!([{"value": "x"}]);
    echo["somethingElse"] = json!({"deep": [1]});
    let put = world.put(&format!("/Users/{}", made.id()), echo).await.expect(200);
    assert_eq!(put.json, made.json);
}

/// A PUT without `active` is no reactivation: that would let a deactivated member in again.
#[tokio::test]
async fn a_put_without_active_reactivates_nobody() {
    let world = World::new().await;
    let id = world.user("ada").await;
    let path = format!("/Users/{id}");
    world.patch(&path, json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
    let put = world.put(&path, json!({"schemas": [USER], "userName": "ada@example.com"})).await.expect(200);
    assert_eq!(put.json["active"], false);
    assert_eq!(put.json["title"], Value::Null);
    assert_eq!(world.status(&id).await, "deleted");
}

/// A PATCH that removes `active` unassigns it (RFC 7644 section 3.5.2.2) and lets nobody in or out: the member stays what
/// it was, whatever is written next, until a client says again what it should be.
#[tokio::test]
async fn an_unassigned_active_moves_nobody() {
    let world = World::new().await;
    for (name, active, status) in [("ada", true, "active"), ("bob", false, "deleted")] {
        let id = world.user(name).await;
        let path = format!("/Users/{id}");
        world.patch(&path, json!([{"op": "replace", "path": "active", "value": active}])).await.expect(200);
        let removed = world.patch(&path, json!([{"op": "remove", "path": "active"}])).await.expect(200);
        assert!(removed.json["active"].is_null(), "{}", removed.text);
        let named = json!({"schemas": [USER], "userName": format!("{name}@example.com"), "title": "T"});
        for reply in [
            world.put(&path, named).await,
            world.patch(&path, json!([{"op": "replace", "path": "title", "value": "U"}])).await,
            world.get(&path).await,
        ] {
            assert!(reply.expect(200).json["active"].is_null());
            assert_eq!(world.status(&id).await, status);
        }
        for (filter, found) in [("active%20eq%20true", 0), ("active%20eq%20false", 0), ("not%20(active%20pr)", 1)] {
            let list = world.get(&format!("/Users?filter={filter}%20and%20id%20eq%20%22{id}%22")).await.expect(200);
            assert_eq!(list.json["totalResults"], found, "{filter}");
        }
        for (next, status) in [(!active, if active { "deleted" } else { "active" }), (active, status)] {
            let set = world.patch(&path, json!([{"op": "add", "path": "active", "value": next}])).await.expect(200);
            assert_eq!(set.json["active"], next);
            assert_eq!(world.status(&id).await, status);
        }
    }
}

/// PUT creates nothing, and neither PUT nor PATCH takes a userName or an e-mail that somebody else has.
#[tokio::test]
async fn uniqueness_holds_on_every_way_in() {
    let world = World::new().await;
    let (ada, _) = (world.user("ada").await, world.user("bob").await);
    world.put("/Users/nobody", user("eve")).await.expect_error(404, None);
    world
        .post("/Users", json!({"schemas": [USER], "userName": "ADA@EXAMPLE.COM"}))
        .await
        .expect_error(409, Some("uniqueness"));
    let path = format!("/Users/{ada}");
    world.put(&path, user("bob")).await.expect_error(409, Some("uniqueness"));
    let name = json!([{"op": "replace", "path": "userName", "value": "Bob@example.com"}]);
    world.patch(&path, name).await.expect_error(409, Some("uniqueness"));
    let email = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "bob@example.com"}]);
    world.patch(&path, email).await.expect_error(409, Some("uniqueness"));
    assert_eq!(world.get(&path).await.json["emails"][0]["value"], "ada@example.com");
    let own = json!([{"op": "replace", "path": "userName", "value": "ADA@example.com"}]);
    assert_eq!(world.patch(&path, own).await.expect(200).json["userName"], "ADA@example.com");
}

/// A change of e-mail and name reaches the member, and the roles that hang on the domain follow.
#[tokio::test]
async fn a_change_reaches_the_member() {
    let world = World::new().await;
    world.make_roles(&["partner"]).await;
    let roles = json!({"rbac_email_implicit_role_assignments": [{"domain": "partner.example", "role_id": "partner"}]});
    world.api(Method::PUT, &world.organization(""), roles).await.expect(200);
    let id = world.user("ada").await;
    assert_eq!(world.roles(&id).await, [""; 0]);
    world
        .patch(
            &format!("/Users/{id}"),
            json!([
                {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ada@Partner.example"},
                {"op": "Replace", "path": "displayName", "value": "Countess"},
            ]),
        )
        .await
        .expect(200);
    let member = world.member(&id).await;
    assert_eq!((&member["email_address"], &member["name"]), (&json!("ada@Partner.example"), &json!("Countess")));
    assert_eq!(world.roles(&id).await, ["partner"]);
}

/// Two concurrent creates of one userName give one 201 and one 409.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_concurrent_creates_one_wins() {
    let world = World::new().await;
    for round in 0..8 {
        let body = user(&format!("twin{round}"));
        let (one, two) = tokio::join!(world.post("/Users", body.clone()), world.post("/Users", body));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
    }
}

/// Pages by index and by cursor show every user once; edges are as the RFC has them.
#[tokio::test]
async fn pages_show_everybody_once() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(world.user(&format!("user{number}")).await);
    }
    let list = |query: String| {
        let world = &world;
        async move { world.get(&format!("/Users?{query}")).await.expect(200).json }
    };
    let found = |page: &Value| -> Vec<String> {
        page["Resources"]
            .as_array()
            .expect("resources")
            .iter()
            .map(|one| one["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    // All three ways in which a page is made: by SQL, judged, sorted.
    for extra in ["", "&filter=userName%20co%20%22user%22", "&sortBy=userName"] {
        let mut seen = Vec::new();
        for start in [1, 4, 7] {
            let page = list(format!("startIndex={start}&count=3{extra}")).await;
            assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(7), &json!(start)));
            assert_eq!(page["itemsPerPage"], found(&page).len());
            seen.extend(found(&page));
        }
        assert_eq!(seen, ids, "{extra}");
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = list(format!("cursor={cursor}&count=3{extra}")).await;
            assert_eq!(page["totalResults"], 7);
            seen.extend(found(&page));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(seen, ids, "{extra}");
        assert_eq!(found(&list(format!("count=0{extra}")).await), [""; 0]);
        assert_eq!(found(&list(format!("startIndex=100{extra}")).await), [""; 0]);
        assert_eq!(found(&list(format!("startIndex=-5&count=-1{extra}")).await), [""; 0]);
    }
    let other = list("cursor=&count=3".to_owned()).await["nextCursor"].as_str().expect("a cursor").to_owned();
    world
        .get(&format!("/Users?cursor={other}&filter=active%20eq%20true"))
        .await
        .expect_error(400, Some("invalidCursor"));
    world.get("/Users?cursor=nonsense").await.expect_error(400, Some("invalidCursor"));
    world.get("/Users?startIndex=one").await.expect_error(400, Some("invalidValue"));
    let descending = list("sortBy=userName&sortOrder=descending".to_owned()).await;
    ids.reverse();
    assert_eq!(found(&descending), ids);
}

/// `/.search` at the root looks through users and groups, at a type through that type.
#[tokio::test]
async fn search_by_post() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let team = world.group("ada Example", &[]).await;
    let search = |filter: &str| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter, "attributes": ["displayName"]});
    let found = world.post("/.search", search("displayName eq \"ADA example\"")).await.expect(200).json;
    assert_eq!(found["totalResults"], 2);
    assert_eq!((&found["Resources"][0]["id"], &found["Resources"][1]["id"]), (&json!(ada), &json!(team)));
    assert_eq!(found["Resources"][0]["userName"], Value::Null);
    let found = world.post("/Groups/.search", search("displayName pr")).await.expect(200).json;
    assert_eq!(found["totalResults"], 1);
    let root = world.filter("", "userName pr").await.expect(200).json;
    assert_eq!(root["totalResults"], 1);
    world.post("/Users/.search", json!({"filter": "userName pr"})).await.expect_error(400, Some("invalidSyntax"));
    world.post("/Users/.search", search("nothing eq 1")).await.expect_error(400, Some("invalidFilter"));
}

/// A file keeps everything over a restart, and the earlier token stays good beside the new one.
#[tokio::test]
async fn a_data_file_is_picked_up_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let options =
        || scimulate::provider::app::Options { data: Some(folder.path().join("data.db")), ..Default::default() };
    let world = World::with(options()).await;
    let (id, token) = (world.user("ada").await, world.base.scim_token.clone());
    world.provider.shutdown().await;
    let world = World::with(options()).await;
    assert_ne!(world.base.scim_token, token);
    for token in [&token, &world.base.scim_token] {
        world.scim_as(Method::GET, &format!("/Users/{id}"), token).go().await.expect(200);
    }
}
