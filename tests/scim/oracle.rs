//! The filter parser held against an independent one, `scim_v2`: the same texts are filters, and they mean the same.
//!
//! Known differences, each on purpose and each left out of the generated texts:
//!
//! | text | here | scim_v2 | who is right |
//! |---|---|---|---|
//! | `not(a pr)` | a filter | refused | the ABNF of RFC 7644 figure 1 has no blank there |
//! | `manager.$ref pr` | a filter | refused | `$ref` is a sub-attribute (RFC 7643 section 2.4, erratum 8924) |
//! | `true pr` | a filter | refused | the ABNF reserves no words: an attribute may be named so |

use proptest::prelude::*;
use scimulate::scim::filter::{self, Filter, Limits};

use super::properties::filters;

fn ours(text: &str) -> Option<Filter> {
    filter::parse(text, &Limits::default()).ok()
}

fn theirs(text: &str) -> Option<Filter> {
    let filter: scim_v2::filter::Filter = text.parse().ok()?;
    let printed = filter.to_string();
    Some(ours(&printed).unwrap_or_else(|| panic!("scim_v2 printed `{printed}`, which is no filter here")))
}

/// Without groups that change nothing, which scim_v2 does not keep.
fn flat(filter: Filter) -> Filter {
    let all = |parts: Vec<Filter>, and: bool| -> Vec<Filter> {
        parts
            .into_iter()
            .map(flat)
            .flat_map(|part| match part {
                Filter::And(inner) if and => inner,
                Filter::Or(inner) if !and => inner,
                other => vec![other],
            })
            .collect()
    };
    match filter {
        Filter::And(parts) => Filter::And(all(parts, true)),
        Filter::Or(parts) => Filter::Or(all(parts, false)),
        Filter::Not(part) => Filter::Not(Box::new(flat(*part))),
        Filter::ValuePath { path, filter } => Filter::ValuePath { path, filter: Box::new(flat(*filter)) },
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every filter that is written here is read there, and means the same.
    #[test]
    fn generated_filters_agree(filter in filters()) {
        let text = filter.to_string().replace('$', "S");
        let filter = ours(&text);
        prop_assert!(filter.is_some(), "{}", text);
        prop_assert_eq!(theirs(&text).map(flat), filter.map(flat), "{}", text);
    }

    /// Of texts made of the words of the grammar, the same ones are filters.
    #[test]
    fn word_salad_agrees(words in proptest::collection::vec(proptest::sample::select(vec![
        "userName", "emails.type", "urn:a:b:c", "eq", "PR", "sw", "and", "or", "not (", "(", ")", "\"x\"", "-1.5", "eq true", "ne null", "emails[type eq \"w\"]", "emails[", "]",
    ]), 1..9)) {
        let text = words.join(" ").replace("( ", "(").replace(" )", ")").replace("[ ", "[").replace(" ]", "]");
        prop_assert_eq!(ours(&text).map(flat), theirs(&text).map(flat), "{}", text);
    }
}

/// The listed differences are still differences; if one goes away, its row goes too.
#[test]
fn known_differences() {
    for text in ["not(a pr)", "manager.$ref pr", "true pr"] {
        assert!(ours(text).is_some(), "{text}");
        assert!(text.parse::<scim_v2::filter::Filter>().is_err(), "{text}: scim_v2 reads it now; take its row out");
    }
}
