//! The server behind the mailboxes.

use std::{
    collections::HashMap,
    net::TcpListener,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use super::{Mailbox, ScriptedReply, event::Reader, signature::Verifier};
use crate::wire::Ledger;

/// Listens for deliveries and files them by path. Dropping it closes the port.
#[derive(Debug)]
pub struct Inbox {
    server: MockServer,
    base_url: String,
    boxes: Boxes,
}

/// The mailboxes, as server and inbox share them.
type Boxes = Arc<Mutex<Open>>;

#[derive(Debug, Default)]
struct Open {
    /// Those with a registration of their own, by the last segment of their URL.
    own: HashMap<String, Mailbox>,
    /// Those that share one registration, which somebody made by hand: each gets everything.
    shared: Vec<Mailbox>,
}

impl Inbox {
    /// Listens on `address`. `public_url` is how the target reaches it; the address itself if absent.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub async fn listen(address: &str, public_url: Option<&str>) -> std::io::Result<Inbox> {
        let listener = TcpListener::bind(address)?;
        let mut bound = listener.local_addr()?;
        if bound.ip().is_unspecified() {
            bound.set_ip(match bound {
                std::net::SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                std::net::SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        let base_url = match public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{bound}"),
        };
        let server = MockServer::builder().listener(listener).disable_request_recording().start().await;
        let boxes = Boxes::default();
        let known = Arc::clone(&boxes);
        Mock::given(any()).respond_with(move |request: &Request| respond(&known, request)).mount(&server).await;
        Ok(Inbox { server, base_url, boxes })
    }

    /// A new mailbox. With `shared`, it receives what is sent to the inbox's own URL, together with all other shared ones:
    /// for a target that is told about one URL by hand. With `own`, it shows only events about what is in that ledger.
    pub fn open(&self, shared: bool, verifier: Verifier, reader: Reader, own: Option<Ledger>) -> Mailbox {
        let mut boxes = lock(&self.boxes);
        if shared {
            let mailbox = Mailbox::new(self.base_url.clone(), verifier, reader, own);
            boxes.shared.push(mailbox.clone());
            return mailbox;
        }
        let segment = uuid::Uuid::new_v4().simple().to_string();
        let mailbox = Mailbox::new(format!("{}/{segment}", self.base_url), verifier, reader, own);
        boxes.own.insert(segment, mailbox.clone());
        mailbox
    }

    /// Takes a mailbox out: what still comes for it is answered 404.
    pub fn close(&self, mailbox: &Mailbox) {
        let mut boxes = lock(&self.boxes);
        boxes.own.retain(|_, known| !known.is(mailbox));
        boxes.shared.retain(|known| !known.is(mailbox));
    }

    /// Address of the port.
    pub fn address(&self) -> std::net::SocketAddr {
        *self.server.address()
    }
}

fn lock(boxes: &Boxes) -> MutexGuard<'_, Open> {
    boxes.lock().unwrap_or_else(PoisonError::into_inner)
}

fn respond(boxes: &Boxes, request: &Request) -> ResponseTemplate {
    // A public URL may have a path of its own, kept or cut off by a proxy: the last segment names the mailbox.
    let last = request.url.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let found: Vec<Mailbox> = {
        let boxes = lock(boxes);
        match boxes.own.get(last) {
            Some(mailbox) => vec![mailbox.clone()],
            None => boxes.shared.clone(),
        }
    };
    if request.method != http::Method::POST {
        return ResponseTemplate::new(405).insert_header("Allow", "POST");
    }
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let replies: Vec<ScriptedReply> =
        found.iter().map(|mailbox| mailbox.receive(headers.clone(), request.body.clone())).collect();
    match replies.first() {
        None => ResponseTemplate::new(404),
        Some(ScriptedReply::Status(status)) => ResponseTemplate::new(*status),
        Some(ScriptedReply::Slow(delay)) => ResponseTemplate::new(200).set_delay(*delay),
    }
}
