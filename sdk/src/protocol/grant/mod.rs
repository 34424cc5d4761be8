//! Grants: a publisher's word, in its own memory, that it honours what a subscriber says about itself.
//!
//! # The table
//!
//! An entry has four words; a publisher writes them, subscribers read them.
//!
//! | word | |
//! | --- | --- |
//! | 0 | lower half of the subscriber's id; 0: the entry is free |
//! | 1 | upper half of it |
//! | 2 | start: from this sequence on the publisher honours the subscriber's cursor; plus 2^63 if it honours its pins |
//! | 3 | 0; n + 1: the publisher reads line n of the subscriber's control page; all ones: the subscriber was let go, and nothing is honoured any more; all ones but the last: it is refused |
//!
//! The publisher frees an entry by word 0 ← 0, and grants with a free one: release fence (G1); words 1 to 3, relaxed;
//! word 0 ← id, release (G2). A reader takes the entry whose word 0, loaded with acquire (G3), is its own, then the
//! others, relaxed; acquire fence (G4); word 0 is unchanged. *Could it take the start of another's
//! grant?* An older one: not after G3 saw what G2 released. A later one: that was stored after a
//! G1, before which word 0 became 0, so by G1 and G4 the second look sees 0 or what came later; and
//! no id is granted twice. After each change the publisher counts it (G5): a reader that sees the
//! count (G6) sees the change, so it looks at the table only when the count is another.
//!
//! # Why nothing is lost from the start on
//!
//! A publisher that is lossless writes sequence s only if `s < max(start, cursor) + depth` for each
//! grant that it has given ([`limit`]). Before it compares it looks at the counter of subscribers
//! that came, and if that has changed it first grants those who are new, with `start = s`. So of
//! each subscriber at most `depth` messages from `start` on are unread at any time, and a ring has
//! more cells than that: what is overwritten was read. A subscriber that was overtaken before it
//! had a grant resumes at most `depth` before the head, which is at or before `start`.
//!
//! *Could a message be overwritten while it is copied?* The subscriber stores its cursor after it
//! has copied (C1), and the publisher loads it before it writes (C2): the copy happens before what
//! overwrites it.
//!
//! *Could a message fall between the constructor and the grant?* The subscriber counts itself, then has a barrier (J1),
//! then looks at the head h, where it starts. The publisher stores a message, then has the fence of
//! the doorbell (B1), then, with the next message, loads the counter. If B1 after s is first, the
//! head that the subscriber sees is s + 1 or later: it does not want s. If J1 is first, the
//! publisher sees it before s + 1 and grants with `start ≤ s + 1`. So start ≤ h + 1, and message h,
//! if it was written before the grant, is overwritten only after `start` was read.
//!
//! *Could the subscriber be one that may have no barrier executed elsewhere?* A publisher that
//! offered to execute them has nothing but the compiler's fence in B1, and would be taken for one
//! that has a fence. Such a subscriber waits between the count and the look, for much longer than a
//! processor keeps a store to itself or loads ahead of one: then a message whose store it does not
//! see is stored after the wait, and the publisher's next load of the counter comes after the
//! count, as if J1 were first.
//!
//! *And between the entry and the constructor's end?* The publisher can find the entry, and grant,
//! before the subscriber looks. If that finds a grant whose start is before h, it starts there:
//! what is from there on is kept for it. So who waits for a subscriber's entry, and grants then,
//! loses nothing by publishing at once.
//!
//! The models have a fence where the SDK has `membarrier` on one side and nothing but the compiler on the other.

use crate::sync::{self, ReadOnlyWord, Word};

/// Words of an entry.
pub(crate) const WORDS_PER_ENTRY: usize = 4;
/// The most entries that a table has.
pub(crate) const MAX_GRANTS: usize = 112;
/// How many entries a lossless publisher keeps for those who ask for that: others, who want their
/// pins to be honoured, can copy.
pub(crate) const RESERVED_FOR_LOSSLESS: usize = 16;

const LOWER: usize = 0;
const UPPER: usize = 1;
const START: usize = 2;
const LINE: usize = 3;

/// In place of a line: the publisher honours nothing any more that this subscriber says.
const REVOKED: u64 = u64::MAX;
/// With a start: pins are honoured.
const PINS: u64 = 1 << 63;
/// In place of a line: it never did.
const REFUSED: u64 = u64::MAX - 1;

/// What a publisher knows of its table, so that it need not read it.
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

/// What a subscriber finds of itself in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is granted from this sequence on; the publisher reads this line of its control page, or none yet, and honours
    /// its pins or does not.
    Granted { start: u64, line: Option<u64>, pins: bool },
    /// It was let go.
    Revoked,
    /// It gets no grant.
    Refused,
}

impl TableState {
    /// Those of an empty table.
    pub(crate) fn new() -> Self {
        Self { taken: [false; MAX_GRANTS], changes: 0 }
    }
}

impl<'a> Table<'a> {
    pub(crate) fn new(words: &'a [Word], changes: &'a Word, state: &'a mut TableState) -> Self {
        Self { words, changes, state }
    }

    /// Whether there is no room for another grant, beside so many entries that are kept for others.
    pub(crate) fn is_full(&self, kept: usize) -> bool {
        self.free_entries().nth(kept).is_none()
    }

    fn free_entries(&self) -> impl Iterator<Item = usize> {
        let taken = self.state.taken.iter().take(self.words.len() / WORDS_PER_ENTRY);
        taken.enumerate().filter(|&(_, &taken)| !taken).map(|(index, _)| index)
    }

    /// Grants a subscriber. Returns its entry's index; nothing if the table is full.
    pub(crate) fn grant(&mut self, id: [u64; 2], start: u64, pins: bool) -> Option<usize> {
        self.enter(id, start | if pins { PINS } else { 0 }, 0)
    }

    /// Tells a subscriber that it gets no grant.
    pub(crate) fn refuse(&mut self, id: [u64; 2]) -> Option<usize> {
        self.enter(id, 0, REFUSED)
    }

    fn enter(&mut self, [lower, upper]: [u64; 2], start: u64, line: u64) -> Option<usize> {
        let index = self.free_entries().next()?;
        let entry = &self.words[WORDS_PER_ENTRY * index..][..WORDS_PER_ENTRY];
        // SYNC POINT G1: word 0 of whom the entry was before, before the words of this grant; pairs with G4.
        sync::release();
        entry[UPPER].store_relaxed(upper);
        entry[START].store_relaxed(start);
        entry[LINE].store_relaxed(line);
        // SYNC POINT G2: the words of the grant, visible to whoever sees its id; pairs with G3.
        entry[LOWER].store_release(lower);
        self.state.taken[index] = true;
        self.changed();
        Some(index)
    }

    /// Says which line is read.
    pub(crate) fn set_line(&mut self, index: usize, line: u64) {
        // Relaxed: a word by itself, and the count of changes orders it.
        self.words[WORDS_PER_ENTRY * index + LINE].store_relaxed(line + 1);
        self.changed();
    }

    /// Says of a grant without pins that pins are honoured from now on, too.
    pub(crate) fn set_pins(&mut self, index: usize) {
        let start = &self.words[WORDS_PER_ENTRY * index + START];
        // Relaxed, both: nobody else writes it, and it is right before and after. What was freed before this was freed
        // after P4, which pairs with the P2 of any pin that is made because of it.
        start.store_relaxed(start.load_relaxed() | PINS);
        self.changed();
    }

    /// Tells a subscriber that nothing it says is honoured any more. The entry stays its own.
    pub(crate) fn revoke(&mut self, index: usize) {
        self.words[WORDS_PER_ENTRY * index + LINE].store_relaxed(REVOKED);
        self.changed();
    }

    /// Frees the entry of a subscriber that is gone.
    pub(crate) fn free(&mut self, index: usize) {
        // Relaxed: G1 of the next grant in its place orders it.
        self.words[WORDS_PER_ENTRY * index + LOWER].store_relaxed(0);
        self.state.taken[index] = false;
        self.changed();
    }

    /// There is something that subscribers should look at.
    pub(crate) fn changed(&mut self) {
        self.state.changes += 1;
        // SYNC POINT G5: the change, visible to whoever sees the count; pairs with G6.
        self.changes.store_release(self.state.changes);
    }
}

impl<'a> TableView<'a> {
    #[inline]
    pub(crate) fn new(words: &'a [ReadOnlyWord], changes: &'a ReadOnlyWord) -> Self {
        Self { words, changes }
    }

    /// A number that is another one after each change.
    #[inline]
    pub(crate) fn changes(self) -> u64 {
        // SYNC POINT G6: pairs with G5.
        self.changes.load_acquire()
    }

    /// What a subscriber is granted. Nothing if it is not in the table.
    pub(crate) fn find(self, [lower, upper]: [u64; 2]) -> Option<Found> {
        self.words.chunks_exact(WORDS_PER_ENTRY).find_map(|entry| {
            // SYNC POINT G3: pairs with G2.
            let seen = entry[LOWER].load_acquire();
            if seen != lower || seen == 0 {
                return None;
            }
            let [seen_upper, start, line] = [UPPER, START, LINE].map(|word| entry[word].load_relaxed());
            // SYNC POINT G4: the words of the grant before the second look at its id; pairs with G1.
            sync::acquire();
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

    /// The ids in the table.
    pub(crate) fn ids(self) -> impl Iterator<Item = [u64; 2]> {
        // Relaxed: who is asked for by them may be gone anyway.
        self.words.chunks_exact(WORDS_PER_ENTRY).map(|entry| [entry[LOWER].load_relaxed(), entry[UPPER].load_relaxed()])
    }

    /// Whether there is no room for another grant.
    pub(crate) fn is_full(self) -> bool {
        self.ids().all(|[lower, _]| lower != 0)
    }
}

/// For a subscriber: says that all before `next` was copied out.
#[inline]
pub(crate) fn tell(cursor: &Word, next: u64) {
    // SYNC POINT C1: the copy of what is before `next`; pairs with C2.
    cursor.store_release(next);
}

/// For a publisher: how far a subscriber is. Not to be believed before it was compared with what it was and can be.
#[inline]
pub(crate) fn told(cursor: &ReadOnlyWord) -> u64 {
    // SYNC POINT C2: pairs with C1.
    cursor.load_acquire()
}

/// For a subscriber, after it has counted itself: looks where the publishers are, that it starts there.
pub(crate) fn join<T>(barrier: impl FnOnce(), look: impl FnOnce() -> T) -> T {
    // SYNC POINT J1: the count before the head; pairs with B1, which a publisher has between a message and its next look at the count.
    barrier();
    look()
}

/// The first sequence that has to wait for a subscriber.
#[inline]
pub(crate) fn limit(start: u64, cursor: u64, depth: u64) -> u64 {
    start.max(cursor).saturating_add(depth)
}

/// Whether a cursor that was `before` can be `now`, if `next` is what is published next.
#[inline]
pub(crate) fn can_be(before: u64, now: u64, next: u64) -> bool {
    before <= now && now <= next
}

#[cfg(all(test, loom))]
mod models;

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sync::read_only;

    #[test]
    fn a_table_grants_lets_go_and_frees() {
        let words: Vec<_> = (0..2 * WORDS_PER_ENTRY).map(|_| Word::new(0)).collect();
        let (changes, mut state) = (Word::new(0), TableState::new());
        let mut table = Table::new(&words, &changes, &mut state);
        let view = TableView::new(read_only(&words), &read_only(std::slice::from_ref(&changes))[0]);
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
    fn limits_do_not_overflow_and_cursors_go_forward_to_the_head() {
        assert_eq!((limit(5, 3, 4), limit(5, 6, 4), limit(5, u64::MAX, 4)), (9, 10, u64::MAX));
        assert!(can_be(3, 3, 3) && can_be(0, 3, 4));
        assert!(!can_be(3, 2, 9) && !can_be(3, 10, 9));
    }
}
