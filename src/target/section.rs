//! The sections of `scimulate.toml` that open a view of the target's other side, or a way to act on it.

use super::{Target, Unobserved};

/// One of those sections. What a target's file leaves out cannot be seen or done on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    /// `[observe.member]`
    Member,
    /// `[observe.roles]`
    Roles,
    /// `[observe.sign_in]`
    SignIn,
    /// `[observe.session]`
    Session,
    /// `[observe.jwt]`
    Jwt,
    /// `[observe.webhooks]`
    Webhooks,
    /// `[observe.security_events]`
    SecurityEvents,
    /// `[act.grant_role]`
    GrantRole,
    /// `[act.map_group_role]`
    MapGroupRole,
    /// `[act.map_domain_role]`
    MapDomainRole,
    /// `[act.remove_connection]`
    RemoveConnection,
    /// `[act.set_policy]`
    SetPolicy,
}

impl Section {
    /// Its key in the file: `observe.member`.
    pub fn key(self) -> &'static str {
        match self {
            Section::Member => "observe.member",
            Section::Roles => "observe.roles",
            Section::SignIn => "observe.sign_in",
            Section::Session => "observe.session",
            Section::Jwt => "observe.jwt",
            Section::Webhooks => "observe.webhooks",
            Section::SecurityEvents => "observe.security_events",
            Section::GrantRole => "act.grant_role",
            Section::MapGroupRole => "act.map_group_role",
            Section::MapDomainRole => "act.map_domain_role",
            Section::RemoveConnection => "act.remove_connection",
            Section::SetPolicy => "act.set_policy",
        }
    }

    /// What it is about, for a person: `member state`.
    pub fn what(self) -> &'static str {
        match self {
            Section::Member => "member state",
            Section::Roles => "roles",
            Section::SignIn => "sign-in",
            Section::Session => "sessions",
            Section::Jwt => "session JWTs",
            Section::Webhooks => "webhooks",
            Section::SecurityEvents => "security events",
            Section::GrantRole => "explicit roles",
            Section::MapGroupRole => "roles of groups",
            Section::MapDomainRole => "roles of e-mail domains",
            Section::RemoveConnection => "removal of the SCIM connection",
            Section::SetPolicy => "named policies",
        }
    }

    /// Why nothing is seen without it.
    pub(super) fn missing(self) -> Unobserved {
        let remedy = match self {
            Section::SetPolicy => "only the reference provider has them".to_owned(),
            _ => format!("add `[{}]` to scimulate.toml (`scimulate init` writes an example)", self.key()),
        };
        Unobserved::NoObserver { what: self.what(), remedy }
    }
}

impl Target {
    /// Why the target cannot be seen or acted on in that way: `None` if its configuration has the section.
    pub fn lacks(&self, section: Section) -> Option<Unobserved> {
        let observe = &self.config().observe;
        let act = &self.config().act;
        let present = match section {
            Section::Member => observe.member.is_some(),
            Section::Roles => observe.roles.is_some(),
            Section::SignIn => observe.sign_in.is_some(),
            Section::Session => observe.session.is_some(),
            Section::Jwt => observe.jwt.is_some(),
            Section::Webhooks => observe.webhooks.is_some(),
            Section::SecurityEvents => observe.security_events.is_some(),
            Section::GrantRole => act.grant_role.is_some(),
            Section::MapGroupRole => act.map_group_role.is_some(),
            Section::MapDomainRole => act.map_domain_role.is_some(),
            Section::RemoveConnection => act.remove_connection.is_some(),
            Section::SetPolicy => act.set_policy.is_some(),
        };
        (!present).then(|| section.missing())
    }
}
