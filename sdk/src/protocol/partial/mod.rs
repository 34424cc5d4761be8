//! The partial message: one that a writer publishes while it still writes it.
//!
//! A writer has one *line* for this and publishes one partial message at a time, numbered from 0.
//! The line tells where the message is and how much of it is valid. Readers [pin](super::pin) its
//! slot and check its progress as often as they like, even after the line is another message's.
//!
//! | stamp of the line | state of message n |
//! | --- | --- |
//! | 0 | there was no partial message yet |
//! | 4n + 1 | beginning: the words of the line are being written |
//! | 4n + 2 | growing: the line tells where the message is and how much of it is valid |
//! | 4n + 3 | finished: all of it is valid |
//! | 4n + 4 | abandoned: it will not grow any more |
//!
//! | writer | reader |
//! | --- | --- |
//! | 1. writes the header, before the elements | 1. loads the stamp, the words, the stamp: still 4n + 2? (S4, S5) |
//! | 2. stamp ← 4n + 1; fence; the words of the line | 2. stores the pin; fence; loads the stamp |
//! | then stamp ← 4n + 2 (S1, S2) | still 4n + 2? Then the slot is pinned |
//! | 3. writes elements, then their count (S7) | 3. loads the count (S6), then the stamp (S8) |
//! | again and again | reads that many elements; again and again |
//! | 4. stamp ← 4n + 3 or 4n + 4 (S3); only then may the slot be retired | 4. releases the pin |
//!
//! *Could the writer write what a reader reads?* It does not write again what was counted until the
//! slot is free. To pins this stamp is what the stamp of a cell is: it has moved on from 4n + 2
//! before the slot is retired, and never comes back.
//!
//! *Could a reader take the count of a later message for that of its own?* That count was stored
//! after the stamp moved to 4m + 1, and after a fence (S1). The reader's acquiring load of the
//! count (S6) synchronises with that fence. So the stamp, which it loads afterwards, shows the
//! later message.
//!
//! *Could a reader report less of an abandoned message than was valid?* The count that it loaded
//! before the stamp can be an old one. So it loads the count again after the stamp (S8), and then
//! the stamp once more (S12). If the stamp has not moved, the count is the last one of this
//! message.
//!
//! *Could a reader that is late not learn how its message ended?* The line remembers the ends of
//! the last 64 messages.

use crate::sync::{self, ReadOnlyWord, Word};

const STAMP: usize = 0;
/// Where the message is: three words.
const PLACE: usize = 1;
const VALID: usize = 4;
/// Bit i: message n - 1 - i was finished.
const FINISHED_BEFORE: usize = 5;
/// The number of words of a line.
pub(crate) const WORDS: usize = 6;

/// How often a reader tries again when the line changes meanwhile.
const TRIES: u32 = 3;
/// For how many messages before its own a line remembers how they ended.
const REMEMBERED: u64 = 64;

// The stamp of message n is 4n plus one of these.
const BEGINNING: u64 = 1;
const GROWING: u64 = 2;
const FINISHED: u64 = 3;
const ABANDONED: u64 = 4;

/// How a partial message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Finished,
    Abandoned,
}

/// The progress of a partial message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartialState {
    /// This much is valid, and more may follow.
    Growing(u64),
    /// All of it is valid.
    Finished,
    /// This much is valid, and no more will follow.
    Abandoned(u64),
    /// It was abandoned with no more valid than was seen, or ended too long ago to know.
    Ended,
    /// The line does not tell at this moment.
    Unknown,
}

/// The writer's view of its line. One thread at a time begins a message, and only that message's
/// owner advances and ends it.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a>(&'a [Word]);

impl<'a> Line<'a> {
    /// Creates a view of [`WORDS`] words. Methods panic if there are fewer.
    pub(crate) fn new(words: &'a [Word]) -> Self {
        debug_assert_eq!(words.len(), WORDS);
        Self(words)
    }

    /// Returns whether a partial message is in progress. If not, this acquires what was done before
    /// the last one ended.
    pub(crate) fn is_in_use(&self) -> bool {
        // SYNC POINT S9: pairs with S3, if another thread ended the message.
        let stamp = self.0[STAMP].load_acquire();
        stamp % 4 == GROWING
    }

    /// Begins a message that is at `place`, with nothing valid yet but its header. Returns its
    /// number.
    ///
    /// No other message may be in progress.
    pub(crate) fn begin(&self, place: [u64; 3]) -> u64 {
        // Relaxed, both: only this process writes them, and S9 acquired the end of the last
        // message.
        let before = self.0[STAMP].load_relaxed();
        let finished = self.0[FINISHED_BEFORE].load_relaxed();
        debug_assert_ne!(before % 4, GROWING);
        let number = before.div_ceil(4);
        // Relaxed, all: S1 and S2 give the order.
        self.0[STAMP].store_relaxed(4 * number + BEGINNING);
        // SYNC POINT S1: the stamp before the words; pairs with S5, S6, S10 and S12.
        sync::release_fence();
        for (word, value) in self.0[PLACE..].iter().zip(place) {
            word.store_relaxed(value);
        }
        self.0[VALID].store_relaxed(0);
        if number > 0 {
            self.0[FINISHED_BEFORE].store_relaxed(finished << 1 | u64::from(before % 4 == FINISHED));
        }
        // SYNC POINT S2: the words, and the header of the message; pairs with S4.
        self.0[STAMP].store_release(4 * number + GROWING);
        number
    }

    /// Makes the first `valid` elements of the message in progress visible.
    #[inline]
    pub(crate) fn advance(&self, valid: u64) {
        // SYNC POINT S7: the elements before their count; pairs with S6.
        self.0[VALID].store_release(valid);
    }

    /// Ends the message in progress.
    pub(crate) fn end(&self, number: u64, end: End) {
        let state = if end == End::Finished { FINISHED } else { ABANDONED };
        // SYNC POINT S3: all elements before the end; pairs with S8 and S9.
        self.0[STAMP].store_release(4 * number + state);
    }
}

/// A reader's view of another process's line. It trusts no word of it.
#[derive(Clone, Copy)]
pub(crate) struct LineView<'a>(&'a [ReadOnlyWord]);

impl<'a> LineView<'a> {
    /// Creates a view of [`WORDS`] words. Methods panic if there are fewer.
    #[inline]
    pub(crate) fn new(words: &'a [ReadOnlyWord]) -> Self {
        debug_assert_eq!(words.len(), WORDS);
        Self(words)
    }

    /// Returns the number of the message in progress, and where it claims to be. Returns `None` if
    /// there is none.
    #[inline]
    pub(crate) fn current(&self) -> Option<(u64, [u64; 3])> {
        for _ in 0..TRIES {
            // SYNC POINT S4: pairs with S2.
            let stamp = self.0[STAMP].load_acquire();
            if stamp % 4 != GROWING {
                return None;
            }
            // Relaxed: S4 orders them after the stamp, and S5 before its second load.
            let place = [0, 1, 2].map(|index| self.0[PLACE + index].load_relaxed());
            // SYNC POINT S5: the words before the second load of the stamp; pairs with S1.
            sync::acquire_fence();
            // Relaxed: S5 gives the order.
            if self.0[STAMP].load_relaxed() == stamp {
                return Some((stamp / 4, place));
            }
        }
        None
    }

    /// Returns whether message `number` is still in progress. The caller orders this against other
    /// accesses.
    #[inline]
    pub(crate) fn still_shows(&self, number: u64) -> bool {
        // Relaxed: a fence of the caller gives the order. Wrapping, as all sums here: the number is
        // another process's.
        self.0[STAMP].load_relaxed() == number.wrapping_mul(4).wrapping_add(GROWING)
    }

    /// Returns the progress of message `number`, which was in progress here before.
    #[inline]
    pub(crate) fn state(&self, number: u64) -> PartialState {
        // SYNC POINT S6: the elements before their count, and the stamp under which it was stored;
        // pairs with S7 and S1.
        let valid = self.0[VALID].load_acquire();
        // SYNC POINT S8: pairs with S3.
        let stamp = self.0[STAMP].load_acquire();
        match stamp.wrapping_sub(number.wrapping_mul(4)) {
            GROWING => PartialState::Growing(valid),
            FINISHED => PartialState::Finished,
            ABANDONED => self.abandoned(number, stamp),
            _ => self.ended(number),
        }
    }

    /// Returns how much of message `number` is valid, which `stamp` says was abandoned: the count
    /// may have been loaded too early.
    #[cold]
    fn abandoned(&self, number: u64, stamp: u64) -> PartialState {
        // Relaxed: S8 acquired all that was counted, so this is the last count, or that of a later
        // message.
        let valid = self.0[VALID].load_relaxed();
        // SYNC POINT S12: the count before the second load of the stamp; pairs with S1.
        sync::acquire_fence();
        // Relaxed: S12 gives the order.
        if self.0[STAMP].load_relaxed() == stamp { PartialState::Abandoned(valid) } else { self.ended(number) }
    }

    /// Returns how message `number` ended, now that the line belongs to a later one.
    #[cold]
    fn ended(&self, number: u64) -> PartialState {
        for _ in 0..TRIES {
            // SYNC POINT S11: all elements before the end; pairs with S2 of a later message.
            let stamp = self.0[STAMP].load_acquire();
            if stamp % 4 == BEGINNING {
                continue;
            }
            let Some(later) = (stamp.wrapping_sub(1) / 4).checked_sub(number).filter(|&later| later > 0) else {
                return PartialState::Unknown; // the stamp went back, which no writer does
            };
            let finished = self.0[FINISHED_BEFORE].load_relaxed();
            // SYNC POINT S10: the word before the second load of the stamp; pairs with S1.
            sync::acquire_fence();
            // Relaxed: S10 gives the order. It does not matter whether the later message ended
            // meanwhile.
            if self.0[STAMP].load_relaxed().wrapping_sub(1) / 4 != stamp.wrapping_sub(1) / 4 {
                continue;
            }
            let was_finished = later <= REMEMBERED && finished >> (later - 1) & 1 == 1;
            return if was_finished { PartialState::Finished } else { PartialState::Ended };
        }
        PartialState::Unknown
    }
}

#[cfg(all(test, loom))]
mod models;

#[cfg(all(test, not(loom)))]
mod tests;
