//! Member search, over one or several organizations.

use std::collections::BTreeMap;

use axum::{Extension, extract::State};
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::super::{
    context::{self, Context},
    envelope::{Answer, Reply},
    error::{self, ApiError},
    extract::Body,
    member_session::Acting,
    search::{Filters, Search, Wanted},
    sessions::granting,
};
use crate::provider::model::{Member, MemberStatus, roles_of};

/// What members can be searched by.
const FILTERS: Filters = Filters {
    names: &[
        "member_ids",
        "member_emails",
        "member_email_fuzzy",
        "member_external_ids",
        "member_is_breakglass",
        "member_roles",
        "statuses",
    ],
    unknown: &error::MEMBER_FILTER_UNKNOWN,
    too_short: &error::MEMBER_FUZZY_TOO_SHORT,
};

/// Deactivated members are found only by a query: a search without one leaves them out, as the real service does.
pub(super) async fn search(
    State(context): State<Context>,
    acting: Option<Extension<Acting>>,
    Body(search): Body<Search>,
) -> Answer {
    if search.organization_ids.is_empty() {
        return Err((&error::SEARCH_WITHOUT_ORGANIZATION).into());
    }
    let query = search.query(&FILTERS)?;
    context.read(|conn| {
        let mut organizations = BTreeMap::new();
        for key in &search.organization_ids {
            let organization = context::organization(conn, key);
            if let Some(Extension(Acting(session))) = &acting
                && !organization.as_ref().is_ok_and(|found| found.organization_id == session.organization_id)
            {
                return Err((&error::AUTHORIZATION_TENANCY).into());
            }
            let organization = organization?;
            organizations.insert(organization.organization_id.clone(), organization);
        }
        if let Some(Extension(Acting(session))) = &acting {
            granting(conn, session, "stytch.member", "search")?;
        }
        let mut found = Vec::new();
        for organization_id in organizations.keys() {
            for member in Member::select(conn, "WHERE m.organization_id = ?1 ORDER BY m.member_id", [organization_id])?
            {
                let hidden = query.is_empty() && member.status == MemberStatus::Deleted;
                if !hidden && query.matches(|name, wanted| matches(conn, &member, name, wanted))? {
                    found.push(member);
                }
            }
        }
        found.sort_by(|a, b| a.member_id.cmp(&b.member_id));
        let page = search.page(found, |member| member.member_id.clone())?;
        let members: Vec<Value> = page.items.iter().map(|member| member.to_json(conn)).collect::<Result<_, _>>()?;
        let mut shown = Map::new();
        for (id, organization) in &organizations {
            if page.items.iter().any(|member| member.organization_id == *id) {
                shown.insert(id.clone(), organization.to_json(conn)?);
            }
        }
        Ok(Reply::of(json!({"members": members, "organizations": shown, "results_metadata": page.metadata})))
    })
}

fn matches(conn: &Connection, member: &Member, name: &str, wanted: &Wanted) -> Result<bool, ApiError> {
    Ok(match name {
        "member_ids" => wanted.has(&member.member_id),
        "member_emails" => wanted.has_folded(&member.email_address),
        "member_email_fuzzy" => wanted.within(&member.email_address),
        "member_external_ids" => member.external_id.as_deref().is_some_and(|id| wanted.has(id)),
        "member_is_breakglass" => wanted.has(if member.profile.is_breakglass { "true" } else { "false" }),
        "member_roles" => roles_of(conn, &member.member_id)?.iter().any(|role| wanted.has(&role.role_id)),
        "statuses" => wanted.has(member.status.as_str()),
        _ => false,
    })
}
