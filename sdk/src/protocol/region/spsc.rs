//! A ring for one writer and one reader, with positions that count bytes, as ZeroIPC specifies.
//!
//! `write` and `read` are the numbers of bytes that were written and read. The writer writes behind
//! `write` and then moves it; the reader reads behind `read` and then moves it.
//!
//! The writer may drop the oldest elements to make room: it moves `read` itself. So the reader
//! moves it only from the value at which it began. Either of them succeeds.
//!
//! *Could the reader return an element that was overwritten while it read?* The writer overwrites
//! after it has moved `read`, or has seen that the reader did.
//!
//! 1. The reader moves `read` first. The writer sees it (P3 and P4), and what the reader read came
//!    before.
//! 2. The writer moves `read` first. The reader does not succeed, and forgets what it read.
//!
//! A reader of another client moves `read` without looking: it must not be combined with a writer
//! that drops elements.

use crate::sync::{self, Word};

/// The words of a ring.
pub(crate) struct Spsc<'a> {
    write: &'a Word,
    read: &'a Word,
    capacity: u64,
}

/// What is in a ring: from `start`, so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) start: u64,
    pub(crate) bytes: u64,
}

/// The positions contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Impossible {
    pub(crate) write: u64,
    pub(crate) read: u64,
}

impl<'a> Spsc<'a> {
    #[inline]
    pub(crate) fn new(write: &'a Word, read: &'a Word, capacity: u64) -> Self {
        Self { write, read, capacity }
    }

    #[inline]
    fn content(&self, write: u64, read: u64) -> Result<Content, Impossible> {
        let bytes = write.wrapping_sub(read);
        if bytes <= self.capacity { Ok(Content { start: read, bytes }) } else { Err(Impossible { write, read }) }
    }

    /// For the writer: returns what is in the ring. It writes behind that, and calls
    /// [`written`](Self::written).
    #[inline]
    pub(crate) fn for_writer(&self) -> Result<Content, Impossible> {
        // Relaxed: only the writer moves it.
        let write = self.write.load_relaxed();
        // SYNC POINT P4: the reader has read what was before; pairs with P3.
        let read = self.read.load_acquire();
        self.content(write, read)
    }

    /// For the writer: hands on bytes behind the content.
    #[inline]
    pub(crate) fn written(&self, content: Content, bytes: u64) {
        let write = content.start.wrapping_add(content.bytes);
        // SYNC POINT P1: the elements, for the reader that loads this; pairs with P2.
        self.write.store_release(write.wrapping_add(bytes));
    }

    /// For the reader: returns what is in the ring. It reads from there, and calls
    /// [`taken`](Self::taken).
    #[inline]
    pub(crate) fn for_reader(&self) -> Result<Content, Impossible> {
        // Relaxed: whether it has moved meanwhile is seen at the end. It comes first: a writer that
        // drops elements never moves it past what it has written.
        let read = self.read.load_relaxed();
        // SYNC POINT P2: the writer has written the elements; pairs with P1.
        let write = self.write.load_acquire();
        match self.content(write, read) {
            // The writer may have dropped elements between the two loads.
            Err(_) if self.read.load_relaxed() != read => Ok(Content { start: read, bytes: 0 }),
            other => other,
        }
    }

    /// Takes bytes from the start of the content: for the reader after it has read them, and for
    /// the writer to drop them. Returns `false` if they were taken meanwhile: then what was read
    /// may be anything.
    #[inline]
    pub(crate) fn taken(&self, content: Content, bytes: u64) -> bool {
        // SYNC POINT P3: the elements were read, for the writer that sees this; pairs with P4.
        self.read.compare_exchange(content.start, content.start.wrapping_add(bytes))
    }

    /// For the reader: returns whether the content is still there after it was read, without taking
    /// it.
    pub(crate) fn is_still_there(&self, content: Content) -> bool {
        // SYNC POINT P5: the elements before the second load; pairs with P6.
        sync::acquire_fence();
        // Relaxed: P5 gives the order.
        self.read.load_relaxed() == content.start
    }

    /// For the writer, after it has dropped elements and before it overwrites them.
    pub(crate) fn before_overwriting(&self) {
        // SYNC POINT P6: the dropped position before the new elements; pairs with P5.
        sync::release_fence();
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn, zeros};
    use std::sync::Arc;

    /// Elements of two words, in a ring of two. The writer is the model's first thread, which runs
    /// first: after its loads of its own word, loom would not see that the reader loads it.
    struct World {
        write: Word,
        read: Word,
        words: Vec<Word>,
    }

    const BYTES: u64 = 16;

    impl World {
        fn new() -> Arc<Self> {
            Arc::new(Self { write: Word::new(0), read: Word::new(0), words: zeros(4) })
        }

        fn ring(&self) -> Spsc<'_> {
            Spsc::new(&self.write, &self.read, 2 * BYTES)
        }

        fn element(&self, position: u64) -> &[Word] {
            &self.words[(position / 8 % 4) as usize..][..2]
        }

        fn push_dropping(&self, value: u64) {
            let mut content = self.ring().for_writer().unwrap();
            while content.bytes == 2 * BYTES {
                if self.ring().taken(content, BYTES) {
                    self.ring().before_overwriting();
                }
                content = self.ring().for_writer().unwrap();
            }
            let words = self.element(content.start + content.bytes);
            words[0].store_relaxed(value);
            words[1].store_relaxed(value + 100);
            self.ring().written(content, BYTES);
        }

        fn read(&self, content: Content) -> (u64, u64) {
            let words = self.element(content.start);
            (words[0].load_relaxed(), words[1].load_relaxed())
        }

        fn pop(&self) -> Option<u64> {
            let content = self.ring().for_reader().unwrap();
            if content.bytes == 0 {
                return None;
            }
            let (first, second) = self.read(content);
            self.ring().taken(content, BYTES).then(|| {
                assert_eq!(second, first + 100, "a torn element");
                first
            })
        }

        fn peek(&self) -> Option<u64> {
            let content = self.ring().for_reader().unwrap();
            if content.bytes == 0 {
                return None;
            }
            let (first, second) = self.read(content);
            self.ring().is_still_there(content).then(|| {
                assert_eq!(second, first + 100, "a torn element");
                first
            })
        }
    }

    /// Elements come out whole and in order while the writer drops the oldest.
    #[test]
    fn a_writer_that_drops() {
        explore_three_preemptions(|| {
            let world = World::new();
            world.push_dropping(1);
            world.push_dropping(2);
            let reader = spawn(&world, World::pop);
            world.push_dropping(3);
            let first = reader.join().unwrap();
            let rest: Vec<_> = first.into_iter().chain(std::iter::from_fn(|| world.pop())).collect();
            assert!([vec![1, 2, 3], vec![2, 3]].contains(&rest), "{rest:?}");
        });
    }

    /// What is seen without being taken is whole.
    #[test]
    fn a_look_while_the_writer_drops() {
        explore_three_preemptions(|| {
            let world = World::new();
            world.push_dropping(1);
            world.push_dropping(2);
            let reader = spawn(&world, World::peek);
            world.push_dropping(3);
            let seen = reader.join().unwrap();
            assert!([None, Some(1), Some(2)].contains(&seen), "{seen:?}");
        });
    }

    /// Without dropping, plain memory can be handed over both ways.
    #[test]
    fn plain_memory() {
        explore_three_preemptions(|| {
            struct Plainly {
                write: Word,
                read: Word,
                cell: Plain,
            }
            let world = Arc::new(Plainly { write: Word::new(0), read: Word::new(0), cell: Plain::new(0) });
            let reader = spawn(&world, |world| {
                let ring = Spsc::new(&world.write, &world.read, 8);
                let content = ring.for_reader().unwrap();
                if content.bytes == 8 {
                    assert_eq!(world.cell.read(), 1);
                    assert!(ring.taken(content, 8));
                }
            });
            let ring = Spsc::new(&world.write, &world.read, 8);
            for value in [1, 2] {
                let content = ring.for_writer().unwrap();
                if content.bytes == 0 {
                    world.cell.write(value);
                    ring.written(content, 8);
                }
            }
            reader.join().unwrap();
        });
    }
}
