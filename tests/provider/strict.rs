//! `serve --strict-rfc`: what a leniency accepts is refused there, each over HTTP, and nothing of it is done.

use reqwest::Method;
use scimulate::provider::app::Options;
use serde_json::{Value, json};

use crate::{
    helpers,
    leniencies::{Request, cases},
    support::{Reply, World},
};

async fn send(world: &World, path: &str, request: &Request) -> Reply {
    match request {
        Request::Post(body) => world.post("/Users", body.clone()).await,
        Request::Patch(operation) => world.patch(path, json!([operation])).await,
        Request::Filter(text) => world.filter("/Users", text).await,
        Request::Authorization(_) => {
            world.anonymous(Method::GET, "/Users").header("authorization", &world.base.scim_token).go().await
        }
    }
}

/// Each leniency is accepted by the provider as it starts by default, and refused by the strict one with the error that
/// the leniency's documentation names; the strict one's directory stays as it was.
#[tokio::test]
async fn each_leniency_is_refused_by_the_strict_provider() {
    let mut base = helpers::user();
    base["profileUrl"] = json!("https://example.com/bjensen");
    for strict_rfc in [false, true] {
        let world = World::with(Options { strict_rfc, ..Options::default() }).await;
        for (id, request, _, _, refused) in cases() {
            let made = world.post("/Users", base.clone()).await.expect(201).id();
            let path = format!("/Users/{made}");
            let before = world.get("/Users").await.expect(200).text;
            let reply = send(&world, &path, &request).await;
            if strict_rfc {
                let (status, keyword) = refused.split_once(' ').expect("a status and a keyword");
                assert_eq!(reply.status.to_string(), status, "{id}: {}", reply.text);
                reply.expect_error(status.parse().expect("a status"), Some(keyword).filter(|word| *word != "-"));
                assert_eq!(world.get("/Users").await.text, before, "{id} changed something");
            } else {
                assert!((200..300).contains(&reply.status), "{id}: {}", reply.text);
                let created = reply.json["id"].as_str().filter(|id| *id != made);
                if let Some(created) = created {
                    world.delete(&format!("/Users/{created}")).await.expect(204);
                }
            }
            world.delete(&path).await.expect(204);
        }
        assert_eq!(world.get("/Users?count=0").await.json["totalResults"], Value::from(0));
    }
}
