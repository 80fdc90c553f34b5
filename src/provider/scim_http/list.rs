//! Queries: `GET` and `/.search` on a type and on the root (RFC 7644 section 3.4.2; cursors by RFC 9865).
//!
//! A filter that SQL can answer exactly is counted and paged by the database. Any other leaves candidates, which are read
//! one after the other and judged; of a match only its id is kept (and the value to sort by), and the page is read again
//! by id. Results without `sortBy` are in the order of their ids, which is the order of their creation. The look-up of a
//! User by its name, which an IdP sends before each create, needs no page: it finds one or none.

use rusqlite::{Connection, params_from_iter, types::Value as Sql};
use serde_json::{Map, Value, json};

use super::{
    answer::{Answer, Refusal},
    call::Call,
    cursor::{self, Position},
    endpoint::Kind,
    narrow::{Narrowed, Narrower, mentions},
    render::{self, Rendered},
    scope::Scope,
};
use crate::{
    provider::store::{StoreError, users},
    scim::{
        error::{ScimError, ScimType},
        filter::{CompareOp, Filter, Literal, Prepared, UnknownAttributes},
        path::AttrPath,
        projection::Projection,
        query::{self, ListQuery},
        schema::ResourceType,
        text,
    },
};

/// `GET /Users`, `GET /Groups`, `GET /`.
pub(super) fn get(scope: &Scope, call: &Call, kinds: &[Kind]) -> Result<Answer, Refusal> {
    let types = types(scope, kinds)?;
    let within = query::Scope::new(&types, scope.registry(), scope.leniency());
    let query = ListQuery::from_query_string(&call.query, &within)?;
    if query.filter.as_ref().is_some_and(|filter| mentions(filter, "password")) {
        let detail = "a filter on password belongs into the body of POST /.search, not into a URL";
        return Err(ScimError { status: 403, scim_type: Some(ScimType::Sensitive), detail: detail.to_owned() }.into());
    }
    answer(scope, kinds, &query)
}

/// `POST /.search`, `POST /Users/.search`, `POST /Groups/.search`.
pub(super) fn search(scope: &Scope, call: &Call, kinds: &[Kind]) -> Result<Answer, Refusal> {
    let types = types(scope, kinds)?;
    let within = query::Scope::new(&types, scope.registry(), scope.leniency());
    let query = ListQuery::from_search_request(call.body()?, &within)?;
    answer(scope, kinds, &query)
}

fn types<'s>(scope: &'s Scope, kinds: &[Kind]) -> Result<Vec<&'s ResourceType>, ScimError> {
    kinds.iter().map(|kind| scope.resource_type(*kind)).collect()
}

/// Which part of the results is wanted.
struct Page {
    from: Position,
    size: usize,
}

/// The part of the results that was found.
struct Found {
    total: usize,
    resources: Vec<Rendered>,
    /// Where the next page begins; `None` on the last one.
    next: Option<Position>,
}

fn answer(scope: &Scope, kinds: &[Kind], query: &ListQuery) -> Result<Answer, Refusal> {
    if let ([Kind::User], Some(name)) = (kinds, looked_up(scope, query)?) {
        return named(scope, &text::fold(name));
    }
    let fingerprint = || cursor::fingerprint(&scope.connection_id, kinds, query);
    let from = match query.cursor.as_deref() {
        None => Position::Index(query.start_index - 1),
        Some("") if kinds.len() == 1 && query.sort_by.is_none() => Position::After(String::new()),
        Some("") => Position::Index(0),
        Some(text) => cursor::read(text, &fingerprint())?,
    };
    let size = query.count.unwrap_or(scope.limits().default_page).min(scope.limits().page);
    let page = Page { from, size };
    let found = scope.state.store.read(|conn| find(&Search { scope, conn, query }, kinds, &page))?;
    let envelope = if query.cursor.is_some() {
        let next = found.next.filter(|_| size > 0).map(|next| cursor::write(&next, &fingerprint()));
        let mut envelope = query::cursor_response(Vec::new(), found.total, next.as_deref(), None);
        envelope["itemsPerPage"] = found.resources.len().into();
        envelope.to_string()
    } else {
        query::list_head(found.resources.len(), found.total, query.start_index)
    };
    let texts: Vec<&[u8]> = found.resources.iter().map(|one| one.text.as_bytes()).collect();
    Ok(Answer::text(200, filled(envelope, &texts)))
}

/// The text of a ListResponse without resources, filled with the texts of some.
fn filled(envelope: String, resources: &[&[u8]]) -> Vec<u8> {
    let mut text = envelope.into_bytes();
    // `"Resources":[]}` is its end.
    text.truncate(text.len() - "]}".len());
    text.reserve(resources.iter().map(|one| one.len() + 1).sum::<usize>() + 2);
    for (at, one) in resources.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        text.extend_from_slice(one);
    }
    text.extend_from_slice(b"]}");
    text
}

/// The name, if a query over Users asks for the one that has it, and for nothing else.
fn looked_up<'q>(scope: &Scope, query: &'q ListQuery) -> Result<Option<&'q str>, Refusal> {
    let Some(filter) = &query.filter else { return Ok(None) };
    let Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(name) } = filter else { return Ok(None) };
    let plain = query.sort_by.is_none() && query.cursor.is_none() && query.projection == Projection::default();
    let first = query.start_index == 1 && query.count != Some(0) && scope.limits().page > 0;
    let by_name = path.schema.is_none() && path.sub.is_none() && path.attribute.eq_ignore_ascii_case("userName");
    if !(plain && first && by_name) {
        return Ok(None);
    }
    let (rt, registry) = (scope.resource_type(Kind::User)?, scope.registry());
    // What binding refuses must not pass.
    Prepared::new(filter, rt, registry, UnknownAttributes::Refuse, scope.leniency())?;
    Ok(Some(name))
}

/// The User of a folded name, as a list of one or none.
fn named(scope: &Scope, name: &str) -> Result<Answer, Refusal> {
    let (store, connection_id) = (&scope.state.store, scope.connection_id.as_str());
    let found = match store.kept_by_name(connection_id, name) {
        Ok(kept) => Some(kept),
        Err(generation) => store.read_one(|conn| {
            let mut found = None;
            users::TABLE.each(conn, users::BY_NAME, [connection_id, name], |row| {
                found = Some(render::kept(scope, conn, row, Some(name), generation)?);
                Ok::<_, Refusal>(())
            })?;
            Ok::<_, Refusal>(found)
        })?,
    };
    let texts: Vec<&[u8]> = found.iter().map(|kept| kept.text.as_ref()).collect();
    Ok(Answer::text(200, filled(query::list_head(texts.len(), texts.len(), 1), &texts)))
}

fn find(search: &Search, kinds: &[Kind], page: &Page) -> Result<Found, Refusal> {
    let [kind] = kinds else {
        return search.collected(kinds, page);
    };
    let rt = search.scope.resource_type(*kind)?;
    // The filter is bound to the schema before SQL sees it: what binding refuses must not pass because SQL takes it.
    let judge = search.judge(rt, UnknownAttributes::Refuse)?;
    let narrowed = search.narrowed(*kind, rt, false);
    if search.query.sort_by.is_none() && (judge.is_none() || narrowed.exact) {
        return search.paged_by_sql(*kind, &narrowed, page);
    }
    search.collected(kinds, page)
}

/// One query at work.
struct Search<'s> {
    scope: &'s Scope<'s>,
    conn: &'s Connection,
    query: &'s ListQuery,
}

/// A match, as little of it as sorting needs.
type Match = (Kind, Value);

impl<'s> Search<'s> {
    fn judge(&self, rt: &'s ResourceType, unknown: UnknownAttributes) -> Result<Option<Prepared<'s>>, ScimError> {
        self.query
            .filter
            .as_ref()
            .map(|filter| Prepared::new(filter, rt, self.scope.registry(), unknown, self.scope.leniency()))
            .transpose()
    }

    fn narrowed(&self, kind: Kind, rt: &ResourceType, several: bool) -> Narrowed {
        let narrowed = if several {
            Narrowed::everything(false)
        } else {
            let connection_id = &self.scope.connection_id;
            Narrower { kind, rt, registry: self.scope.registry(), connection_id }.narrow(self.query.filter.as_ref())
        };
        match kind {
            Kind::User | Kind::Group => narrowed,
            Kind::Custom(_) => narrowed.of_type(&rt.name),
        }
    }

    /// A page that the database finds alone.
    fn paged_by_sql(&self, kind: Kind, narrowed: &Narrowed, page: &Page) -> Result<Found, Refusal> {
        if page.size == 0 {
            return Ok(Found { total: self.count(kind, narrowed)?, resources: Vec::new(), next: None });
        }
        let id = kind.table().id;
        let mut params = self.params(narrowed);
        let tail = match &page.from {
            Position::After(after) => {
                params.push(Sql::Text(after.clone()));
                params.push(integer(page.size + 1));
                format!("WHERE connection_id = ? AND ({}) AND {id} > ? ORDER BY {id} LIMIT ?", narrowed.sql)
            }
            Position::Index(index) => {
                params.push(integer(page.size + 1));
                params.push(integer(*index));
                format!("WHERE connection_id = ? AND ({}) ORDER BY {id} LIMIT ? OFFSET ?", narrowed.sql)
            }
        };
        let mut resources = self.shown(kind, &tail, params)?;
        let more = resources.len() > page.size;
        resources.truncate(page.size);
        // The last page tells how many there are: a look-up that finds one, or none, need not count.
        let before = match &page.from {
            Position::Index(index) if *index == 0 || !resources.is_empty() => Some(*index),
            Position::After(after) if after.is_empty() => Some(0),
            _ => None,
        };
        let total = match before {
            Some(before) if !more => before + resources.len(),
            _ => self.count(kind, narrowed)?,
        };
        let next = match (&page.from, resources.last()) {
            (Position::After(_), Some(last)) if more => Some(Position::After(last.id.clone())),
            (Position::Index(index), _) if more => Some(Position::Index(index + page.size)),
            _ => None,
        };
        Ok(Found { total, resources, next })
    }

    fn count(&self, kind: Kind, narrowed: &Narrowed) -> Result<usize, Refusal> {
        let count =
            format!("SELECT count(*) FROM {} WHERE connection_id = ? AND ({})", kind.table().from, narrowed.sql);
        let total = self
            .conn
            .prepare_cached(&count)
            .and_then(|mut statement| statement.query_row(params_from_iter(self.params(narrowed)), |row| row.get(0)))
            .map_err(StoreError::from)?;
        Ok(total)
    }

    /// A page of results that are judged one by one.
    fn collected(&self, kinds: &[Kind], page: &Page) -> Result<Found, Refusal> {
        let mut matches = Vec::new();
        for kind in kinds {
            self.collect(*kind, kinds.len() > 1, &mut matches)?;
        }
        if let Some(sort_by) = &self.query.sort_by {
            matches = self.sorted(matches, kinds, sort_by)?;
        }
        let from = match &page.from {
            Position::Index(index) => *index,
            Position::After(after) => matches.partition_point(|(_, one)| id_of(one) <= after.as_str()),
        };
        let total = matches.len();
        let end = from.saturating_add(page.size).min(total);
        let mut resources = Vec::new();
        for (kind, one) in matches.get(from..end).unwrap_or_default() {
            resources.push(render::by_id(self.scope, self.conn, *kind, id_of(one), &self.query.projection)?);
        }
        let next = (end < total).then(|| match &page.from {
            Position::After(_) => {
                Position::After(matches.get(end.saturating_sub(1)).map_or("", |(_, one)| id_of(one)).to_owned())
            }
            Position::Index(_) => Position::Index(end),
        });
        Ok(Found { total, resources, next })
    }

    /// The matches of one type, in the order of their ids. Over several types an attribute that the type does not have
    /// has no value (RFC 7644 section 3.4.2.1).
    fn collect(&self, kind: Kind, several: bool, matches: &mut Vec<Match>) -> Result<(), Refusal> {
        let rt = self.scope.resource_type(kind)?;
        let unknown = if several { UnknownAttributes::HaveNoValue } else { UnknownAttributes::Refuse };
        let judge = self.judge(rt, unknown)?;
        let narrowed = self.narrowed(kind, rt, several);
        let key = self.query.sort_by.as_ref().and_then(|path| self.scope.registry().resolve(rt, path));
        let derived = self.looks_at_derived(kind);
        let tail = format!("WHERE connection_id = ? AND ({}) ORDER BY {}", narrowed.sql, kind.table().id);
        let params = params_from_iter(self.params(&narrowed));
        kind.table().each(self.conn, &tail, params, |row| {
            if judge.is_none() && key.is_none() {
                matches.push((kind, json!({ "id": row.id })));
                return Ok(());
            }
            let whole = render::whole(self.scope, self.conn, kind, row, derived)?;
            if judge.as_ref().is_none_or(|judge| judge.matches(&whole)) {
                let mut kept = Map::new();
                kept.insert("id".to_owned(), row.id.into());
                if let Some((at, value)) = key.and_then(|at| at.value(&whole).map(|value| (at, value.clone()))) {
                    let holder = match at.container {
                        Some(urn) => kept.entry(urn).or_insert_with(|| Value::Object(Map::new())),
                        None => &mut Value::Null,
                    };
                    match holder.as_object_mut() {
                        Some(extension) => extension.insert(at.attribute.name.clone(), value),
                        None => kept.insert(at.attribute.name.clone(), value),
                    };
                }
                matches.push((kind, Value::Object(kept)));
            }
            Ok(())
        })
    }

    /// Sorted by an attribute. Over several types it is one that at least one of them has.
    fn sorted(&self, matches: Vec<Match>, kinds: &[Kind], sort_by: &AttrPath) -> Result<Vec<Match>, Refusal> {
        let types = types(self.scope, kinds)?;
        let has = |rt: &&&ResourceType| self.scope.registry().resolve(rt, sort_by).is_some();
        let Some(rt) = types.iter().find(has) else {
            return Err(Refusal::bad(ScimType::InvalidPath, format!("`sortBy` names `{sort_by}`, which no type has")));
        };
        let kinds: std::collections::HashMap<String, Kind> =
            matches.iter().map(|(kind, one)| (id_of(one).to_owned(), *kind)).collect();
        let mut values: Vec<Value> = matches.into_iter().map(|(_, one)| one).collect();
        query::sort(&mut values, sort_by, self.query.descending, rt, self.scope.registry())?;
        Ok(values.into_iter().map(|one| (kinds.get(id_of(&one)).copied().unwrap_or(Kind::User), one)).collect())
    }

    fn params(&self, narrowed: &Narrowed) -> Vec<Sql> {
        let mut params = Vec::with_capacity(narrowed.params.len() + 3);
        params.push(Sql::Text(self.scope.connection_id.clone()));
        params.extend(narrowed.params.iter().cloned());
        params
    }

    /// Whether judging or sorting needs what is not in the row: `groups` of a User, `members` of a Group.
    fn looks_at_derived(&self, kind: Kind) -> bool {
        let Some(derived) = kind.derived() else { return false };
        let in_filter = self.query.filter.as_ref().is_some_and(|filter| mentions(filter, derived));
        in_filter || self.query.sort_by.as_ref().is_some_and(|path| path.attribute.eq_ignore_ascii_case(derived))
    }

    /// What is shown of the resources that the rest of a SELECT finds.
    fn shown(&self, kind: Kind, tail: &str, params: Vec<Sql>) -> Result<Vec<Rendered>, Refusal> {
        let mut found = Vec::new();
        kind.table().each(self.conn, tail, params_from_iter(params), |row| {
            found.push(render::projected(self.scope, self.conn, kind, row, &self.query.projection)?);
            Ok::<_, Refusal>(())
        })?;
        Ok(found)
    }
}

fn id_of(one: &Value) -> &str {
    one["id"].as_str().unwrap_or_default()
}

fn integer(number: usize) -> Sql {
    Sql::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
