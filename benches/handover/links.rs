//! One way from process to process, whatever it is made of.

use slotcast::{Publisher, Subscriber};
use std::time::{Duration, Instant};

/// How long anything is waited for: far longer than it takes, so that a bench fails and does not hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where messages of `W` words are put.
pub(crate) trait Outbox<const W: usize> {
    /// Puts one.
    fn put(&mut self, words: &[u64; W]);
}

/// Where they are taken.
pub(crate) trait Inbox<const W: usize> {
    /// Lets `see` see the next message and its sequence, if there is one.
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
        let sample = self.try_recv().expect("nobody disturbs the topic")?;
        Some(see(sample.sequence(), &sample))
    }
}

/// Looks until there is something.
///
/// # Panics
/// If there is nothing for very long.
#[inline]
pub(crate) fn wait<R>(mut look: impl FnMut() -> Option<R>) -> R {
    let mut since = None;
    loop {
        for _ in 0..1 << 20 {
            if let Some(found) = look() {
                return found;
            }
        }
        let since = since.get_or_insert_with(Instant::now);
        assert!(since.elapsed() < PATIENCE, "the other process has done nothing for {PATIENCE:?}");
    }
}
