//! Pauses in which the other side falls asleep, where a measure is about being woken.

use crate::peers::Failure;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The longest that a process needs to fall asleep.
pub(super) const LENGTH: Duration = Duration::from_micros(150);

/// What each side does before it tells the other something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pause {
    /// Nothing. The other side may still be about to fall asleep.
    None,
    /// It polls the clock until the other side must be asleep.
    Long,
}

impl Pause {
    #[inline]
    pub(super) fn take(self) {
        if self == Self::Long {
            let begin = Instant::now();
            while begin.elapsed() < LENGTH {}
        }
    }
}

/// How often this thread has slept so far, as the kernel counts.
pub(super) struct Sleeps(u64);

impl Sleeps {
    pub(super) fn now() -> Result<Self, Failure> {
        let status = std::fs::read_to_string("/proc/thread-self/status")?;
        let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        Ok(Self(count.ok_or("the kernel does not count how often a thread sleeps")?.trim().parse()?))
    }

    /// Fails if this thread has not slept in most of `trips` since then. In some it may not, if
    /// another process had the processor.
    pub(super) fn check(&self, pause: Pause, trips: u64) -> Result<(), Failure> {
        let slept = Self::now()?.0 - self.0;
        if pause == Pause::Long && 2 * slept < trips {
            return Err(format!("it has slept {slept} times in {trips} trips: being woken was not measured").into());
        }
        Ok(())
    }
}
