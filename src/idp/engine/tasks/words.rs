//! Okta's words for what went wrong, as its system log and its task list show them.

use crate::idp::{
    engine::answer::{Answer, reason},
    moves::Failure,
};

/// System-log event types (<https://developer.okta.com/docs/reference/api/event-types/>).
pub mod event {
    /// Push new user to external application.
    pub const CREATE: &str = "application.provision.user.push";
    /// Push user's profile to external application.
    pub const PROFILE: &str = "application.provision.user.push_profile";
    /// Push user deactivation to external application.
    pub const DEACTIVATE: &str = "application.provision.user.deactivate";
    /// Push user reactivation to external application.
    pub const REACTIVATE: &str = "application.provision.user.reactivate";
    /// Push user's password update to external application.
    pub const PASSWORD: &str = "application.provision.user.password";
    /// Verify user exists in external application.
    pub const VERIFY: &str = "application.provision.user.verify_exists";
    /// Sync user in external application.
    pub const SYNC: &str = "application.provision.user.sync";
    /// Import users from external application.
    pub const IMPORT: &str = "application.provision.user.import";
    /// Create group in external application.
    pub const GROUP_ADD: &str = "application.provision.group.add";
    /// Update group in external application.
    pub const GROUP_UPDATE: &str = "application.provision.group.update";
    /// Remove group from external application.
    pub const GROUP_REMOVE: &str = "application.provision.group.remove";
    /// Call of the external application's API, as the test of the credentials makes it.
    pub const TEST: &str = "application.provision.integration.call_api";
    /// The credentials were refused.
    pub const UNAUTHORIZED: &str = "application.integration.authentication_failure";
    /// The external application limits the rate, and the tries are used up.
    pub const RATE: &str = "application.integration.rate_limit_exceeded";
}

/// What the target said, in the form `Conflict. Errors reported by remote server: <detail>`. The detail is the `detail`
/// of a SCIM error, or what Okta's JSON parser says about a body that is none.
pub fn remote(answer: &Answer, surfaces_detail: bool) -> String {
    let Some(status) = answer.status else {
        let why = answer.failure.as_ref().map_or_else(String::new, |failure| failure.message.clone());
        return format!("error while talking to the remote server: {why}");
    };
    let reason = reason(status);
    if !surfaces_detail {
        return reason;
    }
    match (answer.detail(), &answer.json) {
        (Some(detail), _) => format!("{reason}. Errors reported by remote server: {detail}"),
        (None, Some(_)) => reason,
        (None, None) if answer.text.trim().is_empty() => reason,
        (None, None) => format!("{reason}. Errors reported by remote server: {}", invalid_json(&answer.text)),
    }
}

/// What a JSON parser of the Jackson kind says about a text that is not JSON.
fn invalid_json(text: &str) -> String {
    let text = text.trim_start();
    let token: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    match text.chars().next() {
        Some(first) if token.is_empty() => {
            format!("Invalid JSON: Unexpected character ('{first}' (code {})) at line: 1, column: 1", u32::from(first))
        }
        _ => format!("Invalid JSON: Unrecognized token '{token}' at line: 1, column: {}", token.chars().count() + 1),
    }
}

/// A failure in Okta's words; Okta does not try again by itself. `code` is the event type of the task; refused
/// credentials and an exhausted rate have their own.
pub fn failure(code: &str, words: String, answer: Option<&Answer>) -> Failure {
    let status = answer.and_then(|answer| answer.status);
    let code = match status {
        Some(401) => event::UNAUTHORIZED,
        Some(429) => event::RATE,
        _ => code,
    };
    Failure { code: code.to_owned(), words, status, retried: false }
}
