//! Delivery by push (RFC 8935): one dispatcher, and one task for each stream that has something due.
//!
//! A stream is never served by two tasks, which keeps its order; streams do not wait for each other. All state is in the
//! table, so that a killed process goes on where it stopped: a token whose answer was not noted is sent again, with the
//! same `jti`. Neither tokens nor the receiver's credentials are logged.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use reqwest::{Client, StatusCode};
use rusqlite::{OptionalExtension as _, params};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::{
    sync::watch,
    task::{self, JoinSet},
};

use super::token::{Issuer, MEDIA_TYPE};
use crate::provider::{
    background::{self, Background, ClientError},
    clock::{self, Clock},
    store::{Store, StoreError},
    webhook::schedule,
};

/// How long a receiver may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// How much of a refusal is read.
const ANSWER_LIMIT: usize = 4 * 1024;

/// How long a stream rests when the store or the signing fails under it.
const PAUSE: Duration = Duration::from_secs(5);

/// The longest sleep without a look.
const LONGEST: Duration = Duration::from_secs(3600);

/// A running dispatcher. Dropping it stops it.
#[derive(Debug)]
pub struct Pusher(Background);

impl Pusher {
    /// Starts sending what is pending, and from then on what is committed. Needs a Tokio runtime around it.
    pub fn start(store: Store, clock: Clock, issuer: Issuer) -> Result<Pusher, ClientError> {
        let sender = Arc::new(Sender { store, clock, issuer, client: background::client("security events")? });
        Ok(Pusher(Background::start(|stopped| dispatch(sender, stopped))))
    }

    /// Sends what is due, for `grace` at most, and stops. What is not due stays in the table.
    pub async fn shutdown(self, grace: Duration) {
        self.0.shutdown(grace).await;
    }
}

struct Sender {
    store: Store,
    clock: Clock,
    issuer: Issuer,
    client: Client,
}

/// The oldest pending event of a stream.
struct Head {
    jti: String,
    claims: String,
    attempts: u32,
    due: OffsetDateTime,
    url: String,
    authorization: Option<String>,
    audience: String,
}

async fn dispatch(sender: Arc<Sender>, mut stopped: watch::Receiver<bool>) {
    let mut commits = sender.store.security_events();
    let mut tasks: JoinSet<()> = JoinSet::new();
    let mut at_work: HashMap<task::Id, String> = HashMap::new();
    loop {
        commits.borrow_and_update();
        let rest = start_due(&sender, &mut tasks, &mut at_work);
        tokio::select! {
            biased;
            Some(ended) = tasks.join_next_with_id() => forget(ended, &mut at_work),
            Ok(()) = commits.changed() => {}
            () = tokio::time::sleep(rest) => {}
            _ = stopped.wait_for(|stop| *stop) => break,
        }
    }
    start_due(&sender, &mut tasks, &mut at_work);
    while let Some(ended) = tasks.join_next_with_id().await {
        forget(ended, &mut at_work);
    }
}

fn forget(ended: Result<(task::Id, ()), task::JoinError>, at_work: &mut HashMap<task::Id, String>) {
    let id = match ended {
        Ok((id, ())) => id,
        Err(error) => {
            tracing::error!(%error, "a stream of security events broke off");
            error.id()
        }
    };
    at_work.remove(&id);
}

/// Starts a task for each stream whose head is due. Returns how long until the next one is.
fn start_due(sender: &Arc<Sender>, tasks: &mut JoinSet<()>, at_work: &mut HashMap<task::Id, String>) -> Duration {
    let waiting = match sender.waiting() {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::error!(%error, "cannot look for security events");
            return PAUSE;
        }
    };
    let now = sender.clock.now();
    let busy: HashSet<String> = at_work.values().cloned().collect();
    let mut rest = LONGEST;
    for (stream_id, due) in waiting.into_iter().filter(|(stream_id, _)| !busy.contains(stream_id)) {
        if due > now {
            rest = rest.min(Duration::try_from(due - now).unwrap_or(LONGEST));
            continue;
        }
        let handle = tasks.spawn(serve(Arc::clone(sender), stream_id.clone()));
        at_work.insert(handle.id(), stream_id);
    }
    rest
}

/// Sends a stream's events one after the other, until none is left or the next is not due.
async fn serve(sender: Arc<Sender>, stream_id: String) {
    loop {
        let head = match sender.head(&stream_id) {
            Ok(Some(head)) if head.due <= sender.clock.now() => head,
            Ok(_) => return,
            Err(error) => return failed(&stream_id, &error).await,
        };
        if let Err(error) = sender.attempt(&stream_id, &head).await {
            return failed(&stream_id, &*error).await;
        }
    }
}

async fn failed(stream_id: &str, error: &(dyn std::error::Error + Send + Sync)) {
    tracing::error!(%error, stream_id, "cannot read, sign or note security events");
    tokio::time::sleep(PAUSE).await;
}

/// What came of an attempt.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Accepted(u16),
    /// The receiver cannot use this token, and says so: sending it again would not help (RFC 8935 section 2.3).
    Invalid(String),
    Refused(Option<u16>, String),
}

impl Sender {
    /// The streams with something pending, and when its head is due.
    fn waiting(&self) -> Result<Vec<(String, OffsetDateTime)>, StoreError> {
        let now = self.clock.now();
        self.store.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT s.stream_id, (SELECT e.next_attempt_at FROM security_events e
                   WHERE e.stream_id = s.stream_id AND e.status = 'pending' ORDER BY e.seq LIMIT 1) AS due
                 FROM event_streams s WHERE s.endpoint_url IS NOT NULL AND s.status = 'enabled' AND due IS NOT NULL",
            )?;
            let rows = statement.query_map([], |row| {
                let due: String = row.get(1)?;
                Ok((row.get(0)?, clock::parse(&due).unwrap_or(now)))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn head(&self, stream_id: &str) -> Result<Option<Head>, StoreError> {
        let now = self.clock.now();
        self.store.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT e.jti, e.claims, e.attempts, e.next_attempt_at, s.endpoint_url, s.authorization_header, s.connection_id
                 FROM security_events e JOIN event_streams s USING (stream_id)
                 WHERE e.stream_id = ?1 AND e.status = 'pending' AND s.status = 'enabled' AND s.endpoint_url IS NOT NULL
                 ORDER BY e.seq LIMIT 1",
            )?;
            let head = statement
                .query_row([stream_id], |row| {
                    let due: String = row.get(3)?;
                    Ok(Head {
                        jti: row.get(0)?,
                        claims: row.get(1)?,
                        attempts: row.get(2)?,
                        due: clock::parse(&due).unwrap_or(now),
                        url: row.get(4)?,
                        authorization: row.get(5)?,
                        audience: row.get(6)?,
                    })
                })
                .optional()?;
            Ok(head)
        })
    }

    /// Sends the head once and notes what came of it.
    async fn attempt(&self, stream_id: &str, head: &Head) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let key = self.issuer.key().await?;
        let token = self.issuer.sign(&key, &head.claims, &head.audience)?;
        let answer = self.post(head, token).await;
        tracing::debug!(stream_id, jti = head.jti, ?answer, "security event sent");
        let (status, code, error, due) = match answer {
            Answer::Accepted(code) => ("delivered", Some(code), None, None),
            Answer::Invalid(why) => ("failed", Some(400), Some(why), None),
            Answer::Refused(code, why) => match schedule::pause(head.attempts + 1, rand::random()) {
                Some(pause) => ("pending", code, Some(why), Some(clock::text(self.clock.now() + pause))),
                None => ("failed", code, Some(why), None),
            },
        };
        self.store.write::<_, StoreError>(|tx| {
            tx.prepare_cached(
                "UPDATE security_events SET status = ?2, attempts = attempts + 1, last_status = ?3, last_error = ?4,
                   next_attempt_at = coalesce(?5, next_attempt_at) WHERE jti = ?1 AND status = 'pending'",
            )?
            .execute(params![head.jti, status, code, error, due])?;
            Ok(())
        })?;
        Ok(())
    }

    async fn post(&self, head: &Head, token: String) -> Answer {
        let mut request = self
            .client
            .post(&head.url)
            .timeout(PATIENCE)
            .header("content-type", MEDIA_TYPE)
            .header("accept", "application/json");
        if let Some(credentials) = &head.authorization {
            request = request.header("authorization", credentials);
        }
        match request.body(token).send().await {
            Err(error) if error.is_timeout() => Answer::Refused(None, "the receiver did not answer in time".to_owned()),
            // Without the URL, which may hold a secret.
            Err(error) => Answer::Refused(None, format!("the receiver cannot be reached: {}", error.without_url())),
            Ok(mut response) => {
                let status = response.status();
                let mut body = Vec::new();
                while let Ok(Some(chunk)) = response.chunk().await {
                    body.extend_from_slice(&chunk);
                    if body.len() > ANSWER_LIMIT {
                        break;
                    }
                }
                read(status, &body)
            }
        }
    }
}

/// What an answer means. RFC 8935 asks for 202; any other 2xx is taken for the same, since the receiver has the token.
/// 400 with `err` is the receiver's word that the token itself is at fault.
fn read(status: StatusCode, body: &[u8]) -> Answer {
    let code = status.as_u16();
    if status.is_success() {
        return Answer::Accepted(code);
    }
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    match json["err"].as_str().filter(|_| status == StatusCode::BAD_REQUEST) {
        Some(err) => {
            let description = json["description"].as_str().unwrap_or_default();
            Answer::Invalid(format!("{err}: {description}").chars().take(500).collect())
        }
        None => Answer::Refused(Some(code), format!("the receiver answered {code}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects the meaning of answers: what is accepted, what is the token's fault, and what is tried again.
    #[test]
    fn answers_mean_what_rfc_8935_says() {
        let of = |code: u16, body: &str| read(StatusCode::from_u16(code).expect("a status"), body.as_bytes());
        assert_eq!(of(202, ""), Answer::Accepted(202));
        assert_eq!(of(200, "ok"), Answer::Accepted(200));
        let invalid = r#"{"err":"invalid_key","description":"no such kid"}"#;
        assert_eq!(of(400, invalid), Answer::Invalid("invalid_key: no such kid".to_owned()));
        for (code, body) in [(400, "{}"), (401, invalid), (404, ""), (429, ""), (503, "")] {
            assert!(matches!(of(code, body), Answer::Refused(Some(own), _) if own == code), "{code} {body}");
        }
    }
}
