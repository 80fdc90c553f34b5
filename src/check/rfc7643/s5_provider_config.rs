//! RFC 7643 section 5: the service provider's configuration.

use serde_json::{Map, Value};

use crate::check::{
    Check, Context, Place, Seen, Sight,
    judging::sight,
    values::{assigned, brief, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(patch), "RFC7643-5-R1" / "patch",
        summary: "the configuration says whether PATCH is supported",
        how: "Every 200 to GET /ServiceProviderConfig: patch.supported is a boolean.",
        why: "Okta and Entra choose between PUT and PATCH by it",
    },
    check! {
        Exchange(bulk), "RFC7643-5-R2" / "bulk",
        summary: "the configuration says whether bulk jobs are supported, and how large they may be",
        how: "Every 200 to GET /ServiceProviderConfig: bulk.supported is a boolean, bulk.maxOperations and \
              bulk.maxPayloadSize are integers, also where bulk jobs are not supported.",
        why: "clients cut their jobs to the limits",
    },
    check! {
        Exchange(filter), "RFC7643-5-R3" / "filter",
        summary: "the configuration says whether filters are supported, and how many results there may be",
        how: "Every 200 to GET /ServiceProviderConfig: filter.supported is a boolean and filter.maxResults an integer.",
        why: "clients decide by it whether they can look up one user",
    },
    check! {
        Exchange(change_password), "RFC7643-5-R4" / "change-password",
        summary: "the configuration says whether passwords can be changed",
        how: "Every 200 to GET /ServiceProviderConfig: changePassword.supported is a boolean.",
        why: "clients offer password synchronization by it",
    },
    check! {
        Exchange(sort), "RFC7643-5-R5" / "sort",
        summary: "the configuration says whether sorting is supported",
        how: "Every 200 to GET /ServiceProviderConfig: sort.supported is a boolean.",
        why: "clients sort for themselves otherwise",
    },
    check! {
        Exchange(etag), "RFC7643-5-R6" / "etag",
        summary: "the configuration says whether ETags are supported",
        how: "Every 200 to GET /ServiceProviderConfig: etag.supported is a boolean.",
        why: "clients make conditional requests by it",
    },
    check! {
        Exchange(schemes), "RFC7643-5-R7" / "authentication-schemes",
        summary: "the configuration names the authentication schemes",
        how: "Every 200 to GET /ServiceProviderConfig: authenticationSchemes is an array that is not empty, and each \
              entry has type, name and description.",
        why: "clients show them to the administrator who connects the two",
    },
    check! {
        Exchange(scheme_types), "RFC7643-5-R8" / "scheme-types",
        summary: "the types of the authentication schemes are those that the RFC names",
        how: "Every type in authenticationSchemes: oauth, oauth2, oauthbearertoken, httpbasic or httpdigest.",
        why: "clients choose their credentials by the word",
    },
    check! {
        Exchange(read_only), "RFC7643-5-R10" / "read-only",
        summary: "the configuration cannot be written",
        how: "Every POST, PUT, PATCH or DELETE of /ServiceProviderConfig: not a success.",
        why: "a client could switch off what others rely on",
    },
    check! {
        Exchange(addresses), "RFC7643-5-R11" / "documentation-addresses",
        summary: "documentationUri and specUri are addresses that a browser can open",
        how: "Every documentationUri and specUri in the configuration that is not null: an absolute http or https URL.",
        why: "people follow them",
    },
];

fn config<'s>(seen: &'s Seen<'_>) -> Option<&'s Map<String, Value>> {
    (seen.place == Place::ServiceProviderConfig && seen.method() == "GET" && seen.status() == 200).then_some(())?;
    // A list in its place is another rule's business.
    seen.object().filter(|object| !object.contains_key("Resources"))
}

/// Judges one capability: `supported` is a boolean, and each limit an integer.
fn capability(seen: &Seen<'_>, name: &str, limits: &[&str]) -> Sight {
    let stated = config(seen)?.get(name);
    let holds = stated.is_some_and(|it| {
        it.get("supported").is_some_and(Value::is_boolean)
            && limits.iter().all(|limit| it.get(limit).is_some_and(|it| it.is_u64() || it.is_i64()))
    });
    let expected = limits
        .iter()
        .fold(format!("{name}.supported as a boolean"), |text, limit| format!("{text}, {name}.{limit} as an integer"));
    sight(holds, &expected, || stated.map_or_else(|| format!("no {name}"), |it| format!("{name}: {}", brief(it))))
}

fn patch(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    capability(seen, "patch", &[])
}

fn bulk(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    capability(seen, "bulk", &["maxOperations", "maxPayloadSize"])
}

fn filter(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    capability(seen, "filter", &["maxResults"])
}

fn change_password(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    capability(seen, "changePassword", &[])
}

fn sort(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    capability(seen, "sort", &[])
}

fn etag(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    capability(seen, "etag", &[])
}

fn schemes(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let stated = config(seen)?.get("authenticationSchemes");
    let has = |scheme: &Value, name: &str| scheme.get(name).and_then(Value::as_str).is_some_and(|it| !it.is_empty());
    let holds = stated.and_then(Value::as_array).is_some_and(|all| {
        !all.is_empty() && all.iter().all(|it| ["type", "name", "description"].iter().all(|name| has(it, name)))
    });
    sight(holds, "authenticationSchemes with type, name and description", || {
        stated.map_or_else(|| "no authenticationSchemes".to_owned(), brief)
    })
}

fn scheme_types(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let all = config(seen)?.get("authenticationSchemes")?.as_array()?;
    let mut types = all.iter().filter_map(|it| it.get("type")?.as_str()).peekable();
    types.peek()?;
    let known = ["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"];
    let odd = types.find(|it| !known.contains(it));
    sight(odd.is_none(), &known.join(", "), || cut(odd.unwrap_or_default()))
}

fn read_only(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.place == Place::ServiceProviderConfig && matches!(seen.method(), "POST" | "PUT" | "PATCH" | "DELETE"))
        .then_some(())?;
    sight(!seen.response.is_success(), "a refusal", || seen.status().to_string())
}

fn addresses(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let config = config(seen)?;
    let mut all: Vec<(&str, &Value)> = Vec::new();
    all.extend(assigned(config, "documentationUri").map(|it| ("documentationUri", it)));
    for scheme in config.get("authenticationSchemes").and_then(Value::as_array).into_iter().flatten() {
        if let Some(scheme) = scheme.as_object() {
            all.extend(assigned(scheme, "documentationUri").map(|it| ("documentationUri", it)));
            all.extend(assigned(scheme, "specUri").map(|it| ("specUri", it)));
        }
    }
    (!all.is_empty()).then_some(())?;
    let odd = all.into_iter().find(|(_, it)| {
        !it.as_str().and_then(|it| url::Url::parse(it).ok()).is_some_and(|it| matches!(it.scheme(), "http" | "https"))
    });
    sight(odd.is_none(), "an absolute http or https URL", || {
        odd.map(|(name, it)| format!("{name}: {}", brief(it))).unwrap_or_default()
    })
}
