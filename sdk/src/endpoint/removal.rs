//! What endpoints do about a registry that is removed from outside, as login managers do with the
//! directories of users that log out.
//!
//! An endpoint notices by comparing the files that it has open with their names, which takes two
//! system calls. Waits do that each second. Between messages, a [`Recheck`] decides when: it reads
//! the clock after a number of calls that adapts to their rate. So a fast caller reads it once in
//! 256 calls, and a slow one each time.

use crate::registry::TopicDirectory;
use crate::sys::process;
use std::time::{Duration, Instant};

/// How long an endpoint goes on using a topic before it checks whether that was removed, in
/// nanoseconds.
const PAUSE_NS: u64 = 500_000_000;
/// The most calls between two readings of the clock. If calls become rare all at once, this many
/// are made before the next check.
const MAX_BATCH: u32 = 256;
/// Between two readings of the clock: less than this doubles the number of calls, in nanoseconds.
const SHORT_NS: u64 = 50_000_000;
/// More than this resets it to one.
const LONG_NS: u64 = 250_000_000;
/// How long creating an endpoint is tried again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Decides when an endpoint that is used without waiting checks whether its topic was removed.
#[derive(Debug)]
pub(crate) struct Recheck {
    /// How many calls there are until the clock is read.
    batch: u32,
    left: u32,
    read_at: u64,
    checked_at: u64,
}

impl Recheck {
    pub(crate) fn new() -> Self {
        let now = process::monotonic_ns();
        Self { batch: 1, left: 1, read_at: now, checked_at: now }
    }

    /// Counts a call. Returns whether [`is_due`](Self::is_due) is to be called.
    #[inline]
    pub(crate) fn count(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.is_counted()
    }

    /// Returns whether the batch is over.
    #[inline]
    pub(crate) fn is_counted(&self) -> bool {
        self.left == 0
    }

    /// Returns how many calls follow before the next call of [`is_due`](Self::is_due).
    pub(crate) fn batch(&self) -> u32 {
        self.batch
    }

    /// Reads the clock after a batch of calls, and adapts the batch. Returns whether the topic is
    /// to be checked.
    #[cold]
    pub(crate) fn is_due(&mut self) -> bool {
        let now = process::monotonic_ns();
        let took = now - self.read_at;
        self.read_at = now;
        if took > LONG_NS {
            self.batch = 1;
        } else if took < SHORT_NS {
            self.batch = (2 * self.batch).min(MAX_BATCH);
        }
        self.left = self.batch;
        self.is_due_at(now)
    }

    /// Returns whether the topic is to be checked, whatever was called.
    pub(crate) fn is_due_now(&mut self) -> bool {
        self.is_due_at(process::monotonic_ns())
    }

    fn is_due_at(&mut self, now: u64) -> bool {
        let is_due = now - self.checked_at >= PAUSE_NS;
        if is_due {
            self.checked_at = now;
        }
        is_due
    }
}

/// Decides whether creating an endpoint is tried again after it failed.
#[derive(Debug)]
pub(crate) struct Retry(Instant);

impl Retry {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    /// Returns whether the topic was removed while the endpoint was created in it.
    pub(crate) fn is_worthwhile(&self, topic: &TopicDirectory) -> bool {
        topic.was_removed().unwrap_or(false) && self.0.elapsed() < PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_read_less_often_by_fast_callers_and_each_time_by_slow_ones() {
        let mut recheck = Recheck::new();
        let mut calls = 0_u32;
        while recheck.batch() < MAX_BATCH {
            if recheck.count() {
                recheck.is_due();
            }
            calls += 1;
            assert!(calls < 10_000, "these calls are fast");
        }
        assert!((1..MAX_BATCH).all(|_| !recheck.count()) && recheck.count());
        recheck.read_at -= LONG_NS + 1;
        recheck.is_due();
        assert_eq!(recheck.batch(), 1);
        recheck.checked_at = process::monotonic_ns() - PAUSE_NS;
        assert!(recheck.is_due_now() && !recheck.is_due_now());
    }
}
