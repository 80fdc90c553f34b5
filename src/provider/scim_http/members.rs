//! Members of a group while one request changes them.
//!
//! Each operation touches only the rows it names. What the request did in the end is the difference between before and
//! after, whatever the steps were: a member who is removed and added again by one PATCH was never gone, keeps the
//! group's roles, and causes no event.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{answer::Refusal, endpoint::Kind, scope::Scope};
use crate::{
    provider::{
        effects::{Change, DanglingMembers, Policies, Via},
        store::{
            StoreError, Transaction,
            groups::{self, MemberType, Membership},
            resources, users,
        },
    },
    scim::{
        error::{ScimError, ScimType},
        patch::MemberOp,
        text,
    },
};

/// `members` as it is sent.
pub(super) fn to_json(scope: &Scope, members: &[Membership]) -> Value {
    let items = members.iter().map(|member| {
        let kind = match &member.type_ {
            MemberType::User => Some(Kind::User),
            MemberType::Group => Some(Kind::Group),
            MemberType::Other(name) => Kind::named(name, scope.registry()),
            MemberType::Nothing => None,
        };
        let mut item = json!({"value": member.value});
        if let Some(kind) = kind {
            item["$ref"] = scope.location(kind, &member.value).into();
            item["type"] = member.type_.as_str().into();
        }
        if let Some(display) = &member.display {
            item["display"] = display.as_str().into();
        }
        item
    });
    items.collect::<Vec<_>>().into()
}

/// The members of one group in one transaction.
pub(super) struct Roster<'r> {
    scope: &'r Scope<'r>,
    tx: &'r Transaction<'r>,
    group_id: &'r str,
    /// What was touched: how it was before the request, and how it is now.
    touched: IndexMap<String, (Option<Membership>, Option<Membership>)>,
}

impl<'r> Roster<'r> {
    pub(super) fn new(scope: &'r Scope<'r>, tx: &'r Transaction<'r>, group_id: &'r str) -> Roster<'r> {
        Roster { scope, tx, group_id, touched: IndexMap::new() }
    }

    /// Does what an operation says.
    pub(super) fn run(&mut self, operation: &MemberOp) -> Result<(), Refusal> {
        match operation {
            MemberOp::Add(items) => items.iter().try_for_each(|item| self.add(item)),
            MemberOp::Remove(ids) => ids.iter().try_for_each(|id| self.remove(&text::fold(id))),
            MemberOp::RemoveAll => self.replace(&[]),
            MemberOp::Replace(items) => self.replace(items),
        }
    }

    /// These members and no others.
    pub(super) fn replace(&mut self, items: &[Value]) -> Result<(), Refusal> {
        let wanted: Vec<String> = items.iter().map(id_of).collect::<Result<_, _>>()?;
        let mut leaving = groups::members_by_value(self.tx, self.group_id)?;
        for id in &wanted {
            leaving.remove(id);
        }
        let mut leaving: Vec<String> = leaving.into_keys().collect();
        leaving.sort_unstable();
        leaving.iter().try_for_each(|id| self.remove(id))?;
        items.iter().try_for_each(|item| self.add(item))
    }

    fn current(&self, id: &str) -> Result<Option<Membership>, StoreError> {
        match self.touched.get(id) {
            Some((_, now)) => Ok(now.clone()),
            None => groups::member(self.tx, self.group_id, id),
        }
    }

    fn add(&mut self, item: &Value) -> Result<(), Refusal> {
        let id = id_of(item)?;
        let display = item["display"].as_str().filter(|display| !display.is_empty());
        let known = self.current(&id)?;
        let member = match known.as_ref().filter(|member| member.type_ != MemberType::Nothing) {
            // In the group already: at most the client calls it otherwise now.
            Some(member) if display.is_none() || display == member.display.as_deref() => return Ok(()),
            Some(member) => Membership { display: display.map(str::to_owned), ..member.clone() },
            None => match self.found(&id, display)? {
                Some(member) => member,
                None if known.is_some() => return Ok(()),
                None => self.dangling(item, display)?,
            },
        };
        if let Some(before) = &known {
            groups::remove(self.tx, self.group_id, before)?;
        }
        groups::add(self.tx, self.group_id, &member)?;
        self.note(id, known, Some(member));
        Ok(())
    }

    /// Whether members that were in it before and are now are called otherwise, which moves nobody.
    pub(super) fn relabelled(&self) -> bool {
        let both = |(before, now): &(Option<Membership>, Option<Membership>)| before.is_some() && now.is_some();
        self.touched.values().any(|touched| both(touched) && touched.0 != touched.1)
    }

    fn remove(&mut self, id: &str) -> Result<(), Refusal> {
        if let Some(member) = self.current(id)? {
            groups::remove(self.tx, self.group_id, &member)?;
            self.note(id.to_owned(), Some(member), None);
        }
        Ok(())
    }

    fn note(&mut self, id: String, before: Option<Membership>, now: Option<Membership>) {
        self.touched.entry(id).or_insert((before, None)).1 = now;
    }

    /// The member as it will be stored, if the connection has it.
    fn found(&self, id: &str, display: Option<&str>) -> Result<Option<Membership>, Refusal> {
        let connection_id = &self.scope.connection_id;
        let (type_, label) = match users::label(self.tx, connection_id, id)? {
            Some(label) => (MemberType::User, Some(label)),
            None => match groups::label(self.tx, connection_id, id)? {
                Some(label) => (MemberType::Group, Some(label)),
                None => match resources::label(self.tx, connection_id, id)? {
                    Some((name, label)) => (MemberType::Other(name), label),
                    None => return Ok(None),
                },
            },
        };
        let display = display.map(str::to_owned).or(label);
        Ok(Some(Membership { value: id.to_owned(), type_, display }))
    }

    /// A member whose id names nothing here, as the organization's policy has it (RFC 7643 section 2.3.7: a server may
    /// enforce the integrity of references). Kept it grants nothing, also if a User of that id appears later, until it is
    /// added again; an id of another connection is treated like any other that is not there.
    fn dangling(&self, item: &Value, display: Option<&str>) -> Result<Membership, Refusal> {
        let value = item["value"].as_str().unwrap_or_default();
        let policies = Policies::of(self.tx, &self.scope.organization_id)?;
        if policies.dangling_members == DanglingMembers::Refuse {
            let value: String = value.chars().take(120).collect();
            let detail = format!("`members.value` names `{value}`, which is no resource here");
            return Err(Refusal::bad(ScimType::InvalidValue, detail));
        }
        Ok(Membership { value: value.to_owned(), type_: MemberType::Nothing, display: display.map(str::to_owned) })
    }

    /// Lets the differences take their effects, leavers first. Returns them: who is in it now (true) and who is not.
    pub(super) fn finish(self, via: Via) -> Result<Vec<(String, bool)>, StoreError> {
        let type_of = |member: &Option<Membership>| member.as_ref().map(|member| member.type_.clone());
        let differences: Vec<(String, Option<MemberType>, Option<MemberType>)> = self
            .touched
            .into_iter()
            .map(|(id, (before, now))| (id, type_of(&before), type_of(&now)))
            .filter(|(_, before, now)| before != now)
            .collect();
        for joins in [false, true] {
            for (id, before, now) in &differences {
                if *(if joins { now } else { before }) == Some(MemberType::User) {
                    let (group_id, member_id) = (self.group_id.to_owned(), id.clone());
                    let change = if joins {
                        Change::MemberAddedToGroup { group_id, member_id }
                    } else {
                        Change::MemberRemovedFromGroup { group_id, member_id }
                    };
                    self.scope.apply(self.tx, via, &change)?;
                }
            }
        }
        Ok(differences.into_iter().map(|(id, _, now)| (id, now.is_some())).collect())
    }
}

/// The id of an item of `members`. Ids are issued in lower case and compared without case, as `members.value` is.
fn id_of(item: &Value) -> Result<String, ScimError> {
    match item["value"].as_str() {
        Some(id) if !id.is_empty() => Ok(text::fold(id).into_owned()),
        _ => Err(ScimError::bad(ScimType::InvalidValue, "`members.value` is missing: it must be the id of a resource")),
    }
}
