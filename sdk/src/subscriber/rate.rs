use super::source::Source;
use crate::sys::process;

/// Which messages a subscriber wants of those that are there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RateFilter {
    /// Only the newest.
    pub(crate) latest: bool,
    /// The least time between two of one publisher, in nanoseconds. Zero: any.
    pub(crate) interval_ns: u64,
}

impl RateFilter {
    /// Whether it leaves out anything.
    #[inline]
    pub(super) fn is_set(self) -> bool {
        self.latest || self.interval_ns != 0
    }

    /// When the next message may be delivered after one now: not from when that was due, so that after a silence there is
    /// no burst.
    #[cold]
    pub(super) fn next_due(self) -> u64 {
        process::monotonic_ns().saturating_add(self.interval_ns)
    }

    pub(super) fn new(latest: bool, rate_limit: Option<f64>) -> Result<Self, String> {
        let Some(hz) = rate_limit else { return Ok(Self { latest, interval_ns: 0 }) };
        if hz.is_finite() && hz > 0.0 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and saturates")]
            let interval_ns = (1e9 / hz) as u64;
            Ok(Self { latest: true, interval_ns })
        } else {
            Err(format!("a rate limit is a number of messages a second, more than 0, not {hz}"))
        }
    }

    /// Leaves out what is not wanted of a source. Whether the next message is wanted now.
    #[inline(never)]
    pub(super) fn skip_unwanted(self, source: &mut Source) -> bool {
        if self.interval_ns != 0 && process::monotonic_ns() < source.due {
            return false;
        }
        source.cursor.skip_to_newest(source.segment.reader().head());
        true
    }
}
