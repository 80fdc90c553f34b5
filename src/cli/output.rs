//! The flags that say what is written where: shared by every command that yields verdicts.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    str::FromStr,
};

use clap::{ArgAction, Args, ValueEnum};

use super::{exit::Fault, pipe::Pipe, screen::Color};
use crate::report::{Format, Github, Human, HumanOptions, Reports, Verbosity};

/// What is written to the standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For a person.
    #[default]
    Human,
    /// One JSON document, as of `--report json=PATH`; the human report goes to stderr.
    Json,
    /// The human report with GitHub annotations; a summary is added to the job's page.
    Github,
}

/// One `--report FORMAT=PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportArg {
    /// The format.
    pub format: Format,
    /// Where it goes.
    pub path: PathBuf,
}

impl FromStr for ReportArg {
    type Err = String;

    fn from_str(text: &str) -> Result<ReportArg, String> {
        let (format, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or("write it as FORMAT=PATH, for example junit=target/junit.xml")?;
        Ok(ReportArg { format: format.parse()?, path: path.into() })
    }
}

/// The flags.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// What is written to the standard output
    #[arg(long, value_enum, default_value_t, env = "SCIMULATE_FORMAT", hide_env_values = true)]
    pub format: OutputFormat,
    /// Write a report: html, json, junit, har, markdown or matrix (repeatable)
    #[arg(long, value_name = "FORMAT=PATH")]
    pub report: Vec<ReportArg>,
    /// Say more: a line for each result, warnings and bodies in full
    #[arg(short, long, action = ArgAction::SetTrue, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Say less: findings and the summary
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub quiet: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, env = "SCIMULATE_COLOR", hide_env_values = true)]
    pub color: Color,
}

impl OutputArgs {
    /// Opens the reports, the files among them at once.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn open(&self, out: Box<dyn Write + Send>) -> Result<Reports, Fault> {
        let mut reports = Reports::new();
        for ReportArg { format, path } in &self.report {
            reports.document(*format, path)?;
        }
        match self.format {
            OutputFormat::Human => reports.stream(Human::new(out, self.human(&io::stdout()))),
            OutputFormat::Json => {
                reports.output(Format::Json, out);
                reports.stream(Human::new(io::stderr(), self.human(&io::stderr())));
            }
            OutputFormat::Github => {
                reports.stream(Human::new(out, HumanOptions { progress: false, ..self.human(&io::stdout()) }));
                reports.stream(Github::new(Pipe::new(io::stdout())));
                if let Some(summary) = std::env::var_os("GITHUB_STEP_SUMMARY").map(PathBuf::from) {
                    let file = fs::OpenOptions::new().append(true).create(true).open(&summary).map_err(|error| {
                        Fault::aborted(format!("cannot write the summary of the job to {}: {error}", summary.display()))
                    })?;
                    reports.output(Format::Markdown, Box::new(file));
                }
            }
        }
        Ok(reports)
    }

    fn human(&self, output: &impl io::IsTerminal) -> HumanOptions {
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        HumanOptions { color: self.color.on(output), ..HumanOptions::detect(verbosity, output) }
    }
}
