//! The flags that name the target, laid over the configuration file: command line, then `SCIMULATE_*`, then file, then
//! default.

use std::path::PathBuf;

use clap::Args;

use super::exit::Fault;
use crate::target::{Config, config::AuthConfig};

/// The word for the reference provider inside this program.
const EMBEDDED: &str = "embedded";

/// The variable that carries `--token` into the template of the credentials.
const TOKEN: &str = "cli_token";

/// The flags.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// SCIM base URL of the system under test, or `embedded` for the reference provider in this program
    ///
    /// The base URL is what stands before /Users. Without this flag, SCIMULATE_TARGET and [target] url of the
    /// configuration file, the embedded provider is the target.
    #[arg(long, value_name = "URL", env = "SCIMULATE_TARGET", hide_env_values = true)]
    pub target: Option<String>,
    /// Bearer token of the target
    ///
    /// Prefer SCIMULATE_TOKEN: a flag can be read by every user of the machine.
    #[arg(long, value_name = "TOKEN", env = "SCIMULATE_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Configuration file; otherwise scimulate.toml here or above, up to the root of the repository
    #[arg(long, value_name = "FILE", env = "SCIMULATE_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
}

/// The configuration in force.
pub(super) struct Loaded {
    /// The file with the flags laid over it; the defaults without a file.
    pub config: Config,
    /// Whether the target is outside this program.
    pub external: bool,
}

impl TargetArgs {
    /// Reads the file and lays the flags over it.
    ///
    /// # Errors
    /// If the file is wrong, or the flags contradict each other.
    pub(super) fn load(&self) -> Result<Loaded, Fault> {
        let found = match &self.config {
            Some(file) => Some(Config::read(file).map_err(Fault::usage)?),
            None => {
                let here = std::env::current_dir()
                    .map_err(|error| Fault::usage(format!("cannot tell the working directory: {error}")))?;
                Config::find(&here).map_err(Fault::usage)?
            }
        };
        let mut config = found.unwrap_or_default();
        if let Some(target) = self.target.as_deref().filter(|target| *target != EMBEDDED) {
            check_url(target)?;
            config.target.url = Some(target.trim_end_matches('/').to_owned());
        }
        let external = self.target.as_deref() != Some(EMBEDDED) && config.target.url.is_some();
        if let Some(token) = &self.token {
            if !external {
                return Err(Fault::usage(
                    "--token is for a target of your own, and the target is the embedded provider; add --target URL",
                ));
            }
            config.variables.insert(TOKEN.to_owned(), token.clone());
            config.target.auth = Some(AuthConfig::Bearer(format!("{{{{ {TOKEN} }}}}")));
        }
        Ok(Loaded { config, external })
    }
}

/// The URL must be one that requests can be sent below.
fn check_url(text: &str) -> Result<(), Fault> {
    let wrong = |why: String| {
        Fault::usage(format!("--target {text}: {why}; give the SCIM base URL, such as https://api.example.com/scim/v2"))
    };
    let url = url::Url::parse(text).map_err(|error| wrong(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!("`{}` is not a scheme that is spoken here", url.scheme())));
    }
    if url.host().is_none() {
        return Err(wrong("it names no host".to_owned()));
    }
    Ok(())
}
