//! User bodies: what a person of the directory looks like in a create, in a PUT, and as single attributes.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::path::{Target, member, truth};
use crate::idp::{
    directory::{AppRole, Entitlement, Person, User},
    engine::START,
    mapping::{Context, Given, Mapping},
    profile::{
        Knobs, Profile,
        value::{
            ActiveType, Cleared, CreateOrder, ElementOrder, ExternalId, ManagerPass, PutBody, RolesInCreate, UrnListed,
        },
    },
};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the enterprise extension.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A person in the moment in which something about them is sent.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The attributes.
    pub user: &'a User,
    /// The IdP's id of the person.
    pub object_id: &'a str,
    /// What `active` is to be.
    pub active: bool,
    /// User name to send instead of the directory's (a tombstone).
    pub user_name: Option<&'a str>,
    /// The simulated time, for mappings that ask for it.
    pub now: OffsetDateTime,
}

impl<'a> Subject<'a> {
    /// The person as they stand.
    pub fn of(person: &'a Person, object_id: &'a str, active: bool) -> Subject<'a> {
        Subject { user: &person.user, object_id, active, user_name: None, now: START }
    }

    /// The same person at another time than the start.
    #[must_use]
    pub fn at(self, now: OffsetDateTime) -> Subject<'a> {
        Subject { now, ..self }
    }

    /// The value of a mapped attribute: text, except for `active`; a list becomes elements with `value`.
    pub fn value(&self, mapping: &Mapping) -> Option<Value> {
        let seed = format!("{} {}", self.object_id, mapping.target);
        let find = |name: &str| self.attribute(name);
        let given = mapping.source.evaluate(&Context { attribute: &find, now: self.now, seed: &seed })?;
        if mapping.target == "active" {
            return Some(Value::Bool(given.text().eq_ignore_ascii_case("true")));
        }
        Some(match given {
            Given::List(items) if !mapping.target.contains('[') => {
                Value::Array(items.into_iter().map(|item| json!({ "value": item })).collect())
            }
            single => Value::String(single.text()),
        })
    }

    /// The value of a directory attribute, computed ones included.
    pub fn attribute(&self, name: &str) -> Option<Given> {
        if let Some(Value::Array(items)) = self.user.custom.get(name)
            && let Some(items) = items.iter().map(Value::as_str).collect::<Option<Vec<_>>>()
        {
            return Some(Given::List(items.into_iter().map(str::to_owned).collect()));
        }
        self.text(name).map(Given::Text)
    }

    fn text(&self, name: &str) -> Option<String> {
        let truth = |truth: bool| Some(if truth { "True" } else { "False" }.to_owned());
        match name {
            "IsSoftDeleted" => truth(!self.active),
            "accountEnabled" => truth(self.active),
            _ if name.starts_with("urn:") => match self.user.custom.get(name)? {
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            },
            _ => match crate::idp::directory::field_named(name)? {
                "object_id" => Some(self.object_id.to_owned()),
                "user_name" => Some(self.user_name.unwrap_or(&self.user.user_name).to_owned()),
                field => self.user.text(field),
            },
        }
    }

    /// Every mapped attribute with its value, in the order of the mapping; then the custom ones; then `externalId`, if
    /// it is the object id.
    pub fn values(&self, profile: &Profile) -> Vec<(String, Option<Value>)> {
        let mut values: Vec<(String, Option<Value>)> =
            profile.mapping.iter().map(|mapping| (mapping.target.clone(), self.value(mapping))).collect();
        values.extend(
            self.user
                .custom
                .iter()
                .map(|(path, value)| (path.clone(), Some(value.clone()).filter(|value| !value.is_null()))),
        );
        if profile.knobs.entitlements_on_user {
            values.extend(granted(self.user));
        }
        if profile.knobs.external_id != ExternalId::Mapped {
            values.retain(|(target, _)| target != "externalId");
        }
        if profile.knobs.external_id == ExternalId::ObjectId {
            values.push(("externalId".to_owned(), Some(Value::from(self.object_id))));
        }
        values
    }
}

/// Whether a value of that path is always a list.
pub fn is_list(path: &str) -> bool {
    ["entitlements", "roles"].contains(&path)
}

/// What is granted to a user, each kind as one value.
fn granted(user: &User) -> [(String, Option<Value>); 2] {
    let one = |entitlement: &Entitlement| json!({"value": entitlement.value, "display": entitlement.display_name, "type": entitlement.kind});
    let role = |role: &AppRole| json!({"value": role.value, "display": role.display_name});
    let list = |name: &str, all: Vec<Value>| (name.to_owned(), Some(Value::Array(all)).filter(|all| *all != json!([])));
    [
        list("entitlements", user.entitlements.iter().map(one).collect()),
        list("roles", user.roles.iter().map(role).collect()),
    ]
}

/// `active` as the profile writes it.
pub fn active_value(kind: ActiveType, active: bool) -> Value {
    match (kind, active) {
        (ActiveType::Boolean, active) => Value::Bool(active),
        (ActiveType::Text, true) => Value::from("True"),
        (ActiveType::Text, false) => Value::from("False"),
        (ActiveType::LowerText, active) => Value::from(active.to_string()),
    }
}

/// What a new element of a multi-valued attribute starts with.
pub fn element_seed(knobs: &Knobs, target: &Target<'_>) -> Map<String, Value> {
    let mut seed = Map::new();
    if knobs.primary_on.iter().any(|name| name == target.attribute) {
        seed.insert("primary".to_owned(), Value::Bool(true));
    }
    if let Some((key, wanted)) = target.filter
        && (key != "type" || target.attribute != "emails" || knobs.email_type)
    {
        if knobs.element_order == ElementOrder::ValueFirst
            && let Some(sub) = target.sub
        {
            seed.insert(sub.to_owned(), Value::Null);
        }
        let value = truth(&Value::from(wanted)).filter(|_| key == "primary").map_or(Value::from(wanted), Value::Bool);
        seed.insert(key.to_owned(), value);
    }
    seed
}

/// The body of a create. `password` and `manager` are sent as given: the caller knows whether the profile wants them.
pub fn create(profile: &Profile, subject: &Subject<'_>, password: Option<&str>, manager: Option<Value>) -> Value {
    let knobs = &profile.knobs;
    let mut attributes = Map::new();
    for (path, value) in subject.values(profile) {
        let target = Target::parse(&path);
        match value {
            Some(_) if path == "active" => {
                attributes.insert(path, active_value(knobs.active_in_create, subject.active));
            }
            Some(value) => put_seeded(knobs, &target, &mut attributes, value),
            None if knobs.nulls_in_create && target.filter.is_none() => {
                target.put(&mut attributes, Value::Null, Map::new());
            }
            None => {}
        }
    }
    if let Some(manager) = manager {
        Target { urn: Some(ENTERPRISE), attribute: "manager", filter: None, sub: None }.put(
            &mut attributes,
            manager,
            Map::new(),
        );
    }
    if let Some(roles) = roles_in_create(knobs, subject.user) {
        attributes.insert("roles".to_owned(), roles);
    }
    if knobs.junk_values {
        for (name, value) in [
            ("locale", "lcl-Q7X"),
            ("preferredLanguage", "prf-LNG"),
            ("profileUrl", "not a url"),
            ("timezone", "Nowhere/Q7X"),
        ] {
            attributes.insert(name.to_owned(), Value::from(value));
        }
    }
    if knobs.meta_in_create {
        attributes.insert("meta".to_owned(), json!({"resourceType": "User"}));
    }
    if knobs.groups_on_user {
        attributes.insert("groups".to_owned(), json!([]));
    }
    if let Some(password) = password {
        attributes.insert("password".to_owned(), Value::from(password));
    }
    attributes.entry("active").or_insert_with(|| active_value(knobs.active_in_create, subject.active));
    let mut body = Map::new();
    body.insert("schemas".to_owned(), schemas(knobs, &attributes));
    let mut names: Vec<String> = attributes.keys().cloned().collect();
    match knobs.create_order {
        CreateOrder::Mapping => names.sort_by_key(|name| match name.as_str() {
            "externalId" => 1,
            "groups" => 2,
            "password" => 3,
            "active" => 4,
            _ => 0,
        }),
        CreateOrder::ByName => names.sort_by_key(|name| {
            let rank = match name.as_str() {
                "externalId" => 0,
                "userName" => 1,
                "active" => 2,
                name if name.starts_with("urn:") => 4,
                _ => 3,
            };
            (rank, name.clone())
        }),
    }
    for name in names {
        if let Some(mut value) = attributes.shift_remove(&name) {
            if knobs.create_order == CreateOrder::ByName
                && let ("name", Some(parts)) = (name.as_str(), value.as_object_mut())
            {
                parts.sort_keys();
                if let Some(formatted) = parts.shift_remove("formatted") {
                    parts.shift_insert(0, "formatted".to_owned(), formatted);
                }
            }
            body.insert(name, value);
        }
    }
    Value::Object(body)
}

/// Adds to `schemas` what the attributes call for.
fn schemas(knobs: &Knobs, attributes: &Map<String, Value>) -> Value {
    let mut urns = vec![Value::from(USER)];
    if knobs.enterprise_urn == UrnListed::Always || attributes.contains_key(ENTERPRISE) {
        urns.push(Value::from(ENTERPRISE));
    }
    if knobs.custom_urn_listed {
        urns.extend(
            attributes
                .keys()
                .filter(|name| name.starts_with("urn:") && *name != ENTERPRISE)
                .map(|name| Value::from(name.as_str())),
        );
    }
    Value::Array(urns)
}

fn roles_in_create(knobs: &Knobs, user: &User) -> Option<Value> {
    let roles = user.roles.iter();
    match knobs.roles_in_create {
        RolesInCreate::None => None,
        RolesInCreate::Empty => Some(json!([])),
        RolesInCreate::Single => {
            let mut value = role_value(knobs, Value::Bool(true), user.roles.first()?);
            if let Some(members) = value.as_object_mut() {
                members.shift_remove("display");
            }
            Some(json!([value]))
        }
        RolesInCreate::Complex => {
            Some(Value::Array(roles.map(|role| role_value(knobs, Value::Bool(false), role)).collect()))
        }
        RolesInCreate::StringPrimary => Some(Value::Array(
            roles
                .enumerate()
                .map(|(at, role)| role_value(knobs, Value::from(if at == 0 { "True" } else { "False" }), role))
                .collect(),
        )),
    }
}

/// One role as an object.
pub fn role_value(knobs: &Knobs, primary: Value, role: &AppRole) -> Value {
    let mut members = Map::new();
    members.insert("primary".to_owned(), primary);
    if !knobs.role_type.is_empty() {
        members.insert("type".to_owned(), Value::from(knobs.role_type.as_str()));
    }
    members.insert("display".to_owned(), Value::from(role.display_name.as_str()));
    members.insert("value".to_owned(), Value::from(role.value.as_str()));
    Value::Object(members)
}

/// Whether a create carries the manager, and in which form: the text of the id, or an object with the id of nobody.
pub fn manager_in_create(knobs: &Knobs, manager: Option<&str>, nobody: &str) -> Option<Value> {
    match knobs.manager_pass {
        ManagerPass::InCreate => manager.map(Value::from),
        ManagerPass::NobodyInCreate => Some(json!({ "value": nobody })),
        ManagerPass::Never | ManagerPass::Late => None,
    }
}

/// What a PUT is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The profile is written, with `active` as the subject has it.
    Profile,
    /// Only `active` is to change.
    Active,
}

/// The body of a PUT: what the target showed, with the mapped attributes laid over it.
///
/// `cleared` are targets that were written before and have no value now; `only` limits the overlay to these targets.
pub fn put(
    profile: &Profile,
    subject: &Subject<'_>,
    shown: Option<&Value>,
    purpose: Purpose,
    cleared: &[String],
    only: Option<&[String]>,
) -> Value {
    let knobs = &profile.knobs;
    let shown = shown.and_then(Value::as_object).cloned().unwrap_or_default();
    let foreign = shown.contains_key("Resources");
    // Nothing was read that could be echoed.
    let unread = shown.keys().all(|name| name == "id");
    let mut body = match knobs.put_body {
        PutBody::Echo if !unread => shown,
        PutBody::Echo | PutBody::Mapped => {
            let mut body = Map::new();
            body.insert("schemas".to_owned(), json!([USER]));
            if let Some(id) = shown.get("id") {
                body.insert("id".to_owned(), id.clone());
            }
            body
        }
    };
    let whole = purpose == Purpose::Profile || knobs.deactivate_with_overlay;
    let overlay = !foreign && (whole || unread || knobs.put_body == PutBody::Mapped);
    if overlay {
        lay_over(profile, subject, &mut body, cleared, only);
    }
    if !knobs.put_echoes_password {
        body.shift_remove("password");
    }
    body.insert("active".to_owned(), active_value(knobs.active_in_create, subject.active));
    Value::Object(body)
}

fn lay_over(
    profile: &Profile,
    subject: &Subject<'_>,
    body: &mut Map<String, Value>,
    cleared: &[String],
    only: Option<&[String]>,
) {
    let knobs = &profile.knobs;
    let mut replaced: Vec<String> = Vec::new();
    for (path, value) in subject.values(profile) {
        if only.is_some_and(|only| !only.contains(&path)) || path == "active" {
            continue;
        }
        let target = Target::parse(&path);
        let value = match value {
            Some(value) => value,
            None if cleared.contains(&path) && is_list(&path) => json!([]),
            None if cleared.contains(&path) && knobs.cleared == Cleared::EmptyText && target.filter.is_none() => {
                Value::from("")
            }
            None if cleared.contains(&path) && knobs.cleared == Cleared::Remove => {
                take(body, &target);
                continue;
            }
            None => continue,
        };
        let whole = target.filter.is_some() && (target.attribute != "emails" || knobs.put_replaces_emails);
        if whole && !replaced.iter().any(|name| name == target.attribute) {
            // Emptied in its place, so that the echo keeps its order.
            if let Some(elements) = body.get_mut(target.attribute) {
                *elements = json!([]);
            }
            replaced.push(target.attribute.to_owned());
        }
        if !knobs.put_keeps_derived
            && target.attribute == "name"
            && let Some(Value::Object(name)) = body.get_mut("name")
            && target.sub != Some("formatted")
        {
            name.shift_remove("formatted");
        }
        put_seeded(knobs, &target, body, value);
    }
    if knobs.groups_on_user {
        body.entry("groups").or_insert_with(|| json!([]));
    }
    let mut missing: Vec<Value> = Vec::new();
    for name in body.keys().filter(|name| name.starts_with("urn:")) {
        let listed =
            body.get("schemas").and_then(Value::as_array).is_some_and(|urns| urns.iter().any(|urn| urn == name));
        if !listed && (name == ENTERPRISE || knobs.custom_urn_listed) {
            missing.push(Value::from(name.as_str()));
        }
    }
    if let Some(urns) = body.entry("schemas").or_insert_with(|| json!([USER])).as_array_mut() {
        urns.extend(missing);
    }
}

fn put_seeded(knobs: &Knobs, target: &Target<'_>, into: &mut Map<String, Value>, value: Value) {
    // An element whose `type` is not sent cannot be found again by it: it is written whole.
    if target.attribute == "emails" && target.filter.is_some() && !knobs.email_type {
        let mut element = element_seed(knobs, target);
        if let Some(sub) = target.sub {
            element.insert(sub.to_owned(), value);
        }
        into.insert("emails".to_owned(), json!([element]));
        return;
    }
    target.put(into, value, element_seed(knobs, target));
}

/// Takes an attribute out of a resource.
fn take(body: &mut Map<String, Value>, target: &Target<'_>) {
    let root = match target.urn {
        Some(urn) => body.get_mut(urn).and_then(Value::as_object_mut),
        None => Some(body),
    };
    let Some(root) = root else { return };
    match (target.filter, target.sub) {
        (Some((key, wanted)), _) => {
            if let Some(elements) = root.get_mut(target.attribute).and_then(Value::as_array_mut) {
                elements.retain(|element| {
                    member(element, key).and_then(Value::as_str).is_none_or(|text| !text.eq_ignore_ascii_case(wanted))
                });
            }
        }
        (None, Some(sub)) => {
            if let Some(Value::Object(parent)) = root.get_mut(target.attribute) {
                parent.shift_remove(sub);
            }
        }
        (None, None) => {
            root.shift_remove(target.attribute);
        }
    }
}
