//! # Safety
//!
//! A thread waits for everything at once: topics of other processes, foreign descriptors, clocks
//! and triggers. The files opt into unsafe code to install signal handlers, and to fork.

mod clocks;
mod descriptors;
mod process;
mod topics;
mod triggers;

use slotcast::testing::PATIENCE;
use slotcast::{Key, Ready, ReadyKind, WaitSet};
use std::fs;
use std::time::{Duration, Instant};

/// Long enough that a missing event is not merely late.
const SILENCE: Duration = Duration::from_millis(50);

/// Returns what a set reports next. Fails if it reports nothing for long.
fn wait(set: &mut WaitSet) -> Vec<Ready> {
    let ready = set.wait_timeout(PATIENCE).unwrap().to_vec();
    assert!(!ready.is_empty(), "nothing is reported in {PATIENCE:?}");
    ready
}

/// Returns what it reports next, which must be about this key.
fn wait_for(set: &mut WaitSet, key: Key) -> ReadyKind {
    let ready = wait(set);
    assert_eq!(ready.iter().map(|ready| ready.key).collect::<Vec<_>>(), [key]);
    ready[0].kind
}

/// Asserts that it reports nothing for a while.
fn assert_silent(set: &mut WaitSet) {
    let start = Instant::now();
    assert_eq!(set.wait_timeout(SILENCE).unwrap(), [] as [Ready; 0]);
    assert!(start.elapsed() >= SILENCE, "it ended after {:?}", start.elapsed());
}

/// Returns how often this thread has given up the processor of its own accord.
fn sleeps() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
    line.trim().parse().unwrap()
}
