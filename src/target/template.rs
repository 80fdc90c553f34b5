//! The template engine of every string in a call: minijinja, strict about variables, bounded by fuel.
//!
//! Filters besides minijinja's own: `b64encode`, `b64decode`, `urlencode`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use minijinja::{Environment, Error, ErrorKind, Expression, UndefinedBehavior};
use serde_json::{Map, Value};

use crate::wire::url_encode;

/// The variables that a template sees.
pub type Variables = Map<String, Value>;

/// How many instructions one template may take: far more than any call needs, far less than a second's worth.
const FUEL: u64 = 200_000;

/// Templates are compiled once: the calls of a configuration are made for every tenant, with the same few texts.
fn compiled() -> &'static RwLock<Environment<'static>> {
    static COMPILED: OnceLock<RwLock<Environment<'static>>> = OnceLock::new();
    COMPILED.get_or_init(|| RwLock::new(engine().clone()))
}

/// The expression of that text, compiled once.
fn expression(text: &str) -> Result<Arc<Expression<'static, 'static>>, Error> {
    static EXPRESSIONS: OnceLock<Mutex<HashMap<String, Arc<Expression<'static, 'static>>>>> = OnceLock::new();
    let mut known = EXPRESSIONS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(expression) = known.get(text) {
        return Ok(Arc::clone(expression));
    }
    let expression = Arc::new(engine().compile_expression_owned(text.to_owned())?);
    known.insert(text.to_owned(), Arc::clone(&expression));
    Ok(expression)
}

fn engine() -> &'static Environment<'static> {
    static ENGINE: OnceLock<Environment<'static>> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut engine = Environment::new();
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        engine.set_fuel(Some(FUEL));
        engine.add_filter("b64encode", |text: &str| BASE64_STANDARD.encode(text));
        engine.add_filter("b64decode", |text: &str| {
            BASE64_STANDARD
                .decode(text)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "not the base64 form of a text"))
        });
        engine.add_filter("urlencode", |text: &str| url_encode(text));
        engine
    })
}

/// Whether the text is the same whatever the variables are.
pub fn is_literal(text: &str) -> bool {
    !text.contains("{{") && !text.contains("{%") && !text.contains("{#")
}

/// Checks the syntax of a template.
///
/// # Errors
/// With the reason, as one line.
pub fn check(template: &str) -> Result<(), String> {
    engine().template_from_str(template).map(drop).map_err(|error| one_line(&error))
}

/// Renders a template.
///
/// # Errors
/// With the reason, as one line; an unknown variable is named.
pub fn render(template: &str, variables: &Variables) -> Result<String, String> {
    if is_literal(template) {
        return Ok(template.to_owned());
    }
    let mut templates = compiled().read().unwrap_or_else(PoisonError::into_inner);
    if templates.get_template(template).is_err() {
        drop(templates);
        let mut adding = compiled().write().unwrap_or_else(PoisonError::into_inner);
        adding.add_template_owned(template.to_owned(), template.to_owned()).map_err(|error| one_line(&error))?;
        drop(adding);
        templates = compiled().read().unwrap_or_else(PoisonError::into_inner);
    }
    let compiled = templates.get_template(template).map_err(|error| one_line(&error))?;
    compiled
        .render(minijinja::value::Serde(variables))
        .map_err(|error| explain(&error, compiled.undeclared_variables(true), variables))
}

/// Renders every string of a JSON value. A string that is one whole expression keeps the type of its value.
///
/// # Errors
/// As [`render`].
pub fn render_json(value: &Value, variables: &Variables) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => match whole_expression(text) {
            Some(expression) => {
                let compiled = self::expression(expression).map_err(|error| one_line(&error))?;
                let value = compiled.eval(minijinja::value::Serde(variables)).map_err(|error| one_line(&error))?;
                if value.is_undefined() {
                    return Err(unknown(compiled.undeclared_variables(true), variables));
                }
                serde_json::to_value(value).map_err(|error| error.to_string())?
            }
            None => Value::String(render(text, variables)?),
        },
        Value::Array(items) => items.iter().map(|item| render_json(item, variables)).collect::<Result<_, _>>()?,
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| Ok((name.clone(), render_json(member, variables)?)))
            .collect::<Result<Map<_, _>, String>>()?
            .into(),
        other => other.clone(),
    })
}

/// The expression of `{{ expression }}`, if that is all there is.
fn whole_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then(|| inner.trim_matches(['-', '+']).trim())
}

fn explain(error: &Error, names: std::collections::HashSet<String>, variables: &Variables) -> String {
    if error.kind() == ErrorKind::UndefinedError { unknown(names, variables) } else { one_line(error) }
}

/// Names the variables of a template that have no value, and those that there are.
fn unknown(names: std::collections::HashSet<String>, variables: &Variables) -> String {
    let mut missing: Vec<String> = names
        .into_iter()
        .filter(|name| {
            let mut at = None;
            for part in name.split('.') {
                at = match at {
                    None => variables.get(part),
                    Some(value) => Value::get(value, part),
                };
                if at.is_none() {
                    return true;
                }
            }
            false
        })
        .collect();
    missing.sort();
    let missing = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let known = variables.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    format!("the variable {missing} has no value here; there are: {known}")
}

fn one_line(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn variables() -> Variables {
        json!({"id": "a b", "n": 5, "list": [{"x": 1}], "subject": {"email": "o'hara@x"}}).as_object().cloned().unwrap()
    }

    /// Filters encode for their place, and text is never escaped as HTML.
    #[test]
    fn renders() {
        let v = variables();
        assert_eq!(render("/x/{{ id | urlencode }}?{{ subject.email }}", &v).unwrap(), "/x/a%20b?o'hara@x");
        assert_eq!(render("{{ 'p:s' | b64encode }}", &v).unwrap(), "cDpz");
        assert_eq!(render("{{ 'cDpz' | b64decode }}", &v).unwrap(), "p:s");
        assert_eq!(render("plain", &v).unwrap(), "plain");
    }

    /// A whole expression keeps its JSON type, so that arrays and numbers can be sent back as they came.
    #[test]
    fn keeps_json_types() {
        let body = json!({"n": "{{ n }}", "s": "{{ n }}!", "l": "{{ list + [{'x': 2}] }}", "b": true});
        assert_eq!(
            render_json(&body, &variables()).unwrap(),
            json!({"n": 5, "s": "5!", "l": [{"x": 1}, {"x": 2}], "b": true})
        );
    }

    /// An unknown variable is an error that names it, never an empty string in a URL.
    #[test]
    fn names_unknown_variables() {
        let v = variables();
        for error in [
            render("{{ subject.mail }}/{{ n }}", &v),
            render_json(&json!("{{ subject.mail }}"), &v).map(|_| String::new()),
        ] {
            assert_eq!(
                error.unwrap_err(),
                "the variable `subject.mail` has no value here; there are: `id`, `n`, `list`, `subject`"
            );
        }
    }

    /// A template that never ends is stopped by fuel.
    #[test]
    fn is_bounded() {
        let error =
            render("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", &variables());
        assert!(error.unwrap_err().contains("fuel"), "fuel ends it");
    }
}
