//! When to end: on Ctrl-C, or after a set time.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Knows when it is time to end.
pub(crate) struct Ending {
    signal: Receiver<()>,
    deadline: Option<Instant>,
}

impl Ending {
    /// Ends at the next SIGINT, SIGTERM or SIGHUP, and at the latest after `limit`.
    pub(crate) fn at_signal_or_after(limit: Option<Duration>) -> Result<Self, ctrlc::Error> {
        let (sender, signal) = channel();
        ctrlc::set_handler(move || {
            // Nobody receives this if the program is ending already.
            let _ = sender.send(());
        })?;
        Ok(Self { signal, deadline: limit.map(|limit| Instant::now() + limit) })
    }

    /// Waits until `then`. Returns `true` if it is time to end before that.
    pub(crate) fn comes_before(&self, then: Instant) -> bool {
        let until = self.deadline.map_or(then, |deadline| then.min(deadline));
        let waited = self.signal.recv_timeout(until.saturating_duration_since(Instant::now()));
        waited != Err(RecvTimeoutError::Timeout) || self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }
}
