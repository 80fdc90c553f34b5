//! `sync`: a directory provisioned to a target, cycle by cycle, as one identity provider would; at the end the target is
//! read back and held against the directory.
//!
//! *file or seed → users and groups → changes → cycles of the IdP → moves → provisioning log → comparison → drift.*

mod source;

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use super::{
    exit::{Exit, Fault},
    interrupt,
    run::{ProfileArgs, rate},
    screen::{self, Color},
    target::TargetArgs,
};
use crate::{
    idp::{Change, Comparison, Idp, MoveRecord, MoveResult, Report, directory},
    provider::app,
    suite::Cancel,
    target::{Config, Target},
    wire::{Exchange, Http, Transcript},
};

/// How the provisioning log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SyncFormat {
    /// A line a move, as it happens.
    #[default]
    Human,
    /// A JSON object a move, one a line.
    Json,
}

/// How long a job that does not come to rest is played.
const CYCLES: usize = 1_000;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// When nothing is pending. What failed in a cycle has then come again and gone through, or was given up; a task of
    /// Okta's that failed is not tried again.
    Idle,
}

/// Arguments of `sync`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
FILE is JSON or TOML: `users` and `groups` as they stand before the first cycle (every user
assigned, every group pushed), and `cycles`, each a list of the changes that happen before it:

  {
    \"users\":  [{ \"key\": \"ada\", \"user_name\": \"ada@example.com\", \"given_name\": \"Ada\" }],
    \"groups\": [{ \"key\": \"eng\", \"display_name\": \"Engineering\", \"members\": [\"ada\"] }],
    \"cycles\": [[{ \"rename-group\": { \"key\": \"eng\", \"name\": \"Product\" } }],
               [{ \"unassign-user\": { \"key\": \"ada\" } }]]
  }

or CSV, a person a line; `groups` holds names, separated by semicolons:

  userName,givenName,familyName,mail,groups
  ada@example.com,Ada,Lovelace,ada@example.com,Engineering;Research

A change feed holds a change a line, as in `cycles`; an empty line ends a cycle:

  {\"unassign-user\": {\"key\": \"ada\"}}

At the end the target is read back and compared with the directory: attributes that the profile
maps, active, managers, names and members of groups. Without --target it goes to the embedded
provider. What it makes on a target stays there.

Exit code 0 if the target holds what the directory says, 1 if it does not, 2 if an argument or a
file is wrong, 3 if the target could not be reached, let nobody in or could not be read back.

Examples:
  scimulate sync people.csv --profile entra-default --target https://scim.example/v2
  scimulate sync --people 5000 --groups 200 --change-feed changes.jsonl --until idle
  scimulate sync people.json --profile okta --dry-run")]
pub struct Sync {
    /// The directory: a JSON, TOML or CSV file
    #[arg(required_unless_present = "people")]
    file: Option<PathBuf>,
    /// Make up a directory of so many people instead
    #[arg(long, value_name = "N", conflicts_with = "file")]
    people: Option<usize>,
    /// And of so many groups
    #[arg(long, value_name = "N", requires = "people", default_value_t = 0)]
    groups: usize,
    /// Changes that happen after the initial cycle
    #[arg(long, value_name = "FILE")]
    change_feed: Option<PathBuf>,
    /// Go on with cycles on the simulated clock until then
    #[arg(long, value_enum)]
    until: Option<Until>,
    /// Print the requests instead: a fresh embedded provider answers them, and nothing reaches the target
    #[arg(long)]
    dry_run: bool,
    /// Lines or JSON
    #[arg(long, value_enum, default_value_t)]
    format: SyncFormat,
    /// Print each request and response below its move
    #[arg(short, long)]
    verbose: bool,
    /// Most requests a second
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,
    /// Seed of the made-up directory, of ids and of passwords, so that a run can be repeated
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, env = "SCIMULATE_COLOR", hide_env_values = true)]
    color: Color,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    profiles: ProfileArgs,
}

impl Sync {
    /// Provisions.
    ///
    /// # Errors
    /// If an argument or a file is wrong, or the target cannot be reached.
    pub fn run(mut self, out: &mut dyn Write) -> Result<Exit, Fault> {
        let cycles = self.cycles()?;
        let loaded = self.target.load()?;
        let mut config = loaded.config;
        if self.profiles.profile.is_empty() && config.run.profiles.is_none() {
            self.profiles.profile.push("okta".to_owned());
        }
        let mut profiles = self.profiles.load(config.run.profiles.as_ref())?;
        if profiles.len() > 1 {
            return Err(Fault::usage("sync is one identity provider at a time; name one --profile"));
        }
        let Some(profile) = profiles.pop() else {
            return Err(Fault::usage("no profile is configured; name one with --profile"));
        };
        config.target.rate = self.rate.or(config.target.rate);
        let cancel = Cancel::default();
        let stop = cancel.clone();
        interrupt::block_on(move || stop.cancel(), async {
            // Ours is on the same thread: it answers while the IdP waits.
            let running = if loaded.external && !self.dry_run {
                None
            } else {
                Some(app::start(app::Options::default()).await.map_err(Fault::aborted)?)
            };
            if let Some(running) = &running {
                config = Config::embedded(&running.api_base_url(), &running.project_id(), &running.project_secret())
                    .map_err(Fault::aborted)?;
            }
            let http = Http::new(&config.http_options().map_err(Fault::usage)?).map_err(Fault::usage)?;
            let target = Target::new(config, http).map_err(Fault::usage)?.with_variables(profile.variables());
            let transcript = Transcript::new();
            let tenant = target.open_tenant("sync", &transcript).await.map_err(Fault::aborted)?;
            let idp = Idp::new(profile, tenant.scim(), self.seed);
            let done = self.play(idp, cycles, &transcript, &cancel, out).await;
            if let Some(running) = running {
                running.shutdown().await;
            }
            done
        })?
    }

    /// The changes before each cycle. With each list goes where it is from, for what is wrong with it.
    fn cycles(&self) -> Result<Vec<(String, Vec<Change>)>, Fault> {
        let (place, first) = match (&self.file, self.people) {
            (Some(file), _) => (file.display().to_string(), source::read(file)?),
            (None, people) => {
                let changes = directory::generated(people.unwrap_or_default(), self.groups, self.seed, "");
                ("the made-up directory".to_owned(), vec![changes])
            }
        };
        let mut cycles: Vec<(String, Vec<Change>)> = first
            .into_iter()
            .enumerate()
            .map(|(number, changes)| match number {
                0 => (format!("{place}: users and groups"), changes),
                number => (format!("{place}: cycles[{}]", number - 1), changes),
            })
            .collect();
        if let Some(feed) = &self.change_feed {
            let place = feed.display().to_string();
            cycles.extend(source::read_feed(feed)?.into_iter().map(|changes| (place.clone(), changes)));
        }
        Ok(cycles)
    }

    async fn play(
        &self,
        mut idp: Idp,
        cycles: Vec<(String, Vec<Change>)>,
        transcript: &Transcript,
        cancel: &Cancel,
        out: &mut dyn Write,
    ) -> Result<Exit, Fault> {
        let begin = Instant::now();
        let from = transcript.len();
        let bar = self.bar(cycles.len());
        let mut log = Log { seen: from, ..Log::default() };
        let probe = idp.test_connection().await;
        if let Some(fault) = refused(&probe, &transcript.exchanges()) {
            return Err(fault);
        }
        self.write(out, &bar, &mut log, 0, &probe, transcript)?;
        let mut made = BTreeMap::new();
        let mut played = 0;
        for (place, changes) in cycles {
            for change in changes {
                idp.change(change).map_err(|error| Fault::usage(format!("{place}: {error}")))?;
            }
            played += 1;
            let report = watched(&bar, transcript, idp.settle()).await;
            self.write(out, &bar, &mut log, played, &report, transcript)?;
            made.extend(idp.links());
            bar.inc(1);
            stopped(cancel, &bar)?;
        }
        while self.until == Some(Until::Idle) && !idp.is_idle() && !idp.is_disabled() {
            if played >= CYCLES {
                bar.finish_and_clear();
                return Err(Fault::aborted(format!("the job does not come to rest within {CYCLES} cycles")));
            }
            played += 1;
            let report = watched(&bar, transcript, idp.settle()).await;
            self.write(out, &bar, &mut log, played, &report, transcript)?;
            made.extend(idp.links());
            stopped(cancel, &bar)?;
        }
        let requests = transcript.len() - from;
        let seconds = begin.elapsed().as_secs_f64();
        if self.dry_run {
            bar.finish_and_clear();
            if self.format == SyncFormat::Human {
                writeln!(out, "\n{requests} requests would be sent; the target heard nothing")?;
            }
            return Ok(Exit::Conforms);
        }
        let compared = watched(&bar, transcript, idp.compare(&made)).await;
        bar.finish_and_clear();
        let comparison = compared.map_err(Fault::aborted)?;
        self.conclude(out, &log, requests, seconds, &comparison)?;
        Ok(if comparison.drift.is_empty() { Exit::Conforms } else { Exit::Findings })
    }

    fn conclude(
        &self,
        out: &mut dyn Write,
        log: &Log,
        requests: usize,
        seconds: f64,
        comparison: &Comparison,
    ) -> io::Result<()> {
        let Comparison { users, groups, drift } = comparison;
        if self.format == SyncFormat::Json {
            for drift in drift {
                writeln!(out, "{}", json!({ "drift": drift }))?;
            }
            let summary = json!({
                "requests": requests, "seconds": seconds, "failed": log.failed, "skipped": log.skipped,
                "users": users, "groups": groups, "drift": drift.len(),
            });
            return writeln!(out, "{}", json!({ "summary": summary }));
        }
        let style = console::Style::new().force_styling(self.color.on(&io::stdout()));
        writeln!(out)?;
        for drift in drift {
            let word = style.clone().red().bold().apply_to("   DRIFT");
            writeln!(out, "{word} {}  {}", drift.object, screen::plain(&drift.what))?;
        }
        let rate = if seconds > 0.0 { requests as f64 / seconds } else { 0.0 };
        writeln!(out, "{} in {seconds:.1} s ({rate:.0} a second)", log.summary(requests))?;
        let count = match drift.len() {
            0 => "nothing differs".to_owned(),
            1 => "1 difference".to_owned(),
            many => format!("{many} differences"),
        };
        writeln!(out, "compared with {users} users and {groups} groups of the target: {count}")
    }

    fn bar(&self, cycles: usize) -> ProgressBar {
        let terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
        let target = if terminal && self.format == SyncFormat::Human && std::env::var_os("CI").is_none() {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(cycles as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} cycle {pos}/{len}, {msg} [{elapsed}]") {
            bar.set_style(style);
        }
        bar
    }

    fn write(
        &self,
        out: &mut dyn Write,
        bar: &ProgressBar,
        log: &mut Log,
        cycle: usize,
        report: &Report,
        transcript: &Transcript,
    ) -> io::Result<()> {
        let all = transcript.exchanges();
        let exchanges = all.get(log.seen..).unwrap_or_default();
        log.seen = all.len();
        if self.dry_run {
            return bar.suspend(|| requests(out, exchanges, self.format));
        }
        bar.suspend(|| {
            for record in &report.moves {
                log.count(record);
                match self.format {
                    SyncFormat::Json => writeln!(out, "{}", machine(cycle, record, exchanges))?,
                    SyncFormat::Human => self.line(out, cycle, record, exchanges)?,
                }
            }
            for note in &report.notes {
                match self.format {
                    SyncFormat::Json => writeln!(out, "{}", json!({ "cycle": cycle, "note": note }))?,
                    SyncFormat::Human => writeln!(out, "    NOTE {note}")?,
                }
            }
            out.flush()
        })
    }

    fn line(&self, out: &mut dyn Write, cycle: usize, record: &MoveRecord, exchanges: &[Exchange]) -> io::Result<()> {
        let style = console::Style::new().force_styling(self.color.on(&io::stdout()));
        let (word, why) = match &record.result {
            MoveResult::Done => (style.green().apply_to("    DONE"), String::new()),
            MoveResult::Skipped(why) => (style.dim().apply_to(" SKIPPED"), why.clone()),
            MoveResult::Failed(failure) => (style.red().bold().apply_to("  FAILED"), failure.to_string()),
        };
        let (kind, object) = (record.kind.to_string(), &record.object);
        let at = record.at.replace_nanosecond(0).unwrap_or(record.at);
        writeln!(out, "{word} cycle {cycle}  {at}  {kind:<13} {object}  {}", screen::plain(&why))?;
        if self.verbose {
            for exchange in of_record(record, exchanges) {
                writeln!(out, "{:9}#{} {}", "", exchange.seq, screen::plain(&exchange.line()))?;
                if let Some(body) = exchange.body.as_deref().filter(|body| !body.is_empty()) {
                    writeln!(out, "{:9}   > {}", "", screen::plain(body))?;
                }
                if let Some(response) = exchange.response().filter(|response| !response.body.is_empty()) {
                    writeln!(out, "{:9}   < {}", "", screen::plain(&response.body))?;
                }
            }
        }
        Ok(())
    }
}

/// Counts of what was done.
#[derive(Default)]
struct Log {
    kinds: BTreeMap<String, usize>,
    failed: usize,
    skipped: usize,
    /// Exchanges that were written.
    seen: usize,
}

impl Log {
    fn count(&mut self, record: &MoveRecord) {
        match record.result {
            MoveResult::Done => *self.kinds.entry(record.kind.to_string()).or_default() += 1,
            MoveResult::Skipped(_) => self.skipped += 1,
            MoveResult::Failed(_) => self.failed += 1,
        }
    }

    fn summary(&self, requests: usize) -> String {
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

#[derive(Serialize)]
struct Line<'a> {
    cycle: usize,
    #[serde(flatten)]
    record: &'a MoveRecord,
    requests: Vec<String>,
}

fn machine(cycle: usize, record: &MoveRecord, exchanges: &[Exchange]) -> String {
    let requests = of_record(record, exchanges).map(Exchange::line).collect();
    serde_json::to_string(&Line { cycle, record, requests }).unwrap_or_default()
}

/// The exchanges of a move; both are in order of their sequence numbers.
fn of_record<'a>(record: &'a MoveRecord, exchanges: &'a [Exchange]) -> impl Iterator<Item = &'a Exchange> {
    let first = record.exchanges.iter().min().copied().unwrap_or(u64::MAX);
    let last = record.exchanges.iter().max().copied().unwrap_or_default();
    let from = exchanges.partition_point(|exchange| exchange.seq < first);
    exchanges[from..]
        .iter()
        .take_while(move |exchange| exchange.seq <= last)
        .filter(|exchange| record.exchanges.contains(&exchange.seq))
}

/// The requests by themselves, below the base URL: what `--dry-run` shows.
fn requests(out: &mut dyn Write, exchanges: &[Exchange], format: SyncFormat) -> io::Result<()> {
    for exchange in exchanges {
        let path = exchange.url.split_once("/v1/b2b/scim/").map_or(exchange.url.as_str(), |(_, rest)| rest);
        let target = path.split_once('/').map_or_else(|| format!("/{path}"), |(_, rest)| format!("/{rest}"));
        match format {
            SyncFormat::Json => {
                let request = json!({ "method": exchange.method, "target": target, "body": exchange.body });
                writeln!(out, "{}", json!({ "request": request }))?;
            }
            SyncFormat::Human => {
                writeln!(out, "{} {}", exchange.method, screen::plain(&target))?;
                if let Some(body) = exchange.body.as_deref().filter(|body| !body.is_empty()) {
                    writeln!(out, "  {}", screen::plain(body))?;
                }
            }
        }
    }
    out.flush()
}

/// Awaits work and shows how many requests it has sent.
async fn watched<T>(bar: &ProgressBar, transcript: &Transcript, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    if bar.is_hidden() {
        return work.await;
    }
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = tick.tick() => bar.set_message(format!("{} requests", transcript.len())),
        }
    }
}

fn stopped(cancel: &Cancel, bar: &ProgressBar) -> Result<(), Fault> {
    if cancel.is_cancelled() {
        bar.finish_and_clear();
        return Err(Fault::aborted("stopped by Ctrl-C; what was made on the target stays there"));
    }
    Ok(())
}

/// Why nothing can be provisioned, if the test of the connection says so.
fn refused(probe: &Report, exchanges: &[Exchange]) -> Option<Fault> {
    let (record, _) = probe.failures().next()?;
    let exchange = exchanges.iter().rev().find(|exchange| record.exchanges.contains(&exchange.seq))?;
    match (exchange.failure(), exchange.status()) {
        (Some(error), _) => Some(Fault::aborted(format!(
            "the target at {} does not answer: {error}; start it, or correct --target",
            exchange.url
        ))),
        (None, Some(status @ (401 | 403))) => Some(Fault::aborted(format!(
            "the target at {} refuses the credentials ({status}); set SCIMULATE_TOKEN or [target] auth",
            exchange.url
        ))),
        _ => None,
    }
}
