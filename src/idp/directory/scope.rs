//! The scoping rule: which people of the directory the app is to know at all, by their attributes.

use serde::{Deserialize, Serialize};

use super::{FIELDS, User, did_you_mean, field_named, suggestion};
use crate::scim::{
    filter::{self, CompareOp, Filter, Limits, Literal},
    path::AttrPath,
};

/// A rule such as `department eq "Sales" and not (user_type eq "Contractor")`: a SCIM filter over the attributes of
/// [`User`], under any of their names. Values are compared as they are written, as Entra's EQUALS does
/// (<https://learn.microsoft.com/entra/identity/app-provisioning/define-conditional-rules-for-provisioning-user-accounts>).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope {
    text: String,
    filter: Filter,
}

impl Scope {
    /// Reads a rule.
    ///
    /// # Errors
    /// If it is no filter, or names an attribute that nobody has.
    pub fn parse(text: &str) -> Result<Scope, String> {
        let filter = filter::parse(text, &Limits::default()).map_err(|error| error.to_string())?;
        known(&filter)?;
        Ok(Scope { text: text.to_owned(), filter })
    }

    /// Whether the person is in.
    pub fn includes(&self, user: &User) -> bool {
        holds(&self.filter, user)
    }

    /// The rule as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for Scope {
    type Error = String;

    fn try_from(text: String) -> Result<Scope, String> {
        Scope::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> String {
        scope.text
    }
}

/// Every attribute that the rule names must be one.
fn known(filter: &Filter) -> Result<(), String> {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().try_for_each(known),
        Filter::Not(part) => known(part),
        Filter::Compare { path, .. } | Filter::Present(path) => {
            let name = name(path);
            match field_named(&name) {
                Some(_) => Ok(()),
                None => {
                    let near = suggestion(&name, FIELDS.iter().copied());
                    Err(format!("a directory user has no attribute `{name}`{}", did_you_mean(&near)))
                }
            }
        }
        Filter::ValuePath { .. } => Err("a rule compares attributes; `[…]` has no meaning in it".to_owned()),
    }
}

fn name(path: &AttrPath) -> String {
    path.to_string()
}

fn holds(filter: &Filter, user: &User) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| holds(part, user)),
        Filter::Or(parts) => parts.iter().any(|part| holds(part, user)),
        Filter::Not(part) => !holds(part, user),
        Filter::Present(path) => user.text(&name(path)).is_some_and(|text| !text.is_empty()),
        Filter::Compare { path, op, value } => {
            let held = user.text(&name(path)).unwrap_or_default();
            let wanted = match value {
                Literal::String(text) => text.clone(),
                other => other.to_json().to_string(),
            };
            match op {
                CompareOp::Eq => held == wanted,
                CompareOp::Ne => held != wanted,
                CompareOp::Co => held.contains(&wanted),
                CompareOp::Sw => held.starts_with(&wanted),
                CompareOp::Ew => held.ends_with(&wanted),
                CompareOp::Gt => held > wanted,
                CompareOp::Ge => held >= wanted,
                CompareOp::Lt => held < wanted,
                CompareOp::Le => held <= wanted,
            }
        }
        Filter::ValuePath { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rule lets in whom it describes, under any name of an attribute, and a wrong one says what is wrong.
    #[test]
    fn lets_in_by_attributes() {
        let ada = User { user_type: Some("Employee".to_owned()), ..User::sample("ada", "") };
        for (rule, included) in [
            ("department eq \"Research\"", true),
            ("department eq \"research\"", false),
            ("jobTitle sw \"Eng\" and not (user_type eq \"Contractor\")", true),
            ("mail ew \"@example.org\" or costCenter pr", false),
            ("user_type ne \"Employee\"", false),
        ] {
            assert_eq!(Scope::parse(rule).expect("a rule").includes(&ada), included, "{rule}");
        }
        assert!(Scope::parse("departmnt eq \"x\"").is_err_and(|why| why.contains("`department`")));
        assert!(Scope::parse("department is \"x\"").is_err());
        assert!(Scope::parse("emails[type eq \"work\"]").is_err());
    }
}
