//! Did-you-mean.

/// The candidates nearest to a mistyped word, the nearest first; at most three, none that is far off.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = word.to_lowercase();
    let mut near: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|candidate| (likeness(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    near.dedup_by_key(|(_, candidate)| *candidate);
    near.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// How alike two words are, from 0 to 1. What was only begun, or whose end alone was typed, counts as near.
fn likeness(wanted: &str, candidate: &str) -> f64 {
    let edit = strsim::normalized_damerau_levenshtein(wanted, candidate);
    let part = wanted.len() >= 4 && (candidate.starts_with(wanted) || candidate.ends_with(wanted));
    if part { edit.max(0.8) } else { edit }
}

/// `; did you mean `a` or `b`?`, or the remedy if nothing is near.
pub(super) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>, remedy: &str) -> String {
    let near = nearest(word, candidates);
    match near.as_slice() {
        [] => format!("; {remedy}"),
        near => format!("; did you mean `{}`?", near.join("` or `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A typing error finds its word, the beginning of an id finds it too, and nonsense finds nothing.
    #[test]
    fn finds_the_near_and_not_the_far() {
        let ids = ["okta", "okta-oin", "entra-default", "EFF-SESSIONS.put-active-false"];
        assert_eq!(nearest("otka", ids), ["okta"]);
        assert_eq!(nearest("EFF-SESSION", ids), ["EFF-SESSIONS.put-active-false"]);
        assert_eq!(nearest("zzzz", ids), [""; 0]);
        assert_eq!(
            did_you_mean("zzzz", ids, "`scimulate list profiles` lists them"),
            "; `scimulate list profiles` lists them"
        );
    }
}
