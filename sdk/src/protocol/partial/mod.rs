//! The message that a writer shows while it writes it: where it is, and how much of it is there.
//!
//! A writer has one *line* for this, and shows one message at a time, numbered from 0. Readers
//! [pin](super::pin) its slot, and look how far it is as often as they like, also when the line is
//! another message's already.
//!
//! | stamp of the line | message n |
//! | --- | --- |
//! | 0 | nothing was shown yet |
//! | 4n + 1 | the words of the line are being written |
//! | 4n + 2 | grows: the line says where it is and how much of it is there |
//! | 4n + 3 | was sent: all of it is there |
//! | 4n + 4 | was abandoned: there will be no more of it |
//!
//! | writer | reader |
//! | --- | --- |
//! | 1. writes what stands before the elements | 1. loads stamp, words, and the stamp again: still 4n + 2? (S4, S5) |
//! | 2. stamp ← 4n + 1, fence, the words of the line, stamp ← 4n + 2 (S1, S2) | 2. pins the slot: pin, fence, stamp. Still 4n + 2? Then the slot is its own |
//! | 3. writes elements, then their count (S7), again and again | 3. loads the count (S6), then the stamp (S8), again and again; reads so many elements |
//! | 4. stamp ← 4n + 3 or 4n + 4 (S3); only then the slot can be retired | 4. lets the pin go |
//!
//! *Could the writer write what a reader reads?* What was counted it does not write before the slot is free again, and
//! for that the stamp is to pins what the stamp of a cell is: it has moved on from 4n + 2 before
//! the slot is retired, and never comes back.
//!
//! *Could a reader take the count of a later message for that of its own?* That was stored after the stamp had moved to
//! 4m + 1: before a fence (S1), which the reader's acquiring load of the count (S6) synchronises
//! with, so that the stamp, loaded after, shows it.
//!
//! *Could a reader be told that a message is abandoned, and of less than was shown?* The count that
//! was loaded before the stamp can be an older one. So it is loaded again after the stamp (S8), and
//! the stamp is looked at once more (S12): it has not moved, so the count is the last one of this
//! message.
//!
//! What became of the last 64 messages stays in the line, so that a reader is told how its own
//! ended also when it looks late.

use crate::sync::{self, ReadOnlyWord, Word};

const STAMP: usize = 0;
/// Where the message is: three words.
const PLACE: usize = 1;
const VALID: usize = 4;
/// Bit i: message n - 1 - i was sent.
const SENT: usize = 5;
/// How many words a line has.
pub(crate) const WORDS: usize = 6;

/// How often a reader looks again at a line that was changed meanwhile.
const TRIES: u32 = 3;
/// Of how many messages before its own a line knows how they ended.
const REMEMBERED: u64 = 64;

const WRITING: u64 = 1;
const GROWS: u64 = 2;
const WAS_SENT: u64 = 3;
const ABANDONED: u64 = 4;

/// How a message ends that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Sent,
    Abandoned,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartialState {
    /// So much is there, and more may come.
    Grows(u64),
    /// All of it is there.
    Whole,
    /// So much is there, and no more will come.
    Abandoned(u64),
    /// It has ended without more than was seen, or so long ago that nobody knows.
    Over,
    /// The line does not tell now.
    Unknown,
}

/// The writer's view of its line. One at a time begins, and whoever has begun alone grows and ends.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a>(&'a [Word]);

impl<'a> Line<'a> {
    /// There are as many words as a line has, or everything panics.
    pub(crate) fn new(words: &'a [Word]) -> Self {
        debug_assert_eq!(words.len(), WORDS);
        Self(words)
    }

    /// Whether a message is shown now. Acquires what whoever ended the last one did.
    pub(crate) fn is_taken(&self) -> bool {
        // SYNC POINT S9: pairs with S3, when it was another thread that ended.
        let stamp = self.0[STAMP].load_acquire();
        stamp % 4 == GROWS
    }

    /// Shows a message that is at `place`, and nothing of it yet but what stands before its
    /// elements. Returns its number. No other is shown.
    pub(crate) fn begin(&self, place: [u64; 3]) -> u64 {
        // Relaxed, both: only this process writes them, and who ended the last message was seen by S9.
        let before = self.0[STAMP].load_relaxed();
        let sent = self.0[SENT].load_relaxed();
        let number = before.div_ceil(4);
        // Relaxed: S1 and S2 give their places.
        self.0[STAMP].store_relaxed(4 * number + WRITING);
        // SYNC POINT S1: the stamp before the words; pairs with S5, S6, S10 and S12.
        sync::release();
        for (word, value) in self.0[PLACE..].iter().zip(place) {
            word.store_relaxed(value);
        }
        self.0[VALID].store_relaxed(0);
        if number > 0 {
            self.0[SENT].store_relaxed(sent << 1 | u64::from(before % 4 == WAS_SENT));
        }
        // SYNC POINT S2: the words, and what stands before the elements; pairs with S4.
        self.0[STAMP].store_release(4 * number + GROWS);
        number
    }

    /// So much of the message that is shown was written.
    #[inline]
    pub(crate) fn grow(&self, valid: u64) {
        // SYNC POINT S7: what was written before its count; pairs with S6.
        self.0[VALID].store_release(valid);
    }

    /// Ends the message that is shown.
    pub(crate) fn end(&self, number: u64, end: End) {
        let phase = if end == End::Sent { WAS_SENT } else { ABANDONED };
        // SYNC POINT S3: all that was written before the end; pairs with S8 and S9.
        self.0[STAMP].store_release(4 * number + phase);
    }
}

/// A reader's view of another process's line. It trusts no word of it.
#[derive(Clone, Copy)]
pub(crate) struct LineView<'a>(&'a [ReadOnlyWord]);

impl<'a> LineView<'a> {
    /// There are as many words as a line has, or everything panics.
    #[inline]
    pub(crate) fn new(words: &'a [ReadOnlyWord]) -> Self {
        debug_assert_eq!(words.len(), WORDS);
        Self(words)
    }

    /// Which message is shown now, and where it is said to be.
    #[inline]
    pub(crate) fn look(&self) -> Option<(u64, [u64; 3])> {
        for _ in 0..TRIES {
            // SYNC POINT S4: pairs with S2.
            let stamp = self.0[STAMP].load_acquire();
            if stamp % 4 != GROWS {
                return None;
            }
            // Relaxed: S4 orders them after the stamp, S5 before the second look at it.
            let place = [0, 1, 2].map(|index| self.0[PLACE + index].load_relaxed());
            // SYNC POINT S5: the words before the second look at the stamp; pairs with S1.
            sync::acquire();
            // Relaxed: its place is given by S5.
            if self.0[STAMP].load_relaxed() == stamp {
                return Some((stamp / 4, place));
            }
        }
        None
    }

    /// Whether message `number` is still shown. Its place among other accesses is its caller's.
    #[inline]
    pub(crate) fn is_there(&self, number: u64) -> bool {
        // Relaxed: a fence of the caller gives its place. Wrapping, as all sums here: the number is another process's.
        self.0[STAMP].load_relaxed() == number.wrapping_mul(4).wrapping_add(GROWS)
    }

    /// How far message `number` is, that was seen here.
    #[inline]
    pub(crate) fn state(&self, number: u64) -> PartialState {
        // SYNC POINT S6: what was written before the count, and the stamp that it was stored under; pairs with S7 and S1.
        let valid = self.0[VALID].load_acquire();
        // SYNC POINT S8: pairs with S3.
        let stamp = self.0[STAMP].load_acquire();
        match stamp.wrapping_sub(number.wrapping_mul(4)) {
            GROWS => PartialState::Grows(valid),
            WAS_SENT => PartialState::Whole,
            ABANDONED => self.abandoned(number, stamp),
            _ => self.ended(number),
        }
    }

    /// How much there is of message `number`, that was seen to be abandoned: the count was perhaps
    /// loaded before the last of it.
    #[cold]
    fn abandoned(&self, number: u64, stamp: u64) -> PartialState {
        // Relaxed: S8 has acquired all that was counted, so this is the last count, or one of a later message.
        let valid = self.0[VALID].load_relaxed();
        // SYNC POINT S12: the count before the second look at the stamp; pairs with S1.
        sync::acquire();
        // Relaxed: its place is given by S12.
        if self.0[STAMP].load_relaxed() == stamp { PartialState::Abandoned(valid) } else { self.ended(number) }
    }

    /// How message `number` has ended, of which the line is no more.
    #[cold]
    fn ended(&self, number: u64) -> PartialState {
        for _ in 0..TRIES {
            // SYNC POINT S11: all that was written before the end; pairs with S2 of a later message.
            let stamp = self.0[STAMP].load_acquire();
            if stamp % 4 == WRITING {
                continue;
            }
            let Some(later) = (stamp.wrapping_sub(1) / 4).checked_sub(number).filter(|&later| later > 0) else {
                return PartialState::Unknown; // it went back, which no writer does
            };
            let sent = self.0[SENT].load_relaxed();
            // SYNC POINT S10: the word before the second look at the stamp; pairs with S1.
            sync::acquire();
            // Relaxed: its place is given by S10. Whether the later one has ended meanwhile changes nothing.
            if self.0[STAMP].load_relaxed().wrapping_sub(1) / 4 != stamp.wrapping_sub(1) / 4 {
                continue;
            }
            let was_sent = later <= REMEMBERED && sent >> (later - 1) & 1 == 1;
            return if was_sent { PartialState::Whole } else { PartialState::Over };
        }
        PartialState::Unknown
    }
}

#[cfg(all(test, loom))]
mod models;

#[cfg(all(test, not(loom)))]
mod tests;
