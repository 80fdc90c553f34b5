//! A `curl` line that repeats an exchange.

use super::{Exchange, redact::redact_header};

/// The command line that sends the request of `exchange` again. Credentials are `***`: the user puts the token in.
/// Words are quoted for a POSIX shell.
pub fn curl(exchange: &Exchange) -> String {
    let mut words = vec!["curl".to_owned(), "-X".to_owned(), exchange.method.clone(), quote(&exchange.url)];
    for (name, value) in &exchange.headers {
        if name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("host") {
            continue;
        }
        let value = redact_header(name, value).unwrap_or_else(|| value.clone());
        words.push("-H".to_owned());
        words.push(quote(&format!("{name}: {value}")));
    }
    if let Some(body) = &exchange.body {
        words.push("--data-raw".to_owned());
        words.push(quote(body));
    }
    words.join(" ")
}

fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
