//! Which of the messages that were published a subscriber wants.

use super::source::Source;
use crate::sys::process;

/// Which messages a subscriber wants.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RateFilter {
    /// Only the newest.
    pub(super) latest: bool,
    /// The least time between two messages of one publisher, in nanoseconds. Zero for any.
    pub(super) interval_ns: u64,
}

impl RateFilter {
    /// Creates a filter. `rate_limit` is in messages a second.
    pub(crate) fn new(latest: bool, rate_limit: Option<f64>) -> Result<Self, String> {
        let Some(hz) = rate_limit else { return Ok(Self { latest, interval_ns: 0 }) };
        if hz.is_finite() && hz > 0.0 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and saturates")]
            let interval_ns = (1e9 / hz) as u64;
            Ok(Self { latest: true, interval_ns })
        } else {
            Err(format!("`rate_limit` is {hz}, and must be a number of messages a second, more than 0"))
        }
    }

    /// Creates a filter for the newest message only.
    pub(crate) fn newest() -> Self {
        Self { latest: true, interval_ns: 0 }
    }

    /// Returns whether it filters anything.
    #[inline]
    pub(super) fn is_set(self) -> bool {
        self.latest || self.interval_ns != 0
    }

    /// Returns when the next message may be delivered after one that is delivered now. It counts
    /// from now, not from when that one was due, so that no burst follows a silence.
    #[cold]
    pub(super) fn next_due(self) -> u64 {
        process::monotonic_ns().saturating_add(self.interval_ns)
    }

    /// Moves the cursor of a source beyond the messages that are not wanted. Returns whether the
    /// next one is wanted now.
    #[inline(never)]
    pub(super) fn skip_unwanted(self, source: &mut Source) -> bool {
        if self.interval_ns != 0 && process::monotonic_ns() < source.due {
            return false;
        }
        source.cursor.skip_to_newest(source.segment.reader().head());
        true
    }
}
