//! Identifiers and secrets: how they look, and how secrets are kept.
//!
//! Identifiers carry their kind and the environment, `member-test-<uuid>`, as the documented API does
//! (<https://stytch.com/docs/b2b/api/scim-connection-object>). The UUID is version 7, so that rows which are made one
//! after the other lie side by side in an index: at a million members that is the difference between a few pages
//! touched and all of them.

use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A new identifier of a kind: `new_id("member")` gives `member-test-<uuid>`.
#[must_use]
pub fn new_id(kind: &str) -> String {
    let mut id = String::with_capacity(kind.len() + 42);
    id.push_str(kind);
    id.push_str("-test-");
    id.push_str(uuid::Uuid::now_v7().hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
    id
}

/// A new secret of 48 letters and digits (285 bits), the shape of the documented SCIM bearer token.
#[must_use]
pub fn new_secret() -> String {
    let mut random = rand::rng();
    (0..48).map(|_| char::from(ALPHANUMERIC[random.random_range(0..ALPHANUMERIC.len())])).collect()
}

/// The form in which a secret is stored. The secrets are random and long, so that a plain hash is enough: there is no
/// dictionary to try.
#[must_use]
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether two stored hashes are equal, in a time that tells nothing about where they differ.
#[must_use]
pub fn same_hash(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// The last four characters of a secret: what may be shown of it after its creation.
#[must_use]
pub fn last_four(secret: &str) -> &str {
    let start = secret.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    &secret[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects the documented shape of identifiers and secrets, which SDKs and log filters match on.
    #[test]
    fn identifiers_and_secrets_have_the_documented_shape() {
        let id = new_id("scim-connection");
        let uuid = id.strip_prefix("scim-connection-test-").expect("the prefix");
        assert!(uuid::Uuid::parse_str(uuid).is_ok(), "{id}");
        let secret = new_secret();
        assert!(secret.len() == 48 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{secret}");
        assert_ne!(secret, new_secret());
    }

    /// A secret shorter than four characters is shown whole instead of causing a panic.
    #[test]
    fn last_four_takes_any_text() {
        assert_eq!(last_four("abcdef"), "cdef");
        assert_eq!(last_four("ab"), "ab");
        assert_eq!(last_four("aéíóú"), "éíóú");
    }

    /// Only the right secret has the right hash.
    #[test]
    fn hashes_tell_secrets_apart() {
        assert!(same_hash(&hash("a"), &hash("a")));
        assert!(!same_hash(&hash("a"), &hash("b")));
        assert!(!same_hash(&hash("a"), &hash("a")[..31]));
    }
}
