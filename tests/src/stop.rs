//! A signal that ends the threads of a test, also when the test fails.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether threads shall end: set when the guard is dropped, also by a panic.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

/// Threads go on while this guard exists.
#[derive(Debug)]
#[must_use = "threads end when this is dropped"]
pub struct StopGuard<'a>(&'a Stop);

impl Stop {
    /// Clears the signal, until the returned guard is dropped.
    pub fn guard(&self) -> StopGuard<'_> {
        self.0.store(false, Ordering::Relaxed);
        StopGuard(self)
    }

    /// Returns whether threads shall end.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for StopGuard<'_> {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}
