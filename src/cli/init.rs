//! `init`: a commented configuration, and with `--github` a workflow, to begin with.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use super::exit::{Exit, Fault};
use crate::target::Config;

/// Where GitHub looks for workflows.
const WORKFLOW: &str = ".github/workflows/scimulate.yml";

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
The configuration is written with every key commented out, so it changes nothing until you fill
it in. A file that exists already is left alone.")]
pub struct Init {
    /// The folder to write into
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Also write .github/workflows/scimulate.yml
    #[arg(long)]
    github: bool,
    /// Write over files that exist
    #[arg(long)]
    force: bool,
}

impl Init {
    /// Writes the files.
    ///
    /// # Errors
    /// If one exists already, or cannot be written. Nothing is written then.
    pub fn run(self, out: &mut dyn Write) -> Result<Exit, Fault> {
        let mut files = vec![(self.dir.join(crate::target::config::FILE), Config::template())];
        if self.github {
            files.push((self.dir.join(WORKFLOW), include_str!("templates/workflow.yml")));
        }
        if let Some((path, _)) = files.iter().find(|(path, _)| path.exists() && !self.force) {
            let path = path.display();
            return Err(Fault::usage(format!("{path} exists already; edit it, or write over it with --force")));
        }
        for (path, text) in &files {
            write_file(path, text).map_err(|error| {
                Fault::usage(format!(
                    "cannot write {}: {error}; give a folder that this user may write",
                    path.display()
                ))
            })?;
            writeln!(out, "wrote {}", path.display())?;
        }
        writeln!(out, "\nNext: set [target] url and auth, then")?;
        writeln!(out, "  scimulate run --dry-run     what would be played")?;
        writeln!(out, "  scimulate run               play it")?;
        Ok(Exit::Conforms)
    }
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}
