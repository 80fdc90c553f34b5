//! HTTP Archive 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>): writing exchanges into one, and reading one
//! that another tool recorded.

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Exchange, Reply, Response, Sender, TransportError, TransportKind};

/// Why a HAR cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HarError {
    /// There is no `log.entries` array.
    #[error("not an HTTP archive: there is no array at log.entries")]
    NoEntries,
    /// An entry lacks what an exchange needs.
    #[error("entry {index} of the HTTP archive has no usable {member}")]
    Entry {
        /// From 0, as in the file.
        index: usize,
        /// The member that is missing or of the wrong type.
        member: &'static str,
    },
}

/// The document around pages and entries.
pub fn document(pages: Vec<Value>, entries: Vec<Value>) -> Value {
    json!({ "log": {
        "version": "1.2",
        "creator": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
        "pages": pages,
        "entries": entries,
    }})
}

/// A time as HAR wants it.
pub fn time(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

/// One exchange as an entry. A transport failure has status 0 and its words in `_error`, as browsers write it.
pub fn entry(exchange: &Exchange, page: &str) -> Value {
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

/// The exchanges of an archive, in its order. Recordings of other tools know no sender: they count as a client's.
///
/// # Errors
/// If it is no archive, or an entry lacks its method, URL or status.
pub fn exchanges(archive: &Value) -> Result<Vec<Exchange>, HarError> {
    let entries = archive.pointer("/log/entries").and_then(Value::as_array).ok_or(HarError::NoEntries)?;
    entries.iter().enumerate().map(|(index, entry)| exchange(index, entry)).collect()
}

fn exchange(index: usize, entry: &Value) -> Result<Exchange, HarError> {
    let missing = |member| HarError::Entry { index, member };
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str);
    let status = entry
        .pointer("/response/status")
        .and_then(Value::as_u64)
        .and_then(|status| u16::try_from(status).ok())
        .ok_or(missing("response.status"))?;
    let reply = if status == 0 {
        Reply::Failed(TransportError {
            kind: entry
                .get("_failure")
                .and_then(|kind| serde_json::from_value(kind.clone()).ok())
                .unwrap_or(TransportKind::Closed),
            message: text("/response/_error").unwrap_or("no response was recorded").to_owned(),
        })
    } else {
        Reply::Response(Response {
            status,
            headers: read_headers(entry.pointer("/response/headers"), true),
            body: body(entry),
        })
    };
    Ok(Exchange {
        seq: entry.get("_seq").and_then(Value::as_u64).unwrap_or(index as u64 + 1),
        sender: entry
            .get("_sender")
            .and_then(|sender| serde_json::from_value(sender.clone()).ok())
            .unwrap_or(Sender::Client),
        method: text("/request/method").ok_or(missing("request.method"))?.to_ascii_uppercase(),
        url: text("/request/url").ok_or(missing("request.url"))?.to_owned(),
        headers: read_headers(entry.pointer("/request/headers"), false),
        body: text("/request/postData/text").map(str::to_owned),
        reply,
        at: text("/startedDateTime")
            .and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH),
        micros: entry.get("time").and_then(Value::as_f64).map_or(0, micros),
    })
}

/// The body as text; recorders write binary (and sometimes text) bodies in Base64.
fn body(entry: &Value) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let text = entry.pointer("/response/content/text").and_then(Value::as_str).unwrap_or_default();
    let encoded = entry.pointer("/response/content/encoding").and_then(Value::as_str) == Some("base64");
    match encoded.then(|| BASE64_STANDARD.decode(text)) {
        Some(Ok(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        _ => text.to_owned(),
    }
}

fn micros(millis: f64) -> u64 {
    // Negative times mean "unknown" in HAR; the conversion saturates at both ends.
    (millis * 1e3) as u64
}

/// Header pairs. Pseudo headers of HTTP/2 (`:method`) are left out; response names are lower case, as the client of
/// this crate records them.
fn read_headers(headers: Option<&Value>, lower: bool) -> Vec<(String, String)> {
    let pair = |header: &Value| {
        let name = header.get("name")?.as_str()?;
        let name = if lower { name.to_ascii_lowercase() } else { name.to_owned() };
        (!name.starts_with(':')).then_some((name, header.get("value")?.as_str()?.to_owned()))
    };
    headers.and_then(Value::as_array).map(|list| list.iter().filter_map(pair).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(reply: Reply) -> Exchange {
        Exchange {
            seq: 7,
            sender: Sender::Idp,
            method: "PATCH".into(),
            url: "http://h/scim/Users/1?a=b%20c".into(),
            headers: vec![("Content-Type".into(), "application/scim+json".into())],
            body: Some("{}".into()),
            reply,
            at: OffsetDateTime::UNIX_EPOCH,
            micros: 1500,
        }
    }

    /// What this crate writes it reads back unchanged, failures included.
    #[test]
    fn round_trip() {
        let answered = sample(Reply::Response(Response {
            status: 200,
            headers: vec![("etag".into(), "W/\"1\"".into())],
            body: "{\"a\":1}".into(),
        }));
        let failed = sample(Reply::Failed(TransportError { kind: TransportKind::Timeout, message: "too slow".into() }));
        for exchange in [answered, failed] {
            let archive = document(Vec::new(), vec![entry(&exchange, "p")]);
            assert_eq!(exchanges(&archive).expect("readable"), [exchange]);
        }
    }

    /// Archives of browsers (pseudo headers, Base64, upper-case names) are read, and broken ones name the entry.
    #[test]
    fn foreign_archives() {
        let archive = json!({"log": {"entries": [{
            "startedDateTime": "2026-01-02T03:04:05.678+01:00", "time": -1,
            "request": {"method": "get", "url": "https://h/Users", "headers": [{"name": ":method", "value": "GET"}]},
            "response": {"status": 200, "headers": [{"name": "ETag", "value": "x"}],
                "content": {"text": "e30=", "encoding": "base64"}},
        }]}});
        let read = exchanges(&archive).expect("readable");
        assert_eq!((read[0].method.as_str(), read[0].headers.len(), read[0].micros), ("GET", 0, 0));
        let response = read[0].response().expect("a response");
        assert_eq!((response.header("etag"), response.body.as_str()), (Some("x"), "{}"));
        let broken = json!({"log": {"entries": [{"response": {"status": 200}}]}});
        let error = exchanges(&broken).expect_err("no method");
        assert_eq!(error.to_string(), "entry 0 of the HTTP archive has no usable request.method");
        assert!(matches!(exchanges(&json!({})), Err(HarError::NoEntries)));
    }
}
