//! Grants: a publisher's promise, stored in its own memory, to honour what a subscriber reports
//! about itself.
//!
//! # The table
//!
//! The publisher writes the table, subscribers read it. An entry has four words:
//!
//! | word | meaning |
//! | --- | --- |
//! | 0 | the lower half of the subscriber's id; 0 if the entry is free |
//! | 1 | the upper half |
//! | 2 | start: from this sequence on the publisher honours the subscriber's cursor; plus 2^63 if it honours its pins |
//! | 3 | 0, or n + 1 if the publisher reads line n of the subscriber's control page |
//! | | 2^64 - 1 if the grant was revoked: nothing is honoured any more; 2^64 - 2 if it was refused |
//!
//! An entry is free, then granted or refused; a grant can gain a line and pins, and can be revoked.
//! A revoked grant can be given back, by storing its line again: its start is before the cursor by
//! then; when the subscriber has left, the entry is freed.
//!
//! | publisher grants | subscriber looks itself up |
//! | --- | --- |
//! | 1. an old entry: word 0 ← 0, relaxed | 1. word 0, acquire (G3): its own id? |
//! | 2. release fence (G1) | 2. words 1 to 3, relaxed |
//! | 3. words 1 to 3, relaxed | 3. acquire fence (G4) |
//! | 4. word 0 ← id, release (G2) | 4. word 0, relaxed: still its own id? Then the grant is its own |
//!
//! After each change the publisher counts it (G5). A subscriber that sees the count (G6) sees the
//! change, so it reads the table only when the count has changed.
//!
//! *Could a subscriber take the start of another one's grant?*
//!
//! 1. Of an earlier grant: no, because G3 saw what G2 released.
//! 2. Of a later grant: that was stored after a G1, before which word 0 became 0. By G1 and G4 the
//!    second load of word 0 returns 0 or a later value. No id is granted twice.
//!
//! # Why nothing is lost from the start on
//!
//! A lossless publisher writes sequence s only if `s < max(start, cursor) + depth` for every grant
//! that it has given ([`limit`]). Before it compares, it loads the counter of subscribers. If that
//! has changed it first grants the new ones, with `start = s`. So at most `depth` messages from
//! `start` on are unread by any of them. A ring has more cells than that: whatever is overwritten
//! was read. A subscriber that was overtaken before it had a grant resumes at most `depth` before
//! the head, at or before `start`.
//!
//! *Could a message be overwritten while it is copied?* The subscriber stores its cursor after it
//! has copied (C1), and the publisher loads it before it writes (C2). So the copy happens before
//! the overwrite.
//!
//! *Could a message fall between the constructor and the grant?* The subscriber counts itself, then
//! has a barrier (J1), then loads the head h, where it starts. The publisher stores message s, then
//! has the fence of the doorbell (B1), then, with the next message, loads the counter.
//!
//! 1. B1 after s comes first. The subscriber sees a head of s + 1 or more, so it does not want s.
//! 2. J1 comes first. The publisher sees the count before it writes s + 1, and grants with `start ≤
//!    s + 1`.
//!
//! So `start ≤ h + 1`. Message h, if it was written before the grant, is overwritten only after
//! `start` was read.
//!
//! *Could a message be withdrawn that the subscriber wants?* A publisher of large messages withdraws
//! what all have read, at the earliest message s after the fence of its doorbell (B1), and loads
//! the counter in between. If J1 comes first, it sees the count, and withdraws nothing that the
//! subscriber has not read. If B1 comes first, the subscriber sees a head of s + 1 or more, so it
//! does not want s. (One that is not lossless announces itself after it has loaded the head. So it
//! looks, after that, what was withdrawn meanwhile, and begins there.)
//!
//! *Could the subscriber be unable to issue barriers for other processes?* A publisher that is
//! registered for them has only a compiler fence as B1. It would be mistaken for one with a fence.
//! So the subscriber waits between the count and the load of the head, for much longer than a
//! processor keeps a store to itself or loads ahead of one. A message whose store it then does not
//! see is stored after the wait. The publisher's next load of the counter comes after the count, as
//! in case 2.
//!
//! *Could the grant come before the subscriber loads the head?* The publisher may find the entry,
//! and grant, at any time. If the subscriber finds a grant whose start is before h, it starts
//! there: everything from there on is kept for it. So a publisher that waits for a subscriber's
//! entry, and then grants, loses nothing by publishing at once.
//!
//! The models have a fence where the SDK has `membarrier` on one side and a compiler fence on the
//! other.

use crate::sync::{self, ReadOnlyWord, Word};

/// The number of words of an entry.
pub(crate) const WORDS_PER_ENTRY: usize = 4;
/// The largest number of entries in a table.
pub(crate) const MAX_GRANTS: usize = 112;
/// How many entries a lossless publisher reserves for lossless subscribers. Others want a grant
/// only for their pins, and can copy instead.
pub(crate) const RESERVED_FOR_LOSSLESS: usize = 16;

const LOWER: usize = 0;
const UPPER: usize = 1;
const START: usize = 2;
const LINE: usize = 3;

/// In place of a line: the publisher honours nothing any more that this subscriber reports.
const REVOKED: u64 = u64::MAX;
/// Added to a start: the publisher honours the pins.
const PINS: u64 = 1 << 63;
/// In place of a line: the publisher never honoured anything of this subscriber.
const REFUSED: u64 = u64::MAX - 1;

/// What a publisher knows of its table, so that it need not read the shared words.
#[derive(Debug)]
pub(crate) struct TableState {
    taken: [bool; MAX_GRANTS],
    changes: u64,
}

/// A publisher's view of its table. There is one writer.
pub(crate) struct Table<'a> {
    words: &'a [Word],
    changes: &'a Word,
    state: &'a mut TableState,
}

/// A subscriber's view of a publisher's table. It trusts no word of it.
#[derive(Clone, Copy)]
pub(crate) struct TableView<'a> {
    words: &'a [ReadOnlyWord],
    changes: &'a ReadOnlyWord,
}

/// What a subscriber finds about itself in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is granted from `start` on. The publisher reads `line` of its control page, or none yet,
    /// and honours its pins if `pins` is set.
    Granted { start: u64, line: Option<u64>, pins: bool },
    /// Its grant was revoked.
    Revoked,
    /// It was refused a grant.
    Refused,
}

impl TableState {
    /// Creates the state of an empty table.
    pub(crate) fn new() -> Self {
        Self { taken: [false; MAX_GRANTS], changes: 0 }
    }
}

impl<'a> Table<'a> {
    pub(crate) fn new(words: &'a [Word], changes: &'a Word, state: &'a mut TableState) -> Self {
        Self { words, changes, state }
    }

    /// Returns whether no entry is free beyond the `reserved` ones.
    pub(crate) fn is_full(&self, reserved: usize) -> bool {
        self.free_entries().nth(reserved).is_none()
    }

    fn free_entries(&self) -> impl Iterator<Item = usize> {
        let taken = self.state.taken.iter().take(self.words.len() / WORDS_PER_ENTRY);
        taken.enumerate().filter(|&(_, &taken)| !taken).map(|(index, _)| index)
    }

    /// Grants a subscriber its request. Returns the index of its entry, or `None` if the table is
    /// full.
    pub(crate) fn grant(&mut self, id: [u64; 2], start: u64, pins: bool) -> Option<usize> {
        self.enter(id, start | if pins { PINS } else { 0 }, 0)
    }

    /// Refuses a subscriber. Returns the index of its entry, or `None` if the table is full.
    pub(crate) fn refuse(&mut self, id: [u64; 2]) -> Option<usize> {
        self.enter(id, 0, REFUSED)
    }

    fn enter(&mut self, [lower, upper]: [u64; 2], start: u64, line: u64) -> Option<usize> {
        let index = self.free_entries().next()?;
        let entry = &self.words[WORDS_PER_ENTRY * index..][..WORDS_PER_ENTRY];
        // SYNC POINT G1: word 0 of the last grant of this entry, before the words of this one;
        // pairs with G4.
        sync::release_fence();
        entry[UPPER].store_relaxed(upper);
        entry[START].store_relaxed(start);
        entry[LINE].store_relaxed(line);
        // SYNC POINT G2: the words of the grant, visible to a reader that sees its id; pairs with
        // G3.
        entry[LOWER].store_release(lower);
        self.state.taken[index] = true;
        self.count_change();
        Some(index)
    }

    /// Stores which line of the subscriber this publisher reads.
    pub(crate) fn set_line(&mut self, index: usize, line: u64) {
        // Relaxed: it is a word by itself, and the count of changes orders it.
        self.words[WORDS_PER_ENTRY * index + LINE].store_relaxed(line + 1);
        self.count_change();
    }

    /// Extends a grant to pins: from now on they are honoured too.
    pub(crate) fn set_pins(&mut self, index: usize) {
        let start = &self.words[WORDS_PER_ENTRY * index + START];
        // Relaxed, both: nobody else writes the word, and both values are right. A slot that was
        // freed before this was freed after P4, which pairs with the P2 of any pin that is stored
        // because of it.
        start.store_relaxed(start.load_relaxed() | PINS);
        self.count_change();
    }

    /// Revokes a grant: nothing that the subscriber reports is honoured any more. The entry remains
    /// its own.
    pub(crate) fn revoke(&mut self, index: usize) {
        // Relaxed: as in `set_line`.
        self.words[WORDS_PER_ENTRY * index + LINE].store_relaxed(REVOKED);
        self.count_change();
    }

    /// Frees the entry of a subscriber that has left or died.
    pub(crate) fn free(&mut self, index: usize) {
        // Relaxed: G1 of the next grant in this entry orders it.
        self.words[WORDS_PER_ENTRY * index + LOWER].store_relaxed(0);
        self.state.taken[index] = false;
        self.count_change();
    }

    /// Counts a change, so that subscribers read the table again.
    pub(crate) fn count_change(&mut self) {
        self.state.changes += 1;
        // SYNC POINT G5: the change, visible to a reader that sees the count; pairs with G6.
        self.changes.store_release(self.state.changes);
    }
}

impl<'a> TableView<'a> {
    #[inline]
    pub(crate) fn new(words: &'a [ReadOnlyWord], changes: &'a ReadOnlyWord) -> Self {
        Self { words, changes }
    }

    /// Returns the count of changes: a number that differs after each one.
    #[inline]
    pub(crate) fn changes(self) -> u64 {
        // SYNC POINT G6: pairs with G5.
        self.changes.load_acquire()
    }

    /// Returns what the table has for a subscriber, or `None` if it is not in the table.
    pub(crate) fn find(self, [lower, upper]: [u64; 2]) -> Option<Found> {
        self.words.chunks_exact(WORDS_PER_ENTRY).find_map(|entry| {
            // SYNC POINT G3: pairs with G2.
            let seen = entry[LOWER].load_acquire();
            if seen != lower || seen == 0 {
                return None;
            }
            let [seen_upper, start, line] = [UPPER, START, LINE].map(|word| entry[word].load_relaxed());
            // SYNC POINT G4: the words of the grant before the second load of its id; pairs with
            // G1.
            sync::acquire_fence();
            // Relaxed: G4 gives the order.
            if entry[LOWER].load_relaxed() != lower || seen_upper != upper {
                return None;
            }
            Some(match line {
                REVOKED => Found::Revoked,
                REFUSED => Found::Refused,
                line => Found::Granted { start: start & !PINS, line: line.checked_sub(1), pins: start & PINS != 0 },
            })
        })
    }

    /// Returns the ids in the table; 0 in the lower half for free entries.
    pub(crate) fn ids(self) -> impl Iterator<Item = [u64; 2]> {
        // Relaxed: a subscriber may leave at any time anyway.
        self.words.chunks_exact(WORDS_PER_ENTRY).map(|entry| [entry[LOWER].load_relaxed(), entry[UPPER].load_relaxed()])
    }

    /// Returns whether no entry is free.
    pub(crate) fn is_full(self) -> bool {
        self.ids().all(|[lower, _]| lower != 0)
    }
}

/// For a subscriber: stores that everything before `next` was copied out.
#[inline]
pub(crate) fn store_cursor(cursor: &Word, next: u64) {
    // SYNC POINT C1: the copy of what is before `next`; pairs with C2.
    cursor.store_release(next);
}

/// For a publisher: loads how far a subscriber has read. [`is_plausible`] decides whether to
/// believe it.
#[inline]
pub(crate) fn load_cursor(cursor: &ReadOnlyWord) -> u64 {
    // SYNC POINT C2: pairs with C1.
    cursor.load_acquire()
}

/// For a subscriber, after it has counted itself: `scan` loads the heads of the publishers, where
/// it starts.
pub(crate) fn join<T>(barrier: impl FnOnce(), scan: impl FnOnce() -> T) -> T {
    // SYNC POINT J1: the count before the head; pairs with B1, between a publisher's message and
    // its next load of the count.
    barrier();
    scan()
}

/// Returns the first sequence that has to wait for a subscriber.
#[inline]
pub(crate) fn limit(start: u64, cursor: u64, depth: u64) -> u64 {
    start.max(cursor).saturating_add(depth)
}

/// Returns whether a cursor can have moved from `before` to `now`, if `next` is the sequence to be
/// published next.
#[inline]
pub(crate) fn is_plausible(before: u64, now: u64, next: u64) -> bool {
    before <= now && now <= next
}

#[cfg(all(test, loom))]
mod models;

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sync::{read_only, read_only_word};

    #[test]
    fn a_table_grants_revokes_and_frees() {
        let words: Vec<_> = (0..2 * WORDS_PER_ENTRY).map(|_| Word::new(0)).collect();
        let (changes, mut state) = (Word::new(0), TableState::new());
        let mut table = Table::new(&words, &changes, &mut state);
        let view = TableView::new(read_only(&words), read_only_word(&changes));
        assert_eq!(view.find([0, 0]), None);
        assert_eq!(table.grant([1, 2], 7, false), Some(0));
        assert_eq!(table.refuse([3, 4]), Some(1));
        assert_eq!(table.grant([5, 6], 9, true), None);
        assert!(view.is_full() && table.is_full(0));
        assert_eq!(view.changes(), 2);
        assert_eq!(view.find([1, 2]), Some(Found::Granted { start: 7, line: None, pins: false }));
        table.set_line(0, 0);
        assert_eq!(view.find([1, 2]), Some(Found::Granted { start: 7, line: Some(0), pins: false }));
        assert_eq!((view.find([1, 3]), view.find([3, 4])), (None, Some(Found::Refused)));
        table.revoke(0);
        assert_eq!(view.find([1, 2]), Some(Found::Revoked));
        table.free(0);
        assert_eq!((view.find([1, 2]), view.is_full()), (None, false));
        assert!(!table.is_full(0) && table.is_full(1));
        assert_eq!(table.grant([5, 6], 9, true), Some(0));
        assert_eq!(view.find([5, 6]), Some(Found::Granted { start: 9, line: None, pins: true }));
    }

    #[test]
    fn limits_do_not_overflow_and_cursors_only_advance_to_the_head() {
        assert_eq!((limit(5, 3, 4), limit(5, 6, 4), limit(5, u64::MAX, 4)), (9, 10, u64::MAX));
        assert!(is_plausible(3, 3, 3) && is_plausible(0, 3, 4));
        assert!(!is_plausible(3, 2, 9) && !is_plausible(3, 10, 9));
    }
}
