//! `run`: plays scenarios and checks against a target, and gates on what they find.

use std::{
    io::{self, Write},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use clap::{Args, ValueEnum};
use url::{Host, Url};

use super::{
    exit::{Exit, Fault},
    expectations::{self, Failures},
    interrupt,
    output::{OutputArgs, OutputFormat},
    pipe::Pipe,
    suggest,
    target::TargetArgs,
};
use crate::{
    idp::{Profile, ProfileError},
    provider::defect::DEFECTS,
    report::{
        Reports,
        snapshots::{Mode, Snapshots},
    },
    suite::{self, Choice, Level, Options, Plan, Shard},
    target::config,
    verdict::{Expectation, RunEvent},
};

/// The profiles that are played when none is named.
const PROFILES: [&str; 2] = ["okta", "entra-default"];

/// How strong a requirement must be for its scenarios to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LevelArg {
    /// What the RFCs demand, and the effects.
    Must,
    /// And what they recommend.
    Should,
    /// And what they permit.
    May,
}

impl From<LevelArg> for Level {
    fn from(level: LevelArg) -> Level {
        match level {
            LevelArg::Must => Level::Must,
            LevelArg::Should => Level::Should,
            LevelArg::May => Level::May,
        }
    }
}

impl From<config::Level> for LevelArg {
    fn from(level: config::Level) -> LevelArg {
        match level {
            config::Level::Must => LevelArg::Must,
            config::Level::Should => LevelArg::Should,
            config::Level::May => LevelArg::May,
        }
    }
}

/// What is done with the snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SnapshotsArg {
    /// Nothing.
    #[default]
    Off,
    /// Show what differs.
    Check,
    /// Record what is seen.
    Update,
}

/// `2/5`: the second of five parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardArg {
    index: usize,
    count: usize,
}

impl FromStr for ShardArg {
    type Err = String;

    fn from_str(text: &str) -> Result<ShardArg, String> {
        let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) => Ok(ShardArg { index, count }),
            _ => Err("write it as I/N, with I from 1 to N, for example 1/4".to_owned()),
        }
    }
}

/// `500ms`, `10s`, `2m`; a number alone is seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("write a number with ms, s, m or h, for example 10s".to_owned()),
    };
    number
        .parse::<f64>()
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * factor).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "write a number above 0 with ms, s, m or h, for example 10s".to_owned())
}

/// Requests a second, above 0.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let number: f64 = text.trim_end_matches("/s").parse().map_err(|_| "write requests a second, for example 20")?;
    if number.is_finite() && number > 0.0 { Ok(number) } else { Err("it must be above 0".to_owned()) }
}

/// Which identity providers are simulated.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Identity providers")]
pub struct ProfileArgs {
    /// IdP profile: an id, or the path of a file (repeatable; default: okta and entra-default)
    #[arg(
        long,
        short,
        value_name = "PROFILE",
        env = "SCIMULATE_PROFILE",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub profile: Vec<String>,
    /// Switch a quirk on (+ID) or off (-ID) in every chosen profile (repeatable)
    #[arg(long, value_name = "+ID|-ID", allow_hyphen_values = true)]
    pub quirk: Vec<String>,
}

impl ProfileArgs {
    /// The profiles, of the flags or else of the file or else the default ones.
    ///
    /// # Errors
    /// If there is no such profile or quirk.
    pub(super) fn load(&self, file: Option<&Vec<String>>) -> Result<Vec<Profile>, Fault> {
        let names: Vec<String> = match (self.profile.as_slice(), file) {
            ([], Some(names)) => names.clone(),
            ([], None) => PROFILES.map(str::to_owned).to_vec(),
            (names, _) => names.to_vec(),
        };
        let mut profiles = Vec::new();
        for name in names {
            let mut profile = Profile::find(&name).map_err(|error| match error {
                ProfileError::Unknown { .. } => Fault::usage(format!("{error}; `scimulate list profiles` lists them")),
                ProfileError::Read { .. } => {
                    Fault::usage(format!("{error}; name a profile file, or an id of `scimulate list profiles`"))
                }
                other => Fault::usage(other),
            })?;
            for quirk in &self.quirk {
                profile = profile
                    .with_quirk(quirk)
                    .map_err(|error| Fault::usage(format!("{error}; `scimulate list quirks` lists them")))?;
            }
            profiles.push(profile);
        }
        Ok(profiles)
    }
}

/// The flags that select and pace, shared by `run` and `prove`.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Selection and pace")]
pub struct SuiteArgs {
    /// What to play: a feature file, a @tag, a profile, or what an id begins with
    ///
    /// Several selectors add up. One that matches nothing is an error, so that a typing error cannot pass a gate.
    #[arg(value_name = "SELECTOR", help_heading = "Arguments")]
    pub selectors: Vec<String>,
    /// Lowest level to play
    #[arg(long, value_enum, env = "SCIMULATE_LEVEL", hide_env_values = true)]
    pub level: Option<LevelArg>,
    /// Scenarios side by side; 16, or 4 where the target is on this machine
    #[arg(long, value_name = "N", env = "SCIMULATE_CONCURRENCY", hide_env_values = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: Option<u16>,
    /// Longest time for one scenario
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "60s")]
    pub timeout: Duration,
    /// Most SCIM requests a second, over all scenarios
    #[arg(long, value_name = "N", value_parser = rate)]
    pub rate: Option<f64>,
    /// Seed of everything random, so that a run can be repeated
    #[arg(long, value_name = "N", env = "SCIMULATE_SEED", hide_env_values = true)]
    pub seed: Option<u64>,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scimulate run                                        the embedded provider, both default profiles
  scimulate run --target https://api.example.com/scim/v2 --profile okta
  scimulate run @effects --report html=report.html     only the effects
  scimulate run EFF-SESSIONS RFC7644-3.5.2             what begins so
  scimulate run ./mine.feature                         scenarios of your own, with the same steps
  scimulate run --defect sessions-survive-patch        how a wrong provider looks

Exit codes: 0 conforms, 1 findings, 2 wrong arguments or configuration (nothing was sent), 3
aborted, 4 nothing was exercised. Where more than one applies: 3, then 1, then 4, then 0.")]
pub struct RunCommand {
    #[command(flatten)]
    suite: SuiteArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    profiles: ProfileArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// A broken SHOULD is a failure
    #[arg(long, help_heading = "Verdicts", env = "SCIMULATE_STRICT", hide_env_values = true)]
    strict: bool,
    /// End with the first failure
    #[arg(long, help_heading = "Verdicts")]
    fail_fast: bool,
    /// Give the embedded provider this defect (repeatable; `scimulate list defects`)
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "Target")]
    defect: Vec<String>,
    /// Play one part of a run that is spread over several machines
    #[arg(long, value_name = "I/N", help_heading = "Selection and pace")]
    shard: Option<ShardArg>,
    /// Snapshots of the wire: record them, or show what differs from them (a finding)
    #[arg(long, value_enum, default_value_t, help_heading = "Verdicts")]
    snapshots: SnapshotsArg,
    /// Folder of the snapshots
    #[arg(long, value_name = "DIR", default_value = "snapshots", help_heading = "Verdicts")]
    snapshots_dir: PathBuf,
    /// Append today's failures to the configuration file as [[expect]] entries
    ///
    /// Each gets a reason to fill in. The next run reports them as known, and as fixed when they are.
    #[arg(long, help_heading = "Verdicts")]
    write_expectations: bool,
    /// Play only what writes nothing on the target
    ///
    /// No tenant is opened either, and no scenario of an identity provider is played.
    #[arg(long, help_heading = "Selection and pace")]
    read_only: bool,
    /// Play on although the target does not delete what the run makes
    ///
    /// Without it a run ends before the first scenario if the target refuses DELETE.
    #[arg(long, conflicts_with = "read_only", help_heading = "Target")]
    leave_behind: bool,
    /// Print what would be played, and send nothing
    #[arg(long, help_heading = "Selection and pace")]
    dry_run: bool,
}

impl RunCommand {
    /// Plays.
    ///
    /// # Errors
    /// If an argument or the configuration is wrong, or a report cannot be written.
    pub fn run(mut self, mut out: Box<dyn Write + Send>) -> Result<Exit, Fault> {
        let options = self.options()?;
        let plan = suite::plan(&options).map_err(|error| plan_fault(&error))?;
        if self.dry_run {
            return dry_run(&plan, &options, &mut *out);
        }
        let expectations = match &options.target {
            Choice::External(config) => expectations::file(config, self.target.config.as_ref()),
            Choice::Embedded { .. } => self.target.config.clone().unwrap_or_else(|| config::FILE.into()),
        };
        let mut reports = self.output.open(out)?;
        let differences = self.snapshots(&mut reports);
        let mut failures = Failures::default();
        let cancel = options.cancel.clone();
        let mut emit = |event: RunEvent| {
            failures.take(&event);
            reports.event(&event);
        };
        interrupt::block_on(interrupt::CLEANING, move || cancel.cancel(), suite::run(options, &mut emit))?
            .map_err(Fault::usage)?;
        let mut exit = Exit::of_run(reports.run());
        reports.finish()?;
        if differences() && exit == Exit::Conforms {
            exit = Exit::Findings;
        }
        if self.write_expectations && exit != Exit::Aborted {
            let count = failures.append(&expectations)?;
            eprintln!("{count} expectations appended to {}; give each its reason", expectations.display());
        }
        Ok(exit)
    }

    /// Adds the snapshots to the reports. What comes back says, after the run, whether they differ.
    fn snapshots(&self, reports: &mut Reports) -> Box<dyn Fn() -> bool> {
        let mode = match self.snapshots {
            SnapshotsArg::Off => return Box::new(|| false),
            SnapshotsArg::Check => Mode::Check,
            SnapshotsArg::Update => Mode::Update,
        };
        // Machine output owns stdout.
        let out: Box<dyn Write> = match self.output.format {
            OutputFormat::Json => Box::new(io::stderr()),
            OutputFormat::Human | OutputFormat::Github => Box::new(Pipe::new(io::stdout())),
        };
        let color = self.output.color.on(&io::stdout());
        let snapshots = Snapshots::new(mode, &self.snapshots_dir, out, color);
        let compared = snapshots.compared();
        reports.stream(snapshots);
        Box::new(move || mode == Mode::Check && compared().changed + compared().new > 0)
    }

    fn options(&mut self) -> Result<Options, Fault> {
        let loaded = self.target.load()?;
        let mut config = loaded.config;
        check_defects(&self.defect)?;
        if loaded.external && !self.defect.is_empty() {
            return Err(Fault::usage(
                "--defect is for the embedded provider, and the target is another server; add --target embedded",
            ));
        }
        for (format, path) in config.report.list() {
            let path = config.folder().join(path);
            let format = format.parse().map_err(Fault::usage)?;
            if !self.output.report.iter().any(|report| report.format == format) {
                self.output.report.push(super::output::ReportArg { format, path });
            }
        }
        let options = options(&self.suite, &self.profiles, &config)?;
        if self.read_only {
            // Calls that open a tenant write; without them all scenarios look at the one there is.
            config.tenant = config::TenantSection::default();
        }
        Ok(Options {
            strict: self.strict || config.run.strict.unwrap_or(false),
            shard: self.shard.map(|ShardArg { index, count }| Shard { index, count }),
            fail_fast: self.fail_fast,
            read_only: self.read_only,
            leave_behind: self.leave_behind,
            target: if loaded.external {
                Choice::External(Box::new(config))
            } else {
                Choice::Embedded { defects: self.defect.clone() }
            },
            ..options
        })
    }
}

/// The options that `run` and `prove` have in common.
pub(super) fn options(suite: &SuiteArgs, profiles: &ProfileArgs, config: &config::Config) -> Result<Options, Fault> {
    let defaults = Options::default();
    Ok(Options {
        selectors: match suite.selectors.as_slice() {
            [] => config.run.selectors.clone().unwrap_or_default(),
            selectors => selectors.to_vec(),
        },
        profiles: profiles.load(config.run.profiles.as_ref())?,
        own_profiles: (profiles.profile.is_empty() && config.run.profiles.is_none()).then(|| profiles.quirk.clone()),
        level: suite.level.or(config.run.level.map(LevelArg::from)).map_or(defaults.level, Level::from),
        concurrency: suite
            .concurrency
            .map(usize::from)
            .or(config.run.concurrency)
            .unwrap_or_else(|| if is_near(config) { NEAR } else { defaults.concurrency }),
        timeout: suite.timeout,
        rate: suite.rate.or(config.target.rate),
        seed: suite.seed.or(config.run.seed).unwrap_or(defaults.seed),
        expectations: config.expect.iter().map(expectation).collect(),
        features: Vec::<PathBuf>::new(),
        ..defaults
    })
}

/// Scenarios side by side on a target of this machine, where nobody says how many: there is no latency to hide, and a server
/// under development answers many at once more slowly than a few.
const NEAR: usize = 4;

/// Whether the target's URL names this machine. One that is a template says nothing.
fn is_near(config: &config::Config) -> bool {
    let url = config.target.url.as_deref().and_then(|url| Url::parse(url).ok());
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn expectation(expect: &config::Expect) -> Expectation {
    Expectation {
        id: expect.id.clone(),
        profile: expect.profile.clone(),
        reason: expect.reason.clone(),
        place: Some(expect.place.clone()),
    }
}

/// Every defect must exist: a mistyped one would make a wrong provider look right.
pub(super) fn check_defects(defects: &[String]) -> Result<(), Fault> {
    for id in defects {
        if !DEFECTS.iter().any(|defect| defect.id == id) {
            let hint = suggest::did_you_mean(
                id,
                DEFECTS.iter().map(|defect| defect.id),
                "`scimulate list defects` lists them",
            );
            return Err(Fault::usage(format!("there is no defect `{id}`{hint}")));
        }
    }
    Ok(())
}

/// What is wrong with a selection, with the remedy.
pub(super) fn plan_fault(error: &suite::PlanError) -> Fault {
    Fault::usage(format!("{error}; `scimulate list scenarios` and `scimulate list checks` show what there is"))
}

fn dry_run(plan: &Plan, options: &Options, out: &mut dyn Write) -> Result<Exit, Fault> {
    for item in &plan.items {
        let profile = item.profile.as_ref().map(|profile| format!(" {}", profile.id)).unwrap_or_default();
        writeln!(out, "{}{profile}  {}", item.info.id, item.info.title)?;
    }
    let target = match &options.target {
        Choice::Embedded { .. } => "the embedded provider".to_owned(),
        Choice::External(config) => config.target.url.clone().unwrap_or_default(),
    };
    writeln!(out, "\n{} scenarios would be played against {target}; nothing was sent", plan.items.len())?;
    Ok(if plan.items.is_empty() { Exit::NothingRan } else { Exit::Conforms })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only a URL that names this machine is near.
    #[test]
    fn near_targets() {
        let near = |url: &str| {
            let text = format!("[target]\nurl = \"{url}\"\n");
            is_near(&config::Config::parse(&text, "scimulate.toml").expect("a configuration"))
        };
        for url in ["http://127.0.0.1:8780/v2", "http://localhost/scim", "https://[::1]:8443/scim"] {
            assert!(near(url), "{url}");
        }
        for url in ["https://scim.example.com/v2", "http://10.0.0.1/", "http://localhost.example.com/", "{{ url }}"] {
            assert!(!near(url), "{url}");
        }
        assert!(!is_near(&config::Config::default()));
    }

    /// Times are read with their unit, and nonsense says what would be right.
    #[test]
    fn durations() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "0", "-1s", "s", "10 s", "1d", "1e400"] {
            assert!(duration(wrong).is_err_and(|error| error.contains("10s")), "{wrong}");
        }
    }

    /// Shards are counted from 1 and stay in range.
    #[test]
    fn shards() {
        assert_eq!("2/5".parse(), Ok(ShardArg { index: 2, count: 5 }));
        for wrong in ["0/5", "6/5", "5", "a/b", "1/0"] {
            assert!(wrong.parse::<ShardArg>().is_err(), "{wrong}");
        }
    }
}
