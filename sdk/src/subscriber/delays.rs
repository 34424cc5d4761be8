//! When something is due though nothing is published.

use super::sources::Sources;
use crate::sys::process;
use std::time::Duration;

/// How soon to poll again for a message that was due and not present.
const RECHECK: Duration = Duration::from_millis(1);

impl<P> Sources<P> {
    /// Returns how long no message may be delivered, whatever is published. Returns `None` if one
    /// may be now.
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
