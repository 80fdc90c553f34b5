//! HTTP archives (HAR 1.2), written and read: a transcript for other tools, and other tools' recordings for `judge`.
//!
//! What HAR has no field for stands in custom fields, which the format allows if they begin with `_`: `_sender`,
//! `_seq`, and for a request that got no response `_failure` and, as browsers write it, `response._error`. An archive written here reads back as the same exchanges.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Exchange, Reply, Response, Sender, TransportError, TransportKind};

/// Why a text is not an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HarError {
    /// Not JSON.
    #[error("not a HAR file: {0}")]
    NotJson(String),
    /// JSON without `log.entries`.
    #[error("not a HAR file: it has no `log.entries`")]
    NoEntries,
    /// An entry that lacks something.
    #[error("entry {index} of the HAR file: {reason}")]
    Entry {
        /// Position in `log.entries`, from 0.
        index: usize,
        /// What it lacks.
        reason: String,
    },
}

/// An archive of entries, grouped by pages where there are any.
pub fn archive(pages: Vec<Value>, entries: Vec<Value>) -> Value {
    json!({"log": {
        "version": "1.2",
        "creator": {"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
        "pages": pages,
        "entries": entries,
    }})
}

/// The archive of some exchanges. Bodies and headers are written as they are: redact first.
pub fn write<'a>(exchanges: impl IntoIterator<Item = &'a Exchange>) -> Value {
    archive(Vec::new(), exchanges.into_iter().map(entry).collect())
}

/// One exchange as an entry. A transport failure has status 0 and its words in `_error`, as browsers write it.
pub fn entry(exchange: &Exchange) -> Value {
    let millis = micros_as_millis(exchange.micros);
    let mut request = json!({
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": pairs(&exchange.headers),
        "queryString": query(exchange.query().unwrap_or_default()),
        "headersSize": -1,
        "bodySize": exchange.body.as_ref().map_or(0, String::len),
    });
    if let Some(body) = &exchange.body {
        let media_type = exchange.request_header("content-type").unwrap_or_default();
        request["postData"] = json!({"mimeType": media_type, "text": body});
    }
    let empty = Response { status: 0, headers: Vec::new(), body: String::new() };
    let response = exchange.response().unwrap_or(&empty);
    let mut entry = json!({
        "startedDateTime": exchange.at.format(&Rfc3339).unwrap_or_default(),
        "time": millis,
        "request": request,
        "response": {
            "status": response.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": pairs(&response.headers),
            "content": {
                "size": response.body.len(),
                "mimeType": response.header("content-type").unwrap_or_default(),
                "text": response.body,
            },
            "redirectURL": response.header("location").unwrap_or_default(),
            "headersSize": -1,
            "bodySize": response.body.len(),
        },
        "cache": {},
        "timings": {"send": 0, "wait": millis, "receive": 0},
        "_seq": exchange.seq,
        "_sender": exchange.sender,
    });
    if let Some(error) = exchange.failure() {
        entry["response"]["_error"] = json!(error.message);
        entry["_failure"] = json!(error.kind);
    }
    entry
}

fn pairs(headers: &[(String, String)]) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}

fn query(query: &str) -> Vec<Value> {
    url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| json!({"name": name, "value": value})).collect()
}

/// The exchanges of an archive, in its order. Archives of other tools may lack sizes, times and our own fields: a
/// missing sender counts as `client`, a missing sequence number as the position.
///
/// # Errors
/// If it is no archive, or an entry has no method, URL or status.
pub fn read(text: &str) -> Result<Vec<Exchange>, HarError> {
    // Some tools write a byte order mark.
    let archive: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| HarError::NotJson(error.to_string()))?;
    let entries = archive.pointer("/log/entries").and_then(Value::as_array).ok_or(HarError::NoEntries)?;
    entries
        .iter()
        .enumerate()
        .map(|(index, entry)| exchange(index, entry).map_err(|reason| HarError::Entry { index, reason }))
        .collect()
}

fn exchange(index: usize, entry: &Value) -> Result<Exchange, String> {
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str);
    let needed =
        |pointer: &str| text(pointer).ok_or_else(|| format!("`{}` is missing", pointer[1..].replace('/', ".")));
    let reply = match entry.pointer("/response/status").and_then(Value::as_u64) {
        Some(0) => Reply::Failed(TransportError {
            kind: entry
                .get("_failure")
                .and_then(|kind| serde_json::from_value(kind.clone()).ok())
                .unwrap_or(TransportKind::Closed),
            message: text("/response/_error").unwrap_or("no response was recorded").to_owned(),
        }),
        Some(status) => Reply::Response(Response {
            status: u16::try_from(status).map_err(|_| format!("{status} is not a status"))?,
            headers: headers(entry.pointer("/response/headers"), true),
            body: content(entry)?,
        }),
        None => return Err("`response.status` is missing".to_owned()),
    };
    let millis = entry.get("time").and_then(Value::as_f64).filter(|millis| *millis >= 0.0).unwrap_or(0.0);
    Ok(Exchange {
        seq: entry.get("_seq").and_then(Value::as_u64).unwrap_or(index as u64 + 1),
        sender: entry
            .get("_sender")
            .and_then(|sender| serde_json::from_value(sender.clone()).ok())
            .unwrap_or(Sender::Client),
        method: needed("/request/method")?.to_ascii_uppercase(),
        url: needed("/request/url")?.to_owned(),
        headers: headers(entry.pointer("/request/headers"), false),
        body: text("/request/postData/text").map(str::to_owned),
        reply,
        at: text("/startedDateTime")
            .and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH),
        micros: (millis * 1e3).round() as u64,
    })
}

/// Response headers are lower case in an [`Exchange`]; HTTP/2 pseudo headers (`:status`) are none.
fn headers(list: Option<&Value>, lower: bool) -> Vec<(String, String)> {
    let list = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .filter_map(|header| {
            let name = header.get("name")?.as_str()?;
            let value = header.get("value")?.as_str()?;
            let name = if lower { name.to_ascii_lowercase() } else { name.to_owned() };
            (!name.starts_with(':')).then(|| (name, value.to_owned()))
        })
        .collect()
}

fn content(entry: &Value) -> Result<String, String> {
    let text = entry.pointer("/response/content/text").and_then(Value::as_str).unwrap_or_default();
    match entry.pointer("/response/content/encoding").and_then(Value::as_str) {
        Some("base64") => BASE64_STANDARD
            .decode(text)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .map_err(|error| format!("`response.content.text` is not base64: {error}")),
        _ => Ok(text.to_owned()),
    }
}

fn micros_as_millis(micros: u64) -> f64 {
    micros as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(reply: Reply) -> Exchange {
        Exchange {
            seq: 7,
            sender: Sender::Idp,
            method: "PATCH".into(),
            url: "http://h/Users/1?filter=a%20eq+1&flag".into(),
            headers: vec![("Content-Type".into(), "application/scim+json".into())],
            body: Some("{\"a\":\"ä\"}".into()),
            reply,
            at: OffsetDateTime::UNIX_EPOCH,
            micros: 1234,
        }
    }

    /// What is written reads back as the same exchanges, failures and our own fields included.
    #[test]
    fn round_trip() {
        let answered = sample(Reply::Response(Response {
            status: 200,
            headers: vec![("etag".into(), "W/\"1\"".into())],
            body: "{}".into(),
        }));
        let failed =
            sample(Reply::Failed(TransportError { kind: TransportKind::Timeout, message: "too slow".to_owned() }));
        let archive = write([&answered, &failed]);
        assert_eq!(archive.pointer("/log/entries/0/request/queryString/0/value"), Some(&json!("a eq 1")));
        assert_eq!(read(&archive.to_string()).unwrap(), [answered, failed]);
    }

    /// A browser's archive is read: base64 bodies, pseudo headers, no fields of ours.
    #[test]
    fn reads_what_browsers_write() {
        let archive = json!({"log": {"entries": [
            {"request": {"method": "get", "url": "http://h/x", "headers": []},
             "response": {"status": 200, "headers": [{"name": ":status", "value": "200"}, {"name": "ETag", "value": "1"}],
                          "content": {"text": "eyJhIjoxfQ==", "encoding": "base64"}}, "time": -1},
            {"request": {"method": "GET", "url": "http://h/y"}, "response": {"status": 0, "_error": "net::ERR_FAILED"}},
        ]}});
        let exchanges = read(&format!("\u{feff}{archive}")).unwrap();
        assert_eq!(exchanges[0].json(), Some(json!({"a": 1})));
        assert_eq!(exchanges[0].response().unwrap().headers, [("etag".to_owned(), "1".to_owned())]);
        assert_eq!((exchanges[0].seq, exchanges[1].seq), (1, 2));
        assert_eq!(exchanges[1].failure().unwrap().message, "net::ERR_FAILED");
    }

    /// A file that is not an archive says what it lacks.
    #[test]
    fn refuses_what_is_no_archive() {
        let error = |text: &str| read(text).unwrap_err().to_string();
        assert!(error("<html>").starts_with("not a HAR file: "));
        assert_eq!(error("{}"), "not a HAR file: it has no `log.entries`");
        assert_eq!(
            error(r#"{"log":{"entries":[{"response":{"status":200}}]}}"#),
            "entry 0 of the HAR file: `request.method` is missing"
        );
    }
}
