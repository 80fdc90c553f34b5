//! `/Users`: each User is a member of the organization, with the same id.
//!
//! A write is three steps in one transaction: the SCIM resource, the member's own columns (e-mail, name), and the
//! effects of what that changed. PUT, PATCH and DELETE meet in the same steps, so that a member who is deactivated by
//! one of them is deactivated exactly as by the others.

use serde_json::Value;

use super::{
    answer::{Answer, Refusal},
    call::Call,
    endpoint::Kind,
    existing, render,
    scope::Scope,
    secrets,
    signals::{self, Written},
    unique,
};
use crate::{
    provider::{
        effects::{
            AllowedDomains, Change, ClaimedDomains, DeletedMember, ExistingMember, InvitedMember, Policies, TakenEmail,
            Via,
        },
        model::{Member, MemberStatus, Profile, RetiredEmail},
        store::{
            StoreError, Transaction, emails,
            members::{self, MemberEdit, NewMember},
            rows::Stored,
            users,
        },
    },
    scim::{
        error::{ScimError, ScimType},
        patch,
    },
};

/// `POST /Users`.
pub(super) fn post(scope: &Scope, call: &Call) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(Kind::User)?;
    let accepted = call.accepted(scope, rt)?;
    let projection = call.projection(scope, rt)?.of_written(&accepted, rt, scope.registry());
    let user = secrets::sealed(normalised(accepted, Some(true)), None, rt, scope.registry());
    scope.write(|tx| {
        let member_id = create(scope, tx, &user)?;
        Ok(render::written(scope, Kind::User, 201, render::by_id(scope, tx, Kind::User, &member_id, &projection)?))
    })
}

/// `PUT /Users/{id}`.
pub(super) fn put(scope: &Scope, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(Kind::User)?;
    existing::put(scope, call, Kind::User, id, |tx, before, accepted| {
        let after = normalised(accepted, before.resource["active"].as_bool());
        let after = secrets::sealed(after, Some(&before.resource), rt, scope.registry());
        update(scope, tx, before, &after, Via::Put)
    })
}

/// `PATCH /Users/{id}`.
pub(super) fn patch(scope: &Scope, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let rt = scope.resource_type(Kind::User)?;
    existing::patch(scope, call, Kind::User, id, |tx, before, operations| {
        let patched = patch::apply(&before.resource, &operations, rt, scope.registry(), scope.leniency())?;
        let after = if patched.changed {
            secrets::sealed(normalised(patched.resource, None), Some(&before.resource), rt, scope.registry())
        } else {
            before.resource.clone()
        };
        update(scope, tx, before, &after, Via::Patch)
    })
}

/// `DELETE /Users/{id}`: the member is deprovisioned, the SCIM resource and its memberships are gone.
pub(super) fn delete(scope: &Scope, call: &Call, id: &str) -> Result<Answer, Refusal> {
    existing::delete(scope, call, Kind::User, id, |tx, before| {
        signals::deleted(scope, tx, Kind::User, id, &before.resource)?;
        scope.apply(tx, Via::Delete, &Change::MemberDeprovisioned { member_id: id.to_owned() })?;
        Ok(users::delete(tx, id, scope.at)?)
    })
}

/// The document as it is stored: without the password, which this server has no use for and so does not keep, and with
/// `active` if there is something to say. A PUT that leaves `active` out changes nothing about it: were it a default, a
/// PUT of a bare profile would let a deactivated member in again. A PATCH that removes it leaves it unassigned (RFC 7644
/// section 3.5.2.2) and the member as it is.
fn normalised(mut user: Value, active: Option<bool>) -> Value {
    if let Value::Object(attributes) = &mut user {
        for unkept in ["password", "groups", "id", "meta"] {
            attributes.shift_remove(unkept);
        }
        if let Some(active) = active
            && !attributes.get("active").is_some_and(Value::is_boolean)
        {
            attributes.insert("active".to_owned(), active.into());
        }
    }
    user
}

fn is_active(user: &Value) -> bool {
    user["active"].as_bool().unwrap_or(true)
}

fn text<'v>(user: &'v Value, name: &str) -> &'v str {
    user[name].as_str().unwrap_or_default()
}

/// The member's e-mail: the primary one, else the first, else the userName, which need not look like an e-mail (Entra
/// renames deleted users to `<object id><userName>`).
fn email(user: &Value) -> &str {
    let emails = user["emails"].as_array().map_or(&[][..], Vec::as_slice);
    let value = |email: &'_ Value| email["value"].as_str().is_some_and(|value| !value.is_empty());
    emails
        .iter()
        .find(|email| email["primary"].as_bool() == Some(true) && value(email))
        .or_else(|| emails.iter().find(|email| value(email)))
        .and_then(|email| email["value"].as_str())
        .unwrap_or_else(|| text(user, "userName"))
}

/// The member's name: `displayName`, else given and family name, else `name.formatted`. The parts come before the
/// formatted name because Okta changes them and echoes the old formatted one.
fn name(user: &Value) -> String {
    let display = text(user, "displayName");
    if !display.is_empty() {
        return display.to_owned();
    }
    let name = &user["name"];
    let parts: Vec<&str> =
        [text(name, "givenName"), text(name, "familyName")].into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { text(name, "formatted").to_owned() } else { parts.join(" ") }
}

/// A constraint that refused a write, as the answer to the client.
fn conflict(error: StoreError, user: &Value) -> Refusal {
    match error.violated_unique() {
        Some(columns) if columns.contains("user_name_fold") => Refusal::taken("userName", text(user, "userName")),
        _ => error.into(),
    }
}

/// Makes a User: a new member, or one that the organization has already, as its policies say.
fn create(scope: &Scope, tx: &Transaction, user: &Value) -> Result<String, Refusal> {
    let user_name = text(user, "userName");
    if users::user_name_taken(tx, &scope.connection_id, user_name)? {
        return Err(Refusal::taken("userName", user_name));
    }
    let policies = scope.policies(tx)?;
    let address = address(scope, tx, user, None, &policies)?;
    admit_address(scope, tx, address, None, &policies)?;
    match Member::by_email(tx, &scope.organization_id, address)? {
        None => provision(scope, tx, user, address, &policies),
        // A userName that stands in for an e-mail leads back to the member of a User that was deleted. That of anybody else
        // is somebody's address, and nobody has said that it is the same person.
        Some(member) if address == email(user) || member.status == MemberStatus::Deleted => {
            link(scope, tx, user, address, member, &policies)
        }
        Some(_) => Err(Refusal::taken("the e-mail", address)),
    }
}

/// The address of a User's member: its e-mail, or what the policy `scim_taken_email` says where another member has that.
/// Whether a new User joins a member that has no User yet, other policies say ([`link`]).
fn address<'u>(
    scope: &Scope,
    tx: &Transaction,
    user: &'u Value,
    member_id: Option<&str>,
    policies: &Policies,
) -> Result<&'u str, StoreError> {
    let email = email(user);
    if policies.scim_taken_email == TakenEmail::Refuse {
        return Ok(email);
    }
    let organization_id = &scope.organization_id;
    let taken = Member::by_email(tx, organization_id, email)?.is_some_and(|holder| match member_id {
        Some(own) => holder.member_id != own,
        None => holder.registration.is_some(),
    });
    let taken = taken || emails::is_retired(tx, organization_id, email, member_id)?;
    Ok(if taken { text(user, "userName") } else { email })
}

/// Refuses an address that the organization reserves for another member (409), and one whose domain is not the
/// organization's, as far as its policies ask for that (400 `invalidValue`: another address would do).
fn admit_address(
    scope: &Scope,
    tx: &Transaction,
    address: &str,
    member_id: Option<&str>,
    policies: &Policies,
) -> Result<(), Refusal> {
    let organization_id = &scope.organization_id;
    if emails::is_retired(tx, organization_id, address, member_id)? {
        return Err(Refusal::taken("the e-mail", address));
    }
    let domain = emails::domain_of(address);
    let refused = |why: &str| {
        let domain: String = domain.chars().take(120).collect();
        Err(Refusal::bad(ScimType::InvalidValue, format!("the e-mail domain `{domain}` {why}")))
    };
    if policies.scim_claimed_domains == ClaimedDomains::Enforce
        && emails::is_claimed_elsewhere(tx, organization_id, domain)?
    {
        return refused("is claimed by another organization");
    }
    if policies.scim_allowed_domains == AllowedDomains::Enforce && !emails::is_allowed(tx, organization_id, domain)? {
        return refused("is not one of those that the organization allows");
    }
    Ok(())
}

/// Refuses an address that a member cannot have instead of its own.
fn may_take(
    scope: &Scope,
    tx: &Transaction,
    address: &str,
    member_id: &str,
    policies: &Policies,
) -> Result<(), Refusal> {
    admit_address(scope, tx, address, Some(member_id), policies)?;
    match Member::by_email(tx, &scope.organization_id, address)? {
        Some(_) => Err(Refusal::taken("the e-mail", address)),
        None => Ok(()),
    }
}

fn provision(
    scope: &Scope,
    tx: &Transaction,
    user: &Value,
    address: &str,
    policies: &Policies,
) -> Result<String, Refusal> {
    let member = NewMember {
        organization_id: &scope.organization_id,
        email: address,
        email_verified: policies.scim_email_verified,
        status: if is_active(user) { MemberStatus::Active } else { MemberStatus::Deleted },
        name: &name(user),
        external_id: None,
        profile: &Profile::default(),
        at: scope.at,
    };
    let member_id = members::insert(tx, &member)?;
    register(scope, tx, &member_id, user)?;
    signals::wrote(scope, tx, Via::Post, Kind::User, Written::New, &member_id, &[])?;
    let change = Change::MemberProvisioned { member_id: member_id.clone(), explicit_roles: Vec::new() };
    scope.apply(tx, Via::Post, &change)?;
    Ok(member_id)
}

/// Gives a member its SCIM User.
fn register(scope: &Scope, tx: &Transaction, member_id: &str, user: &Value) -> Result<(), Refusal> {
    users::insert(tx, &scope.connection_id, member_id, user, scope.at).map_err(|error| conflict(error, user))?;
    unique::claim(scope, tx, Kind::User, member_id, None, user)
}

/// The organization has a member with that e-mail. A break-glass account is never given to an IdP: it exists for the day
/// on which the IdP cannot be trusted.
fn link(
    scope: &Scope,
    tx: &Transaction,
    user: &Value,
    address: &str,
    member: Member,
    policies: &Policies,
) -> Result<String, Refusal> {
    let deleted = member.status == MemberStatus::Deleted;
    let refused = match member.status {
        MemberStatus::Deleted => policies.deleted_member == DeletedMember::Refuse,
        MemberStatus::Invited | MemberStatus::Pending => policies.invited_member == InvitedMember::Refuse,
        MemberStatus::Active => policies.existing_member == ExistingMember::Refuse,
    };
    if refused || member.registration.is_some() || member.profile.is_breakglass {
        return Err(Refusal::taken("the e-mail", address));
    }
    if deleted && is_active(user) {
        check_reactivation(&member, policies)?;
    }
    let member_id = member.member_id.clone();
    register(scope, tx, &member_id, user)?;
    copy_to_member(scope, tx, &member, user, address, policies, Via::Post)?;
    signals::joined(scope, tx, &member_id, user)?;
    signals::wrote(scope, tx, Via::Post, Kind::User, Written::New, &member_id, &[])?;
    match (deleted, is_active(user)) {
        (true, true) => scope.apply(tx, Via::Post, &Change::MemberReactivated { member_id: member_id.clone() })?,
        (true, false) => {
            let change = Change::MemberUpdated { member_id: member_id.clone(), changed: true, explicit_roles: None };
            scope.apply(tx, Via::Post, &change)?;
        }
        (false, true) => scope.apply(tx, Via::Post, &Change::MemberLinked { member_id: member_id.clone() })?,
        (false, false) => {
            scope.apply(tx, Via::Post, &Change::MemberDeprovisioned { member_id: member_id.clone() })?;
        }
    }
    Ok(member_id)
}

/// Refuses to reactivate a member with an e-mail that is not verified, as far as the organization's policies ask for that.
fn check_reactivation(member: &Member, policies: &Policies) -> Result<(), Refusal> {
    if policies.scim_reactivation_needs_verified_email && !member.email_address_verified {
        let detail = "the member's e-mail is not verified, and this organization reactivates only verified members";
        return Err(Refusal::bad(ScimType::InvalidValue, detail));
    }
    Ok(())
}

/// The one way in which a User changes. What is the same as before writes nothing and has no effects. What can be refused
/// is refused before anything is written: who is refused later takes the work of others with it.
fn update(scope: &Scope, tx: &Transaction, before: &Stored, after: &Value, via: Via) -> Result<(), Refusal> {
    let member_id = before.id.clone();
    let changed = before.resource != *after;
    if changed {
        let policies = scope.policies(tx)?;
        let Some(member) = Member::get(tx, &member_id)? else {
            return Err(ScimError::not_found("the member of this User is gone").into());
        };
        let active = (before.active, after["active"].as_bool().unwrap_or(before.active));
        if active == (false, true) {
            check_reactivation(&member, &policies)?;
        }
        let mut address = address(scope, tx, after, Some(&member_id), &policies)?;
        if is_other(&member, address)
            && let Err(refusal) = may_take(scope, tx, address, &member_id, &policies)
        {
            // A request that does not touch the e-mail is not refused because of it: the member stays what it is.
            if email(&before.resource) != email(after) {
                return Err(refusal);
            }
            address = &member.email_address;
        }
        users::replace(tx, &scope.connection_id, before, after, scope.at).map_err(|error| conflict(error, after))?;
        unique::claim(scope, tx, Kind::User, &member_id, Some(&before.resource), after)?;
        copy_to_member(scope, tx, &member, after, address, &policies, via)?;
        signals::wrote(scope, tx, via, Kind::User, Written::Over(&before.resource), &member_id, &[])?;
        match active {
            (true, false) => return Ok(scope.apply(tx, via, &Change::MemberDeprovisioned { member_id })?),
            (false, true) => return Ok(scope.apply(tx, via, &Change::MemberReactivated { member_id })?),
            _ => {}
        }
    }
    Ok(scope.apply(tx, via, &Change::MemberUpdated { member_id, changed, explicit_roles: None })?)
}

/// Whether the address is another one than the member's, and not only in letter case.
fn is_other(member: &Member, address: &str) -> bool {
    member.email_address != address && member.email_address.to_lowercase() != address.to_lowercase()
}

/// Writes the member's own columns from the User and the address that it gets, where they differ.
fn copy_to_member(
    scope: &Scope,
    tx: &Transaction,
    member: &Member,
    user: &Value,
    email: &str,
    policies: &Policies,
    via: Via,
) -> Result<(), Refusal> {
    let name = name(user);
    let new_email = member.email_address != email;
    let other_address = is_other(member, email);
    let mut profile = None;
    if other_address && policies.scim_retires_email {
        let mut with_retired = member.profile.clone();
        with_retired
            .retired_email_addresses
            .push(RetiredEmail { email_id: member.email_id.clone(), email_address: member.email_address.clone() });
        profile = Some(with_retired);
    }
    let edit = MemberEdit {
        email: new_email.then_some(email),
        email_verified: other_address.then_some(policies.scim_email_verified),
        name: (member.name != name).then_some(&name),
        external_id: None,
        profile: profile.as_ref(),
    };
    if edit.email.is_some() || edit.name.is_some() {
        members::edit(tx, &member.member_id, &edit, scope.at)?;
    }
    if other_address {
        scope.apply(tx, via, &Change::EmailChanged { member_id: member.member_id.clone() })?;
    }
    Ok(())
}
