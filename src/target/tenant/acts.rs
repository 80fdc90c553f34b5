//! What scenarios do on the target's other side.

use serde_json::Value;

use super::{Tenant, subject_variables};
use crate::target::{Acted, Observed, Section, Subject, Unobserved, call::Answer, config::Calls, template::Variables};

impl Tenant {
    /// Gives the member a role explicitly.
    ///
    /// # Errors
    /// If there is no `[act.grant_role]`, or it fails.
    pub async fn grant_role(&self, subject: &Subject, role: &str) -> Observed<()> {
        let calls = self.target().config().act.grant_role.as_ref();
        let calls = calls.ok_or_else(|| Section::GrantRole.missing())?;
        self.act("act.grant_role", calls, [subject_variables(subject), ("role", Value::from(role))]).await
    }

    /// Lets membership of a group give a role. `group` is the group's SCIM id.
    ///
    /// # Errors
    /// If there is no `[act.map_group_role]`, or it fails.
    pub async fn map_group_role(&self, group: &str, role: &str) -> Observed<()> {
        let calls = self.target().config().act.map_group_role.as_ref();
        let calls = calls.ok_or_else(|| Section::MapGroupRole.missing())?;
        self.act("act.map_group_role", calls, [("group_id", Value::from(group)), ("role", Value::from(role))]).await
    }

    /// Lets an e-mail address at a domain give a role. Only in a tenant of its own: everybody in the tenant would get it.
    ///
    /// # Errors
    /// If there is no `[act.map_domain_role]`, the tenant is shared, or it fails.
    pub async fn map_domain_role(&self, domain: &str, role: &str) -> Observed<()> {
        let calls = self.target().config().act.map_domain_role.as_ref();
        let calls = calls.ok_or_else(|| Section::MapDomainRole.missing())?;
        self.must_be_isolated("roles of e-mail domains")?;
        self.act("act.map_domain_role", calls, [("domain", Value::from(domain)), ("role", Value::from(role))]).await
    }

    /// Removes the tenant's SCIM connection. Only in a tenant of its own: a shared connection is somebody's.
    ///
    /// # Errors
    /// If there is no `[act.remove_connection]`, the tenant is shared, or it fails.
    pub async fn remove_connection(&self) -> Observed<()> {
        let calls = self.target().config().act.remove_connection.as_ref();
        let calls = calls.ok_or_else(|| Section::RemoveConnection.missing())?;
        self.must_be_isolated("removal of the SCIM connection")?;
        self.act("act.remove_connection", calls, []).await
    }

    /// Gives one of the tenant's named policies a value. Only in a tenant of its own.
    ///
    /// # Errors
    /// If there is no `[act.set_policy]`, the tenant is shared, or it fails.
    pub async fn set_policy(&self, policy: &str, value: Value) -> Observed<()> {
        let calls = self.target().config().act.set_policy.as_ref();
        let calls = calls.ok_or_else(|| Section::SetPolicy.missing())?;
        self.must_be_isolated("named policies")?;
        self.act("act.set_policy", calls, [("policy", Value::from(policy)), ("value", value)]).await
    }

    /// Makes the calls of `[act.named.NAME]` with these variables besides the tenant's.
    ///
    /// # Errors
    /// If there is no such act, or a call neither succeeds nor is refused.
    pub async fn named_act(&self, name: &str, variables: Variables) -> Observed<Acted> {
        let Some(calls) = self.target().config().act.named.get(name) else {
            let remedy = format!("add `[act.named.{name}]` to scimulate.toml");
            return Err(Unobserved::NoObserver { what: "an act of the target's own", remedy });
        };
        let turns = if self.isolated() { &self.inner.acts } else { &self.target().shared.acts };
        let _turn = turns.lock().await;
        let mut all = self.vars();
        all.extend(variables);
        match self.caller().run(&format!("act.named.{name}"), calls, &all).await? {
            Answer::Refused { status, detail, .. } | Answer::Absent { status, detail, .. } => {
                Ok(Acted::Refused { status, detail })
            }
            answer => Ok(Acted::Done(answer.succeeded()?.0)),
        }
    }

    /// What changes more than the scenario has made is not done to a tenant that others use.
    fn must_be_isolated(&self, what: &'static str) -> Observed<()> {
        if self.isolated() {
            return Ok(());
        }
        let remedy = "it would change a tenant that is not the scenario's own; add `[[tenant.open]]` to scimulate.toml";
        Err(Unobserved::NoObserver { what, remedy: remedy.to_owned() })
    }

    async fn act<const N: usize>(&self, key: &str, calls: &Calls, more: [(&str, Value); N]) -> Observed<()> {
        // Acts read before they write, and must not overtake one another: not in this tenant, nor, where scenarios share one, in
        // any other.
        let turns = if self.isolated() { &self.inner.acts } else { &self.target().shared.acts };
        let _turn = turns.lock().await;
        self.call(key, calls, more).await?.succeeded()?;
        Ok(())
    }
}
