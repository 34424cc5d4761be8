//! A value that any number of processes read and write: a sequence, and two copies.
//!
//! The word is 2^30 · s + t. The value is in copy s mod 2. If t is not 0, the process with that
//! token writes the other copy, and is the only one.
//!
//! A writer makes the word s, t; writes copy s + 1; and stores s + 1, 0. A reader copies copy s,
//! and then loads the word again. It has what it wants unless s has moved by two, or by one while
//! somebody writes: only then its copy is written.
//!
//! *What if a writer dies?* Readers still have copy s. The next writer sees that the token's process
//! has ended, and takes its place.
//!
//! *Could a reader return a torn value?* It has seen a word of a writer that wrote copy s + 2. That
//! writer stored its token before (C1), so the reader's second load (C2) sees that or something
//! later.

use crate::sync::{self, Word};

const TOKEN: u64 = (1 << 30) - 1;

/// A view of the word.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'a> {
    word: &'a Word,
}

/// The right to write: of the one process whose token is in the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Writing {
    before: u64,
    held: u64,
}

/// Why a cell cannot be written now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Who writes it, if that was seen.
    pub(crate) token: u32,
}

/// How often a read starts again before it gives up: every time, two writes came in between.
const TRIES: u32 = if cfg!(loom) { 3 } else { 10_000 };

impl<'a> Cell<'a> {
    #[inline]
    pub(crate) fn new(word: &'a Word) -> Self {
        Self { word }
    }

    /// Reads the value: `copy` copies the copy of this index. Returns `None` if it was written too
    /// often meanwhile. Also returns the sequence: 0 if it was never written.
    #[inline]
    pub(crate) fn read<R>(self, mut copy: impl FnMut(usize) -> R) -> Option<(u64, R)> {
        for _ in 0..TRIES {
            // SYNC POINT C3: the copy was written; pairs with C4.
            let before = self.word.load_acquire();
            let value = copy(index(before));
            // SYNC POINT C2: the copy before the second load; pairs with C1.
            sync::acquire_fence();
            // Relaxed: C2 gives the order.
            let after = self.word.load_relaxed();
            let moved = (after >> 30).wrapping_sub(before >> 30);
            if moved == 0 || (moved == 1 && after & TOKEN == 0) {
                return Some((before >> 30, value));
            }
        }
        None
    }

    /// Becomes the writer, unless another process is. `is_dead` says whether that one has ended.
    #[inline]
    pub(crate) fn begin(self, token: u32, is_dead: impl FnOnce(u32) -> bool) -> Result<Writing, Held> {
        // Relaxed: C5 gives the order.
        let before = self.word.load_to_exchange();
        let holder = (before & TOKEN) as u32;
        if holder != 0 && !is_dead(holder) {
            return Err(Held { token: holder });
        }
        let held = before & !TOKEN | u64::from(token) & TOKEN;
        // SYNC POINT C5: what the last writer wrote; pairs with C4.
        if self.word.compare_exchange(before, held) {
            // SYNC POINT C1: the token before the copy; pairs with C2.
            sync::release_fence();
            Ok(Writing { before, held })
        } else {
            Err(Held { token: 0 })
        }
    }

    /// Publishes what was written. Does nothing if the word has changed: somebody does not follow
    /// the protocol, or took this process for dead.
    #[inline]
    pub(crate) fn publish(self, writing: Writing) -> bool {
        // SYNC POINT C4: the copy, for readers and the next writer; pairs with C3 and C5.
        self.word.compare_exchange(writing.held, (writing.held | TOKEN).wrapping_add(1))
    }

    /// Gives up the right to write, without a new value.
    pub(crate) fn give_up(self, writing: Writing) {
        self.word.compare_exchange(writing.held, writing.before & !TOKEN);
    }
}

impl Writing {
    /// Returns the index of the copy with the current value.
    #[inline]
    pub(crate) fn current(&self) -> usize {
        index(self.before)
    }

    /// Returns the index of the copy to be written.
    #[inline]
    pub(crate) fn next(&self) -> usize {
        1 - index(self.before)
    }
}

#[inline]
fn index(word: u64) -> usize {
    usize::from(word >> 30 & 1 != 0)
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{explore_three_preemptions, spawn, zeros};
    use std::sync::Arc;

    struct World {
        word: Word,
        copies: Vec<Word>,
    }

    impl World {
        fn new() -> Arc<Self> {
            Arc::new(Self { word: Word::new(0), copies: zeros(4) })
        }

        fn cell(&self) -> Cell<'_> {
            Cell::new(&self.word)
        }

        fn copy(&self, index: usize) -> (u64, u64) {
            (self.copies[2 * index].load_relaxed(), self.copies[2 * index + 1].load_relaxed())
        }

        /// Writes the value plus one.
        fn add_one(&self, token: u32) -> bool {
            let Ok(writing) = self.cell().begin(token, |_| false) else { return false };
            let (first, second) = self.copy(writing.current());
            assert_eq!(first, second);
            self.copies[2 * writing.next()].store_relaxed(first + 1);
            self.copies[2 * writing.next() + 1].store_relaxed(second + 1);
            assert!(self.cell().publish(writing));
            true
        }

        fn read(&self) -> Option<u64> {
            let (sequence, (first, second)) = self.cell().read(|index| self.copy(index))?;
            assert_eq!((first, second), (sequence, sequence), "a torn value");
            Some(first)
        }
    }

    /// A value that is read while it is written twice is whole.
    #[test]
    fn a_reader_and_a_writer() {
        explore_three_preemptions(|| {
            let world = World::new();
            let writer = spawn(&world, |world| {
                world.add_one(1);
                world.add_one(1);
            });
            world.read();
            writer.join().unwrap();
            assert_eq!(world.read(), Some(2));
        });
    }

    /// Two writers write one after the other, or one is refused.
    #[test]
    fn two_writers() {
        explore_three_preemptions(|| {
            let world = World::new();
            let writer = spawn(&world, |world| world.add_one(1));
            let mine = world.add_one(2);
            let written = u64::from(mine) + u64::from(writer.join().unwrap());
            assert_eq!(world.read(), Some(written));
            assert!(written > 0);
        });
    }

    /// A writer that died is replaced, and the old value stays readable until then.
    #[test]
    fn death_of_a_writer() {
        loom::model(|| {
            let world = World::new();
            world.add_one(1);
            let writing = world.cell().begin(1, |_| false).unwrap();
            world.copies[2 * writing.next()].store_relaxed(99);
            assert_eq!(world.read(), Some(1));
            assert_eq!(world.cell().begin(2, |_| false), Err(Held { token: 1 }));
            let next = world.cell().begin(2, |token| token == 1).unwrap();
            assert_eq!(next.next(), writing.next());
            assert!(!world.cell().publish(writing), "the first one was replaced");
        });
    }
}
