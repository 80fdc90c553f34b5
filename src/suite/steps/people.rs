//! People steps that provision: what the simulated IdP does to its directory and to the target.

use serde_json::{Map, Value};

use super::lists::names;
use crate::{
    idp::{Change, Idp, Report},
    suite::{
        stop::{Played, Stop},
        vocabulary::{Args, StepDef, step},
        world::{Stage, World},
    },
    wire::Sender,
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step(
        "Given",
        "the IdP has provisioned {string}",
        "the IdP assigns the app to that person and plays a cycle",
        |w, a| Box::pin(provision(w, a)),
    ),
    step("Given", "the IdP has provisioned {string} with:", "as above, with the attributes of the table", |w, a| {
        Box::pin(provision_with(w, a))
    }),
    step("When", "the IdP provisions {string}", "the IdP assigns the app to that person and plays a cycle", |w, a| {
        Box::pin(provision(w, a))
    }),
    step("When", "the IdP provisions {string} with:", "as above, with the attributes of the table", |w, a| {
        Box::pin(provision_with(w, a))
    }),
    step(
        "When",
        "the IdP changes {string} to:",
        "attributes of the person, or of several, change; the IdP plays a cycle",
        |w, a| Box::pin(update(w, a)),
    ),
    step(
        "When",
        "the IdP renames {string} to {string}",
        "the person gets another user name and e-mail address",
        |w, a| Box::pin(rename(w, a)),
    ),
    step(
        "When",
        "the IdP moves {string} to the e-mail domain {string}",
        "user name and e-mail address keep their local part and get another domain",
        |w, a| Box::pin(move_domain(w, a)),
    ),
    step(
        "When",
        "the IdP sets a new password for {string}",
        "the person has a new password in the directory; an IdP that synchronizes passwords sends it",
        |w, a| Box::pin(password(w, a)),
    ),
    step("When", "the IdP plays another cycle", "nothing changed in the directory; the IdP looks again", |w, _| {
        Box::pin(async move { settle(w).await })
    }),
    step("When", "{int} minutes pass", "the IdP's clock moves; whatever is due is played", |w, a| {
        Box::pin(async move { advance(w, a.number::<u64>(0)? * 60).await })
    }),
    step("When", "{int} day(s) pass", "the IdP's clock moves; whatever is due is played", |w, a| {
        Box::pin(async move { advance(w, a.number::<u64>(0)? * 86_400).await })
    }),
    step("When", "the IdP tests its connection", "the request that the admin page sends", |w, _| Box::pin(test(w))),
    step(
        "When",
        "the IdP provisions {string} where {string} reports to {string}",
        "several people at once, one the manager of another",
        |w, a| Box::pin(provision_with_manager(w, a)),
    ),
    step(
        "Then",
        "the IdP holds the account of {string} that existed before",
        "the IdP stored the id of the account that the scenario had created, and created none",
        |w, a| Box::pin(linked(w, a)),
    ),
    step("Then", "the IdP knows the account of {string}", "the IdP stored an id that the target gave", |w, a| {
        Box::pin(known(w, a))
    }),
    step("Then", "the response of the test is a list", "the connection test was answered by a ListResponse", |w, _| {
        Box::pin(tested(w))
    }),
    step("Then", "the IdP sent no request", "the newest deed led to no request at all", |w, _| Box::pin(silent(w))),
];

impl Stage {
    /// The simulated IdP of this scenario, made at its first deed.
    pub(super) fn idp(&mut self) -> Result<&mut Idp, Stop> {
        if self.idp.is_none() {
            let profile = self.item.profile.clone().ok_or_else(|| {
                Stop::script("this scenario has no IdP; tag it @each-profile, @needs-okta, @needs-entra or @needs-idp")
            })?;
            self.idp = Some(Idp::new(profile, self.client(), self.seed));
        }
        self.idp.as_mut().ok_or_else(|| Stop::script("this scenario has no IdP"))
    }
}

/// Writes changes into the directory and plays what is due. A move that the target refuses is a deviation.
pub(super) async fn play(world: &mut World, changes: Vec<Change>) -> Played {
    play_about(world, changes, None).await
}

/// Plays changes of which only the moves about one directory object count: a group is not to blame for a user of the
/// same cycle whom the target refuses. What concerns the whole job counts always.
pub(super) async fn play_about(world: &mut World, changes: Vec<Change>, about: Option<&str>) -> Played {
    let stage = world.stage()?;
    let idp = stage.idp()?;
    for change in changes {
        idp.change(change).map_err(|error| Stop::script(format!("the IdP's directory refuses: {error}")))?;
    }
    settle_about(world, about).await
}

async fn settle(world: &mut World) -> Played {
    settle_about(world, None).await
}

async fn settle_about(world: &mut World, about: Option<&str>) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let sent = stage.transcript.len();
    let idp = stage.idp()?;
    let report = limit.hold("the IdP's cycle", idp.settle()).await?;
    finish(world, &report, sent, about)
}

pub(super) async fn advance(world: &mut World, seconds: u64) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let sent = stage.transcript.len();
    let idp = stage.idp()?;
    let report = limit.hold("the IdP's cycles", idp.advance(std::time::Duration::from_secs(seconds))).await?;
    finish(world, &report, sent, None)
}

async fn test(world: &mut World) -> Played {
    let stage = world.stage()?;
    let limit = stage.limit();
    let sent = stage.transcript.len();
    let idp = stage.idp()?;
    let report = limit.hold("the connection test", idp.test_connection()).await?;
    finish(world, &report, sent, None)
}

/// What a move is recorded under when it concerns no single object.
const WHOLE_JOB: &str = "job";

/// Takes over the ids that the IdP learnt, and reports what the target refused.
fn finish(world: &mut World, report: &Report, sent_before: usize, about: Option<&str>) -> Played {
    let stage = world.stage()?;
    stage.sent_by_deed = stage.transcript.len() - sent_before;
    let Some(idp) = &stage.idp else { return Ok(()) };
    for (key, person) in &mut stage.people {
        if person.tenant == 0
            && let Some(id) = idp.remote_id(key)
        {
            person.id = Some(id);
        }
    }
    for name in stage.directory_groups.clone() {
        if let Some(id) = idp.remote_id(&name) {
            stage.groups.insert(name, id);
        }
    }
    let counts = |object: &str| about.is_none_or(|key| object == key || object == WHOLE_JOB);
    match report.failures().find(|(record, _)| counts(&record.object)) {
        None => Ok(()),
        Some((record, failure)) => Err(Stop::mismatch(
            format!("the IdP's move `{}` of \"{}\" is accepted", record.kind, record.object),
            "an answer that this IdP takes as success",
            failure.to_string(),
            record.exchanges.iter().copied(),
        )),
    }
}

async fn provision(world: &mut World, args: Args) -> Played {
    let mut changes = Vec::new();
    for name in names(args.text(0)?) {
        let user = world.stage()?.person(name).user.clone();
        changes.push(Change::AddUser(user));
        changes.push(Change::AssignUser { key: name.to_owned() });
    }
    play(world, changes).await
}

async fn provision_with(world: &mut World, args: Args) -> Played {
    let name = args.text(0)?;
    let set = attributes(world, &args)?;
    let person = world.stage()?.person(name);
    person.user.set(&set).map_err(|error| Stop::script(format!("`{}`: {error}", args.line)))?;
    let user = person.user.clone();
    play(world, vec![Change::AddUser(user), Change::AssignUser { key: name.to_owned() }]).await
}

/// The table of a step as attributes; an empty cell clears.
fn attributes(world: &mut World, args: &Args) -> Result<Map<String, Value>, Stop> {
    let mut set = Map::new();
    for row in args.rows()? {
        let [name, value] = row.as_slice() else {
            return Err(Stop::script(format!("`{}` needs a table of two columns: attribute and value", args.line)));
        };
        let value = world.stage()?.expand(value)?;
        // A list is written as JSON (`roles`); any other text stands for itself.
        let list = value.starts_with('[').then(|| serde_json::from_str(&value).ok()).flatten();
        set.insert(name.clone(), if value.is_empty() { Value::Null } else { list.unwrap_or(Value::from(value)) });
    }
    Ok(set)
}

async fn update(world: &mut World, args: Args) -> Played {
    let set = attributes(world, &args)?;
    let mut changes = Vec::new();
    for key in names(args.text(0)?) {
        update_person(world, key, &set)?;
        changes.push(Change::UpdateUser { key: key.to_owned(), set: set.clone() });
    }
    play(world, changes).await
}

async fn rename(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?.to_owned();
    let suffix = world.stage()?.suffix.clone();
    let login = format!("{}{suffix}@example.com", args.text(1)?);
    let mut set = Map::new();
    set.insert("user_name".to_owned(), Value::from(login.clone()));
    set.insert("email".to_owned(), Value::from(login));
    change_user(world, key, set).await
}

async fn move_domain(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?.to_owned();
    let user_name = world.stage()?.person(&key).user.user_name.clone();
    let local = user_name.split('@').next().unwrap_or(&user_name);
    let login = format!("{local}@{}", args.text(1)?);
    let mut set = Map::new();
    set.insert("user_name".to_owned(), Value::from(login.clone()));
    set.insert("email".to_owned(), Value::from(login));
    change_user(world, key, set).await
}

/// What the scenario knows of a person follows the directory.
fn update_person(world: &mut World, key: &str, set: &Map<String, Value>) -> Played {
    let person = world.stage()?.person(key);
    person.user.set(set).map_err(|error| Stop::script(format!("\"{key}\" cannot change so: {error}")))
}

async fn change_user(world: &mut World, key: String, set: Map<String, Value>) -> Played {
    update_person(world, &key, &set)?;
    play(world, vec![Change::UpdateUser { key, set }]).await
}

async fn password(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?.to_owned();
    // Long and mixed, so that no policy is in the way.
    let password = format!("Corr3ct-horse-{}!", world.stage()?.index);
    play(world, vec![Change::SetPassword { key, password }]).await
}

async fn provision_with_manager(world: &mut World, args: Args) -> Played {
    let (report, manager) = (args.text(1)?.to_owned(), args.text(2)?.to_owned());
    world.stage()?.person(&report).user.manager = Some(manager);
    provision(world, args).await
}

async fn linked(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?;
    let stage = world.stage()?;
    let before = stage.created.get(key).cloned().ok_or_else(|| {
        Stop::script(format!("\"{key}\" did not exist before; add `Given the user \"{key}\" exists`"))
    })?;
    match stage.idp()?.remote_id(key) {
        Some(id) if id == before => Ok(()),
        Some(other) => Err(Stop::mismatch("", format!("the id {before}"), format!("the id {other}"), [])),
        None => Err(Stop::mismatch("", format!("the id {before}"), "the IdP holds no account", [])),
    }
}

async fn known(world: &mut World, args: Args) -> Played {
    match world.stage()?.idp()?.remote_id(args.text(0)?) {
        Some(_) => Ok(()),
        None => Err(Stop::mismatch("", "the id of an account", "the IdP holds no account", [])),
    }
}

async fn tested(world: &mut World) -> Played {
    let stage = world.stage()?;
    let last = stage.transcript.with(|all| all.iter().rfind(|exchange| exchange.sender == Sender::Idp).cloned());
    let last = last.ok_or_else(|| Stop::script("the IdP has sent nothing yet"))?;
    let list = last.json().is_some_and(|body| body["schemas"].to_string().contains(crate::scim::urn::LIST_RESPONSE));
    if last.status() == Some(200) && list {
        return Ok(());
    }
    let actual = format!("status {}", last.status().unwrap_or_default());
    Err(Stop::mismatch("", "status 200 with a ListResponse", actual, [last.seq]))
}

async fn silent(world: &mut World) -> Played {
    let sent = world.stage()?.sent_by_deed;
    if sent == 0 { Ok(()) } else { Err(Stop::mismatch("", "no request", format!("{sent} requests"), [])) }
}
