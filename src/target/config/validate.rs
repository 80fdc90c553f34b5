//! What types cannot say: templates that do not parse, calls that are neither request nor command, observers that capture
//! nothing of use. Everything is found before the first request.

use std::net::SocketAddr;

use super::{
    AuthConfig, Call, Calls, Config, ConfigError, Place, Scheme,
    error::{SEE_TEMPLATE, suggest},
    index::join,
};
use crate::target::{observe::STATUS_WORDS, template};

impl Config {
    /// Checks the whole configuration.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        self.target_section()?;
        self.headers("api.headers", &self.api.headers)?;
        self.check_template("api.url", self.api.url.as_deref())?;
        self.auth("api.auth", self.api.auth.as_ref())?;
        self.run_section()?;
        self.calls("tenant.open", &self.tenant.open)?;
        self.calls("tenant.close", &self.tenant.close)?;
        self.disposable()?;
        self.observers()?;
        self.webhooks()?;
        self.security_events()?;
        for (name, calls) in [
            ("act.grant_role", &self.act.grant_role),
            ("act.map_group_role", &self.act.map_group_role),
            ("act.map_domain_role", &self.act.map_domain_role),
            ("act.remove_connection", &self.act.remove_connection),
            ("act.set_policy", &self.act.set_policy),
        ] {
            if let Some(calls) = calls {
                self.some_calls(name, calls)?;
            }
        }
        for (name, calls) in &self.act.named {
            self.some_calls(&join("act.named", name), calls)?;
        }
        for (n, expect) in self.expect.iter().enumerate() {
            for (key, text) in [("id", &expect.id), ("reason", &expect.reason)] {
                if text.trim().is_empty() {
                    let remedy = "say which result is expected to deviate, and why that is tolerated";
                    return Err(self.wrong(&format!("expect[{n}].{key}"), "is empty", remedy));
                }
            }
        }
        Ok(())
    }

    fn target_section(&self) -> Result<(), ConfigError> {
        let target = &self.target;
        self.check_template("target.url", target.url.as_deref())?;
        if let Some(url) = target.url.as_deref().filter(|url| template::is_literal(url)) {
            self.http_url("target.url", url)?;
        }
        self.auth("target.auth", target.auth.as_ref())?;
        self.headers("target.headers", &target.headers)?;
        if target.rate.is_some_and(|rate| !rate.is_finite() || rate <= 0.0) {
            return Err(self.wrong(
                "target.rate",
                "is not a positive number",
                "give requests a second, or leave it out",
            ));
        }
        if target.timeout.is_zero() {
            return Err(self.wrong("target.timeout", "is zero", "give the longest time that a response may take"));
        }
        Ok(())
    }

    fn disposable(&self) -> Result<(), ConfigError> {
        let (tenant, key) = (&self.tenant, "tenant.disposable");
        match (tenant.disposable, tenant.open.is_empty(), tenant.close.is_empty()) {
            (true, true, _) => {
                let remedy = "make a tenant with [[tenant.open]], or leave the key out: what stands in a shared directory is removed";
                Err(self.wrong(key, "is set, but no call opens a tenant", remedy))
            }
            (true, _, false) => Err(self.wrong(
                key,
                "is set, and [tenant.close] too",
                "keep one of the two: a tenant is left, or removed",
            )),
            _ => Ok(()),
        }
    }

    fn run_section(&self) -> Result<(), ConfigError> {
        if self.run.concurrency == Some(0) {
            return Err(self.wrong("run.concurrency", "is zero", "give 1 or more"));
        }
        Ok(())
    }

    fn observers(&self) -> Result<(), ConfigError> {
        let observe = &self.observe;
        if let Some(member) = &observe.member {
            self.observer("observe.member", &member.call, "status")?;
            for (word, ours) in &member.status {
                if !STATUS_WORDS.contains(&ours.as_str()) {
                    return Err(self.wrong(
                        &join("observe.member.status", word),
                        format!("`{ours}` is not a member state"),
                        suggest(ours, &STATUS_WORDS, "the states are"),
                    ));
                }
            }
        }
        if let Some(roles) = &observe.roles {
            self.observer("observe.roles", &roles.call, "roles")?;
            self.pointer("observe.roles.id", &roles.id)?;
            self.pointer("observe.roles.sources", roles.sources.as_deref().unwrap_or_default())?;
            self.pointer("observe.roles.source", &roles.source)?;
        }
        if let Some(sign_in) = &observe.sign_in {
            self.observer("observe.sign_in", &sign_in.call, "session_token")?;
        }
        for (name, session) in [("observe.session", &observe.session), ("observe.jwt", &observe.jwt)] {
            if let Some(session) = session {
                self.some_calls(&format!("{name}.call"), &session.call)?;
                self.pointer(&format!("{name}.role_id"), &session.role_id)?;
                if session.call.0.iter().all(|call| call.refused_when.is_empty() && call.absent_when.is_empty()) {
                    let remedy = "say which statuses mean that the session is closed: `refused_when = [401]`";
                    return Err(self.wrong(&format!("{name}.call"), "can never be refused", remedy));
                }
            }
        }
        Ok(())
    }

    fn security_events(&self) -> Result<(), ConfigError> {
        let Some(observer) = &self.observe.security_events else { return Ok(()) };
        let key = |name: &str| format!("observe.security_events.{name}");
        self.calls(&key("open"), &observer.open)?;
        self.calls(&key("close"), &observer.close)?;
        self.calls(&key("verify"), &observer.verify)?;
        self.some_calls(&key("poll"), &observer.poll)?;
        self.captures(&key("poll"), &observer.poll, "sets")?;
        for (name, calls, captured) in [("keys", &observer.keys, "keys"), ("metadata", &observer.metadata, "issuer")] {
            self.calls(&key(name), calls)?;
            if !calls.is_empty() {
                self.captures(&key(name), calls, captured)?;
            }
        }
        Ok(())
    }

    fn webhooks(&self) -> Result<(), ConfigError> {
        let Some(webhooks) = &self.observe.webhooks else { return Ok(()) };
        let key = |name: &str| format!("observe.webhooks.{name}");
        if webhooks.listen.parse::<SocketAddr>().is_err() {
            let problem = format!("`{}` is not an address", webhooks.listen);
            return Err(self.wrong(&key("listen"), problem, "write address and port: `127.0.0.1:0`, `0.0.0.0:8080`"));
        }
        if let Some(url) = &webhooks.public_url {
            self.http_url(&key("public_url"), url)?;
        }
        self.calls(&key("register"), &webhooks.register)?;
        self.calls(&key("unregister"), &webhooks.unregister)?;
        self.calls(&key("fence"), &webhooks.fence)?;
        if !webhooks.fence.is_empty() {
            self.captures(&key("fence"), &webhooks.fence, "fence_object")?;
        }
        let signature = &webhooks.signature;
        self.check_template(&key("signature.secret"), signature.secret.as_deref())?;
        if signature.scheme != Scheme::None && signature.secret.is_none() {
            self.captures(&key("register"), &webhooks.register, "webhook_secret")?;
        }
        if signature.scheme == Scheme::HmacSha256Hex && signature.header.is_none() {
            let remedy = "name the header that carries the signature: `header = \"X-Hub-Signature-256\"`";
            return Err(self.wrong(&key("signature"), "`header` is missing", remedy));
        }
        let event = &webhooks.event;
        for (name, mapping) in [
            ("type", Some(&event.kind)),
            ("id", event.id.as_ref()),
            ("source", event.source.as_ref()),
            ("object", event.object.as_ref()),
            ("organization", event.organization.as_ref()),
        ] {
            let Some(mapping) = mapping.filter(|mapping| !mapping.starts_with('/')) else { continue };
            let key = key(&format!("event.{name}"));
            if template::is_literal(mapping) {
                let remedy = "write a JSON pointer (`/type`) or a template (`{{ body.type }}`)";
                return Err(self.wrong(&key, format!("`{mapping}` takes nothing from the event"), remedy));
            }
            self.check_template(&key, Some(mapping))?;
        }
        Ok(())
    }

    /// An observer needs at least one call, and must capture what it observes.
    fn observer(&self, name: &str, calls: &Calls, captured: &str) -> Result<(), ConfigError> {
        let key = format!("{name}.call");
        self.some_calls(&key, calls)?;
        self.captures(&key, calls, captured)
    }

    fn captures(&self, key: &str, calls: &Calls, name: &str) -> Result<(), ConfigError> {
        if calls.0.iter().any(|call| call.capture.contains_key(name)) {
            return Ok(());
        }
        let remedy = format!("say where it stands in the answer: `capture = {{ {name} = \"/json/pointer\" }}`");
        Err(self.wrong(key, format!("captures no `{name}`"), remedy))
    }

    fn some_calls(&self, key: &str, calls: &Calls) -> Result<(), ConfigError> {
        if calls.is_empty() {
            return Err(self.wrong(key, "has no call", SEE_TEMPLATE));
        }
        self.calls(key, calls)
    }

    fn calls(&self, key: &str, calls: &Calls) -> Result<(), ConfigError> {
        for (n, call) in calls.0.iter().enumerate() {
            self.call(&self.call_key(key, calls, n), call)?;
        }
        Ok(())
    }

    fn call(&self, key: &str, call: &Call) -> Result<(), ConfigError> {
        let sub = |name: &str| format!("{key}.{name}");
        match (&call.url, call.command.is_empty()) {
            (None, true) => return Err(self.wrong(key, "has neither `url` nor `command`", SEE_TEMPLATE)),
            (Some(_), false) => return Err(self.wrong(key, "has both `url` and `command`", "make it two calls")),
            _ => {}
        }
        let bodies = [call.json.is_some(), !call.form.is_empty(), call.body.is_some()];
        if bodies.iter().filter(|body| **body).count() > 1 {
            return Err(self.wrong(key, "has more than one body", "keep one of `json`, `form` and `body`"));
        }
        if call.url.is_none() {
            let http = [
                ("method", call.method.is_some()),
                ("query", !call.query.is_empty()),
                ("headers", !call.headers.is_empty()),
                ("json", call.json.is_some()),
                ("form", !call.form.is_empty()),
                ("body", call.body.is_some()),
                ("auth", call.auth.is_some()),
                ("status", !call.status.is_empty()),
            ];
            if let Some((name, _)) = http.iter().find(|(_, present)| *present) {
                let remedy = "a command has `stdin`, `env`, `exit`, `refused_when`, `absent_when`, `restart_when`, `timeout` and `capture`";
                return Err(self.wrong(&sub(name), "belongs to an HTTP call, and this one is a command", remedy));
            }
        }
        if let Some(method) = &call.method
            && !method.bytes().all(|byte| byte.is_ascii_alphabetic())
        {
            return Err(self.wrong(
                &sub("method"),
                format!("`{method}` is not an HTTP method"),
                "write `GET`, `POST`, …",
            ));
        }
        self.check_template(&sub("url"), call.url.as_deref())?;
        if let Some(url) = &call.url
            && self.api.url.is_none()
            && !url.starts_with("http://")
            && !url.starts_with("https://")
            && !url.trim_start().starts_with("{{")
        {
            let remedy = "make it absolute, or set `url` in `[api]`";
            return Err(self.wrong(&sub("url"), format!("`{url}` is relative, and `[api]` has no `url`"), remedy));
        }
        if let Some(status) = call.status.iter().find(|status| !(100..=599).contains(*status)) {
            return Err(self.wrong(&sub("status"), format!("{status} is not an HTTP status"), "use 100 to 599"));
        }
        for (name, map) in
            [("query", &call.query), ("headers", &call.headers), ("form", &call.form), ("env", &call.env)]
        {
            self.headers(&sub(name), map)?;
        }
        for (n, word) in call.command.iter().enumerate() {
            self.check_template(&format!("{key}.command[{n}]"), Some(word))?;
        }
        self.check_template(&sub("body"), call.body.as_deref())?;
        self.check_template(&sub("stdin"), call.stdin.as_deref())?;
        if let Some(json) = &call.json {
            self.check_json(&sub("json"), json)?;
        }
        self.auth(&sub("auth"), call.auth.as_ref())?;
        for (name, capture) in &call.capture {
            let key = join(&sub("capture"), name);
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(self.wrong(&key, "is not a name for a variable", "use letters, digits and `_`"));
            }
            if call.url.is_none() && matches!(capture.from, Place::Header(_)) {
                return Err(self.wrong(
                    &key,
                    "a command answers without headers",
                    "use a JSON pointer or `text = true`",
                ));
            }
        }
        Ok(())
    }

    fn check_json(&self, key: &str, value: &serde_json::Value) -> Result<(), ConfigError> {
        match value {
            serde_json::Value::String(text) => self.check_template(key, Some(text)),
            serde_json::Value::Array(items) => {
                items.iter().enumerate().try_for_each(|(n, item)| self.check_json(&format!("{key}[{n}]"), item))
            }
            serde_json::Value::Object(members) => {
                members.iter().try_for_each(|(name, member)| self.check_json(&join(key, name), member))
            }
            _ => Ok(()),
        }
    }

    fn auth(&self, key: &str, auth: Option<&AuthConfig>) -> Result<(), ConfigError> {
        let parts: Vec<(&str, &String)> = match auth {
            None | Some(AuthConfig::None) => Vec::new(),
            Some(AuthConfig::Bearer(token)) => vec![("bearer", token)],
            Some(AuthConfig::Basic { user, password }) => vec![("basic.user", user), ("basic.password", password)],
            Some(AuthConfig::Header { name, value }) => vec![("header.name", name), ("header.value", value)],
            Some(AuthConfig::Oauth2 { token_url, client_id, client_secret, scope }) => {
                let mut parts = vec![
                    ("oauth2.token_url", token_url),
                    ("oauth2.client_id", client_id),
                    ("oauth2.client_secret", client_secret),
                ];
                parts.extend(scope.as_ref().map(|scope| ("oauth2.scope", scope)));
                parts
            }
        };
        parts.into_iter().try_for_each(|(name, text)| self.check_template(&format!("{key}.{name}"), Some(text)))
    }

    fn headers(&self, key: &str, headers: &indexmap::IndexMap<String, String>) -> Result<(), ConfigError> {
        headers.iter().try_for_each(|(name, value)| self.check_template(&join(key, name), Some(value)))
    }

    fn check_template(&self, key: &str, text: Option<&str>) -> Result<(), ConfigError> {
        let Some(text) = text else { return Ok(()) };
        template::check(text).map_err(|reason| {
            self.wrong(key, format!("is not a template: {reason}"), "variables are written `{{ name }}`")
        })
    }

    fn pointer(&self, key: &str, pointer: &str) -> Result<(), ConfigError> {
        if pointer.is_empty() || pointer.starts_with('/') {
            return Ok(());
        }
        Err(self.wrong(key, format!("`{pointer}` is not a JSON pointer"), "begin it with `/`"))
    }

    fn http_url(&self, key: &str, url: &str) -> Result<(), ConfigError> {
        let problem = match url::Url::parse(url) {
            Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.host().is_some() => return Ok(()),
            Ok(parsed) => format!("`{url}` is not an HTTP URL (its scheme is `{}`)", parsed.scheme()),
            Err(error) => format!("`{url}` is not a URL: {error}"),
        };
        Err(self.wrong(key, problem, "write it whole: `https://host/scim/v2`"))
    }
}
