//! What a run has created on a target and not deleted yet, so that it can leave the target as it found it, also after a
//! failure or Ctrl-C.
//!
//! Every exchange of a client passes through its ledger. A POST that is answered 201 adds the resource; a DELETE that is
//! answered 2xx, 404 or 410 takes it off again. Of SCIM it knows one thing: that the answer to a POST on `/Bulk` lists
//! what was created (RFC 7644 section 3.7.3).
//!
//! Only 201 counts as created. A server that answers 200 may just as well have given back a resource that was there
//! before, and that must never be deleted: such answers are kept apart as [`Ledger::doubtful`], for a person.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use indexmap::IndexSet;
use serde_json::Value;

use super::{Exchange, url_encode};

/// URLs of the resources that a run must delete. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    lists: Arc<Mutex<Lists>>,
}

#[derive(Debug, Default)]
struct Lists {
    created: IndexSet<String>,
    doubtful: IndexSet<String>,
    /// Last segments of everything that was ever in `created`.
    ids: HashSet<String>,
}

impl Lists {
    fn add(&mut self, url: String) {
        self.ids.extend(last_segment(&url).map(str::to_owned));
        self.created.insert(url);
    }
}

impl Ledger {
    /// An empty ledger.
    pub fn new() -> Ledger {
        Ledger::default()
    }

    /// Takes note of an exchange.
    pub fn note(&self, exchange: &Exchange) {
        let Some(response) = exchange.response() else { return };
        match (exchange.method.as_str(), response.status) {
            ("POST", 200 | 201) => {
                let mut lists = self.lock();
                if exchange.path().trim_end_matches('/').ends_with("/Bulk") {
                    created_in_bulk(exchange).into_iter().for_each(|url| lists.add(url));
                } else if let Some(url) = created(exchange) {
                    if response.status == 201 {
                        lists.add(url);
                    } else {
                        lists.doubtful.insert(url);
                    }
                }
            }
            ("DELETE", 200..=299 | 404 | 410) => {
                let gone = without_query(&exchange.url);
                let mut lists = self.lock();
                lists.created.shift_remove(gone);
                lists.doubtful.shift_remove(gone);
            }
            _ => {}
        }
    }

    /// What is still there, the newest first: a group goes before its members.
    pub fn open(&self) -> Vec<String> {
        self.lock().created.iter().rev().cloned().collect()
    }

    /// Whether a resource with this id was created, be it deleted since or not.
    pub fn made(&self, id: &str) -> bool {
        self.lock().ids.contains(&url_encode(id))
    }

    /// What a POST that was answered 200 may have created.
    pub fn doubtful(&self) -> Vec<String> {
        self.lock().doubtful.iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Lists> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The URL of the resource that a POST created: below the collection that was posted to, so that a `Location` that points
/// elsewhere can never lead a DELETE astray. Of a POST on `/Me` only the `Location` tells the collection (RFC 7644 section
/// 3.11); its last two segments are taken, again below the same base.
fn created(exchange: &Exchange) -> Option<String> {
    let collection = without_query(&exchange.url).trim_end_matches('/');
    if let Some(base) = collection.strip_suffix("/Me") {
        let location = without_query(exchange.response()?.header("location")?);
        let mut segments = location.rsplit('/').filter(|segment| !segment.is_empty());
        let (id, collection) = (segments.next()?, segments.next()?);
        return Some(format!("{base}/{collection}/{id}"));
    }
    let id = exchange.json().and_then(|body| body.get("id").and_then(Value::as_str).map(str::to_owned));
    let id = match id.filter(|id| !id.is_empty()) {
        Some(id) => url_encode(&id),
        None => last_segment(exchange.response()?.header("location")?)?.to_owned(),
    };
    (!collection.ends_with("/.search")).then(|| format!("{collection}/{id}"))
}

fn created_in_bulk(exchange: &Exchange) -> Vec<String> {
    let base = without_query(&exchange.url).trim_end_matches('/').trim_end_matches("/Bulk");
    let sent = exchange.request_json().unwrap_or_default();
    let answer = exchange.json().unwrap_or_default();
    let operations = |body: &Value| body.get("Operations").and_then(Value::as_array).cloned().unwrap_or_default();
    let sent = operations(&sent);
    operations(&answer)
        .iter()
        .filter(|operation| {
            let method = operation.get("method").and_then(Value::as_str).unwrap_or_default();
            let status = operation.get("status").map(|status| status.to_string()).unwrap_or_default();
            method.eq_ignore_ascii_case("POST") && status.contains("201")
        })
        .filter_map(|operation| {
            let id = last_segment(operation.get("location")?.as_str()?)?;
            let bulk_id = operation.get("bulkId")?;
            let path = sent.iter().find(|sent| sent.get("bulkId") == Some(bulk_id))?.get("path")?.as_str()?;
            Some(format!("{base}/{}/{id}", path.trim_matches('/')))
        })
        .collect()
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

fn last_segment(url: &str) -> Option<&str> {
    without_query(url).rsplit('/').find(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::wire::{Reply, Response, Sender};

    fn exchange(method: &str, url: &str, request: &str, status: u16, location: Option<&str>, body: &str) -> Exchange {
        Exchange {
            seq: 1,
            sender: Sender::Client,
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Some(request.into()),
            reply: Reply::Response(Response {
                status,
                headers: location.map(|url| ("location".to_owned(), url.to_owned())).into_iter().collect(),
                body: body.into(),
            }),
            at: OffsetDateTime::UNIX_EPOCH,
            micros: 1,
        }
    }

    /// What was created is listed newest first until it is deleted, whichever way the id was told.
    #[test]
    fn follows_creation_and_deletion() {
        let ledger = Ledger::new();
        ledger.note(&exchange("POST", "http://h/s/Users?flag", "", 201, None, r#"{"id":"u 1"}"#));
        ledger.note(&exchange("POST", "http://h/s/Groups", "", 201, Some("http://evil/s/Groups/g1"), ""));
        ledger.note(&exchange("POST", "http://h/s/Users/.search", "", 200, None, r#"{"id":"x"}"#));
        ledger.note(&exchange("POST", "http://h/s/Me", "", 201, Some("https://other/x/Users/me1"), r#"{"id":"me1"}"#));
        assert_eq!(ledger.open()[0], "http://h/s/Users/me1");
        ledger.note(&exchange("DELETE", "http://h/s/Users/me1", "", 204, None, ""));
        ledger.note(&exchange("POST", "http://h/s/Users", "", 409, None, r#"{"id":"x"}"#));
        assert_eq!(ledger.open(), ["http://h/s/Groups/g1", "http://h/s/Users/u%201"]);
        ledger.note(&exchange("DELETE", "http://h/s/Users/u%201?flag", "", 500, None, ""));
        assert_eq!(ledger.open().len(), 2);
        ledger.note(&exchange("DELETE", "http://h/s/Users/u%201?flag", "", 204, None, ""));
        ledger.note(&exchange("DELETE", "http://h/s/Groups/g1", "", 404, None, ""));
        assert!(ledger.open().is_empty());
        assert!(ledger.made("u 1") && ledger.made("g1") && !ledger.made("x"));
    }

    /// A 200 to a POST may be somebody else's resource: it is told, and never deleted.
    #[test]
    fn does_not_own_what_it_may_not_have_made() {
        let ledger = Ledger::new();
        ledger.note(&exchange("POST", "http://h/Users", "", 200, None, r#"{"id":"u1"}"#));
        assert!(ledger.open().is_empty());
        assert_eq!(ledger.doubtful(), ["http://h/Users/u1"]);
    }

    /// Bulk creations are found too.
    #[test]
    fn reads_bulk() {
        let ledger = Ledger::new();
        let sent = r#"{"Operations":[{"method":"POST","path":"/Users","bulkId":"b1"},{"method":"POST","path":"/Users","bulkId":"b2"}]}"#;
        let answer = r#"{"Operations":[{"method":"POST","bulkId":"b1","status":"201","location":"http://h/s/Users/u9"},
            {"method":"POST","bulkId":"b2","status":"409"}]}"#;
        ledger.note(&exchange("POST", "http://h/s/Bulk", sent, 200, None, answer));
        assert_eq!(ledger.open(), ["http://h/s/Users/u9"]);
    }
}
