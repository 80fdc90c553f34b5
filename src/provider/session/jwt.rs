//! Session JWTs: RS256, five minutes, with the claims of Stytch B2B.
//!
//! Pure but for key generation: keys come from [`super::keys`], the time from the caller. A JWT says who somebody was when
//! it was signed; whether the session still stands is decided by the session's row, never by the JWT alone. That is why
//! [`verify`] does not look at `exp`: an expired JWT of a living session is exchanged for a fresh one.
//!
//! Sources: RFC 7515, RFC 7517, RFC 7519; <https://stytch.com/docs/multi-tenant-auth/manage-sessions/jwts-and-tokens>.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::{encoding::AsDer, rand::SystemRandom, rsa, signature};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

/// The life of a session JWT. Fixed: it is the longest time for which a revoked session can look open to a consumer that
/// verifies locally.
pub const LIFE: Duration = Duration::minutes(5);

/// The claim that holds the session.
pub const SESSION_CLAIM: &str = "https://stytch.com/session";

/// The claim that holds the organization.
pub const ORGANIZATION_CLAIM: &str = "https://stytch.com/organization";

/// Claim names that a caller's `session_custom_claims` may not take.
pub const RESERVED_CLAIMS: &[&str] =
    &["iss", "sub", "aud", "exp", "nbf", "iat", "jti", SESSION_CLAIM, ORGANIZATION_CLAIM];

/// What can go wrong with keys and JWTs.
#[derive(Debug, thiserror::Error)]
pub enum JwtError {
    /// The crypto library refused to make or read a key: the database was tampered with, or the machine has no entropy.
    #[error("the signing key cannot be made or read")]
    Key,
    /// The text is no JWT of this project: malformed, another algorithm, an unknown key or a wrong signature.
    #[error("the session JWT is not one of this project")]
    Invalid,
}

/// How many of its newest JWTs a key remembers.
const REMEMBERED: usize = 256;

/// A key pair, parsed once and kept: signing then costs one RSA operation and no parsing.
pub struct SigningKey {
    kid: String,
    pair: signature::RsaKeyPair,
    public: Value,
    /// Signatures by what was signed. RS256 gives the same signature to the same text (RFC 8017 section 8.2), and a session
    /// that is looked at again within the second has the same claims: the dearest thing that a look does is left out.
    signed: Mutex<HashMap<String, String>>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

/// A new 2048-bit RSA key as PKCS#8, for the `jwt_keys` table.
pub fn generate() -> Result<Vec<u8>, JwtError> {
    let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).map_err(|_| JwtError::Key)?;
    let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der>::as_der(&pair).map_err(|_| JwtError::Key)?;
    Ok(der.as_ref().to_vec())
}

impl SigningKey {
    /// Reads a PKCS#8 key of the `jwt_keys` table.
    pub fn read(kid: &str, pkcs8: &[u8]) -> Result<SigningKey, JwtError> {
        let pair = signature::RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| JwtError::Key)?;
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(pkcs8));
        let encoding = jsonwebtoken::EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| JwtError::Key)?;
        let mut jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&encoding, jsonwebtoken::Algorithm::RS256)
            .map_err(|_| JwtError::Key)?;
        jwk.common.key_id = Some(kid.to_owned());
        jwk.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Signature);
        let mut public = serde_json::to_value(&jwk).map_err(|_| JwtError::Key)?;
        // The vendor's Python SDK refuses a JWKS without these three, which say nothing here.
        public["key_ops"] = json!(["verify"]);
        public["x5c"] = json!([]);
        public["x5tS256"] = json!("");
        Ok(SigningKey { kid: kid.to_owned(), pair, public, signed: Mutex::default() })
    }

    /// The key id, which the header of a JWT names.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half as a JWK (RFC 7517 section 4).
    pub fn jwk(&self) -> &Value {
        &self.public
    }

    /// The compact serialisation (RFC 7515 section 3.1) of `claims`.
    pub fn sign(&self, claims: &Value) -> Result<String, JwtError> {
        self.sign_as("JWT", claims)
    }

    /// The same, with another `typ` in its header.
    pub fn sign_as(&self, typ: &str, claims: &Value) -> Result<String, JwtError> {
        let header = json!({"alg": "RS256", "kid": self.kid, "typ": typ});
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        if let Some(signature) = self.remembered().get(&signed) {
            return Ok(format!("{signed}.{signature}"));
        }
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| JwtError::Key)?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        let token = format!("{signed}.{signature}");
        let mut remembered = self.remembered();
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(signed, signature);
        Ok(token)
    }

    fn remembered(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.signed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The facts that go into a session JWT.
#[derive(Debug)]
pub struct Claims<'a> {
    /// Audience, and the second half of the issuer.
    pub project_id: &'a str,
    /// Subject.
    pub member_id: &'a str,
    /// The `organization_id` and slug of the organization claim.
    pub organization_id: &'a str,
    /// The slug of the organization.
    pub organization_slug: &'a str,
    /// The MemberSession object as the API shows it.
    pub session: &'a Value,
    /// The caller's own claims.
    pub custom: &'a Map<String, Value>,
}

/// Signs a session JWT that lives [`LIFE`] from `now`.
pub fn sign(key: &SigningKey, claims: &Claims<'_>, now: OffsetDateTime) -> Result<String, JwtError> {
    let session = claims.session;
    let mut body = Map::new();
    body.insert("aud".into(), json!([claims.project_id]));
    body.insert("exp".into(), json!((now + LIFE).unix_timestamp()));
    body.insert("iat".into(), json!(now.unix_timestamp()));
    body.insert("iss".into(), json!(issuer(claims.project_id)));
    body.insert("nbf".into(), json!(now.unix_timestamp()));
    body.insert("sub".into(), json!(claims.member_id));
    body.insert(
        SESSION_CLAIM.into(),
        json!({
            "id": session["member_session_id"],
            "started_at": whole_second(&session["started_at"]),
            "last_accessed_at": whole_second(&session["last_accessed_at"]),
            "expires_at": whole_second(&session["expires_at"]),
            "attributes": {"user_agent": "", "ip_address": ""},
            "authentication_factors": session["authentication_factors"],
            "roles": session["roles"],
        }),
    );
    body.insert(
        ORGANIZATION_CLAIM.into(),
        json!({"organization_id": claims.organization_id, "slug": claims.organization_slug}),
    );
    for (name, value) in claims.custom {
        if !RESERVED_CLAIMS.contains(&name.as_str()) {
            body.insert(name.clone(), value.clone());
        }
    }
    key.sign(&Value::Object(body))
}

/// A time of the API without the parts of its second: times in the claim are such as `2021-12-29T12:33:09Z`
/// (<https://stytch.com/docs/multi-tenant-auth/manage-sessions/jwts-and-tokens>), and so are `iat` and `exp`.
fn whole_second(at: &Value) -> Option<String> {
    let text = at.as_str()?;
    Some(text.split_once('.').map_or_else(|| text.to_owned(), |(second, _)| format!("{second}Z")))
}

/// The issuer of a project's JWTs.
pub fn issuer(project_id: &str) -> String {
    format!("stytch.com/{project_id}")
}

/// What a verified JWT names.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    /// The session that it belongs to.
    pub member_session_id: String,
    /// Its subject.
    pub member_id: String,
}

#[derive(Deserialize)]
struct Body {
    sub: String,
    #[serde(rename = "https://stytch.com/session")]
    session: SessionBody,
}

#[derive(Deserialize)]
struct SessionBody {
    id: String,
}

/// The session that `jwt` belongs to, if it is one of the project's ([`claims`]).
pub fn verify<'a>(
    jwt: &str,
    keys: impl IntoIterator<Item = &'a SigningKey>,
    project_id: &str,
) -> Result<Verified, JwtError> {
    let body: Body = serde_json::from_value(claims(jwt, keys, project_id)?).map_err(|_| JwtError::Invalid)?;
    Ok(Verified { member_session_id: body.session.id, member_id: body.sub })
}

/// The claims of `jwt`, after its algorithm, signature, issuer and audience were checked against the `keys` that are in the
/// JWKS. Not `exp`: see above.
pub fn claims<'a>(
    jwt: &str,
    keys: impl IntoIterator<Item = &'a SigningKey>,
    project_id: &str,
) -> Result<Value, JwtError> {
    let header = jsonwebtoken::decode_header(jwt).map_err(|_| JwtError::Invalid)?;
    let kid = header.kid.ok_or(JwtError::Invalid)?;
    let key = keys.into_iter().find(|key| key.kid == kid).ok_or(JwtError::Invalid)?;
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.public.clone()).map_err(|_| JwtError::Key)?;
    let decoding = jsonwebtoken::DecodingKey::from_jwk(&jwk).map_err(|_| JwtError::Key)?;
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_audience(&[project_id]);
    validation.set_issuer(&[issuer(project_id)]);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    Ok(jsonwebtoken::decode::<Value>(jwt, &decoding, &validation).map_err(|_| JwtError::Invalid)?.claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-01-02 03:04:05 UTC);

    fn jwt(key: &SigningKey, custom: &Value) -> String {
        jwt_of_access(key, custom, "2026-01-02T03:04:05.000009Z")
    }

    fn jwt_of_access(key: &SigningKey, custom: &Value, accessed: &str) -> String {
        let session = json!({
            "member_session_id": "session-test-1", "started_at": "2026-01-02T03:04:05Z",
            "last_accessed_at": accessed, "expires_at": "2026-01-02T04:04:05.000001Z",
            "authentication_factors": [], "roles": ["stytch_member"],
        });
        let claims = Claims {
            project_id: "project-test-1",
            member_id: "member-test-1",
            organization_id: "organization-test-1",
            organization_slug: "acme",
            session: &session,
            custom: custom.as_object().expect("an object"),
        };
        sign(key, &claims, NOW).expect("a signature")
    }

    fn body(jwt: &str) -> Value {
        let segment = jwt.split('.').nth(1).expect("three segments");
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).expect("base64")).expect("JSON")
    }

    /// Protects consumers that verify locally: an independent library accepts the JWT with the published key, and the
    /// claims are the documented ones, with a life of five minutes.
    #[test]
    fn a_jwt_carries_the_documented_claims_and_verifies_with_its_jwk() {
        let key = SigningKey::read("jwk-1", &generate().expect("a key")).expect("a readable key");
        let jwt = jwt(&key, &json!({"plan": "gold", "sub": "somebody-else"}));
        let claims = body(&jwt);
        assert_eq!(claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(e, i)| e - i), Some(300));
        assert_eq!(claims["iss"], "stytch.com/project-test-1");
        assert_eq!(claims["aud"], json!(["project-test-1"]));
        assert_eq!(claims["sub"], "member-test-1", "a custom claim must not replace a registered one");
        assert_eq!(claims["plan"], "gold");
        assert_eq!(claims[SESSION_CLAIM]["roles"], json!(["stytch_member"]));
        assert_eq!(claims[ORGANIZATION_CLAIM], json!({"organization_id": "organization-test-1", "slug": "acme"}));
        let verified = verify(&jwt, [&key], "project-test-1").expect("a valid JWT");
        assert_eq!(verified.member_session_id, "session-test-1");
        assert_eq!(key.jwk()["kty"], "RSA");
        assert_eq!(key.jwk()["alg"], "RS256");
        assert_eq!(key.jwk()["use"], "sig");
        assert_eq!(key.jwk().get("d"), None, "the private exponent must stay private");
    }

    /// Looking at a session again within the second costs no signature; in the next second it does.
    #[test]
    fn a_second_has_one_jwt() {
        let key = SigningKey::read("jwk-1", &generate().expect("a key")).expect("a readable key");
        let at = |accessed| jwt_of_access(&key, &json!({}), accessed);
        let first = at("2026-01-02T03:04:05.000009Z");
        assert_eq!(body(&first)[SESSION_CLAIM]["last_accessed_at"], "2026-01-02T03:04:05Z");
        assert_eq!(body(&first)[SESSION_CLAIM]["expires_at"], "2026-01-02T04:04:05Z");
        assert_eq!((at("2026-01-02T03:04:05.900000Z"), key.remembered().len()), (first, 1));
        at("2026-01-02T03:04:06.000000Z");
        assert_eq!(key.remembered().len(), 2);
    }

    /// Protects against forgery: a foreign key under a known id, another project, `alg: none` and garbage are all refused.
    #[test]
    fn refuses_every_forgery() {
        let key = SigningKey::read("jwk-1", &generate().expect("a key")).expect("a readable key");
        let forger = SigningKey::read("jwk-1", &generate().expect("a key")).expect("a readable key");
        let good = jwt(&key, &json!({}));
        let forged = jwt(&forger, &json!({}));
        let mut parts = good.split('.');
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"jwk-1"}"#);
        let unsigned = format!("{none}.{}.", parts.nth(1).expect("three segments"));
        for (text, project) in [
            (forged.as_str(), "project-test-1"),
            (good.as_str(), "project-test-2"),
            (&unsigned, "project-test-1"),
            ("a.b.c", "project-test-1"),
        ] {
            assert!(verify(text, [&key], project).is_err(), "{text} for {project}");
        }
        assert!(verify(&good, [], "project-test-1").is_err(), "a key that is no longer published");
    }
}
