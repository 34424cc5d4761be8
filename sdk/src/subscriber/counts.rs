//! What is counted over all publishers.

use super::source::Source;

/// What was counted of publishers that are detached.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    /// Messages delivered, lost or skipped.
    pub(super) taken: u64,
    pub(super) lost: u64,
    pub(super) skipped: u64,
}

impl Counts {
    pub(super) fn add(&mut self, source: &Source) {
        // Saturating, as all sums over publishers: one that breaks the protocol can have everything
        // counted as lost.
        self.taken = self.taken.wrapping_add(source.taken());
        self.lost = self.lost.saturating_add(source.cursor.lost());
        self.skipped = self.skipped.saturating_add(source.cursor.skipped());
    }
}
