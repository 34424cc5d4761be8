//! How a pool gets a free slot when it has none: from retired slots, from new memory, from slots of
//! other sizes.

use super::slots::{Class, Pool};
use std::io;
use std::ops::RangeInclusive;

/// How much memory is kept in reserve for each size of slots, so that pins are scanned seldom, in
/// bytes.
const RESERVE: usize = 1 << 20;
/// How many slots that is at least, and at most: with more of them each is out of the caches when
/// its turn comes.
const RESERVED_SLOTS: RangeInclusive<usize> = 8..=32;

impl Pool {
    /// Frees slots or takes more memory, until a slot of this class is free.
    ///
    /// # Errors
    /// If memory is short; with what the kernel said, if it refused some.
    #[cold]
    #[inline(never)]
    pub(super) fn make_free(&mut self, class: usize, slot_bytes: usize) -> Result<u32, Option<io::Error>> {
        // When no slot is free, all are retired but those in the ring and those that are lent. So
        // once there is a reserve, no more memory is taken unless all of it is held.
        if self.has_reserve(class, slot_bytes) {
            // Those of this class alone: otherwise others would never get a reserve, and would take
            // memory now and then for ever.
            self.reclaim(class);
        }
        if let Some(number) = self.classes[class].free.pop() {
            return Ok(number);
        }
        let mut refused = None;
        if let Some(number) = self.try_place(class, slot_bytes, &mut refused) {
            return Ok(number);
        }
        // Memory is short: everything is tried, what costs a system call last.
        self.take_back();
        loop {
            if let Some(number) = self.search(class, slot_bytes, &mut refused) {
                return Ok(number);
            }
            if !self.readers.forget_the_dead() {
                return Err(refused);
            }
        }
    }

    /// Frees all retired slots that are not held, of all sizes, until there is a slot of this
    /// class. Notes it if the kernel refuses memory.
    pub(super) fn search(&mut self, class: usize, bytes: usize, refused: &mut Option<io::Error>) -> Option<u32> {
        self.readers.scan_pins();
        (0..self.classes.len()).for_each(|class| self.sweep(class));
        self.classes[class].free.pop().or_else(|| {
            self.dissolve();
            self.try_place(class, bytes, refused)
        })
    }

    /// Makes a slot out of free space, if there is some. Notes it if the kernel refuses memory.
    fn try_place(&mut self, class: usize, bytes: usize, refused: &mut Option<io::Error>) -> Option<u32> {
        self.place(class, bytes).unwrap_or_else(|reason| {
            *refused = Some(reason);
            None
        })
    }

    /// Returns whether so many slots of a class are retired that it is worth scanning the pins: not
    /// mainly those that are known to be held.
    pub(super) fn has_reserve(&self, class: usize, slot_bytes: usize) -> bool {
        let readers = self.readers.count();
        let Class { retired, held, .. } = &self.classes[class];
        let (least, most) = RESERVED_SLOTS.into_inner();
        let reserve = (RESERVE / slot_bytes).clamp(least, most).max(2 * readers).max(held + least);
        // A quarter of all memory at most.
        let reserve = reserve.min(held + (self.segment.pool_bytes() / 4 / slot_bytes).max(1));
        retired.len() >= if readers == 0 { 1 } else { reserve }
    }

    /// Scans all pins once: every retired slot of this class that is not held becomes free.
    pub(super) fn reclaim(&mut self, class: usize) {
        self.readers.scan_pins();
        self.sweep(class);
    }

    /// The same, after all pins were scanned.
    fn sweep(&mut self, class: usize) {
        let Class { free, retired, held, .. } = &mut self.classes[class];
        retired.retain(|&number| {
            let is_held = self.readers.is_held(self.slots[number as usize].unit());
            if !is_held {
                free.push(number);
            }
            is_held
        });
        *held = retired.len();
    }

    /// Turns all free slots into free space, for slots of other sizes.
    fn dissolve(&mut self) {
        let first = self.unplaced.len();
        for class in &mut self.classes {
            class.slots -= class.free.len();
            self.unplaced.append(&mut class.free);
        }
        let slots = self.unplaced[first..].iter().map(|&number| &self.slots[number as usize]);
        self.space.give_all(slots.map(|slot| (slot.offset, slot.bytes)));
    }
}
