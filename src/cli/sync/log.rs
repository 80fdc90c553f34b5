//! The provisioning log: a line a move as it happens, a table a cycle, or JSON; and the requests alone for a dry run.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use comfy_table::{ContentArrangement, Table, presets};
use console::Style;
use serde::Serialize;
use serde_json::json;

use super::{super::screen, SyncFormat};
use crate::{
    idp::{Comparison, Entry, FailedTask, MoveRecord, MoveResult},
    wire::{Exchange, Redactor, Sender, Transcript},
};

/// What a person reads of the state of a move.
const HEAD: [&str; 6] = ["Status", "Time", "Action", "Object", "Code", "Reason"];

/// Writes the log, and counts.
pub(super) struct Log<'a> {
    out: &'a mut dyn Write,
    transcript: Transcript,
    format: SyncFormat,
    /// Requests and responses below each move.
    verbose: bool,
    /// Requests only.
    dry_run: bool,
    style: Style,
    redactor: Redactor,
    cycle: usize,
    rows: Vec<Vec<String>>,
    exchanges: Vec<Exchange>,
    kinds: BTreeMap<String, usize>,
    failed: usize,
    skipped: usize,
}

/// How a log is written.
pub(super) struct Manner {
    pub format: SyncFormat,
    pub verbose: bool,
    pub dry_run: bool,
    pub color: bool,
}

impl Manner {
    /// Whether the log shows exchanges, so that they must be kept until it has.
    pub(super) fn shows_exchanges(&self) -> bool {
        self.verbose || self.dry_run || self.format == SyncFormat::Json
    }
}

impl<'a> Log<'a> {
    /// A log into `out` of what is recorded in `transcript`.
    pub(super) fn new(out: &'a mut dyn Write, transcript: Transcript, manner: &Manner) -> Log<'a> {
        Log {
            out,
            transcript,
            format: manner.format,
            verbose: manner.verbose,
            dry_run: manner.dry_run,
            style: Style::new().force_styling(manner.color),
            redactor: Redactor::default(),
            cycle: 0,
            rows: Vec::new(),
            exchanges: Vec::new(),
            kinds: BTreeMap::new(),
            failed: 0,
            skipped: 0,
        }
    }

    /// Another cycle begins.
    pub(super) fn begin_cycle(&mut self) {
        self.cycle += 1;
    }

    /// How many cycles there were.
    pub(super) fn cycles(&self) -> usize {
        self.cycle
    }

    /// Writes what was done, or keeps it for the cycle's table.
    pub(super) fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.exchanges.extend(self.transcript.take());
        match entry {
            Entry::Move(record) => {
                self.count(record);
                self.record(record)?;
                self.exchanges.retain(|exchange| !record.exchanges.contains(&exchange.seq));
                Ok(())
            }
            Entry::Note(_) if self.dry_run => Ok(()),
            Entry::Note(note) => match self.format {
                SyncFormat::Json => writeln!(self.out, "{}", json!({ "cycle": self.cycle, "note": note })),
                SyncFormat::Human => writeln!(self.out, "    NOTE {}", screen::plain(note)),
                SyncFormat::Table => {
                    self.rows.push(row(["note", "", "", "job", "", note]));
                    Ok(())
                }
            },
        }
    }

    /// Writes the table of the cycle, if the log is one of tables.
    pub(super) fn end_cycle(&mut self) -> io::Result<()> {
        if !self.rows.is_empty() {
            let mut table = Table::new();
            table.load_style(presets::UTF8_FULL_CONDENSED).set_header(HEAD);
            match screen::width() {
                Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
                None => table.set_content_arrangement(ContentArrangement::Disabled),
            };
            table.add_rows(self.rows.drain(..));
            writeln!(self.out, "cycle {}\n{table}", self.cycle)?;
        }
        self.out.flush()
    }

    fn count(&mut self, record: &MoveRecord) {
        match record.result {
            MoveResult::Done => *self.kinds.entry(record.kind.to_string()).or_default() += 1,
            MoveResult::Skipped(_) => self.skipped += 1,
            MoveResult::Failed(_) => self.failed += 1,
        }
    }

    fn record(&mut self, record: &MoveRecord) -> io::Result<()> {
        if self.dry_run {
            return self.requests();
        }
        match self.format {
            SyncFormat::Json => {
                let line = machine(self.cycle, record, &self.exchanges);
                writeln!(self.out, "{line}")
            }
            SyncFormat::Human => self.line(record),
            SyncFormat::Table => {
                let (kind, time) = (record.kind.to_string(), time(record));
                let result = &record.result;
                let (code, reason) = (result.code().unwrap_or_default(), screen::plain(result.reason()));
                self.rows.push(row([result.status(), &time, &kind, &record.object, code, &reason]));
                Ok(())
            }
        }
    }

    fn line(&mut self, record: &MoveRecord) -> io::Result<()> {
        let (word, why) = match &record.result {
            MoveResult::Done => (self.style.clone().green().apply_to("    DONE"), String::new()),
            MoveResult::Skipped(why) => (self.style.clone().dim().apply_to(" SKIPPED"), why.clone()),
            MoveResult::Failed(failure) => (self.style.clone().red().bold().apply_to("  FAILED"), failure.to_string()),
        };
        let (kind, object) = (record.kind.to_string(), &record.object);
        let (cycle, at, why) = (self.cycle, time(record), screen::plain(&why));
        let line = format!("{word} cycle {cycle}  {at}  {kind:<13} {object}  {why}");
        writeln!(self.out, "{}", line.trim_end())?;
        if self.verbose {
            for exchange in of_record(record, &self.exchanges) {
                writeln!(self.out, "{:9}#{} {}", "", exchange.seq, screen::plain(&exchange.line()))?;
                if let Some(body) = exchange.body.as_deref().filter(|body| !body.is_empty()) {
                    writeln!(self.out, "{:9}   > {}", "", self.shown(body))?;
                }
                if let Some(response) = exchange.response().filter(|response| !response.body.is_empty()) {
                    writeln!(self.out, "{:9}   < {}", "", self.shown(&response.body))?;
                }
            }
        }
        Ok(())
    }

    /// A body on one line, without the passwords in it.
    fn shown(&self, body: &str) -> String {
        screen::plain(&self.redactor.body(body))
    }

    /// The requests by themselves, below the base URL: what `--dry-run` shows.
    fn requests(&mut self) -> io::Result<()> {
        // What opened the tenant is no request of the IdP.
        for exchange in std::mem::take(&mut self.exchanges).into_iter().filter(|one| one.sender == Sender::Idp) {
            let path = exchange.url.split_once("/v1/b2b/scim/").map_or(exchange.url.as_str(), |(_, rest)| rest);
            let target = path.split_once('/').map_or_else(|| format!("/{path}"), |(_, rest)| format!("/{rest}"));
            if self.format == SyncFormat::Json {
                let request = json!({ "method": exchange.method, "target": target, "body": exchange.body.map(|body| self.redactor.body(&body)) });
                writeln!(self.out, "{}", json!({ "request": request }))?;
                continue;
            }
            writeln!(self.out, "{} {}", exchange.method, screen::plain(&target))?;
            if let Some(body) = exchange.body.as_deref().filter(|body| !body.is_empty()) {
                writeln!(self.out, "  {}", self.shown(body))?;
            }
        }
        Ok(())
    }

    /// The end of a dry run.
    pub(super) fn conclude_dry(&mut self, requests: u64) -> io::Result<()> {
        if self.format == SyncFormat::Json {
            return Ok(());
        }
        writeln!(self.out, "\n{requests} requests would be sent; the target heard nothing")
    }

    /// The failed tasks that are left, the drift, and the counts.
    pub(super) fn conclude(
        &mut self,
        tasks: &[FailedTask],
        requests: u64,
        seconds: f64,
        comparison: &Comparison,
    ) -> io::Result<()> {
        let Comparison { users, groups, drift } = comparison;
        if self.format == SyncFormat::Json {
            for task in tasks {
                writeln!(self.out, "{}", json!({ "failed_task": task }))?;
            }
            for drift in drift {
                writeln!(self.out, "{}", json!({ "drift": drift }))?;
            }
            let summary = json!({
                "requests": requests, "seconds": seconds, "failed": self.failed, "skipped": self.skipped,
                "failed_tasks": tasks.len(), "users": users, "groups": groups, "drift": drift.len(),
            });
            return writeln!(self.out, "{}", json!({ "summary": summary }));
        }
        writeln!(self.out)?;
        for FailedTask { task, object, why } in tasks {
            let word = self.style.clone().red().apply_to("    TASK");
            writeln!(self.out, "{word} {task:<16} {object}  {}", screen::plain(why))?;
        }
        for drift in drift {
            let word = self.style.clone().red().bold().apply_to("   DRIFT");
            writeln!(self.out, "{word} {}  {}", drift.object, screen::plain(&drift.what))?;
        }
        let rate = if seconds > 0.0 { requests as f64 / seconds } else { 0.0 };
        writeln!(self.out, "{} in {seconds:.1} s ({rate:.0} a second)", self.summary(requests))?;
        if !tasks.is_empty() {
            let count = plural(tasks.len(), "task");
            writeln!(self.out, "{count} failed and waits for an administrator; --retry-failed tries again")?;
        }
        let count = match drift.len() {
            0 => "nothing differs".to_owned(),
            many => plural(many, "difference"),
        };
        writeln!(self.out, "compared with {users} users and {groups} groups of the target: {count}")
    }

    fn summary(&self, requests: u64) -> String {
        let done: usize = self.kinds.values().sum();
        let kinds: Vec<String> = self.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        format!(
            "{} moves with {requests} requests: {done} done{kinds}, {} failed, {} skipped",
            done + self.failed + self.skipped,
            self.failed,
            self.skipped
        )
    }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn row(cells: [&str; 6]) -> Vec<String> {
    cells.into_iter().map(str::to_owned).collect()
}

/// When a move was done, to the second.
fn time(record: &MoveRecord) -> String {
    let at = record.at;
    let (date, hour, minute, second) = (at.date(), at.hour(), at.minute(), at.second());
    format!("{date} {hour:02}:{minute:02}:{second:02}Z")
}

#[derive(Serialize)]
struct Line<'a> {
    cycle: usize,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(flatten)]
    record: &'a MoveRecord,
    requests: Vec<String>,
}

fn machine(cycle: usize, record: &MoveRecord, exchanges: &[Exchange]) -> String {
    let requests = of_record(record, exchanges).map(Exchange::line).collect();
    let (status, code, reason) = (record.result.status(), record.result.code(), record.result.reason());
    serde_json::to_string(&Line { cycle, status, code, reason, record, requests }).unwrap_or_default()
}

/// The exchanges of a move; both are in order of their sequence numbers.
fn of_record<'a>(record: &'a MoveRecord, exchanges: &'a [Exchange]) -> impl Iterator<Item = &'a Exchange> {
    exchanges.iter().filter(|exchange| record.exchanges.contains(&exchange.seq))
}
