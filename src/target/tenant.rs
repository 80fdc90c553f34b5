//! One scenario's tenant: its SCIM client, its observers, its acts, its mailbox, and its end.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::FutureExt;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{
    Capabilities, Mailbox, Member, MemberStatus, Observed, Role, Session, SessionState, SignIn, Subject, Target,
    TargetError, Unobserved,
    call::{Answer, Caller, Secrets},
    config::{Calls, SessionObserver},
    template::Variables,
    webhook::{Hook, Inbox, event::Reader, signature::Verifier},
};
use crate::wire::{Client, Ledger, Request, Secret, Sender, Transcript};

/// A tenant of the target. Clones are the same tenant.
#[derive(Clone, Debug)]
pub struct Tenant {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    parts: Parts,
    captured: Mutex<Variables>,
    mailbox: OnceCell<(Mailbox, Arc<Inbox>)>,
    /// Acts that read before they write must not overtake one another.
    acts: tokio::sync::Mutex<()>,
    closed: AtomicBool,
}

/// What a tenant is made of.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) target: Target,
    pub(super) transcript: Transcript,
    pub(super) scim: Client,
    pub(super) ledger: Ledger,
    pub(super) secrets: Secrets,
    pub(super) variables: Variables,
}

impl Tenant {
    pub(super) fn new(parts: Parts) -> Tenant {
        let captured = Mutex::new(parts.variables.clone());
        let inner = Inner {
            parts,
            captured,
            mailbox: OnceCell::new(),
            acts: tokio::sync::Mutex::default(),
            closed: AtomicBool::new(false),
        };
        Tenant { inner: Arc::new(inner) }
    }

    /// A client for the tenant's SCIM endpoint. What it creates is deleted when the tenant is closed.
    pub fn scim(&self) -> Client {
        self.inner.parts.scim.clone()
    }

    /// Where the tenant's exchanges are recorded.
    pub fn transcript(&self) -> &Transcript {
        &self.inner.parts.transcript
    }

    /// Whether no other scenario sees this tenant.
    pub fn isolated(&self) -> bool {
        !self.target().config().tenant.open.is_empty()
    }

    /// Its variables, captured ones included.
    pub fn vars(&self) -> Variables {
        self.variables().clone()
    }

    /// Everything secret that can stand in its exchanges: from the configuration, and captured from answers.
    pub fn secrets(&self) -> Vec<Secret> {
        self.inner.parts.secrets.all()
    }

    /// What the target declares; read by the first tenant that asks.
    pub async fn capabilities(&self) -> Arc<Capabilities> {
        let overrides = &self.target().config().target.capabilities;
        let read = || async { Arc::new(Capabilities::read(&self.inner.parts.scim, overrides).await) };
        self.target().shared.capabilities.get_or_init(read).await.clone()
    }

    // Observers.

    /// The member as the target's own API shows it.
    ///
    /// # Errors
    /// If there is no `[observe.member]`, or it does not work.
    pub async fn member(&self, subject: &Subject) -> Observed<Member> {
        let observer = self.target().config().observe.member.as_ref();
        let observer = observer.ok_or_else(|| missing("member state", "observe.member"))?;
        let answer = self.call("observe.member.call", &observer.call, [subject_variables(subject)]).await?;
        match answer {
            Answer::Absent { raw, .. } => Ok(Member { status: MemberStatus::Absent, email: None, name: None, raw }),
            answer => {
                let (captured, raw) = answer.succeeded()?;
                let word = captured.get("status").map(word).unwrap_or_default();
                let word = observer.status.get(&word).unwrap_or(&word);
                let text = |name: &str| captured.get(name).and_then(Value::as_str).map(str::to_owned);
                Ok(Member { status: MemberStatus::from_word(word), email: text("email"), name: text("name"), raw })
            }
        }
    }

    /// The roles of the member, with their sources. A member that does not exist has none.
    ///
    /// # Errors
    /// If there is no `[observe.roles]`, or it does not work.
    pub async fn roles(&self, subject: &Subject) -> Observed<Vec<Role>> {
        let observer = self.target().config().observe.roles.as_ref();
        let observer = observer.ok_or_else(|| missing("roles", "observe.roles"))?;
        let answer = self.call("observe.roles.call", &observer.call, [subject_variables(subject)]).await?;
        if matches!(answer, Answer::Absent { .. }) {
            return Ok(Vec::new());
        }
        let (captured, _) = answer.succeeded()?;
        let items = self.array("observe.roles", &captured, "roles")?;
        let role = |item: &Value| {
            let id = item.pointer(&observer.id).map(word)?;
            let sources =
                observer.sources.as_deref().and_then(|pointer| item.pointer(pointer)).and_then(Value::as_array);
            let sources = sources.into_iter().flatten().filter_map(|source| source.pointer(&observer.source).map(word));
            Some(Role { id, sources: sources.collect() })
        };
        items
            .iter()
            .map(|item| role(item).ok_or_else(|| self.unreadable("observe.roles.id", item, &observer.id)))
            .collect()
    }

    /// Tries to open a session for the member.
    ///
    /// # Errors
    /// If there is no `[observe.sign_in]`, or it does not work.
    pub async fn sign_in(&self, subject: &Subject) -> Observed<SignIn> {
        let observer = self.target().config().observe.sign_in.as_ref();
        let observer = observer.ok_or_else(|| missing("sign-in", "observe.sign_in"))?;
        let answer = self.call("observe.sign_in.call", &observer.call, [subject_variables(subject)]).await?;
        match answer {
            Answer::Refused { status, detail, .. } => Ok(SignIn::Refused { status, detail }),
            answer => {
                let (captured, _) = answer.succeeded()?;
                let text = |name: &str| captured.get(name).map(word);
                Ok(SignIn::Opened(Session {
                    id: text("session_id").unwrap_or_default(),
                    token: Secret::new(text("session_token").unwrap_or_default()),
                    jwt: text("session_jwt").map(Secret::new),
                }))
            }
        }
    }

    /// Whether the target accepts the session.
    ///
    /// # Errors
    /// If there is no `[observe.session]`, or it does not work.
    pub async fn session(&self, session: &Session) -> Observed<SessionState> {
        let observer = self.target().config().observe.session.as_ref();
        let observer = observer.ok_or_else(|| missing("sessions", "observe.session"))?;
        self.session_state("observe.session", observer, session).await
    }

    /// Whether the target accepts the session's JWT.
    ///
    /// # Errors
    /// If there is no `[observe.jwt]`, the session has no JWT, or the observer does not work.
    pub async fn jwt(&self, session: &Session) -> Observed<SessionState> {
        let observer = self.target().config().observe.jwt.as_ref();
        let observer = observer.ok_or_else(|| missing("session JWTs", "observe.jwt"))?;
        if session.jwt.is_none() {
            let remedy = "let `[observe.sign_in]` capture `session_jwt`".to_owned();
            return Err(Unobserved::NoObserver { what: "session JWTs", remedy });
        }
        self.session_state("observe.jwt", observer, session).await
    }

    async fn session_state(&self, key: &str, observer: &SessionObserver, session: &Session) -> Observed<SessionState> {
        let mut variables = json!({"id": session.id, "token": session.token.expose()});
        if let Some(jwt) = &session.jwt {
            variables["jwt"] = Value::from(jwt.expose());
        }
        let answer = self.call(&format!("{key}.call"), &observer.call, [("session", variables)]).await?;
        match answer {
            Answer::Refused { status, detail, .. } => Ok(SessionState::Refused { status, detail }),
            answer => {
                let (captured, _) = answer.succeeded()?;
                if !captured.contains_key("roles") {
                    return Ok(SessionState::Open { roles: None });
                }
                let roles = self
                    .array(key, &captured, "roles")?
                    .iter()
                    .map(|item| {
                        let id = item.pointer(&observer.role_id).map(word);
                        id.ok_or_else(|| self.unreadable(&format!("{key}.role_id"), item, &observer.role_id))
                    })
                    .collect::<Result<_, _>>()?;
                Ok(SessionState::Open { roles: Some(roles) })
            }
        }
    }

    // Acts.

    /// Gives the member a role explicitly.
    ///
    /// # Errors
    /// If there is no `[act.grant_role]`, or it fails.
    pub async fn grant_role(&self, subject: &Subject, role: &str) -> Observed<()> {
        let calls = self.target().config().act.grant_role.as_ref();
        let calls = calls.ok_or_else(|| missing("explicit roles", "act.grant_role"))?;
        self.act("act.grant_role", calls, [subject_variables(subject), ("role", Value::from(role))]).await
    }

    /// Lets membership of a group give a role. `group` is the group's SCIM id.
    ///
    /// # Errors
    /// If there is no `[act.map_group_role]`, or it fails.
    pub async fn map_group_role(&self, group: &str, role: &str) -> Observed<()> {
        let calls = self.target().config().act.map_group_role.as_ref();
        let calls = calls.ok_or_else(|| missing("roles of groups", "act.map_group_role"))?;
        self.act("act.map_group_role", calls, [("group_id", Value::from(group)), ("role", Value::from(role))]).await
    }

    /// Lets an e-mail address at a domain give a role.
    ///
    /// # Errors
    /// If there is no `[act.map_domain_role]`, or it fails.
    pub async fn map_domain_role(&self, domain: &str, role: &str) -> Observed<()> {
        let calls = self.target().config().act.map_domain_role.as_ref();
        let calls = calls.ok_or_else(|| missing("roles of e-mail domains", "act.map_domain_role"))?;
        self.act("act.map_domain_role", calls, [("domain", Value::from(domain)), ("role", Value::from(role))]).await
    }

    /// Removes the tenant's SCIM connection.
    ///
    /// # Errors
    /// If there is no `[act.remove_connection]`, or it fails.
    pub async fn remove_connection(&self) -> Observed<()> {
        let calls = self.target().config().act.remove_connection.as_ref();
        let calls = calls.ok_or_else(|| missing("removal of the SCIM connection", "act.remove_connection"))?;
        self.act("act.remove_connection", calls, []).await
    }

    /// Returns when every webhook of what happened so far has arrived: with a configured fence, when the fence's event
    /// has arrived; else when none has arrived for the configured time.
    ///
    /// # Errors
    /// If there is no `[observe.webhooks]`, the fence fails, or its event does not arrive
    /// ([`TargetError::FenceLost`]).
    pub async fn fence(&self) -> Observed<()> {
        let mailbox = self.mailbox().await?;
        let config = self.target().config();
        let Some(webhooks) = &config.observe.webhooks else { return Err(missing("webhooks", "observe.webhooks")) };
        if webhooks.fence.is_empty() {
            mailbox.settled(webhooks.settle).await;
            return Ok(());
        }
        let key = "observe.webhooks.fence";
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let (captured, _) = self.call(key, &webhooks.fence, [("unique", Value::from(unique))]).await?.succeeded()?;
        let object = captured.get("fence_object").map(word).unwrap_or_default();
        if mailbox.pass_fence(&object, webhooks.deadline).await {
            return Ok(());
        }
        let (place, inbox) = (format!("{}: {key}", config.place_of(key)), mailbox.url().to_owned());
        Err(TargetError::FenceLost { place, object, waited: webhooks.deadline, inbox }.into())
    }

    // Webhooks.

    /// The tenant's mailbox. The first call registers it with the target.
    ///
    /// # Errors
    /// If there is no `[observe.webhooks]`, the inbox cannot listen, or a register call fails.
    pub async fn mailbox(&self) -> Observed<Mailbox> {
        self.open_mailbox(false).await
    }

    /// As [`Tenant::mailbox`]; besides, every event about a member is answered only after the member has been read through
    /// `[observe.member]` ([`super::Delivery`]`::read_back`).
    ///
    /// # Errors
    /// As [`Tenant::mailbox`] and [`Tenant::member`].
    pub async fn mailbox_reading_back(&self) -> Observed<Mailbox> {
        if self.target().config().observe.member.is_none() {
            return Err(missing("member state", "observe.member"));
        }
        let mailbox = self.open_mailbox(true).await?;
        mailbox.set_hook(self.read_back());
        Ok(mailbox)
    }

    async fn open_mailbox(&self, alone: bool) -> Observed<Mailbox> {
        let config = self.target().config();
        let Some(webhooks) = &config.observe.webhooks else { return Err(missing("webhooks", "observe.webhooks")) };
        let open = || async {
            // A server of its own only where any port will do: see the module's words on read-back.
            let alone = alone && webhooks.listen.ends_with(":0") && webhooks.public_url.is_none();
            let listen = || async {
                let inbox = Inbox::listen(&webhooks.listen, webhooks.public_url.as_deref()).await;
                inbox.map(Arc::new).map_err(|error| TargetError::Inbox {
                    place: config.place_of("observe.webhooks.listen"),
                    address: webhooks.listen.clone(),
                    reason: error.to_string(),
                })
            };
            let inbox =
                if alone { listen().await? } else { self.target().shared.inbox.get_or_try_init(listen).await?.clone() };
            let verifier = Verifier::new(webhooks.signature.clone());
            let reader = Reader::new(webhooks.event.clone(), webhooks.names.clone());
            let mailbox = inbox.open(webhooks.register.is_empty(), verifier, reader);
            let url = [("webhook_url", Value::from(mailbox.url()))];
            let key = "observe.webhooks.register";
            let registered = self.call(key, &webhooks.register, url).await.and_then(Answer::succeeded);
            let secret = registered.and_then(|(captured, _)| {
                let mut variables = self.variables();
                variables.extend(captured);
                let secret = webhooks.signature.secret.as_deref().unwrap_or("{{ webhook_secret }}");
                let caller = self.caller();
                mailbox
                    .needs_secret()
                    .then(|| caller.render("observe.webhooks.signature.secret", secret, &variables))
                    .transpose()
            });
            match secret {
                Ok(Some(secret)) => {
                    let secret = Secret::new(secret);
                    self.inner.parts.secrets.learn(secret.clone());
                    mailbox.set_secret(secret);
                }
                Ok(None) => {}
                Err(error) => {
                    inbox.close(&mailbox);
                    return Err(error);
                }
            }
            Ok::<_, TargetError>((mailbox, inbox))
        };
        let (mailbox, _) = self.inner.mailbox.get_or_try_init(open).await?;
        Ok(mailbox.clone())
    }

    /// Reads the member of an event. It holds the tenant only weakly: the tenant holds the mailbox that holds this.
    fn read_back(&self) -> Hook {
        let tenant = Arc::downgrade(&self.inner);
        Arc::new(move |event| {
            let tenant = tenant.upgrade().map(|inner| Tenant { inner });
            async move {
                let is_member = event.kind.split('.').nth(1) == Some("member");
                let subject = Subject { id: event.object_id.filter(|_| is_member)?, ..Subject::default() };
                Some(tenant?.member(&subject).await.map_err(|error| error.to_string()))
            }
            .boxed()
        })
    }

    // The end.

    /// Removes the tenant: unregisters its mailbox, and runs `[tenant] close`; a shared tenant is left as it was found, by
    /// deleting what the run created in it. Gives the URLs of what could not be deleted. Closing twice does nothing.
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
        if self.isolated() {
            let closed = caller.run("tenant.close", &config.tenant.close, &self.vars()).await;
            if let Err(error) = closed.and_then(Answer::succeeded) {
                left.push(format!("tenant: {error}"));
            }
        }
        if !self.isolated() || config.tenant.close.is_empty() {
            left.extend(self.sweep(&transcript).await);
        }
        self.target().open_tenants().retain(|tenant| !Arc::ptr_eq(&tenant.inner, &self.inner));
        left
    }

    /// Deletes what the run created in this tenant; gives what would not go.
    async fn sweep(&self, transcript: &Transcript) -> Vec<String> {
        let scim = self.scim().with_transcript(transcript.clone());
        for url in self.inner.parts.ledger.open() {
            // The ledger reads the answer and crosses out what is gone.
            let request = Request::new("DELETE", with_query_of(&url, &scim.endpoint().base_url));
            scim.send(Sender::Observer, request).await;
        }
        let mut left = self.inner.parts.ledger.open();
        left.extend(self.inner.parts.ledger.doubtful().into_iter().map(|url| format!("{url} (perhaps not ours)")));
        left
    }

    // Helpers.

    fn target(&self) -> &Target {
        &self.inner.parts.target
    }

    fn caller(&self) -> Caller<'_> {
        let shared = &self.target().shared;
        Caller {
            config: &shared.config,
            http: &shared.http,
            transcript: &self.inner.parts.transcript,
            secrets: &self.inner.parts.secrets,
        }
    }

    fn variables(&self) -> MutexGuard<'_, Variables> {
        self.inner.captured.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<const N: usize>(&self, more: [(&str, Value); N]) -> Variables {
        let mut variables = self.vars();
        variables.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        variables
    }

    async fn call<const N: usize>(
        &self,
        key: &str,
        calls: &Calls,
        more: [(&str, Value); N],
    ) -> Result<Answer, TargetError> {
        self.caller().run(key, calls, &self.with(more)).await
    }

    async fn act<const N: usize>(&self, key: &str, calls: &Calls, more: [(&str, Value); N]) -> Observed<()> {
        let _turn = self.inner.acts.lock().await;
        self.call(key, calls, more).await?.succeeded()?;
        Ok(())
    }

    fn array<'a>(&self, key: &str, captured: &'a Variables, name: &str) -> Result<&'a Vec<Value>, TargetError> {
        let value = captured.get(name).unwrap_or(&Value::Null);
        value.as_array().ok_or_else(|| TargetError::Unreadable {
            place: format!("{}: {key}", self.target().config().place_of(key)),
            reason: format!("`{name}` is not an array; let the capture point at one"),
        })
    }

    fn unreadable(&self, key: &str, item: &Value, pointer: &str) -> Unobserved {
        let place = format!("{}: {key}", self.target().config().place_of(key));
        let item = self.inner.parts.secrets.excerpt(&item.to_string());
        TargetError::Unreadable { place, reason: format!("nothing at `{pointer}` in {item}; correct the pointer") }
            .into()
    }
}

fn missing(what: &'static str, section: &str) -> Unobserved {
    let remedy = format!("add `[{section}]` to scimulate.toml (`scimulate init` writes an example)");
    Unobserved::NoObserver { what, remedy }
}

fn subject_variables(subject: &Subject) -> (&'static str, Value) {
    let named: BTreeMap<&str, &str> =
        [("id", &subject.id), ("user_name", &subject.user_name), ("email", &subject.email)]
            .into_iter()
            .chain(subject.external_id.as_ref().map(|id| ("external_id", id)))
            .map(|(name, value)| (name, value.as_str()))
            .collect();
    ("subject", json!(named))
}

/// An absolute URL with the query that the base URL carries on every request.
fn with_query_of(url: &str, base_url: &str) -> String {
    match base_url.split_once('?') {
        Some((_, query)) => format!("{url}?{query}"),
        None => url.to_owned(),
    }
}

/// A JSON value as a word: a string as it is, `true` and `7` as they print.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
