//! # Safety
//!
//! The slots of a publisher's pool. The file opts into unsafe code to lend their memory. It upholds that a slot's memory
//! belongs to that slot alone from when it is placed until it is dissolved, and that a slot is lent only if it is free:
//! not lent, not in the ring, and not seen under a pin since it left the ring.
#![allow(unsafe_code, reason = "memory of slots is lent")]

use super::classes::Sizes;
use super::exhausted::PoolExhausted;
use super::readers::{Reader, Readers};
use super::space::Space;
use crate::record::{Alive, OWNER_GONE, RawLoan, SlotRecord};
use crate::registry::{EndpointId, Peer};
use crate::shm::{Descriptor, Extent, SLOT_UNIT, Segment};
use crate::sync::Word;
use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// How much memory is brought in at once at least, in bytes.
const PIECE: usize = 64 * 1024;
/// How much memory is kept in reserve for each size of slots, so that pins are looked at seldom, in bytes.
const RESERVE: usize = 1 << 20;
/// How many slots that is at least, and at most: with more of them each is out of the caches when its turn comes.
const RESERVED_SLOTS: RangeInclusive<usize> = 8..=32;
/// For how many loans there is memory, whatever subscribers hold.
const LOANS: usize = 2;
/// How many slots all subscribers together can hold at most.
const MOST_PINS: usize = 4096;
/// In the place of a slot's number: none.
const NONE: u32 = u32::MAX;

/// A publisher's slots: which are free, lent, in the ring, or retired.
pub(crate) struct Pool {
    segment: Arc<Segment>,
    extent: Extent,
    sizes: Sizes,
    readers: Readers,
    space: Space,
    /// Up to where memory was brought in.
    grown: usize,
    slots: Vec<Slot>,
    /// Numbers of slots that have no memory.
    unplaced: Vec<u32>,
    classes: Vec<Class>,
    /// The slots of the messages in the ring, by cell.
    cells: Vec<u32>,
    /// Slots of open loans.
    lent: Vec<u32>,
    /// Counts loans that ended without being sent.
    returned: Arc<Word>,
    returned_seen: u64,
}

struct Slot {
    record: SlotRecord,
    offset: usize,
    bytes: usize,
    class: usize,
    /// Its place among those that are lent.
    at: usize,
    /// Whether it is lent, and shown or was: readers may have pinned it.
    is_shown: bool,
}

#[derive(Default)]
struct Class {
    /// How many slots it has, for each of which there is room in both lists: only a slot that is made allocates.
    slots: usize,
    free: Vec<u32>,
    retired: Vec<u32>,
    /// How many of these were held when that was looked at.
    held: usize,
}

impl Class {
    fn grow(&mut self) {
        self.slots += 1;
        for list in [&mut self.free, &mut self.retired] {
            list.reserve(self.slots - list.len());
        }
    }
}

/// Why there is no slot.
#[derive(Debug)]
pub(crate) enum NoSlot {
    /// The message is larger than the pool; of so many bytes, or more if that is `u64::MAX`.
    TooLarge { bytes: u64, pool: u64 },
    /// All that there is is held.
    PoolExhausted(Box<PoolExhausted>),
    /// The kernel has no memory.
    Memory { bytes: u64, reason: io::Error },
}

impl Pool {
    pub(crate) fn new(segment: Arc<Segment>, extent: Extent, cells: u64, readers: Readers) -> Self {
        let pool = segment.pool_bytes();
        let sizes = match extent {
            #[expect(clippy::cast_possible_truncation, reason = "less than MAX_POOL, and usize has 64 bits")]
            Extent::Fixed { bytes } => Sizes::One((bytes as usize).next_multiple_of(SLOT_UNIT)),
            Extent::Variable { .. } => Sizes::Quarters(pool),
        };
        let cells = usize::try_from(cells).expect("as many as fit in memory");
        Self {
            segment,
            extent,
            sizes,
            readers,
            space: Space::new(pool),
            grown: 0,
            slots: Vec::new(),
            unplaced: Vec::new(),
            classes: (0..sizes.classes()).map(|_| Class::default()).collect(),
            cells: vec![NONE; cells],
            lent: Vec::new(),
            returned: Arc::new(Word::new(0)),
            returned_seen: 0,
        }
    }

    /// Lends a slot for a message of so many elements. Its contents mean nothing, but all its bytes are initialised.
    #[inline]
    pub(crate) fn lend(&mut self, count: u64) -> Result<RawLoan, NoSlot> {
        let pool = self.segment.pool_bytes();
        let extent = self.extent;
        let too_large = || NoSlot::TooLarge { bytes: extent.bytes_asked(count), pool: pool as u64 };
        let bytes = extent.bytes(count).ok_or_else(too_large)?;
        #[expect(clippy::cast_possible_truncation, reason = "less than MAX_POOL, and usize has 64 bits")]
        let size = bytes as usize;
        let (class, slot_bytes) = self.sizes.of(size).filter(|of| of.1 <= pool).ok_or_else(too_large)?;
        if self.returned.load_acquire() != self.returned_seen {
            self.take_back();
        }
        let number = match self.classes[class].free.pop() {
            Some(number) => number,
            None => self.make_free(class, slot_bytes, bytes)?,
        };
        let slot = &mut self.slots[number as usize];
        slot.at = self.lent.len();
        self.lent.push(number);
        // SAFETY: it was free: nobody holds it, no pin is on it, and nothing in the ring leads to it. It was placed when it
        // became one of this class, whose slots have `slot_bytes` or more: `size` is at most that.
        Ok(unsafe { slot.record.lend(size) })
    }

    /// What is written in the ring of the message in this slot.
    #[inline]
    pub(crate) fn descriptor(&self, slot: u32, count: u64) -> Option<Descriptor> {
        let slot = self.slots.get(slot as usize)?;
        Some(Descriptor { offset: slot.offset as u64, bytes: self.extent.bytes(count)?, count })
    }

    /// A lent slot is in the ring now, as the message that was written in the cell just now: what was in that cell before
    /// is retired.
    #[inline]
    pub(crate) fn published(&mut self, slot: u32, sequence: u64) {
        self.end_loan(slot);
        self.slots[slot as usize].is_shown = false; // what is pinned is of the ring from now on
        #[expect(clippy::cast_possible_truncation, reason = "less than the number of cells")]
        let cell = (sequence & (self.cells.len() as u64 - 1)) as usize;
        let before = std::mem::replace(&mut self.cells[cell], slot);
        if before != NONE {
            let class = self.slots[before as usize].class;
            self.classes[class].retired.push(before);
            // Rather now than before the next one: that would have to wait for it.
            if self.classes[class].free.is_empty() && self.has_reserve(class, self.slots[before as usize].bytes) {
                self.reclaim(class);
            }
        }
    }

    /// A lent slot is to be shown while it is written.
    pub(crate) fn publish_partial(&mut self, slot: u32) {
        self.slots[slot as usize].is_shown = true;
    }

    #[inline]
    fn end_loan(&mut self, slot: u32) {
        let at = self.slots[slot as usize].at;
        debug_assert_eq!(self.lent[at], slot);
        self.lent.swap_remove(at);
        if let Some(&moved) = self.lent.get(at) {
            self.slots[moved as usize].at = at;
        }
    }

    /// Finds loans that have ended without being sent.
    #[cold]
    #[inline(never)]
    fn take_back(&mut self) {
        // Read before the leases: what ends after this is found next time.
        self.returned_seen = self.returned.load_acquire();
        for index in (0..self.lent.len()).rev() {
            let number = self.lent[index];
            if self.slots[number as usize].record.is_free() {
                self.end_loan(number);
                let slot = &mut self.slots[number as usize];
                let class = &mut self.classes[slot.class];
                // What was shown can be pinned. It is no longer shown: that ended before the loan did.
                let list = if std::mem::take(&mut slot.is_shown) { &mut class.retired } else { &mut class.free };
                list.push(number);
            }
        }
    }

    /// Frees slots or takes more memory, until one of this class is free.
    #[cold]
    #[inline(never)]
    fn make_free(&mut self, class: usize, slot_bytes: usize, message: u64) -> Result<u32, NoSlot> {
        // When no slot is free, as many are retired as there are besides those in the ring and those that are lent. So once
        // there is a reserve, no more memory is taken unless all of it is held.
        if self.has_reserve(class, slot_bytes) {
            // Those of this class alone: else others would never come to their reserve, and take memory now and then for ever.
            self.reclaim(class);
        }
        if let Some(number) = self.classes[class].free.pop() {
            return Ok(number);
        }
        let mut failed = None;
        match self.place(class, slot_bytes) {
            Ok(Some(number)) => return Ok(number),
            Ok(None) => {}
            Err(reason) => failed = Some(reason),
        }
        // From here on it is short: everything is tried, what costs a system call last.
        self.take_back();
        loop {
            self.readers.look();
            (0..self.classes.len()).for_each(|class| self.sweep(class));
            if let Some(number) = self.classes[class].free.pop() {
                return Ok(number);
            }
            self.dissolve();
            match self.place(class, slot_bytes) {
                Ok(Some(number)) => return Ok(number),
                Ok(None) => {}
                Err(reason) => failed = Some(reason),
            }
            if !self.readers.forget_the_dead() {
                break;
            }
        }
        Err(match failed {
            Some(reason) => NoSlot::Memory { bytes: slot_bytes as u64, reason },
            None => self.exhausted(message),
        })
    }

    /// Whether so many slots of a class are retired that it is worth looking at the pins: not mainly those that are known to be
    /// held.
    fn has_reserve(&self, class: usize, slot_bytes: usize) -> bool {
        let readers = self.readers.count();
        let Class { retired, held, .. } = &self.classes[class];
        let (least, most) = RESERVED_SLOTS.into_inner();
        let reserve = (RESERVE / slot_bytes).clamp(least, most).max(2 * readers).max(held + least);
        // A quarter of all memory at most.
        let reserve = reserve.min(held + (self.segment.pool_bytes() / 4 / slot_bytes).max(1));
        retired.len() >= if readers == 0 { 1 } else { reserve }
    }

    /// Looks at all pins once: every retired slot of this class that is not held is free again.
    fn reclaim(&mut self, class: usize) {
        self.readers.look();
        self.sweep(class);
    }

    /// The same, after all pins were looked at.
    fn sweep(&mut self, class: usize) {
        let Class { free, retired, held, .. } = &mut self.classes[class];
        retired.retain(|&number| {
            let is_held = self.readers.hold(unit(&self.slots[number as usize]));
            if !is_held {
                free.push(number);
            }
            is_held
        });
        *held = retired.len();
    }

    /// Makes a slot out of memory that is none.
    fn place(&mut self, class: usize, bytes: usize) -> io::Result<Option<u32>> {
        let Some(offset) = self.space.take(bytes) else { return Ok(None) };
        let end = offset + bytes;
        if end > self.grown {
            let to = end.next_multiple_of(PIECE).min(self.segment.pool_bytes());
            if let Err(error) = self.segment.grow_pool(self.grown..to) {
                self.space.give(offset, bytes);
                return Err(error);
            }
            self.grown = to;
        }
        let start = self.segment.pool_address(offset, bytes);
        let number = self.unplaced.pop().unwrap_or_else(|| {
            let number = u32::try_from(self.slots.len()).expect("at most one for each unit");
            let record = SlotRecord::new(number, Arc::clone(&self.returned));
            self.slots.push(Slot { record, offset: 0, bytes: 0, class, at: 0, is_shown: false });
            number
        });
        let slot = &mut self.slots[number as usize];
        // SAFETY: nobody holds a slot that had no memory. The place is the slot's alone from here on, inside the pool, which
        // begins at a page: so it is aligned, since offsets are multiples of `SLOT_UNIT`. Memory of the kernel is initialised,
        // and the segment keeps it mapped, writable.
        unsafe { slot.record.place(start, Arc::clone(&self.segment) as Alive) };
        (slot.offset, slot.bytes, slot.class) = (offset, bytes, class);
        self.classes[class].grow();
        Ok(Some(number))
    }

    /// Makes all free slots memory that is none, for slots of other sizes.
    fn dissolve(&mut self) {
        let first = self.unplaced.len();
        for class in &mut self.classes {
            class.slots -= class.free.len();
            self.unplaced.append(&mut class.free);
        }
        let slots = self.unplaced[first..].iter().map(|&number| &self.slots[number as usize]);
        self.space.give_all(slots.map(|slot| (slot.offset, slot.bytes)));
    }

    fn exhausted(&self, bytes: u64) -> NoSlot {
        NoSlot::PoolExhausted(Box::new(PoolExhausted {
            bytes,
            pool: self.segment.pool_bytes() as u64,
            kept: self.cells.iter().filter(|&&slot| slot != NONE).count() as u64,
            loans: self.lent.len() as u64,
            readers: self.holders().into_iter().map(|(peer, held)| (peer.name.clone(), held)).collect(),
        }))
    }

    /// Which subscribers hold samples of messages that are no longer in the ring, and how many.
    pub(crate) fn holders(&self) -> Vec<(&Peer, u64)> {
        let retired = self.classes.iter().flat_map(|class| &class.retired);
        let retired: Vec<u32> = retired.map(|&number| unit(&self.slots[number as usize])).collect();
        self.readers.holders(&retired)
    }

    /// Whether a subscriber's pins are honoured.
    pub(crate) fn honours(&self, subscriber: EndpointId) -> bool {
        self.readers.has(subscriber)
    }

    /// Brings all of it into memory.
    pub(crate) fn grow_fully(&mut self) -> io::Result<()> {
        let pool = self.segment.pool_bytes();
        self.segment.grow_pool(self.grown..pool)?;
        self.grown = pool;
        Ok(())
    }

    /// Bytes of the pool that are in memory.
    pub(crate) fn memory(&self) -> u64 {
        self.grown as u64
    }

    /// Honours the pins of a subscriber from now on, if there is memory for what all can hold at once. That is to be made
    /// known to it after this.
    pub(crate) fn admit(&mut self, reader: Reader) -> bool {
        let is_room = reader.pins() > 0 && self.has_capacity(reader.pins());
        if is_room {
            self.readers.add(reader);
        }
        is_room
    }

    /// Whether there is memory for so many more pins, besides what all subscribers can hold that are admitted.
    pub(crate) fn has_capacity(&self, pins: usize) -> bool {
        let most = match self.sizes {
            // Besides those in the ring, and some loans.
            Sizes::One(bytes) => (self.segment.pool_bytes() / bytes).saturating_sub(self.cells.len() + LOANS),
            Sizes::Quarters(_) => MOST_PINS,
        };
        self.readers.pins().saturating_add(pins) <= most.min(MOST_PINS)
    }

    /// Forgets subscribers that are dead, and what they held.
    pub(crate) fn forget_the_dead(&mut self) {
        self.readers.forget_the_dead();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // Before the slots are left.
        self.returned.set_bits(OWNER_GONE);
    }
}

/// What a slot is called in pins.
#[expect(clippy::cast_possible_truncation, reason = "less than MAX_POOL / SLOT_UNIT")]
fn unit(slot: &Slot) -> u32 {
    (slot.offset / SLOT_UNIT) as u32
}
