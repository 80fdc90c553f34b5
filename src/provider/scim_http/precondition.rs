//! ETags: `If-Match` and `If-None-Match` (RFC 7644 section 3.14, RFC 9110 section 13).

use super::call::Call;
use crate::scim::error::ScimError;

/// The entity tag of a version, which is also `meta.version`. Weak: two representations of one version may differ in
/// their bytes.
pub(super) fn tag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// Whether a list of tags, or `*`, holds the tag. Versions are compared weakly: this server has no strong ones.
fn holds(list: &str, tag: &str) -> bool {
    fn opaque(tag: &str) -> &str {
        tag.trim().trim_start_matches("W/")
    }
    list.trim() == "*" || list.split(',').any(|one| opaque(one) == opaque(tag))
}

/// A write of a resource at this version may go ahead.
pub(super) fn check_write(call: &Call, version: i64) -> Result<(), ScimError> {
    let tag = tag(version);
    if let Some(wanted) = &call.if_match
        && !holds(wanted, &tag)
    {
        return Err(ScimError::status(412, format!("the resource is at version {tag}, not at the one in If-Match")));
    }
    if let Some(unwanted) = &call.if_none_match
        && holds(unwanted, &tag)
    {
        return Err(ScimError::status(412, format!("the resource is at version {tag}, which If-None-Match excludes")));
    }
    Ok(())
}

/// Whether a read can be answered 304.
pub(super) fn not_modified(call: &Call, version: i64) -> bool {
    call.if_none_match.as_ref().is_some_and(|list| holds(list, &tag(version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tags are found in lists, weak or not, and `*` holds any.
    #[test]
    fn lists_of_tags() {
        assert!(holds("W/\"3\"", &tag(3)) && holds("\"3\"", &tag(3)) && holds("W/\"2\", W/\"3\"", &tag(3)));
        assert!(holds("*", &tag(3)));
        assert!(!holds("W/\"33\"", &tag(3)) && !holds("3x", &tag(3)) && !holds("", &tag(3)));
    }
}
