//! A summary in Markdown, for a pull request or the summary page of a CI job: counts, findings with their exchanges
//! folded away, the effects matrix, and why something was not exercised.

use std::fmt::Write;

use super::{
    causes::{Told, gather, shape},
    matrix::{self, Matrix, matrices, sign},
    readiness::reviews,
    readings::readings,
    run::{Run, severity_word},
    text::{counts, evidence, excerpt, millis, name, one_line, plain, plural, reason, seconds, telling, to_repeat},
};
use crate::{
    spec,
    verdict::{ScenarioResult, Verdict},
    wire::{Exchange, Reply, curl},
};

/// How many findings are shown in full: comments of a pull request have a largest size.
const FULL: usize = 25;

/// The head of a table of findings.
const TABLE: &str = "| verdict | id | level | what |\n|---|---|---|---|";

/// Characters of a body in an exchange.
const BODY: usize = 1000;

/// The Markdown document of a run.
pub(super) fn render(run: &Run) -> String {
    let mut out = String::new();
    let head = match (&run.abort, run.summary.fail, run.summary.exercised()) {
        (Some(_), ..) => "aborted",
        (None, 1.., _) => "findings",
        (None, 0, 0) => "nothing was exercised",
        (None, 0, _) => "conforms",
    };
    let _ = writeln!(out, "## SCIM conformance: {head}\n");
    if let Some(info) = &run.info {
        let _ = write!(out, "Target {}", code(&info.target));
        if !info.profiles.is_empty() {
            let _ = write!(out, ", profiles {}", info.profiles.iter().map(|p| code(p)).collect::<Vec<_>>().join(", "));
        }
        if !info.defects.is_empty() {
            let _ = write!(out, ", defects {}", info.defects.iter().map(|d| code(d)).collect::<Vec<_>>().join(", "));
        }
        out.push_str(".\n\n");
    }
    if let Some(abort) = &run.abort {
        let _ = writeln!(out, "**The run was aborted:** {}. {}.\n", cell(&abort.cause), cell(&abort.remedy));
    }
    let _ = writeln!(
        out,
        "{} in {}, {}, {}.\n",
        counts(&run.summary),
        seconds(run.duration),
        plural(run.requests(), "request"),
        plural(run.judgements(), "judgement")
    );
    findings(&mut out, run);
    let matrices: Vec<Matrix> = matrices(run).into_iter().filter(Matrix::exercised).collect();
    for matrix in &matrices {
        let _ = writeln!(out, "### Effects, {}\n", matrix.profile.as_deref().unwrap_or("without a profile"));
        let heads: Vec<String> = matrix.effects.iter().map(|effect| matrix::short(effect)).collect();
        let _ = writeln!(out, "| path | {} |", heads.join(" | "));
        let _ = writeln!(out, "|---|{}", ":-:|".repeat(heads.len()));
        for (path, cells) in &matrix.rows {
            let cells: Vec<&str> = cells.iter().map(|cell| cell.map_or("", sign)).collect();
            let _ = writeln!(out, "| {} | {} |", cell(path), cells.join(" | "));
        }
        out.push('\n');
    }
    if !matrices.is_empty() {
        let legend: Vec<String> = matrix::SIGNS.iter().map(|(_, sign, word)| format!("{sign} {word}")).collect();
        let _ = writeln!(out, "{}\n", legend.join(", "));
    }
    readiness(&mut out, run);
    let measured = run.measured();
    if !measured.is_empty() {
        out.push_str("### Measured\n\n| what | min | median | max | times |\n|---|--:|--:|--:|--:|\n");
        for (name, spread) in measured {
            let (min, median, max) = (millis(spread.min), millis(spread.median), millis(spread.max));
            let _ = writeln!(out, "| {} | {min} | {median} | {max} | {} |", cell(&name), spread.count);
        }
        out.push('\n');
    }
    let read = readings(run);
    if !read.is_empty() {
        out.push_str("### Readings\n\nWhere the texts conflict or leave it open, the target does this:\n\n");
        out.push_str("| requirement | what is open | reading | clause |\n|---|---|---|---|\n");
        for one in &read {
            for (reading, times) in &one.seen {
                let says =
                    if one.seen.len() > 1 { format!("{} ({times} ×)", reading.says) } else { reading.says.clone() };
                let _ = writeln!(
                    out,
                    "| {} | {} | {} | {} |",
                    one.dispute.requirement,
                    cell(&one.dispute.about),
                    cell(&says),
                    cell(&reading.clause)
                );
            }
        }
        out.push('\n');
    }
    let reasons = run.reasons();
    if !reasons.is_empty() {
        out.push_str("### Not exercised\n\n| results | why |\n|--:|---|\n");
        for (why, count) in reasons {
            let _ = writeln!(out, "| {count} | {} |", cell(&why));
        }
        out.push('\n');
    }
    if !run.leftovers.is_empty() {
        out.push_str("### Left on the target\n\n");
        for url in &run.leftovers {
            let _ = writeln!(out, "- {}", code(url));
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// What the run says about the reviews of the IdPs: the answer in the open, the cases folded away.
fn readiness(out: &mut String, run: &Run) {
    for readiness in reviews(run) {
        let review = readiness.review;
        let _ = writeln!(out, "### Readiness: {}\n\n{}; {}.\n", review.title, readiness.counts(), readiness.answer());
        let _ = writeln!(out, "<details><summary>{}</summary>\n", plural(readiness.cases.len(), "case"));
        out.push_str("| case | status | what | reason, or what to do |\n|---|---|---|---|\n");
        for line in &readiness.cases {
            let case = line.case;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} |",
                cell(&case.number),
                line.word(),
                cell(&case.title),
                cell(&line.note())
            );
        }
        out.push_str("\n</details>\n\n");
    }
}

fn findings(out: &mut String, run: &Run) {
    let mut findings: Vec<&ScenarioResult> = run
        .results
        .iter()
        .filter(|result| {
            matches!(result.verdict, Verdict::Fail | Verdict::Warn | Verdict::Note | Verdict::Known | Verdict::Fixed)
        })
        .collect();
    if findings.is_empty() {
        return;
    }
    findings.sort_by_key(|result| std::cmp::Reverse(result.verdict));
    let _ = writeln!(out, "### Findings\n\n{TABLE}");
    let told = gather(&findings, shape);
    for told in &told {
        match told {
            Told::One(result) => row(out, result),
            Told::Several(shape, several) => {
                let (sign, word) = (sign(shape.verdict), shape.verdict.word());
                let what = cell(&shape.phrase(several.len()));
                let _ = writeln!(out, "| {sign} {word} | {} | see below | {what} |", code(&shape.request));
            }
        }
    }
    out.push('\n');
    for told in told {
        if let Told::Several(shape, several) = told {
            let (request, phrase) = (html(&shape.request), html(&shape.phrase(several.len())));
            let _ = writeln!(out, "<details><summary>{request}: {phrase}</summary>\n\n{TABLE}");
            several.into_iter().for_each(|result| row(out, result));
            out.push_str("\n</details>\n\n");
        }
    }
    let failed: Vec<_> = findings.iter().filter(|result| result.verdict == Verdict::Fail).collect();
    for result in failed.iter().take(FULL) {
        full(out, result);
    }
    if failed.len() > FULL {
        let _ = writeln!(out, "{} more failures are in the HTML and JSON reports.\n", failed.len() - FULL);
    }
}

fn row(out: &mut String, result: &ScenarioResult) {
    let _ = writeln!(
        out,
        "| {} {} | {} | {} | {} |",
        sign(result.verdict),
        result.verdict.word(),
        code(&name(result)),
        severity_word(result.severity),
        cell(&reason(result))
    );
}

fn full(out: &mut String, result: &ScenarioResult) {
    let _ = writeln!(out, "<details><summary>{}: {}</summary>\n", html(&name(result)), html(&result.title));
    if let Some(row) = spec::requirement(&result.requirement) {
        let clause = match row.url() {
            Some(url) => format!("[{}]({url})", cell(&row.clause)),
            None => cell(&row.clause),
        };
        let _ = writeln!(out, "{}, {}, {clause}: {}\n", row.id, row.level, cell(&row.requirement));
    }
    let mut lines = Vec::new();
    if let Some(evidence) = evidence(result) {
        lines.push(format!("broken:   {}", plain(&evidence.what)));
        lines.push(format!("expected: {}", plain(&evidence.expected)));
        lines.push(format!("actual:   {}", plain(&evidence.actual)));
    }
    let telling = telling(result);
    lines.extend(telling.iter().flat_map(|exchange| wire(exchange)));
    if let Some(exchange) = to_repeat(&telling) {
        lines.push(excerpt(&plain(&curl(exchange)), BODY));
    }
    lines.push(format!("scimulate explain {}", result.id));
    let _ = writeln!(out, "{}\n\n</details>\n", fence(&lines.join("\n")));
}

fn wire(exchange: &Exchange) -> Vec<String> {
    let mut lines = vec![format!("#{} {}", exchange.seq, plain(&exchange.line()))];
    if let Some(body) = exchange.body.as_deref().filter(|body| !body.is_empty()) {
        lines.push(format!("  > {}", excerpt(&one_line(body), BODY)));
    }
    if let Reply::Response(response) = &exchange.reply
        && !response.body.is_empty()
    {
        lines.push(format!("  < {}", excerpt(&one_line(&response.body), BODY)));
    }
    lines
}

/// A fenced block whose fence is longer than any run of backticks in it.
fn fence(text: &str) -> String {
    let fence = "`".repeat(longest_ticks(text).max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

/// Inline code, whatever backticks it holds.
fn code(text: &str) -> String {
    let text = plain(text).replace('|', "\\|");
    let ticks = "`".repeat(longest_ticks(&text) + 1);
    if ticks.len() > 1 { format!("{ticks} {text} {ticks}") } else { format!("{ticks}{text}{ticks}") }
}

fn longest_ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Text in a table cell or paragraph: nothing in it is read as markup.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    for c in plain(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

fn html(text: &str) -> String {
    plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
