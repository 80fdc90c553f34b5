//! Nothing secret leaves the run: header values, JSON members and known secret strings become `***`.

use std::fmt;

use memchr::memmem::Finder;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Exchange, Reply, Secret, url_encode};

/// Headers whose value carries a credential.
const HEADERS: [&str; 9] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "x-auth-token",
    "x-stytch-member-session",
    "x-stytch-member-sessionjwt",
];

/// JSON members whose value is a credential, compared without case, `_` and `-`.
const MEMBERS: [&str; 14] = [
    "password",
    "bearertoken",
    "nextbearertoken",
    "sessiontoken",
    "sessionjwt",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "clientsecret",
    "clientassertion",
    "secret",
    "projectsecret",
    "apikey",
    "scimtoken",
];

const MASK: &str = "***";

/// Redacts exchanges and text. It knows the run's own secrets besides the well-known places of secrets, also in the forms
/// that they take in URLs, forms and JSON.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    known: Vec<Known>,
}

/// A secret, and what finds it: a run looks for each in every header and body that it sent or got.
#[derive(Clone)]
struct Known {
    secret: Secret,
    finder: Finder<'static>,
}

impl Known {
    fn new(secret: Secret) -> Known {
        let finder = Finder::new(secret.expose()).into_owned();
        Known { secret, finder }
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The finder holds the secret in the open.
        fmt::Debug::fmt(&self.secret, f)
    }
}

impl Redactor {
    /// A redactor that also hides these literal values, wherever they stand.
    pub fn new(known: impl IntoIterator<Item = Secret>) -> Redactor {
        let mut redactor = Redactor::default();
        redactor.add(known);
        redactor
    }

    /// Adds one more known secret.
    pub fn learn(&mut self, secret: Secret) {
        self.add([secret]);
    }

    /// Values of fewer than four characters are not taken: they stand everywhere.
    fn add(&mut self, secrets: impl IntoIterator<Item = Secret>) {
        for secret in secrets.into_iter().filter(|secret| secret.expose().len() >= 4).flat_map(forms) {
            // The longest first, so that a secret which contains another is hidden whole.
            let order = |known: &Known| {
                let (known, new) = (known.secret.expose(), secret.expose());
                (new.len(), new).cmp(&(known.len(), known))
            };
            if let Err(place) = self.known.binary_search_by(order) {
                self.known.insert(place, Known::new(secret));
            }
        }
    }

    /// The exchange with no secret left in it.
    pub fn exchange(&self, mut exchange: Exchange) -> Exchange {
        self.hide(&mut exchange.url);
        self.headers(&mut exchange.headers);
        if let Some(body) = &mut exchange.body {
            self.hide_in_body(body);
        }
        match &mut exchange.reply {
            Reply::Response(response) => {
                self.headers(&mut response.headers);
                self.hide_in_body(&mut response.body);
            }
            Reply::Failed(error) => self.hide(&mut error.message),
        }
        exchange
    }

    /// Text in which the known secrets are hidden.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        self.hide(&mut text);
        text
    }

    /// A body: secret JSON members and known secrets are hidden. A body without secrets comes back byte for byte.
    pub fn body(&self, body: &str) -> String {
        let mut body = body.to_owned();
        self.hide_in_body(&mut body);
        body
    }

    fn hide(&self, text: &mut String) {
        for Known { secret, finder } in &self.known {
            if finder.find(text.as_bytes()).is_some() {
                *text = text.replace(secret.expose(), MASK);
            }
        }
    }

    fn hide_in_body(&self, body: &mut String) {
        self.hide(body);
        // Most bodies name nothing secret, and looking at the names alone is far cheaper than reading the whole.
        if serde_json::from_str::<Names>(body).is_ok_and(|names| names.secret)
            && let Ok(mut value) = serde_json::from_str::<Value>(body)
            && mask(&mut value)
        {
            *body = value.to_string();
        }
    }

    fn headers(&self, headers: &mut [(String, String)]) {
        for (name, value) in headers {
            match redact_header(name, value) {
                Some(masked) => *value = masked,
                None => self.hide(value),
            }
        }
    }
}

/// A secret as it is, and as it looks inside a URL or form, and inside a JSON string.
fn forms(secret: Secret) -> Vec<Secret> {
    let plain = secret.expose();
    let json = Value::from(plain).to_string();
    let mut forms = vec![Secret::new(url_encode(plain)), Secret::new(&json[1..json.len() - 1])];
    forms.retain(|form| *form != secret);
    forms.push(secret);
    forms
}

/// The redacted value of a header that carries a credential, keeping the scheme; `None` for all others.
pub(super) fn redact_header(name: &str, value: &str) -> Option<String> {
    HEADERS.iter().any(|header| name.eq_ignore_ascii_case(header)).then(|| mask_header(value))
}

/// A credential's header value, hidden but for its scheme.
pub(super) fn mask_header(value: &str) -> String {
    match value.split_once(' ') {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("basic") => {
            format!("{scheme} {MASK}")
        }
        _ => MASK.to_owned(),
    }
}

/// Whether a member of that name holds a credential.
fn is_secret(name: &str) -> bool {
    let letters = || name.bytes().filter(|byte| !matches!(byte, b'_' | b'-')).map(|byte| byte.to_ascii_lowercase());
    MEMBERS.iter().any(|member| member.bytes().eq(letters()))
}

/// Whether a JSON text has a member that holds a credential, found without keeping any of its values.
struct Names {
    secret: bool,
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
        deserializer.deserialize_any(Names { secret: false })
    }
}

impl<'de> Visitor<'de> for Names {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Names, A::Error> {
        while let Some(Name { secret }) = members.next_key()? {
            self.secret |= secret | members.next_value::<Names>()?.secret;
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Names, A::Error> {
        while let Some(item) = items.next_element::<Names>()? {
            self.secret |= item.secret;
        }
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Names, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Names, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Names, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Names, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Names, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Names, E> {
        Ok(self)
    }
}

/// The name of a member, looked at and not kept.
struct Name {
    secret: bool,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        struct Look;
        impl Visitor<'_> for Look {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a member")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name { secret: is_secret(name) })
            }
        }
        deserializer.deserialize_str(Look)
    }
}

/// Hides secret members in place; says whether there was one. It looks at every member: no short cut after the first.
fn mask(value: &mut Value) -> bool {
    let mut found = false;
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if is_secret(name) && member.as_str().is_some_and(|text| !text.is_empty()) {
                    *member = Value::from(MASK);
                    found = true;
                } else {
                    found |= mask(member);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                found |= mask(item);
            }
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A secret is hidden in the forms that it takes in a URL, in a form body and in JSON.
    #[test]
    fn hides_encoded_secrets() {
        let redactor = Redactor::new([Secret::new("a+b/c=\"d")]);
        assert_eq!(redactor.text("?t=a%2Bb%2Fc%3D%22d&x=1"), "?t=***&x=1");
        assert_eq!(redactor.body(r#"{"n": "a+b/c=\"d"}"#), r#"{"n": "***"}"#);
    }

    /// Secrets are hidden by place (header, member) and by value, and harmless bodies stay as they were sent.
    #[test]
    fn hides_secrets_and_nothing_else() {
        let redactor = Redactor::new([Secret::new("tok-12345678"), Secret::new("tok-1234")]);
        assert_eq!(redact_header("Authorization", "Bearer abc").as_deref(), Some("Bearer ***"));
        assert_eq!(redact_header("Set-Cookie", "sid=1").as_deref(), Some("***"));
        assert_eq!(redact_header("ETag", "W/\"1\""), None);
        assert_eq!(redactor.text("x tok-12345678 y tok-1234"), "x *** y ***");
        assert_eq!(
            redactor.body(r#"{"a":[{"bearer_token":"zzzz"}],"password":"pw","n": 1}"#),
            r#"{"a":[{"bearer_token":"***"}],"password":"***","n":1}"#
        );
        assert_eq!(redactor.body(r#"{ "b" : 1 }"#), r#"{ "b" : 1 }"#);
    }
}
