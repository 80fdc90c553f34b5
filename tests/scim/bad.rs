//! The corpus of bad requests (`fixtures/vectors/bad.json`): each is refused with a client error that says where.

use scimulate::scim::{
    bulk,
    error::ScimError,
    filter::{self, Limits},
    json as body_json,
    leniency::Leniency,
    patch,
    query::{ListQuery, Scope},
    resource::accept,
};
use serde_json::{Value, json};

use super::helpers::{at, group, registry, user};

/// An error that may be answered: 4xx, with a text.
fn refused<T: std::fmt::Debug>(kind: &str, item: &Value, result: Result<T, ScimError>) -> Option<String> {
    let shown: String = item.to_string().chars().take(160).collect();
    match result {
        Ok(accepted) => {
            let accepted: String = format!("{accepted:?}").chars().take(200).collect();
            Some(format!("{kind}: {shown} was accepted as {accepted}"))
        }
        Err(error) if !(400..500).contains(&error.status) => Some(format!("{kind}: {shown} got {}", error.status)),
        Err(error) if error.detail.is_empty() => Some(format!("{kind}: {shown} got no detail")),
        Err(error) if error.detail.len() > 600 => Some(format!("{kind}: {shown} got a detail of its own size")),
        Err(_) => None,
    }
}

/// None of the bad requests is accepted, even as leniently as Okta and Entra need it; there are at least 400.
#[test]
fn every_bad_request_is_refused() {
    let data: Value = serde_json::from_str(include_str!("../../fixtures/vectors/bad.json")).expect("JSON");
    let registry = registry();
    let leniency = Leniency::lenient();
    let (users, groups) = (at(&registry, "/Users"), at(&registry, "/Groups"));
    let types = [users];
    let scope = Scope::new(&types, &registry, &leniency);
    let patched = |body: &Value, current: &Value, rt| {
        patch::parse(body, rt, &registry, &leniency)
            .and_then(|operations| patch::apply(current, &operations, rt, &registry, &leniency))
    };
    let one = |operation: &Value| json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] });
    let mut count = 0;
    let mut wrong = Vec::new();
    for (kind, items) in data.as_object().expect("kinds") {
        for item in items.as_array().unwrap_or(&Vec::new()) {
            count += 1;
            let text = || item.as_str().unwrap_or_default();
            wrong.extend(match kind.as_str() {
                // A body that is JSON after all is no user.
                "bodies" => refused(kind, item, body_json::parse(text().as_bytes()).and_then(|body| {
                    accept(&body, None, users, &registry, &leniency)
                })),
                "filters" => refused(kind, item, filter::parse(text(), &Limits::default()).map_err(ScimError::from).and_then(
                    |filter| filter::matches(&filter, &user(), users, &registry),
                )),
                "queries" => refused(kind, item, ListQuery::from_query_string(text(), &scope)),
                "users" => refused(kind, item, accept(item, None, users, &registry, &leniency)),
                "groups" => refused(kind, item, accept(item, None, groups, &registry, &leniency)),
                "user_operations" => refused(kind, item, patched(&one(item), &user(), users)),
                "group_operations" => refused(kind, item, patched(&one(item), &group(), groups)),
                "patches" => refused(kind, item, patched(item, &user(), users)),
                "searches" => refused(kind, item, ListQuery::from_search_request(item, &scope).and_then(|query| {
                    query.filter.map_or(Ok(true), |filter| filter::matches(&filter, &user(), users, &registry))
                })),
                "bulks" => refused(kind, item, bulk::parse(item, 0, &bulk::Limits::default())),
                "bulk_operations" => {
                    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [item] });
                    let mut run = bulk::Run::new(bulk::parse(&body, 0, &bulk::Limits::default()).expect("a request"), "");
                    let step = run.next_step();
                    let status = run.finish()["Operations"][0]["status"].as_str().map(str::to_owned);
                    match (step, status) {
                        (None, Some(status)) if status.starts_with('4') => None,
                        other => Some(format!("{kind}: {item} got {other:?}")),
                    }
                }
                other => panic!("no such kind: {other}"),
            });
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 400, "{count}");
}
