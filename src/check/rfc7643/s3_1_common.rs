//! RFC 7643 section 3.1: `id`, `externalId` and `meta`.

use std::collections::HashMap;

use serde_json::Value;

use crate::check::{
    Check, Context, Findings, Place, Representation, Seen, Sight,
    judging::sight,
    values::{assigned, attribute, brief, cut},
};

pub(in crate::check) static CHECKS: &[Check] = &[
    check! {
        Exchange(id), "RFC7643-3.1-R4" / "id",
        summary: "every resource has an id that is a string and not empty",
        how: "Every resource in every answer, also in lists and in projections.",
        why: "a resource without id cannot be addressed; a number breaks typed clients",
    },
    check! {
        Exchange(no_bulk_id), "RFC7643-3.1-R8" / "no-bulk-id",
        summary: "no id contains bulkId",
        how: "Every id in every answer.",
        why: "the word is reserved for references inside bulk jobs",
    },
    check! {
        Exchange(meta), "RFC7643-3.1-R2" / "meta",
        summary: "the provider gives each resource a meta object",
        how: "Every resource that is shown whole outside of a list.",
        why: "clients read the address and the times of the account from it",
    },
    check! {
        Exchange(same_id), "RFC7643-3.1-R6" / "id-is-stable",
        summary: "a change does not change the id",
        how: "Every answer with a resource to PUT or PATCH of {endpoint}/{id}: the id is the addressed one. \
              Differences of letter case are another rule's business.",
        why: "the IdP has stored the id, and loses the account",
    },
    check! {
        Transcript(not_reassigned), "RFC7643-3.1-R6" / "not-reassigned",
        summary: "the id of a deleted resource is not given to a new one",
        how: "Every 201 to a create after a DELETE in the same transcript: the id is new, or the resource bears the \
              userName or displayName of the deleted one, for a provider may see the same account in it.",
        why: "whatever still refers to the old account now refers to somebody else",
    },
    check! {
        Transcript(unique), "RFC7643-3.1-R5" / "unique-across-types",
        summary: "no id is used for two resources",
        how: "All ids of users, groups and other resources that one transcript shows: none stands for resources of two \
              types.",
        why: "a member of a group is named by its id alone",
    },
    check! {
        Exchange(own_external_id), "RFC7643-3.1-R11" / "external-id-is-the-clients",
        summary: "the provider does not make up an externalId",
        how: "Every 201 to a create without externalId: the new resource has none. An empty text is none.",
        why: "the IdP takes it for its own and links the wrong account",
    },
    check! {
        Exchange(kept_external_id), "RFC7643-7-R15" / "external-id-keeps-case",
        summary: "externalId is returned in the letter case in which it was sent",
        how: "Every success with a resource to a create or replace that sent an externalId, where the answer shows one \
              that differs in letter case only, or not at all.",
        why: "externalId is compared with case; the IdP finds its account no more",
    },
    check! {
        Exchange(external_id_kept), "RFC7643-3.1-R14" / "external-id-is-kept",
        summary: "externalId is stored as the client sent it",
        how: "Every 201 to a create with an externalId, where the answer shows an externalId: it is the same.",
        why: "the IdP finds its account by it",
    },
    check! {
        Exchange(own_meta), "RFC7643-3.1-R15" / "meta-is-the-providers",
        summary: "meta that the client sends is ignored",
        how: "Every 201 to a create that sent meta.created, lastModified, version or location: none of these values is \
              in the answer.",
        why: "a client could backdate accounts, or point their addresses elsewhere",
    },
    check! {
        Exchange(defined), "RFC7643-3.1-R1" / "common-attributes",
        summary: "id and meta are there on every type of resource",
        how: "Every resource that is shown whole outside of a list, of each type.",
        why: "generic clients handle all types alike",
    },
];

fn id(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let mut all = seen.representations().peekable();
    all.peek()?;
    let odd = all.find(|one| one.value.get("id").and_then(Value::as_str).is_none_or(str::is_empty));
    sight(odd.is_none(), "an id, as a string", || {
        odd.and_then(|one| one.value.get("id")).map_or_else(|| "no id".to_owned(), |id| format!("id: {}", brief(id)))
    })
}

fn no_bulk_id(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    let mut ids = seen.representations().filter_map(|one| one.value.get("id")?.as_str()).peekable();
    ids.peek()?;
    let odd = ids.find(|id| id.as_bytes().windows(6).any(|part| part.eq_ignore_ascii_case(b"bulkid")));
    sight(odd.is_none(), "an id without the word bulkId", || cut(odd.unwrap_or_default()))
}

fn meta(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (!seen.is_projected()).then_some(())?;
    let meta = attribute(seen.single()?.value, "meta");
    sight(meta.is_some_and(|it| it.as_object().is_some_and(|it| !it.is_empty())), "a meta object", || {
        meta.map_or_else(|| "no meta".to_owned(), |it| format!("meta: {}", brief(it)))
    })
}

fn defined(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (!seen.is_projected()).then_some(())?;
    let one = seen.single()?.value;
    let missing = ["id", "meta"].into_iter().find(|name| assigned(one, name).is_none());
    sight(missing.is_none(), "id and meta", || format!("no {}", missing.unwrap_or_default()))
}

fn same_id(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (matches!(seen.method(), "PUT" | "PATCH") && seen.status() == 200).then_some(())?;
    let asked = seen.addressed_id()?;
    let shown = seen.single()?.value.get("id")?.as_str()?;
    sight(shown.eq_ignore_ascii_case(asked), &format!("id: {}", cut(asked)), || format!("id: {}", cut(shown)))
}

fn not_reassigned(context: &Context<'_>, findings: &mut Findings) {
    let mut names: HashMap<&str, &str> = HashMap::new();
    let mut deleted: HashMap<&str, u64> = HashMap::new();
    for seen in &context.seen {
        match &seen.place {
            Place::Resource { id, .. } if seen.method() == "DELETE" && seen.response.is_success() => {
                deleted.insert(id, seen.seq());
            }
            _ if seen.is_create() && seen.status() == 201 && !deleted.is_empty() => {
                let Some(one) = seen.single() else { continue };
                let Some(id) = one.value.get("id").and_then(Value::as_str) else { continue };
                match deleted.get(id) {
                    None => findings.hold(),
                    Some(_) if name_of(one).is_some() && name_of(one) == names.get(id).copied() => {}
                    Some(when) => findings.note(false, &[*when, seen.seq()], "a new id", || cut(id)),
                }
            }
            _ => {}
        }
        for one in seen.representations() {
            if let (Some(id), Some(name)) = (one.value.get("id").and_then(Value::as_str), name_of(one)) {
                names.insert(id, name);
            }
        }
    }
}

/// The name under which people know the resource.
fn name_of(one: Representation<'_>) -> Option<&str> {
    ["userName", "displayName"].into_iter().find_map(|name| attribute(one.value, name)?.as_str())
}

fn unique(context: &Context<'_>, findings: &mut Findings) {
    let mut owner: HashMap<&str, (&str, u64)> = HashMap::new();
    let mut types = Vec::new();
    let mut clash = None;
    for seen in &context.seen {
        for one in seen.representations() {
            let (Some(endpoint), Some(id)) = (one.endpoint, one.value.get("id").and_then(Value::as_str)) else {
                continue;
            };
            if !types.contains(&endpoint) {
                types.push(endpoint);
            }
            let (first, seq) = *owner.entry(id).or_insert((endpoint, seen.seq()));
            if first != endpoint && clash.is_none() {
                clash = Some((id, first, endpoint, [seq, seen.seq()]));
            }
        }
    }
    match clash {
        Some((id, first, second, exchanges)) => {
            findings.note(false, &exchanges, "an id for one resource only", || {
                format!("{} is in {first} and in {second}", cut(id))
            });
        }
        None if types.len() > 1 => findings.hold(),
        None => {}
    }
}

/// The external ids of request and response, where both have one.
fn external_ids<'s>(seen: &'s Seen<'_>) -> Option<(&'s str, &'s str)> {
    let sent = assigned(seen.request_object()?, "externalId")?.as_str().filter(|it| !it.is_empty())?;
    Some((sent, assigned(seen.single()?.value, "externalId")?.as_str()?))
}

fn own_external_id(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.is_create() && seen.status() == 201).then_some(())?;
    attribute(seen.request_object()?, "externalId").is_none().then_some(())?;
    let made_up = assigned(seen.single()?.value, "externalId").filter(|it| it.as_str() != Some(""));
    sight(made_up.is_none(), "no externalId", || format!("externalId: {}", made_up.map(brief).unwrap_or_default()))
}

fn kept_external_id(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.is_create() || seen.method() == "PUT").then_some(())?;
    let (sent, shown) = external_ids(seen)?;
    (sent.eq_ignore_ascii_case(shown) && sent.chars().any(|c| c.is_ascii_alphabetic())).then_some(())?;
    sight(sent == shown, &format!("externalId: {}", cut(sent)), || format!("externalId: {}", cut(shown)))
}

fn external_id_kept(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.is_create() && seen.status() == 201).then_some(())?;
    let (sent, shown) = external_ids(seen)?;
    sight(sent == shown, &format!("externalId: {}", cut(sent)), || format!("externalId: {}", cut(shown)))
}

fn own_meta(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.is_create() && seen.status() == 201).then_some(())?;
    let sent = attribute(seen.request_object()?, "meta")?.as_object()?;
    let shown = attribute(seen.single()?.value, "meta")?;
    let mut claims = ["created", "lastModified", "version", "location"]
        .into_iter()
        .filter_map(|name| Some((name, sent.get(name)?.as_str().filter(|it| !it.is_empty())?)))
        .peekable();
    claims.peek()?;
    let taken = claims.find(|(name, value)| shown.get(name).and_then(Value::as_str) == Some(value));
    sight(taken.is_none(), "values of the provider's own", || {
        taken.map(|(name, value)| format!("meta.{name}: {}", cut(value))).unwrap_or_default()
    })
}
