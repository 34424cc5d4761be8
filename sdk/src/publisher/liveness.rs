//! How often a publisher checks whether subscribers live, for which it has to ask the kernel.

use crate::sys::process;

/// The least time between two checks, in nanoseconds.
const LEAST_NS: u64 = 1_000_000;
/// How many times longer than the last check it is at least, as a check takes some system calls for
/// each subscriber.
const SHARE: u64 = 20;

/// Decides when subscribers are checked again.
#[derive(Debug, Default)]
pub(super) struct Liveness {
    /// In nanoseconds of `CLOCK_MONOTONIC`.
    due: u64,
}

impl Liveness {
    /// Calls `check`, unless that was done just now. Returns what it returned, or `None`.
    pub(super) fn if_due<R>(&mut self, check: impl FnOnce() -> R) -> Option<R> {
        let now = process::monotonic_ns();
        if now < self.due {
            return None;
        }
        let result = check();
        let after = process::monotonic_ns();
        self.due = after + LEAST_NS.max(SHARE * (after - now));
        Some(result)
    }
}
