//! One tenant's deliveries.

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use time::OffsetDateTime;
use tokio::{runtime::Handle, sync::Notify};

use super::{
    event::{Event, Reader},
    signature::{Signature, Verifier},
};
use crate::{
    target::Member,
    wire::{Ledger, Secret},
};

/// Longest time that a read-back may hold up the answer: less than the 15 seconds that Svix gives an endpoint.
pub const READ_BACK: Duration = Duration::from_secs(10);

/// One delivery attempt of the target.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// When it arrived (UTC).
    pub at: OffsetDateTime,
    /// Headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as text.
    pub body: String,
    /// What verification found.
    pub signature: Signature,
    /// The event in it, or why there is none.
    pub event: Result<Event, String>,
    /// The status that it was answered with.
    pub answered: u16,
    /// What the target's API showed of the event's member before the delivery was answered, if that was asked for.
    pub read_back: Option<Result<Member, String>>,
}

impl Delivery {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The event's name in our words; empty if the delivery holds no event.
    pub fn kind(&self) -> &str {
        self.event.as_ref().map_or("", |event| event.kind.as_str())
    }

    /// Id of the object that the event is about.
    pub fn object_id(&self) -> Option<&str> {
        self.event.as_ref().ok()?.object_id.as_deref()
    }
}

/// An answer that a scenario prescribes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptedReply {
    /// This status, at once.
    Status(u16),
    /// 200 after this time.
    Slow(Duration),
}

/// A condition that did not become true in time.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitTimeout {
    /// What had arrived by then.
    pub deliveries: Vec<Delivery>,
}

impl fmt::Display for WaitTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<&str> = self.deliveries.iter().map(Delivery::kind).collect();
        write!(f, "not seen in time; delivered were: {kinds:?}")
    }
}

impl std::error::Error for WaitTimeout {}

/// A member being read; `None` if the event is about no member.
type Reading = Pin<Box<dyn Future<Output = Option<Result<Member, String>>> + Send>>;

/// Reads the member that an event is about.
pub(in crate::target) type Hook = Arc<dyn Fn(Event) -> Reading + Send + Sync>;

/// The deliveries of one tenant, in order of arrival. Clones share them.
#[derive(Clone)]
pub struct Mailbox {
    shared: Arc<Shared>,
}

struct Shared {
    url: String,
    verifier: Verifier,
    reader: Reader,
    /// On a shared tenant: what this scenario has made. Events about other objects are other scenarios'.
    own: Option<Ledger>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    filed: Vec<Filed>,
    secret: Option<Secret>,
    script: VecDeque<ScriptedReply>,
    fences: HashSet<String>,
    hook: Option<(Hook, Handle)>,
}

/// A delivery with the bytes that its signature covers: the secret may come only after it.
struct Filed {
    delivery: Delivery,
    body: Vec<u8>,
}

impl Mailbox {
    pub(super) fn new(url: String, verifier: Verifier, reader: Reader, own: Option<Ledger>) -> Mailbox {
        let shared = Shared { url, verifier, reader, own, state: Mutex::default(), changed: Notify::new() };
        Mailbox { shared: Arc::new(shared) }
    }

    /// The URL that the target delivers to.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    pub(in crate::target) fn needs_secret(&self) -> bool {
        self.shared.verifier.needs_secret()
    }

    /// What has arrived, without the events of fences, and, on a shared tenant, without events about objects that this
    /// scenario has not made.
    pub fn deliveries(&self) -> Vec<Delivery> {
        let state = self.state();
        let own = |id: &str| self.shared.own.as_ref().is_none_or(|own| own.made(id)) && !state.fences.contains(id);
        let deliveries = state.filed.iter().map(|filed| &filed.delivery);
        deliveries.filter(|delivery| delivery.object_id().is_none_or(own)).cloned().collect()
    }

    /// Waits until what has arrived (without fences) fulfils a condition; gives that.
    ///
    /// # Errors
    /// With what had arrived, if the condition does not become true within `timeout`.
    pub async fn wait_until(
        &self,
        mut condition: impl FnMut(&[Delivery]) -> bool,
        timeout: Duration,
    ) -> Result<Vec<Delivery>, WaitTimeout> {
        self.wait(timeout, |mailbox| Some(mailbox.deliveries()).filter(|deliveries| condition(deliveries)))
            .await
            .ok_or_else(|| WaitTimeout { deliveries: self.deliveries() })
    }

    /// Waits until nothing that [`Mailbox::deliveries`] shows has arrived for `quiet`.
    pub async fn settled(&self, quiet: Duration) {
        loop {
            let before = self.deliveries().len();
            if self.wait(quiet, |mailbox| (mailbox.deliveries().len() > before).then_some(())).await.is_none() {
                return;
            }
        }
    }

    /// Prescribes the answers of the next deliveries; after them it is 200 again.
    pub fn script(&self, replies: impl IntoIterator<Item = ScriptedReply>) {
        self.state().script.extend(replies);
    }

    /// Waits for the event about `object`, which no reader of [`Mailbox::deliveries`] sees. Says whether it came in time.
    pub(in crate::target) async fn pass_fence(&self, object: &str, timeout: Duration) -> bool {
        self.state().fences.insert(object.to_owned());
        let arrived = |mailbox: &Mailbox| {
            let state = mailbox.state();
            state.filed.iter().any(|filed| filed.delivery.object_id() == Some(object)).then_some(())
        };
        self.wait(timeout, arrived).await.is_some()
    }

    /// Sets the secret, and verifies with it what came before it was known.
    pub(in crate::target) fn set_secret(&self, secret: Secret) {
        let mut state = self.state();
        for Filed { delivery, body } in &mut state.filed {
            delivery.signature = self.shared.verifier.verify(&secret, &delivery.headers, body, delivery.at);
        }
        state.secret = Some(secret);
    }

    /// From now on every delivery is answered only after `hook` has run on the current runtime.
    pub(in crate::target) fn set_hook(&self, hook: Hook) {
        self.state().hook = Some((hook, Handle::current()));
    }

    pub(super) fn is(&self, other: &Mailbox) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Files one delivery and gives the answer. Called on the server's thread; blocks it while a read-back runs.
    pub(super) fn receive(&self, headers: Vec<(String, String)>, body: Vec<u8>) -> ScriptedReply {
        let at = OffsetDateTime::now_utc();
        let text = String::from_utf8_lossy(&body).into_owned();
        let event = self.shared.reader.read(&headers, &text);
        let (reply, hook) = {
            let mut state = self.state();
            (state.script.pop_front().unwrap_or(ScriptedReply::Status(200)), state.hook.clone())
        };
        let read_back = match (&event, hook) {
            (Ok(event), Some((hook, runtime))) => read_back(&runtime, hook(event.clone())),
            _ => None,
        };
        let answered = match reply {
            ScriptedReply::Status(status) => status,
            ScriptedReply::Slow(_) => 200,
        };
        let mut state = self.state();
        let signature = match &state.secret {
            Some(secret) => self.shared.verifier.verify(secret, &headers, &body, at),
            None if self.shared.verifier.needs_secret() => Signature::Invalid("no secret is known for it".to_owned()),
            None => Signature::Valid,
        };
        let delivery = Delivery { at, headers, body: text, signature, event, answered, read_back };
        state.filed.push(Filed { delivery, body });
        drop(state);
        self.shared.changed.notify_waiters();
        reply
    }

    /// Asks `look` now and after every arrival, until it finds something or the time is over.
    async fn wait<T>(&self, timeout: Duration, mut look: impl FnMut(&Mailbox) -> Option<T>) -> Option<T> {
        let found = async {
            loop {
                let changed = self.shared.changed.notified();
                tokio::pin!(changed);
                // Enlisted before looking: an arrival between the look and the wait is not missed.
                changed.as_mut().enable();
                if let Some(found) = look(self) {
                    return found;
                }
                changed.await;
            }
        };
        tokio::time::timeout(timeout, found).await.ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a read-back on the scenario's runtime and waits for it on this thread, which is the server's own.
fn read_back(runtime: &Handle, reading: Reading) -> Option<Result<Member, String>> {
    let (done, result) = std::sync::mpsc::channel();
    let task = runtime.spawn(async move {
        // Nobody waits any more if the time is over.
        let _ = done.send(reading.await);
    });
    result.recv_timeout(READ_BACK).unwrap_or_else(|_| {
        task.abort();
        Some(Err(format!("the read-back took longer than {} s", READ_BACK.as_secs())))
    })
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("url", &self.shared.url).finish_non_exhaustive()
    }
}
