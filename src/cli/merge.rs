//! `report merge`: the JSON reports of shards become one, in any format.

use std::{fs, io::Write, path::PathBuf};

use clap::{Args, Subcommand};

use super::{
    exit::{Exit, Fault},
    output::ReportArg,
    screen::Color,
};
use crate::{
    report::{self, Human, HumanOptions, Report, Run, Verbosity},
    verdict::{Abort, RunEvent},
};

/// Work on saved reports.
#[derive(Debug, Args)]
pub struct ReportCommand {
    #[command(subcommand)]
    command: ReportSubcommand,
}

#[derive(Debug, Subcommand)]
enum ReportSubcommand {
    /// Join the JSON reports of shards, or draw one report again in another format
    Merge(Merge),
}

/// Arguments of `report merge`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scimulate report merge shard-*.json --report junit=junit.xml --report html=report.html
  scimulate report merge report.json --report markdown=summary.md
The exit code is that of the merged run.")]
struct Merge {
    /// JSON reports, written by `scimulate run --report json=PATH`
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write a report: html, json, junit, har, markdown or matrix (repeatable)
    #[arg(long, value_name = "FORMAT=PATH")]
    report: Vec<ReportArg>,
    /// When to use colour
    #[arg(long, value_enum, default_value_t)]
    color: Color,
}

impl ReportCommand {
    /// Merges.
    ///
    /// # Errors
    /// If a file cannot be read, is no report, or is of another target; if a report cannot be written.
    pub fn run(self, out: Box<dyn Write + Send>) -> Result<Exit, Fault> {
        let ReportSubcommand::Merge(merge) = self.command;
        let mut runs = Vec::new();
        for path in merge.files {
            let bytes = fs::read(&path).map_err(|error| {
                Fault::usage(format!("cannot read {}: {error}; name a JSON report", path.display()))
            })?;
            let run = report::read(&bytes).map_err(|error| Fault::usage(format!("{}: {error}", path.display())))?;
            runs.push((path, run));
        }
        let run = report::merge(runs)?;
        let options = HumanOptions {
            color: merge.color.on(&std::io::stdout()),
            progress: false,
            ..HumanOptions::detect(Verbosity::Normal, &std::io::stdout())
        };
        let exit = Exit::of_run(&run);
        let events = events(run);
        let mut human = Box::new(Human::new(out, options));
        let mut reports = report::Reports::new();
        for ReportArg { format, path } in &merge.report {
            reports.document(*format, path)?;
        }
        for event in &events {
            human.event(event)?;
            reports.event(event);
        }
        human.finish()?;
        reports.finish()?;
        Ok(exit)
    }
}

/// The events of a run, so that a saved one goes the same way as one that is just played.
fn events(run: Run) -> Vec<RunEvent> {
    let mut events: Vec<RunEvent> = run.info.map(RunEvent::Started).into_iter().collect();
    events.extend(run.results.into_iter().map(|result| RunEvent::Result(Box::new(result))));
    events.push(match run.abort {
        Some(abort) => RunEvent::Aborted(Abort { leftovers: run.leftovers, ..abort }),
        None => RunEvent::Finished { summary: run.summary, duration: run.duration, leftovers: run.leftovers },
    });
    events
}
