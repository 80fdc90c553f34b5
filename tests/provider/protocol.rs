//! What every endpoint has in common: who gets in, methods, media types, limits, errors, versions, discovery.

use reqwest::Method;
use scimulate::provider::app::{Limits, Options, PatchResponse};
use serde_json::{Value, json};

use crate::support::{PATCH, World, user};

/// Whoever has no good token learns nothing: one body for every kind of wrong, whether the thing asked for is there or not.
#[tokio::test]
async fn the_gate_is_the_same_for_everybody() {
    let world = World::new().await;
    let id = world.user("ada").await;
    let other = World::new().await;
    let path = format!("/Users/{id}");
    let none = world.anonymous(Method::GET, &path).go().await.expect_error(401, None);
    assert_eq!(none.header("www-authenticate"), "Bearer realm=\"scim\"");
    let wrong = world.scim_as(Method::GET, &path, "non-token").go().await.expect_error(401, None);
    assert_eq!(wrong.header("www-authenticate"), "Bearer realm=\"scim\", error=\"invalid_token\"");
    let foreign = world.scim_as(Method::GET, &path, &other.base.scim_token).go().await.expect_error(401, None);
    let body = |text: &str| text.to_owned();
    assert_eq!(body(&none.text), body(&wrong.text));
    assert_eq!(body(&none.text), body(&foreign.text));
    for path in ["/Users/nobody", "/Nothing", "/Users", "/Schemas", "/Bulk", ""] {
        for method in [Method::GET, Method::POST, Method::TRACE] {
            let refused = world.scim_as(method, path, "non-token").raw("{").go().await.expect_error(401, None);
            assert_eq!(refused.text, none.text, "{path}");
        }
    }
    let unknown = format!("{}/v1/b2b/scim/scim-connection-test-none/Users", world.provider.api_base_url());
    let refused = world.http.get(unknown).bearer_auth(&world.base.scim_token).send().await.expect("an answer");
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.text().await.expect("a text"), none.text);
    let basic = world.anonymous(Method::GET, &path).header("authorization", "Basic abc").go().await;
    basic.expect_error(401, None);
}

/// How to authenticate can be read without credentials, and says the same of a connection that does not exist.
#[tokio::test]
async fn the_configuration_is_open_and_tells_nothing() {
    let world = World::new().await;
    let here = world.anonymous(Method::GET, "/ServiceProviderConfig").go().await.expect(200);
    let id = "scim-connection-test-none";
    let url = format!("{}/v1/b2b/scim/{id}/ServiceProviderConfig", world.provider.api_base_url());
    let there = world.http.get(url).send().await.expect("an answer").text().await.expect("a text");
    assert_eq!(there, here.text.replace(&world.base.connection_id, id));
    let wrong = world.scim_as(Method::GET, "/ServiceProviderConfig", "non-token").go().await;
    wrong.expect_error(401, None);
    world.anonymous(Method::POST, "/ServiceProviderConfig").go().await.expect_error(405, None);
    for path in ["/Schemas", "/ResourceTypes", "/Users", "/Me"] {
        world.anonymous(Method::GET, path).go().await.expect_error(401, None);
    }
}

/// Brackets select among values: behind an attribute that has one value, or one without sub-attributes, they are a
/// mistake, which is told and not answered with an empty list; on a type, at the root and in a search.
#[tokio::test]
async fn brackets_need_an_attribute_with_values() {
    let world = World::new().await;
    world.user("ada").await;
    for path in ["userName", "id", "active", "name.givenName", "emails.value", "meta.created", "externalId"] {
        let filter = format!("{path}[value eq \"a\"]");
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("filter", &filter).finish();
        for place in ["/Users", "", "/"] {
            world.get(&format!("{place}?{query}")).await.expect_error(400, Some("invalidFilter"));
        }
        for place in ["/Users/.search", "/.search"] {
            let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter});
            world.post(place, search).await.expect_error(400, Some("invalidFilter"));
        }
    }
}

/// The scheme ignores case, and Okta's bare token is taken unless the RFC is to be kept to the letter.
#[tokio::test]
async fn tokens_come_in_the_ways_that_idps_send_them() {
    let world = World::new().await;
    let token = world.base.scim_token.clone();
    world.anonymous(Method::GET, "/Users").header("authorization", &format!("bearer {token}")).go().await.expect(200);
    world.anonymous(Method::GET, "/Users").header("authorization", &token).go().await.expect(200);
    world.anonymous(Method::GET, &format!("/Users?access_token={token}")).go().await.expect_error(401, None);
    let strict = World::with(Options { strict_rfc: true, ..Options::default() }).await;
    let token = strict.base.scim_token.clone();
    strict.anonymous(Method::GET, "/Users").header("authorization", &token).go().await.expect_error(401, None);
}

/// During a rotation both tokens open; afterwards one of them does.
#[tokio::test]
async fn both_tokens_open_during_a_rotation() {
    let world = World::new().await;
    let base = format!("/v1/b2b/scim/{}/connection/{}/rotate", world.base.organization_id, world.base.connection_id);
    let started = world.api(Method::POST, &format!("{base}/start"), Value::Null).await.expect(200);
    let next = started.json["connection"]["next_bearer_token"].as_str().expect("a token").to_owned();
    world.get("/Users").await.expect(200);
    world.scim_as(Method::GET, "/Users", &next).go().await.expect(200);
    world.api(Method::POST, &format!("{base}/complete"), Value::Null).await.expect(200);
    world.get("/Users").await.expect_error(401, None);
    world.scim_as(Method::GET, "/Users", &next).go().await.expect(200);
}

/// A token that has expired is as good as none.
#[tokio::test]
async fn tokens_expire() {
    let clock = scimulate::provider::clock::Clock::manual(time::macros::datetime!(2026-01-01 00:00 UTC));
    let world = World::with(Options { clock: clock.clone(), ..Options::default() }).await;
    world.get("/Users").await.expect(200);
    clock.advance(std::time::Duration::from_secs(20 * 366 * 24 * 3600));
    world.get("/Users").await.expect_error(401, None);
}

/// Methods that an endpoint does not know get 405 with those it knows; paths that are none get 404.
#[tokio::test]
async fn methods_and_paths() {
    let world = World::new().await;
    for (method, path, allowed) in [
        (Method::DELETE, "/Users", "GET, HEAD, POST"),
        (Method::POST, "/Users/x", "GET, HEAD, PUT, PATCH, DELETE"),
        (Method::POST, "/Schemas", "GET, HEAD"),
        (Method::PUT, "/ServiceProviderConfig", "GET, HEAD"),
        (Method::GET, "/Bulk", "POST"),
        (Method::GET, "/Users/.search", "POST"),
        (Method::OPTIONS, "/Users", "GET, HEAD, POST"),
    ] {
        let refused = world.scim(method, path).go().await.expect_error(405, None);
        assert_eq!(refused.header("allow"), allowed, "{path}");
    }
    for path in ["/Nothing", "/users", "/Users/a/b", "/Users/%ff", "/Schemas/x/y"] {
        world.get(path).await.expect_error(404, None);
    }
    world.get("/Me").await.expect_error(501, None);
    for id in ["010101001010101011001010101011", "00919288221112222", "%27%3B--", "a%00b"] {
        world.get(&format!("/Users/{id}")).await.expect_error(404, None);
        world.delete(&format!("/Groups/{id}")).await.expect_error(404, None);
        world
            .patch(&format!("/Users/{id}"), json!([{"op": "add", "path": "title", "value": "x"}]))
            .await
            .expect_error(404, None);
    }
}

/// HEAD answers as GET does, without the body.
#[tokio::test]
async fn head_mirrors_get() {
    let world = World::new().await;
    let id = world.user("ada").await;
    for path in ["/Users".to_owned(), format!("/Users/{id}"), "/ServiceProviderConfig".to_owned()] {
        let (get, head) = (world.get(&path).await.expect(200), world.scim(Method::HEAD, &path).go().await.expect(200));
        assert_eq!(head.text, "");
        assert_eq!(head.header("etag"), get.header("etag"));
        assert_eq!(head.header("content-length"), get.text.len().to_string(), "{path}");
        assert_eq!(head.header("content-type"), "application/scim+json");
    }
}

/// Bodies come as either JSON media type with any charset parameter; others are 415, broken ones 400, large ones 413.
#[tokio::test]
async fn bodies_are_checked_before_anything_else() {
    let limits = Limits { body: 10_000, ..Limits::default() };
    let world = World::with(Options { limits, ..Options::default() }).await;
    for (at, media_type) in [
        "application/scim+json",
        "application/json",
        "Application/SCIM+JSON; charset=utf-8",
        "application/json;charset=UTF-8",
    ]
    .into_iter()
    .enumerate()
    {
        let body = user(&format!("u{at}")).to_string();
        world.scim(Method::POST, "/Users").header("content-type", media_type).raw(body).go().await.expect(201);
    }
    world.scim(Method::POST, "/Users").raw(user("untyped").to_string()).go().await.expect(201);
    for media_type in ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let sent = world.scim(Method::POST, "/Users").header("content-type", media_type).raw(user("x").to_string());
        sent.go().await.expect_error(415, None);
    }
    for broken in ["", "{", "[]", "null", "\"x\"", "{\"schemas\":[]}", "{\"a\":1,\"a\":2}", "{\"a\":\u{1}}"] {
        let sent = world.scim(Method::POST, "/Users").header("content-type", "application/json").raw(broken);
        sent.go().await.expect_error(400, Some("invalidSyntax"));
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(2_000), "]".repeat(2_000));
    world.scim(Method::POST, "/Users").raw(deep).go().await.expect_error(400, Some("invalidSyntax"));
    let mut large = user("large");
    large["title"] = json!("x".repeat(20_000));
    let refused = world.post("/Users", large).await.expect_error(413, None);
    assert!(refused.json["detail"].as_str().expect("a text").contains("10000"), "the limit is named");
    let not_utf8 = world.scim(Method::POST, "/Users").raw(b"{\"userName\":\"\xff\"}".to_vec());
    not_utf8.go().await.expect_error(400, Some("invalidSyntax"));
}

/// A PATCH of more operations than are taken is refused with the limit, and does nothing.
#[tokio::test]
async fn patches_have_a_limit() {
    let limits = Limits { patch_operations: 2, ..Limits::default() };
    let world = World::with(Options { limits, ..Options::default() }).await;
    let path = format!("/Users/{}", world.user("ada").await);
    let titles = |count: usize| -> Value {
        (0..count).map(|at| json!({"op": "add", "path": "title", "value": at.to_string()})).collect()
    };
    world.patch(&path, titles(2)).await.expect(200);
    let refused = world.patch(&path, titles(3)).await.expect_error(413, None);
    assert!(refused.json["detail"].as_str().expect("a text").contains("at most 2"), "{}", refused.text);
    assert_eq!(world.get(&path).await.json["title"], "1");
}

/// Versions: ETag, 304, and writes that go ahead only at the version they name.
#[tokio::test]
async fn etags_decide_writers() {
    let world = World::new().await;
    let path = format!("/Users/{}", world.user("ada").await);
    let first = world.get(&path).await.header("etag").to_owned();
    let same = world.scim(Method::GET, &path).header("if-none-match", &first).go().await.expect(304);
    assert_eq!((same.text.as_str(), same.header("etag")), ("", first.as_str()));
    let title = json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "Countess"}]});
    let patch = |tag: &str| world.scim(Method::PATCH, &path).header("if-match", tag).raw(title.to_string());
    let second = patch(&first).go().await.expect(200).header("etag").to_owned();
    assert_ne!(first, second);
    patch(&first).go().await.expect_error(412, None);
    world.scim(Method::DELETE, &path).header("if-match", &first).go().await.expect_error(412, None);
    world
        .scim(Method::PUT, &path)
        .header("if-match", &first)
        .raw(user("ada").to_string())
        .go()
        .await
        .expect_error(412, None);
    world.scim(Method::GET, &path).header("if-none-match", &first).go().await.expect(200);
    let unchanged = patch("*").go().await.expect(200);
    assert_eq!(unchanged.header("etag"), second, "a change of nothing is no new version");
    world.scim(Method::DELETE, &path).header("if-match", &format!("W/\"9\", {second}")).go().await.expect(204);
}

/// PATCH answers 204 when the provider is told to, except when attributes are asked for.
#[tokio::test]
async fn patch_answers_204_on_request() {
    let world = World::with(Options { patch_response: PatchResponse::NoContent, ..Options::default() }).await;
    let path = format!("/Users/{}", world.user("ada").await);
    let silent = world.patch(&path, json!([{"op": "add", "path": "title", "value": "x"}])).await.expect(204);
    assert_eq!((silent.text.as_str(), silent.header("etag")), ("", world.get(&path).await.header("etag")));
    let asked = format!("{path}?attributes=title");
    let asked = world.patch(&asked, json!([{"op": "add", "path": "title", "value": "y"}])).await.expect(200);
    assert_eq!((&asked.json["title"], &asked.json["userName"]), (&json!("y"), &Value::Null));
}

/// The three discovery endpoints say what is served, one by one as well, and refuse filters.
#[tokio::test]
async fn discovery_tells_the_truth() {
    let world = World::new().await;
    let config = world.get("/ServiceProviderConfig").await.expect(200).json;
    for feature in ["patch", "bulk", "filter", "sort", "etag"] {
        assert_eq!(config[feature]["supported"], true, "{feature}");
    }
    assert_eq!(config["changePassword"]["supported"], false);
    assert!(config["authenticationSchemes"].as_array().is_some_and(|schemes| !schemes.is_empty()));
    let schemas = world.get("/Schemas?startIndex=7").await.expect(200).json;
    let ids: Vec<&str> =
        schemas["Resources"].as_array().expect("schemas").iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(schemas["totalResults"], ids.len());
    let user = world.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").await.expect(200).json;
    let emails = user["attributes"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "emails"));
    let address =
        emails.and_then(|emails| emails["subAttributes"].as_array()?.iter().find(|one| one["name"] == "value"));
    assert_eq!(address.map(|address| &address["uniqueness"]), Some(&json!("server")), "a taken address gets 409");
    for id in &ids {
        assert!(!id.contains("urn:ietf:params:scim:api:"), "{id} is a message");
        assert_eq!(world.get(&format!("/Schemas/{id}")).await.expect(200).json["id"], *id);
    }
    let types = world.get("/ResourceTypes").await.expect(200).json;
    for rt in types["Resources"].as_array().expect("types") {
        let one = world.get(&format!("/ResourceTypes/{}", rt["name"].as_str().expect("a name"))).await.expect(200);
        assert_eq!(one.json, *rt);
        assert!(ids.contains(&rt["schema"].as_str().expect("a schema")));
        world.get(rt["endpoint"].as_str().expect("an endpoint")).await.expect(200);
    }
    for path in ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"] {
        world.get(&format!("{path}?filter=id%20pr")).await.expect_error(403, None);
    }
    world.get("/Schemas/urn:none").await.expect_error(404, None);
    world.get("/ResourceTypes/Robot").await.expect_error(404, None);
}

/// A bulk request creates what refers to each other, answers each operation, and stops after the errors it allows.
#[tokio::test]
async fn bulk_runs_operations_that_refer_to_each_other() {
    let world = World::new().await;
    let urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Team",
        "members": [{"value": "bulkId:ada"}]
    });
    let body = json!({"schemas": [urn], "Operations": [
        {"method": "POST", "path": "/Groups", "bulkId": "team", "data": group},
        {"method": "POST", "path": "/Users", "bulkId": "ada", "data": user("ada")},
        {"method": "POST", "path": "/Users", "bulkId": "twin", "data": user("ada")},
        {"method": "PATCH", "path": "/Users/nobody", "data": {"schemas": [PATCH], "Operations": [
            {"op": "add", "path": "title", "value": "x"}]}},
        {"method": "DELETE", "path": "/Robots/1"},
    ]});
    let done = world.post("/Bulk", body).await.expect(200).json;
    let results = done["Operations"].as_array().expect("results");
    let statuses: Vec<&str> = results.iter().filter_map(|one| one["status"].as_str()).collect();
    assert_eq!(statuses, ["201", "201", "409", "404", "404"]);
    assert_eq!(results[0]["bulkId"], "team");
    assert!(results[2]["location"].is_null() && results[2]["response"]["scimType"] == "uniqueness");
    let team = world.filter("/Groups", "displayName eq \"Team\"").await.expect(200).json;
    let ada = world.filter("/Users", "userName eq \"ada@example.com\"").await.expect(200).json;
    assert_eq!(team["Resources"][0]["members"][0]["value"], ada["Resources"][0]["id"]);
    assert_eq!(results[1]["location"], ada["Resources"][0]["meta"]["location"]);
    let failing = json!({"schemas": [urn], "failOnErrors": 1, "Operations": [
        {"method": "DELETE", "path": "/Users/nobody"},
        {"method": "POST", "path": "/Users", "bulkId": "bob", "data": user("bob")},
    ]});
    let done = world.post("/Bulk", failing).await.expect(200).json;
    assert_eq!(done["Operations"].as_array().map(Vec::len), Some(1));
    assert_eq!(world.filter("/Users", "userName eq \"bob@example.com\"").await.json["totalResults"], 0);
    let many: Vec<Value> = (0..1_001).map(|_| json!({"method": "DELETE", "path": "/Users/x"})).collect();
    let refused = world.post("/Bulk", json!({"schemas": [urn], "Operations": many})).await.expect_error(413, None);
    assert!(refused.json["detail"].as_str().expect("a text").contains("1000"));
}

/// Nothing outside of the surfaces is there, and what the management API refuses is in its own envelope.
#[tokio::test]
async fn unknown_paths_are_answered() {
    let world = World::new().await;
    for path in ["/", "/v1", "/v1/b2b/nothing", "/favicon.ico"] {
        let reply = world.api(Method::GET, path, Value::Null).await.expect(404);
        assert_eq!(reply.json["status_code"], 404, "{path}");
    }
}
