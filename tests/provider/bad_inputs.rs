//! Bad input of every kind gets a 4xx with a SCIM error body: never a 5xx, never a success, never half of it done.

use reqwest::Method;
use scimulate::provider::app::Options;
use serde_json::{Value, json};

use crate::{
    helpers as vectors,
    support::{GROUP, PATCH, Reply, USER, World, user},
};

const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// Values of the wrong type for a text, a boolean, a list and an object; what is right for one of them is left out there.
fn wrong_values() -> Vec<Value> {
    vec![
        json!(1),
        json!(-1.5),
        json!(true),
        json!("text"),
        json!([1]),
        json!([[]]),
        json!({"x": 1}),
        json!([{"value": 1}]),
    ]
}

/// Bodies of a User that no server may take.
fn bad_users() -> Vec<Value> {
    let mut bodies = vec![
        json!({"schemas": [USER]}),
        json!({"schemas": [USER], "userName": ""}),
        json!({"schemas": [USER], "userName": null}),
        json!({"userName": "x"}),
        json!({"schemas": [], "userName": "x"}),
        json!({"schemas": USER, "userName": "x"}),
        json!({"schemas": [1], "userName": "x"}),
        json!({"schemas": [GROUP], "userName": "x"}),
        json!({"schemas": [USER], "userName": "x", "USERNAME": "y"}),
        json!([]),
        json!("text"),
        json!(7),
    ];
    let texts = ["userName", "displayName", "externalId", "title", "locale", "nickName", "userType", "timezone"];
    for (names, right) in [
        (&texts[..], &["text"][..]),
        (&["active"], &["true"]),
        (&["name"], &[]),
        (&["emails", "phoneNumbers", "roles"], &[]),
    ] {
        for name in names {
            for value in wrong_values() {
                let fits = value.as_str().is_some_and(|text| right.contains(&text))
                    || (*name == "active" && value.is_boolean())
                    // One value where a list is due, and unknown sub-attributes, are named leniencies.
                    || (right.is_empty() && (value == json!({"x": 1}) || value == json!("text")));
                if !fits {
                    let mut body = json!({"schemas": [USER], "userName": "bad"});
                    body[*name] = value;
                    bodies.push(body);
                }
            }
        }
    }
    bodies
}

/// PATCH bodies that no server may take, for a User.
fn bad_patches() -> Vec<Value> {
    let mut bodies = vec![
        json!({}),
        json!([]),
        json!({"schemas": [PATCH]}),
        json!({"schemas": [PATCH], "Operations": []}),
        json!({"schemas": [PATCH], "Operations": {}}),
        json!({"schemas": [PATCH], "Operations": "x"}),
        json!({"schemas": [PATCH], "Operations": [null]}),
        json!({"schemas": [PATCH], "Operations": [1]}),
        json!({"schemas": [USER], "Operations": [{"op": "add", "path": "title", "value": "x"}]}),
    ];
    let mut operations = Vec::new();
    for op in ["move", "copy", "test", "", "addd", "ADD ", "remove\u{0}"] {
        operations.push(json!({"op": op, "path": "title", "value": "x"}));
    }
    for op in [json!(1), Value::Null, json!(["add"]), json!({})] {
        operations.push(json!({"op": op, "path": "title", "value": "x"}));
    }
    for path in [
        "",
        " ",
        ".",
        "..",
        "title.",
        ".title",
        "title..x",
        "title[",
        "title]",
        "[]",
        "emails[]",
        "emails[type]",
        "emails[type eq]",
        "emails[type eq \"work]",
        "emails[type eq \"work\"",
        "emails[type eq \"work\"].",
        "emails[type eq \"work\"].value.x",
        "emails[type eq \"work\"][value eq \"x\"]",
        "emails[type xx \"work\"].value",
        "emails[0]",
        "emails/0",
        "/title",
        "$.title",
        "title eq \"x\"",
        "nothing",
        "name.nothing",
        "emails.nothing",
        "urn:none:x",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:nothing",
        "title\u{0}",
        "тitle",
        "emails[type eq \"work\"] .value",
        "name[givenName eq \"x\"].familyName",
        "userName[value eq \"x\"]",
    ] {
        for op in ["add", "replace"] {
            operations.push(json!({"op": op, "path": path, "value": "x"}));
        }
        operations.push(json!({"op": "remove", "path": path}));
    }
    for path in [json!(1), json!([]), json!({}), json!(true)] {
        operations.push(json!({"op": "add", "path": path, "value": "x"}));
    }
    for path in ["id", "meta", "meta.created", "groups"] {
        for op in ["add", "replace"] {
            operations.push(json!({"op": op, "path": path, "value": "x"}));
        }
        operations.push(json!({"op": "remove", "path": path}));
    }
    for value in wrong_values().into_iter().filter(|value| !value.is_string()) {
        for op in ["add", "replace"] {
            operations.push(json!({"op": op, "path": "title", "value": value}));
            operations.push(json!({"op": op, "path": "userName", "value": value}));
            if !value.is_boolean() {
                operations.push(json!({"op": op, "path": "active", "value": value}));
            }
            if !value.is_object() {
                operations.push(json!({"op": op, "value": value}));
            }
        }
    }
    operations.push(json!({"op": "remove"}));
    operations.push(json!({"op": "remove", "path": "userName"}));
    operations.push(json!({"op": "replace", "path": "userName", "value": null}));
    operations.push(json!({"op": "replace", "path": "active", "value": "maybe"}));
    operations.push(json!({"op": "replace", "path": "emails[type eq \"none\" or value eq \"x\"].value", "value": "x"}));
    operations.push(json!({"op": "add", "path": "title"}));
    bodies.extend(operations.into_iter().map(|operation| {
        // A good operation goes first: it must not stay when the second fails.
        let good = json!({"op": "replace", "path": "nickName", "value": "half"});
        json!({"schemas": [PATCH], "Operations": [good, operation]})
    }));
    bodies
}

/// Filters and other query parameters that no server may take.
fn bad_queries() -> Vec<(&'static str, String)> {
    let mut queries: Vec<(&str, String)> = [
        "",
        " ",
        "userName",
        "userName eq",
        "userName xx \"a\"",
        "eq \"a\"",
        "userName eq a",
        "userName eq 'a'",
        "userName eq \"a",
        "userName eq \"a\" and",
        "userName eq \"a\" or",
        "and",
        "not",
        "not (",
        "(",
        ")",
        "()",
        "(userName eq \"a\"",
        "userName eq \"a\")",
        "userName eq \"a\" userName eq \"b\"",
        "userName pr pr",
        "userName eq \"a\" xor title pr",
        "nothing eq \"a\"",
        "name.nothing eq \"a\"",
        "emails[",
        "emails[]",
        "emails[type eq \"a\"",
        "emails[emails[type eq \"a\"]]",
        "active gt true",
        "active co \"t\"",
        "active eq \"maybe\"",
        "userName eq 1",
        "userName gt 1",
        "meta.created gt \"soon\"",
        "userName eq \"\\x\"",
        "userName eq \"\u{1}\"",
        "userName; drop table members",
        "1 eq 1",
        "* eq \"a\"",
        "userName eq *",
        "userName==\"a\"",
        "userName = \"a\"",
        "userName eq {\"a\":1}",
        "userName eq [1]",
        "\u{0}",
    ]
    .into_iter()
    .map(|text| ("filter", text.to_owned()))
    .collect();
    queries.push(("filter", format!("{}userName pr{}", "(".repeat(500), ")".repeat(500))));
    queries.push(("filter", format!("userName eq \"{}\"", "x".repeat(40_000))));
    queries.push(("filter", vec!["userName pr"; 2_000].join(" and ")));
    for text in ["one", "1.5", "0x1", "1e3", "", "--1", "１"] {
        queries.push(("startIndex", text.to_owned()));
        queries.push(("count", text.to_owned()));
    }
    for text in ["nothing", "name", "..", "emails[type eq \"a\"]"] {
        queries.push(("sortBy", text.to_owned()));
    }
    queries.push(("sortOrder", "sideways".to_owned()));
    queries.push(("cursor", "nonsense".to_owned()));
    queries
}

/// Bulk and search bodies that no server may take.
fn bad_messages() -> Vec<(&'static str, Value)> {
    let bulk = BULK;
    let search = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
    let mut bodies = Vec::new();
    for body in [
        json!({}),
        json!([]),
        json!({"schemas": [bulk]}),
        json!({"schemas": [bulk], "Operations": []}),
        json!({"schemas": [bulk], "Operations": {}}),
        json!({"schemas": [search], "Operations": [{}]}),
        json!({"schemas": [bulk], "failOnErrors": 0, "Operations": [{}]}),
        json!({"schemas": [bulk], "failOnErrors": "one", "Operations": [{}]}),
        json!({"schemas": [bulk], "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": {}},
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": {}}]}),
    ] {
        bodies.push(("/Bulk", body));
    }
    for body in [
        json!({}),
        json!([]),
        json!({"schemas": [bulk]}),
        json!({"schemas": [search], "filter": 1}),
        json!({"schemas": [search], "count": "x"}),
        json!({"schemas": [search], "startIndex": 1.5}),
        json!({"schemas": [search], "attributes": 1}),
        json!({"schemas": [search], "attributes": [1]}),
        json!({"schemas": [search], "attributes": ["title"], "excludedAttributes": ["title"]}),
        json!({"schemas": [search], "sortOrder": "up"}),
        json!({"schemas": [search], "filter": "userName"}),
    ] {
        bodies.push(("/Users/.search", body.clone()));
        bodies.push(("/.search", body));
    }
    for members in
        [json!("x"), json!([{"value": "nobody"}]), json!([{"value": 1}]), json!([{"value": ""}]), json!([{}, 1])]
    {
        bodies.push(("/Groups", json!({"schemas": [GROUP], "displayName": "bad", "members": members})));
    }
    bodies
}

/// More than four hundred bad requests: each a 4xx SCIM error, and the directory is afterwards what it was before.
#[tokio::test]
async fn bad_input_gets_a_scim_error_and_changes_nothing() {
    let world = World::new().await;
    let policy = json!({"policies": {"dangling_members": "refuse"}});
    world.api(Method::PUT, &world.organization(""), policy).await.expect(200);
    let path = format!("/Users/{}", world.user("ada").await);
    let before = (world.get("/Users").await.text, world.get("/Groups").await.text);
    world.listen().await;
    let (mut sent, mut wrong) = (0, Vec::new());
    let mut check = |what: String, reply: Reply| {
        sent += 1;
        if (400..500).contains(&reply.status) {
            let (status, keyword) = (reply.status, reply.json["scimType"].as_str().map(str::to_owned));
            reply.expect_error(status, keyword.as_deref());
        } else {
            wrong.push(format!("{what}: {} {}", reply.status, reply.text));
        }
    };
    for body in bad_users() {
        check(format!("POST {body}"), world.post("/Users", body.clone()).await);
        check(format!("PUT {body}"), world.put(&path, body).await);
    }
    for body in bad_patches() {
        check(format!("PATCH {body}"), world.send(Method::PATCH, &path, body).await);
    }
    for (name, value) in bad_queries() {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair(name, &value).finish();
        check(format!("?{query}"), world.get(&format!("/Users?{query}")).await);
    }
    for (endpoint, body) in bad_messages() {
        check(format!("POST {endpoint} {body}"), world.post(endpoint, body).await);
    }
    assert!(wrong.is_empty(), "{} of {sent} were taken:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sent >= 400, "only {sent}");
    assert_eq!((world.get("/Users").await.text, world.get("/Groups").await.text), before);
    assert_eq!(world.events().await, []);
    world.put(&path, user("ada")).await.expect(200);
}

/// The whole corpus of `fixtures/vectors/bad.json` over HTTP, leniently and strictly: each request gets a 4xx SCIM error
/// (a bulk operation gets its own), and the directory is afterwards what it was before, versions included.
#[tokio::test]
async fn the_corpus_gets_scim_errors_and_changes_nothing() {
    let data: Value = serde_json::from_str(include_str!("../../fixtures/vectors/bad.json")).expect("JSON");
    for strict_rfc in [false, true] {
        let world = World::with(Options { strict_rfc, ..Options::default() }).await;
        let user = format!("/Users/{}", world.post("/Users", vectors::user()).await.expect(201).id());
        let group = format!("/Groups/{}", world.post("/Groups", vectors::group()).await.expect(201).id());
        let before = (world.get("/Users").await.text, world.get("/Groups").await.text);
        world.listen().await;
        let (mut sent, mut wrong) = (0, Vec::new());
        for (kind, items) in data.as_object().expect("kinds") {
            for item in items.as_array().unwrap_or(&Vec::new()) {
                let text = item.as_str().unwrap_or_default().to_owned();
                let patch = json!({"schemas": [PATCH], "Operations": [item]});
                let replies = match kind.as_str() {
                    "bodies" => vec![
                        world.scim(Method::POST, "/Users").raw(text.clone()).go().await,
                        world.scim(Method::PUT, &user).raw(text.clone()).go().await,
                        world.scim(Method::PATCH, &group).raw(text).go().await,
                        world.scim(Method::POST, "/Bulk").raw(item.as_str().unwrap_or_default().to_owned()).go().await,
                    ],
                    "filters" => vec![world.filter("/Users", &text).await],
                    "queries" => vec![world.get(&format!("/Users?{text}")).await],
                    "users" => vec![world.post("/Users", item.clone()).await, world.put(&user, item.clone()).await],
                    "groups" => vec![world.post("/Groups", item.clone()).await, world.put(&group, item.clone()).await],
                    "user_operations" => vec![world.send(Method::PATCH, &user, patch).await],
                    "group_operations" => vec![world.send(Method::PATCH, &group, patch).await],
                    "patches" => vec![world.send(Method::PATCH, &user, item.clone()).await],
                    "searches" => vec![world.post("/Users/.search", item.clone()).await],
                    "bulks" => vec![world.post("/Bulk", item.clone()).await],
                    "bulk_operations" => {
                        let reply =
                            world.post("/Bulk", json!({"schemas": [BULK], "Operations": [item]})).await.expect(200);
                        let result = reply.json["Operations"][0].clone();
                        let status = result["status"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
                        let text = result["response"].to_string();
                        vec![Reply { status, text, json: result["response"].clone(), ..reply }]
                    }
                    other => panic!("no such kind: {other}"),
                };
                for reply in replies {
                    sent += 1;
                    if (400..500).contains(&reply.status) {
                        let (status, keyword) = (reply.status, reply.json["scimType"].as_str().map(str::to_owned));
                        reply.expect_error(status, keyword.as_deref());
                    } else {
                        wrong.push(format!("{kind} {item}: {} {}", reply.status, reply.text));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {sent} were taken:\n{}", wrong.len(), wrong.join("\n"));
        assert!(sent >= 1_000, "only {sent}");
        assert_eq!((world.get("/Users").await.text, world.get("/Groups").await.text), before);
        assert_eq!(world.events().await, []);
    }
}
