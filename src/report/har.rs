//! HTTP Archive 1.2: every exchange of the run, one page a scenario, for the network panels of browsers and for
//! `scimulate judge`.

use std::io;

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{run::Run, text::name};
use crate::{
    verdict::Kind,
    wire::{Exchange, Reply},
};

/// The HAR document of a run. Checks send nothing, so they have no page.
pub(super) fn render(run: &Run) -> io::Result<Vec<u8>> {
    let mut pages = Vec::new();
    let mut entries = Vec::new();
    for result in run.results.iter().filter(|result| result.kind == Kind::Scenario) {
        let Some(first) = result.transcript.first() else { continue };
        let page = format!("page-{}", pages.len() + 1);
        pages.push(json!({
            "startedDateTime": time(first.at),
            "id": page,
            "title": name(result),
            "pageTimings": {},
            "comment": format!("{}: {}", result.verdict.word(), result.title),
        }));
        entries.extend(result.transcript.iter().map(|exchange| entry(exchange, &page)));
    }
    let mut bytes = serde_json::to_vec_pretty(&document(pages, entries))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The document around pages and entries.
fn document(pages: Vec<Value>, entries: Vec<Value>) -> Value {
    json!({ "log": {
        "version": "1.2",
        "creator": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
        "pages": pages,
        "entries": entries,
    }})
}

/// A time as HAR wants it.
fn time(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

/// One exchange as an entry. A transport failure has status 0 and its words in `_error`, as browsers write it.
fn entry(exchange: &Exchange, page: &str) -> Value {
    let millis = exchange.duration().as_secs_f64() * 1e3;
    let mut request = json!({
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&exchange.headers),
        "queryString": query(exchange),
        "headersSize": -1,
        "bodySize": exchange.body.as_ref().map_or(0, String::len),
    });
    if let Some(body) = &exchange.body {
        request["postData"] = json!({
            "mimeType": exchange.request_header("content-type").unwrap_or_default(),
            "text": body,
        });
    }
    let (status, received, body) = match &exchange.reply {
        Reply::Response(response) => (response.status, response.headers.as_slice(), response.body.as_str()),
        Reply::Failed(_) => (0, [].as_slice(), ""),
    };
    let mut entry = json!({
        "pageref": page,
        "startedDateTime": time(exchange.at),
        "time": millis,
        "request": request,
        "response": {
            "status": status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": headers(received),
            "content": {
                "size": body.len(),
                "mimeType": exchange.response().and_then(|response| response.header("content-type")).unwrap_or_default(),
                "text": body,
            },
            "redirectURL": exchange.response().and_then(|response| response.header("location")).unwrap_or_default(),
            "headersSize": -1,
            "bodySize": body.len(),
        },
        "cache": {},
        "timings": { "send": 0, "wait": millis, "receive": 0 },
        "_seq": exchange.seq,
        "_sender": exchange.sender,
    });
    if let Some(error) = exchange.failure() {
        entry["response"]["_error"] = json!(error.message);
        entry["_failure"] = json!(error.kind);
    }
    entry
}

fn headers(headers: &[(String, String)]) -> Value {
    headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn query(exchange: &Exchange) -> Value {
    url::form_urlencoded::parse(exchange.query().unwrap_or_default().as_bytes())
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect()
}
