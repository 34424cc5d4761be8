//! The slots of a publisher's pool, from free to lent, to the ring, to retired.
//!
//! # Safety
//!
//! The file opts into unsafe code to lend the memory of slots. It upholds that a slot's memory
//! belongs to that slot alone from when it is placed until it is dissolved; and that a slot is lent
//! only if it is free: not lent, not in the ring, and not seen under a pin since it left the ring.
#![allow(unsafe_code, reason = "memory of slots is lent")]

use super::classes::Sizes;
use super::history::History;
use super::readers::{Reader, Readers};
use super::refusal::{Refusal, Shortage};
use super::space::Space;
use crate::publisher::LoanError;
use crate::record::{Alive, OWNER_GONE, RawLoan, SlotRecord};
use crate::registry::{EndpointId, Peer, TopicName};
use crate::shm::{Descriptor, Extent, SLOT_UNIT, Segment};
use crate::sync::Word;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// How much memory is brought in at once at least, in bytes.
const PIECE: usize = 64 * 1024;
/// The same where memory is used up almost.
const PAGE: usize = 4096;
/// For how many loans there is memory, whatever subscribers hold.
const LOANS: usize = 2;
/// How many slots all subscribers together can hold at most.
const MAX_PINS: usize = 4096;
/// In place of a slot's number: none.
const NONE: u32 = u32::MAX;

/// A publisher's slots: which are free, lent, in the ring, or retired.
pub(crate) struct Pool {
    pub(super) topic: TopicName,
    pub(super) segment: Arc<Segment>,
    pub(super) extent: Extent,
    pub(super) sizes: Sizes,
    pub(super) readers: Readers,
    pub(super) space: Space,
    /// Up to which offset memory was brought in.
    pub(super) grown: usize,
    pub(super) slots: Vec<Slot>,
    /// Numbers of slots that have no memory.
    pub(super) unplaced: Vec<u32>,
    pub(super) classes: Vec<Class>,
    /// The slots of the messages in the ring, by cell.
    cells: Vec<u32>,
    /// The size of those slots together, in bytes.
    pub(super) ring_bytes: usize,
    /// All messages before this one were withdrawn, or overwritten.
    pub(super) kept_from: u64,
    pub(super) history: History,
    /// Whether pins are scanned as soon as a slot may be freed by that, since messages come seldom.
    pub(super) is_eager: bool,
    /// Descriptors that messages carry, with the slots of the messages.
    pub(super) carried: Vec<(u32, OwnedFd)>,
    /// Slots of open loans.
    pub(super) lent: Vec<u32>,
    /// Counts loans that ended without being sent.
    returned: Arc<Word>,
    returned_seen: u64,
}

pub(super) struct Slot {
    record: SlotRecord,
    pub(super) offset: usize,
    pub(super) bytes: usize,
    pub(super) class: usize,
    /// Its index among those that are lent.
    at: usize,
    /// Whether it is lent, and is or was a partial message: readers may have pinned it.
    is_partial: bool,
    /// How many cells of the ring name it: more than one if it was published again.
    pub(super) cells: u32,
    /// Whether it is kept to be published again.
    pub(super) is_kept: bool,
}

/// Slots of one size.
#[derive(Default)]
pub(super) struct Class {
    /// How many slots it has. Both lists have capacity for all of them, so that only creating a
    /// slot allocates.
    pub(super) slots: usize,
    pub(super) free: Vec<u32>,
    pub(super) retired: Vec<u32>,
    /// How many of the retired ones were held when their pins were scanned last.
    pub(super) held: usize,
}

impl Class {
    fn grow(&mut self) {
        self.slots += 1;
        for list in [&mut self.free, &mut self.retired] {
            list.reserve(self.slots - list.len());
        }
    }
}

impl Slot {
    /// What the slot is called in pins.
    #[expect(clippy::cast_possible_truncation, reason = "less than MAX_POOL / SLOT_UNIT")]
    pub(super) fn unit(&self) -> u32 {
        (self.offset / SLOT_UNIT) as u32
    }
}

impl Pool {
    pub(crate) fn new(
        topic: TopicName,
        segment: Arc<Segment>,
        extent: Extent,
        history: History,
        readers: Readers,
    ) -> Self {
        let (pool, cells) = (segment.pool_bytes(), segment.geometry().cells());
        let sizes = match extent {
            #[expect(clippy::cast_possible_truncation, reason = "less than MAX_POOL, and usize has 64 bits")]
            Extent::Fixed { bytes } => Sizes::One((bytes as usize).next_multiple_of(SLOT_UNIT)),
            Extent::Variable { .. } => Sizes::Quarters(pool),
        };
        let cells = usize::try_from(cells).expect("as many as fit in memory");
        Self {
            topic,
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
            ring_bytes: 0,
            kept_from: 0,
            history,
            is_eager: false,
            carried: Vec::new(),
            lent: Vec::new(),
            returned: Arc::new(Word::new(0)),
            returned_seen: 0,
        }
    }

    /// Lends a slot for a message of `count` elements, if one is free. Its contents mean nothing,
    /// but all its bytes are initialised.
    #[inline]
    pub(crate) fn lend(&mut self, count: u64) -> Result<RawLoan, Refusal> {
        let bytes = self.extent.bytes(count).ok_or_else(|| self.too_large(count))?;
        #[expect(clippy::cast_possible_truncation, reason = "less than MAX_POOL, and usize has 64 bits")]
        let size = bytes as usize;
        let pool = self.segment.pool_bytes();
        let (class, slot_bytes) = self.sizes.of(size).filter(|of| of.1 <= pool).ok_or_else(|| self.too_large(count))?;
        if self.returned.load_acquire() != self.returned_seen {
            self.take_back();
        }
        match self.classes[class].free.pop() {
            Some(number) => Ok(self.lend_free(number, size)),
            None => Err(Refusal::NoneFree(Shortage { class, slot_bytes, message: size, refused: None })),
        }
    }

    /// Lends a slot that was free, for `bytes` bytes.
    #[inline]
    pub(super) fn lend_free(&mut self, number: u32, bytes: usize) -> RawLoan {
        if !self.carried.is_empty() {
            self.close_carried(number);
        }
        let slot = &mut self.slots[number as usize];
        slot.at = self.lent.len();
        self.lent.push(number);
        // SAFETY: it was free: nobody holds it, no pin is on it, and nothing in the ring leads to
        // it. It was placed with as many bytes as slots of its class have, and messages of `bytes`
        // bytes are of this class: that is at most as many.
        unsafe { slot.record.lend(bytes) }
    }

    #[cold]
    fn too_large(&self, count: u64) -> Refusal {
        let (bytes, pool) = (self.extent.bytes_asked(count), self.segment.pool_bytes() as u64);
        Refusal::TooLarge(LoanError::TooLarge { topic: self.topic.clone(), bytes, pool })
    }

    /// Returns what the ring says of a message of `count` elements in this slot.
    #[inline]
    pub(crate) fn descriptor(&self, slot: u32, count: u64) -> Option<Descriptor> {
        let slot = self.slots.get(slot as usize)?;
        Some(Descriptor { offset: slot.offset as u64, bytes: self.extent.bytes(count)?, count })
    }

    /// Moves a lent slot to the ring, as the message that was written there just now with this
    /// sequence, `pause` nanoseconds after the one before it. The slot that was in its cell before
    /// is retired. Returns whether no slot of this size is free now.
    #[inline]
    pub(crate) fn published(&mut self, slot: u32, sequence: u64, pause: u64) -> bool {
        self.end_loan(slot);
        self.note_pause(pause);
        self.slots[slot as usize].is_partial = false; // what is pinned is of the ring from now on
        self.enter_cell(slot, sequence);
        self.classes[self.slots[slot as usize].class].free.is_empty()
    }

    /// Names a slot in the cell of a message. The slot that was there before leaves it.
    #[inline]
    pub(super) fn enter_cell(&mut self, slot: u32, sequence: u64) {
        let Slot { bytes, ref mut cells, .. } = self.slots[slot as usize];
        *cells += 1;
        self.ring_bytes += bytes;
        let cell = self.cell_of(sequence);
        let before = std::mem::replace(&mut self.cells[cell], slot);
        if before != NONE {
            let Slot { bytes, class, .. } = self.slots[before as usize];
            self.ring_bytes -= bytes;
            self.left_cell(before);
            self.reclaim_if_due(class, bytes);
        }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "less than the number of cells")]
    fn cell_of(&self, sequence: u64) -> usize {
        (sequence & (self.cells.len() as u64 - 1)) as usize
    }

    /// Returns the slot in the cell of a message, or `None` if it is empty.
    pub(super) fn in_cell(&self, sequence: u64) -> Option<u32> {
        Some(self.cells[self.cell_of(sequence)]).filter(|&number| number != NONE)
    }

    /// Empties the cell of a message. Returns its slot, or `None` if it was empty.
    pub(super) fn take_from_cell(&mut self, sequence: u64) -> Option<u32> {
        let cell = self.cell_of(sequence);
        let number = Some(std::mem::replace(&mut self.cells[cell], NONE)).filter(|&number| number != NONE)?;
        self.ring_bytes -= self.slots[number as usize].bytes;
        Some(number)
    }

    /// Notes that a slot has left a cell. It is retired if that was the last one, and it is not kept.
    #[inline]
    pub(super) fn left_cell(&mut self, number: u32) {
        let slot = &mut self.slots[number as usize];
        slot.cells -= 1;
        if slot.cells == 0 && !slot.is_kept {
            self.classes[slot.class].retired.push(number);
        }
    }

    /// Notes that a lent slot becomes a partial message.
    pub(crate) fn publish_partial(&mut self, slot: u32) {
        self.slots[slot as usize].is_partial = true;
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
    pub(super) fn take_back(&mut self) {
        // Read before the leases: what ends after this is found next time.
        self.returned_seen = self.returned.load_acquire();
        for index in (0..self.lent.len()).rev() {
            let number = self.lent[index];
            if self.slots[number as usize].record.is_free() {
                self.end_loan(number);
                let slot = &mut self.slots[number as usize];
                let class = &mut self.classes[slot.class];
                // A partial message can be pinned. It is no longer one: that ended before the loan
                // did.
                let list = if std::mem::take(&mut slot.is_partial) { &mut class.retired } else { &mut class.free };
                list.push(number);
            }
        }
    }

    /// Makes a slot out of free space, if there is some.
    pub(super) fn place(&mut self, class: usize, bytes: usize) -> io::Result<Option<u32>> {
        let Some(offset) = self.space.take(bytes) else { return Ok(None) };
        if let Err(error) = self.grow(offset + bytes) {
            self.space.give(offset, bytes);
            return Err(error);
        }
        let start = self.segment.pool_address(offset, bytes);
        let number = self.unplaced.pop().unwrap_or_else(|| {
            let number = u32::try_from(self.slots.len()).expect("at most one for each unit");
            let record = SlotRecord::new(number, Arc::clone(&self.returned));
            let (is_partial, is_kept) = (false, false);
            self.slots.push(Slot { record, offset: 0, bytes: 0, class, at: 0, is_partial, cells: 0, is_kept });
            number
        });
        let slot = &mut self.slots[number as usize];
        // SAFETY: nobody holds a slot that has no memory. These bytes are its alone from here on.
        // They are in the pool, which begins at a page, at a multiple of `SLOT_UNIT`: aligned.
        // Memory of the kernel is initialised, and the segment keeps it mapped and writable.
        unsafe { slot.record.place(start, Arc::clone(&self.segment) as Alive) };
        (slot.offset, slot.bytes, slot.class) = (offset, bytes, class);
        self.classes[class].grow();
        Ok(Some(number))
    }

    /// Brings the pool into memory up to `end` at least.
    pub(super) fn grow(&mut self, end: usize) -> io::Result<()> {
        if end > self.grown {
            let piece = end.next_multiple_of(PIECE).min(self.segment.pool_bytes());
            let page = end.next_multiple_of(PAGE);
            let grow = |to| self.segment.grow_pool(self.grown..to).map(|()| to);
            self.grown = grow(piece).or_else(|error| if page < piece { grow(page) } else { Err(error) })?;
        }
        Ok(())
    }

    /// Brings all of the pool into memory.
    pub(crate) fn grow_fully(&mut self) -> io::Result<()> {
        let pool = self.segment.pool_bytes();
        self.segment.grow_pool(self.grown..pool)?;
        self.grown = pool;
        Ok(())
    }

    /// Returns how many bytes of the pool are in memory.
    pub(crate) fn memory(&self) -> u64 {
        self.grown as u64
    }

    /// How many messages are in the ring, or kept to be published again.
    pub(super) fn kept(&self) -> u64 {
        (self.cells.iter().filter(|&&slot| slot != NONE).count() + self.kept_outside().count()) as u64
    }

    /// Returns which subscribers hold samples of messages that are no longer in the ring, and how
    /// many.
    pub(crate) fn holders(&self) -> Vec<(&Peer, u64)> {
        let retired = self.classes.iter().flat_map(|class| &class.retired);
        let retired: Vec<u32> = retired.map(|&number| self.slots[number as usize].unit()).collect();
        self.readers.holders(&retired)
    }

    /// Returns whether a subscriber's pins are honoured.
    pub(crate) fn honours(&self, subscriber: EndpointId) -> bool {
        self.readers.has(subscriber)
    }

    /// Honours the pins of a subscriber from now on, if there is memory for what all can hold at
    /// once. Returns whether there is. Tell the subscriber after this.
    pub(crate) fn admit(&mut self, reader: Reader) -> bool {
        let has_capacity = reader.pins() > 0 && self.has_capacity(reader.pins());
        if has_capacity {
            self.readers.add(reader);
        }
        has_capacity
    }

    /// Returns whether there is memory for `pins` more pins, besides what the admitted subscribers
    /// can hold.
    pub(crate) fn has_capacity(&self, pins: usize) -> bool {
        let most = match self.sizes {
            // Besides those in the ring, and some loans.
            Sizes::One(bytes) => (self.segment.pool_bytes() / bytes).saturating_sub(self.cells.len() + LOANS),
            Sizes::Quarters(_) => MAX_PINS,
        };
        self.readers.pins().saturating_add(pins) <= most.min(MAX_PINS)
    }

    /// Forgets subscribers that are dead, and what they held.
    pub(crate) fn forget_the_dead(&mut self) {
        self.readers.forget_the_dead();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // Before the slots are left to the orphans.
        self.returned.set_bits(OWNER_GONE);
    }
}
