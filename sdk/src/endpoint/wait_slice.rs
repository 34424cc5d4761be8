//! Waiting until so many of the other side are there: asleep until one comes, and looking now and then who has died.

use std::time::{Duration, Instant};

/// How long is slept before it is looked who has died.
const SLICE: Duration = Duration::from_millis(50);

/// How long to sleep now. Nothing if the time is over.
pub(crate) fn wait_slice(deadline: Option<Instant>) -> Option<Duration> {
    let left = deadline.map_or(SLICE, |deadline| deadline.saturating_duration_since(Instant::now()));
    (!left.is_zero()).then_some(left.min(SLICE))
}
