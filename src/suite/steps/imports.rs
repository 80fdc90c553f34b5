//! People steps about what an IdP reads from the target: Okta's import, Entra's account discovery.

use std::collections::BTreeMap;

use super::{lists::names, people::play};
use crate::{
    idp::Change,
    suite::{
        stop::{Played, Stop},
        vocabulary::{Args, StepDef, step},
        world::World,
    },
    wire::Sender,
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step(
        "When",
        "the IdP imports the accounts",
        "reads all users, page by page; a directory too large to be read in the scenario's time leaves it not exercised",
        |w, _| Box::pin(play(w, vec![Change::Import])),
    ),
    step("Then", "the import holds each of {string} once", "nobody is missing and nobody comes twice", |w, a| {
        Box::pin(each_once(w, a))
    }),
    step("Then", "the import shows {string} as inactive", "the account is listed, with active false", |w, a| {
        Box::pin(inactive(w, a))
    }),
];

/// The accounts that the IdP's lists of users showed: how often each id came, and what was shown last.
fn shown(world: &mut World) -> Result<BTreeMap<String, (usize, serde_json::Value)>, Stop> {
    let mut accounts: BTreeMap<String, (usize, serde_json::Value)> = BTreeMap::new();
    let stage = world.stage()?;
    let sent = stage.transcript.exchanges();
    let newest = &sent[sent.len().saturating_sub(stage.sent_by_deed)..];
    for exchange in newest.iter().filter(|exchange| exchange.sender == Sender::Idp) {
        if !exchange.path().ends_with("/Users") {
            continue;
        }
        let resources = exchange.json().and_then(|body| body["Resources"].as_array().cloned()).unwrap_or_default();
        for resource in resources {
            if let Some(id) = resource["id"].as_str() {
                let entry = accounts.entry(id.to_owned()).or_insert((0, serde_json::Value::Null));
                *entry = (entry.0 + 1, resource);
            }
        }
    }
    Ok(accounts)
}

async fn each_once(world: &mut World, args: Args) -> Played {
    let accounts = shown(world)?;
    for name in names(args.text(0)?) {
        let id = world.stage()?.expand(&format!("{{{name}}}"))?;
        let count = accounts.get(&id).map_or(0, |(count, _)| *count);
        if count != 1 {
            return Err(Stop::mismatch("", format!("{name} once"), format!("{name} {count} times"), []));
        }
    }
    Ok(())
}

async fn inactive(world: &mut World, args: Args) -> Played {
    let accounts = shown(world)?;
    let id = world.stage()?.expand(&format!("{{{}}}", args.text(0)?))?;
    match accounts.get(&id) {
        Some((_, account)) if account["active"] == false => Ok(()),
        Some((_, account)) => Err(Stop::mismatch("", "active false", format!("active {}", account["active"]), [])),
        None => Err(Stop::mismatch("", "the account, with active false", "no such account", [])),
    }
}
