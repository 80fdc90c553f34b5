//! Okta's functions and operators (<https://developer.okta.com/docs/reference/okta-expression-language/>), and the notation
//! in which it names elements of a list (`emails.^[primary==true].value`).

use super::{
    Function,
    evaluate::{Arguments, Given, is_true, truth},
};

/// The value of one of Okta's functions; nothing for another.
pub(super) fn call(function: Function, of: &Arguments<'_, '_>) -> Option<Given> {
    let list = |index: usize| of.given(index).map(Given::list).unwrap_or_default();
    let holds = |index: usize| of.text(index).is_some_and(|text| is_true(&text));
    let text = match function {
        Function::Choose => return of.given(if holds(0) { 1 } else { 2 }),
        Function::And => return Some(truth(holds(0) && holds(1))),
        Function::Or => return Some(truth(holds(0) || holds(1))),
        Function::ArraysContains => return Some(truth(list(0).contains(&of.literal(1)?))),
        Function::ArraysIsEmpty => return Some(truth(list(0).is_empty())),
        Function::ArraysSize => list(0).len().to_string(),
        Function::ArraysGet => list(0).into_iter().nth(usize::try_from(of.number(1)?).ok()?)?,
        Function::ArraysToCsv => list(0).join(","),
        Function::StringAppend => of.text(0)? + &of.text(1).unwrap_or_default(),
        Function::StringJoin => {
            let parts: Vec<String> = of.all().skip(1).flatten().flat_map(Given::list).collect();
            parts.join(&of.literal(0).unwrap_or_default())
        }
        Function::StringLen => of.text(0)?.chars().count().to_string(),
        Function::StringRemoveSpaces => of.text(0)?.replace(' ', ""),
        Function::StringReplace => of.text(0)?.replace(&of.text(1)?, &of.literal(2).unwrap_or_default()),
        Function::StringReplaceFirst => of.text(0)?.replacen(&of.text(1)?, &of.literal(2).unwrap_or_default(), 1),
        Function::StringStartsWith => return Some(truth(of.text(0)?.starts_with(&of.literal(1)?))),
        Function::StringContains => return Some(truth(of.text(0)?.contains(&of.literal(1)?))),
        Function::StringSwitch => return switch(of),
        Function::StringSubstring => {
            let (from, to) = (usize::try_from(of.number(1)?).ok()?, usize::try_from(of.number(2)?).ok()?);
            of.text(0)?.chars().skip(from).take(to.saturating_sub(from)).collect()
        }
        Function::StringSubstringAfter => of.text(0)?.split_once(&of.text(1)?)?.1.to_owned(),
        Function::StringSubstringBefore => of.text(0)?.split_once(&of.text(1)?)?.0.to_owned(),
        Function::StringToLower => of.text(0)?.to_lowercase(),
        Function::StringToUpper => of.text(0)?.to_uppercase(),
        _ => return None,
    };
    Some(Given::Text(text))
}

fn switch(of: &Arguments<'_, '_>) -> Option<Given> {
    let text = of.text(0).unwrap_or_default();
    let mut at = 2;
    while let Some(part) = of.literal(at) {
        if text.contains(&part) {
            return of.given(at + 1);
        }
        at += 2;
    }
    of.given(1)
}

/// A target in the notation of a PATCH path: `emails.^[primary==true].value` is `emails[primary eq "true"].value`.
pub(super) fn target(name: &str) -> String {
    let Some((attribute, rest)) = name.split_once(".^[") else { return name.to_owned() };
    let Some((filter, tail)) = rest.split_once(']') else { return name.to_owned() };
    let Some((key, value)) = filter.split_once("==") else { return name.to_owned() };
    let value = value.trim().trim_matches(['\'', '"']);
    format!("{attribute}[{} eq \"{value}\"]{tail}", key.trim())
}

#[cfg(test)]
mod tests {
    use super::super::{Context, Expression, Mapping};
    use super::*;

    fn value(text: &str) -> Option<String> {
        let attribute = |name: &str| match name {
            "firstName" => Some(Given::Text("Ada".to_owned())),
            "email" => Some(Given::Text("ada@example.com".to_owned())),
            "roles" => Some(Given::List(vec!["admin".to_owned(), "user".to_owned()])),
            _ => None,
        };
        let now = time::macros::datetime!(2026-01-05 08:00 UTC);
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(Expression::parse(&expression.to_string()).as_ref(), Ok(&expression), "{text} as {expression}");
        expression.evaluate(&Context { attribute: &attribute, now, seed: "" }).map(Given::text)
    }

    /// Functions, operators and names as Okta's reference writes them; what is shown can be read again.
    #[test]
    fn speaks_oktas_language() {
        for (text, wanted) in [
            ("user.firstName", "Ada"),
            ("String.substringBefore(user.email, \"@\")", "ada"),
            ("String.substringAfter(user.email, '@')", "example.com"),
            ("String.toUpperCase(appuser.firstName)", "ADA"),
            ("String.append(\"This is\", \" a test\")", "This is a test"),
            ("String.join(\",\", \"This\", \"is\", \"a\", \"test\")", "This,is,a,test"),
            ("String.len(\"This\")", "4"),
            ("String.removeSpaces(\"This is a test\")", "Thisisatest"),
            ("String.replace(\"This is a test\", \"is\", \"at\")", "That at a test"),
            ("String.replaceFirst(\"This is a test\", \"is\", \"at\")", "That is a test"),
            ("String.stringContains(\"This is a test\", \"test\")", "True"),
            ("String.startsWith(user.email, \"bob\")", "False"),
            ("String.substring(\"This is a test\", 2, 9)", "is is a"),
            ("String.stringSwitch(\"Substrings count\", \"default\", \"ring\", \"value1\")", "value1"),
            ("String.stringSwitch(\"This is a test\", \"default\", \"key1\", \"value1\")", "default"),
            ("user.firstName + \" of \" + user.email", "Ada of ada@example.com"),
            ("user.firstName == \"Ada\" ? 'yes' : 'no'", "yes"),
            ("user.firstName != \"Ada\" OR user.title == null ? 'yes' : 'no'", "yes"),
            ("user.firstName == \"Ada\" AND !(user.title == null) ? 'yes' : 'no'", "no"),
            ("user.title != null ? user.title : String.toLowerCase(user.firstName)", "ada"),
            ("Arrays.contains(user.roles, \"admin\") && Arrays.size(user.roles) == 2", "True"),
            ("Arrays.get(user.roles, 1)", "user"),
            ("Arrays.toCsvString(user.roles)", "admin,user"),
            ("Arrays.isEmpty(user.title)", "True"),
        ] {
            assert_eq!(value(text).as_deref(), Some(wanted), "{text}");
        }
        assert_eq!(value("user.title"), None);
        assert_eq!(value("String.append(user.title, \"x\")"), None);
    }

    /// Okta's external names are PATCH paths here.
    #[test]
    fn reads_external_names() {
        let target = |name: &str| Mapping::parse(name, "userName").expect("valid").target;
        assert_eq!(target("emails.^[primary==true].value"), "emails[primary eq \"true\"].value");
        assert_eq!(target("roles.^[type=='Primary'].value"), "roles[type eq \"Primary\"].value");
        assert_eq!(target("name.givenName"), "name.givenName");
    }
}
