//! The configuration, `scimulate.toml`: what a team writes down about its own target.
//!
//! Text → TOML with the place of every key → `${ENV}` filled in → typed sections → validated. Whatever is wrong with it is
//! said before anything is sent, with file, line, key path and remedy ([`ConfigError`]). The command line and
//! `SCIMULATE_*` are laid over it by the command-line room; the fields are public for that.

mod calls;
mod duration;
mod environment;
mod error;
mod index;
mod model;
mod validate;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml::de::DeTable;

pub use calls::{Call, Calls, Capture, Place};
pub use error::ConfigError;
pub use model::{
    Act, ApiSection, AuthConfig, CapabilityOverride, EventMapping, Expect, Level, MemberObserver, Observe, Reports,
    RolesObserver, Run, Scheme, SecurityEventsObserver, SessionObserver, SignatureSection, TargetSection,
    TenantSection, Tls, WebhookSection,
};

use crate::wire::{HttpOptions, Secret};
use index::Index;

/// The name of the file.
pub const FILE: &str = "scimulate.toml";

const TEMPLATE: &str = include_str!("../../../fixtures/config/scimulate.toml");
const EMBEDDED: &str = include_str!("../../../fixtures/config/embedded.toml");

/// The whole configuration. [`Config::default`] is an empty file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where SCIM is served.
    pub target: TargetSection,
    /// Variables for templates, besides those that calls capture.
    pub variables: BTreeMap<String, String>,
    /// What the calls have in common.
    pub api: ApiSection,
    /// Defaults of `scimulate run`.
    pub run: Run,
    /// How a scenario gets a tenant of its own.
    pub tenant: TenantSection,
    /// How effects are seen.
    pub observe: Observe,
    /// What scenarios do on the target's other side.
    pub act: Act,
    /// Report files.
    pub report: Reports,
    /// Known deviations.
    pub expect: Vec<Expect>,
    #[serde(skip)]
    index: Index,
    #[serde(skip)]
    folder: PathBuf,
    #[serde(skip)]
    secrets: Vec<Secret>,
}

impl PartialEq for Config {
    /// Compares what the files say, not where they say it.
    fn eq(&self, other: &Config) -> bool {
        let places = |config: &Config| {
            config.expect.iter().map(|e| (e.id.clone(), e.profile.clone(), e.reason.clone())).collect::<Vec<_>>()
        };
        self.target == other.target
            && self.variables == other.variables
            && self.api == other.api
            && self.run == other.run
            && self.tenant == other.tenant
            && self.observe == other.observe
            && self.act == other.act
            && self.report == other.report
            && places(self) == places(other)
    }
}

impl Config {
    /// The configuration that is in force in `folder`: `scimulate.toml` there, or in the nearest folder above up to the root
    /// of the repository (the folder with `.git`). Outside a repository only `folder` itself is looked at.
    ///
    /// # Errors
    /// If the file cannot be read or is wrong.
    pub fn find(folder: &Path) -> Result<Option<Config>, ConfigError> {
        let root = folder.ancestors().find(|above| above.join(".git").exists()).unwrap_or(folder);
        for above in folder.ancestors() {
            let file = above.join(FILE);
            if file.try_exists().unwrap_or(true) {
                return Config::read(&file).map(Some);
            }
            if above == root {
                break;
            }
        }
        Ok(None)
    }

    /// Reads one file. Errors name it relative to the working directory where it stands below that.
    ///
    /// # Errors
    /// If the file cannot be read or is wrong.
    pub fn read(file: &Path) -> Result<Config, ConfigError> {
        let shown = std::env::current_dir().ok().and_then(|here| file.strip_prefix(here).ok().map(Path::to_owned));
        let shown = shown.as_deref().unwrap_or(file).display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| ConfigError {
            place: shown.clone(),
            key: None,
            problem: format!("cannot be read: {error}"),
            remedy: "make it a readable UTF-8 file, or remove it (`scimulate init` writes one)".to_owned(),
        })?;
        let mut config = Config::parse(&text, &shown)?;
        config.folder = file.parent().map(Path::to_owned).unwrap_or_default();
        Ok(config)
    }

    /// Parses the text of a file. `place` is its name in errors.
    ///
    /// # Errors
    /// If it is not TOML, has unknown or wrong keys, or names an environment variable that is not set.
    pub fn parse(text: &str, place: &str) -> Result<Config, ConfigError> {
        Config::parse_in(text, place, &|name| std::env::var(name).ok())
    }

    /// As [`Config::parse`], with the environment as a function.
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub fn parse_in(
        text: &str,
        place: &str,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Config, ConfigError> {
        let mut index = Index::new(place, text);
        let mut document = DeTable::parse(text).map_err(|error| error::from_toml(&error, &index))?;
        index.read(document.get_ref());
        let secrets = environment::fill_in(document.get_mut(), &index, environment)?;
        let mut config = Config::deserialize(toml::de::Deserializer::from(document))
            .map_err(|error| error::from_toml(&error, &index))?;
        for (n, expect) in config.expect.iter_mut().enumerate() {
            expect.place = index.place_of(&format!("expect[{n}]"));
        }
        config.index = index;
        config.secrets = secrets;
        config.validate()?;
        Ok(config)
    }

    /// A commented `scimulate.toml` that says nothing: it parses and equals [`Config::default`].
    pub fn template() -> &'static str {
        TEMPLATE
    }

    /// The embedded reference provider as a target, in the format that a user writes (`fixtures/config/embedded.toml`).
    pub fn embedded(api_base_url: &str, project_id: &str, project_secret: &str) -> Result<Config, ConfigError> {
        let mut config = Config::parse(EMBEDDED, "fixtures/config/embedded.toml")?;
        for (name, value) in
            [("api_base_url", api_base_url), ("project_id", project_id), ("project_secret", project_secret)]
        {
            config.variables.insert(name.to_owned(), value.to_owned());
        }
        config.secrets.push(Secret::new(project_secret));
        Ok(config)
    }

    /// The values that came from the environment and must not be shown.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// The folder of the file; commands run in it. Empty if the configuration was not read from a file.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the HTTP pool of the run needs from here: certificates and rate.
    ///
    /// # Errors
    /// If the certificate file cannot be read.
    pub fn http_options(&self) -> Result<HttpOptions, ConfigError> {
        let extra_ca_pem = match &self.target.tls.ca_file {
            Some(file) => Some(std::fs::read(self.folder.join(file)).map_err(|error| {
                self.wrong(
                    "target.tls.ca_file",
                    format!("`{}` cannot be read: {error}", file.display()),
                    "give the path of a PEM file, relative to the configuration file",
                )
            })?),
            None => None,
        };
        Ok(HttpOptions {
            extra_ca_pem,
            accept_invalid_certs: self.target.tls.accept_invalid_certs,
            rate: self.target.rate,
            ..HttpOptions::default()
        })
    }

    /// An error about one key.
    pub(super) fn wrong(&self, key: &str, problem: impl Into<String>, remedy: impl Into<String>) -> ConfigError {
        let place = self.place_of(key);
        ConfigError { place, key: Some(key.to_owned()), problem: problem.into(), remedy: remedy.into() }
    }

    /// The key path of one call of a list: a list of one that was written as a table has no index.
    pub(super) fn call_key(&self, key: &str, calls: &Calls, n: usize) -> String {
        let table = calls.0.len() == 1 && self.index.place_of_exact(&format!("{key}[0]")).is_none();
        if table { key.to_owned() } else { format!("{key}[{n}]") }
    }

    /// File and line of a key path.
    pub(super) fn place_of(&self, key: &str) -> String {
        let place = self.index.place_of(key);
        if place.is_empty() { "command line".to_owned() } else { place }
    }
}
