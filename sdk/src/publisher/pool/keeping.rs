//! Messages that are kept to be published again: their slots stay as they are, in the ring or not.

use super::slots::{Pool, Slot};

impl Pool {
    /// Keeps the slot of a message that was published just now: it is not used for another one until
    /// it is [released](Self::release).
    pub(crate) fn keep(&mut self, slot: u32) {
        self.slots[slot as usize].is_kept = true;
    }

    /// Notes that the message of a kept slot was published again, with this sequence.
    pub(crate) fn published_again(&mut self, slot: u32, sequence: u64) {
        debug_assert!(self.slots[slot as usize].is_kept);
        self.enter_cell(slot, sequence);
    }

    /// Ends the keeping of a slot.
    pub(crate) fn release(&mut self, slot: u32) {
        let Slot { ref mut is_kept, cells, class, .. } = self.slots[slot as usize];
        if std::mem::take(is_kept) && cells == 0 {
            self.classes[class].retired.push(slot);
        }
    }

    /// Returns the slots that are kept and are not in the ring.
    pub(super) fn kept_outside(&self) -> impl Iterator<Item = u32> {
        let is_outside = |slot: &Slot| slot.is_kept && slot.cells == 0;
        (0..).zip(&self.slots).filter(move |(_, slot)| is_outside(slot)).map(|(number, _)| number)
    }
}
