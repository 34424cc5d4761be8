//! Descriptors that messages carry. They stay open until their message's slot is used again: until then
//! a subscriber can hold the message.

use super::slots::Pool;
use std::os::fd::OwnedFd;

impl Pool {
    /// Keeps a descriptor open for the message that is being written in a lent slot. Closes those whose
    /// messages nobody holds any more.
    pub(crate) fn carry(&mut self, slot: u32, descriptor: OwnedFd) {
        self.close_unneeded();
        self.carried.push((slot, descriptor));
    }

    /// Closes the descriptors of a slot that is lent again.
    #[cold]
    #[inline(never)]
    pub(super) fn close_carried(&mut self, slot: u32) {
        self.carried.retain(|(of, _)| *of != slot);
    }

    /// Closes the descriptors of slots that are free, after a scan of the pins.
    fn close_unneeded(&mut self) {
        if self.carried.is_empty() {
            return;
        }
        self.take_back();
        self.scan_all();
        let Self { carried, classes, unplaced, .. } = self;
        let is_free = |slot: &u32| unplaced.contains(slot) || classes.iter().any(|class| class.free.contains(slot));
        carried.retain(|(slot, _)| !is_free(slot));
    }
}
