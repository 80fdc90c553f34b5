//! Signs webhook requests in the way of Standard Webhooks and Svix, so that the `standardwebhooks` and `svix` libraries of
//! any language verify them.
//!
//! A request carries three facts: its id (the same on every attempt: the receiver's idempotency key), the time of this
//! attempt in Unix seconds, and a list of signatures `v1,<base64>` over `{id}.{timestamp}.{body}`, one for each secret that
//! is valid at the time. They travel under both header names in use, `webhook-*` and `svix-*`, because receivers differ.
//!
//! Sources: Standard Webhooks 1.0.0 (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>),
//! Svix (<https://docs.svix.com/receiving/verifying-payloads/how-manual>).

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use sha2::Sha256;

/// What every symmetric webhook secret begins with.
const PREFIX: &str = "whsec_";

/// Standard Webhooks asks for 24 to 64 random bytes; 32 are the block of the hash.
const SECRET_BYTES: usize = 32;

/// A secret text that is not `whsec_` and the base64 of 24 to 64 bytes.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a webhook secret is `whsec_` and the base64 of 24 to 64 bytes")]
pub struct InvalidSecret;

/// The key of an endpoint's signatures. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Reads `whsec_<base64>`.
    pub fn parse(text: &str) -> Result<Secret, InvalidSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidSecret)?;
        let key = STANDARD.decode(encoded).map_err(|_| InvalidSecret)?;
        if (24..=64).contains(&key.len()) { Ok(Secret(key)) } else { Err(InvalidSecret) }
    }

    /// A new random secret, as the text that is shown to its owner.
    pub fn generate() -> String {
        let mut key = [0u8; SECRET_BYTES];
        rand::rng().fill_bytes(&mut key);
        format!("{PREFIX}{}", STANDARD.encode(key))
    }

    /// `v1,<base64>` of the HMAC-SHA256 over `{id}.{timestamp}.{body}`; `timestamp` in Unix seconds.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        // HMAC takes a key of any length (RFC 2104 section 2), so that this cannot fail.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length");
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// The six headers of one attempt.
///
/// `signatures` are the `v1,…` texts, one for each valid secret; an empty list sends no signature header at all.
pub fn headers(id: &str, timestamp: i64, signatures: &[String]) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("svix-id", id.to_owned()),
        ("svix-timestamp", timestamp.to_string()),
    ];
    if !signatures.is_empty() {
        let list = signatures.join(" ");
        headers.push(("webhook-signature", list.clone()));
        headers.push(("svix-signature", list));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects interoperability: the test vector that Svix publishes must come out to the byte.
    #[test]
    fn signs_the_published_vector() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("the secret of the vector");
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    /// Protects against a private reading of the standard: its own library verifies what is signed here, under two secrets too.
    #[test]
    fn the_standard_library_verifies_both_secrets_of_a_rotation() {
        let (old, new) = (Secret::generate(), Secret::generate());
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        let body = br#"{"action":"DELETE"}"#;
        let signatures: Vec<String> = [&new, &old]
            .iter()
            .map(|text| Secret::parse(text).expect("a generated secret").sign("msg_1", now, body))
            .collect();
        let mut map = http::HeaderMap::new();
        for (name, value) in headers("msg_1", now, &signatures) {
            map.insert(name, value.parse().expect("a header value"));
        }
        for text in [&old, &new] {
            standardwebhooks::Webhook::new(text).expect("a secret").verify(body, &map).expect("a valid signature");
        }
        let stranger = standardwebhooks::Webhook::new(&Secret::generate()).expect("a secret");
        assert!(stranger.verify(body, &map).is_err(), "a stranger's secret must not verify");
    }

    /// Protects the endpoint's owner from weak or misspelt secrets.
    #[test]
    fn refuses_what_is_no_secret() {
        for text in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_*** not base64 ***"] {
            assert_eq!(Secret::parse(text).err(), Some(InvalidSecret), "{text:?}");
        }
    }
}
