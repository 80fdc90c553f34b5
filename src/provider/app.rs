//! The provider as a running server: its options, what its handlers share, and its start and stop.

mod state;

pub use state::{Limits, PatchResponse, Settings, State};
