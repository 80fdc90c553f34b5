//! The command line: one file a command. The only room that knows arguments, exit codes and the terminal.
//!
//! ```text
//! arguments ──clap──> Command ──run──> Exit, or a Fault (message and Exit) ──> exit code
//! ```
//!
//! A command writes what it was asked for to the output that it is handed, and everything else to stderr.

mod completions;
mod exit;
mod expectations;
mod explain;
mod init;
mod interrupt;
mod judge;
mod list;
mod merge;
mod output;
mod pipe;
mod prove;
mod registry;
mod run;
mod screen;
mod seed;
mod serve;
mod suggest;
mod sync;
mod tables;
mod target;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

pub use exit::{Exit, Fault};
pub use tables::{TABLES, Table};

/// Finds out whether a SCIM endpoint survives Okta and Microsoft Entra: sessions, roles and webhooks included.
#[derive(Debug, Parser)]
#[command(name = "scimulate", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_long_help = "\
Begin with `scimulate run`: it plays everything against the reference provider inside this
program. Then point it at your own server: `scimulate run --target URL` with SCIMULATE_TOKEN
set, and `scimulate init` for the rest.

Exit codes: 0 conforms, 1 findings, 2 wrong arguments or configuration (nothing was sent), 3
aborted, 4 nothing was exercised.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play scenarios and checks against a target, and report what they find
    Run(Box<run::RunCommand>),
    /// Start the reference provider: a complete B2B SCIM service
    Serve(serve::Serve),
    /// Provision a target from a directory file as one identity provider would; asserts nothing
    Sync(sync::Sync),
    /// Judge a recording (HAR, report or transcript) with the passive checks; sends nothing
    Judge(judge::Judge),
    /// Show that the suite catches every defect that the reference provider can be told to have
    Prove(prove::Prove),
    /// List requirements, scenarios, checks, profiles, quirks, defects or steps
    List(list::List),
    /// Explain an id: what it means, where it comes from, and how to see it
    Explain(explain::Explain),
    /// Write a commented configuration file, and with --github a workflow
    Init(init::Init),
    /// Work on saved reports
    Report(merge::ReportCommand),
    /// Write the completion script of a shell
    Completions(completions::Completions),
    /// Write the manual pages
    Man(completions::Man),
}

/// Parses the process's arguments, runs the command, and returns its exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // Locked only for each write: progress and reports share the terminal.
    let mut out: Box<dyn Write + Send> = Box::new(pipe::Pipe::new(io::stdout()));
    let done = match cli.command {
        Command::Run(command) => command.run(out),
        Command::Serve(command) => command.run(&mut *out),
        Command::Sync(command) => command.run(&mut *out),
        Command::Judge(command) => command.run(out),
        Command::Prove(command) => command.run(&mut *out),
        Command::List(command) => command.run(&mut *out),
        Command::Explain(command) => command.run(&mut *out),
        Command::Init(command) => command.run(&mut *out),
        Command::Report(command) => command.run(out),
        Command::Completions(command) => command.run(&mut *out),
        Command::Man(command) => command.run(&mut *out),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(fault) => {
            eprintln!("error: {fault}");
            fault.exit().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// The definition of the arguments is sound: clap finds clashes only when it is asked.
    #[test]
    fn arguments_are_sound() {
        Cli::command().debug_assert();
    }
}
