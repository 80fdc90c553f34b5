//! What came back, as an engine looks at it.

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use crate::{
    idp::dialect::path::member,
    wire::{Exchange, Reply, TransportError},
};

/// A response, or the failure to get one.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Sequence number of the exchange.
    pub seq: u64,
    /// Status, if there is a response.
    pub status: Option<u16>,
    /// Body as text.
    pub text: String,
    /// Body as JSON, if it is JSON.
    pub json: Option<Value>,
    /// `Retry-After`.
    pub retry_after: Option<String>,
    /// Why there is no response.
    pub failure: Option<TransportError>,
}

impl From<Exchange> for Answer {
    fn from(exchange: Exchange) -> Answer {
        match exchange.reply {
            Reply::Response(response) => Answer {
                seq: exchange.seq,
                status: Some(response.status),
                json: response.json(),
                retry_after: response.header("retry-after").map(str::to_owned),
                text: response.body,
                failure: None,
            },
            Reply::Failed(failure) => Answer {
                seq: exchange.seq,
                status: None,
                text: String::new(),
                json: None,
                retry_after: None,
                failure: Some(failure),
            },
        }
    }
}

impl Answer {
    /// Whether the status is 2xx.
    pub fn ok(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// `detail` of an error body (RFC 7644 section 3.12).
    pub fn detail(&self) -> Option<&str> {
        member(self.json.as_ref()?, "detail")?.as_str()
    }

    /// `id` of the resource in the body; ids that are numbers are taken as text.
    pub fn id(&self) -> Option<String> {
        id_of(self.json.as_ref()?)
    }

    /// The body, if it is an object.
    pub fn object(&self) -> Option<&Value> {
        self.json.as_ref().filter(|json| json.is_object())
    }

    /// The resources of a list body. `lenient` takes the keys in lower case too.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn list(&self, lenient: bool) -> Result<List, ListFault> {
        let json = self.json.as_ref().ok_or(ListFault::NotJson)?;
        let get = |name: &str| if lenient { member(json, name) } else { json.get(name) };
        if !json.is_object() {
            return Err(ListFault::NotAList);
        }
        let total = get("totalResults");
        let text_number = ["totalResults", "startIndex", "itemsPerPage"]
            .into_iter()
            .any(|name| get(name).is_some_and(Value::is_string));
        let total_number = match total {
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        let resources = match get("Resources") {
            Some(Value::Array(items)) => items.clone(),
            // RFC 7644 section 3.4.2 lets an empty list leave Resources out, and null is as good as left out (RFC 7643 section 2.5).
            None | Some(Value::Null) if total_number == Some(0) => Vec::new(),
            _ => return Err(ListFault::NotAList),
        };
        let total = usize::try_from(total_number.unwrap_or(resources.len() as u64)).unwrap_or(usize::MAX);
        Ok(List { resources, total, text_number })
    }
}

/// `id` of a resource; a number is taken as text.
pub fn id_of(resource: &Value) -> Option<String> {
    match resource.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// A list response.
#[derive(Clone, Debug)]
pub struct List {
    /// The resources of this page.
    pub resources: Vec<Value>,
    /// `totalResults`.
    pub total: usize,
    /// Whether a paging number came as text.
    pub text_number: bool,
}

/// Why a body is no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFault {
    /// It is not JSON.
    NotJson,
    /// It is JSON without `Resources`.
    NotAList,
}

/// Seconds of a `Retry-After` (RFC 9110 section 10.2.3): a whole number, or, if `dates` are understood, a date. `None`
/// for anything else.
pub fn retry_after(value: Option<&str>, dates: bool) -> Option<i64> {
    let value = value?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok();
    }
    let at = OffsetDateTime::parse(value, &Rfc2822).ok().filter(|_| dates)?;
    Some((at - OffsetDateTime::now_utc()).whole_seconds().max(0))
}

/// The reason phrase of a status (RFC 9110 section 15), or `Status n`.
pub fn reason(status: u16) -> String {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .map_or_else(|| format!("Status {status}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole seconds count as a wait; a date only where dates are understood.
    #[test]
    fn reads_whole_seconds() {
        assert_eq!(retry_after(Some(" 7 "), false), Some(7));
        assert_eq!(retry_after(Some("Wed, 21 Oct 2015 07:28:00 GMT"), false), None);
        assert_eq!(retry_after(Some("Wed, 21 Oct 2015 07:28:00 GMT"), true), Some(0));
        assert_eq!(retry_after(Some("1.5"), true), None);
        assert_eq!(retry_after(Some(""), true), None);
        assert_eq!(retry_after(None, true), None);
    }
}
