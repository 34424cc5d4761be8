//! How a pool gets a free slot when it has none: from retired slots, from new memory, from slots of
//! other sizes.

use super::exhausted::PoolExhausted;
use super::slots::{Class, Pool};
use crate::publisher::LoanError;
use crate::record::RawLoan;
use crate::sys::advice::{Attempt, suffix};
use std::io;
use std::ops::RangeInclusive;

/// How much memory is kept in reserve for each size of slots, so that pins are scanned seldom, in
/// bytes.
const RESERVE: usize = 1 << 20;
/// How many slots that is at least, and at most: with more of them each is out of the caches when
/// its turn comes.
const RESERVED_SLOTS: RangeInclusive<usize> = 8..=32;

impl Pool {
    /// Lends a slot for a message of `count` elements, although memory is short: withdraws messages
    /// from the ring, oldest first, until there is one. `next` is the sequence that will be
    /// published next.
    ///
    /// Those beyond the depth are promised to no subscriber, and are withdrawn all at once. Within
    /// the depth only those before `unread` are, and no more than necessary.
    pub(crate) fn lend_withdrawing(&mut self, count: u64, next: u64, unread: u64) -> Result<RawLoan, LoanError> {
        let geometry = self.segment.geometry();
        let mut oldest = next.saturating_sub(geometry.cells());
        let beyond_depth = next.saturating_sub(geometry.depth());
        while oldest < beyond_depth {
            self.withdraw(oldest);
            oldest += 1;
        }
        // Each attempt scans all pins, so with every one that fails more is withdrawn at once.
        let mut batch = usize::try_from(self.extent_bytes(count)).unwrap_or(usize::MAX);
        loop {
            match self.lend(count) {
                Err(LoanError::PoolExhausted(_) | LoanError::Memory { .. }) if oldest < unread => {
                    let mut withdrawn = 0;
                    while withdrawn < batch && oldest < unread {
                        withdrawn += self.withdraw(oldest);
                        oldest += 1;
                    }
                    batch = batch.saturating_mul(2);
                }
                lent => return lent,
            }
        }
    }

    /// Withdraws a message if it still is in the ring, and retires its slot. Returns the size of
    /// the slot. Pins on it are honoured, as on every retired slot.
    fn withdraw(&mut self, sequence: u64) -> usize {
        let Some(number) = self.take_from_cell(sequence) else { return 0 };
        // Nothing reads this before the scan of pins, whose fence orders it (see `protocol/pin`).
        self.segment.writer().withdraw(sequence, self.segment.geometry().payload());
        self.retire(number)
    }

    /// Frees slots or takes more memory, until a slot of this class is free.
    #[cold]
    #[inline(never)]
    pub(super) fn make_free(&mut self, class: usize, slot_bytes: usize, message: u64) -> Result<u32, LoanError> {
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
            self.readers.scan_pins();
            (0..self.classes.len()).for_each(|class| self.sweep(class));
            if let Some(number) = self.classes[class].free.pop() {
                return Ok(number);
            }
            self.dissolve();
            if let Some(number) = self.try_place(class, slot_bytes, &mut refused) {
                return Ok(number);
            }
            if !self.readers.forget_the_dead() {
                break;
            }
        }
        Err(match refused {
            Some(reason) => LoanError::Memory {
                topic: self.topic.clone(),
                bytes: slot_bytes as u64,
                reason: format!("{reason}{}", suffix("; ", Attempt::CreateMemory, &reason)).into(),
            },
            None => LoanError::PoolExhausted(Box::new(self.exhausted(message))),
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

    /// Describes what the pool's memory is used for.
    fn exhausted(&self, bytes: u64) -> PoolExhausted {
        PoolExhausted {
            topic: self.topic.clone(),
            bytes,
            pool: self.segment.pool_bytes() as u64,
            kept: self.kept(),
            loans: self.lent.len() as u64,
            readers: self.holders().into_iter().map(|(peer, held)| (peer.name.clone(), held)).collect(),
        }
    }
}
