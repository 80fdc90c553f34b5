//! Size: what is large must cost in proportion, and what is hostile must be refused before it costs.

use std::time::{Duration, Instant};

use scimulate::scim::{bulk, json as body_json, leniency::Leniency, patch};
use serde_json::{Value, json};

use super::helpers::{at, keyword, patch_with, registry};

/// Time for `count` operations of one kind on a list of `count` elements.
fn time(count: usize, operation: impl Fn(usize) -> Value) -> Duration {
    let members: Vec<Value> = (0..count).map(|at| json!({ "value": format!("m{at}"), "type": "User" })).collect();
    let group =
        json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "G", "members": members });
    let operations: Vec<Value> = (0..count).map(operation).collect();
    let start = Instant::now();
    patch_with(&group, "/Groups", Value::Array(operations), &Leniency::lenient()).expect("patched");
    start.elapsed()
}

/// Ten times the operations on ten times the members must take about ten times as long, not a hundred times.
#[test]
fn many_operations_are_not_quadratic() {
    type Kind = (&'static str, fn(usize) -> Value);
    let kinds: [Kind; 4] = [
        ("add", |at| json!({ "op": "add", "path": "members", "value": [{ "value": format!("n{at}") }] })),
        ("add again", |at| json!({ "op": "add", "path": "members", "value": [{ "value": format!("m{at}") }] })),
        ("remove", |at| json!({ "op": "remove", "path": format!("members[value eq \"m{at}\"]") })),
        (
            "remove listed",
            |at| json!({ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": format!("m{at}") }] }),
        ),
    ];
    for (name, operation) in kinds {
        let small = (0..3).map(|_| time(1_000, operation)).min().expect("a time").max(Duration::from_millis(2));
        let large = (0..2).map(|_| time(10_000, operation)).min().expect("a time");
        assert!(large < small * 40, "{name}: {small:?} for 1,000, {large:?} for 10,000");
    }
}

/// A PATCH of one member of a large group is one row, whatever the size of the group.
#[test]
fn one_member_is_one_row() {
    let registry = registry();
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [
            { "op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]" },
            { "op": "add", "path": "members", "value": [{ "value": "c", "display": null }] },
            { "op": "replace", "value": { "id": "x", "displayName": "N", "members": [] } },
        ],
    });
    let operations =
        patch::parse(&body, at(&registry, "/Groups"), &registry, &Leniency::lenient()).expect("operations");
    let (others, members) = patch::split_members(operations);
    assert_eq!(others.len(), 1);
    assert_eq!(
        members,
        [
            patch::MemberOp::Remove(vec!["a".into(), "b".into()]),
            patch::MemberOp::Add(vec![json!({ "value": "c" })]),
            patch::MemberOp::RemoveAll,
        ]
    );
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "remove", "path": "members[type eq \"Group\"]" }, { "op": "remove", "path": "members" }],
    });
    let operations =
        patch::parse(&body, at(&registry, "/Groups"), &registry, &Leniency::lenient()).expect("operations");
    let (others, members) = patch::split_members(operations);
    assert_eq!((others.len(), members.len()), (2, 0), "order between members must hold when one is no set operation");
}

/// Bodies are refused for depth, repetition and emptiness, wherever in the body it is.
#[test]
fn bodies_are_limited() {
    for body in [
        "",
        " \n",
        "{",
        "nul",
        "{\"a\":1}{\"b\":2}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":[{\"c\":1,\"c\":1}]}}",
        "{\"a\":1e999}",
        "{\"a\":\"\u{0}\"}",
        "{\"a\":\"\\ud800\"}",
    ] {
        assert_eq!(keyword(body_json::parse(body.as_bytes())), "400 invalidSyntax", "{body}");
    }
    assert_eq!(keyword(body_json::parse(b"{\"a\":\"\xff\"}")), "400 invalidSyntax");
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = |levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
        assert!(body_json::parse(nested(body_json::DEPTH).as_bytes()).is_ok());
        assert!(body_json::parse(nested(body_json::DEPTH + 1).as_bytes()).is_err());
        assert!(body_json::parse(nested(200_000).as_bytes()).is_err());
    }
    let text = "{\"z\":1,\"a\":[true,null,-1.5,18446744073709551615,\"\u{1F600}\"]}";
    assert_eq!(body_json::parse(text.as_bytes()).expect("a value").to_string(), text);
}

/// A chain of references as long as a request may be is put in order without recursion.
#[test]
fn long_chains_of_bulk_references() {
    let count = 1_000;
    let operations: Vec<Value> = (0..count)
        .map(|at| {
            json!({ "method": "POST", "path": "/Groups", "bulkId": at.to_string(), "data": {
                "displayName": "G", "members": [{ "value": format!("bulkId:{}", (at + 1) % count) }] } })
        })
        .collect();
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations });
    let request = bulk::parse(&body, 0, &bulk::Limits::default()).expect("a request");
    let mut run = bulk::Run::new(request, "https://example.com");
    let mut steps = 0;
    while let Some(step) = run.next_step() {
        steps += 1;
        assert!(!step.operation.data.as_ref().is_some_and(|data| data.to_string().contains("bulkId:")));
        let done = bulk::Done { status: 201, id: format!("id{}", step.index), location: String::new(), version: None };
        run.report(step.index, Ok(done));
    }
    assert_eq!(steps, count + 1, "one create is completed once the circle is closed");
    let answer = run.finish();
    assert_eq!(answer["Operations"].as_array().map(Vec::len), Some(count));
}
