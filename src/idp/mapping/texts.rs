//! Functions of texts.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

/// The bytes of UTF-16, little end first, in base 64.
pub(super) fn base64(text: &str) -> String {
    BASE64_STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
}

/// The bytes of UTF-8, hexadecimal.
pub(super) fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

/// Where the part stands, from 1; 0 if it does not.
pub(super) fn position(text: &str, part: &str, from: i64, ignore_case: bool) -> usize {
    let (text, part) =
        if ignore_case { (text.to_lowercase(), part.to_lowercase()) } else { (text.to_owned(), part.to_owned()) };
    let skip = usize::try_from(from).unwrap_or(1).max(1) - 1;
    let Some(start) = text.char_indices().map(|(at, _)| at).nth(skip) else { return 0 };
    text[start..].find(&part).map_or(0, |at| text[..start + at].chars().count() + 1)
}

/// That many characters from the left; all for a number below 0.
pub(super) fn left(text: &str, count: i64) -> String {
    usize::try_from(count).map_or_else(|_| text.to_owned(), |count| text.chars().take(count).collect())
}

/// Characters from `start` (counted from 1) on.
pub(super) fn middle(text: &str, start: i64, length: i64) -> String {
    let skip = usize::try_from(start).unwrap_or(1).max(1) - 1;
    text.chars().skip(skip).take(usize::try_from(length).unwrap_or(0)).collect()
}

/// The parts between delimiters, without blanks around them.
pub(super) fn split(text: &str, delimiter: &str) -> Vec<String> {
    if delimiter.is_empty() {
        return vec![text.to_owned()];
    }
    text.split(delimiter).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// A word by number, from 1; each character of `delimiters` ends one.
pub(super) fn word(text: &str, number: i64, delimiters: &str) -> String {
    let Some(skip) = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)) else {
        return String::new();
    };
    let mut words = text.split(|c| delimiters.contains(c)).filter(|word| !word.is_empty());
    words.nth(skip).unwrap_or_default().to_owned()
}

/// Each word with a capital first letter and small ones after it. Without separators a word ends at whatever is neither
/// letter, digit nor apostrophe.
pub(super) fn proper_case(text: &str, separators: Option<&str>) -> String {
    let separates = |c: char| match separators {
        Some(separators) => separators.contains(c),
        None => !c.is_alphanumeric() && c != '\'',
    };
    let mut out = String::with_capacity(text.len());
    let mut first = true;
    for c in text.chars() {
        if separates(c) {
            out.push(c);
            first = true;
        } else if first {
            out.extend(c.to_uppercase());
            first = false;
        } else {
            out.extend(c.to_lowercase());
        }
    }
    out
}

/// Bytes that follow from a seed: the same again for the same person.
fn bytes(seed: &str, purpose: &str) -> impl Iterator<Item = u8> {
    let (seed, purpose) = (seed.to_owned(), purpose.to_owned());
    (0_u32..).flat_map(move |round| Sha256::digest(format!("{purpose} {round} {seed}")).to_vec())
}

/// A GUID of version 4.
pub(super) fn guid(seed: &str) -> String {
    let mut raw: Vec<u8> = bytes(seed, "guid").take(16).collect();
    raw[6] = raw[6] & 0x0f | 0x40;
    raw[8] = raw[8] & 0x3f | 0x80;
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Longest random text.
const LONGEST: i64 = 256;

/// A random text with at least so many digits, special characters, capitals and small letters.
pub(super) fn random(seed: &str, length: i64, least: [i64; 4], avoid: &str) -> String {
    let kinds = ["0123456789", "!@#$%^&*()-_=+", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"];
    let kinds = kinds.map(|kind| kind.chars().filter(|c| !avoid.contains(*c)).collect::<Vec<char>>());
    let length = usize::try_from(length.clamp(0, LONGEST)).unwrap_or(0);
    let mut bytes = bytes(seed, "random");
    let mut draw = |from: &[char]| {
        let byte = bytes.next().unwrap_or_default();
        from.get(usize::from(byte) % from.len().max(1)).copied()
    };
    let mut out: Vec<char> = Vec::new();
    for (kind, least) in kinds.iter().zip(least) {
        let least = usize::try_from(least.clamp(0, LONGEST)).unwrap_or(0);
        out.extend((0..least).filter_map(|_| draw(kind)));
    }
    let letters: Vec<char> = kinds[0].iter().chain(&kinds[3]).copied().collect();
    while out.len() < length {
        match draw(&letters) {
            Some(c) => out.push(c),
            None => break,
        }
    }
    out.truncate(length);
    // Turned around, so that the digits do not all stand in front.
    let turn = out.len() / 2;
    out.rotate_left(turn);
    out.into_iter().collect()
}
