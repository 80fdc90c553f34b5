//! One finding in full: the requirement with its clause, what was expected and seen, the exchanges that show it, and
//! how to see it again.

use std::fmt::Write;

use super::{COLUMN, Verbosity};
use crate::{
    report::{
        run::severity_word,
        style::Paint,
        text::{SHOWN_EXCHANGES, evidence, excerpt, millis, one_line, plain, sender, telling, to_repeat},
    },
    spec,
    verdict::ScenarioResult,
    wire::{Exchange, Reply, curl},
};

/// Characters of a body that are shown without `-v`.
const BODY: usize = 320;

/// Characters of a `curl` line's body without `-v`: the line is meant to be pasted, so it is only cut where it would
/// fill the screen.
const CURL: usize = 1200;

/// The lines below the status line, with an empty one at the end.
pub(super) fn block(result: &ScenarioResult, paint: Paint, verbosity: Verbosity) -> String {
    let mut out = Block { text: String::new(), paint };
    out.plain(&result.title);
    match spec::requirement(&result.requirement) {
        Some(row) => {
            out.field("requirement", &format!("{}, {}, {}", row.id, row.level, row.clause));
            out.field("", &row.requirement);
            if let Some(url) = row.url() {
                out.field("", &url);
            }
        }
        None => out.field("requirement", &format!("{}, {}", result.requirement, severity_word(result.severity))),
    }
    if let Some(evidence) = evidence(result) {
        out.field("broken", &evidence.what);
        out.field("expected", &evidence.expected);
        out.field("actual", &evidence.actual);
    }
    let telling = telling(result);
    let limit = if verbosity == Verbosity::Verbose { usize::MAX } else { SHOWN_EXCHANGES };
    for exchange in telling.iter().take(limit) {
        out.exchange(exchange, if verbosity == Verbosity::Verbose { usize::MAX } else { BODY });
    }
    if telling.len() > limit {
        out.plain(&format!("and {} more exchanges: -v or --report html=PATH shows them", telling.len() - limit));
    }
    if let Some(exchange) = to_repeat(&telling) {
        let line = curl(exchange);
        out.field("reproduce", &if verbosity == Verbosity::Verbose { line } else { excerpt(&line, CURL) });
    }
    out.field("also", &result.basis.also.join(", "));
    out.field("source", &result.source);
    out.field("explain", &format!("scimulate explain {}", result.id));
    out.text.push('\n');
    out.text
}

struct Block {
    text: String,
    paint: Paint,
}

impl Block {
    fn plain(&mut self, text: &str) {
        let _ = writeln!(self.text, "{:COLUMN$} {}", "", plain(text));
    }

    /// A named line; nothing if there is nothing to say.
    fn field(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            let name = self.paint.dim(&format!("{name:<11}"));
            let _ = writeln!(self.text, "{:COLUMN$} {name} {}", "", plain(text));
        }
    }

    fn exchange(&mut self, exchange: &Exchange, limit: usize) {
        let who =
            self.paint.dim(&format!("({}, {})", sender(exchange), millis(exchange.duration().as_secs_f64() * 1e3)));
        let line = self.paint.bold(&plain(&exchange.line()));
        let _ = writeln!(self.text, "{:COLUMN$} {:<4} {line} {who}", "", format!("#{}", exchange.seq));
        if let Some(body) = exchange.body.as_deref().filter(|body| !body.is_empty()) {
            let _ = writeln!(self.text, "{:COLUMN$}      > {}", "", plain(&excerpt(&one_line(body), limit)));
        }
        if let Reply::Response(response) = &exchange.reply
            && !response.body.is_empty()
        {
            let _ = writeln!(self.text, "{:COLUMN$}      < {}", "", plain(&excerpt(&one_line(&response.body), limit)));
        }
    }
}
