//! How a pool gets a free slot when it has none: from retired slots, from new memory, from slots of
//! other sizes.

use super::refusal::Shortage;
use super::slots::{Class, Pool, Slot};
use crate::record::RawLoan;
use std::io;
use std::ops::RangeInclusive;

/// How much memory is kept in reserve for each size of slots, so that pins are scanned seldom, in
/// bytes.
const RESERVE: usize = 1 << 20;
/// From this size on, in bytes, slots take 0.1 ms and more to be brought into memory.
const LARGE: usize = 256 << 10;
/// How much memory is brought in at most when a publisher is created, in bytes.
const MOST_AT_FIRST: usize = 64 << 20;
/// How many slots the reserve has at least, and at most: with more of them each is out of the
/// caches when its turn comes. With many readers it can be more, as each makes the scan longer.
const RESERVED_SLOTS: RangeInclusive<usize> = 3..=32;
const RESERVED_SLOTS_PER_READER: usize = 2;
/// How long messages have to be apart, for each reader, so that scanning its pins for each message
/// takes about a hundredth of the time.
const PAUSE_NS_PER_READER: u64 = 20_000;
/// Once so many more are retired than were held in the last scan, another scan is worthwhile.
const NEWLY_RETIRED: usize = 2;

/// Returns how many slots of this size are retired before the pins of so many readers are scanned.
fn reserve(slot_bytes: usize, readers: usize) -> usize {
    let most = (*RESERVED_SLOTS.end()).max(RESERVED_SLOTS_PER_READER * readers);
    (RESERVE / slot_bytes).clamp(*RESERVED_SLOTS.start(), most)
}

impl Pool {
    /// Returns how many slots of this size are in use while one subscriber keeps up: those of the
    /// history, and the reserve, of which one is being written.
    pub(super) fn in_use(&self, slot_bytes: usize) -> usize {
        let kept = self.history.messages(slot_bytes, self.segment.geometry().depth());
        usize::try_from(kept).unwrap_or(usize::MAX).saturating_add(reserve(slot_bytes, 1))
    }

    /// Brings in as much of the pool as is in use while one subscriber keeps up, if messages are
    /// known to be large: so the first ones do not wait for it. `max_len` is the most elements
    /// that they have. If the kernel refuses, a message that needs the memory will tell.
    pub(crate) fn grow_for_first(&mut self, max_len: u64) {
        let longest = if self.extent.is_variable() { max_len } else { 1 };
        let Some(bytes) = self.extent.bytes(longest).and_then(|bytes| usize::try_from(bytes).ok()) else { return };
        let Some((_, slot)) = self.sizes.of(bytes).filter(|of| of.1 >= LARGE) else { return };
        let wanted = slot.saturating_mul(self.in_use(slot));
        let _ = self.grow(wanted.min(MOST_AT_FIRST).min(self.segment.pool_bytes()));
    }

    /// Lends a slot that [`lend`](Self::lend) did not find free, if it is worth freeing some.
    pub(crate) fn reclaim(&mut self, shortage: &Shortage) -> Option<RawLoan> {
        let &Shortage { class, slot_bytes, message, .. } = shortage;
        // When no slot is free, all are retired but those in the ring and those that are lent. So
        // once there is a reserve, no more memory is taken unless all of it is held. A large slot
        // takes so long to be brought in that a scan for one alone is worthwhile.
        let Class { slots, retired, held, .. } = &self.classes[class];
        if slot_bytes >= LARGE && *slots >= self.in_use(slot_bytes) && retired.len() > *held {
            self.scan(class);
        } else {
            self.reclaim_if_due(class, slot_bytes);
        }
        let number = self.classes[class].free.pop()?;
        Some(self.lend_free(number, message))
    }

    /// Lends a slot that [`lend`](Self::lend) did not find free: frees slots, or takes more memory.
    /// Returns `None` if memory is short, and notes what the kernel said if it refused some.
    pub(crate) fn make_free(&mut self, shortage: &mut Shortage) -> Option<RawLoan> {
        let &mut Shortage { class, slot_bytes, message, .. } = shortage;
        let number = self.find_or_place(class, slot_bytes, &mut shortage.refused)?;
        Some(self.lend_free(number, message))
    }

    fn find_or_place(&mut self, class: usize, slot_bytes: usize, refused: &mut Option<io::Error>) -> Option<u32> {
        self.reclaim_if_due(class, slot_bytes);
        let free = self.classes[class].free.pop();
        if let Some(number) = free.or_else(|| self.try_place(class, slot_bytes, refused)) {
            return Some(number);
        }
        // Memory is short: everything is tried, what costs a system call last.
        self.take_back();
        loop {
            if let Some(number) = self.search(class, slot_bytes, refused) {
                return Some(number);
            }
            if !self.readers.forget_the_dead() {
                return None;
            }
        }
    }

    /// Frees all retired slots that are not held, of all sizes, until there is a slot of this
    /// class. Notes it if the kernel refuses memory.
    pub(super) fn search(&mut self, class: usize, bytes: usize, refused: &mut Option<io::Error>) -> Option<u32> {
        self.scan_all();
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

    /// Notes how many nanoseconds were between the last two messages. If they come seldom, pins are
    /// scanned as soon as a slot may be freed by that: so the fewest slots are used.
    #[inline]
    pub(super) fn note_pause(&mut self, pause: u64) {
        self.is_eager = pause > PAUSE_NS_PER_READER * self.readers.count() as u64;
    }

    /// If no slot of a class is free, and so many are retired that it is worth scanning the pins:
    /// frees those that no pin names. Those of this class alone: otherwise others would never get a
    /// reserve, and would take memory now and then for ever.
    pub(crate) fn reclaim_if_due(&mut self, class: usize, slot_bytes: usize) {
        if self.classes[class].free.is_empty() && self.has_reserve(class, slot_bytes) {
            self.scan(class);
        }
    }

    /// Frees all retired slots that are not held, of all sizes.
    pub(super) fn scan_all(&mut self) {
        self.readers.scan_pins();
        (0..self.classes.len()).for_each(|class| self.sweep(class));
    }

    fn scan(&mut self, class: usize) {
        self.readers.scan_pins();
        self.sweep(class);
    }

    /// The same for the class of this slot.
    pub(crate) fn reclaim_like(&mut self, slot: u32) {
        let Slot { class, bytes, .. } = self.slots[slot as usize];
        self.reclaim_if_due(class, bytes);
    }

    /// Returns whether so many slots of a class are retired that it is worth scanning the pins: not
    /// mainly those that are known to be held.
    fn has_reserve(&self, class: usize, slot_bytes: usize) -> bool {
        let readers = self.readers.count();
        let Class { retired, held, .. } = &self.classes[class];
        if readers == 0 {
            return !retired.is_empty();
        }
        if self.is_eager {
            return retired.len() > *held;
        }
        let reserve = reserve(slot_bytes, readers).max(held + NEWLY_RETIRED);
        // A quarter of all memory at most.
        let reserve = reserve.min(held + (self.segment.pool_bytes() / 4 / slot_bytes).max(1));
        retired.len() >= reserve
    }

    /// After a scan of the pins: every retired slot of this class that is not held becomes free.
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
