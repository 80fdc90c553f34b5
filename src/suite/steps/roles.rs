//! People steps about roles and where they come from.

use super::lists::names;
use crate::{
    suite::{
        stop::{Played, Stop},
        trouble,
        vocabulary::{Args, StepDef, step},
        world::World,
    },
    target::{Role, Section},
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step(
        "Given",
        "{string} holds the role {string} explicitly",
        "an administrator of the target assigned it",
        |w, a| Box::pin(grant(w, a)),
    )
    .needs(&[Section::GrantRole]),
    step(
        "Given",
        "the group {string} gives the role {string}",
        "an administrator of the target mapped the pushed group to the role",
        |w, a| Box::pin(map(w, a)),
    )
    .needs(&[Section::MapGroupRole]),
    step(
        "Given",
        "the e-mail domain {string} gives the role {string}",
        "an administrator of the target mapped the domain to the role",
        |w, a| Box::pin(map_domain(w, a)),
    )
    .needs(&[Section::MapDomainRole]),
    step("Then", "{string} holds the role {string}", "whatever its source", |w, a| Box::pin(holds(w, a, true)))
        .needs(&[Section::Roles]),
    step("Then", "{string} does not hold the role {string}", "from no source", |w, a| Box::pin(holds(w, a, false)))
        .needs(&[Section::Roles]),
    step("Then", "{string} holds none of the roles {string}", "from no source", |w, a| Box::pin(holds(w, a, false)))
        .needs(&[Section::Roles]),
    step(
        "Then",
        "{string} holds the role {string} from the source {string}",
        "the source as the target names it (`scim_connection_group`)",
        |w, a| Box::pin(from_source(w, a)),
    )
    .needs(&[Section::Roles]),
];

async fn grant(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let (person, tenant) = stage.known(args.text(0)?)?;
    let (subject, tenant) = (person.subject()?, tenant.clone());
    trouble::observed(limit.hold("granting the role", tenant.grant_role(&subject, args.text(1)?)).await?)
}

async fn map(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let id = stage.expand(&format!("{{{}}}", args.text(0)?))?;
    let tenant = stage.tenants[0].clone();
    trouble::observed(limit.hold("mapping the group", tenant.map_group_role(&id, args.text(1)?)).await?)
}

async fn map_domain(world: &mut World, args: Args) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let tenant = stage.tenants[0].clone();
    trouble::observed(limit.hold("mapping the domain", tenant.map_domain_role(args.text(0)?, args.text(1)?)).await?)
}

/// The roles of somebody, as the target shows them.
pub(in crate::suite) async fn roles(world: &mut World, key: &str) -> Result<(Vec<Role>, u64), Stop> {
    let stage = world.stage()?;
    let limit = stage.limit();
    let (person, tenant) = stage.known(key)?;
    let (subject, tenant) = (person.subject()?, tenant.clone());
    let roles = trouble::observed(limit.hold("the role observer", tenant.roles(&subject)).await?)?;
    let seq = world.stage()?.transcript.last_seq().unwrap_or_default();
    Ok((roles, seq))
}

fn shown(roles: &[Role]) -> String {
    if roles.is_empty() {
        return "no role".to_owned();
    }
    let one = |role: &Role| match role.sources.as_slice() {
        [] => role.id.clone(),
        sources => format!("{} ({})", role.id, sources.join(", ")),
    };
    roles.iter().map(one).collect::<Vec<_>>().join("; ")
}

async fn holds(world: &mut World, args: Args, wanted: bool) -> Played {
    let (roles, seq) = roles(world, args.text(0)?).await?;
    let list = args.text(1)?;
    if names(list).all(|name| roles.iter().any(|role| role.id == name) == wanted) {
        return Ok(());
    }
    let expected = if wanted { list.to_owned() } else { format!("none of {list}") };
    Err(Stop::mismatch("", expected, shown(&roles), [seq]))
}

async fn from_source(world: &mut World, args: Args) -> Played {
    let (roles, seq) = roles(world, args.text(0)?).await?;
    let (name, source) = (args.text(1)?, args.text(2)?);
    match roles.iter().find(|role| role.id == name) {
        Some(role) if role.sources.iter().any(|held| held == source) => Ok(()),
        Some(role) if role.sources.is_empty() => {
            Err(Stop::NotExercised("the role observer captures no sources".to_owned()))
        }
        _ => Err(Stop::mismatch("", format!("{name} from {source}"), shown(&roles), [seq])),
    }
}
