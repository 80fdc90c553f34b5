//! From text to expressions. Every error names the character, and for a name the nearest one that exists.

use super::{COMPARISONS, COMPUTED, Comparison, Expression, FUNCTIONS, Function};
use crate::idp::directory::{FIELDS, did_you_mean, field_named, suggestion};

/// Deepest nesting of calls that is parsed.
const DEPTH: usize = 32;
/// Most characters of an expression: Entra's limit for one is 10,000.
const LENGTH: usize = 10_000;
/// Words that stand for themselves.
const WORDS: [&str; 2] = ["vbBinaryCompare", "vbTextCompare"];

pub(super) fn parse(text: &str) -> Result<Expression, String> {
    let mut parser = Parser { chars: text.chars().collect(), at: 0, depth: 0 };
    if parser.chars.len() > LENGTH {
        return Err(format!("an expression has at most {LENGTH} characters, not {}", parser.chars.len()));
    }
    let expression = parser.choice()?;
    parser.blanks();
    match parser.chars.get(parser.at) {
        Some(other) => Err(format!("unexpected `{other}` at character {}", parser.at + 1)),
        None => Ok(expression),
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn blanks(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    /// `condition ? a : b`, or what has no question mark.
    fn choice(&mut self) -> Result<Expression, String> {
        let condition = self.either()?;
        if !self.takes(&["?"]) {
            return Ok(condition);
        }
        let from = self.at;
        let yes = self.nested(from)?;
        if !self.takes(&[":"]) {
            return Err(format!("the `:` of the `?` at character {from} is missing"));
        }
        let no = self.nested(from)?;
        Ok(Expression::Call(Function::Choose, vec![condition, yes, no]))
    }

    /// A choice within another expression.
    fn nested(&mut self, from: usize) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("expressions are nested deeper than {DEPTH} at character {}", from + 1));
        }
        let choice = self.choice()?;
        self.depth -= 1;
        Ok(choice)
    }

    fn either(&mut self) -> Result<Expression, String> {
        let mut left = self.both()?;
        while self.takes(&["||", "OR "]) {
            left = Expression::Call(Function::Or, vec![left, self.both()?]);
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expression, String> {
        let mut left = self.comparison()?;
        while self.takes(&["&&", "AND "]) {
            left = Expression::Call(Function::And, vec![left, self.comparison()?]);
        }
        Ok(left)
    }

    /// Steps over one of these, if one is next.
    fn takes(&mut self, words: &[&str]) -> bool {
        self.blanks();
        let rest = &self.chars[self.at..];
        let word = words.iter().find(|word| word.chars().eq(rest.iter().copied().take(word.len())));
        self.at += word.map_or(0, |word| word.len());
        word.is_some()
    }

    /// An expression, or two with a comparison between.
    fn comparison(&mut self) -> Result<Expression, String> {
        let left = self.sum()?;
        self.blanks();
        let Some(comparison) = self.sign() else { return Ok(left) };
        if self.takes(&["null"]) {
            let empty = Expression::Call(Function::IsNullOrEmpty, vec![left]);
            return match comparison {
                Comparison::Equal => Ok(empty),
                Comparison::NotEqual => Ok(Expression::Call(Function::Not, vec![empty])),
                _ => Err(format!("null can only be equal or not, at character {}", self.at)),
            };
        }
        let right = self.sum()?;
        if left == Expression::Missing || right == Expression::Missing {
            return Err(format!("a side of the comparison is missing at character {}", self.at + 1));
        }
        Ok(Expression::Compare(Box::new(left), comparison, Box::new(right)))
    }

    /// Texts with `+` between.
    fn sum(&mut self) -> Result<Expression, String> {
        let mut left = self.expression()?;
        while self.takes(&["+"]) {
            left = Expression::Call(Function::StringAppend, vec![left, self.expression()?]);
        }
        Ok(left)
    }

    /// A comparison in Okta's signs or Entra's.
    fn sign(&mut self) -> Option<Comparison> {
        if self.takes(&["=="]) {
            return Some(Comparison::Equal);
        }
        if self.takes(&["!="]) {
            return Some(Comparison::NotEqual);
        }
        let rest = &self.chars[self.at..];
        let (sign, comparison) =
            COMPARISONS.iter().find(|(sign, _)| rest.starts_with(&sign.chars().collect::<Vec<_>>()))?;
        self.at += sign.len();
        Some(*comparison)
    }

    fn expression(&mut self) -> Result<Expression, String> {
        self.blanks();
        let from = self.at;
        match self.chars.get(self.at) {
            Some('[') => {
                self.at += 1;
                let name = self.until(']', from)?;
                attribute(name.trim(), from)
            }
            Some(quote @ ('"' | '\'')) => self.quoted(*quote, from).map(Expression::Literal),
            Some('(') => {
                self.at += 1;
                let inner = self.nested(from)?;
                match self.takes(&[")"]) {
                    true => Ok(inner),
                    false => Err(format!("the `)` of what begins at character {} is missing", from + 1)),
                }
            }
            Some('!') => {
                self.at += 1;
                self.depth += 1;
                if self.depth > DEPTH {
                    return Err(format!("expressions are nested deeper than {DEPTH} at character {}", from + 1));
                }
                let inner = self.expression()?;
                self.depth -= 1;
                Ok(Expression::Call(Function::Not, vec![inner]))
            }
            Some(',' | ')') => Ok(Expression::Missing),
            Some(_) => self.word(from),
            None => Err(format!("the expression ends too early, after character {from}")),
        }
    }

    fn until(&mut self, end: char, from: usize) -> Result<String, String> {
        let start = self.at;
        while self.chars.get(self.at).is_some_and(|c| *c != end) {
            self.at += 1;
        }
        if self.at == self.chars.len() {
            return Err(format!("the `{end}` of what begins at character {} is missing", from + 1));
        }
        let text = self.chars[start..self.at].iter().collect();
        self.at += 1;
        Ok(text)
    }

    /// A text in quotes; a backslash stands before a quote or a backslash that is meant.
    fn quoted(&mut self, quote: char, from: usize) -> Result<String, String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.chars.get(self.at) {
                Some(end) if *end == quote => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') if self.chars.get(self.at + 1).is_some_and(|next| *next == quote || *next == '\\') => {
                    text.push(self.chars[self.at + 1]);
                    self.at += 2;
                }
                Some(c) => {
                    text.push(*c);
                    self.at += 1;
                }
                None => return Err(format!("the `{quote}` of what begins at character {} is missing", from + 1)),
            }
        }
    }

    /// A function, a number, or an attribute without brackets.
    fn word(&mut self, from: usize) -> Result<Expression, String> {
        if self.chars[self.at] == '&' {
            return self.hexadecimal(from);
        }
        if self.chars[self.at] == '-' {
            self.at += 1;
        }
        while self.chars.get(self.at).is_some_and(|c| c.is_alphanumeric() || "_:.-".contains(*c)) {
            self.at += 1;
        }
        let word: String = self.chars[from..self.at].iter().collect();
        if word.is_empty() || word == "-" {
            return Err(format!("unexpected `{}` at character {}", self.chars[from], from + 1));
        }
        self.blanks();
        if self.chars.get(self.at) == Some(&'(') {
            self.at += 1;
            return self.call(&word, from);
        }
        let number = word.strip_prefix('-').unwrap_or(&word);
        if number.chars().all(|c| c.is_ascii_digit()) || WORDS.contains(&word.as_str()) {
            return Ok(Expression::Literal(word));
        }
        attribute(&word, from)
    }

    /// `&HF7`
    fn hexadecimal(&mut self, from: usize) -> Result<Expression, String> {
        self.at += 1;
        let marked = matches!(self.chars.get(self.at), Some('H' | 'h'));
        self.at += 1;
        let start = self.at;
        while self.chars.get(self.at).is_some_and(char::is_ascii_hexdigit) {
            self.at += 1;
        }
        let digits: String = self.chars.get(start..self.at).map(|digits| digits.iter().collect()).unwrap_or_default();
        match i64::from_str_radix(&digits, 16) {
            Ok(number) if marked => Ok(Expression::Literal(number.to_string())),
            _ => Err(format!("a hexadecimal number at character {} is written &HF7", from + 1)),
        }
    }

    fn call(&mut self, name: &str, from: usize) -> Result<Expression, String> {
        let Some(known) = FUNCTIONS.iter().find(|known| known.name.eq_ignore_ascii_case(name)) else {
            let near = suggestion(name, FUNCTIONS.iter().map(|known| known.name));
            return Err(format!("unknown function `{name}` at character {}{}", from + 1, did_you_mean(&near)));
        };
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("calls are nested deeper than {DEPTH} at character {}", from + 1));
        }
        let arguments = self.arguments(known.name, from)?;
        self.depth -= 1;
        let (least, most) = known.arguments;
        if arguments.len() < least || arguments.len() > most {
            let wanted = match (least, most) {
                (least, most) if least == most => least.to_string(),
                (least, most) if most >= 1000 => format!("{least} or more"),
                (least, most) => format!("{least} to {most}"),
            };
            let count = arguments.len();
            let usage = known.about.trim().trim_end_matches('.');
            return Err(format!(
                "{} at character {} takes {wanted} arguments, not {count}; {usage}",
                known.name,
                from + 1
            ));
        }
        if known.function == Function::Switch && arguments.len() % 2 == 1 {
            return Err(format!("a key of Switch at character {} has no value: they come in pairs", from + 1));
        }
        Ok(Expression::Call(known.function, arguments))
    }

    fn arguments(&mut self, name: &str, from: usize) -> Result<Vec<Expression>, String> {
        let mut arguments = Vec::new();
        self.blanks();
        if self.chars.get(self.at) == Some(&')') {
            self.at += 1;
            return Ok(arguments);
        }
        loop {
            arguments.push(self.choice()?);
            self.blanks();
            match self.chars.get(self.at) {
                Some(',') => self.at += 1,
                Some(')') => {
                    self.at += 1;
                    return Ok(arguments);
                }
                Some(other) => return Err(format!("unexpected `{other}` at character {}", self.at + 1)),
                None => return Err(format!("`)` of {name} at character {} is missing", from + 1)),
            }
        }
    }
}

fn attribute(name: &str, from: usize) -> Result<Expression, String> {
    // Okta says whose attribute it is; here there is one directory.
    let plain = ["user.", "appuser.", "source."].iter().find_map(|owner| name.strip_prefix(owner));
    let name = plain.unwrap_or(name);
    let computed = COMPUTED.iter().any(|computed| computed.eq_ignore_ascii_case(name));
    if computed || name.starts_with("urn:") || field_named(name).is_some() {
        return Ok(Expression::Attribute(name.to_owned()));
    }
    let near = suggestion(name, FIELDS.iter().copied());
    Err(format!("unknown attribute `{name}` at character {}{}", from + 1, did_you_mean(&near)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wrong expressions are refused with the place and a hint, and deep ones do not overflow the stack.
    #[test]
    fn refuses() {
        let error = |text: &str| parse(text).expect_err("invalid");
        assert_eq!(error("Swich([title], , )"), "unknown function `Swich` at character 1; did you mean `Switch`?");
        assert_eq!(
            error("ToLower( ToUper([title]))"),
            "unknown function `ToUper` at character 10; did you mean `ToUpper`?"
        );
        assert_eq!(
            error("Join(\" \", [givn_name])"),
            "unknown attribute `givn_name` at character 11; did you mean `given_name`?"
        );
        assert_eq!(error("Join(\" \", [givenName]"), "`)` of Join at character 1 is missing");
        assert_eq!(error("[givenName] x"), "unexpected `x` at character 13");
        assert_eq!(error("[givenName"), "the `]` of what begins at character 1 is missing");
        assert_eq!(error("Append(\"a, [title])"), "the `\"` of what begins at character 8 is missing");
        let usage = "Replace at character 1 takes 5 to 7 arguments, not 3; `Replace(source, old, regex, group, new, ";
        assert!(error("Replace([title], \"a\", \"b\")").starts_with(usage));
        assert!(error("Guid(1)").starts_with("Guid at character 1 takes 0 arguments, not 1; `Guid()`"));
        assert_eq!(
            error("Switch([title], , \"a\")"),
            "a key of Switch at character 1 has no value: they come in pairs"
        );
        assert_eq!(error("IIF([title] = , 1, 2)"), "a side of the comparison is missing at character 15");
        assert_eq!(error("BitAnd(&X1, 2)"), "a hexadecimal number at character 8 is written &HF7");
        for deep in ["ToLower(", "(", "!", "[title] ? "] {
            assert!(error(&deep.repeat(900)).contains("nested"), "{deep}");
        }
        assert_eq!(error("[title] ? [title]"), "the `:` of the `?` at character 9 is missing");
        assert_eq!(error("([title]"), "the `)` of what begins at character 1 is missing");
        assert!(error(&" ".repeat(20_000)).contains("10000 characters"));
        assert!(error("").contains("ends too early"));
    }

    /// What is shown can be read again, escapes and comparisons included.
    #[test]
    fn shows_itself() {
        for text in [
            r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#,
            r#"IIF([country] = "USA", [country], [department])"#,
            r#"Replace([mobile], , "[()\\s-]+", , "", , )"#,
            r#"Append([title], "\"Contoso\"")"#,
        ] {
            assert_eq!(parse(text).expect("valid").to_string(), text);
        }
    }
}
