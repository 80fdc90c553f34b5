//! People and groups as the IdP's own directory knows them, before any attribute mapping.

use std::{collections::HashMap, sync::LazyLock};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::DirectoryError;

/// One person. Every attribute that a default mapping of Okta or Entra reads is here; what is `None` has no value in
/// the directory and is not sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name by which scenarios and change files speak of this person. Never sent.
    pub key: String,
    /// The IdP's own id: `00u…` for Okta, a GUID for Entra. Made from the seed when it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
    /// Login name: Okta's app user name, Entra's userPrincipalName.
    pub user_name: String,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Middle name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// Title before the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub honorific_prefix: Option<String>,
    /// Suffix after the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub honorific_suffix: Option<String>,
    /// Name as shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Nickname.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick_name: Option<String>,
    /// Primary work address. Cloud-only Entra accounts may have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Entra's mail nickname, the default source of `externalId`. The local part of `user_name` when it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_nickname: Option<String>,
    /// Job title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Relation to the organization, such as `Employee`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_type: Option<String>,
    /// Preferred language (RFC 5646 tag).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
    /// Locale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Time zone (IANA name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// URL of the person's page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_url: Option<String>,
    /// Office, Entra's physicalDeliveryOfficeName.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
    /// Street of the work address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    /// City of the work address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// State or province of the work address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postal code of the work address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country of the work address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Work telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_work: Option<String>,
    /// Mobile telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_mobile: Option<String>,
    /// Fax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_fax: Option<String>,
    /// Employee number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee_number: Option<String>,
    /// Cost centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_center: Option<String>,
    /// Organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Division.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<String>,
    /// Department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Key of the manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// App roles assigned to the person (Entra), or roles granted (Okta).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<AppRole>,
    /// Entitlements granted to the person (Okta).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entitlements: Vec<Entitlement>,
    /// Values of mapped attributes that no field above holds, by full SCIM path
    /// (`urn:ietf:params:scim:schemas:extension:custom:2.0:User:employeeNumber`).
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub custom: Map<String, Value>,
}

/// An entitlement of an app, as Okta's governance grants it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entitlement {
    /// Id of the entitlement in the app.
    pub value: String,
    /// Its name as shown.
    pub display_name: String,
    /// The resource type that it is of, such as `License`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// An app role assignment of Entra, or a role that Okta grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppRole {
    /// Role id (GUID); Okta sends none.
    #[serde(default)]
    pub id: String,
    /// Role value.
    pub value: String,
    /// Role name as shown.
    pub display_name: String,
}

/// Other names by which an attribute is known: its SCIM path, Entra's name and Okta's name. Scenarios may use any.
const ALIASES: &[(&str, &[&str])] = &[
    ("object_id", &["objectId"]),
    ("user_name", &["userName", "userPrincipalName", "login"]),
    ("given_name", &["name.givenName", "givenName", "firstName"]),
    ("family_name", &["name.familyName", "familyName", "surname", "lastName"]),
    ("middle_name", &["name.middleName", "middleName"]),
    ("honorific_prefix", &["name.honorificPrefix", "honorificPrefix"]),
    ("honorific_suffix", &["name.honorificSuffix", "honorificSuffix"]),
    ("display_name", &["displayName"]),
    ("nick_name", &["nickName"]),
    ("email", &["emails", "mail", "emails[type eq \"work\"].value"]),
    ("mail_nickname", &["mailNickname"]),
    ("title", &["jobTitle"]),
    ("user_type", &["userType"]),
    ("preferred_language", &["preferredLanguage"]),
    ("profile_url", &["profileUrl"]),
    ("office", &["physicalDeliveryOfficeName"]),
    ("street_address", &["streetAddress"]),
    ("locality", &["city"]),
    ("region", &["state"]),
    ("postal_code", &["postalCode", "zipCode"]),
    ("country", &["countryCode"]),
    ("phone_work", &["telephoneNumber", "primaryPhone"]),
    ("phone_mobile", &["mobile", "mobilePhone"]),
    ("phone_fax", &["facsimileTelephoneNumber"]),
    ("employee_number", &["employeeNumber", "employeeId"]),
    ("cost_center", &["costCenter"]),
    ("roles", &["appRoleAssignments"]),
];

/// Attributes of [`User`] by their own names, in the order in which they are declared.
pub(crate) const FIELDS: &[&str] = &[
    "object_id",
    "user_name",
    "given_name",
    "family_name",
    "middle_name",
    "honorific_prefix",
    "honorific_suffix",
    "display_name",
    "nick_name",
    "email",
    "mail_nickname",
    "title",
    "user_type",
    "preferred_language",
    "locale",
    "timezone",
    "profile_url",
    "office",
    "street_address",
    "locality",
    "region",
    "postal_code",
    "country",
    "phone_work",
    "phone_mobile",
    "phone_fax",
    "employee_number",
    "cost_center",
    "organization",
    "division",
    "department",
    "manager",
    "roles",
    "entitlements",
    "custom",
];

/// The attribute of [`User`] that `name` means: its own name, its SCIM path, or Entra's or Okta's name for it.
pub(crate) fn field_named(name: &str) -> Option<&'static str> {
    /// Every name as it is usually written: it is looked up for every attribute of every request.
    static NAMES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        let aliases = ALIASES.iter().flat_map(|(field, others)| others.iter().map(|other| (*other, *field)));
        aliases.chain(FIELDS.iter().map(|field| (*field, *field))).collect()
    });
    NAMES.get(name).copied().or_else(|| {
        ALIASES.iter().find(|(_, others)| others.iter().any(|other| other.eq_ignore_ascii_case(name))).map(|(f, _)| *f)
    })
}

impl User {
    /// A person with the attributes that a test usually needs. `unique` keeps people of different runs apart.
    pub fn sample(key: &str, unique: &str) -> User {
        let given = capitalised(key);
        let login = match unique.trim_start_matches('-') {
            "" => format!("{}@example.com", key.to_lowercase()),
            unique => format!("{}.{}@example.com", key.to_lowercase(), unique.to_lowercase()),
        };
        User {
            key: key.to_owned(),
            user_name: login.clone(),
            given_name: Some(given.clone()),
            family_name: Some("Sample".to_owned()),
            display_name: Some(format!("{given} Sample")),
            email: Some(login),
            title: Some("Engineer".to_owned()),
            department: Some("Research".to_owned()),
            ..User::default()
        }
    }

    /// Entra's mail nickname: the one given, or the local part of the user name.
    pub fn nickname(&self) -> &str {
        self.mail_nickname
            .as_deref()
            .unwrap_or_else(|| self.user_name.split_once('@').map_or(self.user_name.as_str(), |(local, _)| local))
    }

    /// Sets attributes by name (its own, the SCIM path, Entra's or Okta's); `null` clears. A full URN path goes to
    /// `custom`.
    ///
    /// # Errors
    /// For a name that no attribute has, and for a value of the wrong type. Nothing is changed then.
    pub fn set(&mut self, values: &Map<String, Value>) -> Result<(), DirectoryError> {
        let Ok(Value::Object(mut all)) = serde_json::to_value(&*self) else {
            return Err(DirectoryError::Value { key: self.key.clone(), message: "not an object".to_owned() });
        };
        for (name, value) in values {
            if name.starts_with("urn:") && !name.to_ascii_lowercase().contains("extension:enterprise:2.0:user:") {
                let custom = all.entry("custom").or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(custom) = custom {
                    custom.insert(name.clone(), value.clone());
                }
                continue;
            }
            let short = match name.to_ascii_lowercase().find("extension:enterprise:2.0:user:") {
                Some(at) => &name[at + "extension:enterprise:2.0:user:".len()..],
                None => name.as_str(),
            };
            let Some(field) = field_named(short) else {
                return Err(DirectoryError::UnknownAttribute {
                    name: name.clone(),
                    suggestion: super::suggestion(name, FIELDS.iter().copied()),
                });
            };
            if value.is_null() {
                all.remove(field);
            } else {
                all.insert(field.to_owned(), value.clone());
            }
        }
        *self = serde_json::from_value(Value::Object(all))
            .map_err(|error| DirectoryError::Value { key: self.key.clone(), message: error.to_string() })?;
        Ok(())
    }

    /// The value of an attribute by any of its names, as text.
    pub fn text(&self, name: &str) -> Option<String> {
        match field_named(name)? {
            "mail_nickname" => Some(self.nickname().to_owned()),
            "user_name" => Some(self.user_name.clone()),
            field @ ("roles" | "entitlements" | "custom") => {
                serde_json::to_value(self).ok()?.get(field).map(Value::to_string)
            }
            field => self.plain(field).cloned(),
        }
    }
}

/// The attributes that are a text or nothing, each where it is: they are read several times for every request.
macro_rules! plain {
    ($($name:ident)+) => {
        impl User {
            fn plain(&self, field: &str) -> Option<&String> {
                match field {
                    $( stringify!($name) => self.$name.as_ref(), )+
                    _ => None,
                }
            }
        }
    };
}

plain! {
    object_id given_name family_name middle_name honorific_prefix honorific_suffix display_name nick_name email title
    user_type preferred_language locale timezone profile_url office street_address locality region postal_code country
    phone_work phone_mobile phone_fax employee_number cost_center organization division department manager
}

/// A group of the directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The name by which scenarios and change files speak of this group. Never sent.
    pub key: String,
    /// The IdP's own id, made from the seed when it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
    /// Name as shown, sent as `displayName`.
    pub display_name: String,
    /// Keys of the people in it, and of groups within it, in the order in which they came.
    #[serde(default)]
    pub members: Vec<String>,
}

impl Group {
    /// An empty group. `unique` keeps groups of different runs apart.
    pub fn sample(key: &str, unique: &str) -> Group {
        let display_name = if unique.is_empty() { capitalised(key) } else { format!("{} {unique}", capitalised(key)) };
        Group { key: key.to_owned(), display_name, ..Group::default() }
    }

    /// The same group with these members.
    #[must_use]
    pub fn with_members<'a>(mut self, members: impl IntoIterator<Item = &'a str>) -> Group {
        self.members = members.into_iter().map(str::to_owned).collect();
        self
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An attribute can be set under each of its names, and a wrong name is answered with the nearest right one.
    #[test]
    fn sets_by_any_name() {
        let mut user = User::sample("ada", "1");
        let values = serde_json::json!({"name.givenName": "Augusta", "jobTitle": null, "locality": "London"});
        user.set(values.as_object().expect("object")).expect("known names");
        assert_eq!(user.given_name.as_deref(), Some("Augusta"));
        assert_eq!((user.title.clone(), user.locality.as_deref()), (None, Some("London")));
        let wrong = serde_json::json!({"dispaly_name": "x"});
        let error = user.set(wrong.as_object().expect("object")).expect_err("unknown");
        assert!(error.to_string().contains("display_name"), "{error}");
    }

    /// Every attribute that is a text can be read as one. Protects against a new one that is never sent.
    #[test]
    fn every_text_is_read() {
        for field in FIELDS.iter().filter(|field| !["roles", "entitlements", "custom"].contains(field)) {
            let values = Map::from_iter([((*field).to_owned(), Value::from("x"))]);
            let mut user = User::default();
            user.set(&values).expect("a text");
            assert_eq!(user.text(field).as_deref(), Some("x"), "{field}");
        }
    }

    /// `FIELDS` names every attribute of `User` besides its key, so that `set` can reach all of them.
    #[test]
    fn fields_are_complete() {
        let text = include_str!("user.rs");
        let body = text.split("pub struct User {").nth(1).and_then(|t| t.split("\n}").next()).expect("the struct");
        let declared: Vec<&str> = body
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next())
            .filter(|name| *name != "key")
            .collect();
        assert_eq!(declared, FIELDS);
    }
}
