//! Pins: how readers keep a writer from reusing a piece of its memory, without asking it.
//!
//! A writer keeps messages in *slots*, and tells in the cells of a [ring](super::ring) where they
//! are. A reader has some words of its own, its *pins*, which the writer reads. A pin is 0, or
//! names the slot that it holds. A slot goes through these states:
//!
//! | slot | until |
//! | --- | --- |
//! | free: only the writer knows it | the writer fills it and publishes it in a cell |
//! | published: its cell names it | the cell is overwritten, so its stamp moves on |
//! | retired: no new pin on it is valid | the writer finds no pin that names it |
//!
//! | reader takes sequence s | writer reuses the slot of s |
//! | --- | --- |
//! | 1. reads in the ring which slot s is in | 1. overwrites the cell of s: the slot is retired |
//! | 2. stores the pin (P1) | 2. fence (P4) |
//! | 3. fence (P2) | 3. loads every pin (P5); the slot stays retired if one names it |
//! | 4. loads the stamp: still that of s? Then the slot is pinned | 4. otherwise the slot is free, and is written |
//! | otherwise the pin is released | |
//! | 5. reads the slot, and releases the pin (P3) | |
//!
//! *Could the writer write a slot that a reader reads?* The fences are in one order.
//!
//! 1. P4 comes first. The reader loads the stamp (4) after the cell was overwritten. It sees that,
//!    and does not read the slot.
//! 2. P2 comes first. The writer's load (3) comes after the pin was stored, so it sees the pin, or
//!    a later value of the same word. If the value names the slot, the slot stays retired. If not,
//!    the reader had released the slot. The 0 of P3 and every later pin (P1) are stored with
//!    release, after the reader's last access to the slot, and P5 acquires them.
//!
//! So one scan of all pins after the fence frees every slot that was retired before it. Scans are
//! rare, and each serves many slots. A reader that dies leaves its pins: what they hold stays until
//! the writer knows that the reader is dead.
//!
//! *Could a reader that joins find a slot that was freed without regard to it?* Its first pin comes
//! after it saw that the writer scans its pins. What was freed before that was freed after a fence
//! of the writer, which is case 1.
//!
//! # Copying without a pin
//!
//! A reader whose pins the writer does not scan *copies*. It loads the words of the slot, then
//! loads the stamp once more, with a fence in between that is in the same order (P6).
//!
//! *Could such a copy be torn?* The writer stored the stamp of a later sequence before P4. The slot
//! was lent out again after P4, perhaps to another thread, handed over by something that
//! synchronises. If a copied word is of the later message, it was stored after P4 and loaded before
//! P6. So P4 is before P6 in the one order, and the stamp shows it. (An acquire fence would suffice
//! only if the thread that stores the word had executed a release fence after the stamp.)
//!
//! The language promises this for words that are stored atomically, but a slot is written plainly.
//! What that rests on:
//!
//! - The writer is another process. All that the compiler sees here are the reader's loads, and
//!   they are atomic.
//! - On the writer's side P4 binds the compiler too: nothing after it, or after the hand-over of
//!   the loan, moves before it.
//! - To the processor a plain store is a store. On x86-64 and ARMv8 a store that one processor sees
//!   is seen by all, together with what came before it.
//! - Parts of torn words are thrown away with the copy.

use crate::sync::{self, ReadOnlyWord, Word};

/// The value of a pin that holds nothing.
const NOTHING: u64 = 0;

/// The name of a slot in a pin: the writer's tag in the upper half, the slot's number plus 1 in the
/// lower half.
///
/// A reader of several writers keeps the pins for all of them in one place. Two writers of the same
/// tag take each other's pins for their own and keep some slots longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name(u64);

impl Name {
    /// Creates the name of a slot. Numbers go up to `u32::MAX - 1`.
    #[inline]
    pub(crate) fn new(tag: u32, slot: u32) -> Self {
        debug_assert!(slot < u32::MAX);
        Self(u64::from(tag) << 32 | (u64::from(slot) + 1))
    }
}

/// For a reader: pins a slot. Returns whether the pin is valid, that is whether `is_published` then
/// returns that the slot was not retired. An invalid pin is released.
#[inline]
pub(crate) fn hold(pin: &Word, name: Name, is_published: impl FnOnce() -> bool) -> bool {
    // SYNC POINT P1: what was read through an earlier pin, before this one replaces it; pairs with
    // P5.
    pin.store_release(name.0);
    // SYNC POINT P2: the pin before the load of the stamp; pairs with P4.
    sync::seq_cst_fence();
    let is_held = is_published();
    if !is_held {
        release(pin);
    }
    is_held
}

/// For a reader: releases a pin. The reader no longer accesses the slot.
#[inline]
pub(crate) fn release(pin: &Word) {
    // SYNC POINT P3: what was read from the slot, before it is free; pairs with P5.
    pin.store_release(NOTHING);
}

/// For a writer: orders the overwritten cells before a scan of the pins.
#[inline]
pub(crate) fn fence_before_scan() {
    // SYNC POINT P4: the stamps before the scan of the pins, and before slots are written again;
    // pairs with P2 and P6.
    sync::seq_cst_fence();
}

/// For the writer with this tag: returns the slot that a pin names, or `None` if it names none of
/// this writer's.
///
/// The pin is another process's and can have any value.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
pub(crate) fn held_slot(pin: &ReadOnlyWord, tag: u32) -> Option<u32> {
    // SYNC POINT P5: pairs with P1 and P3.
    let value = pin.load_acquire();
    if (value >> 32) as u32 == tag { (value as u32).checked_sub(1) } else { None }
}

/// For a reader without a pin: copies a slot into `out`. Returns whether the copy is the message,
/// that is whether `is_published` then returns that the slot was not retired.
pub(crate) fn copy(slot: &[ReadOnlyWord], out: &mut [u64], is_published: impl FnOnce() -> bool) -> bool {
    // Relaxed: the message was acquired with its stamp, and P6 orders the words before the second
    // load of it.
    sync::load_all(slot, out);
    // SYNC POINT P6: the words before the second load of the stamp; pairs with P4, before the slot
    // is written again.
    sync::seq_cst_fence();
    is_published()
}

#[cfg(all(test, loom))]
mod models;

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sync::read_only_word;

    #[test]
    fn a_pin_names_a_slot_of_one_writer() {
        let pin = Word::new(0);
        let view = read_only_word(&pin);
        for (tag, slot) in [(0, 0), (0, 7), (7, 0), (u32::MAX, u32::MAX - 1)] {
            assert!(hold(&pin, Name::new(tag, slot), || true));
            assert_eq!(held_slot(view, tag), Some(slot));
            assert_eq!(held_slot(view, tag ^ 1), None);
            release(&pin);
            assert_eq!(held_slot(view, tag), None);
        }
        assert!(!hold(&pin, Name::new(1, 1), || false));
        assert_eq!(held_slot(view, 1), None);
    }

    #[test]
    fn a_corrupt_pin_names_at_most_one_slot() {
        let pin = Word::new(5 << 32);
        assert_eq!(held_slot(read_only_word(&pin), 5), None);
        pin.store_relaxed(u64::MAX);
        assert_eq!(held_slot(read_only_word(&pin), u32::MAX), Some(u32::MAX - 1));
    }
}
