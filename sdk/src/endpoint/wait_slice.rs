use std::time::{Duration, Instant};

/// The longest sleep before a wait for endpoints checks which of them have died.
const SLICE: Duration = Duration::from_millis(50);

/// Returns how long a wait for endpoints sleeps next. Returns `None` if the deadline has passed.
pub(crate) fn wait_slice(deadline: Option<Instant>) -> Option<Duration> {
    let left = deadline.map_or(SLICE, |deadline| deadline.saturating_duration_since(Instant::now()));
    (!left.is_zero()).then_some(left.min(SLICE))
}
