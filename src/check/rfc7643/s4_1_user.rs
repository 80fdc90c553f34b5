//! RFC 7643 sections 4.1 and 4.3: users and the enterprise extension.

use std::{cell::Cell, collections::HashMap};

use serde_json::Value;

use crate::check::{
    Check, Context, Findings, Mismatch, Reads, Seen, Sight,
    digest::Entry,
    judging::sight,
    values::{ENTERPRISE_USER, assigned, attribute, base64, brief, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(user_name), "RFC7643-4.1.1-R1" / "user-name",
        summary: "every user has a userName that is not empty",
        how: "Every user that is shown whole, also in lists.",
        why: "IdPs match accounts by it",
    },
    check! {
        Transcript(unique_user_name), "RFC7643-4.1.1-R2" / "unique-user-name",
        summary: "no two users have the same userName, whatever the letter case",
        how: "Every list of users: no two entries with different ids have userNames that differ in ASCII letter case \
              only, or not at all.",
        why: "the IdP takes the first that it finds",
    },
    check! {
        Exchange(no_password), "RFC7643-4.1.1-R15" / "password-is-not-shown",
        summary: "no user shows a password",
        how: "Every user in every answer, also in lists: password is absent or null.",
        why: "whoever may read users could sign in as them",
    },
    check! {
        Transcript(password_never_returned), "RFC7643-4.1.1-R10" / "password-is-never-returned",
        summary: "a password that was sent is in no answer, in no form of text",
        how: "Every password of eight or more characters that a request of the transcript sets: from then on no header \
              and no body of an answer contains it.",
        why: "error texts and echoes end up in logs",
    },
    check! {
        Exchange(never_returned), "RFC7643-7-R21" / "never-is-never",
        summary: "attributes with returned=never are not returned",
        how: "Every resource of a type whose schema was read from /Schemas: no attribute that it says is never returned.",
        why: "it was declared a secret",
    },
    check! {
        Exchange(write_only), "RFC7643-7-R19" / "write-only-is-not-shown",
        summary: "writeOnly attributes are not returned",
        how: "Every resource of a type whose schema was read from /Schemas: no attribute that it says is writeOnly.",
        why: "it was declared a secret",
    },
    check! {
        Exchange(groups), "RFC7643-4.1.2-R6" / "groups-name-groups",
        summary: "the groups of a user name groups by id",
        how: "Every user with groups: each has a value that is a string and not empty, its $ref, if any, ends with the \
              value, and its type, if any, is direct or indirect.",
        why: "clients follow the value to the group",
    },
    check! {
        Exchange(certificate), "RFC7643-4.1.2-R8" / "certificate-is-der",
        summary: "a certificate is one DER certificate in base64",
        how: "Every value of x509Certificates in every user, unless a request of the transcript sent certificates, for \
              those are the client's: base64 of a DER sequence.",
        why: "the client cannot read it",
    },
    check! {
        Exchange(one_certificate), "RFC7643-4.1.2-R9" / "one-certificate",
        summary: "a certificate value holds one certificate",
        how: "Every value of x509Certificates that is base64 of a DER sequence, unless a request of the transcript sent \
              certificates, for those are the client's: nothing follows the sequence.",
        why: "the client reads the first and misses the others",
    },
    check! {
        Exchange(role_objects), "RFC7643-4.1.2-R10" / "roles-are-objects",
        summary: "roles and entitlements are objects with a value",
        how: "Every user with roles or entitlements: each element is an object.",
        why: "typed clients fail on the whole user",
    },
    check! {
        Exchange(enterprise_urn), "RFC7643-4.3-R1" / "enterprise-urn",
        summary: "the enterprise extension has its URN of version 2.0",
        how: "Every user: no member and no entry of schemas is the URN of SCIM 1.1.",
        why: "clients look under the URN of 2.0",
    },
    check! {
        Reading(manager), "RFC7643-4.3-R2" / "manager-has-value",
        summary: "manager is an object with a value",
        how: "Every user whose enterprise extension has a manager. The texts differ on what is required, so that a \
              deviation is a note.",
        why: "clients follow the value to the manager",
    },
];

fn users<'s>(seen: &'s Seen<'_>) -> Vec<&'s serde_json::Map<String, Value>> {
    seen.representations().filter(|one| one.endpoint == Some("/Users")).map(|one| one.value).collect()
}

/// Judges users; the first wrong one is the evidence.
fn each(
    seen: &Seen<'_>,
    expected: &str,
    look: impl Fn(&serde_json::Map<String, Value>) -> Option<Result<(), String>>,
) -> Sight {
    let mut judged = false;
    for user in users(seen) {
        match look(user) {
            None => {}
            Some(Ok(())) => judged = true,
            Some(Err(actual)) => return sight(false, expected, || actual),
        }
    }
    judged.then_some(Ok(()))
}

fn user_name(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (!seen.is_projected()).then_some(())?;
    each(seen, "a userName", |user| {
        let name = attribute(user, "userName");
        let holds = name.and_then(Value::as_str).is_some_and(|it| !it.trim().is_empty());
        Some(
            holds
                .then_some(())
                .ok_or_else(|| name.map_or_else(|| "no userName".to_owned(), |it| format!("userName: {}", brief(it)))),
        )
    })
}

fn unique_user_name(context: &Context<'_>, findings: &mut Findings) {
    for seen in &context.seen {
        let mut owners: HashMap<String, &str> = HashMap::new();
        let mut twin = None;
        for user in seen.list().map(|_| users(seen)).unwrap_or_default() {
            let (Some(name), Some(id)) = (
                attribute(user, "userName").and_then(Value::as_str).filter(|it| it.is_ascii()),
                user.get("id").and_then(Value::as_str),
            ) else {
                continue;
            };
            let owner = *owners.entry(name.to_ascii_lowercase()).or_insert(id);
            if owner != id {
                twin = Some(name);
            }
        }
        match twin {
            Some(name) => findings.broke(
                Mismatch::new("one user a userName", format!("two users with userName {}", cut(name))),
                &[seen.seq()],
            ),
            None if owners.len() > 1 => findings.hold(),
            None => {}
        }
    }
}

fn no_password(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each(seen, "no password", |user| {
        let shown = attribute(user, "password").is_some_and(|it| !it.is_null());
        Some(if shown { Err("a password".to_owned()) } else { Ok(()) })
    })
}

/// The passwords that a request sets: members named password, and the values of PATCH operations with that path.
fn passwords<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| passwords(item, into)),
        Value::Object(members) => {
            let targets_password = members
                .get("path")
                .and_then(Value::as_str)
                .is_some_and(|path| path.rsplit(':').next().is_some_and(|name| name.eq_ignore_ascii_case("password")));
            for (name, value) in members {
                let holds = name.eq_ignore_ascii_case("password") || (targets_password && name == "value");
                match value {
                    Value::String(text) if holds => into.push(text),
                    other => passwords(other, into),
                }
            }
        }
        _ => {}
    }
}

fn password_never_returned(context: &Context<'_>, findings: &mut Findings) {
    let mut sent: Vec<(&str, u64)> = Vec::new();
    for seen in &context.seen {
        let mut found = Vec::new();
        if let Some(body) = &seen.request {
            passwords(body, &mut found);
        }
        sent.extend(found.into_iter().filter(|it| it.len() >= 8 && !it.contains("***")).map(|it| (it, seen.seq())));
        if sent.is_empty() {
            continue;
        }
        let leak = sent.iter().find(|(password, _)| {
            seen.response.body.contains(password)
                || seen.response.headers.iter().any(|(_, value)| value.contains(password))
        });
        match leak {
            None => findings.hold(),
            // The evidence must not repeat the password.
            Some((_, when)) => findings.note(false, &[*when, seen.seq()], "an answer without the password", || {
                "the password stands in the answer".to_owned()
            }),
        }
    }
}

/// Judges resources against the attributes that their schema marks in one way.
fn marked(seen: &Seen<'_>, context: &Context<'_>, expected: &str, is_marked: impl Fn(&Entry) -> bool) -> Sight {
    let mut judged = false;
    for one in seen.representations() {
        let Some(endpoint) = one.endpoint else { continue };
        for Entry { name, .. } in context.discovery.attributes_at(endpoint).iter().filter(|entry| is_marked(entry)) {
            judged = true;
            if assigned(one.value, name).is_some() {
                return sight(false, expected, || format!("{name} is shown"));
            }
        }
    }
    judged.then_some(Ok(()))
}

fn never_returned(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    marked(seen, context, "no attribute with returned=never", |entry| entry.returned.as_deref() == Some("never"))
}

fn write_only(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let is_write_only = |entry: &Entry| entry.mutability.as_deref() == Some("writeOnly");
    marked(seen, context, "no attribute with mutability=writeOnly", is_write_only)
}

fn groups(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each(seen, "groups with the id of the group in value", |user| {
        let groups = assigned(user, "groups")?.as_array()?;
        let odd = groups.iter().find(|group| {
            let value = group.get("value").and_then(Value::as_str).filter(|it| !it.is_empty());
            let points = value.is_some_and(|id| reference_names(group.get("$ref"), id));
            let kind = group.get("type").and_then(Value::as_str);
            !points || !kind.is_none_or(|it| matches!(it, "direct" | "indirect"))
        });
        Some(odd.map_or(Ok(()), |group| Err(brief(group))))
    })
}

/// Whether a `$ref` that is there ends with the id, percent-encoded or not.
pub(super) fn reference_names(reference: Option<&Value>, id: &str) -> bool {
    let Some(text) = reference.and_then(Value::as_str).filter(|it| !it.is_empty()) else { return true };
    let last = text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last == id || last.contains('%')
}

fn certificates(user: &serde_json::Map<String, Value>) -> Option<Vec<&str>> {
    let all = assigned(user, "x509Certificates")?.as_array()?;
    Some(all.iter().filter_map(|it| it.get("value")?.as_str()).collect())
}

/// The length of a DER sequence with its header; `None` if the bytes begin with no sequence.
fn der_length(bytes: &[u8]) -> Option<usize> {
    let [0x30, first, rest @ ..] = bytes else { return None };
    if *first < 0x80 {
        return Some(2 + usize::from(*first));
    }
    let digits = usize::from(first & 0x7f);
    (1..=4).contains(&digits).then_some(())?;
    let length = rest.get(..digits)?.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
    length.checked_add(2 + digits)
}

/// Whether certificates in this answer are the provider's own doing: those that a client sent are not. A list may show what
/// other clients of the same directory sent.
fn shows_own_certificates(seen: &Seen<'_>, context: &Context<'_>) -> bool {
    let sent = |one: &Seen<'_>| one.exchange.body.as_deref().is_some_and(|body| body.contains("x509Certificates"));
    seen.list().is_none() && !context.seen.iter().any(sent)
}

fn certificate(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    shows_own_certificates(seen, context).then_some(())?;
    each(seen, "base64 of a DER certificate", |user| {
        let all = certificates(user).filter(|all| !all.is_empty())?;
        let odd = all
            .iter()
            .find(|text| base64(text).is_none_or(|bytes| der_length(&bytes).is_none_or(|length| length > bytes.len())));
        Some(odd.map_or(Ok(()), |text| Err(cut(text))))
    })
}

fn one_certificate(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    shows_own_certificates(seen, context).then_some(())?;
    each(seen, "one certificate in a value", |user| {
        let all: Vec<(usize, usize)> = certificates(user)?
            .into_iter()
            .filter_map(|text| {
                let bytes = base64(text)?;
                Some((der_length(&bytes)?, bytes.len()))
            })
            .collect();
        (!all.is_empty()).then_some(())?;
        let odd = all.iter().find(|(length, bytes)| length < bytes);
        Some(odd.map_or(Ok(()), |(length, bytes)| Err(format!("{bytes} bytes, the certificate ends at {length}"))))
    })
}

fn role_objects(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    each(seen, "objects", |user| {
        let mut all = ["roles", "entitlements"]
            .into_iter()
            .filter_map(|name| assigned(user, name)?.as_array())
            .flatten()
            .peekable();
        all.peek()?;
        let odd = all.find(|it| !it.is_object());
        Some(odd.map_or(Ok(()), |it| Err(brief(it))))
    })
}

fn enterprise_urn(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    const OLD: &str = "urn:scim:schemas:extension:enterprise:1.0";
    each(seen, ENTERPRISE_USER, |user| {
        let named = crate::check::values::schemas(user).is_some_and(|all| all.iter().any(|urn| urn.starts_with(OLD)));
        let held = user.keys().any(|name| name.starts_with(OLD));
        let has_new = user.contains_key(ENTERPRISE_USER);
        (named || held || has_new).then(|| if named || held { Err(OLD.to_owned()) } else { Ok(()) })
    })
}

fn manager(seen: &Seen<'_>, _: &Context<'_>) -> Reads {
    let reading = Cell::new("with-ref");
    let sight = each(seen, "manager: {\"value\": …}", |user| {
        let manager = assigned(user.get(ENTERPRISE_USER)?.as_object()?, "manager")?;
        if manager.get("$ref").is_none_or(Value::is_null) {
            reading.set("value-only");
        }
        let holds = manager.get("value").is_some_and(Value::is_string);
        Some(holds.then_some(()).ok_or_else(|| format!("manager: {}", brief(manager))))
    })?;
    Some(sight.map(|()| Some(reading.get())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A DER header says how long a certificate is, in both forms, and garbage says nothing.
    #[test]
    fn reads_der_lengths() {
        assert_eq!(der_length(&[0x30, 0x03, 1, 2, 3]), Some(5));
        assert_eq!(der_length(&[0x30, 0x82, 0x01, 0x00]), Some(260));
        assert_eq!(der_length(&[0x30, 0x85, 1, 1, 1, 1, 1]), None);
        assert_eq!(der_length(&[0x2d]), None);
    }
}
