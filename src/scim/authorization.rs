//! The bearer token of an `Authorization` header (RFC 6750 section 2.1).

use super::leniency::Leniency;

/// The token that a header value carries; `None` if it carries none. The scheme ignores case (RFC 9110 section 11.1).
/// With the leniency `bare-token` a value without any scheme is the token; one of another scheme never is.
#[must_use]
pub fn bearer<'h>(header: &'h str, leniency: &Leniency) -> Option<&'h str> {
    let text = header.trim();
    match text.split_once(' ') {
        Some((scheme, token)) => scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()),
        None if leniency.bare_token => Some(text),
        None => None,
    }
}
