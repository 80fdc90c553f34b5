//! `/v1/b2b/organizations`: create, read by id, slug or external id, update, delete, search.

pub mod record;

use axum::{
    Extension, Router,
    extract::{Path, State},
    routing,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    context::{self, Context},
    envelope::{Answer, Reply},
    error::{self, ApiError},
    extract::{Body, Named, alphabet, length, nullable},
    member_session::{Acting, ORGANIZATION_FIELDS},
    rbac,
    search::{self, Filters, Search},
};
use crate::provider::{
    clock,
    effects::{Action, Change, Object, Policies, Via},
    session::rbac::{Policy, Role},
    store::{StoreError, Transaction},
};
use record::{Allowance, DomainRole, MfaPolicy, Organization, Settings};

/// The routes of this module.
pub fn routes() -> Router<Context> {
    Router::new()
        .route("/v1/b2b/organizations", routing::post(create))
        .route("/v1/b2b/organizations/search", routing::post(find))
        .route("/v1/b2b/organizations/{organization_id}", routing::get(get).put(update).delete(delete))
        .route("/v1/b2b/organizations/{organization_id}/external_id", routing::delete(delete_external_id))
}

/// The body of create and update: in an update an absent field stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Edit {
    organization_name: Option<String>,
    organization_slug: Option<String>,
    #[serde(deserialize_with = "nullable")]
    organization_external_id: Option<Option<String>>,
    organization_logo_url: Option<String>,
    trusted_metadata: Option<Map<String, Value>>,
    sso_jit_provisioning: Option<Allowance>,
    sso_jit_provisioning_allowed_connections: Option<Vec<String>>,
    email_allowed_domains: Option<Vec<String>>,
    email_jit_provisioning: Option<Allowance>,
    email_invites: Option<Allowance>,
    oauth_tenant_jit_provisioning: Option<Allowance>,
    allowed_oauth_tenants: Option<Map<String, Value>>,
    auth_methods: Option<Allowance>,
    allowed_auth_methods: Option<Vec<String>>,
    mfa_policy: Option<MfaPolicy>,
    mfa_methods: Option<Allowance>,
    allowed_mfa_methods: Option<Vec<String>>,
    claimed_email_domains: Option<Vec<String>>,
    first_party_connected_apps_allowed_type: Option<Allowance>,
    allowed_first_party_connected_apps: Option<Vec<String>>,
    third_party_connected_apps_allowed_type: Option<Allowance>,
    allowed_third_party_connected_apps: Option<Vec<String>>,
    rbac_email_implicit_role_assignments: Option<Vec<DomainRole>>,
    custom_roles: Option<Vec<Role>>,
    policies: Option<Map<String, Value>>,
}

impl Edit {
    /// Writes what is set into `organization`.
    fn write(self, organization: &mut Organization, policy: Option<&Policy>) -> Result<(), ApiError> {
        if let Some(name) = self.organization_name {
            length("organization_name", &name, 1, 128)
                .map_err(|error| error.as_kind(&error::INVALID_ORGANIZATION_NAME))?;
            organization.organization_name = name;
        }
        if let Some(slug) = self.organization_slug {
            length("organization_slug", &slug, 2, 128)
                .and_then(|()| alphabet("organization_slug", &slug, "-._~"))
                .map_err(|error| error.as_kind(&error::INVALID_ORGANIZATION_SLUG))?;
            organization.organization_slug = slug;
        }
        if let Some(id) = self.organization_external_id {
            if let Some(id) = &id {
                length("organization_external_id", id, 1, 128)?;
                alphabet("organization_external_id", id, "-._|")?;
            }
            organization.organization_external_id = id;
        }
        for (field, value, other) in [
            ("email_jit_provisioning", self.email_jit_provisioning, Allowance::AllAllowed),
            ("oauth_tenant_jit_provisioning", self.oauth_tenant_jit_provisioning, Allowance::AllAllowed),
            ("auth_methods", self.auth_methods, Allowance::NotAllowed),
            ("mfa_methods", self.mfa_methods, Allowance::NotAllowed),
        ] {
            if value == Some(other) {
                let message = format!("{field} cannot be {}", other.as_str());
                return Err(ApiError::new(&error::INVALID_ARGUMENT, message));
            }
        }
        let common = |domain: &&String| COMMON_DOMAINS.contains(&domain.to_lowercase().as_str());
        if let Some(domain) = self.email_allowed_domains.iter().flatten().find(common) {
            let message = format!("everybody can have an address of {domain}, so that it allows everybody");
            return Err(ApiError::new(&error::DOMAIN_TOO_COMMON, message));
        }
        let settings = &mut organization.settings;
        set(&mut settings.organization_logo_url, self.organization_logo_url);
        if let Some(metadata) = self.trusted_metadata {
            super::members::merge_metadata("trusted_metadata", &mut settings.trusted_metadata, metadata)?;
        }
        set(&mut settings.sso_jit_provisioning, self.sso_jit_provisioning);
        set(&mut settings.sso_jit_provisioning_allowed_connections, self.sso_jit_provisioning_allowed_connections);
        set(&mut settings.email_allowed_domains, self.email_allowed_domains);
        set(&mut settings.email_jit_provisioning, self.email_jit_provisioning);
        set(&mut settings.email_invites, self.email_invites);
        set(&mut settings.oauth_tenant_jit_provisioning, self.oauth_tenant_jit_provisioning);
        set(&mut settings.allowed_oauth_tenants, self.allowed_oauth_tenants);
        set(&mut settings.auth_methods, self.auth_methods);
        set(&mut settings.allowed_auth_methods, self.allowed_auth_methods);
        set(&mut settings.mfa_policy, self.mfa_policy);
        set(&mut settings.mfa_methods, self.mfa_methods);
        set(&mut settings.allowed_mfa_methods, self.allowed_mfa_methods);
        set(&mut settings.claimed_email_domains, self.claimed_email_domains);
        set(&mut settings.first_party_connected_apps_allowed_type, self.first_party_connected_apps_allowed_type);
        set(&mut settings.allowed_first_party_connected_apps, self.allowed_first_party_connected_apps);
        set(&mut settings.third_party_connected_apps_allowed_type, self.third_party_connected_apps_allowed_type);
        set(&mut settings.allowed_third_party_connected_apps, self.allowed_third_party_connected_apps);
        if let Some(roles) = self.custom_roles {
            let base = policy.cloned().unwrap_or_default().completed();
            base.validate(&roles)
                .map_err(|problem| ApiError::new(&error::INVALID_POLICY, format!("custom_roles: {problem}")))?;
            settings.custom_roles = roles;
        }
        if let Some(assignments) = self.rbac_email_implicit_role_assignments {
            for assignment in &assignments {
                rbac::known_role(policy, &settings.custom_roles, &assignment.role_id)?;
            }
            settings.rbac_email_implicit_role_assignments = assignments;
        }
        if let Some(changes) = self.policies {
            settings.policies = merge_policies(settings.policies, changes)?;
        }
        Ok(())
    }
}

/// Domains of which everybody can have an address. The real service refuses them in `email_allowed_domains`
/// (stytch-node, `lib/b2b/organizations.ts`); its list is longer.
const COMMON_DOMAINS: &[&str] = &[
    "aol.com",
    "gmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "web.de",
    "yahoo.com",
    "yandex.ru",
];

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// Named policies are set one by one: those that are not named stay.
fn merge_policies(current: Policies, changes: Map<String, Value>) -> Result<Policies, ApiError> {
    let damaged = |source| StoreError::Damaged { what: "organization policies", source };
    let mut merged = serde_json::to_value(current).map_err(damaged)?;
    if let Some(map) = merged.as_object_mut() {
        map.extend(changes);
    }
    serde_json::from_value(merged)
        .map_err(|problem| ApiError::new(&error::INVALID_ARGUMENT, format!("policies: {problem}")))
}

/// A slug made of a name, as the real service does when none is given.
fn slug_of(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let slug: String = words.join("-").chars().take(100).collect();
    if slug.len() < 2 { format!("org-{slug}") } else { slug }
}

fn taken(error: StoreError) -> ApiError {
    match error.violated_unique() {
        Some(columns) if columns.contains("external_id") => (&error::ORGANIZATION_EXTERNAL_ID_USED).into(),
        Some(columns) if columns.contains("slug") => (&error::ORGANIZATION_SLUG_USED).into(),
        _ => error.into(),
    }
}

async fn create(State(context): State<Context>, Body(edit): Body<Edit>) -> Answer {
    let Some(name) = edit.organization_name.clone() else {
        return Err((&error::ORGANIZATION_NAME_MISSING).into());
    };
    context.write(|tx| {
        let policy = Policy::put_by_user(tx)?;
        let given_slug = edit.organization_slug.is_some();
        let now = context.state.clock.now();
        let mut organization = Organization::new(&name, &slug_of(&name), None, Settings::default(), now);
        edit.write(&mut organization, policy.as_ref())?;
        if !given_slug && Organization::find(tx, &organization.organization_slug)?.is_some() {
            let random = crate::provider::ids::new_secret().to_lowercase();
            organization.organization_slug = format!("{}-{}", organization.organization_slug, &random[..8]);
        }
        organization.insert(tx).map_err(taken)?;
        let body = organization.to_json(tx)?;
        record(&context, tx, &organization, Action::Create, Via::Post)?;
        Ok(Reply::of(json!({"organization": body})))
    })
}

async fn get(State(context): State<Context>, Path(key): Path<String>) -> Answer {
    context.read(|conn| {
        let organization = context::organization(conn, &key)?;
        Ok(Reply::of(json!({"organization": organization.to_json(conn)?})))
    })
}

async fn update(
    State(context): State<Context>,
    Path(key): Path<String>,
    acting: Option<Extension<Acting>>,
    Named(edit, fields): Named<Edit>,
) -> Answer {
    context.write(|tx| {
        let before = context::organization(tx, &key)?;
        if let Some(Extension(Acting(session))) = &acting {
            ORGANIZATION_FIELDS.may_set(tx, session, false, &fields)?;
        }
        let policy = Policy::put_by_user(tx)?;
        let mut after = before.clone();
        edit.write(&mut after, policy.as_ref())?;
        if after != before {
            after.updated_at = clock::text(context.state.clock.now());
            after.update(tx).map_err(taken)?;
            record(&context, tx, &after, Action::Update, Via::Put)?;
        }
        Ok(Reply::of(json!({"organization": after.to_json(tx)?})))
    })
}

async fn delete_external_id(State(context): State<Context>, Path(key): Path<String>) -> Answer {
    context.write(|tx| {
        let mut organization = context::organization(tx, &key)?;
        if organization.organization_external_id.take().is_some() {
            organization.updated_at = clock::text(context.state.clock.now());
            organization.update(tx)?;
            record(&context, tx, &organization, Action::Update, Via::Delete)?;
        }
        Ok(Reply::of(json!({"organization": organization.to_json(tx)?})))
    })
}

async fn delete(State(context): State<Context>, Path(key): Path<String>) -> Answer {
    context.write(|tx| {
        let organization = context::organization(tx, &key)?;
        organization.delete(tx)?;
        record(&context, tx, &organization, Action::Delete, Via::Delete)?;
        Ok(Reply::of(json!({"organization_id": organization.organization_id})))
    })
}

/// Sends the event of a change of the organization itself.
fn record(
    context: &Context,
    tx: &Transaction,
    organization: &Organization,
    action: Action,
    via: Via,
) -> Result<(), ApiError> {
    let object =
        Object::Organization { organization_id: organization.organization_id.clone(), body: organization.to_json(tx)? };
    context.apply(tx, &context.origin(&organization.organization_id, via), &Change::Recorded { object, action })
}

async fn find(State(context): State<Context>, Body(search): Body<Search>) -> Answer {
    context.read(|conn| {
        let query = search.query(&ORGANIZATION_FILTERS)?;
        let mut found = Vec::new();
        for organization in Organization::all(conn)? {
            if query.matches(|name, wanted| matches(conn, &organization, name, wanted))? {
                found.push(organization);
            }
        }
        let page = search.page(found, |organization| organization.organization_id.clone())?;
        let organizations: Vec<Value> =
            page.items.iter().map(|organization| organization.to_json(conn)).collect::<Result<_, _>>()?;
        Ok(Reply::of(json!({"organizations": organizations, "results_metadata": page.metadata})))
    })
}

/// What organizations can be searched by.
const ORGANIZATION_FILTERS: Filters = Filters {
    names: &["organization_ids", "organization_slugs", "organization_name_fuzzy", "member_emails", "allowed_domains"],
    unknown: &error::ORGANIZATION_FILTER_UNKNOWN,
    too_short: &error::ORGANIZATION_FUZZY_TOO_SHORT,
};

fn matches(
    conn: &rusqlite::Connection,
    organization: &Organization,
    name: &str,
    wanted: &search::Wanted,
) -> Result<bool, ApiError> {
    Ok(match name {
        "organization_ids" => wanted.has(&organization.organization_id),
        "organization_slugs" => wanted.has(&organization.organization_slug),
        "organization_name_fuzzy" => wanted.within(&organization.organization_name),
        "allowed_domains" => organization.settings.email_allowed_domains.iter().any(|domain| wanted.has_folded(domain)),
        "member_emails" => {
            let mut statement = conn.prepare_cached(
                "SELECT 1 FROM members WHERE organization_id = ?1 AND email_fold = ?2 AND status <> 'deleted'",
            )?;
            let mut any = false;
            for email in wanted.texts() {
                any = any || statement.exists([&organization.organization_id, &email.to_lowercase()])?;
            }
            any
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects creation without a slug: any name gives a slug that the rules for slugs accept.
    #[test]
    fn any_name_gives_a_valid_slug() {
        for (name, slug) in [("Acme, Inc.", "acme-inc"), ("Ü", "org-"), ("a", "org-a"), ("x  y", "x-y")] {
            assert_eq!(slug_of(name), slug);
            length("slug", &slug_of(name), 2, 128).expect("a valid length");
            alphabet("slug", &slug_of(name), "-._~").expect("valid characters");
        }
        length("slug", &slug_of(&"long ".repeat(200)), 2, 128).expect("a valid length");
    }
}
