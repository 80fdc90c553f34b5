//! Plays a plan on the cucumber engine.
//!
//! *plan → Gherkin → steps → typed ends → results → events.* The engine gets exactly the planned scenarios, each tagged
//! with its position in the plan; a hook before each opens its tenant, a hook after each cleans up, whatever happened in
//! between. Events leave through a callback, in order.

use std::{pin::pin, sync::Arc, time::Instant};

use cucumber::{Cucumber, cli, gherkin, parser, runner};
use futures::{FutureExt as _, stream};
use tokio::sync::mpsc;

use super::{
    cleanup, dispatch,
    embedded::Embedded,
    habits::Habits,
    judging::Judging,
    options::{Choice, Options},
    plan::{Plan, PlanError, plan},
    recorder::{ITEM_TAG, Recorder, Rules, item_of},
    shared::Shared,
    sweep, trouble,
    world::{RUN, World},
};
use crate::{
    check::{self, Judgement},
    target::{ConfigError, Target, config},
    verdict::{Abort, Expectation, Footprint, RunEvent, RunInfo, ScenarioResult, Summary},
    wire::{Client, ClientError, Http, HttpOptions, Redactor, Request, Sender, Transcript},
};

/// Why a run could not begin. Nothing was sent; whatever happens later is an event.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The selection or the features.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The target's configuration.
    #[error(transparent)]
    Target(#[from] ConfigError),
    /// The HTTP client.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Plays what the options select and tells about it, event by event: `Started`, results in the order of the plan, then
/// `Finished` or `Aborted`.
///
/// The future is not `Send`: await it on the current thread. Scenarios are concurrent on that thread; the embedded
/// provider has a thread of its own. One run at a time per process: the cucumber engine replaces the panic hook while it
/// plays.
///
/// # Errors
/// If the run cannot begin. No event was emitted then.
pub async fn run(mut options: Options, emit: &mut dyn FnMut(RunEvent)) -> Result<(), RunError> {
    let (plan, target, embedded) = match &options.target {
        Choice::External(config) => {
            let plan = plan(&options)?;
            let mut http = config.http_options()?;
            http.rate = options.rate.or(http.rate);
            http.patience = options.timeout / 2;
            let http = Http::new(&http)?;
            (plan, Target::new((**config).clone(), http)?, None)
        }
        Choice::Embedded { defects } => {
            let starting = Embedded::start(defects.clone());
            let plan = plan(&options)?;
            let started = match starting {
                Ok(starting) => starting.ready().await,
                Err(abort) => Err(abort),
            };
            let embedded = match started {
                Ok(embedded) => embedded,
                Err(abort) => {
                    emit(RunEvent::Aborted(abort));
                    return Ok(());
                }
            };
            let http = Http::new(&HttpOptions { rate: options.rate, ..HttpOptions::default() })?;
            let config = embedded.config()?;
            options.expectations.extend(config.expect.iter().map(expectation));
            (plan, Target::new(config, http)?, Some(embedded))
        }
    };
    play(plan, &options, target, emit).await;
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    Ok(())
}

async fn play(plan: Plan, options: &Options, target: Target, emit: &mut dyn FnMut(RunEvent)) {
    let begun = Instant::now();
    let run_id = run_id();
    emit(RunEvent::Started(RunInfo {
        run_id: run_id.clone(),
        target: match &options.target {
            Choice::Embedded { .. } => "embedded reference provider".to_owned(),
            Choice::External(_) => target.name().to_owned(),
        },
        profiles: plan.profiles.clone(),
        defects: match &options.target {
            Choice::Embedded { defects } => defects.clone(),
            Choice::External(_) => Vec::new(),
        },
        planned: plan.items.len(),
        strict: options.strict,
        footprint: match &options.target {
            Choice::Embedded { .. } => None,
            Choice::External(_) if plan.items.is_empty() => None,
            Choice::External(_) if options.read_only => Some(Footprint::ReadOnly),
            Choice::External(_) if leaves(options, &target) => Some(Footprint::Stays),
            Choice::External(_) => Some(Footprint::Deleted),
        },
    }));
    if plan.items.is_empty() {
        emit(RunEvent::Finished { summary: Summary::default(), duration: begun.elapsed(), leftovers: Vec::new() });
        return;
    }
    let redactor = Redactor::new(target.secrets());
    let features = played(&plan, target.isolates());
    let mut judging = Judging::new(&plan.checks, options);
    let shared = Shared::new(plan, target, run_id, options.timeout, options.seed, options.cancel.clone(), redactor);
    if let Err(abort) = greet(&shared, options).await {
        emit(RunEvent::Aborted(abort));
        return;
    }
    let rules = Arc::new(Rules {
        expectations: options.expectations.clone(),
        strict: options.strict,
        fail_fast: options.fail_fast,
    });
    let (sender, mut results) = mpsc::unbounded_channel();
    let recorder = Recorder::new(shared.clone(), rules, sender);
    let mut summary = Summary::default();
    {
        // Where filters are ignored, whoever looks somebody up meets what the other scenarios have there just then.
        let alone = shared.habits.get().is_some_and(|habits| habits.ignores_filters);
        let concurrency = if alone { 1 } else { options.concurrency };
        let mut playing = pin!(RUN.scope(shared.clone(), cucumber(features, concurrency, recorder)));
        let mut tell = |(mut result, judgements): (ScenarioResult, Vec<Judgement>)| {
            judging.observe(&mut result, judgements);
            summary.add(result.verdict);
            emit(RunEvent::Result(Box::new(result)));
        };
        loop {
            tokio::select! {
                biased;
                Some(result) = results.recv() => tell(result),
                () = &mut playing => break,
            }
        }
        while let Ok(result) = results.try_recv() {
            tell(result);
        }
    }
    if matches!(options.target, Choice::External(_)) && !options.read_only {
        sweep::sweep(&shared).await;
    }
    let leftovers = shared.leftovers();
    if let Some(abort) = ended(&shared, &leftovers) {
        emit(RunEvent::Aborted(Abort { leftovers, ..abort }));
        return;
    }
    for result in judging.results(|evidence| shared.redact_evidence(evidence)) {
        summary.add(result.verdict);
        emit(RunEvent::Result(Box::new(result)));
    }
    emit(RunEvent::Finished { summary, duration: begun.elapsed(), leftovers });
}

/// Why the run did not come to its end, if it did not.
fn ended(shared: &Shared, leftovers: &[String]) -> Option<Abort> {
    let interrupted = || {
        let remedy = if leftovers.is_empty() {
            "everything that it had made on the target is deleted; run again"
        } else {
            "delete by hand what it left on the target, then run again"
        };
        Abort::new("the run was interrupted", remedy)
    };
    shared.abort().or_else(|| shared.cancel.is_cancelled().then(interrupted))
}

/// A known deviation of the embedded provider, as its configuration tells it.
fn expectation(expect: &config::Expect) -> Expectation {
    Expectation {
        id: expect.id.clone(),
        profile: expect.profile.clone(),
        reason: expect.reason.clone(),
        place: Some(expect.place.clone()),
    }
}

/// The first request: is the target there, and are the credentials good?
async fn greet(shared: &Shared, options: &Options) -> Result<(), Abort> {
    let transcript = Transcript::new();
    let label = format!("{}-probe", shared.run_id);
    // The probe's tenant is one that an administrator would open for the IdP of this run, as those of its scenarios are.
    let profile = shared.plan.items.iter().find_map(|item| item.profile.as_ref());
    let target = shared.target.with_variables(profile.into_iter().flat_map(|profile| profile.variables()));
    let opening = target.open_tenant(&label, &transcript);
    let tenant = match tokio::time::timeout(shared.timeout, opening).await {
        Ok(Ok(tenant)) => tenant,
        Ok(Err(error)) => return Err(trouble::unopened(&error)),
        Err(_) => {
            return Err(Abort::new(
                format!("the target did not open a tenant within {} s", shared.timeout.as_secs()),
                "check that it is running, or raise --timeout",
            ));
        }
    };
    let probed = trouble::probe(&tenant.scim(), &shared.run_id).await;
    let mut met = probed.as_ref().map(drop).map_err(Clone::clone);
    if let Ok(first) = probed {
        discover(shared, &tenant.scim(), &transcript).await;
        let discovery = shared.discovery.get().cloned().unwrap_or_default();
        met = trouble::recognise(&first, &discovery, &tenant.scim()).await;
        if met.is_ok() && matches!(options.target, Choice::External(_)) && !options.read_only {
            met = habits(shared, &tenant.scim(), options).await;
        }
    }
    let leftovers = tenant.close().await;
    met.map_err(|abort| Abort { leftovers, ..abort })
}

/// Whether what the run makes may stay on the target.
fn leaves(options: &Options, target: &Target) -> bool {
    options.leave_behind || target.config().tenant.disposable
}

/// Tries what the target makes of plain resources, for no longer than a scenario may take.
async fn habits(shared: &Shared, client: &Client, options: &Options) -> Result<(), Abort> {
    let discovery = shared.discovery.get().cloned().unwrap_or_default();
    let learning = Habits::learn(client, &shared.run_id, &discovery, leaves(options, &shared.target));
    if let Ok(habits) = tokio::time::timeout(shared.timeout, learning).await {
        let _ = shared.habits.set(habits?);
    }
    Ok(())
}

/// Reads the discovery documents once a run, before all scenarios, so that every check knows the same of the target
/// whatever the order of play. A target that offers none is judged by the RFC's own schemas.
async fn discover(shared: &Shared, client: &Client, transcript: &Transcript) {
    for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
        client.send(Sender::Client, Request::new("GET", path).header("Accept", "application/scim+json")).await;
    }
    let scope = check::Scope::at(&client.endpoint().base_url);
    let discovery = check::Discovery::read(&transcript.exchanges(), &scope);
    let _ = shared.capabilities.set(discovery.service_provider_config.clone());
    let _ = shared.discovery.set(Arc::new(discovery));
}

/// The cucumber engine, set up for one plan.
async fn cucumber(features: Vec<gherkin::Feature>, concurrency: usize, recorder: Recorder) {
    let runner = runner::Basic::<World>::default()
        .steps(dispatch::collection())
        .max_concurrent_scenarios(concurrency.max(1))
        .which_scenario(|_, _, scenario| {
            if scenario.tags.iter().any(|tag| tag == "alone") {
                runner::basic::ScenarioType::Serial
            } else {
                runner::basic::ScenarioType::Concurrent
            }
        })
        .before(|_, _, scenario, world| {
            async move {
                if let Some(index) = item_of(scenario)
                    && let Err(stop) = world.enter(index).await
                {
                    stop.raise();
                }
            }
            .boxed_local()
        })
        .after(|_, _, _, _, world| {
            async move {
                if let Some(world) = world {
                    cleanup::conclude(world).await;
                }
            }
            .boxed_local()
        });
    // Our own options, or the engine would read the process's arguments.
    let options = cli::Opts::<cli::Empty, runner::basic::Cli, cli::Empty, cli::Empty>::default();
    Cucumber::<World, _, _, _, _>::custom(Ready, runner, recorder).with_cli(options).run(features).await;
}

/// The planned scenarios as features: one scenario an item, tagged with its position. `isolated` says that each has a
/// directory of its own; then none has to wait for the others.
fn played(plan: &Plan, isolated: bool) -> Vec<gherkin::Feature> {
    let mut features: Vec<gherkin::Feature> = plan.library.features.clone();
    for (position, item) in plan.items.iter().enumerate() {
        let scene = &plan.library.scenes[item.scene];
        let mut scenario = scene.scenario.clone();
        // The tags have done their work in the plan; engine tags such as @retry must not come back through them.
        scenario.tags = vec![format!("{ITEM_TAG}{position}")];
        if item.info.alone && !isolated {
            scenario.tags.push("alone".to_owned());
        }
        features[scene.feature].scenarios.push(scenario);
    }
    for feature in &mut features {
        feature.tags.clear();
    }
    features.retain(|feature| !feature.scenarios.is_empty());
    features
}

/// Hands features over that were read before.
struct Ready;

impl cucumber::Parser<Vec<gherkin::Feature>> for Ready {
    type Cli = cli::Empty;
    type Output = stream::Iter<std::vec::IntoIter<parser::Result<gherkin::Feature>>>;

    fn parse(self, features: Vec<gherkin::Feature>, _: cli::Empty) -> Self::Output {
        stream::iter(features.into_iter().map(Ok).collect::<Vec<_>>())
    }
}

/// Eight characters that tell runs apart.
fn run_id() -> String {
    use rand::RngExt as _;
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut random = rand::rng();
    (0..8).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}
