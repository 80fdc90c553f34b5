//! Verification of webhook signatures, against an implementation by others and the published vector.

use std::time::Duration;

use scimulate::{
    target::{
        config::{Scheme, SignatureSection},
        webhook::{Signature, signature::Verifier},
    },
    wire::Secret,
};
use time::OffsetDateTime;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &str = r#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const SENT: i64 = 1_614_265_330;

fn section(scheme: Scheme) -> SignatureSection {
    SignatureSection { scheme, ..SignatureSection::default() }
}

fn headers(prefix: &str, signature: &str) -> Vec<(String, String)> {
    [("id", "msg_p5jXN8AQM9LWM0D4loKWxJek"), ("timestamp", "1614265330"), ("signature", signature)]
        .map(|(name, value)| (format!("{prefix}-{name}"), value.to_owned()))
        .to_vec()
}

fn verify(section: SignatureSection, headers: &[(String, String)], body: &str, seconds_late: i64) -> Signature {
    let at = OffsetDateTime::from_unix_timestamp(SENT + seconds_late).unwrap();
    Verifier::new(section).verify(&Secret::new(SECRET), headers, body.as_bytes(), at)
}

fn invalid(why: &str) -> Signature {
    Signature::Invalid(why.to_owned())
}

/// The vector that Svix publishes is valid under both header families, in any case of the names.
#[test]
fn published_vector() {
    for (scheme, prefix) in [(Scheme::StandardWebhooks, "Webhook"), (Scheme::Svix, "svix")] {
        assert_eq!(verify(section(scheme), &headers(prefix, SIGNATURE), BODY, 3), Signature::Valid);
        assert_eq!(verify(section(scheme), &headers("other", SIGNATURE), BODY, 3), Signature::Missing);
    }
}

/// A signature by the reference library is valid; one changed byte of the body is not.
#[test]
fn agrees_with_the_reference_library() {
    let now = OffsetDateTime::now_utc();
    let body = r#"{"name":"Zoë"}"#;
    let oracle = standardwebhooks::Webhook::new(SECRET).unwrap();
    let signature = oracle.sign("msg_1", now.unix_timestamp(), body.as_bytes()).unwrap();
    let headers: Vec<(String, String)> = [
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", now.unix_timestamp().to_string()),
        ("webhook-signature", signature),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec();
    let verifier = Verifier::new(section(Scheme::StandardWebhooks));
    assert_eq!(verifier.verify(&Secret::new(SECRET), &headers, body.as_bytes(), now), Signature::Valid);
    assert_eq!(
        verifier.verify(&Secret::new(SECRET), &headers, br#"{"name":"Zoe"}"#, now),
        invalid("it does not fit the body and the secret")
    );
}

/// While a secret is rotated, one fitting signature of several is enough; other versions do not count.
#[test]
fn rotation() {
    let several = format!("v1,AAAA v1a,{} {SIGNATURE}", &SIGNATURE[3..]);
    assert_eq!(verify(section(Scheme::Svix), &headers("svix", &several), BODY, 0), Signature::Valid);
    let other_version = format!("v1a,{}", &SIGNATURE[3..]);
    assert_eq!(
        verify(section(Scheme::Svix), &headers("svix", &other_version), BODY, 0),
        invalid("`svix-signature` holds no `v1,` signature")
    );
}

/// Five minutes are tolerated either way, no more, unless the configuration says otherwise.
#[test]
fn old_time_stamps() {
    let svix = || section(Scheme::Svix);
    let headers = headers("svix", SIGNATURE);
    for late in [-300, 300] {
        assert_eq!(verify(svix(), &headers, BODY, late), Signature::Valid, "{late}");
    }
    for late in [-301, 301] {
        let why = "its time stamp is 301 s from the time of arrival, more than 300 s";
        assert_eq!(verify(svix(), &headers, BODY, late), invalid(why), "{late}");
    }
    let strict = SignatureSection { tolerance: Some(Duration::from_secs(2)), ..svix() };
    assert!(matches!(verify(strict, &headers, BODY, 3), Signature::Invalid(_)));
}

/// What is missing or broken is named.
#[test]
fn broken_headers() {
    let mut without_id = headers("svix", SIGNATURE);
    without_id.remove(0);
    assert_eq!(verify(section(Scheme::Svix), &without_id, BODY, 0), invalid("the header `svix-id` is missing"));
    let mut words = headers("svix", SIGNATURE);
    words[1].1 = "yesterday".to_owned();
    assert_eq!(
        verify(section(Scheme::Svix), &words, BODY, 0),
        invalid("the time stamp `yesterday` is not in Unix seconds")
    );
    let verifier = Verifier::new(section(Scheme::Svix));
    let at = OffsetDateTime::from_unix_timestamp(SENT).unwrap();
    assert_eq!(
        verifier.verify(&Secret::new("whsec_*"), &headers("svix", SIGNATURE), BODY.as_bytes(), at),
        invalid("the secret is not base64 after `whsec_`")
    );
}

/// A hexadecimal HMAC of the body, as GitHub sends it (the example of its own documentation), and with a time stamp.
#[test]
fn hexadecimal() {
    let github = SignatureSection {
        header: Some("X-Hub-Signature-256".to_owned()),
        prefix: Some("sha256=".to_owned()),
        ..section(Scheme::HmacSha256Hex)
    };
    let hex = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let sign = |value: String| vec![("x-hub-signature-256".to_owned(), value)];
    let verify = |section: &SignatureSection, headers: &[(String, String)], body: &[u8]| {
        let at = OffsetDateTime::from_unix_timestamp(SENT).unwrap();
        Verifier::new(section.clone()).verify(&Secret::new("It's a Secret to Everybody"), headers, body, at)
    };
    assert_eq!(verify(&github, &sign(format!("sha256={hex}")), b"Hello, World!"), Signature::Valid);
    assert_eq!(verify(&github, &sign(format!("sha256={}", hex.to_uppercase())), b"Hello, World!"), Signature::Valid);
    assert_eq!(
        verify(&github, &sign(format!("sha256={hex}")), b"Hello, World?"),
        invalid("it does not fit the body and the secret")
    );
    assert_eq!(
        verify(&github, &sign(hex.to_owned()), b"Hello, World!"),
        invalid("`X-Hub-Signature-256` does not begin with `sha256=`")
    );
    assert_eq!(
        verify(&github, &sign("sha256=zz".to_owned()), b""),
        invalid("`X-Hub-Signature-256` is not hexadecimal")
    );
    assert_eq!(verify(&github, &[], b""), Signature::Missing);

    let timed = SignatureSection { timestamp_header: Some("X-Time".to_owned()), ..github };
    assert_eq!(
        verify(&timed, &sign(format!("sha256={hex}")), b"Hello, World!"),
        invalid("the header `X-Time` is missing")
    );
}

/// A target that does not sign is not blamed for it.
#[test]
fn unsigned_by_configuration() {
    assert_eq!(verify(section(Scheme::None), &[], BODY, 0), Signature::Valid);
}
