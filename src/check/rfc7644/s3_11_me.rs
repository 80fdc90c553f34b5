//! RFC 7644 section 3.11: `/Me`.

use crate::check::{
    Check, Context, Place, Seen, Sight,
    judging::sight,
    values::{attribute, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(unsupported), "RFC7644-3.11-R2" / "unsupported",
        summary: "/Me that is not offered answers 501",
        how: "Every GET /Me that is neither answered nor redirected: 501. 401, 403 and 404 pass, for the client's \
              credentials may stand for no resource; so do answers of an overloaded server.",
        why: "a client has to tell \"not offered\" from \"broken\"",
    },
    check! {
        Exchange(redirect), "RFC7644-3.11-R3" / "permanent-redirect",
        summary: "/Me redirects with 308, if it redirects",
        how: "Every 3xx to a request to /Me.",
        why: "301 and 302 make clients change the method to GET",
    },
    check! {
        Exchange(location), "RFC7644-3.11-R4" / "location",
        summary: "/Me says where the resource really is",
        how: "Every 200 to GET /Me: the Location header, or failing that meta.location, is a URI that does not end in /Me.",
        why: "the alias means another resource for every caller; what is stored must be the permanent URI",
    },
];

fn unsupported(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.place == Place::Me && seen.method() == "GET" && seen.status() >= 400).then_some(())?;
    (!matches!(seen.status(), 401 | 403 | 404 | 406 | 429 | 502..=504)).then_some(())?;
    sight(seen.status() == 501, "501", || seen.status().to_string())
}

fn redirect(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.place == Place::Me && (300..400).contains(&seen.status()) && seen.status() != 304).then_some(())?;
    sight(seen.status() == 308, "308", || seen.status().to_string())
}

fn location(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.place == Place::Me && seen.method() == "GET" && seen.status() == 200).then_some(())?;
    let shown = || attribute(seen.single()?.value, "meta")?.get("location")?.as_str();
    let location = seen.response.header("location").or_else(shown);
    let permanent = location
        .and_then(|it| seen.url()?.join(it).ok())
        .is_some_and(|it| !it.path().trim_end_matches('/').ends_with("/Me"));
    sight(permanent, "the permanent URI in Location", || location.map_or_else(|| "no location".to_owned(), cut))
}
