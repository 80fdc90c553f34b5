//! The provider as a running server: its options, what its handlers share, its start and its stop.
//!
//! [`start`] opens the store, binds the listener, and puts the router together: the SCIM surface, the management API, the
//! layers of the chosen defects around both, and in front of them what counts requests and turns a panic into a 500. [`Running`]
//! is a handle on it; [`Running::bootstrap`] makes the first organization with a SCIM connection, by the same calls of
//! the management API that anybody else would make.

mod bootstrap;
mod caller;
mod front;
mod guard;
mod limiter;
mod seed;
mod state;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use axum::{Router, extract::Request};
use rusqlite::{OptionalExtension as _, params};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub use bootstrap::{Bootstrap, BootstrapError};
pub use caller::CallError;
pub use limiter::Limiter;
pub use seed::{Seed, SeedError, Seeded, SeededConnection, SeededOrganization};
pub use state::{Limits, PatchResponse, Settings, State};

use caller::Caller;
use front::Front;

use super::{
    api,
    background::ClientError,
    clock::{self, Clock},
    defect::{self, Broken, UnknownDefect},
    ids, scim_http,
    security_events::{push::Pusher, token::Issuer},
    session::keys::Keys,
    store::{Store, StoreError},
    webhook::worker::{Bell, Worker},
};
use crate::scim::{leniency::Leniency, schema::Registry};

/// How long [`Running::shutdown`] lets what is due be sent, unless the options say otherwise.
const DRAIN: Duration = Duration::from_secs(5);

/// How to start a provider.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen. Port 0: any free one. The default is the loopback interface; another is a decision to be made.
    pub listen: SocketAddr,
    /// The data file; `None`: in memory, gone at the end.
    pub data: Option<PathBuf>,
    /// Ids of the defects that this provider is to have.
    pub defects: Vec<String>,
    /// What PATCH answers.
    pub patch_response: PatchResponse,
    /// Without the documented leniencies.
    pub strict_rfc: bool,
    /// The time. Tests pass a manual one.
    pub clock: Clock,
    /// What may be sent.
    pub limits: Limits,
    /// SCIM requests a second that each connection may send; over it 429 with Retry-After. `None`: any number.
    pub rate: Option<u32>,
    /// Calls of the management API a second; over it 429 with Retry-After. `None`: any number.
    pub api_rate: Option<u32>,
    /// How long [`Running::shutdown`] lets requests under way be answered, and then what is due be sent.
    pub drain: Duration,
    /// Schemas and resource types of the SCIM surface.
    pub registry: Registry,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: None,
            defects: Vec::new(),
            patch_response: PatchResponse::default(),
            strict_rfc: false,
            clock: Clock::system(),
            limits: Limits::default(),
            rate: None,
            api_rate: None,
            drain: DRAIN,
            registry: Registry::standard(),
        }
    }
}

/// Why a provider does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A defect that there is none of.
    #[error(transparent)]
    Defect(#[from] UnknownDefect),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A resource type at an endpoint that is taken.
    #[error(
        "cannot serve the resource type {name} at {endpoint}: the management API is there; give it another endpoint"
    )]
    ResourceType {
        /// Its name.
        name: String,
        /// Its endpoint.
        endpoint: String,
    },
    /// The address.
    #[error("cannot listen on {listen}: {source}; choose another address with --listen")]
    Listen {
        /// The address asked for.
        listen: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The webhook client.
    #[error(transparent)]
    Webhooks(#[from] ClientError),
}

/// A provider that is up. Dropping it stops listening; [`Running::shutdown`] also lets its work end.
pub struct Running {
    state: State,
    /// The routes without defects, for what the provider does to itself.
    plain: Router,
    secret: String,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    worker: Worker,
    pusher: Pusher,
    drain: Duration,
}

/// Starts a provider. Needs a Tokio runtime, on which it runs from then on.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let broken = Broken::named(&options.defects)?;
    if let Some(rt) = options.registry.resource_types().find(|rt| !scim_http::can_serve(&rt.endpoint)) {
        return Err(StartError::ResourceType { name: rt.name.clone(), endpoint: rt.endpoint.clone() });
    }
    let store = match &options.data {
        Some(path) => Store::open(path)?,
        None => Store::in_memory()?,
    };
    let (project_id, secret) = credentials(&store, &options.clock)?;
    let listen = options.listen;
    let listener = TcpListener::bind(listen).await.map_err(|source| StartError::Listen { listen, source })?;
    let address = listener.local_addr().map_err(|source| StartError::Listen { listen, source })?;
    let settings = Settings {
        patch_response: options.patch_response,
        leniency: if options.strict_rfc { Leniency::strict() } else { Leniency::lenient() },
        registry: options.registry,
        limits: options.limits,
        delivery: broken.delivery,
        ..Settings::new(project_id, format!("http://{address}"))
    };
    let state = State {
        rules: Arc::new(broken.rules.clone()),
        limiter: Arc::new(Limiter::new(options.rate)),
        api_limiter: Arc::new(Limiter::new(options.api_rate)),
        ..State::new(store, options.clock, settings)
    };
    let worker = Worker::start(state.store.clone(), state.clock.clone(), state.settings.delivery)?;
    let keys = Keys::of(state.store.clone(), state.clock.clone());
    let issuer = Issuer::new(keys, &state.settings.api_base_url);
    let pusher = Pusher::start(state.store.clone(), state.clock.clone(), issuer)?;
    let served = front(&state, worker.bell(), &broken);
    let unlimited = || Arc::new(Limiter::new(None));
    let plain = State { rules: Arc::default(), limiter: unlimited(), api_limiter: unlimited(), ..state.clone() };
    let plain = routes(api::Context::new(plain, worker.bell()));

    let (stop, mut stopped) = watch::channel(false);
    let server = tokio::spawn(async move {
        let until = async move {
            // An error means that the handle was dropped: also a reason to stop.
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        let service = axum::ServiceExt::<Request>::into_make_service(served);
        if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(until).await {
            tracing::error!(%error, "the server stopped");
        }
    });
    Ok(Running { state, plain, secret, stop, server, worker, pusher, drain: options.drain })
}

/// Everything that answers, inside out: routes, defects, and the front.
fn front(state: &State, bell: Bell, broken: &Broken) -> Front {
    let context = api::Context::new(state.clone(), bell);
    let around = move |state: &State| routes(api::Context { state: state.clone(), ..context.clone() });
    Front::new(state.clone(), defect::around(Arc::new(around), state, broken), broken.leaves_routes_alone())
}

/// Both surfaces.
fn routes(context: api::Context) -> Router {
    scim_http::router(context.state.clone()).merge(api::router(context)).fallback_service(api::not_found())
}

/// Plays a seed on an empty provider in memory, so that what is wrong with it is known before anything is touched.
///
/// # Errors
/// The first thing that is wrong with it, and where.
pub async fn check_seed(options: &Options, seed: &Seed) -> Result<(), SeedError> {
    let nowhere = |error: StoreError| SeedError::at("seed", error);
    let store = Store::in_memory().map_err(nowhere)?;
    let (project_id, secret) = credentials(&store, &options.clock).map_err(nowhere)?;
    let settings =
        Settings { registry: options.registry.clone(), ..Settings::new(project_id.clone(), "http://localhost".into()) };
    let state = State::new(store, options.clock.clone(), settings);
    let caller = Caller::project(routes(api::Context::new(state.clone(), Bell::default())), &project_id, &secret);
    seed::plant(&state, &caller, seed).await.map(drop)
}

/// The project's id, which a data file keeps, and a secret for this run. Earlier secrets of the same file stay good: they
/// were handed out.
fn credentials(store: &Store, clock: &Clock) -> Result<(String, String), StoreError> {
    let secret = ids::new_secret();
    let project_id = store.write::<_, StoreError>(|tx| {
        let known: Option<String> =
            tx.query_row("SELECT value FROM meta WHERE key = 'project_id'", [], |row| row.get(0)).optional()?;
        let project_id = match known {
            Some(id) => id,
            None => {
                let id = ids::new_id("project");
                tx.execute("INSERT INTO meta (key, value) VALUES ('project_id', ?1)", [&id])?;
                id
            }
        };
        tx.execute(
            "INSERT INTO project_secrets (secret_id, secret_hash, last_four, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![ids::new_id("secret"), ids::hash(&secret), ids::last_four(&secret), clock::text(clock.now())],
        )?;
        Ok(project_id)
    })?;
    Ok((project_id, secret))
}

impl Running {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn api_base_url(&self) -> String {
        self.state.settings.api_base_url.clone()
    }

    /// User name of the management API.
    #[must_use]
    pub fn project_id(&self) -> String {
        self.state.settings.project_id.clone()
    }

    /// Password of the management API, made for this run.
    #[must_use]
    pub fn project_secret(&self) -> String {
        self.secret.clone()
    }

    /// Makes what a seed says and is not there yet. A mistake in it is found by [`check_seed`] before.
    pub async fn seed(&self, seed: &Seed) -> Result<Seeded, SeedError> {
        let state = State { rules: Arc::default(), ..self.state.clone() };
        seed::plant(&state, &self.caller(), seed).await
    }

    /// Makes an organization with a SCIM connection, or gives the one that the data file has a further token.
    pub async fn bootstrap(&self) -> Result<Bootstrap, BootstrapError> {
        bootstrap::bootstrap(&self.caller(), None).await
    }

    /// As [`Running::bootstrap`]; if the seed has an organization with a connection, it is that one.
    pub async fn bootstrap_seeded(&self, seeded: &Seeded) -> Result<Bootstrap, BootstrapError> {
        bootstrap::bootstrap(&self.caller(), Some(seeded)).await
    }

    fn caller(&self) -> Caller {
        Caller::project(self.plain.clone(), &self.project_id(), &self.secret)
    }

    /// Ends when the server has ended, by [`Running::shutdown`] of another handle's doing or by a fault of the listener.
    pub async fn stopped(&mut self) {
        let _ = (&mut self.server).await;
    }

    /// Stops listening, answers what is under way, sends the webhooks that are due (for as long as the options say), and ends.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        if self.server.is_finished() {
            // Nothing to wait for; a finished handle may have been awaited already.
        } else {
            let abort = self.server.abort_handle();
            if tokio::time::timeout(self.drain, self.server).await.is_err() {
                abort.abort();
            }
        }
        tokio::join!(self.worker.shutdown(self.drain), self.pusher.shutdown(self.drain));
    }
}
