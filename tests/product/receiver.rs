//! A webhook receiver that answers as it is told and hands on what it gets.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use serde_json::Value;
use tokio::sync::mpsc;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

/// How long a test waits for what must come.
const SOON: Duration = Duration::from_secs(10);

pub struct Receiver {
    pub url: String,
    got: mpsc::UnboundedReceiver<Got>,
    _server: MockServer,
}

/// A request that came.
#[derive(Debug)]
pub struct Got {
    pub headers: http::HeaderMap,
    pub raw: Vec<u8>,
    pub body: Value,
}

impl Got {
    /// A header's text.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name}")).to_str().expect("a text")
    }

    /// `scim.member.create`, rebuilt from the body as consumers do.
    pub fn kind(&self) -> String {
        ["source", "object_type", "action"]
            .map(|key| self.body[key].as_str().unwrap_or_default().to_lowercase())
            .join(".")
    }
}

struct Script {
    to_test: mpsc::UnboundedSender<Got>,
    answers: Mutex<VecDeque<ResponseTemplate>>,
}

impl Respond for Script {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let got = Got { headers: request.headers.clone(), raw: request.body.clone(), body };
        // Nobody listens any more when the test is over.
        let _ = self.to_test.send(got);
        self.answers.lock().expect("no panic").pop_front().unwrap_or_else(|| ResponseTemplate::new(204))
    }
}

impl Receiver {
    /// A receiver that gives these answers in turn, and 204 afterwards.
    pub async fn start(answers: impl IntoIterator<Item = ResponseTemplate>) -> Receiver {
        let answers = Mutex::new(answers.into_iter().collect::<VecDeque<_>>());
        let (to_test, got) = mpsc::unbounded_channel();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = MockServer::builder().listener(listener).start().await;
        Mock::given(any()).respond_with(Script { to_test, answers }).mount(&server).await;
        Receiver { url: format!("{}/hook", server.uri()), got, _server: server }
    }

    /// What comes next.
    pub async fn next(&mut self) -> Got {
        tokio::time::timeout(SOON, self.got.recv()).await.expect("a delivery in time").expect("a receiver")
    }

    /// What has come and was not looked at.
    pub fn rest(&mut self) -> Vec<Got> {
        std::iter::from_fn(|| self.got.try_recv().ok()).collect()
    }
}

/// A bare status.
pub fn status(code: u16) -> ResponseTemplate {
    ResponseTemplate::new(code)
}
