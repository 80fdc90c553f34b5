//! Asynchronous requests (RFC 9967 section 2.5.1): who prefers `respond-async`, and has a stream that hears of the end, is
//! answered 202 and finds the outcome in the stream.
//!
//! The work is done at once all the same; `wait` is therefore always kept, and answered as usual. So is what is refused,
//! and a bulk request: the RFC leaves the choice to the server.

use axum::http::{HeaderMap, HeaderName, Method, header};

use super::{
    answer::{Answer, Refusal},
    call::Call,
    endpoint::Endpoint,
    scope::Scope,
    signals,
};
use crate::provider::{
    effects::{Change, Via},
    security_events::{ScimEvent, outbox, uri},
};

/// Correlates the answer with the event (RFC 9967 section 3).
const SET_TXN: HeaderName = HeaderName::from_static("set-txn");

/// Says which preference was kept (RFC 7240 section 3).
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Whether the client prefers an asynchronous answer and will not wait (RFC 7240 sections 4.1 and 4.3).
pub(super) fn is_preferred(headers: &HeaderMap) -> bool {
    let mut asynchronous = false;
    for value in headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok()) {
        for preference in value.split(',') {
            let name = preference.split([';', '=']).next().unwrap_or_default().trim();
            if name.eq_ignore_ascii_case("wait") {
                return false;
            }
            asynchronous |= name.eq_ignore_ascii_case("respond-async");
        }
    }
    asynchronous
}

/// Turns the answer to a write that succeeded into 202, and sends the event that tells of it. Anything else stays as it
/// is.
pub(super) fn accept(scope: &Scope, call: &Call, answer: Answer) -> Answer {
    let (kind, id) = match &call.endpoint {
        Endpoint::Resource(kind, id) => (*kind, Some(id.clone())),
        Endpoint::Type(kind) => (*kind, None),
        _ => return answer,
    };
    let via = match call.method {
        Method::POST => Via::Post,
        Method::PUT => Via::Put,
        Method::PATCH => Via::Patch,
        Method::DELETE => Via::Delete,
        _ => return answer,
    };
    let Some(id) = id.or_else(|| answer.id.clone()) else { return answer };
    let told = scope.state.store.write::<bool, Refusal>(|tx| {
        if !outbox::is_wanted(tx, &scope.organization_id, uri::ASYNC_RESPONSE)? {
            return Ok(false);
        }
        let header = |name| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let event = ScimEvent::Completed {
            method: call.method.to_string(),
            status: answer.status,
            version: header(header::ETAG),
        };
        let subject = signals::subject_of(scope, tx, kind, &id)?;
        scope.apply(tx, via, &Change::ScimWrote { subject, event })?;
        Ok(true)
    });
    // The work is done, whether or not the event can be written: then the answer tells of it.
    if !told.unwrap_or(false) {
        return answer;
    }
    Answer::empty(202)
        .with(SET_TXN, &scope.txn())
        .with(PREFERENCE_APPLIED, "respond-async")
        .with(header::LOCATION, &scope.location(kind, &id))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects clients that want to wait, and those that say nothing.
    #[test]
    fn only_who_will_not_wait_is_answered_later() {
        let prefers = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("prefer", value.parse().expect("a value"));
            is_preferred(&headers)
        };
        assert!(prefers("respond-async") && prefers("return=minimal, Respond-Async"));
        assert!(!prefers("respond-async, wait=5") && !prefers("return=minimal") && !prefers("respond-asynchronously"));
        assert!(!is_preferred(&HeaderMap::new()));
    }
}
