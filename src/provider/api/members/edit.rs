//! The bodies of member create and update, and the rules for their fields: e-mails and their retirement, external
//! ids, metadata.

use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::{
    error::{self, ApiError},
    extract::{alphabet, length, nullable},
    organizations::record::Organization,
};
use crate::provider::{
    model::{Member, Profile, RetiredEmail},
    store::{StoreError, emails},
};

/// The body of a creation.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Create {
    pub email_address: Option<String>,
    pub name: String,
    pub external_id: Option<String>,
    pub roles: Vec<String>,
    pub create_member_as_pending: bool,
    is_breakglass: bool,
    mfa_phone_number: String,
    mfa_enrolled: bool,
    trusted_metadata: Map<String, Value>,
    untrusted_metadata: Map<String, Value>,
}

impl Create {
    pub fn write(&self, profile: &mut Profile) -> Result<(), ApiError> {
        profile.is_breakglass = self.is_breakglass;
        profile.mfa_enrolled = self.mfa_enrolled;
        profile.mfa_phone_number.clone_from(&self.mfa_phone_number);
        merge_metadata("trusted_metadata", &mut profile.trusted_metadata, self.trusted_metadata.clone())?;
        merge_metadata("untrusted_metadata", &mut profile.untrusted_metadata, self.untrusted_metadata.clone())
    }
}

/// The body of an update: an absent field stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Update {
    name: Option<String>,
    email_address: Option<String>,
    unlink_email: bool,
    #[serde(deserialize_with = "nullable")]
    external_id: Option<Option<String>>,
    /// The whole new set of explicit roles.
    pub roles: Option<Vec<String>>,
    /// Whether sessions stay that began with an SSO connection which gives a removed role besides.
    pub preserve_existing_sessions: bool,
    is_breakglass: Option<bool>,
    mfa_phone_number: Option<String>,
    mfa_enrolled: Option<bool>,
    default_mfa_method: Option<String>,
    trusted_metadata: Option<Map<String, Value>>,
    untrusted_metadata: Option<Map<String, Value>>,
}

impl Update {
    /// Whether it would change what the identity provider keeps.
    pub fn changes_what_scim_keeps(&self, member: &Member) -> bool {
        self.name.as_ref().is_some_and(|name| *name != member.name)
            || self.email_address.as_ref().is_some_and(|address| *address != member.email_address)
    }

    /// Whether it gives the member another address; a change of case is none.
    pub fn moves(&self, member: &Member) -> bool {
        let fold = member.email_address.to_lowercase();
        self.email_address.as_ref().is_some_and(|address| address.to_lowercase() != fold)
    }

    /// Writes what is set into `member`, except roles.
    pub fn write(&self, conn: &Connection, organization: &Organization, member: &mut Member) -> Result<(), ApiError> {
        if let Some(name) = &self.name {
            member.name.clone_from(name);
        }
        if let Some(id) = &self.external_id {
            external_id(id.as_deref())?;
            member.external_id.clone_from(id);
        }
        if let Some(address) = &self.email_address {
            self.change_email(conn, organization, member, address)?;
        }
        let profile = &mut member.profile;
        if let Some(flag) = self.is_breakglass {
            profile.is_breakglass = flag;
        }
        if let Some(number) = &self.mfa_phone_number
            && *number != profile.mfa_phone_number
        {
            profile.mfa_phone_number.clone_from(number);
            profile.mfa_phone_number_verified = false;
        }
        if let Some(flag) = self.mfa_enrolled {
            profile.mfa_enrolled = flag;
        }
        if let Some(method) = &self.default_mfa_method {
            if !["", "sms_otp", "totp"].contains(&method.as_str()) {
                return Err((&error::INVALID_MFA_METHOD).into());
            }
            profile.default_mfa_method.clone_from(method);
        }
        if let Some(metadata) = &self.trusted_metadata {
            merge_metadata("trusted_metadata", &mut profile.trusted_metadata, metadata.clone())?;
        }
        if let Some(metadata) = &self.untrusted_metadata {
            merge_metadata("untrusted_metadata", &mut profile.untrusted_metadata, metadata.clone())?;
        }
        Ok(())
    }

    /// The old address is retired and stays reserved, unless `unlink_email` gives it up; the new one is unverified. A member
    /// may take back an address of its own.
    fn change_email(
        &self,
        conn: &Connection,
        organization: &Organization,
        member: &mut Member,
        address: &str,
    ) -> Result<(), ApiError> {
        email(address)?;
        if address == member.email_address {
            return Ok(());
        }
        if address.to_lowercase() != member.email_address.to_lowercase() {
            free_address(conn, organization, address, Some(&member.member_id))?;
            let retired = &mut member.profile.retired_email_addresses;
            retired.retain(|email| !email.email_address.eq_ignore_ascii_case(address));
            if !self.unlink_email {
                let email_address = member.email_address.clone();
                retired.push(RetiredEmail { email_id: member.email_id.clone(), email_address });
            }
            member.email_address_verified = false;
        }
        address.clone_into(&mut member.email_address);
        Ok(())
    }
}

/// Refuses what cannot be an e-mail address. Not a full grammar: RFC 5321 allows more than any system sends.
pub(in crate::provider::api) fn email(text: &str) -> Result<(), ApiError> {
    let parts = text.rsplit_once('@').filter(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
    });
    if parts.is_some() && text.len() <= 254 && !text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Ok(());
    }
    Err((&error::INVALID_EMAIL).into())
}

pub(super) fn external_id(id: Option<&str>) -> Result<(), ApiError> {
    let Some(id) = id else { return Ok(()) };
    length("external_id", id, 1, 128)?;
    alphabet("external_id", id, "-._|")
}

/// Refuses an address that another member of the organization has retired, and one whose domain another organization
/// claims (<https://stytch.com/docs/b2b/api/errors/400>).
pub(in crate::provider::api) fn free_address(
    conn: &Connection,
    organization: &Organization,
    address: &str,
    member_id: Option<&str>,
) -> Result<(), ApiError> {
    let organization_id = &organization.organization_id;
    if emails::is_retired(conn, organization_id, address, member_id)? {
        return Err((&error::RETIRED_MEMBER_EMAIL).into());
    }
    if emails::is_claimed_elsewhere(conn, organization_id, emails::domain_of(address))? {
        return Err((&error::DOMAIN_CLAIMED).into());
    }
    Ok(())
}

/// The API's words for a violated UNIQUE constraint.
pub(in crate::provider::api) fn taken(error: StoreError) -> ApiError {
    match error.violated_unique() {
        Some(columns) if columns.contains("external_id") => (&error::DUPLICATE_MEMBER_EXTERNAL_ID).into(),
        Some(columns) if columns.contains("email_fold") => (&error::DUPLICATE_MEMBER_EMAIL).into(),
        _ => error.into(),
    }
}

/// The documented bounds of metadata: top-level keys and bytes (<https://stytch.com/docs/api-reference/b2b/api/members/overview>).
const METADATA: (usize, usize) = (20, 4096);

/// Sets the top-level keys of metadata one by one; null removes a key.
pub fn merge_metadata(field: &str, into: &mut Map<String, Value>, changes: Map<String, Value>) -> Result<(), ApiError> {
    for (key, value) in changes {
        if value.is_null() {
            into.shift_remove(&key);
        } else {
            into.insert(key, value);
        }
    }
    if into.len() > METADATA.0 {
        let message = format!("{field} has at most {} keys", METADATA.0);
        return Err(ApiError::new(&error::METADATA_TOO_MANY_KEYS, message));
    }
    if Value::Object(into.clone()).to_string().len() > METADATA.1 {
        let message = format!("{field} has at most {} bytes", METADATA.1);
        return Err(ApiError::new(&error::METADATA_TOO_LARGE, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Protects against records that nobody can be written to, without refusing what real directories send.
    #[test]
    fn tells_addresses_from_other_texts() {
        for good in ["a@b.co", "O'Brien+x@mail.example.com", "\"odd\"@b.co", "ü@b.co"] {
            assert!(email(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "@b.co", "a@", "a@b", "a b@c.co", "a@b.co\n", "a@.co", "a@co."] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
    }

    /// Protects metadata: keys are merged one by one, null removes, and the documented bounds hold.
    #[test]
    fn metadata_is_merged_key_by_key() {
        let object = |value: Value| value.as_object().cloned().expect("an object");
        let mut metadata = object(json!({"keep": 1, "drop": 2}));
        merge_metadata("m", &mut metadata, object(json!({"drop": null, "new": {"a": []}}))).expect("in bounds");
        assert_eq!(Value::Object(metadata.clone()), json!({"keep": 1, "new": {"a": []}}));
        assert!(merge_metadata("m", &mut metadata.clone(), object(json!({"big": "x".repeat(5000)}))).is_err());
        let many = (0..21).map(|n| (n.to_string(), json!(n))).collect();
        assert!(merge_metadata("m", &mut metadata, many).is_err());
    }
}
