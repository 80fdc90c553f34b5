//! The simulated identity provider.
//!
//! A [`Change`] goes into the [`directory`]; the [`engine`] decides when it is played and which [`moves`] it leads to;
//! the [`dialect`] writes each request exactly as the IdP would; what came back decides what the IdP does next. How one
//! IdP differs from another is data: a [`Profile`] of typed knobs, quirks with evidence, and attribute mappings.
//!
//! Time is simulated: [`Idp::settle`] and [`Idp::advance`] move the clock, and nothing here ever waits for it.

pub mod dialect;
pub mod directory;
pub mod engine;
pub mod mapping;
pub mod moves;
pub mod profile;

pub use directory::{AppRole, Change, DirectoryError, Entitlement, Group, User};
pub use engine::{Comparison, Drift, FailedTask, Halt, Idp, Memory, MemoryError, Unreadable};
pub use moves::{Entry, Failure, MoveKind, MoveRecord, MoveResult, Report};
pub use profile::{Kind, Profile, ProfileError, Quirk, profiles, quirks};
