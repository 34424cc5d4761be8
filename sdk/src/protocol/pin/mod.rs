//! Pins: how readers keep a writer from using a piece of its memory again, without asking it.
//!
//! A writer keeps messages in *slots* and tells where they are in the cells of a [ring](super::ring). A reader has some
//! words of its own, its *pins*, which the writer reads. A pin is 0, or names the slot that it holds.
//!
//! | reader takes s | writer uses the slot of s again |
//! | --- | --- |
//! | 1. reads from the ring in which slot s is | 1. overwrites the cell of s: its stamp moves, the slot is *retired* |
//! | 2. stores the pin (P1) | 2. fence (P4) |
//! | 3. fence (P2) | 3. loads every pin (P5); one that names the slot: it stays retired |
//! | 4. loads the stamp again: still that of s? Then the slot is its own; if not, the pin is let go | 4. otherwise the slot is free, and is written |
//! | 5. reads the slot, and lets the pin go (P3) | |
//!
//! *Could the writer write a slot that a reader reads?* The fences are in one order.
//!
//! 1. P4 is first. The reader's load of the stamp (4) comes after the cell was overwritten: it sees that, and does not
//!    read the slot.
//! 2. P2 is first. The writer's load (3) comes after the pin was stored, so it sees it, or what the reader stored there
//!    later. If it names the slot, the slot stays. If not, the reader had let go before: the 0 of P3, and every pin
//!    that came after it (P1), is stored with release after the reader's last look at the slot, and P5 acquires it.
//!
//! So one look at each pin after the fence frees every slot that was retired before the fence: it is done seldom, for
//! many. A reader that dies leaves its pins: what they hold stays until the writer knows that it is dead.
//!
//! A reader that joins needs no more than this: its first pin comes after it saw that the writer looks at its pins, and
//! what was freed before was freed after a fence of the writer, which is case 1.
//!
//! A reader at whose pins the writer does not look *copies*: it loads the words of the slot, and
//! then looks at the stamp once more, with a fence of the one order in between (P6). The writer
//! stored the stamp of a later sequence before P4, and whoever writes the slot again was lent it
//! after P4, perhaps in another thread, to which the loan was handed by something that
//! synchronises. If any word that was copied is of a later message, its store came after P4 and its
//! load before P6: so P4 is before P6 in the one order, and the stamp shows it. (A fence that
//! acquires would do only if the thread that stores the word had executed one that releases, after
//! the stamp.)
//!
//! The language says so of words that are stored atomically, and a slot is written plainly. What
//! that rests on besides: the writer is another process, so the reader's loads are all that the
//! compiler sees here, and they are atomic. On the writer's side P4 is a fence for the compiler
//! too, and nothing that comes after it, or after what hands over the loan, is moved before it. To
//! the processor a plain store is a store; and on x86-64 and ARMv8 what one processor's store shows
//! to another it shows to all, with what came before it. Parts of words that were torn are thrown
//! away with the copy.

use crate::sync::{self, ReadOnlyWord, Word};

/// A pin that holds nothing.
const NOTHING: u64 = 0;

/// What a slot is called in a pin: the writer's tag in the upper half, the slot's number plus 1 in
/// the lower one. Readers of several writers have the pins of all in one place; two writers of the
/// same tag take each other's for their own, and keep a slot longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name(u64);

impl Name {
    /// Numbers go up to `u32::MAX - 1`.
    #[inline]
    pub(crate) fn new(tag: u32, slot: u32) -> Self {
        debug_assert!(slot < u32::MAX);
        Self(u64::from(tag) << 32 | (u64::from(slot) + 1))
    }
}

/// For a reader: holds a slot, if `is_there` says after that that it was not retired. The pin holds nothing before.
#[inline]
pub(crate) fn hold(pin: &Word, name: Name, is_there: impl FnOnce() -> bool) -> bool {
    // SYNC POINT P1: what was read by an earlier pin, before this one is seen in its place; pairs with P5.
    pin.store_release(name.0);
    // SYNC POINT P2: the pin before the look at the stamp; pairs with P4.
    sync::total_order();
    let held = is_there();
    if !held {
        release(pin);
    }
    held
}

/// For a reader: it reads the slot no more.
#[inline]
pub(crate) fn release(pin: &Word) {
    // SYNC POINT P3: what was read before the slot is free; pairs with P5.
    pin.store_release(NOTHING);
}

/// For a writer: before it looks at pins, and after the cells were overwritten.
#[inline]
pub(crate) fn before_looking() {
    // SYNC POINT P4: the stamps before the look at the pins, and before slots are written again; pairs with P2 and P6.
    sync::total_order();
}

/// For a writer of this tag: the slot that a pin names, or none of its own. The pin is another process's, and can be
/// anything.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
pub(crate) fn held(pin: &ReadOnlyWord, tag: u32) -> Option<u32> {
    // SYNC POINT P5: pairs with P1 and P3.
    let value = pin.load_acquire();
    if (value >> 32) as u32 == tag { (value as u32).checked_sub(1) } else { None }
}

/// For a reader without a pin: copies a slot. What was copied is the message if `is_there` says
/// after that that the slot was not retired.
pub(crate) fn copy(slot: &[ReadOnlyWord], out: &mut [u64], is_there: impl FnOnce() -> bool) -> bool {
    // Relaxed: the message was acquired with its stamp, and P6 orders them before the second look at it.
    for (word, out) in slot.iter().zip(out) {
        *out = word.load_relaxed();
    }
    // SYNC POINT P6: the words before the second look at the stamp; pairs with P4, which is before the slot is written again.
    sync::total_order();
    is_there()
}

#[cfg(all(test, loom))]
mod models;

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_pin_names_a_slot_of_one_writer() {
        let pins = [Word::new(0)];
        let view = &sync::read_only(&pins)[0];
        for (tag, slot) in [(0, 0), (0, 7), (7, 0), (u32::MAX, u32::MAX - 1)] {
            assert!(hold(&pins[0], Name::new(tag, slot), || true));
            assert_eq!(held(view, tag), Some(slot));
            assert_eq!(held(view, tag ^ 1), None);
            release(&pins[0]);
            assert_eq!(held(view, tag), None);
        }
        assert!(!hold(&pins[0], Name::new(1, 1), || false));
        assert_eq!(held(view, 1), None);
    }

    #[test]
    fn rubbish_in_a_pin_names_at_most_one_slot() {
        let pins = [Word::new(5 << 32)];
        assert_eq!(held(&sync::read_only(&pins)[0], 5), None);
        pins[0].store_relaxed(u64::MAX);
        assert_eq!(held(&sync::read_only(&pins)[0], u32::MAX), Some(u32::MAX - 1));
    }
}
