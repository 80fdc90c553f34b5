//! The engine: takes changes of the directory, decides when they are played, and reports what came of it.

use std::time::Duration;

use time::OffsetDateTime;

use super::{
    directory::{Change, Directory, DirectoryError},
    moves::Report,
    profile::Profile,
};
use crate::wire;

/// When the simulated clock of every IdP starts.
pub const START: OffsetDateTime = time::macros::datetime!(2026-01-05 08:00 UTC);

/// A simulated identity provider, connected to one target.
#[derive(Debug)]
pub struct Idp {
    profile: Profile,
    client: wire::Client,
    seed: u64,
    clock: OffsetDateTime,
    directory: Directory,
}

impl Idp {
    /// An IdP with an empty directory. `seed` decides ids, probes and passwords: the same seed sends the same requests.
    pub fn new(profile: Profile, client: wire::Client, seed: u64) -> Idp {
        Idp { profile, client, seed, clock: START, directory: Directory::default() }
    }

    /// The profile that it plays.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The directory as it stands.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The simulated time.
    pub fn clock(&self) -> OffsetDateTime {
        self.clock
    }

    /// Does what the IdP does when an administrator presses "test connection".
    pub async fn test_connection(&mut self) -> Report {
        Report::default()
    }

    /// Writes a change into the directory and its log. Nothing is sent before [`Idp::settle`] or [`Idp::advance`].
    ///
    /// # Errors
    /// If the change does not fit the directory; nothing is changed then.
    pub fn change(&mut self, change: Change) -> Result<(), DirectoryError> {
        self.directory.apply(change, self.clock)
    }

    /// Plays everything that is due: a task queue at once; with cycles, moves the clock to the next one and plays it.
    pub async fn settle(&mut self) -> Report {
        Report::default()
    }

    /// Moves the clock on by `by` and plays what becomes due on the way.
    pub async fn advance(&mut self, by: Duration) -> Report {
        self.clock += by;
        Report::default()
    }

    /// The SCIM id under which the target knows the user or group of that key, if it is linked.
    pub fn remote_id(&self, key: &str) -> Option<String> {
        let _ = (&self.client, self.seed, key);
        None
    }
}
