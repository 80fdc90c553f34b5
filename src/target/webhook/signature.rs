//! Verifies the signature of a delivery.
//!
//! Standard Webhooks 1.0.0 and Svix sign `{id}.{timestamp}.{body}` with HMAC-SHA256 under the base64 key after `whsec_`, and
//! send `v1,<base64>`, several of them with spaces between while a secret is rotated
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>,
//! <https://docs.svix.com/receiving/verifying-payloads/how-manual>). They differ in header names only.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use time::OffsetDateTime;

use crate::{
    target::config::{Scheme, SignatureSection},
    wire::Secret,
};

/// How far a time stamp may be off (Standard Webhooks recommends a tolerance; Svix's libraries use five minutes).
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// Right, or the target does not sign.
    Valid,
    /// There is none.
    Missing,
    /// Wrong, and why.
    Invalid(String),
}

/// Verifies by one scheme.
#[derive(Clone, Debug, Default)]
pub struct Verifier {
    section: SignatureSection,
}

impl Verifier {
    /// A verifier for the configured scheme.
    pub fn new(section: SignatureSection) -> Verifier {
        Verifier { section }
    }

    /// Whether a secret is needed.
    pub fn needs_secret(&self) -> bool {
        self.section.scheme != Scheme::None
    }

    /// Verifies one delivery that arrived at `at`. Header names are compared without case.
    pub fn verify(&self, secret: &Secret, headers: &[(String, String)], body: &[u8], at: OffsetDateTime) -> Signature {
        let prefix = match self.section.scheme {
            Scheme::None => return Signature::Valid,
            Scheme::StandardWebhooks => "webhook",
            Scheme::Svix => "svix",
            Scheme::HmacSha256Hex => return self.verify_hex(secret, headers, body, at),
        };
        let name = |given: &Option<String>, part: &str| given.clone().unwrap_or_else(|| format!("{prefix}-{part}"));
        let signature_name = name(&self.section.header, "signature");
        let Some(signatures) = header(headers, &signature_name) else { return Signature::Missing };
        let parts = (|| {
            let id = needed(headers, &name(&self.section.id_header, "id"))?;
            let timestamp = needed(headers, &name(&self.section.timestamp_header, "timestamp"))?;
            self.check_time(timestamp, at)?;
            let encoded = secret.expose().strip_prefix("whsec_").unwrap_or(secret.expose());
            let key =
                BASE64_STANDARD.decode(encoded).map_err(|_| "the secret is not base64 after `whsec_`".to_owned())?;
            Ok((id, timestamp, key))
        })();
        let (id, timestamp, key) = match parts {
            Ok(parts) => parts,
            Err(why) => return Signature::Invalid(why),
        };
        let mut versions = signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,")).peekable();
        if versions.peek().is_none() {
            return Signature::Invalid(format!("`{signature_name}` holds no `v1,` signature"));
        }
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
        // Every signature is compared, also after one that fits: the time tells nothing.
        let fits = versions.fold(false, |fits, signature| {
            BASE64_STANDARD.decode(signature).is_ok_and(|tag| is_mac(&key, &signed, &tag)) | fits
        });
        if fits { Signature::Valid } else { Signature::Invalid("it does not fit the body and the secret".to_owned()) }
    }

    fn verify_hex(&self, secret: &Secret, headers: &[(String, String)], body: &[u8], at: OffsetDateTime) -> Signature {
        let name = self.section.header.as_deref().unwrap_or_default();
        let Some(value) = header(headers, name) else { return Signature::Missing };
        let prefix = self.section.prefix.as_deref().unwrap_or_default();
        let result = (|| {
            let hex = value.strip_prefix(prefix).ok_or_else(|| format!("`{name}` does not begin with `{prefix}`"))?;
            let tag = unhex(hex).ok_or_else(|| format!("`{name}` is not hexadecimal"))?;
            let mut signed: Vec<&[u8]> = Vec::new();
            if let Some(timestamp_header) = &self.section.timestamp_header {
                let timestamp = needed(headers, timestamp_header)?;
                self.check_time(timestamp, at)?;
                signed.extend([timestamp.as_bytes(), b"."]);
            }
            signed.push(body);
            if is_mac(secret.expose().as_bytes(), &signed, &tag) {
                Ok(())
            } else {
                Err("it does not fit the body and the secret".to_owned())
            }
        })();
        match result {
            Ok(()) => Signature::Valid,
            Err(why) => Signature::Invalid(why),
        }
    }

    fn check_time(&self, timestamp: &str, at: OffsetDateTime) -> Result<(), String> {
        let sent: i64 =
            timestamp.parse().map_err(|_| format!("the time stamp `{timestamp}` is not in Unix seconds"))?;
        let off = at.unix_timestamp().abs_diff(sent);
        let tolerance = self.section.tolerance.unwrap_or(TOLERANCE).as_secs();
        if off > tolerance {
            return Err(format!("its time stamp is {off} s from the time of arrival, more than {tolerance} s"));
        }
        Ok(())
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn needed<'a>(headers: &'a [(String, String)], name: &str) -> Result<&'a str, String> {
    header(headers, name).ok_or_else(|| format!("the header `{name}` is missing"))
}

/// Compares in constant time.
fn is_mac(key: &[u8], parts: &[&[u8]], tag: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
    for part in parts {
        mac.update(part);
    }
    mac.verify_slice(tag).is_ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
