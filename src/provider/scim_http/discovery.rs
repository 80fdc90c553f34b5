//! `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (RFC 7644 section 4), made from what is served.

use serde_json::{Value, json};

use super::{
    answer::{Answer, Refusal},
    call::Call,
    scope::Scope,
};
use crate::{
    provider::{
        effects::{Policies, TakenEmail},
        security_events::{outbox, uri},
    },
    scim::{error::ScimError, query::list_response, schema::Schema, urn},
};

/// RFC 7644 section 4: a filter on these endpoints is refused, so that nobody mistakes the whole list for a match.
fn refuse_filter(call: &Call) -> Result<(), ScimError> {
    match call.parameter("filter") {
        None => Ok(()),
        Some(_) => Err(ScimError::status(403, "this endpoint takes no filter (RFC 7644 section 4)")),
    }
}

pub(super) fn service_provider_config(scope: &Scope, call: &Call) -> Result<Answer, Refusal> {
    refuse_filter(call)?;
    let limits = scope.limits();
    let mut body = json!({
        "schemas": [urn::SERVICE_PROVIDER_CONFIG],
        "documentationUri": "https://stytch.com/docs/b2b/guides/scim/overview",
        "patch": {"supported": true},
        "bulk": {"supported": true, "maxOperations": limits.bulk_operations, "maxPayloadSize": limits.body},
        "filter": {"supported": true, "maxResults": limits.page},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": true},
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": limits.default_page,
            "maxPageSize": limits.page,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "The token of the SCIM connection, in the Authorization header",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{}/ServiceProviderConfig", scope.base()),
        },
    });
    if let Some(events) = security_events(scope)? {
        body["securityEvents"] = events;
    }
    Ok(Answer::json(200, &body))
}

/// What RFC 9967 section 4 adds, for a connection that has a stream to send events to; nothing without one, and nothing to
/// who has not said who he is. Clients of RFC 7643 that know each attribute of this resource refuse one more.
fn security_events(scope: &Scope) -> Result<Option<Value>, Refusal> {
    let asynchronous = scope.state.store.read(|conn| {
        let heard = outbox::is_heard(conn, &scope.organization_id)?;
        if heard { outbox::is_wanted(conn, &scope.organization_id, uri::ASYNC_RESPONSE).map(Some) } else { Ok(None) }
    })?;
    Ok(asynchronous
        .map(|is_wanted| json!({"asyncRequest": if is_wanted { "request" } else { "none" }, "eventUris": uri::scim()})))
}

pub(super) fn resource_types(scope: &Scope, call: &Call, id: Option<&str>) -> Result<Answer, Refusal> {
    refuse_filter(call)?;
    let base = scope.base();
    let mut types = scope.registry().resource_types();
    match id {
        None => Ok(list(types.map(|rt| rt.to_json(&base)).collect())),
        Some(id) => match types.find(|rt| rt.id == id) {
            Some(rt) => Ok(Answer::json(200, &rt.to_json(&base))),
            None => Err(unknown("resource type", id)),
        },
    }
}

pub(super) fn schemas(scope: &Scope, call: &Call, id: Option<&str>) -> Result<Answer, Refusal> {
    refuse_filter(call)?;
    let base = scope.base();
    let policies = scope.state.store.gate(&scope.connection_id)?.map(|gate| gate.policies).unwrap_or_default();
    match id {
        None => Ok(list(scope.registry().schemas().map(|schema| schema_json(schema, &base, &policies)).collect())),
        Some(id) => match scope.registry().schema(id) {
            Some(schema) => Ok(Answer::json(200, &schema_json(schema, &base, &policies))),
            None => Err(unknown("schema", id)),
        },
    }
}

/// The schema, with what this server promises beyond it. The name of a group is unique in its connection (the RFC leaves
/// that to the server; roles are given by group, and two groups of one name would make a mistake easy), and the address of
/// a user is that of one member of the organization, unless a policy lets users share it.
fn schema_json(schema: &Schema, base: &str, policies: &Policies) -> Value {
    let mut json = schema.to_json(base);
    let unique = match schema.id.as_str() {
        urn::GROUP => attribute(&mut json, "attributes", "displayName"),
        urn::USER if policies.scim_taken_email == TakenEmail::Refuse => {
            attribute(&mut json, "attributes", "emails").and_then(|emails| attribute(emails, "subAttributes", "value"))
        }
        _ => None,
    };
    if let Some(unique) = unique {
        unique["uniqueness"] = "server".into();
    }
    json
}

/// The definition of that name in a list of definitions.
fn attribute<'a>(json: &'a mut Value, list: &str, name: &str) -> Option<&'a mut Value> {
    json[list].as_array_mut()?.iter_mut().find(|attribute| attribute["name"] == name)
}

fn list(resources: Vec<Value>) -> Answer {
    let total = resources.len();
    Answer::json(200, &list_response(resources, total, 1))
}

fn unknown(what: &str, id: &str) -> Refusal {
    let id: String = id.chars().take(120).collect();
    ScimError::not_found(format!("there is no {what} `{id}`")).into()
}
