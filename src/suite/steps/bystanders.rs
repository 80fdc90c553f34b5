//! People steps about those whom a change must not touch.

use serde_json::json;

use super::{
    people::play,
    sessions::{open_sessions, states},
};
use crate::{
    idp::Change,
    scim::urn,
    suite::{
        bystander::Seen,
        stop::{Played, Stop},
        trouble,
        vocabulary::{Args, StepDef, step},
        world::World,
    },
    target::SessionState,
    wire::{Request, Sender},
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step(
        "Given",
        "the bystander {string} in the same organization",
        "provisioned by the same IdP, with a session; remembered as she is now",
        |w, a| Box::pin(same(w, a)),
    ),
    step(
        "Given",
        "the bystander {string} in another organization",
        "provisioned in a second tenant, with a session; remembered as she is now",
        |w, a| Box::pin(other(w, a)),
    ),
    step("Given", "{string} is remembered as she is now", "state, roles and sessions, for comparison", |w, a| {
        Box::pin(async move { remember(w, a.text(0)?).await })
    }),
    step("Then", "the bystander {string} is as she was", "state, roles and sessions have not changed", |w, a| {
        Box::pin(unchanged(w, a))
    }),
    step("Then", "{string} is as she was", "state, roles and sessions have not changed", |w, a| {
        Box::pin(unchanged(w, a))
    }),
];

async fn same(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?.to_owned();
    let user = world.stage()?.person(&key).user.clone();
    play(world, vec![Change::AddUser(user), Change::AssignUser { key: key.clone() }]).await?;
    settle_in(world, &key).await
}

/// A session, where the target lets one be opened, and then a look at her.
async fn settle_in(world: &mut World, key: &str) -> Played {
    match open_sessions(world, key, 1).await {
        Ok(()) | Err(Stop::NotExercised(_)) => {}
        Err(other) => return Err(other),
    }
    remember(world, key).await
}

async fn remember(world: &mut World, key: &str) -> Played {
    let (seen, _) = Seen::now(world, key).await?;
    world.stage()?.snapshots.insert(key.to_owned(), seen);
    Ok(())
}

async fn other(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?.to_owned();
    let shared = world.shared.clone();
    let stage = world.stage()?;
    if !stage.tenants[0].isolated() {
        return Err(Stop::NotExercised(
            "the target has one organization only: no `[tenant] open` in scimulate.toml".to_owned(),
        ));
    }
    let limit = stage.limit();
    let label = format!("{}-{}-other", shared.run_id, stage.index);
    // Another organization that the same IdP provisions.
    let profile = stage.item.profile.clone();
    let target = shared.target.with_variables(profile.iter().flat_map(|profile| profile.variables()));
    let opening = target.open_tenant(&label, &stage.transcript);
    let tenant = limit.hold("opening a second tenant", opening).await?.map_err(|error| trouble::tenant(&error))?;
    let client = tenant.scim();
    stage.tenants.push(tenant);
    let index = stage.tenants.len() - 1;
    let person = stage.person(&key);
    person.tenant = index;
    let user = &person.user;
    let body = json!({
        "schemas": [urn::USER],
        "userName": user.user_name,
        "name": {"givenName": user.given_name, "familyName": user.family_name},
        "emails": [{"value": user.email, "type": "work", "primary": true}],
        "active": true,
    });
    let request =
        Request::new("POST", "/Users").header("Accept", "application/scim+json").json("application/scim+json", &body);
    let exchange = limit.hold("creating the bystander", client.send(Sender::Client, request)).await?;
    let id = exchange.json().and_then(|body| body["id"].as_str().map(str::to_owned));
    match (exchange.status(), id) {
        (Some(200 | 201), Some(id)) => world.stage()?.person(&key).id = Some(id),
        (status, _) => {
            let actual = format!("status {}", status.unwrap_or_default());
            return Err(Stop::mismatch("the bystander can be created", "201 with an id", actual, [exchange.seq]));
        }
    }
    settle_in(world, &key).await
}

async fn unchanged(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?;
    let before = world
        .stage()?
        .snapshots
        .get(key)
        .cloned()
        .ok_or_else(|| Stop::script(format!("\"{key}\" was not remembered; add a Given that does")))?;
    let (now, seqs) = Seen::now(world, key).await?;
    match before.difference(&now) {
        None => Ok(()),
        Some((expected, actual)) => Err(Stop::mismatch("", expected, actual, seqs)),
    }
}

/// The member's state as a word, the ids of her roles, sorted, and the exchanges that show both.
pub(in crate::suite) async fn status_and_roles_of(
    world: &mut World,
    key: &str,
) -> Result<(Result<String, Stop>, Result<Vec<String>, Stop>, Vec<u64>), Stop> {
    let stage = world.stage()?;
    let limit = stage.limit();
    let (person, tenant) = stage.known(key)?;
    let (subject, tenant) = (person.subject()?, tenant.clone());
    let before = stage.transcript.last_seq();
    let looking = tenant.member_and_roles(&subject);
    let (member, roles) = limit.hold("the observers of members and roles", looking).await?;
    let seqs = world.stage()?.transcript.with(|exchanges| {
        exchanges.iter().map(|exchange| exchange.seq).filter(|seq| Some(*seq) > before).collect::<Vec<_>>()
    });
    let status = trouble::observed(member).map(|member| member.status.to_string());
    let roles = trouble::observed(roles).map(|roles| {
        let mut ids: Vec<String> = roles.into_iter().map(|role| role.id).collect();
        ids.sort();
        ids
    });
    Ok((status, roles, seqs))
}

/// Whether each session is accepted.
pub(in crate::suite) async fn sessions_of(world: &mut World, key: &str) -> Result<(Vec<bool>, Vec<u64>), Stop> {
    let states = states(world, key).await?;
    Ok(states.into_iter().map(|(state, seq)| (matches!(state, SessionState::Open { .. }), seq)).unzip())
}
