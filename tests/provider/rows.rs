//! Rows of the catalogue that no scenario and no check sees on a target: what the provider does about each. The rows name
//! these tests (`held_by` in `fixtures/requirements/requirements.json`).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{GROUP, USER, World, user};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

fn ids(list: &Value) -> Vec<String> {
    let resources = list["Resources"].as_array().expect("resources");
    resources.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

/// RFC 7644 section 3.4.1: a read names the place and the version of what it shows.
#[tokio::test]
async fn a_read_names_place_and_version() {
    let world = World::new().await;
    let read = world.get(&format!("/Users/{}", world.user("ada").await)).await.expect(200);
    assert_eq!(read.header("location"), read.json["meta"]["location"]);
    assert_eq!(read.header("etag"), read.json["meta"]["version"]);
}

/// RFC 7644 sections 3.3 and 3.4.2.2: a value that the server supplied is the one that filters and later writes see.
#[tokio::test]
async fn a_default_is_a_value_like_any_other() {
    let world = World::new().await;
    let mut body = user("ada");
    body.as_object_mut().expect("an object").shift_remove("active");
    let made = world.post("/Users", body.clone()).await.expect(201);
    assert_eq!(made.json["active"], true);
    assert_eq!(ids(&world.filter("/Users", "active eq true").await.json), [made.id()]);
    assert_eq!(world.filter("/Users", "active eq false").await.json["totalResults"], 0);
    let put = world.put(&format!("/Users/{}", made.id()), body).await.expect(200);
    assert_eq!((&put.json["active"], put.header("etag")), (&json!(true), made.header("etag")));
}

/// RFC 7644 section 3.4.2.3: an order that is none of the two is told, not guessed.
#[tokio::test]
async fn an_unknown_sort_order_is_refused() {
    let world = World::new().await;
    for order in ["desc", "asc", "up"] {
        let path = format!("/Users?sortBy=userName&sortOrder={order}");
        world.get(&path).await.expect_error(400, Some("invalidValue"));
    }
    world.get("/Users?sortBy=userName&sortOrder=DESCENDING").await.expect(200);
}

/// RFC 7644 section 6: whoever holds one tenant's token can neither see, change, find nor name what another tenant has,
/// and learns nothing from the refusal; `externalId` and `userName` are free in each tenant.
#[tokio::test]
async fn tenants_share_nothing() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let team = world.group("Team", &[&ada]).await;
    let other = world.tenant("other").await;
    let send = |method: Method, path: String, body: Value| {
        world.scim_at(&other, method, &path).header("content-type", "application/scim+json").raw(body.to_string()).go()
    };
    let twin = send(Method::POST, "/Users".into(), user("ada")).await.expect(201);
    assert_eq!(twin.json["externalId"], "ext-ada");
    let refused = |reply: crate::support::Reply, id: &str| reply.expect_error(404, None).text.replace(id, "nobody");
    for (endpoint, id) in [("/Users", &ada), ("/Groups", &team)] {
        let title = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "path": "externalId", "value": "stolen"}]});
        for (method, body) in [
            (Method::GET, Value::Null),
            (
                Method::PUT,
                if endpoint == "/Users" { user("x") } else { json!({"schemas": [GROUP], "displayName": "x"}) },
            ),
            (Method::PATCH, title),
            (Method::DELETE, Value::Null),
        ] {
            let theirs = send(method.clone(), format!("{endpoint}/{id}"), body.clone()).await;
            let nobodys = send(method, format!("{endpoint}/nobody"), body).await;
            assert_eq!(refused(theirs, id), refused(nobodys, "nobody"));
        }
        let found = send(Method::GET, format!("{endpoint}?filter=id%20eq%20%22{id}%22"), Value::Null).await.expect(200);
        assert_eq!(found.json["totalResults"], 0);
    }
    assert_eq!(ids(&send(Method::GET, "/Users".into(), Value::Null).await.json), [twin.id()]);
    let grab = json!({"schemas": [GROUP], "displayName": "Grab", "members": [{"value": ada}]});
    let grabbed = send(Method::POST, "/Groups".into(), grab).await;
    let nobody = json!({"schemas": [GROUP], "displayName": "Ghosts", "members": [{"value": "nobody"}]});
    let ghosts = send(Method::POST, "/Groups".into(), nobody).await.expect(201);
    let members = |reply: &crate::support::Reply| reply.json["members"].to_string();
    assert_eq!(members(&grabbed).replace(&ada, "nobody"), members(&ghosts), "a member of another tenant is nobody");
    let read = world.get(&format!("/Users/{ada}")).await.expect(200);
    assert_eq!(read.json["groups"].as_array().map(Vec::len), Some(1), "{}", read.text);
    assert_eq!(read.json["externalId"], "ext-ada");
}

/// RFC 7643 sections 2.3.6, 2.3.7 and 4.3: base64, references and the manager's id are compared letter by letter.
#[tokio::test]
async fn exact_values_are_compared_exactly() {
    let world = World::new().await;
    let mut body = user("ada");
    body["schemas"] = json!([USER, ENTERPRISE]);
    body["profileUrl"] = json!("https://example.com/Ada");
    body["x509Certificates"] = json!([{"value": "TUlJ"}]);
    body[ENTERPRISE] = json!({"manager": {"value": "Boss-1"}});
    let id = world.post("/Users", body).await.expect(201).id();
    for (path, right, wrong) in [
        ("profileUrl", "https://example.com/Ada", "https://example.com/ada"),
        ("x509Certificates.value", "TUlJ", "tulj"),
        (&format!("{ENTERPRISE}:manager.value"), "Boss-1", "boss-1"),
    ] {
        assert_eq!(ids(&world.filter("/Users", &format!("{path} eq \"{right}\"")).await.json), [&*id], "{path}");
        assert_eq!(world.filter("/Users", &format!("{path} eq \"{wrong}\"")).await.json["totalResults"], 0, "{path}");
    }
}

/// RFC 7643 section 2.4: a member is who its `value` says, however its `$ref` is written.
#[tokio::test]
async fn a_reference_of_another_version_is_the_same_member() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let path = format!("/Groups/{}", world.group("Team", &[&ada]).await);
    let before = world.get(&path).await.expect(200);
    for reference in ["https://example.com/v1/Users/", "../Users/", "https://example.com/v2/Users/"] {
        let member = json!({"value": ada, "$ref": format!("{reference}{ada}")});
        let body = json!({"schemas": [GROUP], "displayName": "Team", "members": [member]});
        let put = world.put(&path, body).await.expect(200);
        assert_eq!((&put.json["members"], put.header("etag")), (&before.json["members"], before.header("etag")));
    }
}

/// RFC 9865 section 2: cursors page through a sorted list, by GET and by search; with no paging parameter the index is
/// the method that `defaultPaginationMethod` names; both at once contradict each other.
#[tokio::test]
async fn cursors_keep_the_order_and_the_index_is_the_default() {
    let world = World::new().await;
    for name in ["cy", "ada", "eve", "bob", "dan"] {
        world.user(name).await;
    }
    let name = |one: &Value| one["userName"].as_str().expect("a name").to_owned();
    let (mut by_get, mut by_search) = (Vec::new(), Vec::new());
    let (mut cursor, mut search_cursor) = (Some(String::new()), Some(String::new()));
    while let (Some(get), Some(search)) = (&cursor, &search_cursor) {
        let path = format!("/Users?sortBy=userName&sortOrder=descending&count=2&cursor={get}");
        let page = world.get(&path).await.expect(200).json;
        let body = json!({"schemas": [SEARCH], "sortBy": "userName", "count": 2, "cursor": search});
        let found = world.post("/Users/.search", body).await.expect(200).json;
        assert_eq!((&page["totalResults"], &found["totalResults"]), (&json!(5), &json!(5)));
        by_get.extend(page["Resources"].as_array().expect("resources").iter().map(name));
        by_search.extend(found["Resources"].as_array().expect("resources").iter().map(name));
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        search_cursor = found["nextCursor"].as_str().map(str::to_owned);
    }
    let sorted = ["ada", "bob", "cy", "dan", "eve"].map(|name| format!("{name}@example.com"));
    assert_eq!(by_search, sorted);
    assert_eq!(by_get, sorted.iter().rev().cloned().collect::<Vec<_>>());
    let plain = world.get("/Users?count=2").await.expect(200).json;
    assert_eq!((&plain["startIndex"], &plain["nextCursor"]), (&json!(1), &Value::Null));
    let config = world.get("/ServiceProviderConfig").await.json;
    assert_eq!(config["pagination"]["defaultPaginationMethod"], "index");
    world.get("/Users?cursor=&startIndex=1").await.expect_error(400, Some("invalidCursor"));
}

/// RFC 9865 section 5.2: a cursor holds no authority. In another tenant it is refused like one that never was, and the
/// next page is for who is let in at that moment.
#[tokio::test]
async fn a_cursor_lets_nobody_in() {
    let world = World::new().await;
    for name in ["ada", "bob", "cy"] {
        world.user(name).await;
    }
    let first = world.get("/Users?count=1&cursor=").await.expect(200).json;
    let next = format!("/Users?count=1&cursor={}", first["nextCursor"].as_str().expect("a cursor"));
    let other = world.tenant("other").await;
    let foreign = world.scim_at(&other, Method::GET, &next).go().await.expect_error(400, Some("invalidCursor"));
    let nonsense = world.scim_at(&other, Method::GET, "/Users?count=1&cursor=AAAA").go().await;
    assert_eq!(foreign.text, nonsense.text);
    world.get(&next).await.expect(200);
    let base = format!("/v1/b2b/scim/{}/connection/{}/rotate", world.base.organization_id, world.base.connection_id);
    world.api(Method::POST, &format!("{base}/start"), Value::Null).await.expect(200);
    world.api(Method::POST, &format!("{base}/complete"), Value::Null).await.expect(200);
    world.get(&next).await.expect_error(401, None);
}
