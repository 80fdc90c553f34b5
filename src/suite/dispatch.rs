//! From a line of Gherkin to the function that plays it.
//!
//! The engine matches every line with one catch-all pattern that leads here. The step is looked up in the
//! [`vocabulary`](super::vocabulary), played, and its typed end is raised. Two rules hold for every step, whatever it
//! does: when the target cannot be reached any more, the run is aborted and no verdict is given; and a set-up (`Given`)
//! that the target refuses makes the scenario *not exercised*, because what it is about was never seen. The scenario that
//! is about the set-up itself reports it.

use std::time::Instant;

use cucumber::{
    gherkin::StepType,
    step::{Collection, Context},
};
use futures::{FutureExt as _, future::LocalBoxFuture};

use super::{
    excuse::{Case, excuse},
    library,
    stop::{About, Played, Stop},
    trouble, vocabulary,
    vocabulary::Args,
    world::World,
};
use crate::verdict::Evidence;

/// The collection that the engine matches with.
pub(super) fn collection() -> Collection<World> {
    let any = regex::Regex::new("(?s)^.*$").expect("a pattern of our own compiles");
    Collection::new().given(None, any.clone(), play).when(None, any.clone(), play).then(None, any, play)
}

fn play(world: &mut World, context: Context) -> LocalBoxFuture<'_, ()> {
    async move {
        if let Err(stop) = dispatch(world, &context).await {
            stop.raise();
        }
    }
    .boxed_local()
}

/// Why a mismatch says nothing about what the scenario is about, if it does not.
fn excused(world: &mut World, about: &About, evidence: &Evidence) -> Result<Option<String>, Stop> {
    let shared = world.shared.clone();
    let stage = world.stage()?;
    let exchanges = stage.transcript.exchanges();
    let info = &stage.item.info;
    let case = Case {
        family: &info.family,
        requirement: &info.requirement,
        about,
        exchanges: &exchanges,
        shown: &evidence.exchanges,
    };
    Ok(excuse(&case, shared.habits.get()))
}

async fn dispatch(world: &mut World, context: &Context) -> Played {
    let step = &context.step;
    let line = format!("{} {}", library::keyword(step.ty), step.value);
    let (definition, values) =
        vocabulary::find(&step.value).map_err(|unresolved| Stop::script(unresolved.to_string()))?;
    let args = Args {
        values,
        docstring: step.docstring.as_ref().map(|text| text.trim_matches('\n').to_owned()),
        table: step.table.as_ref().map(|table| table.rows.clone()).unwrap_or_default(),
        line: line.clone(),
    };
    let before = world.stage()?.transcript.last_seq().unwrap_or_default();
    let played = (definition.play)(world, args).await;
    if step.ty == StepType::When {
        world.stage()?.deed = Instant::now();
    }
    trouble::reachable(world, before).await?;
    match played {
        Ok(()) => Ok(()),
        Err(Stop::Mismatch { mut evidence, about }) => {
            if evidence.what.is_empty() {
                evidence.what.clone_from(&line);
            }
            if evidence.exchanges.is_empty() {
                evidence.exchanges.extend(world.stage()?.transcript.last_seq());
            }
            if step.ty == StepType::Given {
                let why = format!("the set-up was refused at `{}`: {}", evidence.what, evidence.actual);
                return Err(Stop::NotExercised(why));
            }
            if let Some(why) = excused(world, &about, &evidence)? {
                return Err(Stop::NotExercised(why));
            }
            Err(Stop::Mismatch { evidence, about })
        }
        Err(other) => Err(other),
    }
}
