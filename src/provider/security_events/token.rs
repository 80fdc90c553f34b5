//! From stored claims to a signed token (RFC 8417, RFC 7515): RS256 with the key of the project's JWKS.

use serde_json::Value;

use crate::provider::session::{
    jwt::{JwtError, SigningKey},
    keys::{KeyError, Keys},
};

/// The media type of a token, and `typ` of its header without `application/` (RFC 8417 section 2.3).
pub const MEDIA_TYPE: &str = "application/secevent+jwt";

/// Who speaks: signs the tokens of all streams.
#[derive(Clone)]
pub struct Issuer {
    keys: Keys,
    /// `iss` of every token, and the issuer of the transmitter's metadata.
    pub url: String,
}

impl Issuer {
    /// An issuer with the project's keys.
    #[must_use]
    pub fn new(keys: Keys, url: &str) -> Issuer {
        Issuer { keys, url: url.to_owned() }
    }

    /// The key to sign with now; made if there is none.
    pub async fn key(&self) -> Result<std::sync::Arc<SigningKey>, KeyError> {
        self.keys.signing().await
    }

    /// Signs stored claims for an audience.
    pub fn sign(&self, key: &SigningKey, claims: &str, audience: &str) -> Result<String, JwtError> {
        let mut claims: Value = serde_json::from_str(claims).map_err(|_| JwtError::Invalid)?;
        claims["iss"] = self.url.as_str().into();
        claims["aud"] = audience.into();
        key.sign_as("secevent+jwt", &claims)
    }
}
