//! A resource type that only a schema file knows (`fixtures/schemas/Printer.json`), served whole.

use reqwest::Method;
use scimulate::{
    provider::app::{self, Options},
    scim::schema::Registry,
};
use serde_json::{Value, json};

use crate::support::{PATCH, Reply, USER, World, user};

pub const PRINTER: &str = "urn:example:params:scim:schemas:Printer";
pub const LEASE: &str = "urn:example:params:scim:schemas:extension:lease:Printer";
const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

pub fn registry() -> Registry {
    let file = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/schemas/Printer.json"));
    let mut registry = Registry::standard();
    registry.load(&serde_json::from_str(file).expect("JSON")).expect("schema data");
    registry
}

async fn world() -> World {
    World::with(Options { registry: registry(), ..Options::default() }).await
}

fn printer(serial: &str) -> Value {
    json!({
        "schemas": [PRINTER],
        "serialNumber": serial,
        "displayName": format!("Printer {serial}"),
        "externalId": format!("ext-{serial}"),
        "networked": true,
        "pages": 100,
        "toner": 0.5,
        "installed": "2026-01-01T00:00:00Z",
        "manual": "https://example.com/Manual",
        "certificate": "TUlJ",
        "tags": ["floor-1", "colour"],
        "notes": "squeaks",
        "pin": "4711",
        "interfaces": [{"value": format!("aa:{serial}"), "type": "ethernet", "primary": true}],
    })
}

fn serials(list: &Value) -> Vec<&str> {
    let resources = list["Resources"].as_array().expect("resources");
    resources.iter().filter_map(|one| one["serialNumber"].as_str()).collect()
}

/// Created, read, replaced, patched and deleted, with versions, places and the characteristics that the schema states.
#[tokio::test]
async fn a_custom_resource_lives_like_any_other() {
    let world = world().await;
    let owner = world.user("ada").await;
    let mut body = printer("S1");
    (body["owner"], body["firmware"]) = (json!({"value": owner}), json!("made up"));
    let made = world.post("/Printers", body.clone()).await.expect(201);
    let path = format!("/Printers/{}", made.id());
    assert_eq!(made.json["meta"]["resourceType"], "Printer");
    assert_eq!(made.header("location"), made.json["meta"]["location"]);
    assert!(made.header("location").ends_with(&path));
    for hidden in ["pin", "firmware"] {
        assert_eq!(made.json[hidden], Value::Null, "{hidden}");
    }
    // What is returned on request only is returned to who has just written it (RFC 7643 section 7), and not with a read.
    let mut made = made;
    assert_eq!(made.json.as_object_mut().and_then(|json| json.shift_remove("notes")), Some(json!("squeaks")));
    let read = world.get(&path).await.expect(200);
    assert_eq!((&read.json, read.header("etag")), (&made.json, made.header("etag")));
    let tag = read.header("etag").to_owned();
    world.scim(Method::GET, &path).header("if-none-match", &tag).go().await.expect(304);
    world.scim(Method::HEAD, &path).go().await.expect(200);

    let same = world.put(&path, body.clone()).await.expect(200);
    assert_eq!(same.header("etag"), tag, "a PUT of the same, secret included, changes nothing");
    let mut wrong = body.clone();
    wrong["serialNumber"] = json!("S2");
    world.put(&path, wrong).await.expect_error(400, Some("mutability"));
    body.as_object_mut().expect("an object").shift_remove("pages");
    body["pin"] = json!("0815");
    let put = world.put(&path, body).await.expect(200);
    assert!(put.json["pages"].is_null() && put.header("etag") != tag, "{}", put.text);

    let operations = json!([
        {"op": "add", "path": "tags", "value": ["new"]},
        {"op": "replace", "path": "interfaces[type eq \"ethernet\"].value", "value": "bb:S1"},
        {"op": "add", "path": format!("{LEASE}:lessor"), "value": "Lessor Ltd"},
        {"op": "remove", "path": "toner"},
    ]);
    let patched = world.patch(&path, operations).await.expect(200);
    assert_eq!(patched.json["tags"], json!(["floor-1", "colour", "new"]));
    assert_eq!(patched.json["interfaces"][0]["value"], "bb:S1");
    assert_eq!(patched.json["schemas"], json!([PRINTER, LEASE]));
    let stale = world.scim(Method::PATCH, &path).header("if-match", &tag);
    let no_pages = json!({"schemas": [PATCH], "Operations": [{"op": "remove", "path": "pages"}]});
    stale.raw(no_pages.to_string()).go().await.expect_error(412, None);
    for (operation, keyword) in [
        (json!({"op": "replace", "path": "serialNumber", "value": "S9"}), "mutability"),
        (json!({"op": "replace", "path": "firmware", "value": "2"}), "mutability"),
        (json!({"op": "remove", "path": "displayName"}), "mutability"),
        (json!({"op": "add", "path": "colour", "value": "x"}), "invalidPath"),
        (json!({"op": "add", "path": "pages", "value": "many"}), "invalidValue"),
        (json!({"op": "replace", "path": "interfaces[type eq \"wifi\"].value", "value": "x"}), "noTarget"),
    ] {
        world.patch(&path, json!([operation])).await.expect_error(400, Some(keyword));
    }
    let unchanged = world.get(&path).await.expect(200);
    assert_eq!(unchanged.header("etag"), patched.header("etag"));

    world.delete(&path).await.expect(204);
    world.get(&path).await.expect_error(404, None);
    world.delete(&path).await.expect_error(404, None);
    world.post("/Printers", printer("S1")).await.expect(201);
}

/// What the schema calls required, unique or typed is so, on every way in; a taken value of a sub-attribute too.
#[tokio::test]
async fn a_custom_resource_is_held_to_its_schema() {
    let world = world().await;
    let first = world.post("/Printers", printer("S1")).await.expect(201).id();
    world.post("/Printers", printer("S1")).await.expect_error(409, Some("uniqueness"));
    let mut other = printer("S2");
    other["interfaces"] = json!([{"value": "AA:s1"}]);
    world.post("/Printers", other).await.expect_error(409, Some("uniqueness"));
    let second = world.post("/Printers", printer("s1")).await;
    assert_eq!(second.status, 409, "the hardware address ignores case, the serial number does not: {}", second.text);
    let second = world.post("/Printers", printer("S2")).await.expect(201).id();
    let steal = json!([{"op": "add", "path": "interfaces", "value": [{"value": "aa:S1"}]}]);
    world.patch(&format!("/Printers/{second}"), steal.clone()).await.expect_error(409, Some("uniqueness"));
    let give_up = json!([{"op": "remove", "path": "interfaces"}]);
    world.patch(&format!("/Printers/{first}"), give_up).await.expect(200);
    world.patch(&format!("/Printers/{second}"), steal).await.expect(200);
    for (name, value) in [
        ("serialNumber", Value::Null),
        ("displayName", json!("")),
        ("pages", json!(1.5)),
        ("toner", json!("full")),
        ("installed", json!("yesterday")),
        ("certificate", json!("not base64!")),
        ("networked", json!("perhaps")),
        ("tags", json!([1])),
        ("interfaces", json!([{"type": "wifi"}])),
        ("owner", json!({"$ref": "../Users/1"})),
        (LEASE, json!({"until": "2027-01-01T00:00:00Z"})),
    ] {
        let mut body = printer("S3");
        body[name] = value;
        let refused = world.post("/Printers", body).await.expect_error(400, Some("invalidValue"));
        assert!(refused.json["detail"].as_str().expect("a text").contains(name), "{name}: {}", refused.text);
    }
    world
        .post("/Printers", json!({"schemas": [USER], "serialNumber": "S3"}))
        .await
        .expect_error(400, Some("invalidSyntax"));
    let total = world.get("/Printers?count=0").await.expect(200).json;
    assert_eq!(total["totalResults"], 2, "nothing of what was refused stayed");
}

/// Found by every type of attribute, sorted, paged both ways and projected; at its endpoint and at the root.
#[tokio::test]
async fn custom_resources_are_found() {
    let world = world().await;
    for at in 0..7 {
        let mut body = printer(&format!("S{at}"));
        (body["pages"], body["toner"]) = (json!(at * 10), json!(f64::from(at) / 10.0));
        if at % 2 == 0 {
            body["schemas"] = json!([PRINTER, LEASE]);
            body[LEASE] = json!({"lessor": "Lessor Ltd", "until": format!("2027-01-0{}T00:00:00Z", at + 1)});
        }
        world.post("/Printers", body).await.expect(201);
    }
    world.user("ada").await;
    for (filter, expected) in [
        ("serialNumber eq \"S3\"", "S3"),
        ("serialNumber eq \"s3\"", ""),
        ("displayName eq \"PRINTER s3\"", "S3"),
        ("externalId eq \"ext-S4\"", "S4"),
        ("pages gt 40 and toner lt 0.6", "S5"),
        ("pages eq 30.0", "S3"),
        ("networked eq false", ""),
        ("installed lt \"2026-01-01T01:00:00+02:00\"", ""),
        ("tags eq \"COLOUR\" and pages le 0", "S0"),
        ("interfaces[value eq \"AA:s2\" and primary eq true]", "S2"),
        ("not (pages ge 10)", "S0"),
        (&format!("{LEASE}:until ge \"2027-01-07T00:00:00Z\""), "S6"),
        (&format!("{PRINTER}:pages eq 10"), "S1"),
        ("notes eq \"squeaks\" and serialNumber sw \"S6\"", "S6"),
        ("meta.resourceType eq \"Printer\" and pages eq 60", "S6"),
    ] {
        let found = world.filter("/Printers", filter).await.expect(200).json;
        assert_eq!(serials(&found).join(" "), expected, "{filter}");
    }
    world.filter("/Printers", "colour eq \"x\"").await.expect_error(400, Some("invalidFilter"));
    world.filter("/Printers", "pin eq \"4711\"").await.expect_error(403, Some("sensitive"));
    world.get("/Printers?sortBy=pin").await.expect_error(400, Some("invalidPath"));
    let sorted = world.get("/Printers?sortBy=pages&sortOrder=descending&startIndex=2&count=2").await.expect(200).json;
    assert_eq!((serials(&sorted), &sorted["totalResults"]), (vec!["S5", "S4"], &json!(7)));
    let (mut seen, mut cursor) = (Vec::new(), Some(String::new()));
    while let Some(at) = cursor {
        let page = world.get(&format!("/Printers?count=3&cursor={at}")).await.expect(200).json;
        seen.extend(serials(&page).into_iter().map(str::to_owned));
        cursor = page["nextCursor"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, ["S0", "S1", "S2", "S3", "S4", "S5", "S6"]);
    let body = json!({"schemas": [SEARCH], "filter": "pages ge 50", "attributes": ["pages"]});
    for place in ["/Printers/.search", "/.search"] {
        let found = world.post(place, body.clone()).await.expect(200).json;
        assert_eq!(found["totalResults"], 2, "{place}");
        let names: Vec<&String> = found["Resources"][0].as_object().expect("an object").keys().collect();
        assert_eq!(names, ["schemas", "id", "pages", "tags"], "{place}");
    }
    let root = world.get("?filter=displayName%20pr").await.expect(200).json;
    assert_eq!(root["totalResults"], 8, "seven printers and a user");
    let asked = world.get("/Printers?attributes=notes,pin&filter=pages%20eq%200").await.expect(200).json;
    assert_eq!(asked["Resources"][0]["notes"], "squeaks");
    let without = world.get("/Printers?excludedAttributes=tags,serialNumber&count=1").await.expect(200).json;
    assert!(without["Resources"][0]["serialNumber"].is_null() && without["Resources"][0]["tags"].is_array());
}

/// In bulk with references both ways, in discovery, and for nobody of another tenant.
#[tokio::test]
async fn custom_types_are_everywhere_that_users_are() {
    let world = world().await;
    let mut body = printer("S1");
    body["owner"] = json!({"value": "bulkId:ada"});
    let bulk = json!({"schemas": [BULK], "Operations": [
        {"method": "POST", "path": "/Printers", "bulkId": "p", "data": body},
        {"method": "POST", "path": "/Users", "bulkId": "ada", "data": user("ada")},
        {"method": "PATCH", "path": "/Printers/bulkId:p", "data": {"schemas": [PATCH], "Operations": [
            {"op": "replace", "path": "pages", "value": 7}]}},
    ]});
    let done = world.post("/Bulk", bulk).await.expect(200).json;
    let statuses: Vec<&str> =
        done["Operations"].as_array().expect("results").iter().filter_map(|one| one["status"].as_str()).collect();
    assert_eq!(statuses, ["201", "201", "200"], "{done}");
    let found = world.get("/Printers").await.expect(200).json["Resources"][0].clone();
    let ada = world.get("/Users").await.expect(200).json["Resources"][0]["id"].clone();
    assert_eq!((&found["owner"]["value"], &found["pages"]), (&ada, &json!(7)));

    let types = world.get("/ResourceTypes").await.expect(200).json;
    assert!(types["Resources"].as_array().expect("types").iter().any(|one| one["endpoint"] == "/Printers"));
    world.get(&format!("/Schemas/{PRINTER}")).await.expect(200);
    let refused = world.send(Method::DELETE, "/Printers", Value::Null).await.expect_error(405, None);
    assert_eq!(refused.header("allow"), "GET, HEAD, POST");
    let other = world.tenant("other").await;
    let path = format!("/Printers/{}", found["id"].as_str().expect("an id"));
    for method in [Method::GET, Method::DELETE] {
        world.scim_at(&other, method, &path).go().await.expect_error(404, None);
    }
    assert_eq!(world.scim_at(&other, Method::GET, "/Printers").go().await.expect(200).json["totalResults"], 0);
    world.scim_at(&other, Method::POST, "/Printers").raw(printer("S1").to_string()).go().await.expect(201);
    world.get(&path.replace("/Printers", "/Users")).await.expect_error(404, None);
}

/// A group may have a resource of a custom type for a member: it is shown with its type and place, grants nothing, and is
/// gone from the group when it is deleted.
#[tokio::test]
async fn groups_have_custom_members() {
    let world = world().await;
    let printer_id = world.post("/Printers", printer("S1")).await.expect(201).id();
    let ada = world.user("ada").await;
    let path = format!("/Groups/{}", world.group("Office", &[&printer_id, &ada]).await);
    let members = world.get(&path).await.expect(200).json["members"].clone();
    let shown = members.as_array().expect("members").iter().find(|one| one["type"] == "Printer").expect("the printer");
    assert_eq!((&shown["value"], &shown["display"]), (&json!(printer_id), &json!("Printer S1")));
    assert!(shown["$ref"].as_str().expect("a reference").ends_with(&format!("/Printers/{printer_id}")));
    let found = world.filter("/Groups", &format!("members[value eq \"{printer_id}\"]")).await.expect(200);
    assert_eq!(found.json["totalResults"], 1);
    world.delete(&format!("/Printers/{printer_id}")).await.expect(204);
    assert_eq!(world.get(&path).await.json["members"].as_array().map(Vec::len), Some(1));
}

/// A value that is never returned is not in the data file either; values and claims outlive a restart.
#[tokio::test]
async fn a_data_file_keeps_custom_resources_and_no_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = || Options { registry: registry(), data: Some(folder.path().join("p.db")), ..Options::default() };
    let mut body = printer("S1");
    body["pin"] = json!("pin-that-nobody-reads");
    let first = World::with(options()).await;
    first.post("/Printers", body).await.expect(201);
    first.provider.shutdown().await;
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        assert!(!bytes.windows(21).any(|window| window == b"pin-that-nobody-reads"));
    }
    let again = World::with(options()).await;
    assert_eq!(serials(&again.get("/Printers").await.expect(200).json), ["S1"]);
    again.post("/Printers", printer("S1")).await.expect_error(409, Some("uniqueness"));
}

/// `returned: request`: in the answer to a PUT, POST or PATCH that had the attribute, in others only if it is asked for.
#[tokio::test]
async fn who_writes_what_is_returned_on_request_sees_it() {
    let world = world().await;
    let path = format!("/Printers/{}", world.post("/Printers", printer("S1")).await.expect(201).id());
    let notes = |reply: Reply| reply.json["notes"].clone();
    assert_eq!(notes(world.put(&path, printer("S1")).await.expect(200)), "squeaks");
    let patched = world.patch(&path, json!([{"op": "replace", "path": "notes", "value": "hums"}])).await.expect(200);
    assert_eq!(notes(patched), "hums");
    let patched = world.patch(&path, json!([{"op": "replace", "value": {"notes": "rattles"}}])).await.expect(200);
    assert_eq!(notes(patched), "rattles");
    let other = world.patch(&path, json!([{"op": "replace", "path": "pages", "value": 7}])).await.expect(200);
    assert_eq!(notes(other), Value::Null);
    let excluded = json!([{"op": "replace", "path": "notes", "value": "sings"}]);
    let reply = world.patch(&format!("{path}?excludedAttributes=notes"), excluded).await.expect(200);
    assert_eq!(notes(reply), Value::Null);
    assert_eq!(notes(world.get(&path).await.expect(200)), Value::Null);
    assert_eq!(notes(world.get(&format!("{path}?attributes=notes")).await.expect(200)), "sings");
}

const BADGE: &str = "urn:example:params:scim:schemas:extension:badge:2.0:User";

/// Users with a badge, whose number no other user may have.
fn badges() -> Registry {
    let mut registry = Registry::standard();
    let file = json!([
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": BADGE, "attributes": [
            {"name": "number", "type": "string", "uniqueness": "server"}]},
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": "User", "endpoint": "/Users",
         "schema": USER, "schemaExtensions": [{"schema": BADGE, "required": false}]},
    ]);
    registry.load(&file).expect("schema data");
    registry
}

fn with_badge(name: &str, number: &str) -> Value {
    let mut body = user(name);
    body["schemas"] = json!([USER, BADGE]);
    body[BADGE] = json!({"number": number});
    body
}

/// The characteristics of an extension bind Users as well.
#[tokio::test]
async fn an_extension_of_user_is_held_to_its_schema() {
    let world = World::with(Options { registry: badges(), ..Options::default() }).await;
    let ada = world.post("/Users", with_badge("ada", "A1")).await.expect(201).id();
    world.post("/Users", with_badge("bob", "a1")).await.expect_error(409, Some("uniqueness"));
    let bob = world.post("/Users", with_badge("bob", "B1")).await.expect(201).id();
    world.put(&format!("/Users/{bob}"), with_badge("bob", "A1")).await.expect_error(409, Some("uniqueness"));
    world.delete(&format!("/Users/{ada}")).await.expect(204);
    world.put(&format!("/Users/{bob}"), with_badge("bob", "A1")).await.expect(200);
}

/// Requests that are written together and refused late, when their rows are there already, take nothing of the others
/// with them: each is answered as if it were alone, nobody is there twice, and every member has one event.
#[tokio::test]
async fn who_is_refused_late_harms_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = Some(folder.path().join("p.db"));
    let world = World::with(Options { registry: badges(), data, ..Options::default() }).await;
    world.listen().await;
    let badges = 24;
    let create = |at: usize| world.post("/Users", with_badge(&format!("u{at}"), &format!("B{}", at % badges)));
    let replies = futures::future::join_all((0..3 * badges).map(create)).await;
    let with = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((with(201), with(409)), (badges, 2 * badges));
    let list = world.get("/Users?count=100").await.expect(200).json;
    assert_eq!(list["totalResults"], badges);
    for reply in replies.iter().filter(|reply| reply.status == 201) {
        assert_eq!(world.get(&format!("/Users/{}", reply.id())).await.expect(200).json, reply.json);
    }
    let events = world.events().await;
    let made = events.iter().filter(|(type_, _)| type_ == "scim.member.create").count();
    assert_eq!(made, badges, "{events:?}");
}

/// A bulk request has told of its operations before they are committed: others that are refused late undo none of them,
/// and its own that are refused leave the rest.
#[tokio::test]
async fn a_bulk_request_beside_late_refusals_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = Some(folder.path().join("p.db"));
    let world = World::with(Options { registry: badges(), data, ..Options::default() }).await;
    let operations: Vec<Value> = (0..40)
        .map(|at| {
            let data = with_badge(&format!("bulk{at}"), &format!("A{}", at % 20));
            json!({"method": "POST", "path": "/Users", "bulkId": format!("b{at}"), "data": data})
        })
        .collect();
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    let single = |at: usize| world.post("/Users", with_badge(&format!("u{at}"), &format!("B{}", at % 20)));
    let (bulk, singles) = tokio::join!(world.post("/Bulk", body), futures::future::join_all((0..60).map(single)));
    let outcomes = bulk.expect(200).json["Operations"].as_array().expect("outcomes").clone();
    let made: Vec<&Value> = outcomes.iter().filter(|outcome| outcome["status"] == "201").collect();
    assert_eq!((outcomes.len(), made.len()), (40, 20));
    assert_eq!(singles.iter().filter(|reply| reply.status == 201).count(), 20);
    for outcome in made {
        let path = outcome["location"].as_str().and_then(|url| url.rsplit_once("/Users/")).expect("a user").1;
        world.get(&format!("/Users/{path}")).await.expect(200);
    }
    assert_eq!(world.get("/Users?count=0").await.expect(200).json["totalResults"], 40);
}

/// An endpoint that cannot be served is refused at the start, with the remedy.
#[tokio::test]
async fn a_taken_endpoint_is_refused() {
    let mut registry = Registry::standard();
    let data = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": "Cable", "endpoint": "/connection",
        "schema": USER
    });
    registry.load(&data).expect("a type");
    let refused = app::start(Options { registry, ..Options::default() }).await.err().expect("a refusal");
    assert!(
        refused.to_string().contains("/connection") && refused.to_string().contains("another endpoint"),
        "{refused}"
    );
}
