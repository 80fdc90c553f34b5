//! Members of a group while one request changes them.
//!
//! Each operation touches only the rows it names. What the request did in the end is the difference between before and
//! after, whatever the steps were: a member who is removed and added again by one PATCH was never gone, keeps the
//! group's roles, and causes no event.

use indexmap::IndexMap;
use rusqlite::Transaction;
use serde_json::{Value, json};

use super::{answer::Refusal, endpoint::Kind, scope::Scope};
use crate::{
    provider::{
        effects::{Change, Via},
        store::{
            StoreError,
            groups::{self, MemberType, Membership},
            users,
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
        let kind = match member.type_ {
            MemberType::User => Kind::User,
            MemberType::Group => Kind::Group,
        };
        let mut item = json!({
            "value": member.value,
            "$ref": scope.location(kind, &member.value),
            "type": member.type_.as_str(),
        });
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
        if self.current(&id)?.is_some() {
            return Ok(());
        }
        let member = self.found(id, item["display"].as_str())?;
        groups::add(self.tx, self.group_id, &member)?;
        self.note(member.value.clone(), None, Some(member));
        Ok(())
    }

    fn remove(&mut self, id: &str) -> Result<(), Refusal> {
        if let Some(member) = self.current(id)? {
            groups::remove(self.tx, self.group_id, id)?;
            self.note(id.to_owned(), Some(member), None);
        }
        Ok(())
    }

    fn note(&mut self, id: String, before: Option<Membership>, now: Option<Membership>) {
        self.touched.entry(id).or_insert((before, None)).1 = now;
    }

    /// The member as it will be stored. What the id does not name in this connection is refused: a member who is not
    /// there would be a grant to whoever gets that id.
    fn found(&self, id: String, display: Option<&str>) -> Result<Membership, Refusal> {
        let connection_id = &self.scope.connection_id;
        let (type_, label) = match users::label(self.tx, connection_id, &id)? {
            Some(label) => (MemberType::User, label),
            None => match groups::label(self.tx, connection_id, &id)? {
                Some(label) => (MemberType::Group, label),
                None => {
                    let id: String = id.chars().take(120).collect();
                    let detail = format!("`members.value` names `{id}`, which is no User and no Group here");
                    return Err(Refusal::bad(ScimType::InvalidValue, detail));
                }
            },
        };
        let display = display.filter(|display| !display.is_empty()).map_or(label, str::to_owned);
        Ok(Membership { value: id, type_, display: Some(display) })
    }

    /// Lets the differences take their effects, leavers first. Returns them: who joined (true) and who left.
    pub(super) fn finish(self, via: Via) -> Result<Vec<(String, bool)>, StoreError> {
        let differences: Vec<(String, MemberType, bool)> = self
            .touched
            .into_iter()
            .filter_map(|(id, states)| match states {
                (None, Some(member)) => Some((id, member.type_, true)),
                (Some(member), None) => Some((id, member.type_, false)),
                _ => None,
            })
            .collect();
        for joins in [false, true] {
            for (id, type_, joined) in &differences {
                if *joined == joins && *type_ == MemberType::User {
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
        Ok(differences.into_iter().map(|(id, _, joined)| (id, joined)).collect())
    }
}

/// The id of an item of `members`. Ids are issued in lower case and compared without case, as `members.value` is.
fn id_of(item: &Value) -> Result<String, ScimError> {
    match item["value"].as_str() {
        Some(id) if !id.is_empty() => Ok(text::fold(id).into_owned()),
        _ => Err(ScimError::bad(ScimType::InvalidValue, "`members.value` is missing: it must be the id of a resource")),
    }
}
