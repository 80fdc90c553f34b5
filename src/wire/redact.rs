//! Nothing secret leaves the run: header values, JSON members and known secret strings become `***`.

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
    known: Vec<Secret>,
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
            let order = |known: &Secret| {
                let (known, new) = (known.expose(), secret.expose());
                (new.len(), new).cmp(&(known.len(), known))
            };
            if let Err(place) = self.known.binary_search_by(order) {
                self.known.insert(place, secret);
            }
        }
    }

    /// A copy of the exchange in which no secret is left.
    pub fn exchange(&self, exchange: &Exchange) -> Exchange {
        let mut copy = exchange.clone();
        copy.url = self.text(&copy.url);
        self.headers(&mut copy.headers);
        copy.body = copy.body.map(|body| self.body(&body));
        match &mut copy.reply {
            Reply::Response(response) => {
                self.headers(&mut response.headers);
                response.body = self.body(&response.body);
            }
            Reply::Failed(error) => error.message = self.text(&error.message),
        }
        copy
    }

    /// Text in which the known secrets are hidden.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.known {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), MASK);
            }
        }
        text
    }

    /// A body: secret JSON members and known secrets are hidden. A body without secrets comes back byte for byte.
    pub fn body(&self, body: &str) -> String {
        let text = self.text(body);
        let Ok(mut value) = serde_json::from_str::<Value>(&text) else { return text };
        if mask(&mut value) { value.to_string() } else { text }
    }

    fn headers(&self, headers: &mut [(String, String)]) {
        for (name, value) in headers {
            *value = redact_header(name, value).unwrap_or_else(|| self.text(value));
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

/// Hides secret members in place; says whether there was one. It looks at every member: no short cut after the first.
fn mask(value: &mut Value) -> bool {
    let mut found = false;
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name: String = name.chars().filter(|c| *c != '_' && *c != '-').collect();
                let secret = MEMBERS.contains(&name.to_ascii_lowercase().as_str());
                if secret && member.as_str().is_some_and(|text| !text.is_empty()) {
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
