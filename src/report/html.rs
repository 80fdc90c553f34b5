//! One self-contained page: requirement × profile, filtered by level, verdict and text, with the transcript and the
//! difference between expected and actual behind each cell and the clause beside it. It loads nothing and runs no
//! code that is not in it.
//!
//! The rows are written out here, so that the page reads without JavaScript too. Details are data in the page, built
//! from text nodes when a cell is opened: an answer of the target can never become markup.

use std::{collections::HashMap, io};

use minijinja::{Environment, context, syntax::SyntaxConfig, value::Serde};
use serde::Serialize;

use super::{
    causes::{Told, gather, shape},
    matrix::{Matrix, SIGNS, matrices, short, sign},
    readiness::reviews,
    readings::readings,
    run::{Judged, Run},
    text::{counts, evidence, excerpt, millis, name, one_line, reason, seconds, sender, telling, to_repeat},
};
use crate::{
    spec,
    verdict::{Kind, ReadingSeen, ScenarioResult, Verdict},
    wire::{Exchange, Reply, curl},
};

/// Characters of a body that the page holds. The JSON and HAR reports hold all.
const BODY: usize = 20_000;
/// Characters of a body behind a result that passed: enough to see what was said. Most results pass, and whole transcripts of
/// them would make the page too large to send around; the page says what it leaves out.
const PASSED_BODY: usize = 160;

/// The verdicts whose rows lead the page, by their words.
const FIRST: [&str; 5] = ["fail", "warn", "fixed", "known", "note"];

#[derive(Serialize)]
struct Row {
    id: String,
    level: String,
    severity: String,
    clause: String,
    url: Option<String>,
    requirement: String,
    verdict: &'static str,
    cells: Vec<Vec<Mark>>,
}

/// One result in a cell.
#[derive(Serialize)]
struct Mark {
    index: usize,
    id: String,
    verdict: &'static str,
    sign: &'static str,
}

#[derive(Serialize)]
struct Detail<'a> {
    id: &'a str,
    title: &'a str,
    kind: Kind,
    profile: Option<&'a str>,
    requirement: &'a str,
    source: &'a str,
    verdict: &'static str,
    reason: String,
    what: &'a str,
    diff: Vec<(char, String)>,
    measurements: Vec<(&'a str, String)>,
    readings: Vec<(&'a str, &'a str)>,
    covered: &'a [String],
    also: &'a [String],
    exchanges: Vec<Wire<'a>>,
    curl: Option<String>,
}

#[derive(Serialize)]
struct Wire<'a> {
    seq: u64,
    line: String,
    sender: &'static str,
    millis: String,
    telling: bool,
    request_headers: &'a [(String, String)],
    request_body: String,
    status: Option<u16>,
    response_headers: &'a [(String, String)],
    response_body: String,
}

/// What the target makes of one dispute.
#[derive(Serialize)]
struct Open {
    requirement: &'static str,
    about: &'static str,
    seen: Vec<(&'static str, &'static str, usize)>,
}

#[derive(Serialize)]
struct Effects {
    profile: String,
    heads: Vec<String>,
    rows: Vec<(String, Vec<(String, String)>)>,
}

/// What became of one review.
#[derive(Serialize)]
struct ReviewTable {
    title: &'static str,
    about: &'static str,
    counts: String,
    answer: String,
    cases: Vec<CaseRow>,
}

#[derive(Serialize)]
struct CaseRow {
    number: &'static str,
    title: &'static str,
    word: &'static str,
    class: &'static str,
    note: String,
}

/// Findings of one cause.
#[derive(Serialize)]
struct CauseRow {
    verdict: &'static str,
    request: String,
    phrase: String,
    /// Name and place of each.
    findings: Vec<(String, Option<usize>)>,
}

/// What several findings have in common, the most first.
fn causes(run: &Run, index: &impl Fn(&ScenarioResult) -> Option<usize>) -> Vec<CauseRow> {
    let findings: Vec<&ScenarioResult> =
        run.results.iter().filter(|result| matches!(result.verdict, Verdict::Fail | Verdict::Warn)).collect();
    let mut rows: Vec<CauseRow> = gather(&findings, shape)
        .into_iter()
        .filter_map(|told| match told {
            Told::One(_) => None,
            Told::Several(shape, findings) => Some(CauseRow {
                verdict: shape.verdict.word(),
                phrase: shape.phrase(findings.len()),
                request: shape.request,
                findings: findings.into_iter().map(|result| (name(result), index(result))).collect(),
            }),
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.findings.len()));
    rows
}

/// The HTML document of a run.
pub(super) fn render(run: &Run) -> io::Result<Vec<u8>> {
    let profiles = run.profiles();
    let mut columns: Vec<Option<&str>> = profiles.iter().copied().map(Some).collect();
    if run.results.iter().any(|result| result.profile.is_none()) {
        columns.push(None);
    }
    let places: HashMap<*const ScenarioResult, usize> =
        run.results.iter().enumerate().map(|(at, result)| (std::ptr::from_ref(result), at)).collect();
    let index = |result: &ScenarioResult| places.get(&std::ptr::from_ref(result)).copied();
    let requirements = run.requirements();
    let mut rows: Vec<Row> = requirements.iter().map(|judged| row(judged, &columns, &index)).collect();
    // What has to be looked at stands first; the rest keeps the order of the catalogue.
    rows.sort_by_key(|row| FIRST.iter().position(|word| *word == row.verdict).unwrap_or(FIRST.len()));
    let details: Vec<Detail<'_>> = run.results.iter().map(detail).collect();
    // The reasons why a whole table was not exercised stand at its requirements; dots would only push the findings down.
    let effects: Vec<Effects> = matrices(run)
        .into_iter()
        .filter(Matrix::exercised)
        .map(|matrix| Effects {
            profile: matrix.profile.unwrap_or_else(|| "without a profile".to_owned()),
            heads: matrix.effects.iter().map(|effect| short(effect)).collect(),
            rows: matrix
                .rows
                .into_iter()
                .map(|(path, cells)| {
                    let cells = cells
                        .into_iter()
                        .map(|cell| {
                            cell.map_or_else(Default::default, |verdict| {
                                (verdict.word().to_owned(), sign(verdict).to_owned())
                            })
                        })
                        .collect();
                    (path, cells)
                })
                .collect(),
        })
        .collect();
    let readiness: Vec<ReviewTable> = reviews(run)
        .into_iter()
        .map(|one| ReviewTable {
            title: one.review.title,
            about: one.review.about,
            counts: one.counts(),
            answer: one.answer(),
            cases: one
                .cases
                .iter()
                .map(|line| CaseRow {
                    number: &line.case.number,
                    title: &line.case.title,
                    word: line.word(),
                    class: line.worst.map_or("skip", |result| result.verdict.word()),
                    note: line.note(),
                })
                .collect(),
        })
        .collect();
    let measured: Vec<_> = run
        .measured()
        .into_iter()
        .map(|(name, spread)| (name, millis(spread.min), millis(spread.median), millis(spread.max), spread.count))
        .collect();
    let open: Vec<Open> = readings(run)
        .into_iter()
        .map(|read| Open {
            requirement: &read.dispute.requirement,
            about: &read.dispute.about,
            seen: read.seen.iter().map(|(one, times)| (one.says.as_str(), one.clause.as_str(), *times)).collect(),
        })
        .collect();
    let verdicts: Vec<(&str, &str, &str, usize)> = SIGNS
        .iter()
        .map(|(verdict, sign, words)| (verdict.word(), *sign, *words, run.summary.count(*verdict)))
        .collect();

    let heads: Vec<&str> = columns.iter().map(|profile| profile.unwrap_or("any")).collect();

    let mut templates = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(io::Error::other)?;
    templates.set_syntax(syntax);
    templates.add_template("report.html", include_str!("templates/report.html")).map_err(io::Error::other)?;
    let page = templates
        .get_template("report.html")
        .and_then(|template| {
            template.render(context! {
                version => env!("CARGO_PKG_VERSION"),
                run => Serde(&run.info),
                abort => Serde(&run.abort),
                counts => counts(&run.summary),
                duration => seconds(run.duration),
                requests => run.requests(),
                verdicts => Serde(&verdicts),
                columns => Serde(&heads),
                rows => Serde(&rows),
                causes => Serde(&causes(run, &index)),
                effects => Serde(&effects),
                readiness => Serde(&readiness),
                measured => Serde(&measured),
                readings => Serde(&open),
                judgements => run.judgements(),
                reasons => Serde(&run.reasons()),
                leftovers => Serde(&run.leftovers),
                limits => (PASSED_BODY, BODY),
                details => inline_json(&details)?,
                style => include_str!("templates/report.css"),
                script => include_str!("templates/report.js"),
            })
        })
        .map_err(io::Error::other)?;
    Ok(page.into_bytes())
}

/// JSON for a `script` element: nothing in it can end the element.
fn inline_json(value: &impl Serialize) -> Result<String, minijinja::Error> {
    let json = serde_json::to_string(value).map_err(|error| {
        minijinja::Error::new(minijinja::ErrorKind::BadSerialization, "the results do not serialize").with_source(error)
    })?;
    Ok(json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"))
}

fn row(judged: &Judged<'_>, columns: &[Option<&str>], index: &impl Fn(&ScenarioResult) -> Option<usize>) -> Row {
    let cells = columns
        .iter()
        .map(|profile| {
            judged
                .results
                .iter()
                .filter(|result| result.profile.as_deref() == *profile)
                .filter_map(|result| {
                    Some(Mark {
                        index: index(result)?,
                        id: result.id.clone(),
                        verdict: result.verdict.word(),
                        sign: sign(result.verdict),
                    })
                })
                .collect()
        })
        .collect();
    Row {
        id: judged.id.to_owned(),
        level: judged.level().to_owned(),
        severity: super::run::severity_word(judged.severity).to_lowercase(),
        clause: judged.row.map(|row| row.clause.clone()).unwrap_or_default(),
        url: judged.row.and_then(crate::spec::Requirement::url),
        requirement: judged.row.map(|row| row.requirement.clone()).unwrap_or_default(),
        verdict: judged.verdict.word(),
        cells,
    }
}

fn detail(result: &ScenarioResult) -> Detail<'_> {
    let telling = if result.verdict == Verdict::Pass { Vec::new() } else { telling(result) };
    let outline = result.verdict == Verdict::Pass;
    let shown: Vec<u64> = telling.iter().map(|exchange| exchange.seq).collect();
    Detail {
        id: &result.id,
        title: &result.title,
        kind: result.kind,
        profile: result.profile.as_deref(),
        requirement: &result.requirement,
        source: &result.source,
        verdict: result.verdict.word(),
        reason: reason(result),
        what: evidence(result).map(|evidence| evidence.what.as_str()).unwrap_or_default(),
        diff: evidence(result).map(|evidence| diff(&evidence.expected, &evidence.actual)).unwrap_or_default(),
        measurements: result.measurements.iter().map(|one| (one.name.as_str(), millis(one.millis))).collect(),
        readings: followed(result),
        covered: &result.basis.covered,
        also: &result.basis.also,
        exchanges: result.transcript.iter().map(|exchange| wire(exchange, &shown, outline)).collect(),
        curl: to_repeat(&telling).map(curl),
    }
}

/// The readings that a result has seen, each with its clause.
fn followed(result: &ScenarioResult) -> Vec<(&str, &str)> {
    let dispute = spec::dispute(&result.requirement);
    let reading = |seen: &ReadingSeen| dispute.and_then(|dispute| dispute.reading(&seen.id));
    result.basis.readings.iter().filter_map(reading).map(|one| (one.says.as_str(), one.clause.as_str())).collect()
}

/// The lines of both texts, marked `-` (expected, not seen), `+` (seen, not expected) or a blank (both).
fn diff(expected: &str, actual: &str) -> Vec<(char, String)> {
    let (expected, actual) = (pretty(expected), pretty(actual));
    similar::TextDiff::from_lines(&expected, &actual)
        .iter_all_changes()
        .map(|change| {
            let mark = match change.tag() {
                similar::ChangeTag::Delete => '-',
                similar::ChangeTag::Insert => '+',
                similar::ChangeTag::Equal => ' ',
            };
            (mark, change.value().trim_end_matches('\n').to_owned())
        })
        .collect()
}

/// JSON over several lines, so that the difference is a member and not the whole text.
fn pretty(text: &str) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_str(text).ok();
    parsed
        .filter(|value| value.is_object() || value.is_array())
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| text.to_owned())
}

/// One exchange. Behind a result that passed it is an outline: no headers, and the beginning of each body.
fn wire<'a>(exchange: &'a Exchange, telling: &[u64], outline: bool) -> Wire<'a> {
    let (status, headers, body) = match &exchange.reply {
        Reply::Response(response) => (Some(response.status), response.headers.as_slice(), response.body.as_str()),
        Reply::Failed(_) => (None, [].as_slice(), ""),
    };
    let headers_of = |headers: &'a [(String, String)]| if outline { [].as_slice() } else { headers };
    let body_of = |body: &str| {
        if outline { excerpt(&one_line(body), PASSED_BODY) } else { excerpt(&pretty(body), BODY) }
    };
    Wire {
        seq: exchange.seq,
        line: exchange.line(),
        sender: sender(exchange),
        millis: millis(exchange.duration().as_secs_f64() * 1e3),
        telling: telling.contains(&exchange.seq),
        request_headers: headers_of(&exchange.headers),
        request_body: body_of(exchange.body.as_deref().unwrap_or_default()),
        status,
        response_headers: headers_of(headers),
        response_body: body_of(body),
    }
}
