//! Those whom a change must not touch: what is remembered of them before, and compared after.

use super::{
    steps::{sessions_of, status_and_roles_of},
    stop::Stop,
    world::World,
};

/// What was seen of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// The member's state.
    pub status: String,
    /// Role ids, sorted.
    pub roles: Vec<String>,
    /// Whether each session is accepted.
    pub sessions: Vec<bool>,
}

impl Seen {
    /// Looks at somebody. What the target has no observer for stays empty on both sides of the comparison; without any
    /// observer there is nothing to compare.
    ///
    /// # Errors
    /// `NotExercised` without any observer; a fault if an observer does not work.
    pub async fn now(world: &mut World, key: &str) -> Result<(Seen, Vec<u64>), Stop> {
        let mut seen = Seen { status: String::new(), roles: Vec::new(), sessions: Vec::new() };
        let mut observers = 0;
        let (status, roles, mut seqs) = status_and_roles_of(world, key).await?;
        seen.status = optional(status, &mut observers)?.unwrap_or_default();
        seen.roles = optional(roles, &mut observers)?.unwrap_or_default();
        let has_sessions = !world.stage()?.known(key)?.0.sessions.is_empty();
        if has_sessions && let Some((sessions, seq)) = optional(sessions_of(world, key).await, &mut observers)? {
            seen.sessions = sessions;
            seqs.extend(seq);
        }
        if observers == 0 {
            return Err(Stop::NotExercised("the target has no observer for members, roles or sessions".to_owned()));
        }
        Ok((seen, seqs))
    }

    /// What differs, for a person; nothing if all is as it was.
    pub fn difference(&self, now: &Seen) -> Option<(String, String)> {
        if self.status != now.status {
            return Some((self.status.clone(), now.status.clone()));
        }
        if self.roles != now.roles {
            return Some((format!("roles {}", self.roles.join(", ")), format!("roles {}", now.roles.join(", "))));
        }
        if self.sessions != now.sessions {
            let open = |sessions: &[bool]| sessions.iter().filter(|open| **open).count();
            return Some((
                format!("{} open sessions", open(&self.sessions)),
                format!("{} open sessions", open(&now.sessions)),
            ));
        }
        None
    }
}

/// What an observer saw; `None` if the target has no such observer.
fn optional<T>(seen: Result<T, Stop>, observers: &mut usize) -> Result<Option<T>, Stop> {
    match seen {
        Ok(seen) => {
            *observers += 1;
            Ok(Some(seen))
        }
        Err(Stop::NotExercised(_)) => Ok(None),
        Err(other) => Err(other),
    }
}
