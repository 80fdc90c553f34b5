//! `NormalizeDiacritics`: the letters of Microsoft's table, each with what stands for it. Combining marks are dropped, so
//! that a letter with any of them is the bare letter.

const TABLE: &[(&str, &str)] = &[
    ("a", "äàâãåáąăāǟǡ"),
    ("A", "ÄÀÂÃÅÁĄĂĀǞǠ"),
    ("ae", "æǣ"),
    ("AE", "ÆǢ"),
    ("c", "çčć"),
    ("C", "ÇČĆ"),
    ("d", "ďḏ"),
    ("D", "ĎḎ"),
    ("e", "ëèéêęěėēḗḕ"),
    ("E", "ËÈÉÊĘĚĖĒḖḔ"),
    ("g", "ğḡ"),
    ("G", "ĞḠ"),
    ("i", "ïîìíıī"),
    ("I", "ÏÎÌÍİĪ"),
    ("l", "ľłḹḻ"),
    ("L", "ŁĽḸḺ"),
    ("n", "ñńňṉ"),
    ("N", "ÑŃŇṈ"),
    ("o", "öòőõôóōṓṑȫǭȭȱ"),
    ("O", "ÖÒŐÕÔÓŌṒṐȪǬȬȰ"),
    ("oe", "øœ"),
    ("OE", "ØŒ"),
    ("r", "řṟṝ"),
    ("R", "ŘṞṜ"),
    ("ss", "ß"),
    ("s", "šśșş"),
    ("S", "ŠŚȘŞ"),
    ("t", "ťțṯ"),
    ("T", "ŤȚṮ"),
    ("u", "üùûúůűūǖṻ"),
    ("U", "ÜÙÛÚŮŰŪǕṺ"),
    ("y", "ÿýȳ"),
    ("Y", "ŸÝȲ"),
    ("z", "źžżẕ"),
    ("Z", "ŹŽŻẔ"),
];

/// The text without diacritical marks.
pub(super) fn normalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match TABLE.iter().find(|(_, letters)| letters.contains(c)) {
            Some((plain, _)) => out.push_str(plain),
            None if ('\u{300}'..='\u{36f}').contains(&c) => {}
            None => out.push(c),
        }
    }
    out
}
