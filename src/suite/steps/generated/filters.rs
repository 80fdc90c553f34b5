//! Filters over what the target advertises: every operator that a type has, for every attribute and sub-attribute.
//!
//! The walk asks only what is certain under any order of letters and any precision of times: a value is equal to itself,
//! not less than itself, after one that is clearly earlier. One request asks for many comparisons; where the answer is not
//! the wanted one, they are halved until those to blame are known. What a
//! target declines (400, 403, 501) says nothing of the attribute (RFC 7644 section 3.4.2.2).

use serde_json::{Value, json};

use super::{
    Findings, exchange, kept, make_whole,
    model::{Kind, Leaf, kind_is, member, subs},
    walks::Walked,
};
use crate::{
    suite::{stop::Stop, world::World},
    wire::url_encode,
};

/// How many comparisons one filter joins; more might be beyond what a target allows.
const JOINED: usize = 8;

/// One comparison of an attribute.
struct Term<'k> {
    leaf: &'k Leaf,
    /// The path that is compared: `emails.value`.
    path: String,
    /// The comparison: `emails.value sw "ada"`.
    text: String,
}

/// A value that a filter can compare, with the definition of its attribute.
struct Comparable<'v> {
    path: String,
    entry: &'v Value,
    value: &'v Value,
    /// Whether there may be several: `ne` is disputed then (RFC 7644 section 3.4.2.2).
    several: bool,
}

/// The operators of a filter that find a resource by its own value (RFC 7644 section 3.4.2.2, table 3).
pub(super) async fn filtered(world: &mut World, kind: &Kind, operators: &[&str], findings: &mut Findings) -> Walked {
    let Some(made) = make_whole(world, kind, 0, findings).await? else { return Ok(()) };
    let mut terms = Vec::new();
    for leaf in kept(kind, &made).into_iter().filter(|leaf| leaf.shown_normally()) {
        let Some(shown) = leaf.value(&made.shown) else { continue };
        if operators.contains(&"pr") {
            terms.push(Term { leaf, path: leaf.path(), text: format!("{} pr", leaf.path()) });
        }
        for one in comparables(leaf, shown) {
            for operator in operators {
                if let Some(literal) = operand(&one, operator) {
                    let text = format!("{} {operator} {literal}", one.path);
                    terms.push(Term { leaf, path: one.path.clone(), text });
                }
            }
        }
    }
    narrow(world, kind, &made.id, &terms, Wanted::Found, findings).await
}

/// Filters that do not match: the resource must not be listed. A target that ignores filters is found out here.
pub(super) async fn unmatched(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let Some(made) = make_whole(world, kind, 0, findings).await? else { return Ok(()) };
    let unique = world.stage()?.expand("{unique}")?;
    let leaves = kept(kind, &made).into_iter().filter(|leaf| leaf.shown_normally());
    let mut terms = Vec::new();
    for leaf in leaves {
        let Some(shown) = leaf.value(&made.shown) else { continue };
        for one in comparables(leaf, shown).into_iter().filter(|one| kind_is(one.entry, "string")) {
            // A word of the canonical ones may be refused where it is none of them.
            if one.entry["canonicalValues"].as_array().is_some_and(|words| !words.is_empty()) {
                continue;
            }
            let text = format!("{} eq {}", one.path, json!(format!("nobody {unique}")));
            terms.push(Term { leaf, path: one.path, text });
        }
    }
    narrow(world, kind, &made.id, &terms, Wanted::LeftOut, findings).await
}

/// Letter case as advertised: another letter case finds the resource where an attribute is not caseExact, and does not
/// where it is (RFC 7643 section 7). Only what says `caseExact` is walked.
pub(super) async fn case_exact(world: &mut World, kind: &Kind, findings: &mut Findings) -> Walked {
    let Some(made) = make_whole(world, kind, 0, findings).await? else { return Ok(()) };
    let (mut exact, mut free) = (Vec::new(), Vec::new());
    for leaf in kept(kind, &made).into_iter().filter(|leaf| leaf.shown_normally()) {
        let Some(shown) = leaf.value(&made.shown) else { continue };
        for one in comparables(leaf, shown).into_iter().filter(|one| kind_is(one.entry, "string")) {
            let (Some(case_exact), Some(text)) = (one.entry["caseExact"].as_bool(), one.value.as_str()) else {
                continue;
            };
            let turned = turned(text);
            if turned != text {
                let text = format!("{} eq {}", one.path, json!(turned));
                if case_exact { &mut exact } else { &mut free }.push(Term { leaf, path: one.path, text });
            }
        }
    }
    narrow(world, kind, &made.id, &free, Wanted::Found, findings).await?;
    narrow(world, kind, &made.id, &exact, Wanted::LeftOut, findings).await
}

/// A text with its ASCII letters in the other case.
fn turned(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
}

/// What can be compared of an attribute's value: itself if it is simple, else its sub-attributes.
fn comparables<'v>(leaf: &'v Leaf, shown: &'v Value) -> Vec<Comparable<'v>> {
    let several = shown.is_array();
    let value = match shown {
        Value::Array(items) => items.first(),
        other => Some(other),
    };
    match value {
        Some(Value::Object(_)) => subs(&leaf.entry)
            .filter(|sub| !matches!(sub["returned"].as_str(), Some("never" | "request")))
            .filter_map(|sub| {
                let name = sub["name"].as_str()?;
                let value = member(value?, name).filter(|value| !value.is_null())?;
                Some(Comparable { path: format!("{}.{name}", leaf.path()), entry: sub, value, several })
            })
            .collect(),
        Some(value) if !value.is_null() => {
            vec![Comparable { path: leaf.path(), entry: &leaf.entry, value, several }]
        }
        _ => Vec::new(),
    }
}

/// The literal with which an operator finds the value; `None` where the operator is not for that type, or where it is not
/// certain what must be found.
fn operand(one: &Comparable<'_>, operator: &str) -> Option<String> {
    let type_ = one.entry["type"].as_str().unwrap_or("string");
    let value = one.value;
    let literal = match (type_, operator, value) {
        ("binary" | "complex", ..) => return None,
        (_, "ne", _) if one.several => return None,
        (_, "eq", Value::String(_) | Value::Bool(_) | Value::Number(_)) => value.clone(),
        ("boolean", "ne", Value::Bool(flag)) => json!(!flag),
        ("dateTime", "gt", Value::String(_)) => json!("1971-01-01T00:00:00Z"),
        ("dateTime", "lt", Value::String(_)) => json!("2971-01-01T00:00:00Z"),
        ("dateTime", "ge" | "le", Value::String(_)) => value.clone(),
        ("integer", "gt", Value::Number(number)) => json!(number.as_i64()? - 1),
        ("integer", "lt" | "ne", Value::Number(number)) => json!(number.as_i64()? + 1),
        ("decimal", "gt", Value::Number(number)) => json!(number.as_f64()? - 1.0),
        ("decimal", "lt" | "ne", Value::Number(number)) => json!(number.as_f64()? + 1.0),
        ("integer" | "decimal", "ge" | "le", Value::Number(_)) => value.clone(),
        ("string", "ne", Value::String(text)) => json!(format!("other than {text}")),
        ("string", "ge" | "le", Value::String(_)) => value.clone(),
        ("string", "co" | "sw" | "ew", Value::String(text)) => json!(part(text, operator)?),
        _ => return None,
    };
    Some(literal.to_string())
}

/// A part of a text of at least two letters: inside, at the beginning, at the end.
fn part(text: &str, operator: &str) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    let half = letters.len() / 2;
    let part: String = match operator {
        "sw" => letters.iter().take(half).collect(),
        "ew" => letters.iter().skip(letters.len() - half).collect(),
        _ => letters.iter().skip(1).take(half).collect(),
    };
    // A blank at the edge of a text is what a target may trim.
    let part = part.trim().to_owned();
    (part.chars().count() >= 2).then_some(part)
}

/// What each comparison must make of the resource.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Found,
    LeftOut,
}

/// Asks for several comparisons at once; where the answer is not the wanted one, for each half, down to the single
/// comparison.
async fn narrow(
    world: &mut World,
    kind: &Kind,
    id: &str,
    terms: &[Term<'_>],
    wanted: Wanted,
    findings: &mut Findings,
) -> Walked {
    let (join, wanted, otherwise) = match wanted {
        Wanted::Found => (" and ", true, "does not find it"),
        Wanted::LeftOut => (" or ", false, "finds it"),
    };
    let mut waiting: Vec<&[Term<'_>]> = terms.chunks(JOINED).rev().collect();
    while let Some(group) = waiting.pop() {
        let joined: Vec<&str> = group.iter().map(|term| term.text.as_str()).collect();
        let (answer, seq) = found(world, kind, id, &joined.join(join)).await?;
        match (answer, group) {
            (Some(found), _) if found == wanted => group.iter().for_each(|term| findings.cover(kind, &term.path)),
            (None, [term]) => findings.leave(kind, format!("the filter `{}` is declined", term.text)),
            (Some(_), [term]) => {
                findings.cover(kind, &term.path);
                findings.broken(kind, term.leaf, format!("`{}` {otherwise}", term.text), &[seq]);
            }
            (_, several) => {
                let (left, right) = several.split_at(several.len() / 2);
                waiting.extend([right, left].into_iter().filter(|half| !half.is_empty()));
            }
        }
    }
    Ok(())
}

/// Whether a filter finds the resource; `None` if it is declined, or if the list has more pages than the first.
pub(super) async fn found(world: &mut World, kind: &Kind, id: &str, filter: &str) -> Result<(Option<bool>, u64), Stop> {
    let path = format!("{}?filter={}", kind.endpoint, url_encode(filter));
    let (status, answer, seq) = exchange(world, "GET", &path, None).await?;
    let empty = Vec::new();
    let listed = answer["Resources"].as_array().unwrap_or(&empty);
    let found = listed.iter().any(|one| one["id"] == id);
    let partial = answer["totalResults"].as_u64().is_some_and(|total| total > listed.len() as u64);
    let told = status == 200 && (found || !partial);
    Ok((told.then_some(found), seq))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(entry: Value, value: Value, operator: &str, several: bool) -> Option<String> {
        operand(&Comparable { path: "x".into(), entry: &entry, value: &value, several }, operator)
    }

    /// Each operator gets an operand that must find the value, or none where its type has no such operator.
    #[test]
    fn operands_fit_the_type() {
        let of = |type_: &str, value: Value, operator: &str| literal(json!({"type": type_}), value, operator, false);
        assert_eq!(of("string", json!("abcd"), "sw").as_deref(), Some("\"ab\""));
        assert_eq!(of("string", json!("abcd"), "ew").as_deref(), Some("\"cd\""));
        assert_eq!(of("string", json!("abcd"), "co").as_deref(), Some("\"bc\""));
        assert_eq!(of("string", json!("a"), "co"), None, "too short to be told apart");
        assert_eq!(of("integer", json!(7), "gt").as_deref(), Some("6"));
        assert_eq!(of("integer", json!(7), "ge").as_deref(), Some("7"));
        assert_eq!(of("boolean", json!(true), "gt"), None, "RFC 7644: such a filter is refused");
        assert_eq!(of("boolean", json!(true), "ne").as_deref(), Some("false"));
        assert_eq!(of("dateTime", json!("2011-05-13T04:42:34Z"), "co"), None);
        assert_eq!(of("binary", json!("YQ=="), "eq"), None);
        assert_eq!(literal(json!({}), json!("abcd"), "ne", true), None, "disputed for several values");
    }
}
