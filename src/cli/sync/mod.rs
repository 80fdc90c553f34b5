//! `sync`: a directory provisioned to a target, cycle by cycle, as one identity provider would; at the end the target is
//! read back and held against the directory.
//!
//! *file or seed → users and groups → changes → cycles of the IdP → moves → provisioning log → comparison → drift.* With
//! `--state` the links and what is pending are kept in a file, and the next run only plays what is new.

mod log;
mod plan;
mod play;
mod source;
mod state;

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    path::PathBuf,
};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    exit::{Exit, Fault},
    interrupt,
    run::{ProfileArgs, rate},
    screen::Color,
    target::TargetArgs,
};
use crate::{
    idp::{Halt, Idp, Profile, profile::Kind},
    provider::app,
    target::{Config, Target},
    wire::{Http, Transcript},
};
use log::{Log, Manner};
use plan::{Earlier, Progress, Step};
use play::Play;
use source::{Feed, Source};
use state::{Keeper, Kept, Late};

/// How the provisioning log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SyncFormat {
    /// A line a move, as it happens.
    #[default]
    Human,
    /// A table a cycle, with the code and the reason of each move.
    Table,
    /// A JSON object a move, one a line.
    Json,
}

/// What an administrator restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Restart {
    /// The cycles: everything is visited anew, under the ids that are known.
    KeepLinks,
    /// The links as well: everything is matched anew.
    ForgetLinks,
}

/// What the first Ctrl-C says.
const STOPPING: &str =
    "stopping after the request that is under way; what was made on the target stays there (again to end at once)";

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// When nothing is pending. What failed in a cycle has then come again and gone through, or was given up; a task of
    /// Okta's that failed is tried again with --retry-failed only.
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

Groups may hold groups. A member `scope` with a rule such as department eq \"Sales\" leaves out
whom it does not describe. Or CSV, a person a line; `groups` holds names, separated by semicolons:

  userName,givenName,familyName,mail,groups
  ada@example.com,Ada,Lovelace,ada@example.com,Engineering;Research

A change feed holds a change a line, as in `cycles`; an empty line ends a cycle:

  {\"unassign-user\": {\"key\": \"ada\"}}

At the end the target is read back and compared with the directory: attributes that the profile
maps, active, managers, names and members of groups. Without --target it goes to the embedded
provider. What it makes on a target stays there.

With --state the links to the target's objects and everything that is pending are kept in a file,
also after Ctrl-C, when the target goes away, or when the run is killed: every new link is in the
file at once, and the next run goes through the broken cycle again under the ids that it knows.
The next run with that file is incremental: the same FILE goes on where it stopped, an edited one
is compared with the directory remembered (who is missing is deleted), and a change feed is read
from where it was read to. The file belongs to one target, one profile and one directory.
Passwords and tokens are not in it.

Okta does not try a failed task again by itself; --retry-failed does what its administrator does
on the Tasks page: retry all, push failed groups whole, and close accounts that were left behind.

Exit code 0 if the target holds what the directory says, 1 if it does not, 2 if an argument or a
file is wrong, 3 if the target could not be reached, let nobody in or could not be read back.

Examples:
  scimulate sync people.csv --profile entra-default --target https://scim.example/v2
  scimulate sync --people 5000 --groups 200 --change-feed changes.jsonl --until idle
  scimulate sync people.json --profile okta --dry-run
  scimulate sync people.csv --profile okta --target URL --state okta.json --retry-failed")]
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
    /// Keep links and pending work in this file, and begin with what it holds
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    state: Option<PathBuf>,
    /// Restart the job that the state remembers, as Entra's administrator does
    #[arg(long, value_enum, value_name = "LINKS", requires = "state")]
    restart: Option<Restart>,
    /// Have failed tasks tried again, as Okta's administrator does, until that helps no more
    #[arg(long)]
    retry_failed: bool,
    /// Print the requests instead: a fresh embedded provider answers them, and nothing reaches the target
    #[arg(long)]
    dry_run: bool,
    /// Lines, tables or JSON
    #[arg(long, value_enum, default_value_t)]
    format: SyncFormat,
    /// Print each request and response below its move
    #[arg(short, long)]
    verbose: bool,
    /// Most requests a second
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,
    /// Users, or groups, worked on side by side
    ///
    /// How many the real services have under way at a time is not published: one after the other is what is known, and
    /// more is for long directories. What belongs to one user or group keeps its order.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
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
        let source = match (&self.file, self.people) {
            (Some(file), _) => Source::read(file)?,
            (None, people) => Source::generated(people.unwrap_or_default(), self.groups, self.seed),
        };
        let feed = self.change_feed.as_deref().map(Feed::read).transpose()?;
        let loaded = self.target.load()?;
        let mut config = loaded.config;
        let profile = self.profile(&config)?;
        if self.state.is_some() && !loaded.external {
            return Err(Fault::usage(
                "--state needs a --target of yours: the embedded provider forgets everything when the run ends",
            ));
        }
        if self.restart.is_some() && profile.kind != Kind::Entra {
            return Err(Fault::usage(format!(
                "--restart is for profiles with cycles, and {} has tasks; put {{\"force-sync\": null}} into a \
                 --change-feed, or delete the state to begin anew",
                profile.id
            )));
        }
        let kept = self.state.as_deref().map(Kept::read).transpose()?.flatten();
        let steps = self.steps(source, feed, kept.as_ref())?;
        let rate = self.rate.or(config.target.rate);
        let halt = Halt::new();
        let stop = halt.clone();
        interrupt::block_on(STOPPING, move || stop.stop(), async {
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
            config.target.rate = rate;
            let done = self.provision(config, profile, kept, steps, halt, out).await;
            if let Some(running) = running {
                running.shutdown().await;
            }
            done
        })?
    }

    /// The one profile that is meant.
    fn profile(&mut self, config: &Config) -> Result<Profile, Fault> {
        if self.profiles.profile.is_empty() && config.run.profiles.is_none() {
            self.profiles.profile.push("okta".to_owned());
        }
        let mut profiles = self.profiles.load(config.run.profiles.as_ref())?;
        if profiles.len() > 1 {
            return Err(Fault::usage("sync is one identity provider at a time; name one --profile"));
        }
        profiles.pop().ok_or_else(|| Fault::usage("no profile is configured; name one with --profile"))
    }

    fn steps(&self, source: Source, feed: Option<Feed>, kept: Option<&Kept>) -> Result<Vec<Step>, Fault> {
        let earlier = kept.zip(self.state.as_deref()).map(|(kept, file)| Earlier {
            progress: &kept.progress,
            directory: kept.idp.directory(),
            unfinished: kept.idp.is_unfinished(),
            file,
        });
        plan::steps(source, feed, earlier.as_ref())
    }

    async fn provision(
        &self,
        config: Config,
        profile: Profile,
        kept: Option<Kept>,
        steps: Vec<Step>,
        halt: Halt,
        out: &mut dyn Write,
    ) -> Result<Exit, Fault> {
        let http = Http::new(&config.http_options().map_err(Fault::usage)?).map_err(Fault::usage)?;
        let target = Target::new(config, http).map_err(Fault::usage)?.with_variables(profile.variables());
        let transcript = Transcript::new();
        let tenant = target.open_tenant("sync", &transcript).await.map_err(Fault::aborted)?;
        let scim = tenant.scim();
        let place = scim.endpoint().base_url.split('?').next().unwrap_or_default().to_owned();
        let (tell, journal) = tokio::sync::mpsc::unbounded_channel();
        let mut idp = Idp::new(profile, scim, self.seed)
            .halting(halt.clone())
            .journaling(tell)
            .side_by_side(self.concurrency.into());
        let (mut made, mut late) = (BTreeMap::new(), BTreeMap::new());
        if let (Some(kept), Some(file)) = (kept, &self.state) {
            kept.check_target(file, &place)?;
            idp = idp
                .remembering(kept.idp)
                .map_err(|error| Fault::usage(format!("{}: {error}; name another --state for it", file.display())))?;
            made = kept.made;
            for Late { object, id } in kept.late {
                match id {
                    Some(id) => {
                        made.insert(id.clone(), object.clone());
                        late.insert(object, id);
                    }
                    None => drop(late.remove(&object)),
                }
            }
            idp.relink(&mut late);
        }
        if let Some(restart) = self.restart {
            idp.restart(restart == Restart::ForgetLinks);
        }
        let manner = Manner {
            format: self.format,
            verbose: self.verbose,
            dry_run: self.dry_run,
            color: self.color.on(&io::stdout()),
        };
        if !manner.shows_exchanges() {
            transcript.close();
        }
        let play = Play {
            sync: self,
            idp,
            journal,
            log: Log::new(out, transcript.clone(), &manner),
            bar: self.bar(steps.len()),
            transcript,
            halt,
            keeper: self.state.clone().map(Keeper::new),
            target: place,
            progress: Progress::default(),
            made,
            late,
            unanswered: 0,
        };
        play.run(steps).await
    }

    fn bar(&self, cycles: usize) -> ProgressBar {
        let terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
        let target = if terminal && self.format != SyncFormat::Json && std::env::var_os("CI").is_none() {
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
}
