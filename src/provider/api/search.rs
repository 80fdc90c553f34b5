//! Searches: `{query: {operator, operands: [{filter_name, filter_value}]}, cursor, limit}`, as the real service has them
//! for organizations and members. The module judges queries and cuts pages; what a filter means is the caller's.

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::{self, ApiError, ErrorType};

/// Items of a page, if the caller asks for no number, and at most.
const LIMITS: (usize, usize) = (100, 1000);

/// The fields that every search has.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// The organizations to search in: members only.
    pub organization_ids: Vec<String>,
    cursor: Option<String>,
    limit: Option<usize>,
    query: Option<RawQuery>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuery {
    operator: Operator,
    #[serde(default)]
    operands: Vec<Operand>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Operator {
    And,
    Or,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Operand {
    filter_name: String,
    filter_value: Value,
}

/// The value of a filter: a list of texts, one text, or a flag.
#[derive(Debug)]
pub struct Wanted(Vec<String>);

impl Wanted {
    /// The texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether `text` is one of them.
    #[must_use]
    pub fn has(&self, text: &str) -> bool {
        self.0.iter().any(|wanted| wanted == text)
    }

    /// Whether `text` is one of them, but for upper and lower case.
    #[must_use]
    pub fn has_folded(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.0.iter().any(|wanted| wanted.to_lowercase() == text)
    }

    /// Whether one of them is within `text`, but for upper and lower case.
    #[must_use]
    pub fn within(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.0.iter().any(|wanted| text.contains(&wanted.to_lowercase()))
    }
}

/// What something can be searched by, and what is answered to who asks otherwise.
#[derive(Debug)]
pub struct Filters {
    /// Their names.
    pub names: &'static [&'static str],
    /// There is no such filter.
    pub unknown: &'static ErrorType,
    /// A fuzzy filter of less than three characters.
    pub too_short: &'static ErrorType,
}

/// A query that knows its filters.
#[derive(Debug)]
pub struct Query {
    operator: Operator,
    operands: Vec<(String, Wanted)>,
}

impl Query {
    /// Whether something matches; `judge` decides each filter. A query without operands matches everything.
    pub fn matches(&self, mut judge: impl FnMut(&str, &Wanted) -> Result<bool, ApiError>) -> Result<bool, ApiError> {
        for (name, wanted) in &self.operands {
            match (judge(name, wanted)?, self.operator) {
                (false, Operator::And) => return Ok(false),
                (true, Operator::Or) => return Ok(true),
                _ => {}
            }
        }
        Ok(self.operator == Operator::And || self.operands.is_empty())
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operands.is_empty()
    }
}

/// One page of what was found.
#[derive(Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// `results_metadata`: total and next cursor.
    pub metadata: Value,
}

impl Search {
    /// The query, with filters out of `known` only.
    pub fn query(&self, known: &Filters) -> Result<Query, ApiError> {
        let Some(raw) = &self.query else { return Ok(Query { operator: Operator::And, operands: Vec::new() }) };
        let mut operands = Vec::new();
        for operand in &raw.operands {
            if !known.names.contains(&operand.filter_name.as_str()) {
                let message =
                    format!("there is no filter {:?}; there are {}", operand.filter_name, known.names.join(", "));
                return Err(ApiError::new(known.unknown, message));
            }
            let wanted = wanted(&operand.filter_value).ok_or_else(|| {
                let message = format!("filter_value of {} is a text, a list of texts or a flag", operand.filter_name);
                ApiError::new(&error::INVALID_ARGUMENT, message)
            })?;
            // stytch-node, `organizations_members.ts`.
            if operand.filter_name.ends_with("_fuzzy") && wanted.texts().any(|text| text.chars().count() < 3) {
                let message = format!("filter_value of {} has three characters at least", operand.filter_name);
                return Err(ApiError::new(known.too_short, message));
            }
            operands.push((operand.filter_name.clone(), wanted));
        }
        Ok(Query { operator: raw.operator, operands })
    }

    /// The page that cursor and limit ask for, out of all that was found. `id` gives the key that `found` is sorted by; the
    /// cursor is the key of the last item that was seen, so that items which come or go do not shift a page.
    pub fn page<T>(&self, found: Vec<T>, id: impl Fn(&T) -> String) -> Result<Page<T>, ApiError> {
        let limit = self.limit.unwrap_or(LIMITS.0);
        if limit == 0 || limit > LIMITS.1 {
            return Err(ApiError::new(&error::INVALID_ARGUMENT, format!("limit is between 1 and {}", LIMITS.1)));
        }
        let total = found.len();
        let after = self.cursor.as_deref().unwrap_or_default();
        let mut items: Vec<T> = found.into_iter().filter(|item| id(item).as_str() > after).take(limit + 1).collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(&id);
        Ok(Page { items, metadata: json!({"total": total, "next_cursor": next}) })
    }
}

fn wanted(value: &Value) -> Option<Wanted> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Value::String(text) => Some(Wanted(vec![text.clone()])),
        Value::Bool(flag) => Some(Wanted(vec![flag.to_string()])),
        Value::Array(values) => values.iter().map(text).collect::<Option<Vec<_>>>().map(Wanted),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(names: &'static [&'static str]) -> Filters {
        Filters { names, unknown: &error::MEMBER_FILTER_UNKNOWN, too_short: &error::MEMBER_FUZZY_TOO_SHORT }
    }

    fn search(body: Value) -> Search {
        serde_json::from_value(body).expect("a search")
    }

    /// Protects paging: following the cursor shows every item once, and the last page has none.
    #[test]
    fn pages_show_every_item_once() {
        let items = ["a", "b", "c"].map(str::to_owned);
        let first = search(json!({"limit": 2})).page(items.to_vec(), Clone::clone).expect("a page");
        assert_eq!(first.items, ["a", "b"]);
        assert_eq!(first.metadata, json!({"total": 3, "next_cursor": "b"}));
        let rest = search(json!({"limit": 2, "cursor": "b"})).page(items.to_vec(), Clone::clone).expect("a page");
        assert_eq!((rest.items, rest.metadata), (vec!["c".to_owned()], json!({"total": 3, "next_cursor": null})));
        assert!(search(json!({"limit": 1001})).page(items.to_vec(), Clone::clone).is_err());
    }

    /// Protects the operators: AND needs all, OR one, no operand matches all; unknown filters are named.
    #[test]
    fn operators_and_unknown_filters() {
        let operands = json!([{"filter_name": "a", "filter_value": ["x"]}, {"filter_name": "b", "filter_value": "y"}]);
        let judge = |name: &str, wanted: &Wanted| Ok(name == "a" && wanted.has("x"));
        for (operator, expected) in [("AND", false), ("OR", true)] {
            let search = search(json!({"query": {"operator": operator, "operands": operands}}));
            assert_eq!(
                search.query(&filters(&["a", "b"])).expect("a query").matches(judge).expect("a verdict"),
                expected
            );
            assert!(search.query(&filters(&["a"])).expect_err("unknown").message.contains("\"b\""));
        }
        assert!(search(json!({})).query(&filters(&[])).expect("a query").matches(judge).expect("a verdict"));
    }
}
