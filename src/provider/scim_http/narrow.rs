//! Filters as SQL.
//!
//! A filter becomes a condition that holds for every row that matches it, and says whether it holds for no other. An
//! exact condition answers the query alone, from indexes; for the rest it leaves fewer candidates to the evaluator of
//! `scim::filter`, which decides. Either way the same resources are found: `tests/provider/filter_equality.rs` holds one
//! against the other.

use rusqlite::types::Value as Sql;

use super::endpoint::Kind;
use crate::{
    provider::clock,
    scim::{
        filter::{CompareOp, Filter, Literal},
        path::AttrPath,
        schema::{Registry, ResourceType},
        text,
    },
};

/// A condition on the rows of a type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Narrowed {
    /// With `?` for each parameter.
    pub(super) sql: String,
    /// In order.
    pub(super) params: Vec<Sql>,
    /// Whether the condition is the filter, not only implied by it.
    pub(super) exact: bool,
}

impl Narrowed {
    fn exact(sql: &str, params: Vec<Sql>) -> Narrowed {
        Narrowed { sql: sql.to_owned(), params, exact: true }
    }

    /// No condition: all rows of the connection.
    pub(super) fn everything(exact: bool) -> Narrowed {
        Narrowed { sql: "1".to_owned(), params: Vec::new(), exact }
    }

    /// Of the rows that several types share, those of one.
    pub(super) fn of_type(self, name: &str) -> Narrowed {
        let mut params = vec![Sql::Text(name.to_owned())];
        params.extend(self.params);
        Narrowed { sql: format!("r.type = ? AND ({})", self.sql), params, exact: self.exact }
    }

    fn joined(parts: Vec<Narrowed>, word: &str) -> Narrowed {
        let exact = parts.iter().all(|part| part.exact);
        let sql = parts.iter().map(|part| format!("({})", part.sql)).collect::<Vec<_>>().join(word);
        Narrowed { sql, params: parts.into_iter().flat_map(|part| part.params).collect(), exact }
    }
}

/// What a filter says, as far as there are columns for it.
pub(super) struct Narrower<'r> {
    pub(super) kind: Kind,
    pub(super) rt: &'r ResourceType,
    pub(super) registry: &'r Registry,
    pub(super) connection_id: &'r str,
}

impl Narrower<'_> {
    /// The condition of a whole query.
    pub(super) fn narrow(&self, filter: Option<&Filter>) -> Narrowed {
        filter.map_or_else(
            || Narrowed::everything(true),
            |filter| self.condition(filter).unwrap_or_else(|| Narrowed::everything(false)),
        )
    }

    fn condition(&self, filter: &Filter) -> Option<Narrowed> {
        match filter {
            Filter::And(parts) => {
                let known: Vec<Narrowed> = parts.iter().filter_map(|part| self.condition(part)).collect();
                let all = known.len() == parts.len();
                if known.is_empty() {
                    return None;
                }
                let joined = Narrowed::joined(known, " AND ");
                Some(Narrowed { exact: joined.exact && all, ..joined })
            }
            Filter::Or(parts) => {
                let known: Option<Vec<Narrowed>> = parts.iter().map(|part| self.condition(part)).collect();
                Some(Narrowed::joined(known?, " OR "))
            }
            Filter::Not(part) => {
                let part = self.condition(part)?;
                // An absent value makes a comparison NULL; the filter calls that false.
                part.exact.then(|| Narrowed { sql: format!("NOT coalesce(({}), 0)", part.sql), ..part })
            }
            Filter::Compare { path, op, value } => self.compare(path, *op, value),
            Filter::ValuePath { path, filter } => self.value_path(path, filter),
            Filter::Present(_) => None,
        }
    }

    /// The names of an attribute and sub-attribute of the base schema, as the schema spells them.
    fn names(&self, path: &AttrPath) -> Option<(&str, Option<&str>)> {
        let at = self.registry.resolve(self.rt, path)?;
        at.container.is_none().then(|| (at.attribute.name.as_str(), at.sub.map(|sub| sub.name.as_str())))
    }

    fn compare(&self, path: &AttrPath, op: CompareOp, value: &Literal) -> Option<Narrowed> {
        let (attribute, sub) = self.names(path)?;
        if (attribute, sub) == ("meta", Some("lastModified")) {
            return last_modified(op, value);
        }
        if op != CompareOp::Eq {
            return None;
        }
        let of = |sql: &str, text: &str| Some(Narrowed::exact(sql, vec![Sql::Text(text.to_owned())]));
        match (self.kind, attribute, sub, value) {
            (Kind::User, "id", None, Literal::String(id)) => of("u.member_id = ?", id),
            (Kind::Group, "id", None, Literal::String(id)) => of("g.group_id = ?", id),
            (Kind::Custom(_), "id", None, Literal::String(id)) => of("r.resource_id = ?", id),
            (_, "externalId", None, Literal::String(id)) => of("external_id = ?", &text::exact(id)),
            (Kind::User, "userName", None, Literal::String(name)) => of("u.user_name_fold = ?", &text::fold(name)),
            (Kind::User | Kind::Group, "displayName", None, Literal::String(name)) => {
                of("display_name_fold = ?", &text::fold(name))
            }
            (Kind::User, "emails", Some("value"), Literal::String(value)) => Some(self.email(value, None)),
            (Kind::Group, "members", Some("value"), Literal::String(id)) => Some(member(id)),
            (Kind::User, "active", None, Literal::Bool(active)) => {
                // The column also knows the state of a member whose `active` is unassigned; a filter does not.
                let sql = "u.active = ? AND json_type(u.resource, '$.active') IS NOT NULL";
                Some(Narrowed::exact(sql, vec![Sql::Integer(i64::from(*active))]))
            }
            _ => None,
        }
    }

    /// `emails[type eq "work" and value eq "x"]`, `members[value eq "x"]`.
    fn value_path(&self, path: &AttrPath, filter: &Filter) -> Option<Narrowed> {
        let (attribute, sub) = self.names(path)?;
        let parts = match filter {
            Filter::And(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        };
        let (mut wanted, mut type_) = (None, None);
        for part in parts {
            let Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(text) } = part else { return None };
            let slot = match path.attribute.to_ascii_lowercase().as_str() {
                "value" => &mut wanted,
                "type" => &mut type_,
                _ => return None,
            };
            if path.schema.is_some() || path.sub.is_some() || slot.replace(text.as_str()).is_some() {
                return None;
            }
        }
        match (self.kind, attribute, sub, wanted, type_) {
            (Kind::User, "emails", None, Some(value), type_) => Some(self.email(value, type_)),
            (Kind::Group, "members", None, Some(id), None) => Some(member(id)),
            _ => None,
        }
    }

    fn email(&self, value: &str, type_: Option<&str>) -> Narrowed {
        let mut sql =
            "u.member_id IN (SELECT member_id FROM scim_user_emails WHERE connection_id = ? AND value_fold = ?"
                .to_owned();
        let mut params = vec![Sql::Text(self.connection_id.to_owned()), Sql::Text(text::fold(value).into_owned())];
        if let Some(type_) = type_ {
            sql.push_str(" AND type_fold = ?");
            params.push(Sql::Text(text::fold(type_).into_owned()));
        }
        sql.push(')');
        Narrowed::exact(&sql, params)
    }
}

fn member(id: &str) -> Narrowed {
    let sql = "g.group_id IN (SELECT group_id FROM scim_group_members WHERE value = ?
                   UNION SELECT group_id FROM scim_other_members WHERE value_fold = ?)";
    let id = Sql::Text(text::fold(id).into_owned());
    Narrowed::exact(sql, vec![id.clone(), id])
}

/// Stored times are texts of microseconds; a literal that is finer has no place between them.
fn last_modified(op: CompareOp, value: &Literal) -> Option<Narrowed> {
    let Literal::String(literal) = value else { return None };
    let instant = text::instant(literal)?;
    if instant.nanosecond() % 1_000 != 0 {
        return None;
    }
    let sign = match op {
        CompareOp::Eq => "=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        _ => return None,
    };
    Some(Narrowed::exact(&format!("last_modified {sign} ?"), vec![Sql::Text(clock::text(instant))]))
}

/// Whether a filter looks at an attribute of the base schema, so that one that is costly to load is loaded only then.
pub(super) fn mentions(filter: &Filter, attribute: &str) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|part| mentions(part, attribute)),
        Filter::Not(part) => mentions(part, attribute),
        Filter::Compare { path, .. } | Filter::Present(path) | Filter::ValuePath { path, .. } => {
            path.attribute.eq_ignore_ascii_case(attribute)
        }
    }
}
