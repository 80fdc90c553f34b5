//! Queries (RFC 7644 section 3.4.2; cursors by RFC 9865): from a query string or a SearchRequest body to a [`ListQuery`],
//! and from resources to a ListResponse.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{
    error::{ScimError, ScimType},
    filter::{self, Filter, Limits},
    leniency::Leniency,
    path::AttrPath,
    projection::Projection,
    schema::{Attribute, Registry, ResourceType, Returned, Type},
    text, urn,
    value::{kind, member},
};

/// What a query asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// Which resources; all if `None`.
    pub filter: Option<Filter>,
    /// By what they are sorted.
    pub sort_by: Option<AttrPath>,
    /// From the highest to the lowest.
    pub descending: bool,
    /// The first result wanted, from 1.
    pub start_index: usize,
    /// The largest page wanted; 0 asks for the number of results only. `None`: the server decides.
    pub count: Option<usize>,
    /// Cursor paging: the cursor, empty for the first page. `None`: paging by index.
    pub cursor: Option<String>,
    /// Which attributes are shown.
    pub projection: Projection,
}

/// What a query runs over, and how it is read.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'r> {
    types: &'r [&'r ResourceType],
    registry: &'r Registry,
    leniency: &'r Leniency,
    limits: Limits,
}

impl<'r> Scope<'r> {
    /// A query over these types: one at `/Users`, all at the root. Unknown attributes are refused over one type and have
    /// no value over several (RFC 7644 section 3.4.2.1).
    pub fn new(types: &'r [&'r ResourceType], registry: &'r Registry, leniency: &'r Leniency) -> Self {
        Scope { types, registry, leniency, limits: Limits::default() }
    }

    /// With other limits for filters.
    pub fn with_limits(self, limits: Limits) -> Self {
        Scope { limits, ..self }
    }
}

fn invalid_value(detail: String) -> ScimError {
    ScimError::bad(ScimType::InvalidValue, detail)
}

/// The parameters before they are understood.
#[derive(Default)]
struct Raw {
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    cursor: Option<String>,
    attributes: Vec<String>,
    excluded: Vec<String>,
}

impl ListQuery {
    /// Reads the query string of a URL, without the `?`; `+` and `%20` are blanks. Names ignore case, unknown parameters
    /// are ignored (RFC 7644 section 3.4.2), and `attributes` may be repeated.
    pub fn from_query_string(query: &str, scope: &Scope<'_>) -> Result<ListQuery, ScimError> {
        let mut raw = Raw::default();
        let mut count = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let once = |slot: &mut Option<String>| match slot.replace(value.clone().into_owned()) {
                None => Ok(()),
                Some(_) => Err(invalid_value(format!("the parameter `{name}` is given twice"))),
            };
            let names = |list: &mut Vec<String>| list.extend(value.split(',').map(|name| name.trim().to_owned()));
            match name.to_ascii_lowercase().as_str() {
                "filter" => once(&mut raw.filter)?,
                "sortby" => once(&mut raw.sort_by)?,
                "sortorder" => once(&mut raw.sort_order)?,
                "startindex" => raw.start_index = Some(number("startIndex", &value, ScimType::InvalidValue)?),
                "count" => once(&mut count)?,
                "cursor" => once(&mut raw.cursor)?,
                "attributes" => names(&mut raw.attributes),
                "excludedattributes" => names(&mut raw.excluded),
                _ => {}
            }
        }
        // RFC 9865 has its own keyword for a bad page size, in its own way of paging.
        let keyword = if raw.cursor.is_some() { ScimType::InvalidCount } else { ScimType::InvalidValue };
        raw.count = count.as_deref().map(|text| number("count", text, keyword)).transpose()?;
        Self::understand(raw, scope)
    }

    /// Reads a SearchRequest body (RFC 7644 section 3.4.3). `attributes` are lists here; one string is read like a query
    /// string's.
    pub fn from_search_request(body: &Value, scope: &Scope<'_>) -> Result<ListQuery, ScimError> {
        let syntax = |detail: String| ScimError::bad(ScimType::InvalidSyntax, detail);
        let Value::Object(json) = body else {
            return Err(syntax(format!("the body must be a SearchRequest object, not {}", kind(body))));
        };
        let named = member(json, "schemas").and_then(Value::as_array).is_some_and(|urns| {
            urns.iter().filter_map(Value::as_str).any(|id| id.eq_ignore_ascii_case(urn::SEARCH_REQUEST))
        });
        if !named {
            return Err(syntax(format!("`schemas` must name {}", urn::SEARCH_REQUEST)));
        }
        let text = |name: &str| match member(json, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(invalid_value(format!("`{name}` must be a string, not {}", kind(other)))),
        };
        let whole = |name: &str| match member(json, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => Ok(Some(number)),
                (None, Some(_)) => Ok(Some(i64::MAX)),
                (None, None) => Err(invalid_value(format!("`{name}` must be a whole number"))),
            },
            Some(other) => Err(invalid_value(format!("`{name}` must be a whole number, not {}", kind(other)))),
        };
        let names = |name: &str| match member(json, name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(text.split(',').map(|name| name.trim().to_owned()).collect()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(|name| name.trim().to_owned()))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| invalid_value(format!("`{name}` must be a list of strings"))),
            Some(other) => Err(invalid_value(format!("`{name}` must be a list of strings, not {}", kind(other)))),
        };
        let raw = Raw {
            filter: text("filter")?,
            sort_by: text("sortBy")?,
            sort_order: text("sortOrder")?,
            start_index: whole("startIndex")?,
            count: whole("count")?,
            cursor: text("cursor")?,
            attributes: names("attributes")?,
            excluded: names("excludedAttributes")?,
        };
        Self::understand(raw, scope)
    }

    fn understand(raw: Raw, scope: &Scope<'_>) -> Result<ListQuery, ScimError> {
        let filter = match &raw.filter {
            None => None,
            Some(text) => Some(filter::parse_with(text, &scope.limits, scope.leniency)?),
        };
        let sort_by = match raw.sort_by.as_deref() {
            None | Some("") => None,
            Some(text) => {
                let path = AttrPath::parse(text)
                    .map_err(|error| ScimError { scim_type: Some(ScimType::InvalidPath), ..ScimError::from(error) })?;
                if let [rt] = scope.types {
                    SortKey::new(&path, rt, scope.registry)?;
                }
                Some(path)
            }
        };
        let descending = match raw.sort_order.as_deref() {
            None | Some("") => false,
            Some(word) if word.eq_ignore_ascii_case("ascending") => false,
            Some(word) if word.eq_ignore_ascii_case("descending") => true,
            Some(word) => {
                let word = super::path::shortened(word);
                return Err(invalid_value(format!("`sortOrder` must be ascending or descending, not `{word}`")));
            }
        };
        if raw.cursor.is_some() && raw.start_index.is_some() {
            let detail = "`cursor` and `startIndex` are two ways of paging; give one of them";
            return Err(ScimError::bad(ScimType::InvalidCursor, detail));
        }
        Ok(ListQuery {
            filter,
            sort_by,
            descending,
            start_index: raw.start_index.unwrap_or(1).max(1).try_into().unwrap_or(usize::MAX),
            count: raw.count.map(|count| count.max(0).try_into().unwrap_or(usize::MAX)),
            cursor: raw.cursor,
            projection: Projection::from_names(&raw.attributes, &raw.excluded, scope.types, scope.registry)?,
        })
    }
}

/// A whole number of a query string; one that is too large for the machine is the largest there is.
fn number(name: &str, text: &str, keyword: ScimType) -> Result<i64, ScimError> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let text = super::path::shortened(text);
        return Err(ScimError::bad(keyword, format!("`{name}` must be a whole number, not `{text}`")));
    }
    let number = digits.parse().unwrap_or(i64::MAX);
    Ok(if negative { -number } else { number })
}

/// An attribute to sort by.
struct SortKey<'r> {
    container: Option<&'r str>,
    attribute: &'r Attribute,
    sub: Option<&'r Attribute>,
}

/// One value in sort order.
#[derive(PartialEq)]
enum Rank {
    Text(String),
    Flag(bool),
    Number(serde_json::Number),
    Instant(time::OffsetDateTime),
}

impl<'r> SortKey<'r> {
    fn new(path: &AttrPath, rt: &'r ResourceType, registry: &'r Registry) -> Result<Self, ScimError> {
        let refuse = |detail: String| ScimError::bad(ScimType::InvalidPath, detail);
        let at = registry
            .resolve(rt, path)
            .ok_or_else(|| refuse(format!("`sortBy` names `{path}`, which {} does not have", rt.name)))?;
        if at.attribute.returned == Returned::Never || at.leaf().returned == Returned::Never {
            // The order of secrets would tell what they are.
            return Err(refuse(format!("`sortBy` names `{path}`, which is never returned")));
        }
        let sub = match (at.sub, at.attribute.type_) {
            (None, Type::Complex) => Some(at.attribute.sub("value").ok_or_else(|| {
                refuse(format!("`sortBy` names `{path}`, which is complex; name one of its sub-attributes"))
            })?),
            (sub, _) => sub,
        };
        Ok(SortKey { container: at.container, attribute: at.attribute, sub })
    }

    /// The value that counts: of several the primary one's, else the first (RFC 7644 section 3.4.2.3).
    fn rank(&self, resource: &Value) -> Option<Rank> {
        let holder = match self.container {
            Some(urn) => resource.get(urn)?,
            None => resource,
        };
        let value = holder.get(&self.attribute.name)?;
        let value = match value {
            Value::Array(elements) => {
                elements.iter().find(|element| super::elements::is_primary(element)).or_else(|| elements.first())?
            }
            one => one,
        };
        let (value, leaf) = match self.sub {
            Some(sub) => (value.get(&sub.name)?, sub),
            None => (value, self.attribute),
        };
        match value {
            Value::String(text) => match leaf.type_ {
                Type::DateTime => text::instant(text).map(Rank::Instant),
                _ => Some(Rank::Text(text::key(text, leaf.case_exact).into_owned())),
            },
            Value::Bool(flag) => Some(Rank::Flag(*flag)),
            Value::Number(number) => Some(Rank::Number(number.clone())),
            _ => None,
        }
    }
}

impl Rank {
    fn order(&self, other: &Rank) -> Ordering {
        match (self, other) {
            (Rank::Text(one), Rank::Text(other)) => one.cmp(other),
            (Rank::Flag(one), Rank::Flag(other)) => one.cmp(other),
            (Rank::Instant(one), Rank::Instant(other)) => one.cmp(other),
            (Rank::Number(one), Rank::Number(other)) => filter::order(one, other).unwrap_or(Ordering::Equal),
            _ => Ordering::Equal,
        }
    }
}

/// Sorts resources of one type. Those without a value come last, in descending order first (RFC 7644 section 3.4.2.3);
/// equal ones keep their order, so that pages do not overlap.
pub fn sort(
    resources: &mut Vec<Value>,
    sort_by: &AttrPath,
    descending: bool,
    rt: &ResourceType,
    registry: &Registry,
) -> Result<(), ScimError> {
    let key = SortKey::new(sort_by, rt, registry)?;
    let mut ranked: Vec<(Option<Rank>, Value)> =
        std::mem::take(resources).into_iter().map(|resource| (key.rank(&resource), resource)).collect();
    ranked.sort_by(|(one, _), (other, _)| {
        let order = match (one, other) {
            (Some(one), Some(other)) => one.order(other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        if descending { order.reverse() } else { order }
    });
    resources.extend(ranked.into_iter().map(|(_, resource)| resource));
    Ok(())
}

/// The answer to a query paged by index. `total` counts all matches; `itemsPerPage` is the number of resources here
/// (erratum 6010).
pub fn list_response(resources: Vec<Value>, total: usize, start_index: usize) -> Value {
    json!({
        "schemas": [urn::LIST_RESPONSE],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

/// The text of a [`list_response`] with so many resources on the page, before they are in it.
pub fn list_head(on_page: usize, total: usize, start_index: usize) -> String {
    let urn = urn::LIST_RESPONSE;
    format!(
        "{{\"schemas\":[\"{urn}\"],\"totalResults\":{total},\"startIndex\":{start_index},\"itemsPerPage\":{on_page},\"Resources\":[]}}"
    )
}

/// The answer to a query paged by cursor (RFC 9865 section 2): no `nextCursor` on the last page, no `previousCursor` on
/// the first.
pub fn cursor_response(resources: Vec<Value>, total: usize, next: Option<&str>, previous: Option<&str>) -> Value {
    let mut body = Map::new();
    body.insert("schemas".into(), json!([urn::LIST_RESPONSE]));
    body.insert("totalResults".into(), total.into());
    body.insert("itemsPerPage".into(), resources.len().into());
    if let Some(cursor) = next {
        body.insert("nextCursor".into(), cursor.into());
    }
    if let Some(cursor) = previous {
        body.insert("previousCursor".into(), cursor.into());
    }
    body.insert("Resources".into(), Value::Array(resources));
    Value::Object(body)
}
