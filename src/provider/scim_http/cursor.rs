//! Cursors of RFC 9865: where the next page of one query begins.
//!
//! A cursor carries its position and a fingerprint of the query that it belongs to, so that it is refused with another
//! filter, order or connection. It holds no authority: each page is read inside the connection that the token opens, so
//! that a forged cursor shows nothing that another query of the same client would not.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::endpoint::Kind;
use crate::scim::{
    error::{ScimError, ScimType},
    query::ListQuery,
};

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Behind the resource with this id, in the order of ids: stays right when resources come and go between pages.
    After(String),
    /// At this index from 0, where the order is another one.
    Index(usize),
}

/// What ties a cursor to its query.
pub(super) fn fingerprint(connection_id: &str, kinds: &[Kind], query: &ListQuery) -> String {
    let text = format!("{connection_id}|{kinds:?}|{:?}|{:?}|{}", query.filter, query.sort_by, query.descending);
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text.as_bytes())[..9])
}

/// A cursor as text: unreserved characters of RFC 3986 only.
pub(super) fn write(position: &Position, fingerprint: &str) -> String {
    let position = match position {
        Position::After(id) => format!("a{id}"),
        Position::Index(index) => format!("i{index}"),
    };
    URL_SAFE_NO_PAD.encode(format!("{fingerprint}.{position}"))
}

/// Reads a cursor back; one that was not issued for this query is `invalidCursor`.
pub(super) fn read(text: &str, fingerprint: &str) -> Result<Position, ScimError> {
    let refuse = || ScimError::bad(ScimType::InvalidCursor, "the cursor was not issued for this query");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refuse())?;
    let text = String::from_utf8(bytes).map_err(|_| refuse())?;
    let (of, position) = text.split_once('.').ok_or_else(refuse)?;
    if of != fingerprint {
        return Err(refuse());
    }
    match position.split_at_checked(1) {
        Some(("a", id)) => Ok(Position::After(id.to_owned())),
        Some(("i", index)) => index.parse().map(Position::Index).map_err(|_| refuse()),
        _ => Err(refuse()),
    }
}
