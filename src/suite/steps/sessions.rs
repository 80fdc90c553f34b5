//! People steps about sessions: opened, revoked, refused, measured.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use super::lists::names;
use crate::{
    suite::{
        stop::{Played, Stop},
        trouble,
        vocabulary::{Args, StepDef, step},
        world::World,
    },
    target::{Section, Session, SessionState, SignIn},
    verdict::Measurement,
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step("Given", "{string} has {int} open session(s)", "signs in that often and keeps the sessions", |w, a| {
        Box::pin(open(w, a))
    })
    .needs(&[Section::SignIn]),
    step(
        "Then",
        "every session of {string} is revoked within {number} second(s)",
        "each of them is refused by the target; the time from the deed to the last refusal is measured",
        |w, a| Box::pin(revoked(w, a, Way::Token)),
    )
    .needs(&[Section::Session]),
    step("Then", "every session of {string} still works", "each of them is accepted by the target", |w, a| {
        Box::pin(works(w, a, Way::Token))
    })
    .needs(&[Section::Session]),
    step("Then", "every JWT of {string} still works", "each of them is accepted by the target", |w, a| {
        Box::pin(works(w, a, Way::Jwt))
    })
    .needs(&[Section::Jwt]),
    step(
        "Then",
        "every JWT of {string} is refused within {number} second(s)",
        "the target's own authentication refuses the session JWTs",
        |w, a| Box::pin(revoked(w, a, Way::Jwt)),
    )
    .needs(&[Section::Jwt]),
    step(
        "Then",
        "no JWT of {string} lives longer than {int} minutes",
        "exp minus iat: how long a consumer that only checks the signature is fooled at most",
        |w, a| Box::pin(short_lived(w, a)),
    )
    .needs(&[Section::Jwt]),
    step("Then", "{string} can open a new session", "signing in works", |w, a| Box::pin(can(w, a)))
        .needs(&[Section::SignIn]),
    step("Then", "{string} cannot open a new session", "signing in is refused", |w, a| Box::pin(cannot(w, a)))
        .needs(&[Section::SignIn]),
    step(
        "Then",
        "the open sessions of {string} carry the roles {string}",
        "as authenticating the sessions shows them; further roles do not matter",
        |w, a| Box::pin(carry(w, a, true)),
    )
    .needs(&[Section::Session]),
    step(
        "Then",
        "the open sessions of {string} carry none of the roles {string}",
        "as authenticating the sessions shows them",
        |w, a| Box::pin(carry(w, a, false)),
    )
    .needs(&[Section::Session]),
];

#[derive(Clone, Copy)]
enum Way {
    Token,
    Jwt,
}

/// How often a state is asked again while it is not the wanted one.
const PAUSE: Duration = Duration::from_millis(20);

async fn sign_in(world: &mut World, key: &str) -> Result<(SignIn, u64), Stop> {
    let stage = world.stage()?;
    let limit = stage.limit();
    let (person, tenant) = stage.known(key)?;
    let (subject, tenant) = (person.subject()?, tenant.clone());
    let signed = trouble::observed(limit.hold("signing in", tenant.sign_in(&subject)).await?)?;
    let seq = world.stage()?.transcript.last_seq().unwrap_or_default();
    Ok((signed, seq))
}

/// Signs somebody in that often and keeps the sessions.
pub(super) async fn open_sessions(world: &mut World, key: &str, count: usize) -> Played {
    for _ in 0..count {
        match sign_in(world, key).await? {
            (SignIn::Opened(session), _) => {
                let shared = world.shared.clone();
                shared.learn(&session);
                world.stage()?.person(key).sessions.push(session);
            }
            (SignIn::Refused { status, detail }, seq) => {
                let what = format!("\"{key}\" can sign in");
                return Err(Stop::mismatch(what, "a session", format!("refused ({status}): {detail}"), [seq]));
            }
        }
    }
    Ok(())
}

async fn open(world: &mut World, args: Args) -> Played {
    open_sessions(world, args.text(0)?, args.number(1)?).await
}

/// Asks the target about each session of somebody; with the number of the exchange that showed it.
pub(in crate::suite) async fn states(world: &mut World, key: &str) -> Result<Vec<(SessionState, u64)>, Stop> {
    ask(world, key, Way::Token).await
}

async fn ask(world: &mut World, key: &str, way: Way) -> Result<Vec<(SessionState, u64)>, Stop> {
    let stage = world.stage()?;
    let limit = stage.limit();
    let (person, tenant) = stage.known(key)?;
    let (sessions, tenant): (Vec<Session>, _) = (person.sessions.clone(), tenant.clone());
    if sessions.is_empty() {
        return Err(Stop::script(format!("\"{key}\" has no session in this scenario; open one first")));
    }
    let mut states = Vec::new();
    for session in &sessions {
        let observed = match way {
            Way::Token => limit.hold("the session observer", tenant.session(session)).await?,
            Way::Jwt => limit.hold("the JWT observer", tenant.jwt(session)).await?,
        };
        let state = trouble::observed(observed)?;
        let seq = world.stage()?.transcript.last_seq().unwrap_or_default();
        states.push((state, seq));
    }
    Ok(states)
}

async fn revoked(world: &mut World, args: Args, way: Way) -> Played {
    let key = args.text(0)?;
    let allowed = Duration::try_from_secs_f64(args.number(1)?).map_err(|_| Stop::script("the time is no duration"))?;
    let deed = world.stage()?.deed;
    loop {
        let states = ask(world, key, way).await?;
        let elapsed = deed.elapsed();
        let open: Vec<u64> = states
            .iter()
            .filter(|(state, _)| matches!(state, SessionState::Open { .. }))
            .map(|(_, seq)| *seq)
            .collect();
        let stage = world.stage()?;
        if open.is_empty() {
            let name = match way {
                Way::Token => "sessions refused after",
                Way::Jwt => "JWTs refused after",
            };
            stage.measurements.push(Measurement { name: name.to_owned(), millis: elapsed.as_secs_f64() * 1e3 });
            return Ok(());
        }
        if elapsed >= allowed {
            let actual = format!("{} of {} still accepted after {} ms", open.len(), states.len(), elapsed.as_millis());
            let expected = format!("all {} refused within {} s", states.len(), allowed.as_secs_f64());
            return Err(Stop::mismatch("", expected, actual, open));
        }
        let limit = stage.limit();
        limit.hold("the sessions to be revoked", tokio::time::sleep(PAUSE)).await?;
    }
}

async fn works(world: &mut World, args: Args, way: Way) -> Played {
    let states = ask(world, args.text(0)?, way).await?;
    let refused: Vec<(u64, String)> = states
        .iter()
        .filter_map(|(state, seq)| match state {
            SessionState::Refused { status, detail } => Some((*seq, format!("refused ({status}): {detail}"))),
            SessionState::Open { .. } => None,
        })
        .collect();
    match refused.first() {
        None => Ok(()),
        Some((_, detail)) => {
            let actual = format!("{} of {} refused; {detail}", refused.len(), states.len());
            let seqs: Vec<u64> = refused.iter().map(|(seq, _)| *seq).collect();
            Err(Stop::mismatch("", format!("all {} accepted", states.len()), actual, seqs))
        }
    }
}

async fn short_lived(world: &mut World, args: Args) -> Played {
    let key = args.text(0)?;
    let limit = args.number::<i64>(1)? * 60;
    let stage = world.stage()?;
    let (person, _) = stage.known(key)?;
    let jwts: Vec<_> = person.sessions.iter().filter_map(|session| session.jwt.clone()).collect();
    if jwts.is_empty() {
        return Err(Stop::NotExercised("the sign-in observer captures no `session_jwt`".to_owned()));
    }
    for jwt in jwts {
        let claims = jwt.expose().split('.').nth(1).and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
        let claims: Value = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let life = match (claims["iat"].as_i64(), claims["exp"].as_i64()) {
            (Some(issued), Some(expires)) => expires - issued,
            _ => return Err(Stop::mismatch("", "iat and exp in the JWT", claims.to_string(), [])),
        };
        if life > limit {
            return Err(Stop::mismatch("", format!("at most {limit} s"), format!("{life} s"), []));
        }
    }
    Ok(())
}

async fn can(world: &mut World, args: Args) -> Played {
    match sign_in(world, args.text(0)?).await? {
        (SignIn::Opened(session), _) => {
            world.shared.learn(&session);
            Ok(())
        }
        (SignIn::Refused { status, detail }, seq) => {
            Err(Stop::mismatch("", "a session", format!("refused ({status}): {detail}"), [seq]))
        }
    }
}

async fn cannot(world: &mut World, args: Args) -> Played {
    match sign_in(world, args.text(0)?).await? {
        (SignIn::Refused { .. }, _) => Ok(()),
        (SignIn::Opened(session), seq) => {
            world.shared.learn(&session);
            Err(Stop::mismatch("", "a refusal", "a session was opened", [seq]))
        }
    }
}

async fn carry(world: &mut World, args: Args, wanted: bool) -> Played {
    let states = states(world, args.text(0)?).await?;
    let list: Vec<&str> = names(args.text(1)?).collect();
    for (state, seq) in states {
        let roles = match state {
            SessionState::Open { roles: Some(roles) } => roles,
            SessionState::Open { roles: None } => {
                return Err(Stop::NotExercised("the session observer captures no `roles`".to_owned()));
            }
            SessionState::Refused { status, detail } => {
                return Err(Stop::mismatch("", "an open session", format!("refused ({status}): {detail}"), [seq]));
            }
        };
        if list.iter().any(|role| roles.iter().any(|held| held == role) != wanted) {
            let expected =
                if wanted { format!("{} among them", list.join(", ")) } else { format!("none of {}", list.join(", ")) };
            return Err(Stop::mismatch("", expected, roles.join(", "), [seq]));
        }
    }
    Ok(())
}
