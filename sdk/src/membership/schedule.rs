//! When to check again even if nothing is noticed.

use std::time::{Duration, Instant};

/// The interval of checks of what cannot be noticed.
pub(super) const CHECK: Duration = Duration::from_millis(50);
/// The interval of checks of everything, although all of it should be noticed.
pub(super) const CHECK_ANYWAY: Duration = Duration::from_secs(1);

/// When each kind of check is due.
#[derive(Default)]
pub(super) struct Due {
    /// Of locks and processes.
    pub(super) check: Option<Instant>,
    /// Of the directory.
    pub(super) scan: Option<Instant>,
    /// Of the topic's new directory, after the old one was removed.
    pub(super) enter: Option<Instant>,
    /// Of promises to be alive.
    pub(super) promises: Option<Instant>,
}

/// Returns the next time of something that is done at this interval. A planned time is kept if it
/// is in the future, and not later than the interval allows.
pub(super) fn next(planned: Option<Instant>, every: Option<Duration>, now: Instant) -> Option<Instant> {
    let next = now + every?;
    Some(planned.filter(|&planned| planned > now && planned < next).unwrap_or(next))
}
