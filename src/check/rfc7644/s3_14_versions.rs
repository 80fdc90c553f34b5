//! RFC 7644 section 3.14 and RFC 7643 section 3.1: ETags and `meta.version`.

use std::collections::HashMap;

use serde_json::Value;

use crate::check::{
    Check, Context, Findings, Seen, Sight,
    judging::sight,
    values::{attribute, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(etag_sent), "RFC7644-3.14-R1" / "etag",
        summary: "one resource is sent with an ETag, where ETags are supported",
        how: "Every 200 or 201 with one resource, where the ServiceProviderConfig says etag.supported: the ETag header \
              is there, in quotes, with or without W/. Where nothing is said, an ETag that is sent must have that form.",
        why: "without it a client cannot make a conditional request",
    },
    check! {
        Exchange(version_present), "RFC7644-3.14-R2" / "meta-version",
        summary: "a resource that is sent with an ETag has meta.version, where ETags are supported",
        how: "Every answer with one whole resource and an ETag header, where the ServiceProviderConfig says \
              etag.supported.",
        why: "list entries have no header; meta.version is the only way to know their version",
    },
    check! {
        Exchange(version_equals_etag), "RFC7643-3.1-R20" / "version-equals-etag",
        summary: "meta.version is the value of the ETag header",
        how: "Every answer with one resource that has both: they are equal, W/ and quotes included.",
        why: "a client that sends meta.version in If-Match is refused for ever",
    },
    check! {
        Transcript(strong_tags), "RFC7643-3.1-R21" / "strong-means-identical",
        summary: "a tag without W/ names one representation, byte for byte",
        how: "All GETs of the same URL in one transcript that carry the same tag without W/: their bodies are equal.",
        why: "caches and conditional requests mistake an old representation for the new one",
    },
];

/// A quoted tag with an optional `W/` (RFC 9110 section 8.8.3).
fn is_entity_tag(tag: &str) -> bool {
    let opaque = tag.strip_prefix("W/").unwrap_or(tag);
    opaque.len() >= 2
        && opaque.starts_with('"')
        && opaque.ends_with('"')
        && opaque[1..opaque.len() - 1].chars().all(|c| c != '"' && !c.is_whitespace() && !c.is_control())
}

fn version<'s>(seen: &'s Seen<'_>) -> Option<&'s Value> {
    attribute(seen.single()?.value, "meta")?.get("version").filter(|value| !value.is_null())
}

fn etag_sent(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    seen.single()?;
    match seen.response.header("etag") {
        Some(tag) => sight(is_entity_tag(tag), "a quoted tag, W/\"…\" or \"…\"", || cut(tag)),
        None if context.discovery.supports("etag") == Some(true) => {
            sight(false, "an ETag header", || "none".to_owned())
        }
        None => None,
    }
}

fn version_present(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    (context.discovery.supports("etag") == Some(true) && !seen.is_projected()).then_some(())?;
    seen.single()?;
    let tag = seen.response.header("etag")?;
    sight(version(seen).is_some(), &format!("meta.version: {tag}"), || "no meta.version".to_owned())
}

fn version_equals_etag(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let tag = seen.response.header("etag")?;
    let version = version(seen)?.as_str()?;
    sight(version == tag, &format!("meta.version: {tag}"), || format!("meta.version: {}", cut(version)))
}

fn strong_tags(context: &Context<'_>, findings: &mut Findings) {
    let mut first: HashMap<(&str, &str), &Seen<'_>> = HashMap::new();
    for seen in &context.seen {
        let (true, Some(_), Some(tag)) =
            (seen.method() == "GET", seen.single(), seen.response.header("etag").filter(|tag| tag.starts_with('"')))
        else {
            continue;
        };
        match first.entry((&seen.exchange.url, tag)) {
            std::collections::hash_map::Entry::Vacant(slot) => {
                slot.insert(seen);
            }
            std::collections::hash_map::Entry::Occupied(earlier) => {
                let earlier = earlier.get();
                findings.note(
                    earlier.response.body == seen.response.body,
                    &[earlier.seq(), seen.seq()],
                    "the same body under the same strong tag",
                    || format!("two bodies under {}", cut(tag)),
                );
            }
        }
    }
}
