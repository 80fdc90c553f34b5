//! RFC 7644 sections 3.4.2.5 and 3.9: which attributes are shown.

use serde_json::{Map, Value};

use crate::check::{
    Check, Context, Place, Reads, Representation, Seen, Sight,
    judging::sight,
    values::{attribute, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(supported), "RFC7644-3.4.2.5-R1" / "honoured",
        summary: "attributes and excludedAttributes have an effect",
        how: "Every resource in the answer to a GET with attributes: it does not show name, emails, members or active \
              unless they were asked for. With excludedAttributes: those of these four that were named are not shown. \
              Attributes that the target's schema says are always returned are left out.",
        why: "Entra reads groups without members; a provider that ignores it sends every member on every poll",
    },
    check! {
        Exchange(id_stays), "RFC7644-3.4.2.5-R3" / "id-stays",
        summary: "excludedAttributes does not take the id away",
        how: "Every resource in the answer to a GET with excludedAttributes.",
        why: "a resource without id cannot be addressed",
    },
    check! {
        Exchange(id_stays_in_search), "RFC7644-3.4.3-R5" / "id-stays",
        summary: "excludedAttributes of a search does not take the id away",
        how: "Every resource in the answer to a POST to .search with excludedAttributes.",
        why: "a resource without id cannot be addressed",
    },
    check! {
        Exchange(id_always), "RFC7643-7-R20" / "id-always",
        summary: "the id is shown whatever attributes were asked for",
        how: "Every resource in the answer to a read or query with attributes.",
        why: "a resource without id cannot be addressed",
    },
    check! {
        Reading(only_requested), "RFC7644-3.9-R1" / "only-requested",
        summary: "with attributes, only the minimum and what was asked for is shown",
        how: "Every resource in the answer to a read or query with attributes: nothing besides these, schemas, id, meta and \
              what the target's schema says is always returned. Where its schemas are not known, userName and \
              displayName pass. Whether schemas belong to the minimum is disputed, so that a deviation is a note.",
        why: "the client asked for less because it wants less: for privacy, or for size",
    },
    check! {
        Exchange(excluded_gone), "RFC7644-3.9-R2" / "excluded-is-gone",
        summary: "what excludedAttributes names is not shown",
        how: "Every resource in the answer to a read or query with excludedAttributes and no attributes, for the named \
              attributes other than id and schemas and those that the target's schema says are always returned. Where \
              its schemas are not known, userName and displayName are not judged.",
        why: "a group of a hundred thousand members is readable only without them",
    },
    check! {
        Exchange(sub_attributes), "RFC7644-3.9-R6" / "sub-attributes",
        summary: "a sub-attribute that was asked for comes without its siblings",
        how: "Every resource in the answer to a read or query with attributes that names a sub-attribute of name and not \
              name itself.",
        why: "the client asked for less because it wants less",
    },
];

/// Attributes of the core schemas that are never in the minimum set (RFC 7643 section 8.7.1), and whose presence is
/// therefore proof that a projection was ignored.
const TELLING: [&str; 4] = ["name", "emails", "members", "active"];

/// One requested or excluded attribute: the member of the resource that holds it, and the sub-attribute.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    top: String,
    sub: Option<String>,
}

fn wanted(list: &str, resource: &Map<String, Value>, base: Option<&str>) -> Vec<Wanted> {
    list.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            let name = base.and_then(|base| after_urn(name, base)).unwrap_or(name);
            if name.to_ascii_lowercase().starts_with("urn:") {
                let container = resource.keys().find_map(|key| {
                    if key.eq_ignore_ascii_case(name) {
                        return Some((key, None));
                    }
                    after_urn(name, key).map(|sub| (key, Some(sub.split('.').next().unwrap_or(sub).to_lowercase())))
                });
                return match container {
                    Some((key, sub)) => Wanted { top: key.to_lowercase(), sub },
                    None => Wanted { top: name.to_lowercase(), sub: None },
                };
            }
            match name.split_once('.') {
                Some((top, sub)) => Wanted { top: top.to_lowercase(), sub: Some(sub.to_lowercase()) },
                None => Wanted { top: name.to_lowercase(), sub: None },
            }
        })
        .collect()
}

/// What follows `urn` and a colon at the beginning of `name`.
fn after_urn<'n>(name: &'n str, urn: &str) -> Option<&'n str> {
    let head = name.get(..urn.len())?;
    head.eq_ignore_ascii_case(urn).then_some(())?;
    name[urn.len()..].strip_prefix(':').filter(|rest| !rest.is_empty())
}

/// Judges each resource of a projected answer to a read or a query; `None` from `look` leaves a resource out. That a
/// write honours a projection is only permitted (RFC 7644 section 3.9: row R5), so that writes are not judged.
fn each(seen: &Seen<'_>, look: impl Fn(Representation<'_>) -> Option<Result<(), String>>, expected: &str) -> Sight {
    (seen.method() == "GET" || seen.is_query()).then_some(())?;
    let mut judged = false;
    for one in seen.representations() {
        match look(one) {
            None => {}
            Some(Ok(())) => judged = true,
            Some(Err(actual)) => return sight(false, expected, || actual),
        }
    }
    judged.then_some(Ok(()))
}

/// Attributes that the target's own schema says are always returned, in lower case; `None` where it is not known.
fn always<'c>(context: &'c Context<'_>, endpoint: Option<&str>) -> Option<Vec<&'c str>> {
    let endpoint = endpoint?;
    context.discovery.schema(context.discovery.base_schema(endpoint)?)?;
    Some(context.discovery.returned(endpoint, "always").collect())
}

fn is_always(always: Option<&Vec<&str>>, name: &str) -> bool {
    match always {
        Some(all) => all.iter().any(|it| it.eq_ignore_ascii_case(name)),
        None => ["userName", "displayName"].iter().any(|it| it.eq_ignore_ascii_case(name)),
    }
}

fn requested<'s>(seen: &'s Seen<'_>) -> Option<std::borrow::Cow<'s, str>> {
    seen.query_parameter("attributes").filter(|list| !list.trim().is_empty())
}

fn excluded<'s>(seen: &'s Seen<'_>) -> Option<std::borrow::Cow<'s, str>> {
    seen.query_parameter("excludedAttributes").filter(|list| !list.trim().is_empty())
}

fn base<'c>(context: &'c Context<'_>, one: Representation<'_>) -> Option<&'c str> {
    one.endpoint.and_then(|endpoint| context.discovery.base_schema(endpoint))
}

fn supported(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    (seen.method() == "GET").then_some(())?;
    let (requested, excluded) = (requested(seen), excluded(seen));
    (requested.is_some() != excluded.is_some()).then_some(())?;
    let list = requested.as_deref().or(excluded.as_deref())?;
    each(
        seen,
        |one| {
            let named = wanted(list, one.value, base(context, one));
            let always = always(context, one.endpoint);
            let shown = TELLING.iter().find(|name| {
                let is_named = named.iter().any(|it| it.top == **name && (requested.is_some() || it.sub.is_none()));
                is_named != requested.is_some()
                    && !always.as_ref().is_some_and(|all| all.iter().any(|it| it == *name))
                    && attribute(one.value, name).is_some()
            });
            Some(shown.map_or(Ok(()), |name| Err(format!("{name} is shown"))))
        },
        "the parameter to have an effect",
    )
}

fn id_is_shown(one: Representation<'_>) -> Option<Result<(), String>> {
    let id = attribute(one.value, "id").and_then(Value::as_str).filter(|id| !id.is_empty());
    Some(id.map(|_| ()).ok_or_else(|| "no id".to_owned()))
}

fn id_stays(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (!matches!(seen.place, Place::Search(_))).then_some(())?;
    excluded(seen)?;
    each(seen, id_is_shown, "the id")
}

fn id_stays_in_search(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    matches!(seen.place, Place::Search(_)).then_some(())?;
    excluded(seen)?;
    each(seen, id_is_shown, "the id")
}

fn id_always(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    requested(seen)?;
    each(seen, id_is_shown, "the id")
}

fn only_requested(seen: &Seen<'_>, context: &Context<'_>) -> Reads {
    let list = requested(seen)?;
    excluded(seen).is_none().then_some(())?;
    let first = seen.representations().next()?;
    let asked_for_meta = wanted(&list, first.value, base(context, first)).iter().any(|it| it.top == "meta");
    let reading = match attribute(first.value, "meta") {
        _ if asked_for_meta => None,
        Some(_) => Some("shown"),
        None => Some("left-out"),
    };
    let sight = each(
        seen,
        |one| {
            let named = wanted(&list, one.value, base(context, one));
            let always = always(context, one.endpoint);
            let extra = one.value.keys().find(|key| {
                let lower = key.to_lowercase();
                !matches!(lower.as_str(), "schemas" | "id" | "meta")
                    && !named.iter().any(|it| it.top == lower)
                    && !is_always(always.as_ref(), key)
            });
            Some(extra.map_or(Ok(()), |key| Err(format!("{} is shown", cut(key)))))
        },
        "the minimum set and what was asked for",
    )?;
    Some(sight.map(|()| reading))
}

fn excluded_gone(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let list = excluded(seen)?;
    requested(seen).is_none().then_some(())?;
    each(
        seen,
        |one| {
            let always = always(context, one.endpoint);
            let named = wanted(&list, one.value, base(context, one));
            let mut judged = named.iter().filter(|it| {
                it.sub.is_none() && !matches!(it.top.as_str(), "id" | "schemas") && !is_always(always.as_ref(), &it.top)
            });
            let first = judged.next()?;
            let shown = std::iter::once(first).chain(judged).find(|it| attribute(one.value, &it.top).is_some());
            Some(shown.map_or(Ok(()), |it| Err(format!("{} is shown", cut(&it.top)))))
        },
        "a resource without what was excluded",
    )
}

fn sub_attributes(seen: &Seen<'_>, context: &Context<'_>) -> Sight {
    let list = requested(seen)?;
    excluded(seen).is_none().then_some(())?;
    each(
        seen,
        |one| {
            let named = wanted(&list, one.value, base(context, one));
            let name = attribute(one.value, "name")?.as_object()?;
            let of_name: Vec<&Wanted> = named.iter().filter(|it| it.top == "name").collect();
            (!of_name.is_empty() && of_name.iter().all(|it| it.sub.is_some())).then_some(())?;
            let extra = name.keys().find(|key| {
                let lower = key.to_lowercase();
                !of_name.iter().any(|it| it.sub.as_deref() == Some(lower.as_str()))
            });
            Some(extra.map_or(Ok(()), |key| Err(format!("name.{} is shown", cut(key)))))
        },
        "only the sub-attributes that were asked for",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Names with a URN are split at the end of the URN and not at the full stop of "2.0".
    #[test]
    fn reads_attribute_lists() {
        let extension = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let resource = json!({extension: {"department": "x"}});
        let list =
            format!("userName, NAME.givenName,{extension}:department,urn:ietf:params:scim:schemas:core:2.0:User:title");
        let all = wanted(&list, resource.as_object().expect("an object"), Some(crate::check::values::USER));
        let pairs: Vec<(&str, Option<&str>)> = all.iter().map(|it| (it.top.as_str(), it.sub.as_deref())).collect();
        let container = extension.to_lowercase();
        assert_eq!(
            pairs,
            [
                ("username", None),
                ("name", Some("givenname")),
                (container.as_str(), Some("department")),
                ("title", None)
            ]
        );
    }
}
