//! RFC 7644 section 3.4.2.2: what a filter lists really matches it.

use serde_json::{Map, Value};

use crate::{
    check::{
        Check, Context, Mismatch, Seen, Sight,
        values::{assigned, brief, cut, timestamp},
    },
    scim::{
        filter::{CompareOp, Filter, Limits, Literal, parse},
        path::AttrPath,
    },
};

pub(in crate::check) static CHECKS: &[Check] = &[check! {
    Exchange(only_matching), "RFC7644-3.4.2.2-R2" / "only-matching",
    summary: "a filter lists nothing that does not match",
    how: "Every resource in the answer to a query with a well-formed filter on one type, evaluated again. Judged are \
          eq, co, sw, ew, pr, and, or, not and brackets, on values that the answer shows; letter case is ignored. \
          Left open are values that are not shown, other operators, and texts beyond ASCII that differ.",
    why: "an IdP takes the first hit: a filter that is ignored makes it update somebody else",
}];

fn only_matching(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let text = seen.query_parameter("filter")?;
    let endpoint = seen.place.endpoint()?;
    let base = context.discovery.base_schema(endpoint)?;
    let filter = parse(&text, &Limits::default()).ok()?;
    let mut judged = false;
    for one in seen.entries().iter().filter_map(Value::as_object) {
        match truth(&filter, one, base) {
            None => {}
            Some(true) => judged = true,
            Some(false) => {
                let name = ["userName", "displayName", "id"].into_iter().find_map(|name| assigned(one, name));
                let actual = format!("{} is listed", name.map(brief).unwrap_or_default());
                return Some(Err(Mismatch::new(format!("only what matches {}", cut(&text)), actual)));
            }
        }
    }
    judged.then_some(Ok(()))
}

/// Whether the resource matches, where that is certain.
fn truth(filter: &Filter, resource: &Map<String, Value>, base: &str) -> Option<bool> {
    match filter {
        Filter::And(all) => combine(all.iter().map(|one| truth(one, resource, base)), false),
        Filter::Or(any) => combine(any.iter().map(|one| truth(one, resource, base)), true),
        Filter::Not(inner) => truth(inner, resource, base).map(|it| !it),
        Filter::Present(path) => values(path, resource, base).map(|_| true),
        Filter::Compare { path, op, value } => {
            combine(values(path, resource, base)?.into_iter().map(|found| compare(found, *op, value)), true)
        }
        Filter::ValuePath { path, filter } => {
            let elements = assigned(holder(path, resource, base)?, &path.attribute)?.as_array()?;
            combine(elements.iter().map(|element| truth(filter, element.as_object()?, base)), true)
        }
    }
}

/// Three-valued `any` (for `decisive` true) or `all` (for false): one decisive value settles it, and doubt is left over
/// only if nothing does.
fn combine(all: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut doubt = false;
    for one in all {
        match one {
            Some(it) if it == decisive => return Some(decisive),
            Some(_) => {}
            None => doubt = true,
        }
    }
    (!doubt).then_some(!decisive)
}

/// The object that holds the attribute: the resource, or an extension's container.
fn holder<'r>(path: &AttrPath, resource: &'r Map<String, Value>, base: &str) -> Option<&'r Map<String, Value>> {
    match &path.schema {
        Some(urn) if !urn.eq_ignore_ascii_case(base) => assigned(resource, urn)?.as_object(),
        _ => Some(resource),
    }
}

/// The shown values that a path names; `None` if there are none to be seen.
fn values<'r>(path: &AttrPath, resource: &'r Map<String, Value>, base: &str) -> Option<Vec<&'r Value>> {
    let found = assigned(holder(path, resource, base)?, &path.attribute)?;
    let elements: Vec<&Value> = match found {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    };
    let values: Vec<&Value> = elements
        .into_iter()
        .filter_map(|element| match (&path.sub, element) {
            (Some(sub), Value::Object(members)) => assigned(members, sub),
            (None, Value::Object(members)) => assigned(members, "value"),
            (Some(_), _) => None,
            (None, simple) => Some(simple),
        })
        .collect();
    (!values.is_empty()).then_some(values)
}

fn compare(found: &Value, op: CompareOp, wanted: &Literal) -> Option<bool> {
    match (found, wanted) {
        (Value::Bool(found), Literal::Bool(wanted)) if op == CompareOp::Eq => Some(found == wanted),
        (Value::String(found), Literal::String(wanted)) => {
            if let (CompareOp::Eq, Some(left), Some(right)) =
                (op, timestamp(Some(&found.as_str().into())), timestamp(Some(&wanted.as_str().into())))
            {
                return Some(left == right);
            }
            let (left, right) = (found.to_lowercase(), wanted.to_lowercase());
            let holds = match op {
                CompareOp::Eq => left == right,
                CompareOp::Co => left.contains(&right),
                CompareOp::Sw => left.starts_with(&right),
                CompareOp::Ew => left.ends_with(&right),
                _ => return None,
            };
            // Beyond ASCII a provider may prepare strings before it compares them (RFC 7644 section 7.8).
            (holds || (left.is_ascii() && right.is_ascii())).then_some(holds)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is certain is judged, and every doubt acquits.
    #[test]
    fn is_certain_or_silent() {
        let user = json!({
            "userName": "Anna", "active": true,
            "emails": [{"type": "work", "value": "a@x"}, {"type": "home", "value": "b@y"}]
        });
        let user = user.as_object().expect("an object");
        let judge = |text: &str| truth(&parse(text, &Limits::default()).expect("a filter"), user, "urn:x:User");
        assert_eq!(judge(r#"userName eq "anna""#), Some(true));
        assert_eq!(judge(r#"userName eq "bert""#), Some(false));
        assert_eq!(judge(r#"urn:x:User:userName sw "an""#), Some(true));
        assert_eq!(judge(r#"title eq "x""#), None);
        assert_eq!(judge(r#"title eq "x" or userName eq "anna""#), Some(true));
        assert_eq!(judge(r#"title eq "x" and userName eq "bert""#), Some(false));
        assert_eq!(judge(r#"not (userName eq "bert")"#), Some(true));
        assert_eq!(judge(r#"emails[type eq "work" and value co "@y"]"#), Some(false));
        assert_eq!(judge(r#"emails co "@y""#), Some(true));
        assert_eq!(judge(r#"active eq "true""#), None);
        assert_eq!(judge(r#"userName eq "änna""#), None);
        assert_eq!(judge(r#"userName gt "b""#), None);
    }
}
