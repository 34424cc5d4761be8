//! An end for threads that go on until they are told.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether it is enough: so when what this gave out is dropped, also by something that fails meanwhile.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

/// For as long as this is there it is not enough.
#[derive(Debug)]
#[must_use = "it is enough when this is dropped"]
pub struct GoOn<'a>(&'a Stop);

impl Stop {
    /// Until what is returned is dropped, it is not enough.
    pub fn later(&self) -> GoOn<'_> {
        self.0.store(false, Ordering::Relaxed);
        GoOn(self)
    }

    /// Whether it is enough.
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for GoOn<'_> {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}
