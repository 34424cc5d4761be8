//! A read-write lock: a count of those that read, and the mark of one that writes.
//!
//! Who wants to read holds a lock for a moment, in which it finds no mark and is counted. Who wants
//! to write holds that lock while it sets the mark: then nobody is between the two steps. After
//! that the count only falls, and at 0 the writer is alone.
//!
//! Beside the format, a word for each reader says who it is: 4 · t + p, with the token t of its
//! process and the phase p, 1 while the count is being changed and 2 once it is counted. So those that die
//! are taken from the count, once. One that dies in phase 1, or that found no free word, may stay
//! counted.

use super::flag::Flag;
use crate::sync::{Word, Word32};

const COUNTING: u64 = 1;
const COUNTED: u64 = 2;

/// The words of a read-write lock.
pub(crate) struct Sharing<'a> {
    pub(crate) reading: &'a Word32,
    pub(crate) writing: &'a Word32,
    pub(crate) readers: &'a [Word],
}

impl Sharing<'_> {
    /// Counts a reader, unless there is a writer. The caller holds the lock for entering. Returns
    /// the index of the reader's word, if it has one.
    pub(crate) fn enter(&self, token: u32) -> Option<Option<usize>> {
        if self.is_marked() {
            return None;
        }
        let word = u64::from(token) << 2;
        // Relaxed: only the process with this token, and whoever knows that it is dead, change it.
        let index = self.readers.iter().position(|free| free.compare_exchange_relaxed(0, word | COUNTING));
        // The lock that the caller holds shows it to the next writer.
        self.reading.add(1);
        if let Some(index) = index {
            self.readers[index].store_relaxed(word | COUNTED);
        }
        Some(index)
    }

    /// Ends reading.
    pub(crate) fn leave(&self, index: Option<usize>) {
        if let Some(index) = index {
            // If it dies before the next step, nobody may take it from the count a second time.
            let word = &self.readers[index];
            word.store_relaxed(word.load_relaxed() & !3 | COUNTING);
        }
        // SYNC POINT L1: this has read, before the writer writes; pairs with L2.
        self.reading.add(u32::MAX);
        if let Some(index) = index {
            // Relaxed: whoever takes it changes nothing that this one has read.
            self.readers[index].store_relaxed(0);
        }
    }

    /// Returns whether a writer has or awaits the lock.
    pub(crate) fn is_marked(&self) -> bool {
        Flag(self.writing).value() != 0
    }

    /// Marks that there is a writer. The caller holds the lock for entering, and that of writers.
    pub(crate) fn mark(&self) {
        Flag(self.writing).set();
    }

    /// Removes the mark. The caller has written what it wanted, or the writer is dead.
    pub(crate) fn unmark(&self) {
        Flag(self.writing).clear();
    }

    /// Returns whether nobody reads. Once that is so under the mark, it stays.
    pub(crate) fn is_alone(&self) -> bool {
        // SYNC POINT L2: all that have left have read; pairs with L1.
        self.reading.load_acquire().cast_signed() <= 0
    }

    /// Takes those from the count that have died.
    pub(crate) fn forget_dead(&self, is_dead: impl Fn(u32) -> bool) {
        for word in self.readers {
            // Relaxed: that the process is dead was seen by the kernel.
            let seen = word.load_relaxed();
            #[expect(clippy::cast_possible_truncation, reason = "tokens have 30 bits")]
            let token = (seen >> 2) as u32;
            if token != 0 && seen & 3 == COUNTED && is_dead(token) && word.compare_exchange_relaxed(seen, 0) {
                self.reading.add(u32::MAX);
            }
        }
    }

    /// Forgets all readers, whoever they are.
    pub(crate) fn clear(&self) {
        self.readers.iter().for_each(|word| word.store_relaxed(0));
        self.reading.store_relaxed(0);
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn, zeros};
    use crate::protocol::region::owned::{Attempt, Owned, Values};
    use std::sync::Arc;

    struct World {
        reading: Word32,
        writing: Word32,
        readers: Vec<Word>,
        owner: Word,
        entering: Word32,
        value: Plain,
    }

    impl World {
        fn new() -> Arc<Self> {
            Arc::new(Self {
                reading: Word32::new(0),
                writing: Word32::new(0),
                readers: zeros(1),
                owner: Word::new(0),
                entering: Word32::new(1),
                value: Plain::new(0),
            })
        }

        fn sharing(&self) -> Sharing<'_> {
            Sharing { reading: &self.reading, writing: &self.writing, readers: &self.readers }
        }

        fn entering<R>(&self, token: u32, act: impl FnOnce() -> R) -> Option<R> {
            let lock = Owned::new(&self.owner, &self.entering, Values { free: 1, taken: 0 });
            let taken = lock.try_take(token, |_| false) == Attempt::Taken;
            taken.then(|| {
                let result = act();
                lock.release(1);
                result
            })
        }

        fn read(&self, token: u32) -> Option<u64> {
            let index = self.entering(token, || self.sharing().enter(token))??;
            let value = self.value.read();
            self.sharing().leave(index);
            Some(value)
        }

        fn write(&self, token: u32) -> bool {
            if self.entering(token, || self.sharing().mark()).is_none() {
                return false;
            }
            let alone = self.sharing().is_alone();
            if alone {
                self.value.write(self.value.read() + 1);
            }
            self.sharing().unmark();
            alone
        }
    }

    /// A reader and a writer are never in it together, and the reader sees what was written.
    #[test]
    fn a_reader_and_a_writer() {
        explore_three_preemptions(|| {
            let world = World::new();
            let reader = spawn(&world, |world| world.read(1));
            let written = world.write(2);
            let seen = reader.join().unwrap();
            assert!(seen.unwrap_or(0) <= u64::from(written));
            assert_eq!(world.read(1), Some(u64::from(written)));
        });
    }

    /// A reader that has died is taken from the count once, by whoever notices.
    #[test]
    fn a_dead_reader() {
        explore_three_preemptions(|| {
            let world = World::new();
            assert_eq!(world.sharing().enter(1), Some(Some(0)));
            world.readers[0].store_relaxed(1 << 2 | COUNTING);
            world.sharing().forget_dead(|token| token == 1);
            assert!(!world.sharing().is_alone(), "it may have been taken from the count already");
            world.readers[0].store_relaxed(1 << 2 | COUNTED);
            let other = spawn(&world, |world| world.sharing().forget_dead(|token| token == 1));
            world.sharing().forget_dead(|token| token == 1);
            other.join().unwrap();
            assert_eq!(world.reading.load_relaxed(), 0);
            assert!(world.sharing().is_alone());
        });
    }
}
