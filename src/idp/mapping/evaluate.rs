//! From expressions to values.

use time::OffsetDateTime;

use super::{Comparison, Expression, Function, dates, diacritics, okta, replace, texts};

/// A value: one text, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// One text. Numbers, dates and truth values are texts too.
    Text(String),
    /// The values of a multi-valued attribute.
    List(Vec<String>),
}

impl Given {
    /// As one text: a list is joined by commas.
    pub fn text(self) -> String {
        match self {
            Given::Text(text) => text,
            Given::List(items) => items.join(","),
        }
    }

    /// As a list: a text is its only value.
    pub fn list(self) -> Vec<String> {
        match self {
            Given::Text(text) => vec![text],
            Given::List(items) => items,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Given::Text(text) => text.is_empty(),
            Given::List(items) => items.is_empty(),
        }
    }
}

/// What an expression is evaluated in.
pub struct Context<'a> {
    /// The value of a directory attribute, by any of its names.
    pub attribute: &'a dyn Fn(&str) -> Option<Given>,
    /// What `Now()` gives.
    pub now: OffsetDateTime,
    /// What `Guid()` and `RandomString()` are drawn from: the same for the same person.
    pub seed: &'a str,
}

pub(super) fn evaluate(expression: &Expression, context: &Context<'_>) -> Option<Given> {
    raw(expression, context).filter(|given| !given.is_empty())
}

/// As [`evaluate`], but an empty text stays one.
fn raw(expression: &Expression, context: &Context<'_>) -> Option<Given> {
    match expression {
        Expression::Attribute(name) => (context.attribute)(name),
        Expression::Literal(text) => Some(Given::Text(text.clone())),
        Expression::Missing => None,
        Expression::Compare(left, comparison, right) => {
            let (left, right) = (text(left, context)?, text(right, context)?);
            Some(truth(compare(&left, *comparison, &right)))
        }
        Expression::Call(function, arguments) => call(*function, &Arguments { arguments, context }),
    }
}

/// The value as one text, empty or not.
fn text(expression: &Expression, context: &Context<'_>) -> Option<String> {
    raw(expression, context).map(Given::text)
}

pub(super) fn truth(truth: bool) -> Given {
    Given::Text(if truth { "True" } else { "False" }.to_owned())
}

/// Numbers are compared as numbers, all else as text.
fn compare(left: &str, comparison: Comparison, right: &str) -> bool {
    let order = match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(left), Ok(right)) => left.total_cmp(&right),
        _ => left.cmp(right),
    };
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
    }
}

/// The arguments of a call.
pub(super) struct Arguments<'a, 'c> {
    arguments: &'a [Expression],
    context: &'a Context<'c>,
}

impl Arguments<'_, '_> {
    /// The value of an argument; `None` for one that is missing or has no value.
    pub(super) fn given(&self, index: usize) -> Option<Given> {
        self.arguments.get(index).and_then(|argument| evaluate(argument, self.context))
    }

    pub(super) fn text(&self, index: usize) -> Option<String> {
        self.given(index).map(Given::text)
    }

    /// As it is written: an empty text is a value here.
    pub(super) fn literal(&self, index: usize) -> Option<String> {
        self.arguments.get(index).and_then(|argument| text(argument, self.context))
    }

    pub(super) fn number(&self, index: usize) -> Option<i64> {
        self.text(index)?.trim().parse().ok()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Option<Given>> + '_ {
        self.arguments.iter().map(|argument| evaluate(argument, self.context))
    }

    /// Whether an attribute that the argument reads has no value.
    fn reads_nothing(&self, index: usize) -> bool {
        fn without(expression: &Expression, context: &Context<'_>) -> bool {
            match expression {
                Expression::Attribute(_) => evaluate(expression, context).is_none(),
                Expression::Literal(_) | Expression::Missing => false,
                Expression::Call(_, arguments) => arguments.iter().any(|argument| without(argument, context)),
                Expression::Compare(left, _, right) => without(left, context) || without(right, context),
            }
        }
        self.arguments.get(index).is_some_and(|argument| without(argument, self.context))
    }
}

pub(super) fn is_true(text: &str) -> bool {
    match text.trim().parse::<f64>() {
        Ok(number) => number != 0.0,
        Err(_) => text.eq_ignore_ascii_case("true"),
    }
}

fn call(function: Function, of: &Arguments<'_, '_>) -> Option<Given> {
    let single = match function {
        Function::AppRoleAssignmentsComplex | Function::AssertiveAppRoleAssignmentsComplex => {
            return Some(Given::List(roles(of)?.iter().map(role_text).collect()));
        }
        Function::SingleAppRoleAssignment => roles(of)?.first()?["value"].as_str()?.to_owned(),
        Function::Coalesce | Function::SelectUniqueValue => return of.all().flatten().next(),
        Function::IgnoreFlowIfNullOrEmpty | Function::Redact => return of.given(0),
        Function::Split => {
            let (source, delimiter) = (of.text(0)?, of.literal(1).unwrap_or_default());
            return Some(Given::List(texts::split(&source, &delimiter)));
        }
        Function::RemoveDuplicates => {
            let mut items = of.given(0)?.list();
            let mut seen = std::collections::HashSet::new();
            items.retain(|item| seen.insert(item.clone()));
            return Some(Given::List(items));
        }
        Function::Switch => return switch(of),
        Function::Iif => {
            if of.reads_nothing(0) {
                return None;
            }
            return of.given(if of.text(0).is_some_and(|text| is_true(&text)) { 1 } else { 2 });
        }
        Function::Join => {
            let separator = of.literal(0).unwrap_or_default();
            let parts: Vec<String> = of.all().skip(1).flatten().flat_map(Given::list).collect();
            parts.join(&separator)
        }
        Function::IsNull => return Some(truth(of.arguments.first().and_then(|one| raw(one, of.context)).is_none())),
        Function::IsNullOrEmpty => return Some(truth(of.given(0).is_none())),
        Function::IsPresent => return Some(truth(of.given(0).is_some())),
        Function::IsString => return Some(truth(matches!(of.given(0), Some(Given::Text(_))))),
        Function::Not => return Some(truth(!is_true(&of.text(0)?))),
        Function::CBool => return Some(truth(is_true(&of.text(0)?))),
        Function::Count => of.given(0).map_or(0, |given| given.list().len()).to_string(),
        Function::Item => {
            let index = usize::try_from(of.number(1)?).ok()?.checked_sub(1)?;
            of.given(0)?.list().into_iter().nth(index)?
        }
        Function::BitAnd => (of.number(0)? & of.number(1)?).to_string(),
        Function::CStr => of.text(0)?,
        Function::Replace => replace::replace(&replace::Replace {
            source: of.text(0),
            old: of.text(1),
            pattern: of.text(2),
            group: of.text(3),
            new: of.literal(4),
            other: of.text(5),
            template: of.text(6),
        })?,
        Function::Now
        | Function::CDate
        | Function::DateAdd
        | Function::DateDiff
        | Function::DateFromNum
        | Function::FormatDateTime
        | Function::NumFromDate => date(function, of)?,
        _ => match of_text(function, of) {
            Some(text) => text,
            None => return okta::call(function, of),
        },
    };
    Some(Given::Text(single))
}

fn switch(of: &Arguments<'_, '_>) -> Option<Given> {
    let source = of.text(0).unwrap_or_default();
    let pairs = of.arguments.get(2..).unwrap_or_default();
    let key = |pair: &[Expression]| text(&pair[0], of.context).unwrap_or_default();
    match pairs.chunks_exact(2).position(|pair| key(pair) == source) {
        Some(at) => of.given(3 + at * 2),
        None => of.given(1),
    }
}

fn date(function: Function, of: &Arguments<'_, '_>) -> Option<String> {
    let moment = |index: usize| dates::read(&of.text(index)?);
    Some(match function {
        Function::Now => dates::show(of.context.now),
        Function::CDate => dates::show(moment(0)?),
        Function::DateAdd => dates::show(dates::add(&of.text(0)?, of.number(1)?, moment(2)?)?),
        Function::DateDiff => dates::difference(&of.text(0)?, moment(1)?, moment(2)?)?.to_string(),
        Function::DateFromNum => dates::show(dates::from_stamp(of.number(0)?)?),
        Function::NumFromDate => dates::stamp(moment(0)?)?.to_string(),
        _ => dates::convert(&of.text(0)?, &of.text(2)?, &of.text(3)?)?,
    })
}

/// Functions of one text.
fn of_text(function: Function, of: &Arguments<'_, '_>) -> Option<String> {
    Some(match function {
        Function::Append => of.text(0)? + &of.text(1).unwrap_or_default(),
        Function::ConvertToBase64 => texts::base64(&of.text(0)?),
        Function::ConvertToUtf8Hex => texts::hex(&of.text(0)?),
        Function::InStr => {
            let (from, ignore_case) = (of.number(2).unwrap_or(1), of.text(3).as_deref() == Some("vbTextCompare"));
            texts::position(&of.text(0)?, &of.text(1)?, from, ignore_case).to_string()
        }
        Function::Left => texts::left(&of.text(0)?, of.number(1)?),
        Function::Mid => texts::middle(&of.text(0)?, of.number(1)?, of.number(2)?),
        Function::NormalizeDiacritics => diacritics::normalize(&of.text(0)?),
        Function::PCase => texts::proper_case(&of.text(0)?, of.literal(1).as_deref()),
        Function::StripSpaces => of.text(0)?.replace(' ', ""),
        Function::ToLower => of.text(0)?.to_lowercase(),
        Function::ToUpper => of.text(0)?.to_uppercase(),
        Function::Word => texts::word(&of.text(0)?, of.number(1)?, &of.literal(2).unwrap_or_default()),
        Function::Guid => texts::guid(of.context.seed),
        Function::RandomString => {
            let least = [of.number(1)?, of.number(2)?, of.number(3)?, of.number(4)?];
            texts::random(of.context.seed, of.number(0)?, least, &of.literal(5).unwrap_or_default())
        }
        _ => return None,
    })
}

/// The app roles that an attribute holds.
fn roles(of: &Arguments<'_, '_>) -> Option<Vec<serde_json::Value>> {
    serde_json::from_str(&of.text(0)?).ok()
}

/// A role as Entra writes it into the value of a role.
fn role_text(role: &serde_json::Value) -> String {
    serde_json::json!({"id": role["id"], "value": role["value"], "displayName": role["display_name"]}).to_string()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
