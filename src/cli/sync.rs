//! `sync`: a directory file provisioned to a target, cycle by cycle, as one identity provider would. It asserts nothing:
//! it shows what the IdP does, in the IdP's own words.
//!
//! *file → users and groups → changes → cycles of the IdP → moves → provisioning log.*

use std::{
    collections::BTreeMap,
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    exit::{Exit, Fault},
    interrupt,
    run::{ProfileArgs, rate},
    screen::{self, Color},
    target::TargetArgs,
};
use crate::{
    idp::{Change, Group, Idp, MoveRecord, MoveResult, Report, User},
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

Without --target it goes to the embedded provider. What it makes on a target stays there.
Exit code 1 if a move failed, 3 if the target could not be reached or let nobody in.")]
pub struct Sync {
    /// The directory file
    file: PathBuf,
    /// Lines or JSON
    #[arg(long, value_enum, default_value_t)]
    format: SyncFormat,
    /// Print each request and response below its move
    #[arg(short, long)]
    verbose: bool,
    /// Most requests a second
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,
    /// Seed of ids and passwords, so that a run can be repeated
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

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Directory {
    users: Vec<User>,
    groups: Vec<Group>,
    cycles: Vec<Vec<Change>>,
}

impl Directory {
    fn read(path: &Path) -> Result<Directory, Fault> {
        let place = path.display();
        let text = fs::read_to_string(path)
            .map_err(|error| Fault::usage(format!("cannot read {place}: {error}; name a directory file")))?;
        let toml = path.extension().is_some_and(|extension| extension == "toml");
        let parsed = if toml {
            toml::from_str(&text).map_err(|error| error.to_string().trim_end().replace('\n', " "))
        } else {
            serde_json::from_str(&text).map_err(|error| error.to_string())
        };
        parsed.map_err(|error| {
            Fault::usage(format!("{place} is not a directory file: {error}; `scimulate sync --help` shows one"))
        })
    }

    /// The changes of each cycle, the first of which fills the directory.
    fn into_cycles(self) -> Vec<Vec<Change>> {
        let mut first: Vec<Change> = self.users.iter().cloned().map(Change::AddUser).collect();
        first.extend(self.groups.iter().cloned().map(Change::AddGroup));
        first.extend(self.users.into_iter().map(|user| Change::AssignUser { key: user.key }));
        first.extend(self.groups.into_iter().map(|group| Change::PushGroup { key: group.key }));
        let mut cycles = vec![first];
        cycles.extend(self.cycles);
        cycles
    }
}

impl Sync {
    /// Provisions.
    ///
    /// # Errors
    /// If an argument or a file is wrong, or the target cannot be reached.
    pub fn run(mut self, out: &mut dyn Write) -> Result<Exit, Fault> {
        let cycles = Directory::read(&self.file)?.into_cycles();
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
            let running = if loaded.external {
                None
            } else {
                Some(app::start(app::Options::default()).await.map_err(Fault::aborted)?)
            };
            if let Some(running) = &running {
                config = Config::embedded(&running.api_base_url(), &running.project_id(), &running.project_secret())
                    .map_err(Fault::aborted)?;
            }
            let http = Http::new(&config.http_options().map_err(Fault::usage)?).map_err(Fault::usage)?;
            let target = Target::new(config, http).map_err(Fault::usage)?;
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

    async fn play(
        &self,
        mut idp: Idp,
        cycles: Vec<Vec<Change>>,
        transcript: &Transcript,
        cancel: &Cancel,
        out: &mut dyn Write,
    ) -> Result<Exit, Fault> {
        let probe = idp.test_connection().await;
        if let Some(fault) = refused(&probe, &transcript.exchanges()) {
            return Err(fault);
        }
        let bar = self.bar(cycles.len());
        let mut log = Log::default();
        self.write(out, &bar, &mut log, 0, &probe, transcript)?;
        for (number, changes) in cycles.into_iter().enumerate() {
            for change in changes {
                idp.change(change).map_err(|error| {
                    let when =
                        if number == 0 { "users and groups".to_owned() } else { format!("cycles[{}]", number - 1) };
                    Fault::usage(format!("{}: {when}: {error}", self.file.display()))
                })?;
            }
            let report = idp.settle().await;
            self.write(out, &bar, &mut log, number + 1, &report, transcript)?;
            bar.inc(1);
            if cancel.is_cancelled() {
                bar.finish_and_clear();
                return Err(Fault::aborted("stopped by Ctrl-C; what was made on the target stays there"));
            }
        }
        bar.finish_and_clear();
        if self.format == SyncFormat::Human {
            writeln!(out, "\n{}", log.summary(transcript.len()))?;
        }
        Ok(if log.failed > 0 { Exit::Findings } else { Exit::Conforms })
    }

    fn bar(&self, cycles: usize) -> ProgressBar {
        let terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
        let target = if terminal && self.format == SyncFormat::Human && std::env::var_os("CI").is_none() {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(cycles as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} cycle {pos}/{len} [{elapsed}]") {
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
        let exchanges = transcript.exchanges();
        bar.suspend(|| {
            for record in &report.moves {
                log.count(record);
                match self.format {
                    SyncFormat::Json => writeln!(out, "{}", machine(cycle, record, &exchanges))?,
                    SyncFormat::Human => self.line(out, cycle, record, &exchanges)?,
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
            for exchange in exchanges.iter().filter(|exchange| record.exchanges.contains(&exchange.seq)) {
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
    let requests =
        exchanges.iter().filter(|exchange| record.exchanges.contains(&exchange.seq)).map(Exchange::line).collect();
    serde_json::to_string(&Line { cycle, record, requests }).unwrap_or_default()
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
