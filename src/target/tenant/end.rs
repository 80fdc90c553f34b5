//! How a tenant is left.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use serde_json::Value;

use super::Tenant;
use crate::{
    target::call::{Answer, Caller},
    wire::{Request, Sender, Transcript},
};

impl Tenant {
    /// Removes the tenant: unregisters its mailbox, and runs `[tenant] close`; a shared tenant is left as it was found, by
    /// deleting what the run created in it; a disposable one is left behind. Gives the URLs of what could not be deleted.
    /// Closing twice does nothing.
    ///
    /// The requests are not recorded: they are no part of the scenario.
    pub async fn close(&self) -> Vec<String> {
        if self.inner.closed.swap(true, Ordering::AcqRel) {
            return Vec::new();
        }
        let config = self.target().config();
        let transcript = Transcript::new();
        let caller = Caller { transcript: &transcript, ..self.caller() };
        let mut left = Vec::new();
        if let (Some((mailbox, inbox)), Some(webhooks)) = (self.inner.mailbox.get(), &config.observe.webhooks) {
            let variables = self.with([("webhook_url", Value::from(mailbox.url()))]);
            let unregistered = caller.run("observe.webhooks.unregister", &webhooks.unregister, &variables).await;
            if unregistered.and_then(Answer::succeeded).is_err() {
                left.push(format!("webhook registration of {}", mailbox.url()));
            }
            inbox.close(mailbox);
        }
        if let Some(observer) =
            config.observe.security_events.as_ref().filter(|_| self.inner.streams.load(Ordering::Acquire))
        {
            let closed = caller.run("observe.security_events.close", &observer.close, &self.vars()).await;
            if let Err(error) = closed.and_then(Answer::succeeded) {
                left.push(format!("stream of security events: {error}"));
            }
        }
        if self.isolated() {
            let closed = caller.run("tenant.close", &config.tenant.close, &self.vars()).await;
            if let Err(error) = closed.and_then(Answer::succeeded) {
                left.push(format!("tenant: {error}"));
            }
        }
        if !config.tenant.disposable && (!self.isolated() || config.tenant.close.is_empty()) {
            left.extend(self.sweep(&transcript).await);
        }
        self.target().open_tenants().retain(|tenant| !Arc::ptr_eq(&tenant.inner, &self.inner));
        left
    }

    /// Deletes what the run created in this tenant; gives what would not go.
    async fn sweep(&self, transcript: &Transcript) -> Vec<String> {
        let scim = self.scim().with_transcript(transcript.clone());
        let mut answers = HashMap::new();
        for url in self.inner.ledger.open() {
            // The ledger reads the answer and crosses out what is gone.
            let request = Request::new("DELETE", with_query_of(&url, &scim.endpoint().base_url));
            let exchange = scim.send(Sender::Observer, request).await;
            answers.insert(url, exchange.status().map_or_else(|| "nothing".to_owned(), |status| status.to_string()));
        }
        let told = |url: String| match answers.get(&url) {
            Some(answer) => format!("{url} (DELETE answered {answer})"),
            None => url,
        };
        let mut left: Vec<String> = self.inner.ledger.open().into_iter().map(told).collect();
        left.extend(self.inner.ledger.doubtful().into_iter().map(|url| format!("{url} (perhaps not ours)")));
        left
    }
}

/// An absolute URL with the query that the base URL carries on every request.
fn with_query_of(url: &str, base_url: &str) -> String {
    match base_url.split_once('?') {
        Some((_, query)) => format!("{url}?{query}"),
        None => url.to_owned(),
    }
}
