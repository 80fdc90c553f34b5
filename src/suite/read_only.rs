//! Which scenarios write nothing: the one place where `run --read-only` decides.
//!
//! It is derived from the steps, so that no tag can be forgotten: a scenario reads only if each of its steps does. A step
//! whose effect is not known here counts as one that writes.

use super::vocabulary::{self, Tier};

/// Steps that send nothing, or nothing but GET.
const READING: [&str; 9] = [
    "the client sends GET {string} with the query:",
    "the next request carries the header {string}",
    "the next request carries the headers of Okta's test suite",
    "the next request carries no credentials",
    "the next request carries the bearer token {string}",
    "the target advertises {string}",
    "the resource {string} is remembered",
    "all pages of {string} are read with {int} per page",
    "all cursors of {string} are followed with {int} per page",
];

/// Whether a scenario with these steps writes nothing on the target.
pub(super) fn reads_only<'s>(lines: impl IntoIterator<Item = &'s str>) -> bool {
    lines.into_iter().all(reads)
}

fn reads(line: &str) -> bool {
    let Ok((step, values)) = vocabulary::find(line) else { return false };
    if READING.contains(&step.pattern) {
        return true;
    }
    if step.pattern.starts_with("the client sends {word} {string}") {
        let (method, path) = (values.first().map_or("", String::as_str), values.get(1).map_or("", String::as_str));
        return match method {
            "GET" | "HEAD" | "OPTIONS" => true,
            // A search is a query in a body (RFC 7644 section 3.4.3).
            "POST" => path.split('?').next().is_some_and(|path| path.ends_with("/.search")),
            _ => false,
        };
    }
    // What is asserted of an answer is looked at, or read again.
    step.keyword == "Then" && vocabulary::tier(step.pattern) == Some(Tier::Wire)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each way to write makes a scenario a writing one; reading, searching and looking do not.
    #[test]
    fn tells_reading_from_writing() {
        for line in [
            "the client sends GET \"/Users\"",
            "the client sends POST \"/Users/.search\" with:",
            "the client sends GET \"/Users\" with the query:",
            "the target advertises \"filter\"",
            "the response status is 200",
            "it is refused with \"400\", or else 'the response status is 200'",
        ] {
            assert!(reads(line), "{line}");
        }
        for line in [
            "the client sends POST \"/Users\" with:",
            "the client sends DELETE \"/Users/nobody\"",
            "the client patches \"/Users/x\" with:",
            "the user \"ada\" exists",
            "every advertised attribute can be \"created\"",
            "a line that is no step",
        ] {
            assert!(!reads(line), "{line}");
        }
    }
}
