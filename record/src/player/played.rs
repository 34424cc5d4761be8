//! The publisher that plays what one publisher has published.

use slotcast::dynamic::Publisher;

/// What stands for a publisher that was recorded.
pub(super) struct Played {
    pub(super) publisher: Publisher,
    /// The lower bits of the recorded number of its last message; of one that is not known, `None`.
    pub(super) last: Option<u32>,
}

impl Played {
    /// Returns how many messages of its publisher are not in the recording between the last one and that
    /// of this number. Numbers that go back are of a damaged file, or of one that is played after a later
    /// one.
    pub(super) fn gap_before(&mut self, sequence: u32) -> u64 {
        let last = self.last.replace(sequence);
        let step = last.map_or(1, |last| sequence.wrapping_sub(last));
        if step <= u32::MAX / 2 { u64::from(step).saturating_sub(1) } else { 0 }
    }
}
