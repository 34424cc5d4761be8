//! When to end: on Ctrl-C, or after a set time.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Says when it is time to end.
pub(crate) struct Ending {
    signal: Receiver<()>,
    deadline: Option<Instant>,
}

impl Ending {
    /// At the next SIGINT, SIGTERM or SIGHUP, at the latest after `limit`.
    pub(crate) fn at_signal_or_after(limit: Option<Duration>) -> Result<Self, ctrlc::Error> {
        let (sender, signal) = channel();
        ctrlc::set_handler(move || {
            // Nobody listens any more if it is ending already.
            let _ = sender.send(());
        })?;
        Ok(Self { signal, deadline: limit.map(|limit| Instant::now() + limit) })
    }

    /// Waits until then. True if it is time to end before that.
    pub(crate) fn comes_before(&self, then: Instant) -> bool {
        let until = self.deadline.map_or(then, |deadline| then.min(deadline));
        let waited = self.signal.recv_timeout(until.saturating_duration_since(Instant::now()));
        waited != Err(RecvTimeoutError::Timeout) || self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }
}
