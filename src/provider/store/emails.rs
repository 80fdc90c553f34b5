//! Who may have an e-mail address: what an organization reserves for its members, and whose domain it is.

use rusqlite::{Connection, params};

use super::StoreError;

/// Whether the address was another live member's, and stays reserved for that member.
pub fn is_retired(
    conn: &Connection,
    organization_id: &str,
    address: &str,
    by_other_than: Option<&str>,
) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT 1 FROM members m, json_each(m.profile, '$.retired_email_addresses') retired
         WHERE m.organization_id = ?1 AND json_array_length(m.profile, '$.retired_email_addresses') > 0
           AND lower(retired.value ->> 'email_address') = ?2 AND m.member_id IS NOT ?3 AND m.status <> 'deleted'",
    )?;
    Ok(statement.exists(params![organization_id, address.to_lowercase(), by_other_than])?)
}

/// The part of an address after the last `@`; empty if there is none.
#[must_use]
pub fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// Whether another organization claims the domain, and this one does not (`claimed_email_domains`). Case is ignored.
pub fn is_claimed_elsewhere(conn: &Connection, organization_id: &str, domain: &str) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT o.organization_id = ?1 FROM organizations o, json_each(o.settings, '$.claimed_email_domains') claimed
         WHERE json_array_length(o.settings, '$.claimed_email_domains') > 0 AND lower(claimed.value) = ?2",
    )?;
    let mut rows = statement.query(params![organization_id, domain.to_lowercase()])?;
    let (mut elsewhere, mut here) = (false, false);
    while let Some(row) = rows.next()? {
        let own: bool = row.get(0)?;
        elsewhere |= !own;
        here |= own;
    }
    Ok(elsewhere && !here)
}

/// Whether `email_allowed_domains` of the organization names the domain. Case is ignored.
pub fn is_allowed(conn: &Connection, organization_id: &str, domain: &str) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT 1 FROM organizations o, json_each(o.settings, '$.email_allowed_domains') allowed
         WHERE o.organization_id = ?1 AND lower(allowed.value) = ?2",
    )?;
    Ok(statement.exists(params![organization_id, domain.to_lowercase()])?)
}
