//! RFC 7644 section 3.4.2.3: the order of a sorted list.

use std::cmp::Ordering;

use crate::check::{
    Check, Context, Seen, Sight,
    judging::sight,
    values::{attribute, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[check! {
    Exchange(sorted), "RFC7644-3.4.2.3-R2" / "sorted",
    summary: "sortBy orders the resources",
    how: "Every list response to a query with sortBy on a single string attribute, where the ServiceProviderConfig \
          says sort.supported: no two neighbours stand in the wrong order. Only neighbours are judged whose first \
          different characters are ASCII letters, so that every collation passes, with or without case.",
    why: "a client that pages through a list that has no order sees some entries twice and others never",
}];

fn sorted(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let name = seen.query_parameter("sortBy")?;
    (context.discovery.supports("sort") == Some(true) && !name.contains(['.', ':', '['])).then_some(())?;
    seen.list()?;
    let descending = seen.query_parameter("sortOrder").is_some_and(|order| order.eq_ignore_ascii_case("descending"));
    let keys: Vec<&str> =
        seen.entries().iter().filter_map(|entry| attribute(entry.as_object()?, &name)?.as_str()).collect();
    (keys.len() > 1).then_some(())?;
    let wrong = keys.windows(2).find(|pair| {
        let order = certain_order(pair[0], pair[1]);
        order == Some(if descending { Ordering::Less } else { Ordering::Greater })
    });
    let wanted = if descending { "descending order" } else { "ascending order" };
    sight(wrong.is_none(), &format!("{wanted} of {name}"), || {
        wrong.map(|pair| format!("{} before {}", cut(pair[0]), cut(pair[1]))).unwrap_or_default()
    })
}

/// The order on which every collation agrees; `None` where they differ.
fn certain_order(left: &str, right: &str) -> Option<Ordering> {
    let (a, b) = left.chars().zip(right.chars()).find(|(a, b)| a != b)?;
    if !a.is_ascii_alphabetic() || !b.is_ascii_alphabetic() {
        return None;
    }
    let without_case = a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase());
    (without_case == a.cmp(&b)).then_some(without_case)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orders that collations see differently accuse nobody.
    #[test]
    fn is_certain_only_about_letters() {
        assert_eq!(certain_order("anna", "bert"), Some(Ordering::Less));
        assert_eq!(certain_order("Anna", "bert"), Some(Ordering::Less));
        assert_eq!(certain_order("anna", "Bert"), None);
        assert_eq!(certain_order("a-b", "ab"), None);
        assert_eq!(certain_order("a2", "a10"), None);
        assert_eq!(certain_order("a", "ab"), None);
    }
}
