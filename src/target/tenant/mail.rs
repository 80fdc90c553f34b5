//! A tenant's webhooks: its mailbox, read-back, and the fence after which no more can come.

use std::sync::Arc;

use futures::FutureExt;
use serde_json::Value;

use super::{Tenant, word};
use crate::{
    target::{
        Mailbox, Observed, Section, Subject, TargetError,
        call::Answer,
        webhook::{Hook, Inbox, event::Reader, signature::Verifier},
    },
    wire::Secret,
};

impl Tenant {
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
            return Err(Section::Member.missing());
        }
        let mailbox = self.open_mailbox(true).await?;
        mailbox.set_hook(self.read_back());
        Ok(mailbox)
    }

    async fn open_mailbox(&self, alone: bool) -> Observed<Mailbox> {
        let config = self.target().config();
        let Some(webhooks) = &config.observe.webhooks else { return Err(Section::Webhooks.missing()) };
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
            let own = (!self.isolated()).then(|| self.inner.ledger.clone());
            let reader = Reader::new(webhooks.event.clone(), webhooks.names.clone());
            let mailbox = inbox.open(webhooks.register.is_empty(), verifier, reader, own);
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
                    self.inner.secrets.learn(secret.clone());
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

    /// Reads the member of an event; on a shared tenant only what this scenario has made, because reading everybody's
    /// members for everybody's events holds up the deliveries that the scenario waits for. It holds the tenant only weakly: the tenant holds the mailbox that holds this.
    fn read_back(&self) -> Hook {
        let tenant = Arc::downgrade(&self.inner);
        Arc::new(move |event| {
            let tenant = tenant.upgrade().map(|inner| Tenant { inner });
            async move {
                let tenant = tenant?;
                let is_member = event.kind.split('.').nth(1) == Some("member");
                let id =
                    event.object_id.filter(|id| is_member && (tenant.isolated() || tenant.inner.ledger.made(id)))?;
                let subject = Subject { id, ..Subject::default() };
                Some(tenant.member(&subject).await.map_err(|error| error.to_string()))
            }
            .boxed()
        })
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
        let Some(webhooks) = &config.observe.webhooks else { return Err(Section::Webhooks.missing()) };
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
}
