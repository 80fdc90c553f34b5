//! A whole directory against the reference provider: what the IdP says it did and what the target holds must be the
//! same, also when the way between them is bad, and when the run is broken off and begun again.

#[path = "sync/company.rs"]
mod company;

#[path = "sync/command.rs"]
mod command;
#[path = "sync/drift.rs"]
mod drift;
#[cfg(unix)]
#[path = "sync/killed.rs"]
mod killed;
#[path = "sync/lanes.rs"]
mod lanes;
#[path = "sync/large.rs"]
mod large;
#[path = "sync/resume.rs"]
mod resume;
