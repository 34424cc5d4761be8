//! How a pool gets its slots back before their messages are overwritten: what every subscriber has
//! read, and is not of the history, is withdrawn. So slots are used again while they are in the
//! caches.

use super::history::History;
use super::slots::Pool;

impl Pool {
    /// Withdraws messages that every subscriber has read, which are those before `read`, oldest
    /// first, unless they are of the history. `next` is the sequence that will be published next.
    pub(crate) fn retire_read(&mut self, next: u64, read: u64) {
        let mut sequence = self.oldest(next);
        while sequence < read && self.is_before_history(sequence, next) {
            self.withdraw(sequence);
            sequence += 1;
            self.kept_from = sequence;
        }
    }

    /// Notes that a sequence is left out: the slot that was in its cell leaves it.
    pub(crate) fn left_out(&mut self, sequence: u64) {
        if let Some(number) = self.take_from_cell(sequence) {
            self.left_cell(number);
        }
    }

    /// Returns the first message that was not withdrawn, or one that was overwritten.
    pub(crate) fn kept_from(&self) -> u64 {
        self.kept_from
    }

    /// Returns the oldest message in the ring, or `next` if there is none.
    pub(super) fn oldest(&self, next: u64) -> u64 {
        self.kept_from.max(next.saturating_sub(self.segment.geometry().cells()))
    }

    /// Returns whether the oldest message in the ring is not of the history.
    fn is_before_history(&self, oldest: u64, next: u64) -> bool {
        let count = next - oldest;
        match self.history {
            History::Messages(messages) => count > messages,
            History::Bytes(bytes) => count > 1 && self.ring_bytes > bytes,
        }
    }

    /// Returns the oldest message in the ring, if it stays only because a subscriber may not have
    /// read it.
    pub(crate) fn kept_for_readers(&self, next: u64) -> Option<u64> {
        Some(self.oldest(next)).filter(|&oldest| oldest < next && self.is_before_history(oldest, next))
    }
}
