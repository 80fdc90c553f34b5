//! `serve`: the reference provider, until Ctrl-C.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, ValueEnum};
use serde_json::json;
use tracing_subscriber::EnvFilter;

use super::{
    exit::{Exit, Fault},
    interrupt, run, seed,
};
use crate::{
    provider::{
        app::{self, Bootstrap, Options, Running, Seed, Seeded},
        store::{self, Reset},
    },
    scim::schema::Registry,
};

/// What a PATCH is answered with (RFC 7644 section 3.5.2 allows both).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PatchArg {
    /// 200 with the resource.
    #[default]
    #[value(name = "200")]
    Resource,
    /// 204 without a body.
    #[value(name = "204")]
    NoContent,
}

/// How the addresses and credentials are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ServeFormat {
    /// For a person.
    #[default]
    Human,
    /// One line of JSON; logs go to stderr as JSON lines.
    Json,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
When it is ready it prints where it is and what lets a client in: an organization with a SCIM
connection is there from the start. `--format json` prints one line with scim_base_url,
scim_token, api_base_url, project_id, project_secret, organization_id and connection_id;
everything later goes to stderr. SCIMULATE_LOG sets the level of the logs (debug, info, warn);
on info each request is a line with its id, route, status, duration, organization and connection.

Examples:
  scimulate serve --listen 127.0.0.1:8080 --data scim.sqlite
  scimulate serve --format json | head -1 | jq -r .scim_token
  scimulate serve --defect delete-leaves-member-active
  scimulate serve --schema printer.json
  scimulate serve --data scim.sqlite --reset --seed seed.toml

A file for --seed holds organizations, connections, members, groups, roles, sessions, webhook
endpoints and machine clients; fixtures/config/seed.toml in the repository shows all of it. An
organization that is there already, by its slug, is left as it is. `${NAME}` becomes an
environment variable.

A file for --schema holds Schema and ResourceType objects as /Schemas and /ResourceTypes show
them, one or a list. A new ResourceType is served at its endpoint like Users and Groups; one named
User or Group gives that type its schemaExtensions.")]
pub struct Serve {
    /// Address; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", env = "SCIMULATE_LISTEN", hide_env_values = true)]
    listen: SocketAddr,
    /// SQLite file to keep everything in; in memory if absent
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Empty the data file first; a file that is not scimulate's is never touched
    #[arg(long, requires = "data")]
    reset: bool,
    /// TOML or JSON file of what is to be there from the start
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Have this defect (repeatable; `scimulate list defects`)
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    defect: Vec<String>,
    /// Status of a successful PATCH
    #[arg(long, value_enum, default_value_t, value_name = "STATUS")]
    patch_response: PatchArg,
    /// Refuse what the RFCs do not allow but identity providers send (`scimulate list leniencies`)
    #[arg(long)]
    strict_rfc: bool,
    /// Most SCIM requests a second of one connection; more are answered 429 with Retry-After
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Most calls of the management API a second; more are answered 429 with Retry-After
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    api_rate: Option<u32>,
    /// Seconds that a stop lets requests be answered, and then webhooks and security events that are due be sent
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    drain: u16,
    /// JSON file of schemas and resource types to serve beside User and Group (repeatable)
    #[arg(long, value_name = "FILE")]
    schema: Vec<PathBuf>,
    /// How addresses and credentials are printed
    #[arg(long, value_enum, default_value_t)]
    format: ServeFormat,
    /// How logs are written; as `--format` if absent
    #[arg(long, value_enum, value_name = "FORMAT")]
    log_format: Option<ServeFormat>,
}

impl Serve {
    /// Serves until Ctrl-C.
    ///
    /// # Errors
    /// If the address or the data file cannot be used.
    pub fn run(self, out: &mut dyn Write) -> Result<Exit, Fault> {
        run::check_defects(&self.defect)?;
        let registry = registry(&self.schema)?;
        let seed = self.seed.as_deref().map(seed::read).transpose()?;
        log(self.log_format.unwrap_or(self.format));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Fault::aborted(format!("cannot start the runtime: {error}")))?;
        runtime.block_on(self.serve(registry, seed, out))
    }

    async fn serve(self, registry: Registry, seed: Option<Seed>, out: &mut dyn Write) -> Result<Exit, Fault> {
        let mut signals = interrupt::Signals::new()?;
        let format = self.format;
        let reset = if self.reset { self.data.clone() } else { None };
        let seed_file = self.seed.clone().unwrap_or_default();
        let options = self.options(registry);
        let wrong = |error: app::SeedError| Fault::usage(format!("{}: {error}", seed_file.display()));
        // A seed with a mistake must not cost the data of the file.
        if let Some(seed) = &seed {
            app::check_seed(&options, seed).await.map_err(wrong)?;
        }
        if let Some(path) = reset {
            say(format, &emptied(&path)?);
        }
        let running = app::start(options).await.map_err(Fault::usage)?;
        let (seeded, bootstrap) = match &seed {
            None => (None, running.bootstrap().await.map_err(Fault::aborted)?),
            Some(seed) => {
                let seeded = running.seed(seed).await.map_err(wrong)?;
                for known in seeded.organizations.iter().filter(|organization| !organization.created) {
                    say(
                        format,
                        &format!("organization {} is there already and left as it is", known.organization_slug),
                    );
                }
                let bootstrap = running.bootstrap_seeded(&seeded).await.map_err(Fault::aborted)?;
                (Some(seeded), bootstrap)
            }
        };
        match format {
            ServeFormat::Json => writeln!(out, "{}", machine(&running, &bootstrap, seeded.as_ref()))?,
            ServeFormat::Human => human(out, &running, &bootstrap, seeded.as_ref())?,
        }
        out.flush()?;
        signals.next().await;
        say(format, "stopping; webhooks that are due are sent first (again to end at once)");
        tokio::select! {
            () = running.shutdown() => {}
            () = signals.next() => {}
        }
        Ok(Exit::Conforms)
    }

    fn options(self, registry: Registry) -> Options {
        Options {
            listen: self.listen,
            data: self.data,
            defects: self.defect,
            patch_response: match self.patch_response {
                PatchArg::Resource => app::PatchResponse::Resource,
                PatchArg::NoContent => app::PatchResponse::NoContent,
            },
            strict_rfc: self.strict_rfc,
            rate: self.rate,
            api_rate: self.api_rate,
            drain: Duration::from_secs(u64::from(self.drain)),
            registry,
            ..Options::default()
        }
    }
}

/// Says what happens: on stderr for a person, as a line of the log for a program.
fn say(format: ServeFormat, words: &str) {
    match format {
        ServeFormat::Human => eprintln!("{words}"),
        ServeFormat::Json => tracing::info!("{words}"),
    }
}

/// Empties the data file, and gives what is to be said about it.
fn emptied(path: &Path) -> Result<String, Fault> {
    let place = path.display();
    Ok(match store::reset(path).map_err(Fault::usage)? {
        Reset::Absent => format!("{place} is not there yet: nothing to empty"),
        Reset::Emptied { organizations, members } => {
            format!("emptied {place}, which had {organizations} organizations with {members} members")
        }
    })
}

/// The standard schemas and what the files add, in their order.
fn registry(files: &[PathBuf]) -> Result<Registry, Fault> {
    let mut registry = Registry::standard();
    for path in files {
        let place = path.display();
        let text = fs::read_to_string(path)
            .map_err(|error| Fault::usage(format!("cannot read {place}: {error}; name a schema file")))?;
        let data = serde_json::from_str(&text).map_err(|error| {
            Fault::usage(format!("{place} is not JSON: {error}; give a Schema, a ResourceType or a list"))
        })?;
        registry.load(&data).map_err(|error| Fault::usage(format!("{place}: {error}")))?;
    }
    Ok(registry)
}

fn machine(running: &Running, bootstrap: &Bootstrap, seeded: Option<&Seeded>) -> serde_json::Value {
    let mut facts = json!({
        "scim_base_url": bootstrap.scim_base_url,
        "scim_token": bootstrap.scim_token,
        "api_base_url": running.api_base_url(),
        "project_id": running.project_id(),
        "project_secret": running.project_secret(),
        "organization_id": bootstrap.organization_id,
        "connection_id": bootstrap.connection_id,
    });
    if let Some(seeded) = seeded {
        facts["seeded"] = json!(seeded);
    }
    facts
}

fn human(out: &mut dyn Write, running: &Running, bootstrap: &Bootstrap, seeded: Option<&Seeded>) -> io::Result<()> {
    let (api, id, secret) = (running.api_base_url(), running.project_id(), running.project_secret());
    let (scim, token) = (&bootstrap.scim_base_url, &bootstrap.scim_token);
    writeln!(out, "The reference provider is ready. Credentials are printed this once.\n")?;
    writeln!(out, "  SCIM base URL    {scim}")?;
    writeln!(out, "  SCIM token       {token}")?;
    writeln!(out, "  Management API   {api}")?;
    writeln!(out, "  Project id       {id}")?;
    writeln!(out, "  Project secret   {secret}")?;
    writeln!(out, "  Organization     {}", bootstrap.organization_id)?;
    writeln!(out, "  SCIM connection  {}\n", bootstrap.connection_id)?;
    if let Some(seeded) = seeded {
        planted(out, seeded)?;
    }
    writeln!(out, "  curl -H 'Authorization: Bearer {token}' '{scim}/Users'")?;
    writeln!(out, "  curl -u '{id}:{secret}' '{api}/v1/b2b/organizations/{}'\n", bootstrap.organization_id)?;
    writeln!(out, "Ctrl-C stops it.")
}

/// What the seed made, or found.
fn planted(out: &mut dyn Write, seeded: &Seeded) -> io::Result<()> {
    for organization in &seeded.organizations {
        let id = &organization.organization_id;
        if !organization.created {
            writeln!(out, "  {} ({id}) was there already", organization.organization_slug)?;
            continue;
        }
        let (members, groups) = (organization.members.len(), organization.groups.len());
        writeln!(out, "  {} ({id}): {members} members, {groups} groups", organization.organization_slug)?;
        if let Some(connection) = &organization.scim_connection {
            writeln!(out, "    {} {}", connection.scim_base_url, connection.scim_token.as_deref().unwrap_or_default())?;
        }
        for session in &organization.sessions {
            writeln!(out, "    session of {}: {}", session.email_address, session.session_token)?;
        }
    }
    for endpoint in seeded.organizations.iter().flat_map(|o| &o.webhook_endpoints).chain(&seeded.webhook_endpoints) {
        if let Some(secret) = &endpoint.secret {
            writeln!(out, "    webhooks to {}: {secret}", endpoint.url)?;
        }
    }
    for client in &seeded.m2m_clients {
        if let Some(secret) = &client.client_secret {
            writeln!(out, "    machine client {}: {secret}", client.client_id)?;
        }
    }
    writeln!(out)
}

/// Logs go to stderr: stdout belongs to the addresses. An error means that logging is set up already.
fn log(format: ServeFormat) {
    let filter = EnvFilter::try_from_env("SCIMULATE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let _ = match format {
        ServeFormat::Json => logs.json().flatten_event(true).with_span_list(false).try_init(),
        ServeFormat::Human => logs.with_ansi(io::stderr().is_terminal()).try_init(),
    };
}
