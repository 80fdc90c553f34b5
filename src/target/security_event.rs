//! Security event tokens as a receiver reads them (RFC 8417): taken apart, and their signature verified with the keys that
//! the transmitter publishes.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// A token that was received.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityEvent {
    /// The `jti` under which the transmitter handed it out.
    pub handed_out_as: String,
    /// Its JOSE header.
    pub header: Map<String, Value>,
    /// Its claims.
    pub claims: Map<String, Value>,
    /// The compact serialisation.
    pub compact: String,
}

impl SecurityEvent {
    /// Reads a compact serialisation (RFC 7515 section 7.1), without looking at its signature.
    ///
    /// # Errors
    /// If it is none, in words for a person.
    pub fn read(handed_out_as: &str, compact: &str) -> Result<SecurityEvent, String> {
        let mut parts = compact.split('.');
        let (Some(header), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("a token has three parts".to_owned());
        };
        let object = |part: &str, what: &str| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| format!("its {what} is not base64url"))?;
            serde_json::from_slice::<Map<String, Value>>(&bytes).map_err(|_| format!("its {what} is not a JSON object"))
        };
        Ok(SecurityEvent {
            handed_out_as: handed_out_as.to_owned(),
            header: object(header, "header")?,
            claims: object(claims, "body")?,
            compact: compact.to_owned(),
        })
    }

    /// The event types and their payloads.
    pub fn events(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.claims
            .get("events")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(uri, body)| (uri.as_str(), body))
    }

    /// Whether it tells of that event type: its whole URI, or the end of it after a colon or a slash.
    pub fn tells(&self, event_type: &str) -> bool {
        self.events().any(|(uri, _)| SecurityEvent::is_called(uri, event_type))
    }

    /// Whether a URI is meant by that name: the whole of it, or its end after a colon or a slash.
    pub fn is_called(uri: &str, event_type: &str) -> bool {
        uri == event_type || uri.strip_suffix(event_type).is_some_and(|head| head.ends_with([':', '/']))
    }

    /// The subject identifier; null if there is none.
    pub fn sub_id(&self) -> &Value {
        self.claims.get("sub_id").unwrap_or(&Value::Null)
    }

    /// Whether it is about the User or the member with that id, however the subject is written.
    pub fn is_about(&self, id: &str) -> bool {
        fn names(value: &Value, id: &str) -> bool {
            match value {
                Value::String(text) => text == id || text.ends_with(&format!("/{id}")),
                Value::Array(items) => items.iter().any(|item| names(item, id)),
                Value::Object(members) => members.values().any(|member| names(member, id)),
                _ => false,
            }
        }
        names(self.sub_id(), id)
    }

    /// Verifies the signature with one of the keys of a JWKS.
    ///
    /// # Errors
    /// If none of them made it, in words for a person.
    pub fn verify(&self, keys: &[Value]) -> Result<(), String> {
        let header = jsonwebtoken::decode_header(&self.compact).map_err(|error| format!("the header: {error}"))?;
        let own = |key: &&Value| header.kid.is_none() || key["kid"].as_str() == header.kid.as_deref();
        let key = keys
            .iter()
            .find(own)
            .ok_or_else(|| format!("no key of the JWKS has the kid {}", header.kid.as_deref().unwrap_or("(none)")))?;
        let jwk: jsonwebtoken::jwk::Jwk =
            serde_json::from_value(key.clone()).map_err(|error| format!("the key cannot be read: {error}"))?;
        let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).map_err(|error| format!("the key: {error}"))?;
        let mut validation = jsonwebtoken::Validation::new(header.alg);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode::<Value>(&self.compact, &key, &validation)
            .map(drop)
            .map_err(|error| format!("the signature: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(header), part(claims))
    }

    /// Protects the reading of subjects: by SCIM path, by JWT subject, inside of a complex subject, and nobody else's.
    #[test]
    fn subjects_are_found_however_they_are_written() {
        let about = |sub_id: Value| {
            let text = token(&json!({"alg": "RS256"}), &json!({"sub_id": sub_id}));
            SecurityEvent::read("1", &text).expect("a token").is_about("u1")
        };
        assert!(about(json!({"format": "scim", "uri": "/Users/u1"})));
        assert!(about(json!({"format": "complex", "user": {"format": "iss_sub", "iss": "i", "sub": "u1"}})));
        assert!(!about(json!({"format": "scim", "uri": "/Users/u12"})) && !about(Value::Null));
    }

    /// Protects against forgery and garbage: no key, no signature, no token.
    #[test]
    fn what_is_no_token_is_told() {
        for (text, why) in
            [("a.b", "three parts"), ("a.b.c.d", "three parts"), ("*.e30.x", "base64url"), ("W10.e30.x", "object")]
        {
            let error = SecurityEvent::read("1", text).expect_err("no token");
            assert!(error.contains(why), "{text}: {error}");
        }
        let text = token(&json!({"alg": "RS256", "kid": "k"}), &json!({}));
        assert!(SecurityEvent::read("1", &text).expect("a token").verify(&[]).is_err());
    }

    /// Protects scenarios that name an event by the end of its URI.
    #[test]
    fn event_types_are_known_by_their_end() {
        let events = json!({"events": {"urn:ietf:params:scim:event:prov:delete": {}}});
        let event = SecurityEvent::read("1", &token(&json!({}), &events)).expect("a token");
        assert!(event.tells("prov:delete") && event.tells("urn:ietf:params:scim:event:prov:delete"));
        assert!(!event.tells("lete") && !event.tells("prov:activate"));
    }
}
