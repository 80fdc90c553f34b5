//! `scim_registration.scim_attributes`: the SCIM User in the management API's own spelling (snake case, every list and
//! text present). Custom extensions have no place in it.

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::Registration;
use crate::provider::store::StoreError;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Texts of the User, as (ours, SCIM's).
const TEXTS: &[(&str, &str)] = &[
    ("user_name", "userName"),
    ("external_id", "externalId"),
    ("display_name", "displayName"),
    ("nick_name", "nickName"),
    ("profile_url", "profileUrl"),
    ("user_type", "userType"),
    ("title", "title"),
    ("preferred_language", "preferredLanguage"),
    ("locale", "locale"),
    ("timezone", "timezone"),
];

/// Lists of `{value, type, primary}`.
const LISTS: &[(&str, &str)] = &[
    ("emails", "emails"),
    ("phone_numbers", "phoneNumbers"),
    ("ims", "ims"),
    ("photos", "photos"),
    ("entitlements", "entitlements"),
    ("roles", "roles"),
    ("x509certificates", "x509Certificates"),
];

const NAME: &[(&str, &str)] = &[
    ("formatted", "formatted"),
    ("family_name", "familyName"),
    ("given_name", "givenName"),
    ("middle_name", "middleName"),
    ("honorific_prefix", "honorificPrefix"),
    ("honorific_suffix", "honorificSuffix"),
];

const ADDRESS: &[(&str, &str)] = &[
    ("formatted", "formatted"),
    ("street_address", "streetAddress"),
    ("locality", "locality"),
    ("region", "region"),
    ("postal_code", "postalCode"),
    ("country", "country"),
    ("type", "type"),
];

const COMPANY: &[(&str, &str)] = &[
    ("employee_number", "employeeNumber"),
    ("cost_center", "costCenter"),
    ("division", "division"),
    ("department", "department"),
    ("organization", "organization"),
];

fn texts(names: &[(&str, &str)], from: &Value) -> Map<String, Value> {
    names.iter().map(|(ours, theirs)| ((*ours).to_owned(), from[theirs].as_str().unwrap_or_default().into())).collect()
}

pub(super) fn scim_attributes(
    conn: &Connection,
    member_id: &str,
    registration: &Registration,
) -> Result<Value, StoreError> {
    let user = &registration.resource;
    let mut attributes = texts(TEXTS, user);
    attributes.insert("id".to_owned(), member_id.into());
    attributes.insert("active".to_owned(), registration.active.into());
    attributes.insert("groups".to_owned(), groups(conn, member_id)?);
    for (ours, theirs) in LISTS {
        let items = user[theirs].as_array().map_or(&[][..], Vec::as_slice).iter().map(|item| {
            json!({
                "value": item["value"].as_str().unwrap_or_default(),
                "type": item["type"].as_str().unwrap_or_default(),
                "primary": item["primary"].as_bool().unwrap_or(false),
            })
        });
        attributes.insert((*ours).to_owned(), items.collect::<Vec<_>>().into());
    }
    let addresses = user["addresses"].as_array().map_or(&[][..], Vec::as_slice).iter().map(|item| {
        let mut address = texts(ADDRESS, item);
        address.insert("primary".to_owned(), item["primary"].as_bool().unwrap_or(false).into());
        Value::Object(address)
    });
    attributes.insert("addresses".to_owned(), addresses.collect::<Vec<_>>().into());
    if user["name"].is_object() {
        attributes.insert("name".to_owned(), Value::Object(texts(NAME, &user["name"])));
    }
    let company = &user[ENTERPRISE];
    if company.is_object() {
        let mut extension = texts(COMPANY, company);
        let manager = &company["manager"];
        if manager.is_object() {
            extension.insert(
                "manager".to_owned(),
                json!({
                    "value": manager["value"].as_str().unwrap_or_default(),
                    "ref": manager["$ref"].as_str().unwrap_or_default(),
                    "display_name": manager["displayName"].as_str().unwrap_or_default(),
                }),
            );
        }
        attributes.insert("enterprise_extension".to_owned(), Value::Object(extension));
    }
    Ok(Value::Object(attributes))
}

fn groups(conn: &Connection, member_id: &str) -> Result<Value, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT g.group_id, g.display_name FROM scim_group_members m JOIN scim_groups g USING (group_id)
         WHERE m.value = ?1 ORDER BY g.group_id",
    )?;
    let mut rows = statement.query([member_id])?;
    let mut groups = Vec::new();
    while let Some(row) = rows.next()? {
        groups.push(json!({"value": row.get::<_, String>(0)?, "display": row.get::<_, String>(1)?}));
    }
    Ok(groups.into())
}
