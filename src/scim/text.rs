//! How texts and times are compared: case, Unicode form, instants (RFC 7643 section 7 `caseExact`, RFC 7644 sections 5
//! and 7.8).

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset, format_description::well_known::Rfc3339};

fn composer() -> ComposingNormalizerBorrowed<'static> {
    ComposingNormalizer::new_nfc()
}

/// The key under which texts of a `caseExact: false` attribute are equal, sorted and indexed: the case-mapped profile
/// of RFC 8265 section 3.3 (width mapping, lower case, composed form). Both sigmas are one letter, since a final sigma
/// is lower case's guess at a word's end.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    let composed = composer().normalize(text);
    let mut lower = String::with_capacity(composed.len());
    for c in composed.chars() {
        match narrow(c) {
            'ς' => lower.push('σ'),
            c => lower.extend(c.to_lowercase()),
        }
    }
    Cow::Owned(composer().normalize(&lower).into_owned())
}

/// Full-width ASCII as plain ASCII, the ideographic space as a space (RFC 8265 section 3.3, width mapping).
fn narrow(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c,
    }
}

/// The key under which texts of a `caseExact: true` attribute are equal: the composed form, so that the same text
/// typed on two systems is the same text (RFC 7644 section 7.8).
pub fn exact(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { composer().normalize(text) }
}

/// [`exact`] or [`fold`], as the attribute says.
pub fn key(text: &str, case_exact: bool) -> Cow<'_, str> {
    if case_exact { exact(text) } else { fold(text) }
}

/// Whether two texts are equal for an attribute.
pub fn equal(one: &str, other: &str, case_exact: bool) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return if case_exact { one == other } else { one.eq_ignore_ascii_case(other) };
    }
    key(one, case_exact) == key(other, case_exact)
}

/// The instant of an `xsd:dateTime` (RFC 7643 section 2.3.5). Without an offset, which XML Schema allows, it is read as
/// UTC; `None` for anything else.
pub fn instant(text: &str) -> Option<OffsetDateTime> {
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some(time.to_offset(UtcOffset::UTC));
    }
    let text = text.trim_end_matches('Z');
    let whole = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let fraction = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond]");
    PrimitiveDateTime::parse(text, whole)
        .or_else(|_| PrimitiveDateTime::parse(text, fraction))
        .ok()
        .map(PrimitiveDateTime::assume_utc)
}

/// The boolean that a word stands for, in any case: `True`, `false`.
pub fn boolean(word: &str) -> Option<bool> {
    if word.eq_ignore_ascii_case("true") {
        Some(true)
    } else if word.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}
