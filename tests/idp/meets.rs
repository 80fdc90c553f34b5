//! One bad answer to one kind of move: what the IdP makes of it.

use std::time::Duration;

use scimulate::{
    idp::{Change, Group, Idp, Profile, User},
    wire::{Client, Endpoint, Http, HttpOptions, Transcript},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wiremock::ResponseTemplate;

use crate::fake::{Fake, lines, told};

/// What the IdP is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Test the connection.
    Probe,
    /// Provision somebody new.
    Create,
    /// Write an attribute of somebody provisioned.
    Update,
    /// End the assignment of somebody provisioned.
    Deactivate,
    /// Push a group with a member.
    PushGroup,
    /// Rename a pushed group.
    Rename,
    /// Add a member to a pushed group.
    AddMember,
    /// Read the accounts.
    Import,
}

/// What came of it.
pub struct Met {
    /// The report, a line a move.
    pub told: Vec<String>,
    pub notes: Vec<String>,
    /// The requests with their statuses.
    pub requests: Vec<String>,
    pub idp: Idp,
    pub fake: Fake,
    pub transcript: Transcript,
}

impl Met {
    /// The only failure, in the words of the log.
    pub fn failure(&self) -> &str {
        let mut failures = self.told.iter().filter(|line| line.contains(": failed, "));
        let first = failures.next().unwrap_or_else(|| panic!("nothing failed: {:?}", self.told));
        assert!(failures.next().is_none(), "{:?}", self.told);
        first.split_once(": failed, ").map_or("", |(_, failure)| failure)
    }

    /// Nothing failed.
    pub fn is_clean(&self) -> bool {
        self.told.iter().all(|line| !line.contains(": failed, "))
    }

    /// The requests of the next cycle, or of the next round of tasks, by method and first path segment, but for probes.
    pub async fn next(&mut self) -> Vec<String> {
        let before = self.transcript.len();
        self.idp.settle().await;
        let exchanges = self.transcript.exchanges().split_off(before);
        let probe = |url: &str| url.contains("filter=") && !url.contains("example.com") && !url.contains("Team");
        let own = exchanges.iter().filter(|exchange| !probe(&exchange.url));
        own.map(|exchange| format!("{} {}", exchange.method, exchange.path().split('/').nth(1).unwrap_or_default()))
            .collect()
    }
}

fn change(idp: &mut Idp, changes: Vec<Change>) {
    changes.into_iter().for_each(|change| idp.change(change).expect("fits"));
}

fn ada() -> Vec<Change> {
    vec![Change::AddUser(User::sample("ada", "")), Change::AssignUser { key: "ada".to_owned() }]
}

/// The changes that lead to the act, once everything before it is done.
fn changes(act: Act) -> Vec<Change> {
    let key = || "ada".to_owned();
    match act {
        Act::Probe => Vec::new(),
        Act::Create => ada(),
        Act::Update => {
            vec![Change::UpdateUser {
                key: key(),
                set: serde_json::Map::from_iter([("title".to_owned(), json!("Boss"))]),
            }]
        }
        Act::Deactivate => vec![Change::UnassignUser { key: key() }],
        Act::PushGroup => vec![
            Change::AddGroup(Group::sample("team", "").with_members(["ada"])),
            Change::PushGroup { key: "team".to_owned() },
        ],
        Act::Rename => vec![Change::RenameGroup { key: "team".to_owned(), name: "Team 2".to_owned() }],
        Act::AddMember => vec![Change::AddMember { group: "team".to_owned(), user: "bob".to_owned() }],
        Act::Import => vec![Change::Import],
    }
}

/// Makes the IdP do it, with that answer to the first request of that method below that path.
pub async fn meets(profile: &str, act: Act, method: &'static str, path: &'static str, answer: ResponseTemplate) -> Met {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(Profile::named(profile).expect("embedded"));
    if !matches!(act, Act::Probe | Act::Create) {
        change(&mut idp, ada());
        change(&mut idp, vec![Change::AddUser(User::sample("bob", "")), Change::AssignUser { key: "bob".to_owned() }]);
        idp.settle().await;
    }
    if matches!(act, Act::Rename | Act::AddMember) {
        change(&mut idp, changes(Act::PushGroup));
        idp.settle().await;
    }
    fake.orders(method, path, 1, answer);
    let before = transcript.len();
    change(&mut idp, changes(act));
    let report = match act {
        Act::Probe => idp.test_connection().await,
        _ => idp.settle().await,
    };
    let requests = lines(&transcript, before);
    Met { told: told(&report), notes: report.notes, requests, idp, fake, transcript }
}

/// What a server without manners does with a connection.
#[derive(Clone, Copy, Debug)]
pub enum Manners {
    /// Closes it when it has read the request.
    Drops,
    /// Sends half an answer and closes.
    Cuts,
    /// Sends something that is not HTTP.
    Babbles,
    /// Never answers.
    Sleeps,
    /// Answers after a second.
    Dawdles,
}

/// A server that treats every request so.
pub async fn rude(manners: Manners) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(treat(stream, manners));
        }
    });
    format!("http://{address}")
}

async fn treat(mut stream: TcpStream, manners: Manners) {
    let mut request = [0; 16_384];
    if stream.read(&mut request).await.is_err() {
        return;
    }
    let list = r#"{"schemas":[],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}"#;
    let whole = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{list}", list.len());
    let text = match manners {
        Manners::Drops => return,
        Manners::Cuts => &whole[..whole.len() - 10],
        Manners::Babbles => "SSH-2.0-OpenSSH_9.6\r\n",
        Manners::Sleeps => return std::future::pending().await,
        Manners::Dawdles => {
            tokio::time::sleep(Duration::from_secs(1)).await;
            &whole
        }
    };
    // The client may be gone by now: that is its affair.
    let _ = stream.write_all(text.as_bytes()).await;
}

/// An IdP that talks to `url`, with this time-out of the target's configuration.
pub fn idp_at(url: &str, profile: Profile, timeout: Option<Duration>) -> Idp {
    let mut endpoint = Endpoint::bearer(url, "token");
    endpoint.timeout = timeout.unwrap_or(endpoint.timeout);
    let http = Http::new(&HttpOptions::default()).expect("a client");
    Idp::new(profile, Client::new(http, endpoint, Transcript::new()), 7)
}
