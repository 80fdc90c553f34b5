//! `completions` and `man`: what a package installs beside the program. Both are made from the same definition as the
//! help texts.

use std::{fs, io::Write, path::PathBuf};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{
    Cli,
    exit::{Exit, Fault},
};

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scimulate completions bash > ~/.local/share/bash-completion/completions/scimulate
  scimulate completions zsh  > \"${fpath[1]}/_scimulate\"
  scimulate completions fish > ~/.config/fish/completions/scimulate.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Writes the script.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn run(self, out: &mut dyn Write) -> Result<Exit, Fault> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "scimulate", &mut script);
        out.write_all(&script)?;
        Ok(Exit::Conforms)
    }
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The folder for the pages: scimulate.1, scimulate-run.1, …
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl Man {
    /// Writes one page a command.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn run(self, out: &mut dyn Write) -> Result<Exit, Fault> {
        fs::create_dir_all(&self.dir)
            .and_then(|()| clap_mangen::generate_to(Cli::command(), &self.dir))
            .map_err(|error| Fault::usage(format!("cannot write manual pages to {}: {error}", self.dir.display())))?;
        writeln!(out, "wrote the manual pages to {}", self.dir.display())?;
        Ok(Exit::Conforms)
    }
}
