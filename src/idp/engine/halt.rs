//! A way to stop an IdP between two requests: what was begun is finished, and the rest stays pending.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A flag that an [`Idp`](super::Idp) looks at before every object and every batch. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Halt(Arc<AtomicBool>);

impl Halt {
    /// A flag that is not set.
    pub fn new() -> Halt {
        Halt::default()
    }

    /// The IdP stops before its next object. What it has not done is pending, and the next
    /// [`Idp::settle`](super::Idp::settle) of an IdP that remembers it goes on there.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was told to stop.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
