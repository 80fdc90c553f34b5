//! A tenant's stream of security events, polled (RFC 8936).

use serde_json::{Map, Value};

use super::Tenant;
use crate::target::{
    Observed, Section, SecurityEvent, TargetError, Unobserved, call::Answer, config::SecurityEventsObserver,
};

impl Tenant {
    fn security_events(&self) -> Observed<&SecurityEventsObserver> {
        self.target().config().observe.security_events.as_ref().ok_or_else(|| Section::SecurityEvents.missing())
    }

    /// Makes a stream of the tenant that carries these event types, and is polled from then on.
    ///
    /// # Errors
    /// If there is no `[observe.security_events]`, or a call fails.
    pub async fn open_stream(&self, events: &[&str]) -> Observed<()> {
        let observer = self.security_events()?;
        let events = [("events", Value::from(events.to_vec()))];
        let (captured, _) = self.call("observe.security_events.open", &observer.open, events).await?.succeeded()?;
        self.variables().extend(captured);
        self.inner.streams.store(true, std::sync::atomic::Ordering::Release);
        Ok(())
    }

    /// Fetches what is pending, after acknowledging what the last call gave.
    ///
    /// # Errors
    /// As [`Tenant::open_stream`], and if the answer is no answer to a poll.
    pub async fn poll_stream(&self, acknowledged: &[String]) -> Observed<Vec<Result<SecurityEvent, String>>> {
        let observer = self.security_events()?;
        let key = "observe.security_events.poll";
        let ack = [("ack", Value::from(acknowledged.to_vec()))];
        let (captured, _) = self.call(key, &observer.poll, ack).await?.succeeded()?;
        let sets = captured.get("sets").cloned().unwrap_or_default();
        let empty = Map::new();
        let sets = match &sets {
            Value::Object(sets) => sets,
            Value::Null => &empty,
            _ => {
                return Err(TargetError::Unreadable {
                    place: format!("{}: {key}", self.target().config().place_of(key)),
                    reason: "`sets` is not an object; let the capture point at the `sets` of RFC 8936".to_owned(),
                }
                .into());
            }
        };
        Ok(sets
            .iter()
            .map(|(jti, token)| {
                SecurityEvent::read(jti, token.as_str().unwrap_or_default()).map_err(|why| format!("{jti}: {why}"))
            })
            .collect())
    }

    /// Whether a poll without credentials is let in: the status that it was answered with, and whether that is a success.
    ///
    /// # Errors
    /// As [`Tenant::open_stream`].
    pub async fn poll_stream_as_nobody(&self) -> Observed<(u16, bool)> {
        let observer = self.security_events()?;
        let mut calls = observer.poll.clone();
        for call in &mut calls.0 {
            call.auth = Some(crate::target::config::AuthConfig::None);
            call.refused_when = (400..500).collect();
        }
        let ack = [("ack", Value::Array(Vec::new()))];
        match self.call("observe.security_events.poll", &calls, ack).await? {
            Answer::Refused { status, .. } | Answer::Absent { status, .. } => Ok((status, false)),
            answer => answer.succeeded().map(|_| (200, true)).map_err(Unobserved::from),
        }
    }

    /// The keys that the transmitter publishes (RFC 7517).
    ///
    /// # Errors
    /// If there is no `[observe.security_events.keys]`, or it fails.
    pub async fn stream_keys(&self) -> Observed<Vec<Value>> {
        let observer = self.security_events()?;
        if observer.keys.is_empty() {
            return Err(lacks("the keys of security events", "keys"));
        }
        let (captured, _) = self.call("observe.security_events.keys", &observer.keys, []).await?.succeeded()?;
        Ok(captured.get("keys").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// Asks for a verification event with this state (SSF 1.0 section 8.1.4.2).
    ///
    /// # Errors
    /// If there is no `[observe.security_events.verify]`, or it fails.
    pub async fn verify_stream(&self, state: &str) -> Observed<()> {
        let observer = self.security_events()?;
        if observer.verify.is_empty() {
            return Err(lacks("verification of a stream", "verify"));
        }
        let state = [("state", Value::from(state))];
        self.call("observe.security_events.verify", &observer.verify, state).await?.succeeded()?;
        Ok(())
    }

    /// What the transmitter says of itself; captures `issuer`.
    ///
    /// # Errors
    /// If there is no `[observe.security_events.metadata]`, or it fails.
    pub async fn transmitter(&self) -> Observed<Map<String, Value>> {
        let observer = self.security_events()?;
        if observer.metadata.is_empty() {
            return Err(lacks("the transmitter's metadata", "metadata"));
        }
        Ok(self.call("observe.security_events.metadata", &observer.metadata, []).await?.succeeded()?.0)
    }

    /// How long an event may take.
    pub fn stream_deadline(&self) -> std::time::Duration {
        self.security_events().map_or(std::time::Duration::ZERO, |observer| observer.deadline)
    }
}

fn lacks(what: &'static str, key: &str) -> Unobserved {
    Unobserved::NoObserver { what, remedy: format!("add `[observe.security_events.{key}]` to scimulate.toml") }
}
