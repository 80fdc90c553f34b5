//! A short run of the fuzz targets without the fuzzing engine: seeds, and mutations of them, always the same ones.
//! `SCIMULATE_FUZZ_ROUNDS=1000000` makes it a long one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use crate::fuzz_targets::TARGETS;

/// Mutations of a target's seeds in every `cargo test`.
const ROUNDS: usize = 4_000;

/// Pieces of the grammars; what is put together from them is looked at further than random bytes are.
const WORDS: &[&str] = &[
    "userName",
    "emails",
    "members",
    "name.givenName",
    "active",
    "meta.lastModified",
    "$ref",
    "value",
    "type",
    "primary",
    " eq ",
    " ne ",
    " co ",
    " gt ",
    " pr",
    " and ",
    " or ",
    "not (",
    "(",
    ")",
    "[",
    "]",
    ".",
    ":",
    "\"",
    "\\",
    "\\u00e9",
    "null",
    "true",
    "\"True\"",
    "1e400",
    "-0.0",
    "18446744073709551616",
    "\"2026-01-01T00:00:00Z\"",
    "[type eq \"work\"]",
    "urn:ietf:params:scim:schemas:core:2.0:User:",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "{\"op\":\"add\",\"path\":\"",
    "\"value\":",
    "[{\"value\":\"a\"}]",
    "bulkId:a",
    "\u{0}",
    "é",
    "\u{1f469}\u{200d}\u{1f4bb}",
    "ς",
];

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let patch = |operation: &str| {
        format!("{{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{operation}]}}")
    };
    let texts: Vec<String> = match target {
        "filter" | "path" => [
            "userName eq \"bjensen\"",
            "emails[type eq \"work\" and value co \"@example.com\"] or not (title pr)",
            "urn:ietf:params:scim:schemas:core:2.0:User:name.familyName sw \"J\"",
            "meta.lastModified gt \"2011-05-13T04:42:34Z\" and active ne true",
            "emails[type eq \"work\"].value eq \"x\"",
            "members[value eq \"2819c223\"].displayName",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
            "addresses[type eq \"wo]rk\"].streetAddress",
            "$ref",
            // Found by the fuzzer: numbers that the JSON reader takes to a neighbour.
            "meta.lastModified le 44444444444444444444444444444444444444444444444444",
            "emails[value eq 760e022]",
        ]
        .map(str::to_owned)
        .to_vec(),
        "patch" => [
            r#"{"op":"add","path":"members","value":[{"display":"B","value":"2819c223"}]}"#,
            r#"{"op":"Replace","path":"active","value":"False"},{"op":"remove","path":"emails[type eq \"home\"]"}"#,
            r#"{"op":"add","value":{"name.givenName":"A","emails":[{"value":"c","primary":true}]}}"#,
            r#"{"op":"replace","path":"emails[type eq \"work\"].value","value":"d"}"#,
            r#"{"op":"remove","path":"members","value":[{"value":"a"}]}"#,
            r#"{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":{"value":"n"}}"#,
            r#"{"op":"replace","path":"name","value":{"givenName":null,"familyName":"F"}}"#,
        ]
        .map(patch)
        .to_vec(),
        _ => vec![
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":2,"Operations":[
                {"method":"POST","path":"/Groups","bulkId":"a","data":{"members":[{"value":"bulkId:b"}]}},
                {"method":"POST","path":"/Groups","bulkId":"b","data":{"members":[{"value":"bulkId:a"}]}},
                {"method":"PATCH","path":"/Groups/bulkId:a","data":{"Operations":[]}},
                {"method":"DELETE","path":"/Users/1","version":"W/\"1\""}]}"#
                .to_owned(),
        ],
    };
    let mut seeds: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    let bad: Value = serde_json::from_str(include_str!("../../fixtures/vectors/bad.json")).expect("JSON");
    collect(&bad, &mut seeds);
    seeds
}

/// The texts and the bodies of the corpus of bad requests.
fn collect(value: &Value, seeds: &mut Vec<Vec<u8>>) {
    match value {
        Value::String(text) => seeds.push(text.clone().into_bytes()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, seeds)),
        Value::Object(members) => {
            seeds.push(value.to_string().into_bytes());
            members.values().for_each(|member| collect(member, seeds));
        }
        _ => {}
    }
}

/// A generator of numbers that gives the same ones in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (bound.max(1) as u64)).expect("below a usize")
    }
}

fn mutated(seeds: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut input = seeds[numbers.below(seeds.len())].clone();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(input.len() + 1);
        let end = (at + numbers.below(12)).min(input.len());
        match numbers.below(6) {
            0 => {
                input.drain(at..end);
            }
            1 => {
                let part = input[at..end].to_vec();
                input.splice(at..at, part);
            }
            2 if at < input.len() => input[at] ^= 1 << numbers.below(8),
            3 => {
                let other = &seeds[numbers.below(seeds.len())];
                let from = numbers.below(other.len() + 1);
                input.splice(at..end, other[from..].iter().copied().take(40));
            }
            _ => {
                let word = WORDS[numbers.below(WORDS.len())].bytes();
                input.splice(at..end, word);
            }
        }
    }
    input
}

/// No target panics, and what each claims holds, for its seeds and for many inputs made from them.
#[test]
fn targets_take_any_input() {
    let rounds = std::env::var("SCIMULATE_FUZZ_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
        for round in 0..seeds.len() + rounds {
            let input = seeds.get(round).cloned().unwrap_or_else(|| mutated(&seeds, &mut numbers));
            let result = catch_unwind(AssertUnwindSafe(|| target(&input)));
            assert!(result.is_ok(), "{name} fails on {:?}", String::from_utf8_lossy(&input));
        }
    }
}
