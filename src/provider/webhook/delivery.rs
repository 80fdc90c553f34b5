//! One attempt at one delivery: what is due in a lane, the request, and what its answer means.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use rusqlite::{OptionalExtension, params};
use serde_json::Value;
use time::OffsetDateTime;

use crate::provider::{
    background::{self, ClientError},
    clock::{self, Clock},
    defect::DeliveryTampering,
    store::{Store, StoreError, Transaction},
};

use super::{
    operational, schedule,
    signature::{self, Secret},
};

/// How long a receiver may take for its 2xx (<https://docs.svix.com/retries>).
pub const PATIENCE: Duration = Duration::from_secs(15);

/// How long an endpoint may fail without a single success before it is disabled (<https://docs.svix.com/retries>).
pub const FAILING_FOR: time::Duration = time::Duration::days(5);

/// How much of an answer's body is read, so that the connection can be used again. A receiver that says more loses it.
const ANSWER_LIMIT: usize = 64 * 1024;

/// The queue of one endpoint and one organization.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lane {
    /// The receiver.
    pub endpoint_id: String,
    /// Whose events they are.
    pub organization_id: String,
}

/// The oldest delivery of a lane that is not done.
#[derive(Debug)]
pub struct Head {
    delivery_id: String,
    /// When it may be sent.
    pub due: OffsetDateTime,
    attempts: u32,
    payload: String,
    url: String,
    secrets: Vec<Secret>,
    disabled: bool,
}

/// What an attempt came to.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// A 2xx in time.
    Accepted(u16),
    /// Anything else, to be tried again: the status, if there was an answer, and what was wrong.
    Refused(Option<u16>, String),
    /// `webhook-delivery: abort-message`: this one must not be sent again (<https://docs.svix.com/retries>).
    Aborted(u16),
    /// 410: the receiver wants nothing more (Standard Webhooks 1.0.0, "deliverability").
    Gone,
}

/// What every attempt needs.
pub struct Sender {
    /// Where the rows are.
    pub store: Store,
    /// The time of sending, and what is due.
    pub clock: Clock,
    tampering: DeliveryTampering,
    client: Client,
    patience: Duration,
}

impl Sender {
    /// A sender with a connection pool of its own.
    pub fn new(
        store: Store,
        clock: Clock,
        tampering: DeliveryTampering,
        patience: Duration,
    ) -> Result<Sender, ClientError> {
        Ok(Sender { store, clock, tampering, client: background::client("webhooks")?, patience })
    }

    /// The lanes with a pending delivery later than `after`, and the last `seq` there is.
    pub fn lanes_after(&self, after: i64) -> Result<(Vec<Lane>, i64), StoreError> {
        self.store.read(|conn| {
            let mut rows = conn.prepare_cached(
                "SELECT endpoint_id, organization_id, max(seq) FROM deliveries WHERE seq > ?1 AND status = 'pending'
                 GROUP BY endpoint_id, organization_id",
            )?;
            let mut last = after;
            let mut lanes = Vec::new();
            let mut found = rows.query([after])?;
            while let Some(row) = found.next()? {
                lanes.push(Lane { endpoint_id: row.get(0)?, organization_id: row.get(1)? });
                last = last.max(row.get(2)?);
            }
            Ok((lanes, last))
        })
    }

    /// The head of a lane, or `None` if all of it is done.
    pub fn head(&self, lane: &Lane) -> Result<Option<Head>, StoreError> {
        let now = self.clock.now();
        self.store.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT d.delivery_id, d.next_attempt_at, d.attempts, o.payload, e.url, e.secret, e.previous_secret,
                        e.previous_secret_until, e.disabled_at
                 FROM deliveries d JOIN outbox o ON o.seq = d.seq JOIN webhook_endpoints e ON e.endpoint_id = d.endpoint_id
                 WHERE d.endpoint_id = ?1 AND d.organization_id = ?2 AND d.status = 'pending' ORDER BY d.seq LIMIT 1",
            )?;
            let head = statement
                .query_row(params![lane.endpoint_id, lane.organization_id], |row| {
                    let due: String = row.get(1)?;
                    let secret: String = row.get(5)?;
                    let previous: Option<String> = row.get(6)?;
                    let until: Option<String> = row.get(7)?;
                    let previous = previous.filter(|_| until.as_deref().and_then(clock::parse).is_some_and(|until| until > now));
                    Ok(Head {
                        delivery_id: row.get(0)?,
                        due: clock::parse(&due).unwrap_or(now),
                        attempts: row.get(2)?,
                        payload: row.get(3)?,
                        url: row.get(4)?,
                        secrets: [Some(secret), previous].iter().flatten().filter_map(|text| Secret::parse(text).ok()).collect(),
                        disabled: row.get::<_, Option<String>>(8)?.is_some(),
                    })
                })
                .optional()?;
            Ok(head)
        })
    }

    /// Sends the head of a lane once and writes down what came of it.
    pub async fn attempt(&self, lane: &Lane, head: &Head) -> Result<(), StoreError> {
        if head.disabled {
            return self.settle(lane, head, "failed", None, Some("the endpoint is disabled"));
        }
        let answer = self.send(head).await;
        // Not the URL: its path or query may be what keeps others out.
        tracing::debug!(delivery_id = head.delivery_id, endpoint_id = lane.endpoint_id, ?answer, "webhook attempt");
        match answer {
            Answer::Accepted(status) => self.settle(lane, head, "delivered", Some(status), None),
            Answer::Aborted(status) => {
                self.settle(lane, head, "failed", Some(status), Some("the receiver aborted the message"))
            }
            Answer::Gone => self.disable(lane, head),
            Answer::Refused(status, error) => {
                let Some(pause) = schedule::pause(head.attempts + 1, rand::random()) else {
                    return self.give_up(lane, head, status, &error);
                };
                self.postpone(lane, head, pause, status, &error)
            }
        }
    }

    async fn send(&self, head: &Head) -> Answer {
        let now = self.clock.now();
        let body = body(&head.payload, now);
        let timestamp = now.unix_timestamp();
        let secrets = if self.tampering.sign { head.secrets.as_slice() } else { &[] };
        let signatures: Vec<String> =
            secrets.iter().map(|secret| secret.sign(&head.delivery_id, timestamp, body.as_bytes())).collect();
        let headers = signature::headers(&head.delivery_id, timestamp, &signatures);
        let mut answer = self.post(head, &headers, body.clone()).await;
        for _ in 1..self.tampering.copies {
            if !matches!(answer, Answer::Accepted(_)) {
                break;
            }
            answer = self.post(head, &headers, body.clone()).await;
        }
        answer
    }

    async fn post(&self, head: &Head, headers: &[(&'static str, String)], body: String) -> Answer {
        let mut request = self.client.post(&head.url).timeout(self.patience).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        match request.body(body).send().await {
            Err(error) => Answer::Refused(None, why(&error)),
            Ok(mut response) => {
                let answer = read(response.status(), response.headers());
                let mut room = ANSWER_LIMIT;
                while let Ok(Some(chunk)) = response.chunk().await {
                    room = match room.checked_sub(chunk.len()) {
                        Some(rest) => rest,
                        None => break,
                    };
                }
                answer
            }
        }
    }

    /// The schedule is exhausted.
    fn give_up(&self, lane: &Lane, head: &Head, status: Option<u16>, error: &str) -> Result<(), StoreError> {
        self.settle(lane, head, "failed", status, Some(error))?;
        self.store.write(|tx| operational::exhausted(tx, lane, &head.delivery_id, status, self.clock.now()))
    }

    fn settle(
        &self,
        lane: &Lane,
        head: &Head,
        outcome: &str,
        status: Option<u16>,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        let now = clock::text(self.clock.now());
        self.store.write(|tx| {
            tx.prepare_cached(
                "UPDATE deliveries SET status = ?2, attempts = attempts + ?6, last_status = ?4,
                        last_error = ?5, delivered_at = CASE ?2 WHEN 'delivered' THEN ?3 END WHERE delivery_id = ?1",
            )?
            .execute(params![head.delivery_id, outcome, now, status, error, !head.disabled])?;
            if outcome == "delivered" {
                tx.prepare_cached(
                    "UPDATE webhook_endpoints SET failing_since = NULL
                     WHERE endpoint_id = ?1 AND failing_since IS NOT NULL",
                )?
                .execute([&lane.endpoint_id])?;
            }
            Ok(())
        })
    }

    fn postpone(
        &self,
        lane: &Lane,
        head: &Head,
        pause: Duration,
        status: Option<u16>,
        error: &str,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store.write(|tx| {
            tx.prepare_cached(
                "UPDATE deliveries SET attempts = attempts + 1, next_attempt_at = ?2, last_status = ?3, last_error = ?4
                 WHERE delivery_id = ?1",
            )?
            .execute(params![head.delivery_id, clock::text(now + pause), status, error])?;
            // `None`: the endpoint was deleted while the request was on its way.
            let since: Option<String> = tx
                .prepare_cached(
                    "UPDATE webhook_endpoints SET failing_since = coalesce(failing_since, ?2) WHERE endpoint_id = ?1
                     RETURNING failing_since",
                )?
                .query_row([&lane.endpoint_id, &clock::text(now)], |row| row.get(0))
                .optional()?;
            if since.as_deref().and_then(clock::parse).is_some_and(|since| now - since > FAILING_FOR) {
                switch_off(tx, lane, now, "the endpoint has failed for five days and is disabled")?;
            }
            Ok(())
        })
    }

    /// The endpoint is gone: nothing more is sent to it, of any organization.
    fn disable(&self, lane: &Lane, head: &Head) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store.write(|tx| {
            tx.prepare_cached(
                "UPDATE deliveries SET attempts = attempts + 1, last_status = 410 WHERE delivery_id = ?1",
            )?
            .execute([&head.delivery_id])?;
            switch_off(tx, lane, now, "the receiver answered 410, the endpoint is disabled")
        })
    }
}

/// Disables an endpoint and gives up what is pending for it; replay brings it back.
fn switch_off(tx: &Transaction, lane: &Lane, now: OffsetDateTime, why: &str) -> Result<(), StoreError> {
    let endpoint_id = lane.endpoint_id.as_str();
    let since: Option<Option<String>> = tx
        .prepare_cached("UPDATE webhook_endpoints SET disabled_at = ?2 WHERE endpoint_id = ?1 RETURNING failing_since")?
        .query_row([endpoint_id, &clock::text(now)], |row| row.get(0))
        .optional()?;
    // `None`: it was deleted meanwhile.
    if let Some(since) = since {
        operational::disabled(tx, lane, since.as_deref(), now)?;
    }
    tx.prepare_cached(
        "UPDATE deliveries SET status = 'failed', last_error = ?2 WHERE endpoint_id = ?1 AND status = 'pending'",
    )?
    .execute([endpoint_id, why])?;
    tracing::warn!(endpoint_id, why, "webhook endpoint disabled");
    Ok(())
}

/// The stored payload with the time of sending, after `id`, where the documented envelope has it.
fn body(payload: &str, now: OffsetDateTime) -> String {
    let timestamp = Value::String(clock::text(now));
    match serde_json::from_str(payload) {
        Ok(Value::Object(mut envelope)) => {
            let place = envelope.keys().position(|key| key == "id").map_or(envelope.len(), |at| at + 1);
            envelope.shift_insert(place, "timestamp".to_owned(), timestamp);
            Value::Object(envelope).to_string()
        }
        // Not an object: only a hand in the database can have done that. It is sent as it is, and the receiver sees it.
        _ => payload.to_owned(),
    }
}

/// What an answer means (<https://docs.svix.com/retries>): any 2xx is success, all else is not, a redirect included.
fn read(status: StatusCode, headers: &reqwest::header::HeaderMap) -> Answer {
    let code = status.as_u16();
    if status.is_success() {
        return Answer::Accepted(code);
    }
    if status == StatusCode::GONE {
        return Answer::Gone;
    }
    let abort = headers.get("webhook-delivery").and_then(|value| value.to_str().ok());
    if abort.is_some_and(|value| value.trim().eq_ignore_ascii_case("abort-message")) {
        return Answer::Aborted(code);
    }
    Answer::Refused(Some(code), format!("the receiver answered {code}"))
}

/// The cause of a failed request, without the URL: it is in the endpoint already, and may hold a secret.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "the receiver did not answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!("the receiver cannot be reached: {cause}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-01-02 03:04:05.678901 UTC);

    /// Protects the envelope: the time of sending stands where the documented payload has it, and nothing else moves.
    #[test]
    fn the_time_of_sending_follows_the_id() {
        assert_eq!(
            body(r#"{"source":"SCIM","id":"member-test-1","vertical":"B2B","member":{"id":1}}"#, NOW),
            r#"{"source":"SCIM","id":"member-test-1","timestamp":"2026-01-02T03:04:05.678901Z","vertical":"B2B","member":{"id":1}}"#
        );
    }

    /// Protects the meaning of answers: only 2xx is success; redirects fail; 410 and the abort header end it.
    #[test]
    fn answers_mean_what_svix_documents() {
        let none = reqwest::header::HeaderMap::new();
        let mut abort = none.clone();
        abort.insert("webhook-delivery", "abort-message".parse().expect("a value"));
        let refused = |code: u16| Answer::Refused(Some(code), format!("the receiver answered {code}"));
        for (code, headers, expected) in [
            (200, &none, Answer::Accepted(200)),
            (204, &abort, Answer::Accepted(204)),
            (302, &none, refused(302)),
            (400, &none, refused(400)),
            (410, &none, Answer::Gone),
            (429, &none, refused(429)),
            (500, &none, refused(500)),
            (500, &abort, Answer::Aborted(500)),
        ] {
            assert_eq!(read(StatusCode::from_u16(code).expect("a status"), headers), expected);
        }
    }
}
