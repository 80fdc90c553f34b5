//! Defects: named, sourced server bugs that the provider can be told to have (`serve --defect ID`), so that every check
//! and scenario can be shown to fail.
//!
//! Core code knows nothing of them. A defect changes one of three things from the outside: an entry of the effects' rule
//! table ([`effects`]), a layer around the router ([`protocol`], [`order`]), or the [`DeliveryTampering`] that the
//! delivery worker is given. [`DEFECTS`] is the registry; help, `explain`, `prove` and the tests go over it.

mod delivery;
mod effects;
mod order;
mod protocol;
mod registry;

use std::sync::Arc;

use axum::Router;

pub use delivery::DeliveryTampering;
pub use registry::{DEFECTS, DefectInfo};

use super::{app::State, effects::RuleTable};

/// Makes the routes of a state.
pub(crate) type Routes = Arc<dyn Fn(&State) -> Router + Send + Sync>;

/// How a defect is brought in.
#[derive(Clone, Copy)]
pub(crate) enum Cause {
    /// Other entries of the rule table.
    Rules(fn(&mut RuleTable)),
    /// A layer around all routes.
    Layer(fn(Router, &State) -> Router),
    /// Routes made several times, from different states: for defects of order.
    Routes(fn(Routes, &State) -> Router),
    /// Another way of delivering webhooks.
    Delivery(fn(&mut DeliveryTampering)),
}

/// A defect that was asked for and does not exist.
#[derive(Debug, thiserror::Error)]
#[error("there is no defect `{id}`{}; `scimulate list defects` names them all", suggestion.as_deref().map(|near| format!(", did you mean `{near}`?")).unwrap_or_default())]
pub struct UnknownDefect {
    /// What was asked for.
    pub id: String,
    /// The nearest id.
    pub suggestion: Option<String>,
}

/// What the chosen defects make of the provider.
pub(crate) struct Broken {
    pub(crate) rules: RuleTable,
    pub(crate) delivery: DeliveryTampering,
    causes: Vec<Cause>,
}

impl Broken {
    /// The provider with these defects; without any it is the right one.
    pub(crate) fn named(ids: &[String]) -> Result<Broken, UnknownDefect> {
        let mut broken =
            Broken { rules: RuleTable::default(), delivery: DeliveryTampering::default(), causes: Vec::new() };
        for id in ids {
            let Some(defect) = DEFECTS.iter().find(|defect| defect.id == id) else {
                let near = DEFECTS
                    .iter()
                    .map(|defect| (strsim::jaro_winkler(defect.id, id), defect.id))
                    .max_by(|one, other| one.0.total_cmp(&other.0))
                    .filter(|(likeness, _)| *likeness > 0.75);
                return Err(UnknownDefect { id: id.clone(), suggestion: near.map(|(_, id)| id.to_owned()) });
            };
            match defect.cause {
                Cause::Rules(change) => change(&mut broken.rules),
                Cause::Delivery(change) => change(&mut broken.delivery),
                Cause::Layer(_) | Cause::Routes(_) => broken.causes.push(defect.cause),
            }
        }
        Ok(broken)
    }

    /// Whether no defect has a layer or routes of its own.
    pub(crate) fn leaves_routes_alone(&self) -> bool {
        self.causes.is_empty()
    }
}

/// The routes of the provider with the layers of its defects around them.
pub(crate) fn around(routes: Routes, state: &State, broken: &Broken) -> Router {
    let mut router = None;
    for cause in &broken.causes {
        if let Cause::Routes(make) = cause {
            router = Some(make(Arc::clone(&routes), state));
        }
    }
    let mut router = router.unwrap_or_else(|| routes(state));
    for cause in &broken.causes {
        if let Cause::Layer(layer) = cause {
            router = layer(router, state);
        }
    }
    router
}
