//! RFC 7644 section 2: authentication as a client sees it, with the rules of RFC 9110 and RFC 6750 behind it.

use serde_json::Value;

use crate::check::{Check, Context, Seen, Sight, judging::sight};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(challenge), "RFC7644-2-R5" / "challenge",
        summary: "a 401 names the authentication schemes in WWW-Authenticate",
        how: "Every 401 of the SCIM endpoint: the header is there and not empty.",
        why: "without it a client cannot know how to authenticate",
    },
    check! {
        Exchange(challenge), "RFC9110-15.5.2-R1" / "challenge",
        summary: "a 401 carries WWW-Authenticate",
        how: "Every 401 of the SCIM endpoint: the header is there and not empty.",
        why: "HTTP requires the challenge; proxies and client libraries treat a 401 without it as malformed",
    },
    check! {
        Exchange(allow), "RFC9110-15.5.6-R1" / "allow",
        summary: "a 405 carries Allow",
        how: "Every 405 of the SCIM endpoint: the header is there. It may be empty.",
        why: "the client learns what it may do instead",
    },
    check! {
        Exchange(bearer_challenge), "RFC6750-3-R1" / "bearer-challenge",
        summary: "a request without credentials is challenged for a Bearer token",
        how: "Every 401 with a challenge, to a request without Authorization, where the same endpoint accepted a Bearer \
              token in the same transcript, and /ServiceProviderConfig names no scheme but those of OAuth: one of the \
              challenges is Bearer. That there is none at all is for RFC9110-15.5.2-R1.challenge to say.",
        why: "OAuth clients fetch a token only when they are asked for one",
    },
    check! {
        Exchange(invalid_token), "RFC6750-3.1-R1" / "invalid-token",
        summary: "a refused Bearer token is answered with error=\"invalid_token\"",
        how: "Every 401 with a Bearer challenge, to a request that carried a Bearer token: the challenge has an error \
              code.",
        why: "the code tells a client to fetch a new token instead of giving up",
    },
];

fn challenges<'s>(seen: &'s Seen<'_>) -> impl Iterator<Item = &'s str> {
    seen.response
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"))
        .map(|(_, value)| value.as_str())
}

fn is_bearer(challenge: &str) -> bool {
    challenge.split([',', ' ']).any(|word| word.eq_ignore_ascii_case("bearer"))
}

fn sent_bearer(seen: &Seen<'_>) -> bool {
    seen.exchange
        .request_header("authorization")
        .and_then(|value| value.split_once(' '))
        .is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
}

fn challenge(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.status() == 401).then_some(())?;
    sight(challenges(seen).any(|value| !value.trim().is_empty()), "a WWW-Authenticate header", || "none".to_owned())
}

fn allow(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.status() == 405).then_some(())?;
    sight(seen.response.header("allow").is_some(), "an Allow header", || "none".to_owned())
}

fn bearer_challenge(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    (seen.status() == 401 && seen.exchange.request_header("authorization").is_none()).then_some(())?;
    context.seen.iter().any(|other| sent_bearer(other) && other.response.is_success()).then_some(())?;
    challenges(seen).any(|challenge| !challenge.trim().is_empty()).then_some(())?;
    (!offers_other_schemes(context)).then_some(())?;
    sight(challenges(seen).any(is_bearer), "WWW-Authenticate: Bearer …", || {
        challenges(seen).collect::<Vec<_>>().join(", ")
    })
}

/// Whether the target says that it takes other credentials as well: their challenge is as good.
fn offers_other_schemes(context: &Context<'_>) -> bool {
    let config = context.discovery.service_provider_config.as_ref();
    let schemes = config.and_then(|config| config["authenticationSchemes"].as_array());
    let oauth =
        |scheme: &Value| scheme["type"].as_str().is_some_and(|name| name.to_ascii_lowercase().starts_with("oauth"));
    schemes.is_some_and(|schemes| !schemes.iter().all(oauth))
}

fn invalid_token(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.status() == 401 && sent_bearer(seen) && challenges(seen).any(is_bearer)).then_some(())?;
    let named = challenges(seen).any(|value| value.to_ascii_lowercase().contains("error="));
    sight(named, "Bearer error=\"invalid_token\"", || challenges(seen).collect::<Vec<_>>().join(", "))
}
