//! When a mismatch says nothing about what the scenario is about.
//!
//! A scenario asserts one thing, and uses others on the way. Where the target does not have one of those others (it does
//! not keep `title`, has no groups, answers 501 to PATCH, asks for more than a userName), the mismatch would be put down
//! to the wrong requirement. Such a scenario is *not exercised*; the scenario that is about the missing thing still says
//! so. What an identity provider's flow needs is another matter: there the missing thing is the finding, save attributes
//! that an administrator would simply not map.
//!
//! What decides is structure, never wording: the exchange (method, path, status, the names in its body), what the run learnt
//! of the target before, and the [`About`] that a mismatch got where it was found. How a step, an answer or a report is
//! worded excuses nothing.

use serde_json::Value;

use super::{
    habits::{Habits, Refusal},
    json_path,
    library::PROFILES,
    stop::About,
};
use crate::wire::{Exchange, TransportKind};

/// What is looked at.
pub(super) struct Case<'a> {
    /// The scenario's family: `rfc`, `effects`, `okta`, `entra`.
    pub family: &'a str,
    /// Its requirement.
    pub requirement: &'a str,
    /// What the mismatch is about.
    pub about: &'a About,
    /// The exchanges of the scenario so far.
    pub exchanges: &'a [Exchange],
    /// Those of them that the mismatch is about.
    pub shown: &'a [u64],
}

/// Requirements that are about a declared capability itself: nothing is excused there.
const PLAIN: [&str; 2] = ["RFC7644-3.5-R2", "RFC7643-5-R12"];

/// What a server may refuse that asks for more than the RFC.
const LITTLE: &str = "a user with a userName and little else";

/// The requirement that a create works at all: a target that fails at a plain user, rather than refusing it, breaks it.
const CREATES: &str = "RFC7644-3.3-R5";

/// The requirements that say of a target which does not show its members that it does not. In all others of an identity
/// provider's flow the members would be told of again.
const TELL_MEMBERS: [&str; 3] = ["EFF-GROUPS", "OKTA-PUSH", "ENTRA-GROUP"];

/// The requirements that say of a target which cannot combine comparisons that it cannot.
const COMBINE: [&str; 2] = ["RFC7644-3.4.2.2-R15", "RFC7644-3.4.2.2-R20"];

/// Why the mismatch is none, if it is none.
pub(super) fn excuse(case: &Case<'_>, habits: Option<&Habits>) -> Option<String> {
    if let Some(limited) = exchanges(case).find(|exchange| exchange.status() == Some(429)) {
        return Some(format!("the target limits the rate of requests ({}); slow down with --rate", limited.line()));
    }
    if let Some(why) = exchanges(case).find_map(unanswered) {
        return Some(why);
    }
    let habits = habits.filter(|_| !PLAIN.contains(&case.requirement))?;
    let own = if case.family == "rfc" || PROFILES.contains(&case.family) {
        unimplemented(case)
            .or_else(|| refused(case, habits))
            .or_else(|| bare_put(case, habits))
            .or_else(|| no_patch(case, habits))
            .or_else(|| cannot_combine(case, habits))
    } else {
        no_groups(case, habits)
    };
    own.or_else(|| lost(case, habits))
}

/// A request without an answer that says nothing of the target: it is slow, or the request met the end of an idle connection. A
/// GET is sent again in that case, so that one which is closed every time is told.
fn unanswered(exchange: &Exchange) -> Option<String> {
    match exchange.failure()?.kind {
        TransportKind::Timeout => Some(format!(
            "the target did not answer in time ({}); lower --concurrency, or raise the time-out",
            exchange.line()
        )),
        TransportKind::Closed if exchange.method != "GET" => Some(format!(
            "the connection ended before the answer ({}), and whether the target did what was asked cannot be told",
            exchange.line()
        )),
        _ => None,
    }
}

/// 501 says "not supported" (RFC 7644 section 3.12), and 405 the same of a method that need not be there.
fn unimplemented(case: &Case<'_>) -> Option<String> {
    let declined = case.exchanges.iter().find(|exchange| {
        let optional = matches!(exchange.method.as_str(), "PATCH" | "DELETE")
            || ["/Bulk", "/.search", "/Me"].iter().any(|end| exchange.path().ends_with(end));
        optional && matches!(exchange.status(), Some(405 | 501))
    })?;
    Some(format!("the target does not implement it: {}", declined.line()))
}

/// A create that is answered as a plain one was.
fn refused(case: &Case<'_>, habits: &Habits) -> Option<String> {
    exchanges(case).find_map(|exchange| {
        let to = |endpoint: &str| exchange.method == "POST" && exchange.path().ends_with(endpoint);
        let same = |status: u16| exchange.status().unwrap_or_default() == status;
        let (what, refusal) = if to("/Users") {
            match (&habits.user_refused, &habits.bare_user_refused) {
                (Some(refusal), _) if same(refusal.status) => {
                    if case.requirement == CREATES && refusal.status >= 500 {
                        return None;
                    }
                    ("a plain user", refusal)
                }
                (None, Some(refusal)) if same(refusal.status) && is_bare(exchange) => (LITTLE, refusal),
                _ => return None,
            }
        } else if to("/Groups") {
            ("a plain group", habits.group_refused.as_ref().filter(|refusal| same(refusal.status))?)
        } else {
            return None;
        };
        Some(refuses(what, refusal))
    })
}

fn refuses(what: &str, refusal: &Refusal) -> String {
    format!("the target refuses {what}: {}", refusal.words)
}

/// A PUT without what the target asks of every user. Whatever the scenario looks at later is as it was before.
fn bare_put(case: &Case<'_>, habits: &Habits) -> Option<String> {
    let refusal = habits.bare_user_refused.as_ref()?;
    let refused = |exchange: &Exchange| {
        exchange.method == "PUT"
            && exchange.path().contains("/Users/")
            && exchange.status() == Some(refusal.status)
            && is_bare(exchange)
    };
    case.exchanges.iter().any(refused).then(|| refuses(LITTLE, refusal))
}

/// Whether a user that is sent lacks what a plain one has.
fn is_bare(exchange: &Exchange) -> bool {
    let sent = exchange.request_json().unwrap_or_default();
    ["name", "displayName", "emails", "active"].iter().any(|name| sent.get(name).is_none_or(Value::is_null))
}

/// A PATCH that fails as a plain one does.
fn no_patch(case: &Case<'_>, habits: &Habits) -> Option<String> {
    let refusal = habits.patch_refused.as_ref()?;
    let fails = |exchange: &Exchange| {
        exchange.method == "PATCH" && exchange.status().is_some_and(|status| matches!(status, 404 | 405 | 500..))
    };
    exchanges(case).any(fails).then(|| format!("a plain PATCH is refused by the target: {}", refusal.words))
}

/// A filter that combines comparisons, on a target which does not find the one user that each of them matches.
fn cannot_combine(case: &Case<'_>, habits: &Habits) -> Option<String> {
    let combined = habits.uncombined.as_ref().filter(|_| !COMBINE.contains(&case.requirement))?;
    let filter = |exchange: &Exchange| {
        let query = exchange.query().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "filter" && combined.concerns(&value))
    };
    exchanges(case)
        .any(filter)
        .then(|| format!("the target does not combine comparisons in a filter: {}", combined.words))
}

/// Without groups there is nothing that an identity provider could push.
fn no_groups(case: &Case<'_>, habits: &Habits) -> Option<String> {
    let refusal = habits.group_refused.as_ref().filter(|refusal| matches!(refusal.status, 404 | 405 | 501))?;
    exchanges(case)
        .any(|exchange| exchange.path().contains("/Groups"))
        .then(|| format!("the target has no groups: {}", refusal.words))
}

/// An attribute that is not kept cannot show what the scenario is about.
fn lost(case: &Case<'_>, habits: &Habits) -> Option<String> {
    let endpoint =
        if exchanges(case).any(|exchange| exchange.path().contains("/Groups")) { "/Groups" } else { "/Users" };
    let refused = || exchanges(case).filter(|exchange| matches!(exchange.status(), Some(400..=499)));
    let (_, name) = habits.lost.iter().find(|(at, name)| {
        let told_here = *name == "members" && TELL_MEMBERS.contains(&case.requirement);
        let counts = *at == endpoint && !told_here;
        counts && (concerns(case.about, name) || refused().any(|exchange| sends(exchange, name)))
    })?;
    Some(format!("the target does not keep the `{name}` of what is created at {endpoint}"))
}

fn exchanges<'a>(case: &'a Case<'_>) -> impl Iterator<Item = &'a Exchange> {
    case.exchanges.iter().filter(|exchange| case.shown.contains(&exchange.seq))
}

/// Whether a mismatch is about the value of an attribute.
fn concerns(about: &About, attribute: &str) -> bool {
    matches!(about, About::Attribute(path) if json_path::leads_through(path, attribute))
}

/// Whether the body of a request has the attribute as a member, or names it in a path.
fn sends(exchange: &Exchange, attribute: &str) -> bool {
    exchange.request_json().is_some_and(|body| holds(&body, attribute))
}

fn holds(body: &Value, attribute: &str) -> bool {
    match body {
        Value::Array(items) => items.iter().any(|item| holds(item, attribute)),
        Value::Object(members) => members.iter().any(|(name, value)| {
            let path = if name.eq_ignore_ascii_case("path") { value.as_str() } else { None };
            names(name, attribute) || path.is_some_and(|path| names(path, attribute)) || holds(value, attribute)
        }),
        _ => false,
    }
}

/// Whether a name or a path of the protocol leads through the attribute: `name.givenName`, `emails[type eq "work"].value`,
/// `urn:…:User:department`. What stands in brackets is a filter, and no part of the way.
fn names(path: &str, attribute: &str) -> bool {
    if attribute.contains(':') {
        return path.get(..attribute.len()).is_some_and(|start| start.eq_ignore_ascii_case(attribute));
    }
    let outside = path
        .split('[')
        .enumerate()
        .filter_map(|(n, part)| if n == 0 { Some(part) } else { Some(part.split_once(']')?.1) });
    outside.flat_map(|part| part.split(['.', ':'])).any(|name| name.eq_ignore_ascii_case(attribute))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::OffsetDateTime;

    use super::*;
    use crate::{
        scim::urn,
        suite::habits::Uncombined,
        wire::{Reply, Response, Sender, TransportError, url_encode},
    };

    fn exchange(seq: u64, method: &str, path: &str, body: Value, status: u16) -> Exchange {
        Exchange {
            seq,
            sender: Sender::Client,
            method: method.into(),
            url: format!("http://target/scim{path}"),
            headers: Vec::new(),
            body: Some(body.to_string()),
            reply: Reply::Response(Response { status, headers: Vec::new(), body: String::new() }),
            at: OffsetDateTime::UNIX_EPOCH,
            micros: 1,
        }
    }

    fn at(path: &str) -> About {
        About::Attribute(path.to_owned())
    }

    fn excused(family: &str, requirement: &str, about: About, exchange: &Exchange, habits: &Habits) -> bool {
        let exchanges = std::slice::from_ref(exchange);
        excuse(&Case { family, requirement, about: &about, exchanges, shown: &[exchange.seq] }, Some(habits)).is_some()
    }

    /// A value of an attribute that is never kept accuses nobody; one of another attribute does.
    #[test]
    fn lost_attributes() {
        let habits = Habits { lost: vec![("/Users", "displayName"), ("/Groups", "members")], ..Habits::default() };
        let read = exchange(1, "GET", "/Users/1", Value::Null, 200);
        assert!(excused("rfc", "RFC7644-3.8-R1", at("displayName"), &read, &habits));
        assert!(!excused("rfc", "RFC7644-3.8-R1", at("title"), &read, &habits));
        let group = exchange(1, "GET", "/Groups/1", Value::Null, 200);
        assert!(excused("rfc", "RFC7643-4.2-R3", at("members"), &group, &habits));
        assert!(!excused("okta", "OKTA-PUSH", at("members"), &group, &habits), "Okta needs members");
        assert!(excused("okta", "OKTA-MEMBERSHIP", at("members"), &group, &habits), "and that is told once");
        let patch = json!({"Operations": [{"op": "replace", "path": "displayName", "value": "x"}]});
        let patch = exchange(1, "PATCH", "/Users/1", patch, 400);
        assert!(excused("rfc", "RFC7644-3.5.2.3-R2", About::Other, &patch, &habits));
    }

    /// What is asked of an attribute is known by its path, and a word of its name elsewhere excuses nothing: neither in the
    /// values that were compared, nor in a body that only mentions it.
    #[test]
    fn words_excuse_nothing() {
        let lost = vec![("/Users", "title"), ("/Users", "givenName"), ("/Users", urn::ENTERPRISE_USER)];
        let habits = Habits { lost, ..Habits::default() };
        let read = exchange(1, "GET", "/Users/1", Value::Null, 200);
        let of = |path: &str| excused("rfc", "RFC7644-3.8-R1", at(path), &read, &habits);
        assert!(of("title") && of("Resources[0].name.givenName"));
        assert!(of(&format!("`{}`.department", urn::ENTERPRISE_USER)));
        assert!(!of("name.familyName") && !of("subtitle") && !of("emails[type=title].value"));
        assert!(!excused("rfc", "RFC7644-3.8-R1", About::Other, &read, &habits));

        let sent = |operation: Value| {
            let patch = exchange(1, "PATCH", "/Users/1", json!({"Operations": [operation]}), 400);
            excused("rfc", "RFC7644-3.5.2.3-R2", About::Other, &patch, &habits)
        };
        let department = format!("{}:department", urn::ENTERPRISE_USER);
        assert!(sent(json!({"op": "add", "path": "name.givenName", "value": "x"})));
        assert!(
            sent(json!({"op": "add", "path": department, "value": "x"})) && sent(json!({"value": {&department: "x"}}))
        );
        assert!(!sent(json!({"op": "add", "path": "nickName", "value": "title"})));
        assert!(!sent(json!({"op": "add", "path": "emails[title eq \"x\"].value", "value": "x"})));
    }

    /// 501 excuses what may be missing, not PUT, and not the scenario that is about the declaration.
    #[test]
    fn unimplemented_operations() {
        let habits = Habits::default();
        let patch = exchange(1, "PATCH", "/Users/1", Value::Null, 501);
        assert!(excused("rfc", "RFC7644-3.5.2-R8", About::Other, &patch, &habits));
        assert!(!excused("rfc", "RFC7644-3.5-R2", About::Other, &patch, &habits));
        assert!(!excused("entra", "ENTRA-DISABLE", About::Other, &patch, &habits));
        let put = exchange(1, "PUT", "/Users/1", Value::Null, 501);
        assert!(!excused("rfc", "RFC7644-3.5.1-R10", About::Other, &put, &habits));
    }

    /// What every PATCH gets says nothing of the operation in it, and what every combination gets nothing of the operator.
    #[test]
    fn what_fails_everywhere() {
        let refusal = Some(Refusal { status: 500, words: "500".into() });
        let habits = Habits { patch_refused: refusal, ..Habits::default() };
        let patch = exchange(1, "PATCH", "/Users/1", Value::Null, 500);
        assert!(excused("rfc", "RFC7644-3.5.2-R5", About::Other, &patch, &habits));
        assert!(!excused("rfc", "RFC7644-3.5-R2", About::Other, &patch, &habits));
        assert!(!excused("rfc", "RFC7644-3.5.2-R5", About::Other, &patch, &Habits::default()));

        let habits =
            |grouping| Habits { uncombined: Some(Uncombined { grouping, words: "400".into() }), ..Habits::default() };
        let ask = |filter: &str| exchange(1, "GET", &format!("/Users?filter={}", url_encode(filter)), Value::Null, 400);
        let (plain, both) = (ask("title pr"), ask("title pr and userName eq \"x\""));
        let grouped = ask("title pr and (userName eq \"x\" or userName eq \"y\")");
        let of = |requirement, asked, grouping| excused("rfc", requirement, About::Other, asked, &habits(grouping));
        assert!(of("RFC7644-3.4.2.2-R12", &both, false) && of("RFC7644-3.4.2.2-R12", &grouped, false));
        assert!(of("RFC7644-3.4.2.2-R12", &grouped, true) && !of("RFC7644-3.4.2.2-R12", &both, true));
        assert!(!of("RFC7644-3.4.2.2-R12", &plain, false), "nothing is combined");
        let quoted = ask(r#"title eq "salt and (\"pepper\" or not)""#);
        assert!(!of("RFC7644-3.4.2.2-R12", &quoted, false), "nor in a text that is compared with");
        assert!(!of("RFC7644-3.4.2.2-R15", &both, false), "the requirement that is about it");
    }

    /// An answer that only says "slow down" says nothing else, whatever is known of the target.
    #[test]
    fn rate_limits() {
        let limited = exchange(1, "GET", "/Users/1", Value::Null, 429);
        let exchanges = [limited];
        let case =
            Case { family: "okta", requirement: "OKTA-TEST", about: &About::Other, exchanges: &exchanges, shown: &[1] };
        assert!(excuse(&case, None).is_some_and(|why| why.contains("--rate")));
    }

    /// A target that is slow is not accused of what it might have answered.
    #[test]
    fn answers_that_did_not_come() {
        let excused = |method: &str, kind| {
            let error = TransportError { kind, message: "no answer".into() };
            let late = Exchange { reply: Reply::Failed(error), ..exchange(1, method, "/Users/1", Value::Null, 200) };
            let exchanges = [late];
            let case = Case {
                family: "okta",
                requirement: "OKTA-TEST",
                about: &About::Other,
                exchanges: &exchanges,
                shown: &[1],
            };
            excuse(&case, None).is_some()
        };
        assert!(excused("GET", TransportKind::Timeout) && excused("PATCH", TransportKind::Closed));
        assert!(!excused("GET", TransportKind::Closed), "it was sent again, and closed again");
        assert!(!excused("PATCH", TransportKind::TooLarge));
    }

    /// A server that wants more than a userName is not accused where a scenario sends no more.
    #[test]
    fn refused_creates() {
        let refusal = Some(Refusal { status: 400, words: "400 emails".into() });
        let habits = Habits { bare_user_refused: refusal, ..Habits::default() };
        let bare = exchange(1, "POST", "/Users", json!({"userName": "x"}), 400);
        assert!(excused("rfc", "RFC7643-3-R5", About::Other, &bare, &habits));
        // A PUT of so little is refused as well, and what is read after it shows nothing of what it should have done.
        let put = |status| {
            [
                exchange(1, "PUT", "/Users/1", json!({"userName": "x"}), status),
                exchange(2, "GET", "/Users/1", Value::Null, 200),
            ]
        };
        let about = at("userName");
        let after = |exchanges: &[Exchange]| {
            let case = Case { family: "rfc", requirement: "RFC7643-3.1-R6", about: &about, exchanges, shown: &[2] };
            excuse(&case, Some(&habits)).is_some()
        };
        assert!(after(&put(400)));
        assert!(!after(&put(200)), "what was taken must be there");
        let full = json!({"userName": "x", "name": {}, "displayName": "x", "emails": [], "active": true});
        let full = exchange(1, "POST", "/Users", full, 400);
        assert!(!excused("rfc", "RFC7643-3-R5", About::Other, &full, &habits));
        let other = exchange(1, "POST", "/Users", json!({"userName": "x"}), 500);
        assert!(!excused("rfc", "RFC7643-3-R5", About::Other, &other, &habits));
    }
}
