//! What an IdP remembers from one run to the next: its directory, its links to the objects of the target, and what is
//! pending (tasks, failed tasks, escrows, quarantine, watermark). Plain data; the target's credentials and the passwords
//! of people are not in it.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Idp, cycles, tasks};
use crate::idp::{directory::Directory, profile::Kind};

/// The memory of one [`Idp`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    profile: String,
    seed: u64,
    #[serde(with = "time::serde::rfc3339")]
    clock: OffsetDateTime,
    drawn: u64,
    directory: Directory,
    tasks: tasks::State,
    cycles: cycles::State,
}

/// Why an IdP cannot take a memory over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// It is another IdP's.
    #[error("it belongs to the profile `{remembered}`, not to `{wanted}`")]
    Profile {
        /// The profile that wrote it.
        remembered: String,
        /// The profile that is to read it.
        wanted: String,
    },
    /// The ids of users and groups come from the seed.
    #[error("it was made with the seed {remembered}, not with {wanted}")]
    Seed {
        /// The seed that it was made with.
        remembered: u64,
        /// The seed of now.
        wanted: u64,
    },
}

impl Memory {
    /// The directory as it stood.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Whether it was written within a cycle: a task waits, or a change that no cycle has read to its end.
    pub fn is_unfinished(&self) -> bool {
        !self.tasks.is_idle() || !self.directory.log_after(self.cycles.watermark()).is_empty()
    }
}

impl Idp {
    /// What it remembers now. Of the change log only what no cycle has read yet is part of it, and of passwords nothing.
    pub fn memory(&self) -> Memory {
        let mut directory = Directory::clone(&self.directory);
        directory.forget_log(self.unread());
        Memory {
            profile: self.profile.id.clone(),
            seed: self.seed,
            clock: self.clock,
            drawn: self.drawn,
            directory,
            tasks: self.tasks.without_passwords(),
            cycles: self.cycles.clone(),
        }
    }

    /// The same IdP, with the memory of an earlier one instead of its own.
    ///
    /// # Errors
    /// If the memory is that of another profile, or its ids come from another seed.
    pub fn remembering(self, memory: Memory) -> Result<Idp, MemoryError> {
        if memory.profile != self.profile.id {
            return Err(MemoryError::Profile { remembered: memory.profile, wanted: self.profile.id.clone() });
        }
        if memory.seed != self.seed {
            return Err(MemoryError::Seed { remembered: memory.seed, wanted: self.seed });
        }
        let Memory { clock, drawn, directory, tasks, cycles, .. } = memory;
        Ok(Idp { clock, drawn, directory: Arc::new(directory), tasks, cycles, ..self })
    }

    /// Takes over links (directory key to SCIM id) that were made after the memory was written, so that whoever was
    /// created is not created again. What is not in the directory yet stays in `links`.
    pub fn relink(&mut self, links: &mut BTreeMap<String, String>) {
        links.retain(|key, id| {
            let (user, group) = (self.directory.person(key).is_some(), self.directory.team(key).is_some());
            if (user || group) && self.remote_id(key).as_ref() != Some(id) {
                match self.profile.kind {
                    Kind::Entra => self.cycles.relink(key, id, user),
                    Kind::Okta | Kind::Generic => self.tasks.relink(key, id, user),
                }
            }
            !(user || group)
        });
    }
}
