//! How a request is written: headers, query strings, bodies. Pure functions of a profile and of data; nothing is sent
//! here, and nothing here knows when.

pub mod group;
pub mod patch;
pub mod path;
pub mod query;
pub mod user;

use serde_json::Value;

use super::profile::{Knobs, value::TokenScheme};
use crate::wire::{Auth, Request, Secret};

/// A request with the headers of the profile, in the profile's order: `User-Agent`, `Accept`, `Accept-Charset`,
/// `Accept-Encoding`, `Content-Type`. `auth` is what the target's configuration says; the profile may send its token otherwise.
pub fn request(knobs: &Knobs, auth: &Auth, method: &str, target: &str, body: Option<&Value>) -> Request {
    let mut request = Request::new(method, target);
    for (name, value) in [
        ("User-Agent", &knobs.user_agent),
        ("Accept", &knobs.accept),
        ("Accept-Charset", &knobs.accept_charset),
        ("Accept-Encoding", &knobs.accept_encoding),
    ] {
        if !value.is_empty() {
            request = request.header(name, value);
        }
    }
    let typed = match method {
        "GET" => knobs.content_type_on_get,
        "DELETE" => knobs.content_type_on_delete,
        _ => body.is_some(),
    };
    if typed {
        request = request.header("Content-Type", &knobs.content_type);
    }
    if let Some(body) = body {
        request = request.body(body.to_string());
    }
    if let (TokenScheme::Raw, Auth::Bearer(token)) = (knobs.token_scheme, auth) {
        let value = Secret::new(token.expose());
        request = request.auth(Auth::Header { name: "Authorization".to_owned(), value });
    }
    request
}
