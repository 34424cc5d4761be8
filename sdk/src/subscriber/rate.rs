//! Which of the messages that were published a subscriber wants, and when it can have the next.

use super::source::Source;
use super::sources::Sources;
use crate::sys::process;
use std::time::Duration;

/// Which messages a subscriber wants.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RateFilter {
    /// Only the newest.
    pub(super) latest: bool,
    /// The least time between two messages of one publisher, in nanoseconds. Zero for any.
    pub(super) interval_ns: u64,
}

/// How soon to poll again for a message that was due and not present.
const RECHECK: Duration = Duration::from_millis(1);

impl RateFilter {
    /// Creates a filter. `rate_limit` is in messages a second.
    pub(super) fn new(latest: bool, rate_limit: Option<f64>) -> Result<Self, String> {
        let Some(hz) = rate_limit else { return Ok(Self { latest, interval_ns: 0 }) };
        if hz.is_finite() && hz > 0.0 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and saturates")]
            let interval_ns = (1e9 / hz) as u64;
            Ok(Self { latest: true, interval_ns })
        } else {
            Err(format!("`rate_limit` is {hz}, and must be a number of messages a second, more than 0"))
        }
    }

    /// Returns whether it filters anything.
    #[inline]
    pub(super) fn is_set(self) -> bool {
        self.latest || self.interval_ns != 0
    }

    /// Returns when the next message may be delivered after one that is delivered now. It counts from
    /// now, not from when that one was due, so that no burst follows a silence.
    #[cold]
    pub(super) fn next_due(self) -> u64 {
        process::monotonic_ns().saturating_add(self.interval_ns)
    }

    /// Moves the cursor of a source beyond the messages that are not wanted. Returns whether the next
    /// one is wanted now.
    #[inline(never)]
    pub(super) fn skip_unwanted(self, source: &mut Source) -> bool {
        if self.interval_ns != 0 && process::monotonic_ns() < source.due {
            return false;
        }
        source.cursor.skip_to_newest(source.segment.reader().head());
        true
    }
}

impl<P> Sources<P> {
    /// Returns how long no message may be delivered, whatever is published. Returns `None` if one may
    /// be now.
    pub(super) fn idle_for(&self) -> Option<Duration> {
        if self.rate.interval_ns == 0 {
            return None;
        }
        let due = self.attached.iter().map(|source| source.due).min()?;
        let now = process::monotonic_ns();
        (due > now).then(|| Duration::from_nanos(due - now))
    }

    /// Returns how soon a message that was published may be delivered, or a failed scan is to be
    /// retried, if a wait has to end for that.
    pub(super) fn due_in(&self) -> Option<Duration> {
        let now = process::monotonic_ns();
        let delayed = self.attached.iter().filter(|source| source.due != 0 && source.has_unread());
        let delayed = delayed.map(|source| Duration::from_nanos(source.due.saturating_sub(now)));
        let due = delayed.chain(self.discovery.retry_in()).min()?;
        // What is due and was not found just now may not be present, whatever the head claims.
        Some(if due.is_zero() { RECHECK } else { due })
    }
}
