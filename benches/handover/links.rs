//! One direction from process to process, over any mechanism.

use slotcast::{Publisher, Subscriber};
use std::time::{Duration, Instant};

/// How long a bench waits for anything: much longer than it takes, so that a bench fails instead of
/// hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// Accepts messages of `W` words.
pub(crate) trait Outbox<const W: usize> {
    /// Sends a message.
    fn put(&mut self, words: &[u64; W]);
}

/// Yields messages of `W` words.
pub(crate) trait Inbox<const W: usize> {
    /// Passes the next message and its sequence to `see`, or returns `None` if there is none.
    fn take<R>(&mut self, see: impl FnOnce(u64, &[u64; W]) -> R) -> Option<R>;
}

impl<const W: usize> Outbox<W> for Publisher<[u64; W]> {
    #[inline]
    fn put(&mut self, words: &[u64; W]) {
        self.publish(words).expect("sequences are left");
    }
}

impl<const W: usize> Inbox<W> for Subscriber<[u64; W]> {
    #[inline]
    fn take<R>(&mut self, see: impl FnOnce(u64, &[u64; W]) -> R) -> Option<R> {
        let sample = self.try_recv().expect("the topic is not disturbed")?;
        Some(see(sample.sequence(), &sample))
    }
}

/// Polls until there is a result.
///
/// # Panics
/// If there is none for very long.
#[inline]
pub(crate) fn wait<R>(mut poll: impl FnMut() -> Option<R>) -> R {
    let mut since = None;
    loop {
        for _ in 0..1 << 20 {
            if let Some(found) = poll() {
                return found;
            }
        }
        let since = since.get_or_insert_with(Instant::now);
        assert!(since.elapsed() < PATIENCE, "the other process has done nothing for {PATIENCE:?}");
    }
}
